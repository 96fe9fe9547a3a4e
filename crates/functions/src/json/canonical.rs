//! JSON text in Trino's form, written in one pass over the tokens, without a tree.
//!
//! What `json_parse` gives is canonical: no space, members sorted by name, of members with one name
//! the last, numbers as Java prints them. Values of `json` inside of other types keep the order of
//! members, and [`copy`] keeps members of one name, too.

use super::lexer::{Lexed, Lexer, Malformed, Token};
use super::text::{self, NonBmpEscaping};
use std::ops::Range;

/// The order of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By name.
    Sorted,
    /// As in the text; of members with one name, the first has the place and the last the value.
    Kept,
}

/// Writes JSON in which every object has a name once only. Keeps its buffers from value to value.
#[derive(Debug)]
pub(crate) struct Canonical {
    order: Order,
    non_bmp: NonBmpEscaping,
    /// The open arrays and objects.
    open: Vec<Open>,
    /// Members of the open objects, those of an inner object after those of the outer.
    members: Vec<Member>,
    /// Their names, without escapes, in WTF-8.
    names: Vec<u8>,
    scratch: String,
}

#[derive(Debug)]
struct Open {
    object: bool,
    /// Where its members begin in [`Canonical::members`].
    members: usize,
    /// Where its names begin in [`Canonical::names`].
    names: usize,
    /// Where its members or elements begin in the output.
    start: usize,
}

#[derive(Debug, Clone)]
struct Member {
    name: Range<usize>,
    /// `"name":value` in the output.
    text: Range<usize>,
}

impl Canonical {
    /// Returns a writer.
    pub(crate) fn new(order: Order, non_bmp: NonBmpEscaping) -> Self {
        Self {
            order,
            non_bmp,
            open: Vec::new(),
            members: Vec::new(),
            names: Vec::new(),
            scratch: String::new(),
        }
    }

    /// Appends the one value that `json` is.
    pub(super) fn append(&mut self, json: &str, out: &mut String) -> Lexed<()> {
        let mut lexer = Lexer::new(json);
        let token = lexer.expect()?;
        self.value(token, &mut lexer, out)?;
        match lexer.next()? {
            None => Ok(()),
            Some(_) => Err(Malformed),
        }
    }

    /// Appends the value that begins with `first`.
    pub(crate) fn value<'a>(
        &mut self,
        first: Token<'a>,
        lexer: &mut Lexer<'a>,
        out: &mut String,
    ) -> Lexed<()> {
        self.open.clear();
        self.members.clear();
        self.names.clear();
        let mut next = Some(first);
        loop {
            let token = match next.take() {
                Some(token) => token,
                None => lexer.expect()?,
            };
            match token {
                Token::ObjectEnd | Token::ArrayEnd => self.close(out),
                Token::Name(name) => {
                    self.separate(out);
                    let from = self.names.len();
                    text::unescape_bytes_into(name, &mut self.names);
                    let start = out.len();
                    self.members.push(Member { name: from..self.names.len(), text: start..start });
                    text::requote(name, self.non_bmp, out);
                    out.push(':');
                    continue;
                }
                _ => {
                    if self.open.last().is_some_and(|open| !open.object) {
                        self.separate(out);
                    }
                    scalar(token, self.non_bmp, out);
                }
            }
            if matches!(token, Token::ObjectStart | Token::ArrayStart) {
                let object = token == Token::ObjectStart;
                out.push(if object { '{' } else { '[' });
                let (members, names) = (self.members.len(), self.names.len());
                self.open.push(Open { object, members, names, start: out.len() });
                continue;
            }
            // A value has ended, which may be that of a member.
            match self.open.last() {
                None => return Ok(()),
                Some(open) if open.object => {
                    if let Some(member) = self.members.last_mut() {
                        member.text.end = out.len();
                    }
                }
                Some(_) => {}
            }
        }
    }

    fn separate(&self, out: &mut String) {
        if self.open.last().is_some_and(|open| out.len() > open.start) {
            out.push(',');
        }
    }

    fn close(&mut self, out: &mut String) {
        let Some(open) = self.open.pop() else { return };
        if open.object {
            match self.order {
                Order::Sorted => self.sort(&open, out),
                Order::Kept => self.merge(&open, out),
            }
            self.members.truncate(open.members);
            self.names.truncate(open.names);
        }
        out.push(if open.object { '}' } else { ']' });
    }

    /// Brings the members of an object in order.
    fn sort(&mut self, open: &Open, out: &mut String) {
        let names = &self.names;
        let name = |member: &Member| &names[member.name.clone()];
        let members = &mut self.members[open.members..];
        if members.is_sorted_by(|a, b| text::compare(name(a), name(b)).is_lt()) {
            return;
        }
        // A stable sort: of members with one name, the last stays last.
        members.sort_by(|a, b| text::compare(name(a), name(b)));
        self.scratch.clear();
        for (at, member) in members.iter().enumerate() {
            let replaced = members.get(at + 1).is_some_and(|next| name(next) == name(member));
            if replaced {
                continue;
            }
            if !self.scratch.is_empty() {
                self.scratch.push(',');
            }
            self.scratch.push_str(out.get(member.text.clone()).unwrap_or_default());
        }
        out.truncate(open.start);
        out.push_str(&self.scratch);
    }

    /// Leaves one of the members of an object that have one name.
    fn merge(&mut self, open: &Open, out: &mut String) {
        let names = &self.names;
        let name = |member: &Member| &names[member.name.clone()];
        let members = &mut self.members[open.members..];
        let twice = match members.len() {
            0..=16 => (1..members.len())
                .any(|at| members[..at].iter().any(|m| name(m) == name(&members[at]))),
            _ => {
                let mut seen = hashbrown::HashSet::with_capacity(members.len());
                members.iter().any(|member| !seen.insert(name(member)))
            }
        };
        if !twice {
            return;
        }
        self.scratch.clear();
        let mut places = hashbrown::HashMap::with_capacity(members.len());
        for (at, member) in members.iter().enumerate() {
            places.insert(name(member), at);
        }
        for member in members.iter() {
            // The last value of a name takes the place of the first.
            let Some(last) = places.remove(name(member)) else { continue };
            if !self.scratch.is_empty() {
                self.scratch.push(',');
            }
            self.scratch.push_str(out.get(members[last].text.clone()).unwrap_or_default());
        }
        out.truncate(open.start);
        out.push_str(&self.scratch);
    }
}

fn scalar(token: Token<'_>, non_bmp: NonBmpEscaping, out: &mut String) {
    match token {
        Token::Text(raw) => text::requote(raw, non_bmp, out),
        Token::Integer(digits) => text::integer(digits, out),
        Token::Float(digits) => text::float(digits, out),
        Token::Boolean(true) => out.push_str("true"),
        Token::Boolean(false) => out.push_str("false"),
        Token::Null => out.push_str("null"),
        _ => {}
    }
}

/// Appends the value that begins with `token`, unchanged but for space, escapes and the form of
/// numbers.
pub(crate) fn copy(
    token: Token<'_>,
    lexer: &mut Lexer<'_>,
    non_bmp: NonBmpEscaping,
    out: &mut String,
) -> Lexed<()> {
    let outside = match token {
        Token::ObjectStart | Token::ArrayStart => lexer.depth() - 1,
        _ => lexer.depth(),
    };
    let mut token = token;
    // Whether a comma is needed before what follows.
    let mut first = true;
    loop {
        if !first && !matches!(token, Token::ObjectEnd | Token::ArrayEnd) {
            out.push(',');
        }
        first = false;
        match token {
            Token::ObjectStart | Token::ArrayStart => {
                out.push(if token == Token::ObjectStart { '{' } else { '[' });
                first = true;
            }
            Token::ObjectEnd => out.push('}'),
            Token::ArrayEnd => out.push(']'),
            Token::Name(name) => {
                text::requote(name, non_bmp, out);
                out.push(':');
                first = true;
            }
            _ => scalar(token, non_bmp, out),
        }
        if lexer.depth() == outside && !matches!(token, Token::Name(_)) {
            return Ok(());
        }
        token = lexer.expect()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(order: Order, json: &str) -> Option<String> {
        let mut out = String::from("x");
        Canonical::new(order, NonBmpEscaping::Escaped).append(json, &mut out).ok()?;
        Some(out.split_off(1))
    }

    fn canonical(json: &str) -> Option<String> {
        written(Order::Sorted, json)
    }

    #[test]
    fn members_of_one_name_are_merged() {
        for (json, text) in [
            (r#"[{"b":1,"a":{"x":1,"x":[2]},"b":3}]"#, r#"[{"b":3,"a":{"x":[2]}}]"#),
            (r#"{"b":1,"a":2}"#, r#"{"b":1,"a":2}"#),
        ] {
            assert_eq!(written(Order::Kept, json).as_deref(), Some(text), "{json}");
        }
        let many: Vec<String> = (0..40).map(|at| format!("\"k{}\":{at}", at % 20)).collect();
        let last: Vec<String> = (20..40).map(|at| format!("\"k{}\":{at}", at % 20)).collect();
        let (many, last) = (format!("{{{}}}", many.join(",")), format!("{{{}}}", last.join(",")));
        assert_eq!(written(Order::Kept, &many), Some(last));
    }

    #[test]
    fn values_are_canonical() {
        for (json, text) in [
            (r#"{"b":1,"a":2,"b":3}"#, r#"{"a":2,"b":3}"#),
            (
                r#" { "z" : [ 1.0 , 1E+10, -0, -0.0 ] , "a" : { "d" : {} , "c" : [ ] } } "#,
                r#"{"a":{"c":[],"d":{}},"z":[1.0,1.0E10,0,-0.0]}"#,
            ),
            (
                "{\"\u{ffff}\":1,\"\u{1f600}\":[{\"b\":{\"y\":1,\"x\":2},\"a\":0}],\"a\\u0062\":3}",
                "{\"ab\":3,\"\\uD83D\\uDE00\":[{\"a\":0,\"b\":{\"x\":2,\"y\":1}}],\"\u{ffff}\":1}",
            ),
            ("[1e400,\"\\u00e9\"]", "[\"Infinity\",\"é\"]"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("\"x\"", "\"x\""),
        ] {
            assert_eq!(canonical(json).as_deref(), Some(text), "{json}");
        }
        for json in ["", " ", "1 2", "{}x", "[1", "{\"a\":1,}", "nul"] {
            assert_eq!(canonical(json), None, "{json}");
        }
    }

    #[test]
    fn copies_keep_order_and_stop_at_the_end() {
        let mut lexer = Lexer::new(r#"[{"b" : [1.10, {}], "a":"\u00e9", "b":null} , 7"#);
        let mut out = String::new();
        lexer.expect().unwrap();
        let token = lexer.expect().unwrap();
        copy(token, &mut lexer, NonBmpEscaping::Escaped, &mut out).unwrap();
        assert_eq!(out, r#"{"b":[1.1,{}],"a":"é","b":null}"#);
        assert_eq!(lexer.expect(), Ok(Token::Integer("7")));
    }
}
