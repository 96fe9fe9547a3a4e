//! What a query took: its time by phase, and what its scans read and left out.

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricValue;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What a query took, as far as it ran.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// From the statement to its physical plan.
    pub planning: Duration,
    /// From the plan to the last row that was asked for.
    pub execution: Duration,
    /// Bytes that its scans read from data files; `None` where the format's reader does not count.
    pub bytes_scanned: Option<u64>,
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
            pruned: by_unit(&scans.pruned).into_iter().map(pruned).collect(),
        }
    }
}

/// Sums over the metrics of a plan that tell of scans.
#[derive(Default)]
struct Scans {
    bytes: Option<u64>,
    /// Pruned and kept, by the metric's name.
    pruned: BTreeMap<String, (u64, u64)>,
}

impl Scans {
    fn add(&mut self, plan: &Arc<dyn ExecutionPlan>) {
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
