//! Functions over maps; those that take a lambda are in [`crate::higher_order`].

use crate::arrays::{Elements, KeySet, gather, item, take_in_layout};
use crate::builder::{self, TakeIndices, end_of, layout, take_checked};
use crate::call::{Call, Column, Maps, Param, range_at, wrong_layout};
use crate::cast::{cast_to_text, exists};
use crate::compare::ComparableArray;
use crate::keys::Keys;
use crate::numerals::{double_text, float_text};
use crate::registry::{Failure, Registry};
use arrow::array::{Array, ArrayRef, AsArray, UInt32Array, new_empty_array};
use arrow::compute::concat;
use arrow::datatypes::{Float32Type, Float64Type};
use arrow::row::Row;
use hashbrown::HashMap;
use std::ops::Range;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(crate) fn register(registry: &mut Registry) {
    registry.add("map", "() -> map(unknown, unknown)", empty);
    registry.add("map", "(array(C), array(V)) -> map(C, V)", map);
    registry.add("map_concat", "(map(C, V), map(C, V)...) -> map(C, V)", map_concat);
    registry.add("map_from_entries", "(array(row(C, V))) -> map(C, V)", from_entries);
    registry.add(
        "multimap_from_entries",
        "(array(row(C, V))) -> map(C, array(V))",
        multimap_from_entries,
    );
    registry.add("map_entries", "(map(K, V)) -> array(row(K, V))", entries);
    registry
        .add("map_keys", "(map(K, V)) -> array(K)", |call| {
            let maps = Entries::of(call, 0)?;
            maps.lists(call, &maps.keys)
        })
        .fails(Failure::Never);
    registry
        .add("map_values", "(map(K, V)) -> array(V)", |call| {
            let maps = Entries::of(call, 0)?;
            maps.lists(call, &maps.values)
        })
        .fails(Failure::Never);
    registry
        .add("cardinality", "(map(K, V)) -> bigint", |call| {
            let maps = call.maps(0)?;
            call.each(|row| Ok(maps.get(row).map(|entries| entries.len() as i64)))
        })
        .fails(Failure::Never);
    registry.add("element_at", "(map(C, V), C) -> V", element_at).fails(Failure::NESTED);
    registry.add("$subscript", "(map(C, V), C) -> V", subscript);
}

/// The maps of an argument, their entries in two arrays that hold no others.
#[derive(Debug)]
pub(crate) struct Entries<'a> {
    maps: Maps<'a>,
    start: usize,
    pub(crate) keys: ArrayRef,
    pub(crate) values: ArrayRef,
}

impl<'a> Entries<'a> {
    /// Returns the maps of an argument.
    pub(crate) fn of(call: &Call<'a>, at: usize) -> SqlResult<Self> {
        let maps = call.maps(at)?;
        let used = maps.used();
        let slice = |array: &ArrayRef| array.slice(used.start, used.len());
        let (keys, values) = (slice(maps.keys()), slice(maps.values()));
        Ok(Self { maps, start: used.start, keys, values })
    }

    /// Returns the range of a row's entries in keys and values, unless the map is NULL.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<Range<usize>> {
        let range = self.maps.get(row)?;
        Some(range.start - self.start..range.end - self.start)
    }

    /// Returns the offsets of arrays of all entries, which rows are not NULL, and the index of each
    /// entry.
    fn flat(&self, rows: usize) -> SqlResult<(Vec<i32>, Vec<bool>, Vec<u32>)> {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        let (mut nulls, mut places) = (Vec::with_capacity(rows), Vec::new());
        for row in 0..rows {
            let range = self.get(row);
            nulls.push(range.is_some());
            places.extend(range.unwrap_or_default().map(|at| at as u32));
            offsets.push(end_of(places.len())?);
        }
        Ok((offsets, nulls, places))
    }

    /// Returns arrays of the keys or the values of the maps.
    fn lists(&self, call: &Call<'_>, values: &ArrayRef) -> SqlResult<ArrayRef> {
        let (offsets, nulls, places) = self.flat(call.rows())?;
        builder::list(offsets, gather(values, &places)?, nulls, call.result())
    }
}

/// Returns the types of keys and values of maps of type `data_type`.
pub(crate) fn key_and_value(data_type: &Type) -> SqlResult<(&Type, &Type)> {
    match data_type {
        Type::Map(key, value) => Ok((key, value)),
        _ => Err(SqlError::internal(format!("a map cannot have the type {data_type}"))),
    }
}

/// `map()`
fn empty(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let none = new_empty_array(&traillake_sql_types::arrow::arrow_type(&Type::Unknown));
    let offsets = vec![0; call.rows() + 1];
    builder::map(offsets, Arc::clone(&none), none, vec![true; call.rows()], call.result())
}

/// `map_entries(map)`
fn entries(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let maps = Entries::of(call, 0)?;
    let (offsets, nulls, places) = maps.flat(call.rows())?;
    let columns = vec![gather(&maps.keys, &places)?, gather(&maps.values, &places)?];
    let rows = builder::row(columns, places.len(), None, item(call.result())?)?;
    builder::list(offsets, rows, nulls, call.result())
}

/// `map(keys, values)`
fn map(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (keys, values) = (Elements::of(call, 0)?, Elements::of(call, 1)?);
    let (mut offsets, mut nulls) = (vec![0], Vec::with_capacity(call.rows()));
    let (mut places, mut value_places) = (Vec::new(), Vec::new());
    for row in 0..call.rows() {
        let pair = keys.get(row).zip(values.get(row));
        nulls.push(pair.is_some());
        if let Some((keys, values)) = pair {
            if keys.len() != values.len() {
                return Err(SqlError::argument("Key and value arrays must be the same length"));
            }
            places.extend(keys.map(|at| at as u32));
            value_places.extend(values.map(|at| at as u32));
        }
        offsets.push(end_of(places.len())?);
    }
    let keys = gather(&keys.values, &places)?;
    let data_type = item(call.argument_type(0))?;
    check_known(&keys, data_type)?;
    check_keys(&keys, data_type, &offsets)?;
    builder::map(offsets, keys, gather(&values.values, &value_places)?, nulls, call.result())
}

fn null_key() -> SqlError {
    SqlError::argument("map key cannot be null")
}

/// Fails for a key that has NULL inside.
fn check_known(keys: &ArrayRef, data_type: &Type) -> SqlResult<()> {
    if data_type.children().is_empty() {
        return Ok(());
    }
    match (0..keys.len()).find(|at| keys.is_valid(*at) && has_null(keys, *at)) {
        Some(at) => Err(SqlError::argument(format!(
            "map key cannot be indeterminate: {}",
            object_text(keys, at, data_type)?
        ))),
        None => Ok(()),
    }
}

/// Whether a value is NULL or has NULL inside.
fn has_null(array: &dyn Array, at: usize) -> bool {
    if array.is_null(at) {
        return true;
    }
    if let Some(rows) = array.as_struct_opt() {
        return rows.columns().iter().any(|column| has_null(column, at));
    }
    if let Some(lists) = array.as_list_opt::<i32>() {
        return range_at(lists.value_offsets(), at).any(|at| has_null(lists.values(), at));
    }
    if let Some(maps) = array.as_map_opt() {
        return range_at(maps.value_offsets(), at).any(|at| has_null(maps.values(), at));
    }
    false
}

/// Fails if a key is NULL, or twice in a map.
pub(crate) fn check_keys(keys: &ArrayRef, data_type: &Type, offsets: &[i32]) -> SqlResult<()> {
    if keys.null_count() > 0 {
        return Err(null_key());
    }
    let several = offsets.windows(2).any(|ends| ends[1] - ends[0] > 1);
    if !several {
        return Ok(());
    }
    let order = Keys::of(keys, data_type)?;
    let mut seen = KeySet::default();
    for ends in offsets.windows(2) {
        seen.clear();
        for at in ends[0] as usize..ends[1] as usize {
            if !seen.insert(order.get(at)) {
                return Err(SqlError::argument(format!(
                    "Duplicate map keys ({}) are not allowed",
                    object_text(keys, at, data_type)?
                )));
            }
        }
    }
    Ok(())
}

/// Returns a value as Trino prints it in messages.
fn object_text(array: &ArrayRef, at: usize, data_type: &Type) -> SqlResult<String> {
    if array.is_null(at) {
        return Ok("null".to_owned());
    }
    let wrong = || wrong_layout(format_args!("a value of type {data_type}"), array);
    match data_type {
        Type::Array(item) => {
            let lists = array.as_list_opt::<i32>().ok_or_else(wrong)?;
            let items =
                range_at(lists.value_offsets(), at).map(|at| object_text(lists.values(), at, item));
            Ok(format!("[{}]", items.collect::<SqlResult<Vec<_>>>()?.join(", ")))
        }
        Type::Row(fields) => {
            let rows = array.as_struct_opt().ok_or_else(wrong)?;
            let columns = rows.columns().iter().zip(fields.iter());
            let parts = columns.map(|(column, field)| object_text(column, at, &field.data_type));
            Ok(format!("[{}]", parts.collect::<SqlResult<Vec<_>>>()?.join(", ")))
        }
        Type::Map(key, value) => {
            let maps = array.as_map_opt().ok_or_else(wrong)?;
            let entries = range_at(maps.value_offsets(), at).map(|at| {
                let (keys, values) = (maps.keys(), maps.values());
                Ok(format!("{}={}", object_text(keys, at, key)?, object_text(values, at, value)?))
            });
            Ok(format!("{{{}}}", entries.collect::<SqlResult<Vec<_>>>()?.join(", ")))
        }
        Type::Double => {
            let values = array.as_primitive_opt::<Float64Type>().ok_or_else(wrong)?;
            Ok(double_text(values.value(at)))
        }
        Type::Real => {
            let values = array.as_primitive_opt::<Float32Type>().ok_or_else(wrong)?;
            Ok(float_text(values.value(at)))
        }
        Type::Varbinary => {
            use base64::Engine;
            let values = array.as_binary_opt::<i32>().ok_or_else(wrong)?;
            Ok(base64::engine::general_purpose::STANDARD.encode(values.value(at)))
        }
        _ => Ok(text_of(array, at, data_type)?.unwrap_or_else(|| data_type.to_string())),
    }
}

/// Returns a value as text, if it can be cast to varchar.
fn text_of(array: &ArrayRef, at: usize, data_type: &Type) -> SqlResult<Option<String>> {
    if !matches!(data_type, Type::Varchar(_)) && !exists(data_type, &Type::VARCHAR) {
        return Ok(None);
    }
    let one = array.slice(at, 1);
    let text = match data_type {
        Type::Varchar(_) => one,
        _ => cast_to_text(&one, data_type, true)?,
    };
    let text = <&str as Param>::open(&text).filter(|_| text.is_valid(0));
    Ok(text.map(|text| <&str as Param>::get(&text, 0).to_owned()))
}

/// `map_concat(map, ...)`: of a key in several maps, the last counts. The last map's entries come
/// first, as in Trino.
fn map_concat(call: &Call<'_>) -> SqlResult<ArrayRef> {
    if call.len() < 2 {
        return Err(SqlError::argument(
            "There must be two or more concatenation arguments to map_concat",
        ));
    }
    let (key, value) = key_and_value(call.result())?;
    let maps = (0..call.len()).map(|at| Entries::of(call, at)).collect::<SqlResult<Vec<_>>>()?;
    let join = |of: for<'m> fn(&'m Entries<'_>) -> &'m ArrayRef, data_type: &Type| {
        let arrays = maps.iter().map(|maps| layout(Arc::clone(of(maps)), data_type));
        let arrays = arrays.collect::<SqlResult<Vec<_>>>()?;
        Ok::<_, SqlError>(concat(&arrays.iter().map(|array| &**array).collect::<Vec<_>>())?)
    };
    let (keys, values) = (join(|maps| &maps.keys, key)?, join(|maps| &maps.values, value)?);
    let bases: Vec<usize> = maps
        .iter()
        .scan(0, |end, maps| Some(std::mem::replace(end, *end + maps.keys.len())))
        .collect();
    let order = Keys::of(&keys, key)?;
    let mut seen = KeySet::default();
    let mut out = TakeIndices::with_capacity(call.rows());
    for row in 0..call.rows() {
        if maps.iter().any(|maps| maps.get(row).is_none()) {
            out.null();
            continue;
        }
        seen.clear();
        for (maps, base) in maps.iter().zip(&bases).rev() {
            let range = maps.get(row).unwrap_or_default();
            range
                .map(|at| base + at)
                .filter(|at| seen.insert(order.get(*at)))
                .for_each(|at| out.push(at));
        }
        out.end()?;
    }
    out.maps(&keys, &values, call.result())
}

/// The entries of arrays of rows of two.
struct Pairs<'a> {
    lists: Elements<'a>,
    keys: ArrayRef,
    values: ArrayRef,
}

impl<'a> Pairs<'a> {
    /// Returns the arrays of argument 0.
    fn of(call: &Call<'a>) -> SqlResult<Self> {
        let lists = Elements::of(call, 0)?;
        let columns = lists.values.as_struct_opt().map(|rows| rows.columns().to_vec());
        match columns.as_deref() {
            Some([keys, values]) => {
                Ok(Self { lists, keys: Arc::clone(keys), values: Arc::clone(values) })
            }
            _ => Err(SqlError::internal("the entries of a map must be rows of two fields")),
        }
    }

    /// Returns the range of a row's entries, unless the array is NULL. Entries and keys must not be
    /// NULL.
    fn get(&self, row: usize) -> SqlResult<Option<Range<usize>>> {
        let Some(range) = self.lists.get(row) else { return Ok(None) };
        for at in range.clone() {
            if self.lists.values.is_null(at) {
                return Err(SqlError::argument("map entry cannot be null"));
            }
            if self.keys.is_null(at) {
                return Err(null_key());
            }
        }
        Ok(Some(range))
    }
}

/// `map_from_entries(rows)`
fn from_entries(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let pairs = Pairs::of(call)?;
    let (mut offsets, mut nulls) = (vec![0], Vec::with_capacity(call.rows()));
    let mut places = Vec::new();
    for row in 0..call.rows() {
        let range = pairs.get(row)?;
        nulls.push(range.is_some());
        places.extend(range.unwrap_or_default().map(|at| at as u32));
        offsets.push(end_of(places.len())?);
    }
    let keys = gather(&pairs.keys, &places)?;
    let (data_type, _) = key_and_value(call.result())?;
    check_keys(&keys, data_type, &offsets)?;
    builder::map(offsets, keys, gather(&pairs.values, &places)?, nulls, call.result())
}

/// `multimap_from_entries(rows)`: all values of each key.
fn multimap_from_entries(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let pairs = Pairs::of(call)?;
    let (data_type, values_type) = key_and_value(call.result())?;
    let order = Keys::of(&pairs.keys, data_type)?;
    let (mut offsets, mut nulls) = (vec![0], Vec::with_capacity(call.rows()));
    let (mut keys, mut values) = (Vec::new(), TakeIndices::with_capacity(call.rows()));
    let mut groups: HashMap<Row<'_>, usize> = HashMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for row in 0..call.rows() {
        let range = pairs.get(row)?;
        nulls.push(range.is_some());
        groups.clear();
        members.clear();
        for at in range.unwrap_or_default() {
            let group = *groups.entry(order.get(at)).or_insert_with(|| {
                keys.push(at as u32);
                members.push(Vec::new());
                members.len() - 1
            });
            members[group].push(at);
        }
        for group in &members {
            group.iter().for_each(|at| values.push(*at));
            values.end()?;
        }
        offsets.push(end_of(keys.len())?);
    }
    let keys = take_checked(&pairs.keys, &UInt32Array::from(keys))?;
    let values = values.lists(&pairs.values, values_type)?;
    builder::map(offsets, keys, values, nulls, call.result())
}

/// `element_at(map, key)`: NULL without such a key.
fn element_at(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let maps = call.maps(0)?;
    // The way of most queries over nested data: text by text.
    if let Some(values) = maps.values().as_string_opt::<i32>()
        && let Some(mut finder) = TextFinder::of(call, maps)?
    {
        return call.each_text(|row, out| {
            let found = finder.find(row).filter(|entry| values.is_valid(*entry));
            out.push_str(found.map_or("", |entry| values.value(entry)));
            Ok(found.is_some())
        });
    }
    take_in_layout(maps.values(), places_of_keys(call, maps)?, call.result())
}

/// `map[key]`: the key must be there.
fn subscript(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let maps = call.maps(0)?;
    let places = places_of_keys(call, maps)?;
    let (wanted, constant) = call.raw(1)?;
    for (row, place) in places.iter().enumerate() {
        let at = if constant { 0 } else { row };
        if place.is_none() && maps.get(row).is_some() && wanted.is_valid(at) {
            let key = text_of(wanted, at, call.argument_type(1))?;
            let key = key.map(|key| format!(": {key}")).unwrap_or_default();
            return Err(SqlError::argument(format!("Key not present in map{key}")));
        }
    }
    take_in_layout(maps.values(), places, call.result())
}

/// Returns the index of the entry with each row's key, if there is one.
fn places_of_keys(call: &Call<'_>, maps: Maps<'_>) -> SqlResult<Vec<Option<u32>>> {
    if let Some(mut finder) = TextFinder::of(call, maps)? {
        return Ok((0..call.rows()).map(|row| finder.find(row).map(|at| at as u32)).collect());
    }
    let (wanted, constant) = call.raw(1)?;
    let data_type = call.argument_type(1);
    let (present, wanted) =
        (ComparableArray::open(maps.keys(), data_type)?, ComparableArray::open(wanted, data_type)?);
    let find = |row| {
        let at = if constant { 0 } else { row };
        let entries = maps.get(row).filter(|_| !wanted.is_null(at)).unwrap_or_default();
        Ok(find_key(&present, entries, &wanted, at)?.map(|at| at as u32))
    };
    (0..call.rows()).map(find).collect()
}

/// Finds the entries of text keys: their bytes are compared in place.
struct TextFinder<'a> {
    maps: Maps<'a>,
    wanted: Column<'a, &'a str>,
    ends: &'a [i32],
    bytes: &'a [u8],
    /// Which entry was the last one found. It is tried first: most rows have the same keys in the same
    /// order.
    guess: usize,
}

impl<'a> TextFinder<'a> {
    /// Returns a finder for the key in argument 1, if keys are texts that are equal by their bytes.
    fn of(call: &Call<'a>, maps: Maps<'a>) -> SqlResult<Option<Self>> {
        let present = maps.keys().as_string_opt::<i32>();
        let (Type::Varchar(_) | Type::Json, Some(present)) = (call.argument_type(1), present)
        else {
            return Ok(None);
        };
        let wanted = call.column::<&str>(1)?;
        let (ends, bytes) = (present.value_offsets(), present.value_data());
        Ok(Some(Self { maps, wanted, ends, bytes, guess: 0 }))
    }

    #[inline]
    fn find(&mut self, row: usize) -> Option<usize> {
        let (entries, key) = (self.maps.get(row)?, self.wanted.get(row)?.as_bytes());
        let is_key = |entry: usize| {
            let (start, end) = (self.ends[entry] as usize, self.ends[entry + 1] as usize);
            end - start == key.len() && &self.bytes[start..end] == key
        };
        let first = entries.start + self.guess;
        if first < entries.end && is_key(first) {
            return Some(first);
        }
        let found = entries.clone().find(|entry| is_key(*entry))?;
        self.guess = found - entries.start;
        Some(found)
    }
}

/// Returns which of some keys equals the one at `at`. A NULL inside of both fails, as in Trino.
pub(crate) fn find_key(
    present: &ComparableArray<'_>,
    entries: Range<usize>,
    wanted: &ComparableArray<'_>,
    at: usize,
) -> SqlResult<Option<usize>> {
    for entry in entries {
        match present.equal(entry, wanted, at) {
            Some(true) => return Ok(Some(entry)),
            Some(false) => {}
            None if present.distinct(entry, wanted, at) => {}
            None => {
                return Err(SqlError::unsupported("map key cannot be null or contain nulls"));
            }
        }
    }
    Ok(None)
}
