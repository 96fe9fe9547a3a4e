//! Functions over text, counted in code points.

mod case;
mod distance;
mod like;
mod lists;
mod pad;
mod position;
mod shape;
mod split;
mod trim;
mod words;

pub use like::is_like;

pub(crate) use lists::TextLists;
pub(crate) use pad::{check_size, oversized};

use crate::registry::Registry;
use std::borrow::Cow;
use traillake_sql_types::Type;

pub(crate) fn register(registry: &mut Registry) {
    for part in [
        case::register,
        distance::register,
        like::register,
        pad::register,
        position::register,
        shape::register,
        split::register,
        trim::register,
        words::register,
    ] {
        part(registry);
    }
}

/// Returns the type of text of at most `length` code points.
pub(crate) fn varchar_of(length: Option<u64>) -> Type {
    let bounded = |length: &u64| *length < i32::MAX as u64;
    Type::Varchar(length.filter(bounded).and_then(|length| u32::try_from(length).ok()))
}

/// Returns the most code points that text of a type has.
pub(crate) fn bound_of(data_type: &Type) -> Option<u64> {
    match data_type {
        Type::Varchar(length) => length.map(u64::from),
        Type::Char(length) => Some(u64::from(*length)),
        Type::Unknown => Some(0),
        _ => None,
    }
}

/// Returns the value of an argument as text: a `char(n)` has all its n code points, whether or not
/// they are there in storage.
fn padded<'a>(text: &'a str, data_type: &Type) -> Cow<'a, str> {
    let Type::Char(length) = data_type else {
        return Cow::Borrowed(text);
    };
    let missing = (*length as usize).saturating_sub(text.chars().count());
    if missing == 0 {
        return Cow::Borrowed(text);
    }
    let mut full = String::with_capacity(text.len() + missing);
    full.push_str(text);
    full.extend(std::iter::repeat_n(' ', missing));
    Cow::Owned(full)
}

/// Returns the byte offset of the code point number `count` from 0, or the text's end.
fn offset(text: &str, count: usize) -> usize {
    if text.is_ascii() {
        return count.min(text.len());
    }
    text.char_indices().nth(count).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn char_has_its_length() {
        assert_eq!(padded("é", &Type::Char(3)), "é  ");
        assert_eq!(padded("abc", &Type::Char(3)), "abc");
        assert_eq!(padded("a", &Type::VARCHAR), "a");
    }

    #[test]
    fn malformed_lengths_are_errors() {
        assert_eq!(varchar_of(Some(u64::from(u32::MAX))), Type::VARCHAR);
        assert_eq!(varchar_of(Some(2_147_483_646)), Type::Varchar(Some(2_147_483_646)));
        assert_eq!(varchar_of(None), Type::VARCHAR);
    }
}
