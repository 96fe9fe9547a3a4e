//! Turns raw JSON into the text that columns hold: strings without escapes, values in compact form.

use super::cursor::{Cursor, Kind, RawString};
use super::scan::Member;
use std::borrow::Cow;

/// Appends `raw` to `out` with its escapes resolved.
///
/// A lone surrogate becomes U+FFFD, as Arrow strings must be UTF-8.
#[inline]
pub fn unescape_into(raw: RawString<'_>, out: &mut Vec<u8>) {
    if raw.escaped {
        unescape_slow(raw.bytes, out);
    } else {
        out.extend_from_slice(raw.bytes);
    }
}

/// Returns `raw` with its escapes resolved, as [`unescape_into`] does.
#[inline]
pub fn unescaped(raw: RawString<'_>) -> Cow<'_, [u8]> {
    if !raw.escaped {
        return raw.bytes.into();
    }
    let mut plain = Vec::with_capacity(raw.bytes.len());
    unescape_slow(raw.bytes, &mut plain);
    plain.into()
}

impl Member {
    /// Returns the key without escapes; `bytes` is the buffer that was scanned.
    #[inline]
    pub fn key<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let bytes = self.raw_key(bytes);
        unescaped(RawString { bytes, escaped: self.is_escaped })
    }

    /// Returns the key as it stands between its quotes; `bytes` is the buffer that was scanned.
    #[inline]
    pub fn raw_key<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.key_start..self.key_end]
    }

    /// Returns the value as it stands; `bytes` is the buffer that was scanned.
    #[inline]
    pub fn value<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.value_start..self.value_end]
    }
}

/// Returns the text of a scalar `value`; `None` for null and nested values.
pub fn scalar(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut cursor = Cursor::new(value);
    match cursor.kind() {
        Kind::String => Some(unescaped(cursor.string())),
        Kind::Number | Kind::Boolean => Some(cursor.raw().into()),
        Kind::Object | Kind::Array | Kind::Null => None,
    }
}

/// Returns the text of a `value` as a text column holds it: nested values as compact JSON; `None` for null.
pub fn column_text(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut cursor = Cursor::new(value);
    match cursor.kind() {
        Kind::Object | Kind::Array => {
            let mut text = Vec::new();
            compact_into(&mut cursor, &mut text);
            Some(text.into())
        }
        _ => scalar(value),
    }
}

fn unescape_slow(mut raw: &[u8], out: &mut Vec<u8>) {
    while let Some(backslash) = memchr::memchr(b'\\', raw) {
        out.extend_from_slice(&raw[..backslash]);
        let escape = raw.get(backslash + 1).copied().unwrap_or(b'\\');
        raw = raw.get(backslash + 2..).unwrap_or_default();
        match escape {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let (unit, rest) = code_unit(raw);
                raw = rest;
                let mut point = unit;
                if (0xD800..0xDC00).contains(&unit)
                    && let Some(rest) = raw.strip_prefix(br"\u")
                    && let (low @ 0xDC00..0xE000, rest) = code_unit(rest)
                {
                    point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                    raw = rest;
                }
                let letter = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => out.push(other),
        }
    }
    out.extend_from_slice(raw);
}

/// Reads four hexadecimal digits.
fn code_unit(raw: &[u8]) -> (u32, &[u8]) {
    let (digits, rest) = raw.split_at(raw.len().min(4));
    let unit = digits
        .iter()
        .fold(0, |unit, digit| unit * 16 + char::from(*digit).to_digit(16).unwrap_or_default());
    (unit, rest)
}

/// Appends the value at the cursor as compact JSON: no whitespace between tokens, no escapes that
/// are not needed, numbers and member order as they stand.
pub fn compact_into(cursor: &mut Cursor<'_>, out: &mut Vec<u8>) {
    match cursor.kind() {
        Kind::Object => {
            out.push(b'{');
            cursor.enter();
            let mut first = true;
            while let Some(key) = cursor.next_member() {
                separate(&mut first, out);
                quote_raw_into(key, out);
                out.push(b':');
                compact_into(cursor, out);
            }
            out.push(b'}');
        }
        Kind::Array => {
            out.push(b'[');
            cursor.enter();
            let mut first = true;
            while cursor.next_element() {
                separate(&mut first, out);
                compact_into(cursor, out);
            }
            out.push(b']');
        }
        Kind::String => quote_raw_into(cursor.string(), out),
        Kind::Number | Kind::Boolean | Kind::Null => out.extend_from_slice(cursor.raw()),
    }
}

fn separate(first: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::take(first) {
        out.push(b',');
    }
}

fn quote_raw_into(raw: RawString<'_>, out: &mut Vec<u8>) {
    if raw.escaped || raw.bytes.iter().any(|b| *b < 0x20) {
        let mut text = Vec::with_capacity(raw.bytes.len());
        unescape_into(raw, &mut text);
        quote_into(&text, out);
    } else {
        out.push(b'"');
        out.extend_from_slice(raw.bytes);
        out.push(b'"');
    }
}

/// Appends UTF-8 `text` as a JSON string with the escapes RFC 8259 demands and no others.
pub fn quote_into(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    escape_into(text, out);
    out.push(b'"');
}

/// Appends UTF-8 `text` as [`quote_into`] does, without the quotes.
pub fn escape_into(text: &[u8], out: &mut Vec<u8>) {
    if text.iter().fold(false, |any, byte| any | needs_escape(*byte)) {
        for byte in text {
            match escape(*byte, &mut [0; 6]) {
                Some(escaped) => out.extend_from_slice(escaped),
                None => out.push(*byte),
            }
        }
    } else {
        out.extend_from_slice(text);
    }
}

/// Whether [`quote_into`] spells `text` as `raw`, which stands between quotes.
pub fn is_quoted_as(text: &[u8], mut raw: &[u8]) -> bool {
    for byte in text {
        let mut buffer = [0; 6];
        let spelled = escape(*byte, &mut buffer).unwrap_or(std::slice::from_ref(byte));
        match raw.strip_prefix(spelled) {
            Some(rest) => raw = rest,
            None => return false,
        }
    }
    raw.is_empty()
}

#[inline]
fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Returns the escape of a byte that needs one.
#[inline]
fn escape(byte: u8, buffer: &mut [u8; 6]) -> Option<&[u8]> {
    Some(match byte {
        b'"' => b"\\\"",
        b'\\' => b"\\\\",
        8 => b"\\b",
        9 => b"\\t",
        10 => b"\\n",
        12 => b"\\f",
        13 => b"\\r",
        0..0x20 => {
            let hex = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
            *buffer = [b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)];
            buffer
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unescape(raw: &str) -> String {
        let mut out = Vec::new();
        unescape_into(RawString { bytes: raw.as_bytes(), escaped: true }, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn compact(text: &str) -> String {
        let mut out = Vec::new();
        compact_into(&mut Cursor::new(text.as_bytes()), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn escapes_resolve() {
        assert_eq!(unescape(r#"a\"b\\c\/d\n\u00e9\ud83d\ude00"#), "a\"b\\c/d\né😀");
        assert_eq!(unescape(r"\ud83d!\udc00"), "\u{fffd}!\u{fffd}");
    }

    #[test]
    fn a_text_has_one_spelling_of_ours() {
        for (raw, ours) in [
            (r#"a\"b\\c\n\u0001é"#, true),
            (r"a\/b", false),
            (r"\u00e9", false),
            (r"\u001F", false),
            ("a\u{1}", false),
        ] {
            assert_eq!(is_quoted_as(unescape(raw).as_bytes(), raw.as_bytes()), ours, "{raw}");
        }
        assert!(!is_quoted_as(b"ab", b"a") && !is_quoted_as(b"a", b"ab"));
    }

    #[test]
    fn compact_keeps_numbers_and_order() {
        assert_eq!(
            compact(
                " { \"b\" : 1.0 , \"a\" : [ 9007199254740993 , \"\\u003c\\/\\u0001\" , { } ] } "
            ),
            r#"{"b":1.0,"a":[9007199254740993,"</\u0001",{}]}"#
        );
    }

    proptest! {
        #[test]
        fn any_string_survives(text in ".{0,40}") {
            let quoted = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescape(&quoted[1..quoted.len() - 1]), text.clone());
            let mut ours = Vec::new();
            quote_into(text.as_bytes(), &mut ours);
            prop_assert!(is_quoted_as(text.as_bytes(), &ours[1..ours.len() - 1]));
            prop_assert_eq!(serde_json::from_slice::<String>(&ours).unwrap(), text);
        }
    }
}
