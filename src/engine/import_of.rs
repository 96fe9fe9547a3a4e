//! `"$import"`: the import that read a row's source. The catalog knows it, and no data file, as ids differ from one
//! run to the next.

use crate::store::{Lake, StoreError, StoreId};
use arrow::array::{AsArray, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Schema};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// Sources whose import is remembered at most.
const MAX_KNOWN: usize = 10_000;

/// The imports that read the sources of a store.
#[derive(Debug)]
pub(super) struct Imports {
    lake: Arc<Lake>,
    store: StoreId,
    known: Mutex<HashMap<String, Option<Arc<str>>>>,
}

impl Imports {
    pub(super) fn new(lake: Arc<Lake>, store: StoreId) -> Self {
        Self { lake, store, known: Mutex::default() }
    }

    fn of(&self, source: &str) -> Result<Option<Arc<str>>, StoreError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(import) = known.get(source) {
            return Ok(import.clone());
        }
        let import = self.lake.catalog().import_of(self.store, source)?.map(Arc::from);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(source.to_owned(), import.clone());
        Ok(import)
    }
}

/// The id of the import that read a source, as text; NULL when none is known.
#[derive(Debug)]
pub(super) struct ImportOf {
    pub(super) source: Arc<dyn PhysicalExpr>,
    pub(super) imports: Arc<Imports>,
}

impl PartialEq for ImportOf {
    fn eq(&self, other: &Self) -> bool {
        self.source.eq(&other.source) && self.imports.store == other.imports.store
    }
}

impl Eq for ImportOf {}

impl Hash for ImportOf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source.hash(state);
        self.imports.store.hash(state);
    }
}

impl fmt::Display for ImportOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "import_of({})", self.source)
    }
}

impl PhysicalExpr for ImportOf {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let sources = self.source.evaluate(batch)?.into_array(batch.num_rows())?;
        let sources = arrow::compute::cast(&sources, &DataType::Utf8View)?;
        let mut ids = StringBuilder::new();
        let mut last: Option<(&str, Option<Arc<str>>)> = None;
        for source in sources.as_string_view() {
            let Some(source) = source else {
                ids.append_null();
                continue;
            };
            if last.as_ref().is_none_or(|(known, _)| *known != source) {
                let import = self.imports.of(source);
                let import = import.map_err(|error| DataFusionError::External(Box::new(error)))?;
                last = Some((source, import));
            }
            ids.append_option(last.as_ref().and_then(|(_, import)| import.as_deref()));
        }
        Ok(ColumnarValue::Array(Arc::new(ids.finish())))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.source]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let source = children.pop().unwrap_or_else(|| Arc::clone(&self.source));
        Ok(Arc::new(Self { source, imports: Arc::clone(&self.imports) }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
