//! Functions over varbinary.

mod digest;
mod encode;
mod mix;
mod numbers;
mod utf8;

use crate::call::Call;
use crate::registry::Registry;
use crate::strings::check_size;
use arrow::array::ArrayRef;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(crate) fn register(registry: &mut Registry) {
    for part in
        [digest::register, encode::register, numbers::register, utf8::register, register_shape]
    {
        part(registry);
    }
}

fn register_shape(registry: &mut Registry) {
    registry.add("length", "(varbinary) -> bigint", |call| {
        call.map1(|bytes: &[u8]| Ok(bytes.len() as i64))
    });
    registry.add("reverse", "(varbinary) -> varbinary", |call| {
        bytes1(call, |bytes, out| {
            out.extend(bytes.iter().rev());
            Ok(())
        })
    });
    registry.add("concat", "(varbinary...) -> varbinary", concat).returns(|types| {
        if types.len() < 2 {
            let message = "There must be two or more concatenation arguments";
            return Err(SqlError::argument(message));
        }
        Ok(Type::Varbinary)
    });
    for name in ["substr", "substring"] {
        registry.add(name, "(varbinary, bigint) -> varbinary", substr);
        registry.add(name, "(varbinary, bigint, bigint) -> varbinary", substr);
    }
    registry.add("lpad", "(varbinary, bigint, varbinary) -> varbinary", |call| pad(call, true));
    registry.add("rpad", "(varbinary, bigint, varbinary) -> varbinary", |call| pad(call, false));
}

/// Makes bytes from bytes: `f` appends them.
fn bytes1(
    call: &Call<'_>,
    mut f: impl FnMut(&[u8], &mut Vec<u8>) -> SqlResult<()>,
) -> SqlResult<ArrayRef> {
    let column = call.column::<&[u8]>(0)?;
    call.each_bytes(|row, out| match column.get(row) {
        Some(bytes) => f(bytes, out).map(|()| true),
        None => Ok(false),
    })
}

fn concat(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let columns =
        (0..call.len()).map(|at| call.column::<&[u8]>(at)).collect::<SqlResult<Vec<_>>>()?;
    call.each_bytes(|row, out| {
        let before = out.len();
        for column in &columns {
            match column.get(row) {
                Some(bytes) => {
                    check_size(before, out.len() - before + bytes.len())?;
                    out.extend_from_slice(bytes);
                }
                None => return Ok(false),
            }
        }
        Ok(true)
    })
}

fn substr(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let bytes = call.column::<&[u8]>(0)?;
    let starts = call.column::<i64>(1)?;
    let lengths = (call.len() > 2).then(|| call.column::<i64>(2)).transpose()?;
    call.each_bytes(|row, out| {
        let length = lengths.as_ref().map_or(Some(i64::MAX), |lengths| lengths.get(row));
        let (Some(bytes), Some(start), Some(length)) = (bytes.get(row), starts.get(row), length)
        else {
            return Ok(false);
        };
        out.extend_from_slice(part(bytes, start, length));
        Ok(true)
    })
}

/// Returns `length` bytes from `start`, which counts from the end if it is negative.
fn part(bytes: &[u8], start: i64, length: i64) -> &[u8] {
    let distance = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
    let at = match start {
        0 => None,
        1.. => Some(distance - 1),
        _ => bytes.len().checked_sub(distance),
    };
    let rest = at.and_then(|at| bytes.get(at..)).unwrap_or_default();
    &rest[..rest.len().min(usize::try_from(length).unwrap_or(0))]
}

fn pad(call: &Call<'_>, left: bool) -> SqlResult<ArrayRef> {
    let (bytes, lengths) = (call.column::<&[u8]>(0)?, call.column::<i64>(1)?);
    let fills = call.column::<&[u8]>(2)?;
    call.each_bytes(|row, out| {
        let (Some(bytes), Some(length), Some(fill)) =
            (bytes.get(row), lengths.get(row), fills.get(row))
        else {
            return Ok(false);
        };
        let length = usize::try_from(i32::try_from(length).unwrap_or(-1)).map_err(|_| {
            SqlError::argument("Target length must be in the range [0..2147483647]")
        })?;
        if fill.is_empty() {
            return Err(SqlError::argument("Padding bytes must not be empty"));
        }
        check_size(out.len(), length)?;
        let kept = &bytes[..bytes.len().min(length)];
        let filling = fill.iter().cycle().take(length - kept.len());
        if left {
            out.extend(filling);
            out.extend_from_slice(kept);
        } else {
            out.extend_from_slice(kept);
            out.extend(filling);
        }
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_outside_are_empty() {
        for (start, length, want) in [
            (2, i64::MAX, &b"bc"[..]),
            (-2, 1, b"b"),
            (-4, 2, b""),
            (4, 1, b""),
            (0, 2, b""),
            (1, -1, b""),
            (i64::MIN, i64::MAX, b""),
        ] {
            assert_eq!(part(b"abc", start, length), want, "{start} {length}");
        }
    }
}
