//! Which stripes and row groups cannot hold a row that passes: by their statistics and bloom filters.

use super::bind::Plan;
use super::columns::ScanFile;
use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::stats::Precision;
use datafusion::common::{Column, ColumnStatistics, ScalarValue};
use datafusion_pruning::PruningPredicate;
use std::collections::HashSet;
use std::sync::Arc;
use traillake_orc::proto::ColumnStatistics as FileStatistics;
use traillake_orc::read::{BloomFilters, time_bound};
use traillake_orc::schema::Kind;

/// Units of a file: stripes, or row groups of a stripe.
pub(super) struct Units<'a> {
    pub(super) plan: &'a Plan,
    /// Rows of each unit.
    pub(super) rows: Vec<u64>,
    /// For each column of the scan, its statistics in each unit, if the file has them.
    pub(super) statistics: Vec<Option<Vec<&'a FileStatistics>>>,
    /// The columns of the scan as the file has them.
    pub(super) files: &'a [Option<ScanFile>],
    /// For each column of the scan, its bloom filters, if they are to be asked.
    pub(super) blooms: &'a [Option<Arc<BloomFilters>>],
}

impl Units<'_> {
    /// Returns for each unit whether it must be read; all of them if that cannot be told.
    pub(super) fn to_read(&self, predicate: &PruningPredicate) -> Vec<bool> {
        predicate.prune(self).unwrap_or_else(|_| vec![true; self.rows.len()])
    }

    fn find(&self, column: &Column) -> Option<usize> {
        self.plan.columns.iter().position(|known| *known.field.name() == column.name)
    }

    fn bounds(
        &self,
        column: &Column,
        bound: fn(&FileStatistics, Kind, &DataType) -> Option<ScalarValue>,
    ) -> Option<ArrayRef> {
        let at = self.find(column)?;
        let statistics = self.statistics.get(at)?.as_ref()?;
        let kind = self.files.get(at)?.as_ref()?.leaf.kind;
        let data_type = self.plan.columns.get(at)?.field.data_type();
        let unknown = ScalarValue::try_from(data_type).ok()?;
        let bounds = statistics.iter().map(|statistics| {
            bound(statistics, kind, data_type).unwrap_or_else(|| unknown.clone())
        });
        ScalarValue::iter_to_array(bounds).ok()
    }
}

impl PruningStatistics for Units<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |statistics, kind, t| range(statistics, kind, t).map(|range| range.0))
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |statistics, kind, t| range(statistics, kind, t).map(|range| range.1))
    }

    fn num_containers(&self) -> usize {
        self.rows.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let statistics = self.statistics.get(self.find(column)?)?.as_ref()?;
        let nulls = self.rows.iter().zip(statistics).map(|(rows, statistics)| {
            statistics.number_of_values.and_then(|values| rows.checked_sub(values))
        });
        Some(Arc::new(nulls.collect::<UInt64Array>()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from(self.rows.clone())))
    }

    fn contained(&self, column: &Column, values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        let blooms = self.blooms.get(self.find(column)?)?.as_ref()?;
        let texts: Vec<&str> =
            values.iter().map(|value| value.try_as_str().flatten()).collect::<Option<_>>()?;
        let may_hold = |group| texts.iter().any(|text| blooms.may_hold(group, text.as_bytes()));
        Some(
            (0..self.rows.len())
                .map(|group| if may_hold(group) { None } else { Some(false) })
                .collect(),
        )
    }
}

/// Returns what the statistics of a column of a file tell the planner, of so many rows.
pub(super) fn column_statistics(
    statistics: &FileStatistics,
    kind: Kind,
    data_type: &DataType,
    rows: u64,
) -> ColumnStatistics {
    let nulls = statistics.number_of_values.and_then(|values| rows.checked_sub(values));
    // Long texts have bounds, which no row needs to have.
    let exact = statistics
        .string_statistics
        .as_ref()
        .is_none_or(|text| text.minimum.is_some() && text.maximum.is_some());
    let bound = |value: Option<ScalarValue>| match value {
        Some(value) if exact => Precision::Exact(value),
        Some(value) => Precision::Inexact(value),
        None => Precision::Absent,
    };
    let (min, max) = range(statistics, kind, data_type).unzip();
    ColumnStatistics {
        null_count: nulls.map_or(Precision::Absent, |nulls| Precision::Exact(nulls as usize)),
        min_value: bound(min),
        max_value: bound(max),
        ..ColumnStatistics::new_unknown()
    }
}

/// Returns bounds of a unit's values, as the table's type: nothing below the first, nothing above
/// the second. `None` where the file does not tell, and for floating point numbers, whose statistics
/// pass over what is not a number.
pub(super) fn range(
    statistics: &FileStatistics,
    kind: Kind,
    data_type: &DataType,
) -> Option<(ScalarValue, ScalarValue)> {
    match (kind, data_type) {
        (Kind::String, DataType::Utf8 | DataType::Utf8View) => {
            let text = statistics.string_statistics.as_ref()?;
            let low = text.minimum.as_ref().or(text.lower_bound.as_ref())?;
            let high = text.maximum.as_ref().or(text.upper_bound.as_ref())?;
            let scalar = |text: &String| match data_type {
                DataType::Utf8View => ScalarValue::Utf8View(Some(text.clone())),
                _ => ScalarValue::Utf8(Some(text.clone())),
            };
            Some((scalar(low), scalar(high)))
        }
        (Kind::Byte | Kind::Short | Kind::Int | Kind::Long, data_type) => {
            let numbers = statistics.int_statistics.as_ref()?;
            let scalar = |n: i64| ScalarValue::Int64(Some(n)).cast_to(data_type).ok();
            Some((scalar(numbers.minimum?)?, scalar(numbers.maximum?)?))
        }
        (Kind::Date, DataType::Date32) => {
            let dates = statistics.date_statistics.as_ref()?;
            let scalar = |day| ScalarValue::Date32(Some(day));
            Some((scalar(dates.minimum?), scalar(dates.maximum?)))
        }
        (Kind::Boolean, DataType::Boolean) => {
            let yes = *statistics.bucket_statistics.as_ref()?.count.first()?;
            let values = statistics.number_of_values?;
            (values > 0).then(|| {
                let scalar = |value| ScalarValue::Boolean(Some(value));
                (scalar(yes == values), scalar(yes > 0))
            })
        }
        (Kind::Timestamp | Kind::TimestampInstant, DataType::Timestamp(unit, zone)) => {
            let times = statistics.timestamp_statistics.as_ref()?;
            let (low, _) = time_bound(times.minimum_utc?, times.minimum_nanos, 0);
            let (high, _) = time_bound(times.maximum_utc?, times.maximum_nanos, 999_999);
            let nanos_each = match unit {
                TimeUnit::Second => 1_000_000_000,
                TimeUnit::Millisecond => 1_000_000,
                TimeUnit::Microsecond => 1_000,
                TimeUnit::Nanosecond => 1,
            };
            let scale = |nanos: i128| i64::try_from(nanos.div_euclid(nanos_each)).ok();
            let scalar = |time: i64| {
                let zone = zone.clone();
                match unit {
                    TimeUnit::Second => ScalarValue::TimestampSecond(Some(time), zone),
                    TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(Some(time), zone),
                    TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(Some(time), zone),
                    TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(Some(time), zone),
                }
            };
            Some((scalar(scale(low)?), scalar(scale(high)?)))
        }
        _ => None,
    }
}
