//! `array_join`, which makes text of arrays.

use super::{Elements, item};
use crate::builder;
use crate::call::{Call, Param, wrong_layout};
use crate::cast::{cast_to_text, exists};
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("array_join", "(array(T), varchar) -> varchar", join).returns(result);
    registry.add("array_join", "(array(T), varchar, varchar) -> varchar", join).returns(result);
}

/// Checks that elements can be cast to varchar.
fn result(types: &[Type]) -> SqlResult<Type> {
    if let Some(Type::Array(item)) = types.first()
        && !matches!(**item, Type::Unknown | Type::Varchar(_))
        && !exists(item, &Type::VARCHAR)
    {
        let message = format!("Cannot cast {item} to varchar");
        return Err(SqlError::new(Code::OperatorNotFound, message));
    }
    Ok(Type::VARCHAR)
}

/// `array_join(array, delimiter[, text for NULL])`: without such a text, NULLs are left out.
fn join(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let elements = Elements::of(call, 0)?;
    let texts = match item(call.argument_type(0))? {
        Type::Varchar(_) => ArrayRef::clone(&elements.values),
        Type::Unknown => builder::nulls(&Type::VARCHAR, elements.values.len()),
        data_type => cast_to_text(&elements.values, data_type, false)?,
    };
    let nulls = texts.nulls();
    let Some(strings) = <&str as Param>::open(&texts) else {
        return Err(wrong_layout("an element as text", &texts));
    };
    let delimiters = call.column::<&str>(1)?;
    let instead = if call.len() > 2 { Some(call.column::<&str>(2)?) } else { None };
    call.each_text(|row, out| {
        let (Some(range), Some(delimiter)) = (elements.get(row), delimiters.get(row)) else {
            return Ok(false);
        };
        let instead = match &instead {
            Some(column) => match column.get(row) {
                Some(text) => Some(text),
                None => return Ok(false),
            },
            None => None,
        };
        let mut first = true;
        for at in range {
            let text = if nulls.is_some_and(|nulls| nulls.is_null(at)) {
                instead
            } else {
                Some(<&str as Param>::get(&strings, at))
            };
            let Some(text) = text else { continue };
            if !std::mem::take(&mut first) {
                out.push_str(delimiter);
            }
            out.push_str(text);
        }
        Ok(true)
    })
}
