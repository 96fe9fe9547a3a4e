//! The chart alone, as an SVG image.

use super::chart::data::Data;
use super::chart::{ChartKind, svg};
use super::{AnswerWriter, OutputError, WriterOptions};
use crate::engine::types::Type;
use arrow::array::RecordBatch;
use std::io::Write;

pub(super) struct SvgWriter<'a> {
    out: &'a mut dyn Write,
    kind: Option<ChartKind>,
    title: String,
    data: Option<Data>,
}

impl<'a> SvgWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, options: &WriterOptions) -> Self {
        Self { out, kind: options.chart, title: options.title.clone(), data: None }
    }
}

impl AnswerWriter for SvgWriter<'_> {
    fn begin(&mut self, labels: &[String], types: &[Type]) -> Result<(), OutputError> {
        self.data = self.kind.map(|kind| Data::new(kind, labels, types)).transpose()?;
        Ok(())
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<(), OutputError> {
        self.data.as_mut().map_or(Ok(()), |data| data.add(batch))
    }

    fn end(&mut self) -> Result<(), OutputError> {
        if let Some(data) = &self.data {
            self.out.write_all(svg::draw(data, &self.title).as_bytes())?;
        }
        Ok(self.out.flush()?)
    }
}
