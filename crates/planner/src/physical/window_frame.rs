//! Frames of windows: for each row the values of the rows in its frame, as an array.
//!
//! DataFusion computes the common aggregates over frames of rows itself. What it does not (aggregates
//! made from collected rows, frames by value or by group, offsets that differ from row to row) is
//! computed from these arrays.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef};
use datafusion::common::exec_err;
use datafusion::error::Result;
use datafusion::logical_expr::function::{
    ExpressionArgs, PartitionEvaluatorArgs, WindowUDFFieldArgs,
};
use datafusion::logical_expr::{
    LimitEffect, PartitionEvaluator, Signature, TypeSignature, Volatility, WindowUDF, WindowUDFImpl,
};
use datafusion::physical_expr::PhysicalExpr;
use std::ops::Range;
use std::sync::Arc;
use traillake_functions::{Keys, TakeIndices, is_true};
use traillake_sql_types::Type;
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// Type of offsets in rows or groups. They may exceed any number of rows.
pub(crate) const COUNT: Type = Type::Decimal(38, 0);

/// What a frame counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Unit {
    Rows,
    Groups,
    Range,
}

/// Where a frame begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Edge {
    /// The partition's beginning or end.
    Partition,
    Current,
    /// So many rows or groups before, or the rows from this value on; an argument tells.
    Preceding,
    Following,
}

/// A frame, but for the offsets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Frame {
    pub(crate) unit: Unit,
    pub(crate) start: Edge,
    pub(crate) end: Edge,
    /// Type of the rows' order, if they have one: a row of all sort keys.
    pub(crate) peers: Option<Type>,
    /// Type of the sort key and of what it is compared with, for a frame by value.
    pub(crate) key: Option<Type>,
    pub(crate) descending: bool,
}

/// Returns the window function that collects: its arguments are the value, whether the row is taken,
/// then, as far as the frame has them, the row of sort keys, the sort key, the start and the end.
pub(crate) fn collect(item: Type, frame: Frame) -> Arc<WindowUDF> {
    let signature = Signature::new(TypeSignature::UserDefined, Volatility::Immutable);
    Arc::new(WindowUDF::new_from_impl(Collect { item, frame, signature }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Collect {
    /// Type of the values.
    item: Type,
    frame: Frame,
    signature: Signature,
}

impl WindowUDFImpl for Collect {
    fn name(&self) -> &str {
        "collect"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn expressions(&self, args: ExpressionArgs) -> Vec<Arc<dyn PhysicalExpr>> {
        args.input_exprs().to_vec()
    }

    fn partition_evaluator(
        &self,
        _: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Frames { item: self.item.clone(), frame: self.frame.clone() }))
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        let data_type = arrow_type(&Type::array(self.item.clone()));
        Ok(Arc::new(Field::new(args.name(), data_type, true)))
    }

    fn limit_effect(&self, _: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        LimitEffect::Unknown
    }
}

#[derive(Debug)]
struct Frames {
    item: Type,
    frame: Frame,
}

impl PartitionEvaluator for Frames {
    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let [value, taken, more @ ..] = values else {
            return exec_err!("collect takes two arguments at least");
        };
        let places = Places::new(&self.frame, more, rows)?;
        let taken = is_true(taken.as_boolean());
        let mut indices = TakeIndices::with_capacity(rows);
        for row in 0..rows {
            for at in places.frame(&self.frame, row)? {
                if taken.value(at) {
                    indices.push(at);
                }
            }
            match indices.row_length() {
                0 => indices.null(),
                _ => indices.end()?,
            }
        }
        Ok(indices.lists(value, &Type::array(self.item.clone()))?)
    }
}

/// What frames of one partition are found by.
struct Places {
    rows: usize,
    /// For each row the number of its group of peers.
    group_of: Vec<usize>,
    /// Where each group begins, and the end of the last.
    groups: Vec<usize>,
    /// Sort keys, and the rows that have one.
    keys: Option<(Keys, Range<usize>)>,
    /// Whether the row's key is NULL.
    null_key: Vec<bool>,
    starts: Option<Offsets>,
    ends: Option<Offsets>,
}

enum Offsets {
    /// So many rows or groups.
    Counts(Vec<usize>),
    /// Values to be compared with sort keys.
    Values(Keys),
}

fn bad_offset() -> SqlError {
    SqlError::new(
        Code::InvalidWindowFrame,
        "Window frame offset value must not be negative or null",
    )
}

impl Places {
    fn new(frame: &Frame, more: &[ArrayRef], rows: usize) -> SqlResult<Self> {
        let mut more = more.iter();
        let mut next =
            || more.next().ok_or_else(|| SqlError::internal("collect lacks an argument"));
        let (mut group_of, mut groups) = (vec![0; rows], vec![0]);
        if let Some(data_type) = &frame.peers {
            let peers = Keys::of(next()?, data_type)?;
            for (row, group) in group_of.iter_mut().enumerate().skip(1) {
                if peers.get(row) != peers.get(row - 1) {
                    groups.push(row);
                }
                *group = groups.len() - 1;
            }
        }
        groups.push(rows);
        let mut keys = None;
        let mut null_key = vec![false; rows];
        if let Some(data_type) = &frame.key {
            let key = next()?;
            for (row, null) in null_key.iter_mut().enumerate() {
                *null = key.is_null(row);
            }
            let first = null_key.iter().position(|null| !null).unwrap_or(rows);
            let given = null_key.iter().filter(|null| !**null).count();
            keys = Some((Keys::of(key, data_type)?, first..first + given));
        }
        let mut offsets = |edge| -> SqlResult<Option<Offsets>> {
            if matches!(edge, Edge::Partition | Edge::Current) {
                return Ok(None);
            }
            let array = next()?;
            if let Some(data_type) = &frame.key {
                // A row without a key has a frame of its peers, whatever the offset.
                if (0..rows).any(|row| array.is_null(row) && !null_key[row]) {
                    return Err(bad_offset());
                }
                return Ok(Some(Offsets::Values(Keys::of(array, data_type)?)));
            }
            let counts = array.as_primitive::<Decimal128Type>();
            let count = |row| match counts.is_valid(row).then(|| counts.value(row)) {
                Some(count) if count >= 0 => Ok(usize::try_from(count).unwrap_or(usize::MAX)),
                _ => Err(bad_offset()),
            };
            Ok(Some(Offsets::Counts((0..rows).map(count).collect::<SqlResult<_>>()?)))
        };
        let (starts, ends) = (offsets(frame.start)?, offsets(frame.end)?);
        Ok(Self { rows, group_of, groups, keys, null_key, starts, ends })
    }

    /// The rows of a row's frame.
    fn frame(&self, frame: &Frame, row: usize) -> SqlResult<Range<usize>> {
        let start = self.edge(frame, frame.start, self.starts.as_ref(), row, true)?;
        let end = self.edge(frame, frame.end, self.ends.as_ref(), row, false)?;
        Ok(start..end.max(start))
    }

    fn group(&self, group: usize, start: bool) -> usize {
        let at = if start { group } else { group.saturating_add(1) };
        self.groups.get(at).copied().unwrap_or(self.rows)
    }

    fn edge(
        &self,
        frame: &Frame,
        edge: Edge,
        offsets: Option<&Offsets>,
        row: usize,
        start: bool,
    ) -> SqlResult<usize> {
        let own_group = self.group_of[row];
        let preceding = edge == Edge::Preceding;
        match (edge, offsets) {
            (Edge::Partition, _) => Ok(if start { 0 } else { self.rows }),
            (Edge::Current, _) => Ok(match frame.unit {
                Unit::Rows => row + usize::from(!start),
                Unit::Groups | Unit::Range => self.group(own_group, start),
            }),
            (_, Some(Offsets::Counts(counts))) => {
                let count = counts[row];
                let moved = |from: usize| match preceding {
                    true => from.checked_sub(count),
                    false => Some(from.saturating_add(count)),
                };
                Ok(match frame.unit {
                    Unit::Rows => match moved(row) {
                        Some(at) => at.saturating_add(usize::from(!start)).min(self.rows),
                        None => 0,
                    },
                    Unit::Groups | Unit::Range => match moved(own_group) {
                        Some(group) => self.group(group, start),
                        None => 0,
                    },
                })
            }
            (_, Some(Offsets::Values(values))) => {
                let Some((keys, given)) = &self.keys else {
                    return Err(SqlError::internal("a frame by value without a key"));
                };
                if self.null_key[row] {
                    return Ok(self.group(own_group, start));
                }
                let value = values.get(row);
                let (own, wanted) = (keys.get(row), value);
                // An offset that is negative leads the other way.
                let wrong = if preceding == frame.descending { wanted < own } else { wanted > own };
                if wrong {
                    return Err(bad_offset());
                }
                let before = |at: usize| {
                    let key = keys.get(at);
                    match (frame.descending, start) {
                        (false, true) => key < wanted,
                        (false, false) => key <= wanted,
                        (true, true) => key > wanted,
                        (true, false) => key >= wanted,
                    }
                };
                let (mut low, mut high) = (given.start, given.end);
                while low < high {
                    let middle = low + (high - low) / 2;
                    if before(middle) {
                        low = middle + 1;
                    } else {
                        high = middle;
                    }
                }
                Ok(low)
            }
            (_, None) => Err(SqlError::internal("a frame lacks its offset")),
        }
    }
}
