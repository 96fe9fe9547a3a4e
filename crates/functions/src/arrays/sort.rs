//! A stable sort that asks for one comparison at a time.
//!
//! So a comparison may fail, and many arrays can be sorted together, a lambda comparing one pair of
//! each at once. Up to 32 elements it makes the comparisons that Java's sort makes:
//! they decide the result if the comparator is inconsistent.

use std::cmp::Ordering;
use traillake_sql_types::error::SqlResult;

/// Elements being sorted.
#[derive(Debug)]
pub(crate) struct Sorter {
    items: Vec<u32>,
    step: Step,
}

/// What is compared next; places are of `items`.
#[derive(Debug)]
enum Step {
    /// The run that a block starts with: the item at `at` with the one before.
    Run {
        start: usize,
        end: usize,
        at: usize,
        descending: bool,
    },
    /// The item at `at` of a block, sorted before that, is to go between `left` and `right`.
    Insert {
        start: usize,
        end: usize,
        at: usize,
        left: usize,
        right: usize,
    },
    /// Two sorted neighbours of up to `width` items become one.
    Merge {
        width: usize,
        start: usize,
        left: usize,
        right: usize,
        merged: Vec<u32>,
    },
    Done,
}

/// The number of items that are sorted by insertion.
const BLOCK: usize = 32;

impl Sorter {
    /// Starts to sort.
    pub(crate) fn new(items: Vec<u32>) -> Self {
        let mut sorter = Self { items, step: Step::Done };
        sorter.block(0);
        sorter
    }

    /// Returns the next two items to compare; `None` when they are sorted.
    pub(crate) fn question(&self) -> Option<(u32, u32)> {
        let (a, b) = match &self.step {
            Step::Run { at, .. } => (*at, at - 1),
            Step::Insert { at, left, right, .. } => (*at, middle(*left, *right)),
            Step::Merge { left, right, .. } => (*right, *left),
            Step::Done => return None,
        };
        self.items.get(a).copied().zip(self.items.get(b).copied())
    }

    /// Goes on with the order of the two items.
    pub(crate) fn decide(&mut self, order: Ordering) {
        let less = order.is_lt();
        match &mut self.step {
            Step::Run { start, end, at, descending } => {
                if *at == *start + 1 {
                    *descending = less;
                }
                let ends = less != *descending;
                if !ends {
                    *at += 1;
                }
                if ends || at == end {
                    let (start, end, at) = (*start, *end, *at);
                    if *descending {
                        self.items[start..at].reverse();
                    }
                    self.insert(start, end, at);
                }
            }
            Step::Insert { start, end, at, left, right } => {
                let middle = middle(*left, *right);
                if less {
                    *right = middle;
                } else {
                    *left = middle + 1;
                }
                if left == right {
                    let (start, end, at, left) = (*start, *end, *at, *left);
                    self.items[left..=at].rotate_right(1);
                    self.insert(start, end, at + 1);
                }
            }
            Step::Merge { width, start, left, right, merged } => {
                let taken = if less { &mut *right } else { &mut *left };
                merged.push(self.items[*taken]);
                *taken += 1;
                let (width, start, left, right) = (*width, *start, *left, *right);
                let (middle, end) = (start + width, self.items.len().min(start + 2 * width));
                if left == middle || right == end {
                    merged.extend_from_slice(&self.items[left..middle]);
                    merged.extend_from_slice(&self.items[right..end]);
                    self.items[start..end].copy_from_slice(merged);
                    self.merge(width, end);
                }
            }
            Step::Done => {}
        }
    }

    /// Returns the items, sorted when there is no question left.
    pub(crate) fn finish(self) -> Vec<u32> {
        self.items
    }

    /// Sorts the block at `start`, and all after it.
    fn block(&mut self, start: usize) {
        let end = self.items.len().min(start + BLOCK);
        if end < start + 2 {
            self.merge(BLOCK, 0);
        } else {
            self.step = Step::Run { start, end, at: start + 1, descending: false };
        }
    }

    /// Inserts the items from `at` on of a block that is sorted before.
    fn insert(&mut self, start: usize, end: usize, at: usize) {
        if at == end {
            self.block(end);
        } else {
            self.step = Step::Insert { start, end, at, left: start, right: at };
        }
    }

    /// Merges the neighbours of up to `width` items from `start` on.
    fn merge(&mut self, mut width: usize, mut start: usize) {
        let length = self.items.len();
        while width < length {
            if start + width < length {
                let (left, right) = (start, start + width);
                self.step = Step::Merge { width, start, left, right, merged: Vec::new() };
                return;
            }
            (width, start) = (width * 2, 0);
        }
        self.step = Step::Done;
    }
}

fn middle(left: usize, right: usize) -> usize {
    usize::midpoint(left, right)
}

/// Sorts by a comparison that may fail.
pub(super) fn sort_by(
    items: Vec<u32>,
    mut compare: impl FnMut(u32, u32) -> SqlResult<Ordering>,
) -> SqlResult<Vec<u32>> {
    let mut sorter = Sorter::new(items);
    while let Some((a, b)) = sorter.question() {
        sorter.decide(compare(a, b)?);
    }
    Ok(sorter.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_stably() {
        for length in [0, 1, 2, 3, 31, 32, 33, 34, 64, 65, 97, 1000] {
            // By the tens only, so that many are equal.
            let items: Vec<u32> = (0..length).map(|n: u32| n.wrapping_mul(7919) % 1009).collect();
            let mut want = items.clone();
            want.sort_by_key(|n| n / 10);
            let got = sort_by(items, |a, b| Ok((a / 10).cmp(&(b / 10)))).unwrap();
            assert_eq!(got, want, "{length}");
        }
    }

    #[test]
    fn orders_as_java_does_without_an_order() {
        let all = |order: Ordering| sort_by((1..=5).collect(), |_, _| Ok(order)).unwrap();
        assert_eq!(all(Ordering::Less), [5, 4, 3, 2, 1]);
        assert_eq!(all(Ordering::Greater), [1, 2, 3, 4, 5]);
    }
}
