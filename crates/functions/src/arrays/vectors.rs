//! Arrays and maps of numbers as vectors: products and distances.

use super::Elements;
use crate::call::{Call, wrong_layout};
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::Float64Type;
use hashbrown::HashMap;
use std::ops::Range;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    const VECTORS: &str = "(array(double), array(double)) -> double";
    registry.add("dot_product", VECTORS, |call| {
        measure(call, |a, b| Ok(Some(a.zip(b).map(|(a, b)| a * b).sum())))
    });
    registry.add("euclidean_distance", VECTORS, |call| {
        measure(call, |a, b| Ok(Some(a.zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt())))
    });
    registry.add("cosine_similarity", VECTORS, |call| measure(call, cosine));
    registry.add("cosine_distance", VECTORS, |call| {
        measure(call, |a, b| Ok(cosine(a, b)?.map(|similarity| 1.0 - similarity)))
    });
    registry.add(
        "cosine_similarity",
        "(map(varchar, double), map(varchar, double)) -> double",
        sparse_cosine,
    );
}

/// The numbers of one array.
#[derive(Clone)]
struct Vector<'a> {
    numbers: &'a Float64Array,
    range: Range<usize>,
}

impl<'a> Vector<'a> {
    /// Pairs the numbers with those of another, NULL as 0.
    fn zip(self, other: Self) -> impl Iterator<Item = (f64, f64)> {
        self.numbers().zip(other.numbers())
    }

    fn numbers(self) -> impl Iterator<Item = f64> {
        let Self { numbers, range } = self;
        range.map(|at| if numbers.is_null(at) { 0.0 } else { numbers.value(at) })
    }

    fn has_null(&self) -> bool {
        self.numbers.null_count() > 0 && self.range.clone().any(|at| self.numbers.is_null(at))
    }
}

fn doubles(array: &ArrayRef) -> SqlResult<&Float64Array> {
    array.as_primitive_opt::<Float64Type>().ok_or_else(|| wrong_layout("a coordinate", array))
}

/// Makes the result from two arrays of one length.
fn measure(
    call: &Call<'_>,
    f: impl Fn(Vector<'_>, Vector<'_>) -> SqlResult<Option<f64>>,
) -> SqlResult<ArrayRef> {
    let (left, right) = (Elements::of(call, 0)?, Elements::of(call, 1)?);
    let (a, b) = (doubles(&left.values)?, doubles(&right.values)?);
    call.each(|row| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
        if left.len() != right.len() {
            return Err(SqlError::argument("The arguments must have the same length"));
        }
        f(Vector { numbers: a, range: left }, Vector { numbers: b, range: right })
    })
}

/// The cosine of the angle between two vectors; unknown if a number is.
fn cosine(a: Vector<'_>, b: Vector<'_>) -> SqlResult<Option<f64>> {
    if a.has_null() || b.has_null() {
        return Ok(None);
    }
    let (mut product, mut left, mut right) = (0.0, 0.0, 0.0);
    for (a, b) in a.zip(b) {
        product += a * b;
        left += a * a;
        right += b * b;
    }
    if left == 0.0 || right == 0.0 {
        return Err(SqlError::argument("Vector magnitude cannot be zero"));
    }
    Ok(Some(product / (left * right).sqrt()))
}

/// `cosine_similarity` of vectors that name the coordinates that are not 0.
fn sparse_cosine(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (left, right) = (call.maps(0)?, call.maps(1)?);
    let names = |keys: &'_ ArrayRef| keys.as_string_opt::<i32>().cloned();
    let (Some(left_names), Some(right_names)) = (names(left.keys()), names(right.keys())) else {
        return Err(wrong_layout("the name of a coordinate", left.keys()));
    };
    let (a, b) = (doubles(left.values())?, doubles(right.values())?);
    let norm = |numbers: &Float64Array, range: Range<usize>| {
        let squares = range.map(|at| numbers.is_valid(at).then(|| numbers.value(at).powi(2)));
        squares.sum::<Option<f64>>().map(f64::sqrt)
    };
    let mut places: HashMap<&str, usize> = HashMap::new();
    call.each(|row| {
        let (Some(left), Some(right)) = (left.get(row), right.get(row)) else { return Ok(None) };
        let (Some(p), Some(q)) = (norm(a, left.clone()), norm(b, right.clone())) else {
            return Ok(None);
        };
        places.clear();
        places.extend(right.map(|at| (right_names.value(at), at)));
        let product: f64 = left
            .filter_map(|at| {
                let other = places.get(left_names.value(at))?;
                Some(a.value(at) * b.value(*other))
            })
            .sum();
        Ok(Some(product / (p * q)))
    })
}
