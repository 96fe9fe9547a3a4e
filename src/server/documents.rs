//! What the service is told and keeps, beside what the catalog of the lake has: documents of JSON by kind and id.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Why a document cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// What SQLite said.
    #[error("what the service keeps cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
    /// A document is of another form.
    #[error("a document of the service cannot be read: {0}")]
    Form(#[from] serde_json::Error),
}

/// A SQLite file of documents.
#[derive(Debug)]
pub struct Documents(Mutex<Connection>);

impl Documents {
    /// Opens the file, and makes it if it is not there.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn open(path: &Path) -> Result<Self, DocumentError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS documents (
                kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (kind, id)
            ) STRICT, WITHOUT ROWID",
        )?;
        Ok(Self(Mutex::new(connection)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a document, if it is there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn get<T: DeserializeOwned>(
        &self,
        kind: &str,
        id: &str,
    ) -> Result<Option<T>, DocumentError> {
        let connection = self.lock();
        let sql = "SELECT document FROM documents WHERE kind = ?1 AND id = ?2";
        let mut select = connection.prepare_cached(sql)?;
        let text: Option<String> = select.query_row([kind, id], |row| row.get(0)).optional()?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    /// Returns all documents of a kind, by id.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn all<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<(String, T)>, DocumentError> {
        let connection = self.lock();
        let sql = "SELECT id, document FROM documents WHERE kind = ?1 ORDER BY id";
        let mut select = connection.prepare_cached(sql)?;
        let rows = select.query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let read = |row: rusqlite::Result<(String, String)>| {
            let (id, text) = row?;
            Ok((id, serde_json::from_str(&text)?))
        };
        rows.map(read).collect()
    }

    /// Puts a document in the place of what was there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put<T: Serialize>(
        &self,
        kind: &str,
        id: &str,
        document: &T,
    ) -> Result<(), DocumentError> {
        let text = serde_json::to_string(document)?;
        let connection = self.lock();
        let sql = "INSERT OR REPLACE INTO documents (kind, id, document) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(sql)?.execute(params![kind, id, text])?;
        Ok(())
    }

    /// Removes a document, and returns whether it was there.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, kind: &str, id: &str) -> Result<bool, DocumentError> {
        let connection = self.lock();
        let sql = "DELETE FROM documents WHERE kind = ?1 AND id = ?2";
        Ok(connection.prepare_cached(sql)?.execute([kind, id])? > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_there_when_the_file_is_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("documents.sqlite");
        let documents = Documents::open(&path).unwrap();
        documents.put("store", "a", &vec!["x", "y"]).unwrap();
        documents.put("store", "a", &vec!["z"]).unwrap();
        drop(documents);
        let documents = Documents::open(&path).unwrap();
        let found: Option<Vec<String>> = documents.get("store", "a").unwrap();
        assert_eq!(found, Some(vec!["z".to_owned()]));
        assert_eq!(documents.get::<String>("store", "b").unwrap(), None);
        assert!(matches!(documents.get::<u8>("store", "a"), Err(DocumentError::Form(_))));
        documents.put("store", "0", &vec!["first"]).unwrap();
        documents.put("shop", "b", &1).unwrap();
        let all: Vec<(String, Vec<String>)> = documents.all("store").unwrap();
        assert_eq!(all.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["0", "a"]);
        assert_eq!(documents.all::<u8>("nothing").unwrap(), []);
        assert!(matches!(documents.all::<u8>("store"), Err(DocumentError::Form(_))));
        assert!(documents.remove("store", "a").unwrap());
        assert!(!documents.remove("store", "a").unwrap());
        assert_eq!(documents.get::<String>("store", "a").unwrap(), None);
    }
}
