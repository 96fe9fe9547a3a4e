//! One module for each command: settings and arguments in, calls to the stations, what is printed out.

pub(super) mod access_keys;
pub(super) mod bench;
pub(super) mod find;
pub(super) mod import;
pub(super) mod imports;
pub(super) mod lookup_events;
pub(super) mod manual;
pub(super) mod inspect;
pub(super) mod query;
pub(super) mod saved;
mod selectors;
pub(super) mod serve;
pub(super) mod source;
pub(super) mod store;
mod store_session;
pub(super) mod summary;
pub(super) mod synth;
mod test_selectors;
pub(super) mod timeline;
pub(super) mod translate;
pub(super) mod validate_logs;
pub(super) mod watch;

use super::exit::Failure;
use super::printer::Printer;
use crate::output::visible;
use crate::store::{Lake, StoreRow};
use chrono::DateTime;
use console::{Alignment, measure_text_width, pad_str, truncate_str};

/// Shows an instant in milliseconds since 1970 UTC to the second.
fn time(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis)
        .map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// Says so if what follows has to wait for an import into the store.
fn tell_if_it_waits(lake: &Lake, store: &StoreRow, printer: &mut Printer) {
    if lake.is_changing(store.id) {
        printer.note(&format!(
            "waiting until the import into {} that is running has ended; Ctrl-C stops waiting",
            store.name
        ));
    }
}

/// Prints columns of text side by side, `indent` blanks before them: as wide as their widest cell,
/// the last as wide as the terminal leaves; numbers, which `right` names, end at the same place. Text
/// of events is made visible.
fn side_by_side(
    rows: &[Vec<String>],
    right: &[usize],
    indent: usize,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let room = printer.width();
    let rows: Vec<Vec<_>> =
        rows.iter().map(|row| row.iter().map(|cell| visible(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let wide = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| measure_text_width(cell)).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..columns).map(wide).collect();
    for row in &rows {
        let mut line = " ".repeat(indent);
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let side = if right.contains(&at) { Alignment::Right } else { Alignment::Left };
            line.push_str(&pad_str(cell, *width, side, None));
            line.push_str("  ");
        }
        let line = line.trim_end();
        match room {
            Some(room) => printer.line(&truncate_str(line, usize::from(room), "\u{2026}"))?,
            None => printer.line(line)?,
        }
    }
    Ok(())
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
