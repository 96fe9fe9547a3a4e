//! The different strings of a column in a stripe.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Gives equal strings equal numbers, counted from 0 as they first come.
pub(crate) struct Dictionary {
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
    pub(crate) numbers: Vec<u32>,
    /// How many values there were at the end of each row group.
    pub(crate) groups: Vec<usize>,
}

impl Dictionary {
    pub(crate) fn new() -> Self {
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
    pub(crate) fn add(&mut self, value: &[u8]) -> bool {
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
    pub(crate) fn end_group(&mut self) {
        self.groups.push(self.numbers.len());
        self.group += 1;
    }

    pub(crate) fn get(&self, number: u32) -> &[u8] {
        string(&self.bytes, &self.ends, number as usize)
    }

    /// Whether there are values, and at most the part `threshold` of them are different.
    pub(crate) fn is_worth(&self, threshold: f64) -> bool {
        self.len() > 0 && self.len() as f64 <= threshold * self.numbers.len() as f64
    }

    /// Returns how many strings there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns all strings, one after the other.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the length of every string.
    pub(crate) fn lengths(&self) -> Vec<i64> {
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
