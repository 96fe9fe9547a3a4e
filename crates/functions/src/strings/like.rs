//! `LIKE`, with and without `ESCAPE`.

use super::padded;
use crate::call::{Call, Column};
use crate::registry::{Failure, Registry};
use arrow::array::ArrayRef;
use memchr::memmem::Finder;
use std::sync::Arc;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    for signature in ["(varchar(x), varchar(y)) -> boolean", "(char(x), varchar(y)) -> boolean"] {
        registry.add("$like", signature, like).fails(Failure::OfPattern);
    }
    for signature in [
        "(varchar(x), varchar(y), varchar(z)) -> boolean",
        "(char(x), varchar(y), varchar(z)) -> boolean",
    ] {
        registry.add("$like", signature, like).fails(Failure::OfPattern);
    }
}

fn like(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let data_type = call.argument_type(0);
    let values = call.column::<&str>(0)?;
    let patterns = Patterns::new(call)?;
    if let Some(pattern) = &patterns.constant {
        return call.each(|row| {
            Ok(values.get(row).map(|value| pattern.matches(&padded(value, data_type))))
        });
    }
    call.each(|row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        let pattern = patterns.get(call, row)?;
        Ok(pattern.map(|pattern| pattern.matches(&padded(value, data_type))))
    })
}

/// The patterns of a call, compiled once if they are the same for all rows.
struct Patterns<'a> {
    texts: Column<'a, &'a str>,
    escapes: Option<Column<'a, &'a str>>,
    constant: Option<Arc<Pattern>>,
}

impl<'a> Patterns<'a> {
    fn new(call: &Call<'a>) -> SqlResult<Self> {
        let texts = call.column::<&str>(1)?;
        let escapes = (call.len() > 2).then(|| call.column::<&str>(2)).transpose()?;
        let constant = call.is_constant(1) && (call.len() < 3 || call.is_constant(2));
        let mut patterns = Self { texts, escapes, constant: None };
        if constant && call.rows() > 0 {
            patterns.constant = patterns.get(call, 0)?;
        }
        Ok(patterns)
    }

    /// Returns the pattern of a row, unless it is NULL.
    fn get(&self, call: &Call<'_>, row: usize) -> SqlResult<Option<Arc<Pattern>>> {
        let Some(text) = self.texts.get(row) else { return Ok(None) };
        let Some(escapes) = &self.escapes else {
            return call.compiled(text, |text| Pattern::compile(text, None)).map(Some);
        };
        let Some(escape) = escapes.get(row) else { return Ok(None) };
        let escape = escape_of(escape)?;
        // What was compiled is found by both.
        let key = format!("{escape}{text}");
        call.compiled(&key, |_| Pattern::compile(text, Some(escape))).map(Some)
    }
}

fn escape_of(escape: &str) -> SqlResult<char> {
    let mut chars = escape.chars();
    match (chars.next(), chars.next()) {
        (Some(character), None) if character.len_utf16() == 1 => Ok(character),
        _ => Err(SqlError::argument("Escape string must be a single character")),
    }
}

/// The part between two `%`.
#[derive(Debug)]
enum Piece {
    /// Text without `_`.
    Text(Box<Finder<'static>>),
    /// Characters, and `None` for `_`.
    Chars(Vec<Option<char>>),
}

impl Piece {
    fn new(chars: Vec<Option<char>>) -> Self {
        match chars.iter().copied().collect::<Option<String>>() {
            Some(text) => Self::Text(Box::new(Finder::new(&text).into_owned())),
            None => Self::Chars(chars),
        }
    }

    /// Returns how much of the start of `text` matches, if it does.
    fn at_start(&self, text: &str) -> Option<usize> {
        match self {
            Self::Text(finder) => {
                let needle = finder.needle();
                // Most patterns have nothing at the start, which needs no call.
                (needle.is_empty() || text.as_bytes().starts_with(needle)).then_some(needle.len())
            }
            Self::Chars(chars) => {
                let mut rest = text.chars();
                for wanted in chars {
                    let character = rest.next()?;
                    if wanted.is_some_and(|wanted| wanted != character) {
                        return None;
                    }
                }
                Some(text.len() - rest.as_str().len())
            }
        }
    }

    /// Whether the end of `text` matches.
    fn at_end(&self, text: &str) -> bool {
        match self {
            Self::Text(finder) => {
                finder.needle().is_empty() || text.as_bytes().ends_with(finder.needle())
            }
            Self::Chars(chars) => {
                let mut rest = text.chars().rev();
                chars.iter().rev().all(|wanted| {
                    rest.next()
                        .is_some_and(|character| wanted.is_none_or(|wanted| wanted == character))
                })
            }
        }
    }

    /// Returns the end of the first match in `text`.
    fn find(&self, text: &str) -> Option<usize> {
        match self {
            Self::Text(finder) => finder.find(text.as_bytes()).map(|at| at + finder.needle().len()),
            Self::Chars(_) => text
                .char_indices()
                .find_map(|(at, _)| self.at_start(&text[at..]).map(|length| at + length)),
        }
    }
}

/// A pattern of LIKE, compiled: without `%`, one piece that all of the text must match; otherwise the pieces at the
/// start, in the middle, and at the end.
#[derive(Debug)]
enum Pattern {
    Whole(Piece),
    Parts { first: Piece, middle: Vec<Piece>, last: Piece },
}

/// Returns whether a text is LIKE a pattern.
///
/// # Errors
/// When the escape is no single character, or escapes nothing that can be escaped.
pub fn is_like(text: &str, pattern: &str, escape: Option<&str>) -> SqlResult<bool> {
    Ok(Pattern::compile(pattern, escape.map(escape_of).transpose()?)?.matches(text))
}

impl Pattern {
    fn compile(text: &str, escape: Option<char>) -> SqlResult<Self> {
        let mut pieces = vec![Vec::new()];
        let mut chars = text.chars();
        while let Some(character) = chars.next() {
            let piece = if Some(character) == escape {
                let escaped = chars.next().filter(|c| matches!(c, '%' | '_') || *c == character);
                Some(Some(escaped.ok_or_else(|| {
                    SqlError::argument(
                        "Escape character must be followed by '%', '_' or the escape character \
                         itself",
                    )
                })?))
            } else {
                match character {
                    '%' => None,
                    '_' => Some(None),
                    other => Some(Some(other)),
                }
            };
            match (piece, pieces.last_mut()) {
                (Some(character), Some(piece)) => piece.push(character),
                _ => pieces.push(Vec::new()),
            }
        }
        let mut pieces = pieces.into_iter();
        let first = Piece::new(pieces.next().unwrap_or_default());
        let Some(last) = pieces.next_back() else {
            return Ok(Self::Whole(first));
        };
        let middle = pieces.filter(|piece| !piece.is_empty()).map(Piece::new).collect();
        Ok(Self::Parts { first, middle, last: Piece::new(last) })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Whole(piece) => piece.at_start(text) == Some(text.len()),
            Self::Parts { first, middle, last } => {
                let Some(mut at) = first.at_start(text) else { return false };
                for piece in middle {
                    match piece.find(&text[at..]) {
                        Some(end) => at += end,
                        None => return false,
                    }
                }
                last.at_end(&text[at..])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, pattern: &str, want: bool) {
        let compiled = Pattern::compile(pattern, Some('#')).unwrap();
        assert_eq!(compiled.matches(text), want, "{text} LIKE {pattern}");
    }

    #[test]
    fn patterns() {
        for (text, pattern, want) in [
            ("", "", true),
            ("", "%", true),
            ("", "_", false),
            ("foob", "f%b__", false),
            ("foob", "f%b", true),
            ("aba", "ab%ba", false),
            ("abba", "ab%ba", true),
            ("a\nb", "a_b", true),
            ("漢字", "_字", true),
            ("漢字", "%_", true),
            ("xaxbx", "%a_b%", true),
            ("xaxbx", "%a_b", false),
            ("abcabd", "%ab%d", true),
            ("a%", "a#%", true),
            ("ab", "a#%", false),
            ("a#", "a##", true),
            ("aXbXc", "a%b%c", true),
            ("aXbX", "a%b%c", false),
        ] {
            check(text, pattern, want);
        }
    }

    #[test]
    fn malformed_escapes_are_errors() {
        for pattern in ["a#", "a#b"] {
            assert!(Pattern::compile(pattern, Some('#')).is_err());
        }
        for escape in ["", "ab", "𐐭"] {
            assert!(escape_of(escape).is_err());
        }
    }
}
