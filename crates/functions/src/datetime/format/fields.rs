//! Fields of local time, as Joda reads, sets and orders them.
//!
//! Time is counted in milliseconds since 1970 by the local clock.

use crate::datetime::civil::{self, Civil, DAY_MILLIS, first_of_year, is_leap, month_length};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// 0 is BC, 1 is AD.
    Era,
    CenturyOfEra,
    YearOfEra,
    Year,
    Weekyear,
    Month,
    DayOfYear,
    Week,
    DayOfMonth,
    DayOfWeek,
    /// 0 is AM, 1 is PM.
    Halfday,
    HourOfDay,
    /// 1 to 24.
    ClockhourOfDay,
    /// 0 to 11.
    HourOfHalfday,
    /// 1 to 12.
    ClockhourOfHalfday,
    Minute,
    Second,
    /// Milliseconds of a unit that has this many.
    MillisOf(i64),
}

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
const SECOND: i64 = 1_000;
/// The first and last years that there are.
const YEARS: (i64, i64) = (-292_275_054, 292_278_993);

/// How long units are, by rank: a field lasts for one, and restarts with another.
mod rank {
    pub(super) const MILLI: u8 = 0;
    pub(super) const SECOND: u8 = 1;
    pub(super) const MINUTE: u8 = 2;
    pub(super) const HOUR: u8 = 3;
    pub(super) const HALFDAY: u8 = 4;
    pub(super) const DAY: u8 = 5;
    pub(super) const WEEK: u8 = 6;
    pub(super) const MONTH: u8 = 7;
    pub(super) const YEAR: u8 = 8;
    pub(super) const CENTURY: u8 = 9;
    pub(super) const FOREVER: u8 = 10;
}

/// A value that a field cannot have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutOfRange {
    name: &'static str,
    value: i64,
    range: (i64, i64),
}

impl std::fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, value, range: (low, high) } = self;
        write!(f, "Value {value} for {name} must be in the range [{low},{high}]")
    }
}

fn day(millis: i64) -> i64 {
    millis.div_euclid(DAY_MILLIS)
}

fn time(millis: i64) -> i64 {
    millis.rem_euclid(DAY_MILLIS)
}

fn date(millis: i64) -> Civil {
    Civil::of_days(day(millis))
}

/// Returns the same time on another day.
fn on(day: i64, millis: i64) -> i64 {
    day.saturating_mul(DAY_MILLIS).saturating_add(time(millis))
}

/// Moves to the same day of another year; what is after February stays the same date.
fn in_year(millis: i64, year: i64) -> i64 {
    let this = date(millis).year;
    let mut days = day(millis) - first_of_year(this);
    if days >= 31 + 28 {
        days += i64::from(is_leap(year)) - i64::from(is_leap(this));
    }
    on(first_of_year(year) + days, millis)
}

fn weeks_in(weekyear: i64) -> i64 {
    (civil::first_monday(weekyear + 1) - civil::first_monday(weekyear)) / 7
}

impl Field {
    /// Returns its value at a time.
    pub(super) fn get(self, millis: i64) -> i64 {
        match self {
            Self::Era => i64::from(date(millis).year > 0),
            Self::CenturyOfEra => date(millis).year.abs() / 100,
            Self::YearOfEra => match date(millis).year {
                year if year <= 0 => 1 - year,
                year => year,
            },
            Self::Year => date(millis).year,
            Self::Weekyear => civil::week(day(millis)).0,
            Self::Month => i64::from(date(millis).month),
            Self::DayOfYear => date(millis).day_of_year(),
            Self::Week => civil::week(day(millis)).1,
            Self::DayOfMonth => i64::from(date(millis).day),
            Self::DayOfWeek => civil::day_of_week(day(millis)),
            Self::Halfday => time(millis) / (12 * HOUR),
            Self::HourOfDay => time(millis) / HOUR,
            Self::ClockhourOfDay => match time(millis) / HOUR {
                0 => 24,
                hour => hour,
            },
            Self::HourOfHalfday => time(millis) / HOUR % 12,
            Self::ClockhourOfHalfday => match time(millis) / HOUR % 12 {
                0 => 12,
                hour => hour,
            },
            Self::Minute => time(millis) / MINUTE % 60,
            Self::Second => time(millis) / SECOND % 60,
            Self::MillisOf(unit) => millis.rem_euclid(unit),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Era => "era",
            Self::CenturyOfEra => "centuryOfEra",
            Self::YearOfEra => "yearOfEra",
            Self::Year => "year",
            Self::Weekyear => "weekyear",
            Self::Month => "monthOfYear",
            Self::DayOfYear => "dayOfYear",
            Self::Week => "weekOfWeekyear",
            Self::DayOfMonth => "dayOfMonth",
            Self::DayOfWeek => "dayOfWeek",
            Self::Halfday => "halfdayOfDay",
            Self::HourOfDay => "hourOfDay",
            Self::ClockhourOfDay => "clockhourOfDay",
            Self::HourOfHalfday => "hourOfHalfday",
            Self::ClockhourOfHalfday => "clockhourOfHalfday",
            Self::Minute => "minuteOfHour",
            Self::Second => "secondOfMinute",
            Self::MillisOf(_) => "millisOfSecond",
        }
    }

    /// Returns the least and most values it can be set to.
    fn range(self, millis: i64) -> (i64, i64) {
        match self {
            Self::Era | Self::Halfday => (0, 1),
            Self::CenturyOfEra => (0, YEARS.1 / 100),
            Self::YearOfEra => (1, YEARS.1),
            Self::Year => (YEARS.0 - 1, YEARS.1 + 1),
            Self::Weekyear => YEARS,
            Self::Month | Self::ClockhourOfHalfday => (1, 12),
            Self::DayOfYear => (1, 365 + i64::from(is_leap(date(millis).year))),
            Self::Week => (1, weeks_in(civil::week(day(millis)).0)),
            Self::DayOfMonth => {
                let Civil { year, month, .. } = date(millis);
                (1, i64::from(month_length(year, month)))
            }
            Self::DayOfWeek => (1, 7),
            Self::HourOfDay => (0, 23),
            Self::ClockhourOfDay => (1, 24),
            Self::HourOfHalfday => (0, 11),
            Self::Minute | Self::Second => (0, 59),
            Self::MillisOf(unit) => (0, unit - 1),
        }
    }

    /// Returns the time with another value of this field.
    pub(super) fn set(self, millis: i64, value: i64) -> Result<i64, OutOfRange> {
        let range = self.range(millis);
        if !(range.0..=range.1).contains(&value) {
            return Err(OutOfRange { name: self.name(), value, range });
        }
        let plus = |unit: i64, value: i64, now: i64| millis + (value - now) * unit;
        let Civil { year, month: _, day: day_of_month } = date(millis);
        Ok(match self {
            Self::Era => {
                if i64::from(year > 0) == value {
                    millis
                } else {
                    in_year(millis, -year)
                }
            }
            Self::CenturyOfEra => {
                let years = value * 100 + year.abs() % 100;
                in_year(millis, if year < 0 { -years } else { years })
            }
            Self::YearOfEra => in_year(millis, if year <= 0 { 1 - value } else { value }),
            Self::Year => in_year(millis, value),
            Self::Weekyear => {
                let week = civil::week(day(millis)).1.min(weeks_in(value));
                let monday = civil::first_monday(value) + (week - 1) * 7;
                on(monday + civil::day_of_week(day(millis)) - 1, millis)
            }
            Self::Month => {
                let month = value as u8;
                let day = day_of_month.min(month_length(year, month));
                on(Civil { year, month, day }.days(), millis)
            }
            Self::Week => plus(7 * DAY_MILLIS, value, self.get(millis)),
            Self::DayOfYear | Self::DayOfMonth | Self::DayOfWeek => {
                plus(DAY_MILLIS, value, self.get(millis))
            }
            Self::Halfday => plus(12 * HOUR, value, self.get(millis)),
            Self::HourOfDay | Self::HourOfHalfday => plus(HOUR, value, self.get(millis)),
            Self::ClockhourOfDay => plus(HOUR, value % 24, self.get(millis) % 24),
            Self::ClockhourOfHalfday => plus(HOUR, value % 12, self.get(millis) % 12),
            Self::Minute => plus(MINUTE, value, self.get(millis)),
            Self::Second => plus(SECOND, value, self.get(millis)),
            Self::MillisOf(_) => plus(1, value, self.get(millis)),
        })
    }

    /// Returns when the unit of this field began.
    pub(super) fn floor(self, millis: i64) -> i64 {
        let midnight = |day: i64| day.saturating_mul(DAY_MILLIS);
        let within = |unit: i64| millis - millis.rem_euclid(unit);
        let Civil { year, month, .. } = date(millis);
        match self {
            Self::Era if year > 0 => midnight(first_of_year(1)),
            Self::Era => midnight(first_of_year(YEARS.0)),
            Self::CenturyOfEra => midnight(first_of_year(year / 100 * 100)),
            Self::YearOfEra | Self::Year => midnight(first_of_year(year)),
            Self::Weekyear => midnight(civil::first_monday(civil::week(day(millis)).0)),
            Self::Month => midnight(Civil { year, month, day: 1 }.days()),
            Self::Week => midnight(day(millis) - civil::day_of_week(day(millis)) + 1),
            Self::DayOfYear | Self::DayOfMonth | Self::DayOfWeek => midnight(day(millis)),
            Self::Halfday => within(12 * HOUR),
            Self::HourOfDay
            | Self::ClockhourOfDay
            | Self::HourOfHalfday
            | Self::ClockhourOfHalfday => within(HOUR),
            Self::Minute => within(MINUTE),
            Self::Second => within(SECOND),
            Self::MillisOf(_) => millis,
        }
    }

    /// Returns the ranks of the unit that it restarts with, and of its own. Fields are set in
    /// falling order of both.
    pub(super) fn ranks(self) -> (u8, u8) {
        match self {
            Self::Era => (rank::FOREVER, rank::FOREVER),
            Self::CenturyOfEra => (rank::FOREVER, rank::CENTURY),
            Self::YearOfEra | Self::Year | Self::Weekyear => (rank::FOREVER, rank::YEAR),
            Self::Month => (rank::YEAR, rank::MONTH),
            Self::Week => (rank::YEAR, rank::WEEK),
            Self::DayOfYear => (rank::YEAR, rank::DAY),
            Self::DayOfMonth => (rank::MONTH, rank::DAY),
            Self::DayOfWeek => (rank::WEEK, rank::DAY),
            Self::Halfday => (rank::DAY, rank::HALFDAY),
            Self::HourOfDay | Self::ClockhourOfDay => (rank::DAY, rank::HOUR),
            Self::HourOfHalfday | Self::ClockhourOfHalfday => (rank::HALFDAY, rank::HOUR),
            Self::Minute => (rank::HOUR, rank::MINUTE),
            Self::Second => (rank::MINUTE, rank::SECOND),
            Self::MillisOf(unit) => {
                let whole = match unit {
                    HOUR.. => rank::HOUR,
                    MINUTE.. => rank::MINUTE,
                    _ => rank::SECOND,
                };
                (whole, rank::MILLI)
            }
        }
    }

    /// Whether it is a part of a year, from days to months.
    pub(super) fn is_part_of_year(self) -> bool {
        (rank::DAY..=rank::MONTH).contains(&self.ranks().1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i64, month: u8, day: u8) -> i64 {
        Civil { year, month, day }.days() * DAY_MILLIS
    }

    #[test]
    fn fields_are_set() {
        for (field, start, value, want) in [
            (Field::Year, at(2020, 2, 29), 2021, Some(at(2021, 2, 28))),
            (Field::Month, at(2020, 1, 31), 2, Some(at(2020, 2, 29))),
            (Field::DayOfMonth, at(2021, 2, 1), 29, None),
            (Field::Weekyear, at(2020, 12, 31), 2021, Some(at(2021, 12, 30))),
            (Field::Week, at(2019, 1, 1), 53, None),
            (Field::DayOfWeek, at(2013, 5, 17), 1, Some(at(2013, 5, 13))),
            (Field::ClockhourOfHalfday, at(2020, 1, 1), 12, Some(at(2020, 1, 1))),
            (Field::YearOfEra, at(-10, 1, 1), 5, Some(at(-4, 1, 1))),
        ] {
            assert_eq!(field.set(start, value).ok(), want, "{field:?}");
        }
        let error = Field::HourOfDay.set(0, 24).unwrap_err();
        assert_eq!(error.to_string(), "Value 24 for hourOfDay must be in the range [0,23]");
    }
}
