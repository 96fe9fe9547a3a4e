//! What a caller asks for and gets back: options, report, errors.

use std::path::PathBuf;

use chrono::{Datelike, NaiveDate};

/// Fewest events a trail can have.
pub const MIN_EVENTS: u64 = 200;
/// Most events a trail can have.
pub const MAX_EVENTS: u64 = 4_000_000_000;
/// Fewest X-Ray events (before duplicates) that hold three of each change and all planted stories.
pub(crate) const MIN_XRAY_EVENTS: u64 = 95;
/// Most days a trail can span.
pub const MAX_DAYS: u32 = 3660;

/// What to generate.
#[derive(Debug, Clone, PartialEq)]
pub struct SynthOptions {
    /// Events written, duplicates included: [`MIN_EVENTS`] to [`MAX_EVENTS`].
    pub events: u64,
    /// Seed; the same options and seed give the same bytes.
    pub seed: u64,
    /// Share of X-Ray events, 0.0 to 1.0. With 0.0 there are no planted stories of X-Ray; any other
    /// share must amount to at least 95 events.
    pub xray_share: f64,
    /// First day (UTC).
    pub start: NaiveDate,
    /// Number of days, 1 to [`MAX_DAYS`].
    pub days: u32,
    /// Worker threads; 0 counts as 1. Without influence on the files.
    pub threads: usize,
}

impl Default for SynthOptions {
    fn default() -> Self {
        Self {
            events: 100_000,
            seed: 1,
            xray_share: 0.5,
            start: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap_or_default(),
            days: 30,
            threads: 1,
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SynthReport {
    /// Events written, duplicates included.
    pub events: u64,
    /// Events with different ids.
    pub distinct_events: u64,
    /// Log files (the answer key not counted).
    pub files: u64,
    /// Bytes of JSON before compression.
    pub json_bytes: u64,
    /// Bytes of the log files.
    pub gzip_bytes: u64,
}

/// Why no trail was written.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// Returned when an option is out of range.
    #[error("{option} is {given}, but must be {allowed}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// The value given.
        given: String,
        /// The values allowed.
        allowed: String,
    },
    /// Returned when the output directory has something in it already.
    #[error(
        "{} is not empty; name a new directory, or remove what is in it first",
        path.display()
    )]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// Returned when a file or directory cannot be read or written.
    #[error("cannot write {}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Returned when the caller cancelled. Finished files stay, there is no answer key.
    #[error("cancelled after {files} files; remove the directory before another attempt")]
    Cancelled {
        /// Files finished before.
        files: u64,
    },
}

impl SynthOptions {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`SynthError::Option`] names the first option out of range.
    pub fn check(&self) -> Result<(), SynthError> {
        let wrong = |option, given: String, allowed: String| {
            Err(SynthError::Option { option, given, allowed })
        };
        if !(MIN_EVENTS..=MAX_EVENTS).contains(&self.events) {
            let allowed = format!("{MIN_EVENTS} to {MAX_EVENTS}");
            return wrong("events", self.events.to_string(), allowed);
        }
        if !(0.0..=1.0).contains(&self.xray_share) {
            return wrong("xray-share", self.xray_share.to_string(), "0.0 to 1.0".to_owned());
        }
        if !(1..=MAX_DAYS).contains(&self.days) {
            return wrong("days", self.days.to_string(), format!("1 to {MAX_DAYS}"));
        }
        if !(1971..=9000).contains(&self.start.year()) {
            let allowed = "in the years 1971 to 9000".to_owned();
            return wrong("start", self.start.to_string(), allowed);
        }
        let xray = self.xray_events();
        if xray > 0 && xray < MIN_XRAY_EVENTS {
            let given = format!("{} of {} events", self.xray_share, self.events);
            let allowed = format!(
                "0, or enough for {MIN_XRAY_EVENTS} X-Ray events (every planted story needs its own)"
            );
            return wrong("xray-share", given, allowed);
        }
        Ok(())
    }

    /// Returns how many events are second copies: 0.1 %, at least two.
    pub(crate) fn duplicates(&self) -> u64 {
        (self.events / 1000).max(2)
    }

    /// Returns how many different X-Ray events there are.
    pub(crate) fn xray_events(&self) -> u64 {
        // One multiplication and one rounding: the same on every IEEE machine.
        let distinct = self.events - self.duplicates().min(self.events);
        ((distinct as f64 * self.xray_share).round() as u64).min(distinct)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_trail_is_allowed_and_smaller_ones_are_not() {
        let of =
            |events, xray_share| SynthOptions { events, xray_share, ..SynthOptions::default() };
        assert!(of(MIN_EVENTS, 0.5).check().is_ok());
        assert!(of(MIN_EVENTS, 0.0).check().is_ok());
        assert!(of(MIN_EVENTS - 1, 0.5).check().is_err());
        assert!(of(MIN_EVENTS, 0.2).check().is_err());
        assert!(of(1000, f64::NAN).check().is_err());
        assert!(SynthOptions { days: 0, ..SynthOptions::default() }.check().is_err());
    }
}
