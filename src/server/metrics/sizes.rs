//! How large the stores are, as the catalog told a few seconds ago.
//!
//! It is asked only when it has changed, not by the threads that answer requests, and over a connection of its own: sums over
//! the data files of a large lake take a tenth of a second, for which nobody else waits.

use crate::store::catalog::{Moment, StoreSize};
use crate::store::{Lake, StoreError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often it is looked whether the catalog has changed.
const EVERY: Duration = Duration::from_secs(5);

/// A store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoreState {
    pub(super) name: String,
    pub(super) size: StoreSize,
    /// Whether it takes events.
    pub(super) ingests: bool,
}

/// The stores, as they were at a moment.
#[derive(Debug)]
pub(crate) struct StoreSizes {
    lake: Lake,
    known: Mutex<(Option<Moment>, Arc<[StoreState]>)>,
}

impl StoreSizes {
    /// Reads the sizes of the stores of a lake.
    pub(crate) fn of(lake: &Lake) -> Result<Self, StoreError> {
        let lake = Lake::open(lake.paths().root(), lake.clock())?;
        let sizes = Self { lake, known: Mutex::new((None, Arc::new([]))) };
        sizes.refresh()?;
        Ok(sizes)
    }

    fn lock(&self) -> MutexGuard<'_, (Option<Moment>, Arc<[StoreState]>)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the stores, by name.
    pub(super) fn now(&self) -> Arc<[StoreState]> {
        Arc::clone(&self.lock().1)
    }

    /// Reads the sizes again if the catalog has changed.
    fn refresh(&self) -> Result<(), StoreError> {
        let catalog = self.lake.catalog();
        // What changes from here on is seen the next time.
        let moment = catalog.moment()?;
        if self.lock().0 == Some(moment) {
            return Ok(());
        }
        let sizes = catalog.sizes()?;
        let stores = catalog.stores()?.into_iter().map(|store| StoreState {
            size: sizes.get(&store.id).copied().unwrap_or_default(),
            ingests: store.check_ingests().is_ok(),
            name: store.name,
        });
        let stores = stores.collect();
        *self.lock() = (Some(moment), stores);
        Ok(())
    }
}

/// Keeps the sizes of the stores, for as long as it is polled.
pub(crate) async fn keep_sizes(sizes: Arc<StoreSizes>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let sizes = Arc::clone(&sizes);
        // What cannot be read now is told as it was.
        let _ = tokio::task::spawn_blocking(move || sizes.refresh()).await;
    }
}
