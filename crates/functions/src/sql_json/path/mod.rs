//! The path language of SQL/JSON: `lax $.a[*] ? (@.b > 1)`.
//!
//! [`scan`] and [`parse`] read a path's text into a [`Path`], [`check`] refuses what can never
//! work, [`input`] reads the JSON, [`eval`] and [`predicate`] find what the path leads to:
//! [`item`]s, of JSON or of the SQL values ([`value`]) that a path computes with.

mod check;
mod eval;
mod input;
mod item;
mod parse;
mod predicate;
mod scan;
mod value;

pub(super) use eval::Evaluator;
pub(super) use item::{Item, Variable};
pub(super) use value::Value;

use crate::compare::Comparison;
use traillake_sql_types::error::{Position, SqlResult};

/// A path, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    /// Whether structural errors give an empty result, and arrays are unwrapped where needed.
    pub(super) lax: bool,
    /// The members that the path begins with: `$.a.b`. Only these are read, unless the path has
    /// another `$`.
    pub(super) prefix: Vec<String>,
    pub(super) root: Expression,
}

impl Path {
    /// Reads a path whose text begins at `at` in the statement, after its quote. `variables` are
    /// the names of the passed parameters.
    pub(super) fn new(text: &str, variables: &[String], at: Position) -> SqlResult<Self> {
        let mut path = parse::parse(text, variables, at)?;
        check::check(&path.root, at)?;
        path.find_prefix();
        Ok(path)
    }

    fn find_prefix(&mut self) {
        if self.root.contexts() == 1 {
            self.prefix = self.root.take_prefix();
        }
    }
}

/// A part of a path, which evaluates to a sequence of items.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    /// A number, string or boolean.
    Literal(Value),
    Null,
    /// `$`
    Context,
    /// `$name`, by its place among the parameters.
    Variable(usize),
    /// `@`
    Current,
    /// `last`
    Last,
    Sign {
        negate: bool,
        base: Box<Self>,
    },
    Binary(Operator, Box<Self>, Box<Self>),
    /// `.name`; without a name, `.*`.
    Member(Box<Self>, Option<String>),
    /// `..name`
    Descendants(Box<Self>, String),
    /// `[1, 2 to last]`; without places, `[*]`.
    Elements(Box<Self>, Vec<(Self, Option<Self>)>),
    Filter(Box<Self>, Box<Predicate>),
    Method(Box<Self>, Method),
}

/// An arithmetic operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

impl Operator {
    fn name(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Subtract => "SUBTRACT",
            Self::Multiply => "MULTIPLY",
            Self::Divide => "DIVIDE",
            Self::Modulus => "MODULUS",
        }
    }

    fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Subtract => '-',
            Self::Multiply => '*',
            Self::Divide => '/',
            Self::Modulus => '%',
        }
    }
}

/// A method: `.size()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Abs,
    Ceiling,
    Datetime,
    Double,
    Floor,
    Keyvalue,
    Size,
    Type,
}

const METHODS: [(&str, Method); 8] = [
    ("abs", Method::Abs),
    ("ceiling", Method::Ceiling),
    ("datetime", Method::Datetime),
    ("double", Method::Double),
    ("floor", Method::Floor),
    ("keyvalue", Method::Keyvalue),
    ("size", Method::Size),
    ("type", Method::Type),
];

/// The condition of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Predicate {
    Compare(Comparison, Expression, Expression),
    StartsWith(Expression, Expression),
    LikeRegex(Expression),
    Exists(Expression),
    IsUnknown(Box<Self>),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

impl Expression {
    /// Calls `each` with every expression directly inside.
    fn visit(&self, each: &mut dyn FnMut(&Self)) {
        match self {
            Self::Literal(_) | Self::Null | Self::Context => {}
            Self::Variable(_) | Self::Current | Self::Last => {}
            Self::Sign { base, .. }
            | Self::Member(base, _)
            | Self::Descendants(base, _)
            | Self::Method(base, _) => each(base),
            Self::Binary(_, left, right) => {
                each(left);
                each(right);
            }
            Self::Elements(base, places) => {
                each(base);
                for (from, to) in places {
                    each(from);
                    to.iter().for_each(&mut *each);
                }
            }
            Self::Filter(base, predicate) => {
                each(base);
                predicate.visit(each);
            }
        }
    }

    /// Returns the number of `$` in it.
    fn contexts(&self) -> usize {
        let mut count = usize::from(*self == Self::Context);
        self.visit(&mut |inner| count += inner.contexts());
        count
    }

    /// Removes and returns the names of members directly after `$`.
    fn take_prefix(&mut self) -> Vec<String> {
        let base = match self {
            Self::Member(base, Some(name)) => {
                let mut names = base.take_prefix();
                if **base == Self::Context {
                    names.push(std::mem::take(name));
                    *self = Self::Context;
                }
                return names;
            }
            Self::Sign { base, .. }
            | Self::Member(base, None)
            | Self::Descendants(base, _)
            | Self::Method(base, _)
            | Self::Elements(base, _)
            | Self::Filter(base, _) => base,
            _ => return Vec::new(),
        };
        base.take_prefix()
    }
}

impl Predicate {
    /// Calls `each` with every expression directly inside.
    fn visit(&self, each: &mut dyn FnMut(&Expression)) {
        match self {
            Self::Compare(_, left, right) | Self::StartsWith(left, right) => {
                each(left);
                each(right);
            }
            Self::LikeRegex(inner) | Self::Exists(inner) => each(inner),
            Self::IsUnknown(inner) | Self::Not(inner) => inner.visit(each),
            Self::And(left, right) | Self::Or(left, right) => {
                left.visit(each);
                right.visit(each);
            }
        }
    }
}
