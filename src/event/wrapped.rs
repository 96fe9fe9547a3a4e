//! Records whose content stands in `eventData`, with a header of CloudTrail's around it.
//!
//! So the Lake keeps configuration items and events from outside AWS. Where these come without their header, as
//! AWS Config delivers items and as `PutAuditEvents` takes events, they get one: from then on there is one form.

use super::schema::EventSchema;
use crate::json::Member;
use crate::json::nested;
use std::borrow::Cow;

/// What a header takes from its content: its own member, and the names there, the first that is found.
type HeaderMember = (&'static str, &'static [&'static str]);

const OF_ITEM: &[HeaderMember] = &[
    ("eventTime", &["configurationItemCaptureTime"]),
    ("awsRegion", &["awsRegion"]),
    ("recipientAccountId", &["awsAccountId", "accountId"]),
];

const OF_ACTIVITY: &[HeaderMember] =
    &[("eventTime", &["eventTime"]), ("recipientAccountId", &["recipientAccountId"])];

/// Returns the record around `content`, whose own members, in `bytes`, are `members`; `None` if it is a record
/// already. The content stands in it byte for byte.
pub fn with_header(
    schema: EventSchema,
    content: &[u8],
    bytes: &[u8],
    members: &[Member],
) -> Option<Vec<u8>> {
    let (event_type, taken) = match schema {
        EventSchema::ConfigurationItem => ("", OF_ITEM),
        EventSchema::ActivityAuditLog => (r#","eventType":"ActivityLog""#, OF_ACTIVITY),
        EventSchema::CloudTrail | EventSchema::Insight | EventSchema::Evidence => return None,
    };
    if value(bytes, members, "eventCategory").is_some() {
        return None;
    }
    let mut record = format!(r#"{{"eventCategory":"{schema}"{event_type}"#).into_bytes();
    for (name, sources) in taken {
        if let Some(found) = sources.iter().find_map(|source| value(bytes, members, source)) {
            record.extend_from_slice(format!(r#","{name}":"#).as_bytes());
            record.extend_from_slice(found);
        }
    }
    record.extend_from_slice(br#","eventData":"#);
    record.extend_from_slice(content);
    record.push(b'}');
    Some(record)
}

/// Returns what a record says of its event. Of one from outside AWS that is what its source sent: the rest of the record
/// tells who received it and when, which differs each time that it is sent. `record`, whose own members are `members`, was
/// scanned before.
pub fn content<'a>(record: &'a [u8], members: &[Member]) -> Cow<'a, [u8]> {
    let is_activity = value(record, members, "eventCategory") == Some(br#""ActivityAuditLog""#);
    let is_amended = value(record, members, "addendum").is_some_and(|addendum| addendum != b"null");
    let data = value(record, members, "eventData").filter(|_| is_activity && !is_amended);
    data.and_then(nested::object).unwrap_or(Cow::Borrowed(record))
}

/// Returns the id that the source of an event from outside AWS gave it.
pub(super) fn uid<'a>(bytes: &'a [u8], members: &[Member]) -> Option<Cow<'a, [u8]>> {
    let data = nested::object(value(bytes, members, "eventData")?)?;
    Some(Cow::Owned(nested::member(&data, "UID")?.into_owned()))
}

/// Returns the value of a member, whose name has no case; of several with one name the last counts.
fn value<'a>(bytes: &'a [u8], members: &[Member], name: &str) -> Option<&'a [u8]> {
    let named = |member: &&Member| member.key(bytes).eq_ignore_ascii_case(name.as_bytes());
    members.iter().rev().find(named).map(|member| member.value(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Class, Head};
    use crate::json::scan_object;

    fn members(text: &str) -> Vec<Member> {
        let mut members = Vec::new();
        scan_object(text.as_bytes(), 0, |member| members.push(member)).unwrap();
        members
    }

    fn wrapped(schema: EventSchema, text: &str) -> Option<String> {
        let record = with_header(schema, text.as_bytes(), text.as_bytes(), &members(text))?;
        Some(String::from_utf8(record).unwrap())
    }

    fn head(record: &str) -> Head {
        Head::read(record.as_bytes(), 0..record.len(), &members(record))
    }

    #[test]
    fn content_gets_a_header_and_stays_as_it_is() {
        let item = r#"{"configurationItemCaptureTime" : "2026-03-01T10:00:00.5Z","awsAccountId":"111122223333", "ARN":"a"}"#;
        let record = wrapped(EventSchema::ConfigurationItem, item).unwrap();
        assert_eq!(
            record,
            format!(
                r#"{{"eventCategory":"ConfigurationItem","eventTime":"2026-03-01T10:00:00.5Z","recipientAccountId":"111122223333","eventData":{item}}}"#
            )
        );
        assert_eq!(head(&record).time, Some(1_772_359_200_500));
        assert_eq!(head(&record).class, head(item).class);
        assert_eq!(wrapped(EventSchema::ConfigurationItem, &record), None);
        assert_eq!(wrapped(EventSchema::Insight, item), None);
    }

    #[test]
    fn an_event_from_outside_aws_is_known_by_its_uid() {
        let event = |uid: &str, name: &str| {
            let event = format!(
                r#"{{"version":"1","UID":"{uid}","eventName":"{name}","eventTime":"2026-03-01T10:00:00Z","recipientAccountId":"111122223333"}}"#
            );
            wrapped(EventSchema::ActivityAuditLog, &event).unwrap()
        };
        let (one, other) = (head(&event("u-1", "A")), head(&event("U-1", "B")));
        assert_eq!(one.class, Class::Event(EventSchema::ActivityAuditLog));
        assert_eq!(one.id, other.id);
        assert_ne!(one.version, other.version);
        assert!(!one.version.is_reduced());
        assert_ne!(one.id, head(&event("u-2", "A")).id);
        let quoted =
            r#"{"eventCategory":"ActivityAuditLog","eventID":"x","eventData":"{\"UID\":\"u-1\"}"}"#;
        assert_eq!(head(quoted).id, one.id);
    }

    #[test]
    fn who_received_an_event_is_no_part_of_it() {
        let content = |record: &str| content(record.as_bytes(), &members(record)).into_owned();
        let of = |more: &str, data: &str| {
            format!(r#"{{"eventCategory":"ActivityAuditLog"{more},"eventData":{data}}}"#)
        };
        let data = r#"{"UID":"u-1"}"#;
        for more in ["", r#","eventID":"x","metadata":{"channelARN":"y"}"#, r#","addendum":null"#] {
            assert_eq!(content(&of(more, data)), data.as_bytes(), "{more}");
        }
        assert_eq!(content(&of("", r#""{\"UID\":\"u-1\"}""#)), data.as_bytes());
        for whole in [of(r#","addendum":{"reason":"x"}"#, data), of("", "5"), of("", "[]")] {
            assert_eq!(content(&whole), whole.as_bytes());
        }
        let item = format!(r#"{{"eventCategory":"ConfigurationItem","eventData":{data}}}"#);
        assert_eq!(content(&item), item.as_bytes());
    }
}
