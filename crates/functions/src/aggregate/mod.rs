//! Aggregate functions over whole groups: each is given all rows of a group at once.
//!
//! Argument 0 of a call is an array of rows for each group, whose fields are the aggregate's
//! arguments; it is NULL for a group without rows. [`Groups`] reads them. Sums follow Trino's
//! algorithms, so that results agree to the last digits.

mod checksum;
mod digest;
mod distinct;
mod extremes;
mod frequent;
mod histogram;
mod logic;
mod maps;
mod moments;
mod percentile;
mod reduce;
mod sums;
mod text;
mod top;

use crate::builder::{IntoBuilder, layout};
use crate::call::{Call, Column, Lists, Param};
use crate::registry::Registry;
use arrow::array::{ArrayRef, AsArray, StructArray, UInt32Array};
use arrow::compute::take;
use std::ops::Range;
use traillake_sql_types::error::{SqlError, SqlResult};
use traillake_sql_types::{RowField, Type};

pub(crate) fn register(registry: &mut Registry) {
    for family in [
        checksum::register,
        distinct::register,
        extremes::register,
        frequent::register,
        histogram::register,
        logic::register,
        maps::register,
        moments::register,
        percentile::register,
        reduce::register,
        sums::register,
        text::register,
        top::register,
    ] {
        family(registry);
    }
}

/// The rows of all groups. An aggregate's argument is a column of theirs.
#[derive(Debug)]
struct Groups<'a> {
    lists: Lists<'a>,
    rows: &'a StructArray,
    fields: &'a [RowField],
}

impl<'a> Groups<'a> {
    fn of(call: &Call<'a>) -> SqlResult<Self> {
        let lists = call.lists(0)?;
        match (call.argument_type(0), lists.values().as_struct_opt()) {
            (Type::Array(item), Some(rows)) => match &**item {
                Type::Row(fields) => Ok(Self { lists, rows, fields }),
                other => Err(SqlError::internal(format!(
                    "the rows of a group cannot have the type {other}"
                ))),
            },
            (other, _) => {
                Err(SqlError::internal(format!("the rows of a group cannot have the type {other}")))
            }
        }
    }

    /// Returns the range of a group's rows in the columns.
    #[inline]
    fn get(&self, group: usize) -> Range<usize> {
        self.lists.get(group).unwrap_or_default()
    }

    /// Returns the column of an argument.
    fn column(&self, at: usize) -> SqlResult<&'a ArrayRef> {
        self.rows.columns().get(at).ok_or_else(|| SqlError::internal("an argument is missing"))
    }

    /// Returns the values of an argument.
    fn values<P: Param<'a>>(&self, at: usize) -> SqlResult<Column<'a, P>> {
        Column::of(self.column(at)?)
    }

    /// Returns the values of an argument that is a number, as doubles.
    fn doubles(&self, at: usize) -> SqlResult<Doubles<'a>> {
        Ok(match self.argument_type(at)? {
            Type::Bigint => Doubles::I64(self.values(at)?),
            Type::Real => Doubles::F32(self.values(at)?),
            _ => Doubles::F64(self.values(at)?),
        })
    }

    /// Returns the type of an argument.
    fn argument_type(&self, at: usize) -> SqlResult<&'a Type> {
        let field = self.fields.get(at);
        field
            .map(|field| &field.data_type)
            .ok_or_else(|| SqlError::internal("an argument is missing"))
    }
}

/// Makes the result from the rows of each group; `None` is NULL.
fn each_group<R: IntoBuilder>(
    call: &Call<'_>,
    groups: &Groups<'_>,
    mut f: impl FnMut(Range<usize>) -> SqlResult<Option<R>>,
) -> SqlResult<ArrayRef> {
    call.each(|group| f(groups.get(group)))
}

/// Makes the result from values of a column: `f` returns the row of a group's value.
fn take_each(
    call: &Call<'_>,
    groups: &Groups<'_>,
    column: &ArrayRef,
    mut f: impl FnMut(Range<usize>) -> SqlResult<Option<usize>>,
) -> SqlResult<ArrayRef> {
    let mut indices = Vec::with_capacity(call.rows());
    for group in 0..call.rows() {
        indices.push(f(groups.get(group))?.and_then(|row| u32::try_from(row).ok()));
    }
    layout(take(column, &UInt32Array::from(indices), None)?, call.result())
}

/// Numbers of an argument, as doubles.
#[derive(Debug)]
enum Doubles<'a> {
    I64(Column<'a, i64>),
    F32(Column<'a, f32>),
    F64(Column<'a, f64>),
}

impl Doubles<'_> {
    #[inline]
    fn get(&self, row: usize) -> Option<f64> {
        match self {
            Self::I64(values) => values.get(row).map(|value| value as f64),
            Self::F32(values) => values.get(row).map(f64::from),
            Self::F64(values) => values.get(row),
        }
    }
}

/// Numbers of a result that is real or double.
fn each_double(
    call: &Call<'_>,
    groups: &Groups<'_>,
    mut f: impl FnMut(Range<usize>) -> SqlResult<Option<f64>>,
) -> SqlResult<ArrayRef> {
    if *call.result() == Type::Real {
        return each_group(call, groups, |rows| Ok(f(rows)?.map(|value| value as f32)));
    }
    each_group(call, groups, f)
}
