//! Runs the queries. Formats take turns in every round, so that a noisy machine is noisy for all.

use super::{BenchError, BenchTarget, Disagreement, Parameters, Query, compare};
use crate::engine::{Engine, Profile, QueryError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// How often to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Options {
    /// Rounds.
    pub runs: usize,
    /// Rounds in which the raw JSON takes part.
    pub json_runs: usize,
    /// Clients that ask a store at the same time; below two, queries run one by one only.
    pub concurrency: usize,
}

/// Numbers of a running benchmark, for a progress bar.
#[derive(Debug, Default)]
pub struct Progress {
    /// Runs to do.
    pub runs: AtomicU64,
    /// Runs done.
    pub runs_done: AtomicU64,
}

/// One query over one target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measurement {
    /// Time from the statement to the last row, of each run.
    pub total: Vec<Duration>,
    /// The part of it until the query is planned.
    pub planning: Vec<Duration>,
    /// The part after it. For raw JSON, with the reading of the files that comes first.
    pub execution: Vec<Duration>,
    /// Time until all clients had their last row, of each concurrent run.
    pub concurrent: Vec<Duration>,
    /// Rows of the answer.
    pub rows: u64,
    /// What the last run's scans read and left out.
    pub profile: Profile,
}

/// What was run, and what was measured.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What the parameters stood for.
    pub parameters: Parameters,
    /// The queries with their parameters filled in.
    pub queries: Vec<Query>,
    /// A line for each query, with a place for each target.
    pub measured: Vec<Vec<Measurement>>,
}

/// Runs each of `queries` over each of `targets`.
///
/// Parameters are found in the events of the first store. Before the clock starts, all answer once,
/// which warms them up, and their answers are compared.
///
/// # Errors
/// When a query fails, when answers differ, and when `cancel` is set while JSON files are read.
pub async fn run(
    targets: &[BenchTarget],
    queries: &[Query],
    options: Options,
    progress: &Progress,
    cancel: &AtomicBool,
) -> Result<Outcome, BenchError> {
    let store = targets.iter().find_map(|target| match target {
        BenchTarget::Store(_, engine) => Some(engine),
        BenchTarget::Json(_) => None,
    });
    let parameters = match store {
        Some(engine) => Parameters::find(engine).await?,
        None => Parameters::default(),
    };
    let queries: Vec<_> = queries.iter().map(|query| parameters.fill(query)).collect();
    let rounds = |target: &BenchTarget| match target {
        BenchTarget::Store(..) => options.runs,
        BenchTarget::Json(_) => options.json_runs,
    };
    let all = targets.iter().map(|c| rounds(c) + 1).sum::<usize>() * queries.len();
    progress.runs.store(all as u64, Ordering::Relaxed);
    let mut measured = check(targets, &queries, progress, cancel).await?;
    for round in 0..targets.iter().map(rounds).max().unwrap_or_default() {
        for (query, line) in queries.iter().zip(&mut measured) {
            for turn in 0..targets.len() {
                // The order rotates, so that no target always follows the same other.
                let at = (round + turn) % targets.len();
                if round < rounds(&targets[at]) {
                    measure(&targets[at], query, options, cancel, &mut line[at]).await?;
                    progress.runs_done.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
    Ok(Outcome { parameters, queries, measured })
}

/// Compares the answers to all queries, and notes their rows.
async fn check(
    targets: &[BenchTarget],
    queries: &[Query],
    progress: &Progress,
    cancel: &AtomicBool,
) -> Result<Vec<Vec<Measurement>>, BenchError> {
    let mut open: Vec<(&'static str, Arc<Engine>, Option<TempDir>)> = Vec::new();
    for target in targets {
        open.push(match target {
            BenchTarget::Store(format, engine) => (format.name(), Arc::clone(engine), None),
            BenchTarget::Json(raw) => {
                let (engine, dir) = raw.open(cancel)?;
                (target.name(), Arc::new(engine), Some(dir))
            }
        });
    }
    let asked: Vec<_> = open.iter().map(|(name, engine, _)| (*name, &**engine)).collect();
    let mut measured = Vec::new();
    let mut disagreements: Vec<Disagreement> = Vec::new();
    for query in queries {
        let (rows, disagreement) = compare(query, &asked).await?;
        disagreements.extend(disagreement);
        measured.push(vec![Measurement { rows, ..Measurement::default() }; targets.len()]);
        progress.runs_done.fetch_add(targets.len() as u64, Ordering::Relaxed);
    }
    if disagreements.is_empty() { Ok(measured) } else { Err(BenchError::Disagree(disagreements)) }
}

async fn measure(
    target: &BenchTarget,
    query: &Query,
    options: Options,
    cancel: &AtomicBool,
    into: &mut Measurement,
) -> Result<(), BenchError> {
    let failed = |error| BenchError::Query {
        query: query.name.clone(),
        format: target.name(),
        error: Box::new(error),
    };
    let started = Instant::now();
    let (rows, profile, before) = match target {
        BenchTarget::Store(_, engine) => {
            let (rows, profile) = ask(engine, &query.sql).await.map_err(failed)?;
            (rows, profile, Duration::ZERO)
        }
        BenchTarget::Json(raw) => {
            let (engine, _dir) = raw.open(cancel)?;
            let before = started.elapsed();
            let (rows, profile) = ask(&engine, &query.sql).await.map_err(failed)?;
            (rows, profile, before)
        }
    };
    if rows != into.rows {
        return Err(BenchError::Disagree(vec![Disagreement {
            query: query.name.clone(),
            formats: [target.name(); 2],
            what: format!("{} rows in one run, {rows} in another", into.rows),
            rows: Vec::new(),
        }]));
    }
    into.planning.push(profile.planning);
    into.execution.push(before + profile.execution);
    into.total.push(before + profile.planning + profile.execution);
    into.profile = profile;
    if let BenchTarget::Store(_, engine) = target
        && options.concurrency > 1
    {
        into.concurrent.push(all_at_once(engine, &query.sql, options).await.map_err(failed)?);
    }
    Ok(())
}

/// Reads an answer to its end.
async fn ask(engine: &Engine, sql: &str) -> Result<(u64, Profile), QueryError> {
    let mut answer = engine.query(sql).await?;
    let mut rows = 0;
    while let Some(batch) = answer.next().await {
        rows += batch?.num_rows() as u64;
    }
    Ok((rows, answer.profile()))
}

/// Lets all clients ask at the same time, and returns how long it took until the last had its answer.
async fn all_at_once(
    engine: &Arc<Engine>,
    sql: &str,
    options: Options,
) -> Result<Duration, QueryError> {
    let started = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..options.concurrency {
        let (engine, sql) = (Arc::clone(engine), sql.to_owned());
        clients.spawn(async move { ask(&engine, &sql).await });
    }
    while let Some(client) = clients.join_next().await {
        client.map_err(|error| QueryError::Bug(error.to_string()))??;
    }
    Ok(started.elapsed())
}
