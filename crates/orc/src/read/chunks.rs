//! Unpacked chunks that a session keeps, so that what is asked again need not be unpacked again.

use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A chunk's file, by the number of its [`Metadata`](super::Metadata), and its offset there.
type Key = (u64, u64);

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

/// An unpacked chunk, and its length in the file with its header.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) unpacked: Bytes,
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
        let bytes = chunk.unpacked.len();
        if bytes > self.limit / 2 {
            return;
        }
        if generations.young_bytes + bytes > self.limit / 2 {
            generations.old = std::mem::take(&mut generations.young);
            generations.young_bytes = 0;
        }
        generations.young_bytes += bytes;
        if let Some(before) = generations.young.insert(key, chunk) {
            generations.young_bytes -= before.unpacked.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(bytes: usize) -> Chunk {
        Chunk { unpacked: vec![0; bytes].into(), length: 1 }
    }

    #[test]
    fn what_was_used_last_stays_within_the_limit() {
        let cache = ChunkCache::new(100);
        cache.put((1, 0), chunk(20));
        for at in 1..50 {
            cache.put((1, at), chunk(20));
            assert!(cache.get((1, 0)).is_some(), "it is used all the time");
            let generations = cache.lock();
            let all = generations.young.values().chain(generations.old.values());
            assert!(all.map(|chunk| chunk.unpacked.len()).sum::<usize>() <= 100);
        }
        assert!(cache.get((1, 1)).is_none() && cache.get((1, 49)).is_some());
        cache.put((2, 0), chunk(51));
        assert!(cache.get((2, 0)).is_none(), "longer than a generation");
        cache.put((1, 49), chunk(20));
        assert_eq!(cache.get((1, 49)).unwrap().unpacked.len(), 20);
    }
}
