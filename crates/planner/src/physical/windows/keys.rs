//! Values by which rows are compared, of all batches.

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::compute::{SortOptions, cast};
use arrow::datatypes::{DataType, Int64Type};
use arrow::row::{RowConverter, Rows, SortField};
use datafusion::error::Result;
use std::cmp::Ordering;

/// Where a row is: the number of its batch, and its number there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) batch: u32,
    pub(super) row: u32,
}

/// The keys of rows that come batch by batch.
pub(super) enum Keys {
    /// One integer, or a time, which is one.
    Integer { options: SortOptions, batches: Vec<Int64Array> },
    /// Anything else, in a form whose bytes compare as the values do.
    Rows { converter: RowConverter, batches: Vec<Rows> },
}

impl Keys {
    pub(super) fn try_new(columns: Vec<(DataType, SortOptions)>) -> Result<Self> {
        if let [(data_type, options)] = columns.as_slice()
            && is_integer(data_type)
        {
            return Ok(Self::Integer { options: *options, batches: Vec::new() });
        }
        let converter = RowConverter::new(sort_fields(columns))?;
        Ok(Self::Rows { converter, batches: Vec::new() })
    }

    /// Whether values of these types can be compared.
    pub(super) fn are_supported(columns: Vec<(DataType, SortOptions)>) -> bool {
        RowConverter::supports_fields(&sort_fields(columns))
    }

    pub(super) fn add(&mut self, columns: &[ArrayRef]) -> Result<()> {
        match self {
            Self::Integer { batches, .. } => {
                for column in columns {
                    let integers = cast(column, &DataType::Int64)?;
                    batches.push(integers.as_primitive::<Int64Type>().clone());
                }
            }
            Self::Rows { converter, batches } => batches.push(converter.convert_columns(columns)?),
        }
        Ok(())
    }

    /// Bytes that the keys of the batch which came last take.
    pub(super) fn last_size(&self) -> usize {
        match self {
            Self::Integer { batches, .. } => batches.last().map_or(0, Array::get_array_memory_size),
            Self::Rows { batches, .. } => batches.last().map_or(0, Rows::size),
        }
    }

    /// Sorts rows; those whose keys are the same stay as they are.
    pub(super) fn sort(&self, places: &mut [Place]) {
        match self {
            Self::Integer { options, batches } => sort_by_integer(places, *options, batches),
            Self::Rows { batches, .. } => {
                let key = |at: &Place| batches[at.batch as usize].row(at.row as usize);
                places.sort_by(|a, b| key(a).cmp(&key(b)));
            }
        }
    }

    pub(super) fn compare(&self, a: Place, b: Place) -> Ordering {
        match self {
            Self::Integer { options, batches } => {
                let key = |at| integer_key(batches, *options, at);
                key(a).cmp(&key(b))
            }
            Self::Rows { batches, .. } => {
                let key = |at: Place| batches[at.batch as usize].row(at.row as usize);
                key(a).cmp(&key(b))
            }
        }
    }
}

fn is_integer(data_type: &DataType) -> bool {
    data_type.is_signed_integer() || matches!(data_type, DataType::Date32 | DataType::Timestamp(..))
}

fn sort_fields(columns: Vec<(DataType, SortOptions)>) -> Vec<SortField> {
    let field = |(data_type, options)| SortField::new_with_options(data_type, options);
    columns.into_iter().map(field).collect()
}

/// What orders integers as the options say: the side on which NULL is, and the number.
fn integer_key(batches: &[Int64Array], options: SortOptions, at: Place) -> (bool, i64) {
    let (column, row) = (&batches[at.batch as usize], at.row as usize);
    if column.is_null(row) {
        return (!options.nulls_first, 0);
    }
    let value = column.value(row);
    (options.nulls_first, if options.descending { !value } else { value })
}

fn sort_by_integer(places: &mut [Place], options: SortOptions, batches: &[Int64Array]) {
    // Few keys are looked up faster than they are copied.
    const FEW: usize = 16;
    if places.len() <= FEW {
        places.sort_by_key(|at| integer_key(batches, options, *at));
        return;
    }
    let key = |at: &Place| (integer_key(batches, options, *at), *at);
    let mut keyed: Vec<_> = places.iter().map(key).collect();
    if keyed.is_sorted_by_key(|(key, _)| *key) {
        return;
    }
    keyed.sort_by_key(|(key, _)| *key);
    for (place, (_, sorted)) in places.iter_mut().zip(keyed) {
        *place = sorted;
    }
}
