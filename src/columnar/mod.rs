//! Arrow batches to columnar files. Knows Arrow and the file formats, and nothing of CloudTrail.
//!
//! A format is a variant of [`Format`], an arm of [`Writer`] and one of [`mod@inspect`]. Parquet and
//! Arrow IPC are left to their crates, and so is ORC, which is our own: `traillake-orc`.

pub mod inspect;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::CompressionType;
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{
    ArrowSchemaConverter, ArrowWriter, PARQUET_FIELD_ID_META_KEY, ProjectionMask,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use traillake_orc::read::Metadata;
use traillake_orc::{Codec, OrcError};

/// Rows of a Parquet row group: large enough to compress well, small enough to prune by.
const ROW_GROUP_ROWS: usize = 131_072;

/// A columnar file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Apache ORC v1, the Lake's own.
    Orc,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC file, also known as Feather v2.
    Arrow,
}

/// Every format, in the order that help shows them.
pub const FORMATS: [Format; 3] = [Format::Orc, Format::Parquet, Format::Arrow];

impl Format {
    /// Returns the format's name, which is also its file extension.
    pub fn name(self) -> &'static str {
        match self {
            Self::Orc => "orc",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// Returns the format with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        FORMATS.into_iter().find(|format| format.name() == name)
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What a writer may know of the rows to come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints {
    /// Top-level column by which the rows are sorted, ascending, NULLs last.
    pub sorted_by: Option<&'static str>,
    /// Text columns whose values hardly ever repeat: a dictionary would be a waste.
    pub distinct: &'static [&'static str],
    /// Columns, or members of structs after a dot, by whose values single rows are looked up: they
    /// get a bloom filter.
    pub looked_up: &'static [&'static str],
    /// Columns whose minimum and maximum are useless.
    pub unordered: &'static [&'static str],
    /// Whether to compress; files that live for one query need not be.
    pub compress: bool,
}

/// Why a columnar file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file could not be written or read, or a batch could not be encoded.
    #[error(transparent)]
    Orc(#[from] OrcError),
    /// The same, for Parquet.
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    /// The same, for Arrow IPC.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    /// The file could not be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Writes record batches of one schema to a file, or to any other sink.
pub struct Writer<W: Write + Send = File>(Inner<W>);

enum Inner<W: Write + Send> {
    Orc(Box<traillake_orc::write::Writer<BufWriter<W>>>),
    Parquet(Box<ArrowWriter<W>>),
    Arrow(Box<FileWriter<BufWriter<W>>>),
}

impl<W: Write + Send> std::fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Inner::Orc(_) => "Writer(Orc)",
            Inner::Parquet(_) => "Writer(Parquet)",
            Inner::Arrow(_) => "Writer(Arrow)",
        })
    }
}

impl<W: Write + Send> Writer<W> {
    /// Begins a file of `format` in the empty `file`.
    ///
    /// Field ids of `schema` (`PARQUET:field_id`) become those of Parquet, and attributes that Apache Iceberg looks
    /// for in ORC files. They are no part of the Arrow schema that a file is read with, and batches need none.
    ///
    /// # Errors
    /// When the format has no such types, or the file cannot be written.
    pub fn new(
        format: Format,
        file: W,
        schema: SchemaRef,
        hints: Hints,
    ) -> Result<Self, WriteError> {
        Ok(Self(match format {
            Format::Orc => {
                let file = BufWriter::with_capacity(1 << 20, file);
                let schema = Arc::new(each_field(&schema, &with_iceberg_attributes));
                let writer = traillake_orc::write::Writer::new(file, schema, orc_options(hints))?;
                Inner::Orc(Box::new(writer))
            }
            Format::Parquet => {
                let options = ArrowWriterOptions::new()
                    .with_properties(parquet_properties(&schema, hints)?)
                    .with_parquet_schema(ArrowSchemaConverter::new().convert(&schema)?);
                let plain = Arc::new(without_metadata(&schema));
                Inner::Parquet(Box::new(ArrowWriter::try_new_with_options(file, plain, options)?))
            }
            Format::Arrow => {
                let compression = hints.compress.then_some(CompressionType::ZSTD);
                let options = IpcWriteOptions::default().try_with_compression(compression)?;
                let file = BufWriter::with_capacity(1 << 20, file);
                let plain = without_metadata(&schema);
                Inner::Arrow(Box::new(FileWriter::try_new_with_options(file, &plain, options)?))
            }
        }))
    }

    /// Appends the rows of `batch`.
    ///
    /// # Errors
    /// When they cannot be encoded or written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), WriteError> {
        match &mut self.0 {
            Inner::Orc(writer) => writer.write(batch)?,
            Inner::Parquet(writer) => writer.write(batch)?,
            Inner::Arrow(writer) => writer.write(batch)?,
        }
        Ok(())
    }

    /// Ends the file and returns it, written but not synced.
    ///
    /// # Errors
    /// When the rest cannot be written.
    pub fn finish(self) -> Result<W, WriteError> {
        let mut file = match self.0 {
            Inner::Parquet(writer) => return Ok(writer.into_inner()?),
            Inner::Orc(writer) => writer.finish()?,
            Inner::Arrow(mut writer) => {
                writer.finish()?;
                writer.into_inner()?
            }
        };
        file.flush()?;
        Ok(file.into_inner().map_err(|error| error.into_error())?)
    }
}

/// Returns the columns of a file with the types in which they are read where no others are wanted.
///
/// # Errors
/// When the file is not of the format, or cannot be read.
pub fn schema_of(format: Format, file: File) -> Result<SchemaRef, WriteError> {
    Ok(match format {
        Format::Orc => Metadata::read(&file)?.tail.root.arrow_schema(),
        Format::Parquet => Arc::clone(ParquetRecordBatchReaderBuilder::try_new(file)?.schema()),
        Format::Arrow => FileReader::try_new(file, None)?.schema(),
    })
}

/// Reads some top-level columns of a file, batch by batch, in the order and as the types of `columns`.
///
/// # Errors
/// When the file is not of the format, lacks a column or has another type, or cannot be read.
pub fn read_columns(
    format: Format,
    file: File,
    columns: &SchemaRef,
    each: &mut dyn FnMut(&RecordBatch),
) -> Result<(), WriteError> {
    let names = || columns.fields().iter().map(|field| field.name().as_str());
    let mut pick = |batch: RecordBatch| -> Result<(), WriteError> {
        let arrays = names().map(|name| {
            let at = batch.schema_ref().index_of(name)?;
            Ok(Arc::clone(batch.column(at)))
        });
        let arrays = arrays.collect::<Result<Vec<_>, ArrowError>>()?;
        each(&RecordBatch::try_new(Arc::clone(columns), arrays)?);
        Ok(())
    };
    match format {
        Format::Orc => {
            let batches =
                traillake_orc::read::Batches::with_schema(Arc::new(file), Arc::clone(columns))?;
            for batch in batches {
                each(&batch?);
            }
            Ok(())
        }
        Format::Parquet => {
            let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
            let mask = ProjectionMask::columns(builder.parquet_schema(), names());
            for batch in builder.with_projection(mask).build()? {
                pick(batch?)?;
            }
            Ok(())
        }
        Format::Arrow => {
            let schema = FileReader::try_new(file.try_clone()?, None)?.schema();
            let mut wanted =
                names().map(|name| schema.index_of(name)).collect::<Result<Vec<_>, _>>()?;
            wanted.sort_unstable();
            let mut reader = FileReader::try_new(file, Some(wanted))?;
            while let Some(batch) = next_batch(&mut reader)? {
                pick(batch)?;
            }
            Ok(())
        }
    }
}

/// Returns the next batch of an Arrow file. Its reader panics where lengths and places in the file are damaged.
fn next_batch(reader: &mut FileReader<File>) -> Result<Option<RecordBatch>, ArrowError> {
    let damaged = |_| ArrowError::ParseError("the file is damaged".to_owned());
    let next = AssertUnwindSafe(|| reader.next().transpose());
    std::panic::catch_unwind(next).map_err(damaged)?
}

/// Returns the fields of a schema as `change` makes them, those inside others before these.
fn each_field(schema: &Schema, change: &dyn Fn(Field) -> Field) -> Schema {
    fn changed(field: &Field, change: &dyn Fn(Field) -> Field) -> FieldRef {
        let one = |inner: &FieldRef| changed(inner, change);
        let data_type = match field.data_type() {
            DataType::Struct(inner) => DataType::Struct(inner.iter().map(one).collect()),
            DataType::List(inner) => DataType::List(one(inner)),
            DataType::Map(inner, sorted) => DataType::Map(one(inner), *sorted),
            other => other.clone(),
        };
        Arc::new(change(field.clone().with_data_type(data_type)))
    }
    Schema::new(schema.fields().iter().map(|field| changed(field, change)).collect::<Fields>())
}

fn without_metadata(schema: &Schema) -> Schema {
    each_field(schema, &|field| field.with_metadata(HashMap::new()))
}

/// Turns a field id into the attributes that Iceberg's specification has for the types of ORC.
fn with_iceberg_attributes(field: Field) -> Field {
    let id = field.metadata().get(PARQUET_FIELD_ID_META_KEY).map(|id| {
        let required = (!field.is_nullable()).to_string();
        [("iceberg.id".to_owned(), id.clone()), ("iceberg.required".to_owned(), required)]
    });
    field.with_metadata(id.into_iter().flatten().collect())
}

/// Parquet counts columns by their leaves: returns the number of the leaf that the top-level column
/// `name` is.
fn leaf(schema: &SchemaRef, name: &str) -> Option<i32> {
    let parquet = ArrowSchemaConverter::new().convert(schema).ok()?;
    let at = parquet.columns().iter().position(|column| column.path().parts() == [name])?;
    i32::try_from(at).ok()
}

fn orc_options(hints: Hints) -> traillake_orc::write::Options {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    traillake_orc::write::Options {
        codec: if hints.compress { Codec::Zstd(1) } else { Codec::None },
        distinct_columns: owned(hints.distinct),
        bloom_columns: owned(hints.looked_up),
        ..traillake_orc::write::Options::default()
    }
}

fn parquet_properties(schema: &SchemaRef, hints: Hints) -> Result<WriterProperties, ParquetError> {
    let codec = if hints.compress {
        Compression::ZSTD(ZstdLevel::try_new(1)?)
    } else {
        Compression::UNCOMPRESSED
    };
    let sorting = hints.sorted_by.and_then(|name| leaf(schema, name)).map(|column_idx| {
        vec![SortingColumn { column_idx, descending: false, nulls_first: false }]
    });
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("traillake ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(codec)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_sorting_columns(sorting);
    for name in hints.distinct {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(*name), false);
    }
    for name in hints.unordered {
        let path = ColumnPath::from(*name);
        properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    for name in hints.looked_up {
        let path = ColumnPath::new(name.split('.').map(str::to_owned).collect());
        properties = properties.set_column_bloom_filter_enabled(path.clone(), true);
        properties = properties.set_column_bloom_filter_fpp(path, 0.01);
    }
    Ok(properties.build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray, StructArray};
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    #[test]
    fn the_sorting_column_is_counted_by_leaves() {
        let numbers = || Arc::new(Int64Array::from(vec![1, 2])) as arrow::array::ArrayRef;
        let pair = StructArray::try_from(vec![("a", numbers()), ("b", numbers())]).unwrap();
        let batch =
            RecordBatch::try_from_iter([("pair", Arc::new(pair) as _), ("n", numbers())]).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let hints = Hints { sorted_by: Some("n"), ..Hints::default() };
        let opened = file.reopen().unwrap();
        let mut writer = Writer::new(Format::Parquet, opened, batch.schema(), hints).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        let reader = SerializedFileReader::new(file.reopen().unwrap()).unwrap();
        let group = reader.metadata().row_group(0);
        let sorting = group.sorting_columns().unwrap();
        let named = group.column(sorting[0].column_idx as usize).column_path().string();
        assert_eq!(named, "n");
    }

    #[test]
    fn what_is_written_is_read() {
        let batch = RecordBatch::try_from_iter([
            ("n", Arc::new(Int64Array::from(vec![Some(1), None, Some(3)])) as _),
            ("id", Arc::new(StringArray::from(vec!["a", "b", "c"])) as _),
        ])
        .unwrap();
        let hints = Hints {
            sorted_by: Some("n"),
            distinct: &["id"],
            looked_up: &["id"],
            unordered: &["id"],
            compress: true,
        };
        for format in FORMATS {
            let file = tempfile::NamedTempFile::new().unwrap();
            let mut writer =
                Writer::new(format, file.reopen().unwrap(), batch.schema(), hints).unwrap();
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
            let mut back = Vec::new();
            let each = &mut |batch: &RecordBatch| back.push(batch.clone());
            let want = batch.project(&[1, 0]).unwrap();
            read_columns(format, file.reopen().unwrap(), &want.schema(), each).unwrap();
            assert_eq!(back.len(), 1, "{format}");
            assert_eq!(back[0].columns(), want.columns(), "{format}");
        }
    }

    #[test]
    fn field_ids_are_in_files_and_not_in_what_they_are_read_as() {
        let with_id = |field: Field, id: i32| {
            let id = (PARQUET_FIELD_ID_META_KEY.to_owned(), id.to_string());
            field.with_metadata([id].into())
        };
        let inner = Fields::from(vec![with_id(Field::new("n", DataType::Int64, true), 7)]);
        let pair = DataType::Struct(inner);
        let schema = Schema::new(vec![
            with_id(Field::new("id", DataType::Utf8, false), 3),
            with_id(Field::new("pair", pair, true), 4),
        ]);
        let plain = Arc::new(without_metadata(&schema));
        let DataType::Struct(inner) = plain.field(1).data_type() else { panic!("a struct") };
        let numbers = Arc::new(Int64Array::from(vec![5])) as arrow::array::ArrayRef;
        let pairs = StructArray::new(inner.clone(), vec![numbers], None);
        let texts = Arc::new(StringArray::from(vec!["x"]));
        let batch = RecordBatch::try_new(Arc::clone(&plain), vec![texts, Arc::new(pairs)]).unwrap();
        for format in FORMATS {
            let file = tempfile::NamedTempFile::new().unwrap();
            let (opened, hints) = (file.reopen().unwrap(), Hints::default());
            let mut writer = Writer::new(format, opened, Arc::new(schema.clone()), hints).unwrap();
            writer.write(&batch).unwrap();
            writer.finish().unwrap();
            let opened = || file.reopen().unwrap();
            match format {
                Format::Orc => {
                    let metadata = traillake_orc::read::Metadata::read(&opened()).unwrap();
                    let root = &metadata.tail.root;
                    let told = |path: &[&str]| {
                        let column = root.find(path.iter().copied()).unwrap();
                        ["iceberg.id", "iceberg.required"]
                            .map(|name| column.attribute(name).unwrap_or_default().to_owned())
                    };
                    assert_eq!(told(&["id"]), ["3", "true"]);
                    assert_eq!(told(&["pair"]), ["4", "false"]);
                    assert_eq!(told(&["pair", "n"]), ["7", "false"]);
                }
                Format::Parquet => {
                    let reader = SerializedFileReader::new(opened()).unwrap();
                    let schema = reader.metadata().file_metadata().schema();
                    let ids: Vec<_> =
                        schema.get_fields().iter().map(|f| f.get_basic_info().id()).collect();
                    assert_eq!(ids, [3, 4]);
                    let reader = ParquetRecordBatchReaderBuilder::try_new(opened()).unwrap();
                    assert_eq!(reader.schema(), &plain);
                }
                Format::Arrow => {
                    assert_eq!(FileReader::try_new(opened(), None).unwrap().schema(), plain);
                }
            }
        }
    }
}
