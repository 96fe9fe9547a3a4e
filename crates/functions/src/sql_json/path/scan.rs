//! Cuts the text of a path into words.

use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

/// A word, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word<'a> {
    pub(super) kind: Kind,
    /// Its text.
    pub(super) text: &'a str,
    /// Its first byte.
    pub(super) from: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, or a word with a meaning: which of both depends on the place.
    Name,
    /// `$name`
    Variable,
    /// `12`
    Integer,
    /// `1.5`
    Decimal,
    /// `1.5e3`
    Double,
    /// `"..."`
    Text,
    Sign,
    End,
}

const SIGNS: [&str; 28] = [
    "..", "==", "!=", "<>", "<=", ">=", "&&", "||", "$", "@", ".", "*", "[", "]", "(", ")", ",",
    "?", "+", "-", "/", "%", "!", "<", ">", "=", "&", "|",
];

/// Takes a path apart.
pub(super) fn words(path: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut from = 0;
    loop {
        let rest = path.get(from..).unwrap_or_default();
        let space = rest.len() - rest.trim_start_matches([' ', '\n', '\r', '\t']).len();
        from += space;
        let rest = &rest[space..];
        if rest.is_empty() {
            words.push(Word { kind: Kind::End, text: "<EOF>", from });
            return words;
        }
        let (kind, length) = word(rest);
        words.push(Word { kind, text: &rest[..length], from });
        from += length;
    }
}

fn name(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return 0;
    }
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())
}

fn digits(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())
}

/// Returns the kind and the length of the first word.
fn word(text: &str) -> (Kind, usize) {
    if let Some(number) = number(text) {
        return number;
    }
    match name(text) {
        0 => {}
        length => return (Kind::Name, length),
    }
    if let Some(variable) = text.strip_prefix('$').map(name).filter(|length| *length > 0) {
        return (Kind::Variable, variable + 1);
    }
    if let Some(length) = string(text) {
        return (Kind::Text, length);
    }
    let sign = SIGNS.iter().find(|sign| text.starts_with(**sign)).map(|sign| sign.len());
    (Kind::Sign, sign.unwrap_or_else(|| text.chars().next().map_or(1, char::len_utf8)))
}

fn number(text: &str) -> Option<(Kind, usize)> {
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map(digits);
    let length = match (whole, fraction) {
        (0, None | Some(0)) => return None,
        (_, None) => whole,
        (_, Some(fraction)) => whole + 1 + fraction,
    };
    let kind = if fraction.is_some() { Kind::Decimal } else { Kind::Integer };
    let exponent = text[length..].strip_prefix(['e', 'E']).and_then(|rest| {
        let sign = usize::from(rest.starts_with(['+', '-']));
        match digits(&rest[sign..]) {
            0 => None,
            digits => Some(1 + sign + digits),
        }
    });
    Some(match exponent {
        Some(exponent) => (Kind::Double, length + exponent),
        None => (kind, length),
    })
}

/// A quote inside is doubled.
fn string(text: &str) -> Option<usize> {
    let mut end = 1;
    let mut rest = text.strip_prefix('"')?;
    loop {
        let quote = rest.find('"')?;
        end += quote + 1;
        rest = &rest[quote + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                end += 1;
                rest = after;
            }
            None => return Some(end),
        }
    }
}

/// Returns the place in the statement of a byte of the path that begins at `start`.
pub(super) fn place(path: &str, byte: usize, start: Position) -> Position {
    let before = path.get(..byte).unwrap_or(path);
    let lines = before.matches('\n').count() as u32;
    let after = before.rsplit('\n').next().unwrap_or_default().chars().count() as u32;
    match lines {
        0 => Position { line: start.line, column: start.column + 1 + after },
        _ => Position { line: start.line + lines, column: after + 1 },
    }
}

/// The error for an unexpected word.
pub(super) fn unexpected<T>(
    path: &str,
    word: &Word<'_>,
    expected: &str,
    start: Position,
) -> SqlResult<T> {
    let message = format!("mismatched input '{}' expecting {expected}", word.text);
    Err(SqlError::new(Code::Syntax, message).at(place(path, word.from, start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        let text = r#"lax$.a1[.5,1.,1.5e-3,12]..b ? (@>="x""y" && $v_1<>$ )"#;
        let words = words(text);
        let texts: Vec<&str> = words.iter().map(|word| word.text).collect();
        assert_eq!(
            texts,
            [
                "lax",
                "$",
                ".",
                "a1",
                "[",
                ".5",
                ",",
                "1.",
                ",",
                "1.5e-3",
                ",",
                "12",
                "]",
                "..",
                "b",
                "?",
                "(",
                "@",
                ">=",
                "\"x\"\"y\"",
                "&&",
                "$v_1",
                "<>",
                "$",
                ")",
                "<EOF>"
            ]
        );
        assert_eq!(words[9].kind, Kind::Double);
        assert_eq!(words[21].kind, Kind::Variable);
    }

    #[test]
    fn places_count_from_the_literal() {
        let start = Position { line: 3, column: 10 };
        assert_eq!(place("é x", 3, start), Position { line: 3, column: 13 });
        assert_eq!(place("a\nbc", 3, start), Position { line: 4, column: 2 });
    }
}
