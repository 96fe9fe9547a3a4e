//! Lambdas, and other expressions that a function evaluates itself: `TRY`.

use arrow::array::{ArrayRef, UInt32Array};
use std::fmt::Debug;
use std::sync::Arc;
use traillake_sql_types::error::SqlResult;

/// The body of a lambda, over the columns it captures and, after them, its parameters.
pub trait LambdaBody: Debug + Send + Sync {
    /// Returns its value for each of `rows` rows; each column has as many.
    ///
    /// # Errors
    /// When it fails for one of them.
    fn evaluate(&self, columns: Vec<ArrayRef>, rows: usize) -> SqlResult<ArrayRef>;
}

/// A lambda in a call: its body, and the captured columns of the batch.
#[derive(Debug, Clone)]
pub struct Lambda {
    /// What it computes.
    pub body: Arc<dyn LambdaBody>,
    /// The columns it captures, each with a value for every row of the call, or of length 1 for all.
    pub captured: Vec<ArrayRef>,
    /// Rows of the call.
    pub rows: usize,
}

impl Lambda {
    /// Evaluates the body for `parameters`, arrays of one length; `rows` has for each of
    /// their values the row of the call that it belongs to, from which captured columns are taken.
    pub(crate) fn call(&self, rows: &[u32], parameters: &[ArrayRef]) -> SqlResult<ArrayRef> {
        let mut columns = Vec::with_capacity(self.captured.len() + parameters.len());
        let indices = UInt32Array::from(rows.to_vec());
        let first = UInt32Array::from(vec![0; rows.len()]);
        for column in &self.captured {
            let indices = if column.len() == 1 && self.rows != 1 { &first } else { &indices };
            columns.push(crate::builder::take_checked(column, indices)?);
        }
        columns.extend(parameters.iter().cloned());
        self.body.evaluate(columns, rows.len())
    }

    /// Evaluates the body for all rows of the call; it has no parameters.
    pub(crate) fn call_rows(&self) -> SqlResult<ArrayRef> {
        let rows: Vec<u32> = (0..self.rows as u32).collect();
        self.call(&rows, &[])
    }
}
