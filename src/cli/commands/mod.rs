//! One module a command: settings and arguments in, calls to the stations, what is printed out.

pub(super) mod bench;
pub(super) mod import;
pub(super) mod imports;
pub(super) mod inspect;
pub(super) mod query;
pub(super) mod store;
pub(super) mod synth;

use chrono::DateTime;

/// Shows an instant in milliseconds since 1970 UTC to the second.
fn time(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis)
        .map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// Shows a number with commas.
pub(super) fn count(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}

/// Shows a size in decimal units.
pub(super) fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

/// `1 file`, `2 files`.
pub(super) fn plural(number: u64, one: &str) -> String {
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}
