//! When dashboards are refreshed by themselves. Times of day are UTC.

use serde::{Deserialize, Serialize};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// The hours after which a dashboard can be refreshed again.
const HOURS: [i64; 4] = [1, 6, 12, 24];

/// A schedule, as requests and answers have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Schedule {
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency: Option<Frequency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_of_day: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Frequency {
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Unit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Unit {
    Hours,
    Days,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Enabled,
    Disabled,
}

impl Schedule {
    /// Puts what a request says in the place of what was there, and completes it. The error says what is wrong.
    pub(super) fn changed(before: Option<&Self>, wanted: Self) -> Result<Self, String> {
        let before = before.cloned().unwrap_or_default();
        let mut schedule = Self {
            frequency: wanted.frequency.or(before.frequency),
            status: wanted.status.or(before.status),
            time_of_day: wanted.time_of_day.or(before.time_of_day),
        };
        if let Some(time) = &schedule.time_of_day {
            minutes(time)
                .ok_or_else(|| format!("TimeOfDay {time} is no time of a day such as 23:30."))?;
        }
        match schedule.frequency {
            Some(frequency) => {
                frequency.period()?;
                schedule.status = schedule.status.or(Some(Status::Enabled));
                schedule.time_of_day = schedule.time_of_day.or(Some("00:00".to_owned()));
            }
            None if schedule.status == Some(Status::Enabled) => {
                return Err("A schedule that is ENABLED needs a Frequency.".to_owned());
            }
            None => {}
        }
        Ok(schedule)
    }

    /// Whether it is the one of AWS's highlights: every six hours, and, with `running`, enabled.
    pub(super) fn is_that_of_highlights(&self, running: bool) -> bool {
        let six_hours = Frequency { unit: Some(Unit::Hours), value: Some(6) };
        let is_enabled = self.status == Some(Status::Enabled);
        self.frequency == Some(six_hours) && (is_enabled || !running)
    }

    /// Returns the first moment after another at which it is time, in milliseconds since 1970 UTC. `None` for one that
    /// is not enabled.
    pub(super) fn next(&self, after: i64) -> Option<i64> {
        let is_enabled = self.status == Some(Status::Enabled);
        let frequency = self.frequency.filter(|_| is_enabled)?;
        let period = frequency.period().ok()?;
        let minutes = minutes(self.time_of_day.as_deref().unwrap_or("00:00"))?;
        // Of a schedule by hours the time of day says the minute alone.
        let offset = match frequency.unit? {
            Unit::Hours => minutes % 60,
            Unit::Days => minutes,
        };
        let passed = after.checked_sub(offset * MINUTE)?.rem_euclid(period);
        after.checked_add(period - passed)
    }
}

impl Frequency {
    /// Milliseconds from one time to the next.
    fn period(self) -> Result<i64, String> {
        match (self.unit, self.value) {
            (Some(Unit::Hours), Some(hours)) if HOURS.contains(&hours) => Ok(hours * HOUR),
            (Some(Unit::Days), Some(1)) => Ok(24 * HOUR),
            _ => Err("A Frequency is 1, 6, 12 or 24 HOURS, or 1 DAYS.".to_owned()),
        }
    }
}

/// Minutes of a time of day since midnight.
fn minutes(time: &str) -> Option<i64> {
    let (hour, minute) = time.split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use serde_json::{Value, json};

    fn schedule(json: Value) -> Result<Schedule, String> {
        Schedule::changed(None, serde_json::from_value(json).unwrap())
    }

    fn next(json: Value, after: &str) -> String {
        let after: DateTime<Utc> = after.parse().unwrap();
        let next = schedule(json).unwrap().next(after.timestamp_millis());
        next.and_then(DateTime::from_timestamp_millis)
            .map_or("never".to_owned(), |next| next.format("%m-%dT%H:%M").to_string())
    }

    #[test]
    fn the_next_time_is_after_the_last() {
        let hours =
            |n: i64, at: &str| json!({"Frequency": {"Unit": "HOURS", "Value": n}, "TimeOfDay": at});
        let daily = json!({"Frequency": {"Unit": "DAYS", "Value": 1}, "TimeOfDay": "02:30"});
        assert_eq!(next(hours(1, "00:15"), "2026-11-28T17:14:59Z"), "11-28T17:15");
        assert_eq!(next(hours(1, "09:15"), "2026-11-28T17:15:00Z"), "11-28T18:15");
        assert_eq!(next(hours(6, "00:00"), "2026-11-28T17:15:00Z"), "11-28T18:00");
        assert_eq!(next(hours(12, "00:30"), "2026-11-28T12:30:00Z"), "11-29T00:30");
        assert_eq!(next(hours(24, "13:05"), "2026-11-28T17:15:00Z"), "11-29T00:05");
        assert_eq!(next(daily.clone(), "2026-11-28T02:29:59Z"), "11-28T02:30");
        assert_eq!(next(daily, "2026-11-28T02:30:00Z"), "11-29T02:30");
        assert_eq!(next(json!({}), "2026-11-28T02:30:00Z"), "never");
        let off = json!({"Frequency": {"Unit": "HOURS", "Value": 6}, "Status": "DISABLED"});
        assert_eq!(next(off, "2026-11-28T02:30:00Z"), "never");
    }

    #[test]
    fn schedules_are_completed_and_changed_by_parts() {
        let whole = schedule(json!({"Frequency": {"Unit": "HOURS", "Value": 6}})).unwrap();
        let shown = json!({"Frequency": {"Unit": "HOURS", "Value": 6}, "Status": "ENABLED", "TimeOfDay": "00:00"});
        assert_eq!(serde_json::to_value(&whole).unwrap(), shown);
        assert!(whole.is_that_of_highlights(true));
        let off = Schedule { status: Some(Status::Disabled), ..Schedule::default() };
        let off = Schedule::changed(Some(&whole), off).unwrap();
        assert!(off.is_that_of_highlights(false) && !off.is_that_of_highlights(true));
        assert_eq!(off.frequency, whole.frequency);
    }

    #[test]
    fn other_schedules_are_refused() {
        for wrong in [
            json!({"Frequency": {"Unit": "HOURS", "Value": 2}}),
            json!({"Frequency": {"Unit": "DAYS", "Value": 2}}),
            json!({"Frequency": {"Unit": "HOURS"}}),
            json!({"Frequency": {"Value": 6}}),
            json!({"Frequency": {}}),
            json!({"Frequency": {"Unit": "HOURS", "Value": -1}}),
            json!({"Status": "ENABLED"}),
            json!({"TimeOfDay": "24:00"}),
            json!({"TimeOfDay": "12:60"}),
        ] {
            assert!(schedule(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
