//! Arithmetic of the proleptic Gregorian calendar, for years far beyond those that chrono knows.

/// Nanoseconds of a day.
pub(crate) const DAY_NANOS: i64 = 86_400_000_000_000;
/// Milliseconds of a day.
pub(crate) const DAY_MILLIS: i64 = 86_400_000;
/// Seconds of a day.
pub(crate) const DAY_SECONDS: i64 = 86_400;
/// Nanoseconds of a second.
pub(crate) const SECOND_NANOS: i64 = 1_000_000_000;

/// A date by its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: u8,
    /// From 1.
    pub(super) day: u8,
}

impl Civil {
    /// Returns the date of a number of days since 1970-01-01.
    pub(super) fn of_days(days: i64) -> Self {
        // Years that start in March, so that the leap day is the last; eras of 400 years.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u8,
            day: (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8,
        }
    }

    /// Returns the days since 1970-01-01 of a date.
    pub(super) fn days(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = self.year - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// Returns the date of these parts, if there is one.
    pub(super) fn checked(year: i64, month: i64, day: i64) -> Option<Self> {
        if year.abs() > 1_000_000_000 || !(1..=12).contains(&month) || day < 1 {
            return None;
        }
        let month = month as u8;
        let day = u8::try_from(day).ok().filter(|day| *day <= month_length(year, month))?;
        Some(Self { year, month, day })
    }

    /// Returns the number of the day in its year, from 1.
    pub(super) fn day_of_year(self) -> i64 {
        self.days() - first_of_year(self.year) + 1
    }

    /// Returns the date some months later; a day that its month lacks becomes the last one.
    pub(super) fn add_months(self, months: i64) -> Self {
        let count = self.year * 12 + i64::from(self.month) - 1 + months;
        let (year, month) = (count.div_euclid(12), count.rem_euclid(12) as u8 + 1);
        Self { year, month, day: self.day.min(month_length(year, month)) }
    }
}

/// Whether a year has 366 days.
pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Returns how many days a month has.
pub(super) fn month_length(year: i64, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the days since 1970 of a year's first day.
pub(super) fn first_of_year(year: i64) -> i64 {
    Civil { year, month: 1, day: 1 }.days()
}

/// Returns the day of the week, Monday 1 to Sunday 7.
pub(super) fn day_of_week(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

/// Returns the ISO year and week of a day: weeks start on Monday and belong to the year that has
/// most of their days.
pub(super) fn week(days: i64) -> (i64, i64) {
    let thursday = days - day_of_week(days) + 4;
    let year = Civil::of_days(thursday).year;
    (year, (thursday - first_of_year(year)) / 7 + 1)
}

/// Returns the Monday of an ISO year's first week.
pub(super) fn first_monday(year: i64) -> i64 {
    let fourth = first_of_year(year) + 3;
    fourth - day_of_week(fourth) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        for (year, month, day, days) in [
            (1970, 1, 1, 0),
            (2000, 2, 29, 11_016),
            (1969, 12, 31, -1),
            (0, 3, 1, -719_468),
            (5_881_580, 7, 11, i64::from(i32::MAX)),
            (-5_877_641, 6, 23, i64::from(i32::MIN)),
        ] {
            let civil = Civil { year, month, day };
            assert_eq!((civil.days(), Civil::of_days(days)), (days, civil));
        }
        assert_eq!(Civil::checked(1900, 2, 29), None);
    }

    #[test]
    fn weeks_cross_years() {
        let days = |year, month, day| Civil { year, month, day }.days();
        assert_eq!(week(days(2021, 1, 3)), (2020, 53));
        assert_eq!(week(days(2019, 12, 30)), (2020, 1));
        assert_eq!(day_of_week(days(2024, 2, 29)), 4);
        assert_eq!(first_monday(2020), days(2019, 12, 30));
    }

    #[test]
    fn months_end_where_they_end() {
        let start = Civil { year: 2020, month: 1, day: 31 };
        assert_eq!(start.add_months(1), Civil { year: 2020, month: 2, day: 29 });
        assert_eq!(start.add_months(-2), Civil { year: 2019, month: 11, day: 30 });
    }
}
