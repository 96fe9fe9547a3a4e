//! Reads times by a pattern.

use super::fields::Field;
use super::{Element, Format, Number, names};
use crate::datetime::zoned;
use traillake_sql_types::error::{SqlError, SqlResult};
use traillake_sql_types::zone::Zone;

/// The year of a date that has none.
const DEFAULT_YEAR: i64 = 2000;

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parsed {
    /// Milliseconds since 1970 by the local clock.
    pub(crate) local: i64,
    pub(crate) zone: Place,
}

/// The zone or offset that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Unknown,
    Zone(Zone),
    /// At an offset from UTC, in milliseconds.
    Offset(i64),
}

/// What was read so far.
#[derive(Debug, Clone, Default)]
struct Bucket {
    fields: Vec<(Field, i64)>,
    zone: Option<Zone>,
    offset: Option<i64>,
}

/// Where reading came to, or where it could not go on.
type Reached = Result<usize, usize>;

impl Format {
    /// Reads a time, of all of `text`.
    pub(crate) fn read(&self, text: &str) -> SqlResult<Parsed> {
        if self.0.iter().any(|element| matches!(element, Element::ZoneName { short: false })) {
            return Err(SqlError::argument("Parsing not supported"));
        }
        let mut bucket = Bucket::default();
        match read_all(&self.0, &mut bucket, text, 0) {
            Ok(end) if end >= text.len() => bucket.time(text),
            Ok(at) | Err(at) => Err(SqlError::argument(malformed(text, at))),
        }
    }
}

/// Returns the error for text that is not as the pattern wants it, from `at` on.
fn malformed(text: &str, at: usize) -> String {
    /// How much of the text is shown after the place.
    const SAMPLE: usize = 32;
    let before = text.get(..at).map_or(0, |text| text.chars().count());
    let length = text.chars().count();
    let sample: String = if length <= before + SAMPLE + 3 {
        text.to_owned()
    } else {
        text.chars().take(before + SAMPLE).chain("...".chars()).collect()
    };
    if before == 0 {
        format!("Invalid format: \"{sample}\"")
    } else if before >= length {
        format!("Invalid format: \"{sample}\" is too short")
    } else {
        let rest: String = sample.chars().skip(before).collect();
        format!("Invalid format: \"{sample}\" is malformed at \"{rest}\"")
    }
}

impl Bucket {
    /// Sets the fields, larger ones first, so that smaller ones refine them; and once more, so that
    /// each has the value that was read.
    fn time(mut self, text: &str) -> SqlResult<Parsed> {
        let order = |fields: &mut Vec<(Field, i64)>| {
            fields.sort_by_key(|(field, _)| std::cmp::Reverse(field.ranks()));
        };
        order(&mut self.fields);
        if self.fields.first().is_some_and(|(field, _)| field.is_part_of_year()) {
            self.fields.push((Field::Year, DEFAULT_YEAR));
            order(&mut self.fields);
        }
        let wrong = |error| SqlError::argument(format!("Cannot parse \"{text}\": {error}"));
        let mut local = 0;
        for (field, value) in &self.fields {
            local = field.floor(field.set(local, *value).map_err(wrong)?);
        }
        let last = self.fields.len().wrapping_sub(1);
        for (at, (field, value)) in self.fields.iter().enumerate() {
            local = field.set(local, *value).map_err(wrong)?;
            if at == last {
                local = field.floor(local);
            }
        }
        let zone = match (self.offset, self.zone) {
            (Some(offset), _) => Place::Offset(offset),
            (None, Some(zone)) => Place::Zone(checked(local, zone, text)?),
            (None, None) => Place::Unknown,
        };
        Ok(Parsed { local, zone })
    }
}

/// Returns the zone, if its clock showed that time.
fn checked(local: i64, zone: Zone, text: &str) -> SqlResult<Zone> {
    let nanos = i128::from(local) * 1_000_000;
    if zoned::to_local(zoned::to_utc(nanos, zone), zone) == nanos {
        return Ok(zone);
    }
    let name = zone.name();
    Err(SqlError::argument(format!(
        "Cannot parse \"{text}\": Illegal instant due to time zone offset transition ({name})"
    )))
}

fn read_all(elements: &[Element], bucket: &mut Bucket, text: &str, at: usize) -> Reached {
    elements.iter().try_fold(at, |at, element| element.read(bucket, text, at))
}

impl Element {
    fn read(&self, bucket: &mut Bucket, text: &str, at: usize) -> Reached {
        let rest = text.get(at..).ok_or(at)?;
        match self {
            Self::Literal(literal) => match prefix_length(rest, literal) {
                Some(length) => Ok(at + length),
                None => Err(at),
            },
            Self::Number(number) => number.read(bucket, rest, at),
            Self::TwoDigitYear { field, pivot, lenient } => {
                let (year, length) = two_digit_year(rest, *pivot, *lenient).ok_or(at)?;
                bucket.fields.push((*field, year));
                Ok(at + length)
            }
            Self::Fraction { unit, max, .. } => {
                let (millis, length) = fraction(rest, *unit, *max).ok_or(at)?;
                bucket.fields.push((Field::MillisOf(*unit), millis));
                Ok(at + length)
            }
            Self::Text { field, .. } => {
                let (value, length) = names::value(*field, rest).ok_or(at)?;
                bucket.fields.push((*field, value));
                Ok(at + length)
            }
            Self::Offset { .. } => {
                let (offset, length) = offset(rest).map_err(|bad| at + bad)?;
                bucket.offset = Some(offset);
                Ok(at + length)
            }
            Self::ZoneId => {
                let (zone, length) = zone_id(rest).ok_or(at)?;
                bucket.zone = Some(zone);
                Ok(at + length)
            }
            Self::ZoneName { .. } => {
                let known = names::SHORT_ZONES.iter().filter(|(name, _)| rest.starts_with(name));
                let (name, id) = known.max_by_key(|(name, _)| name.len()).ok_or(at)?;
                bucket.zone = Zone::named(id);
                Ok(at + name.len())
            }
            Self::Choice { ways, optional } => choose(ways, *optional, bucket, text, at),
        }
    }
}

/// Takes the alternative that reads furthest; of several, the first.
fn choose(
    ways: &[Vec<Element>],
    optional: bool,
    bucket: &mut Bucket,
    text: &str,
    at: usize,
) -> Reached {
    let before = bucket.clone();
    let (mut best, mut furthest_error) = (at, at);
    let mut best_bucket = None;
    for way in ways {
        match read_all(way, bucket, text, at) {
            Ok(end) if end > best => {
                best = end;
                best_bucket = Some(bucket.clone());
                if end >= text.len() {
                    break;
                }
            }
            Ok(_) => {}
            Err(bad) => furthest_error = furthest_error.max(bad),
        }
        *bucket = before.clone();
    }
    match best_bucket {
        Some(found) => {
            *bucket = found;
            Ok(best)
        }
        None if optional => Ok(at),
        None => Err(furthest_error),
    }
}

/// Returns how much of `text` is `literal`, ignoring case.
fn prefix_length(text: &str, literal: &str) -> Option<usize> {
    let mut read = text.chars();
    for wanted in literal.chars() {
        let got = read.next()?;
        if got != wanted && !got.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    Some(text.len() - read.as_str().len())
}

fn digits(text: &str, most: usize) -> usize {
    text.bytes().take(most).take_while(u8::is_ascii_digit).count()
}

impl Number {
    fn read(self, bucket: &mut Bucket, rest: &str, at: usize) -> Reached {
        let sign = match rest.as_bytes() {
            [b'+' | b'-', digit, ..] if self.signed && digit.is_ascii_digit() => 1,
            _ => 0,
        };
        let count = rest.get(sign..).map_or(0, |rest| digits(rest, self.max));
        if count == 0 {
            return Err(at);
        }
        let number = rest.get(..sign + count).and_then(|number| number.parse::<i32>().ok());
        bucket.fields.push((self.field, i64::from(number.ok_or(at)?)));
        Ok(at + sign + count)
    }
}

/// Returns a year and how long it is. Two digits are a year from 50 before the pivot on.
fn two_digit_year(text: &str, pivot: i64, lenient: bool) -> Option<(i64, usize)> {
    if lenient {
        let sign = usize::from(text.starts_with(['+', '-']));
        let count = digits(text.get(sign..)?, usize::MAX);
        if count == 0 {
            return None;
        }
        if sign > 0 || count != 2 {
            let year = text.get(..sign + count)?.parse::<i32>().ok()?;
            return Some((i64::from(year), sign + count));
        }
    } else if digits(text, 2) < 2 {
        return None;
    }
    let year = text.get(..2)?.parse::<i64>().ok()?;
    let low = pivot - 50;
    let century = low.rem_euclid(100);
    Some((low - century + year + if year < century { 100 } else { 0 }, 2))
}

/// Returns milliseconds of a unit, and how many digits said so.
fn fraction(text: &str, unit: i64, most: usize) -> Option<(i64, usize)> {
    let count = digits(text, most);
    let (mut value, mut place) = (0, unit * 10);
    for digit in text.bytes().take(count) {
        place /= 10;
        value += i64::from(digit - b'0') * place;
    }
    (count > 0).then_some((value / 10, count))
}

/// Returns the milliseconds of `Z`, `+hh`, `+hhmm[ss[SSS]]` or `+hh:mm[:ss[.SSS]]`, and how long it
/// is. An error is the place of what is wrong.
fn offset(text: &str) -> Result<(i64, usize), usize> {
    if text.starts_with(['Z', 'z']) {
        return Ok((0, 1));
    }
    let negative = text.starts_with('-');
    if text.len() < 2 || !(negative || text.starts_with('+')) {
        return Err(0);
    }
    // A number of two digits at a place, up to a maximum.
    let number = |at: usize, most: i64| -> Result<i64, usize> {
        let two = text.get(at..).filter(|rest| digits(rest, 2) == 2);
        let value = two.and_then(|rest| rest.get(..2)).and_then(|two| two.parse::<i64>().ok());
        value.filter(|value| *value <= most).ok_or(at)
    };
    let mut value = number(1, 23)? * 3_600_000;
    let mut at = 3;
    let colons = text.get(at..).is_some_and(|rest| rest.starts_with(':'));
    for (unit, separator) in [(60_000, ":"), (1_000, ":")] {
        let rest = text.get(at..).unwrap_or_default();
        if colons {
            if !rest.starts_with(separator) {
                return Ok((if negative { -value } else { value }, at));
            }
            at += 1;
        } else if digits(rest, 1) == 0 {
            return Ok((if negative { -value } else { value }, at));
        }
        value += number(at, 59)? * unit;
        at += 2;
    }
    let rest = text.get(at..).unwrap_or_default();
    let point = usize::from(colons && rest.starts_with(['.', ',']));
    if point > 0 || !colons {
        match fraction(rest.get(point..).unwrap_or_default(), 1_000, 3) {
            Some((millis, count)) => {
                value += millis;
                at += point + count;
            }
            None if point > 0 => return Err(at + 1),
            None => {}
        }
    }
    Ok((if negative { -value } else { value }, at))
}

/// Returns the zone of the longest name that `text` starts with.
fn zone_id(text: &str) -> Option<(Zone, usize)> {
    let in_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'+');
    let longest = text.bytes().take_while(|b| in_name(b)).count();
    (1..=longest).rev().find_map(|length| {
        let id = text.get(..length)?;
        let old = names::OLD_ZONES.iter().find(|(name, _)| *name == id);
        Some((Zone::named(old.map_or(id, |(_, now)| now))?, length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets() {
        for (text, want) in [
            ("Z", Ok((0, 1))),
            ("+05", Ok((18_000_000, 3))),
            ("-0530x", Ok((-19_800_000, 5))),
            ("+05:30:15", Ok((19_815_000, 9))),
            ("+05:3", Err(4)),
            ("+24", Err(1)),
            ("5", Err(0)),
        ] {
            assert_eq!(offset(text), want, "{text}");
        }
    }

    #[test]
    fn years_of_two_digits() {
        for (text, pivot, lenient, want) in [
            ("69", 2020, false, Some((2069, 2))),
            ("70", 2020, false, Some((1970, 2))),
            ("7", 2020, false, None),
            ("1975", 1996, true, Some((1975, 4))),
            ("-5", 1996, true, Some((-5, 2))),
            ("45", 1996, true, Some((2045, 2))),
        ] {
            assert_eq!(two_digit_year(text, pivot, lenient), want, "{text}");
        }
    }

    #[test]
    fn errors_show_where() {
        assert_eq!(malformed("abc", 1), "Invalid format: \"abc\" is malformed at \"bc\"");
        assert_eq!(malformed("abc", 3), "Invalid format: \"abc\" is too short");
        assert_eq!(malformed("abc", 0), "Invalid format: \"abc\"");
    }
}
