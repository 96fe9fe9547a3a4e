//! What a scan counts; what scans of Parquet count, too, has their names.

use super::super::profile::{ROWS_LEFT_OUT, ROWS_SCANNED};
use datafusion::physical_plan::metrics::{
    Count, ExecutionPlanMetricsSet, MetricBuilder, MetricCategory, MetricType, PruningMetrics,
};

/// What a scan counts.
#[derive(Clone)]
pub(super) struct ScanMetrics {
    pub(super) bytes: Count,
    pub(super) rows: Count,
    pub(super) rows_left_out: Count,
    pub(super) files: PruningMetrics,
    pub(super) stripes: PruningMetrics,
    pub(super) groups: PruningMetrics,
    pub(super) blooms: PruningMetrics,
}

impl ScanMetrics {
    pub(super) fn new(set: &ExecutionPlanMetricsSet, partition: usize) -> Self {
        let pruning = |name: &'static str| {
            MetricBuilder::new(set).with_type(MetricType::Summary).pruning_metrics(name, partition)
        };
        let rows = |name: &'static str| {
            MetricBuilder::new(set).with_category(MetricCategory::Rows).counter(name, partition)
        };
        Self {
            bytes: MetricBuilder::new(set)
                .with_type(MetricType::Summary)
                .with_category(MetricCategory::Bytes)
                .counter("bytes_scanned", partition),
            rows: rows(ROWS_SCANNED),
            rows_left_out: rows(ROWS_LEFT_OUT),
            files: pruning("files_ranges_pruned_statistics"),
            stripes: pruning("stripes_pruned_statistics"),
            groups: pruning("row_groups_pruned_statistics"),
            blooms: pruning("row_groups_pruned_bloom_filter"),
        }
    }
}
