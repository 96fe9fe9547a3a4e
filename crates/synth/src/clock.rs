//! Time of the generator: slots, the rate curve and the forms in which records write a time.
//!
//! Follows docs/events.md, "A synthetic generator that looks real", section Time: a daily wave with
//! its peak at 14:00 local time, weaker weekends, a little noise. Time is cut into slots of ten
//! minutes; a slot is delivered two to five minutes after its end, which keeps every delivery delay
//! between two and fifteen minutes. All tables are integers (thousandths), so that no machine's
//! floating point can change a file. The wall clock is never read.

use chrono::{Datelike, NaiveDate};

use crate::json::push_two;
use crate::rng::mix3;

/// Seconds of one slot.
pub(crate) const SLOT_SECONDS: i64 = 600;
/// Slots of one day.
pub(crate) const SLOTS_PER_DAY: u32 = 144;

/// Rate by local hour: 0.55 + 0.45 sin, in thousandths, highest around 14:00.
const HOURS: [u32; 24] = [
    134, 104, 104, 134, 193, 276, 378, 491, 609, 722, 824, 907, 966, 996, 996, 966, 907, 824, 722,
    609, 491, 378, 276, 193,
];
/// Rate by weekday, Monday first, in hundredths.
const WEEKDAYS: [u32; 7] = [100, 100, 100, 100, 100, 60, 55];
/// Quantiles of a log-normal noise with sigma 0.15, in thousandths.
const NOISE: [u32; 32] = [
    724, 778, 808, 832, 851, 868, 883, 897, 910, 923, 935, 947, 959, 971, 982, 994, 1006, 1018,
    1030, 1043, 1056, 1069, 1083, 1098, 1115, 1133, 1153, 1175, 1203, 1237, 1286, 1381,
];

/// A day and time of day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) year: i32,
    pub(crate) month: u32,
    pub(crate) day: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
}

/// Splits seconds since 1970 into a UTC moment.
///
/// Written out (days to civil date by eras of 400 years) because it runs once per record.
#[inline]
pub(crate) fn moment(epoch: i64) -> Moment {
    let days = epoch.div_euclid(86_400);
    let second_of_day = epoch.rem_euclid(86_400) as u32;
    // Shift to 0000-03-01, so that the leap day ends a year.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Moment {
        year: year as i32,
        month: month as u32,
        day: day as u32,
        hour: second_of_day / 3600,
        minute: second_of_day / 60 % 60,
        second: second_of_day % 60,
    }
}

/// Appends `2026-03-02T09:14:07Z`.
#[inline]
pub(crate) fn push_iso(out: &mut Vec<u8>, epoch: i64) {
    let at = moment(epoch);
    push_two(out, (at.year / 100) as u32);
    push_two(out, (at.year % 100) as u32);
    out.push(b'-');
    push_two(out, at.month);
    out.push(b'-');
    push_two(out, at.day);
    out.push(b'T');
    push_two(out, at.hour);
    out.push(b':');
    push_two(out, at.minute);
    out.push(b':');
    push_two(out, at.second);
    out.push(b'Z');
}

/// Returns `2026-03-02T09:14:07Z` as text.
pub(crate) fn iso_text(epoch: i64) -> String {
    let mut out = Vec::with_capacity(20);
    push_iso(&mut out, epoch);
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends the time as CloudTrail prints it inside parameters: `Mar 2, 2026, 9:14:07 AM`.
pub(crate) fn push_spoken(out: &mut Vec<u8>, epoch: i64) {
    const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let at = moment(epoch);
    let month = (at.month as usize - 1) * 3;
    out.extend_from_slice(&MONTHS[month..month + 3]);
    out.push(b' ');
    super::json::push_number(out, u64::from(at.day));
    out.extend_from_slice(b", ");
    super::json::push_number(out, at.year as u64);
    out.extend_from_slice(b", ");
    super::json::push_number(out, u64::from((at.hour + 11) % 12 + 1));
    out.push(b':');
    push_two(out, at.minute);
    out.push(b':');
    push_two(out, at.second);
    out.extend_from_slice(if at.hour < 12 { b" AM" } else { b" PM" });
}

/// The span of time a trail covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar {
    /// Seconds since 1970 of the first day's midnight (UTC).
    pub(crate) start: i64,
    /// Number of days.
    pub(crate) days: u32,
    first_weekday: u32,
}

impl Calendar {
    pub(crate) fn new(start: NaiveDate, days: u32) -> Self {
        let since_epoch = start.signed_duration_since(NaiveDate::default()).num_days();
        Self {
            start: since_epoch * 86_400,
            days,
            first_weekday: start.weekday().num_days_from_monday(),
        }
    }

    /// Returns the number of slots.
    pub(crate) fn slots(&self) -> u32 {
        self.days * SLOTS_PER_DAY
    }

    /// Returns the first second of a slot.
    pub(crate) fn slot_start(&self, slot: u32) -> i64 {
        self.start + i64::from(slot) * SLOT_SECONDS
    }

    /// Returns the slot of a second within the span.
    pub(crate) fn slot_of(&self, epoch: i64) -> u32 {
        ((epoch - self.start).max(0) / SLOT_SECONDS) as u32
    }

    /// Returns the first second after the span.
    pub(crate) fn end(&self) -> i64 {
        self.start + i64::from(self.days) * 86_400
    }

    fn local(&self, slot: u32, utc_offset_hours: i32) -> (u32, u32) {
        let hours = i64::from(slot / 6) + i64::from(utc_offset_hours);
        let weekday = (i64::from(self.first_weekday) + hours.div_euclid(24)).rem_euclid(7);
        (weekday as u32, hours.rem_euclid(24) as u32)
    }

    /// Returns the rate of a slot (no unit; about 1,000 at a weekday's peak).
    pub(crate) fn rate(&self, slot: u32, utc_offset_hours: i32, noise_seed: u64) -> u64 {
        let (weekday, hour) = self.local(slot, utc_offset_hours);
        let noise = NOISE[(mix3(noise_seed, 0x0c10, u64::from(slot)) & 31) as usize];
        u64::from(HOURS[hour as usize]) * u64::from(WEEKDAYS[weekday as usize]) * u64::from(noise)
            / 100_000
    }

    /// Returns true on working days from 9:00 to 18:00 local time.
    pub(crate) fn office_hours(&self, slot: u32, utc_offset_hours: i32) -> bool {
        let (weekday, hour) = self.local(slot, utc_offset_hours);
        weekday < 5 && (9..18).contains(&hour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn dates_agree_with_chrono() {
        for step in 0..4000_i64 {
            let epoch = -40_000_000_000 + step * 77_777_777;
            let theirs = DateTime::from_timestamp(epoch, 0).unwrap();
            if (1000..9999).contains(&theirs.year()) {
                assert_eq!(iso_text(epoch), theirs.format("%Y-%m-%dT%H:%M:%SZ").to_string());
            }
        }
    }

    #[test]
    fn parameters_print_a_spoken_time() {
        let mut out = Vec::new();
        push_spoken(&mut out, 1_772_442_847);
        assert_eq!(out, b"Mar 2, 2026, 9:14:07 AM");
    }

    #[test]
    fn nights_and_weekends_are_quiet() {
        // 2026-03-01 is a Sunday.
        let calendar = Calendar::new(NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(), 30);
        let average = |first: u32| (0..6).map(|s| calendar.rate(first + s, 0, 9)).sum::<u64>() / 6;
        let monday_14h = average(144 + 14 * 6);
        assert!(monday_14h > 5 * average(144 + 2 * 6));
        assert!(monday_14h > average(14 * 6) * 3 / 2);
        assert!(calendar.office_hours(144 + 14 * 6, 0));
        assert!(!calendar.office_hours(14 * 6, 0));
        assert!(!calendar.office_hours(144 + 14 * 6, 10));
    }
}
