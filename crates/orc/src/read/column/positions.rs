//! Where a row group begins in the streams of a column.

use super::super::rle::{Bits, ByteRuns, Integers};
use super::super::stream::{ByteStream, Place};
use super::super::stripe::StripeReader;
use crate::error::OrcError;
use orc_rust::proto::RowIndex;

/// The most that a row group may begin inside a run.
const MAX_CONSUMED: usize = 1 << 16;

/// The positions that a row index gives for a row group, in the order of a column's streams.
pub(super) struct Positions<'a> {
    rest: &'a [u64],
    stripe: &'a StripeReader,
    column: usize,
    group: usize,
}

impl<'a> Positions<'a> {
    pub(super) fn new(
        index: &'a RowIndex,
        stripe: &'a StripeReader,
        column: usize,
        group: usize,
    ) -> Result<Self, OrcError> {
        match index.entry.get(group) {
            Some(entry) => Ok(Self { rest: &entry.positions, stripe, column, group }),
            None => Err(stripe.bad_index(column, group)),
        }
    }

    fn bad(&self) -> OrcError {
        self.stripe.bad_index(self.column, self.group)
    }

    fn next(&mut self) -> Result<u64, OrcError> {
        let (first, rest) = self.rest.split_first().ok_or_else(|| self.bad())?;
        self.rest = rest;
        Ok(*first)
    }

    fn place(&mut self) -> Result<Place, OrcError> {
        let chunk = self.next()?;
        let inside = if self.stripe.compressed() { self.next()? } else { 0 };
        Ok(Place { chunk, inside })
    }

    fn count(&mut self, limit: usize) -> Result<usize, OrcError> {
        let count = self.next()?;
        usize::try_from(count).ok().filter(|count| *count <= limit).ok_or_else(|| self.bad())
    }

    pub(super) fn seek_bytes(&mut self, bytes: &mut ByteStream) -> Result<(), OrcError> {
        bytes.seek(self.place()?)
    }

    pub(super) fn seek_runs(&mut self, bytes: &mut ByteRuns) -> Result<(), OrcError> {
        bytes.seek(self.place()?, self.count(MAX_CONSUMED)?)
    }

    pub(super) fn seek_bits(&mut self, bits: &mut Bits) -> Result<(), OrcError> {
        bits.seek(self.place()?, self.count(MAX_CONSUMED)?, self.count(8)?)
    }

    pub(super) fn seek_integers(&mut self, integers: &mut Integers) -> Result<(), OrcError> {
        integers.seek(self.place()?, self.count(MAX_CONSUMED)?)
    }
}
