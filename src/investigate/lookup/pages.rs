//! Asks each store for its part of a page.

use super::token::Position;
use super::{LookupEvents, RESOURCES, USER};
use crate::engine::Engine;
use crate::engine::parameters::Parameters;
use crate::investigate::{InvestigateError, Row, rows, text, values};
use crate::saved::parameters::{ParameterType, bind};

/// What makes an event another one than those of the same time.
const KEY: &str = "coalesce(nullif(eventID, ''), eventJsonChecksum)";
/// The times of a page's events.
const TIMES: &str = include_str!("times.sql");

/// What is asked of each store.
pub(super) struct Pages<'a> {
    engine: &'a Engine,
    /// The statement for what is told of events.
    events: &'static str,
    conditions: Vec<String>,
    values: Parameters,
    max_results: usize,
}

impl<'a> Pages<'a> {
    /// Asks for what `lookup` wants behind `position`.
    pub(super) fn new(
        lookup: &LookupEvents,
        position: Option<&Position>,
        engine: &'a Engine,
    ) -> Result<Self, InvestigateError> {
        let mut texts = Vec::new();
        let mut conditions = vec![
            lookup.category.condition().to_owned(),
            "($from IS NULL OR eventTime >= $from) AND ($to IS NULL OR eventTime < $to)".to_owned(),
        ];
        if let Some((key, value)) = &lookup.attribute {
            texts.push(("value", value.as_str()));
            conditions.push(lookup.category.key_condition(*key));
        }
        texts.extend(lookup.category.source().map(|source| ("source", source)));
        if let Some(region) = &lookup.region {
            texts.push(("region", region));
            conditions.push("awsRegion = $region".to_owned());
        }
        if let Some(Position { time, key, checksum, .. }) = position {
            texts.extend([("key", key.as_str()), ("checksum", checksum)]);
            let behind = "({key} > $key OR {key} = $key AND eventJsonChecksum > $checksum)";
            conditions.push(match time {
                // Two conditions: the first is one that a scan knows how to use.
                Some(_) => format!(
                    "(eventTime <= $time OR eventTime IS NULL) \
                     AND (eventTime < $time OR eventTime IS NULL OR {behind})"
                ),
                None => format!("eventTime IS NULL AND {behind}"),
            });
        }
        let (from, to) = (lookup.from.as_deref(), lookup.to.as_deref());
        let mut values = values(engine.now(), &texts, from, to)?;
        if let Some(Position { time: Some(time), .. }) = position {
            bind_moment(&mut values, "time", time)?;
        }
        let (events, max_results) = (lookup.category.events(), lookup.max_results);
        Ok(Self { engine, events, conditions, values, max_results })
    }

    /// Returns the events of each table that may be on the page, up to one more than it has, in the order of pages.
    pub(super) async fn of(&self, tables: &[String]) -> Result<Vec<Vec<Row>>, InvestigateError> {
        // First only the times, as the columns of an event are many. No event of the page is older than the oldest of a
        // table that has enough for it, and so most tables are hardly looked into.
        let (mut times, mut oldest) = (Vec::new(), None);
        for table in tables {
            let found = self.times(table, oldest.as_deref()).await?;
            if found.len() > self.max_results {
                let last = found.last().filter(|last| !last.is_empty());
                oldest = oldest.max(last.cloned());
            }
            times.push(found);
        }
        let mut events = Vec::new();
        for (table, times) in tables.iter().zip(times) {
            events.push(self.events(table, &times, oldest.as_deref()).await?);
        }
        Ok(events)
    }

    async fn times(
        &self,
        table: &str,
        oldest: Option<&str>,
    ) -> Result<Vec<String>, InvestigateError> {
        let (mut values, mut conditions) = (self.values.clone(), self.conditions.clone());
        if let Some(oldest) = oldest {
            bind_moment(&mut values, "oldest", oldest)?;
            conditions.push("eventTime >= $oldest".to_owned());
        }
        let times = rows(self.engine, &self.sql(TIMES, table, &conditions), &values).await?;
        Ok(times.iter().map(|row| text(row, "time")).collect())
    }

    async fn events(
        &self,
        table: &str,
        times: &[String],
        oldest: Option<&str>,
    ) -> Result<Vec<Row>, InvestigateError> {
        let (mut values, mut conditions) = (self.values.clone(), self.conditions.clone());
        let own = times.iter().rev().find(|time| !time.is_empty()).map(String::as_str);
        let may_be_timeless = oldest.is_none() && times.last().is_some_and(String::is_empty);
        let oldest = own.max(oldest);
        let is_on_page = |time: &String| {
            if time.is_empty() { may_be_timeless } else { Some(time.as_str()) >= oldest }
        };
        if !times.iter().any(is_on_page) {
            return Ok(Vec::new());
        }
        let timed = oldest.map(|_| "eventTime >= $oldest");
        let timeless = may_be_timeless.then_some("eventTime IS NULL");
        conditions.push(timed.into_iter().chain(timeless).collect::<Vec<_>>().join(" OR "));
        if let Some(oldest) = oldest {
            bind_moment(&mut values, "oldest", oldest)?;
        }
        rows(self.engine, &self.sql(self.events, table, &conditions), &values).await
    }

    fn sql(&self, sql: &str, table: &str, conditions: &[String]) -> String {
        // One more tells whether there is another page.
        let most = self.max_results.saturating_add(1).to_string();
        sql.replace("{table}", table)
            .replace("{condition}", &format!("({})", conditions.join(") AND (")))
            .replace("{rows}", &most)
            .replace("{user}", USER)
            .replace("{resources}", RESOURCES)
            .replace("{key}", KEY)
    }
}

fn bind_moment(values: &mut Parameters, name: &str, moment: &str) -> Result<(), InvestigateError> {
    bind(values, name, ParameterType::Timestamp, Some(moment))
        .map_err(|error| InvestigateError::Question(error.to_string()))
}
