//! The records of a batch of a data file, in whichever form the file keeps them: the one place that gives their text.

use crate::event::digest::{RecordDigest, parse_checksum, record_digest};
use crate::event::schema::{self, hidden};
use crate::event::{EventSchema, RecordForm};
use crate::shred::record::DIGEST_BYTES;
use crate::shred::record::fields::FieldArrays;
use crate::shred::record::rebuild::{RecordTexts, Shapes};
use arrow::array::{Array, AsArray, BinaryArray, RecordBatch, StringArray};

/// Returns the column by which records of a form are told apart without their text.
pub(super) fn digest_column(form: RecordForm) -> &'static str {
    match form {
        RecordForm::Plain => schema::EVENT_JSON_CHECKSUM,
        RecordForm::Derived => hidden::DIGEST,
    }
}

/// Returns the columns that give the text of records, beside [`digest_column`].
pub(super) fn text_columns(schema: EventSchema, form: RecordForm) -> Vec<&'static str> {
    match form {
        RecordForm::Plain => vec![schema::EVENT_JSON],
        RecordForm::Derived => {
            let is_record =
                |name: &&str| [schema::EVENT_JSON, schema::EVENT_JSON_CHECKSUM].contains(name);
            let fields = schema.columns().iter().map(|column| column.name);
            fields.filter(|name| !is_record(name)).chain([hidden::SHAPE, hidden::REST]).collect()
        }
    }
}

/// The records of a batch.
#[derive(Debug)]
pub(super) struct Records<'a> {
    texts: Texts<'a>,
    digests: Option<Digests<'a>>,
}

#[derive(Debug)]
enum Texts<'a> {
    /// They were not read.
    Absent,
    Plain(&'a StringArray),
    Derived(Box<(RecordTexts, FieldArrays)>),
}

#[derive(Debug)]
enum Digests<'a> {
    Whole(&'a StringArray),
    Half(&'a BinaryArray),
}

impl<'a> Records<'a> {
    /// Finds the records of `batch`; `shapes` are those of the batches before.
    pub(super) fn of(schema: EventSchema, batch: &'a RecordBatch, shapes: &mut Shapes) -> Self {
        let column = |name| batch.column_by_name(name);
        let texts = |name| column(name).and_then(|column| column.as_string_opt::<i32>());
        let whole = texts(schema::EVENT_JSON_CHECKSUM).map(Digests::Whole);
        let half = || column(hidden::DIGEST).and_then(|column| column.as_binary_opt());
        let texts = match (texts(schema::EVENT_JSON), RecordTexts::of_batch(schema, batch, shapes))
        {
            (Some(plain), _) => Texts::Plain(plain),
            (None, Some(derived)) => Texts::Derived(Box::new(derived)),
            (None, None) => Texts::Absent,
        };
        Self { texts, digests: whole.or_else(|| half().map(Digests::Half)) }
    }

    /// Returns the text of a row's record, perhaps in `buffer`; `None` where it was not read or is damaged.
    pub(super) fn text<'b>(&'b self, row: usize, buffer: &'b mut Vec<u8>) -> Option<&'b [u8]> {
        match &self.texts {
            Texts::Absent => None,
            Texts::Plain(texts) => texts.is_valid(row).then(|| texts.value(row).as_bytes()),
            Texts::Derived(derived) => {
                let (texts, fields) = derived.as_ref();
                buffer.clear();
                texts.append(fields, row, buffer).then_some(buffer)
            }
        }
    }

    /// Returns the digest of a row's record: zeros where there is none, and behind the first half of one that is not that
    /// of the text or has no text.
    pub(super) fn digest(&self, row: usize, text: Option<&[u8]>) -> RecordDigest {
        match &self.digests {
            Some(Digests::Whole(sums)) if sums.is_valid(row) => {
                parse_checksum(sums.value(row)).unwrap_or_default()
            }
            Some(Digests::Half(halves)) if halves.is_valid(row) => {
                let whole = text.map(record_digest).filter(|whole| self.proves(row, whole));
                whole.unwrap_or_else(|| {
                    let mut digest = RecordDigest::default();
                    let half = halves.value(row).iter().take(DIGEST_BYTES);
                    digest.iter_mut().zip(half).for_each(|(to, of)| *to = *of);
                    digest
                })
            }
            _ => RecordDigest::default(),
        }
    }

    /// Whether the digest of a row's record, as far as it is kept, is this one.
    pub(super) fn proves(&self, row: usize, digest: &RecordDigest) -> bool {
        match &self.digests {
            Some(Digests::Whole(sums)) => {
                sums.is_valid(row) && parse_checksum(sums.value(row)) == Some(*digest)
            }
            Some(Digests::Half(halves)) => {
                halves.is_valid(row) && digest.get(..DIGEST_BYTES) == Some(halves.value(row))
            }
            None => false,
        }
    }
}
