//! Comparisons with Trino's rules: `=`, `<` and related operators, `IS DISTINCT FROM`, `greatest` and
//! `least`.
//!
//! A [`ComparableArray`] is an array opened for comparison; two of one type compare value by value.
//! Equality has three values: a NULL inside an array, map or row makes it unknown, unless another
//! part differs.

mod array;

pub(crate) use array::{ComparableArray, Nan};

use crate::call::Call;
use crate::operators::Pair;
use crate::registry::{Eval, Failure, Registry};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Datum, Decimal128Array, Scalar, UInt32Array,
};
use arrow::compute::kernels::cmp;
use arrow::compute::{interleave, take};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Decimal128Type, Float32Type, Float64Type};
use arrow::error::ArrowError;
use std::cmp::Ordering;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::SqlResult;
use traillake_sql_types::zone::instant_key;

pub(crate) fn register(registry: &mut Registry) {
    const EQUALITY: &str = "(C, C) -> boolean";
    const ORDER: &str = "(O, O) -> boolean";
    registry.add("$equal", EQUALITY, |call| compare(call, Comparison::Equal)).fails(Failure::Never);
    registry
        .add("$not_equal", EQUALITY, |call| compare(call, Comparison::NotEqual))
        .fails(Failure::Never);
    let ordered: [(&str, Eval); 4] = [
        ("$less_than", |call| compare(call, Comparison::Less)),
        ("$less_than_or_equal", |call| compare(call, Comparison::LessOrEqual)),
        ("$greater_than", |call| compare(call, Comparison::Greater)),
        ("$greater_than_or_equal", |call| compare(call, Comparison::GreaterOrEqual)),
    ];
    for (name, eval) in ordered {
        registry.add(name, ORDER, eval).fails(Failure::NESTED);
    }
    registry
        .add("$distinct_from", EQUALITY, |call| distinct(call, true))
        .takes_null()
        .fails(Failure::Never);
    registry
        .add("$not_distinct_from", EQUALITY, |call| distinct(call, false))
        .takes_null()
        .fails(Failure::Never);
    registry.add("greatest", "(O, O...) -> O", |call| extreme(call, Ordering::Greater));
    registry.add("least", "(O, O...) -> O", |call| extreme(call, Ordering::Less));
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether it holds for two values in this order.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }

    fn kernel(self, a: &dyn Datum, b: &dyn Datum) -> Result<BooleanArray, ArrowError> {
        match self {
            Self::Equal => cmp::eq(a, b),
            Self::NotEqual => cmp::neq(a, b),
            Self::Less => cmp::lt(a, b),
            Self::LessOrEqual => cmp::lt_eq(a, b),
            Self::Greater => cmp::gt(a, b),
            Self::GreaterOrEqual => cmp::gt_eq(a, b),
        }
    }
}

/// Whether Arrow's kernels compare values of this type as Trino does.
fn has_kernel(data_type: &Type) -> bool {
    match data_type {
        Type::Real | Type::Double | Type::Char(_) => false,
        _ => data_type.children().is_empty() && !matches!(data_type, Type::Row(_)),
    }
}

/// The two arguments of a comparison in the layout that Arrow's kernels take.
fn kernel_arguments(call: &Call<'_>) -> SqlResult<[(ArrayRef, bool); 2]> {
    let plain = |at: usize| -> SqlResult<(ArrayRef, bool)> {
        let (array, constant) = call.raw(at)?;
        let array = match (call.argument_type(at), array.as_primitive_opt::<Decimal128Type>()) {
            (Type::TimestampTz(_), Some(packed)) => {
                let instants: Decimal128Array = packed.unary(instant_key);
                Arc::new(instants.with_precision_and_scale(38, 0)?)
            }
            _ => Arc::clone(array),
        };
        Ok((array, constant))
    };
    let (mut a, mut b) = (plain(0)?, plain(1)?);
    if a.0.data_type() != b.0.data_type() {
        // Text in two layouts: the constant takes the other's, else both are views.
        let wanted = match (a.1, b.1) {
            (true, _) => b.0.data_type().clone(),
            (_, true) => a.0.data_type().clone(),
            _ => DataType::Utf8View,
        };
        a.0 = arrow::compute::cast(&a.0, &wanted)?;
        b.0 = arrow::compute::cast(&b.0, &wanted)?;
    }
    Ok([a, b])
}

/// Calls a kernel with arguments that may be constant.
fn run_kernel(
    call: &Call<'_>,
    kernel: impl Fn(&dyn Datum, &dyn Datum) -> Result<BooleanArray, ArrowError>,
) -> SqlResult<ArrayRef> {
    let [a, b] = kernel_arguments(call)?;
    let result = match (a, b) {
        ((a, false), (b, false)) => kernel(&a, &b)?,
        ((a, true), (b, false)) => kernel(&Scalar::new(a), &b)?,
        ((a, false), (b, true)) => kernel(&a, &Scalar::new(b))?,
        ((a, true), (b, true)) => {
            let result: ArrayRef = Arc::new(kernel(&a, &b)?);
            return Ok(take(&result, &UInt32Array::from(vec![0; call.rows()]), None)?);
        }
    };
    Ok(Arc::new(result))
}

fn compare(call: &Call<'_>, comparison: Comparison) -> SqlResult<ArrayRef> {
    match call.argument_type(0) {
        Type::Real => Ok(compare_floats(&Pair::<Float32Type>::open(call)?, comparison)),
        Type::Double => Ok(compare_floats(&Pair::<Float64Type>::open(call)?, comparison)),
        data_type if has_kernel(data_type) => run_kernel(call, |a, b| comparison.kernel(a, b)),
        _ => each_pair(call, |a, i, b, j| {
            if matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
                return Ok(a
                    .equal(i, b, j)
                    .map(|equal| equal == (comparison == Comparison::Equal)));
            }
            if a.is_null(i) || b.is_null(j) {
                return Ok(None);
            }
            Ok(Some(comparison.holds(a.order(i, b, j)?)))
        }),
    }
}

/// Compares floating point numbers; NaN equals nothing.
fn compare_floats<T: ArrowPrimitiveType>(pair: &Pair<'_, T>, comparison: Comparison) -> ArrayRef {
    let results = match comparison {
        Comparison::Equal => pair.test(|a, b| a == b),
        Comparison::NotEqual => pair.test(|a, b| a != b),
        Comparison::Less => pair.test(|a, b| a < b),
        Comparison::LessOrEqual => pair.test(|a, b| a <= b),
        Comparison::Greater => pair.test(|a, b| a > b),
        Comparison::GreaterOrEqual => pair.test(|a, b| a >= b),
    };
    Arc::new(BooleanArray::new(results, pair.nulls().cloned()))
}

fn distinct(call: &Call<'_>, wanted: bool) -> SqlResult<ArrayRef> {
    if has_kernel(call.argument_type(0)) {
        return run_kernel(call, if wanted { cmp::distinct } else { cmp::not_distinct });
    }
    each_pair(call, |a, i, b, j| Ok(Some(a.distinct(i, b, j) == wanted)))
}

/// Makes a boolean of the two arguments' values of each row.
fn each_pair(
    call: &Call<'_>,
    mut f: impl FnMut(
        &ComparableArray<'_>,
        usize,
        &ComparableArray<'_>,
        usize,
    ) -> SqlResult<Option<bool>>,
) -> SqlResult<ArrayRef> {
    let ((a, a_constant), (b, b_constant)) = (call.raw(0)?, call.raw(1)?);
    let (a, b) = (
        ComparableArray::open(a, call.argument_type(0))?,
        ComparableArray::open(b, call.argument_type(1))?,
    );
    let place = |constant: bool, row: usize| if constant { 0 } else { row };
    call.each(|row| f(&a, place(a_constant, row), &b, place(b_constant, row)))
}

/// `greatest` and `least`: the first value that no other exceeds. NaN loses against any number.
fn extreme(call: &Call<'_>, wanted: Ordering) -> SqlResult<ArrayRef> {
    let nan = if wanted == Ordering::Greater { Nan::First } else { Nan::Last };
    let raw = (0..call.len()).map(|at| call.raw(at)).collect::<SqlResult<Vec<_>>>()?;
    let opened = raw.iter().enumerate();
    let arrays = opened
        .map(|(at, (array, constant))| {
            Ok((ComparableArray::open(array, call.argument_type(at))?, *constant))
        })
        .collect::<SqlResult<Vec<_>>>()?;
    let place = |at: usize, row: usize| if arrays[at].1 { 0 } else { row };
    let mut indices = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        let null = (0..arrays.len()).find(|at| arrays[*at].0.is_null(place(*at, row)));
        let mut best = null.unwrap_or(0);
        for at in 1..if null.is_some() { 0 } else { arrays.len() } {
            let (array, i, other, j) =
                (&arrays[at].0, place(at, row), &arrays[best].0, place(best, row));
            if array.order_with(i, other, j, nan)? == wanted {
                best = at;
            }
        }
        indices.push((best, place(best, row)));
    }
    let arrays =
        raw.iter().map(|(array, _)| crate::builder::layout(Arc::clone(array), call.result()));
    let arrays = arrays.collect::<SqlResult<Vec<_>>>()?;
    let arrays: Vec<&dyn Array> = arrays.iter().map(|array| &**array).collect();
    Ok(interleave(&arrays, &indices)?)
}
