//! `listagg`, which joins texts with a separator.

use super::Groups;
use crate::call::{Call, Column};
use crate::registry::Registry;
use arrow::array::ArrayRef;
use std::fmt::Write;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// The longest text, in bytes.
const MAX_BYTES: usize = 1 << 20;

pub(super) fn register(registry: &mut Registry) {
    registry.aggregate("listagg", "(varchar, varchar) -> varchar", listagg);
    // The text for the values left out of a result that is too long, and whether their number
    // follows.
    registry.aggregate("listagg", "(varchar, varchar, varchar, boolean) -> varchar", listagg);
}

/// How a result that is too long is cut, instead of failing.
struct Overflow<'a> {
    filler: Column<'a, &'a str>,
    counts: Column<'a, bool>,
}

fn listagg(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let (values, separators) = (groups.values::<&str>(0)?, groups.values::<&str>(1)?);
    let overflow = match groups.fields.len() {
        4 => Some(Overflow { filler: groups.values(2)?, counts: groups.values(3)? }),
        _ => None,
    };
    call.each_text(|group, out| {
        let start = out.len();
        let mut rows = groups.get(group).filter(|row| values.get(*row).is_some());
        let mut any = false;
        while let Some(row) = rows.next() {
            let value = values.get(row).unwrap_or_default();
            let separator = if any { separators.get(row).unwrap_or_default() } else { "" };
            if out.len() - start + separator.len() + value.len() > MAX_BYTES {
                let left_out = rows.count() + 1;
                close(out, any, separators.get(row), overflow.as_ref(), row, left_out)?;
                return Ok(true);
            }
            out.push_str(separator);
            out.push_str(value);
            any = true;
        }
        Ok(any)
    })
}

/// Ends a result that is full.
fn close(
    out: &mut String,
    any: bool,
    separator: Option<&str>,
    overflow: Option<&Overflow<'_>>,
    row: usize,
    left_out: usize,
) -> SqlResult<()> {
    let Some(overflow) = overflow else {
        return Err(SqlError::new(
            Code::ExceededFunctionMemoryLimit,
            format!(
                "Concatenated string has the length in bytes larger than the maximum output length \
                 {MAX_BYTES}"
            ),
        ));
    };
    if any {
        out.push_str(separator.unwrap_or_default());
    }
    out.push_str(overflow.filler.get(row).unwrap_or_default());
    if overflow.counts.get(row) == Some(true) {
        write!(out, "({left_out})").map_err(|error| SqlError::internal(error.to_string()))?;
    }
    Ok(())
}
