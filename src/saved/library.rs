//! All saved queries: the shipped ones, and those of the user's folder.

use super::SavedError;
use super::query::{Origin, SavedQuery};
use crate::engine::nearest;
use rust_embed::RustEmbed;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(RustEmbed)]
#[folder = "queries/"]
#[include = "*.sql"]
// The queries of `bench`, which has its own way to give them values.
#[exclude = "bench/*"]
struct Shipped;

/// A file of the user's folder that is not a saved query.
#[derive(Debug)]
pub struct InvalidFile {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub error: SavedError,
}

/// Saved queries by name.
#[derive(Debug, Default)]
pub struct Library {
    queries: BTreeMap<String, SavedQuery>,
    /// Files that could not be taken.
    pub invalid: Vec<InvalidFile>,
}

impl Library {
    /// Reads the shipped queries and those of `folder`, if it exists; these come before shipped ones
    /// of the same name.
    ///
    /// # Errors
    /// When a shipped query is wrong.
    pub fn load(folder: Option<&Path>) -> Result<Self, SavedError> {
        let mut library = Self::default();
        for path in Shipped::iter() {
            let Some(file) = Shipped::get(&path) else { continue };
            let text = String::from_utf8_lossy(&file.data);
            let name = path.trim_end_matches(".sql");
            let query = SavedQuery::parse(name, &text, Origin::Shipped)
                .map_err(|error| SavedError::Declaration(format!("{name}: {error}")))?;
            library.queries.insert(name.to_owned(), query);
        }
        if let Some(folder) = folder.filter(|folder| folder.exists()) {
            library.add(folder);
        }
        Ok(library)
    }

    fn add(&mut self, folder: &Path) {
        for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
            let read = entry.map_err(|error| {
                let path = error.path().unwrap_or(folder).to_owned();
                InvalidFile {
                    error: SavedError::Io { path: path.clone(), error: error.into() },
                    path,
                }
            });
            let query = match read {
                Ok(entry) if entry.path().extension().is_some_and(|e| e == "sql") => {
                    file(folder, entry.path())
                }
                Ok(_) => continue,
                Err(invalid) => Err(invalid),
            };
            match query {
                Ok(query) => {
                    self.queries.insert(query.name.clone(), query);
                }
                Err(invalid) => self.invalid.push(invalid),
            }
        }
    }

    /// Returns the query with this name, or the only one whose name ends in it.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &str) -> Result<&SavedQuery, SavedError> {
        let wanted = name.trim_end_matches(".sql").to_lowercase();
        if let Some(query) = self.queries.get(&wanted) {
            return Ok(query);
        }
        let mut ends = self.queries.values().filter(|q| q.name.ends_with(&format!("/{wanted}")));
        match (ends.next(), ends.next()) {
            (Some(query), None) => Ok(query),
            _ => Err(SavedError::Unknown {
                name: name.to_owned(),
                nearest: nearest(&wanted, self.queries.keys().cloned().collect()),
            }),
        }
    }

    /// Returns all queries, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = &SavedQuery> {
        self.queries.values()
    }
}

fn file(folder: &Path, path: &Path) -> Result<SavedQuery, InvalidFile> {
    let name = path.strip_prefix(folder).unwrap_or(path).with_extension("");
    let name = name.to_string_lossy().replace('\\', "/").to_lowercase();
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| SavedError::Io { path: path.to_owned(), error });
    text.and_then(|text| SavedQuery::parse(&name, &text, Origin::File(path.to_owned())))
        .map_err(|error| InvalidFile { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_of_the_user_stand_beside_the_shipped_ones() {
        let folder = tempfile::tempdir().unwrap();
        let front = "/* title = \"Mine\"\nquestion = \"What?\" */";
        std::fs::create_dir(folder.path().join("team")).unwrap();
        std::fs::write(folder.path().join("team/mine.sql"), format!("{front} SELECT 1")).unwrap();
        std::fs::write(folder.path().join("bad.sql"), "SELECT 1").unwrap();
        std::fs::write(folder.path().join("note.txt"), "no query").unwrap();
        let library = Library::load(Some(folder.path())).unwrap();
        assert_eq!(library.get("team/mine").unwrap().title, "Mine");
        assert_eq!(library.get("mine").unwrap().name, "team/mine");
        assert_eq!(library.invalid.len(), 1);
        assert!(library.get("team/min").unwrap_err().to_string().contains("team/mine"));
    }
}
