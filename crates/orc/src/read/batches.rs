//! All rows of some columns, batch by batch.

use super::{Metadata, PathReader, ReadAt, StripeReader};
use crate::error::OrcError;
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Rows of a batch.
const BATCH_ROWS: usize = 8_192;

/// Reads all rows of some columns of a file.
pub struct Batches {
    input: Arc<dyn ReadAt>,
    metadata: Metadata,
    schema: SchemaRef,
    next_stripe: usize,
    current: Option<(StripeReader, Vec<PathReader>, usize)>,
}

impl std::fmt::Debug for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Batches {
    /// Reads the columns of the file with these names, in this order, as
    /// [`Column::data_type`](crate::schema::Column::data_type) says.
    ///
    /// # Errors
    /// When the file is not an ORC file, is damaged, or lacks a column.
    pub fn new(input: Arc<dyn ReadAt>, columns: &[&str]) -> Result<Self, OrcError> {
        let metadata = Metadata::read(&*input)?;
        let all = metadata.tail.root.arrow_schema();
        let wanted =
            columns.iter().map(|name| all.index_of(name)).collect::<Result<Vec<_>, _>>()?;
        let schema: Schema = all.project(&wanted)?;
        Ok(Self { input, metadata, schema: Arc::new(schema), next_stripe: 0, current: None })
    }

    /// Reads the columns of the file that `schema` names as its types, such as timestamps in milliseconds.
    ///
    /// # Errors
    /// As [`Self::new`]; while reading, when a column cannot be read as its type.
    pub fn with_schema(input: Arc<dyn ReadAt>, schema: SchemaRef) -> Result<Self, OrcError> {
        let metadata = Metadata::read(&*input)?;
        let all = metadata.tail.root.arrow_schema();
        schema.fields().iter().try_for_each(|field| all.index_of(field.name()).map(|_| ()))?;
        Ok(Self { input, metadata, schema, next_stripe: 0, current: None })
    }

    /// Returns the schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn read(&mut self) -> Result<Option<RecordBatch>, OrcError> {
        loop {
            if let Some((stripe, columns, at)) = &mut self.current {
                let rows = (stripe.stripe().rows - *at).min(BATCH_ROWS);
                if rows > 0 {
                    let arrays = columns.iter_mut().map(|c| c.read(stripe, *at, rows, None));
                    let arrays = arrays.collect::<Result<_, _>>()?;
                    *at += rows;
                    return Ok(Some(RecordBatch::try_new(Arc::clone(&self.schema), arrays)?));
                }
                self.current = None;
            }
            if self.next_stripe == self.metadata.tail.footer.stripes.len() {
                return Ok(None);
            }
            let stripe = self.metadata.stripe(&*self.input, self.next_stripe)?;
            self.next_stripe += 1;
            let (input, tail) = (Arc::clone(&self.input), Arc::clone(&self.metadata.tail));
            let bytes_read = Arc::new(AtomicU64::new(0));
            let mut stripe = StripeReader::new(input, tail, stripe, bytes_read)?;
            let root = &self.metadata.tail.root;
            stripe
                .load(self.schema.fields().iter().filter_map(|f| root.find([f.name().as_str()])))?;
            let open = |field: &Arc<arrow::datatypes::Field>| {
                stripe.column(std::slice::from_ref(field.name()), field.data_type())
            };
            let columns = self.schema.fields().iter().map(open).collect::<Result<_, _>>()?;
            self.current = Some((stripe, columns, 0));
        }
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, OrcError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
