//! Windows with PARTITION BY, evaluated for all partitions at once.
//!
//! DataFusion 55.2 sorts rows by the keys of PARTITION BY and ORDER BY, and evaluates each partition by itself, with objects
//! and arrays of its own. Where most partitions have a row or two, that is nearly all the work of a query. Here a hash table
//! numbers the partitions, rows are put partition behind partition, and sorted within each. Functions see one sequence of
//! rows, which know where their partition begins and ends (`layout`).
//!
//! Rows are kept in memory. Where it does not do for them, they are sorted, which goes to disk, and evaluated some partitions
//! at a time (`sorted`). A partition that does not fit into memory is evaluated by DataFusion; so are functions that are not
//! known here (`function`), and windows without PARTITION BY.

mod arguments;
mod collector;
mod counting;
mod exec;
mod frame;
mod function;
mod ignoring_nulls;
mod keys;
mod layout;
mod partitions;
mod rule;
mod running;
mod sorted;
mod value;
mod whole;

pub use exec::PartitionedWindowExec;
pub(crate) use ignoring_nulls::ignoring_nulls;
pub(crate) use rule::PartitionedWindows;

#[cfg(test)]
mod tests;
