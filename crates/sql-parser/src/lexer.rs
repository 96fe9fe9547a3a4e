//! Text to tokens, as Trino's lexer cuts it.

use std::ops::Range;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

/// What a piece of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// A name or keyword.
    Word,
    /// A name in quotes.
    Quoted,
    /// A string, of characters or bytes.
    String,
    /// A number.
    Number,
    /// An operator, a bracket, a comma.
    Symbol,
    /// A comment.
    Comment,
    /// What no token begins with, such as a bare id or a placeholder.
    Other,
}

/// A token or comment of a text that may be unfinished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Where it lies in the text.
    pub span: Range<usize>,
    /// Whether it is a string, a quoted name or a comment whose end is missing.
    pub open: bool,
}

/// A token and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) at: Position,
    /// Its text in the statement: from and to.
    pub(crate) span: (usize, usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind {
    /// A name or keyword, as typed.
    Word(String),
    Quoted(String),
    String(String),
    /// `U&'...'`, not yet unescaped.
    Unicode(String),
    Binary(Vec<u8>),
    /// Digits, without underscores.
    Integer(String),
    Decimal(String),
    Double(String),
    Symbol(&'static str),
    End,
}

const SYMBOLS: [&str; 29] = [
    "<>", "!=", "<=", ">=", "||", "->", "=>", "<", ">", "=", "+", "-", "*", "/", "%", "(", ")",
    "[", "]", ",", ".", "?", ":", ";", "|", "^", "$", "{", "}",
];

#[derive(Debug)]
struct Lexer<'a> {
    text: &'a str,
    at: usize,
    position: Position,
}

/// Cuts a text into tokens; the last is [`TokenKind::End`].
pub(crate) fn tokens(text: &str) -> SqlResult<Vec<Token>> {
    let mut lexer = Lexer { text, at: 0, position: Position { line: 1, column: 1 } };
    let mut tokens = Vec::new();
    loop {
        lexer.blank()?;
        let (start, at) = (lexer.at, lexer.position);
        let kind = lexer.next()?;
        let end = kind == TokenKind::End;
        tokens.push(Token { kind, at, span: (start, lexer.at) });
        if end {
            return Ok(tokens);
        }
    }
}

/// Cuts a text as it is while somebody types it, as far as it is asked: everything but blanks, and no error.
pub fn pieces(text: &str) -> Pieces<'_> {
    Pieces(Lexer { text, at: 0, position: Position { line: 1, column: 1 } })
}

/// The pieces of a text, in order.
#[derive(Debug)]
pub struct Pieces<'a>(Lexer<'a>);

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let lexer = &mut self.0;
        loop {
            let from = lexer.at;
            let (kind, open) = match lexer.skip() {
                Ok(None) => match lexer.next() {
                    Ok(TokenKind::End) => return None,
                    Ok(token) => (token.piece(), false),
                    Err(_) => lexer.unfinished(from),
                },
                Ok(Some(Skipped::Blanks)) => continue,
                Ok(Some(Skipped::Comment)) => (PieceKind::Comment, false),
                Err(_) => {
                    lexer.at = lexer.text.len();
                    (PieceKind::Comment, true)
                }
            };
            return Some(Piece { kind, span: from..lexer.at, open });
        }
    }
}

impl TokenKind {
    fn piece(&self) -> PieceKind {
        match self {
            Self::Word(_) => PieceKind::Word,
            Self::Quoted(_) => PieceKind::Quoted,
            Self::String(_) | Self::Unicode(_) | Self::Binary(_) => PieceKind::String,
            Self::Integer(_) | Self::Decimal(_) | Self::Double(_) => PieceKind::Number,
            Self::Symbol(_) | Self::End => PieceKind::Symbol,
        }
    }
}

enum Skipped {
    Blanks,
    Comment,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn advance(&mut self, bytes: usize) {
        for c in self.text[self.at..self.at + bytes].chars() {
            if c == '\n' {
                self.position.line += 1;
                self.position.column = 1;
            } else {
                self.position.column += 1;
            }
        }
        self.at += bytes;
    }

    fn error(&self, message: impl Into<String>) -> SqlError {
        SqlError::new(Code::Syntax, message).at(self.position)
    }

    fn blank(&mut self) -> SqlResult<()> {
        while self.skip()?.is_some() {}
        Ok(())
    }

    /// Steps over blanks or over a comment.
    fn skip(&mut self) -> SqlResult<Option<Skipped>> {
        let rest = self.rest();
        let blanks = rest.len() - rest.trim_start().len();
        if blanks > 0 {
            self.advance(blanks);
            return Ok(Some(Skipped::Blanks));
        }
        let length = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(inner) = rest.strip_prefix("/*") {
            inner.find("*/").ok_or_else(|| self.error("the comment /* does not end"))? + 4
        } else {
            return Ok(None);
        };
        self.advance(length);
        Ok(Some(Skipped::Comment))
    }

    /// Steps over what is no token, and tells what it is, and whether its end is missing.
    fn unfinished(&mut self, from: usize) -> (PieceKind, bool) {
        let rest = &self.text[from..];
        let quoted = rest.trim_start_matches(['x', 'X', 'u', 'U', '&']);
        if self.at > from + rest.len() - quoted.len() {
            // A whole one: a name without a letter, bytes with wrong digits.
            let kind = if quoted.starts_with('"') { PieceKind::Quoted } else { PieceKind::String };
            return (kind, false);
        }
        let kind = match quoted.chars().next() {
            Some('\'') => Some(PieceKind::String),
            Some('"') if quoted.len() > 1 => Some(PieceKind::Quoted),
            _ => None,
        };
        if let Some(kind) = kind {
            self.at = self.text.len();
            return (kind, true);
        }
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let first = rest.chars().next().map_or(0, char::len_utf8);
        self.at = from + end.max(first);
        (PieceKind::Other, false)
    }

    fn next(&mut self) -> SqlResult<TokenKind> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let Some(first) = rest.chars().next() else { return Ok(TokenKind::End) };
        let second = bytes.get(1).copied();
        match first {
            '\'' => return self.quoted('\'').map(TokenKind::String),
            '"' => {
                let name = self.quoted('"')?;
                if name.is_empty() {
                    return Err(self.error("Zero-length delimited identifier not allowed"));
                }
                return Ok(TokenKind::Quoted(name));
            }
            '`' => {
                return Err(self.error(
                    "backquoted identifiers are not supported; use double quotes to quote identifiers",
                ));
            }
            'x' | 'X' if second == Some(b'\'') => {
                let start = self.position;
                self.advance(1);
                let text = self.quoted('\'')?;
                return binary(&text).map(TokenKind::Binary).map_err(|error| error.at(start));
            }
            'u' | 'U' if rest[1..].starts_with("&'") => {
                self.advance(2);
                return self.quoted('\'').map(TokenKind::Unicode);
            }
            _ => {}
        }
        if first.is_ascii_digit() || (first == '.' && second.is_some_and(|b| b.is_ascii_digit())) {
            return self.number();
        }
        if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '@')));
            let word = &rest[..end.unwrap_or(rest.len())];
            self.advance(word.len());
            return Ok(TokenKind::Word(word.to_owned()));
        }
        match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            Some(symbol) => {
                self.advance(symbol.len());
                Ok(TokenKind::Symbol(symbol))
            }
            None => Err(self.error(format!("mismatched input '{first}'"))),
        }
    }

    /// Reads a quoted text; a quote inside is doubled.
    fn quoted(&mut self, quote: char) -> SqlResult<String> {
        let start = self.rest();
        let mut value = String::new();
        let mut at = quote.len_utf8();
        loop {
            let Some(end) = start[at..].find(quote) else {
                let what = if quote == '"' { "quoted identifier" } else { "string" };
                return Err(self.error(format!("the {what} does not end")));
            };
            value.push_str(&start[at..at + end]);
            at += end + 1;
            if !start[at..].starts_with(quote) {
                break;
            }
            value.push(quote);
            at += 1;
        }
        self.advance(at);
        Ok(value)
    }

    fn number(&mut self) -> SqlResult<TokenKind> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let radix = match (bytes[0], bytes.get(1).map(u8::to_ascii_lowercase)) {
            (b'0', Some(b'x')) => Some(16),
            (b'0', Some(b'o')) => Some(8),
            (b'0', Some(b'b')) => Some(2),
            _ => None,
        };
        if let Some(radix) = radix {
            let digits = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
            let length = bytes[2..].iter().take_while(digits).count();
            let text = rest[2..2 + length].replace('_', "");
            let value = i64::from_str_radix(&text, radix).map_err(|_| {
                self.error(format!("Invalid numeric literal: {}", &rest[..2 + length]))
            })?;
            self.advance(2 + length);
            return Ok(TokenKind::Integer(value.to_string()));
        }
        let digits = |from: usize| {
            let fits = |b: &&u8| b.is_ascii_digit() || **b == b'_';
            from + bytes[from.min(bytes.len())..].iter().take_while(fits).count()
        };
        let mut end = digits(0);
        let mut decimal = false;
        if bytes.get(end) == Some(&b'.') {
            decimal = true;
            end = digits(end + 1);
        }
        let mut double = false;
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let stop = digits(end + 1 + sign);
            if stop > end + 1 + sign {
                double = true;
                end = stop;
            }
        }
        if rest[end..].starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(self.error("identifiers must not start with a digit; surround the identifier with double quotes"));
        }
        let text = rest[..end].replace('_', "");
        self.advance(end);
        Ok(match (decimal, double) {
            (_, true) => TokenKind::Double(text),
            (true, false) => TokenKind::Decimal(text),
            (false, false) => TokenKind::Integer(text),
        })
    }
}

fn binary(text: &str) -> SqlResult<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    if !digits.len().is_multiple_of(2) {
        return Err(SqlError::new(
            Code::Syntax,
            "Binary literal must contain an even number of digits",
        ));
    }
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    digits
        .chunks(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect::<Option<_>>()
        .ok_or_else(|| {
            SqlError::new(Code::Syntax, "Binary literal can only contain hexadecimal digits")
        })
}

/// Resolves the escapes of `U&'...'`.
pub(crate) fn unescape(text: &str, escape: char) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != escape {
            out.push(c);
            continue;
        }
        let copy = rest.clone();
        if rest.next() == Some(escape) {
            out.push(escape);
            continue;
        }
        rest = copy;
        let count = if rest.as_str().starts_with('+') {
            rest.next();
            6
        } else {
            4
        };
        let digits: String = rest.by_ref().take(count).collect();
        let fits = digits.len() == count && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let code = if fits { u32::from_str_radix(&digits, 16).ok() } else { None };
        match code.map(|code| (code, char::from_u32(code))) {
            Some((_, Some(c))) => out.push(c),
            Some((code, None)) if (0xd800..0xe000).contains(&code) => {
                return Err(format!(
                    "Invalid escaped character: {digits}. Escaped character is a surrogate. Use '{escape}+123456' instead."
                ));
            }
            Some(_) => return Err(format!("Invalid escaped character: {digits}")),
            None => return Err("Incomplete escape sequence: ".to_owned() + &digits),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[TokenKind]) {
        let got: Vec<_> = tokens(text).unwrap().into_iter().map(|token| token.kind).collect();
        assert_eq!(&got[..got.len() - 1], want);
    }

    #[test]
    fn numbers_and_symbols() {
        use TokenKind::{Decimal, Double, Integer, Symbol, Word};
        let word = |w: &str| Word(w.to_owned());
        check("1_000", &[Integer("1000".into())]);
        check("0xFF", &[Integer("255".into())]);
        check("1.", &[Decimal("1.".into())]);
        check(".5e-1", &[Double(".5e-1".into())]);
        check("a.b->c", &[word("a"), Symbol("."), word("b"), Symbol("->"), word("c")]);
        check("-- x\n/* y */ z", &[word("z")]);
    }

    #[test]
    fn texts() {
        check("'it''s'", &[TokenKind::String("it's".into())]);
        check("\"a\"\"b\"", &[TokenKind::Quoted("a\"b".into())]);
        check("X'0aF F'", &[TokenKind::Binary(vec![0x0a, 0xff])]);
        assert_eq!(unescape(r"d\0061t\+000061\\", '\\').unwrap(), r"data\");
        for bad in ["'a", "\"", "X'1'", "1a", "`a`", "/* a"] {
            assert!(tokens(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn pieces_of_unfinished_text() {
        use PieceKind::{Comment, Number, Other, Quoted, String, Symbol, Word};
        let cut = |text: &'static str| -> Vec<(PieceKind, &str, bool)> {
            pieces(text).map(|piece| (piece.kind, &text[piece.span.clone()], piece.open)).collect()
        };
        assert_eq!(
            cut("SELECT 1.5, \"a\" -- c"),
            [
                (Word, "SELECT", false),
                (Number, "1.5", false),
                (Symbol, ",", false),
                (Quoted, "\"a\"", false),
                (Comment, "-- c", false),
            ]
        );
        assert_eq!(
            cut("a['it''s"),
            [(Word, "a", false), (Symbol, "[", false), (String, "'it''s", true)]
        );
        assert_eq!(cut("X'1 "), [(String, "X'1 ", true)]);
        assert_eq!(cut("X'1' u"), [(String, "X'1'", false), (Word, "u", false)]);
        assert_eq!(cut("\"é"), [(Quoted, "\"é", true)]);
        assert_eq!(cut("\""), [(Other, "\"", false)]);
        assert_eq!(cut("\"\";"), [(Quoted, "\"\"", false), (Symbol, ";", false)]);
        assert_eq!(cut("/* é"), [(Comment, "/* é", true)]);
        assert_eq!(
            cut("1a2b-3c `é"),
            [(Other, "1a2b-3c", false), (Other, "`", false), (Word, "é", false)]
        );
    }

    proptest::proptest! {
        #[test]
        fn pieces_leave_out_nothing_but_blanks(text in r#"[-aux&1.é '"*/`<$\n]{0,30}"#) {
            let mut end = 0;
            for piece in pieces(&text) {
                proptest::prop_assert!(text[end..piece.span.start].trim().is_empty());
                proptest::prop_assert!(piece.span.start < piece.span.end);
                end = piece.span.end;
            }
            proptest::prop_assert!(text[end..].trim().is_empty());
        }
    }

    #[test]
    fn positions_are_lines_and_columns() {
        let all = tokens("a\n  é b").unwrap();
        let last = &all[2];
        assert_eq!((last.at.line, last.at.column), (2, 5));
    }
}
