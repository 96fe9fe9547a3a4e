//! Saved queries: files of SQL whose first comment says, in TOML, what they answer.
//!
//! ```sql
//! /*
//! title = "Console sign-ins without MFA"
//! question = "Who signed in to the console without multi-factor authentication?"
//! techniques = ["T1078.004"]
//! chart = "bar"
//!
//! [parameters.principal]
//! type = "varchar"
//! default = "%"
//! about = "Pattern of the caller's ARN"
//! */
//! SELECT ... WHERE userIdentity.arn LIKE $principal AND eventTime >= $from AND eventTime < $to
//! ```
//!
//! A query's name is its path below the folder, its category the part before the last slash. `$from`
//! and `$to` need no declaration. Parameters are bound as typed values, see [`Parameters`].

mod library;
pub mod parameters;
mod query;
mod relevance;

pub use library::{InvalidFile, Library};
pub use query::{Origin, ParameterDeclaration, SavedQuery};

#[expect(unused_imports, reason = "the documentation names it")]
use crate::engine::parameters::Parameters;
use parameters::ParameterError;
use std::path::PathBuf;

/// What can be wrong with a saved query, or with what is asked of it.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// The file does not begin with a comment.
    #[error(
        "line 1: a saved query begins with a comment /* ... */ that has its title and question"
    )]
    NoFrontMatter,
    /// The comment is not TOML, or has unknown fields.
    #[error("line {line}: {message}")]
    FrontMatter {
        /// Where in the file.
        line: usize,
        /// What the reader of TOML says.
        message: String,
    },
    /// A declaration does not fit the statement, or its default its type.
    #[error("{0}")]
    Declaration(String),
    /// The file holds no statement, or several.
    #[error("one statement is expected after the comment, not {0}")]
    Statements(usize),
    /// No query has that name.
    #[error("there is no saved query {name:?}{nearest}; `traillake saved list` shows all")]
    Unknown {
        /// The name asked for.
        name: String,
        /// Names like it.
        nearest: String,
    },
    /// Several queries have that in their names.
    #[error("several saved queries have {part:?} in their name: {names}")]
    Ambiguous {
        /// What was asked for.
        part: String,
        /// Their names, or some of them.
        names: String,
    },
    /// The query has no such parameter.
    #[error("{query} has no parameter {name:?}; it has {known}")]
    UnknownParameter {
        /// The query.
        query: String,
        /// The parameter asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// A text is not a value of a parameter.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// A folder or file cannot be read.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}
