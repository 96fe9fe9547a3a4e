//! Bodies of lambdas as DataFusion's expressions.

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::logical_expr::{ColumnarValue, Expr};
use datafusion::physical_expr::PhysicalExpr;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use traillake_functions::LambdaBody;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// A lambda's body, compiled over the columns it captures and, behind them, its parameters.
#[derive(Debug)]
pub(crate) struct CompiledLambda {
    /// As planned; two bodies are equal if these are.
    pub(crate) expr: Expr,
    pub(crate) physical: Arc<dyn PhysicalExpr>,
    pub(crate) schema: SchemaRef,
}

impl PartialEq for CompiledLambda {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr && self.schema == other.schema
    }
}

impl Eq for CompiledLambda {}

impl Hash for CompiledLambda {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expr.hash(state);
    }
}

impl LambdaBody for CompiledLambda {
    fn evaluate(&self, columns: Vec<ArrayRef>, rows: usize) -> SqlResult<ArrayRef> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        let value = self.physical.evaluate(&batch)?;
        if let ColumnarValue::Scalar(value) = &value {
            // Arrow would give up on more than its offsets can count.
            if value.size().saturating_mul(rows) > i32::MAX as usize {
                return Err(SqlError::new(
                    Code::ExceededFunctionMemoryLimit,
                    "The values of a lambda exceed 2 GiB",
                ));
            }
        }
        Ok(value.into_array(rows)?)
    }
}
