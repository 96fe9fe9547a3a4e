//! Text as a dictionary: what a scan is asked for by who can do with the numbers of texts.

use arrow::array::{Array, ArrayRef, DictionaryArray, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Schema};
use datafusion::error::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A text with its number in a dictionary, which may hold a text more than once: that of the file where there is one.
#[derive(Debug)]
pub(super) struct AsDictionary(pub(super) Arc<dyn PhysicalExpr>);

/// Returns an array with a dictionary; of one that has none, all its values.
pub(super) fn as_dictionary(array: ArrayRef) -> Result<ArrayRef> {
    if matches!(array.data_type(), DataType::Dictionary(..)) {
        return Ok(array);
    }
    let keys = UInt32Array::from_iter_values(0..array.len() as u32);
    Ok(Arc::new(DictionaryArray::try_new(keys, array)?))
}

// Deriving it would move out of the reference: rust-lang/rust issue 78808.
impl PartialEq for AsDictionary {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq(&other.0)
    }
}

impl Eq for AsDictionary {}

impl Hash for AsDictionary {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for AsDictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as a dictionary", self.0)
    }
}

impl PhysicalExpr for AsDictionary {
    fn data_type(&self, schema: &Schema) -> Result<DataType> {
        let text = self.0.data_type(schema)?;
        Ok(DataType::Dictionary(Box::new(DataType::UInt32), Box::new(text)))
    }

    fn nullable(&self, schema: &Schema) -> Result<bool> {
        self.0.nullable(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let text = self.0.evaluate(batch)?.into_array(batch.num_rows())?;
        as_dictionary(text).map(ColumnarValue::Array)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.0]
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let text = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.0));
        Ok(Arc::new(Self(text)))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_sql(f)
    }
}
