//! The formats of ISO 8601 that `from_iso8601_date` and `from_iso8601_timestamp` read.

use super::fields::Field;
use super::{Element, Format, literal, number, signed};
use std::sync::LazyLock;

/// `2020-05-01`, `2020-122`, `2020-W18-5`, or less of these.
pub(crate) static DATE: LazyLock<Format> = LazyLock::new(|| Format(date()));

/// A date, a time after `T`, or both; with or without an offset.
pub(crate) static DATE_TIME: LazyLock<Format> = LazyLock::new(|| {
    let offset = || Element::Offset { colon: true };
    let mut of_day = vec![literal("T")];
    of_day.extend(time());
    of_day.push(optional(vec![offset()]));
    let mut of_date = date();
    of_date.push(optional(vec![literal("T"), optional(time()), optional(vec![offset()])]));
    Format(vec![Element::Choice { ways: vec![of_day, of_date], optional: false }])
});

fn optional(elements: Vec<Element>) -> Element {
    Element::Choice { ways: vec![elements], optional: true }
}

fn date() -> Vec<Element> {
    let year = || signed(Field::Year, 4, 9);
    let dash = || literal("-");
    let day = optional(vec![dash(), number(Field::DayOfMonth, 2, 2)]);
    let month = optional(vec![dash(), number(Field::Month, 2, 2), day]);
    let weekday = optional(vec![dash(), number(Field::DayOfWeek, 1, 1)]);
    let week =
        vec![signed(Field::Weekyear, 4, 9), literal("-W"), number(Field::Week, 2, 2), weekday];
    let ordinal = vec![year(), dash(), number(Field::DayOfYear, 3, 3)];
    vec![Element::Choice { ways: vec![vec![year(), month], week, ordinal], optional: false }]
}

/// Hours, minutes or seconds, of which the last has a fraction or not.
fn time() -> Vec<Element> {
    const HOUR: i64 = 3_600_000;
    const MINUTE: i64 = 60_000;
    let fraction_of = |unit: i64| {
        let point =
            Element::Choice { ways: vec![vec![literal(".")], vec![literal(",")]], optional: false };
        vec![point, Element::Fraction { unit, min: 1, max: 9 }]
    };
    let seconds = vec![literal(":"), number(Field::Second, 2, 2), optional(fraction_of(1_000))];
    let minutes = vec![
        literal(":"),
        number(Field::Minute, 2, 2),
        Element::Choice { ways: vec![seconds, fraction_of(MINUTE)], optional: true },
    ];
    vec![
        number(Field::HourOfDay, 2, 2),
        Element::Choice { ways: vec![minutes, fraction_of(HOUR)], optional: true },
    ]
}
