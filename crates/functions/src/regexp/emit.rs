//! Patterns written for the `fancy-regex` crate.
//!
//! It has no short form for the end of a line that is right for texts that end in a newline. So a
//! pattern has two forms: one that is exact for those, and a fast one for all others.

use super::tree::{Assertion, Group, Mode, Node};
use std::fmt::Write;

/// A pattern in a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Emitted {
    pub(super) pattern: String,
    /// Whether the fast form is right only for texts that do not end in a newline.
    pub(super) open_end_only: bool,
}

/// Writes a pattern, exactly or fast.
pub(super) fn emit(node: &Node, exact: bool) -> Emitted {
    let mut emitter = Emitter { out: Emitted::default(), exact };
    emitter.node(node);
    emitter.out
}

/// Whether a node can match only what is empty.
fn is_empty(node: &Node) -> bool {
    match node {
        Node::Empty | Node::Assertion(_) => true,
        Node::Group(Group::Ahead | Group::NotAhead | Group::Behind | Group::NotBehind, _) => true,
        Node::Group(_, node) => is_empty(node),
        Node::Sequence(nodes) | Node::Alternatives(nodes) => nodes.iter().all(is_empty),
        Node::Repeat { node, .. } => is_empty(node),
        _ => false,
    }
}

struct Emitter {
    out: Emitted,
    exact: bool,
}

impl Emitter {
    fn text(&mut self, text: &str) {
        self.out.pattern.push_str(text);
    }

    fn folded(&mut self, fold: bool, text: &str) {
        let (open, close) = if fold { ("(?i:", ")") } else { ("", "") };
        // Writing to a string cannot fail.
        let _ = write!(self.out.pattern, "{open}{text}{close}");
    }

    fn character(&mut self, character: char, fold: bool) {
        let mut text = String::new();
        if "\\.+*?()|[]{}^$".contains(character) {
            text.push('\\');
        }
        text.push(character);
        let folds = character.is_alphabetic() || !character.is_ascii();
        self.folded(fold && folds, &text);
    }

    fn group(&mut self, open: &str, node: &Node) {
        self.text(open);
        self.node(node);
        self.text(")");
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Empty => self.text("(?:)"),
            Node::Never => self.text("[^\\x{0}-\\x{10ffff}]"),
            Node::Char { character, fold } => self.character(*character, *fold),
            Node::Any { newline: true } => self.text("(?s:.)"),
            Node::Any { newline: false } => self.text("[^\\n]"),
            Node::Class { class, fold } => self.folded(*fold, class),
            Node::Assertion(assertion) => self.assertion(*assertion),
            Node::Backreference { group, fold } => {
                let open = if *fold { "(?i:" } else { "(?:" };
                let _ = write!(self.out.pattern, "{open}\\{group})");
            }
            Node::Group(group, node) => self.group(
                match group {
                    Group::Plain | Group::Option => "(?:",
                    Group::Capturing => "(",
                    Group::Atomic => "(?>",
                    Group::Ahead => "(?=",
                    Group::NotAhead => "(?!",
                    Group::Behind => "(?<=",
                    Group::NotBehind => "(?<!",
                },
                node,
            ),
            Node::Sequence(nodes) => nodes.iter().for_each(|node| match node {
                Node::Alternatives(_) => self.group("(?:", node),
                node => self.node(node),
            }),
            Node::Alternatives(branches) => {
                for (at, branch) in branches.iter().enumerate() {
                    if at > 0 {
                        self.text("|");
                    }
                    self.node(branch);
                }
            }
            Node::Repeat { node, least, most, mode } => self.repeat(node, *least, *most, *mode),
        }
    }

    fn repeat(&mut self, node: &Node, least: u32, most: Option<u32>, mode: Mode) {
        if is_empty(node) {
            // One is as good as several.
            match (least, mode) {
                (0, Mode::Lazy) => self.text("(?:|"),
                _ => self.text("(?:"),
            }
            self.node(node);
            self.text(if least == 0 && mode != Mode::Lazy { "|)" } else { ")" });
            return;
        }
        if mode == Mode::Possessive {
            self.text("(?>");
        }
        match node {
            Node::Char { .. } | Node::Class { .. } | Node::Any { .. } | Node::Group(..) => {
                self.node(node);
            }
            node => self.group("(?:", node),
        }
        let _ = match (least, most) {
            (0, None) => write!(self.out.pattern, "*"),
            (1, None) => write!(self.out.pattern, "+"),
            (0, Some(1)) => write!(self.out.pattern, "?"),
            (least, None) => write!(self.out.pattern, "{{{least},}}"),
            (least, Some(most)) if least == most => write!(self.out.pattern, "{{{least}}}"),
            (least, Some(most)) => write!(self.out.pattern, "{{{least},{most}}}"),
        };
        match mode {
            Mode::Greedy => {}
            Mode::Lazy => self.text("?"),
            Mode::Possessive => self.text(")"),
        }
    }

    fn assertion(&mut self, assertion: Assertion) {
        match assertion {
            Assertion::Start => self.text("\\A"),
            Assertion::End => self.text("\\z"),
            Assertion::SearchStart => self.text("\\G"),
            Assertion::LineEnd => self.text("(?m:$)"),
            Assertion::Word => self.text("\\b"),
            Assertion::NotWord => self.text("\\B"),
            Assertion::LastLineEnd => self.either("\\z", "(?=\\n?\\z)"),
            Assertion::LineStart => self.either("(?m:^)", "(?:\\A|(?<=\\n)(?!\\z))"),
        }
    }

    fn either(&mut self, fast: &str, exact: &str) {
        self.out.open_end_only = true;
        self.text(if self.exact { exact } else { fast });
    }
}
