//! Where a text occurs: in which columns and parameters, how often, when, by whom.

use super::{InvestigateError, Row, number, pattern, rows, text};
use crate::engine::Engine;
use crate::engine::parameters::{ParameterType, Parameters};
use crate::event::schema::{COLUMNS, EVENT_JSON, EVENT_JSON_CHECKSUM, Field, Type};
use chrono::Utc;
use serde::Serialize;
use std::collections::BTreeMap;

/// What to look for.
#[derive(Debug, Clone)]
pub struct Find {
    /// The text: part of an address, ARN, key, account, user or resource name.
    pub text: String,
    /// Whether capital and small letters are the same.
    pub ignore_case: bool,
    /// Whether to look through whole records, too: at fields that have no column.
    pub everything: bool,
    /// How many of the newest events to show.
    pub newest: u64,
    /// Moment from which on, and before which, as [`ParameterType::Timestamp`] reads them.
    pub from: Option<String>,
    /// See `from`.
    pub to: Option<String>,
}

/// Events that have something in common.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Share {
    /// What they have in common.
    pub name: String,
    /// How many they are.
    pub events: u64,
    /// How many of them failed.
    pub errors: u64,
    /// When the first was.
    pub first_seen: String,
    /// When the last was.
    pub last_seen: String,
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Found {
    /// All events with the text.
    pub total: Share,
    /// By the column or parameter that has it.
    pub places: Vec<Share>,
    /// By caller.
    pub callers: Vec<Share>,
    /// By service and event name.
    pub calls: Vec<Share>,
    /// The newest events.
    pub newest: Vec<Row>,
}

impl Share {
    fn add(&mut self, row: &Row) {
        let (first, last) = (text(row, "first_seen"), text(row, "last_seen"));
        self.events += number(row, "events");
        self.errors += number(row, "errors");
        if self.first_seen.is_empty() || (!first.is_empty() && first < self.first_seen) {
            self.first_seen = first;
        }
        if last > self.last_seen {
            self.last_seen = last;
        }
    }
}

/// How a text is looked for in an expression, and where it is found.
struct Place {
    /// Whether the text is there.
    condition: String,
    /// An array of the names of the places that have it.
    names: String,
}

impl Find {
    /// Looks for the text in the current store.
    ///
    /// # Errors
    /// When the text is empty, a moment is none, or the query fails.
    pub async fn run(&self, engine: &Engine) -> Result<Found, InvestigateError> {
        if self.text.is_empty() {
            return Err(InvestigateError::Question("there is no text to find".to_owned()));
        }
        let mut values = self.values(self.from.as_deref(), self.to.as_deref())?;
        let groups = rows(engine, &self.groups_sql(), &values).await?;
        let mut found = Found::default();
        let mut places = BTreeMap::<String, Share>::new();
        let mut callers = BTreeMap::<String, Share>::new();
        let mut calls = BTreeMap::<String, Share>::new();
        for row in &groups {
            found.total.add(row);
            let names = row.get("places").and_then(serde_json::Value::as_array);
            for place in names.into_iter().flatten().filter_map(|place| place.as_str()) {
                places.entry(place.to_owned()).or_default().add(row);
            }
            callers.entry(text(row, "caller")).or_default().add(row);
            calls.entry(text(row, "call")).or_default().add(row);
        }
        found.total.name.clone_from(&self.text);
        found.places = shares(places);
        found.callers = shares(callers);
        found.calls = shares(calls);
        if found.total.events > 0 && self.newest > 0 {
            // The files between the first and the last are enough.
            let from = Some(found.total.first_seen.as_str()).filter(|text| !text.is_empty());
            values = self.values(from.or(self.from.as_deref()), self.to.as_deref())?;
            found.newest = rows(engine, &self.newest_sql(), &values).await?;
        }
        Ok(found)
    }

    fn values(&self, from: Option<&str>, to: Option<&str>) -> Result<Parameters, InvestigateError> {
        let mut values = Parameters::default();
        let needle = if self.ignore_case { self.text.to_lowercase() } else { self.text.clone() };
        let needle = pattern(&needle, true);
        for (name, kind, text) in [
            ("needle", ParameterType::Varchar, Some(needle.as_str())),
            ("from", ParameterType::Timestamp, from),
            ("to", ParameterType::Timestamp, to),
        ] {
            let bound = values.bind(name, kind, text, Utc::now());
            bound.map_err(|error| InvestigateError::Question(error.to_string()))?;
        }
        Ok(values)
    }

    fn like(&self, value: &str) -> String {
        let value = if self.ignore_case { format!("lower({value})") } else { value.to_owned() };
        format!("{value} LIKE $needle ESCAPE '\\'")
    }

    fn places(&self) -> Vec<Place> {
        let columns = COLUMNS.iter().filter(|column| match column.name {
            EVENT_JSON => self.everything,
            EVENT_JSON_CHECKSUM => false,
            _ => true,
        });
        columns.flat_map(|column| self.place(column, "", "")).collect()
    }

    /// Places in a field, whose SQL begins with `base`, and whose name begins with `path`.
    fn place(&self, field: &Field, base: &str, path: &str) -> Vec<Place> {
        let value = format!("{base}{}", field.name);
        let spelled = if field.json.is_empty() { "eventJson" } else { field.json };
        let path = format!("{path}{spelled}");
        match field.kind {
            Type::Boolean | Type::Timestamp => Vec::new(),
            Type::Text => vec![named(self.like(&value), &path)],
            Type::Map => vec![Place {
                condition: format!("any_match(map_values({value}), v -> {})", self.like("v")),
                names: format!(
                    "transform(filter(map_entries({value}), e -> {}), e -> '{path}.' || e[1])",
                    self.like("e[2]")
                ),
            }],
            Type::Struct(fields) => {
                let inside = |field| self.place(field, &format!("{value}."), &format!("{path}."));
                fields.iter().flat_map(inside).collect()
            }
            Type::StructList(fields) => {
                let inside = fields.iter().flat_map(|field| self.place(field, "r.", ""));
                let any: Vec<_> = inside.map(|place| place.condition).collect();
                let any = any.join(" OR ");
                vec![named(format!("any_match({value}, r -> {any})"), &path)]
            }
        }
    }

    /// The events that have the text, with `columns`.
    fn matching(&self, columns: &str) -> String {
        let places = self.places();
        let conditions: Vec<_> = places.iter().map(|place| place.condition.as_str()).collect();
        let names: Vec<_> = places.iter().map(|place| place.names.as_str()).collect();
        format!(
            "SELECT {columns}, flatten(ARRAY[{}]) AS places FROM event_data_store \
             WHERE ($from IS NULL OR eventTime >= $from) AND ($to IS NULL OR eventTime < $to) AND ({})",
            names.join(", "),
            conditions.join(" OR ")
        )
    }

    fn groups_sql(&self) -> String {
        let columns = format!("eventTime, errorCode, {CALLER} AS caller, {CALL} AS call");
        format!(
            "SELECT places, caller, call, count(*) AS events, count(errorCode) AS errors, \
             min(eventTime) AS first_seen, max(eventTime) AS last_seen \
             FROM ({}) GROUP BY places, caller, call",
            self.matching(&columns)
        )
    }

    fn newest_sql(&self) -> String {
        let columns = format!(
            "eventTime AS time, {CALL} AS call, {CALLER} AS caller, sourceIPAddress AS address, \
             awsRegion AS region, errorCode AS error, eventID AS id"
        );
        format!(
            "{} ORDER BY eventTime DESC NULLS LAST, eventID LIMIT {}",
            self.matching(&columns),
            self.newest
        )
    }
}

const CALLER: &str = "coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy)";
const CALL: &str = "replace(eventSource, '.amazonaws.com', '') || ':' || eventName";

fn named(condition: String, path: &str) -> Place {
    Place { names: format!("IF({condition}, ARRAY['{path}'])"), condition }
}

/// The most first.
fn shares(by_name: BTreeMap<String, Share>) -> Vec<Share> {
    let named = |(name, share)| Share { name, ..share };
    let mut shares: Vec<_> = by_name.into_iter().map(named).collect();
    shares.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
    shares
}
