//! The text of a query before it is parsed: names of stores that SQL cannot spell, and parameters.

mod edited;
mod given;
mod guess;
mod stores;
mod typography;

use traillake_sql_parser::{ParameterValues, PieceKind, pieces};
use traillake_sql_types::error::{Position, SqlResult};

pub use edited::{Edit, Edited};
pub use given::{GivenValues, is_same_name, names as parameter_names, question_marks};
pub use guess::Guess;
pub use stores::name_stores;
pub use traillake_sql_parser::script::{
    Lines, Statement, is_complete, next_statement, statements, without_blanks,
};

/// Name of the current event data store in SQL.
pub const CURRENT_STORE: &str = "event_data_store";

/// Returns a statement with a semicolon behind it, which no comment hides.
pub fn ended(sql: &str) -> String {
    let ended = format!("{sql};");
    if is_complete(&ended) { ended } else { format!("{sql}\n;") }
}

/// Returns a statement without what is read over in it.
pub fn read_over(sql: &str) -> String {
    typography::plain(sql).sql
}

/// A statement that can be parsed, made of one that was typed.
#[derive(Debug)]
pub struct Prepared {
    /// The text before each step, and what the step changed.
    steps: [Edited; 3],
    /// The values of its parameters, by name.
    pub values: ParameterValues,
}

impl Prepared {
    /// Reads over typography, gives parameters their values and names the stores. `declared` has the values of
    /// parameters that are known by type.
    ///
    /// # Errors
    /// When a parameter has no value.
    pub fn new(sql: &str, given: &GivenValues, declared: &ParameterValues) -> SqlResult<Self> {
        let plain = typography::plain(sql);
        let mut with = given::give(&plain.sql, given, declared).map_err(|mut error| {
            error.at = error.at.map(|at| plain.original(at));
            error
        })?;
        with.values.extend(declared.clone());
        let named = name_stores(&with.edited.sql);
        Ok(Self { steps: [plain, with.edited, named], values: with.values })
    }

    /// The text to parse.
    pub fn sql(&self) -> &str {
        &self.steps[2].sql
    }

    /// Returns what was typed where something else stands at a place of the text to parse.
    pub fn typed(&self, at: Position) -> Option<&str> {
        let mut at = at;
        let mut typed = None;
        for step in self.steps.iter().rev() {
            typed = step.typed(at).or(typed);
            at = step.original(at);
        }
        typed
    }

    /// Returns the place in the typed text of a place in the text to parse.
    pub fn original(&self, at: Position) -> Position {
        self.steps.iter().rev().fold(at, |at, step| step.original(at))
    }
}

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
