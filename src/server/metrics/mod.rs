//! What `/metrics` tells beside the port's own numbers: of queries, imports, sources, memory and stores.
//!
//! Nothing is looked for when it is asked: whoever does the work counts, and sizes of stores are read beforehand (`sizes`).
//! Names follow the conventions of Prometheus: `traillake_`, what is counted, its unit, and `_total` for what only grows.

mod process;
mod sizes;

pub(super) use sizes::{StoreSizes, keep_sizes};

use super::queries::Queries;
use crate::sources::watch::{SourceState, SourceStates};
use crate::store::{ImportTotals, Lake};
use sizes::StoreState;
use std::sync::Arc;
use traillake_http::{HttpError, Metrics, Sample};

/// What is told of.
#[derive(Debug, Clone)]
pub(super) struct Observed {
    pub(super) lake: Arc<Lake>,
    pub(super) queries: Arc<Queries>,
    pub(super) sources: SourceStates,
    pub(super) sizes: Arc<StoreSizes>,
}

/// Registers all metrics of the service.
pub(super) fn register(metrics: &Metrics, observed: &Observed) -> Result<(), HttpError> {
    let started_at = observed.lake.now().timestamp().unsigned_abs();
    process::register(metrics, started_at)?;
    of_queries(metrics, &observed.queries)?;
    of_memory(metrics, &observed.queries)?;
    of_imports(metrics, &observed.lake)?;
    of_sources(metrics, &observed.sources)?;
    of_stores(metrics, &observed.sizes)
}

/// A number without labels.
fn one(number: u64) -> Vec<Sample<0>> {
    vec![([], number)]
}

/// Numbers by the values of one label.
fn by<const N: usize>(numbers: [(&str, u64); N]) -> Vec<Sample<1>> {
    numbers.into_iter().map(|(value, number)| ([value.to_owned()], number)).collect()
}

fn of_queries(metrics: &Metrics, queries: &Arc<Queries>) -> Result<(), HttpError> {
    let of = |queries: &Arc<Queries>| {
        let queries = Arc::clone(queries);
        move || queries.totals()
    };
    let totals = of(queries);
    let help = "Queries that have ended, by how";
    metrics.read_counters("traillake_queries_total", help, ["state"], move || {
        let totals = totals();
        by([
            ("finished", totals.finished),
            ("failed", totals.failed),
            ("cancelled", totals.cancelled),
            ("timed_out", totals.timed_out),
        ])
    })?;
    let totals = of(queries);
    let running = move || one(totals().running);
    metrics.read_gauges("traillake_queries_running", "Queries that run", [], running)?;
    let totals = of(queries);
    let waiting = move || one(totals().waiting);
    let help = "Queries that wait until others have ended";
    metrics.read_gauges("traillake_queries_waiting", help, [], waiting)?;
    let totals = of(queries);
    let rows = move || one(totals().rows);
    let help = "Rows of the answers of queries that have ended";
    metrics.read_counters("traillake_query_rows_total", help, [], rows)?;
    let totals = of(queries);
    let events = move || one(totals().events_scanned);
    let help = "Events that queries looked at that have ended";
    metrics.read_counters("traillake_query_scanned_events_total", help, [], events)?;
    let totals = of(queries);
    let bytes = move || one(totals().bytes_scanned);
    let help = "Bytes that queries read from data files that have ended";
    metrics.read_counters("traillake_query_scanned_bytes_total", help, [], bytes)
}

fn of_memory(metrics: &Metrics, queries: &Arc<Queries>) -> Result<(), HttpError> {
    let memory = |queries: &Arc<Queries>| {
        let queries = Arc::clone(queries);
        move || queries.engine().memory()
    };
    let used = memory(queries);
    let help = "Bytes of memory that queries have reserved";
    metrics.read_gauges("traillake_query_memory_bytes", help, [], move || one(used().0))?;
    let limit = memory(queries);
    let help = "Bytes of memory that queries may reserve";
    metrics.read_gauges("traillake_query_memory_limit_bytes", help, [], move || one(limit().1))?;
    let kept = |queries: &Arc<Queries>| {
        let queries = Arc::clone(queries);
        move || queries.engine().kept_columns().unwrap_or_default()
    };
    let bytes = kept(queries);
    let help = "Bytes of decoded columns that are kept in memory";
    metrics.read_gauges("traillake_column_cache_bytes", help, [], move || one(bytes().bytes))?;
    let limit = kept(queries);
    let help = "Bytes of decoded columns that may be kept";
    let read = move || one(limit().limit);
    metrics.read_gauges("traillake_column_cache_limit_bytes", help, [], read)?;
    let hits = kept(queries);
    let help = "Times that decoded values of a column were kept";
    metrics
        .read_counters("traillake_column_cache_hits_total", help, [], move || one(hits().hits))?;
    let misses = kept(queries);
    let help = "Times that values of a column had to be decoded";
    let read = move || one(misses().misses);
    metrics.read_counters("traillake_column_cache_misses_total", help, [], read)
}

fn of_imports(metrics: &Metrics, lake: &Arc<Lake>) -> Result<(), HttpError> {
    let of = |read: fn(&ImportTotals) -> Vec<Sample<1>>| {
        let lake = Arc::clone(lake);
        move || read(&lake.import_totals().now())
    };
    let running = Arc::clone(lake);
    let read = move || one(running.import_totals().now().running);
    metrics.read_gauges(
        "traillake_imports_running",
        "Imports of the service that run",
        [],
        read,
    )?;
    let read = of(|totals| {
        by([
            ("completed", totals.completed),
            ("failed", totals.failed),
            ("stopped", totals.stopped),
        ])
    });
    let help = "Imports of the service that have ended, by how; failed: not all could be taken";
    metrics.read_counters("traillake_imports_total", help, ["state"], read)?;
    let help = "Files of imports that have ended, by what became of them";
    metrics.read_counters("traillake_import_files_total", help, ["outcome"], of(files))?;
    let help = "Events of imports that have ended, by what became of them";
    metrics.read_counters("traillake_import_events_total", help, ["outcome"], of(events))?;
    let bytes = Arc::clone(lake);
    let read = move || one(bytes.import_totals().now().bytes_read);
    let help = "Bytes of files that imports read, packed as they are";
    metrics.read_counters("traillake_import_read_bytes_total", help, [], read)
}

fn files(totals: &ImportTotals) -> Vec<Sample<1>> {
    let files = &totals.files;
    by([
        ("imported", files.imported),
        ("unchanged", files.unchanged + files.accepted),
        ("failed", files.failed),
        ("not_reached", files.not_reached),
        ("other", files.digest + files.other_category + files.aggregated + files.foreign),
        ("left_out", files.skipped + files.excluded + files.not_wanted),
    ])
}

fn events(totals: &ImportTotals) -> Vec<Sample<1>> {
    let events = &totals.events;
    by([
        ("stored", events.stored),
        ("duplicate", events.duplicate),
        ("rejected", events.rejected),
        ("not_selected", events.not_selected),
        ("past_retention", events.past_retention),
        ("other", events.other_category + events.aggregated),
        ("abandoned", events.abandoned),
    ])
}

fn of_sources(metrics: &Metrics, sources: &SourceStates) -> Result<(), HttpError> {
    let of = |read: fn(&SourceState) -> Option<u64>| {
        let sources = sources.clone();
        move || {
            let known = sources.now().into_iter();
            known
                .filter_map(|source| Some((read(&source)?, source)))
                .map(|(number, source)| ([source.store, source.source], number))
                .collect()
        }
    };
    let labels = ["store", "source"];
    let help = "Whether a source of a store could be read the last time (1) or not (0)";
    let is_up = of(|source| source.is_up.map(u64::from));
    metrics.read_gauges("traillake_source_up", help, labels, is_up)?;
    let help = "Times that a source of a store could not be read";
    let failures = of(|source| Some(source.failures));
    metrics.read_counters("traillake_source_failures_total", help, labels, failures)
}

fn of_stores(metrics: &Metrics, sizes: &Arc<StoreSizes>) -> Result<(), HttpError> {
    let of = |read: fn(&StoreState) -> u64| {
        let sizes = Arc::clone(sizes);
        move || {
            let stores = sizes.now();
            stores.iter().map(|store| ([store.name.clone()], read(store))).collect()
        }
    };
    let gauges = |name: &str, help: &str, read: fn(&StoreState) -> u64| {
        metrics.read_gauges(name, help, ["store"], of(read))
    };
    gauges("traillake_store_events", "Events in a store", |store| store.size.events)?;
    let help = "Bytes of the data files of a store";
    gauges("traillake_store_bytes", help, |store| store.size.bytes)?;
    gauges("traillake_store_files", "Data files of a store", |store| store.size.files)?;
    let help = "Whether a store takes events (1) or not (0)";
    gauges("traillake_store_ingesting", help, |store| u64::from(store.ingests))
}
