//! Who has a dashboard in hand: it is changed, deleted or begun to be refreshed by one at a time.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The names of dashboards that somebody has in hand.
#[derive(Debug, Default)]
pub(in crate::server::aws) struct Busy(Arc<Mutex<HashSet<String>>>);

/// A dashboard in hand, until this is dropped.
#[derive(Debug)]
pub(super) struct InHand {
    names: Arc<Mutex<HashSet<String>>>,
    name: String,
}

fn lock(names: &Mutex<HashSet<String>>) -> MutexGuard<'_, HashSet<String>> {
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Busy {
    /// Takes a dashboard in hand; `None` if somebody else has it.
    pub(super) fn take(&self, name: &str) -> Option<InHand> {
        let is_free = lock(&self.0).insert(name.to_owned());
        is_free.then(|| InHand { names: Arc::clone(&self.0), name: name.to_owned() })
    }

    /// Whether somebody has it.
    pub(super) fn has(&self, name: &str) -> bool {
        lock(&self.0).contains(name)
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        lock(&self.names).remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_a_dashboard_at_a_time() {
        let busy = Busy::default();
        let first = busy.take("a");
        assert!(first.is_some() && busy.has("a") && !busy.has("b"));
        assert!(busy.take("a").is_none());
        assert!(busy.take("b").is_some());
        drop(first);
        assert!(!busy.has("a") && busy.take("a").is_some());
    }
}
