//! What was typed before: kept in a file that only its owner reads, and shown once each.

use reedline::{
    CommandLineSearch, FileBackedHistory, History, HistoryItem, HistoryItemId, HistorySessionId,
    Result, SearchQuery,
};
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;

/// Entries that are kept.
const MAX_ENTRIES: usize = 10_000;

/// A history without duplicates: of equal entries the last counts.
pub(super) struct DistinctHistory {
    inner: FileBackedHistory,
    /// The last place of each entry.
    last: HashMap<String, i64>,
}

impl DistinctHistory {
    /// The history in a file, which is created if it does not exist.
    pub(super) fn in_file(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        drop(file);
        let inner = FileBackedHistory::with_file(MAX_ENTRIES, path.to_owned());
        Self::new(inner.map_err(|error| io::Error::other(error.to_string()))?)
    }

    /// A history that ends with the session.
    pub(super) fn in_memory() -> io::Result<Self> {
        Self::new(FileBackedHistory::new(MAX_ENTRIES).map_err(|e| io::Error::other(e.to_string()))?)
    }

    fn new(inner: FileBackedHistory) -> io::Result<Self> {
        let mut history = Self { inner, last: HashMap::new() };
        history.note().map_err(|error| io::Error::other(error.to_string()))?;
        Ok(history)
    }

    fn note(&mut self) -> Result<()> {
        let all = self.inner.search(SearchQuery::everything(
            reedline::SearchDirection::Forward,
            self.inner.session(),
        ))?;
        self.last =
            all.into_iter().filter_map(|item| Some((item.command_line, item.id?.0))).collect();
        Ok(())
    }
}

impl History for DistinctHistory {
    fn save(&mut self, item: HistoryItem) -> Result<HistoryItem> {
        let saved = self.inner.save(item)?;
        self.note()?;
        Ok(saved)
    }

    fn load(&self, id: HistoryItemId) -> Result<HistoryItem> {
        self.inner.load(id)
    }

    fn count(&self, query: SearchQuery) -> Result<i64> {
        Ok(self.search(query)?.len() as i64)
    }

    fn search(&self, mut query: SearchQuery) -> Result<Vec<HistoryItem>> {
        let limit = query.limit.take().and_then(|limit| usize::try_from(limit).ok());
        // People remember words, not how they were capitalized.
        let wanted = match &query.filter.command_line {
            Some(CommandLineSearch::Substring(text)) => {
                let text = text.to_lowercase();
                query.filter.command_line = None;
                Some(text)
            }
            _ => None,
        };
        let mut found = self.inner.search(query)?;
        found.retain(|item| {
            let last = self.last.get(&item.command_line);
            last.is_none_or(|last| item.id.is_none_or(|id| id.0 == *last))
                && wanted.as_ref().is_none_or(|w| item.command_line.to_lowercase().contains(w))
        });
        found.truncate(limit.unwrap_or(usize::MAX));
        Ok(found)
    }

    fn update(
        &mut self,
        id: HistoryItemId,
        updater: &dyn Fn(HistoryItem) -> HistoryItem,
    ) -> Result<()> {
        self.inner.update(id, updater)
    }

    fn clear(&mut self) -> Result<()> {
        self.last.clear();
        self.inner.clear()
    }

    fn delete(&mut self, id: HistoryItemId) -> Result<()> {
        self.inner.delete(id)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.inner.sync()?;
        self.note().map_err(|error| io::Error::other(error.to_string()))
    }

    fn session(&self) -> Option<HistorySessionId> {
        self.inner.session()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reedline::{SearchDirection, SearchFilter};

    fn lines(history: &DistinctHistory, search: Option<CommandLineSearch>) -> Vec<String> {
        let mut query = SearchQuery::everything(SearchDirection::Backward, None);
        query.filter = search.map_or_else(
            || SearchFilter::anything(None),
            |s| SearchFilter::from_text_search(s, None),
        );
        history.search(query).unwrap().into_iter().map(|item| item.command_line).collect()
    }

    #[test]
    fn entries_are_kept_for_their_owner_and_shown_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/history.txt");
        let mut history = DistinctHistory::in_file(&path).unwrap();
        for line in ["SELECT 1;", ".help", "SELECT\n1;", "SELECT 1;"] {
            history.save(HistoryItem::from_command_line(line)).unwrap();
        }
        history.sync().unwrap();
        assert_eq!(lines(&history, None), ["SELECT 1;", "SELECT\n1;", ".help"]);
        drop(history);
        let again = DistinctHistory::in_file(&path).unwrap();
        assert_eq!(lines(&again, None), ["SELECT 1;", "SELECT\n1;", ".help"]);
        let search = CommandLineSearch::Substring("select".to_owned());
        assert_eq!(lines(&again, Some(search)), ["SELECT 1;", "SELECT\n1;"]);
        let mut one = SearchQuery::everything(SearchDirection::Backward, None);
        one.limit = Some(1);
        assert_eq!(again.count(one).unwrap(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_history_that_cannot_be_kept_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(DistinctHistory::in_file(&file.join("history.txt")).is_err());
        assert!(lines(&DistinctHistory::in_memory().unwrap(), None).is_empty());
    }
}
