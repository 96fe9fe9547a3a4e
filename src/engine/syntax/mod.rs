//! Trino's SQL as a syntax tree: a lexer and a parser by recursive descent for the grammar of Trino 476.
//!
//! Only what reads is taken; see [`ast`](self::ast). The parser knows no tables, functions or types.

pub(in crate::engine) mod ast;
mod parser;
mod token;

pub(in crate::engine) use parser::{parse_expression, parse_statement};
pub use token::{Piece, PieceKind, pieces};
