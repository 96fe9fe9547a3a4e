//! Text through all that the parser's crate does with it.
//!
//! No panic; pieces and statements lie in the text, in order, with nothing but blanks between them; the
//! place of an error is in the text, and moves with it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use traillake_sql_parser::script::{self, Lines};
use traillake_sql_parser::{ParameterValues, parse_expression, parse_statement, pieces};
use traillake_sql_types::error::{Position, SqlError};

fuzz_target!(|text: &str| {
    lexed(text);
    scripted(text);
    parsed(text, |text| parse_statement(text, &ParameterValues::new()).map(drop));
    parsed(text, |text| parse_expression(text, &ParameterValues::new()).map(drop));
});

fn lexed(text: &str) {
    let mut end = 0;
    let mut open = false;
    for piece in pieces(text) {
        assert!(!open, "a piece after one that does not end");
        let between = text.get(end..piece.span.start).expect("pieces in order, between characters");
        assert!(between.trim().is_empty(), "{between:?} is in no piece");
        let inside = text.get(piece.span.clone()).expect("a piece of the text");
        assert!(!inside.is_empty(), "an empty piece");
        (end, open) = (piece.span.end, piece.open);
    }
    assert!(text[end..].trim().is_empty(), "{:?} is in no piece", &text[end..]);
}

fn scripted(text: &str) {
    let mut end = 0;
    let lines = Lines::of(text);
    for statement in script::statements(text) {
        assert!(end <= statement.start && statement.end <= text.len(), "statements in order");
        let inside = text.get(statement.start..statement.start + statement.sql.len());
        assert_eq!(inside, Some(statement.sql));
        assert!(is_inside(text, lines.position(text, statement.start)));
        end = statement.end;
    }
    script::is_complete(text);
    assert!(text.ends_with(script::without_blanks(text)));
}

fn parsed(text: &str, parse: impl Fn(&str) -> Result<(), SqlError>) {
    let moved = parse(&format!("\n{text}"));
    match (parse(text), moved) {
        (Ok(()), Ok(())) => {
            assert!(parse(&format!("{text}\n-- done")).is_ok(), "a comment behind it");
        }
        (Err(error), Err(moved)) => {
            let at = error.at.expect("an error has a place");
            assert!(is_inside(text, at), "{at:?} is not in the text");
            assert_eq!(moved.at, Some(Position { line: at.line + 1, ..at }));
            assert_eq!((moved.code, moved.message), (error.code, error.message));
        }
        (first, moved) => panic!("{first:?}, but {moved:?} behind an empty line"),
    }
}

/// Whether a place is that of a character, or the end of a line.
fn is_inside(text: &str, at: Position) -> bool {
    let line = (at.line as usize).checked_sub(1).and_then(|line| text.split('\n').nth(line));
    line.is_some_and(|line| (1..=line.chars().count() + 1).contains(&(at.column as usize)))
}
