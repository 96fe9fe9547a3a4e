//! `timestamp` and `timestamp with local time zone`: seconds, and nanoseconds within them.

use super::super::rle::Integers;
use super::{Opened, Opening, Positions, Rows, Values};
use crate::error::OrcError;
use crate::schema::{Kind, ORC_EPOCH_SECONDS};
use arrow::array::ArrayRef;
use arrow::datatypes::{
    ArrowTimestampType, DataType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use orc_rust::proto::stream::Kind as StreamKind;
use std::sync::Arc;

struct Timestamps {
    seconds: Integers,
    nanos: Integers,
    unit: TimeUnit,
    zone: Option<Arc<str>>,
}

pub(super) fn open(opening: &Opening<'_>) -> Opened {
    let (unit, zone) = match (opening.column.kind, opening.target) {
        (Kind::Timestamp, DataType::Timestamp(unit, None)) => (*unit, None),
        (Kind::TimestampInstant, DataType::Timestamp(unit, Some(zone))) => {
            (*unit, Some(Arc::clone(zone)))
        }
        _ => return Ok(None),
    };
    if let (None, Some(zone)) = (&zone, opening.stripe.foreign_zone()) {
        return Err(OrcError::Unsupported(format!("a writer in the time zone {zone}")));
    }
    let nanos = opening.unsigned(StreamKind::Secondary)?;
    let seconds = opening.signed(StreamKind::Data)?;
    Ok(Some(Box::new(Timestamps { seconds, nanos, unit, zone })))
}

impl Timestamps {
    /// Timestamps are seconds since 2015 and nanoseconds whose trailing zeros are counted in the lowest
    /// three bits. Before 1970 the seconds are those of the next whole one, unless there are less than
    /// a million nanoseconds, as in the first writers.
    fn next_values(&mut self, count: usize) -> Result<Vec<i64>, OrcError> {
        let mut values =
            self.seconds.read(count, |seconds| seconds.wrapping_add(ORC_EPOCH_SECONDS))?;
        let fractions = self.nanos.read(count, |coded| {
            let zeros = coded & 7;
            let digits = coded >> 3;
            if zeros == 0 { digits } else { digits.wrapping_mul(10_i64.pow(zeros as u32 + 1)) }
        })?;
        let (per_second, nanos_each) = match self.unit {
            TimeUnit::Second => (1, 1_000_000_000),
            TimeUnit::Millisecond => (1_000, 1_000_000),
            TimeUnit::Microsecond => (1_000_000, 1_000),
            TimeUnit::Nanosecond => (1_000_000_000, 1),
        };
        for (value, fraction) in values.iter_mut().zip(fractions) {
            if !(0..1_000_000_000).contains(&fraction) {
                let what = format!("a timestamp has {fraction} nanoseconds");
                return Err(self.nanos.damaged(what));
            }
            let whole = if *value < 0 && fraction > 999_999 { *value - 1 } else { *value };
            *value = whole
                .checked_mul(per_second)
                .and_then(|value| value.checked_add(fraction / nanos_each))
                .ok_or_else(|| self.seconds.damaged("a timestamp is out of range"))?;
        }
        Ok(values)
    }

    fn read_as<T: ArrowTimestampType>(&mut self, rows: &Rows<'_>) -> Result<ArrayRef, OrcError> {
        let values = self.next_values(rows.values())?;
        let array = rows.primitive::<T>(values)?.with_timezone_opt(self.zone.clone());
        rows.filter(Arc::new(array))
    }
}

impl Values for Timestamps {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.seconds.skip(count)?;
        self.nanos.skip(count)
    }

    fn seek(&mut self, positions: &mut Positions<'_>) -> Result<(), OrcError> {
        positions.seek_integers(&mut self.seconds)?;
        positions.seek_integers(&mut self.nanos)
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        match self.unit {
            TimeUnit::Second => self.read_as::<TimestampSecondType>(&rows),
            TimeUnit::Millisecond => self.read_as::<TimestampMillisecondType>(&rows),
            TimeUnit::Microsecond => self.read_as::<TimestampMicrosecondType>(&rows),
            TimeUnit::Nanosecond => self.read_as::<TimestampNanosecondType>(&rows),
        }
    }
}
