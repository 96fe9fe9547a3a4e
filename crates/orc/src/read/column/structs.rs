//! `struct`: no streams of its own; its members have a value in each row where it is not null.

use super::super::stripe::StripeReader;
use super::{ColumnReader, Opened, Opening, Positions, Rows, Values};
use crate::error::OrcError;
use arrow::array::{ArrayRef, StructArray};
use arrow::datatypes::{DataType, FieldRef, Fields};
use std::sync::Arc;

struct Structs {
    members: Vec<ColumnReader>,
    fields: Fields,
}

pub(super) fn open(opening: &Opening<'_>) -> Opened {
    let DataType::Struct(fields) = opening.target else { return Ok(None) };
    let open = |field: &FieldRef| {
        let member = opening.column.find([field.name().as_str()]);
        ColumnReader::open(opening.stripe, member, field.data_type())
    };
    let members = fields.iter().map(open).collect::<Result<_, _>>()?;
    Ok(Some(Box::new(Structs { members, fields: fields.clone() })))
}

impl Values for Structs {
    fn skip(&mut self, count: usize) -> Result<(), OrcError> {
        self.members.iter_mut().try_for_each(|member| member.skip(count))
    }

    fn seek(&mut self, _positions: &mut Positions<'_>) -> Result<(), OrcError> {
        Ok(())
    }

    fn seek_inside(&mut self, stripe: &StripeReader, group: usize) -> Result<(), OrcError> {
        self.members.iter_mut().try_for_each(|member| member.seek(stripe, group))
    }

    fn read(&mut self, rows: Rows<'_>) -> Result<ArrayRef, OrcError> {
        let members = self.members.iter_mut();
        let arrays = members
            .map(|member| member.read(rows.count, rows.nulls.as_ref(), rows.keep))
            .collect::<Result<Vec<_>, _>>()?;
        let (fields, nulls) = (self.fields.clone(), rows.kept_nulls());
        Ok(Arc::new(StructArray::try_new_with_length(fields, arrays, nulls, rows.kept())?))
    }
}
