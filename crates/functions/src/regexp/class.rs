//! Character classes: `[a-z&&[^b]]`.

use super::cursor::Cursor;
use super::escapes::{Escape, posix_class, read_escape};
use std::fmt::Write;
use traillake_sql_types::error::{SqlError, SqlResult};

/// What was read last, to which a `-` may belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Start,
    Char(char),
    Range,
    Class,
    Nested,
}

/// An item of a class.
enum Item {
    Char(char),
    Class(String),
    Nothing,
}

/// The most classes inside each other.
const MAX_DEPTH: usize = 100;

fn premature() -> SqlError {
    SqlError::argument("premature end of char-class")
}

/// Reads a class, of which `[` is read, and writes it for the `regex` crate.
pub(super) fn parse(cursor: &mut Cursor<'_>, depth: usize) -> SqlResult<String> {
    if depth > MAX_DEPTH {
        return Err(SqlError::argument("too deep nest level"));
    }
    let negated = cursor.take("^");
    let mut class = Class::default();
    if cursor.take("]") {
        // A character of the class if the class can end elsewhere.
        if !closes_later(cursor.rest()) {
            return Err(SqlError::argument("empty char-class"));
        }
        class.character(']');
    }
    loop {
        if cursor.take("]") {
            return Ok(class.finish(negated));
        }
        if cursor.take("&&") {
            class.intersect();
            continue;
        }
        if cursor.rest().starts_with('[') {
            match posix(cursor)? {
                Some(inside) => class.class(&inside),
                None => {
                    cursor.take("[");
                    let inside = parse(cursor, depth + 1)?;
                    class.class(&inside);
                    class.last = Last::Nested;
                }
            }
            continue;
        }
        if cursor.peek() == Some('-') && class.last != Last::Start {
            range(cursor, &mut class)?;
            continue;
        }
        match item(cursor)? {
            Item::Char(character) => class.character(character),
            Item::Class(inside) => class.class(&inside),
            Item::Nothing => {}
        }
    }
}

fn closes_later(rest: &str) -> bool {
    let mut chars = rest.chars();
    while let Some(character) = chars.next() {
        match character {
            '\\' => drop(chars.next()),
            ']' => return true,
            _ => {}
        }
    }
    false
}

fn item(cursor: &mut Cursor<'_>) -> SqlResult<Item> {
    Ok(match cursor.next() {
        None => return Err(premature()),
        Some('\\') => match read_escape(cursor, true)? {
            Escape::Char(character) => Item::Char(character),
            Escape::Class(class) => Item::Class(class),
            Escape::Never | Escape::Assertion(_) => Item::Nothing,
        },
        Some(character) => Item::Char(character),
    })
}

/// Reads a `-` and, if it makes a range, the end of that.
fn range(cursor: &mut Cursor<'_>, class: &mut Class) -> SqlResult<()> {
    cursor.take("-");
    let rest = cursor.rest();
    if rest.starts_with(']') || rest.starts_with("&&") || class.last == Last::Nested {
        class.character('-');
        return Ok(());
    }
    let first = match class.last {
        // Joni ignores a `-` after a range.
        Last::Range => {
            class.last = Last::Start;
            return Ok(());
        }
        Last::Char(first) => first,
        // Joni has replaced the class by 0.
        _ => '\0',
    };
    if rest.starts_with('[') {
        if posix(cursor)?.is_some() {
            return Err(SqlError::argument("char-class value at end of range"));
        }
        class.character('-');
        return Ok(());
    }
    match item(cursor)? {
        Item::Char(last) if last < first => Err(SqlError::argument("empty range in char class")),
        Item::Char(last) => {
            class.range(first, last);
            Ok(())
        }
        Item::Class(_) => Err(SqlError::argument("char-class value at end of range")),
        Item::Nothing => Ok(()),
    }
}

/// Reads `[:name:]`, if that follows.
fn posix(cursor: &mut Cursor<'_>) -> SqlResult<Option<String>> {
    let Some(inside) = cursor.rest().strip_prefix("[:") else { return Ok(None) };
    let (negated, inside) = match inside.strip_prefix('^') {
        Some(inside) => (true, inside),
        None => (false, inside),
    };
    let length = inside.chars().take_while(|c| *c != ':' && *c != ']').count();
    let Some((name, _)) = inside.split_once(":]").filter(|_| length <= 20) else {
        return Ok(None);
    };
    if name.contains([':', ']']) {
        return Ok(None);
    }
    let class =
        posix_class(name).ok_or_else(|| SqlError::argument("invalid POSIX bracket type"))?;
    cursor.at += "[:".len() + usize::from(negated) + name.len() + ":]".len();
    Ok(Some(if negated { format!("[^{class}]") } else { class.to_owned() }))
}

/// A class being made.
struct Class {
    /// The operands of `&&` before this one.
    before: Vec<String>,
    items: String,
    last: Last,
}

impl Default for Class {
    fn default() -> Self {
        Self { before: Vec::new(), items: String::new(), last: Last::Start }
    }
}

impl Class {
    fn push(&mut self, first: char, last: char) {
        // As a range, `:` cannot be taken for the start of a POSIX name.
        let single = first == last && first != ':';
        // Writing to a string cannot fail.
        let _ = if single {
            write!(self.items, "\\x{{{:x}}}", first as u32)
        } else {
            write!(self.items, "\\x{{{:x}}}-\\x{{{:x}}}", first as u32, last as u32)
        };
    }

    fn character(&mut self, character: char) {
        self.push(character, character);
        self.last = Last::Char(character);
    }

    fn range(&mut self, first: char, last: char) {
        self.push(first, last);
        self.last = Last::Range;
    }

    fn class(&mut self, class: &str) {
        self.items.push_str(class);
        self.last = Last::Class;
    }

    fn intersect(&mut self) {
        let operand = self.operand();
        self.before.push(operand);
        self.last = Last::Start;
    }

    fn operand(&mut self) -> String {
        match std::mem::take(&mut self.items) {
            items if items.is_empty() => "[^\\x{0}-\\x{10ffff}]".to_owned(),
            items => format!("[{items}]"),
        }
    }

    fn finish(mut self, negated: bool) -> String {
        let operand = self.operand();
        self.before.push(operand);
        let sign = if negated { "^" } else { "" };
        format!("[{sign}{}]", self.before.join("&&"))
    }
}
