//! Queries to measure: the built-in suite, or the user's own files.

use super::BenchError;
use crate::engine::{Engine, text};
use crate::output::{OutputFormat, WriterOptions, writer};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A query to measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Its name: that of its file, with a number where a file has several.
    pub name: String,
    /// The statement, with its parameters in braces.
    pub sql: String,
}

macro_rules! suite {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../queries/bench/", $name, ".sql")))),*]
    };
}

const SUITE: [(&str, &str); 12] = suite![
    "01-count",
    "02-top-event-names",
    "03-errors-in-two-days",
    "04-event-by-id",
    "05-calls-by-role",
    "06-hourly-by-region",
    "07-addresses-by-principal",
    "08-user-agent-like",
    "09-last-100-narrow",
    "10-last-100-wide",
    "11-rare-event",
    "12-unnest-resources",
];

/// Returns the built-in queries.
pub fn suite() -> Vec<Query> {
    SUITE.iter().flat_map(|(name, text)| queries_of(name, text)).collect()
}

/// Reads the statements of a file, or of all `.sql` files of a folder, by name.
///
/// # Errors
/// When it cannot be read, or has no statement.
pub fn read(path: &Path) -> Result<Vec<Query>, BenchError> {
    let wrong = |path: &Path| {
        let path = path.to_owned();
        move |error| BenchError::Io { path, error }
    };
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        files = entries.map_err(wrong(path))?.into_iter().map(|entry| entry.path()).collect();
        files.retain(|file: &PathBuf| file.extension().is_some_and(|e| e == "sql"));
        files.sort_unstable();
    }
    let mut queries = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).map_err(wrong(file))?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        queries.extend(queries_of(&name, text.trim_start_matches('\u{feff}')));
    }
    if queries.is_empty() { Err(BenchError::NoQueries(path.to_owned())) } else { Ok(queries) }
}

fn queries_of(name: &str, text: &str) -> Vec<Query> {
    let statements = text::statements(text);
    let named = |(at, statement): (usize, &text::Statement<'_>)| {
        let name =
            if statements.len() == 1 { name.to_owned() } else { format!("{name}-{}", at + 1) };
        Query { name, sql: statement.sql.to_owned() }
    };
    statements.iter().enumerate().map(named).collect()
}

/// Returns the queries with these names; the number before a name may be left out. No names mean all.
///
/// # Errors
/// When there is no query of a name.
pub fn pick(queries: Vec<Query>, names: &[String]) -> Result<Vec<Query>, BenchError> {
    let is = |query: &Query, name: &String| {
        let short = query.name.trim_start_matches(|c: char| c.is_ascii_digit());
        query.name == *name || short.strip_prefix('-') == Some(name)
    };
    if let Some(wanted) = names.iter().find(|name| !queries.iter().any(|query| is(query, name))) {
        let known = queries.into_iter().map(|query| query.name).collect();
        return Err(BenchError::UnknownQuery { wanted: wanted.clone(), known });
    }
    let mut queries = queries;
    queries.retain(|query| names.is_empty() || names.iter().any(|name| is(query, name)));
    Ok(queries)
}

/// What `{name}` in a query stands for: SQL literals found in the events by `parameters.sql`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(pub Map<String, Value>);

impl Parameters {
    /// Finds the parameters in the events that `engine` has.
    ///
    /// # Errors
    /// When the query for them fails.
    pub async fn find(engine: &Engine) -> Result<Self, BenchError> {
        let text = include_str!("parameters.sql");
        let sql = text::next_statement(text, 0).map_or("", |statement| statement.sql);
        let mut answer = engine.query(sql).await?;
        let mut row = Vec::new();
        let mut out = writer(OutputFormat::Jsonl, &mut row, &WriterOptions::default())?;
        out.begin(&answer.labels, &answer.types)?;
        while let Some(batch) = answer.next().await {
            out.rows(&batch?)?;
        }
        drop(out);
        let found = serde_json::from_slice(&row).map_err(|e| BenchError::Bug(e.to_string()))?;
        Ok(Self(found))
    }

    /// Puts them into a query.
    pub fn fill(&self, query: &Query) -> Query {
        let mut filled = query.clone();
        for (name, value) in &self.0 {
            let literal = match value {
                Value::String(text) => format!("'{}'", text.replace('\'', "''")),
                other => other.to_string(),
            };
            filled.sql = filled.sql.replace(&format!("{{{name}}}"), &literal);
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn queries_are_picked_by_name_with_and_without_number() {
        let pick = |names: &[&str]| {
            pick(suite(), &names.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let picked = pick(&["event-by-id", "01-count"]).unwrap();
        assert_eq!(
            picked.iter().map(|q| &*q.name).collect::<Vec<_>>(),
            ["01-count", "04-event-by-id"]
        );
        assert_eq!(pick(&[]).unwrap().len(), 12);
        let error = pick(&["by-id"]).unwrap_err().to_string();
        assert!(error.contains("\"by-id\"") && error.contains("12-unnest-resources"), "{error}");
    }

    #[test]
    fn files_and_folders_of_queries_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        file("two.sql", "\u{feff}-- one\nSELECT 1; SELECT ';';\n");
        file("one.sql", "SELECT 3");
        file("notes.txt", "SELECT");
        let names: Vec<_> = read(dir.path()).unwrap().into_iter().map(|q| q.name).collect();
        assert_eq!(names, ["one", "two-1", "two-2"]);
        file("empty.sql", " ;\n");
        for (name, want) in [("empty.sql", "no statement"), ("missing.sql", "missing.sql: ")] {
            let error = read(&dir.path().join(name)).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
    }

    #[test]
    fn parameters_are_literals() {
        let Value::Object(values) = json!({"who": "O'Neil", "none": null}) else { panic!() };
        let query = Query { name: "q".to_owned(), sql: "{who} {none} {other} '{3}'".to_owned() };
        assert_eq!(Parameters(values).fill(&query).sql, "'O''Neil' null {other} '{3}'");
    }
}
