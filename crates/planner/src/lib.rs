//! Plans the SQL of Trino for DataFusion.
//!
//! Names, types, coercions, functions, windows and subqueries are resolved by Trino's rules; what DataFusion
//! gets has nothing left to guess. What tables, views and functions there are beside those of SQL, a
//! [`Catalog`] tells.
//!
//! # Example
//!
//! ```
//! use arrow::array::{ArrayRef, Int64Array, RecordBatch};
//! use chrono::DateTime;
//! use datafusion::datasource::MemTable;
//! use datafusion::physical_plan::collect;
//! use datafusion::prelude::{SessionConfig, SessionContext};
//! use std::sync::Arc;
//! use traillake_planner::{MemoryCatalog, analyze, execution};
//! use traillake_sql_parser::{ParameterValues, parse_statement};
//! use traillake_sql_types::error::Code;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! // A table of three numbers.
//! let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 5]));
//! let batch = RecordBatch::try_from_iter([("n", column)])?;
//! let table = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
//! let mut catalog = MemoryCatalog::default();
//! catalog.insert("numbers", Arc::new(table));
//!
//! // A statement becomes a plan, typed by Trino's rules.
//! let sql = "SELECT sum(n) AS total FROM numbers WHERE n <> 2";
//! let statement = parse_statement(sql, &ParameterValues::new())?;
//! let planned = analyze(&catalog, DateTime::UNIX_EPOCH, &statement)?;
//! assert_eq!(planned.columns[0].0, "total");
//! assert_eq!(planned.columns[0].1.to_string(), "bigint");
//!
//! // The plan runs in a session of DataFusion.
//! let mut config = SessionConfig::new();
//! execution::configure(&mut config);
//! let session = SessionContext::new_with_config(config);
//! execution::add_optimizer_rules(&session);
//! let (plan, task) = execution::physical_plan(session.state(), &planned.plan).await?;
//! let batches = collect(plan, task).await?;
//! let total: ArrayRef = Arc::new(Int64Array::from(vec![6]));
//! assert_eq!(batches[0].column(0), &total);
//!
//! // What is wrong has Trino's name, and its place.
//! let statement = parse_statement("SELECT m FROM numbers", &ParameterValues::new())?;
//! let error = analyze(&catalog, DateTime::UNIX_EPOCH, &statement).unwrap_err();
//! assert_eq!(error.code, Code::ColumnNotFound);
//! assert_eq!(error.at.map(|at| at.column), Some(8));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A tour
//!
//! * [`Catalog`], [`Routine`]: what names mean outside of a statement;
//! * [`analyze`]: a syntax tree to a logical plan; in `analyzer` a folder for each part of SQL;
//! * `optimizer`: rules that DataFusion lacks: distinct values by grouping, literals it cannot compare, conditions that
//!   stay above joins;
//! * `physical`: what runs: calls of functions, AND and OR that stop early, windows and their frames;
//! * [`execution`]: a logical plan to one that runs, and the settings that a session needs for it.

mod analyzer;
mod catalog;
pub mod execution;
mod optimizer;
mod physical;

pub use analyzer::{PlannedStatement, analyze};
pub use catalog::{Catalog, MemoryCatalog, Routine};
pub use physical::{PartOf, PartitionedWindowExec, part_of, short_circuit};
