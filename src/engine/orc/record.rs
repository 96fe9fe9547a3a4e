//! The text of records in files where it is derived: put together for those rows that are left when it is needed.
//!
//! Such a file has neither the text nor its checksum as a column. What the shapes of a stripe name is read of it, and
//! nothing else.

use super::bind::ScanColumn;
use crate::event::EventSchema;
use crate::event::digest::{checksum, record_digest};
use crate::event::schema::{EVENT_JSON, EVENT_JSON_CHECKSUM, hidden};
use crate::shred::record::fields::{FieldArrays, RecordField, record_field};
use crate::shred::record::rebuild::{RecordTexts, Shapes};
use arrow::array::{Array, ArrayRef, StringArray, StringViewArray, new_null_array};
use arrow::buffer::{BooleanBuffer, Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::DataType;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use traillake_orc::OrcError;
use traillake_orc::read::{PathReader, StripeReader, Tail};
use traillake_orc::schema::Column as FileColumn;

/// The most bytes of text that are made room for before they are known.
const MAX_LIKELY_BYTES: usize = 32 << 20;

/// Which columns of a scan are made of derived records.
#[derive(Debug)]
pub(super) struct RecordColumns {
    tail: Arc<Tail>,
    /// The schema of the file's events, once it was needed: most files that are scanned for few rows give none.
    schema: OnceLock<Option<EventSchema>>,
    are_records: Vec<bool>,
}

impl RecordColumns {
    /// Returns those of a file; `None` where there are none.
    pub(super) fn of(tail: &Arc<Tail>, columns: &[ScanColumn]) -> Option<Arc<Self>> {
        let root = &tail.root;
        root.find([hidden::SHAPE])?;
        let is_record = |column: &ScanColumn| match column.path.as_slice() {
            [name] if column.is_whole() => {
                [EVENT_JSON, EVENT_JSON_CHECKSUM].contains(&name.as_str())
                    && root.find([name.as_str()]).is_none()
            }
            _ => false,
        };
        let are_records: Vec<_> = columns.iter().map(is_record).collect();
        let (tail, schema) = (Arc::clone(tail), OnceLock::new());
        are_records.contains(&true).then(|| Arc::new(Self { tail, schema, are_records }))
    }

    fn root(&self) -> &FileColumn {
        &self.tail.root
    }

    fn schema(&self) -> Option<EventSchema> {
        *self.schema.get_or_init(|| EventSchema::of_columns(&self.root().arrow_schema()))
    }

    /// Whether a column of the scan is one.
    pub(super) fn has(&self, column: usize) -> bool {
        self.are_records.get(column) == Some(&true)
    }
}

/// The rows of a stripe that are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) from: usize,
    pub(super) rows: usize,
    /// `None`: all.
    pub(super) keep: Option<&'a BooleanBuffer>,
    /// How many are kept.
    pub(super) kept: usize,
}

/// Reads the records of a stripe.
#[derive(Debug)]
pub(super) struct RecordReader {
    columns: Arc<RecordColumns>,
    /// The columns that give them, by their paths.
    readers: HashMap<Vec<String>, PathReader>,
    shapes: Shapes,
    /// Bytes that a record took of late.
    row_bytes: usize,
    /// The texts that were read last, with the first row of their window and their number: the checksum is made of them.
    last: Option<(usize, usize, Arc<StringArray>)>,
}

impl RecordReader {
    pub(super) fn new(columns: Arc<RecordColumns>) -> Self {
        Self {
            columns,
            readers: HashMap::new(),
            shapes: Shapes::default(),
            row_bytes: 1024,
            last: None,
        }
    }

    /// Whether a column of the scan is made of records.
    pub(super) fn has(&self, column: usize) -> bool {
        self.columns.has(column)
    }

    /// Reads `column`, the text or its checksum. `decoded` gives what the scan has decoded for these rows.
    pub(super) fn read(
        &mut self,
        column: &ScanColumn,
        stripe: &mut StripeReader,
        wanted: Wanted<'_>,
        decoded: &dyn Fn(&[String]) -> Option<ArrayRef>,
    ) -> Result<ArrayRef, OrcError> {
        let Some(schema) = self.columns.schema() else {
            return Ok(new_null_array(column.field.data_type(), wanted.kept));
        };
        let texts = match &self.last {
            Some((from, kept, texts)) if (*from, *kept) == (wanted.from, wanted.kept) => {
                Arc::clone(texts)
            }
            _ => {
                let texts = Arc::new(self.texts(schema, stripe, wanted, decoded)?);
                self.last = Some((wanted.from, wanted.kept, Arc::clone(&texts)));
                texts
            }
        };
        if column.path.first().is_some_and(|name| name == EVENT_JSON) {
            return Ok(texts);
        }
        let sums =
            texts.iter().map(|text| text.map(|text| checksum(&record_digest(text.as_bytes()))));
        Ok(match column.field.data_type() {
            DataType::Utf8View => Arc::new(sums.collect::<StringViewArray>()),
            _ => Arc::new(sums.collect::<StringArray>()),
        })
    }

    fn texts(
        &mut self,
        schema: EventSchema,
        stripe: &mut StripeReader,
        wanted: Wanted<'_>,
        decoded: &dyn Fn(&[String]) -> Option<ArrayRef>,
    ) -> Result<StringArray, OrcError> {
        let text = || DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
        let of_records = [hidden::SHAPE, hidden::REST].map(|name| (vec![name.to_owned()], text()));
        self.open(stripe, &of_records)?;
        let [(shape, _), (rest, _)] = &of_records;
        let (shape, rest) =
            (self.column(stripe, shape, wanted)?, self.column(stripe, rest, wanted)?);
        let texts = RecordTexts::new(&shape, &rest, &mut self.shapes);
        let named = texts.fields();
        let as_read = |field: &RecordField| match field.data_type {
            DataType::Utf8 => text(),
            _ => field.data_type.clone(),
        };
        let fields = named.iter().filter_map(|id| record_field(schema, *id));
        let (mut there, mut to_read) = (HashMap::new(), Vec::new());
        for field in fields {
            match decoded(&field.path) {
                Some(array) => {
                    there.insert(field.path.as_slice(), array);
                }
                None => to_read.push((field.path.clone(), as_read(field))),
            }
        }
        self.open(stripe, &to_read)?;
        let is_named = |id| named.binary_search(&id).is_ok();
        let fields = FieldArrays::new(schema, is_named, |field| {
            let there = there
                .remove(field.path.as_slice())
                .map_or_else(|| self.column(stripe, &field.path, wanted), Ok);
            there.map(Some)
        })?;
        let damaged = |what: &str| damaged(stripe, format!("the text of records: {what}"));
        // About as much as the rows before took.
        let likely = (shape.len() * self.row_bytes).min(MAX_LIKELY_BYTES);
        let mut bytes = Vec::with_capacity(likely);
        let mut ends = Vec::with_capacity(shape.len() + 1);
        ends.push(0);
        for row in 0..shape.len() {
            if !texts.append(&fields, row, &mut bytes) {
                return Err(damaged("one cannot be put together of its columns"));
            }
            let end = i32::try_from(bytes.len());
            ends.push(end.map_err(|_| damaged("more than 2 GiB of text in a few rows"))?);
        }
        self.row_bytes = bytes.len() / shape.len().max(1) * 17 / 16;
        let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
        Ok(StringArray::try_new(offsets, Buffer::from_vec(bytes), None)?)
    }

    /// Opens columns that are not open yet.
    fn open(
        &mut self,
        stripe: &mut StripeReader,
        columns: &[(Vec<String>, DataType)],
    ) -> Result<(), OrcError> {
        let new = || columns.iter().filter(|(path, _)| !self.readers.contains_key(path));
        let root = self.columns.root();
        stripe.load(new().filter_map(|(path, _)| root.find(path.iter().map(String::as_str))))?;
        let opened = new().map(|(path, data_type)| {
            stripe.column(path, data_type).map(|reader| (path.clone(), reader))
        });
        let opened = opened.collect::<Result<Vec<_>, OrcError>>()?;
        self.readers.extend(opened);
        Ok(())
    }

    fn column(
        &mut self,
        stripe: &StripeReader,
        path: &[String],
        wanted: Wanted<'_>,
    ) -> Result<ArrayRef, OrcError> {
        let missing = || damaged(stripe, format!("it has no column {}", path.join(".")));
        let reader = self.readers.get_mut(path).ok_or_else(missing)?;
        reader.read(stripe, wanted.from, wanted.rows, wanted.keep)
    }
}

fn damaged(stripe: &StripeReader, what: String) -> OrcError {
    OrcError::Damaged { at: stripe.stripe().at, what }
}
