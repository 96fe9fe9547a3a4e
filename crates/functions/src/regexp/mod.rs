//! Regular expressions, in the Java syntax of Joni that Trino uses by default.
//!
//! A pattern is parsed here, with Joni's errors, and written in the syntax of the `fancy-regex` crate.

mod class;
mod emit;
mod escapes;
mod functions;
mod lookbehind;
mod pattern;
mod replacement;
mod syntax;

pub(crate) use functions::register;
