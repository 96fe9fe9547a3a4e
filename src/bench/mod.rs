//! Columnar scans measured: the same queries over the same events in every format.
//!
//! * [`suite`] has the queries and fills in their parameters;
//! * [`target`] is what they are run over: a store of a format, or the raw JSON files;
//! * [`mod@compare`] compares the targets' answers, before anything is measured;
//! * [`mod@run`] measures, round by round;
//! * [`report`] sums up, as a table, CSV and JSON; [`plot`] draws bars, on a terminal and as SVG;
//! * [`mod@export`] gives the events of a store back as JSON.
//!
//! It stands beside the data's way: all stations may be used here, and only `cli` knows this one.

pub mod compare;
pub mod target;
pub mod export;
pub mod plot;
pub mod report;
pub mod run;
pub mod suite;

#[cfg(test)]
mod tests;

pub use compare::{Disagreement, compare};
pub use export::export;
pub use report::Report;
pub use run::{Measurement, Options, Outcome, Progress, run};
pub use suite::{Parameters, Query};
pub use target::{BenchTarget, RawJson, TargetKind};

use crate::engine::QueryError;
use crate::envelope::DiscoverError;
use crate::output::OutputError;
use crate::store::StoreError;
use std::path::PathBuf;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A file of queries or of exported events cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file or folder of queries has none.
    #[error("{0}: no statement in it; a folder's queries are its .sql files")]
    NoQueries(PathBuf),
    /// An unknown query was asked for.
    #[error("there is no query {wanted:?}; there are {}", known.join(", "))]
    UnknownQuery {
        /// The name asked for.
        wanted: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// A query failed over one format.
    #[error("{query} over {format}: {error}")]
    Query {
        /// The query's name.
        query: String,
        /// The target's name.
        format: &'static str,
        /// Why.
        error: Box<QueryError>,
    },
    /// The queries' parameters cannot be found, or no session opened.
    #[error(transparent)]
    Engine(#[from] QueryError),
    /// Formats gave different answers.
    #[error("{}", list(.0))]
    Disagree(Vec<Disagreement>),
    /// The JSON files cannot be imported for a query.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The JSON files are gone.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// An answer has a value without a text.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The caller asked to stop.
    #[error("interrupted")]
    Cancelled,
    /// A bug of ours.
    #[error("a bug in traillake, please report it: {0}")]
    Bug(String),
}

fn list(disagreements: &[Disagreement]) -> String {
    disagreements.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
