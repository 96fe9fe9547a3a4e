//! What questions have in common: groups, aggregates, patterns, rounding.

use super::rows::Time;
use super::view::Call;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const DAY: i64 = 86_400_000;

/// Puts items with one key together.
pub(crate) fn group<T, K: Ord>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> BTreeMap<K, Vec<T>> {
    let mut groups = BTreeMap::new();
    for item in items {
        groups.entry(key(&item)).or_insert_with(Vec::new).push(item);
    }
    groups
}

/// The sum of the known numbers; nothing if none is known.
pub(crate) fn sum(numbers: impl IntoIterator<Item = Option<i64>>) -> Option<i64> {
    numbers.into_iter().flatten().reduce(|a, b| a + b)
}

/// How many different known values there are.
pub(crate) fn distinct<T: Ord>(values: impl IntoIterator<Item = Option<T>>) -> usize {
    values.into_iter().flatten().collect::<BTreeSet<_>>().len()
}

pub(crate) fn count<T>(items: &[T], counts: impl Fn(&T) -> bool) -> usize {
    items.iter().filter(|item| counts(item)).count()
}

pub(crate) fn least<T: Ord>(values: impl IntoIterator<Item = Option<T>>) -> Option<T> {
    values.into_iter().flatten().min()
}

pub(crate) fn greatest<T: Ord>(values: impl IntoIterator<Item = Option<T>>) -> Option<T> {
    values.into_iter().flatten().max()
}

pub(crate) fn first(calls: &[&Call]) -> Time {
    calls.iter().map(|call| call.when()).min().unwrap()
}

pub(crate) fn last(calls: &[&Call]) -> Time {
    calls.iter().map(|call| call.when()).max().unwrap()
}

/// The last call in the order of moment and id.
pub(crate) fn latest<'a>(calls: &[&'a Call]) -> &'a Call {
    calls.iter().max_by_key(|call| call.order()).unwrap()
}

pub(crate) fn errors(calls: &[&Call]) -> usize {
    count(calls, |call| call.error.is_some())
}

pub(crate) fn operations(calls: &[&Call]) -> usize {
    distinct(calls.iter().map(|call| call.name.as_deref()))
}

pub(crate) fn addresses(calls: &[&Call]) -> usize {
    distinct(calls.iter().map(|call| call.address.as_deref()))
}

pub(crate) fn segments(calls: &[&Call]) -> Option<i64> {
    sum(calls.iter().map(|call| call.segments))
}

/// Calls that are not told to read only.
pub(crate) fn writes(calls: &[&Call]) -> usize {
    count(calls, |call| call.read_only != Some(true))
}

/// SQL's LIKE, without escape.
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('%') => {
            let rest = rest.as_str();
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            rest.is_empty() || ends.into_iter().any(|at| like(&text[at..], rest))
        }
        Some(wanted) => {
            let mut text = text.chars();
            text.next().is_some_and(|letter| wanted == '_' || letter == wanted)
                && like(text.as_str(), rest.as_str())
        }
    }
}

/// LIKE of what may be missing, which is like nothing.
pub(crate) fn alike(text: &Option<String>, pattern: &str) -> bool {
    text.as_deref().is_some_and(|text| like(text, pattern))
}

/// LIKE, with a missing text taken for an empty one.
pub(crate) fn alike_or_empty(text: &Option<String>, pattern: &str) -> bool {
    like(text.as_deref().unwrap_or_default(), pattern)
}

/// Whether a name, or what stands behind a slash of it, is like a pattern.
pub(crate) fn matches(text: &Option<String>, pattern: &str) -> bool {
    alike_or_empty(text, pattern) || alike(text, &format!("%/{pattern}"))
}

pub(crate) fn round(number: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (number * scale).round() / scale
}

/// A share in percent.
pub(crate) fn percent(part: usize, all: usize) -> f64 {
    100.0 * part as f64 / all as f64
}

/// Whether an address is an IP address, not the name of a service.
pub(crate) fn is_address(call: &Call) -> bool {
    call.address.as_deref().is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok())
}

/// Whether an address is the name of a service.
pub(crate) fn is_service(address: &Option<String>) -> bool {
    address.as_deref().is_some_and(|address| address.ends_with(".amazonaws.com"))
}

/// The values beside that at a percentile, between which an approximation is.
pub(crate) fn about(mut values: Vec<i64>, share: f64) -> Option<(i64, i64)> {
    values.sort_unstable();
    let at = (share * values.len() as f64).floor() as usize;
    let newest = values.len().checked_sub(1)?;
    Some((values[at.saturating_sub(2)], values[newest.min(at + 1)]))
}

#[test]
fn patterns_are_those_of_sql() {
    for (text, pattern, want) in [
        ("abc", "a%", true),
        ("abc", "_b_", true),
        ("abc", "%", true),
        ("", "%", true),
        ("abc", "b", false),
        ("a/é/c", "a/_/%", true),
    ] {
        assert_eq!(like(text, pattern), want, "{text} {pattern}");
    }
    assert!(matches(&Some("arn:x:role/svc".to_owned()), "svc"));
    assert!(!matches(&None, "svc"));
}
