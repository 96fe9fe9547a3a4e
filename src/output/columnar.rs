//! An answer as an ORC, Parquet or Arrow file.
//!
//! A type that the format lacks is written as text, inside of arrays, maps and rows, too.

use super::{AnswerWriter, OutputError, unique, value};
use crate::columnar::{Format, Hints, Writer};
use crate::engine::types::Type;
use crate::engine::types::arrow::arrow_type;
use arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, RecordBatch, StringBuilder, StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct ColumnarWriter<'a> {
    out: &'a mut dyn Write,
    format: Format,
    types: Vec<Type>,
    file: Option<(Writer<Pipe>, SchemaRef)>,
    pipe: Pipe,
}

/// Bytes on their way from the file's writer, which wants to own a sink that can be sent to other
/// threads, to ours.
#[derive(Debug, Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> ColumnarWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, format: Format) -> Self {
        Self { out, format, types: Vec::new(), file: None, pipe: Pipe::default() }
    }
}

/// Whether the format has the type itself; the types inside of it are checked for themselves.
fn supports(format: Format, data_type: &Type) -> bool {
    match data_type {
        Type::Boolean
        | Type::Tinyint
        | Type::Smallint
        | Type::Integer
        | Type::Bigint
        | Type::Real
        | Type::Double
        | Type::Decimal(..)
        | Type::Varchar(_)
        | Type::Char(_)
        | Type::Varbinary
        | Type::Date
        | Type::Timestamp(0..=6)
        | Type::Array(_)
        | Type::Map(..)
        | Type::Row(_) => true,
        Type::Time(_) => format != Format::Orc,
        // Finer timestamps do not fit 64 bits; the others have no equivalent, or lose their zone.
        Type::Timestamp(_)
        | Type::TimestampTz(_)
        | Type::Unknown
        | Type::Json
        | Type::IntervalDay
        | Type::IntervalYear
        | Type::Uuid
        | Type::IpAddress
        | Type::Function(..) => false,
    }
}

fn field(format: Format, name: &str, data_type: &Type, nullable: bool) -> FieldRef {
    Arc::new(Field::new(name, file_type(format, data_type), nullable))
}

/// Returns the Arrow type that values of a type have in a file.
fn file_type(format: Format, data_type: &Type) -> DataType {
    match data_type {
        _ if !supports(format, data_type) => DataType::Utf8,
        Type::Array(item) => DataType::List(field(format, "item", item, true)),
        Type::Map(key, value) => DataType::Map(entries(format, key, value), false),
        Type::Row(members) => {
            let names = members.iter().enumerate().map(|(at, member)| match &member.name {
                Some(name) if !name.is_empty() => name.clone(),
                _ => format!("field{at}"),
            });
            let names = unique(&names.collect::<Vec<_>>(), str::to_lowercase);
            let fields = names.iter().zip(members.iter());
            let fields = fields.map(|(name, member)| field(format, name, &member.data_type, true));
            DataType::Struct(fields.collect::<Fields>())
        }
        other => arrow_type(other),
    }
}

fn entries(format: Format, key: &Type, value: &Type) -> FieldRef {
    let members =
        Fields::from(vec![field(format, "key", key, false), field(format, "value", value, true)]);
    Arc::new(Field::new("entries", DataType::Struct(members), false))
}

/// Returns the values as they are in a file.
fn convert(format: Format, array: &ArrayRef, data_type: &Type) -> Result<ArrayRef, OutputError> {
    let file_type = self::file_type(format, data_type);
    let wrong = |error: ArrowError| OutputError::Columnar(error.into());
    if !supports(format, data_type) {
        let (mut texts, mut text) = (StringBuilder::new(), String::new());
        for row in 0..array.len() {
            if value::is_null(array, row) {
                texts.append_null();
            } else {
                text.clear();
                value::text_into(array, row, data_type, &mut text)?;
                texts.append_value(&text);
            }
        }
        return Ok(Arc::new(texts.finish()));
    }
    if array.data_type() == &file_type {
        return Ok(Arc::clone(array));
    }
    Ok(match (data_type, file_type) {
        (Type::Array(item), DataType::List(field)) => {
            let list = array.as_list::<i32>();
            let items = convert(format, list.values(), item)?;
            let offsets = list.offsets().clone();
            Arc::new(
                ListArray::try_new(field, offsets, items, list.nulls().cloned()).map_err(wrong)?,
            )
        }
        (Type::Map(key, value), DataType::Map(field, ordered)) => {
            let map = array.as_map();
            let columns =
                vec![convert(format, map.keys(), key)?, convert(format, map.values(), value)?];
            let DataType::Struct(members) = field.data_type().clone() else {
                return Err(wrong(ArrowError::SchemaError("a map without entries".to_owned())));
            };
            let pairs = StructArray::try_new(members, columns, None).map_err(wrong)?;
            let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
            Arc::new(MapArray::try_new(field, offsets, pairs, nulls, ordered).map_err(wrong)?)
        }
        (Type::Row(members), DataType::Struct(fields)) => {
            let row = array.as_struct();
            let columns = row.columns().iter().zip(members.iter());
            let columns =
                columns.map(|(column, member)| convert(format, column, &member.data_type));
            let columns = columns.collect::<Result<_, _>>()?;
            let row = StructArray::try_new(fields, columns, row.nulls().cloned());
            Arc::new(row.map_err(wrong)?)
        }
        (_, file_type) => cast(array, &file_type).map_err(wrong)?,
    })
}

impl AnswerWriter for ColumnarWriter<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        self.types = types.to_vec();
        let named = |(at, label): (usize, &String)| {
            if label.is_empty() { format!("_col{at}") } else { label.clone() }
        };
        let names: Vec<_> = labels.iter().enumerate().map(named).collect();
        // Hive and Trino read names without regard to case.
        let names = unique(&names, str::to_lowercase);
        let fields = names
            .iter()
            .zip(types)
            .map(|(name, data_type)| field(self.format, name, data_type, true));
        let schema = Arc::new(Schema::new(fields.collect::<Fields>()));
        let hints = Hints { compress: true, ..Hints::default() };
        let writer = Writer::new(self.format, self.pipe.clone(), Arc::clone(&schema), hints)?;
        self.file = Some((writer, schema));
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let Some((writer, schema)) = &mut self.file else { return Ok(()) };
        let columns = batch.columns().iter().zip(&self.types);
        let columns = columns.map(|(column, data_type)| convert(self.format, column, data_type));
        let columns = columns.collect::<Result<_, _>>()?;
        let rows = RecordBatch::try_new(Arc::clone(schema), columns);
        writer.write(&rows.map_err(|error| OutputError::Columnar(error.into()))?)?;
        Ok(self.out.write_all(&self.pipe.take())?)
    }

    fn end(&mut self) -> Result<(), OutputError> {
        if let Some((writer, _)) = self.file.take() {
            writer.finish()?;
        }
        self.out.write_all(&self.pipe.take())?;
        Ok(self.out.flush()?)
    }
}
