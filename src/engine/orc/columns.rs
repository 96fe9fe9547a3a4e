//! The columns of a stripe in the rows of a window, decoded once, or taken from what the session keeps.

use super::bind::{Bound, Plan, Projected};
use super::late::Selection;
use super::record::{RecordReader, Wanted};
use crate::shred::record::fields::member;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, RecordBatch, RecordBatchOptions,
    UInt64Array, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter, take};
use arrow::datatypes::{DataType, UInt32Type};
use datafusion::error::Result;
use std::ops::Range;
use std::sync::Arc;
use traillake_orc::OrcError;
use traillake_orc::read::{PathReader, StripeReader, scatter_bits};
use traillake_orc::schema::Column as FileColumn;

/// Of a row group one row in so many must be wanted for all of its texts, lists and maps to be decoded and kept for the
/// queries to come.
const MIN_WANTED: usize = 4;

/// The rows of a window that have passed so far, and what was decoded for them.
pub(super) struct Window {
    pub(super) from: usize,
    pub(super) rows: usize,
    /// `None`: all.
    keep: Option<BooleanBuffer>,
    pub(super) kept: usize,
    arrays: Vec<Option<ArrayRef>>,
}

impl Window {
    /// A window of `rows` rows from row `from` of the stripe on, of a scan with so many columns.
    pub(super) fn new(from: usize, rows: usize, columns: usize) -> Self {
        Self { from, rows, keep: None, kept: rows, arrays: vec![None; columns] }
    }

    /// Keeps the rows of a selection alone, given the number in the file of the stripe's first row. Nothing is decoded yet.
    pub(super) fn select(&mut self, selection: &Selection, first: u64) {
        let start = first + self.from as u64;
        let rows = selection.within(start..start + self.rows as u64);
        let mut keep = BooleanBufferBuilder::new(self.rows);
        keep.append_n(self.rows, false);
        rows.iter().for_each(|row| keep.set_bit((row - start) as usize, true));
        self.keep = Some(keep.finish());
        self.kept = rows.len();
    }

    /// Returns the addresses of the rows kept, given that of the stripe's first row.
    pub(super) fn addresses(&self, first: u64) -> ArrayRef {
        let start = first + self.from as u64;
        let addresses: UInt64Array = match &self.keep {
            Some(keep) => keep.set_indices().map(|row| start + row as u64).collect(),
            None => (start..start + self.rows as u64).collect(),
        };
        Arc::new(addresses)
    }

    /// Keeps those of the rows kept so far that `passed` says.
    pub(super) fn narrow(&mut self, passed: &BooleanBuffer) -> Result<()> {
        let kept = passed.count_set_bits();
        if kept == self.kept {
            return Ok(());
        }
        let by = BooleanArray::new(passed.clone(), None);
        for array in self.arrays.iter_mut().flatten() {
            *array = filter(array, &by)?;
        }
        self.keep = Some(match &self.keep {
            None => passed.clone(),
            Some(before) => scatter_bits(before, passed),
        });
        self.kept = kept;
        Ok(())
    }

    /// Returns of the values of a row group, which begins at row `start`, those of the rows kept.
    fn cut(&self, group: &ArrayRef, start: usize) -> Result<ArrayRef, OrcError> {
        let window = match group.len() == self.rows {
            true => Arc::clone(group),
            false => group.slice(self.from - start, self.rows),
        };
        Ok(match &self.keep {
            Some(keep) => filter(&window, &BooleanArray::new(keep.clone(), None))?,
            None => window,
        })
    }
}

/// The columns of a scan in one stripe.
pub(super) struct StripeColumns {
    pub(super) plan: Arc<Plan>,
    /// The columns of the scan as the file has them.
    files: Arc<[Option<FileColumn>]>,
    /// Reads those that are made of derived records.
    records: Option<RecordReader>,
    pub(super) stripe: StripeReader,
    /// For each column, its reader, once it was needed.
    readers: Vec<Option<PathReader>>,
    /// Rows of a row group.
    pub(super) stride: usize,
    /// Whether the streams of the projected columns were read ahead.
    loaded: bool,
}

impl StripeColumns {
    pub(super) fn new(
        plan: Arc<Plan>,
        files: Arc<[Option<FileColumn>]>,
        records: Option<RecordReader>,
        stripe: StripeReader,
        stride: usize,
    ) -> Self {
        let readers = files.iter().map(|_| None).collect();
        Self { plan, files, records, stripe, readers, stride, loaded: false }
    }

    /// The rows of a row group.
    pub(super) fn rows_of(&self, group: usize) -> Range<usize> {
        let from = group * self.stride;
        from..(from + self.stride).min(self.stripe.stripe().rows)
    }

    /// Reads ahead what the result needs and is not there yet, unless that was done.
    pub(super) fn load_projected(&mut self, window: &Window) -> Result<(), OrcError> {
        if std::mem::replace(&mut self.loaded, true) {
            return Ok(());
        }
        let group = window.from / self.stride;
        let projected = self.plan.projection.iter().flat_map(Projected::columns);
        let missing = projected.filter(|column| self.readers[**column].is_none());
        let missing = missing.filter_map(|column| self.files[*column].as_ref());
        let missing: Vec<_> =
            missing.filter(|file| self.stripe.kept_group(file, group).is_none()).collect();
        self.stripe.load(missing)
    }

    /// Returns the columns of an expression.
    pub(super) fn batch(
        &mut self,
        bound: &Bound,
        window: &mut Window,
    ) -> Result<RecordBatch, OrcError> {
        let arrays = bound
            .columns
            .iter()
            .map(|column| self.plain(*column, window))
            .collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(window.kept));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&bound.schema), arrays, &options)?)
    }

    /// Whether a result is made of derived records, and so of other columns.
    pub(super) fn is_of_records(&self, projected: &Projected) -> bool {
        let records = self.records.as_ref();
        records.is_some_and(|records| projected.columns().iter().any(|column| records.has(*column)))
    }

    /// Returns a column as the table's type.
    pub(super) fn plain(
        &mut self,
        column: usize,
        window: &mut Window,
    ) -> Result<ArrayRef, OrcError> {
        let array = self.array(column, window)?;
        let Some(dictionary) = array.as_dictionary_opt::<UInt32Type>() else { return Ok(array) };
        let (keys, values) = (dictionary.keys(), dictionary.values());
        let array = if values.is_empty() {
            new_null_array(values.data_type(), keys.len())
        } else {
            take(values, keys, None)?
        };
        window.arrays[column] = Some(Arc::clone(&array));
        Ok(array)
    }

    /// Returns a column as it is stored: text with a dictionary as a dictionary array.
    pub(super) fn array(
        &mut self,
        column: usize,
        window: &mut Window,
    ) -> Result<ArrayRef, OrcError> {
        if let Some(array) = &window.arrays[column] {
            return Ok(Arc::clone(array));
        }
        let array = self.read(column, window)?;
        window.arrays[column] = Some(Arc::clone(&array));
        Ok(array)
    }

    fn read(&mut self, column: usize, window: &Window) -> Result<ArrayRef, OrcError> {
        if let Some(records) = self.records.as_mut().filter(|records| records.has(column)) {
            let Window { from, rows, kept, .. } = *window;
            let wanted = Wanted { from, rows, keep: window.keep.as_ref(), kept };
            let columns = &self.plan.columns;
            let decoded = |path: &[String]| {
                columns.iter().zip(&window.arrays).find_map(|(column, array)| {
                    member(array.as_ref()?, path.strip_prefix(column.path.as_slice())?)
                })
            };
            return records.read(&columns[column], &mut self.stripe, wanted, &decoded);
        }
        if let Some((group, start)) = self.group(column, window)? {
            return window.cut(&group, start);
        }
        let (reader, stripe) = self.reader_of(column)?;
        reader.read(stripe, window.from, window.rows, window.keep.as_ref())
    }

    /// Returns the values of the window's whole row group and where it begins, if the session keeps them; they are decoded
    /// for that where it is worth it.
    fn group(
        &mut self,
        column: usize,
        window: &Window,
    ) -> Result<Option<(ArrayRef, usize)>, OrcError> {
        let (true, Some(file)) = (self.stripe.keeps(), &self.files[column]) else {
            return Ok(None);
        };
        let group = window.from / self.stride;
        let rows = self.rows_of(group);
        let kept = self.stripe.kept_group(file, group);
        if let Some(kept) = kept.filter(|kept| self.is_of_column(kept, column)) {
            return Ok(Some((kept, rows.start)));
        }
        if window.rows < rows.len() {
            return Ok(None);
        }
        // To step over numbers costs as much as to read them.
        let read_as = &self.plan.columns[column].read_as;
        let is_number = read_as.is_primitive() || *read_as == DataType::Boolean;
        let (reader, stripe) = self.reader_of(column)?;
        let is_number = is_number || reader.dictionary_size().is_some();
        if !is_number && window.kept * MIN_WANTED < rows.len() {
            return Ok(None);
        }
        let values = reader.read(stripe, rows.start, rows.len(), None)?;
        if let Some(file) = &self.files[column] {
            self.stripe.keep_group(file, group, &values);
        }
        Ok(Some((values, rows.start)))
    }

    /// Whether what is kept is of the type that this scan wants: the tables of a session may have different ones.
    fn is_of_column(&self, kept: &ArrayRef, column: usize) -> bool {
        let field = self.plan.columns[column].field.data_type();
        match kept.data_type() {
            DataType::Dictionary(_, texts) => **texts == *field,
            values => values == field,
        }
    }

    /// Returns the distinct texts of a column in the stripe, if it is stored with a dictionary and they are much fewer than
    /// its rows.
    pub(super) fn dictionary(&mut self, column: usize) -> Result<Option<ArrayRef>, OrcError> {
        if self.records.as_ref().is_some_and(|records| records.has(column)) {
            return Ok(None);
        }
        let is_small = |size: usize, stripe: &StripeReader| size <= stripe.stripe().rows / 2;
        let kept = self.files[column].as_ref().and_then(|file| self.stripe.kept_dictionary(file));
        if let Some(kept) = kept.filter(|kept| self.is_of_column(kept, column)) {
            return Ok(Some(kept).filter(|kept| is_small(kept.len(), &self.stripe)));
        }
        let (reader, stripe) = self.reader_of(column)?;
        match reader.dictionary_size().is_some_and(|size| is_small(size, stripe)) {
            true => reader.dictionary(),
            false => Ok(None),
        }
    }

    /// Returns a column's reader, opened when first needed, and the stripe that it reads.
    fn reader_of(&mut self, column: usize) -> Result<(&mut PathReader, &StripeReader), OrcError> {
        let reader = match &mut self.readers[column] {
            Some(reader) => reader,
            none => {
                self.stripe.load(&self.files[column])?;
                let wanted = &self.plan.columns[column];
                none.insert(self.stripe.column(&wanted.path, &wanted.read_as)?)
            }
        };
        Ok((reader, &self.stripe))
    }
}
