//! Keys that occur in the columns of maps, looked for in the background.

use crate::engine::{Engine, QueryError};
use crate::event::schema::Field;
use arrow::array::AsArray;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;

/// The latest events that are looked at.
const MAX_EVENTS: usize = 10_000;
/// Keys that are offered, the commonest first.
const MAX_KEYS: usize = 1_000;
/// How long a search may take.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the completion waits before it goes on without keys.
const MAX_WAIT: Duration = Duration::from_millis(300);

/// Finds keys, and keeps what it found.
pub(super) struct Keys {
    engine: Arc<Engine>,
    runtime: Handle,
    found: Arc<Found>,
}

#[derive(Default)]
struct Found {
    columns: Mutex<HashMap<String, Search>>,
    changed: Condvar,
}

enum Search {
    Running,
    Done(Vec<String>),
}

impl Found {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Search>> {
        self.columns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys {
    pub(super) fn new(engine: Arc<Engine>, runtime: Handle) -> Self {
        Self { engine, runtime, found: Arc::default() }
    }

    /// Returns the columns of the current store.
    pub(super) fn columns(&self) -> &'static [Field] {
        self.engine.schema().columns()
    }

    /// Returns the keys of a column, or `None` while they are looked for.
    pub(super) fn of(&self, column: &str) -> Option<Vec<String>> {
        let mut columns = self.found.lock();
        if !columns.contains_key(column) {
            columns.insert(column.to_owned(), Search::Running);
            self.runtime.spawn(search(
                Arc::clone(&self.engine),
                Arc::clone(&self.found),
                column.to_owned(),
            ));
            let running =
                |columns: &mut HashMap<_, _>| matches!(columns.get(column), Some(Search::Running));
            let waited = self.found.changed.wait_timeout_while(columns, MAX_WAIT, running);
            columns = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        match columns.get(column) {
            Some(Search::Done(keys)) => Some(keys.clone()),
            _ => None,
        }
    }
}

/// Looks for the keys of a column; a failure or timeout finds none.
async fn search(engine: Arc<Engine>, found: Arc<Found>, column: String) {
    let keys = tokio::time::timeout(SEARCH_TIMEOUT, keys_of(&engine, &column)).await;
    let keys = keys.ok().and_then(Result::ok).unwrap_or_default();
    found.lock().insert(column, Search::Done(keys));
    found.changed.notify_all();
}

async fn keys_of(engine: &Engine, column: &str) -> Result<Vec<String>, QueryError> {
    let sql = format!(
        "SELECT u.k FROM (SELECT map_keys({column}) AS ks FROM event_data_store
         WHERE {column} IS NOT NULL ORDER BY eventTime DESC LIMIT {MAX_EVENTS})
         CROSS JOIN UNNEST(ks) AS u (k) GROUP BY u.k ORDER BY count(*) DESC, u.k LIMIT {MAX_KEYS}"
    );
    let mut answer = engine.query(&sql).await?;
    let mut keys = Vec::new();
    while let Some(batch) = answer.next().await.transpose()? {
        let column = batch.column(0);
        let texts: Box<dyn Iterator<Item = Option<&str>>> = match column.as_string_view_opt() {
            Some(views) => Box::new(views.iter()),
            None => match column.as_string_opt::<i32>() {
                Some(texts) => Box::new(texts.iter()),
                None => Box::new(std::iter::empty()),
            },
        };
        keys.extend(texts.flatten().map(str::to_owned));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EngineOptions;
    use crate::envelope::discover;
    use crate::store::{ImportOptions, Lake, Progress, import};
    use std::sync::atomic::AtomicBool;

    #[test]
    fn keys_that_occur_are_found_the_commonest_first() {
        let dir = tempfile::tempdir().unwrap();
        let (lake, store) =
            Lake::for_one_query(dir.path(), || chrono::DateTime::UNIX_EPOCH).unwrap();
        let file = dir.path().join("events.jsonl");
        let event = |parameters: &str, n: u32| {
            format!(
                r#"{{"eventName":"A","eventTime":"2026-03-01T00:00:0{n}Z","eventID":"{n}","requestParameters":{parameters}}}"#
            )
        };
        let events =
            [event(r#"{"rare":1,"often":2}"#, 1), event(r#"{"often":"x"}"#, 2), event("null", 3)];
        std::fs::write(&file, events.join("\n")).unwrap();
        let paths = [file.to_str().unwrap().to_owned()];
        let options = ImportOptions::for_one_query(&paths, 2, 64 << 20);
        let found = discover(&options.paths).unwrap();
        import(&lake, &store, found, &options, &Progress::default(), &AtomicBool::new(false))
            .unwrap();

        let options = EngineOptions { threads: 2, memory: 64 << 20 };
        let engine = Arc::new(Engine::new(Arc::new(lake), Some(store), options).unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let keys = Keys::new(engine, runtime.handle().clone());
        let wait = |column: &str| loop {
            if let Some(found) = keys.of(column) {
                return found;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(wait("requestparameters"), ["often", "rare"]);
        assert!(wait("responseelements").is_empty());
        assert!(wait("nothing").is_empty(), "what goes wrong finds none");
    }
}
