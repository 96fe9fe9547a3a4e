//! What a chart shows of an answer.

use super::scale::DAY;
use super::{ChartKind, MAX_SERIES};
use crate::engine::types::arrow::{is_long, units_per_second};
use crate::engine::types::{Type, zone};
use crate::output::layout::thousands;
use crate::output::{OutputError, value, visible};
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    Date32Type, Decimal128Type, TimestampMicrosecondType, TimestampMillisecondType,
};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Rows that a chart is drawn of.
const MAX_POINTS: usize = 10_000;
/// Characters of a label that are kept.
const MAX_LABEL_CHARS: usize = 200;
/// Numbers beyond it, and infinite ones, have no place on an axis.
const MAX_ABS_VALUE: f64 = 1e300;
/// The same for times: as far as calendars go, some 260,000 years.
const MAX_MILLIS: i64 = 8_000_000_000_000_000;

/// A row of a chart's answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Point {
    /// The bar, the series, or the row of a heatmap.
    pub(super) label: String,
    /// The column of a heatmap.
    pub(super) across: String,
    /// Milliseconds since 1970.
    pub(super) time: i64,
    pub(super) value: f64,
}

/// The rows of a chart.
#[derive(Debug, Clone)]
pub(crate) struct Data {
    pub(super) kind: ChartKind,
    /// What the number is called.
    pub(super) number: String,
    pub(super) points: Vec<Point>,
    /// Rows without a number, or a time where one is needed.
    incomplete: usize,
    /// Whether there were rows after the last one that was kept.
    more: bool,
    columns: Columns,
    types: Vec<Type>,
}

/// Which of the answer's columns are shown.
#[derive(Debug, Clone)]
struct Columns {
    labels: Vec<usize>,
    across: Option<usize>,
    time: Option<usize>,
    number: usize,
}

impl Columns {
    fn pick(kind: ChartKind, types: &[Type]) -> Option<Self> {
        let number = |among: Range<usize>| {
            among.into_iter().find(|at| types.get(*at).is_some_and(Type::is_numeric))
        };
        let all = 0..types.len();
        let of = |labels: Vec<usize>, number| Self { labels, across: None, time: None, number };
        match kind {
            ChartKind::Bar => match number(1..types.len()) {
                // Several columns before the number name the bar together.
                Some(number) => Some(of((0..number).collect(), number)),
                None if types.len() > 1 => number(all).map(|number| of(vec![1], number)),
                None => None,
            },
            ChartKind::Line => {
                let time = types.iter().position(is_time)?;
                let number = number(all.clone())?;
                let labels = all.filter(|at| *at < number && *at != time).collect();
                Some(Self { time: Some(time), ..of(labels, number) })
            }
            ChartKind::Heatmap => {
                let number = number(2..types.len())?;
                Some(Self { across: Some(1), ..of(vec![0], number) })
            }
            ChartKind::Sparkline => number(all).map(|number| of((0..number).collect(), number)),
        }
    }
}

fn is_time(data_type: &Type) -> bool {
    matches!(data_type, Type::Date | Type::Timestamp(_) | Type::TimestampTz(_))
}

impl Data {
    /// Picks the columns that a chart of `kind` shows.
    ///
    /// # Errors
    /// When there are none.
    pub(crate) fn new(
        kind: ChartKind,
        labels: &[String],
        types: &[Type],
    ) -> Result<Self, OutputError> {
        let columns = Columns::pick(kind, types).ok_or_else(|| {
            let takes = match kind {
                ChartKind::Bar => "a bar chart takes a label and a number",
                ChartKind::Line => {
                    "a line chart takes a time, a series if there are several, and a number"
                }
                ChartKind::Heatmap => "a heatmap takes a row, a column and a number",
                ChartKind::Sparkline => "a sparkline takes a number",
            };
            let mut has: Vec<_> = labels
                .iter()
                .zip(types)
                .take(8)
                .map(|(label, data_type)| format!("{} {data_type}", visible(label)))
                .collect();
            if labels.len() > has.len() {
                has.push(format!("{} more", labels.len() - has.len()));
            }
            OutputError::Chart(format!("{takes}; the answer has {}", has.join(", ")))
        })?;
        let number = visible(labels.get(columns.number).map_or("", String::as_str)).into_owned();
        let types = types.to_vec();
        Ok(Self { kind, number, points: Vec::new(), incomplete: 0, more: false, columns, types })
    }

    /// Keeps the rows of `batch`, as long as there are not too many.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        let rows = batch.num_rows().min(MAX_POINTS - self.points.len() - self.incomplete);
        self.more |= rows < batch.num_rows();
        for row in 0..rows {
            match self.point(batch, row)? {
                Some(point) => self.points.push(point),
                None => self.incomplete += 1,
            }
        }
        Ok(())
    }

    /// Whether all rows that will be drawn have come.
    pub(crate) fn is_full(&self) -> bool {
        self.more
    }

    /// Whether several rows have one label.
    pub(super) fn repeats_labels(&self) -> bool {
        let mut seen = HashSet::new();
        !self.points.iter().all(|point| seen.insert(point.label.as_str()))
    }

    fn point(&self, batch: &RecordBatch, row: usize) -> Result<Option<Point>, OutputError> {
        let text = |at: usize| {
            let mut text = String::new();
            if let Some(data_type) = self.types.get(at) {
                value::text_into(batch.column(at), row, data_type, &mut text)?;
            }
            Ok::<_, OutputError>(text)
        };
        let label = |at: usize| {
            if value::is_null(batch.column(at), row) {
                return Ok("NULL".to_owned());
            }
            let text: String = text(at)?.chars().take(MAX_LABEL_CHARS).collect();
            Ok::<_, OutputError>(visible(&text).into_owned())
        };
        if value::is_null(batch.column(self.columns.number), row) {
            return Ok(None);
        }
        let value = text(self.columns.number)?
            .parse()
            .ok()
            .filter(|value: &f64| value.abs() <= MAX_ABS_VALUE);
        let time = match self.columns.time {
            Some(at) => self
                .types
                .get(at)
                .and_then(|data_type| millis(batch.column(at), row, data_type))
                .filter(|millis| (-MAX_MILLIS..=MAX_MILLIS).contains(millis)),
            None => Some(0),
        };
        let (Some(value), Some(time)) = (value, time) else { return Ok(None) };
        let labels = self.columns.labels.iter().map(|at| label(*at));
        Ok(Some(Point {
            label: labels.collect::<Result<Vec<_>, _>>()?.join(" "),
            across: self.columns.across.map_or(Ok(String::new()), label)?,
            time,
            value,
        }))
    }

    /// What the chart does not show, in sentences.
    pub(super) fn notes(&self, left_out: &[(usize, &str)]) -> Vec<String> {
        let mut notes: Vec<_> = left_out
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{what} not drawn: {}", thousands(*number)))
            .collect();
        if self.incomplete > 0 {
            let what = if self.columns.time.is_some() { "a time or number" } else { "a number" };
            notes.push(format!("rows without {what}: {}", thousands(self.incomplete)));
        }
        if self.more {
            notes.push(format!("drawn of the first {} rows", thousands(MAX_POINTS)));
        }
        notes
    }

    /// The smallest and the largest number.
    pub(super) fn extent(&self) -> (f64, f64) {
        let low = self.points.iter().map(|point| point.value).fold(f64::INFINITY, f64::min);
        let high = self.points.iter().map(|point| point.value).fold(low, f64::max);
        if low.is_finite() { (low, high) } else { (0.0, 0.0) }
    }

    /// From where to where an axis goes: from zero, unless all numbers are far from it.
    pub(super) fn height(&self) -> (f64, f64) {
        let (low, high) = self.extent();
        (if low > 0.0 && low < high / 2.0 { 0.0 } else { low }, high)
    }

    /// The first and the last time.
    pub(super) fn period(&self) -> (i64, i64) {
        let times = || self.points.iter().map(|point| point.time);
        (times().min().unwrap_or_default(), times().max().unwrap_or_default())
    }

    /// The series with the largest sums, each with its points in order of time; and how many are
    /// left out.
    pub(super) fn series(&self) -> (Vec<Series<'_>>, usize) {
        let mut series: Vec<Series<'_>> = Vec::new();
        let mut places = HashMap::new();
        for point in &self.points {
            let at = *places.entry(point.label.as_str()).or_insert_with(|| {
                series.push(Series { label: &point.label, points: Vec::new() });
                series.len() - 1
            });
            series[at].points.push((point.time, point.value));
        }
        let sum = |of: &Series<'_>| of.points.iter().map(|(_, value)| value.abs()).sum::<f64>();
        series.sort_by(|a, b| sum(b).total_cmp(&sum(a)));
        let left_out = series.len().saturating_sub(MAX_SERIES);
        series.truncate(MAX_SERIES);
        series.iter_mut().for_each(|series| series.points.sort_by_key(|(time, _)| *time));
        (series, left_out)
    }

    /// The cells of a heatmap: labels of rows in the answer's order, labels of columns in their own,
    /// and the numbers, summed where a pair is there several times.
    pub(super) fn grid(&self) -> Grid<'_> {
        let rows = distinct(self.points.iter().map(|point| point.label.as_str()));
        let mut columns = distinct(self.points.iter().map(|point| point.across.as_str()));
        let key = |label: &str| label.parse::<f64>().unwrap_or(f64::INFINITY);
        columns.sort_by(|a, b| key(a).total_cmp(&key(b)).then_with(|| a.cmp(b)));
        let mut cells = HashMap::new();
        for point in &self.points {
            *cells.entry((point.label.as_str(), point.across.as_str())).or_insert(0.0) +=
                point.value;
        }
        Grid { rows, columns, cells }
    }
}

/// Numbers over time.
pub(super) struct Series<'a> {
    pub(super) label: &'a str,
    /// Milliseconds since 1970, and the number.
    pub(super) points: Vec<(i64, f64)>,
}

/// Numbers of pairs of labels.
pub(super) struct Grid<'a> {
    pub(super) rows: Vec<&'a str>,
    pub(super) columns: Vec<&'a str>,
    cells: HashMap<(&'a str, &'a str), f64>,
}

impl<'a> Grid<'a> {
    pub(super) fn get(&self, row: &'a str, column: &'a str) -> Option<f64> {
        self.cells.get(&(row, column)).copied()
    }

    /// From where to where the shades go: from zero, unless there is less.
    pub(super) fn extent(&self) -> (f64, f64) {
        let low = self.cells.values().copied().fold(0.0, f64::min);
        (low, self.cells.values().copied().fold(low, f64::max))
    }
}

/// The labels, each once, in the order in which they came.
fn distinct<'a>(labels: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    labels.filter(|label| seen.insert(*label)).collect()
}

/// Returns a date or timestamp in milliseconds since 1970.
fn millis(array: &ArrayRef, row: usize, data_type: &Type) -> Option<i64> {
    if value::is_null(array, row) {
        return None;
    }
    let nanos = |nanos: i128| i64::try_from(nanos.div_euclid(1_000_000)).ok();
    match data_type {
        Type::Date => Some(i64::from(array.as_primitive_opt::<Date32Type>()?.value(row)) * DAY),
        Type::Timestamp(digits) if is_long(*digits) => {
            nanos(array.as_primitive_opt::<Decimal128Type>()?.value(row))
        }
        Type::Timestamp(digits) if units_per_second(*digits) == 1_000 => {
            Some(array.as_primitive_opt::<TimestampMillisecondType>()?.value(row))
        }
        Type::Timestamp(_) => {
            Some(array.as_primitive_opt::<TimestampMicrosecondType>()?.value(row).div_euclid(1_000))
        }
        Type::TimestampTz(_) => {
            nanos(zone::unpack(array.as_primitive_opt::<Decimal128Type>()?.value(row)).0)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(kind: ChartKind, types: &[Type]) -> Option<(Vec<usize>, usize)> {
        Columns::pick(kind, types).map(|columns| (columns.labels, columns.number))
    }

    #[test]
    fn columns_are_picked_by_kind() {
        let (text, number, time) = (Type::VARCHAR, Type::Bigint, Type::Timestamp(3));
        let [bar, line, heatmap, sparkline] = super::super::CHART_KINDS;
        let of = |types: &[&Type]| types.iter().map(|kind| (*kind).clone()).collect::<Vec<_>>();
        for (kind, types, want) in [
            (bar, of(&[&text, &number, &number]), Some((vec![0], 1))),
            (bar, of(&[&text, &text, &number]), Some((vec![0, 1], 2))),
            (bar, of(&[&number, &text]), Some((vec![1], 0))),
            (bar, of(&[&number, &number]), Some((vec![0], 1))),
            (bar, of(&[&number]), None),
            (bar, of(&[&text, &text]), None),
            (line, of(&[&time, &number]), Some((vec![], 1))),
            (line, of(&[&time, &text, &number]), Some((vec![1], 2))),
            (line, of(&[&text, &time, &number]), Some((vec![0], 2))),
            (line, of(&[&text, &number]), None),
            (heatmap, of(&[&number, &number, &number]), Some((vec![0], 2))),
            (heatmap, of(&[&text, &number]), None),
            (sparkline, of(&[&time, &number]), Some((vec![0], 1))),
            (sparkline, of(&[&time]), None),
        ] {
            assert_eq!(columns(kind, &types), want, "{kind:?} {types:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let labels: Vec<_> = (0..10).map(|n| format!("c{n}\u{1b}")).collect();
        let error = Data::new(ChartKind::Bar, &labels, &vec![Type::VARCHAR; 10]).unwrap_err();
        insta::assert_snapshot!(error);
    }

    #[test]
    fn a_bounded_number_of_rows_is_kept() {
        let numbers = arrow::array::Int64Array::from_iter((0..6_000).map(|n| (n > 0).then_some(n)));
        let batch = RecordBatch::try_from_iter([("n", std::sync::Arc::new(numbers) as _)]).unwrap();
        let mut data = Data::new(ChartKind::Sparkline, &["n".to_owned()], &[Type::Bigint]).unwrap();
        data.add(&batch).unwrap();
        assert!(!data.is_full());
        data.add(&batch).unwrap();
        data.add(&batch).unwrap();
        assert_eq!((data.points.len(), data.is_full()), (9_998, true));
        assert_eq!(
            data.notes(&[(1, "bars"), (0, "rows")]),
            ["bars not drawn: 1", "rows without a number: 2", "drawn of the first 10,000 rows"]
        );
    }
}
