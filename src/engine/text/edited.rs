//! A text in which some places were changed, and where they were.

use std::ops::Range;
use traillake_sql_parser::script::Lines;
use traillake_sql_types::error::Position;

/// A change: the bytes that go, and what stands there instead.
pub type Edit = (Range<usize>, String);

/// A text with changes, which knows the places of the text before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The changed text.
    pub sql: String,
    before: String,
    /// Of each change, its bytes in the text before and in the new one.
    places: Vec<(Range<usize>, Range<usize>)>,
}

impl Edited {
    /// Changes a text. An edit that begins within another is left out.
    pub fn new(before: &str, mut edits: Vec<Edit>) -> Self {
        edits.sort_by_key(|(span, _)| span.start);
        let mut sql = String::with_capacity(before.len() + 16);
        let (mut places, mut copied) = (Vec::new(), 0);
        for (span, text) in edits {
            if span.start < copied {
                continue;
            }
            sql.push_str(before.get(copied..span.start).unwrap_or_default());
            let from = sql.len();
            sql.push_str(&text);
            copied = span.end;
            places.push((span, from..sql.len()));
        }
        sql.push_str(before.get(copied..).unwrap_or_default());
        Self { sql, before: before.to_owned(), places }
    }

    /// Whether nothing was changed.
    pub fn is_same(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns what was changed of the text before.
    pub fn places(&self) -> impl Iterator<Item = &Range<usize>> {
        self.places.iter().map(|(old, _)| old)
    }

    /// Returns the place in the text before of a place in the new one.
    pub fn original(&self, at: Position) -> Position {
        if self.is_same() {
            return at;
        }
        let byte = self.original_byte(Lines::of(&self.sql).byte(&self.sql, at));
        Lines::of(&self.before).position(&self.before, byte)
    }

    /// Returns what stood in the text before where a change stands at a place of the new one.
    pub fn typed(&self, at: Position) -> Option<&str> {
        let byte = Lines::of(&self.sql).byte(&self.sql, at);
        let (old, _) = self.places.iter().find(|(_, new)| new.contains(&byte))?;
        self.before.get(old.clone()).filter(|typed| !typed.is_empty())
    }

    fn original_byte(&self, byte: usize) -> usize {
        let last = self.places.iter().rfind(|(_, new)| new.start <= byte);
        match last {
            None => byte,
            Some((old, new)) if byte < new.end => old.start,
            Some((old, new)) => old.end + (byte - new.end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back() {
        let text = "SELECT a FROM <EDS\nID> WHERE\nnope";
        let edited = Edited::new(text, vec![(14..22, "store".to_owned())]);
        assert_eq!(edited.sql, "SELECT a FROM store WHERE\nnope");
        let original = |line, column| {
            let at = edited.original(Position { line, column });
            (at.line, at.column)
        };
        assert_eq!(original(1, 8), (1, 8));
        assert_eq!(original(1, 17), (1, 15));
        assert_eq!(original(1, 21), (2, 5));
        assert_eq!(original(2, 1), (3, 1));
    }
}
