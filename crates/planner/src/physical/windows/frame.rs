//! Frames whose edges are found without looking at values.

use super::layout::Row;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits};
use std::ops::Range;

/// Where a frame begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    start: Edge,
    end: Edge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Partition,
    Peers,
    /// So many rows behind the current one.
    Row(i64),
}

impl Frame {
    /// Knows a frame of DataFusion's, if its offsets are in rows.
    pub(super) fn of(frame: &WindowFrame, is_ordered: bool) -> Option<Self> {
        let edge = |bound| Edge::of(frame.units, bound, is_ordered);
        Some(Self { start: edge(&frame.start_bound)?, end: edge(&frame.end_bound)? })
    }

    /// Whether each row of a partition has all of its rows.
    pub(super) fn is_partition(self) -> bool {
        self.start == Edge::Partition && self.end == Edge::Partition
    }

    /// Whether the frame begins where the partition does.
    pub(super) fn starts_with_partition(self) -> bool {
        self.start == Edge::Partition
    }

    /// The rows of a row's frame.
    pub(super) fn range(self, row: &Row) -> Range<usize> {
        let start = match self.start {
            Edge::Partition => row.start,
            Edge::Peers => row.peers_start,
            Edge::Row(offset) => moved(row, row.at, offset),
        };
        let end = match self.end {
            Edge::Partition => row.end,
            Edge::Peers => row.peers_end,
            Edge::Row(offset) => moved(row, row.at + 1, offset),
        };
        start..end.max(start)
    }
}

impl Edge {
    fn of(units: WindowFrameUnits, bound: &WindowFrameBound, is_ordered: bool) -> Option<Self> {
        let (offset, sign) = match bound {
            WindowFrameBound::CurrentRow => (None, 1),
            WindowFrameBound::Preceding(offset) => (Some(offset), -1),
            WindowFrameBound::Following(offset) => (Some(offset), 1),
        };
        match (units, offset) {
            (_, Some(offset)) if offset.is_null() => Some(Self::Partition),
            (WindowFrameUnits::Rows, None) => Some(Self::Row(0)),
            (WindowFrameUnits::Rows, Some(ScalarValue::UInt64(Some(rows)))) => {
                Some(Self::Row(i64::try_from(*rows).unwrap_or(i64::MAX).saturating_mul(sign)))
            }
            (WindowFrameUnits::Range | WindowFrameUnits::Groups, None) => {
                Some(if is_ordered { Self::Peers } else { Self::Partition })
            }
            _ => None,
        }
    }
}

/// So many rows behind `from`, within the partition.
fn moved(row: &Row, from: usize, offset: i64) -> usize {
    let distance = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
    let at = match offset {
        ..0 => from.saturating_sub(distance),
        0.. => from.saturating_add(distance),
    };
    at.clamp(row.start, row.end)
}
