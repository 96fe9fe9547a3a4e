//! The only clock that tells the time; lakes are given it, and what runs over a lake asks the lake.

use chrono::{DateTime, Utc};

/// Returns the time.
pub(super) fn now() -> DateTime<Utc> {
    Utc::now()
}
