//! JSON as a tree, for the functions that look at it with a path of SQL/JSON.

use super::lexer::{Lexed, Lexer, Malformed, Token};
use super::text::{self, NonBmpEscaping};
use crate::numerals::java_decimal;
use std::borrow::Cow;
use std::rc::Rc;

/// A JSON value. Copies share what is in arrays and objects.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    /// An integer of more than 64 bits.
    Huge(&'a str),
    Double(f64),
    /// A number of a decimal type, which JSON text does not give, but a path can.
    Decimal(i128, u8),
    Real(f32),
    /// A string, in WTF-8.
    Text(Cow<'a, [u8]>),
    Array(Rc<Vec<Node<'a>>>),
    Object(Rc<Vec<(Name<'a>, Node<'a>)>>),
}

/// The name of a member, in WTF-8.
pub(crate) type Name<'a> = Cow<'a, [u8]>;

/// The deepest JSON that becomes a tree.
const MAX_DEPTH: usize = 1000;

impl<'a> Node<'a> {
    /// Reads the first value of `json`; text without one is a null.
    pub(crate) fn parse(json: &'a str) -> Lexed<Self> {
        let mut lexer = Lexer::new(json);
        match lexer.next()? {
            None => Ok(Self::Null),
            Some(token) => Self::read(token, &mut lexer),
        }
    }

    /// Reads the value that begins with `token`. Of members with one name, the first has the place
    /// and the last the value.
    pub(crate) fn read(token: Token<'a>, lexer: &mut Lexer<'a>) -> Lexed<Self> {
        if lexer.depth() > MAX_DEPTH {
            return Err(Malformed);
        }
        Ok(match token {
            Token::ObjectStart => {
                let mut members: Vec<(Name<'a>, Self)> = Vec::new();
                let mut places = Places::default();
                while let Token::Name(name) = lexer.expect()? {
                    let name = text::unescaped_bytes(name);
                    let token = lexer.expect()?;
                    let value = Self::read(token, lexer)?;
                    match places.find_or_add(&name, &members) {
                        Some(at) => members[at].1 = value,
                        None => members.push((name, value)),
                    }
                }
                Self::Object(Rc::new(members))
            }
            Token::ArrayStart => {
                let mut elements = Vec::new();
                loop {
                    match lexer.expect()? {
                        Token::ArrayEnd => break,
                        token => elements.push(Self::read(token, lexer)?),
                    }
                }
                Self::Array(Rc::new(elements))
            }
            Token::Text(raw) => Self::Text(text::unescaped_bytes(raw)),
            Token::Integer(digits) => match digits.parse() {
                Ok(value) => Self::Integer(value),
                Err(_) => Self::Huge(digits),
            },
            Token::Float(digits) => match digits.parse().map_err(|_| Malformed)? {
                f64::INFINITY => Self::text("Infinity"),
                f64::NEG_INFINITY => Self::text("-Infinity"),
                value => Self::Double(value),
            },
            Token::Boolean(truth) => Self::Boolean(truth),
            Token::Null => Self::Null,
            Token::ObjectEnd | Token::ArrayEnd | Token::Name(_) => return Err(Malformed),
        })
    }

    /// Returns a string.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Cow::Owned(text.as_bytes().to_vec()))
    }

    /// Returns the value of a member, if it is an object that has it.
    pub(crate) fn member(&self, name: &[u8]) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                members.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Returns what kind of value it is, as Trino's messages have it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Boolean(_) => "BOOLEAN",
            Self::Integer(_) | Self::Huge(_) | Self::Double(_) => "NUMBER",
            Self::Decimal(..) | Self::Real(_) => "NUMBER",
            Self::Text(_) => "STRING",
            Self::Array(_) => "ARRAY",
            Self::Object(_) => "OBJECT",
        }
    }

    /// Appends the value as JSON text.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Self::Integer(value) => text::number(*value, out),
            Self::Huge(digits) => out.push_str(digits),
            Self::Double(value) => text::double(*value, out),
            Self::Real(value) => text::real(*value, out),
            Self::Decimal(value, scale) => java_decimal(*value, *scale, out),
            Self::Text(bytes) => text::quote_bytes(bytes, NonBmpEscaping::Escaped, out),
            Self::Array(elements) => write_array(elements.iter(), out),
            Self::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    text::quote_bytes(name, NonBmpEscaping::Escaped, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Appends values as a JSON array.
pub(crate) fn write_array<'n, 'a: 'n>(
    elements: impl Iterator<Item = &'n Node<'a>>,
    out: &mut String,
) {
    out.push('[');
    for (at, element) in elements.enumerate() {
        if at > 0 {
            out.push(',');
        }
        element.write(out);
    }
    out.push(']');
}

/// Where the members of an object are that is being read.
#[derive(Debug, Default)]
struct Places(hashbrown::HashMap<Vec<u8>, usize>);

/// Objects with more members than this are searched by hash.
const MAX_UNHASHED: usize = 16;

impl Places {
    fn find_or_add(&mut self, name: &[u8], members: &[(Name<'_>, Node<'_>)]) -> Option<usize> {
        if members.len() <= MAX_UNHASHED {
            return members.iter().position(|(known, _)| **known == *name);
        }
        if self.0.is_empty() {
            let known = members.iter().enumerate();
            self.0.extend(known.map(|(at, (name, _))| (name.to_vec(), at)));
        }
        if let Some(at) = self.0.get(name) {
            return Some(*at);
        }
        self.0.insert(name.to_vec(), members.len());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_keep_the_place_of_the_first_and_the_value_of_the_last() {
        let many: Vec<String> = (0..40).map(|at| format!("\"k{}\":{at}", at % 20)).collect();
        let last: Vec<String> = (20..40).map(|at| format!("\"k{}\":{at}", at % 20)).collect();
        for (json, text) in [
            (r#"{"b":1.50,"a":2, "b":3} x"#.to_owned(), r#"{"b":3,"a":2}"#.to_owned()),
            (
                "[1e3,-0,12345678901234567890,\"\\ud83d\"]".to_owned(),
                "[1000.0,0,12345678901234567890,\"\\uD83D\"]".to_owned(),
            ),
            (String::new(), "null".to_owned()),
            (format!("{{{}}}", many.join(",")), format!("{{{}}}", last.join(","))),
        ] {
            let mut out = String::new();
            Node::parse(&json).unwrap().write(&mut out);
            assert_eq!(out, text);
        }
        assert!(Node::parse(&"[".repeat(2000)).is_err());
    }
}
