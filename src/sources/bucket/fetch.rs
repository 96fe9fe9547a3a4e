//! Brings the bytes of objects: small ones ahead of who reads them, many at once; large ones in parts, while they are read.

use super::access::Connections;
use super::{Address, Cause, STOP_CHECK_INTERVAL, unless_set};
use crate::envelope::Fault;
use bytes::{Buf, Bytes};
use futures::stream::{self, StreamExt};
use object_store::ObjectStoreExt;
use object_store::aws::AmazonS3;
use object_store::path::Path;
use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Objects that are fetched at once.
const AT_ONCE: usize = 64;
/// Bytes of objects that wait to be read, at most.
const MAX_AHEAD_BYTES: usize = 64 << 20;
/// Larger objects are read in parts.
const MAX_WHOLE_BYTES: u64 = 16 << 20;
/// Bytes of a part.
const PART_BYTES: u64 = 8 << 20;
/// Parts of an object that are fetched at once.
const PARTS_AT_ONCE: usize = 3;
/// How often an object is asked for whose bytes did not all come. The client itself repeats what failed before that.
const TRIES: usize = 3;

/// What is fetched ahead.
#[derive(Debug)]
pub(super) struct Fetcher {
    connections: Arc<Connections>,
    waiting: Arc<Waiting>,
}

/// Objects that were fetched, or will be, and are not read yet.
#[derive(Debug)]
struct Waiting {
    objects: Mutex<HashMap<String, Option<Fetched>>>,
    came: Condvar,
    room: Arc<Semaphore>,
}

#[derive(Debug)]
struct Fetched {
    bytes: io::Result<Bytes>,
    /// The room that it takes until it is read.
    _room: Option<OwnedSemaphorePermit>,
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Option<Fetched>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for an object; `None` for one that was not expected.
    fn take(&self, address: &str, stop: &AtomicBool) -> io::Result<Option<Fetched>> {
        let mut objects = self.lock();
        loop {
            match objects.get(address) {
                None => return Ok(None),
                Some(Some(_)) => return Ok(objects.remove(address).flatten()),
                Some(None) if stop.load(Ordering::Relaxed) => return Err(Fault::stopped().into()),
                Some(None) => {
                    let waited = self.came.wait_timeout(objects, STOP_CHECK_INTERVAL);
                    objects = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }
}

impl Fetcher {
    pub(super) fn new(connections: Arc<Connections>) -> Self {
        let room = Arc::new(Semaphore::new(MAX_AHEAD_BYTES));
        let waiting = Waiting { objects: Mutex::default(), came: Condvar::new(), room };
        Self { connections, waiting: Arc::new(waiting) }
    }

    /// Begins to fetch objects, in this order.
    pub(super) fn expect(&self, mut objects: Vec<(String, u64)>, runtime: &Handle) {
        objects.retain(|(_, bytes)| *bytes <= MAX_WHOLE_BYTES);
        self.waiting.lock().extend(objects.iter().map(|(address, _)| (address.clone(), None)));
        let (connections, waiting) = (Arc::clone(&self.connections), Arc::clone(&self.waiting));
        runtime.spawn(async move {
            let fetches = stream::iter(objects).map(|(address, bytes)| {
                let (connections, waiting) = (&connections, &waiting);
                async move {
                    let room = Arc::clone(&waiting.room);
                    let room = room.acquire_many_owned(bytes as u32).await.ok();
                    let bytes = fetch(connections, &address).await;
                    waiting.lock().insert(address, Some(Fetched { bytes, _room: room }));
                    waiting.came.notify_all();
                }
            });
            // Room is given in the order in which it was asked for, so the first to be read is never behind the others.
            fetches.buffer_unordered(AT_ONCE).collect::<()>().await;
        });
    }

    /// Opens an object, waiting for it until `stop` is set.
    pub(super) fn open<'s>(
        &'s self,
        address: &str,
        bytes: u64,
        runtime: &'s Handle,
        stop: &'s AtomicBool,
    ) -> io::Result<Box<dyn Read + Send + 's>> {
        if let Some(fetched) = self.waiting.take(address, stop)? {
            return Ok(Box::new(fetched.bytes?.reader()));
        }
        let reached = runtime.block_on(unless_set(stop, reach(&self.connections, address)));
        let (store, path) = reached.ok_or_else(Fault::stopped)??;
        let (sender, parts) = mpsc::channel(1);
        runtime.spawn(async move {
            let ranges = stream::iter(ranges(bytes));
            let mut parts =
                ranges.map(|range| part(&store, &path, range)).buffered(PARTS_AT_ONCE).boxed();
            while let Some(part) = parts.next().await {
                if sender.send(part).await.is_err() {
                    return; // nobody reads on
                }
            }
        });
        Ok(Box::new(Parts { parts, part: Bytes::new(), runtime, stop }))
    }
}

/// Returns the parts that so many bytes are fetched in.
fn ranges(bytes: u64) -> impl Iterator<Item = Range<u64>> {
    (0..bytes.div_ceil(PART_BYTES)).map(move |at| {
        let start = at * PART_BYTES;
        start..(start + PART_BYTES).min(bytes)
    })
}

/// Returns the client of an object's bucket, and its key.
async fn reach(connections: &Connections, address: &str) -> io::Result<(Arc<AmazonS3>, Path)> {
    let address = Address::parse(address).map_err(io::Error::other)?;
    let store = connections.get(&address.bucket).await.map_err(io::Error::other)?;
    let path = Path::parse(&address.key).map_err(|error| told(&error.into()))?;
    Ok((store, path))
}

/// Fetches a whole object.
async fn fetch(connections: &Connections, address: &str) -> io::Result<Bytes> {
    let (store, path) = reach(connections, address).await?;
    tried(|| async { store.get(&path).await?.bytes().await }).await
}

async fn part(store: &AmazonS3, path: &Path, range: Range<u64>) -> io::Result<Bytes> {
    tried(|| store.get_range(path, range.clone())).await
}

/// Returns an error that says what happened, for a place that is known.
fn told(error: &object_store::Error) -> io::Error {
    io::Error::other(Cause::of(error))
}

/// Asks again for what broke off while it came.
async fn tried<F: Future<Output = object_store::Result<Bytes>>>(
    ask: impl Fn() -> F,
) -> io::Result<Bytes> {
    let mut tries = 1;
    loop {
        match ask().await {
            Err(object_store::Error::Generic { .. }) if tries < TRIES => tries += 1,
            answer => return answer.map_err(|error| told(&error)),
        }
    }
}

/// An object that comes in parts.
struct Parts<'s> {
    parts: Receiver<io::Result<Bytes>>,
    part: Bytes,
    runtime: &'s Handle,
    stop: &'s AtomicBool,
}

impl Read for Parts<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.part.is_empty() {
            let next = self.runtime.block_on(unless_set(self.stop, self.parts.recv()));
            match next.ok_or_else(Fault::stopped)? {
                Some(part) => self.part = part?,
                None => return Ok(0),
            }
        }
        let count = self.part.len().min(into.len());
        self.part.copy_to_slice(&mut into[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_an_object_once() {
        let of = |bytes| ranges(bytes).map(|range| (range.start, range.end)).collect::<Vec<_>>();
        assert_eq!(of(0), []);
        assert_eq!(of(1), [(0, 1)]);
        assert_eq!(of(PART_BYTES), [(0, PART_BYTES)]);
        assert_eq!(of(PART_BYTES + 1), [(0, PART_BYTES), (PART_BYTES, PART_BYTES + 1)]);
    }
}
