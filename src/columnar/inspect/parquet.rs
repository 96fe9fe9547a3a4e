//! The layout of a Parquet file, from its footer and page index.

use super::{
    Bound, Chunk, Column, Layout, Part, Problem, Unit, Value, add_part, add_up, fact, part,
};
use crate::columnar::Format;
use ::parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::{
    ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use ::parquet::file::statistics::Statistics;
use ::parquet::schema::types::{ColumnDescriptor, Type};
use std::fs::File;

pub(super) fn layout(file: &File, size: u64) -> Result<Layout, Problem> {
    let mut reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
    let parsed = reader.try_parse(file).and_then(|()| reader.finish());
    let footer = reader.metadata_size().unwrap_or(8) as u64;
    let metadata = parsed.map_err(|error| Problem::Damaged {
        format: Format::Parquet,
        at: size.saturating_sub(footer),
        reason: reason(error),
    })?;
    let about = metadata.file_metadata();
    let mut tree = Vec::new();
    let mut leaves = 0;
    for field in about.schema().get_fields() {
        walk(field, "", 0, &mut leaves, &mut tree);
    }
    let units: Vec<_> = metadata
        .row_groups()
        .iter()
        .enumerate()
        .map(|(at, g)| unit(&metadata, at, g, &tree))
        .collect();
    let mut columns: Vec<_> = tree.into_iter().map(|(column, _)| column).collect();
    add_up(&mut columns, &units);

    let mut compression = Vec::new();
    for chunk in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let codec = chunk.compression_codec().to_string();
        if !compression.contains(&codec) {
            compression.push(codec);
        }
    }
    let pairs = about.key_value_metadata().into_iter().flatten();
    Ok(Layout {
        format: Format::Parquet,
        version: Some(about.version().to_string()),
        writer: about.created_by().map(str::to_owned),
        bytes: size,
        parts: parts(&columns, footer),
        rows: bytes(about.num_rows()),
        compression,
        facts: sorting(&metadata).map(|order| fact("sorted by", order)).into_iter().collect(),
        metadata: pairs.map(|p| fact(&p.key, p.value.as_deref().unwrap_or(""))).collect(),
        unit: "row group",
        units,
        columns,
    })
}

/// The crate's message without the crate's name.
fn reason(error: ParquetError) -> String {
    match error {
        ParquetError::General(text) | ParquetError::EOF(text) | ParquetError::NYI(text) => text,
        ParquetError::External(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// A size from a file, where negative ones are nonsense.
fn bytes(size: i64) -> u64 {
    u64::try_from(size).unwrap_or(0)
}

fn parts(columns: &[Column], footer: u64) -> Vec<Part> {
    let sum =
        |of: fn(&Chunk) -> u64| columns.iter().map(|c| of(&c.total)).fold(0, u64::saturating_add);
    vec![
        part("data", sum(|c| c.bytes)),
        part("page index", sum(|c| c.index_bytes.unwrap_or(0))),
        part("bloom filters", sum(|c| c.bloom_filter_bytes.unwrap_or(0))),
        part("footer", footer),
    ]
}

/// The order of the rows, when all row groups have the same.
fn sorting(metadata: &ParquetMetaData) -> Option<String> {
    let order =
        metadata.row_groups().first()?.sorting_columns().filter(|order| !order.is_empty())?;
    if metadata.row_groups().iter().any(|group| group.sorting_columns() != Some(order)) {
        return None;
    }
    let columns = metadata.file_metadata().schema_descr().columns();
    let names = order.iter().map(|by| {
        let name = columns.get(usize::try_from(by.column_idx).ok()?)?.path().string();
        let direction = if by.descending { " descending" } else { "" };
        let nulls = if by.nulls_first { "first" } else { "last" };
        Some(format!("{name}{direction}, nulls {nulls}"))
    });
    Some(names.collect::<Option<Vec<_>>>()?.join("; "))
}

/// Adds the column `field` and what it holds to `tree`, each with the number of its leaf.
///
/// The repeated groups that lists and maps are wrapped in have no data of their own and are left out.
fn walk(
    field: &Type,
    above: &str,
    depth: usize,
    leaves: &mut usize,
    tree: &mut Vec<(Column, Option<usize>)>,
) {
    let name = field.name().to_owned();
    let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
    let mut add = |data_type, leaf| {
        let (name, path) = (name.clone(), path.clone());
        tree.push((Column { name, path, depth, data_type, total: Chunk::default() }, leaf));
    };
    if field.is_primitive() {
        add(leaf_type(field), Some(*leaves));
        *leaves += 1;
        return;
    }
    let info = field.get_basic_info();
    let kind = match (info.logical_type_ref(), info.converted_type()) {
        (Some(LogicalType::List), _) | (None, ConvertedType::LIST) => "list",
        (Some(LogicalType::Map), _) | (None, ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE) => {
            "map"
        }
        _ => "struct",
    };
    add(kind.to_owned(), None);
    let wrapper = match field.get_fields() {
        [only]
            if only.is_group()
                && (kind == "map" || kind == "list" && only.get_fields().len() == 1) =>
        {
            Some(only)
        }
        _ => None,
    };
    for inner in wrapper.map_or(field.get_fields(), |only| only.get_fields()) {
        walk(inner, &path, depth + 1, leaves, tree);
    }
}

/// The logical type, derived from the older annotation where there is no newer one.
fn logical(field: &Type) -> Option<LogicalType> {
    let info = field.get_basic_info();
    info.logical_type_ref().cloned().or_else(|| {
        Some(match info.converted_type() {
            ConvertedType::UTF8 => LogicalType::String,
            ConvertedType::ENUM => LogicalType::Enum,
            ConvertedType::JSON => LogicalType::Json,
            ConvertedType::BSON => LogicalType::Bson,
            ConvertedType::DATE => LogicalType::Date,
            ConvertedType::DECIMAL => {
                LogicalType::decimal(field.get_scale(), field.get_precision())
            }
            ConvertedType::TIMESTAMP_MILLIS => LogicalType::timestamp(true, TimeUnit::MILLIS),
            ConvertedType::TIMESTAMP_MICROS => LogicalType::timestamp(true, TimeUnit::MICROS),
            ConvertedType::TIME_MILLIS => LogicalType::time(true, TimeUnit::MILLIS),
            ConvertedType::TIME_MICROS => LogicalType::time(true, TimeUnit::MICROS),
            ConvertedType::INT_8 => LogicalType::integer(8, true),
            ConvertedType::INT_16 => LogicalType::integer(16, true),
            ConvertedType::UINT_8 => LogicalType::integer(8, false),
            ConvertedType::UINT_16 => LogicalType::integer(16, false),
            ConvertedType::UINT_32 => LogicalType::integer(32, false),
            ConvertedType::UINT_64 => LogicalType::integer(64, false),
            _ => return None,
        })
    })
}

fn leaf_type(field: &Type) -> String {
    let unit = |unit| match unit {
        TimeUnit::MILLIS => "ms",
        TimeUnit::MICROS => "us",
        TimeUnit::NANOS => "ns",
    };
    match logical(field) {
        Some(LogicalType::Decimal(of)) => format!("decimal({},{})", of.precision, of.scale),
        Some(LogicalType::Timestamp(of)) => {
            let zone = if of.is_adjusted_to_u_t_c { ", UTC" } else { "" };
            format!("timestamp({}{zone})", unit(of.unit))
        }
        Some(LogicalType::Time(of)) => format!("time({})", unit(of.unit)),
        Some(LogicalType::Integer(of)) => {
            format!("{}int{}", if of.is_signed { "" } else { "u" }, of.bit_width)
        }
        Some(LogicalType::_Unknown { .. }) | None => match field.get_physical_type() {
            Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY => "binary".to_owned(),
            other => other.to_string().to_ascii_lowercase(),
        },
        Some(LogicalType::Variant(_)) => "variant".to_owned(),
        Some(LogicalType::Geometry(_)) => "geometry".to_owned(),
        Some(LogicalType::Geography(_)) => "geography".to_owned(),
        Some(other) => format!("{other:?}").to_ascii_lowercase(),
    }
}

fn unit(
    metadata: &ParquetMetaData,
    at: usize,
    group: &RowGroupMetaData,
    tree: &[(Column, Option<usize>)],
) -> Unit {
    let pages = metadata.offset_index().and_then(|index| index.get(at));
    let chunks = tree.iter().map(|(_, leaf)| {
        let Some(leaf) = leaf else { return Chunk::default() };
        let pages = pages.and_then(|columns| columns.get(*leaf));
        let pages = pages.map(|index| index.page_locations().len() as u64);
        group.columns().get(*leaf).map_or_else(Chunk::default, |column| chunk(column, pages))
    });
    let starts =
        group.columns().iter().map(|c| c.dictionary_page_offset().unwrap_or(c.data_page_offset()));
    Unit {
        offset: starts.map(bytes).min().unwrap_or(0),
        bytes: group
            .columns()
            .iter()
            .map(|c| bytes(c.compressed_size()))
            .fold(0, u64::saturating_add),
        rows: bytes(group.num_rows()),
        chunks: chunks.collect(),
        ..Unit::default()
    }
}

fn chunk(column: &ColumnChunkMetaData, pages: Option<u64>) -> Chunk {
    let size = bytes(column.compressed_size());
    // A dictionary stands before the data.
    let dictionary = column
        .dictionary_page_offset()
        .map(|start| bytes(column.data_page_offset().saturating_sub(start)).min(size));
    let mut streams = Vec::new();
    if let Some(dictionary) = dictionary {
        add_part(&mut streams, "dictionary page", dictionary);
    }
    add_part(&mut streams, "data pages", size - dictionary.unwrap_or(0));
    let encodings: Vec<_> = match column.page_encoding_stats_mask() {
        Some(pages) => pages.encodings().collect(),
        None => column.encodings().collect(),
    };
    let length = |length: Option<i32>| length.map(|length| bytes(i64::from(length)));
    let statistics = column.statistics();
    let (min, max) = statistics.map_or((None, None), |s| bounds(s, column.column_descr()));
    Chunk {
        bytes: size,
        raw_bytes: Some(bytes(column.uncompressed_size())),
        values: Some(bytes(column.num_values())),
        nulls: statistics.and_then(Statistics::null_count_opt),
        min,
        max,
        encodings: encodings.iter().map(ToString::to_string).collect(),
        index_entries: pages,
        index_bytes: super::sum_known(
            length(column.column_index_length()),
            length(column.offset_index_length()),
        ),
        bloom_filter_bytes: length(column.bloom_filter_length())
            .or_else(|| column.bloom_filter_offset().map(|_| 0)),
        streams,
        ..Chunk::default()
    }
}

fn bounds(statistics: &Statistics, column: &ColumnDescriptor) -> (Option<Bound>, Option<Bound>) {
    let kind = logical(column.self_type());
    let bound = |value: Option<Value>, exact| value.map(|value| Bound { value, exact });
    macro_rules! both {
        ($of:expr, $value:expr) => {
            (
                bound($of.min_opt().and_then($value), $of.min_is_exact()),
                bound($of.max_opt().and_then($value), $of.max_is_exact()),
            )
        };
    }
    match statistics {
        Statistics::Boolean(of) => both!(of, |v| Some(Value::Boolean(*v))),
        Statistics::Int32(of) => {
            both!(of, |v| Some(integer(i64::from(*v), u64::from(v.cast_unsigned()), kind.as_ref())))
        }
        Statistics::Int64(of) => both!(of, |v| Some(integer(*v, v.cast_unsigned(), kind.as_ref()))),
        Statistics::Float(of) => both!(of, |v| Some(Value::Float(f64::from(*v)))),
        Statistics::Double(of) => both!(of, |v| Some(Value::Float(*v))),
        Statistics::ByteArray(of) => both!(of, |v| binary(v.data(), kind.as_ref())),
        Statistics::FixedLenByteArray(of) => both!(of, |v| binary(v.data(), kind.as_ref())),
        // Its order was never defined.
        Statistics::Int96(_) => (None, None),
    }
}

fn integer(signed: i64, unsigned: u64, kind: Option<&LogicalType>) -> Value {
    match kind {
        Some(LogicalType::Integer(of)) if !of.is_signed => Value::Integer(i128::from(unsigned)),
        Some(LogicalType::Decimal(of)) => decimal(i128::from(signed), of.scale),
        Some(LogicalType::Date) => Value::Date(signed),
        Some(LogicalType::Timestamp(of)) => Value::Timestamp(
            i128::from(signed)
                * match of.unit {
                    TimeUnit::MILLIS => 1_000_000,
                    TimeUnit::MICROS => 1_000,
                    TimeUnit::NANOS => 1,
                },
        ),
        _ => Value::Integer(i128::from(signed)),
    }
}

fn decimal(digits: i128, scale: i32) -> Value {
    Value::Decimal(digits, u32::try_from(scale).unwrap_or(0).min(76))
}

fn binary(data: &[u8], kind: Option<&LogicalType>) -> Option<Value> {
    match kind {
        Some(LogicalType::Decimal(of)) if (1..=16).contains(&data.len()) => {
            let sign = if data[0] < 128 { 0 } else { -1 };
            let digits =
                data.iter().fold(sign, |digits: i128, byte| digits << 8 | i128::from(*byte));
            Some(decimal(digits, of.scale))
        }
        Some(LogicalType::Decimal(_) | LogicalType::Float16) => None,
        // A bound may be cut in the middle of a character.
        Some(LogicalType::String | LogicalType::Enum | LogicalType::Json) => {
            Some(Value::Text(String::from_utf8_lossy(data).into_owned()))
        }
        _ => Some(Value::Binary(data.to_owned())),
    }
}
