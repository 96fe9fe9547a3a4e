//! Intervals as other engines write them.

use super::Site;
use super::tokens::{Tokens, literal};
use crate::engine::text::Edit;
use traillake_sql_parser::PieceKind;

/// `INTERVAL '7 days'`, `INTERVAL 7 DAY`, `INTERVAL '7' DAYS`, `INTERVAL '1 day 2 hours'`.
pub(super) fn intervals(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    (0..tokens.len()).filter_map(|at| interval(tokens, at)).collect()
}

fn interval(tokens: &Tokens<'_>, at: usize) -> Option<Edit> {
    let (last, parts) = parts(tokens, at)?;
    let written = parts.join(" + ");
    let written = if parts.len() > 1 { format!("({written})") } else { written };
    (written != tokens.slice(at, last)).then(|| tokens.edit(at, last, written))
}

/// Returns the last piece of the interval that begins at a place, and the interval in Trino's words.
pub(super) fn parts(tokens: &Tokens<'_>, at: usize) -> Option<(usize, Vec<String>)> {
    if !tokens.is_word(at, &["interval"]) {
        return None;
    }
    let sign = usize::from(tokens.is(at + 1, "-"));
    let minus = if sign > 0 { "-" } else { "" };
    let value = at + 1 + sign;
    let text = match tokens.kind(value)? {
        PieceKind::String => literal(tokens.text(value))?,
        PieceKind::Number => tokens.text(value).to_owned(),
        _ => return None,
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [count] = words.as_slice() {
        let made = part(&format!("{minus}{count}"), tokens.text(value + 1))?;
        return Some((value + 1, vec![made]));
    }
    let pairs = words.chunks(2).map(|pair| match pair {
        [count, unit] => part(&format!("{minus}{count}"), unit),
        _ => None,
    });
    Some((value, pairs.collect::<Option<_>>()?))
}

/// Returns an interval of one unit.
pub(super) fn part(count: &str, unit: &str) -> Option<String> {
    let lower = unit.trim_matches('\'').to_lowercase();
    let (unit, times) = unit_of(&lower)?;
    let count: i64 = count.parse().ok()?;
    let count = count.checked_mul(times)?;
    let minus = if count < 0 { "-" } else { "" };
    Some(format!("INTERVAL {minus}'{}' {}", count.abs(), unit.to_uppercase()))
}

/// Returns the unit that a word means, and how many of it.
pub(super) fn unit_of(word: &str) -> Option<(&'static str, i64)> {
    Some(match word {
        "y" | "yr" | "yrs" | "yy" | "yyyy" | "year" | "years" => ("year", 1),
        "qq" | "quarter" | "quarters" => ("month", 3),
        "mon" | "mons" | "mm" | "month" | "months" => ("month", 1),
        "w" | "wk" | "ww" | "week" | "weeks" => ("day", 7),
        "d" | "dd" | "day" | "days" => ("day", 1),
        "h" | "hh" | "hr" | "hrs" | "hour" | "hours" => ("hour", 1),
        "m" | "mi" | "n" | "min" | "mins" | "minute" | "minutes" => ("minute", 1),
        "s" | "ss" | "sec" | "secs" | "second" | "seconds" => ("second", 1),
        _ => return None,
    })
}
