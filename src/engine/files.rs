//! The data files of a store as scans list them. That is the same from one statement to the next as long as the store has
//! the same files, so a session keeps it.

use super::orc::{DataFilePath, OrcSource};
use crate::columnar::Format;
use crate::event::EventSchema;
use crate::event::schema::{EVENT_JSON, EVENT_TIME, SCHEMAS, hidden};
use crate::store::DataFile;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::error::{DataFusionError, Result};
use object_store::ObjectMeta;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Files of which is kept what is known of their columns, in all lists together: some ten kilobytes each.
pub(super) const MAX_KEPT: usize = 2_048;

/// The files that a store has, and their columns.
#[derive(Debug)]
pub(super) struct StoreFiles {
    pub(super) folder: PathBuf,
    pub(super) files: Arc<[DataFile]>,
    pub(super) category: EventSchema,
    /// The columns of the table, the hidden ones at the end.
    pub(super) schema: SchemaRef,
    /// Those of the files: all but the last.
    pub(super) of_files: SchemaRef,
    lists: Mutex<HashMap<ListKey, Arc<Listed>>>,
}

/// The format of some files, and the columns of which their footers were asked.
type ListKey = (Format, Vec<usize>);

/// Some files, and what is known of all of them together.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) files: Vec<PartitionedFile>,
    pub(super) statistics: Statistics,
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

impl StoreFiles {
    /// Takes the files of a store of events of `category`, which are below `folder`.
    pub(super) fn new(folder: PathBuf, category: EventSchema, files: Arc<[DataFile]>) -> Self {
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        // DataFusion's Arrow reader gives columns as they lie in the file, and nothing else.
        let schema = match files.iter().any(|file| file.format == Format::Arrow) {
            true => category.arrow_table(),
            false => Arc::clone(&VIEWS[category as usize]),
        };
        let fields = schema.fields().iter().filter(|field| field.name() != hidden::IMPORT);
        let of_files = Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>()));
        Self { folder, files, category, schema, of_files, lists: Mutex::default() }
    }

    /// Returns the files of a format.
    pub(super) fn of_format(&self, format: Format) -> Result<Arc<Listed>> {
        let key = (format, Vec::new());
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let files = self.files.iter().filter(|file| file.format == format);
        let listed = Arc::new(self.list(&files.collect::<Vec<_>>())?);
        self.keep(key, &listed);
        Ok(listed)
    }

    /// Returns the ORC files with what their footers tell of some columns.
    pub(super) fn with_footers(
        &self,
        columns: &[usize],
        source: &OrcSource,
    ) -> Result<Arc<Listed>> {
        let key = (Format::Orc, columns.to_vec());
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let mut listed = Listed::clone(&*self.of_format(Format::Orc)?);
        let mut all_told = true;
        for file in &mut listed.files {
            let known = file.statistics.take().unwrap_or_default();
            // A file that cannot be read tells nothing now; the scan will say why.
            let told = source.statistics(file, columns, &known);
            all_told &= told.is_some();
            file.statistics = Some(told.map_or(known, Arc::new));
        }
        let all = listed.files.iter().filter_map(|file| file.statistics.as_deref());
        listed.statistics = Statistics::try_merge_iter(all, &self.of_files)?;
        let listed = Arc::new(listed);
        if all_told {
            self.keep(key, &listed);
        }
        Ok(listed)
    }

    fn known(&self, key: &ListKey) -> Option<Arc<Listed>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: ListKey, listed: &Arc<Listed>) {
        if listed.files.len() > MAX_KEPT {
            return;
        }
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = lists.values().map(|list| list.files.len()).sum();
        if kept + listed.files.len() > MAX_KEPT {
            lists.clear();
        }
        lists.insert(key, Arc::clone(listed));
    }

    /// Lists some of the files.
    pub(super) fn list(&self, files: &[&DataFile]) -> Result<Listed> {
        let statistics = self.statistics(files);
        let files = files.iter().map(|file| self.partitioned(file)).collect::<Result<Vec<_>>>()?;
        Ok(Listed { files, statistics })
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
        let mut statistics = Statistics::new_unknown(&self.of_files);
        let rows: u64 = files.iter().map(|file| file.rows).sum();
        statistics.num_rows = Precision::Exact(rows as usize);
        // Files without a time hold nothing but NULL there.
        let timeless: u64 =
            files.iter().filter(|file| file.min_time.is_none()).map(|file| file.rows).sum();
        let bound = |time: Option<i64>| match time {
            Some(_) => Precision::Exact(ScalarValue::TimestampMillisecond(time, None)),
            None => Precision::Absent,
        };
        if let Ok(at) = self.of_files.index_of(EVENT_TIME) {
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
