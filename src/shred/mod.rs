//! Raw event records to Arrow columns, in one pass over the text and without a tree of values.
//!
//! [`Shredder`] takes records that [`crate::json::scan`] accepted and gives record batches of
//! [`EventSchema::arrow`]. No I/O happens here, and no record fails: a value that
//! does not fit its column becomes NULL there, is counted, and stays reachable in `eventjson`.

mod column;
mod layout;
pub mod record;

use crate::event::RecordForm;
use crate::event::digest::{RecordDigest, checksum, record_digest};
use crate::event::schema::{self, EventSchema};
use crate::json::Cursor;
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use column::FieldColumns;
use record::fields::FieldArrays;
use record::proof::KeptRecords;
use record::sketch::Sketch;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Different names of unknown or misfit fields that are counted one by one; hostile input could
/// otherwise fill the memory with names.
const MAX_COUNTED_NAMES: usize = 1_000;

/// Fields without a column, and fields whose value does not fit their column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Oddities {
    /// Fields that the table does not have, by dotted path, with their number.
    pub unknown: BTreeMap<String, u64>,
    /// Fields whose value does not fit their column's type, by dotted path, with their number.
    pub misfit: BTreeMap<String, u64>,
}

impl Oddities {
    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: Self) {
        for (mine, theirs) in [(&mut self.unknown, other.unknown), (&mut self.misfit, other.misfit)]
        {
            for (name, count) in theirs {
                add(mine, name, count);
            }
        }
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: String, count: u64) {
    let name = if counts.len() < MAX_COUNTED_NAMES || counts.contains_key(&name) {
        name
    } else {
        "(other)".to_owned()
    };
    *counts.entry(name).or_default() += count;
}

/// Builds record batches from records.
#[derive(Debug)]
pub struct Shredder {
    schema: EventSchema,
    fields: FieldColumns,
    event_json: usize,
    checksum: usize,
    /// What is kept of the records, if their text is derived.
    derived: Option<KeptRecords>,
    rows: usize,
    bytes: usize,
    oddities: Oddities,
}

impl Shredder {
    /// Returns a shredder for records of `schema`, whose text is kept in `form`.
    pub fn new(schema: EventSchema, form: RecordForm) -> Self {
        let columns = schema.columns();
        let at = |name| columns.iter().position(|c| c.name == name).unwrap_or_default();
        Self {
            schema,
            fields: FieldColumns::new(columns, "", schema.arrow_with_ids().fields()),
            event_json: at(schema::EVENT_JSON),
            checksum: at(schema::EVENT_JSON_CHECKSUM),
            derived: (form == RecordForm::Derived).then(KeptRecords::default),
            rows: 0,
            bytes: 0,
            oddities: Oddities::default(),
        }
    }

    /// Appends one row for `record`, the text of one JSON object in UTF-8, with its digest.
    pub fn push(&mut self, record: &[u8], digest: &RecordDigest) {
        let (fields, rows, oddities) = (&mut self.fields, self.rows, &mut self.oddities);
        let mut read = |sketch: &mut Sketch<'_>| {
            fields.read(&mut Cursor::new(record), rows, oddities, sketch);
        };
        match &mut self.derived {
            Some(kept) => kept.push(record, digest, read),
            None => {
                read(&mut Sketch::none());
                self.fields.push_derived(self.event_json, record);
                self.fields.push_derived(self.checksum, checksum(digest).as_bytes());
            }
        }
        self.rows += 1;
        self.bytes += record.len();
    }

    /// Returns the number of rows not yet taken by [`Self::finish`].
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the bytes of the records that the rows are made of.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the rows as a batch and starts over.
    ///
    /// # Errors
    /// When Arrow refuses the arrays: more than 2 GiB of text in one column, or text that is not
    /// UTF-8.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let mut arrays = self.fields.finish(self.rows)?;
        self.rows = 0;
        self.bytes = 0;
        let Some(kept) = &mut self.derived else {
            return RecordBatch::try_new(self.schema.arrow(), arrays);
        };
        let names = self.schema.columns().iter().map(|column| column.name);
        let column = |name: &str| arrays.get(names.clone().position(|own| own == name)?);
        let records = kept.finish(&FieldArrays::of_columns(self.schema, column))?;
        let mut at = 0..;
        let is_record = |at| at == Some(self.event_json) || at == Some(self.checksum);
        arrays.retain(|_| !is_record(at.next()));
        arrays.extend(records);
        RecordBatch::try_new(self.schema.arrow_shredded(RecordForm::Derived), arrays)
    }

    /// Takes the counts of what had no column or did not fit.
    pub fn take_oddities(&mut self) -> Oddities {
        std::mem::take(&mut self.oddities)
    }
}

/// Shreds `records` of `schema` into one batch, with their text.
///
/// # Errors
/// As [`Shredder::finish`].
pub fn shred<'a>(
    schema: EventSchema,
    records: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Arc<RecordBatch>, ArrowError> {
    let mut shredder = Shredder::new(schema, RecordForm::Plain);
    for record in records {
        shredder.push(record, &record_digest(record));
    }
    shredder.finish().map(Arc::new)
}

#[cfg(test)]
mod tests;
