//! All integration tests, in one binary: each further one would link DataFusion again.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod again;
mod answers;
mod architecture;
mod bad_inputs;
mod buckets;
mod cli;
mod concurrent;
mod containers;
mod export;
mod faults;
mod formats;
mod found;
mod gold;
mod hostile;
mod import_cases;
mod lake;
mod logs;
mod lookup;
mod memory;
mod metrics;
mod old_lakes;
mod packings;
mod paste;
mod questions;
mod random;
mod selectors;
mod serve;
mod slt;
mod sources;
mod stories;
mod views;
mod watch;
mod xray;
