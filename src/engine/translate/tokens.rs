//! A statement as pieces, for rules that look for patterns of them.

use crate::engine::text::{Edit, Lines};
use std::ops::Range;
use traillake_sql_parser::{PieceKind, pieces};
use traillake_sql_types::error::Position;

/// The pieces of a statement, without comments.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    tokens: Vec<(PieceKind, Range<usize>)>,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let all = pieces(text).filter(|piece| piece.kind != PieceKind::Comment);
        Self { text, tokens: all.map(|piece| (piece.kind, piece.span)).collect() }
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The place of the piece that a position in the statement is in.
    pub(super) fn at(&self, position: Position) -> usize {
        let byte = Lines::of(self.text).byte(self.text, position);
        self.tokens.partition_point(|(_, span)| span.start <= byte).saturating_sub(1)
    }

    pub(super) fn kind(&self, at: usize) -> Option<PieceKind> {
        self.tokens.get(at).map(|(kind, _)| *kind)
    }

    /// The text of a piece; nothing where there is none.
    pub(super) fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).and_then(|(_, span)| self.text.get(span.clone())).unwrap_or_default()
    }

    /// The statement from a piece on.
    pub(super) fn rest(&self, at: usize) -> &'a str {
        self.text.get(self.span(at).start..).unwrap_or_default()
    }

    /// The statement.
    pub(super) fn whole(&self) -> &'a str {
        self.text
    }

    /// The bytes of a piece.
    pub(super) fn span(&self, at: usize) -> Range<usize> {
        self.tokens.get(at).map_or(self.text.len()..self.text.len(), |(_, span)| span.clone())
    }

    /// The bytes from one piece to another, both included.
    pub(super) fn bytes(&self, from: usize, to: usize) -> Range<usize> {
        self.span(from).start..self.span(to).end
    }

    /// The text from one piece to another, both included.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(self.bytes(from, to)).unwrap_or_default()
    }

    /// Whether a piece is one of these words, in any case.
    pub(super) fn is_word(&self, at: usize, words: &[&str]) -> bool {
        self.kind(at) == Some(PieceKind::Word)
            && words.iter().any(|word| self.text(at).eq_ignore_ascii_case(word))
    }

    pub(super) fn is(&self, at: usize, symbol: &str) -> bool {
        matches!(self.kind(at), Some(PieceKind::Symbol | PieceKind::Other))
            && self.text(at) == symbol
    }

    /// Whether two pieces stand side by side without a blank.
    pub(super) fn touch(&self, at: usize) -> bool {
        self.span(at).end == self.span(at + 1).start
    }

    pub(super) fn is_comparison(&self, at: usize) -> bool {
        self.kind(at) == Some(PieceKind::Symbol)
            && matches!(self.text(at), "=" | "<>" | "!=" | "<" | ">" | "<=" | ">=")
    }

    /// Whether a piece is a name.
    pub(super) fn is_name(&self, at: usize) -> bool {
        matches!(self.kind(at), Some(PieceKind::Word | PieceKind::Quoted))
    }

    /// The bracket that closes the one at a place.
    pub(super) fn close(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in open..self.len() {
            match self.text(at) {
                "(" | "[" if self.kind(at) == Some(PieceKind::Symbol) => depth += 1,
                ")" | "]" if self.kind(at) == Some(PieceKind::Symbol) => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The bracket that opens what the one at a place closes.
    fn open(&self, close: usize) -> Option<usize> {
        (0..close)
            .rev()
            .find(|open| matches!(self.text(*open), "(" | "[") && self.close(*open) == Some(close))
    }

    /// The first piece of the value that ends with a piece: a name with its dots, a call, a subscript, a literal.
    pub(super) fn value_before(&self, last: usize) -> Option<usize> {
        let mut first = match self.text(last) {
            ")" | "]" => {
                let open = self.open(last)?;
                let of = open.checked_sub(1).filter(|of| self.touch(*of) && self.ends_value(*of));
                match of {
                    Some(of) => self.value_before(of)?,
                    None => open,
                }
            }
            _ if self.ends_value(last) => last,
            _ => return None,
        };
        while first >= 2 && self.is(first - 1, ".") && self.ends_value(first - 2) {
            first = self.value_before(first - 2)?;
        }
        Some(first)
    }

    fn ends_value(&self, at: usize) -> bool {
        match self.kind(at) {
            Some(PieceKind::Word) => !self.is_word(
                at,
                &[
                    "and", "or", "not", "where", "select", "on", "in", "by", "when", "then",
                    "else", "having", "from",
                ],
            ),
            Some(PieceKind::Quoted | PieceKind::String | PieceKind::Number) => true,
            Some(PieceKind::Symbol) => matches!(self.text(at), ")" | "]"),
            _ => false,
        }
    }

    /// The last piece of the value that begins with a piece.
    pub(super) fn value_after(&self, first: usize) -> Option<usize> {
        let mut last = match self.text(first) {
            "(" | "[" => self.close(first)?,
            "-" | "+" if self.kind(first) == Some(PieceKind::Symbol) => {
                return self.value_after(first + 1);
            }
            _ if first < self.len() => first,
            _ => return None,
        };
        loop {
            if matches!(self.text(last + 1), "(" | "[") && self.is_name(last)
                || self.is(last + 1, "[")
            {
                last = self.close(last + 1)?;
            } else if self.is(last + 1, ".") && self.is_name(last + 2) {
                last += 2;
            } else {
                return Some(last);
            }
        }
    }

    /// The arguments of a call whose name stands at a place, and the bracket behind them.
    pub(super) fn call(&self, name: usize) -> Option<Call<'a>> {
        if !(self.is_name(name) && self.is(name + 1, "(")) {
            return None;
        }
        let close = self.close(name + 1)?;
        Some(Call { name, close, arguments: self.list(name + 2, close - 1) })
    }

    /// What stands between commas, from one piece to another, both included.
    pub(super) fn list(&self, from: usize, to: usize) -> Vec<Argument<'a>> {
        self.cut(from, to, &|at| self.is(at, ","))
    }

    /// The terms of a condition that AND joins, from one piece to another, both included; OR leaves it whole.
    pub(super) fn terms(&self, from: usize, to: usize) -> Vec<&'a str> {
        if self.cut(from, to, &|at| self.is_word(at, &["or"])).len() > 1 {
            return vec![self.slice(from, to)];
        }
        // The AND of a BETWEEN joins none.
        let of_between = |at: usize| {
            let term = (from..at).rev().take_while(|at| !self.is_word(*at, &["and", "or"]));
            term.into_iter().any(|at| self.is_word(at, &["between"]))
        };
        let joins = |at: usize| self.is_word(at, &["and"]) && !of_between(at);
        self.cut(from, to, &joins).into_iter().map(|term| term.text).collect()
    }

    fn cut(&self, from: usize, to: usize, ends: &dyn Fn(usize) -> bool) -> Vec<Argument<'a>> {
        let (mut found, mut begin, mut at) = (Vec::new(), from, from);
        while at <= to + 1 {
            if at > to || ends(at) {
                if begin < at {
                    found.push(Argument {
                        from: begin,
                        to: at - 1,
                        text: self.slice(begin, at - 1),
                    });
                }
                begin = at + 1;
            }
            let opens = at <= to && (self.is(at, "(") || self.is(at, "["));
            at = 1 + if opens { self.close(at).unwrap_or(to) } else { at };
        }
        found
    }

    /// All calls of functions with one of these names.
    pub(super) fn calls(&self, names: &[&str]) -> Vec<Call<'a>> {
        (0..self.len())
            .filter(|at| self.is_word(*at, names))
            .filter_map(|at| self.call(at))
            .collect()
    }

    /// An edit of the pieces from one to another.
    pub(super) fn edit(&self, from: usize, to: usize, text: impl Into<String>) -> Edit {
        (self.bytes(from, to), text.into())
    }

    /// An expression for the place of a piece: in parentheses where an operator beside it would take it apart.
    pub(super) fn in_place_of(&self, at: usize, expression: &str) -> String {
        let operators = ["+", "-", "*", "/", "%", "||"];
        let beside = |at: usize| operators.iter().any(|operator| self.is(at, operator));
        let inner = Tokens::of(expression);
        let whole = inner.value_after(0).is_some_and(|last| last + 1 == inner.len());
        match !whole && (at > 0 && beside(at - 1) || beside(at + 1)) {
            true => format!("({expression})"),
            false => expression.to_owned(),
        }
    }

    /// The last piece of the query that a piece is in: before its closing bracket, or the last that is no semicolon.
    pub(super) fn end_of_query(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for at in at..self.len() {
            match self.text(at) {
                "(" => depth += 1,
                ")" if depth == 0 => return at.saturating_sub(1),
                ")" => depth -= 1,
                ";" => return at.saturating_sub(1),
                _ => {}
            }
        }
        self.len().saturating_sub(1)
    }
}

/// A call of a function.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// The piece that is its name.
    pub(super) name: usize,
    /// The bracket behind the arguments.
    pub(super) close: usize,
    pub(super) arguments: Vec<Argument<'a>>,
}

/// An argument: its first and last piece.
#[derive(Debug, Clone, Copy)]
pub(super) struct Argument<'a> {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) text: &'a str,
}

/// Returns the text of a string literal.
pub(super) fn literal(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'"))
}

/// Writes a string literal.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
