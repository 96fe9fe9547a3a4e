//! Regular expressions, in the Java syntax of Joni that Trino uses by default.
//!
//! A pattern is parsed into a [`tree`], with Joni's errors, and written in the syntax of the `fancy-regex`
//! crate: [`syntax`] has the grammar, [`class`] and [`escapes`] its parts, all over one [`cursor`].

mod class;
mod cursor;
mod emit;
mod escapes;
mod functions;
mod lookbehind;
mod pattern;
mod replacement;
mod syntax;
mod tree;

pub(crate) use functions::register;
