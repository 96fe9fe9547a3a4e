//! Where records are found, on their way into a data file and out of it again.

use crate::event::RecordForm;
use crate::event::schema::{EventSchema, hidden};
use arrow::array::{
    Array, ArrayRef, AsArray, Int32Builder, RecordBatch, StringBuilder, TimestampMillisecondBuilder,
};
use arrow::datatypes::{Int32Type, SchemaRef, TimestampMillisecondType};
use arrow::error::ArrowError;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// Where a record was found. What was delivered first is the least, then what comes first by name and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// The key of the file ([`Location::key`](crate::envelope::Location::key)), or `KEY!path/in/it` in an archive.
    pub(super) source: &'a str,
    /// When it was delivered, in milliseconds since 1970 UTC; `None` when unknown.
    pub(super) delivered: Option<i64>,
    /// Number of the record in its document, from 1; `None` when there are too many.
    pub(super) position: Option<i32>,
}

impl Ord for Found<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = |found: &Self| (found.delivered.is_none(), found.delivered);
        let place = |found: &Self| (found.position.is_none(), found.position);
        order(self)
            .cmp(&order(other))
            .then_with(|| self.source.cmp(other.source))
            .then_with(|| place(self).cmp(&place(other)))
    }
}

impl PartialOrd for Found<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A document that records stand in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub(super) source: String,
    pub(super) delivered: Option<i64>,
}

impl Origin {
    /// Returns the place of a record in it.
    pub(super) fn at(&self, position: Option<i32>) -> Found<'_> {
        Found { source: &self.source, delivered: self.delivered, position }
    }
}

/// The place of a record, by the number of its document among [`Origins`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    origin: u32,
    position: Option<i32>,
}

/// Documents, each once.
#[derive(Debug, Default)]
pub(super) struct Origins {
    all: Vec<Arc<Origin>>,
    numbers: HashMap<Arc<Origin>, u32>,
    /// The one that was asked for last, as the next record mostly stands in it, too.
    last: Option<u32>,
    bytes: usize,
}

impl Origins {
    /// What a document costs beyond its name, roughly.
    const OVERHEAD_BYTES: usize = 128;

    /// Returns the place that stands for `found`.
    pub(super) fn place(&mut self, found: Found<'_>) -> Place {
        let last = self.last.filter(|last| {
            let origin = &self.all[*last as usize];
            origin.source == found.source && origin.delivered == found.delivered
        });
        let origin = last.unwrap_or_else(|| self.number(found));
        self.last = Some(origin);
        Place { origin, position: found.position }
    }

    fn number(&mut self, found: Found<'_>) -> u32 {
        let origin = Origin { source: found.source.to_owned(), delivered: found.delivered };
        if let Some(known) = self.numbers.get(&origin) {
            return *known;
        }
        self.bytes += origin.source.len() + Self::OVERHEAD_BYTES;
        let (origin, number) = (Arc::new(origin), self.all.len() as u32);
        self.all.push(Arc::clone(&origin));
        self.numbers.insert(origin, number);
        number
    }

    /// Returns what a place stands for.
    pub(super) fn found(&self, place: Place) -> Found<'_> {
        self.all[place.origin as usize].at(place.position)
    }

    /// Returns about how many bytes they take.
    pub(super) fn cost(&self) -> usize {
        self.bytes
    }
}

/// Builds the hidden columns of data files.
#[derive(Debug)]
pub(super) struct FoundColumns {
    /// The columns of a batch, and behind them these.
    schema: SchemaRef,
    sources: StringBuilder,
    positions: Int32Builder,
    delivered: TimestampMillisecondBuilder,
}

impl FoundColumns {
    /// Returns those of batches of `schema` with records in `form`.
    pub(super) fn new(schema: EventSchema, form: RecordForm) -> Result<Self, ArrowError> {
        let stored = schema.arrow_stored(form);
        let names: Vec<_> = stored.fields().iter().map(|field| field.name().as_str()).collect();
        Ok(Self {
            schema: schema.arrow_columns(&names)?,
            sources: StringBuilder::new(),
            positions: Int32Builder::new(),
            delivered: TimestampMillisecondBuilder::new(),
        })
    }

    /// Appends where the record of the next row was found, if that is known.
    pub(super) fn push(&mut self, found: Option<Found<'_>>) {
        self.sources.append_option(found.map(|found| found.source));
        self.positions.append_option(found.and_then(|found| found.position));
        self.delivered.append_option(found.and_then(|found| found.delivered));
    }

    /// Puts the columns behind those of the same rows.
    pub(super) fn behind(&mut self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let hidden: [ArrayRef; 3] = [
            Arc::new(self.sources.finish()),
            Arc::new(self.positions.finish()),
            Arc::new(self.delivered.finish()),
        ];
        let columns = batch.columns().iter().cloned().chain(hidden).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

/// Returns where the record of a row was found; `None` when the batch does not say.
pub(super) fn found_in(batch: &RecordBatch, row: usize) -> Option<Found<'_>> {
    let column = |name| batch.column_by_name(name).filter(|column| column.is_valid(row));
    let source = column(hidden::SOURCE)?.as_string_opt::<i32>()?.value(row);
    let position = column(hidden::POSITION)
        .and_then(|column| column.as_primitive_opt::<Int32Type>())
        .map(|positions| positions.value(row));
    let delivered = column(hidden::DELIVERED)
        .and_then(|column| column.as_primitive_opt::<TimestampMillisecondType>())
        .map(|delivered| delivered.value(row));
    Some(Found { source, delivered, position })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_delivered_first_comes_first() {
        let found = |delivered, source, position| Found { source, delivered, position };
        let ordered = [
            found(Some(1), "b", Some(7)),
            found(Some(2), "a", Some(1)),
            found(Some(2), "a", Some(2)),
            found(Some(2), "a", None),
            found(Some(2), "b", Some(1)),
            found(None, "a", Some(1)),
        ];
        assert!(ordered.is_sorted());
    }

    #[test]
    fn a_document_is_kept_once() {
        let mut origins = Origins::default();
        let all = ["a", "a", "b", "a"].map(|source| {
            let found = Found { source, delivered: Some(1), position: Some(1) };
            (found, origins.place(found))
        });
        let other = origins.place(Found { source: "a", delivered: None, position: Some(1) });
        assert_eq!((all[0].1, all[3].1), (all[1].1, all[1].1));
        assert!(all[2].1 != all[1].1 && other != all[1].1);
        assert!(all.iter().all(|(found, place)| origins.found(*place) == *found));
        assert_eq!(origins.cost(), 3 * (1 + Origins::OVERHEAD_BYTES));
    }
}
