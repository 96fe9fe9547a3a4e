//! What can go wrong with a query, in words for people.

use super::memory;
use super::orc::FileError;
use super::text::Prepared;
use crate::store::StoreError;
use datafusion::error::DataFusionError;
use std::path::PathBuf;
use traillake_sql_types::error::{Code, SqlError};

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
    /// The statement is not valid, or failed while running.
    #[error("{0}")]
    Sql(SqlError),
    /// A store is missing or broken.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The memory limit was reached.
    #[error("the query needs more memory than it may use: {0}")]
    Memory(String),
    /// It failed while running.
    #[error("the query failed: {0}")]
    Failed(String),
    /// A bug of ours or below us.
    #[error("a bug in traillake, please report it with the query: {0}")]
    Bug(String),
}

impl QueryError {
    /// Puts the position where it is in the text as typed, and shows what was typed there.
    pub(super) fn at_original_position(mut self, prepared: &Prepared) -> Self {
        if let Self::Sql(SqlError { at: Some(at), message, .. }) = &mut self {
            if let Some(typed) = prepared.typed(*at)
                && let Some((_, rest)) = message
                    .strip_prefix("mismatched input '")
                    .and_then(|rest| rest.split_once("'. Expecting"))
            {
                *message = format!("mismatched input '{typed}'. Expecting{rest}");
            }
            *at = prepared.original(*at);
        }
        self
    }

    /// Puts the position so many lines below.
    pub(super) fn moved_by_lines(mut self, lines: i64) -> Self {
        if let Self::Sql(SqlError { at: Some(at), .. }) = &mut self {
            *at = at.moved(lines, 0);
        }
        self
    }

    /// Returns the error as Trino's client protocol tells it: name, message, and place.
    pub fn to_client_error(&self) -> SqlError {
        let (code, message) = match self {
            Self::Sql(error) => return error.clone(),
            Self::Empty | Self::Several => (Code::Syntax, self.to_string()),
            Self::NotSelect(_) => (Code::AccessDenied, self.to_string()),
            Self::Store(error) if error.is_damage() => (Code::Data, error.to_string()),
            Self::Store(error) => (Code::TableNotFound, error.to_string()),
            Self::Memory(_) => (Code::ExceededMemoryLimit, self.to_string()),
            Self::Failed(_) => (Code::Data, self.to_string()),
            Self::Bug(_) => (Code::Internal, self.to_string()),
        };
        SqlError::new(code, message)
    }
}

impl From<SqlError> for QueryError {
    fn from(error: SqlError) -> Self {
        match error.code {
            Code::Internal => Self::Bug(error.message),
            Code::ExceededMemoryLimit => Self::Memory(memory::explain(&error.message)),
            _ => Self::Sql(error),
        }
    }
}

/// Returns the file of a store that could not be read, if that is behind an error, however deep.
fn unreadable_file(error: &DataFusionError) -> Option<StoreError> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(file) = error.downcast_ref::<FileError>() {
            return Some(file.as_store_error());
        }
        if let Some(object_store::Error::NotFound { path, source }) = error.downcast_ref() {
            let (path, reason) = (PathBuf::from(format!("/{path}")), source.to_string());
            return Some(StoreError::Damaged { path, reason });
        }
        next = error.source();
    }
    None
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        // However deep: it may come out of a thread that others wait for, or out of Arrow.
        if let DataFusionError::ResourcesExhausted(text) = error.find_root() {
            return Self::Memory(memory::explain(text));
        }
        if let Some(error) = unreadable_file(&error) {
            return Self::Store(error);
        }
        match error {
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
                Self::from(*inner)
            }
            DataFusionError::Shared(inner) => match std::sync::Arc::try_unwrap(inner) {
                Ok(inner) => Self::from(inner),
                Err(shared) => Self::from(SqlError::of_shared(&shared)),
            },
            DataFusionError::Collection(errors) => match errors.into_iter().next() {
                Some(first) => Self::from(first),
                None => Self::Bug("an empty list of errors".to_owned()),
            },
            DataFusionError::External(inner) => {
                let inner = match inner.downcast::<SqlError>() {
                    Ok(own) => return Self::from(*own),
                    Err(inner) => inner,
                };
                let inner = match inner.downcast::<StoreError>() {
                    Ok(store) => return Self::Store(*store),
                    Err(inner) => inner,
                };
                match inner.downcast::<tokio::task::JoinError>() {
                    Ok(panic) => Self::Bug(panic.to_string()),
                    Err(other) => Self::Failed(other.to_string()),
                }
            }
            DataFusionError::ArrowError(error, _) => Self::from(SqlError::from(*error)),
            DataFusionError::NotImplemented(text) => Self::Sql(SqlError::unsupported(text)),
            other @ (DataFusionError::Internal(_)
            | DataFusionError::Plan(_)
            | DataFusionError::SchemaError(..)) => Self::Bug(other.strip_backtrace()),
            other => Self::Failed(other.strip_backtrace()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::error::ArrowError;
    use std::sync::Arc;

    #[test]
    fn a_memory_limit_is_no_bug_however_deep_it_lies() {
        let lack = || DataFusionError::ResourcesExhausted("no".to_owned());
        let arrow = || ArrowError::ExternalError(Box::new(lack()));
        for error in [
            lack(),
            lack().context("a sort"),
            DataFusionError::External(Box::new(lack())),
            DataFusionError::from(arrow()),
            DataFusionError::Shared(Arc::new(lack().context("shared"))),
            DataFusionError::Shared(Arc::new(DataFusionError::from(arrow()))),
            DataFusionError::Collection(vec![lack()]),
        ] {
            let told = format!("{error:?}");
            let error = QueryError::from(error);
            assert!(matches!(&error, QueryError::Memory(_)), "{told}: {error}");
            assert!(error.to_string().contains("--memory"), "{error}");
            assert_eq!(error.to_client_error().code, Code::ExceededMemoryLimit);
        }
    }
}
