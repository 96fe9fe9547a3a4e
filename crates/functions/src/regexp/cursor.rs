//! Reads the text of a pattern, character by character.

/// A place in the text of a pattern.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    /// The next byte.
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    pub(super) fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// Takes up to `most` characters that `belong`.
    pub(super) fn run(&mut self, most: usize, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let chars = rest.chars().take(most).take_while(|c| belongs(*c));
        let length = chars.map(char::len_utf8).sum();
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }
}
