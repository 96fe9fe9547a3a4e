//! What charts of an answer need, kept while the answer is written, so that it can be drawn afterwards.

use super::data::Data;
use super::{CHART_KINDS, ChartKind, terminal};
use crate::engine::types::Type;
use crate::output::{AnswerWriter, OutputError};
use arrow::array::RecordBatch;

/// The charts that an answer can be drawn as, and why it cannot be drawn as the others.
#[derive(Debug)]
pub struct Charts(Vec<(ChartKind, Result<Data, String>)>);

impl Charts {
    fn of(labels: &[String], types: &[Type]) -> Self {
        let chart = |kind| (kind, Data::new(kind, labels, types).map_err(|e| e.to_string()));
        Self(CHART_KINDS.into_iter().map(chart).collect())
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        self.0.iter_mut().flat_map(|(_, chart)| chart).try_for_each(|data| data.add(batch))
    }

    /// Draws the answer in characters, as `kind` or as what suits it. `terminal` is the width of the terminal that
    /// it goes to, if it goes to one.
    ///
    /// # Errors
    /// When the answer's columns do not fit the kind, or none at all.
    pub fn draw(
        &self,
        kind: Option<ChartKind>,
        terminal: Option<u16>,
        colour: bool,
    ) -> Result<String, OutputError> {
        let kind = kind.unwrap_or_else(|| self.suitable());
        let mut charts = self.0.iter();
        match charts.find(|(known, _)| *known == kind) {
            Some((_, Err(why))) => Err(OutputError::Chart(why.clone())),
            Some((_, Ok(data))) => Ok(terminal::draw(data, terminal.map(usize::from), colour)),
            None => Ok(String::new()),
        }
    }

    fn get(&self, kind: ChartKind) -> Option<&Data> {
        let mut charts = self.0.iter();
        charts.find(|(known, _)| *known == kind).and_then(|(_, chart)| chart.as_ref().ok())
    }

    /// A line over time; a heatmap where several bars would have one label; else bars, or a number alone.
    fn suitable(&self) -> ChartKind {
        let (line, heatmap) = (self.get(ChartKind::Line), self.get(ChartKind::Heatmap));
        match self.get(ChartKind::Bar) {
            _ if line.is_some() => ChartKind::Line,
            Some(bars) if heatmap.is_some() && bars.repeats_labels() => ChartKind::Heatmap,
            None if self.get(ChartKind::Sparkline).is_some() => ChartKind::Sparkline,
            _ => ChartKind::Bar,
        }
    }
}

/// Passes an answer on and keeps its charts.
pub struct Keeping<'a> {
    writer: Box<dyn AnswerWriter + 'a>,
    kept: &'a mut Option<Charts>,
}

impl<'a> Keeping<'a> {
    /// Passes on to `writer`; what is in `kept` gives way to the charts of the answer.
    pub fn new(writer: Box<dyn AnswerWriter + 'a>, kept: &'a mut Option<Charts>) -> Self {
        Self { writer, kept }
    }
}

impl AnswerWriter for Keeping<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        *self.kept = Some(Charts::of(labels, types));
        self.writer.begin(labels, types)
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        self.kept.as_mut().map_or(Ok(()), |charts| charts.add(batch))?;
        self.writer.rows(batch)
    }

    fn end(&mut self) -> Result<(), OutputError> {
        self.writer.end()
    }
}
