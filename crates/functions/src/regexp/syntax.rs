//! Parses patterns into trees.

use super::cursor::Cursor;
use super::escapes::{Escape, read_escape};
use super::tree::{Assertion, Group, Mode, Node, Tree};
use super::{class, lookbehind};
use traillake_sql_types::error::{SqlError, SqlResult};

/// Options that apply from some place on.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    fold: bool,
    extended: bool,
    newline: bool,
    lines: bool,
}

/// The most times that something may repeat.
const MAX_REPEAT: u32 = 100_000;
/// The most groups inside each other.
const MAX_DEPTH: usize = 200;

/// Reads a pattern.
struct Parser<'a> {
    cursor: Cursor<'a>,
    groups: usize,
    names: Vec<(String, usize)>,
    /// The largest group that is referred to by number.
    referred: usize,
    depth: usize,
}

/// Parses a pattern.
pub(super) fn parse(text: &str) -> SqlResult<Tree> {
    let cursor = Cursor { text, at: 0 };
    let mut parser = Parser { cursor, groups: 0, names: Vec::new(), referred: 0, depth: 0 };
    let root = parser.alternatives(Flags::default())?;
    if parser.cursor.at < text.len() {
        return Err(SqlError::argument("unmatched close parenthesis"));
    }
    if parser.referred > parser.groups {
        return Err(invalid_reference());
    }
    Ok(Tree { root, groups: parser.groups, names: parser.names })
}

fn invalid_reference() -> SqlError {
    SqlError::argument("invalid backref number/name")
}

fn unclosed() -> SqlError {
    SqlError::argument("end pattern with unmatched parenthesis")
}

fn no_option() -> SqlError {
    SqlError::argument("undefined group option")
}

impl Parser<'_> {
    /// Reads branches up to the end of the group.
    fn alternatives(&mut self, flags: Flags) -> SqlResult<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SqlError::argument("too deep nest level"));
        }
        let mut branches = vec![self.sequence(flags)?];
        while self.cursor.take("|") {
            branches.push(self.sequence(flags)?);
        }
        self.depth -= 1;
        Ok(match branches.len() {
            1 => branches.pop().unwrap_or(Node::Empty),
            _ => Node::Alternatives(branches),
        })
    }

    fn sequence(&mut self, flags: Flags) -> SqlResult<Node> {
        let mut nodes = Vec::new();
        loop {
            if flags.extended && self.skip_space() {
                continue;
            }
            match self.cursor.peek() {
                None | Some('|' | ')') => break,
                Some('\\') if self.cursor.take("\\Q") => {
                    let quoted = self.cursor.rest().split("\\E").next().unwrap_or_default();
                    let whole = self.cursor.rest();
                    self.cursor.at += (quoted.len() + 2).min(whole.len());
                    let fold = flags.fold;
                    nodes.extend(quoted.chars().map(|character| Node::Char { character, fold }));
                    if let Some(last) = nodes.pop() {
                        nodes.push(self.repeated(last, flags)?);
                    }
                }
                Some('(') if self.cursor.rest().starts_with("(?#") => self.comment()?,
                Some(_) => {
                    let node = self.atom(flags)?;
                    nodes.push(self.repeated(node, flags)?);
                }
            }
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.pop().unwrap_or(Node::Empty),
            _ => Node::Sequence(nodes),
        })
    }

    /// Skips white space, or a comment up to the end of the line.
    fn skip_space(&mut self) -> bool {
        let start = self.cursor.at;
        self.cursor.run(usize::MAX, |c| matches!(c, '\t'..='\r' | ' '));
        if self.cursor.take("#") {
            self.cursor.run(usize::MAX, |c| c != '\n');
        }
        self.cursor.at > start
    }

    fn comment(&mut self) -> SqlResult<()> {
        loop {
            match self.cursor.next() {
                Some('\\') => self.cursor.at += self.cursor.peek().map_or(0, char::len_utf8),
                Some(')') => return Ok(()),
                Some(_) => {}
                None => return Err(SqlError::argument("end pattern in group")),
            }
        }
    }

    fn atom(&mut self, flags: Flags) -> SqlResult<Node> {
        let no_target = || SqlError::argument("target of repeat operator is not specified");
        if self.interval()?.is_some() {
            return Err(no_target());
        }
        let character = self.cursor.next().unwrap_or_default();
        let fold = flags.fold;
        Ok(match character {
            '*' | '+' | '?' => return Err(no_target()),
            '.' => Node::Any { newline: flags.newline },
            '^' if flags.lines => Node::Assertion(Assertion::LineStart),
            '^' => Node::Assertion(Assertion::Start),
            '$' if flags.lines => Node::Assertion(Assertion::LineEnd),
            '$' => Node::Assertion(Assertion::LastLineEnd),
            '(' => return self.group(flags),
            '[' => Node::Class { class: class::parse(&mut self.cursor, 0)?, fold },
            '\\' => return self.escape(flags),
            character => Node::Char { character, fold },
        })
    }

    fn escape(&mut self, flags: Flags) -> SqlResult<Node> {
        if let Some(node) = self.reference(flags)? {
            return Ok(node);
        }
        let fold = flags.fold;
        Ok(match read_escape(&mut self.cursor, false)? {
            Escape::Char(character) => Node::Char { character, fold },
            Escape::Never => Node::Never,
            // A property by itself does not fold.
            Escape::Class(class) => Node::Class { class, fold: false },
            Escape::Assertion(assertion) => Node::Assertion(assertion),
        })
    }

    /// Reads what refers to a group, if that follows.
    fn reference(&mut self, flags: Flags) -> SqlResult<Option<Node>> {
        let fold = flags.fold;
        let start = self.cursor.at;
        if let Some('1'..='9') = self.cursor.peek() {
            let digits = self.cursor.run(usize::MAX, |c| c.is_ascii_digit());
            let number = digits.parse::<usize>().unwrap_or(usize::MAX);
            if number <= 9 || number <= self.groups {
                self.referred = self.referred.max(number);
                return Ok(Some(Node::Backreference { group: number, fold }));
            }
            self.cursor.at = start;
            return Ok(None);
        }
        let close = match () {
            () if self.cursor.take("k<") => '>',
            () if self.cursor.take("k'") => '\'',
            () => return Ok(None),
        };
        let name = self.cursor.run(usize::MAX, |c| c != close && c != ')');
        if name.is_empty() {
            return Err(SqlError::argument("group name is empty"));
        }
        let invalid = || SqlError::argument(format!("invalid group name <{name}>"));
        if self.cursor.next() != Some(close) {
            return Err(invalid());
        }
        let group = if let Some(back) = name.strip_prefix('-') {
            let back: usize = back.parse().map_err(|_| invalid())?;
            (self.groups + 1).checked_sub(back).filter(|n| *n > 0).ok_or_else(invalid_reference)?
        } else if name.starts_with(|c: char| c.is_ascii_digit()) {
            name.parse().ok().filter(|number| *number > 0).ok_or_else(invalid)?
        } else {
            let known = self.names.iter().find(|(known, _)| known == name);
            known
                .map(|(_, group)| *group)
                .ok_or_else(|| SqlError::argument(format!("undefined name <{name}> reference")))?
        };
        self.referred = self.referred.max(group);
        Ok(Some(Node::Backreference { group, fold }))
    }

    /// Reads a group, of which `(` is read.
    fn group(&mut self, flags: Flags) -> SqlResult<Node> {
        if !self.cursor.take("?") {
            self.groups += 1;
            return self.inside(Group::Capturing, flags);
        }
        match self.cursor.next() {
            None => Err(SqlError::argument("end pattern in group")),
            Some(':') => self.inside(Group::Plain, flags),
            Some('=') => self.inside(Group::Ahead, flags),
            Some('!') => self.inside(Group::NotAhead, flags),
            Some('>') => self.inside(Group::Atomic, flags),
            Some('<') if self.cursor.take("=") => self.inside(Group::Behind, flags),
            Some('<') if self.cursor.take("!") => self.inside(Group::NotBehind, flags),
            Some('<') => self.named('>', flags),
            Some('\'') => self.named('\'', flags),
            Some('-' | 'i' | 'm' | 's' | 'x') => {
                self.cursor.at -= 1;
                self.options(flags)
            }
            Some(_) => Err(no_option()),
        }
    }

    fn inside(&mut self, group: Group, flags: Flags) -> SqlResult<Node> {
        let node = self.alternatives(flags)?;
        if !self.cursor.take(")") {
            return Err(unclosed());
        }
        if matches!(group, Group::Behind | Group::NotBehind) {
            lookbehind::check(&node, group == Group::NotBehind)?;
        }
        Ok(Node::Group(group, Box::new(node)))
    }

    fn named(&mut self, close: char, flags: Flags) -> SqlResult<Node> {
        let name = self.cursor.run(usize::MAX, |c| c != close && c != ')');
        if name.is_empty() {
            return Err(SqlError::argument("group name is empty"));
        }
        if self.cursor.next() != Some(close) {
            return Err(unclosed());
        }
        if name.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Err(SqlError::argument(format!("invalid group name <{name}>")));
        }
        if self.names.iter().any(|(known, _)| known == name) {
            return Err(SqlError::argument(format!("multiplex defined name <{name}>")));
        }
        self.groups += 1;
        self.names.push((name.to_owned(), self.groups));
        self.inside(Group::Capturing, flags)
    }

    /// Reads options: for a group, or for all that follows in the group around them.
    fn options(&mut self, flags: Flags) -> SqlResult<Node> {
        let mut flags = flags;
        let mut on = true;
        loop {
            match self.cursor.next() {
                Some('-') => on = false,
                Some('i') => flags.fold = on,
                Some('x') => flags.extended = on,
                Some('s') => flags.newline = on,
                Some('m') => flags.lines = on,
                Some(':') => return self.inside(Group::Option, flags),
                Some(')') => {
                    let node = self.alternatives(flags)?;
                    return Ok(Node::Group(Group::Option, Box::new(node)));
                }
                Some(_) => return Err(no_option()),
                None => return Err(SqlError::argument("end pattern in group")),
            }
        }
    }

    /// Puts the repetitions that follow around a node.
    fn repeated(&mut self, node: Node, flags: Flags) -> SqlResult<Node> {
        let mut node = node;
        loop {
            if flags.extended && self.skip_space() {
                continue;
            }
            let (least, most) = if self.cursor.take("*") {
                (0, None)
            } else if self.cursor.take("+") {
                (1, None)
            } else if self.cursor.take("?") {
                (0, Some(1))
            } else if let Some(interval) = self.interval()? {
                interval
            } else {
                return Ok(node);
            };
            let mode = if self.cursor.take("?") {
                Mode::Lazy
            } else if self.cursor.take("+") {
                Mode::Possessive
            } else {
                Mode::Greedy
            };
            node = Node::Repeat { node: Box::new(node), least, most, mode };
        }
    }

    /// Reads `{n}`, `{n,}` or `{n,m}`; other braces are characters.
    fn interval(&mut self) -> SqlResult<Option<(u32, Option<u32>)>> {
        let start = self.cursor.at;
        let digit = |c: char| c.is_ascii_digit();
        if !self.cursor.take("{") {
            return Ok(None);
        }
        let least = self.cursor.run(usize::MAX, digit);
        let most =
            if self.cursor.take(",") { Some(self.cursor.run(usize::MAX, digit)) } else { None };
        if least.is_empty() || !self.cursor.take("}") {
            self.cursor.at = start;
            return Ok(None);
        }
        let number = |text: &str| {
            let known = text.parse().ok().filter(|number| *number <= MAX_REPEAT);
            known.ok_or_else(|| SqlError::argument("too big number for repeat range"))
        };
        let least = number(least)?;
        let most = match most {
            None => Some(least),
            Some("") => None,
            Some(most) => Some(number(most)?),
        };
        if most.is_some_and(|most| most < least) {
            return Err(SqlError::argument("upper is smaller than lower in repeat range"));
        }
        Ok(Some((least, most)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_patterns_are_errors() {
        for (text, want) in [
            ("(", "end pattern with unmatched parenthesis"),
            ("a)b", "unmatched close parenthesis"),
            ("a|*", "target of repeat operator is not specified"),
            ("{2}", "target of repeat operator is not specified"),
            ("(?", "end pattern in group"),
            ("(?P<x>a)", "undefined group option"),
            ("(?<1>a)", "invalid group name <1>"),
            ("(?<>a)", "group name is empty"),
            ("(?<n>a)(?<n>b)", "multiplex defined name <n>"),
            ("(a)\\2", "invalid backref number/name"),
            ("\\k<x>", "undefined name <x> reference"),
            ("a{3,2}", "upper is smaller than lower in repeat range"),
            ("a{100001}", "too big number for repeat range"),
            ("\\", "end pattern at escape"),
            ("[a", "premature end of char-class"),
            ("(?<=a+)b", "invalid pattern in look-behind"),
        ] {
            assert_eq!(parse(text).unwrap_err().message, want, "{text}");
        }
        assert_eq!(parse(&"(".repeat(1000)).unwrap_err().message, "too deep nest level");
    }

    #[test]
    fn groups_are_counted_and_named() {
        let tree = parse("(a)(?:b)(?<n>c)(?'m'd)").unwrap();
        assert_eq!(tree.groups, 3);
        assert_eq!(tree.names, [("n".to_owned(), 2), ("m".to_owned(), 3)]);
    }
}
