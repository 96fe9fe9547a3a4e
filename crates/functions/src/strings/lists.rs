//! Builds results that are arrays of texts.

use crate::builder::{ArrayBuilder, TextBuilder, list};
use arrow::array::ArrayRef;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// Builds arrays of texts, one for each row.
#[derive(Debug)]
pub(crate) struct TextLists {
    offsets: Vec<i32>,
    nulls: Vec<bool>,
    items: TextBuilder,
    count: usize,
}

impl TextLists {
    /// Returns an empty collection.
    pub(crate) fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self {
            offsets,
            nulls: Vec::with_capacity(rows),
            items: TextBuilder::with_capacity(rows),
            count: 0,
        }
    }

    /// Adds an element to the array being made; `None` is NULL.
    pub(crate) fn push(&mut self, item: Option<&str>) -> SqlResult<()> {
        self.count += 1;
        match item {
            Some(item) => self.items.push(item),
            None => {
                self.items.null();
                Ok(())
            }
        }
    }

    /// Ends the array of a row; without `valid` it is NULL, and must have no elements.
    pub(crate) fn end(&mut self, valid: bool) -> SqlResult<()> {
        let end = i32::try_from(self.count).map_err(|_| {
            SqlError::new(
                Code::ExceededFunctionMemoryLimit,
                "A batch of rows has too many elements",
            )
        })?;
        self.offsets.push(end);
        self.nulls.push(valid);
        Ok(())
    }

    /// Returns the arrays; `data_type` is an array of text.
    pub(crate) fn finish(self, data_type: &Type) -> SqlResult<ArrayRef> {
        let items = self.items.finish(&Type::VARCHAR)?;
        list(self.offsets, items, self.nulls, data_type)
    }

    /// Returns all elements, and where each row's begin and end.
    pub(crate) fn parts(self) -> SqlResult<(ArrayRef, Vec<i32>)> {
        Ok((self.items.finish(&Type::VARCHAR)?, self.offsets))
    }
}
