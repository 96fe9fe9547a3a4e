//! `approx_distinct`, which counts exactly here.

use super::{Groups, each_group};
use crate::call::Call;
use crate::keys::Keys;
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef};
use hashbrown::HashSet;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.aggregate("approx_distinct", "(C) -> bigint", distinct);
    registry.aggregate("approx_distinct", "(C, double) -> bigint", distinct);
}

fn distinct(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let column = groups.column(0)?;
    let errors = if groups.fields.len() > 1 { Some(groups.values::<f64>(1)?) } else { None };
    let keys = Keys::of(column, groups.argument_type(0)?)?;
    let mut seen = HashSet::new();
    each_group(call, &groups, |rows| {
        seen.clear();
        for row in rows {
            if column.is_null(row) {
                continue;
            }
            if let Some(errors) = &errors {
                let Some(error) = errors.get(row) else { continue };
                check_error(error)?;
            }
            seen.insert(keys.get(row));
        }
        Ok(Some(seen.len() as i64))
    })
}

/// Checks that Trino supports the standard error that is asked for.
fn check_error(error: f64) -> SqlResult<()> {
    if (0.0040625..=0.26).contains(&error) {
        return Ok(());
    }
    let error = crate::numerals::double_text(error);
    Err(SqlError::argument(format!("Max standard error must be in [0.0040625, 0.26]: {error}")))
}
