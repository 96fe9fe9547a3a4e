//! Functions that only planners call: keys, rows side by side, the only row of a subquery, `TRY`.

use crate::arrays::{ROW, ROW_FIELD};
use crate::builder::{TakeIndices, end_of, list, nulls, row, take_checked};
use crate::call::{Call, Lists};
use crate::cast::{CAST, TRY_CAST};
use crate::datetime::MOMENT;
use crate::keys::{Keys, key_of};
use crate::registry::{Failure, Function, Registry};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt32Array};
use arrow::compute::{concat, take};
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// The most numbers of a `sequence` table.
const MAX_SEQUENCE_LENGTH: i64 = 100_000_000;

pub(crate) fn register(registry: &mut Registry) {
    registry.aggregate("count", "(V) -> bigint", count);
    registry.aggregate("array_agg", "(V) -> array(V)", array_agg).takes_null();
    registry.add_internal(&[
        &CAST,
        &FAIL,
        &KEY,
        &MOMENT,
        &ONLY,
        &ROW,
        &ROW_FIELD,
        &SORTED,
        &SUM_TO_BIGINT,
        &TRY,
        &TRY_CAST,
        &ZIP,
        &ZIP_KEEPING,
    ]);
    registry.add("$long_sequence", "(bigint, bigint, bigint) -> array(bigint)", long_sequence);
}

/// A sum of integers as bigint; an error if it does not fit.
pub static SUM_TO_BIGINT: Function = Function::internal("$sum", sum_to_bigint);

fn sum_to_bigint(call: &Call<'_>) -> SqlResult<ArrayRef> {
    call.map1(|sum: i128| {
        i64::try_from(sum).map_err(|_| SqlError::range(format!("bigint addition overflow: {sum}")))
    })
}

/// One value for all that are not distinct.
pub static KEY: Function = Function { failure: Failure::Never, ..Function::internal("$key", key) };

fn key(call: &Call<'_>) -> SqlResult<ArrayRef> {
    key_of(&call.array(0)?, call.argument_type(0))
}

/// Fails for any row, with the message that it is given.
pub static FAIL: Function =
    Function { volatile: true, ..Function::internal_over_nulls("$fail", fail) };

fn fail(call: &Call<'_>) -> SqlResult<ArrayRef> {
    if call.rows() == 0 {
        return call.each(|_| Ok(Some(true)));
    }
    let message = call.column::<&str>(0)?.get(0).unwrap_or_default().to_owned();
    Err(SqlError::new(Code::NotSupported, message))
}

/// How many rows a group has.
fn count(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = call.lists(0)?;
    call.each(|row| Ok(Some(groups.get(row).map_or(0, |group| group.len()) as i64)))
}

/// The only field of each row of a group.
fn array_agg(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = call.lists(0)?;
    let columns = fields(groups.values())?;
    let Some(values) = columns.first() else {
        return Err(SqlError::internal("the rows of a group must have a field"));
    };
    let mut indices = TakeIndices::with_capacity(call.rows());
    for row in 0..call.rows() {
        match groups.get(row) {
            Some(group) => {
                group.for_each(|at| indices.push(at));
                indices.end()?;
            }
            None => indices.null(),
        }
    }
    indices.lists(values, call.result())
}

/// Arrays of rows in the order of their fields but the first, which is the result. Argument
/// 1 has two letters for each field: `a` or `d` for the direction, `f` or `l` for NULLs.
pub static SORTED: Function = Function::internal_over_nulls("$sorted", sorted);

fn sorted(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let lists = call.lists(0)?;
    let order = call.constant::<&str>(1)?.unwrap_or_default().as_bytes();
    let (Type::Array(item), columns) = (call.argument_type(0), fields(lists.values())?) else {
        return Err(SqlError::internal("rows to sort must be in an array"));
    };
    let Type::Row(row_fields) = &**item else {
        return Err(SqlError::internal("values to sort must be rows"));
    };
    let Some((values, keys)) = columns.split_first() else {
        return Err(SqlError::internal("rows to sort must have a field"));
    };
    let keys = keys
        .iter()
        .zip(&row_fields[1..])
        .zip(order.chunks(2))
        .map(|((key, field), flags)| Ok((key, Keys::of(key, &field.data_type)?, flags)))
        .collect::<SqlResult<Vec<_>>>()?;
    let compare = |a: &usize, b: &usize| {
        keys.iter().fold(Ordering::Equal, |order, (array, keys, flags)| {
            order.then_with(|| match (array.is_null(*a), array.is_null(*b)) {
                (true, true) => Ordering::Equal,
                (a_null, b_null) if a_null != b_null => {
                    // A NULL key sorts where NULLs go.
                    if a_null == (flags.get(1) == Some(&b'f')) {
                        Ordering::Less
                    } else {
                        Ordering::Greater
                    }
                }
                _ if flags.first() == Some(&b'd') => keys.get(*b).cmp(&keys.get(*a)),
                _ => keys.get(*a).cmp(&keys.get(*b)),
            })
        })
    };
    let mut indices = TakeIndices::with_capacity(call.rows());
    for row in 0..call.rows() {
        let Some(range) = lists.get(row) else {
            indices.null();
            continue;
        };
        let mut places: Vec<usize> = range.collect();
        places.sort_by(compare);
        places.into_iter().for_each(|at| indices.push(at));
        indices.end()?;
    }
    indices.lists(values, call.result())
}

/// The only element of an array, NULL if there is none.
pub static ONLY: Function = Function::internal_over_nulls("$only", only);

fn only(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let lists = call.lists(0)?;
    let mut indices = Vec::with_capacity(call.rows());
    for at in 0..call.rows() {
        match lists.get(at) {
            Some(range) if range.len() > 1 => {
                let message = "Scalar sub-query has returned multiple rows";
                return Err(SqlError::new(Code::SubqueryMultipleRows, message));
            }
            Some(range) if range.len() == 1 => indices.push(u32::try_from(range.start).ok()),
            _ => indices.push(None),
        }
    }
    take_checked(lists.values(), &UInt32Array::from(indices))
}

/// Arrays and maps side by side as an array of rows: their elements, fields of elements that are
/// rows, keys and values; NULL after the end of the shorter. A last field of the result that no
/// argument gives is the number of the row.
pub static ZIP: Function = Function::internal_over_nulls("$zip", zip);

fn zip(call: &Call<'_>) -> SqlResult<ArrayRef> {
    zip_rows(call, false)
}

/// As [`ZIP`], with a row of NULLs where there is no element.
pub static ZIP_KEEPING: Function = Function::internal_over_nulls("$zip_keeping", zip_keeping);

fn zip_keeping(call: &Call<'_>) -> SqlResult<ArrayRef> {
    zip_rows(call, true)
}

/// The elements of an argument: the range of each row, and their columns.
struct Elements {
    ranges: Vec<Range<usize>>,
    columns: Vec<ArrayRef>,
}

fn elements(call: &Call<'_>, at: usize) -> SqlResult<Elements> {
    let range = |range: Option<Range<usize>>| range.unwrap_or(0..0);
    match call.argument_type(at) {
        Type::Map(..) => {
            let maps = call.maps(at)?;
            let ranges = (0..call.rows()).map(|row| range(maps.get(row))).collect();
            Ok(Elements {
                ranges,
                columns: vec![Arc::clone(maps.keys()), Arc::clone(maps.values())],
            })
        }
        data_type => {
            let lists: Lists<'_> = call.lists(at)?;
            let ranges = (0..call.rows()).map(|row| range(lists.get(row))).collect();
            let values = lists.values();
            let columns = match data_type {
                Type::Array(item) if matches!(**item, Type::Row(_)) => fields(values)?,
                _ => vec![Arc::clone(values)],
            };
            Ok(Elements { ranges, columns })
        }
    }
}

/// The fields of rows, NULL where the row is.
fn fields(rows: &ArrayRef) -> SqlResult<Vec<ArrayRef>> {
    let rows = rows.as_struct();
    let given: UInt32Array =
        (0..rows.len()).map(|at| rows.is_valid(at).then_some(at as u32)).collect();
    let column = |column: &ArrayRef| match rows.null_count() {
        0 => Ok(Arc::clone(column)),
        _ => Ok(take(column, &given, None)?),
    };
    rows.columns().iter().map(column).collect()
}

fn zip_rows(call: &Call<'_>, keep: bool) -> SqlResult<ArrayRef> {
    let all = (0..call.len()).map(|at| elements(call, at)).collect::<SqlResult<Vec<_>>>()?;
    let mut indices: Vec<Vec<Option<u32>>> = vec![Vec::new(); all.len()];
    let mut numbers: Vec<Option<i64>> = Vec::new();
    let mut offsets = vec![0_i32];
    for at in 0..call.rows() {
        let longest = all.iter().map(|e| e.ranges[at].len()).max().unwrap_or(0);
        let length = if keep { longest.max(1) } else { longest };
        for place in 0..length {
            numbers.push((place < longest).then_some(place as i64 + 1));
            for (indices, elements) in indices.iter_mut().zip(&all) {
                let range = &elements.ranges[at];
                let given = place < range.len();
                indices.push(if given { u32::try_from(range.start + place).ok() } else { None });
            }
        }
        offsets.push(end_of(numbers.len())?);
    }
    let mut columns = Vec::new();
    for (indices, elements) in indices.into_iter().zip(all) {
        let indices = UInt32Array::from(indices);
        for column in elements.columns {
            columns.push(take_checked(&column, &indices)?);
        }
    }
    let Type::Array(item) = call.result() else {
        return Err(SqlError::internal("zipped arrays return an array"));
    };
    let Type::Row(wanted) = &**item else {
        return Err(SqlError::internal("zipped arrays return an array of rows"));
    };
    let length = numbers.len();
    if wanted.len() > columns.len() {
        columns.push(Arc::new(Int64Array::from(numbers)));
    }
    let rows = row(columns, length, None, item)?;
    list(offsets, rows, vec![true; call.rows()], call.result())
}

/// The numbers from a start to a stop, both included.
fn long_sequence(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (start, stop) = (call.column::<i64>(0)?, call.column::<i64>(1)?);
    let step = call.column::<i64>(2)?;
    let mut values = Vec::new();
    let mut indices = TakeIndices::with_capacity(call.rows());
    for at in 0..call.rows() {
        let (Some(start), Some(stop), Some(step)) = (start.get(at), stop.get(at), step.get(at))
        else {
            return Err(SqlError::argument("Arguments of sequence must not be null"));
        };
        if step == 0 {
            return Err(SqlError::argument("Step must be non-zero for sequence [start, stop]"));
        }
        let span = i128::from(stop) - i128::from(start);
        if span != 0 && (span < 0) != (step < 0) {
            let sign = if span < 0 { "negative" } else { "positive" };
            let message = format!("Step must be {sign} for sequence [{start}, {stop}]");
            return Err(SqlError::argument(message));
        }
        let count = span / i128::from(step) + 1;
        if count > i128::from(MAX_SEQUENCE_LENGTH) {
            return Err(SqlError::argument(format!(
                "sequence has more than {MAX_SEQUENCE_LENGTH} numbers"
            )));
        }
        for number in 0..count as i64 {
            indices.push(values.len());
            values.push(start + number * step);
        }
        indices.end()?;
    }
    let values: ArrayRef = Arc::new(Int64Array::from(values));
    indices.lists(&values, call.result())
}

/// `TRY(expression)`: its value, and NULL for the rows for which it fails. The expression is a lambda
/// without parameters.
pub static TRY: Function = Function::internal_over_nulls("try", try_lambda);

fn try_lambda(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let lambda = call.lambda(0)?;
    match lambda.call_rows() {
        Ok(array) => Ok(array),
        Err(error) if !is_null_in_try(&error) => Err(error),
        Err(_) if lambda.rows == 1 => Ok(nulls(call.result(), 1)),
        Err(_) => {
            let one = |row: u32| match lambda.call(&[row], &[]) {
                Ok(array) => Ok(array),
                Err(error) if is_null_in_try(&error) => Ok(nulls(call.result(), 1)),
                Err(error) => Err(error),
            };
            let rows = (0..lambda.rows as u32).map(one).collect::<SqlResult<Vec<_>>>()?;
            let rows: Vec<&dyn Array> = rows.iter().map(|array| &**array).collect();
            if rows.is_empty() {
                return Ok(nulls(call.result(), 0));
            }
            Ok(concat(&rows)?)
        }
    }
}

/// Whether `TRY` returns NULL instead of an error.
fn is_null_in_try(error: &SqlError) -> bool {
    matches!(
        error.code,
        Code::DivisionByZero
            | Code::InvalidCastArgument
            | Code::InvalidFunctionArgument
            | Code::NumericValueOutOfRange
            | Code::JsonInputConversion
            | Code::JsonOutputConversion
            | Code::JsonValueResult
            | Code::PathEvaluation
            | Code::SubqueryMultipleRows
    )
}
