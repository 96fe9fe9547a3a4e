//! `ORDER BY ... LIMIT n` with an `n` whose rows do not fit into memory, or take longer than a sort of all.
//!
//! DataFusion 55.2 keeps the first rows of an order in memory, and fails where they do not fit. A sort
//! of all rows goes to disk; so beyond a number of rows that depends on the memory limit and the
//! width of a row, all rows are sorted, and the first ones taken. A heap of many narrow rows is also slower than a sort,
//! if scans leave nothing out by what it holds, as they do in the order of time.

use arrow::datatypes::{DataType, Schema};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::sorts::sort::SortExec;
use std::sync::Arc;

/// Replaces what would keep too many rows in memory by a sort of all rows.
#[derive(Debug)]
pub(super) struct TopRows {
    /// Bytes of memory that a query may use.
    pub(super) memory: usize,
}

impl PhysicalOptimizerRule for TopRows {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = plan.transform_up(|node| {
            let Some(sort) = node.downcast_ref::<SortExec>() else {
                return Ok(Transformed::no(node));
            };
            match sort.fetch() {
                Some(rows) if rows > most_rows(&sort.schema(), is_by_time(sort), self.memory) => {
                    Ok(Transformed::yes(first_of_all(sort, rows)))
                }
                _ => Ok(Transformed::no(node)),
            }
        });
        plan.map(|plan| plan.data)
    }

    fn name(&self) -> &str {
        "top_rows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn first_of_all(sort: &SortExec, rows: usize) -> Arc<dyn ExecutionPlan> {
    let all = Arc::new(sort.with_fetch(None));
    if sort.preserve_partitioning() {
        return Arc::new(LocalLimitExec::new(all, rows));
    }
    Arc::new(GlobalLimitExec::new(all, 0, Some(rows)))
}

/// Whether the first key is the time of events, by which data files are sorted.
fn is_by_time(sort: &SortExec) -> bool {
    let key = sort.expr().first().expr.downcast_ref::<Column>();
    key.is_some_and(|key| key.name().starts_with("eventtime"))
}

/// Rows that may be kept. Between two clean-ups there are twice as many, and a third time while they
/// are copied; and other operators need memory, too.
fn most_rows(schema: &Schema, by_time: bool, memory: usize) -> usize {
    /// What is kept beside the row: its key in the heap.
    const KEY: usize = 64;
    /// Bytes of a row that costs little to sort.
    const NARROW: usize = 256;
    /// So many narrow rows of five million take as long as a sort of all.
    const MANY: usize = 1 << 15;
    let row: usize =
        schema.fields().iter().map(|field| width(field.name(), field.data_type())).sum();
    let fitting = memory / (8 * (row + KEY));
    if row <= NARROW && !by_time { fitting.min(MANY) } else { fitting }
}

/// Bytes that a value takes, by and large.
fn width(name: &str, data_type: &DataType) -> usize {
    if name.starts_with("eventjson") && *data_type == DataType::Utf8 {
        return 2_048;
    }
    match data_type {
        DataType::Utf8View | DataType::BinaryView => 64,
        DataType::List(item) => 16 + 4 * width("", item.data_type()),
        DataType::Map(entries, _) => 16 + 4 * width("", entries.data_type()),
        DataType::Struct(fields) => fields.iter().map(|field| width("", field.data_type())).sum(),
        DataType::FixedSizeBinary(bytes) => usize::try_from(*bytes).unwrap_or_default(),
        other => other.primitive_width().unwrap_or(64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventSchema;

    #[test]
    fn wide_rows_are_fewer() {
        let narrow = Schema::new(vec![arrow::datatypes::Field::new("a", DataType::Utf8View, true)]);
        assert_eq!(most_rows(&narrow, true, 256 << 20), (256 << 20) / 1_024);
        assert_eq!(most_rows(&narrow, false, 256 << 20), 1 << 15);
        assert_eq!(most_rows(&narrow, false, 8 << 20), (8 << 20) / 1_024);
        let wide = EventSchema::CloudTrail.arrow();
        for by_time in [true, false] {
            let rows = most_rows(&wide, by_time, 256 << 20);
            assert!((1_000..20_000).contains(&rows), "{rows}");
        }
    }
}
