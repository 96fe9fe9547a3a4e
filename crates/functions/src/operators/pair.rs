//! Two arguments of fixed width, read for loops that the compiler can vectorise.

use crate::call::{Call, wrong_layout};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::ArrowPrimitiveType;
use traillake_sql_types::error::SqlResult;

/// The values of one argument.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operand<'a, N> {
    /// One for each row, NULL ones arbitrary.
    Rows(&'a [N]),
    /// One for all rows.
    One(N),
}

impl<'a, N: Copy> Operand<'a, N> {
    /// Returns the value of a row.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> N {
        match self {
            Self::Rows(values) => values[row],
            Self::One(value) => *value,
        }
    }
}

/// The arguments of an operator that takes two of fixed width.
#[derive(Debug)]
pub(crate) struct Pair<'a, A: ArrowPrimitiveType, B: ArrowPrimitiveType = A> {
    pub(crate) a: Operand<'a, A::Native>,
    pub(crate) b: Operand<'a, B::Native>,
    nulls: Option<NullBuffer>,
    rows: usize,
}

/// Returns the values of an argument and which rows are NULL.
fn operand<'a, T: ArrowPrimitiveType>(
    call: &Call<'a>,
    at: usize,
) -> SqlResult<(Operand<'a, T::Native>, Option<NullBuffer>)> {
    let (array, constant) = call.raw(at)?;
    let values = array.as_primitive_opt::<T>().ok_or_else(|| wrong_layout("a number", array))?;
    Ok(if !constant {
        (Operand::Rows(values.values()), array.nulls().cloned())
    } else if array.is_null(0) {
        (Operand::One(values.value(0)), Some(NullBuffer::new_null(call.rows())))
    } else {
        (Operand::One(values.value(0)), None)
    })
}

impl<'a, A: ArrowPrimitiveType, B: ArrowPrimitiveType> Pair<'a, A, B> {
    /// Opens the first two arguments of a call.
    pub(crate) fn open(call: &Call<'a>) -> SqlResult<Self> {
        let (a, a_nulls) = operand::<A>(call, 0)?;
        let (b, b_nulls) = operand::<B>(call, 1)?;
        let nulls = NullBuffer::union(a_nulls.as_ref(), b_nulls.as_ref());
        Ok(Self { a, b, nulls, rows: call.rows() })
    }

    /// Returns the rows for which either argument is NULL.
    pub(crate) fn nulls(&self) -> Option<&NullBuffer> {
        self.nulls.as_ref()
    }

    /// Whether both arguments of a row are there.
    #[inline]
    pub(crate) fn is_valid(&self, row: usize) -> bool {
        self.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))
    }

    /// Returns `f` of each row, also of those that are NULL.
    pub(crate) fn map<R>(&self, mut f: impl FnMut(A::Native, B::Native) -> R) -> Vec<R> {
        match (self.a, self.b) {
            (Operand::Rows(a), Operand::Rows(b)) => {
                a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect()
            }
            (Operand::Rows(a), Operand::One(b)) => a.iter().map(|a| f(*a, b)).collect(),
            (Operand::One(a), Operand::Rows(b)) => b.iter().map(|b| f(a, *b)).collect(),
            (Operand::One(a), Operand::One(b)) => (0..self.rows).map(|_| f(a, b)).collect(),
        }
    }

    /// Returns `f` of each row that is not NULL.
    pub(crate) fn try_map<R: Copy + Default>(
        &self,
        mut f: impl FnMut(A::Native, B::Native) -> SqlResult<R>,
    ) -> SqlResult<Vec<R>> {
        let one = |row| match self.is_valid(row) {
            true => f(self.a.get(row), self.b.get(row)),
            false => Ok(R::default()),
        };
        (0..self.rows).map(one).collect()
    }

    /// Returns whether `f` holds for each row, also for those that are NULL.
    pub(crate) fn test(&self, f: impl Fn(A::Native, B::Native) -> bool) -> BooleanBuffer {
        match (self.a, self.b) {
            (Operand::Rows(a), Operand::Rows(b)) => {
                BooleanBuffer::collect_bool(a.len().min(b.len()), |row| f(a[row], b[row]))
            }
            (Operand::Rows(a), Operand::One(b)) => {
                BooleanBuffer::collect_bool(a.len(), |row| f(a[row], b))
            }
            (Operand::One(a), Operand::Rows(b)) => {
                BooleanBuffer::collect_bool(b.len(), |row| f(a, b[row]))
            }
            (Operand::One(a), Operand::One(b)) => {
                BooleanBuffer::collect_bool(self.rows, |_| f(a, b))
            }
        }
    }

    /// Returns the array of values that [`Self::map`] or [`Self::try_map`] gave.
    pub(crate) fn array<T: ArrowPrimitiveType>(&self, values: Vec<T::Native>) -> ArrayRef {
        let values = arrow::buffer::ScalarBuffer::from(values);
        std::sync::Arc::new(arrow::array::PrimitiveArray::<T>::new(values, self.nulls.clone()))
    }
}
