//! Results that are arrays of texts.

use crate::engine::functions::out::{Text, Writer, list};
use crate::engine::sql_error::{Code, SqlError, SqlResult};
use crate::engine::types::Type;
use arrow::array::ArrayRef;

/// Collects arrays of texts, one for each row.
#[derive(Debug)]
pub(in crate::engine::functions) struct TextLists {
    offsets: Vec<i32>,
    nulls: Vec<bool>,
    items: Text,
    count: usize,
}

impl TextLists {
    /// Returns an empty collection.
    pub(in crate::engine::functions) fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self {
            offsets,
            nulls: Vec::with_capacity(rows),
            items: Text::with_capacity(rows),
            count: 0,
        }
    }

    /// Adds an element to the array being made; `None` is NULL.
    pub(in crate::engine::functions) fn push(&mut self, item: Option<&str>) -> SqlResult<()> {
        self.count += 1;
        match item {
            Some(item) => self.items.append(|text| {
                text.push_str(item);
                Ok(true)
            }),
            None => {
                self.items.null();
                Ok(())
            }
        }
    }

    /// Ends the array of a row; without `valid` it is NULL, and must have no elements.
    pub(in crate::engine::functions) fn end(&mut self, valid: bool) -> SqlResult<()> {
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

    /// Returns the arrays; `kind` is an array of text.
    pub(in crate::engine::functions) fn finish(self, kind: &Type) -> SqlResult<ArrayRef> {
        let items = self.items.finish(&Type::VARCHAR)?;
        list(self.offsets, items, self.nulls, kind)
    }

    /// Returns all elements, and where each row's begin and end.
    pub(in crate::engine::functions) fn parts(self) -> SqlResult<(ArrayRef, Vec<i32>)> {
        Ok((self.items.finish(&Type::VARCHAR)?, self.offsets))
    }
}
