use super::*;
use arrow::array::StringArray;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A row: its group, its value, and whether a filter lets it pass.
type Row = (usize, Option<u8>, Option<bool>);

const GROUPS: usize = 7;

fn row() -> impl Strategy<Value = Row> {
    let value = proptest::option::weighted(0.8, 0..12_u8);
    (0..GROUPS, value, proptest::option::weighted(0.9, proptest::bool::weighted(0.7)))
}

fn columns(rows: &[Row], filtered: bool) -> (Vec<usize>, ArrayRef, Option<BooleanArray>) {
    let groups = rows.iter().map(|row| row.0).collect();
    let text = |row: &Row| row.1.map(|value| format!("value {value}"));
    let values: StringArray = rows.iter().map(text).collect();
    let filter = filtered.then(|| rows.iter().map(|row| row.2).collect());
    (groups, Arc::new(values), filter)
}

/// The values of each group that count.
fn wanted(rows: &[Row], filtered: bool) -> Vec<BTreeSet<u8>> {
    let mut sets = vec![BTreeSet::new(); GROUPS];
    for (group, value, passes) in rows {
        if !filtered || *passes == Some(true) {
            sets[*group].extend(*value);
        }
    }
    sets
}

fn lengths(sets: &[BTreeSet<u8>]) -> Vec<i64> {
    sets.iter().map(|set| set.len() as i64).collect()
}

fn counts(array: &ArrayRef) -> Vec<i64> {
    array.as_primitive::<arrow::datatypes::Int64Type>().values().to_vec()
}

fn accumulator() -> DistinctCounts {
    DistinctCounts::try_new(&DataType::Utf8).unwrap()
}

proptest! {
    #[test]
    fn counts_are_those_of_sets(batches in vec(vec(row(), 0..40), 0..5), filtered: bool) {
        let mut ours = accumulator();
        for rows in &batches {
            let (groups, values, filter) = columns(rows, filtered);
            ours.update_batch(&[values], &groups, filter.as_ref(), GROUPS).unwrap();
        }
        ours.counts.resize(GROUPS, 0);
        let want = lengths(&wanted(&batches.concat(), filtered));
        prop_assert_eq!(counts(&ours.evaluate(EmitTo::All).unwrap()), want);
    }

    #[test]
    fn the_first_groups_can_be_taken_and_the_others_go_on(
        before in vec(row(), 1..60),
        after in vec(row(), 0..60),
        taken in 1..GROUPS,
    ) {
        let mut ours = accumulator();
        let (groups, values, _) = columns(&before, false);
        ours.update_batch(&[values], &groups, None, GROUPS).unwrap();
        let first = counts(&ours.evaluate(EmitTo::First(taken)).unwrap());
        prop_assert_eq!(&first, &lengths(&wanted(&before, false))[..taken]);

        let after: Vec<Row> = after.into_iter().filter(|row| row.0 >= taken).collect();
        let (groups, values, _) = columns(&after, false);
        let groups: Vec<usize> = groups.into_iter().map(|group| group - taken).collect();
        ours.update_batch(&[values], &groups, None, GROUPS - taken).unwrap();
        let all = [before, after].concat();
        let rest = counts(&ours.evaluate(EmitTo::All).unwrap());
        prop_assert_eq!(&rest, &lengths(&wanted(&all, false))[taken..]);
    }

    #[test]
    fn states_merge_to_the_same_counts(
        batches in vec(vec(row(), 1..40), 1..5),
        filtered: bool,
        taken in 1..GROUPS,
    ) {
        let mut merged = accumulator();
        for (at, rows) in batches.iter().enumerate() {
            let (groups, values, filter) = columns(rows, filtered);
            if at % 2 == 0 {
                let state = accumulator().convert_to_state(&[values], filter.as_ref()).unwrap();
                merged.merge_batch(&state, &groups, GROUPS).unwrap();
                continue;
            }
            let mut part = accumulator();
            part.update_batch(&[values], &groups, filter.as_ref(), GROUPS).unwrap();
            let first = part.state(EmitTo::First(taken)).unwrap();
            merged.merge_batch(&first, &(0..taken).collect::<Vec<_>>(), GROUPS).unwrap();
            let rest = part.state(EmitTo::All).unwrap();
            merged.merge_batch(&rest, &(taken..GROUPS).collect::<Vec<_>>(), GROUPS).unwrap();
        }
        let want = lengths(&wanted(&batches.concat(), filtered));
        prop_assert_eq!(counts(&merged.evaluate(EmitTo::All).unwrap()), want);
    }
}

#[test]
fn an_accumulator_is_empty_after_all_was_taken() {
    let mut ours = accumulator();
    for _ in 0..2 {
        let (groups, values, _) = columns(&[(0, Some(1), None), (0, Some(1), None)], false);
        ours.update_batch(&[values], &groups, None, 1).unwrap();
        assert_eq!(counts(&ours.evaluate(EmitTo::All).unwrap()), [1]);
    }
}
