//! Positions of texts in texts, and parts by position: `strpos`, `substr`, `starts_with`.

use super::padded;
use crate::call::Call;
use crate::registry::{Failure, Registry};
use arrow::array::ArrayRef;
use std::ops::Range;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry
        .add("strpos", "(varchar(x), varchar(y)) -> bigint", |call| {
            call.map2(|text: &str, part: &str| Ok(position(text, text.find(part))))
        })
        .fails(Failure::Never);
    registry.add("strpos", "(varchar(x), varchar(y), bigint) -> bigint", |call| {
        call.map3(|text: &str, part: &str, instance: i64| strpos(text, part, instance))
    });
    registry
        .add("index", "(varchar, varchar) -> bigint", |call| {
            call.map2(|text: &str, part: &str| Ok(position(text, text.find(part))))
        })
        .fails(Failure::Never);
    registry
        .add("starts_with", "(varchar(x), varchar(y)) -> boolean", |call| {
            call.map2(|text: &str, part: &str| Ok(text.starts_with(part)))
        })
        .fails(Failure::Never);
    registry
        .add("ends_with", "(varchar(x), varchar(y)) -> boolean", |call| {
            call.map2(|text: &str, part: &str| Ok(text.ends_with(part)))
        })
        .fails(Failure::Never);
    for name in ["substr", "substring"] {
        registry.add(name, "(varchar(x), bigint) -> varchar(x)", from).fails(Failure::Never);
        registry.add(name, "(char(x), bigint) -> varchar(x)", from).fails(Failure::Never);
        registry
            .add(name, "(varchar(x), bigint, bigint) -> varchar(x)", from_for)
            .fails(Failure::Never);
        registry
            .add(name, "(char(x), bigint, bigint) -> varchar(x)", from_for)
            .fails(Failure::Never);
    }
}

/// Returns the position from 1 in code points, or 0 for none.
fn position(text: &str, found: Option<usize>) -> i64 {
    found.map_or(0, |at| text[..at].chars().count() as i64 + 1)
}

/// Returns the position of an occurrence of `part`: of the n-th, or from the end if n is negative.
/// Occurrences may overlap.
fn strpos(text: &str, part: &str, instance: i64) -> SqlResult<i64> {
    if instance == 0 || instance == i64::MIN {
        return Err(SqlError::argument("'instance' must be a positive or negative number."));
    }
    if part.is_empty() {
        return Ok(1);
    }
    let step = part.chars().next().map_or(1, char::len_utf8);
    let mut left = instance.unsigned_abs();
    let mut from = if instance > 0 { 0 } else { text.len() };
    loop {
        let found = if instance > 0 {
            text[from..].find(part).map(|at| from + at)
        } else {
            text[..from].rfind(part)
        };
        left -= 1;
        match found {
            None => return Ok(0),
            Some(at) if left == 0 => return Ok(position(text, Some(at))),
            Some(at) if instance > 0 => from = at + step,
            // The next one before begins earlier, and may reach into this one.
            Some(at) => {
                let last = part.char_indices().next_back().map_or(0, |(start, _)| start);
                from = at + last;
            }
        }
    }
}

fn from(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let data_type = call.argument_type(0);
    call.text2(|text: &str, start: i64, out| {
        let text = padded(text, data_type);
        out.push_str(&text[slice(&text, start, i64::MAX)]);
        Ok(())
    })
}

fn from_for(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let data_type = call.argument_type(0);
    call.text3(|text: &str, start: i64, length: i64, out| {
        let text = padded(text, data_type);
        out.push_str(&text[slice(&text, start, length)]);
        Ok(())
    })
}

/// Returns the range of `length` code points from `start`; a negative start counts from the end. What
/// starts outside of the text is empty.
fn slice(text: &str, start: i64, length: i64) -> Range<usize> {
    let Ok(length) = usize::try_from(length) else { return 0..0 };
    let start = match start {
        0 => return 0..0,
        1.. => super::offset(text, usize::try_from(start - 1).unwrap_or(usize::MAX)),
        _ => {
            let back = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
            match text.char_indices().nth_back(back - 1) {
                Some((at, _)) => at,
                None => return 0..0,
            }
        }
    };
    start..start + super::offset(&text[start..], length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occurrences_overlap() {
        for (text, part, instance, want) in [
            ("aaa", "aa", 2, 2),
            ("aaa", "aa", -2, 1),
            ("aaa", "aa", 3, 0),
            ("éxé", "é", -1, 3),
            ("éxé", "é", 2, 3),
            ("x", "", 5, 1),
            ("", "a", 1, 0),
            ("abc", "c", i64::MAX, 0),
        ] {
            assert_eq!(strpos(text, part, instance).unwrap(), want, "{text} {part} {instance}");
        }
        assert!(strpos("a", "a", 0).is_err());
    }

    #[test]
    fn parts_outside_are_empty() {
        for (start, length, want) in [
            (1, 2, "éb"),
            (-2, i64::MAX, "bc"),
            (-4, 2, ""),
            (-3, 1, "é"),
            (4, 1, ""),
            (0, 3, ""),
            (i64::MIN, 3, ""),
            (i64::MAX, i64::MAX, ""),
            (2, -1, ""),
        ] {
            assert_eq!(&"ébc"[slice("ébc", start, length)], want, "{start} {length}");
        }
    }
}
