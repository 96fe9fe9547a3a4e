//! All integration tests, in one binary: each further one would link DataFusion again.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

#[path = "answers.rs"]
mod answers;
#[path = "architecture.rs"]
mod architecture;
#[path = "cli.rs"]
mod cli;
#[path = "formats.rs"]
mod formats;
#[path = "gold.rs"]
mod gold;
#[path = "hostile.rs"]
mod hostile;
#[path = "import_cases.rs"]
mod import_cases;
#[path = "lake.rs"]
mod lake;
#[path = "memory.rs"]
mod memory;
#[path = "old_lakes.rs"]
mod old_lakes;
#[path = "questions.rs"]
mod questions;
#[path = "random/mod.rs"]
mod random;
#[path = "slt.rs"]
mod slt;
#[path = "sources.rs"]
mod sources;
#[path = "stories.rs"]
mod stories;
#[path = "views.rs"]
mod views;
#[path = "xray/mod.rs"]
mod xray;
