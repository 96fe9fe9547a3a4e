//! Answers SQL over event data stores, in the dialect of CloudTrail Lake.
//!
//! A query goes this way:
//!
//! * [`text`]: names that SQL cannot spell (bare ids, pasted placeholders) become quoted ones;
//! * [`traillake_sql_parser`]: Trino's grammar, to a syntax tree;
//! * [`traillake_planner`]: the tree, typed by Trino's rules, to a plan that DataFusion runs; `stores` tells
//!   it what table names mean, `views` and `routines` what the Lake has beside its stores;
//! * `table`: the scan of a store's files, which `files` lists;
//! * `plans`: what was planned before, for statements that are asked again.
//!
//! Apart from that, [`ddl`] writes the statements by which other engines read a store's files. The engine
//! knows no terminal and no output format: it gives labels, a stream of record batches, and, when
//! that has ended, a `profile`.

pub mod ddl;
pub mod error;
mod explain;
mod files;
mod free_scans;
mod import_of;
mod memory;
mod orc;
pub mod parameters;
mod plans;
mod prepared;
mod profile;
mod routines;
mod stores;
mod table;
pub mod text;
mod top_rows;
pub mod translate;
mod views;
pub mod words;
mod yielding;

pub use error::QueryError;
pub use profile::{Profile, Progress, Pruned, Watch, Worked};
pub use traillake_functions::read_moment;
pub use traillake_orc::read::CacheUsage;
pub use traillake_sql_parser::{Piece, PieceKind, pieces};
pub use traillake_sql_types as types;
pub use traillake_sql_types::error as sql_error;
pub use traillake_sql_types::error::nearest;

use crate::event::EventSchema;
use crate::store::{Lake, Snapshot, StoreId, StoreRow};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Float32Type, Float64Type, SchemaRef};
use chrono::{DateTime, Utc};
use datafusion::common::config::ConfigNonZeroUsize;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::MemoryLimit;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use parameters::Parameters;
use plans::{Planned, Plans};
use prepared::PreparedStatements;
use sql_error::{Code, SqlError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stores::{StatementStores, Stores};
use text::Prepared;
use traillake_planner::execution::{self, OptimizedPlan};
use traillake_planner::{PlannedStatement, analyze};
use traillake_sql_parser::{parse_expression, parse_statement};
use translate::{Translation, Wanted};
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
    stores: Arc<Stores>,
    prepared: PreparedStatements,
    plans: Plans,
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
    pub types: Vec<Type>,
    /// Whether the statement orders its rows.
    pub ordered: bool,
    /// What was read otherwise than it is written.
    pub notes: Vec<String>,
    stream: SendableRecordBatchStream,
    plan: Arc<dyn ExecutionPlan>,
    planning: Duration,
    planned: Instant,
    ended: Option<Instant>,
    /// Until the last row was read, the files of the stores stay where they are.
    snapshots: Vec<Arc<Snapshot>>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("labels", &self.labels).finish_non_exhaustive()
    }
}

impl Answer {
    /// An answer that was `started` then, and planned by now.
    fn new(
        started: Instant,
        (columns, ordered): (Vec<(String, Type)>, bool),
        (plan, stream): (Arc<dyn ExecutionPlan>, SendableRecordBatchStream),
        snapshots: Vec<Arc<Snapshot>>,
    ) -> Self {
        let planned = Instant::now();
        let (labels, types) = columns.into_iter().unzip();
        let planning = planned - started;
        let (notes, ended) = (Vec::new(), None);
        Self { labels, types, ordered, notes, stream, plan, planning, planned, ended, snapshots }
    }

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
            self.snapshots.clear();
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
            .with_batch_size(batch_rows(options.memory));
        execution::configure(&mut config);
        let settings = config.options_mut();
        settings.execution.parquet.pushdown_filters = true;
        settings.execution.parquet.reorder_filters = true;
        // Sorting each partition and merging them needs more memory than one sort that spills:
        // slices of a sorted run are each accounted with the whole run.
        settings.optimizer.repartition_sorts = false;
        // Where nearly every row is a group of its own, grouping them on each thread before they are exchanged is
        // in vain, which shows soon.
        settings.execution.skip_partial_aggregation_probe_rows_threshold = 16_384;
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
        let mut rules = execution::physical_optimizer_rules();
        let sides = rules.iter().position(|rule| rule.name() == "join_selection");
        rules.insert(sides.map_or(0, |at| at + 1), Arc::new(orc::CollectedSemiJoins));
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .with_physical_optimizer_rules(rules)
            .with_physical_optimizer_rule(Arc::new(orc::LateColumns {
                max_rows: batch_rows(options.memory),
            }))
            .with_physical_optimizer_rule(Arc::new(top_rows::TopRows { memory: options.memory }))
            .with_physical_optimizer_rule(Arc::new(orc::SemiJoins))
            .with_physical_optimizer_rule(Arc::new(orc::UnnestInScan))
            .with_physical_optimizer_rule(Arc::new(orc::GroupByNumber))
            .with_physical_optimizer_rule(Arc::new(free_scans::FreeScans))
            .with_physical_optimizer_rule(Arc::new(yielding::Yielding))
            .build();
        let context = SessionContext::new_with_state(state);
        execution::add_optimizer_rules(&context);
        let stores = Arc::new(Stores::new(lake, current));
        let (prepared, plans) = (PreparedStatements::default(), Plans::default());
        Ok(Self { context, stores, prepared, plans })
    }

    /// Returns the store that `event_data_store` means.
    pub fn chosen(&self) -> Option<StoreRow> {
        self.stores.current()
    }

    /// Makes `event_data_store` mean `store` from now on; what is known of files stays.
    pub fn choose(&self, store: Option<StoreRow>) {
        self.stores.choose(store);
    }

    /// Sets whether an id of no store means `event_data_store`.
    pub fn take_any_store(&self, any: bool) {
        self.stores.take_any(any);
    }

    /// Keeps up to so many bytes of unpacked columns for the queries to come. A session that asks once
    /// gains nothing by it.
    pub fn keep_columns(&self, bytes: usize) {
        self.stores.keep(bytes);
    }

    /// Returns the bytes of memory that queries have reserved now, and how many they may.
    pub fn memory(&self) -> (u64, u64) {
        let pool = &self.context.runtime_env().memory_pool;
        let limit = match pool.memory_limit() {
            MemoryLimit::Finite(limit) => limit as u64,
            MemoryLimit::Infinite | MemoryLimit::Unknown => u64::MAX,
        };
        (pool.reserved() as u64, limit)
    }

    /// Returns what is kept of unpacked columns, if any are.
    pub fn kept_columns(&self) -> Option<CacheUsage> {
        self.stores.kept()
    }

    /// Makes every statement to come see the files of `snapshot` in a store, so that several statements are answered from
    /// one moment. The first call holds.
    pub fn pin(&self, store: StoreId, snapshot: Arc<Snapshot>) {
        self.stores.pin(store, snapshot);
    }

    /// Returns the category of the events in `event_data_store`.
    pub fn schema(&self) -> EventSchema {
        self.stores.current_schema().unwrap_or_default()
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
        match self.prepared.resolve(sql, values, true)? {
            None => self.run(sql, values).await,
            Some(resolved) => {
                let answer = self.run(&resolved.sql, &resolved.values).await;
                answer.map_err(|error| resolved.locate(error))
            }
        }
    }

    async fn run(&self, sql: &str, values: &Parameters) -> Result<Answer, QueryError> {
        let started = Instant::now();
        if values.are_none()
            && let Some((known, snapshots)) = self.plans.find(sql, &self.stores)
        {
            let (plan, context) = known.again().await?;
            let columns = known.columns.clone();
            let stream = execute_stream(Arc::clone(&plan), context)?;
            return Ok(Answer::new(started, (columns, known.ordered), (plan, stream), snapshots));
        }
        let moment = self.stores.moment();
        let prepared = Prepared::new(sql, values.given(), values.values())?;
        let stores = StatementStores::new(&self.stores);
        let planned = plan(&stores, &prepared, values.now())
            .map_err(|error| error.at_original_position(&prepared))?;
        let note = stores.note();
        let snapshots = stores.into_snapshots();
        let explains = matches!(planned.plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_));
        let optimized = OptimizedPlan::new(self.context.state(), &planned.plan)?;
        let plan = optimized.physical().await?;
        let mut stream = execute_stream(Arc::clone(&plan), optimized.context())?;
        if explains {
            stream = explain::shortened(stream, self.stores.lake());
        }
        let columns = (planned.columns, planned.ordered);
        let is_constant = values.are_none() && note.is_none() && !planned.depends_on_now;
        if let Some(moment) = moment.filter(|_| is_constant && !explains) {
            let planned = Planned::new(columns.clone(), optimized, &plan);
            self.plans.keep(sql, moment, &snapshots, planned);
        }
        let snapshots = snapshots.into_iter().map(|(_, snapshot)| snapshot).collect();
        let mut answer = Answer::new(started, columns, (plan, stream), snapshots);
        answer.notes.extend(note);
        Ok(answer)
    }

    /// Checks a statement without running it, and returns the stores that it reads.
    ///
    /// # Errors
    /// As [`Self::query_with`], as far as they are found while planning.
    pub fn check(&self, sql: &str, values: &Parameters) -> Result<Vec<StoreId>, QueryError> {
        if let Some(resolved) = self.prepared.resolve(sql, values, false)? {
            let planned = self.plan(&resolved.sql, &resolved.values);
            return planned.map_err(|error| resolved.locate(error));
        }
        self.plan(sql, values)
    }

    fn plan(&self, sql: &str, values: &Parameters) -> Result<Vec<StoreId>, QueryError> {
        let prepared = Prepared::new(sql, values.given(), values.values())?;
        let stores = StatementStores::new(&self.stores);
        plan(&stores, &prepared, values.now())
            .map_err(|error| error.at_original_position(&prepared))?;
        Ok(stores.into_snapshots().into_iter().map(|(store, _)| store).collect())
    }

    /// Returns how a statement would be run, in lines for people: what is read and left out, and what is done with the rows.
    ///
    /// # Errors
    /// As [`Self::query_with`], as far as they are found while planning.
    pub async fn outline(&self, sql: &str, values: &Parameters) -> Result<String, QueryError> {
        let prepared = Prepared::new(sql, values.given(), values.values())?;
        let stores = StatementStores::new(&self.stores);
        let planned = plan(&stores, &prepared, values.now())
            .map_err(|error| error.at_original_position(&prepared))?;
        let (plan, _) = execution::physical_plan(self.context.state(), &planned.plan).await?;
        Ok(explain::outline(&plan, self.stores.lake()))
    }

    /// Returns a statement as CloudTrail Lake takes it, as far as rules can repair it. `failed` is an error that it met
    /// while it ran.
    pub fn translate(
        &self,
        sql: &str,
        values: &Parameters,
        wanted: Wanted,
        failed: Option<&QueryError>,
    ) -> Translation {
        let judge = |sql: &str| {
            self.check(sql, values).map(|_| ()).map_err(|error| error.to_client_error())
        };
        let failed = failed.map(QueryError::to_client_error);
        translate::translate(&text::read_over(sql), wanted, failed.as_ref(), &judge)
    }

    /// Like [`Self::query_with`] for a statement with a condition that somebody else wrote, between the two texts
    /// `around`. Positions in errors are those in the condition.
    ///
    /// # Errors
    /// As [`Self::query_with`], and when the condition is not one expression.
    pub async fn query_with_condition(
        &self,
        around: [&str; 2],
        condition: &str,
        values: &Parameters,
    ) -> Result<Answer, QueryError> {
        // On its own first, so that it cannot end the parentheses around it.
        let prepared = Prepared::new(condition, values.given(), values.values())?;
        let parsed = parse_expression(prepared.sql(), &prepared.values);
        parsed.map_err(|error| QueryError::from(error).at_original_position(&prepared))?;
        let [before, after] = around;
        // A comment ends at the end of a line.
        let sql = format!("{before} (\n{condition}\n) {after}");
        self.query_with(&sql, values).await.map_err(|error| error.moved_by_lines(-1))
    }
}

/// Makes a logical plan of a statement.
fn plan(
    stores: &StatementStores<'_>,
    prepared: &Prepared,
    now: DateTime<Utc>,
) -> Result<PlannedStatement, QueryError> {
    let statement =
        parse_statement(prepared.sql(), &prepared.values).map_err(|error| match error.code {
            Code::AccessDenied => QueryError::NotSelect(error.message),
            _ => QueryError::from(error),
        })?;
    analyze(stores, now, &statement).map_err(|error| QueryError::from(explained(error, stores)))
}

/// Adds to the error of a missing table what can be named, and to that of a missing column that the current store has
/// other columns than most.
fn explained(mut error: SqlError, stores: &StatementStores<'_>) -> SqlError {
    if matches!(error.code, Code::SchemaNotFound | Code::CatalogNotFound) {
        error.message.push_str(&format!("; {}", stores.known()));
    }
    if error.code == Code::ColumnNotFound && stores.names_current() {
        let schema = stores.current_schema().unwrap_or_default();
        if schema != EventSchema::CloudTrail {
            error.message.push_str(&format!(
                "; {} holds {} here, which have columns of their own: DESCRIBE lists them",
                text::CURRENT_STORE,
                schema.events()
            ));
        } else if !error.message.contains("; nearest") {
            let told = format!("; DESCRIBE {} lists the columns", text::CURRENT_STORE);
            error.message.push_str(&told);
        }
    }
    error
}

/// Returns the names of the views that stand beside the stores; see `docs/views.md`.
pub fn view_names() -> impl Iterator<Item = &'static str> {
    views::names()
}

/// Appends the text of a value that is not NULL: that of a cast to varchar, but floating point as
/// Trino's clients show it, with all its digits and an exponent only where it is needed.
///
/// # Errors
/// When the array does not have the Arrow type of `data_type`.
pub fn value_text(
    array: &dyn arrow::array::Array,
    row: usize,
    data_type: &Type,
    out: &mut String,
) -> Result<(), SqlError> {
    match data_type {
        Type::Double => {
            traillake_functions::java_double(array.as_primitive::<Float64Type>().value(row), out);
        }
        Type::Date => {
            traillake_functions::date_of_result(array.as_primitive::<Date32Type>().value(row), out);
        }
        Type::Real => {
            traillake_functions::java_float(array.as_primitive::<Float32Type>().value(row), out)
        }
        _ => traillake_functions::write_text(array, row, data_type, out)?,
    }
    Ok(())
}

/// Rows of a batch: sorting holds several batches of each run in memory, and rows with their JSON
/// are wide.
fn batch_rows(memory: usize) -> usize {
    (memory >> 17).clamp(256, 8_192)
}
