//! Queries by an alias: what a widget of a dashboard asks has one, and the number of the refresh that asked it.

use super::journal::{Journal, id_at};
use super::{Queries, QueryError};
use crate::engine::parameters::Parameters;
use rusqlite::{OptionalExtension, params};
use std::sync::Arc;
use uuid::Uuid;

/// The table of aliases; its rows go with their queries.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS query_aliases (
    number INTEGER PRIMARY KEY,
    query TEXT NOT NULL UNIQUE REFERENCES queries (id) ON DELETE CASCADE,
    alias TEXT NOT NULL,
    refresh TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS query_aliases_alias ON query_aliases (alias);
";

impl Journal {
    fn name(&self, id: Uuid, alias: &str, refresh: Option<&str>) -> Result<(), QueryError> {
        let connection = self.lock();
        let sql = "INSERT INTO query_aliases (query, alias, refresh) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(sql)?.execute(params![id.to_string(), alias, refresh])?;
        Ok(())
    }

    fn latest(&self, alias: &str, refresh: Option<&str>) -> Result<Option<Uuid>, QueryError> {
        let connection = self.lock();
        let sql =
            "SELECT query FROM query_aliases WHERE alias = ?1 AND (?2 IS NULL OR refresh = ?2)
            ORDER BY number DESC LIMIT 1";
        let mut select = connection.prepare_cached(sql)?;
        Ok(select.query_row(params![alias, refresh], |row| id_at(row, 0)).optional()?)
    }

    fn forget_alias(&self, alias: &str) -> Result<(), QueryError> {
        self.lock().execute("DELETE FROM query_aliases WHERE alias = ?1", [alias])?;
        Ok(())
    }
}

impl Queries {
    /// Starts a query as [`Self::start`] does, with values for its parameters, under an alias, and for a refresh if it
    /// is one's; its answer is delivered to `uri`, if to any.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_as(
        self: &Arc<Self>,
        sql: &str,
        values: Parameters,
        (alias, refresh): (&str, Option<&str>),
        uri: Option<String>,
    ) -> Result<Uuid, QueryError> {
        let id = self.start_with(sql, values, uri).await?;
        self.journal.name(id, alias, refresh)?;
        Ok(id)
    }

    /// Checks a statement as [`Self::check`] does, with values for its parameters.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub async fn check_with(
        self: &Arc<Self>,
        sql: &str,
        values: Parameters,
    ) -> Result<(), QueryError> {
        self.checked(sql.to_owned(), values).await?;
        Ok(())
    }

    /// Returns the query that was started last under an alias, or for a refresh of it.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn latest(&self, alias: &str, refresh: Option<&str>) -> Result<Option<Uuid>, QueryError> {
        self.journal.latest(alias, refresh)
    }

    /// Forgets which queries had an alias; they stay.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn forget_alias(&self, alias: &str) -> Result<(), QueryError> {
        self.journal.forget_alias(alias)
    }
}
