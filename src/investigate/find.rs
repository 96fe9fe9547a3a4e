//! Where a text occurs: in which columns and parameters, how often, when, by whom.

use super::{InvestigateError, pattern, values};
use crate::engine::types::Type as Kind;
use crate::engine::{Engine, QueryError, value_text};
use crate::event::EventSchema;
use crate::event::schema::{EVENT_JSON, EVENT_JSON_CHECKSUM, Field, Type};
use arrow::array::{Array, AsArray, RecordBatch};
use hashbrown::HashMap;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

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
    pub newest: usize,
    /// Moment from which on, and before which, as [`ParameterType::Timestamp`](crate::saved::parameters::ParameterType::Timestamp) reads them.
    pub from: Option<String>,
    /// See `from`.
    pub to: Option<String>,
}

type EventGroups = HashMap<String, EventGroup>;

/// Events that have something in common.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EventGroup {
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
    pub total: EventGroup,
    /// By the column or parameter that has it.
    pub places: Vec<EventGroup>,
    /// By caller.
    pub callers: Vec<EventGroup>,
    /// By service and event name.
    pub calls: Vec<EventGroup>,
    /// The newest events, the newest first.
    pub newest: Vec<Event>,
}

impl EventGroup {
    fn add(&mut self, event: &Event) {
        let time = &event.time;
        self.events += 1;
        self.errors += u64::from(!event.error.is_empty());
        // Times of this form order as text.
        if !time.is_empty() && (self.first_seen.is_empty() || *time < self.first_seen) {
            self.first_seen.clone_from(time);
        }
        if *time > self.last_seen {
            self.last_seen.clone_from(time);
        }
    }
}

/// An event that has the text.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Event {
    /// When it was, to the millisecond; empty if it cannot be read.
    pub time: String,
    /// Its id.
    pub id: String,
    /// Service and event name.
    pub call: String,
    /// Error code, or empty.
    pub error: String,
    /// Where from.
    pub address: String,
    /// Region.
    pub region: String,
    /// Who called.
    pub caller: String,
    /// The columns and parameters that have the text.
    pub places: Vec<String>,
}

/// How a text is looked for in an expression, and where it is found.
struct Place {
    /// Whether the text is there.
    condition: String,
    /// An array of the names of the places that have it.
    names: String,
}

/// What stands in an event's line, as expressions over the columns of its category.
struct Headline {
    service: &'static str,
    name: &'static str,
    error: &'static str,
    address: &'static str,
    caller: &'static str,
}

impl Headline {
    fn of(schema: EventSchema) -> Self {
        const NONE: &str = "CAST(NULL AS varchar)";
        match schema {
            EventSchema::CloudTrail => Self {
                service: "eventSource",
                name: "eventName",
                error: "errorCode",
                address: "sourceIPAddress",
                caller: "caller(userIdentity)",
            },
            EventSchema::Insight => Self {
                service: "insightEventSource",
                name: "insightEventName",
                error: "insightErrorCode",
                address: NONE,
                caller: NONE,
            },
            EventSchema::ConfigurationItem => Self {
                service: "eventData.resourceType",
                name: "eventData.configurationItemStatus",
                error: NONE,
                address: NONE,
                caller: "eventData.resourceId",
            },
            EventSchema::Evidence => Self {
                service: "eventData.eventSource",
                name: "eventData.eventName",
                error: NONE,
                address: NONE,
                caller: "eventData.iamId",
            },
            EventSchema::ActivityAuditLog => Self {
                service: "eventData.eventSource",
                name: "eventData.eventName",
                error: "eventData.errorCode",
                address: "eventData.sourceIPAddress",
                caller: "eventData.userIdentity.principalId",
            },
        }
    }
}

impl Find {
    /// Looks for the text in the current store.
    ///
    /// # Errors
    /// When the text is empty, a moment cannot be read, or the query fails.
    pub async fn run(&self, engine: &Engine) -> Result<Found, InvestigateError> {
        if self.text.is_empty() {
            return Err(InvestigateError::Question("there is no text to find".to_owned()));
        }
        let needle = if self.ignore_case { self.text.to_lowercase() } else { self.text.clone() };
        let needle = pattern(&needle, true);
        let values =
            values(engine.now(), &[("needle", &needle)], self.from.as_deref(), self.to.as_deref())?;
        let mut answer = engine.query_with(&self.sql(engine.schema()), &values).await?;
        let mut found = Found::default();
        let mut places = EventGroups::new();
        let mut callers = EventGroups::new();
        let mut calls = EventGroups::new();
        let mut newest = BinaryHeap::new();
        let mut event = Event::default();
        while let Some(batch) = answer.next().await {
            let batch = batch?;
            for row in 0..batch.num_rows() {
                read(&batch, row, &answer.types, &mut event)?;
                found.total.add(&event);
                for place in &event.places {
                    group_of(&mut places, place).add(&event);
                }
                group_of(&mut callers, &event.caller).add(&event);
                group_of(&mut calls, &event.call).add(&event);
                if newest.len() < self.newest {
                    newest.push(Reverse(event.clone()));
                } else if newest.peek().is_some_and(|Reverse(oldest)| *oldest < event) {
                    newest.pop();
                    newest.push(Reverse(event.clone()));
                }
            }
        }
        found.total.name.clone_from(&self.text);
        found.places = groups(places);
        found.callers = groups(callers);
        found.calls = groups(calls);
        found.newest = newest.into_sorted_vec().into_iter().map(|Reverse(event)| event).collect();
        Ok(found)
    }

    fn like(&self, value: &str) -> String {
        let value = if self.ignore_case { format!("lower({value})") } else { value.to_owned() };
        format!("{value} LIKE $needle ESCAPE '\\'")
    }

    fn places(&self, schema: EventSchema) -> Vec<Place> {
        let columns = schema.columns().iter().filter(|column| match column.name {
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
        match field.data_type {
            Type::Boolean | Type::Integer | Type::Double | Type::Timestamp => Vec::new(),
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
                // Each depth has a name of its own: a list may stand inside another.
                let row = format!("r{}", base.matches('.').count());
                let inside = fields.iter();
                let inside = inside.flat_map(|field| self.place(field, &format!("{row}."), ""));
                let any: Vec<_> = inside.map(|place| place.condition).collect();
                let any = any.join(" OR ");
                vec![named(format!("any_match({value}, {row} -> {any})"), &path)]
            }
        }
    }

    /// The statement that gives the events with the text, in no order: see [`read`].
    fn sql(&self, schema: EventSchema) -> String {
        let places = self.places(schema);
        let Headline { service, name, error, address, caller } = Headline::of(schema);
        let conditions: Vec<_> = places.iter().map(|place| place.condition.as_str()).collect();
        let names: Vec<_> = places.iter().map(|place| place.names.as_str()).collect();
        format!(
            "SELECT eventTime, eventID, replace({service}, '.amazonaws.com', '') || ':' || {name}, \
             {error}, {address}, awsRegion, \
             {caller}, flatten(ARRAY[{}]) \
             FROM event_data_store \
             WHERE ($from IS NULL OR eventTime >= $from) AND ($to IS NULL OR eventTime < $to) AND ({})",
            names.join(", "),
            conditions.join(" OR ")
        )
    }
}

/// Reads a row of [`Find::sql`].
fn read(
    batch: &RecordBatch,
    row: usize,
    kinds: &[Kind],
    event: &mut Event,
) -> Result<(), InvestigateError> {
    let Event { time, id, call, error, address, region, caller, places } = event;
    let columns = [time, id, call, error, address, region, caller];
    for ((out, column), kind) in columns.into_iter().zip(batch.columns()).zip(kinds) {
        out.clear();
        if column.is_valid(row) {
            value_text(column, row, kind, out).map_err(QueryError::from)?;
        }
    }
    places.clear();
    if let Some(lists) = batch.columns().last().and_then(|last| last.as_list_opt::<i32>()) {
        let names = lists.value(row);
        let names = names.as_string_opt::<i32>().into_iter().flatten();
        places.extend(names.flatten().map(str::to_owned));
    }
    Ok(())
}

fn group_of<'a>(groups: &'a mut EventGroups, name: &str) -> &'a mut EventGroup {
    // No copy of the name for each event.
    groups.entry_ref(name).or_default()
}

fn named(condition: String, path: &str) -> Place {
    Place { names: format!("IF({condition}, ARRAY['{path}'])"), condition }
}

/// The most first.
fn groups(by_name: EventGroups) -> Vec<EventGroup> {
    let named = |(name, group)| EventGroup { name, ..group };
    let mut groups: Vec<_> = by_name.into_iter().map(named).collect();
    groups.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
    groups
}
