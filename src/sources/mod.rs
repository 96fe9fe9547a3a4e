//! Where logs come from that are not simply there: objects in buckets, and folders that grow.
//!
//! The one place that knows the network. What it finds is a [`Discovery`] as of files, and what it fetches goes the way of
//! files (`envelope`).
//!
//! * [`find`] turns what a user names into sources, files as well as objects;
//! * [`watch`] imports what comes to sources that go on;
//! * `bucket` lists and fetches objects through the S3 API.

mod bucket;
pub mod watch;

pub use bucket::{Access, BucketError, Cause};

use crate::envelope::{Deliveries, DiscoverError, Discovery, discover_except, shown};
use bucket::{Address, Buckets};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// Why no list of sources could be made.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Of files.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// Of objects.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// `stop` was set.
    #[error("interrupted")]
    Interrupted,
}

/// What of the sources is wanted, and how they are reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// Patterns of what is left out, as [`discover_except`] takes them.
    pub excluded: Vec<PathBuf>,
    /// Which of a trail's log files are wanted.
    pub deliveries: Deliveries,
    /// How buckets are reached.
    pub access: Access,
}

/// Finds what `paths` mean, as [`discover_except`] finds files, and objects below `s3://bucket/prefix`. `now` is the clock
/// by which credentials end; `listed` counts the objects that were met.
///
/// # Errors
/// As [`discover_except`]; when a bucket cannot be listed or holds nothing of that name; when `stop` is set meanwhile.
pub fn find(
    paths: &[PathBuf],
    wish: &Wish,
    now: fn() -> DateTime<Utc>,
    stop: &AtomicBool,
    listed: &AtomicU64,
) -> Result<Discovery, SourceError> {
    let (objects, files): (Vec<_>, Vec<_>) = paths.iter().partition(|path| is_address(path));
    let mut found = discover_except(&files, &wish.excluded, &wish.deliveries)?;
    if objects.is_empty() {
        return Ok(found);
    }
    let buckets = Arc::new(Buckets::new(wish.access.clone(), now)?);
    for path in objects {
        buckets.find(&Address::parse(&shown(path))?, wish, stop, listed, &mut found)?;
    }
    found.objects = Some(buckets);
    found.sort();
    found.sources.dedup_by(|a, b| a.location == b.location);
    Ok(found)
}

/// Returns the address of objects that a path as typed is, in the form in which it is remembered; `None` for a file's path.
pub fn address_of(path: &Path) -> Option<Result<String, SourceError>> {
    is_address(path).then(|| Ok(Address::parse(&shown(path))?.to_string()))
}

/// Whether a path as typed is the address of objects.
pub fn is_address(path: &Path) -> bool {
    path.to_string_lossy().starts_with(bucket::SCHEME)
}
