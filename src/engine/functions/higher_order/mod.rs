//! Functions that take lambdas. A lambda is evaluated for the elements of many rows at once.

mod arrays;
mod maps;
mod matching;
mod reduce;
mod sort;

use super::registry::Registry;
use crate::engine::sql_error::{SqlError, SqlResult};
use crate::engine::types::Type;
use crate::engine::types::arrow::arrow_type;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, new_empty_array};
use arrow::compute::concat;
use std::ops::Range;

pub(super) fn register(registry: &mut Registry) {
    arrays::register(registry);
    maps::register(registry);
    matching::register(registry);
    reduce::register(registry);
    sort::register(registry);
}

/// Some rows of a call, and the elements of their arrays one after the other.
#[derive(Debug)]
struct Batch {
    rows: Range<usize>,
    /// For each element, the row it belongs to.
    owners: Vec<u32>,
}

/// The number of elements from which on a batch takes no further row: what a lambda's evaluation
/// needs in memory depends on it.
const BATCH: usize = 1 << 17;

/// Returns all rows in batches; `length` tells how many elements a row has.
fn batches(rows: usize, length: impl Fn(usize) -> usize) -> impl Iterator<Item = Batch> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = next;
        let mut owners = Vec::new();
        while next < rows && owners.len() < BATCH {
            owners.resize(owners.len() + length(next), next as u32);
            next += 1;
        }
        (next > start).then_some(Batch { rows: start..next, owners })
    })
}

impl Batch {
    /// Returns where the elements of all rows lie.
    fn places(&self, get: impl Fn(usize) -> Option<Range<usize>>) -> Vec<u32> {
        let mut places = Vec::with_capacity(self.owners.len());
        for row in self.rows.clone() {
            places.extend(get(row).unwrap_or_default().map(|at| at as u32));
        }
        places
    }
}

/// Returns one array of several.
fn joined(pieces: &[ArrayRef], kind: &Type) -> SqlResult<ArrayRef> {
    match pieces {
        [] => Ok(new_empty_array(&arrow_type(kind))),
        [one] => Ok(ArrayRef::clone(one)),
        _ => Ok(concat(&pieces.iter().map(|piece| &**piece).collect::<Vec<_>>())?),
    }
}

/// Returns the answers of a lambda that tests.
fn answers(array: &ArrayRef) -> SqlResult<&BooleanArray> {
    array
        .as_boolean_opt()
        .ok_or_else(|| SqlError::internal("a test that is neither true nor false"))
}

/// Whether an answer is true.
fn holds(answers: &BooleanArray, at: usize) -> bool {
    answers.is_valid(at) && answers.value(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::functions::call::{Argument, Call, Site};
    use crate::engine::functions::lambda::{Body, Lambda};
    use crate::engine::functions::out::layout;
    use crate::engine::functions::registry::Registry;
    use arrow::array::{Int64Array, ListArray};
    use arrow::datatypes::{Field, Int64Type, Schema};
    use datafusion::common::ToDFSchema;
    use datafusion::logical_expr::{Expr, col, lit, when};
    use datafusion::prelude::SessionContext;
    use std::sync::Arc;

    type Row = Option<Vec<Option<i64>>>;

    fn lists(rows: &[Row]) -> Argument {
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>(rows.iter().cloned());
        Argument::Rows(layout(Arc::new(list), &Type::array(Type::Bigint)).unwrap())
    }

    /// A lambda whose parameters are bigints, and which captures the column c.
    fn lambda(parameters: &[&str], body: Expr, captured: &Int64Array) -> Argument {
        let names = std::iter::once(&"c").chain(parameters);
        let fields: Vec<_> =
            names.map(|name| Field::new(*name, arrow_type(&Type::Bigint), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let df_schema = Arc::clone(&schema).to_dfschema().unwrap();
        let physical =
            SessionContext::new().create_physical_expr(body.clone(), &df_schema).unwrap();
        let body = Body { expr: body, physical, schema };
        let captured = vec![Arc::new(captured.clone()) as ArrayRef];
        Argument::Lambda(Lambda { body, captured, rows: 4 })
    }

    #[track_caller]
    fn run(name: &str, overload: usize, arguments: &[Argument], result: &Type) -> ArrayRef {
        let types: Vec<_> = arguments
            .iter()
            .map(|argument| match argument {
                Argument::Rows(array) if array.data_type().is_nested() => Type::array(Type::Bigint),
                _ => Type::Bigint,
            })
            .collect();
        let site = Site::default();
        let call = Call {
            name,
            arguments,
            types: &types,
            result,
            rows: 4,
            now: chrono::DateTime::UNIX_EPOCH,
            site: &site,
        };
        (Registry::get().scalar(name)[overload].eval)(&call).unwrap()
    }

    fn rows() -> Argument {
        lists(&[
            Some(vec![Some(1), Some(2)]),
            None,
            Some(vec![]),
            Some(vec![Some(3), None, Some(0), Some(5)]),
        ])
    }

    fn captured() -> Int64Array {
        Int64Array::from(vec![10, 20, 30, 40])
    }

    #[test]
    fn lambdas_see_the_row_of_their_element() {
        let plus = lambda(&["x"], col("x") + col("c"), &captured());
        let got = run("transform", 0, &[rows(), plus], &Type::array(Type::Bigint));
        let Argument::Rows(want) = lists(&[
            Some(vec![Some(11), Some(12)]),
            None,
            Some(vec![]),
            Some(vec![Some(43), None, Some(40), Some(45)]),
        ]) else {
            unreachable!()
        };
        assert_eq!(&got, &want);
    }

    #[test]
    fn tests_behind_the_deciding_one_do_not_fail() {
        // 1/2 = 0 decides the first row, 6/3 = 2 the last, whose division by zero comes later.
        let test = || lambda(&["x"], (lit(6_i64) / col("x")).gt(lit(1_i64)), &captured());
        let got = run("any_match", 0, &[rows(), test()], &Type::Boolean);
        assert_eq!(
            got.as_boolean(),
            &BooleanArray::from(vec![Some(true), None, Some(false), Some(true)])
        );
        let got = run("none_match", 0, &[rows(), test()], &Type::Boolean);
        assert_eq!(
            got.as_boolean(),
            &BooleanArray::from(vec![Some(false), None, Some(true), Some(false)])
        );
    }

    #[test]
    fn reduction_ends_with_each_array() {
        let combine = lambda(&["s", "x"], col("s") * lit(10_i64) + col("x"), &captured());
        let result = lambda(&["s"], col("s") + col("c"), &captured());
        let start = Argument::Rows(Arc::new(Int64Array::from(vec![0, 1, 2, 3])));
        let arrays = lists(&[
            Some(vec![Some(1)]),
            None,
            Some(vec![]),
            Some(vec![Some(3), Some(4), Some(5)]),
        ]);
        let got = run("reduce", 0, &[arrays, start, combine, result], &Type::Bigint);
        let want = Int64Array::from(vec![Some(11), None, Some(32), Some(3385)]);
        assert_eq!(got.as_primitive::<Int64Type>(), &want);
    }

    #[test]
    fn arrays_are_sorted_side_by_side() {
        let descending = when(col("x").gt(col("y")), lit(-1_i32))
            .when(col("x").lt(col("y")), lit(1_i32))
            .otherwise(lit(0_i32))
            .unwrap();
        let arrays = [3_usize, 0, 40, 1]
            .map(|length| Some((0..length as i64).map(|n| Some(n * 7 % 41)).collect::<Vec<_>>()));
        let sorted = arrays.clone().map(|array| {
            array.map(|mut items| {
                items.sort_by(|a, b| b.cmp(a));
                items
            })
        });
        let compare = lambda(&["x", "y"], descending, &captured());
        let got = run("array_sort", 1, &[lists(&arrays), compare], &Type::array(Type::Bigint));
        let Argument::Rows(want) = lists(&sorted) else { unreachable!() };
        assert_eq!(&got, &want);
    }

    #[test]
    fn batches_hold_whole_rows() {
        let lengths = [3, 0, BATCH, 1, 0];
        let got: Vec<_> = batches(lengths.len(), |row| lengths[row])
            .map(|batch| (batch.rows, batch.owners.len()))
            .collect();
        assert_eq!(got, [(0..3, BATCH + 3), (3..5, 1)]);
        assert_eq!(batches(0, |_| 1).count(), 0);
        assert_eq!(batches(2, |_| 0).map(|batch| batch.rows).collect::<Vec<_>>(), vec![0..2]);
    }
}
