//! Whether a value is one of many.

use super::super::groups::Keys;
use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Schema};
use datafusion::error::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Whether a value is among some keys; never NULL.
#[derive(Debug)]
pub(in super::super) struct Member {
    pub(super) value: Arc<dyn PhysicalExpr>,
    pub(super) keys: Arc<Keys>,
    /// Whether NULL counts as one that is among them.
    pub(super) null: bool,
    /// Whether it is told whether the value is not among them.
    pub(super) negated: bool,
}

impl PartialEq for Member {
    fn eq(&self, other: &Self) -> bool {
        self.value.eq(&other.value)
            && Arc::ptr_eq(&self.keys, &other.keys)
            && (self.null, self.negated) == (other.null, other.negated)
    }
}

impl Eq for Member {}

impl Hash for Member {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
        (Arc::as_ptr(&self.keys).addr(), self.null, self.negated).hash(state);
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.negated { " NOT" } else { "" };
        write!(f, "{}{not} IN {} keys", self.value, self.keys.len())
    }
}

impl PhysicalExpr for Member {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(false)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let values = self.value.evaluate(batch)?.into_array(batch.num_rows())?;
        let found = self.keys.contain(&values, self.null)?;
        let found = if self.negated { !&found } else { found };
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(found, None))))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.value]
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let value = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.value));
        let keys = Arc::clone(&self.keys);
        Ok(Arc::new(Self { value, keys, null: self.null, negated: self.negated }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
