//! Reads one file: stripe by stripe, row group by row group, only what the filters leave over.
//!
//! Within a row group rows are read in windows. The columns of the first filter are decoded, the
//! filter is evaluated, and what follows is decoded only for the rows that passed. A filter over one
//! column that is stored with a dictionary is evaluated once for each distinct text of the stripe; so
//! are the terms of an OR, and a term that no text meets costs its rows nothing.

use super::bind::{Bound, Conjunct, Plan};
use super::metrics::ScanMetrics;
use super::prune::Units;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{concat, filter, take};
use arrow::datatypes::{DataType, UInt32Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_expr::expressions::{DynamicFilterTracker, DynamicFilterTracking};
use datafusion::physical_expr::utils::collect_columns;
use datafusion_pruning::PruningPredicate;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use traillake_functions::is_true;
use traillake_orc::OrcError;
use traillake_orc::proto::{ColumnStatistics, RowIndex};
use traillake_orc::read::{ChunkCache, Metadata, PathReader, ReadAt, StripeReader, scatter_bits};
use traillake_orc::schema::Column as FileColumn;

/// Decoded text that a window aims at, at most.
const WINDOW_BYTES: u64 = 64 << 20;
/// Rows of the first window where few rows may suffice.
const FIRST_ROWS: usize = 512;

/// Makes an error of one that names the place in the file: it names the file, too.
pub(super) type Explain = Box<dyn Fn(OrcError) -> DataFusionError + Send>;

/// A scan of one file.
pub(super) struct FileScan {
    input: Arc<dyn ReadAt>,
    metadata: Arc<Metadata>,
    cache: Option<Arc<ChunkCache>>,
    plan: Arc<Plan>,
    batch_rows: usize,
    /// Whether to begin at the end of the file.
    backwards: bool,
    metrics: ScanMetrics,
    explain: Explain,
    /// The columns of the scan as the file has them.
    files: Arc<[Option<FileColumn>]>,
    test: Option<Arc<PruningPredicate>>,
    tracker: Option<DynamicFilterTracker>,
    stripes: VecDeque<usize>,
    current: Option<StripeScan>,
}

impl FileScan {
    /// Prepares to scan the stripes that begin within `range` of the file.
    pub(super) fn new(
        input: Arc<dyn ReadAt>,
        (metadata, cache): (Arc<Metadata>, Option<Arc<ChunkCache>>),
        plan: Arc<Plan>,
        range: Option<Range<u64>>,
        (batch_rows, backwards): (usize, bool),
        metrics: ScanMetrics,
        explain: Explain,
    ) -> Self {
        let root = &metadata.tail.root;
        let files = plan
            .columns
            .iter()
            .map(|column| root.find(column.path.iter().map(String::as_str)).cloned())
            .collect();
        let tracker = plan.predicate.as_ref().and_then(|predicate| {
            match DynamicFilterTracking::classify(predicate) {
                DynamicFilterTracking::Watching(tracker) => Some(tracker),
                _ => None,
            }
        });
        let in_range = |offset: u64| range.as_ref().is_none_or(|range| range.contains(&offset));
        let stripes = metadata.tail.footer.stripes.iter().enumerate();
        let mut stripes: VecDeque<usize> =
            stripes.filter(|(_, stripe)| in_range(stripe.offset())).map(|(at, _)| at).collect();
        if backwards {
            stripes.make_contiguous().reverse();
        }
        let mut scan = Self {
            input,
            metadata,
            cache,
            test: plan.test(),
            plan,
            batch_rows,
            backwards,
            metrics,
            explain,
            files,
            tracker,
            stripes,
            current: None,
        };
        scan.prune_stripes();
        scan
    }

    /// Returns the next rows, or `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if self.tracker.as_mut().is_some_and(DynamicFilterTracker::changed) {
                self.test = self.plan.test();
                self.prune_stripes();
                self.prune_groups()?;
            }
            match &mut self.current {
                Some(stripe) => match stripe.next(&self.explain)? {
                    Some(batch) => return Ok(Some(batch)),
                    None => self.current = None,
                },
                None => {
                    let Some(number) = self.stripes.pop_front() else { return Ok(None) };
                    self.current = Some(self.open(number).map_err(&self.explain)?);
                    self.prune_groups()?;
                }
            }
        }
    }

    /// Leaves out the stripes whose statistics tell that no row passes.
    fn prune_stripes(&mut self) {
        let Some(test) = &self.test else { return };
        let tail = &self.metadata.tail;
        let rows = |at: &usize| tail.footer.stripes.get(*at).map_or(0, |s| s.number_of_rows());
        let statistics = self.files.iter().map(|file| {
            let id = file.as_ref()?.id;
            self.stripes
                .iter()
                .map(|at| tail.stripe_statistics.get(*at)?.col_stats.get(id))
                .collect()
        });
        let units = Units {
            plan: &self.plan,
            rows: self.stripes.iter().map(rows).collect(),
            statistics: statistics.collect(),
            files: &self.files,
            blooms: &[],
        };
        let mut keep = units.to_read(test).into_iter();
        let before = self.stripes.len();
        let mut left_out = 0;
        self.stripes.retain(|at| {
            let keep = keep.next().unwrap_or(true);
            left_out += if keep { 0 } else { rows(at) as usize };
            keep
        });
        self.metrics.stripes.add_pruned(before - self.stripes.len());
        self.metrics.rows_left_out.add(left_out);
    }

    fn open(&self, number: usize) -> Result<StripeScan, OrcError> {
        let stripe = self.metadata.stripe(&*self.input, number)?;
        let tail = &self.metadata.tail;
        let bytes_read = Arc::new(AtomicU64::new(0));
        let reader = StripeReader::new(
            Arc::clone(&self.input),
            Arc::clone(tail),
            Arc::clone(&stripe),
            Arc::clone(&bytes_read),
        )?;
        let reader = match &self.cache {
            Some(cache) => reader.with_cache(Arc::clone(cache)),
            None => reader,
        };
        self.metrics.stripes.add_matched(1);
        let stride = if tail.stride == 0 { stripe.rows.max(1) } else { tail.stride };
        let mut groups: VecDeque<usize> = (0..stripe.rows.div_ceil(stride)).collect();
        if self.backwards {
            groups.make_contiguous().reverse();
        }
        // The shortest streams first: what they leave over saves reading the longer ones. What can
        // fail comes last, as typed: what stands before it may be there to guard it.
        let length = |column: &usize| {
            let Some(Some(file)) = self.files.get(*column) else { return 0 };
            let inside = |column: usize| (file.id..=file.last).contains(&column);
            stripe.streams.iter().filter(|s| inside(s.column)).map(|s| s.length).sum::<u64>()
        };
        let mut order: Vec<usize> = (0..self.plan.conjuncts.len()).collect();
        order.sort_by_cached_key(|at| match self.plan.conjuncts.get(*at) {
            Some(Conjunct { whole, .. }) if !whole.can_fail => {
                (false, whole.columns.iter().map(length).sum::<u64>())
            }
            _ => (true, 0),
        });
        let text_bytes: u64 = self
            .files
            .iter()
            .flatten()
            .filter_map(|file| tail.stripe_statistics.get(number)?.col_stats.get(file.id))
            .filter_map(|s| u64::try_from(s.string_statistics.as_ref()?.sum()).ok())
            .sum();
        let row_bytes = (text_bytes / (stripe.rows as u64).max(1)).max(1);
        let most = usize::try_from(WINDOW_BYTES / row_bytes).unwrap_or(usize::MAX);
        let most_rows = self.batch_rows.min(most).max(1);
        Ok(StripeScan {
            plan: Arc::clone(&self.plan),
            files: Arc::clone(&self.files),
            stripe: reader,
            readers: self.files.iter().map(|_| None).collect(),
            masks: self
                .plan
                .conjuncts
                .iter()
                .map(|conjunct| vec![DictionaryMask::Unknown; conjunct.terms.len()])
                .collect(),
            order,
            stride,
            groups,
            rest: 0..0,
            window_rows: if self.backwards { FIRST_ROWS.min(most_rows) } else { most_rows },
            most_rows,
            backwards: self.backwards,
            loaded: false,
            bytes_read,
            metrics: self.metrics.clone(),
        })
    }

    /// Leaves out the row groups of the present stripe that hold no row that passes.
    fn prune_groups(&mut self) -> Result<()> {
        let (Some(test), Some(stripe)) = (&self.test, &mut self.current) else {
            return Ok(());
        };
        if self.metadata.tail.stride == 0 || stripe.groups.is_empty() {
            return Ok(());
        }
        let looked_up: Vec<&str> =
            test.literal_guarantees().iter().map(|g| g.column.name.as_str()).collect();
        let mut indexes = Vec::new();
        let mut blooms = Vec::new();
        let filtered = collect_columns(test.orig_expr());
        for (column, file) in self.plan.columns.iter().zip(self.files.iter()) {
            let name = column.field.name();
            indexes.push(match file {
                Some(file) if filtered.iter().any(|column| column.name() == name) => {
                    Some(stripe.stripe.row_index(file.id).map_err(&self.explain)?)
                }
                _ => None,
            });
            blooms.push(match file {
                Some(file) if looked_up.contains(&name.as_str()) => {
                    stripe.stripe.bloom_filters(file.id).map_err(&self.explain)?
                }
                _ => None,
            });
        }
        let all = stripe.stripe.stripe().rows.div_ceil(stripe.stride);
        let rows = |group: usize| stripe.rows_of(group).len() as u64;
        let mut units = Units {
            plan: &self.plan,
            rows: (0..all).map(rows).collect(),
            statistics: indexes.iter().map(|index| of_groups(index.as_deref()?, all)).collect(),
            files: &self.files,
            blooms: &[],
        };
        let by_statistics = units.to_read(test);
        let (before, rows_before) = (stripe.groups.len(), stripe.rows_to_come());
        stripe.groups.retain(|group| by_statistics.get(*group).copied().unwrap_or(true));
        self.metrics.groups.add_pruned(before - stripe.groups.len());
        if blooms.iter().any(Option::is_some) && !stripe.groups.is_empty() {
            units.blooms = &blooms;
            let by_blooms = units.to_read(test);
            let before = stripe.groups.len();
            stripe.groups.retain(|group| by_blooms.get(*group).copied().unwrap_or(true));
            self.metrics.blooms.add_pruned(before - stripe.groups.len());
            self.metrics.blooms.add_matched(stripe.groups.len());
        }
        self.metrics.rows_left_out.add(rows_before - stripe.rows_to_come());
        Ok(())
    }
}

/// Returns the statistics of all row groups, if the index has them.
fn of_groups(index: &RowIndex, groups: usize) -> Option<Vec<&ColumnStatistics>> {
    let statistics = index.entry.iter().map(|entry| entry.statistics.as_ref());
    statistics.collect::<Option<Vec<_>>>().filter(|statistics| statistics.len() == groups)
}

/// Which texts of a dictionary pass an expression, once it is known.
#[derive(Debug, Clone, Default)]
enum DictionaryMask {
    #[default]
    Unknown,
    /// Each text, and last NULL.
    Of(BooleanBuffer),
    /// None of them.
    Never,
}

/// A scan of one stripe.
struct StripeScan {
    plan: Arc<Plan>,
    files: Arc<[Option<FileColumn>]>,
    stripe: StripeReader,
    /// For each column of the scan, its reader, once it was needed.
    readers: Vec<Option<PathReader>>,
    /// For each term of each conjunct, what is known of the texts of its column's dictionary.
    masks: Vec<Vec<DictionaryMask>>,
    /// The order of the conjuncts.
    order: Vec<usize>,
    stride: usize,
    /// Row groups to come.
    groups: VecDeque<usize>,
    /// Rows of the present group to come.
    rest: Range<usize>,
    window_rows: usize,
    most_rows: usize,
    backwards: bool,
    /// Whether the streams of the projected columns were read ahead.
    loaded: bool,
    bytes_read: Arc<AtomicU64>,
    metrics: ScanMetrics,
}

/// The rows of a window that have passed so far, and what was decoded for them.
struct Window {
    from: usize,
    rows: usize,
    /// `None`: all.
    keep: Option<BooleanBuffer>,
    kept: usize,
    arrays: Vec<Option<ArrayRef>>,
}

impl StripeScan {
    fn next(&mut self, explain: &Explain) -> Result<Option<RecordBatch>> {
        while let Some((from, rows)) = self.next_window() {
            let batch = self.window(from, rows, explain);
            self.metrics.bytes.add(self.bytes_read.swap(0, Ordering::Relaxed) as usize);
            if let Some(batch) = batch? {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    /// The rows of a row group.
    fn rows_of(&self, group: usize) -> Range<usize> {
        let from = group * self.stride;
        from..(from + self.stride).min(self.stripe.stripe().rows)
    }

    /// The rows of the row groups to come.
    fn rows_to_come(&self) -> usize {
        self.groups.iter().map(|group| self.rows_of(*group).len()).sum()
    }

    fn next_window(&mut self) -> Option<(usize, usize)> {
        if self.rest.is_empty() {
            let group = self.groups.pop_front()?;
            self.metrics.groups.add_matched(1);
            self.rest = self.rows_of(group);
        }
        let left = self.rest.len();
        // Windows of about the same size: a short one at the end costs nearly as much as a long one.
        let rows = left.div_ceil(left.div_ceil(self.window_rows));
        self.window_rows = (self.window_rows * 2).min(self.most_rows);
        self.metrics.rows.add(rows);
        if self.backwards {
            self.rest.end -= rows;
            Some((self.rest.end, rows))
        } else {
            self.rest.start += rows;
            Some((self.rest.start - rows, rows))
        }
    }

    fn window(
        &mut self,
        from: usize,
        rows: usize,
        explain: &Explain,
    ) -> Result<Option<RecordBatch>> {
        let plan = Arc::clone(&self.plan);
        let arrays = vec![None; plan.columns.len()];
        let mut window = Window { from, rows, keep: None, kept: rows, arrays };
        for place in 0..self.order.len() {
            let at = self.order[place];
            let conjunct = &plan.conjuncts[at];
            let mut masks = std::mem::take(&mut self.masks[at]);
            let passed = self.passing(conjunct, &mut masks, &mut window, explain);
            self.masks[at] = masks;
            let passed = passed?;
            window.narrow(&passed)?;
            if window.kept == 0 {
                return Ok(None);
            }
        }
        if !self.loaded {
            self.loaded = true;
            let wanted = plan.projection.iter().flat_map(|bound| &bound.columns);
            let wanted = wanted.filter(|column| self.readers[**column].is_none());
            let columns: Vec<_> =
                wanted.filter_map(|column| self.files[*column].as_ref()).collect();
            self.stripe.load(columns).map_err(explain)?;
        }
        let mut output = Vec::with_capacity(plan.projection.len());
        for bound in &plan.projection {
            output.push(match bound.as_column() {
                Some(column) => self.plain(column, &mut window).map_err(explain)?,
                None => {
                    let batch = self.batch(bound, &mut window).map_err(explain)?;
                    bound.expr.evaluate(&batch)?.into_array(window.kept)?
                }
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(window.kept));
        let output = RecordBatch::try_new_with_options(Arc::clone(&plan.output), output, &options)?;
        Ok(Some(output))
    }

    /// Returns which rows pass a conjunct.
    fn passing(
        &mut self,
        conjunct: &Conjunct,
        masks: &mut [DictionaryMask],
        window: &mut Window,
        explain: &Explain,
    ) -> Result<BooleanBuffer> {
        let mut any = BooleanBuffer::new_unset(window.kept);
        for (term, mask) in conjunct.terms.iter().zip(masks) {
            match self.evaluated(term, mask, window, explain) {
                Ok(passed) => any = &any | &passed,
                // It may fail only for rows that another term lets pass: the whole knows.
                Err(_) if term.can_fail && conjunct.terms.len() > 1 => {
                    return self.evaluated(
                        &conjunct.whole,
                        &mut DictionaryMask::Unknown,
                        window,
                        explain,
                    );
                }
                Err(error) => return Err(error),
            }
            if any.count_set_bits() == window.kept {
                break;
            }
        }
        Ok(any)
    }

    /// Evaluates an expression: by the dictionary of its column if it can, else row by row.
    fn evaluated(
        &mut self,
        bound: &Bound,
        mask: &mut DictionaryMask,
        window: &mut Window,
        explain: &Explain,
    ) -> Result<BooleanBuffer> {
        if let Some(passed) = self.by_dictionary(bound, mask, window).map_err(explain)? {
            return Ok(passed);
        }
        let batch = self.batch(bound, window).map_err(explain)?;
        let passed = bound.expr.evaluate(&batch)?.into_array(window.kept)?;
        Ok(is_true(passed.as_boolean()))
    }

    /// Evaluates an expression by the dictionary of its column, if it has one that is worth it.
    fn by_dictionary(
        &mut self,
        bound: &Bound,
        known: &mut DictionaryMask,
        window: &mut Window,
    ) -> Result<Option<BooleanBuffer>, OrcError> {
        let Some(column) = bound.decided_by else { return Ok(None) };
        if matches!(known, DictionaryMask::Unknown) {
            *known = self.mask(bound, column)?;
        }
        let mask = match known {
            DictionaryMask::Unknown => return Ok(None),
            DictionaryMask::Never => return Ok(Some(BooleanBuffer::new_unset(window.kept))),
            DictionaryMask::Of(mask) => mask,
        };
        let array = self.array(column, window)?;
        let Some(array) = array.as_dictionary_opt::<UInt32Type>() else { return Ok(None) };
        let keys = array.keys();
        let null = mask.value(mask.len() - 1);
        let values = keys.values();
        Ok(Some(match keys.nulls() {
            None => {
                BooleanBuffer::collect_bool(values.len(), |row| mask.value(values[row] as usize))
            }
            Some(nulls) => BooleanBuffer::collect_bool(values.len(), |row| {
                if nulls.is_valid(row) { mask.value(values[row] as usize) } else { null }
            }),
        }))
    }

    /// Evaluates an expression for the texts of a column's dictionary.
    fn mask(&mut self, bound: &Bound, column: usize) -> Result<DictionaryMask, OrcError> {
        let (reader, stripe) = self.reader_of(column)?;
        if reader.dictionary_size().is_none_or(|size| size > stripe.stripe().rows / 2) {
            return Ok(DictionaryMask::Unknown);
        }
        let Some(values) = reader.dictionary()? else { return Ok(DictionaryMask::Unknown) };
        let null = new_null_array(values.data_type(), 1);
        let values = concat(&[values.as_ref(), null.as_ref()])?;
        let rows = values.len();
        let batch = RecordBatch::try_new(Arc::clone(&bound.schema), vec![values])?;
        // An expression that fails for some text may never meet it: leave it to the rows.
        let Ok(passed) = bound.expr.evaluate(&batch).and_then(|v| v.into_array(rows)) else {
            return Ok(DictionaryMask::Unknown);
        };
        let passed = is_true(passed.as_boolean());
        Ok(if passed.count_set_bits() == 0 {
            DictionaryMask::Never
        } else {
            DictionaryMask::Of(passed)
        })
    }

    fn batch(&mut self, bound: &Bound, window: &mut Window) -> Result<RecordBatch, OrcError> {
        let arrays = bound
            .columns
            .iter()
            .map(|column| self.plain(*column, window))
            .collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(window.kept));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&bound.schema), arrays, &options)?)
    }

    /// Returns a column as the table's type.
    fn plain(&mut self, column: usize, window: &mut Window) -> Result<ArrayRef, OrcError> {
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
    fn array(&mut self, column: usize, window: &mut Window) -> Result<ArrayRef, OrcError> {
        if let Some(array) = &window.arrays[column] {
            return Ok(Arc::clone(array));
        }
        let (reader, stripe) = self.reader_of(column)?;
        let array = reader.read(stripe, window.from, window.rows, window.keep.as_ref())?;
        window.arrays[column] = Some(Arc::clone(&array));
        Ok(array)
    }

    /// Returns a column's reader, opened when first needed, and the stripe that it reads.
    fn reader_of(&mut self, column: usize) -> Result<(&mut PathReader, &StripeReader), OrcError> {
        let reader = match &mut self.readers[column] {
            Some(reader) => reader,
            none => {
                self.stripe.load(&self.files[column])?;
                let wanted = &self.plan.columns[column];
                let data_type = match wanted.field.data_type() {
                    text @ (DataType::Utf8 | DataType::Utf8View) => {
                        DataType::Dictionary(Box::new(DataType::UInt32), Box::new(text.clone()))
                    }
                    other => other.clone(),
                };
                none.insert(self.stripe.column(&wanted.path, &data_type)?)
            }
        };
        Ok((reader, &self.stripe))
    }
}

impl Window {
    /// Keeps those of the rows kept so far that `passed` says.
    fn narrow(&mut self, passed: &BooleanBuffer) -> Result<()> {
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
}
