//! Events from outside AWS as CloudTrail receives them: the record that each becomes, and its id.
//!
//! The id follows from what was sent, so that an event that is sent again, by a client that saw no answer, has the id that
//! it had. Such ids are UUIDs of version 8, which those of AWS are not.

use super::content::content_digest;
use crate::json::nested;
use crate::json::text::quote_into;
use chrono::DateTime;
use uuid::{Builder, Uuid};

/// The version of the record, which AWS does not tell of these events.
const EVENT_VERSION: &str = "1.0";
/// How AWS writes the time at which an event was received, in UTC.
const TIME: &str = "%Y-%m-%dT%H:%M:%S";

/// Where and when events are received.
#[derive(Debug, Clone, Copy)]
pub struct Reception<'a> {
    /// The region, `eu-west-1`.
    pub region: &'a str,
    /// The account whose channel it is, 12 digits.
    pub account: &'a str,
    /// The ARN of the channel.
    pub channel: &'a str,
    /// When, in milliseconds since 1970 UTC.
    pub time: i64,
}

/// An event that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// Its `eventID`.
    pub id: Uuid,
    /// Its record, in which what was sent stands byte for byte.
    pub record: Vec<u8>,
}

impl Reception<'_> {
    /// Makes the record of an event. `data` is what was sent, a JSON object of at most 256 levels, and `event_time` the
    /// text of its `eventTime`.
    pub fn receive(&self, data: &[u8], event_time: &str) -> ReceivedEvent {
        let id = id_of_data(data);
        let time = DateTime::from_timestamp_millis(self.time).unwrap_or_default();
        let time = time.format(TIME).to_string();
        let mut record = Vec::with_capacity(data.len() + 512);
        let mut member = |before: &str, text: &str| {
            record.extend_from_slice(before.as_bytes());
            quote_into(text.as_bytes(), &mut record);
        };
        member(r#"{"eventVersion":"#, EVENT_VERSION);
        member(r#","eventCategory":"#, "ActivityAuditLog");
        member(r#","eventType":"#, "ActivityLog");
        member(r#","eventID":"#, &id.hyphenated().to_string());
        member(r#","eventTime":"#, event_time);
        member(r#","awsRegion":"#, self.region);
        member(r#","recipientAccountId":"#, self.account);
        member(r#","metadata":{"ingestionTime":"#, &time);
        member(r#","channelARN":"#, self.channel);
        record.extend_from_slice(br#"},"eventData":"#);
        record.extend_from_slice(data);
        record.push(b'}');
        ReceivedEvent { id, record }
    }
}

/// Returns the id of the event that was sent as `data`.
fn id_of_data(data: &[u8]) -> Uuid {
    Builder::from_custom_bytes(content_digest(data).to_be_bytes()).into_uuid()
}

/// Reads an `eventID` that follows from what was sent; `None` when AWS gave it, or nobody.
pub fn parse_id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| id.get_version_num() == 8)
}

/// Returns the id that the event of a record has, or would have if it were received once more; `None` when the record has
/// no `eventData`. The record was scanned before.
pub fn id_of_record(record: &[u8]) -> Option<Uuid> {
    let own = nested::member(record, "eventID");
    let own = own.as_deref().and_then(|id| std::str::from_utf8(id).ok()).and_then(parse_id);
    own.or_else(|| Some(id_of_data(&nested::member_object(record, "eventData")?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Class, EventSchema, Head};
    use crate::json::scan_object;

    const DATA: &str =
        r#"{ "UID":"u-1", "eventTime":"2026-03-01T10:00:00Z","eventName":"A\u0041"}"#;

    fn received(data: &str, time: i64) -> ReceivedEvent {
        let channel = "arn:aws:cloudtrail:eu-west-1:111122223333:channel/x";
        let reception = Reception { region: "eu-west-1", account: "111122223333", channel, time };
        reception.receive(data.as_bytes(), "2026-03-01T10:00:00Z")
    }

    #[test]
    fn what_was_sent_stands_in_the_record() {
        let event = received(DATA, 1_772_359_200_999);
        let id = event.id.to_string();
        assert_eq!(
            String::from_utf8(event.record.clone()).unwrap(),
            format!(
                r#"{{"eventVersion":"1.0","eventCategory":"ActivityAuditLog","eventType":"ActivityLog","eventID":"{id}","eventTime":"2026-03-01T10:00:00Z","awsRegion":"eu-west-1","recipientAccountId":"111122223333","metadata":{{"ingestionTime":"2026-03-01T10:00:00","channelARN":"arn:aws:cloudtrail:eu-west-1:111122223333:channel/x"}},"eventData":{DATA}}}"#
            )
        );
        let mut members = Vec::new();
        let end = scan_object(&event.record, 0, |member| members.push(member)).unwrap();
        assert_eq!(end, event.record.len());
        let head = Head::read(&event.record, 0..end, &members);
        assert_eq!(head.class, Class::Event(EventSchema::ActivityAuditLog));
        assert_eq!(head.time, Some(1_772_359_200_000));
    }

    #[test]
    fn an_event_has_its_id_whenever_it_is_sent() {
        let id = received(DATA, 0).id;
        assert_eq!(received(DATA, 1_000_000).id, id);
        let other_form = r#"{"eventTime":"2026-03-01T10:00:00Z","eventName":"AA","UID":"u-1"}"#;
        assert_eq!(received(other_form, 0).id, id);
        assert_ne!(received(&DATA.replace("u-1", "u-2"), 0).id, id);
        assert_eq!(parse_id(&id.to_string()), Some(id));
        assert_eq!(parse_id("5ff44e8c-e1bf-4832-b679-d4d3d9268255"), None);
        assert_eq!(parse_id("x"), None);
    }

    #[test]
    fn records_from_elsewhere_have_the_id_of_their_content() {
        let id = received(DATA, 0).id;
        assert_eq!(id_of_record(&received(DATA, 5).record), Some(id));
        for record in [
            format!(r#"{{"eventCategory":"ActivityAuditLog","eventData":{DATA}}}"#),
            format!(
                r#"{{"eventID":"5ff44e8c-e1bf-4832-b679-d4d3d9268255","eventData":{}}}"#,
                serde_json::Value::from(DATA)
            ),
        ] {
            assert_eq!(id_of_record(record.as_bytes()), Some(id), "{record}");
        }
        assert_eq!(id_of_record(br#"{"eventCategory":"ActivityAuditLog","eventData":5}"#), None);
    }
}
