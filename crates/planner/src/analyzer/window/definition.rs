//! What stands in OVER: partition, order and frame.

use crate::analyzer::error;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::scope::Scope;
use crate::analyzer::state::Inside;
use crate::analyzer::typed::SortKey;
use crate::analyzer::window::frame::{AnalyzedFrame, AnalyzedWindow, FrameEdge, Offset, unit};
use crate::physical::window_frame::{self, Edge, Unit};
use datafusion::logical_expr::Expr;
use traillake_sql_parser::ast::{Bound, Expr as Ast, Frame, Ident, Over, Window};
use traillake_sql_types::coercion::common_type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};
use traillake_sql_types::{RowField, Type};

impl<'a> ExpressionAnalyzer<'a> {
    /// Analyzes a window. One that has a name is analyzed where the name is first used.
    pub(crate) fn window(&self, over: &Over) -> SqlResult<AnalyzedWindow> {
        let inner = Self { inside: Inside::Window, ..*self };
        match over {
            Over::Named(name) => inner.named_window(name, self.windows.len()),
            Over::Window(window) => inner.own_window(window, self.windows.len()),
        }
    }

    /// The window of a name, which is one of the first so many.
    fn named_window(&self, name: &Ident, visible: usize) -> SqlResult<AnalyzedWindow> {
        let mut named = self.windows[..visible].iter().enumerate();
        let Some((place, (_, window))) = named.find(|(_, (known, _))| known.is(&name.value)) else {
            let message = format!("Cannot resolve WINDOW name {}", name.value);
            return error(Code::InvalidWindowReference, name.at, message);
        };
        let known = self.state.named_windows.borrow().get(&place).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        // It stands beside the select list, and does not see its names as ORDER BY does.
        let beside = Self { scope: Scope { aliases: &[], ..self.scope }, ..*self };
        let analyzed = beside.own_window(window, place)?;
        self.state.named_windows.borrow_mut().insert(place, analyzed.clone());
        Ok(analyzed)
    }

    /// A window with what it takes from the one that it is based on.
    fn own_window(&self, own: &Window, visible: usize) -> SqlResult<AnalyzedWindow> {
        let bad = |what: &str| error(Code::InvalidWindowReference, own.at, what.to_owned());
        let base = own.base.as_ref().map(|base| self.named_window(base, visible)).transpose()?;
        if let Some(base) = &base {
            if !own.partition.is_empty() {
                return bad(
                    "WINDOW specification with named WINDOW reference cannot specify PARTITION BY",
                );
            }
            if !own.order.is_empty() && !base.order.is_empty() {
                return bad(
                    "Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY",
                );
            }
            if base.frame.is_some() {
                return bad("Cannot reference named WINDOW containing frame specification");
            }
        }
        let partition = self.partition(&own.partition)?;
        let order = self.sort_keys(&own.order)?;
        let frame = own.frame.as_ref().map(|frame| self.frame(frame)).transpose()?;
        Ok(match base {
            None => AnalyzedWindow { partition, order, frame, at: own.at },
            Some(base) if order.is_empty() => AnalyzedWindow { frame, ..base },
            Some(base) => AnalyzedWindow { order, frame, ..base },
        })
    }

    pub(crate) fn partition(&self, keys: &[Ast]) -> SqlResult<Vec<Expr>> {
        let key = |ast: &Ast| {
            let typed = self.expr(ast)?;
            if !typed.data_type.is_comparable() {
                let message = format!(
                    "{} is not comparable, and therefore cannot be used in window function PARTITION BY",
                    typed.data_type
                );
                return error(Code::TypeMismatch, ast.at, message);
            }
            Ok(self.analyzer.group_key(typed))
        };
        keys.iter().map(key).collect()
    }

    fn frame(&self, frame: &Frame) -> SqlResult<AnalyzedFrame> {
        check_frame(frame)?;
        let edge = |bound: &Bound| {
            let offset =
                |ast: &Ast| Ok::<_, SqlError>(Offset { value: self.expr(ast)?, at: ast.at });
            Ok::<_, SqlError>(match bound {
                Bound::UnboundedPreceding => FrameEdge::UnboundedPreceding,
                Bound::Preceding(ast) => FrameEdge::Preceding(offset(ast)?),
                Bound::CurrentRow => FrameEdge::CurrentRow,
                Bound::Following(ast) => FrameEdge::Following(offset(ast)?),
                Bound::UnboundedFollowing => FrameEdge::UnboundedFollowing,
            })
        };
        let start = edge(&frame.start)?;
        let end = frame.end.as_ref().map_or(Ok(FrameEdge::CurrentRow), edge)?;
        Ok(AnalyzedFrame { unit: frame.unit, start, end, at: frame.at })
    }

    /// A frame of ours, with its arguments.
    pub(crate) fn own_frame(
        &self,
        window: &AnalyzedWindow,
    ) -> SqlResult<(window_frame::Frame, Vec<Expr>)> {
        let (unit, start, end) = match &window.frame {
            Some(frame) => (unit(frame.unit), frame.start.clone(), frame.end.clone()),
            None if window.order.is_empty() => {
                (Unit::Range, FrameEdge::UnboundedPreceding, FrameEdge::UnboundedFollowing)
            }
            None => (Unit::Range, FrameEdge::UnboundedPreceding, FrameEdge::CurrentRow),
        };
        let mut frame = window_frame::Frame {
            unit,
            start: start.edge(),
            end: end.edge(),
            peers: None,
            key: None,
            descending: false,
        };
        let mut arguments = Vec::new();
        if unit != Unit::Rows && !window.order.is_empty() {
            let keys = window.order.iter().map(|key| self.analyzer.canonical(key.typed.clone()));
            let keys: Vec<_> = keys.collect();
            let fields =
                keys.iter().map(|key| RowField::anonymous(key.data_type.clone())).collect();
            let row = self.make_row(keys, fields);
            frame.peers = Some(row.data_type);
            arguments.push(row.expr);
        }
        if unit == Unit::Range {
            self.range_offsets(window, start, end, &mut frame, &mut arguments)?;
            return Ok((frame, arguments));
        }
        let name = if unit == Unit::Rows { "ROWS" } else { "GROUPS" };
        for (edge, side) in [(start, "start"), (end, "end")] {
            let Some(Offset { value, at }) = edge.into_offset() else { continue };
            if !value.data_type.is_integer() && !matches!(value.data_type, Type::Decimal(_, 0)) {
                let message = format!(
                    "Window frame {name} {side} value type must be exact numeric type with scale 0 (actual {})",
                    value.data_type
                );
                return error(Code::TypeMismatch, at, message);
            }
            let value = self.analyzer.coerce(value, &window_frame::COUNT, at)?;
            arguments.push(self.analyzer.canonical(value).expr);
        }
        Ok((frame, arguments))
    }

    /// Adds the sort key of a frame by value, and what it is compared with, to the frame's arguments.
    fn range_offsets(
        &self,
        window: &AnalyzedWindow,
        start: FrameEdge,
        end: FrameEdge,
        frame: &mut window_frame::Frame,
        arguments: &mut Vec<Expr>,
    ) -> SqlResult<()> {
        if start.offset().is_none() && end.offset().is_none() {
            return Ok(());
        }
        let at = window.frame.as_ref().map_or(window.at, |frame| frame.at);
        if window.order.is_empty() {
            let message = "Window frame of type RANGE PRECEDING or FOLLOWING requires ORDER BY";
            return error(Code::MissingOrderBy, window.at, message);
        }
        let [SortKey { typed: key, descending, .. }] = window.order.as_slice() else {
            return error(
                Code::InvalidWindowFrame,
                at,
                "Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY",
            );
        };
        frame.descending = *descending;
        // The key and what it is compared with are of one type.
        let mut data_type = key.data_type.clone();
        let mut edges = Vec::new();
        for edge in [start, end] {
            let back = (edge.edge() == Edge::Preceding) != *descending;
            let Some(Offset { value: offset, at }) = edge.into_offset() else { continue };
            let name = if back { "$subtract" } else { "$add" };
            let numbers = key.data_type.is_numeric() && offset.data_type.is_numeric();
            let timely = matches!(offset.data_type, Type::IntervalDay | Type::IntervalYear);
            if !numbers && !timely {
                let message = format!(
                    "Window frame of type RANGE PRECEDING or FOLLOWING requires that sort item type be numeric, datetime or interval (actual: {})",
                    key.data_type
                );
                return error(Code::TypeMismatch, at, message);
            }
            let value = self.scalar(name, vec![key.clone(), offset], at)?;
            data_type = common_type(&data_type, &value.data_type).ok_or_else(|| {
                SqlError::mismatch("Window frame offset does not fit the sort key").at(at)
            })?;
            edges.push(value);
        }
        for value in std::iter::once(key.clone()).chain(edges) {
            let value = self.analyzer.coerce(value, &data_type, at)?;
            arguments.push(self.analyzer.canonical(value).expr);
        }
        frame.key = Some(data_type);
        Ok(())
    }
}

fn check_frame(frame: &Frame) -> SqlResult<()> {
    let bad = |message: &str| error(Code::InvalidWindowFrame, frame.at, message.to_owned());
    let end = frame.end.as_ref().unwrap_or(&Bound::CurrentRow);
    match (&frame.start, end) {
        (Bound::UnboundedFollowing, _) => bad("Window frame start cannot be UNBOUNDED FOLLOWING"),
        (_, Bound::UnboundedPreceding) => bad("Window frame end cannot be UNBOUNDED PRECEDING"),
        (Bound::CurrentRow, Bound::Preceding(_)) => {
            bad("Window frame starting from CURRENT ROW cannot end with PRECEDING")
        }
        (Bound::Following(_), Bound::Preceding(_)) => {
            bad("Window frame starting from FOLLOWING cannot end with PRECEDING")
        }
        (Bound::Following(_), Bound::CurrentRow) => {
            bad("Window frame starting from FOLLOWING cannot end with CURRENT ROW")
        }
        _ => Ok(()),
    }
}
