//! What a session keeps of files, so that what is asked again need be neither decompressed nor decoded again.

use super::Tail;
use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, NullArray};
use arrow::datatypes::UInt32Type;
use bytes::Bytes;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// So many row groups of a column must find room.
const MIN_GROUPS: usize = 256;

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

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    /// The chunk at an offset.
    Chunk(u64),
    /// The distinct texts of a column in a stripe.
    Dictionary(ColumnKey),
    /// A row group of a column: its values, or the numbers of their texts in the dictionary, with as many NULLs as texts.
    Group(ColumnKey, usize),
    /// All rows of a column in a stripe, with a dictionary of their own.
    Stripe(ColumnKey),
}

/// A column in a stripe, by the offset of the stripe and the number of the column, or what is made of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ColumnKey {
    pub(crate) stripe: u64,
    pub(crate) column: usize,
    pub(crate) made: Made,
}

/// What is made of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) enum Made {
    /// Its own values.
    #[default]
    Values,
    /// The lengths of lists or maps.
    Lengths,
    /// Of the values of maps those under a key.
    Entry(Arc<str>),
}

impl ColumnKey {
    /// The column whose dictionary its texts are numbered by.
    fn of_dictionary(self) -> Self {
        Self { made: Made::Values, ..self }
    }
}

type Key = (FileKey, Part);

/// Keeps what was used last, up to a number of bytes: chunks as they are when decompressed, and columns as arrays.
#[derive(Debug)]
pub struct ColumnCache {
    limit: usize,
    generations: Mutex<Generations>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// What a [`ColumnCache`] keeps, and how often it had what was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheUsage {
    /// Bytes that are kept.
    pub bytes: u64,
    /// Bytes that may be kept.
    pub limit: u64,
    /// Times that values of a column were there.
    pub hits: u64,
    /// Times that they were not, and had to be decoded.
    pub misses: u64,
}

/// What was used since the last change of generations, and what was used before it.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, Kept>,
    young_bytes: usize,
    old: HashMap<Key, Kept>,
    old_bytes: usize,
}

/// A decompressed chunk, and its length in the file with its header.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) decompressed: Bytes,
    pub(crate) length: u64,
}

#[derive(Debug, Clone)]
enum Kept {
    Chunk(Chunk),
    /// Values, and the bytes they take.
    Array(ArrayRef, usize),
}

impl Kept {
    fn array(array: &ArrayRef) -> Self {
        Self::Array(Arc::clone(array), array.get_array_memory_size())
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Chunk(chunk) => chunk.decompressed.len(),
            Self::Array(_, bytes) => *bytes,
        }
    }
}

impl ColumnCache {
    /// A cache of so many bytes.
    pub fn new(limit: usize) -> Self {
        let (hits, misses) = Default::default();
        Self { limit, generations: Mutex::default(), hits, misses }
    }

    /// Returns what is kept now, and how often values of columns were there so far.
    pub fn usage(&self) -> CacheUsage {
        let bytes = {
            let generations = self.lock();
            generations.young_bytes + generations.old_bytes
        };
        CacheUsage {
            bytes: bytes as u64,
            limit: self.limit as u64,
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
        }
    }

    fn counted(&self, values: Option<ArrayRef>) -> Option<ArrayRef> {
        let counter = if values.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        values
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn chunk(&self, file: &FileKey, at: u64) -> Option<Chunk> {
        match self.get((file.clone(), Part::Chunk(at))) {
            Some(Kept::Chunk(chunk)) => Some(chunk),
            _ => None,
        }
    }

    pub(crate) fn keep_chunk(&self, file: &FileKey, at: u64, chunk: Chunk) {
        self.put((file.clone(), Part::Chunk(at)), Kept::Chunk(chunk));
    }

    pub(crate) fn dictionary(&self, file: &FileKey, column: ColumnKey) -> Option<ArrayRef> {
        self.array((file.clone(), Part::Dictionary(column.of_dictionary())))
    }

    pub(crate) fn keep_dictionary(&self, file: &FileKey, column: ColumnKey, texts: &ArrayRef) {
        let key = Part::Dictionary(column.of_dictionary());
        self.put((file.clone(), key), Kept::array(texts));
    }

    /// Returns the values of a row group.
    pub(crate) fn group(
        &self,
        file: &FileKey,
        column: ColumnKey,
        group: usize,
    ) -> Option<ArrayRef> {
        self.counted(self.kept_group(file, column, group))
    }

    fn kept_group(&self, file: &FileKey, column: ColumnKey, group: usize) -> Option<ArrayRef> {
        let values = self.array((file.clone(), Part::Group(column.clone(), group)))?;
        match values.as_dictionary_opt::<UInt32Type>() {
            Some(numbers) => {
                let texts = self.dictionary(file, column)?;
                (texts.len() >= numbers.values().len())
                    .then(|| Arc::new(numbers.with_values(texts)) as _)
            }
            None => Some(values),
        }
    }

    /// Keeps the values of a row group, unless they take so much that those of other groups would push them out before they
    /// are asked for again; the dictionary of such a column is kept once.
    pub(crate) fn keep_group(
        &self,
        file: &FileKey,
        column: ColumnKey,
        group: usize,
        values: &ArrayRef,
    ) {
        let values = match values.as_dictionary_opt::<UInt32Type>() {
            Some(dictionary) => {
                if self.dictionary(file, column.clone()).is_none() {
                    self.keep_dictionary(file, column.clone(), dictionary.values());
                }
                // The texts are kept elsewhere; how many there are was compared with the numbers already.
                let texts = NullArray::new(dictionary.values().len());
                match DictionaryArray::try_new(dictionary.keys().clone(), Arc::new(texts)) {
                    Ok(numbers) => Arc::new(numbers) as _,
                    Err(_) => return,
                }
            }
            None => Arc::clone(values),
        };
        let kept = Kept::array(&values);
        if kept.bytes() <= self.limit / MIN_GROUPS {
            self.put((file.clone(), Part::Group(column, group)), kept);
        }
    }

    /// Returns the values of all rows of a stripe.
    pub(crate) fn stripe(&self, file: &FileKey, column: ColumnKey) -> Option<ArrayRef> {
        self.counted(self.array((file.clone(), Part::Stripe(column))))
    }

    pub(crate) fn keep_stripe(&self, file: &FileKey, column: ColumnKey, values: &ArrayRef) {
        self.put((file.clone(), Part::Stripe(column)), Kept::array(values));
    }

    fn array(&self, key: Key) -> Option<ArrayRef> {
        match self.get(key) {
            Some(Kept::Array(array, _)) => Some(array),
            _ => None,
        }
    }

    fn get(&self, key: Key) -> Option<Kept> {
        let mut generations = self.lock();
        if let Some(kept) = generations.young.get(&key) {
            return Some(kept.clone());
        }
        let kept = generations.old.remove(&key)?;
        generations.old_bytes -= kept.bytes();
        self.add(&mut generations, key, kept.clone());
        Some(kept)
    }

    fn put(&self, key: Key, kept: Kept) {
        self.add(&mut self.lock(), key, kept);
    }

    /// Either generation takes half of the bytes.
    fn add(&self, generations: &mut Generations, key: Key, kept: Kept) {
        let bytes = kept.bytes();
        if bytes > self.limit / 2 {
            return;
        }
        if generations.young_bytes + bytes > self.limit / 2 {
            generations.old = std::mem::take(&mut generations.young);
            generations.old_bytes = std::mem::take(&mut generations.young_bytes);
        }
        generations.young_bytes += bytes;
        if let Some(before) = generations.young.insert(key, kept) {
            generations.young_bytes -= before.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metadata;
    use super::*;
    use crate::testing::{Random, write};
    use crate::write::Options;
    use arrow::array::{StringArray, UInt32Array};

    fn tail() -> Arc<Tail> {
        let file = write(&Random(1).batch(1), &[], &Options::default());
        Metadata::read(&file).unwrap().tail
    }

    fn chunk(bytes: usize) -> Chunk {
        Chunk { decompressed: vec![0; bytes].into(), length: 1 }
    }

    #[test]
    fn what_was_used_last_stays_within_the_limit() {
        let cache = ColumnCache::new(100);
        let (tail, other) = (tail(), tail());
        let (file, other) = (FileKey::new(&tail), FileKey::new(&other));
        cache.keep_chunk(&file, 0, chunk(20));
        for at in 1..50 {
            cache.keep_chunk(&file, at, chunk(20));
            assert!(cache.chunk(&file, 0).is_some(), "it is used all the time");
            let generations = cache.lock();
            let all = generations.young.values().chain(generations.old.values());
            let all = all.map(Kept::bytes).sum::<usize>();
            drop(generations);
            assert!(all <= 100);
            assert_eq!(cache.usage().bytes, all as u64);
        }
        assert!(cache.chunk(&file, 1).is_none() && cache.chunk(&file, 49).is_some());
        assert!(cache.chunk(&other, 49).is_none(), "the same bytes in another file");
        cache.keep_chunk(&file, 50, chunk(51));
        assert!(cache.chunk(&file, 50).is_none(), "longer than a generation");
        cache.keep_chunk(&file, 49, chunk(20));
        assert_eq!(cache.chunk(&file, 49).unwrap().decompressed.len(), 20);
    }

    #[test]
    fn groups_are_kept_with_one_dictionary() {
        let cache = ColumnCache::new(1 << 20);
        let (tail, column) = (tail(), ColumnKey { stripe: 3, column: 7, made: Made::Values });
        let file = FileKey::new(&tail);
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        let values = |keys: [u32; 3]| -> ArrayRef {
            let keys = UInt32Array::from_iter_values(keys);
            Arc::new(DictionaryArray::try_new(keys, Arc::clone(&texts)).unwrap())
        };
        let (first, second) = (values([0, 1, 1]), values([1, 0, 0]));
        cache.keep_group(&file, column.clone(), 0, &first);
        cache.keep_group(&file, column.clone(), 1, &second);
        assert_eq!(&cache.group(&file, column.clone(), 0).unwrap(), &first);
        assert_eq!(&cache.group(&file, column.clone(), 1).unwrap(), &second);
        assert!(Arc::ptr_eq(&cache.dictionary(&file, column.clone()).unwrap(), &texts));
        assert!(cache.group(&file, column.clone(), 2).is_none());
        let usage = cache.usage();
        assert_eq!((usage.hits, usage.misses, usage.limit), (2, 1, 1 << 20));
        assert!(cache.group(&file, ColumnKey { stripe: 4, ..column.clone() }, 0).is_none());
        let long: ArrayRef = Arc::new(StringArray::from(vec!["c".repeat(5_000)]));
        cache.keep_group(&file, column.clone(), 2, &long);
        assert!(cache.group(&file, column.clone(), 2).is_none(), "a long one");
    }
}
