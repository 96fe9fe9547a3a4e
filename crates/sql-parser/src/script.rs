//! A text of several statements: where each begins and ends, and whether the last one does.

use crate::lexer::{Piece, PieceKind, pieces};
use traillake_sql_types::error::Position;

/// A statement of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The statement, without blanks around it and without its semicolon.
    pub sql: &'a str,
    /// Byte of the text at which it begins.
    pub start: usize,
    /// Byte of the text behind its semicolon.
    pub end: usize,
}

/// Returns the statements of a text; empty ones are left out.
pub fn statements(text: &str) -> Vec<Statement<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(statement) = next_statement(text, from) {
        from = statement.end;
        found.push(statement);
    }
    found
}

/// Returns the first statement of a text, from the byte `from` on, that is not empty.
pub fn next_statement(text: &str, from: usize) -> Option<Statement<'_>> {
    let rest = text.get(from..)?;
    let mut start = from;
    let mut blank = true;
    for piece in pieces(rest) {
        let (at, next) = (from + piece.span.start, from + piece.span.end);
        if !is_semicolon(rest, &piece) {
            blank = blank && piece.kind == PieceKind::Comment;
        } else if blank {
            start = next;
        } else {
            return Some(trimmed(text, start, at, next));
        }
    }
    (!blank).then(|| trimmed(text, start, text.len(), text.len()))
}

fn is_semicolon(text: &str, piece: &Piece) -> bool {
    piece.kind == PieceKind::Symbol && text.get(piece.span.clone()) == Some(";")
}

fn trimmed(text: &str, start: usize, semicolon: usize, end: usize) -> Statement<'_> {
    let whole = &text[start..semicolon];
    let blanks = whole.len() - whole.trim_start().len();
    Statement { sql: whole.trim(), start: start + blanks, end }
}

/// Where the lines of a text begin.
#[derive(Debug, Clone)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// Finds the lines of a text.
    pub fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect())
    }

    /// Returns line and column of a byte of `text`, whose lines these are.
    pub fn position(&self, text: &str, byte: usize) -> Position {
        let line = self.0.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|before| self.0.get(before)).copied();
        let before = text.get(start.unwrap_or_default()..byte).unwrap_or_default();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line), column: number(before.chars().count() + 1) }
    }

    /// Returns the byte of `text` at a line and column; the end of the text where it has no such place.
    pub fn byte(&self, text: &str, at: Position) -> usize {
        let line = usize::try_from(at.line).unwrap_or_default().saturating_sub(1);
        let Some(start) = self.0.get(line).copied() else { return text.len() };
        let column = usize::try_from(at.column).unwrap_or_default().saturating_sub(1);
        let rest = text.get(start..).unwrap_or_default();
        start + rest.char_indices().nth(column).map_or(rest.len(), |(byte, _)| byte)
    }
}

/// Returns a text without the blanks and comments at its beginning.
pub fn without_blanks(text: &str) -> &str {
    let first = pieces(text).find(|piece| piece.kind != PieceKind::Comment);
    first.and_then(|piece| text.get(piece.span.start..)).unwrap_or_default()
}

/// Whether the text ends a statement: its last piece that counts is a semicolon, and no string,
/// quoted name or comment is open.
pub fn is_complete(text: &str) -> bool {
    let mut complete = false;
    for piece in pieces(text) {
        if piece.open {
            return false;
        }
        if piece.kind != PieceKind::Comment {
            complete = is_semicolon(text, &piece);
        }
    }
    complete
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn semicolons_end_statements_outside_strings() {
        let text = "a; 'b;' ; -- c;\n;\"d;\" /* ; */";
        let all: Vec<_> = statements(text).iter().map(|statement| statement.sql).collect();
        assert_eq!(all, ["a", "'b;'", "\"d;\" /* ; */"]);
        assert_eq!(next_statement(" ;; a ;b;", 0), Some(Statement { sql: "a", start: 4, end: 7 }));
        assert_eq!(next_statement(" ;; a ;b;", 7), Some(Statement { sql: "b", start: 7, end: 9 }));
        assert_eq!(next_statement(" ;; a ;b;", 9), None);
        assert_eq!(without_blanks(" -- c\n /* d */ .a -- b"), ".a -- b");
        assert!(is_complete("SELECT 1; -- done\n") && is_complete("a;"));
        for open in ["SELECT 1", "SELECT ';", "a; b", "a; /* ;", ""] {
            assert!(!is_complete(open), "{open}");
        }
    }

    #[test]
    fn statements_are_found_again_in_their_text() {
        let text = "a;\n-- é\n é; b\n;c";
        let lines = Lines::of(text);
        let places = statements(text).into_iter();
        let places = places.map(|s| (s.sql, lines.position(text, s.start)));
        let at = |line, column| Position { line, column };
        let want = [("a", at(1, 1)), ("-- é\n é", at(2, 1)), ("b", at(3, 5)), ("c", at(4, 2))];
        assert_eq!(places.collect::<Vec<_>>(), want);
        assert_eq!(Lines::of("").position("", 0), at(1, 1));
        assert_eq!(lines.position(text, text.len()), at(4, 3));
        for byte in [0, 3, 9, text.len()] {
            assert_eq!(lines.byte(text, lines.position(text, byte)), byte);
        }
    }

    proptest! {
        #[test]
        fn statements_are_parts_of_their_text(text in r#"[-a-fé0-9 '"$<>;,.*/\n]{0,40}"#) {
            for statement in statements(&text) {
                let end = statement.start + statement.sql.len();
                prop_assert_eq!(&text[statement.start..end], statement.sql);
                prop_assert!(end <= statement.end);
            }
            is_complete(&text);
        }
    }
}
