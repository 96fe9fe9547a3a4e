//! The layout of an ORC file, from its tail, the footers of its stripes and their row indexes.

use super::{
    Bound, Chunk, Column, Entry, Fact, Layout, Part, Problem, Unit, Value, add_part, add_up, fact,
    part, sum_known,
};
use crate::columnar::Format;
use proto::column_encoding::Kind as Encoding;
use proto::stream::Kind as StreamKind;
use proto::r#type::Kind as Type;
use proto::{ColumnStatistics, CompressionKind, StripeInformation};
use std::fs::File;
use std::sync::Arc;
use traillake_orc::read::{Metadata, Stripe, StripeReader, Tail, time_bound};
use traillake_orc::schema::{self, Kind};
use traillake_orc::{OrcError, proto};

impl From<OrcError> for Problem {
    fn from(error: OrcError) -> Self {
        match error {
            OrcError::Io(error) => Self::Io(error),
            OrcError::Damaged { at, what } => {
                Self::Damaged { format: Format::Orc, at, reason: what }
            }
            OrcError::NoPostscript { at } => {
                Self::Truncated { format: Format::Orc, size: at + 1, expected: "the postscript" }
            }
            other => Self::Unsupported { format: Format::Orc, reason: other.to_string() },
        }
    }
}

/// The columns of a file.
struct Tree<'a> {
    /// Each with the one it is in, in pre-order without the root: column `n` is at `n - 1`.
    nodes: Vec<(&'a schema::Column, &'a schema::Column)>,
    /// Whether statistics of lists count their items. Those of ORC Java, as of 2.1, count something
    /// else.
    counts_items: bool,
}

impl<'a> Tree<'a> {
    fn add(&mut self, of: &'a schema::Column) {
        for child in &of.children {
            self.nodes.push((child, of));
            self.add(child);
        }
    }

    /// What statistics say about every column in some rows.
    ///
    /// They count what is not null. A member of a struct that is null is here counted as null, too,
    /// as queries see it and as in Parquet.
    fn entries<'s>(
        &self,
        rows: u64,
        statistics: impl Fn(usize) -> Option<&'s ColumnStatistics>,
    ) -> Vec<Entry> {
        let count = |id| statistics(id).and_then(|of| of.number_of_values);
        let mut entries: Vec<Entry> = Vec::with_capacity(self.nodes.len());
        for (of, parent) in &self.nodes {
            let told = statistics(of.id);
            let values = match parent.kind {
                Kind::Struct if parent.id == 0 => Some(rows),
                Kind::Struct => entries.get(parent.id - 1).and_then(|entry| entry.values),
                // Keys are never null.
                Kind::Map => count(parent.id + 1),
                _ if told.is_some_and(|told| told.has_null == Some(false)) => count(of.id),
                _ if count(parent.id) == Some(0) => Some(0),
                _ => statistics(parent.id)
                    .filter(|_| self.counts_items)
                    .and_then(|of| of.collection_statistics.as_ref()?.total_children),
            };
            let nulls = values.zip(count(of.id)).and_then(|(all, some)| all.checked_sub(some));
            let (min, max) = told.map_or((None, None), |told| bounds(told, of.kind));
            entries.push(Entry { values, nulls, min, max, bloom_filter: false });
        }
        entries
    }
}

pub(super) fn layout(file: &File) -> Result<Layout, Problem> {
    let input = Arc::new(file.try_clone()?);
    let metadata = Metadata::read(&*input)?;
    let tail = &metadata.tail;
    let (footer, postscript) = (&tail.footer, &tail.postscript);
    let mut tree = Tree { nodes: Vec::new(), counts_items: footer.writer() != 0 };
    tree.add(&tail.root);

    let mut stripes = Vec::with_capacity(footer.stripes.len());
    for number in 0..footer.stripes.len() {
        stripes.push(metadata.stripe(&*input, number)?);
    }
    let units = footer.stripes.iter().zip(&stripes).enumerate();
    let units = units
        .map(|(number, (info, stripe))| unit(&input, tail, number, info, stripe, &tree))
        .collect::<Result<Vec<_>, _>>()?;
    let mut columns = columns(&tree, &footer.types);
    add_up(&mut columns, &units);
    add_file_statistics(&mut columns, &tree, tail);

    let codec = CompressionKind::try_from(postscript.compression.unwrap_or(0));
    let codec = codec.ok().filter(|codec| *codec != CompressionKind::None);
    let metadata = footer.metadata.iter();
    Ok(Layout {
        format: Format::Orc,
        version: Some(postscript.version.iter().map(u32::to_string).collect::<Vec<_>>().join(".")),
        writer: writer(footer),
        bytes: tail.length,
        parts: parts(&units, tail),
        rows: tail.rows(),
        compression: vec![codec.map_or("none", |codec| codec.as_str_name()).to_owned()],
        facts: file_facts(tail, &stripes, codec.is_some()),
        metadata: metadata.map(|m| fact(m.name(), String::from_utf8_lossy(m.value()))).collect(),
        unit: "stripe",
        units,
        columns,
    })
}

/// Takes what the file's own statistics say of its columns, where they say anything.
fn add_file_statistics(columns: &mut [Column], tree: &Tree<'_>, tail: &Tail) {
    let statistics = &tail.footer.statistics;
    let entries = tree.entries(tail.rows(), |id| statistics.get(id));
    for ((column, entry), (of, _)) in columns.iter_mut().zip(entries).zip(&tree.nodes) {
        let total = &mut column.total;
        total.values = entry.values.or(total.values);
        total.nulls = entry.nulls.or(total.nulls);
        total.min = entry.min.or(total.min.take());
        total.max = entry.max.or(total.max.take());
        total.facts = facts(statistics.get(of.id));
    }
}

/// What else the tail and the footers of stripes say of the file.
fn file_facts(tail: &Tail, stripes: &[Arc<Stripe>], compressed: bool) -> Vec<Fact> {
    let (footer, postscript) = (&tail.footer, &tail.postscript);
    let mut facts = Vec::new();
    if compressed {
        facts.push(fact("block size", format!("{} bytes", postscript.compression_block_size())));
    }
    facts.push(match tail.stride {
        0 => fact("row index", "none"),
        rows => fact("row index", format!("every {rows} rows")),
    });
    let streams = stripes.iter().flat_map(|stripe| &stripe.streams);
    let (all, checked) = streams
        .fold((0, 0), |(all, checked), s| (all + 1, checked + usize::from(s.checksum.is_some())));
    if all > 0 {
        facts.push(match checked {
            0 => fact("checksums", "none"),
            _ if checked == all => fact("checksums", "of every stream"),
            _ => fact("checksums", format!("of {checked} of {all} streams")),
        });
    }
    let mut zones: Vec<&str> = Vec::new();
    for zone in stripes.iter().filter_map(|stripe| stripe.zone.as_deref()) {
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    if !zones.is_empty() {
        facts.push(fact("timezone", zones.join(", ")));
    }
    if footer.calendar() != proto::CalendarKind::UnknownCalendar {
        facts.push(fact("calendar", words(footer.calendar().as_str_name())));
    }
    facts.push(fact("writer version", postscript.writer_version()));
    facts
}

/// A name of the specification as words.
fn words(name: &str) -> String {
    name.to_lowercase().replace('_', " ")
}

fn writer(footer: &proto::Footer) -> Option<String> {
    let maker = match footer.writer() {
        0 => Some("ORC Java"),
        1 => Some("ORC C++"),
        2 => Some("Presto"),
        3 => Some("Scritchley Go"),
        4 => Some("Trino"),
        5 => Some("cuDF"),
        _ => None,
    };
    let names: Vec<_> = maker.into_iter().chain(footer.software_version.as_deref()).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

fn parts(units: &[Unit], tail: &Tail) -> Vec<Part> {
    let mut parts = ["data", "index", "footer"].map(|name| {
        let of_units = units.iter().flat_map(|unit| &unit.parts);
        let bytes = of_units.filter(|part| part.name == name).map(|part| part.bytes);
        part(name, bytes.fold(0, u64::saturating_add))
    });
    parts[2].name = "stripe footers".to_owned();
    let statistics = tail.postscript.metadata_length();
    let mut parts = parts.to_vec();
    parts.push(part("stripe statistics", statistics));
    parts.push(part("footer", tail.tail_length.saturating_sub(statistics)));
    // Writers may leave room so that no stripe spans two blocks of a file system.
    let known = parts.iter().map(|part| part.bytes).fold(3, u64::saturating_add);
    parts.push(part("padding", tail.length.saturating_sub(known)));
    parts
}

fn columns(tree: &Tree<'_>, types: &[proto::Type]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::with_capacity(tree.nodes.len());
    for (of, parent) in &tree.nodes {
        let name = match parent.kind {
            Kind::List => "item",
            Kind::Map if of.id == parent.id + 1 => "key",
            Kind::Map => "value",
            _ => &of.name,
        };
        let above = parent.id.checked_sub(1).and_then(|at| columns.get(at));
        columns.push(Column {
            name: name.to_owned(),
            path: above.map_or_else(|| name.to_owned(), |above| format!("{}.{name}", above.path)),
            depth: above.map_or(0, |above| above.depth + 1),
            data_type: type_name(of.kind, types.get(of.id)),
            total: Chunk::default(),
        });
    }
    columns
}

fn type_name(kind: Kind, of: Option<&proto::Type>) -> String {
    let name = match kind {
        Kind::Boolean => "boolean",
        Kind::Byte => "tinyint",
        Kind::Short => "smallint",
        Kind::Int => "int",
        Kind::Long => "bigint",
        Kind::Float => "float",
        Kind::Double => "double",
        Kind::String => match of.map(|of| (of.kind(), of.maximum_length())) {
            Some((Type::Varchar, length)) => return format!("varchar({length})"),
            Some((Type::Char, length)) => return format!("char({length})"),
            _ => "string",
        },
        Kind::Binary => "binary",
        Kind::Date => "date",
        Kind::Timestamp => "timestamp",
        Kind::TimestampInstant => "timestamp with local time zone",
        Kind::Decimal(precision, scale) => return format!("decimal({precision},{scale})"),
        Kind::Struct => "struct",
        Kind::List => "list",
        Kind::Map => "map",
    };
    name.to_owned()
}

fn unit(
    file: &Arc<File>,
    tail: &Arc<Tail>,
    number: usize,
    info: &StripeInformation,
    stripe: &Arc<Stripe>,
    tree: &Tree<'_>,
) -> Result<Unit, Problem> {
    let statistics = tail.stripe_statistics.get(number).map_or(&[][..], |of| &of.col_stats);
    let told = tree.entries(stripe.rows as u64, |id| statistics.get(id));
    let chunk = |(told, of): (Entry, &schema::Column)| {
        let (encoding, dictionary) = encoding(stripe.encodings.get(of.id));
        Chunk {
            raw_bytes: Some(0),
            values: told.values,
            nulls: told.nulls,
            min: told.min,
            max: told.max,
            encodings: vec![encoding],
            dictionary,
            facts: facts(statistics.get(of.id)),
            ..Chunk::default()
        }
    };
    let mut chunks: Vec<_> =
        told.into_iter().zip(tree.nodes.iter().map(|(of, _)| *of)).map(chunk).collect();
    for stream in &stripe.streams {
        let chunk = stream.column.checked_sub(1).and_then(|at| chunks.get_mut(at));
        let Some(chunk) = chunk else { continue };
        let length = stream.length;
        match stream.kind {
            Some(StreamKind::RowIndex) => {
                chunk.index_bytes = sum_known(chunk.index_bytes, Some(length));
            }
            Some(StreamKind::BloomFilter | StreamKind::BloomFilterUtf8) => {
                chunk.bloom_filter_bytes = sum_known(chunk.bloom_filter_bytes, Some(length));
            }
            kind => {
                let raw = stream.decompressed_length(&**file, tail)?;
                chunk.raw_bytes = super::sum(chunk.raw_bytes, raw);
                chunk.bytes = chunk.bytes.saturating_add(length);
                let name = kind.map_or_else(|| "unknown".to_owned(), |k| words(k.as_str_name()));
                add_part(&mut chunk.streams, &name, length);
            }
        }
    }
    row_groups(file, tail, stripe, tree, &mut chunks)?;

    let parts = vec![
        part("index", info.index_length()),
        part("data", info.data_length()),
        part("footer", info.footer_length()),
    ];
    Ok(Unit {
        offset: stripe.at,
        bytes: parts.iter().map(|part| part.bytes).fold(0, u64::saturating_add),
        rows: stripe.rows as u64,
        parts,
        facts: stripe.zone.iter().map(|zone| fact("timezone", zone)).collect(),
        chunks,
    })
}

/// The name of an encoding, and how many entries its dictionary has.
fn encoding(of: Option<&proto::ColumnEncoding>) -> (String, Option<u64>) {
    let kind = of.and_then(|of| of.kind).unwrap_or(0);
    let Ok(kind) = Encoding::try_from(kind) else { return (format!("unknown {kind}"), None) };
    let has_dictionary = matches!(kind, Encoding::Dictionary | Encoding::DictionaryV2);
    let entries = of.filter(|_| has_dictionary).map(|of| u64::from(of.dictionary_size()));
    (kind.as_str_name().to_owned(), entries)
}

/// Adds what the row indexes of a stripe say.
fn row_groups(
    file: &Arc<File>,
    tail: &Arc<Tail>,
    stripe: &Arc<Stripe>,
    tree: &Tree<'_>,
    chunks: &mut [Chunk],
) -> Result<(), Problem> {
    let (input, counter) = (Arc::clone(file) as _, Arc::default());
    let reader = StripeReader::new(input, Arc::clone(tail), Arc::clone(stripe), counter)?;
    let mut indexes = Vec::with_capacity(chunks.len() + 1);
    let mut filters = Vec::with_capacity(chunks.len() + 1);
    for id in 0..=chunks.len() {
        let stream = stripe.stream(id, StreamKind::RowIndex);
        indexes.push(stream.map(|_| reader.row_index(id)).transpose()?);
        filters.push(reader.bloom_filters(id)?.map_or(0, |filters| filters.len()));
    }
    for (chunk, index) in chunks.iter_mut().zip(&indexes[1..]) {
        chunk.index_entries = index.as_ref().map(|index| index.entry.len() as u64);
    }
    let told = indexes.iter().flatten().map(|index| index.entry.len()).max().unwrap_or(0);
    let (rows, stride) = (stripe.rows, tail.stride);
    let groups = if stride == 0 { 0 } else { rows.div_ceil(stride).min(told) };
    for group in 0..groups {
        let entry = |id: usize| indexes[id].as_ref()?.entry.get(group);
        let rows = stride.min(rows - group * stride) as u64;
        let told = tree.entries(rows, |id| entry(id)?.statistics.as_ref());
        for ((at, chunk), told) in chunks.iter_mut().enumerate().zip(told) {
            if entry(at + 1).is_some() {
                chunk.index.push(Entry { bloom_filter: group < filters[at + 1], ..told });
            }
        }
    }
    Ok(())
}

/// Minimum and maximum.
fn bounds(of: &ColumnStatistics, kind: Kind) -> (Option<Bound>, Option<Bound>) {
    let bound = |value: Option<Value>, exact| value.map(|value| Bound { value, exact });
    if let Some(of) = &of.int_statistics {
        let value = |value: Option<i64>| bound(value.map(|v| Value::Integer(v.into())), true);
        return (value(of.minimum), value(of.maximum));
    }
    if let Some(of) = &of.double_statistics {
        let value = |value: Option<f64>| bound(value.map(Value::Float), true);
        return (value(of.minimum), value(of.maximum));
    }
    if let Some(of) = &of.string_statistics {
        let value = |exact: &Option<String>, other: &Option<String>| {
            let text = exact.as_ref().or(other.as_ref());
            bound(text.cloned().map(Value::Text), exact.is_some())
        };
        return (value(&of.minimum, &of.lower_bound), value(&of.maximum, &of.upper_bound));
    }
    if let (Some(true_count), Some(count @ 1..)) = (true_count(of), of.number_of_values) {
        let value = |value| bound(Some(Value::Boolean(value)), true);
        return (value(true_count == count), value(true_count > 0));
    }
    if let Some(of) = &of.decimal_statistics {
        let Kind::Decimal(_, scale) = kind else { return (None, None) };
        let value = |text: &Option<String>| {
            let value = decimal(text.as_deref()?, scale)?;
            bound(Some(Value::Decimal(value, scale.into())), true)
        };
        return (value(&of.minimum), value(&of.maximum));
    }
    if let Some(of) = &of.date_statistics {
        let value = |value: Option<i32>| bound(value.map(|v| Value::Date(v.into())), true);
        return (value(of.minimum), value(of.maximum));
    }
    if let Some(of) = &of.timestamp_statistics {
        // Only an instant is the same in the writer's time zone.
        let value = |utc: Option<i64>, local: Option<i64>, nanos: Option<i32>, unknown| {
            let millis = utc.or(local.filter(|_| kind == Kind::TimestampInstant))?;
            let (time, exact) = time_bound(millis, nanos, unknown);
            bound(Some(Value::Timestamp(time)), exact)
        };
        return (
            value(of.minimum_utc, of.minimum, of.minimum_nanos, 0),
            value(of.maximum_utc, of.maximum, of.maximum_nanos, 999_999),
        );
    }
    (None, None)
}

/// The digits of a decimal number with `scale` of them after the point.
fn decimal(text: &str, scale: u8) -> Option<i128> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > usize::from(scale) || rest.contains(['+', '-']) {
        return None;
    }
    format!("{whole}{rest:0<width$}", width = usize::from(scale)).parse().ok()
}

/// What else statistics say.
fn facts(of: Option<&ColumnStatistics>) -> Vec<Fact> {
    let Some(of) = of else { return Vec::new() };
    let number = |n: i64| n.to_string();
    let items = of.collection_statistics.as_ref();
    let told = [
        ("sum", of.int_statistics.as_ref().and_then(|of| of.sum).map(number)),
        ("sum", of.double_statistics.as_ref().and_then(|of| of.sum).map(|sum| format!("{sum:?}"))),
        ("sum", of.decimal_statistics.as_ref().and_then(|of| of.sum.clone())),
        ("text bytes", of.string_statistics.as_ref().and_then(|of| of.sum).map(number)),
        ("value bytes", of.binary_statistics.as_ref().and_then(|of| of.sum).map(number)),
        ("true", true_count(of).map(|n| n.to_string())),
        ("items", items.and_then(|of| of.total_children).map(|n| n.to_string())),
        ("fewest", items.and_then(|of| of.min_children).map(|n| n.to_string())),
        ("most", items.and_then(|of| of.max_children).map(|n| n.to_string())),
    ];
    told.into_iter().filter_map(|(name, value)| Some(fact(name, value?))).collect()
}

/// How many booleans are true.
fn true_count(of: &ColumnStatistics) -> Option<u64> {
    of.bucket_statistics.as_ref()?.count.first().copied()
}
