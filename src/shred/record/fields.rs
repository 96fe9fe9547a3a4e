//! The fields that shapes name, and their values in arrays.

use crate::event::EventSchema;
use crate::event::schema::SCHEMAS;
use crate::event::schema::field_ids::field_id;
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Float64Array, Int32Array,
    PrimitiveArray, RecordBatch, StringViewArray, TimestampMillisecondArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Fields, UInt32Type};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// A field that shapes name: a column, a member of structs, or what is inside the elements of a list.
#[derive(Debug, Clone)]
pub struct RecordField {
    /// Names from the table's column on, or from the elements of the list on.
    pub path: Vec<String>,
    /// Its type in files.
    pub data_type: DataType,
    /// The list that it is inside of.
    list: Option<u16>,
}

/// The fields of each category, by their ids.
static FIELDS: LazyLock<[Vec<Option<RecordField>>; SCHEMAS.len()]> = LazyLock::new(|| {
    SCHEMAS.map(|schema| {
        let mut all = Vec::new();
        add(schema.arrow_with_ids().fields(), &[], None, &mut all);
        all
    })
});

/// Returns the field with this id, unless it is inside a list.
pub fn record_field(schema: EventSchema, id: u16) -> Option<&'static RecordField> {
    let field = FIELDS[schema as usize].get(usize::from(id))?.as_ref();
    field.filter(|field| field.list.is_none())
}

fn add(fields: &Fields, above: &[String], list: Option<u16>, all: &mut Vec<Option<RecordField>>) {
    for field in fields {
        let path = [above, std::slice::from_ref(field.name())].concat();
        let data_type = field.data_type().clone();
        let mut inside = None;
        match &data_type {
            DataType::Struct(inner) => add(inner, &path, list, all),
            // Nothing names what is in a list in a list.
            DataType::List(item) if list.is_none() => inside = Some(Arc::clone(item)),
            _ => {}
        }
        let Some(id) = field_id(field) else { continue };
        let at = usize::from(id);
        if all.len() <= at {
            all.resize(at + 1, None);
        }
        all[at] = Some(RecordField { path, data_type, list });
        if let Some(DataType::Struct(inner)) = inside.as_ref().map(|item| item.data_type()) {
            add(inner, &[], Some(id), all);
        }
    }
}

/// Texts of a column, with a dictionary or without.
#[derive(Debug)]
pub(super) struct Texts {
    /// The number of each row's text, if that is not the number of the row.
    numbers: Option<ScalarBuffer<u32>>,
    nulls: Option<NullBuffer>,
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    Offsets(OffsetBuffer<i32>, Buffer),
    Views(Box<StringViewArray>),
}

impl Bytes {
    fn of(array: &ArrayRef) -> Option<Self> {
        if let Some(views) = array.as_string_view_opt() {
            return Some(Self::Views(Box::new(views.clone())));
        }
        let texts = array.as_string_opt::<i32>()?;
        Some(Self::Offsets(texts.offsets().clone(), texts.values().clone()))
    }
}

impl Texts {
    pub(super) fn of(array: &ArrayRef) -> Option<Self> {
        if let Some(dictionary) = array.as_dictionary_opt::<UInt32Type>() {
            let (keys, texts) = (dictionary.keys(), dictionary.values());
            let bytes = Bytes::of(texts).filter(|_| texts.null_count() == 0)?;
            let numbers = Some(keys.values().clone());
            return Some(Self { numbers, nulls: keys.nulls().cloned(), bytes });
        }
        Some(Self { numbers: None, nulls: array.nulls().cloned(), bytes: Bytes::of(array)? })
    }

    /// Returns the text of a row, unless it is NULL.
    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<&[u8]> {
        if self.nulls.as_ref().is_some_and(|nulls| row >= nulls.len() || nulls.is_null(row)) {
            return None;
        }
        let at = match &self.numbers {
            Some(numbers) => *numbers.get(row)? as usize,
            None => row,
        };
        match &self.bytes {
            Bytes::Offsets(offsets, bytes) => {
                bytes.get(*offsets.get(at)? as usize..*offsets.get(at + 1)? as usize)
            }
            Bytes::Views(views) => (at < views.len()).then(|| views.value(at).as_bytes()),
        }
    }
}

/// A value of a column.
#[inline]
pub(super) fn value<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    row: usize,
) -> Option<T::Native> {
    (row < array.len() && array.is_valid(row)).then(|| array.value(row))
}

/// The values of a field.
#[derive(Debug)]
pub(super) enum Values {
    Text(Texts),
    Boolean(BooleanArray),
    Integer(Int32Array),
    Double(Float64Array),
    Time(TimestampMillisecondArray),
    Map { entries: OffsetBuffer<i32>, keys: Texts, values: Texts },
    List(OffsetBuffer<i32>),
}

impl Values {
    fn of(array: &ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Boolean => Self::Boolean(array.as_boolean_opt()?.clone()),
            DataType::Int32 => Self::Integer(array.as_primitive_opt()?.clone()),
            DataType::Float64 => Self::Double(array.as_primitive_opt()?.clone()),
            DataType::Timestamp(..) => Self::Time(array.as_primitive_opt()?.clone()),
            DataType::Map(..) => {
                let map = array.as_map_opt()?;
                Self::Map {
                    entries: map.offsets().clone(),
                    keys: Texts::of(map.keys())?,
                    values: Texts::of(map.values())?,
                }
            }
            DataType::List(_) => Self::List(array.as_list_opt::<i32>()?.offsets().clone()),
            _ => Self::Text(Texts::of(array)?),
        })
    }
}

/// Returns what offsets say of a row.
pub(super) fn range(offsets: &OffsetBuffer<i32>, row: usize) -> Option<Range<usize>> {
    let (from, to) = (offsets.get(row)?, offsets.get(row + 1)?);
    Some(usize::try_from(*from).ok()?..usize::try_from(*to).ok()?)
}

/// The arrays of the fields that shapes name, by their ids.
#[derive(Debug, Default)]
pub struct FieldArrays(Vec<Option<Placed>>);

/// The values of a field, and the list that it is inside of.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) values: Values,
    pub(super) list: Option<u16>,
}

impl FieldArrays {
    /// Takes the arrays of the fields that `is_wanted` from `get`, which is asked for columns, members of structs and
    /// whole lists, and returns `None` for what there is not.
    ///
    /// # Errors
    /// What `get` returns.
    pub fn new<E>(
        schema: EventSchema,
        is_wanted: impl Fn(u16) -> bool,
        mut get: impl FnMut(&RecordField) -> Result<Option<ArrayRef>, E>,
    ) -> Result<Self, E> {
        let all = &FIELDS[schema as usize];
        let mut arrays: Vec<Option<Placed>> = Vec::new();
        arrays.resize_with(all.len(), || None);
        // The elements of each list, which come before what is inside them.
        let mut lists: Vec<(u16, ArrayRef)> = Vec::new();
        let named = || (0_u16..).zip(all).filter_map(|(id, field)| Some((id, field.as_ref()?)));
        for (id, field) in named().filter(|(id, field)| field.list.is_none() && is_wanted(*id)) {
            let Some(array) = get(field)? else { continue };
            if let Some(list) = array.as_list_opt::<i32>() {
                lists.push((id, Arc::clone(list.values())));
            }
            let values = Values::of(&array);
            arrays[usize::from(id)] = values.map(|values| Placed { values, list: None });
        }
        for (id, field) in named() {
            let Some(list) = field.list else { continue };
            let elements = lists.iter().find(|(known, _)| *known == list);
            let array = elements.and_then(|(_, elements)| member(elements, &field.path));
            let values = array.as_ref().and_then(Values::of);
            arrays[usize::from(id)] = values.map(|values| Placed { values, list: Some(list) });
        }
        Ok(Self(arrays))
    }

    /// Takes all fields from the columns of a batch.
    pub fn of_batch(schema: EventSchema, batch: &RecordBatch) -> Self {
        Self::of_columns(schema, |name| batch.column_by_name(name))
    }

    /// Takes all fields from the columns that `column` gives.
    pub(in crate::shred) fn of_columns<'a>(
        schema: EventSchema,
        column: impl Fn(&str) -> Option<&'a ArrayRef>,
    ) -> Self {
        let get = |field: &RecordField| -> Result<_, std::convert::Infallible> {
            let Some((first, inside)) = field.path.split_first() else { return Ok(None) };
            Ok(column(first).and_then(|column| member(column, inside)))
        };
        match Self::new(schema, |_| true, get) {
            Ok(arrays) => arrays,
            Err(never) => match never {},
        }
    }

    #[inline]
    pub(super) fn get(&self, field: u16) -> Option<&Placed> {
        self.0.get(usize::from(field))?.as_ref()
    }

    /// Returns which elements a list has in a row.
    pub(super) fn elements(&self, list: u16, row: usize) -> Option<Range<usize>> {
        match &self.get(list)?.values {
            Values::List(offsets) => range(offsets, row),
            _ => None,
        }
    }
}

/// Returns a member of structs.
pub fn member(array: &ArrayRef, path: &[String]) -> Option<ArrayRef> {
    let mut array = Arc::clone(array);
    for name in path {
        array = Arc::clone(array.as_struct_opt()?.column_by_name(name)?);
    }
    Some(array)
}
