//! What can go wrong with a query, in words for people.

use super::text::Named;
use crate::store::StoreError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::TokenizerError;

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// There is no statement.
    #[error("there is no statement to run")]
    Empty,
    /// There is more than one statement where one is expected.
    #[error("several statements where one is expected; put them into a file and run it with -f")]
    Several,
    /// The statement does more than read.
    #[error(
        "only SELECT is allowed (and EXPLAIN, SHOW, DESCRIBE), not {0}: event data stores never change by SQL"
    )]
    NotSelect(String),
    /// The text is no SQL.
    #[error("{}syntax error: {message}", place(*.line, *.column))]
    Syntax {
        /// What the parser expected and found.
        message: String,
        /// Line, from 1.
        line: Option<u64>,
        /// Column, from 1.
        column: Option<u64>,
    },
    /// The text is SQL, and means nothing here.
    #[error("{}{message}", place(*.line, *.column))]
    Invalid {
        /// What does not fit.
        message: String,
        /// Line, from 1.
        line: Option<u64>,
        /// Column, from 1.
        column: Option<u64>,
    },
    /// Valid SQL that this version cannot run.
    #[error("not supported yet: {0}")]
    Unsupported(String),
    /// A store is missing or broken.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The memory limit was reached.
    #[error(
        "the query needs more memory than it may use: {0}; raise --memory, or select fewer rows or columns"
    )]
    Memory(String),
    /// It failed while running.
    #[error("the query failed: {0}")]
    Failed(String),
    /// A bug of ours or below us.
    #[error("a bug in traillake, please report it with the query: {0}")]
    Bug(String),
}

fn place(line: Option<u64>, column: Option<u64>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!("line {line}:{column}: "),
        _ => String::new(),
    }
}

impl QueryError {
    /// Puts the position where it is in the text as typed.
    pub(super) fn moved(mut self, named: &Named) -> Self {
        if let Self::Syntax { line: Some(line), column: Some(column), .. }
        | Self::Invalid { line: Some(line), column: Some(column), .. } = &mut self
        {
            *column = named.column(*line, *column);
        }
        self
    }
}

/// Takes the position off the end of a parser's message.
fn syntax(message: &str) -> QueryError {
    let (text, at) = match message.rsplit_once(" at Line: ") {
        Some((text, at)) => (text, at),
        None => (message, ""),
    };
    let mut numbers = at.split(", Column: ").map(|n| n.trim().parse().ok());
    let text = text.trim().trim_end_matches('.').to_owned();
    QueryError::Syntax {
        message: text,
        line: numbers.next().flatten(),
        column: numbers.next().flatten(),
    }
}

impl From<TokenizerError> for QueryError {
    fn from(error: TokenizerError) -> Self {
        syntax(&error.to_string())
    }
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        explain(error, &Vec::new)
    }
}

/// Makes an error of DataFusion one for people; `functions` gives the names of those that exist.
pub(super) fn explain(error: DataFusionError, functions: &dyn Fn() -> Vec<String>) -> QueryError {
    let start = error.diagnostic().and_then(|d| d.span).map(|span| span.start);
    let (line, column) = (start.map(|s| s.line), start.map(|s| s.column));
    let root = match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
            return with_place(explain(*inner, functions), line, column);
        }
        DataFusionError::Shared(inner) => match std::sync::Arc::try_unwrap(inner) {
            Ok(inner) => return explain(inner, functions),
            Err(shared) => return QueryError::Failed(shared.strip_backtrace()),
        },
        DataFusionError::External(inner) => match inner.downcast::<StoreError>() {
            Ok(store) => return QueryError::Store(*store),
            Err(other) => return QueryError::Failed(other.to_string()),
        },
        DataFusionError::Collection(errors) => match errors.into_iter().next() {
            Some(first) => return explain(first, functions),
            None => return QueryError::Bug("an empty list of errors".to_owned()),
        },
        other => other,
    };
    let message = root.strip_backtrace();
    match &root {
        DataFusionError::SQL(error, _) => match &**error {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => syntax(text),
            ParserError::RecursionLimitExceeded => {
                QueryError::Unsupported("statements nested this deep".to_owned())
            }
        },
        DataFusionError::SchemaError(error, _) => {
            QueryError::Invalid { message: unknown_column(error), line, column }
        }
        DataFusionError::Plan(text) => {
            let message = unknown_function(text, functions).unwrap_or_else(|| text.clone());
            QueryError::Invalid { message, line, column }
        }
        DataFusionError::NotImplemented(text) => QueryError::Unsupported(text.clone()),
        DataFusionError::ResourcesExhausted(text) => QueryError::Memory(text.clone()),
        DataFusionError::Internal(_) => QueryError::Bug(message),
        DataFusionError::ArrowError(error, _) => QueryError::Failed(error.to_string()),
        _ => QueryError::Failed(message),
    }
}

fn with_place(error: QueryError, line: Option<u64>, column: Option<u64>) -> QueryError {
    match error {
        QueryError::Invalid { message, line: None, .. } => {
            QueryError::Invalid { message, line, column }
        }
        other => other,
    }
}

fn unknown_column(error: &SchemaError) -> String {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let names = valid_fields.iter().map(|f| f.name.clone()).collect();
            format!("column {:?} does not exist{}", field.name, nearest(&field.name, names))
        }
        SchemaError::AmbiguousReference { field } => {
            format!("column {:?} is ambiguous: say of which table", field.name)
        }
        other => other.to_string(),
    }
}

fn unknown_function(text: &str, functions: &dyn Fn() -> Vec<String>) -> Option<String> {
    let rest = text.strip_prefix("Invalid function '")?;
    let name = rest.split('\'').next()?;
    Some(format!("function {name:?} does not exist{}", nearest(name, functions())))
}

/// Names the up to three known names most like `name`.
fn nearest(name: &str, mut known: Vec<String>) -> String {
    known.sort_unstable();
    known.dedup();
    let mut scored: Vec<_> = known
        .into_iter()
        .map(|k| (strsim::jaro_winkler(&name.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(score, _)| *score > 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let names: Vec<_> = scored.into_iter().take(3).map(|(_, k)| k).collect();
    if names.is_empty() { String::new() } else { format!("; nearest: {}", names.join(", ")) }
}
