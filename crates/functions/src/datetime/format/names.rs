//! English names of months, weekdays, eras, halves of the day, and zones.

use super::fields::Field;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const HALFDAYS: [&str; 2] = ["AM", "PM"];

const ERAS: [&str; 2] = ["BC", "AD"];

/// Names and the value of the first of them.
fn names_of(field: Field) -> (&'static [&'static str], i64) {
    match field {
        Field::Month => (&MONTHS, 1),
        Field::DayOfWeek => (&WEEKDAYS, 1),
        Field::Halfday => (&HALFDAYS, 0),
        Field::Era => (&ERAS, 0),
        _ => (&[], 0),
    }
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// Returns the name of a field's value.
pub(super) fn name(field: Field, value: i64, is_short: bool) -> &'static str {
    let (names, first) = names_of(field);
    let known = usize::try_from(value - first).ok().and_then(|at| names.get(at));
    match known {
        Some(name) if is_short => short(name),
        Some(name) => name,
        None => "",
    }
}

/// Returns the value that the start of `text` names, by the longest name, and how long that is.
/// Names are short or long, and as they are, in capitals or in small letters.
pub(super) fn value(field: Field, text: &str) -> Option<(i64, usize)> {
    let (names, first) = names_of(field);
    let mut best: Option<(i64, usize)> = None;
    let mut check = |value: i64, name: &str, as_is: bool| {
        let Some(start) = text.get(..name.len()) else { return };
        let found = (as_is && start == name)
            || (start.eq_ignore_ascii_case(name)
                && (start.bytes().all(|b| b.is_ascii_uppercase())
                    || start.bytes().all(|b| b.is_ascii_lowercase())));
        if found && best.is_none_or(|(_, length)| name.len() > length) {
            best = Some((value, name.len()));
        }
    };
    for (value, name) in (first..).zip(names) {
        check(value, name, true);
        check(value, short(name), true);
    }
    if field == Field::Era {
        check(0, "BCE", false);
        check(1, "CE", false);
    }
    best
}

/// Long names of the zones that have a name of letters.
pub(super) fn long_zone_name(short: &str) -> Option<&'static str> {
    Some(match short {
        "UTC" => "Coordinated Universal Time",
        "GMT" => "Greenwich Mean Time",
        "BST" => "British Summer Time",
        "WET" => "Western European Standard Time",
        "WEST" => "Western European Summer Time",
        "CET" => "Central European Standard Time",
        "CEST" => "Central European Summer Time",
        "EET" => "Eastern European Standard Time",
        "EEST" => "Eastern European Summer Time",
        "MSK" => "Moscow Standard Time",
        "WAT" => "West Africa Standard Time",
        "CAT" => "Central Africa Time",
        "EAT" => "East Africa Time",
        "SAST" => "South Africa Standard Time",
        "PKT" => "Pakistan Standard Time",
        "HKT" => "Hong Kong Standard Time",
        "JST" => "Japan Standard Time",
        "KST" => "Korean Standard Time",
        "WIB" => "Western Indonesia Time",
        "WITA" => "Central Indonesia Time",
        "WIT" => "Eastern Indonesia Time",
        "PHST" => "Philippine Standard Time",
        "AWST" => "Australian Western Standard Time",
        "ACST" => "Australian Central Standard Time",
        "ACDT" => "Australian Central Daylight Time",
        "AEST" => "Australian Eastern Standard Time",
        "AEDT" => "Australian Eastern Daylight Time",
        "NZST" => "New Zealand Standard Time",
        "NZDT" => "New Zealand Daylight Time",
        "SST" => "Samoa Standard Time",
        "HST" => "Hawaii-Aleutian Standard Time",
        "AKST" => "Alaska Standard Time",
        "AKDT" => "Alaska Daylight Time",
        "PST" => "Pacific Standard Time",
        "PDT" => "Pacific Daylight Time",
        "MST" => "Mountain Standard Time",
        "MDT" => "Mountain Daylight Time",
        "CST" => "Central Standard Time",
        "CDT" => "Central Daylight Time",
        "EST" => "Eastern Standard Time",
        "EDT" => "Eastern Daylight Time",
        "AST" => "Atlantic Standard Time",
        "ADT" => "Atlantic Daylight Time",
        "NST" => "Newfoundland Standard Time",
        "NDT" => "Newfoundland Daylight Time",
        _ => return None,
    })
}

/// The zones that Joda knows by a short name when it reads one.
pub(super) const SHORT_ZONES: [(&str, &str); 11] = [
    ("UTC", "UTC"),
    ("GMT", "UTC"),
    ("UT", "UTC"),
    ("EST", "America/New_York"),
    ("EDT", "America/New_York"),
    ("CST", "America/Chicago"),
    ("CDT", "America/Chicago"),
    ("MST", "America/Denver"),
    ("MDT", "America/Denver"),
    ("PST", "America/Los_Angeles"),
    ("PDT", "America/Los_Angeles"),
];

/// Names of zones that Joda reads, and Trino calls otherwise.
pub(super) const OLD_ZONES: [(&str, &str); 4] = [
    ("EST", "America/Panama"),
    ("MST", "America/Phoenix"),
    ("HST", "Pacific/Honolulu"),
    ("ROC", "Asia/Taipei"),
];
