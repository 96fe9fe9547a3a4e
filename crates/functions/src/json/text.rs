//! Writes JSON text as Trino writes it, and resolves the escapes of its strings.
//!
//! A JSON string may hold half of a surrogate pair, which UTF-8 cannot. Between reading and writing
//! such a half is kept as the three bytes that UTF-8 would have for its number (WTF-8).

use super::lexer::Raw;
use crate::numerals::{StackText, java_double, java_float};
use std::borrow::Cow;

/// Takes a string's text piece by piece.
trait Sink {
    fn text(&mut self, text: &str);
    /// Half of a surrogate pair without the other.
    fn half(&mut self, unit: u16);
}

/// WTF-8.
impl Sink for Vec<u8> {
    fn text(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }
    fn half(&mut self, unit: u16) {
        let low = |shift: u32| 0x80 | (unit >> shift & 0x3f) as u8;
        self.extend_from_slice(&[0xed, low(6), low(0)]);
    }
}

/// UTF-8: a half becomes a question mark, as Java's encoder makes it.
impl Sink for String {
    fn text(&mut self, text: &str) {
        self.push_str(text);
    }
    fn half(&mut self, _: u16) {
        self.push('?');
    }
}

/// Appends a string to text.
pub(crate) fn unescape_into(raw: Raw<'_>, out: &mut String) {
    unescape_to(raw, out);
}

/// Returns a string's text.
pub(crate) fn unescaped(raw: Raw<'_>) -> Cow<'_, str> {
    if !raw.escaped {
        return Cow::Borrowed(raw.text);
    }
    let mut out = String::with_capacity(raw.text.len());
    unescape_to(raw, &mut out);
    Cow::Owned(out)
}

/// Returns a string as WTF-8.
pub(crate) fn unescaped_bytes(raw: Raw<'_>) -> Cow<'_, [u8]> {
    if !raw.escaped {
        return Cow::Borrowed(raw.text.as_bytes());
    }
    let mut out = Vec::with_capacity(raw.text.len());
    unescape_to(raw, &mut out);
    Cow::Owned(out)
}

/// Appends a string as WTF-8.
pub(crate) fn unescape_bytes_into(raw: Raw<'_>, out: &mut Vec<u8>) {
    unescape_to(raw, out);
}

fn unescape_to(raw: Raw<'_>, out: &mut impl Sink) {
    let mut rest = raw.text;
    if raw.escaped {
        while let Some((before, after)) = rest.split_once('\\') {
            out.text(before);
            rest = resolve(after, out);
        }
    }
    out.text(rest);
}

/// Appends what the escape at the beginning of `text` stands for; returns what follows it.
fn resolve<'a>(text: &'a str, out: &mut impl Sink) -> &'a str {
    let mut chars = text.chars();
    let plain = match chars.next() {
        Some('u') => {
            let (unit, rest) = code_unit(chars.as_str());
            let pair = rest.strip_prefix("\\u").map(code_unit);
            return match (unit, pair) {
                (0xd800..0xdc00, Some((low @ 0xdc00..0xe000, rest))) => {
                    let units = [unit, low];
                    for c in char::decode_utf16(units).flatten() {
                        out.text(c.encode_utf8(&mut [0; 4]));
                    }
                    rest
                }
                _ => {
                    match char::from_u32(u32::from(unit)) {
                        Some(c) => out.text(c.encode_utf8(&mut [0; 4])),
                        None => out.half(unit),
                    }
                    rest
                }
            };
        }
        Some('b') => "\u{8}",
        Some('f') => "\u{c}",
        Some('n') => "\n",
        Some('r') => "\r",
        Some('t') => "\t",
        _ => {
            let rest = chars.as_str();
            out.text(&text[..text.len() - rest.len()]);
            return rest;
        }
    };
    out.text(plain);
    chars.as_str()
}

/// Reads four hexadecimal digits, which the lexer has seen.
fn code_unit(text: &str) -> (u16, &str) {
    let (digits, rest) = text.split_at_checked(4).unwrap_or((text, ""));
    (u16::from_str_radix(digits, 16).unwrap_or(0xfffd), rest)
}

/// Returns WTF-8 as text.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut out = String::with_capacity(bytes.len());
            replay(bytes, &mut out);
            Cow::Owned(out)
        }
    }
}

/// Gives WTF-8 to a sink.
fn replay(mut bytes: &[u8], out: &mut impl Sink) {
    loop {
        match std::str::from_utf8(bytes) {
            Ok(rest) => return out.text(rest),
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                out.text(std::str::from_utf8(valid).unwrap_or_default());
                let [_, high, low, ..] = *rest else { return };
                out.half(0xd000 | u16::from(high & 0x3f) << 6 | u16::from(low & 0x3f));
                bytes = rest.get(3..).unwrap_or_default();
            }
        }
    }
}

/// How characters outside of the Basic Multilingual Plane are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NonBmpEscaping {
    /// As two escapes, which is what Trino writes almost everywhere.
    Escaped,
    /// As they are; half of a pair becomes a question mark.
    Plain,
}

/// Appends text as a JSON string.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    escape_into(text, NonBmpEscaping::Escaped, out);
    out.push('"');
}

/// Appends WTF-8 as a JSON string.
pub(crate) fn quote_bytes(bytes: &[u8], non_bmp: NonBmpEscaping, out: &mut String) {
    out.push('"');
    replay(bytes, &mut Quoted { out, non_bmp });
    out.push('"');
}

/// A JSON string being written.
struct Quoted<'o> {
    out: &'o mut String,
    non_bmp: NonBmpEscaping,
}

impl Sink for Quoted<'_> {
    fn text(&mut self, text: &str) {
        escape_into(text, self.non_bmp, self.out);
    }
    fn half(&mut self, unit: u16) {
        match self.non_bmp {
            NonBmpEscaping::Escaped => escape_unit(unit, self.out),
            NonBmpEscaping::Plain => self.out.push('?'),
        }
    }
}

/// Appends a string that was read as a JSON string in Trino's form.
pub(crate) fn requote(raw: Raw<'_>, non_bmp: NonBmpEscaping, out: &mut String) {
    out.push('"');
    // Text that the lexer accepts holds no quotes and no control characters.
    if raw.escaped || (non_bmp == NonBmpEscaping::Escaped && raw.text.bytes().any(|b| b >= 0xf0)) {
        unescape_to(raw, &mut Quoted { out, non_bmp });
    } else {
        out.push_str(raw.text);
    }
    out.push('"');
}

fn escape_into(text: &str, non_bmp: NonBmpEscaping, out: &mut String) {
    let special = |b: u8| b < b' ' || b == b'"' || b == b'\\' || b >= 0xf0;
    let mut rest = text;
    while let Some(at) = rest.bytes().position(special) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let mut chars = after.chars();
        let Some(c) = chars.next() else { return };
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..=' ' => escape_unit(c as u16, out),
            _ if non_bmp == NonBmpEscaping::Plain => out.push(c),
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escape_unit(*unit, out)),
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}

fn escape_unit(unit: u16, out: &mut String) {
    let digit = |shift: u16| char::from(b"0123456789ABCDEF"[usize::from(unit >> shift & 15)]);
    out.push_str("\\u");
    out.extend([12, 8, 4, 0].map(digit));
}

/// Appends an integer that was read; zero has no sign.
pub(crate) fn integer(text: &str, out: &mut String) {
    out.push_str(if text == "-0" { "0" } else { text });
}

/// Appends any other number that was read: as the double that it is.
pub(crate) fn float(text: &str, out: &mut String) {
    double(text.parse().unwrap_or(f64::NAN), out);
}

/// Appends a double as JSON has it; there are no infinite numbers, so these are strings.
pub(crate) fn double(value: f64, out: &mut String) {
    if value.is_finite() {
        java_double(value, out);
    } else {
        out.push('"');
        java_double(value, out);
        out.push('"');
    }
}

/// Appends a real as JSON has it.
pub(crate) fn real(value: f32, out: &mut String) {
    if value.is_finite() {
        java_float(value, out);
    } else {
        double(f64::from(value), out);
    }
}

/// Appends an integer.
pub(crate) fn number(value: i64, out: &mut String) {
    out.push_str(StackText::<40>::of(format_args!("{value}")).as_str());
}

/// Compares WTF-8 as Java compares strings: by UTF-16 code units.
pub(crate) fn compare(a: &[u8], b: &[u8]) -> std::cmp::Ordering {
    let at = a.iter().zip(b).position(|(a, b)| a != b);
    let Some(at) = at else { return a.len().cmp(&b.len()) };
    // Characters beyond U+FFFF are surrogates, which come before U+E000 and above.
    let rank = |byte: u8| match byte {
        0xf0.. => (0xee_u8, 0_u8, byte),
        0xee | 0xef => (0xee, 1, byte),
        _ => (byte, 0, 0),
    };
    rank(a[at]).cmp(&rank(b[at]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::lexer::{Lexer, Token};
    use proptest::prelude::*;

    fn written<T>(write: impl Fn(T, &mut String), value: T) -> String {
        let mut out = String::new();
        write(value, &mut out);
        out
    }

    #[test]
    fn strings_keep_halves_of_pairs() {
        let Ok(Some(Token::Text(raw))) = Lexer::new(r#""é\u0001\/\ud83d\ude00\ud83d!""#).next()
        else {
            panic!("a string")
        };
        let mut out = String::new();
        requote(raw, NonBmpEscaping::Escaped, &mut out);
        assert_eq!(out, r#""é\u0001/\uD83D\uDE00\uD83D!""#);
        out.clear();
        requote(raw, NonBmpEscaping::Plain, &mut out);
        assert_eq!(out, "\"é\\u0001/😀?!\"");
        assert_eq!(unescaped(raw), "é\u{1}/😀?!");
        assert_eq!(lossy(&unescaped_bytes(raw)), "é\u{1}/😀?!");
    }

    proptest! {
        #[test]
        fn any_string_survives(text in ".{0,40}") {
            let quoted = written(quote, text.as_str());
            let Ok(Some(Token::Text(raw))) = Lexer::new(&quoted).next() else { panic!("a string") };
            prop_assert_eq!(unescaped(raw), text);
        }

        #[test]
        fn strings_order_by_utf16(a in ".{0,6}", b in ".{0,6}") {
            let units = a.encode_utf16().collect::<Vec<_>>().cmp(&b.encode_utf16().collect());
            prop_assert_eq!(compare(a.as_bytes(), b.as_bytes()), units);
        }
    }
}
