//! Small functions that the plans of distinct aggregates call.

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::compute::nullif;
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::cast::as_boolean_array;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use std::sync::Arc;

/// The value where the condition is true, and NULL elsewhere. Unlike CASE it evaluates the value of
/// every row, as FILTER does.
pub(crate) fn only_where(condition: Expr, value: Expr) -> Expr {
    let signature = Signature::any(2, Volatility::Immutable);
    ScalarUDF::new_from_impl(OnlyWhere { signature }).call(vec![condition, value])
}

/// A count that is 0 where there was nothing to add up.
pub(crate) fn or_zero(count: Expr) -> Expr {
    let signature = Signature::any(1, Volatility::Immutable);
    ScalarUDF::new_from_impl(OrZero { signature }).call(vec![count])
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OnlyWhere {
    signature: Signature,
}

impl ScalarUDFImpl for OnlyWhere {
    fn name(&self) -> &str {
        "only_where"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        types.get(1).cloned().ok_or_else(missing)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [condition, value] =
            <[ColumnarValue; 2]>::try_from(args.args).map_err(|_| missing())?;
        let condition = condition.into_array(args.number_rows)?;
        let value = value.into_array(args.number_rows)?;
        let out: BooleanArray =
            as_boolean_array(&condition)?.iter().map(|is| Some(is != Some(true))).collect();
        Ok(ColumnarValue::Array(nullif(&value, &out)?))
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct OrZero {
    signature: Signature,
}

impl ScalarUDFImpl for OrZero {
    fn name(&self) -> &str {
        "or_zero"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(self.name(), DataType::Int64, false)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [count] = <[ColumnarValue; 1]>::try_from(args.args).map_err(|_| missing())?;
        let count = count.into_array(args.number_rows)?;
        let counts = count.as_primitive_opt::<Int64Type>().ok_or_else(missing)?;
        if counts.null_count() == 0 {
            return Ok(ColumnarValue::Array(count));
        }
        let counts = counts.iter().map(|count| Some(count.unwrap_or_default()));
        Ok(ColumnarValue::Array(Arc::new(counts.collect::<arrow::array::Int64Array>())))
    }
}

fn missing() -> DataFusionError {
    DataFusionError::Internal("an argument of an aggregate's step is missing".to_owned())
}
