//! What a query took: its time by phase, and what its scans read and left out; while it runs, how far
//! it is.

use datafusion::common::stats::Precision;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use traillake_planner::PartitionedWindowExec;

/// What a query took, as far as it ran.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// From the statement to its physical plan.
    pub planning: Duration,
    /// From the plan to the last row that was asked for.
    pub execution: Duration,
    /// Bytes that its scans read from data files; `None` where the format's reader does not count.
    pub bytes_scanned: Option<u64>,
    /// Rows that its scans looked at; `None` where nothing was scanned.
    pub rows_scanned: Option<u64>,
    /// Rows that its scans gave: those that passed the filters inside them; `None` where nothing was scanned.
    pub rows_matched: Option<u64>,
    /// What its scans left out, by unit.
    pub pruned: Vec<Pruned>,
}

/// Parts of data files that were not read because nothing in them could match.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Pruned {
    /// What is counted: `file ranges`, `row groups`, `pages`, `page rows`, `stripes`.
    pub unit: String,
    /// How many were left out.
    pub pruned: u64,
    /// Of how many.
    pub of: u64,
}

impl Profile {
    pub(super) fn of(
        plan: &Arc<dyn ExecutionPlan>,
        planning: Duration,
        execution: Duration,
    ) -> Self {
        let mut scans = Scans::default();
        scans.add(plan);
        let pruned = |(unit, (pruned, of))| Pruned { unit, pruned, of };
        Self {
            planning,
            execution,
            bytes_scanned: scans.bytes,
            rows_scanned: scans.rows,
            rows_matched: scans.matched,
            pruned: by_unit(&scans.pruned).into_iter().map(pruned).collect(),
        }
    }
}

/// Sums over the metrics of a plan that tell of scans.
#[derive(Default)]
struct Scans {
    bytes: Option<u64>,
    rows: Option<u64>,
    matched: Option<u64>,
    /// Pruned and kept, by the metric's name.
    pruned: BTreeMap<String, (u64, u64)>,
}

impl Scans {
    fn add(&mut self, plan: &Arc<dyn ExecutionPlan>) {
        if is_file_scan(plan) {
            let rows = plan.metrics().map_or(0, |metrics| rows_scanned(&metrics));
            *self.rows.get_or_insert_default() += rows;
            *self.matched.get_or_insert_default() += rows_given(plan);
        }
        for metric in plan.metrics().iter().flat_map(|metrics| metrics.iter()) {
            match metric.value() {
                MetricValue::Count { name, count } if name == "bytes_scanned" => {
                    *self.bytes.get_or_insert_default() += count.value() as u64;
                }
                MetricValue::Count { name, count } if name.ends_with("_pruned_dynamic_filter") => {
                    self.pruned.entry(name.to_string()).or_default().0 += count.value() as u64;
                }
                MetricValue::PruningMetrics { name, pruning_metrics } => {
                    let (pruned, kept) = self.pruned.entry(name.to_string()).or_default();
                    *pruned += pruning_metrics.pruned() as u64;
                    *kept += pruning_metrics.matched() as u64;
                }
                _ => {}
            }
        }
        plan.children().into_iter().for_each(|child| self.add(child));
    }
}

fn is_file_scan(plan: &Arc<dyn ExecutionPlan>) -> bool {
    file_scan(plan).is_some()
}

fn file_scan(plan: &Arc<dyn ExecutionPlan>) -> Option<&FileScanConfig> {
    plan.downcast_ref::<DataSourceExec>()?.data_source().downcast_ref::<FileScanConfig>()
}

/// Sums a counter of a scan over its partitions; `None` if it has none such.
fn counted(metrics: &MetricsSet, name: &str) -> Option<u64> {
    let counts = metrics.iter().filter_map(|metric| match metric.value() {
        MetricValue::Count { name: known, count } if known == name => Some(count.value() as u64),
        _ => None,
    });
    counts.fold(None, |sum, count| Some(sum.unwrap_or_default() + count))
}

/// Rows that a scan looked at. Readers that do not count tell what they gave and what filters inside
/// them took away.
fn rows_scanned(metrics: &MetricsSet) -> u64 {
    counted(metrics, ROWS_SCANNED).unwrap_or_else(|| {
        let filtered = counted(metrics, "pushdown_rows_pruned").unwrap_or_default();
        metrics.output_rows().unwrap_or_default() as u64 + filtered
    })
}

/// Name of the counter of rows that a scan of ours looked at.
pub(super) const ROWS_SCANNED: &str = "rows_scanned";
/// Name of the counter of rows that a scan of ours left out.
pub(super) const ROWS_LEFT_OUT: &str = "rows_left_out";

/// How far the scans of a query are, and what is done with what they gave. What they leave out does not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files that are done, of `files`.
    pub files_done: u64,
    /// Files to read.
    pub files: u64,
    /// Rows that are done, of `rows`; an estimate where the format's reader does not count.
    pub rows_done: u64,
    /// Rows to read.
    pub rows: u64,
    /// Bytes read so far.
    pub bytes: u64,
    /// What is done with the rows that were read.
    pub worked: Worked,
}

/// Rows that the steps behind the scans of a query dealt with so far. Each step counts: a row that is joined twice is two.
/// How many there will be is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Worked {
    /// Rows that joins gave.
    pub joined: u64,
    /// Rows that aggregations took.
    pub aggregated: u64,
    /// Rows that sorts took.
    pub sorted: u64,
    /// Rows that window functions took.
    pub windowed: u64,
}

impl Worked {
    fn add(&mut self, plan: &Arc<dyn ExecutionPlan>) {
        let taken = || plan.children().into_iter().map(rows_given).sum::<u64>();
        if plan.is::<HashJoinExec>()
            || plan.is::<NestedLoopJoinExec>()
            || plan.is::<CrossJoinExec>()
        {
            self.joined += rows_given(plan);
        } else if plan.is::<AggregateExec>() {
            self.aggregated += taken();
        } else if plan.is::<SortExec>() {
            self.sorted += taken();
        } else if plan.is::<PartitionedWindowExec>()
            || plan.is::<WindowAggExec>()
            || plan.is::<BoundedWindowAggExec>()
        {
            self.windowed += taken();
        }
    }

    /// Returns the steps that dealt with rows, by what they did, with how many.
    pub fn steps(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        let all = [
            ("joined", self.joined),
            ("aggregated", self.aggregated),
            ("sorted", self.sorted),
            ("windowed", self.windowed),
        ];
        all.into_iter().filter(|(_, rows)| *rows > 0)
    }
}

/// Rows that a step gave so far. Those that do not count pass on what they take.
fn rows_given(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    match plan.metrics().and_then(|metrics| metrics.output_rows()) {
        Some(rows) => rows as u64,
        None => plan.children().into_iter().map(rows_given).sum(),
    }
}

/// A query to look at while it runs.
#[derive(Clone)]
pub struct Watch {
    pub(super) plan: Arc<dyn ExecutionPlan>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl Watch {
    /// Returns how far the query is now.
    pub fn progress(&self) -> Progress {
        let mut progress = Progress::default();
        progress.add(&self.plan);
        progress
    }

    /// Returns what its scans read and gave until now; how long that took only its answer knows.
    pub fn profile(&self) -> Profile {
        Profile::of(&self.plan, Duration::ZERO, Duration::ZERO)
    }
}

impl Progress {
    fn add(&mut self, plan: &Arc<dyn ExecutionPlan>) {
        if let Some(scan) = file_scan(plan) {
            let parts = || scan.file_groups.iter().flat_map(|group| group.files());
            let files = parts().count() as u64;
            // A large file may be read in several parts.
            let rows = match scan.statistics().num_rows {
                Precision::Exact(rows) | Precision::Inexact(rows) => rows as u64,
                Precision::Absent => 0,
            };
            self.of_scan(files, rows, &plan.metrics().unwrap_or_default());
        }
        self.worked.add(plan);
        plan.children().into_iter().for_each(|child| self.add(child));
    }

    fn of_scan(&mut self, files: u64, rows: u64, metrics: &MetricsSet) {
        let left_out: usize = metrics
            .iter()
            .filter_map(|metric| match metric.value() {
                MetricValue::PruningMetrics { name, pruning_metrics }
                    if name == "files_ranges_pruned_statistics" =>
                {
                    Some(pruning_metrics.pruned())
                }
                _ => None,
            })
            .sum();
        let done = counted(metrics, "files_processed").unwrap_or_default().min(files);
        let left_out = (left_out as u64).min(done);
        self.files += files - left_out;
        self.files_done += done - left_out;
        self.bytes += counted(metrics, "bytes_scanned").unwrap_or_default();
        match counted(metrics, ROWS_LEFT_OUT) {
            Some(left_out) => {
                let rows = rows.saturating_sub(left_out);
                self.rows += rows;
                self.rows_done += rows_scanned(metrics).min(rows);
            }
            None => {
                self.rows += rows;
                self.rows_done += (rows * done).checked_div(files).unwrap_or_default();
            }
        }
    }
}

/// Sums the metrics of one unit. Each looks at what the one before it kept, so the one that saw most
/// saw all.
fn by_unit(metrics: &BTreeMap<String, (u64, u64)>) -> BTreeMap<String, (u64, u64)> {
    let mut units: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (name, (pruned, kept)) in metrics {
        if pruned + kept > 0 {
            let unit = units.entry(unit(name)).or_default();
            unit.0 += pruned;
            unit.1 = unit.1.max(pruned + kept);
        }
    }
    units
}

/// `row_groups_pruned_statistics` counts row groups.
fn unit(metric: &str) -> String {
    let unit = match metric.strip_prefix("limit_pruned_") {
        Some(unit) => unit,
        None => metric.split("_pruned").next().unwrap_or(metric),
    };
    match unit {
        "files_ranges" => "file ranges".to_owned(),
        "page_index_pages" => "pages".to_owned(),
        "page_index_rows" => "page rows".to_owned(),
        other => other.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use datafusion::common::JoinType;
    use datafusion::datasource::MemTable;
    use datafusion::functions_aggregate::expr_fn::count;
    use datafusion::logical_expr::col;
    use datafusion::physical_plan::collect;
    use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder};
    use datafusion::prelude::SessionContext;

    #[test]
    fn progress_is_over_what_is_not_left_out() {
        let set = ExecutionPlanMetricsSet::new();
        let count = |name: &'static str, partition, by| {
            MetricBuilder::new(&set).counter(name, partition).add(by);
        };
        let files = MetricBuilder::new(&set).pruning_metrics("files_ranges_pruned_statistics", 0);
        files.add_pruned(3);
        for partition in 0..2 {
            count("files_processed", partition, 2);
            count("bytes_scanned", partition, 50);
        }
        let mut other = Progress::default();
        other.of_scan(10, 1_000, &set.clone_inner());
        let worked = Worked::default();
        let want =
            Progress { files_done: 1, files: 7, rows_done: 400, rows: 1_000, bytes: 100, worked };
        assert_eq!(other, want, "without counters of rows, files tell");

        count(ROWS_SCANNED, 0, 40);
        count(ROWS_LEFT_OUT, 1, 700);
        let mut ours = Progress::default();
        ours.of_scan(10, 1_000, &set.clone_inner());
        assert_eq!(ours, Progress { rows_done: 40, rows: 300, ..want });
        assert_eq!(rows_scanned(&set.clone_inner()), 40);
    }

    /// A query that had read everything was told to be at its end, however long its joins took.
    #[tokio::test]
    async fn rows_are_counted_behind_the_scans() {
        let numbers = |name: &str, count: i64| {
            let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count));
            let batch = RecordBatch::try_from_iter([(name, column)]).unwrap();
            MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap()
        };
        let session = SessionContext::new();
        let (a, b) = (numbers("a", 100), numbers("b", 10));
        let (a, b) = (session.read_table(Arc::new(a)), session.read_table(Arc::new(b)));
        let pairs =
            a.unwrap().join_on(b.unwrap(), JoinType::Inner, [col("a").gt(col("b"))]).unwrap();
        let groups = pairs.aggregate(vec![col("b")], vec![count(col("a"))]).unwrap();
        let sorted = groups.sort(vec![col("b").sort(true, true)]).unwrap();
        let plan = sorted.create_physical_plan().await.unwrap();
        let watch = Watch { plan: Arc::clone(&plan) };
        assert_eq!(watch.progress().worked, Worked::default());
        collect(plan, session.task_ctx()).await.unwrap();
        let worked = watch.progress().worked;
        // Of b = 0, 1, ... 9 there are 99, 98, ... 90 greater ones.
        assert_eq!((worked.joined, worked.sorted, worked.windowed), (945, 10, 0));
        assert!(worked.aggregated >= 945, "{worked:?}");
        assert!(worked.steps().map(|(step, _)| step).eq(["joined", "aggregated", "sorted"]));
    }

    #[test]
    fn metrics_of_one_unit_are_summed() {
        let metrics = BTreeMap::from(
            [
                ("files_ranges_pruned_statistics", (3, 4)),
                ("row_groups_pruned_statistics", (10, 20)),
                ("row_groups_pruned_bloom_filter", (19, 1)),
                ("row_groups_pruned_dynamic_filter", (0, 0)),
                ("limit_pruned_row_groups", (1, 0)),
                ("stripes_pruned_bloom_filter", (0, 2)),
                ("page_index_rows_pruned", (0, 0)),
            ]
            .map(|(name, counts)| (name.to_owned(), counts)),
        );
        let want = [("file ranges", (3, 7)), ("row groups", (30, 30)), ("stripes", (0, 2))];
        assert_eq!(by_unit(&metrics), want.map(|(unit, n)| (unit.to_owned(), n)).into());
    }
}
