//! Calls of functions, computed while planning where the arguments are constant.

use crate::analyzer::Analyzer;
use crate::analyzer::typed::TypedExpr;
use crate::physical::{CallArgument, ScalarCall, call, short_circuit};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::Schema;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::execution::context::ExecutionProps;
use datafusion::logical_expr::{ColumnarValue, Expr, Volatility};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::planner::create_physical_expr;
use std::sync::Arc;
use traillake_functions::Function;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

/// The most bytes of a value that is computed while planning.
const LARGEST_CONSTANT: usize = 1 << 16;

/// Returns the physical form of an expression over columns of `schema`.
pub(crate) fn compile(expr: &Expr, schema: &DFSchema) -> SqlResult<Arc<dyn PhysicalExpr>> {
    let physical = create_physical_expr(expr, schema, &ExecutionProps::new(), &Default::default())?;
    Ok(short_circuit(physical)?)
}

/// Whether the expression is a call of ours whose arguments are all constant, and that gives the
/// same each time.
fn is_constant_call(expr: &Expr) -> bool {
    match expr {
        Expr::ScalarFunction(function) => {
            function.func.signature().volatility == Volatility::Immutable
                && function.args.iter().all(|arg| matches!(arg, Expr::Literal(..)))
                && function
                    .func
                    .inner()
                    .downcast_ref::<ScalarCall>()
                    .is_some_and(ScalarCall::is_plain)
        }
        Expr::Cast(cast) => matches!(&*cast.expr, Expr::Literal(..)),
        _ => false,
    }
}

impl Analyzer<'_> {
    /// Returns the expression's value as a constant if it can be computed now. What fails stays as it
    /// is: it may never be evaluated.
    pub(crate) fn fold(&self, expr: Expr) -> Expr {
        if !is_constant_call(&expr) {
            return expr;
        }
        match evaluate(&expr) {
            Ok(value) if value.size() <= LARGEST_CONSTANT => Expr::Literal(value, None),
            _ => expr,
        }
    }

    /// Plans a call of a function for arguments of these types.
    pub(crate) fn function(
        &self,
        function: &'static Function,
        arguments: Vec<TypedExpr>,
        result: Type,
    ) -> TypedExpr {
        let types: Vec<_> = arguments.iter().map(|argument| argument.data_type.clone()).collect();
        let values = arguments.into_iter().map(|typed| CallArgument::Value(typed.expr)).collect();
        let now = self.now_for(function, &types, &result);
        let expr = call(function, now, types, result.clone(), values);
        TypedExpr::new(self.fold(expr), result)
    }
}

/// Computes a constant expression.
pub(crate) fn evaluate(expr: &Expr) -> SqlResult<ScalarValue> {
    let physical = compile(expr, &DFSchema::empty())?;
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)?;
    match physical.evaluate(&batch)? {
        ColumnarValue::Scalar(value) => Ok(value),
        ColumnarValue::Array(array) if array.len() == 1 => {
            Ok(ScalarValue::try_from_array(&array, 0)?)
        }
        ColumnarValue::Array(_) => Err(SqlError::internal("a constant of several rows")),
    }
}
