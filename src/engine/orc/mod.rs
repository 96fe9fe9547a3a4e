//! ORC files in queries: a [`FileSource`](datafusion::datasource::physical_plan::FileSource) of our
//! own.
//!
//! `source` takes part in planning: it accepts every projection and filter, and any order as a wish.
//! `bind` turns both into what is read of a file; `prune` tells which stripes and row groups need
//! not be read; `scan` reads the rest window by window, of which `columns` decodes columns and `evaluate` makes filters and
//! results, and counts it in `metrics`. `unnest` puts lists that are unnested into scans; `groups` groups what comes out;
//! `semi_joins` makes joins filters; `late` reads wide
//! columns of sorted rows after LIMIT; `record` puts together the text of records where files derive it.

mod bind;
mod columns;
mod encoded;
mod evaluate;
mod groups;
mod late;
mod metrics;
mod prune;
mod record;
mod scan;
mod semi_joins;
mod source;
mod unnest;

pub(super) use groups::GroupByNumber;
pub(super) use late::{LateColumns, LateColumnsExec};
pub(super) use semi_joins::{CollectedSemiJoins, SemiJoins};
pub(super) use source::{DataFilePath, FileError, OrcSource};
pub(super) use unnest::UnnestInScan;

#[cfg(test)]
mod tests;
