//! A column that the table has and the file has not: null everywhere.

use super::{Positions, Rows, Values};
use crate::error::OrcError;
use arrow::array::{ArrayRef, new_null_array};
use arrow::datatypes::DataType;

struct Missing(DataType);

pub(super) fn open(target: &DataType) -> Box<dyn Values> {
    Box::new(Missing(target.clone()))
}

impl Values for Missing {
    fn skip(&mut self, _count: usize) -> Result<(), OrcError> {
        Ok(())
    }

    fn seek(&mut self, _positions: &mut Positions<'_>) -> Result<(), OrcError> {
        Ok(())
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        Ok(new_null_array(&self.0, rows.kept()))
    }
}
