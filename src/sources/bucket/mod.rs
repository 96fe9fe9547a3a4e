//! Objects in buckets that speak the S3 API.
//!
//! * `access` is who asks, and where;
//! * `listing` finds the objects that are wanted, by the layout of a trail's bucket;
//! * `fetch` brings their bytes, many at once and ahead of who reads them;
//! * `error` says what went wrong and what helps.

mod access;
mod error;
mod fetch;
mod listing;

pub use access::Access;
pub use error::{BucketError, Cause};

use super::{SourceError, Wish};
use crate::envelope::{Deliveries, Discovery, Location, Objects, Pattern, Source, read_pattern};
use access::Connections;
use chrono::{DateTime, Utc};
use fetch::Fetcher;
use object_store::ObjectMeta;
use object_store::aws::AmazonS3;
use std::future::Future;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How addresses of objects begin.
pub(super) const SCHEME: &str = "s3://";
/// How often who waits for the network checks whether to stop.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// A bucket, and a key or the beginning of keys in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    bucket: String,
    /// Without a slash at its ends; empty for the whole bucket.
    key: String,
}

impl Address {
    /// Reads `s3://bucket/key`.
    ///
    /// # Errors
    /// When there is no bucket in it.
    pub(super) fn parse(text: &str) -> Result<Self, BucketError> {
        let rest = text.strip_prefix(SCHEME).unwrap_or(text);
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let legal = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
        if bucket.is_empty() || !bucket.chars().all(legal) {
            return Err(BucketError::Address(text.to_owned()));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.trim_matches('/').to_owned() })
    }

    /// Returns the address of an object of the same bucket.
    fn object(&self, key: &str) -> String {
        format!("{SCHEME}{}/{key}", self.bucket)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.key)
    }
}

/// Buckets, with the threads that speak with them.
#[derive(Debug)]
pub(super) struct Buckets {
    connections: Arc<Connections>,
    fetcher: Fetcher,
    runtime: Runtime,
}

impl Buckets {
    /// Makes ready to ask; nothing is asked yet.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub(super) fn new(access: Access, now: fn() -> DateTime<Utc>) -> Result<Self, BucketError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("buckets")
            .enable_all()
            .build()
            .map_err(BucketError::Threads)?;
        let connections = Arc::new(Connections::new(access, now));
        let fetcher = Fetcher::new(Arc::clone(&connections));
        Ok(Self { connections, fetcher, runtime })
    }

    /// Adds what `address` means to `found`: an object, what matches a pattern, or all objects below a prefix.
    pub(super) fn find(
        &self,
        address: &Address,
        wish: &Wish,
        stop: &AtomicBool,
        listed: &AtomicU64,
        found: &mut Discovery,
    ) -> Result<(), SourceError> {
        let excluded = wish.excluded.iter().map(|pattern| read_pattern(pattern));
        let excluded = excluded.collect::<Result<Vec<_>, _>>()?;
        let seeking = async {
            let store = self.connections.get(&address.bucket).await?;
            let search = Search { store, address, excluded, wanted: &wish.deliveries, listed };
            search.run(found).await
        };
        let sought = self.runtime.block_on(unless_set(stop, seeking));
        sought.ok_or(SourceError::Interrupted)?
    }
}

impl Objects for Buckets {
    fn expect(&self, objects: Vec<(String, u64)>) {
        self.fetcher.expect(objects, self.runtime.handle());
    }

    fn open<'s>(
        &'s self,
        address: &str,
        bytes: u64,
        stop: &'s AtomicBool,
    ) -> io::Result<Box<dyn Read + Send + 's>> {
        self.fetcher.open(address, bytes, self.runtime.handle(), stop)
    }
}

/// Finds what an address means in its bucket.
struct Search<'a> {
    store: Arc<AmazonS3>,
    address: &'a Address,
    excluded: Vec<Pattern>,
    wanted: &'a Deliveries,
    /// Counts the objects that are met.
    listed: &'a AtomicU64,
}

impl Search<'_> {
    async fn run(&self, found: &mut Discovery) -> Result<(), SourceError> {
        let Self { store, address, excluded, wanted, .. } = self;
        let any = self.list(found).await;
        if matches!(any, Ok(true)) {
            return Ok(());
        }
        let object = listing::head(store, &address.key).await;
        if let Ok(Some(object)) = &object {
            found.sources.push(source(address, object, true));
            return Ok(());
        }
        any?;
        // Whether there is anything is not known where filters kept whole folders out.
        if **wanted != Deliveries::default() || !excluded.is_empty() {
            return Ok(());
        }
        object.map_err(|error| Cause::of(&error).at(address))?;
        Err(Cause::NotFound.at(address).into())
    }

    /// Adds the objects below a prefix, or those that match a pattern. Returns whether there are some.
    async fn list(&self, found: &mut Discovery) -> Result<bool, SourceError> {
        let Self { store, address, excluded, wanted, listed } = self;
        let path = PathBuf::from(format!("/{}", address.key));
        let pattern = Pattern::is_pattern(&path).then(|| read_pattern(&path)).transpose()?;
        let base = pattern.as_ref().map_or(path.as_path(), Pattern::base);
        let base = base.to_string_lossy().trim_matches('/').to_owned();
        let is_excluded = |key: &str| {
            let below = key.strip_prefix(base.as_str()).unwrap_or(key).trim_start_matches('/');
            excluded.iter().any(|pattern| pattern.matches_path(Path::new(below)))
        };
        let objects = listing::list(store, &base, wanted, &is_excluded, listed).await;
        let mut any = false;
        for object in objects.map_err(|error| Cause::of(&error).at(address))? {
            let key = object.location.as_ref();
            let matches = |pattern: &Pattern| pattern.matches_path(Path::new(&format!("/{key}")));
            if !pattern.as_ref().is_none_or(matches) {
                continue;
            }
            any = true;
            if is_excluded(key) {
                found.excluded.push(Location::Object(address.object(key)));
            } else if !wanted.want(Path::new(key)) {
                found.not_wanted += 1;
            } else {
                found.sources.push(source(address, &object, false));
            }
        }
        Ok(any)
    }
}

fn source(address: &Address, object: &ObjectMeta, named: bool) -> Source {
    let location = Location::Object(address.object(object.location.as_ref()));
    // Whole seconds, as an object that is asked for alone has no others.
    let modified = object.last_modified.timestamp().saturating_mul(1_000_000_000);
    Source::new(location, object.size, modified, named)
}

/// Waits for an answer; `None` if `stop` is set before it comes.
async fn unless_set<T>(stop: &AtomicBool, answer: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        answer = answer => Some(answer),
        () = until_set(stop) => None,
    }
}

async fn until_set(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(STOP_CHECK_INTERVAL).await;
    }
}
