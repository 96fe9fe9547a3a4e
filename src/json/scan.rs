//! Checks JSON values (RFC 8259) and finds their end in a buffer that may hold only a part of them.

use memchr::memchr2;

/// Deepest nesting accepted; deeper input is hostile, no service writes it.
const MAX_DEPTH: usize = 256;

/// Why a value could not be scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanError {
    /// The buffer ends inside the value.
    Incomplete,
    /// The byte at `at` cannot continue the value.
    Malformed {
        /// Offset in the scanned buffer.
        at: usize,
        /// What the grammar allows there.
        expected: &'static str,
    },
}

/// One member of an object, as offsets into the scanned buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// First byte of the key, after its quote.
    pub key_start: usize,
    /// The key's closing quote.
    pub key_end: usize,
    /// Whether the key has escapes.
    pub is_escaped: bool,
    /// First byte of the value.
    pub value_start: usize,
    /// One past the value's last byte.
    pub value_end: usize,
}

/// Whether `text` is one JSON value with nothing but whitespace around it.
pub fn is_value(text: &[u8]) -> bool {
    let end = scan_value(text, skip_whitespace(text, 0));
    end.is_ok_and(|end| skip_whitespace(text, end) == text.len())
}

/// Returns the first position at or after `pos` that holds no JSON whitespace.
#[inline]
pub fn skip_whitespace(bytes: &[u8], mut pos: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(pos) {
        pos += 1;
    }
    pos
}

/// Scans the object that starts at `pos` (a `{`) and returns one past its end.
///
/// `on_member` sees every member of the object itself, not of nested ones, in order. It may stop
/// the scan before a value is read by answering `Some(outcome)` from `on_key`.
///
/// # Errors
/// [`ScanError::Incomplete`] when the buffer ends first, [`ScanError::Malformed`] on bad grammar.
#[inline]
pub fn scan_object(
    bytes: &[u8],
    pos: usize,
    mut on_member: impl FnMut(Member),
) -> Result<usize, ScanError> {
    scan_members(bytes, pos, |_, _| false, &mut on_member).map(Scanned::position)
}

/// Where a scan of an object's members stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanned {
    /// The whole object was read; one past its closing brace.
    Whole(usize),
    /// `stop_at` said yes: the position of the value after that key.
    Stopped(usize),
}

impl Scanned {
    fn position(self) -> usize {
        match self {
            Self::Whole(at) | Self::Stopped(at) => at,
        }
    }
}

/// Like [`scan_object`], and stops before the value of the first key for which
/// `stop_at(key, first byte of value)` is true.
///
/// # Errors
/// As [`scan_object`].
#[inline]
pub fn scan_members(
    bytes: &[u8],
    pos: usize,
    stop_at: impl Fn(&[u8], u8) -> bool,
    on_member: &mut impl FnMut(Member),
) -> Result<Scanned, ScanError> {
    let mut at = skip_whitespace(bytes, expect(bytes, pos, b'{', "'{'")?);
    if byte(bytes, at)? == b'}' {
        return Ok(Scanned::Whole(at + 1));
    }
    loop {
        if byte(bytes, at)? != b'"' {
            return malformed(at, "a quoted member name");
        }
        let key_start = at + 1;
        let end = quote_or_backslash(bytes, key_start).ok_or(ScanError::Incomplete)?;
        let is_escaped = bytes[end] != b'"';
        at = if is_escaped { scan_string(bytes, at)? } else { end + 1 };
        let key_end = at - 1;
        at = skip_whitespace(bytes, at);
        at = skip_whitespace(bytes, expect(bytes, at, b':', "':'")?);
        let value_start = at;
        if stop_at(&bytes[key_start..key_end], byte(bytes, at)?) {
            return Ok(Scanned::Stopped(at));
        }
        at = scan_value(bytes, at)?;
        on_member(Member { key_start, key_end, is_escaped, value_start, value_end: at });
        at = skip_whitespace(bytes, at);
        match byte(bytes, at)? {
            b',' => at = skip_whitespace(bytes, at + 1),
            b'}' => return Ok(Scanned::Whole(at + 1)),
            _ => return malformed(at, "',' or '}'"),
        }
    }
}

/// Scans the value that starts at `pos` and returns one past its end.
///
/// # Errors
/// [`ScanError::Incomplete`] when the buffer ends first (a number that touches the end of the
/// buffer counts as complete), [`ScanError::Malformed`] on bad grammar.
pub fn scan_value(bytes: &[u8], pos: usize) -> Result<usize, ScanError> {
    // One bit a level: set for an object, clear for an array.
    let mut levels = [0_u64; MAX_DEPTH / 64];
    let mut depth = 0_usize;
    let mut at = pos;
    loop {
        // A value begins here.
        match byte(bytes, at)? {
            b'"' => at = scan_string(bytes, at)?,
            open @ (b'{' | b'[') => {
                if depth == MAX_DEPTH {
                    return malformed(at, "at most 256 levels of nesting");
                }
                let (word, bit) = (depth / 64, 1_u64 << (depth % 64));
                at = skip_whitespace(bytes, at + 1);
                if open == b'{' {
                    if byte(bytes, at)? == b'}' {
                        at += 1;
                    } else {
                        levels[word] |= bit;
                        depth += 1;
                        at = scan_key(bytes, at)?;
                        continue;
                    }
                } else if byte(bytes, at)? == b']' {
                    at += 1;
                } else {
                    levels[word] &= !bit;
                    depth += 1;
                    continue;
                }
            }
            b't' => at = literal(bytes, at, b"true")?,
            b'f' => at = literal(bytes, at, b"false")?,
            b'n' => at = literal(bytes, at, b"null")?,
            b'-' | b'0'..=b'9' => at = scan_number(bytes, at)?,
            _ => return malformed(at, "a JSON value"),
        }
        // A value has ended: close what it closes, then go to the next one.
        loop {
            if depth == 0 {
                return Ok(at);
            }
            at = skip_whitespace(bytes, at);
            let object = levels[(depth - 1) / 64] & (1 << ((depth - 1) % 64)) != 0;
            match (byte(bytes, at)?, object) {
                (b',', true) => {
                    at = scan_key(bytes, skip_whitespace(bytes, at + 1))?;
                    break;
                }
                (b',', false) => {
                    at = skip_whitespace(bytes, at + 1);
                    break;
                }
                (b'}', true) | (b']', false) => {
                    depth -= 1;
                    at += 1;
                }
                (_, true) => return malformed(at, "',' or '}'"),
                (_, false) => return malformed(at, "',' or ']'"),
            }
        }
    }
}

/// Scans `"key" :` and returns where the value begins.
#[inline]
fn scan_key(bytes: &[u8], pos: usize) -> Result<usize, ScanError> {
    if byte(bytes, pos)? != b'"' {
        return malformed(pos, "a quoted member name");
    }
    let at = skip_whitespace(bytes, scan_string(bytes, pos)?);
    Ok(skip_whitespace(bytes, expect(bytes, at, b':', "':'")?))
}

/// Returns where the first quote or backslash at or after `at` is.
#[inline]
pub(super) fn quote_or_backslash(bytes: &[u8], mut at: usize) -> Option<usize> {
    /// Words in which most strings end: to look at them costs less than a search that is made for long ones.
    const WORDS: usize = 4;
    for _ in 0..WORDS {
        let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) else { break };
        let word = u64::from_le_bytes(*word);
        let found = zero_bytes(word ^ QUOTES) | zero_bytes(word ^ BACKSLASHES);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    memchr2(b'"', b'\\', bytes.get(at..)?).map(|found| at + found)
}

/// The lowest bit of each byte.
const LOWEST: u64 = u64::from_le_bytes([1; 8]);
const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);

/// Sets the highest bit of the lowest byte that is zero, and perhaps of some above it.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(LOWEST) & !word & (LOWEST << 7)
}

/// Scans the string that starts at `pos` (its quote) and returns one past its closing quote.
#[inline]
fn scan_string(bytes: &[u8], pos: usize) -> Result<usize, ScanError> {
    let mut at = pos + 1;
    loop {
        at = quote_or_backslash(bytes, at).ok_or(ScanError::Incomplete)?;
        if bytes[at] == b'"' {
            return Ok(at + 1);
        }
        match byte(bytes, at + 1)? {
            b'u' => {
                for digit in at + 2..at + 6 {
                    if !byte(bytes, digit)?.is_ascii_hexdigit() {
                        return malformed(digit, "four hexadecimal digits");
                    }
                }
                at += 6;
            }
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
            _ => return malformed(at + 1, "an escape of RFC 8259"),
        }
    }
}

/// Returns one past the closing quote of the string whose opening quote stands at `pos`, whatever
/// its escapes; `None` when the buffer ends first.
pub fn string_end(bytes: &[u8], pos: usize) -> Option<usize> {
    let mut at = pos + 1;
    loop {
        at = quote_or_backslash(bytes, at)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[inline]
fn scan_number(bytes: &[u8], pos: usize) -> Result<usize, ScanError> {
    let digits = |mut at: usize| {
        let from = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        if at > from {
            Ok(at)
        } else if at >= bytes.len() {
            Err(ScanError::Incomplete)
        } else {
            malformed(at, "a digit")
        }
    };
    let mut at = pos + usize::from(bytes[pos] == b'-');
    let from = at;
    at = digits(at)?;
    if bytes[from] == b'0' && at > from + 1 {
        return malformed(from + 1, "no digit after a leading zero");
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = digits(at)?;
    }
    Ok(at)
}

fn literal(bytes: &[u8], pos: usize, word: &'static [u8]) -> Result<usize, ScanError> {
    for (offset, wanted) in word.iter().enumerate() {
        if byte(bytes, pos + offset)? != *wanted {
            return malformed(pos + offset, "true, false or null");
        }
    }
    Ok(pos + word.len())
}

#[inline]
fn byte(bytes: &[u8], at: usize) -> Result<u8, ScanError> {
    bytes.get(at).copied().ok_or(ScanError::Incomplete)
}

#[inline]
fn expect(bytes: &[u8], at: usize, wanted: u8, expected: &'static str) -> Result<usize, ScanError> {
    if byte(bytes, at)? == wanted { Ok(at + 1) } else { malformed(at, expected) }
}

#[cold]
fn malformed<T>(at: usize, expected: &'static str) -> Result<T, ScanError> {
    Err(ScanError::Malformed { at, expected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_are_those_of_the_object_itself() {
        let text = br#" {"a": {"b":1}, "c\"d" :[1,{"e":2}], "f":null} tail"#;
        let mut seen = Vec::new();
        let end = scan_object(text, 1, |m| {
            seen.push((
                String::from_utf8_lossy(&text[m.key_start..m.key_end]).into_owned(),
                String::from_utf8_lossy(&text[m.value_start..m.value_end]).into_owned(),
            ));
        });
        assert_eq!(end, Ok(text.len() - 5));
        let want = [("a", r#"{"b":1}"#), (r#"c\"d"#, r#"[1,{"e":2}]"#), ("f", "null")];
        assert_eq!(seen, want.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn every_cut_of_a_value_is_incomplete() {
        let text = br#"{"a":[1.5e3,"x\u00e9",true,false,null,{}],"b":{"c":[]}}"#;
        assert_eq!(scan_value(text, 0), Ok(text.len()));
        for cut in 1..text.len() {
            assert_eq!(scan_value(&text[..cut], 0), Err(ScanError::Incomplete), "cut at {cut}");
        }
    }

    #[test]
    fn bad_grammar_is_named_with_its_place() {
        for (text, at) in [
            (r#"{"a" 1}"#, 5),
            (r#"{"a"=>1}"#, 4),
            (r#"{a:1}"#, 1),
            (r"[1 2]", 3),
            (r#"["\x"]"#, 3),
            ("[01]", 2),
            ("[tru e]", 4),
            ("{\"a\":1,}", 7),
        ] {
            match scan_value(text.as_bytes(), 0) {
                Err(ScanError::Malformed { at: found, .. }) => assert_eq!(found, at, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "[".repeat(300);
        assert!(matches!(
            scan_value(deep.as_bytes(), 0),
            Err(ScanError::Malformed { at: 256, .. })
        ));
    }

    proptest! {
        #[test]
        fn quotes_and_backslashes_are_found(text in r#"[a"\\\x21\x23\x5b\x5dé]{0,60}"#, at in 0..70_usize) {
            let bytes = text.as_bytes();
            let want = bytes.iter().enumerate().skip(at).find(|(_, b)| matches!(b, b'"' | b'\\'));
            prop_assert_eq!(quote_or_backslash(bytes, at), want.map(|(at, _)| at));
        }

        #[test]
        fn agrees_with_serde_json(text in r#"[\[\]{}",:\\u01e. tnaflsr-]{0,12}"#) {
            let ours = scan_value(text.as_bytes(), skip_whitespace(text.as_bytes(), 0))
                .is_ok_and(|end| skip_whitespace(text.as_bytes(), end) == text.len());
            // serde_json refuses lone surrogates and huge exponents, which a CloudTrail field may
            // hold; RFC 8259 allows both, and neither fits into twelve characters without `d`.
            prop_assert_eq!(ours, serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok());
        }
    }
}
