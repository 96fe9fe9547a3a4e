//! ORC files in queries: a [`FileSource`](datafusion::datasource::physical_plan::FileSource) of our
//! own.
//!
//! `source` takes part in planning: it accepts every projection and filter, and any order as a wish.
//! `bind` turns both into what is read of a file; `prune` tells which stripes and row groups need
//! not be read; `scan` reads the rest and counts it in `metrics`.

mod bind;
mod metrics;
mod prune;
mod scan;
mod source;

pub(super) use source::{FileError, OrcSource};

#[cfg(test)]
mod tests;
