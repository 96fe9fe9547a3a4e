//! The rows of all partitions as one sequence: partition behind partition, each in its order.

use super::keys::{Keys, Place};
use arrow::array::{Array, ArrayRef};
use arrow::compute::interleave;
use datafusion::error::{DataFusionError, Result};
use std::cmp::Ordering;
use std::ops::Range;

/// Where the rows of the sequence are, and where partitions and peers begin in it.
pub(super) struct Layout {
    places: Vec<Place>,
    /// Where each partition begins, and the end of the last.
    partitions: Vec<u32>,
    /// Where each group of rows begins that the order does not tell apart, and the end of the last. Without an order
    /// these are the partitions.
    peers: Option<Vec<u32>>,
}

/// A row of the sequence, with what is around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) at: usize,
    /// The number of its partition.
    pub(super) partition: usize,
    /// Where its partition begins and ends.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where its peers begin and end.
    pub(super) peers_start: usize,
    pub(super) peers_end: usize,
    /// How many groups of peers the partition has up to this row's.
    pub(super) peer_group: usize,
}

impl Layout {
    /// Lays out rows, of which `ids` has the partition of each, batch by batch. At most [`u32::MAX`] rows can be.
    pub(super) fn new(ids: &[Vec<u32>], partitions: usize, order: Option<&Keys>) -> Self {
        let starts = starts(ids, partitions);
        let mut next = starts.clone();
        let mut places = vec![Place::default(); ids.iter().map(Vec::len).sum()];
        for (batch, ids) in (0..).zip(ids) {
            for (row, id) in (0..).zip(ids) {
                let at = &mut next[*id as usize];
                places[*at as usize] = Place { batch, row };
                *at += 1;
            }
        }
        let mut layout = Self { places, partitions: starts, peers: None };
        if let Some(keys) = order {
            layout.sort(keys);
        }
        layout
    }

    fn sort(&mut self, keys: &Keys) {
        let mut peers = Vec::with_capacity(self.partitions.len());
        for bounds in self.partitions.windows(2) {
            let &[start, end] = bounds else { continue };
            let rows = &mut self.places[start as usize..end as usize];
            if rows.len() > 1 {
                keys.sort(rows);
            }
            peers.push(start);
            for (at, pair) in (start + 1..).zip(rows.windows(2)) {
                if let &[a, b] = pair
                    && keys.compare(a, b) != Ordering::Equal
                {
                    peers.push(at);
                }
            }
        }
        peers.push(self.places.len() as u32);
        self.peers = Some(peers);
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn place(&self, at: usize) -> Place {
        self.places[at]
    }

    /// All rows' places, in order.
    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }

    pub(super) fn rows(&self, range: Range<usize>) -> impl Iterator<Item = Row> {
        let peers = self.peers.as_ref().unwrap_or(&self.partitions);
        let mut partition = group_of(&self.partitions, range.start);
        let mut group = group_of(peers, range.start);
        let first =
            self.partitions.get(partition).map_or(0, |start| group_of(peers, *start as usize));
        let mut groups_before = first;
        range.map(move |at| {
            while self.partitions[partition + 1] as usize <= at {
                partition += 1;
                groups_before = group + 1;
            }
            while peers[group + 1] as usize <= at {
                group += 1;
            }
            Row {
                at,
                partition,
                start: self.partitions[partition] as usize,
                end: self.partitions[partition + 1] as usize,
                peers_start: peers[group] as usize,
                peers_end: peers[group + 1] as usize,
                peer_group: group + 1 - groups_before,
            }
        })
    }

    /// Values of rows of the sequence, and for `None` the one value of `other`.
    pub(super) fn gather(
        &self,
        batches: &[ArrayRef],
        other: &ArrayRef,
        rows: impl Iterator<Item = Option<usize>>,
    ) -> Result<ArrayRef> {
        let none = (batches.len(), 0);
        let index = |row: Option<usize>| row.map_or(none, |row| index(self.places[row]));
        let indices: Vec<_> = rows.map(index).collect();
        let arrays: Vec<&dyn Array> = batches.iter().chain([other]).map(AsRef::as_ref).collect();
        Ok(interleave(&arrays, &indices)?)
    }

    /// The rows of a range as they are asked of `interleave`.
    pub(super) fn indices(&self, range: Range<usize>) -> Vec<(usize, usize)> {
        self.places[range].iter().copied().map(index).collect()
    }
}

fn index(place: Place) -> (usize, usize) {
    (place.batch as usize, place.row as usize)
}

/// Where each partition begins, by how many rows each has, and the end of the last.
fn starts(ids: &[Vec<u32>], partitions: usize) -> Vec<u32> {
    let mut starts = vec![0_u32; partitions + 1];
    for id in ids.iter().flatten() {
        starts[*id as usize + 1] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    starts
}

/// The number of the group that a row is in.
fn group_of(starts: &[u32], row: usize) -> usize {
    starts.partition_point(|start| *start as usize <= row).saturating_sub(1)
}

/// The error of what cannot be.
pub(super) fn internal(what: &str) -> DataFusionError {
    DataFusionError::Internal(format!("windows: {what}"))
}
