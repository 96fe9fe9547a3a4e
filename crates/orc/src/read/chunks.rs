//! Decompressed chunks that a session keeps, so that what is asked again need not be decompressed again.

use super::Tail;
use bytes::Bytes;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A file of the cache: equal to itself only. It is identified by the address of its tail, which stays in
/// use as long as a key refers to it, even when the tail is dropped.
#[derive(Debug, Clone)]
pub(crate) struct FileKey(Weak<Tail>);

impl FileKey {
    pub(crate) fn new(tail: &Arc<Tail>) -> Self {
        Self(Arc::downgrade(tail))
    }
}

impl PartialEq for FileKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl Eq for FileKey {}

impl Hash for FileKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_ptr().hash(state);
    }
}

/// A chunk's file, and its offset there.
type Key = (FileKey, u64);

/// Keeps the chunks used last, up to a number of bytes.
#[derive(Debug)]
pub struct ChunkCache {
    limit: usize,
    generations: Mutex<Generations>,
}

/// Chunks that were used since the last change of generations, and those that were used before it.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, Chunk>,
    young_bytes: usize,
    old: HashMap<Key, Chunk>,
}

/// A decompressed chunk, and its length in the file with its header.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) decompressed: Bytes,
    pub(crate) length: u64,
}

impl ChunkCache {
    /// A cache of so many bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, generations: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, key: Key) -> Option<Chunk> {
        let mut generations = self.lock();
        if let Some(chunk) = generations.young.get(&key) {
            return Some(chunk.clone());
        }
        let chunk = generations.old.remove(&key)?;
        self.add(&mut generations, key, chunk.clone());
        Some(chunk)
    }

    pub(crate) fn put(&self, key: Key, chunk: Chunk) {
        self.add(&mut self.lock(), key, chunk);
    }

    /// Either generation takes half of the bytes.
    fn add(&self, generations: &mut Generations, key: Key, chunk: Chunk) {
        let bytes = chunk.decompressed.len();
        if bytes > self.limit / 2 {
            return;
        }
        if generations.young_bytes + bytes > self.limit / 2 {
            generations.old = std::mem::take(&mut generations.young);
            generations.young_bytes = 0;
        }
        generations.young_bytes += bytes;
        if let Some(before) = generations.young.insert(key, chunk) {
            generations.young_bytes -= before.decompressed.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metadata;
    use super::*;
    use crate::testing::{Random, write};
    use crate::write::Options;

    fn tail() -> Arc<Tail> {
        let file = write(&Random(1).batch(1), &[], &Options::default());
        Metadata::read(&file).unwrap().tail
    }

    fn chunk(bytes: usize) -> Chunk {
        Chunk { decompressed: vec![0; bytes].into(), length: 1 }
    }

    #[test]
    fn what_was_used_last_stays_within_the_limit() {
        let cache = ChunkCache::new(100);
        let (tail, other) = (tail(), tail());
        let key = |at| (FileKey::new(&tail), at);
        cache.put(key(0), chunk(20));
        for at in 1..50 {
            cache.put(key(at), chunk(20));
            assert!(cache.get(key(0)).is_some(), "it is used all the time");
            let generations = cache.lock();
            let all = generations.young.values().chain(generations.old.values());
            assert!(all.map(|chunk| chunk.decompressed.len()).sum::<usize>() <= 100);
        }
        assert!(cache.get(key(1)).is_none() && cache.get(key(49)).is_some());
        assert!(cache.get((FileKey::new(&other), 49)).is_none(), "the same bytes in another file");
        cache.put(key(50), chunk(51));
        assert!(cache.get(key(50)).is_none(), "longer than a generation");
        cache.put(key(49), chunk(20));
        assert_eq!(cache.get(key(49)).unwrap().decompressed.len(), 20);
    }
}
