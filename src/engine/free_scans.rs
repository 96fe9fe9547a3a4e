//! Scans whose order nobody needs deal their files out to whoever is free.
//!
//! A scan tells in which order its rows come, and DataFusion keeps that order by giving each partition files of its own,
//! the first half of the time to one, the second to the other. Where filters leave only a part of the time, or a sort with
//! LIMIT wants its end, one core then reads what matters and the other what does not. Without an order the partitions take
//! files from one queue, the most promising first ([`reorder_files`](datafusion::datasource::physical_plan::FileSource)).

use datafusion::common::config::ConfigOptions;
use datafusion::datasource::physical_plan::{FileScanConfig, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::{ExecutionPlan, replace_children_if_necessary};
use std::sync::Arc;

/// Takes the order from scans where nothing above relies on it.
#[derive(Debug)]
pub(super) struct FreeScans;

impl PhysicalOptimizerRule for FreeScans {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        free(plan, false)
    }

    fn name(&self) -> &str {
        "free_scans"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Frees the scans of `plan`; `ordered` tells whether the order of its rows is needed.
///
/// Rows of several partitions are in order only behind what merges them, which says that it needs it. The files of a single
/// partition are read in their order anyway.
fn free(plan: Arc<dyn ExecutionPlan>, ordered: bool) -> Result<Arc<dyn ExecutionPlan>> {
    if let Some(scan) = plan.downcast_ref::<DataSourceExec>() {
        return Ok(match scan.data_source().downcast_ref::<FileScanConfig>() {
            Some(config) if !ordered && config.preserve_order => freed(config),
            _ => plan,
        });
    }
    let needed = plan.required_input_ordering().into_iter().zip(plan.maintains_input_order());
    let children = plan.children().into_iter().zip(needed);
    let children = children.map(|(child, (required, maintained))| {
        free(Arc::clone(child), required.is_some() || ordered && maintained)
    });
    let children = children.collect::<Result<Vec<_>>>()?;
    replace_children_if_necessary(plan, children)
}

fn freed(config: &FileScanConfig) -> Arc<dyn ExecutionPlan> {
    let config = FileScanConfigBuilder::from(config.clone())
        .with_output_ordering(Vec::new())
        .with_preserve_order(false)
        .build();
    DataSourceExec::from_data_source(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::orc::OrcSource;
    use arrow::compute::SortOptions;
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::datasource::listing::PartitionedFile;
    use datafusion::datasource::physical_plan::FileGroup;
    use datafusion::execution::object_store::ObjectStoreUrl;
    use datafusion::execution::runtime_env::RuntimeEnv;
    use datafusion::physical_expr::expressions::Column;
    use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
    use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
    use datafusion::physical_plan::coop::CooperativeExec;
    use datafusion::physical_plan::sorts::sort::SortExec;
    use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;

    fn by_time(descending: bool) -> LexOrdering {
        let options = SortOptions { descending, nulls_first: false };
        let by_time = PhysicalSortExpr::new(Arc::new(Column::new("eventtime", 0)), options);
        LexOrdering::new([by_time]).unwrap()
    }

    /// A scan of a file in each of two partitions, in the order of time.
    fn scan() -> Arc<dyn ExecutionPlan> {
        let schema = Schema::new(vec![Field::new("eventtime", DataType::Int64, true)]);
        let cache = RuntimeEnv::default().cache_manager.get_file_metadata_cache();
        let source = OrcSource::new(Arc::new(schema), cache);
        let group = |name: &str| FileGroup::new(vec![PartitionedFile::new(name, 1_000)]);
        let files = vec![group("january"), group("february")];
        let local = ObjectStoreUrl::local_filesystem();
        let config = FileScanConfigBuilder::new(local, Arc::new(source))
            .with_file_groups(files)
            .with_output_ordering(vec![by_time(false)])
            .build();
        DataSourceExec::from_data_source(config)
    }

    /// Whether the scan below `plan` still has an order when the rule was there.
    fn is_ordered(plan: Arc<dyn ExecutionPlan>) -> bool {
        let mut plan = FreeScans.optimize(plan, &ConfigOptions::new()).unwrap();
        while let Some(child) = plan.children().first() {
            plan = Arc::clone(child);
        }
        let ordered = plan.properties().output_ordering().is_some();
        let scan = plan.downcast_ref::<DataSourceExec>().unwrap();
        let config = scan.data_source().downcast_ref::<FileScanConfig>().unwrap();
        assert_eq!(config.preserve_order, ordered);
        ordered
    }

    #[test]
    fn a_scan_keeps_an_order_that_is_needed_above() {
        let cooperative = || Arc::new(CooperativeExec::new(scan()));
        assert!(is_ordered(Arc::new(SortPreservingMergeExec::new(by_time(false), cooperative()))));
        assert!(!is_ordered(cooperative()));
        assert!(!is_ordered(Arc::new(CoalescePartitionsExec::new(cooperative()))));
        // A sort needs none, and what merges sorted rows has it from the sort.
        let sort = SortExec::new(by_time(true), scan()).with_preserve_partitioning(true);
        assert!(!is_ordered(Arc::new(SortPreservingMergeExec::new(by_time(true), Arc::new(sort)))));
    }
}
