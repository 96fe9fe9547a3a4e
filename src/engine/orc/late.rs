//! Wide rows of which only the first of an order are wanted: the order is found by the columns it needs, and the others are
//! read for the rows that are left.
//!
//! The scan gives NULL for the columns to come, and the address of each row: the number of its file, and its number in
//! that. So columns keep their places, on which the filters rely by which a sort tells its scan what need not be read.

use super::source::{Opener, OrcSource};
use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array, UInt64Array};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::{DataType, Schema, SchemaRef, UInt64Type};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{ScalarValue, internal_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::projection::{ProjectionExpr, ProjectionExprs};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
    replace_children_if_necessary,
};
use futures::TryStreamExt;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// What a row weighs that is worth to be read later, in the terms of [`weight`].
const MIN_WEIGHT: usize = 8;
/// Bits of an address that number the row in its file.
const ROW_BITS: u32 = 40;

/// The address of a row of a scan.
pub(super) fn address(file: u64, row: u64) -> u64 {
    file << ROW_BITS | row
}

/// The number of a file among those of a scan whose rows have addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileNumber(pub(super) u64);

/// The address of a row, which only a scan knows.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct RowAddress;

impl fmt::Display for RowAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row_address()")
    }
}

impl PhysicalExpr for RowAddress {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(false)
    }

    fn evaluate(&self, _: &RecordBatch) -> Result<ColumnarValue> {
        internal_err!("the address of a row is known to its scan alone")
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        Vec::new()
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(self)
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Reads the wide columns of sorted rows after LIMIT, where a scan of ORC files is sorted.
#[derive(Debug)]
pub(in crate::engine) struct LateColumns {
    /// Rows up to which that is done: all of them are in memory at once.
    pub(in crate::engine) max_rows: usize,
}

impl PhysicalOptimizerRule for LateColumns {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = plan.transform_down(|node| {
            Ok(match self.late(&node)? {
                Some(late) => Transformed::new(late, true, TreeNodeRecursion::Jump),
                None => Transformed::no(node),
            })
        });
        plan.map(|plan| plan.data)
    }

    fn name(&self) -> &str {
        "late_columns"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

impl LateColumns {
    /// Returns what gives the same rows as `node` and reads wide columns late, if that is possible.
    fn late(&self, node: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        // Each partition sorts its own rows, and what merges them takes the first.
        let merged = node.downcast_ref::<SortPreservingMergeExec>().map(|merge| merge.input());
        let sort = merged.unwrap_or(node).downcast_ref::<SortExec>();
        let Some(sort) = sort.filter(|sort| sort.preserve_partitioning() == merged.is_some())
        else {
            return Ok(None);
        };
        let is_short = |rows: Option<usize>| rows.is_some_and(|rows| rows <= self.max_rows);
        if !is_short(node.fetch()) || !is_short(sort.fetch()) {
            return Ok(None);
        }
        let Some(scan) = scan_below(sort.input()) else { return Ok(None) };
        let Some((config, source)) = scan.downcast_to_file_source::<OrcSource>() else {
            return Ok(None);
        };
        let schema = node.schema();
        let mut wanted = vec![false; schema.fields().len()];
        for key in sort.expr().iter() {
            collect_columns(&key.expr).iter().for_each(|column| wanted[column.index()] = true);
        }
        let late: Vec<usize> = (0..wanted.len()).filter(|at| !wanted[*at]).collect();
        let weight: usize = late.iter().map(|at| weight(schema.field(*at).data_type())).sum();
        if weight < MIN_WEIGHT {
            return Ok(None);
        }
        let (narrow, files) = narrow_scan(config, source, &schema, &late)?;
        let input = with_scan(Arc::clone(node), &narrow)?;
        let columns = late.iter().map(|at| column(&schema, *at));
        let source = source.of_rows(&ProjectionExprs::new(columns))?;
        Ok(Some(Arc::new(LateColumnsExec {
            input,
            source,
            files: files.into(),
            late: late.into(),
            properties: Arc::clone(node.properties()),
        })))
    }
}

/// What a column weighs: text, which is short as a view, 1, its parts and more for each list.
fn weight(data_type: &DataType) -> usize {
    match data_type {
        DataType::Utf8View => 1,
        // Records, and what is inside lists and maps.
        DataType::Utf8 => 4,
        DataType::List(item) => 4 + weight(item.data_type()),
        DataType::Map(entries, _) => 4 + weight(entries.data_type()),
        DataType::Struct(fields) => fields.iter().map(|field| weight(field.data_type())).sum(),
        _ => 0,
    }
}

/// Returns the scan that gives the rows of `plan`, if what is between passes them on.
fn scan_below(plan: &Arc<dyn ExecutionPlan>) -> Option<&DataSourceExec> {
    match plan.downcast_ref::<CoalescePartitionsExec>() {
        Some(all) => scan_below(all.input()),
        None => plan.downcast_ref::<DataSourceExec>(),
    }
}

fn with_scan(
    plan: Arc<dyn ExecutionPlan>,
    scan: &Arc<dyn ExecutionPlan>,
) -> Result<Arc<dyn ExecutionPlan>> {
    if plan.is::<DataSourceExec>() {
        return Ok(Arc::clone(scan));
    }
    let children = plan.children().into_iter();
    let children = children.map(|child| with_scan(Arc::clone(child), scan));
    let children = children.collect::<Result<Vec<_>>>()?;
    replace_children_if_necessary(plan, children)
}

fn column(schema: &Schema, at: usize) -> ProjectionExpr {
    let name = schema.field(at).name();
    ProjectionExpr { expr: Arc::new(Column::new(name, at)), alias: name.clone() }
}

/// Returns a scan that gives NULL for the columns `late`, and behind all columns the address of each row; and the files
/// that addresses number.
fn narrow_scan(
    config: &FileScanConfig,
    source: &OrcSource,
    schema: &Schema,
    late: &[usize],
) -> Result<(Arc<dyn ExecutionPlan>, Vec<PartitionedFile>)> {
    let mut files = Vec::new();
    let groups = config.file_groups.iter().map(|group| {
        let numbered = group.files().iter().map(|file| {
            let number = FileNumber(files.len() as u64);
            files.push(file.clone());
            file.clone().with_extension(number)
        });
        FileGroup::new(numbered.collect())
    });
    let groups = groups.collect();
    let columns = (0..schema.fields().len()).map(|at| {
        let mut column = column(schema, at);
        if late.contains(&at) {
            column.expr = Arc::new(Literal::new(ScalarValue::Null));
        }
        column
    });
    let address = ProjectionExpr { expr: Arc::new(RowAddress), alias: "row:address".to_owned() };
    let columns = ProjectionExprs::new(columns.chain([address]));
    let source = Arc::new(source.projecting(&columns)?);
    let config = FileScanConfigBuilder::from(config.clone())
        .with_source(source)
        .with_file_groups(groups)
        .build();
    Ok((DataSourceExec::from_data_source(config), files))
}

/// Reads the columns of rows that are missing, by the addresses of the rows.
///
/// Its input has the columns of its result, NULL for those that are missing, and behind them the addresses. All of it is in
/// memory at once.
#[derive(Debug)]
pub(in crate::engine) struct LateColumnsExec {
    input: Arc<dyn ExecutionPlan>,
    /// Gives the missing columns.
    source: OrcSource,
    files: Arc<[PartitionedFile]>,
    /// The missing columns, in their order.
    late: Arc<[usize]>,
    properties: Arc<PlanProperties>,
}

impl LateColumnsExec {
    /// Returns the plan that gives the rows.
    pub(in crate::engine) fn input(&self) -> &Arc<dyn ExecutionPlan> {
        &self.input
    }

    /// Returns the names of the columns that are read late.
    pub(in crate::engine) fn columns(&self) -> Vec<&str> {
        let schema = self.properties.equivalence_properties().schema();
        self.late.iter().map(|at| schema.field(*at).name().as_str()).collect()
    }
}

impl DisplayAs for LateColumnsExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LateColumnsExec: columns=[{}]", self.columns().join(", "))
    }
}

impl ExecutionPlan for LateColumnsExec {
    fn name(&self) -> &'static str {
        "LateColumnsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.input));
        Ok(Arc::new(Self {
            input,
            source: self.source.clone(),
            files: Arc::clone(&self.files),
            late: Arc::clone(&self.late),
            properties: Arc::clone(&self.properties),
        }))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let schema = self.schema();
        let rows = self.input.execute(partition, context)?;
        let reader = LateReader {
            opener: self.source.opener_of_rows(partition)?,
            files: Arc::clone(&self.files),
            late: Arc::clone(&self.late),
            schema: Arc::clone(&schema),
        };
        let whole = async move {
            let input = rows.schema();
            let batches: Vec<RecordBatch> = rows.try_collect().await?;
            let rows = concat_batches(&input, &batches)?;
            reader.complete(&rows)
        };
        let stream = futures::stream::once(whole);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream)))
    }
}

struct LateReader {
    opener: Opener,
    files: Arc<[PartitionedFile]>,
    late: Arc<[usize]>,
    schema: SchemaRef,
}

impl LateReader {
    /// Returns rows with the columns that they lack.
    fn complete(&self, rows: &RecordBatch) -> Result<RecordBatch> {
        let addresses =
            rows.columns().last().and_then(|last| last.as_primitive_opt::<UInt64Type>());
        let Some(addresses) = addresses else { return internal_err!("rows without addresses") };
        let mut missing = self.missing(addresses)?.into_iter();
        let columns = rows.columns().iter().take(self.schema.fields().len()).enumerate();
        let columns = columns.map(|(at, there)| match self.late.contains(&at) {
            true => missing.next().unwrap_or_else(|| Arc::clone(there)),
            false => Arc::clone(there),
        });
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns.collect())?)
    }

    /// Returns the missing columns, in the order of `addresses`.
    fn missing(&self, addresses: &UInt64Array) -> Result<Vec<ArrayRef>> {
        let mut order: Vec<u32> = (0..addresses.len() as u32).collect();
        order.sort_unstable_by_key(|at| addresses.value(*at as usize));
        let sorted: Vec<u64> = order.iter().map(|at| addresses.value(*at as usize)).collect();
        let mut batches = Vec::new();
        for of_file in sorted.chunk_by(|one, next| one >> ROW_BITS == next >> ROW_BITS) {
            let Some(first) = of_file.first() else { continue };
            let file = self.files.get((first >> ROW_BITS) as usize);
            let rows = of_file.iter().map(|address| address & ((1 << ROW_BITS) - 1)).collect();
            if let Some(mut scan) =
                file.map(|file| self.opener.scan(file, Some(rows))).transpose()?.flatten()
            {
                while let Some(batch) = scan.next()? {
                    batches.push(batch);
                }
            }
        }
        let read = concat_batches(self.opener.output(), &batches)?;
        if read.num_rows() != addresses.len() {
            return internal_err!("{} rows were read of {}", read.num_rows(), addresses.len());
        }
        let mut places = vec![0_u32; order.len()];
        for (place, at) in order.into_iter().enumerate() {
            places[at as usize] = place as u32;
        }
        let places = UInt32Array::from(places);
        let columns = read.columns().iter().map(|column| take(column, &places, None));
        columns.map(|column| column.map_err(DataFusionError::from)).collect()
    }
}

/// Rows of a file that are read alone, by their numbers, in ascending order.
#[derive(Debug)]
pub(super) struct Selection(Vec<u64>);

impl Selection {
    pub(super) fn new(rows: Vec<u64>) -> Self {
        Self(rows)
    }

    /// Returns those within `rows`.
    pub(super) fn within(&self, rows: Range<u64>) -> &[u64] {
        let from = self.0.partition_point(|row| *row < rows.start);
        let to = self.0.partition_point(|row| *row < rows.end);
        &self.0[from..to.max(from)]
    }
}
