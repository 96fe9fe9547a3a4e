//! The timeline of one identity: what it did, what was done to it, and what was new in that.

use super::{InvestigateError, Row, pattern, rows, succession, text, values};
use crate::engine::Engine;
use chrono::{Duration, NaiveDateTime};
use serde::Serialize;
use std::collections::HashSet;

/// Whose timeline to make.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// An ARN (of a user, role or session), a name, a principal id, an access key, the id of a person of
    /// Identity Center, or a service; `*` stands for anything.
    pub principal: String,
    /// Moment from which on, and before which, as [`ParameterType::Timestamp`](crate::saved::parameters::ParameterType::Timestamp) reads them.
    pub from: Option<String>,
    /// See `from`.
    pub to: Option<String>,
    /// Whether every event has a line of its own.
    pub every: bool,
}

/// Events one after the other that are alike.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// When the first was.
    pub from: String,
    /// When the last was.
    pub to: String,
    /// How many they are.
    pub events: u64,
    /// Service and event name.
    pub call: String,
    /// What it was done to, of those that differ the first.
    pub subject: String,
    /// Error code, or empty.
    pub error: String,
    /// The error's message, or empty.
    pub message: String,
    /// Where from.
    pub address: String,
    /// Region.
    pub region: String,
    /// Who did it, if it was done to the identity by another.
    pub by: String,
    /// What came with it for the first time, and other things to notice.
    pub notes: Vec<String>,
    /// Whether it changed nothing.
    pub read_only: bool,
    /// Id of the first event.
    pub event_id: String,
}

/// A pause that gets a note.
const MIN_SILENCE: Duration = Duration::hours(6);

impl Timeline {
    /// Makes the timeline.
    ///
    /// # Errors
    /// When no principal is named, a moment cannot be read, or the query fails.
    pub async fn run(&self, engine: &Engine) -> Result<Vec<Line>, InvestigateError> {
        if self.principal.trim_matches('*').is_empty() {
            let message = "name a principal: an ARN, a user or role name, or an access key";
            return Err(InvestigateError::Question(message.to_owned()));
        }
        // What is done to an identity names it without the ARN around.
        let name = self.principal.rsplit(['/', ':']).next().unwrap_or(&self.principal);
        let (principal, name) = (pattern(&self.principal, false), pattern(name, false));
        let texts = [("principal", principal.as_str()), ("name", name.as_str())];
        let values = values(engine.now(), &texts, self.from.as_deref(), self.to.as_deref())?;
        let mut events = rows(engine, include_str!("timeline.sql"), &values).await?;
        succession::arrange(&mut events);
        Ok(lines_of(&events, self.every))
    }
}

/// Returns the lines of events in order.
fn lines_of(events: &[Row], every: bool) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut known: HashSet<(&str, String)> = HashSet::new();
    let mut last: Option<NaiveDateTime> = None;
    for event in events {
        let mut line = line(event);
        let mut news = Vec::new();
        if line.by.is_empty() {
            // Nothing is new at the very beginning.
            let first = last.is_none();
            for (what, label) in [
                ("address", "address"),
                ("region", "region"),
                ("access key", "access_key"),
                ("client", "agent"),
                ("account", "owner"),
            ] {
                let value = text(event, label);
                // Versions of a client are the same client.
                let key = match what {
                    "client" => value.split(['/', ' ']).next().unwrap_or_default().to_owned(),
                    _ => value,
                };
                if !key.is_empty() && known.insert((what, key.clone())) && !first {
                    news.push(format!("new {what} {key}"));
                }
            }
            let time = NaiveDateTime::parse_from_str(&line.from, "%Y-%m-%d %H:%M:%S%.f").ok();
            if let (Some(last), Some(time)) = (last, time)
                && time - last >= MIN_SILENCE
            {
                let hours = (time - last).num_hours();
                news.push(format!("after {hours} hours of silence"));
            }
            last = time.or(last);
        }
        match lines.last_mut() {
            Some(before) if !every && news.is_empty() && is_alike(before, &line) => {
                before.events += 1;
                before.to = line.to;
            }
            _ => {
                line.notes.extend(news);
                lines.push(line);
            }
        }
    }
    lines
}

fn is_alike(a: &Line, b: &Line) -> bool {
    [&a.call, &a.error, &a.address, &a.region, &a.by]
        == [&b.call, &b.error, &b.address, &b.region, &b.by]
}

fn line(event: &Row) -> Line {
    let own = event.get("own").and_then(serde_json::Value::as_bool).unwrap_or_default();
    let time = text(event, "time");
    let source = text(event, "source");
    let mut notes = Vec::new();
    if text(event, "mfa") == "No" {
        notes.push("without MFA".to_owned());
    }
    Line {
        to: time.clone(),
        from: time,
        events: 1,
        call: format!("{}:{}", source.trim_end_matches(".amazonaws.com"), text(event, "name")),
        subject: text(event, "subject"),
        error: text(event, "error"),
        message: text(event, "message"),
        address: text(event, "address"),
        region: text(event, "region"),
        by: if own { String::new() } else { text(event, "caller") },
        notes,
        read_only: event.get("read_only").and_then(serde_json::Value::as_bool).unwrap_or_default(),
        event_id: text(event, "id"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(time: &str, name: &str, address: &str) -> Row {
        let row = json!({
            "time": time, "id": time, "source": "iam.amazonaws.com", "name": name, "own": true,
            "address": address, "region": "us-east-1", "agent": "aws-cli/2.1 x",
        });
        row.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn what_is_alike_is_one_line_and_what_is_new_is_told() {
        let events = [
            event("2026-03-01 02:00:00.000", "ListUsers", "198.51.100.1"),
            event("2026-03-01 02:00:05.000", "ListUsers", "198.51.100.1"),
            event("2026-03-01 02:00:09.000", "ListUsers", "203.0.113.9"),
            event("2026-03-01 12:00:00.000", "ListUsers", "203.0.113.9"),
        ];
        let lines = lines_of(&events, false);
        let short: Vec<_> = lines.iter().map(|l| (l.events, l.notes.join(", "))).collect();
        assert_eq!(
            short,
            [
                (2, String::new()),
                (1, "new address 203.0.113.9".to_owned()),
                (1, "after 9 hours of silence".to_owned())
            ]
        );
        assert_eq!(lines_of(&events, true).len(), 4);
    }
}
