//! The columns of a stripe in the rows of a window, decoded once, or taken from what the session keeps.

use super::bind::{Bound, Plan, Projected, ScanColumn};
use super::late::Selection;
use super::record::{RecordReader, Wanted};
use crate::shred::record::fields::member;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, DictionaryArray, RecordBatch,
    RecordBatchOptions, UInt32Array, UInt64Array, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter, take};
use arrow::datatypes::{DataType, UInt32Type};
use datafusion::error::Result;
use std::ops::Range;
use std::sync::Arc;
use traillake_orc::OrcError;
use traillake_orc::read::{Inside, PathReader, StripeReader, scatter_bits};
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
    /// The rows that have the elements, where those are the rows of the window.
    unnested: Option<Box<Unnested>>,
}

/// The rows of a window whose elements are those of another.
struct Unnested {
    rows: Window,
    lengths: ArrayRef,
    /// The row of each element that is kept, once it was needed.
    of_elements: Option<UInt32Array>,
}

impl Unnested {
    /// Returns the row of each element that is kept (`None`: all).
    fn of_elements(&mut self, keep: Option<&BooleanBuffer>) -> Result<&UInt32Array, OrcError> {
        match &mut self.of_elements {
            Some(known) => Ok(known),
            none => {
                let mut rows = Vec::new();
                let lengths = self.lengths.as_primitive::<UInt32Type>();
                for (row, length) in lengths.iter().enumerate() {
                    rows.extend(std::iter::repeat_n(row as u32, length.unwrap_or(0) as usize));
                }
                let mut rows = UInt32Array::from(rows);
                if let Some(keep) = keep {
                    let keep = BooleanArray::new(keep.clone(), None);
                    rows = filter(&rows, &keep)?.as_primitive().clone();
                }
                Ok(none.insert(rows))
            }
        }
    }
}

/// A column of a scan as a file has it.
#[derive(Debug)]
pub(super) struct ScanFile {
    /// The column of the file that has the values.
    pub(super) leaf: FileColumn,
    /// The columns of the file whose streams are read, where it is not that one.
    others: Vec<FileColumn>,
}

impl ScanFile {
    /// Returns a column as the file of `root` has it, if it has it.
    pub(super) fn find(root: &FileColumn, column: &ScanColumn) -> Option<Self> {
        let whole = root.find(column.path.iter().map(String::as_str))?;
        let leaf = column.inside.leaf(whole)?.clone();
        let others = if column.is_whole() { Vec::new() } else { column.inside.needed(whole) };
        Some(Self { leaf, others })
    }

    /// The columns of the file whose streams are read.
    fn needed(&self) -> &[FileColumn] {
        if self.others.is_empty() { std::slice::from_ref(&self.leaf) } else { &self.others }
    }
}

impl Window {
    /// A window of `rows` rows from row `from` of the stripe on, of a scan with so many columns.
    pub(super) fn new(from: usize, rows: usize, columns: usize) -> Self {
        let arrays = vec![None; columns];
        Self { from, rows, keep: None, kept: rows, arrays, unnested: None }
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
        if let Some(known) = self.unnested.as_mut().and_then(|u| u.of_elements.as_mut()) {
            *known = filter(known, &by)?.as_primitive().clone();
        }
        self.keep = Some(match &self.keep {
            None => passed.clone(),
            Some(before) => scatter_bits(before, passed),
        });
        self.kept = kept;
        Ok(())
    }

    /// Returns those of all elements that are kept.
    fn kept_elements(&self, all: ArrayRef) -> Result<ArrayRef, OrcError> {
        Ok(match &self.keep {
            Some(keep) => filter(&all, &BooleanArray::new(keep.clone(), None))?,
            None => all,
        })
    }

    /// Returns of the elements of a row group, which begins at row `start`, those of the rows kept, given the length of each
    /// list in it.
    fn cut_elements(
        &self,
        group: &ArrayRef,
        start: usize,
        lengths: &UInt32Array,
    ) -> Result<ArrayRef, OrcError> {
        let length =
            |row: usize| if lengths.is_valid(row) { lengths.value(row) as usize } else { 0 };
        let first = self.from - start;
        let from: usize = (0..first).map(length).sum();
        let count: usize = (first..first + self.rows).map(length).sum();
        let window = group.slice(from, count);
        let Some(keep) = &self.keep else { return Ok(window) };
        let mut of_kept = BooleanBufferBuilder::new(count);
        (0..self.rows).for_each(|row| of_kept.append_n(length(first + row), keep.value(row)));
        Ok(filter(&window, &BooleanArray::new(of_kept.finish(), None))?)
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
    files: Arc<[Option<ScanFile>]>,
    /// Reads those that are made of derived records.
    records: Option<RecordReader>,
    pub(super) stripe: StripeReader,
    /// For each column, its reader, once it was needed.
    readers: Vec<Option<PathReader>>,
    /// For each column of which the whole stripe is kept at once its values, once they were needed.
    wholes: Vec<Option<ArrayRef>>,
    /// Rows of a row group.
    pub(super) stride: usize,
    /// Whether the streams of the projected columns were read ahead.
    loaded: bool,
}

impl StripeColumns {
    pub(super) fn new(
        plan: Arc<Plan>,
        files: Arc<[Option<ScanFile>]>,
        records: Option<RecordReader>,
        stripe: StripeReader,
        stride: usize,
    ) -> Self {
        let readers = files.iter().map(|_| None).collect();
        let wholes = vec![None; files.len()];
        Self { plan, files, records, stripe, readers, wholes, stride, loaded: false }
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
        let missing = projected.filter(|column| {
            self.readers[**column].is_none() && !(self.stripe.keeps() && self.is_entry(**column))
        });
        let missing = missing.filter_map(|column| Some((*column, self.files[*column].as_ref()?)));
        let missing: Vec<_> = missing
            .filter(|(column, file)| self.kept(*column, file, group).is_none())
            .flat_map(|(_, file)| file.needed())
            .collect();
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
        let array = match &mut window.unnested {
            None => self.read(column, window)?,
            Some(unnested) if self.plan.columns[column].is_of_elements() => {
                let all = self.read(column, &unnested.rows)?;
                window.kept_elements(all)?
            }
            Some(unnested) => {
                let rows = self.array(column, &mut unnested.rows)?;
                take(&rows, unnested.of_elements(window.keep.as_ref())?, None)?
            }
        };
        window.arrays[column] = Some(Arc::clone(&array));
        Ok(array)
    }

    /// Returns a window of the elements of the list that is unnested, in the rows of another.
    pub(super) fn unnest(&mut self, mut rows: Window, lengths: usize) -> Result<Window, OrcError> {
        let lengths = self.array(lengths, &mut rows)?;
        let all = lengths.as_primitive::<UInt32Type>().iter().flatten();
        let elements = all.map(|length| length as usize).sum();
        let mut window = Window::new(rows.from, elements, rows.arrays.len());
        window.unnested = Some(Box::new(Unnested { rows, lengths, of_elements: None }));
        Ok(window)
    }

    fn read(&mut self, column: usize, window: &Window) -> Result<ArrayRef, OrcError> {
        if let Some(records) = self.records.as_mut().filter(|records| records.has(column)) {
            let Window { from, rows, kept, .. } = *window;
            let wanted = Wanted { from, rows, keep: window.keep.as_ref(), kept };
            let columns = &self.plan.columns;
            let decoded = |path: &[String]| {
                let arrays = columns.iter().zip(&window.arrays);
                arrays.filter(|(column, _)| column.is_whole()).find_map(|(column, array)| {
                    member(array.as_ref()?, path.strip_prefix(column.path.as_slice())?)
                })
            };
            return records.read(&columns[column], &mut self.stripe, wanted, &decoded);
        }
        if let Some(whole) = self.whole(column)? {
            return window.cut(&whole, 0);
        }
        if let Some((group, start)) = self.group(column, window)? {
            let is_all =
                window.keep.is_none() && self.rows_of(start / self.stride).len() == window.rows;
            return match self.plan.lengths {
                Some(_) if is_all => Ok(group),
                Some(lengths) if self.plan.columns[column].is_of_elements() => {
                    let lengths = self.lengths(lengths, start, window)?;
                    window.cut_elements(&group, start, lengths.as_primitive())
                }
                _ => window.cut(&group, start),
            };
        }
        let (reader, stripe) = self.reader_of(column)?;
        reader.read(stripe, window.from, window.rows, window.keep.as_ref())
    }

    fn is_entry(&self, column: usize) -> bool {
        matches!(self.plan.columns[column].inside, Inside::Entry(_))
    }

    /// Returns a column's values in the whole stripe, if they are the values of maps under a key, numbers in a dictionary, and
    /// the session keeps what it reads. Their own dictionary is a small part of that of all values.
    fn whole(&mut self, column: usize) -> Result<Option<ArrayRef>, OrcError> {
        if let Some(whole) = &self.wholes[column] {
            return Ok(Some(Arc::clone(whole)));
        }
        let (true, true, Some(file)) =
            (self.stripe.keeps(), self.is_entry(column), &self.files[column])
        else {
            return Ok(None);
        };
        let inside = &self.plan.columns[column].inside;
        let kept = self.stripe.kept_stripe(&file.leaf, inside);
        let whole = match kept.filter(|kept| self.is_of_column(kept, column)) {
            Some(kept) => kept,
            None => {
                let (reader, stripe) = self.reader_of(column)?;
                if reader.dictionary_size().is_none() {
                    return Ok(None);
                }
                let values = reader.read(stripe, 0, stripe.stripe().rows, None)?;
                let values = with_own_dictionary(&values)?;
                if let Some(file) = &self.files[column] {
                    let inside = &self.plan.columns[column].inside;
                    self.stripe.keep_stripe(&file.leaf, inside, &values);
                }
                values
            }
        };
        self.wholes[column] = Some(Arc::clone(&whole));
        Ok(Some(whole))
    }

    /// Returns the lengths of all lists in the window's row group, which begins at row `start`.
    fn lengths(
        &mut self,
        column: usize,
        start: usize,
        window: &Window,
    ) -> Result<ArrayRef, OrcError> {
        if let Some((lengths, _)) = self.group(column, window)? {
            return Ok(lengths);
        }
        let rows = self.rows_of(start / self.stride).len();
        let (reader, stripe) = self.reader_of(column)?;
        reader.read(stripe, start, rows, None)
    }

    /// Returns what is kept of a column in a row group, if it is of the type that this scan wants.
    fn kept(&self, column: usize, file: &ScanFile, group: usize) -> Option<ArrayRef> {
        let kept = self.stripe.kept_group(&file.leaf, &self.plan.columns[column].inside, group);
        kept.filter(|kept| self.is_of_column(kept, column))
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
        if let Some(kept) = self.kept(column, file, group) {
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
            let inside = &self.plan.columns[column].inside;
            self.stripe.keep_group(&file.leaf, inside, group, &values);
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
        if let Some(whole) = self.whole(column)? {
            let texts = whole.as_dictionary_opt::<UInt32Type>().map(|whole| whole.values());
            return Ok(texts.filter(|texts| is_small(texts.len(), &self.stripe)).cloned());
        }
        let kept = self.files[column].as_ref();
        let kept = kept.and_then(|file| self.stripe.kept_dictionary(&file.leaf));
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
                let needed = self.files[column].iter().flat_map(ScanFile::needed);
                self.stripe.load(needed)?;
                let ScanColumn { path, inside, read_as, .. } = &self.plan.columns[column];
                none.insert(self.stripe.inside(path, inside, read_as)?)
            }
        };
        Ok((reader, &self.stripe))
    }
}

/// Returns texts with a dictionary that has no others.
fn with_own_dictionary(array: &ArrayRef) -> Result<ArrayRef, OrcError> {
    let Some(dictionary) = array.as_dictionary_opt::<UInt32Type>() else {
        return Ok(Arc::clone(array));
    };
    let (keys, texts) = (dictionary.keys(), dictionary.values());
    let mut is_used = vec![false; texts.len()];
    keys.iter().flatten().for_each(|key| is_used[key as usize] = true);
    let used: UInt32Array =
        (0..texts.len()).filter(|key| is_used[*key]).map(|key| key as u32).collect();
    let mut numbers = vec![0; texts.len()];
    used.values().iter().zip(0..).for_each(|(key, number)| numbers[*key as usize] = number);
    let keys: UInt32Array = keys.iter().map(|key| Some(numbers[key? as usize])).collect();
    let texts = take(texts, &used, None)?;
    Ok(Arc::new(DictionaryArray::try_new(keys, texts)?))
}
