//! Signatures of functions, and how actual arguments bind to them, as Trino's `FunctionBinder` does.
//!
//! A signature is text: `(array(T), function(T, boolean)) -> array(T)`. A capital letter is a type
//! variable; `C` stands for comparable types and `O` for orderable ones, any other for all. A small
//! letter in parentheses is a number: `decimal(p,s)`, `varchar(x)`, `timestamp(p)`. The last
//! parameter may repeat: `varchar...`.

mod bind;
mod parse;

pub use bind::{Actual, AnalyzeLambda, Bound};

use traillake_sql_types::Type;

/// The most code points of a `char`.
pub(crate) const MAX_CHAR_LENGTH: u32 = 65_536;

/// A type with variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formal {
    /// This type.
    Fixed(Type),
    /// Any type, the same for each use of the letter.
    Variable(char),
    /// `decimal(p,s)`.
    Decimal(Number, Number),
    /// `varchar(x)`.
    Varchar(Number),
    /// `char(x)`.
    Char(Number),
    /// `time(p)`.
    Time(Number),
    /// `timestamp(p)`.
    Timestamp(Number),
    /// `timestamp(p) with time zone`.
    TimestampTz(Number),
    /// `array(T)`.
    Array(Box<Formal>),
    /// `map(K,V)`.
    Map(Box<Formal>, Box<Formal>),
    /// `row(name T, ...)`.
    Row(Vec<(Option<String>, Formal)>),
    /// `function(T, ..., R)`: the types of a lambda's parameters, and of its result.
    Function(Vec<Formal>, Box<Formal>),
}

/// A number of a type: fixed, or bound by an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// This number.
    Fixed(u32),
    /// Any number, the same for each use of the letter.
    Variable(char),
}

/// A parsed signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The types of the parameters.
    pub parameters: Vec<Formal>,
    /// Whether the last parameter may be repeated, or left out.
    pub variadic: bool,
    /// The type of the result.
    pub result: Formal,
}

impl Signature {
    /// Returns the parameter that the argument at `at` binds to.
    pub fn parameter(&self, at: usize) -> Option<&Formal> {
        match self.parameters.get(at) {
            Some(formal) => Some(formal),
            None if self.variadic => self.parameters.last(),
            None => None,
        }
    }

    /// Whether it takes this number of arguments.
    pub fn takes(&self, arguments: usize) -> bool {
        if self.variadic {
            arguments + 1 >= self.parameters.len()
        } else {
            arguments == self.parameters.len()
        }
    }
}
