//! Functions that take lambdas. A lambda is evaluated for the elements of many rows at once.

mod arrays;
mod maps;
mod matching;
mod reduce;
mod sort;

use crate::call::wrong_layout;
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, new_empty_array};
use arrow::compute::concat;
use std::ops::Range;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::error::SqlResult;

pub(crate) fn register(registry: &mut Registry) {
    arrays::register(registry);
    maps::register(registry);
    matching::register(registry);
    reduce::register(registry);
    sort::register(registry);
}

/// Some rows of a call, and the elements of their arrays in order.
#[derive(Debug)]
struct Batch {
    rows: Range<usize>,
    /// For each element, the row it belongs to.
    owners: Vec<u32>,
}

/// The number of elements at which a batch is full: the memory that a lambda's evaluation needs
/// depends on it.
const BATCH: usize = 1 << 17;

/// Returns all rows in batches; `length` returns the number of elements of a row.
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
    /// Returns where the elements of all rows are.
    fn places(&self, get: impl Fn(usize) -> Option<Range<usize>>) -> Vec<u32> {
        let mut places = Vec::with_capacity(self.owners.len());
        for row in self.rows.clone() {
            places.extend(get(row).unwrap_or_default().map(|at| at as u32));
        }
        places
    }
}

/// Returns one array of several.
fn joined(pieces: &[ArrayRef], data_type: &Type) -> SqlResult<ArrayRef> {
    match pieces {
        [] => Ok(new_empty_array(&arrow_type(data_type))),
        [one] => Ok(ArrayRef::clone(one)),
        _ => Ok(concat(&pieces.iter().map(|piece| &**piece).collect::<Vec<_>>())?),
    }
}

/// Returns the results of a lambda that is a predicate.
fn predicate_results(array: &ArrayRef) -> SqlResult<&BooleanArray> {
    array.as_boolean_opt().ok_or_else(|| wrong_layout("the result of a predicate", array))
}

/// Whether a result is true.
fn holds(results: &BooleanArray, at: usize) -> bool {
    results.is_valid(at) && results.value(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{ArrayBuilder, IntoBuilder, layout};
    use crate::call::{Argument, Site};
    use crate::lambda::{Lambda, LambdaBody};
    use crate::registry;
    use arrow::array::{Int64Array, ListArray};
    use arrow::datatypes::Int64Type;
    use std::fmt::Debug;
    use std::sync::Arc;
    use traillake_sql_types::error::{Code, SqlError};

    type Row = Option<Vec<Option<i64>>>;

    fn lists(rows: &[Row]) -> Argument {
        let list = ListArray::from_iter_primitive::<Int64Type, _, _>(rows.iter().cloned());
        Argument::Rows(layout(Arc::new(list), &Type::array(Type::Bigint)).unwrap())
    }

    /// What a body computes of a captured bigint and its parameters, all of which are bigints.
    type Compute<R> = fn(&[i64]) -> SqlResult<R>;

    /// A body whose value is NULL where a column is.
    #[derive(Debug)]
    struct Body<R> {
        compute: Compute<R>,
        result: Type,
    }

    impl<R: IntoBuilder + Debug> LambdaBody for Body<R> {
        fn evaluate(&self, columns: Vec<ArrayRef>, rows: usize) -> SqlResult<ArrayRef> {
            let mut out = R::builder(rows);
            for row in 0..rows {
                let values = columns.iter().map(|column| {
                    let column = column.as_primitive::<Int64Type>();
                    column.is_valid(row).then(|| column.value(row))
                });
                match values.collect::<Option<Vec<_>>>() {
                    Some(values) => (self.compute)(&values)?.append_to(&mut out),
                    None => out.null(),
                }
            }
            out.finish(&self.result)
        }
    }

    /// A lambda which captures four numbers.
    fn lambda<R: IntoBuilder + Debug + 'static>(result: Type, compute: Compute<R>) -> Argument {
        let captured = vec![Arc::new(Int64Array::from(vec![10, 20, 30, 40])) as ArrayRef];
        Argument::Lambda(Lambda { body: Arc::new(Body { compute, result }), captured, rows: 4 })
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
        let function = &registry().scalar(name)[overload];
        let now = chrono::DateTime::UNIX_EPOCH;
        function.call(arguments, &types, result, 4, now, &site).unwrap()
    }

    fn rows() -> Argument {
        lists(&[
            Some(vec![Some(1), Some(2)]),
            None,
            Some(vec![]),
            Some(vec![Some(3), None, Some(0), Some(5)]),
        ])
    }

    #[test]
    fn lambdas_see_the_row_of_their_element() {
        let plus = lambda(Type::Bigint, |row| Ok(row[0] + row[1]));
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
    fn predicates_after_the_deciding_one_do_not_fail() {
        // 1/2 = 0 decides the first row, 6/3 = 2 the last, whose division by zero comes later.
        let test = || {
            lambda(Type::Boolean, |row| match row[1] {
                0 => Err(SqlError::new(Code::DivisionByZero, "Division by zero")),
                x => Ok(6 / x > 1),
            })
        };
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
        let combine = lambda(Type::Bigint, |row| Ok(row[1] * 10 + row[2]));
        let result = lambda(Type::Bigint, |row| Ok(row[0] + row[1]));
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
        let arrays = [3_usize, 0, 40, 1]
            .map(|length| Some((0..length as i64).map(|n| Some(n * 7 % 41)).collect::<Vec<_>>()));
        let sorted = arrays.clone().map(|array| {
            array.map(|mut items| {
                items.sort_by(|a, b| b.cmp(a));
                items
            })
        });
        let compare = lambda(Type::Integer, |row| Ok(row[2].cmp(&row[1]) as i32));
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
