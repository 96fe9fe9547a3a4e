//! Length, replacement and conversion of text: `length`, `chr`, `codepoint`, `replace`, `translate`.

use super::{bound_of, padded, varchar_of};
use crate::registry::{Failure, Registry};
use std::fmt::Write;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    for signature in ["(varchar(x)) -> bigint", "(char(x)) -> bigint"] {
        registry
            .add("length", signature, |call| {
                let data_type = call.argument_type(0);
                call.map1(|text: &str| Ok(length(&padded(text, data_type))))
            })
            .fails(Failure::Never);
    }
    for signature in ["(varchar(x)) -> varbinary", "(char(x)) -> varbinary"] {
        registry.add("to_utf8", signature, |call| {
            let data_type = call.argument_type(0);
            let column = call.column::<&str>(0)?;
            call.each_bytes(|row, out| {
                let text = column.get(row);
                out.extend(
                    text.iter().flat_map(|text| padded(text, data_type).into_owned().into_bytes()),
                );
                Ok(text.is_some())
            })
        });
    }
    registry.add("chr", "(bigint) -> varchar(1)", |call| {
        call.text1(|code: i64, out| {
            let known = u32::try_from(code).ok().and_then(char::from_u32);
            out.push(known.ok_or_else(|| {
                SqlError::argument(format!("Not a valid Unicode code point: {code}"))
            })?);
            Ok(())
        })
    });
    registry.add("codepoint", "(varchar(1)) -> integer", |call| {
        call.map1(|text: &str| {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(character), None) => Ok(character as i32),
                _ => Err(SqlError::argument("Input string must be a single character string")),
            }
        })
    });
    registry.add("char2hexint", "(varchar) -> varchar", |call| {
        call.text1(|text: &str, out| {
            for unit in text.encode_utf16() {
                write!(out, "{unit:04X}").map_err(|error| SqlError::internal(error.to_string()))?;
            }
            Ok(())
        })
    });
    registry.add("replace", "(varchar(x), varchar(y)) -> varchar(x)", |call| {
        call.text2(|text: &str, from: &str, out| replace(text, from, "", out))
    });
    registry
        .add("replace", "(varchar(x), varchar(y), varchar(z)) -> varchar(x)", |call| {
            call.text3(replace)
        })
        .returns(replaced);
    registry.add("translate", "(varchar(x), varchar(y), varchar(z)) -> varchar", |call| {
        call.text3(translate)
    });
}

fn length(text: &str) -> i64 {
    text.chars().count() as i64
}

/// The type of `replace`: before and after each character there may be a replacement.
fn replaced(types: &[Type]) -> SqlResult<Type> {
    let bound = |at: usize| types.get(at).and_then(bound_of);
    let length = match (bound(0), bound(2)) {
        (Some(text), Some(to)) => {
            Some(text.saturating_add(to.saturating_mul(text.saturating_add(1))))
        }
        _ => None,
    };
    Ok(varchar_of(length))
}

fn replace(text: &str, from: &str, to: &str, out: &mut String) -> SqlResult<()> {
    // An empty pattern is found around each character, as `match_indices` has it.
    let (before, mut end) = (out.len(), 0);
    for (start, found) in text.match_indices(from) {
        out.push_str(&text[end..start]);
        end = start + found.len();
        super::check_size(before, out.len() - before + to.len())?;
        out.push_str(to);
    }
    out.push_str(&text[end..]);
    Ok(())
}

/// Replaces characters of `from` by those at the same place of `to`; without one they are removed.
fn translate(text: &str, from: &str, to: &str, out: &mut String) -> SqlResult<()> {
    if text.is_ascii() && from.is_ascii() && to.is_ascii() {
        let mut table: [Option<u8>; 128] = std::array::from_fn(|byte| u8::try_from(byte).ok());
        // Of two equal characters, the first counts.
        for (at, byte) in from.bytes().enumerate().rev() {
            if let Some(entry) = table.get_mut(usize::from(byte)) {
                *entry = to.as_bytes().get(at).copied();
            }
        }
        let mapped =
            text.bytes().filter_map(|byte| table.get(usize::from(byte)).copied().flatten());
        out.extend(mapped.map(char::from));
        return Ok(());
    }
    let mut table = hashbrown::HashMap::new();
    let mut targets = to.chars();
    for character in from.chars() {
        let target = targets.next();
        table.entry(character).or_insert(target);
    }
    out.extend(text.chars().filter_map(|c| table.get(&c).copied().unwrap_or(Some(c))));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements() {
        for (text, from, to, want) in [
            ("abc", "", "x", "xaxbxcx"),
            ("", "", "xx", "xx"),
            ("aaa", "aa", "b", "ba"),
            ("é,é", ",", "—", "é—é"),
        ] {
            let mut out = String::new();
            replace(text, from, to, &mut out).unwrap();
            assert_eq!(out, want);
        }
    }

    #[test]
    fn translations() {
        for (text, from, to, want) in [
            ("abcd", "aac", "zq", "zbd"),
            ("aab", "aa", "xy", "xxb"),
            ("abcd", "b", "𠀀", "a𠀀cd"),
            ("Goiânia", "â", "", "Goinia"),
        ] {
            let mut out = String::new();
            translate(text, from, to, &mut out).unwrap();
            assert_eq!(out, want);
        }
    }

    #[test]
    fn lengths_of_replacements() {
        let types = [Type::Varchar(Some(3)), Type::VARCHAR, Type::Varchar(Some(2))];
        assert_eq!(replaced(&types).unwrap(), Type::Varchar(Some(11)));
        let types = [Type::Varchar(Some(2_000_000_000)), Type::VARCHAR, Type::Varchar(Some(3))];
        assert_eq!(replaced(&types).unwrap(), Type::VARCHAR);
    }
}
