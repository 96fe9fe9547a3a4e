//! `element_at(map, key)` and `element_at(array, index)`, as Trino means them.

use arrow::array::{Array, ArrayRef, AsArray, MapArray, UInt32Builder};
use arrow::compute::{cast, take};
use arrow::datatypes::DataType;
use datafusion::common::{exec_err, plan_err};
use datafusion::error::Result;
use datafusion::functions_nested::extract::array_element_udf;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use std::sync::Arc;

/// NULL when the map lacks the key, or the array is shorter than the index; a negative index counts
/// from the end.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ElementAt {
    signature: Signature,
}

impl Default for ElementAt {
    fn default() -> Self {
        let signature = Signature::new(TypeSignature::UserDefined, Volatility::Immutable);
        Self { signature }
    }
}

fn key_value(map: &DataType) -> Option<(&DataType, &DataType)> {
    let DataType::Map(entries, _) = map else { return None };
    let DataType::Struct(fields) = entries.data_type() else { return None };
    match fields.as_ref() {
        [key, value] => Some((key.data_type(), value.data_type())),
        _ => None,
    }
}

impl ScalarUDFImpl for ElementAt {
    fn name(&self) -> &str {
        "element_at"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [from, at] = types else {
            return plan_err!("element_at takes a map and a key, or an array and an index");
        };
        if let Some((key, _)) = key_value(from) {
            return Ok(vec![from.clone(), key.clone()]);
        }
        match from {
            DataType::List(_) | DataType::LargeList(_) if at.is_integer() || at.is_null() => {
                Ok(vec![from.clone(), DataType::Int64])
            }
            DataType::Null => Ok(types.to_vec()),
            _ => plan_err!(
                "element_at takes a map and a key, or an array and an index, not {from} and {at}"
            ),
        }
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        if let Some((_, value)) = types.first().and_then(key_value) {
            return Ok(value.clone());
        }
        match types.first() {
            Some(DataType::List(item) | DataType::LargeList(item)) => Ok(item.data_type().clone()),
            _ => Ok(DataType::Null),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [from, key] = args.args.as_slice() else {
            return exec_err!("element_at takes two arguments");
        };
        match from.data_type() {
            DataType::Map(..) => {
                let map = from.to_array(args.number_rows)?;
                let values = map_values(map.as_map(), key, args.number_rows)?;
                Ok(ColumnarValue::Array(values))
            }
            DataType::List(_) | DataType::LargeList(_) => {
                array_element_udf().invoke_with_args(args)
            }
            _ => Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::Null)),
        }
    }
}

fn map_values(map: &MapArray, key: &ColumnarValue, rows: usize) -> Result<ArrayRef> {
    let (keys, constant) = match key {
        ColumnarValue::Scalar(scalar) => (scalar.to_array()?, true),
        ColumnarValue::Array(array) => (Arc::clone(array), false),
    };
    let keys = cast(&keys, map.keys().data_type())?;
    let mut found = UInt32Builder::with_capacity(rows);
    if let (Some(wanted), Some(present)) =
        (keys.as_string_opt::<i32>(), map.keys().as_string_opt::<i32>())
    {
        for row in 0..rows {
            let at = if constant { 0 } else { row };
            let entries = map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize;
            let entry = (map.is_valid(row) && wanted.is_valid(at))
                .then(|| wanted.value(at).as_bytes())
                .and_then(|key| entries.into_iter().find(|e| present.value(*e).as_bytes() == key));
            found.append_option(entry.map(|e| e as u32));
        }
    } else {
        let compare = arrow::array::make_comparator(
            map.keys(),
            &keys,
            arrow::compute::SortOptions::default(),
        )?;
        for row in 0..rows {
            let at = if constant { 0 } else { row };
            let entries = map.value_offsets()[row] as usize..map.value_offsets()[row + 1] as usize;
            let entry = (map.is_valid(row) && keys.is_valid(at))
                .then(|| entries.into_iter().find(|e| compare(*e, at).is_eq()))
                .flatten();
            found.append_option(entry.map(|e| e as u32));
        }
    }
    Ok(take(map.values(), &found.finish(), None)?)
}
