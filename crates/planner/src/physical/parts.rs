//! Calls that ask for a part of a list, map or row.

use super::ScalarCall;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use std::sync::Arc;
use traillake_functions::{ROW_FIELD, ZIP};
use traillake_sql_types::Type;

/// What a call asks for, which may be there without the whole value.
#[derive(Debug)]
pub enum PartOf<'a> {
    /// The value that a map has under a constant text, NULL where it has none.
    Entry(&'a Arc<dyn PhysicalExpr>, &'a str),
    /// A field of a row by its number, NULL where the row is.
    Field(&'a Arc<dyn PhysicalExpr>, usize),
    /// The elements of an array or map as rows, of their own fields or of key and value; or of one field, the element.
    Elements(&'a Arc<dyn PhysicalExpr>),
}

/// Returns what part of another expression `expr` is, if it is one.
pub fn part_of(expr: &Arc<dyn PhysicalExpr>) -> Option<PartOf<'_>> {
    let function = expr.downcast_ref::<ScalarFunctionExpr>()?;
    let call = function.fun().inner().downcast_ref::<ScalarCall>()?;
    let constant = |at: usize| function.args().get(at)?.downcast_ref::<Literal>();
    match (function.args(), call.types.as_slice()) {
        ([map, _], [Type::Map(..), Type::Varchar(_)]) if call.function.id.name == "element_at" => {
            Some(PartOf::Entry(map, constant(1)?.value().try_as_str().flatten()?))
        }
        ([row, _], _) if *call.function == ROW_FIELD => {
            let Some(datafusion::common::ScalarValue::Int64(Some(number))) =
                constant(1).map(Literal::value)
            else {
                return None;
            };
            Some(PartOf::Field(row, usize::try_from(*number).ok()?))
        }
        ([list], [data_type]) if *call.function == ZIP => {
            // One field more is the number of the row.
            let Type::Array(item) = &call.result else { return None };
            let (Type::Row(given), fields) = (&**item, fields(data_type)?) else { return None };
            (given.len() == fields).then_some(PartOf::Elements(list))
        }
        _ => None,
    }
}

/// How many fields the elements of an array or map have.
fn fields(data_type: &Type) -> Option<usize> {
    match data_type {
        Type::Map(..) => Some(2),
        Type::Array(item) => Some(match &**item {
            Type::Row(fields) => fields.len(),
            _ => 1,
        }),
        _ => None,
    }
}
