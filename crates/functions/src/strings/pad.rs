//! `lpad`, `rpad`, `concat` and `concat_ws`.

use super::padded;
use crate::call::{Call, wrong_layout};
use crate::registry::Registry;
use crate::signature::MAX_CHAR_LENGTH;
use arrow::array::{Array, ArrayRef, AsArray};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry
        .add("lpad", "(varchar(x), bigint, varchar(y)) -> varchar", |call| pad(call, Side::Left));
    registry.add("lpad", "(char(x), bigint, varchar(y)) -> varchar", |call| pad(call, Side::Left));
    registry
        .add("rpad", "(varchar(x), bigint, varchar(y)) -> varchar", |call| pad(call, Side::Right));
    registry.add("concat", "(varchar...) -> varchar", concat).returns(|types| {
        at_least_two(types, "There must be two or more concatenation arguments")?;
        Ok(Type::VARCHAR)
    });
    registry.add("concat", "(char(x), char(y)) -> char(x)", concat_char).returns(char_of_both);
    registry.add("concat_ws", "(varchar, varchar...) -> varchar", concat_ws).takes_null().returns(
        |types| {
            at_least_two(types, "There must be two or more arguments")?;
            Ok(Type::VARCHAR)
        },
    );
    registry.add("concat_ws", "(varchar, array(varchar)) -> varchar", concat_ws_array);
}

fn at_least_two(types: &[Type], message: &str) -> SqlResult<()> {
    if types.len() < 2 { Err(SqlError::argument(message)) } else { Ok(()) }
}

fn char_of_both(types: &[Type]) -> SqlResult<Type> {
    let length = |data_type: &Type| if let Type::Char(length) = data_type { *length } else { 0 };
    let sum = types.iter().map(length).fold(0, u32::saturating_add);
    if sum > MAX_CHAR_LENGTH {
        return Err(SqlError::new(Code::TypeNotFound, format!("Unknown type: char({sum})")));
    }
    Ok(Type::Char(sum))
}

fn concat(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let columns =
        (0..call.len()).map(|at| call.column::<&str>(at)).collect::<SqlResult<Vec<_>>>()?;
    call.each_text(|row, out| {
        let before = out.len();
        for column in &columns {
            match column.get(row) {
                Some(text) => {
                    check_size(before, out.len() - before + text.len())?;
                    out.push_str(text);
                }
                None => return Ok(false),
            }
        }
        Ok(true)
    })
}

fn concat_char(call: &Call<'_>) -> SqlResult<ArrayRef> {
    call.text2(|left: &str, right: &str, out| {
        out.push_str(&padded(left, call.argument_type(0)));
        out.push_str(&padded(right, call.argument_type(1)));
        Ok(())
    })
}

/// Texts with a separator between them; those that are NULL are left out.
fn concat_ws(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let separators = call.column::<&str>(0)?;
    let columns =
        (1..call.len()).map(|at| call.column::<&str>(at)).collect::<SqlResult<Vec<_>>>()?;
    call.each_text(|row, out| {
        let Some(separator) = separators.get(row) else { return Ok(false) };
        join(columns.iter().filter_map(|column| column.get(row)), separator, out)?;
        Ok(true)
    })
}

fn concat_ws_array(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let separators = call.column::<&str>(0)?;
    let lists = call.lists(1)?;
    let items = lists
        .values()
        .as_string_opt::<i32>()
        .ok_or_else(|| wrong_layout("an element of concat_ws", lists.values()))?;
    call.each_text(|row, out| {
        let (Some(separator), Some(range)) = (separators.get(row), lists.get(row)) else {
            return Ok(false);
        };
        let valid = range.filter(|at| items.is_valid(*at)).map(|at| items.value(at));
        join(valid, separator, out)?;
        Ok(true)
    })
}

fn join<'a>(
    texts: impl Iterator<Item = &'a str>,
    separator: &str,
    out: &mut String,
) -> SqlResult<()> {
    let before = out.len();
    for (at, text) in texts.enumerate() {
        let separator = if at > 0 { separator } else { "" };
        check_size(before, out.len() - before + separator.len() + text.len())?;
        out.push_str(separator);
        out.push_str(text);
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// The most bytes of a value that a function makes longer than its arguments are.
const MAX_BYTES: usize = 512 << 20;

/// The error for a value that is too long.
pub(crate) fn oversized() -> SqlError {
    SqlError::new(
        Code::ExceededFunctionMemoryLimit,
        format!("Cannot allocate slice larger than {MAX_BYTES} bytes"),
    )
}

/// Checks that a value may have so many bytes after those of the rows before it.
pub(crate) fn check_size(before: usize, bytes: usize) -> SqlResult<()> {
    let all = before.saturating_add(bytes);
    if bytes > MAX_BYTES || all > i32::MAX as usize { Err(oversized()) } else { Ok(()) }
}

fn pad(call: &Call<'_>, side: Side) -> SqlResult<ArrayRef> {
    let data_type = call.argument_type(0);
    call.text3(|text: &str, length: i64, fill: &str, out| {
        let length = usize::try_from(i32::try_from(length).unwrap_or(-1)).map_err(|_| {
            SqlError::argument("Target length must be in the range [0..2147483647]")
        })?;
        if fill.is_empty() {
            return Err(SqlError::argument("Padding string must not be empty"));
        }
        let text = padded(text, data_type);
        let missing = length.saturating_sub(text.chars().count());
        if missing == 0 {
            out.push_str(&text[..super::offset(&text, length)]);
            return Ok(());
        }
        match side {
            Side::Left => {
                repeat(fill, missing, out)?;
                out.push_str(&text);
            }
            Side::Right => {
                out.push_str(&text);
                repeat(fill, missing, out)?;
            }
        }
        Ok(())
    })
}

/// Appends `count` code points of `fill`, over and over.
fn repeat(fill: &str, count: usize, out: &mut String) -> SqlResult<()> {
    let each = fill.chars().count();
    let (whole, rest) = (count / each, count % each);
    let rest = &fill[..super::offset(fill, rest)];
    let bytes = fill.len().saturating_mul(whole).saturating_add(rest.len());
    check_size(out.len(), bytes)?;
    out.reserve(bytes);
    for _ in 0..whole {
        out.push_str(fill);
    }
    out.push_str(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_stop_in_the_middle() {
        let mut out = String::new();
        repeat("é希", 5, &mut out).unwrap();
        assert_eq!(out, "é希é希é");
        assert!(repeat("xyz", usize::MAX, &mut out).is_err());
    }

    #[test]
    fn chars_of_both_lengths() {
        assert_eq!(char_of_both(&[Type::Char(2), Type::Char(3)]).unwrap(), Type::Char(5));
        assert!(char_of_both(&[Type::Char(65_536), Type::Char(3)]).is_err());
    }
}
