//! Scans an event data store: its files, of whatever formats, as one table.

use super::import_of::{ImportOf, Imports};
use super::orc::{DataFilePath, OrcSource};
use crate::columnar::{self, Format};
use crate::event::EventSchema;
use crate::event::schema::{EVENT_JSON, EVENT_TIME, SCHEMAS, hidden};
use crate::store::{DataFile, Snapshot};
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::arrow::ArrowFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::union::UnionExec;
use object_store::ObjectMeta;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use traillake_orc::read::ColumnCache;

/// The files that a store had when the statement first named it; files that come later are not seen.
#[derive(Debug)]
pub(super) struct EventDataStore {
    folder: PathBuf,
    snapshot: Arc<Snapshot>,
    /// The columns of the table, the hidden ones at the end.
    schema: SchemaRef,
    /// Those of the files: all but the last.
    files: SchemaRef,
    imports: Arc<Imports>,
    kept: Option<Arc<ColumnCache>>,
}

/// The schemas of the categories with text columns as views, which spare copies when filtered and grouped.
///
/// Nested text is as in the files, and so is the record itself: sorted views of long text keep whole
/// buffers alive for a few rows each, and sorts that should spill fail.
static VIEWS: LazyLock<[SchemaRef; SCHEMAS.len()]> = LazyLock::new(|| SCHEMAS.map(with_views));

fn with_views(schema: EventSchema) -> SchemaRef {
    let table = schema.arrow_table();
    let views = table.fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 if ![EVENT_JSON, hidden::IMPORT].contains(&field.name().as_str()) => {
            Arc::new(Field::new(field.name(), DataType::Utf8View, true))
        }
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new(views.collect::<Vec<_>>()))
}

impl EventDataStore {
    /// Returns the table of the files of `snapshot` below `folder`; ORC scans keep what they unpack and decode in `kept`.
    pub(super) fn new(
        folder: PathBuf,
        schema: EventSchema,
        snapshot: Arc<Snapshot>,
        imports: Arc<Imports>,
        kept: Option<Arc<ColumnCache>>,
    ) -> Self {
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        // DataFusion's Arrow reader gives columns as they lie in the file, and nothing else.
        let as_written = snapshot.files.iter().any(|file| file.format == Format::Arrow);
        let schema = match as_written {
            true => schema.arrow_table(),
            false => Arc::clone(&VIEWS[schema as usize]),
        };
        let fields = schema.fields().iter().filter(|field| field.name() != hidden::IMPORT);
        let files = Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>()));
        Self { folder, snapshot, schema, files, imports, kept }
    }

    /// Scans columns of the files.
    async fn scan_files(
        &self,
        state: &dyn Session,
        columns: &[usize],
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut scans = Vec::new();
        for format in columnar::FORMATS {
            let files = self.snapshot.files.iter().filter(|file| file.format == format).collect();
            let (files, older) = self.without_columns(format, files, columns);
            scans.extend(self.scan_format(format, &files, state, columns, filters, limit).await?);
            let there: Vec<_> = columns.iter().copied().filter(|at| !self.is_hidden(*at)).collect();
            if let Some(scan) =
                self.scan_format(format, &older, state, &there, filters, limit).await?
            {
                scans.push(self.with_nulls(scan, columns)?);
            }
        }
        match scans.len() {
            0 => Ok(Arc::new(EmptyExec::new(Arc::new(self.files.project(columns)?)))),
            1 => Ok(scans.remove(0)),
            _ => UnionExec::try_new(scans),
        }
    }

    /// Whether a column of the table is hidden.
    fn is_hidden(&self, at: usize) -> bool {
        at + hidden::COLUMNS.len() >= self.schema.fields().len()
    }

    /// Takes out the files that lack some of `columns`, where their reader cannot do without: Arrow files of before
    /// there were hidden columns.
    fn without_columns<'a>(
        &self,
        format: Format,
        files: Vec<&'a DataFile>,
        columns: &[usize],
    ) -> (Vec<&'a DataFile>, Vec<&'a DataFile>) {
        if format != Format::Arrow || !columns.iter().any(|at| self.is_hidden(*at)) {
            return (files, Vec::new());
        }
        files.into_iter().partition(|file| {
            let opened = File::open(self.folder.join(&file.path)).ok();
            let there = opened.and_then(|opened| columnar::schema_of(format, opened).ok());
            // Of one that cannot be read the scan tells why.
            there.is_none_or(|there| there.index_of(hidden::SOURCE).is_ok())
        })
    }

    /// Gives NULL for the hidden ones among `columns`; `scan` has the others.
    fn with_nulls(
        &self,
        scan: Arc<dyn ExecutionPlan>,
        columns: &[usize],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = scan.schema();
        let exprs = columns.iter().map(|at| {
            let field = self.files.field(*at);
            let expr: Arc<dyn PhysicalExpr> = match self.is_hidden(*at) {
                true => Arc::new(Literal::new(ScalarValue::try_from(field.data_type())?)),
                false => Arc::new(Column::new_with_schema(field.name(), &schema)?),
            };
            Ok(ProjectionExpr { expr, alias: field.name().clone() })
        });
        let exprs = exprs.collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(ProjectionExec::try_new(exprs, scan)?))
    }

    async fn scan_format(
        &self,
        format: Format,
        files: &[&DataFile],
        state: &dyn Session,
        columns: &[usize],
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        if files.is_empty() {
            return Ok(None);
        }
        let reader: Option<Arc<dyn FileFormat>> = match format {
            Format::Orc => None,
            Format::Parquet => Some(Arc::new(
                ParquetFormat::default().with_options(state.default_table_options().parquet),
            )),
            Format::Arrow => Some(Arc::new(ArrowFormat)),
        };
        let mut parts =
            files.iter().map(|file| self.partitioned(file)).collect::<Result<Vec<_>>>()?;
        let mut statistics = self.statistics(files);
        let source = match &reader {
            Some(reader) => reader.file_source(Arc::clone(&self.files).into()),
            None => {
                let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
                let source =
                    OrcSource::new(Arc::clone(&self.files), cache).keeping(self.kept.clone());
                // Counts, minima and maxima of whole columns need no row.
                if filters.is_empty() && !columns.is_empty() {
                    for part in &mut parts {
                        let known = part.statistics.take().unwrap_or_default();
                        let known = source.statistics(part, columns, Arc::unwrap_or_clone(known));
                        part.statistics = Some(Arc::new(known));
                    }
                    let all = parts.iter().filter_map(|part| part.statistics.as_deref());
                    statistics = Statistics::try_merge_iter(all, &self.files)?;
                }
                Arc::new(source)
            }
        };
        let groups = FileGroup::new(parts).split_files(state.config().target_partitions());
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
            .with_file_groups(groups)
            .with_projection_indices(Some(columns.to_vec()))?
            .with_limit(limit)
            .with_statistics(statistics)
            .with_output_ordering(self.order())
            .build();
        match reader {
            Some(reader) => reader.create_physical_plan(state, config).await.map(Some),
            None => Ok(Some(DataSourceExec::from_data_source(config))),
        }
    }

    /// The order of the rows of every file: by event time, those without one last.
    fn order(&self) -> Vec<LexOrdering> {
        let options = SortOptions { descending: false, nulls_first: false };
        let by_time = self
            .files
            .index_of(EVENT_TIME)
            .ok()
            .map(|at| PhysicalSortExpr::new(Arc::new(Column::new(EVENT_TIME, at)), options));
        LexOrdering::new(by_time).into_iter().collect()
    }

    fn partitioned(&self, file: &DataFile) -> Result<PartitionedFile> {
        let path = self.folder.join(&file.path);
        let location = object_store::path::Path::from_absolute_path(&path)
            .map_err(|error| DataFusionError::External(Box::new(error)))?;
        let meta = ObjectMeta {
            location,
            last_modified: chrono::DateTime::UNIX_EPOCH, // files never change
            size: file.bytes,
            e_tag: None,
            version: None,
        };
        let statistics = Arc::new(self.statistics(&[file]));
        let file = PartitionedFile::new_from_meta(meta).with_extension(DataFilePath(path));
        Ok(file.with_statistics(statistics))
    }

    /// What the catalog knows of some files: rows, and the range of the event time.
    fn statistics(&self, files: &[&DataFile]) -> Statistics {
        let mut statistics = Statistics::new_unknown(&self.files);
        let rows: u64 = files.iter().map(|file| file.rows).sum();
        statistics.num_rows = Precision::Exact(rows as usize);
        // Files without a time hold nothing but NULL there.
        let timeless: u64 =
            files.iter().filter(|file| file.min_time.is_none()).map(|file| file.rows).sum();
        let bound = |time: Option<i64>| match time {
            Some(_) => Precision::Exact(ScalarValue::TimestampMillisecond(time, None)),
            None => Precision::Absent,
        };
        if let Ok(at) = self.files.index_of(EVENT_TIME) {
            statistics.column_statistics[at] = ColumnStatistics {
                null_count: Precision::Exact(timeless as usize),
                min_value: bound(files.iter().filter_map(|file| file.min_time).min()),
                max_value: bound(files.iter().filter_map(|file| file.max_time).max()),
                ..ColumnStatistics::new_unknown()
            };
        }
        statistics
    }
}

#[async_trait]
impl TableProvider for EventDataStore {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        // Scans take filters when the physical plan is optimised.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = || (0..self.schema.fields().len()).collect();
        let wanted = projection.cloned().unwrap_or_else(all);
        let in_files: Vec<_> =
            wanted.iter().copied().filter(|at| *at < self.files.fields().len()).collect();
        if in_files.len() == wanted.len() {
            return self.scan_files(state, &wanted, filters, limit).await;
        }
        // What is left is made of the source.
        let source = self.files.index_of(hidden::SOURCE)?;
        let mut columns = in_files;
        if !columns.contains(&source) {
            columns.push(source);
        }
        let scan = self.scan_files(state, &columns, filters, limit).await?;
        let schema = scan.schema();
        let exprs = wanted.iter().map(|at| {
            let name = self.schema.field(*at).name();
            let column = |name| Column::new_with_schema(name, &schema).map(Arc::new);
            let expr: Arc<dyn PhysicalExpr> = match name.as_str() {
                hidden::IMPORT => Arc::new(ImportOf {
                    source: column(hidden::SOURCE)?,
                    imports: Arc::clone(&self.imports),
                }),
                name => column(name)?,
            };
            Ok(ProjectionExpr { expr, alias: name.clone() })
        });
        let exprs = exprs.collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(ProjectionExec::try_new(exprs, scan)?))
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::types::arrow::{arrow_type, type_of};

    #[test]
    fn columns_lie_as_their_types_do() {
        for schema in crate::event::schema::SCHEMAS {
            for field in schema.arrow().fields() {
                let kind = type_of(field.data_type()).unwrap();
                assert_eq!(&arrow_type(&kind), field.data_type(), "{schema} {}", field.name());
            }
        }
    }
}
