//! Lambdas, and other expressions that a function evaluates itself: `TRY`.

use crate::engine::sql_error::{Code, SqlError, SqlResult};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::datatypes::SchemaRef;
use datafusion::logical_expr::{ColumnarValue, Expr};
use datafusion::physical_expr::PhysicalExpr;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A lambda's body, compiled over the columns it captures and, behind them, its parameters.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Body {
    /// As planned; two bodies are equal if these are.
    pub(in crate::engine) expr: Expr,
    pub(in crate::engine) physical: Arc<dyn PhysicalExpr>,
    pub(in crate::engine) schema: SchemaRef,
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr && self.schema == other.schema
    }
}

impl Eq for Body {}

impl Hash for Body {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expr.hash(state);
    }
}

/// A lambda in a call: its body, and the captured columns of the batch.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Lambda {
    pub(in crate::engine) body: Body,
    /// Each with a value for every row of the call, or of length 1 for all.
    pub(in crate::engine) captured: Vec<ArrayRef>,
    /// Rows of the call.
    pub(in crate::engine) rows: usize,
}

impl Lambda {
    /// Evaluates the body for `parameters`, arrays of one length; `rows` tells for each of their
    /// values which row of the call it belongs to, from which captured columns are taken.
    pub(in crate::engine) fn call(
        &self,
        rows: &[u32],
        parameters: &[ArrayRef],
    ) -> SqlResult<ArrayRef> {
        let mut columns = Vec::with_capacity(self.captured.len() + parameters.len());
        let picks = UInt32Array::from(rows.to_vec());
        let first = UInt32Array::from(vec![0; rows.len()]);
        for column in &self.captured {
            let picks = if column.len() == 1 && self.rows != 1 { &first } else { &picks };
            columns.push(super::out::picked(column, picks)?);
        }
        columns.extend(parameters.iter().cloned());
        self.evaluate(columns, rows.len())
    }

    /// Evaluates the body for all rows of the call; it has no parameters.
    pub(in crate::engine) fn call_rows(&self) -> SqlResult<ArrayRef> {
        let rows: Vec<u32> = (0..self.rows as u32).collect();
        self.call(&rows, &[])
    }

    fn evaluate(&self, columns: Vec<ArrayRef>, rows: usize) -> SqlResult<ArrayRef> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch =
            RecordBatch::try_new_with_options(Arc::clone(&self.body.schema), columns, &options)?;
        let value = self.body.physical.evaluate(&batch)?;
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
