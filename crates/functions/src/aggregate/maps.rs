//! Aggregates that make maps: `map_agg`, `multimap_agg`, `map_union`, `histogram`. Of several
//! values for a key, the first is kept.

use super::Groups;
use crate::builder::{self, TakeIndices};
use crate::call::Call;
use crate::keys::Keys;
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt32Array};
use arrow::compute::take;
use arrow::row::Row;
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.aggregate("map_agg", "(C, V) -> map(C,V)", map_agg);
    registry.aggregate("multimap_agg", "(C, V) -> map(C,array(V))", multimap_agg);
    registry.aggregate("map_union", "(map(C,V)) -> map(C,V)", map_union);
    registry.aggregate("histogram", "(C) -> map(C,bigint)", histogram);
}

fn map_agg(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let (column, values) = (groups.column(0)?, groups.column(1)?);
    let keys = Keys::of(column, groups.argument_type(0)?)?;
    let mut known = HashSet::new();
    let mut indices = TakeIndices::with_capacity(call.rows());
    for group in 0..call.rows() {
        known.clear();
        for row in groups.get(group) {
            if column.is_valid(row) && known.insert(keys.get(row)) {
                indices.push(row);
            }
        }
        end(&mut indices)?;
    }
    indices.maps(column, values, call.result())
}

/// Ends a map; one without entries is NULL.
fn end(indices: &mut TakeIndices) -> SqlResult<()> {
    if indices.row_length() == 0 {
        indices.null();
        return Ok(());
    }
    indices.end()
}

fn map_union(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let (Some(maps), Type::Map(key, _)) =
        (groups.column(0)?.as_map_opt(), groups.argument_type(0)?)
    else {
        return Err(SqlError::internal("map_union takes maps"));
    };
    let keys = Keys::of(maps.keys(), key)?;
    let ends = maps.value_offsets();
    let mut known = HashSet::new();
    let mut indices = TakeIndices::with_capacity(call.rows());
    for group in 0..call.rows() {
        known.clear();
        for row in groups.get(group).filter(|row| maps.is_valid(*row)) {
            for entry in ends[row] as usize..ends[row + 1] as usize {
                if known.insert(keys.get(entry)) {
                    indices.push(entry);
                }
            }
        }
        end(&mut indices)?;
    }
    indices.maps(maps.keys(), maps.values(), call.result())
}

/// The keys of maps that are being made, one for each group.
struct Maps {
    offsets: Vec<i32>,
    nulls: Vec<bool>,
    /// Where each key is.
    keys: Vec<u32>,
}

impl Maps {
    fn with_capacity(maps: usize) -> Self {
        let mut offsets = Vec::with_capacity(maps + 1);
        offsets.push(0);
        Self { offsets, nulls: Vec::with_capacity(maps), keys: Vec::new() }
    }

    fn end(&mut self) -> SqlResult<()> {
        let before = self.offsets.last().copied().unwrap_or_default();
        let end = offset(self.keys.len())?;
        self.offsets.push(end);
        self.nulls.push(end > before);
        Ok(())
    }

    fn finish(self, keys: &ArrayRef, values: ArrayRef, data_type: &Type) -> SqlResult<ArrayRef> {
        let keys = take(keys, &UInt32Array::from(self.keys), None)?;
        builder::map(self.offsets, keys, values, self.nulls, data_type)
    }
}

fn offset(length: usize) -> SqlResult<i32> {
    i32::try_from(length).map_err(|_| SqlError::range("a batch of maps has too many entries"))
}

fn histogram(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let column = groups.column(0)?;
    let keys = Keys::of(column, groups.argument_type(0)?)?;
    let mut known: HashMap<Row<'_>, usize> = HashMap::new();
    let mut maps = Maps::with_capacity(call.rows());
    let mut counts: Vec<i64> = Vec::new();
    for group in 0..call.rows() {
        known.clear();
        for row in groups.get(group).filter(|row| column.is_valid(*row)) {
            let at = *known.entry(keys.get(row)).or_insert_with(|| {
                maps.keys.push(row as u32);
                counts.push(0);
                counts.len() - 1
            });
            counts[at] += 1;
        }
        maps.end()?;
    }
    maps.finish(column, Arc::new(Int64Array::from(counts)), call.result())
}

fn multimap_agg(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let groups = Groups::of(call)?;
    let column = groups.column(0)?;
    let keys = Keys::of(column, groups.argument_type(0)?)?;
    let Type::Map(_, list) = call.result() else {
        return Err(SqlError::internal("multimap_agg returns a map"));
    };
    let mut known: HashMap<Row<'_>, usize> = HashMap::new();
    let mut maps = Maps::with_capacity(call.rows());
    let mut values = TakeIndices::with_capacity(0);
    // The rows of a group, each with the place of its key among the group's keys.
    let mut places: Vec<(usize, usize)> = Vec::new();
    for group in 0..call.rows() {
        known.clear();
        places.clear();
        for row in groups.get(group).filter(|row| column.is_valid(*row)) {
            let next = known.len();
            let place = *known.entry(keys.get(row)).or_insert_with(|| {
                maps.keys.push(row as u32);
                next
            });
            places.push((place, row));
        }
        places.sort_unstable();
        for same_key in places.chunk_by(|a, b| a.0 == b.0) {
            same_key.iter().for_each(|(_, row)| values.push(*row));
            values.end()?;
        }
        maps.end()?;
    }
    let lists = values.lists(groups.column(1)?, list)?;
    maps.finish(column, lists, call.result())
}
