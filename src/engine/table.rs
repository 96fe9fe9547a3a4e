//! Scans an event data store: its files, of whatever formats, as one table.

use super::files::{Listed, StoreFiles};
use super::import_of::{ImportOf, Imports};
use super::orc::OrcSource;
use crate::columnar::{self, Format};
use crate::event::schema::{EVENT_TIME, hidden};
use crate::store::DataFile;
use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::arrow::ArrowFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, FileSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::union::UnionExec;
use std::fs::File;
use std::sync::Arc;
use traillake_orc::read::ColumnCache;

/// The files that a store had when the statement first named it; files that come later are not seen.
#[derive(Debug)]
pub(super) struct EventDataStore {
    store: Arc<StoreFiles>,
    imports: Arc<Imports>,
    kept: Option<Arc<ColumnCache>>,
}

impl EventDataStore {
    /// Returns the table of the files of a store; ORC scans keep what they unpack and decode in `kept`.
    pub(super) fn new(
        store: Arc<StoreFiles>,
        imports: Arc<Imports>,
        kept: Option<Arc<ColumnCache>>,
    ) -> Self {
        Self { store, imports, kept }
    }

    /// The columns of the files.
    fn of_files(&self) -> &SchemaRef {
        &self.store.of_files
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
            let older = self.without_columns(format, columns);
            let files = match older.is_empty() {
                true if format == Format::Orc && filters.is_empty() && !columns.is_empty() => {
                    // Counts, minima and maxima of whole columns need no row.
                    self.store.with_footers(columns, &self.orc_source(state))?
                }
                true => self.store.of_format(format)?,
                false => {
                    let files = self.store.files.iter().filter(|file| {
                        file.format == format && !older.iter().any(|older| older.path == file.path)
                    });
                    Arc::new(self.store.list(&files.collect::<Vec<_>>())?)
                }
            };
            scans.extend(self.scan_format(format, &files, state, columns, limit).await?);
            if older.is_empty() {
                continue;
            }
            let there: Vec<_> = columns.iter().copied().filter(|at| !self.is_hidden(*at)).collect();
            let older = self.store.list(&older)?;
            if let Some(scan) = self.scan_format(format, &older, state, &there, limit).await? {
                scans.push(self.with_nulls(scan, columns)?);
            }
        }
        match scans.len() {
            0 => Ok(Arc::new(EmptyExec::new(Arc::new(self.of_files().project(columns)?)))),
            1 => Ok(scans.remove(0)),
            _ => UnionExec::try_new(scans),
        }
    }

    /// Whether a column of the table is hidden.
    fn is_hidden(&self, at: usize) -> bool {
        at + hidden::COLUMNS.len() >= self.store.schema.fields().len()
    }

    /// Returns the files that lack some of `columns`, where their reader cannot do without: Arrow files of before
    /// there were hidden columns.
    fn without_columns(&self, format: Format, columns: &[usize]) -> Vec<&DataFile> {
        if format != Format::Arrow || !columns.iter().any(|at| self.is_hidden(*at)) {
            return Vec::new();
        }
        let files = self.store.files.iter().filter(|file| file.format == format);
        let lacks = |file: &&DataFile| {
            let opened = File::open(self.store.folder.join(&file.path)).ok();
            let there = opened.and_then(|opened| columnar::schema_of(format, opened).ok());
            // Of one that cannot be read the scan tells why.
            there.is_some_and(|there| there.index_of(hidden::SOURCE).is_err())
        };
        files.filter(lacks).collect()
    }

    /// Gives NULL for the hidden ones among `columns`; `scan` has the others.
    fn with_nulls(
        &self,
        scan: Arc<dyn ExecutionPlan>,
        columns: &[usize],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = scan.schema();
        let exprs = columns.iter().map(|at| {
            let field = self.of_files().field(*at);
            let expr: Arc<dyn PhysicalExpr> = match self.is_hidden(*at) {
                true => Arc::new(Literal::new(ScalarValue::try_from(field.data_type())?)),
                false => Arc::new(Column::new_with_schema(field.name(), &schema)?),
            };
            Ok(ProjectionExpr { expr, alias: field.name().clone() })
        });
        let exprs = exprs.collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(ProjectionExec::try_new(exprs, scan)?))
    }

    fn orc_source(&self, state: &dyn Session) -> OrcSource {
        let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
        OrcSource::new(Arc::clone(self.of_files()), cache).keeping(self.kept.clone())
    }

    async fn scan_format(
        &self,
        format: Format,
        files: &Listed,
        state: &dyn Session,
        columns: &[usize],
        limit: Option<usize>,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        if files.files.is_empty() {
            return Ok(None);
        }
        let reader: Option<Arc<dyn FileFormat>> = match format {
            Format::Orc => None,
            Format::Parquet => Some(Arc::new(
                ParquetFormat::default().with_options(state.default_table_options().parquet),
            )),
            Format::Arrow => Some(Arc::new(ArrowFormat)),
        };
        let source: Arc<dyn FileSource> = match &reader {
            Some(reader) => reader.file_source(Arc::clone(self.of_files()).into()),
            None => Arc::new(self.orc_source(state)),
        };
        let parts = state.config().target_partitions();
        let groups = FileGroup::new(files.files.clone()).split_files(parts);
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
            .with_file_groups(groups)
            .with_projection_indices(Some(columns.to_vec()))?
            .with_limit(limit)
            .with_statistics(files.statistics.clone())
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
            .of_files()
            .index_of(EVENT_TIME)
            .ok()
            .map(|at| PhysicalSortExpr::new(Arc::new(Column::new(EVENT_TIME, at)), options));
        LexOrdering::new(by_time).into_iter().collect()
    }
}

#[async_trait]
impl TableProvider for EventDataStore {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.store.schema)
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
        let all = || (0..self.store.schema.fields().len()).collect();
        let wanted = projection.cloned().unwrap_or_else(all);
        let in_files: Vec<_> =
            wanted.iter().copied().filter(|at| *at < self.of_files().fields().len()).collect();
        if in_files.len() == wanted.len() {
            return self.scan_files(state, &wanted, filters, limit).await;
        }
        // What is left is made of the source.
        let source = self.of_files().index_of(hidden::SOURCE)?;
        let mut columns = in_files;
        if !columns.contains(&source) {
            columns.push(source);
        }
        let scan = self.scan_files(state, &columns, filters, limit).await?;
        let schema = scan.schema();
        let exprs = wanted.iter().map(|at| {
            let name = self.store.schema.field(*at).name();
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
