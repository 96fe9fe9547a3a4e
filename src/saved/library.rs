//! All saved queries: the shipped ones, and those of the user's folder.

use super::SavedError;
use super::query::{Origin, SavedQuery};
use super::relevance::{self, Texts};
use crate::engine::nearest;
use rust_embed::RustEmbed;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Names of queries that a message lists.
const MAX_NAMED: usize = 5;

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
    /// The words of each query, once they were asked for.
    texts: OnceLock<Vec<Texts>>,
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

    /// Returns the only query that a part of a name may mean, as [`Self::named`] tells.
    ///
    /// # Errors
    /// When there is none, or several.
    pub fn get(&self, part: &str) -> Result<&SavedQuery, SavedError> {
        let found = self.named(part);
        match found.as_slice() {
            [query] => Ok(query),
            [] => Err(SavedError::Unknown { name: part.to_owned(), nearest: self.nearest(part) }),
            several => {
                Err(SavedError::Ambiguous { part: part.to_owned(), names: enumerated(several) })
            }
        }
    }

    /// Returns the queries that a part of a name may mean: the one with this name, else the only one whose last
    /// part it is, else all that have it in their name; case does not count.
    pub fn named(&self, part: &str) -> Vec<&SavedQuery> {
        let part = part.trim_end_matches(".sql").to_lowercase();
        if let Some(query) = self.queries.get(&part) {
            return vec![query];
        }
        let mut last = self.queries.values().filter(|query| last_part(&query.name) == part);
        if let (Some(query), None) = (last.next(), last.next()) {
            return vec![query];
        }
        self.queries.values().filter(|query| query.name.contains(&part)).collect()
    }

    /// Returns the names that are most like a part of one, as the end of a message.
    pub fn nearest(&self, part: &str) -> String {
        let names = || self.queries.keys();
        let last = match part.contains('/') {
            true => String::new(),
            false => nearest(part, names().map(|name| last_part(name).to_owned()).collect()),
        };
        if last.is_empty() { nearest(part, names().cloned().collect()) } else { last }
    }

    /// Returns the queries that have all of `words` in what is said of them, ordered by name.
    pub fn search(&self, words: &[String]) -> impl Iterator<Item = &SavedQuery> {
        self.iter().filter(move |query| query.matches(words))
    }

    /// Returns the queries that have something to do with a question in words of its own: each with its relevance, above 0
    /// and up to 1, the most relevant first.
    pub fn ranked(&self, question: &str) -> Vec<(f64, &SavedQuery)> {
        let texts = self.texts.get_or_init(|| self.iter().map(Texts::of).collect());
        relevance::ranked(self.iter().zip(texts), question)
    }

    /// Returns all queries, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = &SavedQuery> {
        self.queries.values()
    }
}

/// The names of some queries, and how many there are beside them.
fn enumerated(queries: &[&SavedQuery]) -> String {
    let names: Vec<_> = queries.iter().take(MAX_NAMED).map(|query| query.name.as_str()).collect();
    match queries.len() - names.len() {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// The name without its category.
fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
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
        assert_eq!(library.get("TEAM/min").unwrap().name, "team/mine");
    }

    #[test]
    fn a_part_of_a_name_is_enough() {
        let library = Library::load(None).unwrap();
        let names = |part: &str| {
            library.named(part).into_iter().map(|query| query.name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(names("overview/days"), ["overview/days"]);
        assert_eq!(names("Days.sql"), ["overview/days"]);
        assert_eq!(names("created-by-hand"), names("ed-by-han"));
        assert!(
            names("buckets").len() > 1 && names("buckets").iter().all(|n| n.contains("buckets"))
        );
        let message = |part: &str| library.get(part).unwrap_err().to_string();
        let several = message("buckets");
        let begins =
            "several saved queries have \"buckets\" in their name: operations/buckets-used, ";
        assert!(several.starts_with(begins), "{several}");
        assert!(message("o").ends_with(" more"));
        let none = message("created-by-hnad");
        assert!(none.contains("nearest: created-by-hand"), "{none}");
        assert!(message("overveiw/days").contains("nearest: overview/days"));
    }
}
