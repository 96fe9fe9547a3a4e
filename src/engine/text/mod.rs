//! The text of a query before it is parsed: names of stores that SQL cannot spell, and parameters.

mod edited;
mod guess;
mod stores;

use traillake_sql_parser::{PieceKind, pieces};

pub use edited::{Edit, Edited};
pub use guess::Guess;
pub use stores::name_stores;
pub use traillake_sql_parser::script::{
    Lines, Statement, is_complete, next_statement, statements, without_blanks,
};

/// Name of the current event data store in SQL.
pub const CURRENT_STORE: &str = "event_data_store";

/// Returns the names of the parameters (`$name`) of a text, in order, each once.
pub fn parameters(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut dollar = None;
    for piece in pieces(text) {
        let written = text.get(piece.span.clone()).unwrap_or_default();
        if piece.kind == PieceKind::Word && dollar == Some(piece.span.start) {
            let name = written.to_lowercase();
            if !found.contains(&name) && !stores::is_current(&format!("${name}")) {
                found.push(name);
            }
        }
        dollar = (written == "$").then_some(piece.span.end);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_outside_strings() {
        let sql = "SELECT '$a', \"$b\", $From -- $c\nFROM $EDS_ID WHERE x = $to OR y < $FROM";
        assert_eq!(parameters(sql), ["from", "to"]);
    }
}
