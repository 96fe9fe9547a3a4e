//! Functions that count rows: `row_number`, `rank` and the like.

use super::function::Evaluator;
use super::layout::{Layout, Row};
use arrow::array::{ArrayRef, Float64Array, RecordBatch, UInt64Array};
use datafusion::error::Result;
use std::ops::Range;
use std::sync::Arc;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    /// The number of one of so many buckets.
    Ntile(u64),
}

impl Evaluator for Counting {
    fn add(&mut self, _: &RecordBatch, _: &[usize], _: usize) -> Result<()> {
        Ok(())
    }

    fn finish(&mut self, _: &Layout) -> Result<()> {
        Ok(())
    }

    fn evaluate(&self, layout: &Layout, rows: Range<usize>) -> Result<ArrayRef> {
        let rows = layout.rows(rows);
        Ok(match *self {
            Self::RowNumber => numbers(rows, |row| row.at - row.start + 1),
            Self::Rank => numbers(rows, |row| row.peers_start - row.start + 1),
            Self::DenseRank => numbers(rows, |row| row.peer_group),
            Self::Ntile(buckets) => {
                let bucket = |row| bucket(&row, buckets);
                Arc::new(UInt64Array::from_iter_values(rows.map(bucket)))
            }
            Self::PercentRank => {
                shares(rows, |row| ratio(row.peers_start - row.start, row.end - row.start - 1))
            }
            Self::CumeDist => {
                shares(rows, |row| ratio(row.peers_end - row.start, row.end - row.start))
            }
        })
    }
}

fn numbers(rows: impl Iterator<Item = Row>, number: impl Fn(Row) -> usize) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values(rows.map(|row| number(row) as u64)))
}

fn shares(rows: impl Iterator<Item = Row>, share: impl Fn(Row) -> f64) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(rows.map(share)))
}

/// A share of so many rows; none of none.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The bucket of a row. The first buckets have one row more, if rows cannot be shared equally.
fn bucket(row: &Row, buckets: u64) -> u64 {
    let (rows, at) = ((row.end - row.start) as u64, (row.at - row.start) as u64);
    let (least, longer) = (rows / buckets, rows % buckets);
    let in_longer = longer * (least + 1);
    match at < in_longer {
        true => at / (least + 1) + 1,
        false => longer + (at - in_longer) / least + 1,
    }
}
