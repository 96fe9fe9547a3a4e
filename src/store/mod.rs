//! Event data stores: where they are, what is in them, and how events get in.
//!
//! * [`paths`] names every file of a lake;
//! * [`catalog`] is the SQLite file that says what exists;
//! * [`lake`] opens a lake, creates and finds its stores;
//! * [`life_cycle`] changes, deletes and restores stores, and lets old events go;
//! * [`selectors`] decide which events a store takes;
//! * [`mod@import`] takes events from sources into a store, [`intake`] those that are sent a few at a time;
//! * [`export`] writes the events of a store as files again;
//! * [`check`] compares a store with its catalog, and makes a lost catalog anew;
//! * `compact` merges data files, `convert` gives them other forms, `data_files` reads and writes them, `records` gives
//!   the text of their records, `locks` keeps writers and readers apart;
//! * [`results`] are answers of queries that are kept, `private` writes what only its owner may read.
//!
//! A data file is immutable. It is written under a temporary name, synced and renamed, and exists
//! once a transaction of the catalog says so. Only this station renames or deletes files.

pub mod catalog;
pub mod changes;
pub mod check;
mod compact;
mod convert;
mod data_files;
mod description;
pub mod error;
pub mod export;
pub mod fault;
mod found;
pub mod import;
pub mod intake;
mod known;
pub mod lake;
pub mod life_cycle;
mod locks;
pub mod names;
mod objects;
mod partition;
pub mod paths;
mod private;
mod records;
pub mod results;
pub mod selectors;
#[cfg(test)]
mod testing;

pub use catalog::{DataFile, ImportRow, ImportStatus, StoreRow, StoreStatus};
pub use changes::StoreChanges;
pub use compact::{CompactOptions, CompactionProgress, CompactionReport, Merge};
pub use convert::Conversion;
pub use data_files::hints;
pub use error::StoreError;
pub use import::{ImportOptions, ImportReport, ImportTotals, Progress, import};
pub use intake::{Intake, SentEvents, Taken, TakenEvents};
pub use lake::{Lake, NewStore, Snapshot};
pub use names::{StoreId, StoreName};
pub use objects::{NewFile, UNFINISHED_PREFIX, UNFINISHED_SUFFIX, remove_unfinished, write_new};
pub use private::{lock_private, read_or_make_secret, replace_private, try_lock_private};
pub use results::{ResultWriter, Results};
pub use selectors::{AdvancedEventSelectors, SelectorError};
