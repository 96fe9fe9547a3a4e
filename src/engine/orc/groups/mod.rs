//! Groups of a scan's rows, told apart by the numbers of their values.
//!
//! A text that is stored with a dictionary is a number already. So where rows are grouped as they come out of a scan, the
//! texts of a stripe's dictionary are looked up once each, and a row costs no more than a look at a table; DataFusion
//! hashes and compares the text of each row. `rule` finds the aggregations for which that can be done, `exec` does it,
//! `keys` has the numbers.

mod exec;
mod keys;
mod rule;

pub(super) use exec::plain;
pub(super) use keys::{Keys, value_type};
pub(in crate::engine) use rule::GroupByNumber;
pub(super) use rule::encoded_scan;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::error::Result;
use keys::Pairs;

/// The distinct combinations of the values of some columns, numbered from 0 in the order in which they came.
#[derive(Debug)]
struct Groups {
    keys: Vec<Keys>,
    /// For each column but the first, what it adds to the combinations of those before it.
    pairs: Vec<Pairs>,
    of_column: Vec<u32>,
}

impl Groups {
    /// Returns no groups yet, by columns whose values have these types.
    fn new<'a>(types: impl IntoIterator<Item = &'a DataType>) -> Self {
        let keys: Vec<_> = types.into_iter().map(Keys::new).collect();
        let pairs = keys.iter().skip(1).map(|_| Pairs::default()).collect();
        Self { keys, pairs, of_column: Vec::new() }
    }

    /// Returns the number of each row's group.
    fn number(&mut self, columns: &[ArrayRef]) -> Result<Vec<u32>> {
        let mut groups = Vec::with_capacity(columns.first().map_or(0, |column| column.len()));
        let mut all = self.keys.iter_mut().zip(columns);
        let Some((first, column)) = all.next() else { return Ok(groups) };
        first.number(column, &mut groups)?;
        let mut known = first.len();
        for ((keys, column), pairs) in all.zip(&mut self.pairs) {
            self.of_column.clear();
            keys.number(column, &mut self.of_column)?;
            pairs.number(&mut groups, &self.of_column, (known, keys.len()));
            known = pairs.len();
        }
        Ok(groups)
    }

    fn len(&self) -> usize {
        self.pairs.last().map(Pairs::len).or(self.keys.first().map(Keys::len)).unwrap_or(0)
    }

    /// Returns the columns' values, a row for each group.
    fn values(&self) -> Result<Vec<ArrayRef>> {
        let mut numbers: Vec<u32> = (0..self.len() as u32).collect();
        let mut columns = Vec::with_capacity(self.keys.len());
        for (keys, pairs) in self.keys.iter().skip(1).zip(&self.pairs).rev() {
            let (before, of_column) = pairs.split(&numbers);
            columns.push(keys.values(&of_column)?);
            numbers = before;
        }
        if let Some(first) = self.keys.first() {
            columns.push(first.values(&numbers)?);
        }
        columns.reverse();
        Ok(columns)
    }

    fn size(&self) -> usize {
        let keys: usize = self.keys.iter().map(Keys::size).sum();
        keys + self.pairs.iter().map(Pairs::size).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{
        Array, BooleanArray, DictionaryArray, Int64Array, StringViewArray,
        TimestampMillisecondArray, UInt32Array,
    };
    use arrow::datatypes::TimeUnit;
    use arrow::util::display::array_value_to_string;
    use proptest::prelude::*;
    use std::collections::{HashMap, HashSet};
    use std::sync::Arc;

    /// A row of each column, as text.
    fn rows(columns: &[ArrayRef]) -> Vec<Vec<String>> {
        let rows = columns.first().map_or(0, |column| column.len());
        let cell = |column: &ArrayRef, row| match column.is_null(row) {
            true => "NULL".to_owned(),
            false => format!("{:?}", array_value_to_string(column, row).unwrap()),
        };
        (0..rows).map(|row| columns.iter().map(|column| cell(column, row)).collect()).collect()
    }

    /// Batches of a text, a text in a dictionary that has it twice and NULL, a number, a time and a boolean.
    fn batches() -> impl Strategy<Value = Vec<Vec<ArrayRef>>> {
        let row = (
            proptest::option::of(0..40_u32),
            proptest::option::of(0..7_u32),
            proptest::option::of(-3..3_i64),
            proptest::option::of(0..2_i64),
            proptest::option::of(any::<bool>()),
        );
        let batch = proptest::collection::vec(row, 0..60).prop_map(|rows| {
            let text = |n: u32| format!("a text of more than twelve bytes {n}");
            let texts =
                ["a", "", "a", "b"].map(Some).into_iter().chain([None, Some("c"), Some("d")]);
            let numbers: UInt32Array = rows.iter().map(|row| row.1).collect();
            let texts = Arc::new(texts.collect::<StringViewArray>());
            let columns: [ArrayRef; 5] = [
                Arc::new(rows.iter().map(|row| row.0.map(text)).collect::<StringViewArray>()),
                Arc::new(DictionaryArray::try_new(numbers, texts).unwrap()),
                Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>()),
                Arc::new(rows.iter().map(|row| row.3).collect::<TimestampMillisecondArray>()),
                Arc::new(rows.iter().map(|row| row.4).collect::<BooleanArray>()),
            ];
            columns.to_vec()
        });
        proptest::collection::vec(batch, 0..5)
    }

    proptest! {
        #[test]
        fn rows_are_in_one_group_when_their_values_are_the_same(batches in batches()) {
            let types = [
                DataType::Utf8View,
                DataType::Utf8View,
                DataType::Int64,
                DataType::Timestamp(TimeUnit::Millisecond, None),
                DataType::Boolean,
            ];
            let mut groups = Groups::new(&types);
            let mut first = HashMap::new();
            for batch in &batches {
                let numbers = groups.number(batch).unwrap();
                let plain = batch.iter().map(|column| exec::plain(column).unwrap());
                for (row, group) in rows(&plain.collect::<Vec<_>>()).into_iter().zip(numbers) {
                    let next = first.len() as u32;
                    prop_assert_eq!(*first.entry(row).or_insert(next), group);
                }
            }
            prop_assert_eq!(groups.len(), first.len());
            let values = groups.values().unwrap();
            for (row, values) in rows(&values).into_iter().enumerate() {
                prop_assert_eq!(first.get(&values), Some(&(row as u32)));
            }
            for (column, data_type) in values.iter().zip(&types) {
                prop_assert_eq!(column.data_type(), data_type);
            }
        }

        #[test]
        fn keys_contain_what_was_numbered(batches in batches(), null in any::<bool>()) {
            for at in 0..5 {
                let columns: Vec<_> = batches.iter().map(|batch| &batch[at]).collect();
                let Some((last, before)) = columns.split_last() else { continue };
                let mut keys = Keys::new(value_type(last.data_type()).unwrap());
                let mut known = HashSet::new();
                for column in before {
                    keys.number(column, &mut Vec::new()).unwrap();
                    known.extend(rows(&[exec::plain(column).unwrap()]));
                }
                keys.close();
                let found = keys.contain(last, null).unwrap();
                let last = exec::plain(last).unwrap();
                for (row, (text, found)) in rows(&[Arc::clone(&last)]).iter().zip(&found).enumerate() {
                    let expected = if last.is_null(row) { null } else { known.contains(text) };
                    prop_assert_eq!(found, expected, "{:?}", text);
                }
                prop_assert_eq!(keys.null().is_some(), known.contains(&vec!["NULL".to_owned()]));
            }
        }
    }

    #[test]
    fn many_groups_of_many_values() {
        let mut groups = Groups::new(&[DataType::Int64, DataType::Int64, DataType::Int64]);
        for from in [0, 1_000, 0, 2_000] {
            let column = |n: i64| -> ArrayRef {
                Arc::new((from..from + 1_000).map(|row| row % n).collect::<Int64Array>())
            };
            let numbers = groups.number(&[column(997), column(991), column(2_000)]).unwrap();
            let expected = from as u32..from as u32 + 1_000;
            assert!(numbers.into_iter().eq(expected));
        }
        assert_eq!(groups.len(), 3_000);
        let values = groups.values().unwrap();
        assert_eq!(rows(&values)[2_999], ["8", "26", "999"].map(|n| format!("{n:?}")));
    }
}
