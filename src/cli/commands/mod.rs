//! One module a command: settings and arguments in, calls to the stations, what is printed out.

pub(super) mod bench;
pub(super) mod find;
pub(super) mod import;
pub(super) mod imports;
pub(super) mod manual;
pub(super) mod inspect;
pub(super) mod query;
pub(super) mod saved;
pub(super) mod store;
pub(super) mod summary;
pub(super) mod synth;
pub(super) mod timeline;

use crate::output::visible;
use chrono::DateTime;
use console::{Alignment, measure_text_width, pad_str, truncate_str};

/// Shows an instant in milliseconds since 1970 UTC to the second.
fn time(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis)
        .map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// Columns of text side by side, as wide as their widest cell, the last as wide as the terminal
/// leaves; numbers, which `right` names, end at the same place. Text of events is made visible.
fn side_by_side(rows: &[Vec<String>], right: &[usize], width: Option<u16>) -> Vec<String> {
    let rows: Vec<Vec<_>> =
        rows.iter().map(|row| row.iter().map(|cell| visible(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let wide = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| measure_text_width(cell)).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..columns).map(wide).collect();
    let line = |row: &Vec<std::borrow::Cow<'_, str>>| {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let side = if right.contains(&at) { Alignment::Right } else { Alignment::Left };
            line.push_str(&pad_str(cell, *width, side, None));
            line.push_str("  ");
        }
        let line = line.trim_end();
        match width {
            Some(width) => truncate_str(line, usize::from(width), "\u{2026}").into_owned(),
            None => line.to_owned(),
        }
    };
    rows.iter().map(line).collect()
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
