//! A mark for conditions that the optimizer of physical plans must not move.

use arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use std::sync::Arc;

/// Marks a condition, which seems to use the columns of `also`, too. The mark counts as volatile, so that scans do not
/// take it.
pub(crate) fn staying(condition: Expr, also: impl IntoIterator<Item = Expr>) -> Expr {
    let signature = Signature::variadic_any(Volatility::Volatile);
    let arguments = std::iter::once(condition).chain(also).collect();
    ScalarUDF::new_from_impl(Staying { signature }).call(arguments)
}

/// Returns the condition that a mark is for.
pub(crate) fn unmarked(expr: &Arc<dyn PhysicalExpr>) -> Option<&Arc<dyn PhysicalExpr>> {
    let marked = expr.downcast_ref::<ScalarFunctionExpr>();
    let marked = marked.filter(|function| function.fun().inner().is::<Staying>());
    marked.and_then(|function| function.args().first())
}

/// The value of its first argument.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Staying {
    signature: Signature,
}

impl ScalarUDFImpl for Staying {
    fn name(&self) -> &str {
        "staying"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types.first().cloned().unwrap_or(DataType::Boolean))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let unset = ColumnarValue::Scalar(datafusion::common::ScalarValue::Boolean(None));
        Ok(args.args.into_iter().next().unwrap_or(unset))
    }
}
