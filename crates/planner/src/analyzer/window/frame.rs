//! Frames of windows as they are written, and as DataFusion has them.

use crate::analyzer::typed::{SortKey, TypedExpr, constant_integer};
use crate::physical::window_frame::{Edge, Unit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, WindowFrame, WindowFrameBound, WindowFrameUnits};
use traillake_sql_parser::ast::FrameUnit;
use traillake_sql_types::error::Position;

/// A window, its expressions analyzed.
#[derive(Debug, Clone)]
pub(crate) struct AnalyzedWindow {
    pub(crate) partition: Vec<Expr>,
    pub(crate) order: Vec<SortKey>,
    pub(crate) frame: Option<AnalyzedFrame>,
    pub(crate) at: Position,
}

/// A frame as written, its offsets analyzed.
#[derive(Debug, Clone)]
pub(crate) struct AnalyzedFrame {
    pub(crate) unit: FrameUnit,
    pub(crate) start: FrameEdge,
    pub(crate) end: FrameEdge,
    pub(crate) at: Position,
}

/// Where a frame begins or ends.
#[derive(Debug, Clone)]
pub(crate) enum FrameEdge {
    UnboundedPreceding,
    Preceding(Offset),
    CurrentRow,
    Following(Offset),
    UnboundedFollowing,
}

#[derive(Debug, Clone)]
pub(crate) struct Offset {
    pub(crate) value: TypedExpr,
    pub(crate) at: Position,
}

impl AnalyzedWindow {
    /// DataFusion's frame for no frame.
    pub(crate) fn whole(&self) -> WindowFrame {
        WindowFrame::new(if self.order.is_empty() { None } else { Some(false) })
    }

    /// The frame as DataFusion has it, if it does. `slides` tells whether the function can let go of rows
    /// that the frame leaves behind.
    pub(crate) fn native_frame(&self, slides: bool) -> Option<WindowFrame> {
        let Some(AnalyzedFrame { unit, start, end, .. }) = &self.frame else {
            return Some(self.whole());
        };
        if !slides && !matches!(start, FrameEdge::UnboundedPreceding) {
            return None;
        }
        if *unit == FrameUnit::Rows
            && let Some(frame) = native_rows(start, end)
        {
            return Some(frame);
        }
        if self.order.is_empty() {
            return None;
        }
        let units = match unit {
            FrameUnit::Rows => WindowFrameUnits::Rows,
            FrameUnit::Range => WindowFrameUnits::Range,
            FrameUnit::Groups => WindowFrameUnits::Groups,
        };
        let (start, end) = (start.native(units)?, end.native(units)?);
        Some(WindowFrame::new_bounds(units, start, end))
    }
}

impl FrameEdge {
    pub(crate) fn offset(&self) -> Option<&Offset> {
        match self {
            Self::Preceding(offset) | Self::Following(offset) => Some(offset),
            _ => None,
        }
    }

    pub(crate) fn into_offset(self) -> Option<Offset> {
        match self {
            Self::Preceding(offset) | Self::Following(offset) => Some(offset),
            _ => None,
        }
    }

    /// The edge without its offset, for our frames.
    pub(crate) fn edge(&self) -> Edge {
        match self {
            Self::UnboundedPreceding | Self::UnboundedFollowing => Edge::Partition,
            Self::CurrentRow => Edge::Current,
            Self::Preceding(_) => Edge::Preceding,
            Self::Following(_) => Edge::Following,
        }
    }

    /// An edge without an offset, for DataFusion.
    fn native(&self, units: WindowFrameUnits) -> Option<WindowFrameBound> {
        let null = match units {
            WindowFrameUnits::Range => ScalarValue::Null,
            _ => ScalarValue::UInt64(None),
        };
        match self {
            Self::UnboundedPreceding => Some(WindowFrameBound::Preceding(null)),
            Self::UnboundedFollowing => Some(WindowFrameBound::Following(null)),
            Self::CurrentRow => Some(WindowFrameBound::CurrentRow),
            Self::Preceding(_) | Self::Following(_) => None,
        }
    }

    /// An edge of a frame of rows with a constant offset, or none, for DataFusion.
    fn native_rows(&self) -> Option<WindowFrameBound> {
        let Some(offset) = self.offset() else { return self.native(WindowFrameUnits::Rows) };
        let rows = u64::try_from(constant_integer(&offset.value)?).ok()?;
        let rows = ScalarValue::UInt64(Some(rows));
        Some(match self {
            Self::Preceding(_) => WindowFrameBound::Preceding(rows),
            _ => WindowFrameBound::Following(rows),
        })
    }
}

pub(crate) fn unit(unit: FrameUnit) -> Unit {
    match unit {
        FrameUnit::Rows => Unit::Rows,
        FrameUnit::Groups => Unit::Groups,
        FrameUnit::Range => Unit::Range,
    }
}

/// A frame of rows whose offsets are constant and in order, for DataFusion.
fn native_rows(start: &FrameEdge, end: &FrameEdge) -> Option<WindowFrame> {
    let (from, to) = (start.native_rows()?, end.native_rows()?);
    let count = |edge: &FrameEdge| edge.offset().and_then(|o| constant_integer(&o.value));
    let reversed = match (start, end) {
        (FrameEdge::Preceding(_), FrameEdge::Preceding(_)) => count(start) < count(end),
        (FrameEdge::Following(_), FrameEdge::Following(_)) => count(start) > count(end),
        _ => false,
    };
    (!reversed).then(|| WindowFrame::new_bounds(WindowFrameUnits::Rows, from, to))
}
