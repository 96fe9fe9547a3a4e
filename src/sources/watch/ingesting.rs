//! Stops an import when its store is told, meanwhile, to take no more events.

use crate::store::{Lake, StoreId};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How often the store is asked.
const EVERY: Duration = Duration::from_millis(100);

/// Does `work`, and sets the flag that it is given when meanwhile `stop` is set or the store takes no more events. Returns
/// whether that was so, too.
pub(super) fn while_ingesting<T>(
    lake: &Lake,
    store: StoreId,
    stop: &AtomicBool,
    work: impl FnOnce(&AtomicBool) -> T,
) -> (T, bool) {
    let (cancel, over) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !over.load(Ordering::Acquire) {
                if stop.load(Ordering::Relaxed) || !ingests(lake, store) {
                    cancel.store(true, Ordering::Relaxed);
                    return true;
                }
                thread::park_timeout(EVERY);
            }
            false
        });
        let outcome = work(&cancel);
        over.store(true, Ordering::Release);
        watcher.thread().unpark();
        (outcome, watcher.join().unwrap_or(false))
    })
}

/// Whether a store is known to take events; what cannot be asked now is asked again.
fn ingests(lake: &Lake, store: StoreId) -> bool {
    match lake.catalog().store_seen(&store.to_string()) {
        Ok(Some(store)) => store.check_ingests().is_ok(),
        Ok(None) => false,
        Err(_) => true,
    }
}
