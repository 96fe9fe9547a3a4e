//! Answers as pictures: in a terminal, and as SVG.
//!
//! `data` picks the columns that a kind shows and keeps their values, of a bounded number of rows;
//! `terminal` and `svg` draw them, `svg` on a `canvas`, as the plots of benchmarks do. `kept` draws an answer that has been
//! written already.

pub(crate) mod canvas;
pub(super) mod data;
mod kept;
mod scale;
pub(super) mod svg;
pub(super) mod terminal;

pub use kept::{Charts, Keeping};

/// Bars, or rows of a heatmap, that are drawn.
const MAX_ROWS: usize = 50;
/// Series that can be told apart.
const MAX_SERIES: usize = 8;

/// What a picture shows of an answer's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChartKind {
    /// A bar for each row: its label, and how long it is.
    Bar,
    /// Numbers over time: time, a series' name if there is one, number.
    Line,
    /// A number for each pair of labels: row, column, number.
    Heatmap,
    /// Numbers in the order of the rows, in one line of text.
    Sparkline,
}

/// Every kind of chart.
pub const CHART_KINDS: [ChartKind; 4] =
    [ChartKind::Bar, ChartKind::Line, ChartKind::Heatmap, ChartKind::Sparkline];

impl ChartKind {
    /// Returns the kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bar => "bar",
            Self::Line => "line",
            Self::Heatmap => "heatmap",
            Self::Sparkline => "sparkline",
        }
    }

    /// Returns the kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        CHART_KINDS.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests;
