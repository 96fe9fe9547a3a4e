//! Walks a JSON value that [`scan`](super::scan) has checked, in one pass and without a tree.

use super::scan::{quote_or_backslash, skip_whitespace};

/// A place in checked JSON text.
///
/// All methods assume text that [`scan_value`](super::scan_value) accepted. On other text they
/// stop early and never read outside the slice.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// What begins at a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{`
    Object,
    /// `[`
    Array,
    /// `"`
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `null`, or the end of the text.
    Null,
}

/// A string between its quotes, escapes kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawString<'a> {
    /// The bytes between the quotes.
    pub bytes: &'a [u8],
    /// Whether a backslash is among them.
    pub escaped: bool,
}

impl<'a> Cursor<'a> {
    /// Returns a cursor at the first value of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: skip_whitespace(bytes, 0) }
    }

    /// Returns the kind of the value at the cursor.
    #[inline]
    pub fn kind(&self) -> Kind {
        match self.bytes.get(self.at) {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            _ => Kind::Null,
        }
    }

    /// Returns where the cursor is, in bytes from the start of the text.
    #[inline]
    pub fn position(&self) -> usize {
        self.at
    }

    /// Returns the text between `position` and the cursor.
    #[inline]
    pub fn since(&self, position: usize) -> &'a [u8] {
        self.bytes.get(position..self.at).unwrap_or_default()
    }

    /// Steps into the object or array at the cursor.
    #[inline]
    pub fn enter(&mut self) {
        self.step_over();
    }

    /// Moves past one byte of punctuation and the whitespace after it.
    #[inline]
    fn step_over(&mut self) {
        self.at = skip_whitespace(self.bytes, (self.at + 1).min(self.bytes.len()));
    }

    /// Inside an object: returns the next key and moves to its value, or leaves the object.
    #[inline]
    pub fn next_member(&mut self) -> Option<RawString<'a>> {
        if !self.next_element() {
            return None;
        }
        let key = self.string();
        self.at = skip_whitespace(self.bytes, self.at);
        self.step_over(); // the colon
        Some(key)
    }

    /// Inside an array: returns true at the next element, or leaves the array with false.
    #[inline]
    pub fn next_element(&mut self) -> bool {
        self.at = skip_whitespace(self.bytes, self.at);
        if self.bytes.get(self.at) == Some(&b',') {
            self.step_over();
        }
        match self.bytes.get(self.at) {
            None => false,
            Some(b'}' | b']') => {
                self.at += 1;
                false
            }
            Some(_) => true,
        }
    }

    /// Reads the string at the cursor.
    #[inline]
    pub fn string(&mut self) -> RawString<'a> {
        let from = (self.at + 1).min(self.bytes.len());
        let mut at = from;
        let mut escaped = false;
        loop {
            match quote_or_backslash(self.bytes, at) {
                None => {
                    self.at = self.bytes.len();
                    return RawString { bytes: &self.bytes[from..], escaped };
                }
                Some(found) if self.bytes[found] == b'"' => {
                    self.at = found + 1;
                    return RawString { bytes: &self.bytes[from..found], escaped };
                }
                Some(found) => {
                    escaped = true;
                    at = found + 2;
                }
            }
        }
    }

    /// Reads any value and returns its text as it stands.
    #[inline]
    pub fn raw(&mut self) -> &'a [u8] {
        let from = self.at;
        match self.kind() {
            Kind::String => {
                self.string();
            }
            Kind::Object | Kind::Array => self.skip_nested(),
            Kind::Number | Kind::Boolean | Kind::Null => {
                while self.bytes.get(self.at).is_some_and(|b| {
                    !matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')
                }) {
                    self.at += 1;
                }
            }
        }
        &self.bytes[from..self.at]
    }

    fn skip_nested(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_members_and_elements() {
        let mut cursor = Cursor::new(br#" { "a" : [ 1 , "x]" , {} ] , "b\n":null }"#);
        assert_eq!(cursor.kind(), Kind::Object);
        cursor.enter();
        assert_eq!(cursor.next_member().map(|k| k.bytes), Some(&b"a"[..]));
        cursor.enter();
        let mut items = Vec::new();
        while cursor.next_element() {
            items.push(String::from_utf8_lossy(cursor.raw()).into_owned());
        }
        assert_eq!(items, ["1", "\"x]\"", "{}"]);
        let key = cursor.next_member();
        assert_eq!(key, Some(RawString { bytes: br"b\n", escaped: true }));
        assert_eq!(cursor.kind(), Kind::Null);
        assert_eq!(cursor.raw(), b"null");
        assert_eq!(cursor.next_member(), None);
    }

    #[test]
    fn text_that_was_not_checked_ends_the_walk() {
        let mut cursor = Cursor::new(br#"{"a"#);
        cursor.enter();
        assert!(cursor.next_member().is_some());
        assert_eq!(cursor.raw(), b"");
        assert_eq!(cursor.next_member(), None);
    }
}
