//! The text of a query before it is parsed: names of stores that SQL cannot spell.

use std::ops::Range;
use traillake_sql_parser::{Piece, PieceKind, pieces};

pub use traillake_sql_parser::script::{
    Lines, Statement, is_complete, next_statement, statements, without_blanks,
};

/// Name of the current event data store in SQL.
pub const CURRENT_STORE: &str = "event_data_store";

/// A query whose store names SQL can parse, and where it differs from what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The text to parse.
    pub sql: String,
    /// Line, column behind the change in the new text, and how much wider the new text is.
    edits: Vec<(u64, u64, i64)>,
}

impl Named {
    /// Returns the column in the typed text of a column (from 1) in the new one.
    pub fn column(&self, line: u64, column: u64) -> u64 {
        let shift: i64 = self
            .edits
            .iter()
            .filter(|(at_line, behind, _)| *at_line == line && *behind <= column)
            .map(|(_, _, wider)| wider)
            .sum();
        column.saturating_add_signed(-shift).max(1)
    }
}

/// Quotes bare event data store ids and names with dashes, and replaces placeholders that people
/// paste (`$EDS_ID`, `<event_data_store_id>`, `<EDS ID>`) by the current store.
///
/// Strings, quoted names and comments stay as they are. Names with dashes count only where a table
/// can stand and only if `exists` knows them; ids count anywhere, as no arithmetic looks like them.
pub fn name_stores(sql: &str, exists: &dyn Fn(&str) -> bool) -> Named {
    let mut named = Named { sql: String::with_capacity(sql.len() + 16), edits: Vec::new() };
    // Whether a table name can stand here, and whether a comma keeps us in a list of tables.
    let (mut table, mut in_from) = (false, false);
    let mut copied = 0;
    for (span, unit) in units(sql) {
        let new = match unit {
            Unit::Run(run) if is_uuid(run) => Some(format!("\"{}\"", run.to_ascii_lowercase())),
            Unit::Run(run) if table && run.contains('-') => {
                if exists(run) {
                    Some(format!("\"{}\"", run.to_ascii_lowercase()))
                } else {
                    run.contains("EXAMPLE").then(|| CURRENT_STORE.to_owned())
                }
            }
            Unit::Placeholder(name) if is_store_placeholder(name) => Some(CURRENT_STORE.to_owned()),
            _ => None,
        };
        match unit {
            Unit::Run(run) => {
                let word = run.to_ascii_lowercase();
                table = matches!(word.as_str(), "from" | "join");
                in_from = match word.as_str() {
                    "from" | "join" => true,
                    "where" | "group" | "having" | "order" | "limit" | "on" | "select" => false,
                    _ => in_from,
                };
            }
            Unit::Comma => table = in_from,
            Unit::Placeholder(_) | Unit::Other => table = false,
        }
        if let Some(new) = new {
            named.sql.push_str(&sql[copied..span.start]);
            named.sql.push_str(&new);
            let (line, column) = end_of(&named.sql);
            let typed = sql[span.clone()].chars().count();
            named.edits.push((line, column, new.chars().count() as i64 - typed as i64));
            copied = span.end;
        }
    }
    named.sql.push_str(&sql[copied..]);
    named
}

/// Returns the names of the parameters (`$name`) of a text, in order, each once.
pub fn parameters(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (_, unit) in units(text) {
        if let Unit::Placeholder(placeholder) = unit
            && let Some(name) = placeholder.strip_prefix('$')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !is_store_placeholder(name)
        {
            let name = name.to_lowercase();
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

/// A part of a statement as stores are named: pieces of SQL that stand side by side may be one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit<'a> {
    /// Letters, digits, `_`, `.`, and dashes between them without blanks.
    Run(&'a str),
    /// `$NAME`, `$NAME$`, `${NAME}` or `<some words>`, whole.
    Placeholder(&'a str),
    Comma,
    /// Any other piece; a string or a quoted name, too.
    Other,
}

/// Returns the units of a text, without blanks and comments.
fn units(text: &str) -> impl Iterator<Item = (Range<usize>, Unit<'_>)> {
    let mut pieces = pieces(text).filter(|piece| piece.kind != PieceKind::Comment).peekable();
    std::iter::from_fn(move || {
        let Piece { kind, mut span, .. } = pieces.next()?;
        if kind == PieceKind::Symbol
            && let Some(length) = placeholder(&text[span.start..])
        {
            span.end = span.start + length;
            while pieces.next_if(|next| next.span.start < span.end).is_some() {}
            return Some((span.clone(), Unit::Placeholder(&text[span])));
        }
        if !is_part_of_run(text, kind, &span) {
            let comma = &text[span.clone()] == ",";
            return Some((span, if comma { Unit::Comma } else { Unit::Other }));
        }
        while let Some(next) = pieces.next_if(|next| {
            let dash = text[next.span.clone()] == *"-" && begins_run(&text[next.span.end..]);
            next.span.start == span.end && (dash || is_part_of_run(text, next.kind, &next.span))
        }) {
            span.end = next.span.end;
        }
        Some((span.clone(), Unit::Run(&text[span])))
    })
}

fn is_part_of_run(text: &str, kind: PieceKind, span: &Range<usize>) -> bool {
    let named = matches!(kind, PieceKind::Word | PieceKind::Number | PieceKind::Other);
    (named || &text[span.clone()] == ".") && begins_run(&text[span.start..])
}

fn begins_run(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

fn placeholder(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let name = |from: usize, more: &[u8]| {
        let fits = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_' || more.contains(b);
        from + bytes[from..].iter().take_while(fits).count()
    };
    if text.starts_with("${") {
        let end = name(2, b"-");
        return (bytes.get(end) == Some(&b'}')).then_some(end + 1);
    }
    if text.starts_with('$') {
        let end = name(1, b"");
        return (end > 1).then(|| end + usize::from(bytes.get(end) == Some(&b'$')));
    }
    if text.starts_with('<') && bytes.get(1).is_some_and(u8::is_ascii_alphabetic) {
        let end = name(1, b"- ");
        return (bytes.get(end) == Some(&b'>')).then_some(end + 1);
    }
    None
}

/// Whether a placeholder's words mean an event data store.
fn is_store_placeholder(name: &str) -> bool {
    let words: String =
        name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let words = words.strip_prefix("your").unwrap_or(&words);
    words.starts_with("eds") || words.starts_with("eventdatastore")
}

fn is_uuid(run: &str) -> bool {
    run.len() == 36
        && run.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Line and column, from 1, behind the last character.
fn end_of(text: &str) -> (u64, u64) {
    let line = text.bytes().filter(|b| *b == b'\n').count() as u64 + 1;
    let last = text.rsplit('\n').next().unwrap_or_default();
    (line, last.chars().count() as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(sql: &str, want: &str) {
        assert_eq!(name_stores(sql, &|name| name == "My-Store").sql, want);
    }

    #[test]
    fn stores_are_named() {
        let id = "550e8400-e29b-41d4-a716-446655440000";
        check(&format!("SELECT 1 FROM {id} WHERE a"), &format!("SELECT 1 FROM \"{id}\" WHERE a"));
        check(
            &format!("SELECT '{id}', \"{id}\" -- {id}"),
            &format!("SELECT '{id}', \"{id}\" -- {id}"),
        );
        for placeholder in [
            "$EDS_ID",
            "$eds",
            "${EDS_ID}",
            "<event_data_store_id>",
            "<EDS ID>",
            "<your-event-data-store-id>",
            "$EventDataStoreId$",
            "EXAMPLEf852-4e8f-8bd1-bcf6cEXAMPLE",
        ] {
            check(&format!("SELECT 1 FROM {placeholder} t"), "SELECT 1 FROM event_data_store t");
        }
        check("SELECT a FROM My-Store, my-other", "SELECT a FROM \"my-store\", my-other");
        check("SELECT a FROM x JOIN My-Store ON a=b", "SELECT a FROM x JOIN \"my-store\" ON a=b");
    }

    #[test]
    fn everything_else_stays() {
        for sql in [
            "SELECT a<b AND c>d, x-1, My-Store FROM t WHERE u <> 'it''s $EDS' LIMIT 3",
            "SELECT extract(day FROM a-b) /* FROM My-Store */ FROM t",
            "SELECT $1, 'open",
            "SELECT é FROM ü",
        ] {
            check(sql, sql);
        }
    }

    #[test]
    fn columns_lead_back_to_what_was_typed() {
        let named = name_stores("SELECT a FROM <EDS ID> WHERE\nnope", &|_| false);
        assert_eq!(named.sql, "SELECT a FROM event_data_store WHERE\nnope");
        assert_eq!((named.column(1, 8), named.column(1, 32), named.column(2, 1)), (8, 24, 1));
    }

    #[test]
    fn parameters_stand_outside_strings() {
        let sql = "SELECT '$a', \"$b\", $From -- $c\nFROM $EDS_ID WHERE x = $to OR y < $FROM";
        assert_eq!(parameters(sql), ["from", "to"]);
    }

    proptest! {
        #[test]
        fn no_text_is_lost(text in r#"[-a-fé0-9 '"$<>;,.*/\n]{0,40}"#) {
            let named = name_stores(&text, &|_| false);
            if named.edits.is_empty() {
                prop_assert_eq!(named.sql, text.clone());
            }
            parameters(&text);
        }
    }
}
