//! `struct`: no streams of its own; its members are columns inside.

use super::{ColumnWriter, EncodedValues, EncodingKind, Summary, Values};
use crate::error::OrcError;
use crate::write::stream::Stream;
use arrow::array::{Array, AsArray};

struct Structs;

pub(super) fn open() -> Box<dyn Values> {
    Box::new(Structs)
}

impl Values for Structs {
    fn write(
        &mut self,
        array: &dyn Array,
        rows: &[u32],
        _summary: &mut Summary,
        children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        let members = array.as_struct().columns();
        children.iter_mut().zip(members).try_for_each(|(child, member)| child.write(member, rows))
    }

    fn end_group(&mut self, _summary: &mut Summary) -> Result<(), OrcError> {
        Ok(())
    }

    fn streams(&mut self) -> &mut [Stream] {
        &mut []
    }

    fn len(&self) -> usize {
        0
    }

    fn end_stripe(self: Box<Self>) -> EncodedValues {
        EncodedValues::new(EncodingKind::Direct, Vec::new())
    }
}
