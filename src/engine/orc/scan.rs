//! Reads one file: stripe by stripe, row group by row group, only what the filters leave over.
//!
//! Within a row group rows are read in windows. The columns of the first filter are decoded, the
//! filter is evaluated, and what follows is decoded only for the rows that passed. A filter over one
//! column that is stored with a dictionary is evaluated once for each distinct text of the stripe; so
//! are the terms of an OR, and a term that no text meets costs its rows nothing.

use super::bind::{Conjunct, Plan, ScanColumn};
use super::columns::{ScanFile, StripeColumns, Window};
use super::evaluate::{DictionaryMask, DictionaryResults};
use super::late::{Selection, address};
use super::metrics::ScanMetrics;
use super::prune::Units;
use super::record::{RecordColumns, RecordReader};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_expr::expressions::{DynamicFilterTracker, DynamicFilterTracking};
use datafusion::physical_expr::utils::collect_columns;
use datafusion_pruning::PruningPredicate;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use traillake_orc::OrcError;
use traillake_orc::proto::{ColumnStatistics, RowIndex};
use traillake_orc::read::{ColumnCache, Metadata, ReadAt, Stripe, StripeReader};

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
    cache: Option<Arc<ColumnCache>>,
    plan: Arc<Plan>,
    batch_rows: usize,
    /// Whether to begin at the end of the file.
    backwards: bool,
    metrics: ScanMetrics,
    explain: Explain,
    /// The columns of the scan as the file has them.
    files: Arc<[Option<ScanFile>]>,
    /// Those of them that are made of derived records.
    records: Option<Arc<RecordColumns>>,
    test: Option<Arc<PruningPredicate>>,
    tracker: Option<DynamicFilterTracker>,
    /// The number of the file, where rows have addresses.
    number: u64,
    /// The only rows to read; `None`: all.
    selection: Option<Arc<Selection>>,
    stripes: VecDeque<usize>,
    current: Option<StripeScan>,
}

impl FileScan {
    /// Prepares to scan the stripes that begin within `range` of the file.
    pub(super) fn new(
        input: Arc<dyn ReadAt>,
        (metadata, cache): (Arc<Metadata>, Option<Arc<ColumnCache>>),
        plan: Arc<Plan>,
        range: Option<Range<u64>>,
        (batch_rows, backwards): (usize, bool),
        metrics: ScanMetrics,
        explain: Explain,
    ) -> Self {
        let root = &metadata.tail.root;
        let files = plan.columns.iter().map(|column| ScanFile::find(root, column)).collect();
        let records = RecordColumns::of(&metadata.tail, &plan.columns);
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
            records,
            tracker,
            number: 0,
            selection: None,
            stripes,
            current: None,
        };
        scan.prune_stripes();
        scan
    }

    /// Gives rows the addresses of file `number`.
    pub(super) fn numbered(self, number: u64) -> Self {
        Self { number, ..self }
    }

    /// Reads the rows of `selection` alone.
    pub(super) fn selecting(mut self, selection: Selection) -> Self {
        let stripes = std::mem::take(&mut self.stripes).into_iter();
        let is_wanted = |stripe: &usize| !selection.within(self.rows_of(*stripe)).is_empty();
        self.stripes = stripes.filter(is_wanted).collect();
        self.selection = Some(Arc::new(selection));
        self
    }

    /// The rows of a stripe, by their numbers in the file.
    fn rows_of(&self, stripe: usize) -> Range<u64> {
        let mut rows =
            self.metadata.tail.footer.stripes.iter().map(|stripe| stripe.number_of_rows());
        let first = rows.by_ref().take(stripe).sum();
        first..first + rows.next().unwrap_or_default()
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
        let statistics = (0..self.files.len()).map(|at| {
            let id = self.told(at)?.leaf.id;
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

    /// Returns a column of the scan as the file has it, if what the file tells of it holds for the rows of the scan.
    fn told(&self, column: usize) -> Option<&ScanFile> {
        let file = self.files.get(column)?.as_ref();
        file.filter(|_| self.plan.columns[column].is_whole())
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
        let first = self.rows_of(number).start;
        let mut groups: VecDeque<usize> = (0..stripe.rows.div_ceil(stride)).collect();
        if let Some(selection) = &self.selection {
            let start = |group: usize| first + (group * stride) as u64;
            groups.retain(|group| !selection.within(start(*group)..start(*group + 1)).is_empty());
        }
        if self.backwards {
            groups.make_contiguous().reverse();
        }
        // The shortest streams first: what they leave over saves reading the longer ones. What can
        // fail comes last, as typed: what stands before it may be there to guard it.
        let is_record = |column| self.records.as_ref().is_some_and(|records| records.has(column));
        let length = |column: &usize| {
            if is_record(*column) {
                return stripe.streams.iter().map(|s| s.length).sum::<u64>();
            }
            let Some(Some(file)) = self.files.get(*column) else { return 0 };
            let inside = |column: usize| (file.leaf.id..=file.leaf.last).contains(&column);
            stripe.streams.iter().filter(|s| inside(s.column)).map(|s| s.length).sum::<u64>()
        };
        let by_length = |at: &usize| match self.plan.conjuncts.get(*at) {
            Some(Conjunct { whole, .. }) if !whole.can_fail => {
                (false, whole.columns.iter().map(length).sum::<u64>())
            }
            _ => (true, 0),
        };
        let mut order: Vec<usize> = (0..self.plan.conjuncts.len()).collect();
        let (of_rows, of_elements) = order.split_at_mut(self.plan.of_rows);
        of_rows.sort_by_cached_key(by_length);
        of_elements.sort_by_cached_key(by_length);
        // Records that are derived have about the bytes of all columns.
        let all = 0..self.records.as_ref().map_or(0, |_| tail.footer.types.len());
        let text_bytes: u64 = self
            .files
            .iter()
            .flatten()
            .map(|file| file.leaf.id)
            .chain(all)
            .filter_map(|id| tail.stripe_statistics.get(number)?.col_stats.get(id))
            .filter_map(|s| u64::try_from(s.string_statistics.as_ref()?.sum()).ok())
            .sum();
        let row_bytes = (text_bytes / (stripe.rows as u64).max(1)).max(1);
        let most = usize::try_from(WINDOW_BYTES / row_bytes).unwrap_or(usize::MAX);
        // A row group that is little longer than a batch stays whole: so it can be kept, and short batches cost.
        let batch_rows = if stride / 2 <= self.batch_rows {
            stride.max(self.batch_rows)
        } else {
            self.batch_rows
        };
        let most_rows = (batch_rows.min(most) / self.elements_each(number, &stripe)).max(1);
        Ok(StripeScan {
            plan: Arc::clone(&self.plan),
            columns: StripeColumns::new(
                Arc::clone(&self.plan),
                Arc::clone(&self.files),
                self.records.clone().map(RecordReader::new),
                reader,
                stride,
            ),
            results: vec![None; self.plan.projection.len()],
            masks: self
                .plan
                .conjuncts
                .iter()
                .map(|conjunct| vec![DictionaryMask::Unknown; conjunct.terms.len()])
                .collect(),
            order,
            groups,
            rest: 0..0,
            window_rows: if self.backwards { FIRST_ROWS.min(most_rows) } else { most_rows },
            most_rows,
            backwards: self.backwards,
            first,
            number: self.number,
            selection: self.selection.clone(),
            bytes_read,
            metrics: self.metrics.clone(),
        })
    }

    /// Returns how many elements a row has on the average, rounded down, if a list is unnested; at least 1.
    fn elements_each(&self, number: usize, stripe: &Stripe) -> usize {
        let elements = || {
            let of_elements = self.plan.columns.iter().position(ScanColumn::is_of_elements)?;
            let leaf = self.files.get(of_elements)?.as_ref()?.leaf.id;
            let statistics = self.metadata.tail.stripe_statistics.get(number)?;
            statistics.col_stats.get(leaf)?.number_of_values
        };
        let elements = elements().unwrap_or_default();
        usize::try_from(elements / (stripe.rows as u64).max(1)).unwrap_or(usize::MAX).max(1)
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
            let file = file.as_ref().filter(|_| column.is_whole()).map(|file| &file.leaf);
            indexes.push(match file {
                Some(file) if filtered.iter().any(|column| column.name() == name) => {
                    Some(stripe.columns.stripe.row_index(file.id).map_err(&self.explain)?)
                }
                _ => None,
            });
            blooms.push(match file {
                Some(file) if looked_up.contains(&name.as_str()) => {
                    stripe.columns.stripe.bloom_filters(file.id).map_err(&self.explain)?
                }
                _ => None,
            });
        }
        let columns = &stripe.columns;
        let all = columns.stripe.stripe().rows.div_ceil(columns.stride);
        let rows = |group: usize| columns.rows_of(group).len() as u64;
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

/// A scan of one stripe.
struct StripeScan {
    plan: Arc<Plan>,
    columns: StripeColumns,
    /// For each term of each conjunct, what is known of the texts of its column's dictionary.
    masks: Vec<Vec<DictionaryMask>>,
    /// The same for each column of the result.
    results: Vec<DictionaryResults>,
    /// The order of the conjuncts.
    order: Vec<usize>,
    /// Row groups to come.
    groups: VecDeque<usize>,
    /// Rows of the present group to come.
    rest: Range<usize>,
    window_rows: usize,
    most_rows: usize,
    backwards: bool,
    /// The number in the file of the first row.
    first: u64,
    /// The number of the file.
    number: u64,
    selection: Option<Arc<Selection>>,
    bytes_read: Arc<AtomicU64>,
    metrics: ScanMetrics,
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

    /// The rows of the row groups to come.
    fn rows_to_come(&self) -> usize {
        self.groups.iter().map(|group| self.columns.rows_of(*group).len()).sum()
    }

    fn next_window(&mut self) -> Option<(usize, usize)> {
        if self.rest.is_empty() {
            let group = self.groups.pop_front()?;
            self.metrics.groups.add_matched(1);
            self.rest = self.columns.rows_of(group);
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
        let mut window = Window::new(from, rows, plan.columns.len());
        if let Some(selection) = &self.selection {
            window.select(selection, self.first);
            if window.kept == 0 {
                return Ok(None);
            }
        }
        let mut lengths = plan.lengths;
        for (place, at) in self.order.iter().copied().enumerate() {
            if place == plan.of_rows
                && let Some(lengths) = lengths.take()
            {
                window = self.columns.unnest(window, lengths).map_err(explain)?;
            }
            let (conjunct, masks) = (&plan.conjuncts[at], &mut self.masks[at]);
            let passed = self.columns.passing(conjunct, masks, &mut window, explain)?;
            window.narrow(&passed)?;
            if window.kept == 0 {
                return Ok(None);
            }
        }
        if let Some(lengths) = lengths {
            window = self.columns.unnest(window, lengths).map_err(explain)?;
        }
        if window.kept == 0 {
            return Ok(None);
        }
        self.columns.load_projected(&window).map_err(explain)?;
        let first = address(self.number, self.first);
        let mut output: Vec<Option<ArrayRef>> = vec![None; plan.projection.len()];
        // What is made of records is made last: it takes what the other columns have decoded.
        for of_records in [false, true] {
            let results = plan.projection.iter().zip(&mut self.results).zip(&mut output);
            for ((projected, known), output) in results {
                if self.columns.is_of_records(projected) == of_records {
                    let place = (&mut window, first);
                    *output = Some(self.columns.projected(projected, known, place, explain)?);
                }
            }
        }
        let output = output.into_iter().flatten().collect();
        let options = RecordBatchOptions::new().with_row_count(Some(window.kept));
        let output = RecordBatch::try_new_with_options(Arc::clone(&plan.output), output, &options)?;
        Ok(Some(output))
    }
}
