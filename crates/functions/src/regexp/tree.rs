//! What a pattern consists of.

/// A pattern, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Empty,
    /// Nothing matches: a byte that is not a character.
    Never,
    Char {
        character: char,
        fold: bool,
    },
    /// `.`
    Any {
        newline: bool,
    },
    /// A class in the syntax of the `regex` crate, which is the same in all but its escapes.
    Class {
        class: String,
        fold: bool,
    },
    Assertion(Assertion),
    Backreference {
        group: usize,
        fold: bool,
    },
    Group(Group, Box<Node>),
    Sequence(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeat {
        node: Box<Node>,
        least: u32,
        most: Option<u32>,
        mode: Mode,
    },
}

/// What is true of a place between characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    /// The text begins.
    Start,
    /// The text ends.
    End,
    /// The text ends, or a newline does.
    LastLineEnd,
    /// A line begins; not after the last newline.
    LineStart,
    /// A line ends.
    LineEnd,
    /// A word begins or ends; other than `\w`, words are of the letters of all scripts.
    Word,
    NotWord,
    /// The search begins.
    SearchStart,
}

/// Kinds of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Plain,
    /// Groups nodes that options apply to.
    Option,
    Capturing,
    Atomic,
    Ahead,
    NotAhead,
    Behind,
    NotBehind,
}

/// How a repetition chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Greedy,
    Lazy,
    Possessive,
}

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) root: Node,
    pub(super) groups: usize,
    /// Names of groups.
    pub(super) names: Vec<(String, usize)>,
}
