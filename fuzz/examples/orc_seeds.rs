//! Writes the seeds of the target `orc` to a folder: small files of all kinds of columns, one for each compression.
//!
//! `cargo run --example orc_seeds -- corpus/orc`
//!
//! Checksums of ours are left out, as files of other writers have none: with them nearly every mutation would
//! be found before anything is decoded. (`damage_is_found` in the crate tests what they find.)

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int8Array, Int64Array, ListArray, MapBuilder, RecordBatch, StringArray, StringBuilder,
    StructArray, TimestampNanosecondArray,
};
use arrow::datatypes::{Int32Type, Schema};
use bytes::Bytes;
use prost::Message;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use traillake_orc::Codec;
use traillake_orc::proto;
use traillake_orc::read::{Metadata, Tail};
use traillake_orc::write::{Options, Writer};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: orc_seeds FOLDER")?;
    std::fs::create_dir_all(&folder)?;
    let codecs = [
        ("none", Codec::None),
        ("zlib", Codec::Zlib(1)),
        ("snappy", Codec::Snappy),
        ("lz4", Codec::Lz4),
        ("zstd", Codec::Zstd(1)),
    ];
    for (name, codec) in codecs {
        for (kind, batch) in [("numbers", numbers()?), ("nested", nested()?)] {
            if kind == "numbers" && name != "none" {
                continue;
            }
            let file = write(&batch, codec)?;
            std::fs::write(Path::new(&folder).join(format!("{kind}-{name}.orc")), file)?;
        }
    }
    Ok(())
}

fn write(batch: &RecordBatch, codec: Codec) -> Result<Vec<u8>, Box<dyn Error>> {
    let options = Options {
        codec,
        block_bytes: 1 << 10,
        stripe_rows: Some(24),
        row_index_stride: 12,
        bloom_columns: batch.column_by_name("text").map(|_| "text".to_owned()).into_iter().collect(),
        bloom_fpp: 0.2,
        ..Options::default()
    };
    let mut writer = Writer::new(Vec::new(), batch.schema(), options)?;
    writer.write(batch)?;
    without_checksums(writer.finish()?.into())
}

/// Integers that every kind of run is made for, and whatever else is a number.
fn numbers() -> Result<RecordBatch, Box<dyn Error>> {
    let rows = 0..40_i64;
    let runs = rows.clone().map(|n| match n / 8 {
        0 => 7,
        1 => n * 3,
        2 => (n * 7_919) % 61,
        3 if n % 8 == 5 => 1 << 40,
        _ => n % 4,
    });
    let columns = [
        ("long", Arc::new(runs.map(Some).collect::<Int64Array>()) as ArrayRef),
        (
            "byte",
            Arc::new(rows.clone().map(|n| (n % 3 > 0).then_some(n as i8)).collect::<Int8Array>()),
        ),
        ("bool", Arc::new(rows.clone().map(|n| Some(n % 5 > 1)).collect::<BooleanArray>())),
        ("float", Arc::new(rows.clone().map(|n| Some(n as f32 / 4.0)).collect::<Float32Array>())),
        ("double", Arc::new(rows.clone().map(|n| Some(n as f64 / 3.0)).collect::<Float64Array>())),
        ("date", Arc::new(rows.clone().map(|n| Some(20_000 + n as i32)).collect::<Date32Array>())),
        (
            "time",
            Arc::new(TimestampNanosecondArray::from_iter_values(
                rows.clone().map(|n| 1_767_225_600_000_000_000 + n * 1_000_100_000),
            )),
        ),
        (
            "decimal",
            Arc::new(
                Decimal128Array::from_iter_values(rows.map(|n| i128::from(n) * 1_000_003))
                    .with_precision_and_scale(20, 3)?,
            ),
        ),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// Text with a dictionary and without, bytes, and what holds other columns.
fn nested() -> Result<RecordBatch, Box<dyn Error>> {
    let rows = 0..30_i32;
    let text = StringArray::from_iter_values(rows.clone().map(|n| format!("id-{n}")));
    let word =
        rows.clone().map(|n| (n % 4 > 0).then_some(["GetObject", "PutObject"][n as usize % 2]));
    let word: ArrayRef = Arc::new(word.collect::<StringArray>());
    let bytes = BinaryArray::from_iter_values(rows.clone().map(|n| vec![n as u8; n as usize % 3]));
    let items = rows.clone().map(|n| (n % 6 > 0).then(|| (0..n % 3).map(Some).collect::<Vec<_>>()));
    let items = ListArray::from_iter_primitive::<Int32Type, _, _>(items);
    let mut tags = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for row in rows {
        if row % 2 == 0 {
            tags.keys().append_value("k");
            tags.values().append_option((row % 4 == 0).then_some("v"));
        }
        tags.append(row % 7 > 0)?;
    }
    let schema =
        Schema::new(vec![arrow::datatypes::Field::new("word", word.data_type().clone(), true)]);
    let inside = StructArray::new(schema.fields, vec![Arc::clone(&word)], None);
    let columns = [
        ("text", Arc::new(text) as ArrayRef),
        ("word", word),
        ("bytes", Arc::new(bytes)),
        ("items", Arc::new(items)),
        ("tags", Arc::new(tags.finish())),
        ("inside", Arc::new(inside)),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// Puts a file together anew from its streams and its footers; unknown fields, which the checksums are, do not survive it.
fn without_checksums(file: Bytes) -> Result<Vec<u8>, Box<dyn Error>> {
    let metadata = Metadata::read(&file)?;
    let tail = &*metadata.tail;
    let mut out = b"ORC".to_vec();
    let mut footer = tail.footer.clone();
    for (number, info) in footer.stripes.iter_mut().enumerate() {
        let stripe = metadata.stripe(&file, number)?;
        let streams = stripe.streams.iter().map(|stream| proto::Stream {
            kind: stream.kind.map(i32::from),
            column: Some(stream.column as u32),
            length: Some(stream.length),
        });
        let stripe_footer = proto::StripeFooter {
            streams: streams.collect(),
            columns: stripe.encodings.clone(),
            writer_timezone: stripe.zone.clone(),
            ..proto::StripeFooter::default()
        };
        let (from, length) = (info.offset() as usize, info.index_length() + info.data_length());
        info.offset = Some(out.len() as u64);
        out.extend_from_slice(&file[from..from + length as usize]);
        info.footer_length = Some(add(&mut out, tail, &stripe_footer));
    }
    let mut postscript = tail.postscript.clone();
    let statistics = proto::Metadata { stripe_stats: tail.stripe_statistics.clone() };
    postscript.metadata_length = Some(add(&mut out, tail, &statistics));
    postscript.footer_length = Some(add(&mut out, tail, &footer));
    let postscript = postscript.encode_to_vec();
    out.extend_from_slice(&postscript);
    out.push(u8::try_from(postscript.len())?);
    Ok(out)
}

/// Appends a message, in a chunk that is not compressed where files have chunks, and returns its length.
fn add(out: &mut Vec<u8>, tail: &Tail, message: &impl Message) -> u64 {
    let from = out.len();
    let bytes = message.encode_to_vec();
    if tail.postscript.compression() != proto::CompressionKind::None {
        let header = (bytes.len() as u32) << 1 | 1;
        out.extend_from_slice(&header.to_le_bytes()[..3]);
    }
    out.extend_from_slice(&bytes);
    (out.len() - from) as u64
}
