//! The distinct strings of a column in a stripe.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Numbers distinct strings from 0 on, in the order in which they first come.
pub(super) struct DistinctStrings {
    hasher: DefaultHashBuilder,
    /// Half the hash of a string, and its number.
    table: HashTable<(u32, u32)>,
    bytes: Vec<u8>,
    /// Where each string ends in `bytes`.
    ends: Vec<usize>,
    /// The row group in which each string was last seen.
    seen: Vec<u32>,
    group: u32,
    /// The number of every value.
    pub(super) numbers: Vec<u32>,
    /// How many values there were at the end of each row group.
    pub(super) groups: Vec<usize>,
}

impl DistinctStrings {
    pub(super) fn new() -> Self {
        Self {
            hasher: DefaultHashBuilder::default(),
            table: HashTable::new(),
            bytes: Vec::new(),
            ends: Vec::new(),
            seen: Vec::new(),
            group: 0,
            numbers: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Adds a value and returns whether it is new in its row group.
    pub(super) fn add(&mut self, value: &[u8]) -> bool {
        let number = match self.numbers.last() {
            Some(&last) if self.get(last) == value => last,
            _ => self.number(value),
        };
        self.numbers.push(number);
        std::mem::replace(&mut self.seen[number as usize], self.group) != self.group
    }

    fn number(&mut self, value: &[u8]) -> u32 {
        let hash = self.hasher.hash_one(value) as u32;
        let (bytes, ends) = (&self.bytes, &self.ends);
        let same = |&(other, number): &(u32, u32)| {
            other == hash && string(bytes, ends, number as usize) == value
        };
        if let Some(&(_, number)) = self.table.find(spread(hash), same) {
            return number;
        }
        let number = self.ends.len() as u32;
        self.table.insert_unique(spread(hash), (hash, number), |&(hash, _)| spread(hash));
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
        self.seen.push(u32::MAX);
        number
    }

    /// Ends the row group.
    pub(super) fn end_group(&mut self) {
        self.groups.push(self.numbers.len());
        self.group += 1;
    }

    pub(super) fn get(&self, number: u32) -> &[u8] {
        string(&self.bytes, &self.ends, number as usize)
    }

    /// Returns the numbers of the values in each row group that has ended.
    pub(super) fn numbers_by_group(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.groups.iter().copied());
        starts.zip(&self.groups).map(|(start, &end)| &self.numbers[start..end])
    }

    /// Whether there are values, and at most the part `threshold` of them are distinct.
    pub(super) fn saves_space(&self, threshold: f64) -> bool {
        self.len() > 0 && self.len() as f64 <= threshold * self.numbers.len() as f64
    }

    /// Returns how many strings there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns all strings, one after the other.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the length of every string.
    pub(super) fn lengths(&self) -> Vec<i64> {
        (0..self.ends.len()).map(|at| string(&self.bytes, &self.ends, at).len() as i64).collect()
    }
}

fn string<'a>(bytes: &'a [u8], ends: &[usize], number: usize) -> &'a [u8] {
    let start = if number == 0 { 0 } else { ends[number - 1] };
    &bytes[start..ends[number]]
}

/// The table takes its buckets from the lowest bits of a hash and its tags from the highest.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}
