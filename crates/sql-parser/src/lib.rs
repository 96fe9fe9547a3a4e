//! Trino's SQL as a syntax tree: a lexer and a parser by recursive descent for the grammar of Trino 476.
//!
//! Only what reads is taken; see [`ast`]. The parser knows no tables, functions or types.
//!
//! # Example
//!
//! ```
//! use traillake_sql_parser::ast::{Body, ExprKind, Statement};
//! use traillake_sql_parser::{ParameterValues, parse_statement, pieces, script};
//!
//! // A parameter stands where a constant can, and its value never becomes text.
//! let values = ParameterValues::from([("n".to_owned(), ExprKind::Integer(5))]);
//! let Statement::Query(query) = parse_statement("SELECT a FROM t LIMIT $n", &values)? else {
//!     panic!("no query");
//! };
//! assert!(matches!(query.body, Body::Select(_)));
//!
//! // An error knows its place.
//! let error = parse_statement("SELECT a\nFROM t WHERE", &values).unwrap_err();
//! assert_eq!(error.at.map(|at| (at.line, at.column)), Some((2, 13)));
//!
//! // For those who type: several statements, and pieces of one that is not finished.
//! assert_eq!(script::statements("SELECT 1; SELECT ';'").len(), 2);
//! assert!(pieces("SELECT 'abc").last().is_some_and(|piece| piece.open));
//! # Ok::<(), traillake_sql_types::error::SqlError>(())
//! ```
//!
//! # A tour
//!
//! * `lexer`: text to tokens, and to [`pieces`] of unfinished text; the only one;
//! * `keywords`: the words of the grammar, the only list;
//! * `parser`: tokens to the tree; `query`, `expr` and `json` have the rules of their part;
//! * [`ast`]: the tree;
//! * [`script`]: texts of several statements.

pub mod ast;
mod keywords;
mod lexer;
mod parser;
pub mod script;

use std::collections::BTreeMap;

pub use keywords::{is_keyword, keywords};
pub use lexer::{Piece, PieceKind, Pieces, pieces};
pub use parser::{parse_expression, parse_expressions, parse_statement};

/// The values of parameters (`$name`), by their names in lower case.
pub type ParameterValues = BTreeMap<String, ast::ExprKind>;
