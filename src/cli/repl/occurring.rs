//! What occurs in the columns of the current store, looked for in the background: keys of maps, values of texts.

use crate::engine::{Engine, QueryError};
use crate::event::schema::Field;
use arrow::array::AsArray;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;

/// The latest events whose keys are looked at, and whose values are if those of all take too long.
const MAX_EVENTS: usize = 10_000;
/// Keys that are offered, the commonest first. A column of more values than that is not one to choose from.
const MAX_TEXTS: usize = 1_000;
/// How long a search may take.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the completion waits before it goes on without them.
const MAX_WAIT: Duration = Duration::from_millis(300);

/// What is looked for in a column, which is given by its path in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    /// The keys of a map.
    Keys(String),
    /// The values of a text that has few of them.
    Values(String),
}

impl Wanted {
    /// The statements that find it, the next one if one takes too long.
    fn statements(&self) -> Vec<String> {
        let latest = format!("ORDER BY eventTime DESC LIMIT {MAX_EVENTS}");
        match self {
            Self::Keys(column) => vec![format!(
                "SELECT u.k FROM (SELECT map_keys({column}) AS ks FROM event_data_store
                 WHERE {column} IS NOT NULL {latest})
                 CROSS JOIN UNNEST(ks) AS u (k) GROUP BY u.k ORDER BY count(*) DESC, u.k LIMIT {MAX_TEXTS}"
            )],
            Self::Values(column) => ["", &latest]
                .map(|events| {
                    format!(
                        "SELECT v FROM (SELECT {column} AS v FROM event_data_store
                         WHERE {column} IS NOT NULL {events})
                         GROUP BY v ORDER BY count(*) DESC, v LIMIT {}",
                        MAX_TEXTS + 1
                    )
                })
                .to_vec(),
        }
    }
}

/// Finds texts in columns, and keeps what it found.
pub(super) struct Occurring {
    engine: Arc<Engine>,
    runtime: Handle,
    found: Arc<Found>,
}

#[derive(Default)]
struct Found {
    searches: Mutex<HashMap<Wanted, Search>>,
    changed: Condvar,
}

enum Search {
    Running,
    Done(Vec<String>),
}

impl Found {
    fn lock(&self) -> MutexGuard<'_, HashMap<Wanted, Search>> {
        self.searches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Occurring {
    pub(super) fn new(engine: Arc<Engine>, runtime: Handle) -> Self {
        Self { engine, runtime, found: Arc::default() }
    }

    /// Returns the columns of the current store.
    pub(super) fn columns(&self) -> &'static [Field] {
        self.engine.schema().columns()
    }

    /// Returns what is wanted of a column, the commonest first, or `None` while it is looked for.
    pub(super) fn get(&self, wanted: &Wanted) -> Option<Vec<String>> {
        let mut searches = self.found.lock();
        if !searches.contains_key(wanted) {
            searches.insert(wanted.clone(), Search::Running);
            self.runtime.spawn(search(
                Arc::clone(&self.engine),
                Arc::clone(&self.found),
                wanted.clone(),
            ));
            let running = |searches: &mut HashMap<_, _>| {
                matches!(searches.get(wanted), Some(Search::Running))
            };
            let waited = self.found.changed.wait_timeout_while(searches, MAX_WAIT, running);
            searches = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        match searches.get(wanted) {
            Some(Search::Done(texts)) => Some(texts.clone()),
            _ => None,
        }
    }
}

/// Looks for what is wanted of a column; a failure or timeout finds nothing.
async fn search(engine: Arc<Engine>, found: Arc<Found>, wanted: Wanted) {
    let mut texts = Vec::new();
    for sql in wanted.statements() {
        if let Ok(answer) = tokio::time::timeout(SEARCH_TIMEOUT, texts_of(&engine, &sql)).await {
            texts = answer.unwrap_or_default();
            break;
        }
    }
    if texts.len() > MAX_TEXTS {
        texts.clear();
    }
    found.lock().insert(wanted, Search::Done(texts));
    found.changed.notify_all();
}

/// Returns the first column of an answer.
async fn texts_of(engine: &Engine, sql: &str) -> Result<Vec<String>, QueryError> {
    let mut answer = engine.query(sql).await?;
    let mut found = Vec::new();
    while let Some(batch) = answer.next().await.transpose()? {
        let column = batch.column(0);
        let texts: Box<dyn Iterator<Item = Option<&str>>> = match column.as_string_view_opt() {
            Some(views) => Box::new(views.iter()),
            None => match column.as_string_opt::<i32>() {
                Some(texts) => Box::new(texts.iter()),
                None => Box::new(std::iter::empty()),
            },
        };
        found.extend(texts.flatten().map(str::to_owned));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EngineOptions;
    use crate::envelope::discover;
    use crate::store::{ImportOptions, Lake, Progress, import};
    use std::sync::atomic::AtomicBool;

    #[test]
    fn what_occurs_is_found_the_commonest_first() {
        let dir = tempfile::tempdir().unwrap();
        let (lake, store) =
            Lake::for_one_query(dir.path(), || chrono::DateTime::UNIX_EPOCH).unwrap();
        let file = dir.path().join("events.jsonl");
        let event = |parameters: &str, n: usize| {
            let name = ["Rare", "Often"][n.min(1)];
            format!(
                r#"{{"eventName":"{name}","eventTime":"2026-03-01T00:00:00Z","eventID":"{n}","requestParameters":{parameters}}}"#
            )
        };
        let known = [r#"{"rare":1,"often":2}"#, r#"{"often":"x"}"#];
        let events = (0..=MAX_TEXTS).map(|n| event(known.get(n).unwrap_or(&"null"), n));
        std::fs::write(&file, events.collect::<Vec<_>>().join("\n")).unwrap();
        let paths = [file.to_str().unwrap().to_owned()];
        let options = ImportOptions::for_one_query(&paths, 2, 64 << 20);
        let found = discover(&options.paths).unwrap();
        import(&lake, &store, found, &options, &Progress::default(), &AtomicBool::new(false))
            .unwrap();

        let options = EngineOptions { threads: 2, memory: 64 << 20 };
        let engine = Arc::new(Engine::new(Arc::new(lake), Some(store), options).unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let occurring = Occurring::new(engine, runtime.handle().clone());
        let wait = |wanted: Wanted| loop {
            if let Some(found) = occurring.get(&wanted) {
                return found;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let keys = |column: &str| wait(Wanted::Keys(column.to_owned()));
        let values = |column: &str| wait(Wanted::Values(column.to_owned()));
        assert_eq!(keys("requestparameters"), ["often", "rare"]);
        assert!(keys("responseelements").is_empty());
        assert!(keys("nothing").is_empty(), "what goes wrong finds none");
        assert_eq!(values("eventname"), ["Often", "Rare"]);
        assert!(values("eventid").is_empty(), "too many to choose from");
    }
}
