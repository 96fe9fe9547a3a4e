//! Reads JSON text token by token, and no further than it is asked to.
//!
//! Trino's functions stop at the value they look for and do not see an error after it; so do these.
//! The syntax is that of RFC 8259, but several values may follow one another.

/// The text is not JSON at the place that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The result of reading.
pub(crate) type Lexed<T> = Result<T, Malformed>;

/// A string between its quotes, escapes kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw<'a> {
    pub(crate) text: &'a str,
    /// Whether a backslash is in it.
    pub(crate) escaped: bool,
}

/// A token; commas and colons are skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    /// The name of a member; its value follows.
    Name(Raw<'a>),
    Text(Raw<'a>),
    /// A number without fraction and exponent.
    Integer(&'a str),
    /// Any other number.
    Float(&'a str),
    Boolean(bool),
    Null,
}

impl Token<'_> {
    /// Whether it is a scalar value.
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(
            self,
            Self::Text(_) | Self::Integer(_) | Self::Float(_) | Self::Boolean(_) | Self::Null
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Outside of all values.
    Root,
    /// After an opening bracket.
    First,
    /// After a value in an array or object.
    Next,
    /// After the name of a member.
    Value,
}

/// Which of the open brackets are those of objects.
#[derive(Debug, Clone, Default)]
struct Levels {
    depth: usize,
    first: u64,
    more: Vec<bool>,
}

const FIRST_LEVELS: usize = 64;

impl Levels {
    #[inline]
    fn push(&mut self, object: bool) {
        if self.depth < FIRST_LEVELS {
            let bit = 1 << self.depth;
            self.first = if object { self.first | bit } else { self.first & !bit };
        } else {
            self.more.push(object);
        }
        self.depth += 1;
    }

    #[inline]
    fn pop(&mut self) {
        if self.depth > FIRST_LEVELS {
            self.more.pop();
        }
        self.depth = self.depth.saturating_sub(1);
    }

    #[inline]
    fn in_object(&self) -> bool {
        match self.depth {
            0 => false,
            1..=FIRST_LEVELS => self.first & (1 << (self.depth - 1)) != 0,
            _ => self.more.last().copied().unwrap_or_default(),
        }
    }
}

/// A place in JSON text.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    levels: Levels,
    state: State,
}

impl<'a> Lexer<'a> {
    /// Returns a lexer at the beginning of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, levels: Levels::default(), state: State::Root }
    }

    /// Returns how many arrays and objects are open.
    pub(crate) fn depth(&self) -> usize {
        self.levels.depth
    }

    #[inline]
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    #[inline]
    fn skip_space(&mut self) -> Option<u8> {
        loop {
            match self.byte(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other,
            }
        }
    }

    /// Reads the next token; `None` at the end of the text.
    #[inline]
    pub(crate) fn next(&mut self) -> Lexed<Option<Token<'a>>> {
        let Some(mut first) = self.skip_space() else {
            let ended = self.levels.depth == 0;
            return if ended { Ok(None) } else { Err(Malformed) };
        };
        if matches!(self.state, State::First | State::Next) {
            if matches!(first, b'}' | b']') {
                return self.close(first).map(Some);
            }
            if self.state == State::Next {
                if first != b',' {
                    return Err(Malformed);
                }
                self.at += 1;
                first = self.skip_space().ok_or(Malformed)?;
            }
            if self.levels.in_object() {
                return self.name(first).map(Some);
            }
        }
        self.value(first).map(Some)
    }

    /// Reads the next token, of which there must be one.
    #[inline]
    pub(crate) fn expect(&mut self) -> Lexed<Token<'a>> {
        self.next()?.ok_or(Malformed)
    }

    /// After the opening bracket of an array or object: moves after its closing one. After any
    /// other token nothing is to be skipped.
    pub(crate) fn skip(&mut self, token: Token<'a>) -> Lexed<()> {
        if matches!(token, Token::ObjectStart | Token::ArrayStart) {
            let outside = self.levels.depth - 1;
            while self.levels.depth > outside {
                self.expect()?;
            }
        }
        Ok(())
    }

    fn after_value(&mut self) {
        self.state = if self.levels.depth == 0 { State::Root } else { State::Next };
    }

    #[inline]
    fn close(&mut self, bracket: u8) -> Lexed<Token<'a>> {
        let object = self.levels.in_object();
        if object != (bracket == b'}') {
            return Err(Malformed);
        }
        self.at += 1;
        self.levels.pop();
        self.after_value();
        Ok(if object { Token::ObjectEnd } else { Token::ArrayEnd })
    }

    #[inline]
    fn name(&mut self, first: u8) -> Lexed<Token<'a>> {
        if first != b'"' {
            return Err(Malformed);
        }
        let name = self.string()?;
        if self.skip_space() != Some(b':') {
            return Err(Malformed);
        }
        self.at += 1;
        self.state = State::Value;
        Ok(Token::Name(name))
    }

    #[inline]
    fn value(&mut self, first: u8) -> Lexed<Token<'a>> {
        let token = match first {
            b'{' | b'[' => {
                self.at += 1;
                self.levels.push(first == b'{');
                self.state = State::First;
                return Ok(if first == b'{' { Token::ObjectStart } else { Token::ArrayStart });
            }
            b'"' => Token::Text(self.string()?),
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word("true", Token::Boolean(true))?,
            b'f' => self.word("false", Token::Boolean(false))?,
            b'n' => self.word("null", Token::Null)?,
            _ => return Err(Malformed),
        };
        self.after_value();
        Ok(token)
    }

    fn word(&mut self, word: &str, token: Token<'a>) -> Lexed<Token<'a>> {
        let rest = self.text.get(self.at..).and_then(|rest| rest.strip_prefix(word));
        let rest = rest.ok_or(Malformed)?;
        if rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$')) {
            return Err(Malformed);
        }
        self.at += word.len();
        Ok(token)
    }

    fn digits(&mut self) -> Lexed<()> {
        let from = self.at;
        while self.byte(self.at).is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > from { Ok(()) } else { Err(Malformed) }
    }

    #[inline]
    fn number(&mut self) -> Lexed<Token<'a>> {
        let from = self.at;
        if self.byte(self.at) == Some(b'-') {
            self.at += 1;
        }
        let first = self.at;
        self.digits()?;
        if self.byte(first) == Some(b'0') && self.at > first + 1 {
            return Err(Malformed);
        }
        let mut float = false;
        if self.byte(self.at) == Some(b'.') {
            self.at += 1;
            self.digits()?;
            float = true;
        }
        if matches!(self.byte(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
            float = true;
        }
        // Outside of all brackets only space ends a number; inside, what follows is looked at later.
        if self.levels.depth == 0
            && !matches!(self.byte(self.at), None | Some(b' ' | b'\n' | b'\r' | b'\t'))
        {
            return Err(Malformed);
        }
        let text = self.text.get(from..self.at).ok_or(Malformed)?;
        Ok(if float { Token::Float(text) } else { Token::Integer(text) })
    }

    /// Reads the string at whose quote the lexer is.
    #[inline]
    fn string(&mut self) -> Lexed<Raw<'a>> {
        let from = self.at + 1;
        let (end, escaped) = string_end(self.text.as_bytes(), from)?;
        self.at = end + 1;
        Ok(Raw { text: self.text.get(from..end).ok_or(Malformed)?, escaped })
    }
}

/// Returns the place of the quote that ends the string whose text begins at `at`, and whether there
/// are escapes before.
#[inline]
fn string_end(bytes: &[u8], mut at: usize) -> Lexed<(usize, bool)> {
    let mut escaped = false;
    loop {
        at = special(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok((at, escaped)),
            Some(b'\\') => {
                escaped = true;
                at = escape(bytes, at)?;
            }
            _ => return Err(Malformed),
        }
    }
}

/// Returns the place of the next quote, backslash or control character, eight bytes at a time.
#[inline]
fn special(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    const QUOTES: u64 = ONES * b'"' as u64;
    const BACKSLASHES: u64 = ONES * b'\\' as u64;
    const SPACES: u64 = ONES * b' ' as u64;
    // The high bit of every byte that is zero; above the lowest of them, perhaps of others.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        let below = word.wrapping_sub(SPACES) & !word;
        let hits = (zeros(word ^ QUOTES) | zeros(word ^ BACKSLASHES) | below) & HIGHS;
        if hits != 0 {
            return at + hits.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..b' ')).unwrap_or(rest.len())
}

/// Returns the place after the escape at whose backslash `at` is.
fn escape(bytes: &[u8], at: usize) -> Lexed<usize> {
    match bytes.get(at + 1) {
        Some(b'u') => {
            let digits = bytes.get(at + 2..at + 6).ok_or(Malformed)?;
            if digits.iter().all(u8::is_ascii_hexdigit) { Ok(at + 6) } else { Err(Malformed) }
        }
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// How many tokens are read, and whether the text is JSON up to its end.
    fn tokens(text: &str) -> (usize, bool) {
        let mut lexer = Lexer::new(text);
        let mut count = 0;
        loop {
            match lexer.next() {
                Ok(Some(_)) => count += 1,
                Ok(None) => return (count, true),
                Err(Malformed) => return (count, false),
            }
        }
    }

    #[test]
    fn reading_stops_where_the_text_is_malformed() {
        for (text, count, whole) in [
            (r#" {"a": [1, -2.5e3, "x\u00e9", true, false, null, {}]} "#, 13, true),
            ("1 2", 2, true),
            ("", 0, true),
            ("[1x", 2, false),
            ("[1,]", 2, false),
            ("{\"a\":1,}", 3, false),
            ("1x", 0, false),
            ("truex", 0, false),
            ("[true]", 3, true),
            ("01", 0, false),
            ("-", 0, false),
            ("1.", 0, false),
            (".5", 0, false),
            ("\"a\tb\"", 0, false),
            (r#""\x""#, 0, false),
            (r#""\u12g4""#, 0, false),
            ("[}", 1, false),
            ("[1 2]", 2, false),
            ("{\"a\" 1}", 1, false),
            ("]", 0, false),
        ] {
            assert_eq!(tokens(text), (count, whole), "{text}");
        }
    }

    #[test]
    fn special_bytes_are_found_wherever_they_are() {
        for at in 0..40 {
            for byte in [b'"', b'\\', 0, b'\n', 0x1f] {
                let mut text = "é {}\u{7f}".repeat(10).into_bytes();
                text[at] = byte;
                assert_eq!(special(&text, 0), at, "{at} {byte}");
                assert_eq!(special(&text, at + 1), text.len());
            }
        }
    }

    #[test]
    fn levels_are_known_however_deep() {
        let deep = format!("{}{}", "[{\"a\":".repeat(200), "1".to_owned() + &"}]".repeat(200));
        assert_eq!(tokens(&deep), (200 * 5 + 1, true));
        assert!(!tokens(&deep.replace("1}", "1]")).1);
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in r#"[\[\]{}",:\\u01e. tnaflsr-]{0,12}"#) {
            let mut lexer = Lexer::new(&text);
            let one = lexer.next().and_then(|token| lexer.skip(token.ok_or(Malformed)?));
            let ours = one.is_ok() && matches!(lexer.next(), Ok(None));
            let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(ours, theirs);
        }
    }
}
