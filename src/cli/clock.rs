//! The only clock. Lakes are given it, and whatever runs over a lake asks the lake for the time.

use chrono::{DateTime, Utc};

/// Returns the time.
pub(super) fn now() -> DateTime<Utc> {
    Utc::now()
}
