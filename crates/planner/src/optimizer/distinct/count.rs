//! `count(DISTINCT x)` in many groups, without an object for each of them.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, UInt64Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{and, filter, is_not_null, prep_null_mask_filter, take};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, UInt64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;
use datafusion::scalar::ScalarValue;
use std::sync::{Arc, LazyLock};

/// Returns the function that counts distinct values of its argument that are not NULL.
pub(crate) fn count_distinct() -> Arc<AggregateUDF> {
    static FUNCTION: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| {
        let signature = Signature::any(1, Volatility::Immutable);
        Arc::new(AggregateUDF::new_from_impl(CountDistinct { signature }))
    });
    Arc::clone(&FUNCTION)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CountDistinct {
    signature: Signature,
}

impl AggregateUDFImpl for CountDistinct {
    fn name(&self) -> &str {
        "count_distinct"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn is_nullable(&self) -> bool {
        false
    }

    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(Some(0)))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let [input] = args.input_fields else { return Err(one_argument()) };
        let name = format_state_name(args.name, "count distinct");
        Ok(vec![Arc::new(Field::new(name, state_type(input.data_type()), false))])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        count_udaf().accumulator(AccumulatorArgs { is_distinct: true, ..args })
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        let [field] = args.expr_fields else { return Err(one_argument()) };
        Ok(Box::new(DistinctCounts::try_new(field.data_type())?))
    }
}

fn one_argument() -> DataFusionError {
    DataFusionError::Internal("count_distinct has one argument".to_owned())
}

fn state_type(value: &DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(value.clone(), true)))
}

/// The distinct values of all groups in one hash table, as pairs of group and value.
struct DistinctCounts {
    /// Of a pair.
    schema: SchemaRef,
    seen: Box<dyn GroupValues>,
    counts: Vec<i64>,
    /// Where the pairs of a batch are in `seen`.
    places: Vec<usize>,
}

impl DistinctCounts {
    fn try_new(value: &DataType) -> Result<Self> {
        let schema = Arc::new(Schema::new(vec![
            Field::new("group", DataType::UInt64, false),
            Field::new("value", value.clone(), true),
        ]));
        let seen = new_group_values(Arc::clone(&schema), &GroupOrdering::None)?;
        Ok(Self { schema, seen, counts: Vec::new(), places: Vec::new() })
    }

    /// Takes up values that are not NULL, each with its group.
    fn add(&mut self, groups: Vec<u64>, values: ArrayRef) -> Result<()> {
        let known = self.seen.len();
        let groups = UInt64Array::from(groups);
        self.seen.intern(&[Arc::new(groups.clone()), values], &mut self.places)?;
        let mut is_new = vec![true; self.seen.len() - known];
        for (group, place) in groups.values().iter().zip(&self.places) {
            let first = place.checked_sub(known).and_then(|place| is_new.get_mut(place));
            if first.is_some_and(std::mem::take) {
                self.counts[*group as usize] += 1;
            }
        }
        Ok(())
    }

    /// Takes out all pairs.
    fn drain(&mut self) -> Result<(UInt64Array, ArrayRef)> {
        let fresh = new_group_values(Arc::clone(&self.schema), &GroupOrdering::None)?;
        let mut seen = std::mem::replace(&mut self.seen, fresh);
        match <[ArrayRef; 2]>::try_from(seen.emit(EmitTo::All)?) {
            Ok([groups, values]) => Ok((groups.as_primitive::<UInt64Type>().clone(), values)),
            Err(_) => Err(DataFusionError::Internal("pairs are of two columns".to_owned())),
        }
    }

    /// Puts the pairs of groups behind the first `taken` back; these are counted already.
    fn keep_behind(&mut self, taken: usize, groups: &UInt64Array, values: &ArrayRef) -> Result<()> {
        let is_left: BooleanArray =
            groups.values().iter().map(|group| Some(*group as usize >= taken)).collect();
        let left = groups.values().iter().filter(|group| **group as usize >= taken);
        let left: UInt64Array = left.map(|group| *group - taken as u64).collect();
        if !left.is_empty() {
            let values = filter(values, &is_left)?;
            self.seen.intern(&[Arc::new(left), values], &mut self.places)?;
        }
        Ok(())
    }
}

impl GroupsAccumulator for DistinctCounts {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.counts.resize(total_num_groups, 0);
        let [values] = values else { return Err(one_argument()) };
        let group = |group: &usize| *group as u64;
        match counted(values, opt_filter)? {
            None => self.add(group_indices.iter().map(group).collect(), Arc::clone(values)),
            Some(counted) => {
                let both = group_indices.iter().zip(counted.values());
                let groups = both.filter(|(_, counted)| *counted).map(|(g, _)| group(g)).collect();
                self.add(groups, filter(values, &counted)?)
            }
        }
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let counts = emit_to.take_needed(&mut self.counts);
        let (groups, values) = self.drain()?;
        if let EmitTo::First(taken) = emit_to {
            self.keep_behind(taken, &groups, &values)?;
        }
        Ok(Arc::new(Int64Array::from(counts)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let counts = emit_to.take_needed(&mut self.counts);
        let (groups, values) = self.drain()?;
        let offsets = OffsetBuffer::<i32>::from_lengths(counts.iter().map(|count| *count as usize));
        let total = offsets.last().copied().unwrap_or_default() as usize;
        let mut next: Vec<usize> = offsets.iter().map(|offset| *offset as usize).collect();
        let mut order = vec![0_u64; total];
        for (at, group) in groups.values().iter().enumerate() {
            if let Some(place) = next.get_mut(*group as usize).filter(|place| **place < total) {
                order[*place] = at as u64;
                *place += 1;
            }
        }
        let listed = take(&values, &UInt64Array::from(order), None)?;
        if let EmitTo::First(taken) = emit_to {
            self.keep_behind(taken, &groups, &values)?;
        }
        Ok(vec![lists(offsets, listed)?])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.counts.resize(total_num_groups, 0);
        let [lists] = values else { return Err(one_argument()) };
        let lists = lists.as_list::<i32>();
        let (first, last) = (lists.offsets()[0], lists.offsets()[lists.len()]);
        let mut groups = Vec::with_capacity((last - first) as usize);
        for (group, length) in group_indices.iter().zip(lists.offsets().lengths()) {
            groups.extend(std::iter::repeat_n(*group as u64, length));
        }
        self.add(groups, lists.values().slice(first as usize, (last - first) as usize))
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let [values] = values else { return Err(one_argument()) };
        Ok(vec![match counted(values, opt_filter)? {
            None => {
                let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(1, values.len()));
                lists(offsets, Arc::clone(values))?
            }
            Some(counted) => {
                let offsets = OffsetBuffer::from_lengths(counted.values().iter().map(usize::from));
                lists(offsets, filter(values, &counted)?)?
            }
        }])
    }

    fn size(&self) -> usize {
        self.seen.size()
            + self.counts.capacity() * size_of::<i64>()
            + self.places.capacity() * size_of::<usize>()
    }
}

/// Which rows count, without NULLs; `None` if all do.
fn counted(values: &ArrayRef, filter: Option<&BooleanArray>) -> Result<Option<BooleanArray>> {
    let given = match values.logical_null_count() {
        0 => None,
        _ => Some(is_not_null(values)?),
    };
    let Some(filter) = filter else { return Ok(given) };
    let filter = match filter.null_count() {
        0 => filter.clone(),
        _ => prep_null_mask_filter(filter),
    };
    Ok(Some(match given {
        Some(given) => and(&given, &filter)?,
        None => filter,
    }))
}

fn lists(offsets: OffsetBuffer<i32>, values: ArrayRef) -> Result<ArrayRef> {
    let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    Ok(Arc::new(ListArray::try_new(field, offsets, values, None)?))
}

#[cfg(test)]
mod tests;
