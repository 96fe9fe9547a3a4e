//! `struct`: no streams of its own; its members are columns inside.

use super::{ColumnWriter, Direct, DirectValues, EncodingKind, Summary, Values};
use crate::error::OrcError;
use crate::write::stream::Stream;
use arrow::array::{Array, AsArray};

struct Structs;

pub(super) fn open() -> Box<dyn Values> {
    Box::new(Direct::new(Structs, []))
}

impl DirectValues for Structs {
    const ENCODING: EncodingKind = EncodingKind::Direct;

    fn write(
        &mut self,
        _streams: &mut [Stream],
        array: &dyn Array,
        rows: &[u32],
        _summary: &mut Summary,
        children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        let members = array.as_struct().columns();
        children.iter_mut().zip(members).try_for_each(|(child, member)| child.write(member, rows))
    }

    fn end_group(
        &mut self,
        _streams: &mut [Stream],
        _summary: &mut Summary,
    ) -> Result<(), OrcError> {
        Ok(())
    }
}
