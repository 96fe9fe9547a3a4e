//! Rows of an answer, and how two answers are compared.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A row: its columns by name.
pub(crate) type Row = BTreeMap<String, Value>;

/// A moment in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(pub(crate) i64);

/// What can stand in a row.
pub(crate) trait Cell {
    fn cell(self) -> Value;
}

impl Cell for Time {
    fn cell(self) -> Value {
        let time = chrono::DateTime::from_timestamp_millis(self.0).unwrap();
        time.format("%Y-%m-%d %H:%M:%S%.3f").to_string().into()
    }
}

impl Cell for &Option<String> {
    fn cell(self) -> Value {
        self.as_deref().into()
    }
}

impl<T: Cell> Cell for Option<T> {
    fn cell(self) -> Value {
        self.map_or(Value::Null, T::cell)
    }
}

macro_rules! cells {
    ($($kind:ty),*) => {
        $(impl Cell for $kind {
            fn cell(self) -> Value {
                self.into()
            }
        })*
    };
}

cells!(&str, String, i64, usize, f64, bool, Value);

/// Makes a row of columns and what stands in them.
macro_rules! row {
    ($($name:ident: $value:expr),* $(,)?) => {{
        let mut row = $crate::xray::rows::Row::new();
        $(row.insert(
            stringify!($name).to_owned(),
            $crate::xray::rows::Cell::cell($value),
        );)*
        row
    }};
}
pub(crate) use row;

const FROM: &str = "from";
const TO: &str = "to";

/// A number from one to another, as of an approximation.
pub(crate) fn between(ends: Option<(i64, i64)>) -> Value {
    ends.map_or(Value::Null, |(from, to)| json!({ FROM: from, TO: to }))
}

/// The ends of what an approximation may give.
fn ends(value: &Value) -> Option<(f64, f64)> {
    Some((value.get(FROM)?.as_f64()?, value.get(TO)?.as_f64()?))
}

/// Whether a value of the answer is the expected one.
fn same(want: &Value, got: &Value) -> bool {
    if let Some((from, to)) = ends(want) {
        return got.as_f64().is_some_and(|got| (from..=to).contains(&got));
    }
    match (want.as_f64(), got.as_f64()) {
        (Some(want), Some(got)) => (want - got).abs() <= 1e-9 * want.abs().max(got.abs()).max(1.0),
        _ => want == got,
    }
}

/// A text by which rows are put in order: equal rows have equal ones, but for the last digits of
/// numbers and for what `unsure` names.
fn order(row: &Row, unsure: &BTreeSet<String>) -> String {
    let mut key = String::new();
    for (name, value) in row.iter().filter(|(name, _)| !unsure.contains(*name)) {
        match value {
            Value::Number(number) => {
                key.push_str(&format!("{name}={:.6}\n", number.as_f64().unwrap()));
            }
            value => key.push_str(&format!("{name}={}\n", sorted(value))),
        }
    }
    key
}

/// A value with the members of objects in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().collect();
            members.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect()
        }
        value => value.clone(),
    }
}

/// What is different in two answers; the order of rows does not count.
pub(crate) fn differences(want: &[Row], got: &[Row]) -> Vec<String> {
    let unsure: BTreeSet<String> = want
        .iter()
        .flatten()
        .filter(|(_, value)| ends(value).is_some())
        .map(|(name, _)| name.clone())
        .collect();
    let arranged = |rows: &[Row]| {
        let mut rows: Vec<_> = rows.iter().map(|row| (order(row, &unsure), row.clone())).collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        rows
    };
    let (want, got) = (arranged(want), arranged(got));
    let mut told = columns(&want, &got);
    if !told.is_empty() {
        return told;
    }
    let (mut left, mut right) = (want.iter().peekable(), got.iter().peekable());
    while told.len() < 12 {
        match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some((a, want)), Some((b, got))) if a == b || equal(want, got) => {
                told.extend((!equal(want, got)).then(|| apart(want, got)));
                left.next();
                right.next();
            }
            (Some((a, want)), Some((b, _))) if a < b => told.push(only("missing", want, &mut left)),
            (Some((_, want)), None) => told.push(only("missing", want, &mut left)),
            (_, Some((_, got))) => told.push(only("too much", got, &mut right)),
        }
    }
    told
}

fn only<'a>(what: &str, row: &Row, rest: &mut impl Iterator<Item = &'a (String, Row)>) -> String {
    rest.next();
    format!("{what}: {:.1000}", serde_json::to_string(row).unwrap())
}

fn equal(want: &Row, got: &Row) -> bool {
    want.len() == got.len()
        && want.iter().all(|(name, want)| got.get(name).is_some_and(|got| same(want, got)))
}

fn apart(want: &Row, got: &Row) -> String {
    let cells: Vec<_> = want
        .iter()
        .filter(|(name, want)| got.get(*name).is_none_or(|got| !same(want, got)))
        .map(|(name, want)| format!("{name}: {want} expected, {:?} there", got.get(name)))
        .collect();
    format!("{} in {:.1000}", cells.join(", "), serde_json::to_string(got).unwrap())
}

/// Columns that only one of the answers has.
fn columns(want: &[(String, Row)], got: &[(String, Row)]) -> Vec<String> {
    let (Some((_, want)), Some((_, got))) = (want.first(), got.first()) else { return Vec::new() };
    let missing = want.keys().filter(|name| !got.contains_key(*name));
    let more = got.keys().filter(|name| !want.contains_key(*name));
    missing
        .map(|name| format!("column {name} is missing"))
        .chain(more.map(|name| format!("column {name} is too much")))
        .collect()
}

#[test]
fn answers_are_compared_as_bags_of_rows() {
    let one = row! { a: "x", n: 1.0, p: between(Some((3, 4))) };
    let two = row! { a: None::<i64>, n: 2_i64, p: 5_i64 };
    let (mut same_one, mut other) = (one.clone(), two.clone());
    same_one.insert("n".to_owned(), json!(1));
    same_one.insert("p".to_owned(), json!(4));
    let rows = [two.clone(), same_one];
    assert!(differences(&[one.clone(), two.clone()], &rows).is_empty());
    assert_eq!(differences(&[one.clone(), one.clone(), two.clone()], &rows).len(), 1);
    other.insert("n".to_owned(), json!(2.000_000_1));
    assert_eq!(
        differences(&[one.clone(), two.clone()], &[rows[1].clone(), other.clone()]).len(),
        1
    );
    other.insert("m".to_owned(), json!(2));
    assert!(!differences(&[two], &[other]).is_empty());
}
