//! `timestamp` and `timestamp with local time zone`: seconds, and nanoseconds within them.

use super::{
    ColumnWriter, Direct, DirectValues, EncodingKind, Settings, StreamKind, Summary, Values,
    write_integers,
};
use crate::error::OrcError;
use crate::schema::ORC_EPOCH_SECONDS;
use crate::write::statistics::Range;
use crate::write::stream::Stream;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};

struct Timestamps {
    name: String,
    unit: TimeUnit,
    values: Vec<i64>,
}

pub(super) fn open(settings: &Settings) -> Box<dyn Values> {
    // Seconds and nanoseconds.
    let streams = [settings.runs(StreamKind::Data), settings.runs(StreamKind::Secondary)];
    let name = settings.name.clone();
    let timestamps = Timestamps { name, unit: TimeUnit::Second, values: Vec::new() };
    Box::new(Direct::new(timestamps, streams))
}

impl Timestamps {
    /// Returns the value as ORC has it: seconds since 2015, and nanoseconds.
    fn encoded(&self, value: i64) -> Result<(i64, i64), OrcError> {
        let (mut seconds, nanos) = split(self.unit, value);
        // ORC rounds seconds before 1970 up, and readers guess by the nanoseconds that it did.
        if seconds < 0 && nanos > 999_999 {
            seconds += 1;
            if seconds == 0 {
                return Err(OrcError::Unsupported(format!(
                    "a time in the last second before 1970 ({nanos} ns into it, column {:?})",
                    self.name
                )));
            }
        }
        match seconds.checked_mul(1000) {
            Some(_) => Ok((seconds - ORC_EPOCH_SECONDS, packed_nanos(nanos))),
            None => Err(OrcError::Unsupported(format!(
                "a time {value} s from 1970 (column {:?})",
                self.name
            ))),
        }
    }
}

impl DirectValues for Timestamps {
    const ENCODING: EncodingKind = EncodingKind::DirectV2;

    fn write(
        &mut self,
        _streams: &mut [Stream],
        array: &dyn Array,
        rows: &[u32],
        _summary: &mut Summary,
        _children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        let DataType::Timestamp(unit, _) = array.data_type() else { return Ok(()) };
        let values: &[i64] = match unit {
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values(),
            TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values(),
            TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values(),
            TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().values(),
        };
        self.unit = *unit;
        self.values.extend(rows.iter().map(|&row| values[row as usize]));
        Ok(())
    }

    fn end_group(&mut self, streams: &mut [Stream], summary: &mut Summary) -> Result<(), OrcError> {
        let encoded = self.values.iter().map(|&value| self.encoded(value));
        let (seconds, nanos): (Vec<_>, Vec<_>) =
            encoded.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        write_integers(&mut streams[0], &seconds, true);
        write_integers(&mut streams[1], &nanos, false);

        let values = std::mem::take(&mut self.values);
        let split = |value: i64| split(self.unit, value);
        if let Range::Timestamp { bounds } = &mut summary.statistics.range {
            let extremes = values.iter().copied().min().zip(values.iter().copied().max());
            *bounds = extremes.map(|(min, max)| (split(min), split(max)));
        }
        if let Some(bloom) = &mut summary.bloom {
            bloom.add_integers(values.into_iter().map(|value| {
                let (seconds, nanos) = split(value);
                seconds * 1000 + i64::from(nanos / 1_000_000)
            }));
        }
        Ok(())
    }
}

/// Splits a time into seconds since 1970, rounded down, and nanoseconds.
fn split(unit: TimeUnit, value: i64) -> (i64, u32) {
    let second = match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    let nanos = value.rem_euclid(second) * (1_000_000_000 / second);
    (value.div_euclid(second), nanos as u32)
}

/// Returns nanoseconds without the zeros at their end, the number of which is in the lowest bits.
fn packed_nanos(nanos: u32) -> i64 {
    let mut nanos = i64::from(nanos);
    if nanos == 0 || nanos % 100 != 0 {
        return nanos << 3;
    }
    nanos /= 100;
    let mut zeros = 1;
    while nanos % 10 == 0 {
        nanos /= 10;
        zeros += 1;
    }
    nanos << 3 | zeros
}
