//! `array` and `map`: the number of elements in each value; the elements are columns inside.

use super::{
    ColumnWriter, Direct, DirectValues, EncodingKind, Settings, StreamKind, Summary, Values,
    write_integers,
};
use crate::error::OrcError;
use crate::write::stream::Stream;
use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;

struct Lists {
    name: String,
    lengths: Vec<i64>,
}

pub(super) fn open(settings: &Settings) -> Box<dyn Values> {
    let lists = Lists { name: settings.name.clone(), lengths: Vec::new() };
    Box::new(Direct::new(lists, [settings.runs(StreamKind::Length)]))
}

impl DirectValues for Lists {
    const ENCODING: EncodingKind = EncodingKind::DirectV2;

    fn write(
        &mut self,
        _streams: &mut [Stream],
        array: &dyn Array,
        rows: &[u32],
        _summary: &mut Summary,
        children: &mut [ColumnWriter],
    ) -> Result<(), OrcError> {
        let mut items = Vec::new();
        let mut add = |start: usize, end: usize| {
            self.lengths.push((end - start) as i64);
            // An index that does not fit is refused below.
            items.extend(start as u32..end as u32);
        };
        let rows = rows.iter().map(|&row| row as usize);
        let members: Vec<&dyn Array> = match array.data_type() {
            DataType::List(_) => {
                let array = array.as_list::<i32>();
                let offsets = array.value_offsets();
                rows.for_each(|row| add(offsets[row] as usize, offsets[row + 1] as usize));
                vec![array.values()]
            }
            DataType::LargeList(_) => {
                let array = array.as_list::<i64>();
                let offsets = array.value_offsets();
                rows.for_each(|row| add(offsets[row] as usize, offsets[row + 1] as usize));
                vec![array.values()]
            }
            DataType::FixedSizeList(_, size) => {
                let (array, size) = (array.as_fixed_size_list(), *size as usize);
                rows.for_each(|row| add(row * size, (row + 1) * size));
                vec![array.values()]
            }
            DataType::Map(..) => {
                let array = array.as_map();
                let offsets = array.value_offsets();
                rows.for_each(|row| add(offsets[row] as usize, offsets[row + 1] as usize));
                array.entries().columns().iter().map(|column| column as &dyn Array).collect()
            }
            _ => return Ok(()),
        };
        for (child, member) in children.iter_mut().zip(members) {
            if u32::try_from(member.len()).is_err() {
                return Err(OrcError::Unsupported(format!(
                    "a batch with {} items in the lists of {:?}",
                    member.len(),
                    self.name
                )));
            }
            child.write(member, &items)?;
        }
        Ok(())
    }

    fn end_group(&mut self, streams: &mut [Stream], summary: &mut Summary) -> Result<(), OrcError> {
        write_integers(&mut streams[0], &self.lengths, false);
        summary.statistics.add_integers(&self.lengths);
        self.lengths.clear();
        Ok(())
    }
}
