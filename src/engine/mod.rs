//! Answers SQL over event data stores, in the dialect of CloudTrail Lake.
//!
//! A query goes through these stations before DataFusion optimizes and runs it:
//!
//! * [`text`]: names that SQL cannot spell (bare ids, pasted placeholders) become quoted ones;
//! * [`traillake_sql_parser`]: Trino's grammar, to a tree of our own;
//! * `analyzer`: the tree, typed by Trino's rules, to a logical plan;
//! * `functions`: what the plan calls, over Arrow arrays.
//!
//! [`types`] are Trino's, and [`sql_error`] has Trino's names for what goes wrong; both are of
//! [`traillake_sql_types`].
//!
//! Apart from that, [`ddl`] writes the statements by which other engines read a store's files.
//!
//! `stores` resolves table names to event data stores, and `table` scans their files. The engine
//! knows no terminal and no output format: it gives labels, a stream of record batches, and, when
//! that has ended, a `profile`.

mod analyzer;
mod constants;
pub mod ddl;
mod distinct;
pub mod error;
mod explain;
mod functions;
mod frame;
mod lazy;
mod memory;
mod orc;
pub mod parameters;
mod profile;
mod routines;
mod schemas;
mod stores;
mod table;
pub mod text;
mod top_rows;
mod views;
pub mod words;

pub use error::{QueryError, nearest};
pub use profile::{Profile, Progress, Pruned, Watch};
use traillake_sql_parser as syntax;
pub use traillake_sql_parser::{Piece, PieceKind, pieces};
pub use traillake_sql_types as types;
pub use traillake_sql_types::error as sql_error;

use crate::store::{Lake, StoreRow};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Float32Type, Float64Type, SchemaRef};
use chrono::{DateTime, Utc};
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider};
use datafusion::common::config::ConfigNonZeroUsize;
use datafusion::common::tree_node::TreeNode;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use parameters::Parameters;
use sql_error::Code;
use std::sync::Arc;
use std::time::{Duration, Instant};
use types::Type;

/// How an engine works.
#[derive(Debug, Clone, Copy)]
pub struct EngineOptions {
    /// Threads that a query may use.
    pub threads: usize,
    /// Bytes of memory that a query may use before it spills or fails.
    pub memory: usize,
}

/// A session over a lake.
pub struct Engine {
    context: SessionContext,
    stores: Arc<stores::Stores>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// An answer on its way.
pub struct Answer {
    /// Labels of the columns, spelled as in the query.
    pub labels: Vec<String>,
    /// Types of the columns.
    pub kinds: Vec<Type>,
    /// Whether the statement orders its rows.
    pub ordered: bool,
    stream: SendableRecordBatchStream,
    plan: Arc<dyn ExecutionPlan>,
    planning: Duration,
    planned: Instant,
    ended: Option<Instant>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("labels", &self.labels).finish_non_exhaustive()
    }
}

impl Answer {
    /// Returns the types of the columns; their names there are internal.
    pub fn schema(&self) -> SchemaRef {
        self.stream.schema()
    }

    /// Returns the next rows, or `None` after the last.
    ///
    /// # Errors
    /// When the query fails at run time.
    pub async fn next(&mut self) -> Option<Result<RecordBatch, QueryError>> {
        let next = self.stream.next().await;
        if next.is_none() {
            self.ended.get_or_insert_with(Instant::now);
        }
        next.map(|batch| batch.map_err(QueryError::from))
    }

    /// Returns what the query took; all of it once [`Self::next`] gave `None`.
    pub fn profile(&self) -> Profile {
        let ended = self.ended.unwrap_or_else(Instant::now);
        Profile::of(&self.plan, self.planning, ended - self.planned)
    }

    /// Returns what tells how far the query is, while somebody waits for [`Self::next`].
    pub fn watch(&self) -> Watch {
        Watch { plan: Arc::clone(&self.plan) }
    }
}

impl Engine {
    /// Opens a session over `lake`; `event_data_store` means `current` there.
    ///
    /// # Errors
    /// When the memory limit or the spill folder cannot be set up.
    pub fn new(
        lake: Arc<Lake>,
        current: Option<StoreRow>,
        options: EngineOptions,
    ) -> Result<Self, QueryError> {
        let mut config = SessionConfig::new()
            .with_target_partitions(options.threads.max(1))
            .with_batch_size(batch_rows(options.memory))
            .with_default_catalog_and_schema("traillake", "default");
        let settings = config.options_mut();
        settings.execution.parquet.pushdown_filters = true;
        settings.execution.parquet.reorder_filters = true;
        // Sorting each partition and merging them needs more memory than one sort that spills:
        // slices of a sorted run are each accounted with the whole run.
        settings.optimizer.repartition_sorts = false;
        // In DataFusion 55.2 it meets "unreachable code" for NaN, and fails for some DISTINCT with LIMIT.
        settings.optimizer.enable_topk_aggregation = false;
        // DataFusion 55.2 sees of some CASE that it is never NULL in one place, and not in the other.
        settings.execution.skip_physical_aggregate_schema_check = true;
        // What a sort keeps aside for merging what it spilled.
        settings.execution.sort_spill_reservation_bytes =
            options.memory / (8 * options.threads.max(1));
        // Each batch that an exchange between threads writes to disk is a file of its own: with files
        // of several batches DataFusion 55.2 waits for ever where two threads write at once
        // (apache/datafusion issue 24883, mended by 24891, which is in no release yet).
        settings.execution.max_spill_file_size_bytes = ConfigNonZeroUsize::try_new(1)?;
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(memory::Pool::new(options.memory)))
            .with_disk_manager_builder(DiskManagerBuilder::default())
            // Footers and indexes; where not all of them fit, a session reads all of them each time.
            .with_metadata_cache_limit(options.memory / 8)
            .build_arc()?;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .with_physical_optimizer_rule(Arc::new(top_rows::TopRows { memory: options.memory }))
            .build();
        let context = SessionContext::new_with_state(state);
        context.add_optimizer_rule(Arc::new(schemas::Renew));
        context.add_optimizer_rule(Arc::new(distinct::Distinct));

        let stores = Arc::new(stores::Stores::new(lake, current));
        let catalog = MemoryCatalogProvider::new();
        // Athena reaches a federated store as "aws:cloudtrail"."<id>".
        for schema in ["default", "aws:cloudtrail"] {
            catalog.register_schema(schema, Arc::clone(&stores) as _)?;
        }
        context.register_catalog("traillake", Arc::new(catalog));
        Ok(Self { context, stores })
    }

    /// Makes `event_data_store` mean `store` from now on; what is known of files stays.
    pub fn choose(&self, store: Option<StoreRow>) {
        self.stores.choose(store);
    }

    /// Keeps up to so many bytes of unpacked columns for the queries to come. A session that asks once
    /// gains nothing by it.
    pub fn keep_columns(&self, bytes: usize) {
        self.stores.keep(bytes);
    }

    /// Returns the time by the lake's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.stores.lake().now()
    }

    /// Plans one statement and begins to run it, now by the lake's clock.
    ///
    /// # Errors
    /// When the statement is not valid, reads what is not there, or does more than read.
    pub async fn query(&self, sql: &str) -> Result<Answer, QueryError> {
        self.query_with(sql, &Parameters::at(self.now())).await
    }

    /// Like [`Self::query`]; `values` has those of the statement's parameters, and the moment that it takes
    /// for now.
    ///
    /// # Errors
    /// As [`Self::query`], and when a parameter has no value.
    pub async fn query_with(&self, sql: &str, values: &Parameters) -> Result<Answer, QueryError> {
        let started = Instant::now();
        let named = text::name_stores(sql, &|name| self.stores.exists(name));
        let state = self.context.state();
        let tables = || self.stores.names_and_views();
        let analyzed =
            analyze(&state, &tables, &named.sql, values).map_err(|error| error.moved(&named))?;
        let (labels, kinds) = analyzed.columns.iter().cloned().unzip();
        let ordered = analyzed.ordered;
        let explains = matches!(analyzed.plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_));
        let (plan, context) = physical_plan(state, analyzed).await?;
        let planned = Instant::now();
        let mut stream = execute_stream(Arc::clone(&plan), context)?;
        if explains {
            stream = explain::shortened(stream, self.stores.lake());
        }
        let planning = planned - started;
        Ok(Answer { labels, kinds, ordered, stream, plan, planning, planned, ended: None })
    }
}

/// Makes a plan of a statement; `tables` gives the names of what it may read, for messages.
fn analyze(
    state: &SessionState,
    tables: &dyn Fn() -> Vec<String>,
    sql: &str,
    values: &Parameters,
) -> Result<analyzer::Planned, QueryError> {
    let statement =
        syntax::parse_statement(sql, values.values()).map_err(|error| match error.code {
            Code::AccessDenied => QueryError::NotSelect(error.message),
            _ => QueryError::from(error),
        })?;
    Ok(analyzer::analyze(state, tables, values.now(), &statement)?)
}

/// Optimizes a plan and makes it one that can run.
async fn physical_plan(
    state: SessionState,
    analyzed: analyzer::Planned,
) -> Result<(Arc<dyn ExecutionPlan>, Arc<TaskContext>), QueryError> {
    let plan = constants::hidden(state.optimize(&analyzed.plan)?)?;
    let state = without_unsafe_pushdown(state, &plan);
    let planner = Arc::clone(state.query_planner());
    let plan = planner.create_physical_plan(&plan, &state).await?;
    Ok((lazy::plan(plan)?, state.task_ctx()))
}

/// Returns the names of the views that stand beside the stores; see `docs/views.md`.
pub fn view_names() -> impl Iterator<Item = &'static str> {
    views::VIEWS.iter().map(|(name, _)| *name)
}

/// Appends the text of a value that is not NULL: that of a cast to varchar, but floating point as
/// Trino's clients show it, with all its digits and an exponent only where it is needed.
///
/// # Errors
/// When the array does not lie as values of `kind` do.
pub fn value_text(
    array: &dyn arrow::array::Array,
    row: usize,
    kind: &Type,
    out: &mut String,
) -> Result<(), sql_error::SqlError> {
    match kind {
        Type::Double => {
            functions::java_double(array.as_primitive::<Float64Type>().value(row), out);
        }
        Type::Date => {
            functions::date_of_result(array.as_primitive::<Date32Type>().value(row), out);
        }
        Type::Real => functions::java_float(array.as_primitive::<Float32Type>().value(row), out),
        _ => functions::write_text(array, row, kind, out)?,
    }
    Ok(())
}

/// Rows of a batch: sorting holds several batches of each run in memory, and rows with their JSON
/// are wide.
fn batch_rows(memory: usize) -> usize {
    (memory >> 17).clamp(256, 8_192)
}

/// Turns dynamic filters off for plans with joins.
///
/// DataFusion 55.2 pushes filters by name onto the wrong one of two same-named columns above a join
/// (apache/datafusion issues 25296, 25244, 25262 to 25264; mended by 25259, which is in no release
/// yet), and every two event data stores have the same column names.
fn without_unsafe_pushdown(mut state: SessionState, plan: &LogicalPlan) -> SessionState {
    if plan.exists(|node| Ok(matches!(node, LogicalPlan::Join(_)))).unwrap_or(true) {
        let options = &mut state.config_mut().options_mut().optimizer;
        options.enable_dynamic_filter_pushdown = false;
        options.enable_topk_dynamic_filter_pushdown = false;
        options.enable_join_dynamic_filter_pushdown = false;
        options.enable_aggregate_dynamic_filter_pushdown = false;
    }
    state
}
