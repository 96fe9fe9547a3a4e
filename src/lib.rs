//! A local CloudTrail Lake: raw JSON events in, ORC, Parquet or Arrow files in event data stores, SQL in
//! Trino's dialect out.
//!
//! The modules are the stations of the data's way, in its order; each knows only those before it
//! (a test keeps it so, see `docs/architecture.md`):
//!
//! 1. [`json`]: JSON text, scanned without a tree;
//! 2. [`envelope`]: files of any known container, to records;
//! 3. [`event`]: what an event is, the columns of the table;
//! 4. [`shred`]: records to Arrow batches;
//! 5. [`columnar`]: Arrow batches to ORC, Parquet and Arrow files, and how such files are laid out;
//! 6. [`store`]: event data stores, the catalog, imports;
//! 7. [`engine`]: Trino's SQL over event data stores, on DataFusion: the session, the catalog of tables, views,
//!    scans;
//! 8. [`output`]: answers as tables, CSV, JSON, Markdown, pages, charts, and columnar files;
//! 9. [`saved`]: saved queries and their parameters;
//! 10. [`investigate`]: where a text occurs, what an identity did;
//! 11. [`server`]: the lake as a service, for AWS's clients;
//! 12. [`cli`]: the command line and the REPL.
//!
//! Beside the way stand [`mod@bench`], which measures queries over every format, and [`integrity`], which checks log
//! files against the digest files of a trail.
//!
//! What knows nothing of CloudTrail is a crate of its own in `crates/`:
//!
//! * `traillake-orc` reads and writes ORC files, for [`columnar`] and for scans in [`engine`];
//! * `traillake-sql-types` has Trino's types, how they coerce and what they are in Arrow, and errors with a code
//!   and a position;
//! * `traillake-sql-parser` parses Trino's grammar into a syntax tree;
//! * `traillake-functions` has Trino's functions, operators and casts over Arrow arrays;
//! * `traillake-planner` makes logical plans of syntax trees, and optimizes them;
//! * `traillake-synth` writes synthetic logs with planted stories;
//! * `traillake-aws-wire` speaks AWS's protocols, for [`server`].
//!
//! # Example
//!
//! Import a folder of logs into a new lake, and ask how often what was called:
//!
//! ```
//! use std::sync::{Arc, atomic::AtomicBool};
//! use traillake::engine::{Engine, EngineOptions};
//! use traillake::envelope::discover;
//! use traillake::store::{ImportOptions, Lake, Progress, import};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let lake = Arc::new(Lake::open(&dir.path().join("lake"), chrono::Utc::now)?);
//! let store = lake.store_or_default(None)?;
//! let paths = vec!["testdata/oddities".to_owned()];
//! let options = ImportOptions::new(&paths, 2, 64 << 20);
//! let cancel = AtomicBool::new(false);
//! let report = import(&lake, &store, discover(&paths)?, &options, &Progress::default(), &cancel)?;
//! assert!(report.balances());
//!
//! let engine = Engine::new(lake, Some(store), EngineOptions { threads: 2, memory: 64 << 20 })?;
//! let runtime = tokio::runtime::Runtime::new()?;
//! runtime.block_on(async {
//!     let mut answer =
//!         engine.query("SELECT eventName, count(*) FROM event_data_store GROUP BY eventName").await?;
//!     assert_eq!(answer.labels, ["eventName", "_col1"]);
//!     while let Some(batch) = answer.next().await {
//!         println!("{} names", batch?.num_rows());
//!     }
//!     Ok(())
//! })
//! # }
//! ```

pub mod json;
pub mod envelope;
pub mod event;
pub mod shred;
pub mod columnar;
pub mod store;
pub mod sources;
pub mod engine;
pub mod output;
pub mod saved;
pub mod investigate;
pub mod bench;
pub mod integrity;
pub mod server;
pub mod cli;
