//! ORC files as a source of DataFusion.

use super::bind::Plan;
use super::late::{FileNumber, Selection};
use super::metrics::ScanMetrics;
use super::prune;
use super::scan::FileScan;
use super::unnest::Unnest;
use crate::store::StoreError;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use datafusion::common::config::ConfigOptions;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{
    FileOpenFuture, FileOpener, FileScanConfig, FileScanConfigBuilder, FileSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::cache::cache_manager::{
    CachedFileMetadataEntry, FileMetadata, FileMetadataCache,
};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::projection::{ProjectionExpr, ProjectionExprs};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_expr_adapter::replace_columns_with_literals;
use datafusion::physical_plan::filter_pushdown::{FilterPushdownPropagation, PushedDown};
use datafusion::physical_plan::metrics::{Count, ExecutionPlanMetricsSet};
use datafusion::physical_plan::sort_pushdown::SortOrderPushdownResult;
use datafusion::physical_plan::{DisplayFormatType, ExecutionPlan, apply_expression_roots};
use datafusion_pruning::FilePruner;
use futures::StreamExt;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use std::any::Any;
use std::collections::HashMap;
use std::fmt::Formatter;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use traillake_orc::OrcError;
use traillake_orc::read::{ColumnCache, Metadata, ReadAt};

/// An ORC file that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub(crate) struct FileError {
    path: PathBuf,
    #[source]
    error: OrcError,
}

impl FileError {
    /// Returns the error as one of the store that has the file.
    pub(crate) fn as_store_error(&self) -> StoreError {
        let path = self.path.clone();
        match &self.error {
            OrcError::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                StoreError::Io { path, error: error.kind().into() }
            }
            error => StoreError::Damaged { path, reason: error.to_string() },
        }
    }

    fn of(path: &Path, error: impl Into<OrcError>) -> DataFusionError {
        DataFusionError::External(Box::new(Self { path: path.to_owned(), error: error.into() }))
    }
}

/// A data file, opened when something of it is read: in a session that keeps what it reads that may be never.
struct DataFileInput {
    path: PathBuf,
    opened: OnceLock<File>,
}

impl DataFileInput {
    fn of(file: &PartitionedFile) -> Result<Self> {
        let path = match file.extension::<DataFilePath>() {
            Some(DataFilePath(path)) => path.clone(),
            None => LocalFileSystem::new().path_to_filesystem(&file.object_meta.location)?,
        };
        Ok(Self { path, opened: OnceLock::new() })
    }

    fn file(&self) -> io::Result<&File> {
        match self.opened.get() {
            Some(file) => Ok(file),
            None => {
                let file = File::open(&self.path)?;
                Ok(self.opened.get_or_init(|| file))
            }
        }
    }
}

impl ReadAt for DataFileInput {
    fn length(&self) -> io::Result<u64> {
        self.file()?.length()
    }

    fn read_at(&self, at: u64, length: usize) -> io::Result<Bytes> {
        self.file()?.read_at(at, length)
    }
}

/// Where a file is, which a [`PartitionedFile`] may know beside its location, whose text takes time to read.
pub(in crate::engine) struct DataFilePath(pub(in crate::engine) PathBuf);

/// Scans ORC files of one table.
#[derive(Clone)]
pub(crate) struct OrcSource {
    table: TableSchema,
    projection: ProjectionExprs,
    /// The list whose elements are the rows of the result. The predicate is asked before.
    unnest: Option<Unnest>,
    predicate: Option<Arc<dyn PhysicalExpr>>,
    /// Column of the table to read in the order of, and whether from its end.
    order: Option<(usize, bool)>,
    batch_rows: usize,
    metrics: ExecutionPlanMetricsSet,
    cache: Arc<FileMetadataCache>,
    kept: Option<Arc<ColumnCache>>,
}

impl std::fmt::Debug for OrcSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrcSource").field("predicate", &self.predicate).finish_non_exhaustive()
    }
}

impl OrcSource {
    /// A source of all columns. Tails and stripe footers that were read stay in `cache`.
    pub(crate) fn new(table: impl Into<TableSchema>, cache: Arc<FileMetadataCache>) -> Self {
        let table = table.into();
        let all: Vec<usize> = (0..table.table_schema().fields().len()).collect();
        Self {
            projection: ProjectionExprs::from_indices(&all, table.table_schema()),
            table,
            unnest: None,
            predicate: None,
            order: None,
            batch_rows: 8_192,
            metrics: ExecutionPlanMetricsSet::new(),
            cache,
            kept: None,
        }
    }

    /// Returns the condition that rows are to meet.
    pub(crate) fn predicate(&self) -> Option<&Arc<dyn PhysicalExpr>> {
        self.predicate.as_ref()
    }

    /// Returns its columns.
    pub(super) fn table(&self) -> &TableSchema {
        &self.table
    }

    /// Returns what it gives.
    pub(super) fn projecting_now(&self) -> &ProjectionExprs {
        &self.projection
    }

    /// Returns the list that it unnests.
    pub(super) fn unnest(&self) -> Option<&Unnest> {
        self.unnest.as_ref()
    }

    /// Returns the name of the list that it unnests, and what elements must pass.
    pub(crate) fn unnested(&self) -> Option<(String, &[Arc<dyn PhysicalExpr>])> {
        self.unnest.as_ref().map(|unnest| (unnest.list.join("."), unnest.filters.as_slice()))
    }

    /// Gives the elements of a list; `projection` is over `table`, which has their members, too.
    pub(super) fn unnesting(
        &self,
        table: TableSchema,
        unnest: Unnest,
        projection: ProjectionExprs,
    ) -> Self {
        Self { table, unnest: Some(unnest), projection, ..self.clone() }
    }

    /// Gives `projection`, which is over what it gives now.
    pub(super) fn projecting(&self, projection: &ProjectionExprs) -> Result<Self> {
        let projection = self.projection.try_merge(projection)?;
        Ok(Self { projection, ..self.clone() })
    }

    /// Lets only rows pass that meet `filter`, which is over the columns of the table.
    pub(super) fn filtering(&self, filter: Arc<dyn PhysicalExpr>) -> Self {
        let filters = self.predicate.iter().cloned().chain([filter]);
        Self { predicate: datafusion::physical_expr::conjunction_opt(filters), ..self.clone() }
    }

    /// Gives `expr`, which is over the columns of the table, behind what it gives now.
    pub(super) fn adding(&self, expr: &Arc<dyn PhysicalExpr>, alias: &str) -> Self {
        let added = ProjectionExpr { expr: Arc::clone(expr), alias: alias.to_owned() };
        let all = self.projection.iter().cloned().chain([added]);
        Self { projection: ProjectionExprs::new(all), ..self.clone() }
    }

    /// Returns an expression over what it gives as one over the columns of the table.
    pub(super) fn over_table(&self, expr: &Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        self.projection.unproject_expr(expr)
    }

    /// Gives `projection`, which is over what it gives now, of rows that are known by their addresses.
    pub(super) fn of_rows(&self, projection: &ProjectionExprs) -> Result<Self> {
        Ok(Self { predicate: None, order: None, ..self.projecting(projection)? })
    }

    /// Returns what reads rows that are known by their addresses. What a scan counts has counted them already, but for the
    /// bytes.
    pub(super) fn opener_of_rows(&self, partition: usize) -> Result<Opener> {
        let bytes = ScanMetrics::new(&self.metrics, partition).bytes;
        let apart = ScanMetrics::new(&ExecutionPlanMetricsSet::new(), partition);
        self.opener(ScanMetrics { bytes, ..apart })
    }

    fn opener(&self, metrics: ScanMetrics) -> Result<Opener> {
        let schema = self.table.table_schema();
        let output = Arc::new(self.projection.project_schema(schema)?);
        let plan = if self.table.table_partition_cols().is_empty() {
            let projection = self.projection.expr_iter();
            let output = Arc::clone(&output);
            let (predicate, unnest) = (self.predicate.as_ref(), self.unnest.as_ref());
            Some(Arc::new(Plan::new(schema, predicate, unnest, projection, output)?))
        } else {
            None
        };
        Ok(Opener { source: self.clone(), output, plan, metrics })
    }

    /// Keeps what it unpacks and decodes in `kept`.
    pub(crate) fn keeping(self, kept: Option<Arc<ColumnCache>>) -> Self {
        Self { kept, ..self }
    }
}

impl OrcSource {
    /// Adds to what is known what the file's footer tells of some columns: nulls, minimum and maximum. `None` for a file
    /// that cannot be read.
    pub(crate) fn statistics(
        &self,
        file: &PartitionedFile,
        columns: &[usize],
        known: &Statistics,
    ) -> Option<Statistics> {
        let input = DataFileInput::of(file).ok()?;
        let tail = &self.metadata(file, &input).ok()?.0.tail;
        let mut known = known.clone();
        for at in columns {
            let Some(field) = self.table.table_schema().fields().get(*at) else { continue };
            let told = tail.root.find([field.name().as_str()]).and_then(|column| {
                let statistics = tail.footer.statistics.get(column.id)?;
                Some(prune::column_statistics(
                    statistics,
                    column.kind,
                    field.data_type(),
                    tail.rows(),
                ))
            });
            if let (Some(told), Some(known)) = (told, known.column_statistics.get_mut(*at)) {
                *known = told;
            }
        }
        Some(known)
    }

    /// Returns a scan that counts anew, and else is the same.
    pub(in crate::engine) fn scanning_again(
        scan: &Arc<dyn ExecutionPlan>,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let counting_anew =
            |source: &Self| Ok(Self { metrics: ExecutionPlanMetricsSet::new(), ..source.clone() });
        Self::rescanned(scan, counting_anew)
    }

    /// Returns a scan of ORC files with another source; `None` for what is none.
    pub(super) fn rescanned(
        scan: &Arc<dyn ExecutionPlan>,
        change: impl FnOnce(&Self) -> Result<Self>,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let scan = scan.downcast_ref::<DataSourceExec>();
        let Some((config, source)) = scan.and_then(|scan| scan.downcast_to_file_source::<Self>())
        else {
            return Ok(None);
        };
        let source = Arc::new(change(source)?);
        let config = FileScanConfigBuilder::from(config.clone()).with_source(source).build();
        Ok(Some(DataSourceExec::from_data_source(config)))
    }

    /// Returns what the file tells of itself, and how many bytes were read for that.
    fn metadata(
        &self,
        file: &PartitionedFile,
        input: &dyn ReadAt,
    ) -> Result<(Arc<Metadata>, usize), OrcError> {
        let meta = &file.object_meta;
        let cached = self.cache.get(&meta.location);
        if let Some(entry) = cached.filter(|entry| entry.is_valid_for(meta))
            && let Some(known) = entry.file_metadata.as_any().downcast_ref::<Cached>()
        {
            return Ok((Arc::clone(&known.0), 0));
        }
        let metadata = Arc::new(Metadata::read(input)?);
        let length = metadata.tail.length;
        if length != meta.size {
            let what = format!("the file has {length} bytes, and was written with {}", meta.size);
            return Err(OrcError::Damaged { at: length.min(meta.size), what });
        }
        let bytes = metadata.tail.tail_length as usize;
        let cached = Arc::new(Cached(Arc::clone(&metadata)));
        self.cache.put(&meta.location, CachedFileMetadataEntry::new(meta.clone(), cached));
        Ok((metadata, bytes))
    }
}

impl FileSource for OrcSource {
    fn create_file_opener(
        &self,
        _store: Arc<dyn ObjectStore>,
        _config: &FileScanConfig,
        partition: usize,
    ) -> Result<Arc<dyn FileOpener>> {
        Ok(Arc::new(self.opener(ScanMetrics::new(&self.metrics, partition))?))
    }

    fn table_schema(&self) -> &TableSchema {
        &self.table
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        Arc::new(Self { batch_rows: batch_size.max(1), ..self.clone() })
    }

    fn filter(&self) -> Option<Arc<dyn PhysicalExpr>> {
        self.predicate.clone()
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        Some(&self.projection)
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        &self.metrics
    }

    fn file_type(&self) -> &str {
        "orc"
    }

    fn fmt_extra(&self, format: DisplayFormatType, f: &mut Formatter<'_>) -> std::fmt::Result {
        if let Some(predicate) = &self.predicate {
            match format {
                DisplayFormatType::TreeRender => writeln!(f, "predicate={predicate}")?,
                _ => write!(f, ", predicate={predicate}")?,
            }
        }
        if let (Some((list, filters)), false) =
            (self.unnested(), format == DisplayFormatType::TreeRender)
        {
            write!(f, ", unnest={list}")?;
            filters.iter().try_for_each(|filter| write!(f, ", of_elements={filter}"))?;
        }
        if let (Some((column, backwards)), false) =
            (self.order, format == DisplayFormatType::TreeRender)
        {
            let field = self.table.table_schema().field(column);
            let direction = if backwards { "DESC" } else { "ASC" };
            write!(f, ", read_in_order_of={} {direction}", field.name())?;
        }
        Ok(())
    }

    fn try_pushdown_filters(
        &self,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn FileSource>>> {
        // Every filter over columns of the table is evaluated row by row.
        let fields = self.table.table_schema().fields();
        let taken = |filter: &Arc<dyn PhysicalExpr>| {
            collect_columns(filter).iter().all(|column| {
                fields.get(column.index()).is_some_and(|field| field.name() == column.name())
            })
        };
        let answers: Vec<PushedDown> = filters
            .iter()
            .map(|filter| if taken(filter) { PushedDown::Yes } else { PushedDown::No })
            .collect();
        let ours = filters.into_iter().filter(taken);
        let mut source = self.clone();
        source.predicate =
            datafusion::physical_expr::conjunction_opt(self.predicate.iter().cloned().chain(ours));
        Ok(FilterPushdownPropagation::with_parent_pushdown_result(answers)
            .with_updated_node(Arc::new(source)))
    }

    fn try_pushdown_projection(
        &self,
        projection: &ProjectionExprs,
    ) -> Result<Option<Arc<dyn FileSource>>> {
        Ok(Some(Arc::new(self.projecting(projection)?)))
    }

    fn try_pushdown_sort(
        &self,
        order: &[PhysicalSortExpr],
        eq_properties: &EquivalenceProperties,
    ) -> Result<SortOrderPushdownResult<Arc<dyn FileSource>>> {
        let Some(first) = order.first() else { return Ok(SortOrderPushdownResult::Unsupported) };
        if eq_properties.ordering_satisfy(order.iter().cloned())? {
            return Ok(SortOrderPushdownResult::Exact { inner: Arc::new(self.clone()) });
        }
        let Some(column) = first.expr.downcast_ref::<Column>() else {
            return Ok(SortOrderPushdownResult::Unsupported);
        };
        // Columns of the result have names of their own.
        let projected = self.projection.iter().nth(column.index());
        let column = match projected.filter(|projected| projected.alias == column.name()) {
            Some(projected) => projected.expr.downcast_ref::<Column>(),
            None => Some(column),
        };
        let Some(Ok(at)) = column.map(|column| self.table.table_schema().index_of(column.name()))
        else {
            return Ok(SortOrderPushdownResult::Unsupported);
        };
        let order = Some((at, first.options.descending));
        Ok(SortOrderPushdownResult::Inexact { inner: Arc::new(Self { order, ..self.clone() }) })
    }

    fn reorder_files(&self, mut files: Vec<PartitionedFile>) -> Vec<PartitionedFile> {
        let Some((column, backwards)) = self.order else { return files };
        let bound = |file: &PartitionedFile| -> Option<ScalarValue> {
            let statistics = file.statistics.as_ref()?.column_statistics.get(column)?;
            match if backwards { &statistics.max_value } else { &statistics.min_value } {
                Precision::Exact(value) | Precision::Inexact(value) => Some(value.clone()),
                Precision::Absent => None,
            }
        };
        files.sort_by(|a, b| match (bound(a), bound(b)) {
            (Some(a), Some(b)) => {
                let order = a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal);
                if backwards { order.reverse() } else { order }
            }
            (a, b) => a.is_none().cmp(&b.is_none()),
        });
        files
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        let projected = self.projection.iter().map(|projected| &projected.expr);
        let of_elements = self.unnest.iter().flat_map(|unnest| &unnest.filters);
        apply_expression_roots(self.predicate.iter().chain(of_elements).chain(projected), f)
    }
}

/// Opens files of a scan.
pub(super) struct Opener {
    source: OrcSource,
    output: SchemaRef,
    /// The plan for all files; `None` where it depends on what partition a file is of.
    plan: Option<Arc<Plan>>,
    metrics: ScanMetrics,
}

impl Opener {
    /// What it gives.
    pub(super) fn output(&self) -> &SchemaRef {
        &self.output
    }

    /// The scan of a file, or of some of its rows, or `None` if it holds no row that passes.
    pub(super) fn scan(
        &self,
        file: &PartitionedFile,
        rows: Option<Vec<u64>>,
    ) -> Result<Option<FileScan>> {
        let source = &self.source;
        let schema = source.table.table_schema();
        let literals: HashMap<&str, ScalarValue> = source
            .table
            .table_partition_cols()
            .iter()
            .zip(&file.partition_values)
            .map(|(field, value)| (field.name().as_str(), value.clone()))
            .collect();
        let fixed = |expr: &Arc<dyn PhysicalExpr>| match literals.is_empty() {
            true => Ok(Arc::clone(expr)),
            false => replace_columns_with_literals(Arc::clone(expr), &literals),
        };
        let predicate = source.predicate.as_ref().map(fixed).transpose()?;
        let plan = match &self.plan {
            Some(plan) => Arc::clone(plan),
            None => {
                let projection = source.projection.iter().map(|projected| fixed(&projected.expr));
                let projection = projection.collect::<Result<Vec<_>>>()?;
                let output = Arc::clone(&self.output);
                let mut unnest = source.unnest.clone();
                for filter in unnest.iter_mut().flat_map(|unnest| &mut unnest.filters) {
                    *filter = fixed(filter)?;
                }
                let (predicate, unnest) = (predicate.as_ref(), unnest.as_ref());
                Arc::new(Plan::new(schema, predicate, unnest, projection, output)?)
            }
        };
        if rules_out(&plan, predicate, schema, file)? {
            self.metrics.files.add_pruned(1);
            self.metrics.rows_left_out.add(rows_of(file));
            return Ok(None);
        }
        self.metrics.files.add_matched(1);

        let input = DataFileInput::of(file)?;
        let path = input.path.clone();
        let (metadata, bytes) =
            source.metadata(file, &input).map_err(|error| FileError::of(&path, error))?;
        self.metrics.bytes.add(bytes);
        let range = file.range.as_ref().map(|range| range.start as u64..range.end as u64);
        let backwards = source.order.is_some_and(|(_, backwards)| backwards);
        let scan = FileScan::new(
            Arc::new(input),
            (metadata, source.kept.clone()),
            plan,
            range,
            (source.batch_rows, backwards),
            self.metrics.clone(),
            Box::new(move |error| FileError::of(&path, error)),
        );
        let scan = scan.numbered(file.extension::<FileNumber>().map_or(0, |number| number.0));
        Ok(Some(match rows {
            Some(rows) => scan.selecting(Selection::new(rows)),
            None => scan,
        }))
    }
}

/// Whether a file's statistics say that it holds no row that passes. What changes while the scan runs is asked as it is now.
fn rules_out(
    plan: &Plan,
    predicate: Option<Arc<dyn PhysicalExpr>>,
    schema: &SchemaRef,
    file: &PartitionedFile,
) -> Result<bool> {
    let Some(known) = &file.statistics else { return Ok(false) };
    match predicate {
        Some(predicate) if plan.is_dynamic() => {
            let pruner = FilePruner::try_new(predicate, schema, file, Count::new());
            pruner.map_or(Ok(false), |mut pruner| pruner.should_prune())
        }
        _ => plan.rules_out(schema, known),
    }
}

/// Rows of a part of a file, by its share of the bytes.
fn rows_of(file: &PartitionedFile) -> usize {
    let rows = file.statistics.as_ref().map_or(Precision::Absent, |known| known.num_rows);
    let rows = rows.get_value().copied().unwrap_or_default();
    match &file.range {
        Some(range) => {
            let share = (range.end - range.start) as f64 / (file.object_meta.size as f64).max(1.0);
            (rows as f64 * share) as usize
        }
        None => rows,
    }
}

impl FileOpener for Opener {
    fn open(&self, file: PartitionedFile) -> Result<FileOpenFuture> {
        let scan = self.scan(&file, None);
        Ok(Box::pin(async move {
            let batches = match scan? {
                Some(mut scan) => {
                    futures::stream::iter(std::iter::from_fn(move || scan.next().transpose()))
                        .boxed()
                }
                None => futures::stream::empty().boxed(),
            };
            Ok(batches)
        }))
    }
}

/// What is known of a file, in the session's cache.
struct Cached(Arc<Metadata>);

impl FileMetadata for Cached {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn memory_size(&self) -> usize {
        // Unpacked and decoded, with the footers and indexes of stripes to come.
        let tail = &self.0.tail;
        8 * tail.tail_length as usize + tail.footer.stripes.len() * tail.footer.types.len() * 512
    }

    fn extra_info(&self) -> datafusion::common::HashMap<String, String> {
        datafusion::common::HashMap::new()
    }
}
