//! Numbers as text, as Java's library reads and prints them: Trino's casts, JSON and formats show it.

mod decimals;
mod digits;
mod floats;
mod stack;
pub(crate) mod java;

pub(crate) use decimals::java_decimal;
pub(crate) use digits::Digits;
pub(crate) use floats::{double_text, float_text, varchar_double, varchar_float};
pub use floats::{java_double, java_float};
pub(crate) use stack::StackText;
