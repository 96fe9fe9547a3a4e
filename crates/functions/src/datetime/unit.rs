//! Units of time as `date_trunc`, `date_add` and `date_diff` name them.

use super::civil::DAY_NANOS;
use crate::call::{Call, Column};
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// How long a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// Less than a day, in nanoseconds.
    Nanos(i64),
    Days(i64),
    Months(i64),
}

impl Unit {
    fn parse(name: &str) -> Option<Self> {
        const NAMES: [(&str, Unit); 9] = [
            ("millisecond", Unit::Millisecond),
            ("second", Unit::Second),
            ("minute", Unit::Minute),
            ("hour", Unit::Hour),
            ("day", Unit::Day),
            ("week", Unit::Week),
            ("month", Unit::Month),
            ("quarter", Unit::Quarter),
            ("year", Unit::Year),
        ];
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, unit)| *unit)
    }

    pub(super) fn length(self) -> Length {
        match self {
            Self::Millisecond => Length::Nanos(1_000_000),
            Self::Second => Length::Nanos(1_000_000_000),
            Self::Minute => Length::Nanos(60_000_000_000),
            Self::Hour => Length::Nanos(DAY_NANOS / 24),
            Self::Day => Length::Days(1),
            Self::Week => Length::Days(7),
            Self::Month => Length::Months(1),
            Self::Quarter => Length::Months(3),
            Self::Year => Length::Months(12),
        }
    }

    /// Returns the unit of that name, if values of `data_type` have it.
    fn of(name: &str, data_type: &Type) -> SqlResult<Self> {
        let (what, wanted): (_, fn(Length) -> bool) = match data_type {
            Type::Date => ("DATE", |length| !matches!(length, Length::Nanos(_))),
            Type::Time(_) => ("TIME", |length| matches!(length, Length::Nanos(_))),
            _ => ("TIMESTAMP", |_| true),
        };
        Self::parse(name)
            .filter(|unit| wanted(unit.length()))
            .ok_or_else(|| SqlError::argument(format!("'{name}' is not a valid {what} field")))
    }
}

/// The units that the first argument of a call names.
pub(super) struct Units<'a> {
    constant: Option<SqlResult<Unit>>,
    names: Column<'a, &'a str>,
    data_type: &'a Type,
}

impl<'a> Units<'a> {
    /// Reads the units for values of `data_type`.
    pub(super) fn open(call: &Call<'a>, data_type: &'a Type) -> SqlResult<Self> {
        let constant = call.constant::<&str>(0)?.map(|name| Unit::of(name, data_type));
        Ok(Self { constant, names: call.column(0)?, data_type })
    }

    /// Returns the unit of all rows, if that is a constant.
    pub(super) fn constant(&self) -> Option<&SqlResult<Unit>> {
        self.constant.as_ref()
    }

    /// Returns the unit of a row, unless it is NULL. An unknown name is an error only for rows without
    /// a NULL argument.
    #[inline]
    pub(super) fn get(&self, row: usize) -> SqlResult<Option<Unit>> {
        match &self.constant {
            Some(unit) => unit.clone().map(Some),
            None => self.names.get(row).map(|name| Unit::of(name, self.data_type)).transpose(),
        }
    }
}
