//! What an investigator does first: look for a text everywhere, follow an identity, look a store over, page through the
//! event history.

mod find;
mod lookup;
mod succession;
mod timeline;

pub use find::{Event, EventGroup, Find, Found};
pub use lookup::{
    LOOKUP_KEYS, LookedUpEvent, LookedUpResource, LookupCategory, LookupEvents, LookupKey,
    LookupPage,
};
pub use timeline::{Line, Timeline};

use crate::engine::parameters::Parameters;
use crate::engine::{Engine, QueryError};
use crate::output::{OutputError, OutputFormat, WriterOptions, writer};
use crate::saved::parameters::{ParameterType, bind};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// A row of an answer: values as JSON by label.
pub type Row = Map<String, Value>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum InvestigateError {
    /// The question is invalid.
    #[error("{0}")]
    Question(String),
    /// The query fails.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The answer cannot be read.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Returns all rows of an answer; for answers that are small.
///
/// # Errors
/// When the statement fails.
pub async fn rows(
    engine: &Engine,
    sql: &str,
    values: &Parameters,
) -> Result<Vec<Row>, InvestigateError> {
    let mut answer = engine.query_with(sql, values).await?;
    let mut batches = Vec::new();
    while let Some(batch) = answer.next().await {
        batches.push(batch?);
    }
    let mut text = Vec::new();
    {
        let mut out = writer(OutputFormat::Json, &mut text, &WriterOptions::default())?;
        out.begin(&answer.labels, &answer.types)?;
        batches.iter().try_for_each(|batch| out.rows(batch))?;
        out.end()?;
    }
    let rows = serde_json::from_slice(&text);
    rows.map_err(|error| QueryError::Bug(format!("an answer is not JSON: {error}")).into())
}

/// Returns the values of parameters for a statement run at `now`: of those that are text, and of the bounds `$from` and `$to`.
fn values(
    now: DateTime<Utc>,
    texts: &[(&str, &str)],
    from: Option<&str>,
    to: Option<&str>,
) -> Result<Parameters, InvestigateError> {
    let texts = texts.iter().map(|(name, text)| (*name, ParameterType::Varchar, Some(*text)));
    let bounds = [("from", from), ("to", to)];
    let bounds = bounds.map(|(name, text)| (name, ParameterType::Timestamp, text));
    let mut values = Parameters::at(now);
    for (name, kind, text) in texts.chain(bounds) {
        let bound = bind(&mut values, name, kind, text);
        bound.map_err(|error| InvestigateError::Question(error.to_string()))?;
    }
    Ok(values)
}

/// Returns a LIKE pattern, with `\` as escape, of a text in which `*` stands for anything.
fn pattern(text: &str, anywhere: bool) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    let around = if anywhere { "%" } else { "" };
    pattern.push_str(around);
    for c in text.chars() {
        match c {
            '*' if !anywhere => pattern.push('%'),
            '%' | '_' | '\\' => pattern.extend(['\\', c]),
            c => pattern.push(c),
        }
    }
    pattern.push_str(around);
    pattern
}

/// The text of a value of a row; empty for NULL.
fn text(row: &Row, label: &str) -> String {
    match row.get(label) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}
