//! The few fields of a record that decide where it goes: what it is, when it was, who it is.

use super::digest::{RecordDigest, record_digest};
use super::key::{EventId, Identity, Version};
use super::schema::EventSchema;
use super::{time, wrapped};
use crate::json::Member;
use crate::json::text::{column_text, scalar};
use std::borrow::Cow;

/// What a JSON object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// An event that a store of this category takes.
    Event(EventSchema),
    /// A summary of data events of five minutes, which no store takes.
    Aggregated,
    /// A digest file: it has the checksums of log files and holds no event.
    Digest,
    /// Anything else.
    Foreign,
}

/// The head of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// What the record is.
    pub class: Class,
    /// Its `eventTime` in milliseconds since 1970 UTC; `None` when missing or unreadable.
    pub time: Option<i64>,
    /// Its id.
    pub id: EventId,
    /// Which record of its id it is.
    pub version: Version,
    /// SHA-256 of its bytes.
    pub digest: RecordDigest,
}

impl Class {
    /// Returns what the object with these members, in `bytes`, is.
    pub fn of(bytes: &[u8], members: &[Member]) -> Self {
        HeadFields::read(bytes, members).class()
    }
}

impl Head {
    /// Reads the head of the record `bytes[record]`, whose own members are `members`.
    pub fn read(bytes: &[u8], record: std::ops::Range<usize>, members: &[Member]) -> Self {
        let fields = HeadFields::read(bytes, members);
        let record = &bytes[record];
        let digest = record_digest(record);
        let class = fields.class();
        let identity = fields.identity(class, bytes, members);
        let (id, version) = identity.as_ref().keys(&digest, || Some(record));
        let time = fields.time.and_then(scalar).and_then(|t| time::parse(&t));
        Self { class, time, id, version, digest }
    }
}

/// What a record says of its identity, without escapes.
#[derive(Debug, Clone, Default)]
pub struct IdentityText<'a> {
    event_id: Option<Cow<'a, [u8]>>,
    account: Option<Cow<'a, [u8]>>,
    versioned: bool,
}

impl<'a> IdentityText<'a> {
    /// Reads the identity of the record with these members, in `bytes`.
    pub fn read(bytes: &'a [u8], members: &[Member]) -> Self {
        let fields = HeadFields::read(bytes, members);
        fields.identity(fields.class(), bytes, members)
    }

    /// Returns it for making keys.
    pub fn as_ref(&self) -> Identity<'_> {
        Identity {
            event_id: self.event_id.as_deref(),
            account: self.account.as_deref(),
            versioned: self.versioned,
        }
    }

    /// Returns the id as the record spells it.
    pub fn event_id(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.event_id.as_deref().unwrap_or_default())
    }
}

#[derive(Default)]
struct HeadFields<'a> {
    time: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
    account: Option<&'a [u8]>,
    name: Option<&'a [u8]>,
    source: Option<&'a [u8]>,
    kind: Option<&'a [u8]>,
    category: Option<&'a [u8]>,
    version: Option<&'a [u8]>,
    identity: bool,
    digest: bool,
    uid: bool,
    captured: bool,
}

impl<'a> HeadFields<'a> {
    /// Picks the members that matter. Of those with one name the last counts, as in most JSON readers.
    fn read(bytes: &'a [u8], members: &[Member]) -> Self {
        let mut fields = Self::default();
        for member in members {
            fields.take(&member.key(bytes), member.value(bytes));
        }
        fields
    }

    #[inline]
    fn take(&mut self, key: &[u8], value: &'a [u8]) {
        // Nearly always they are spelled as CloudTrail does.
        let is = |name: &[u8]| key == name || key.eq_ignore_ascii_case(name);
        match key.len() {
            3 if is(b"UID") => self.uid = true,
            7 if is(b"eventID") => self.id = Some(value),
            9 if is(b"eventTime") => self.time = Some(value),
            9 if is(b"eventName") => self.name = Some(value),
            9 if is(b"eventType") => self.kind = Some(value),
            11 if is(b"eventSource") => self.source = Some(value),
            12 if is(b"userIdentity") => self.identity = true,
            12 if is(b"eventVersion") => self.version = Some(value),
            13 if is(b"eventCategory") => self.category = Some(value),
            14 if is(b"digestS3Object") => self.digest = true,
            18 if is(b"recipientAccountId") => self.account = Some(value),
            28 if is(b"configurationItemCaptureTime") => self.captured = true,
            _ => {}
        }
    }

    fn identity(&self, class: Class, bytes: &'a [u8], members: &[Member]) -> IdentityText<'a> {
        IdentityText {
            event_id: match class {
                Class::Event(EventSchema::ActivityAuditLog) => wrapped::uid(bytes, members),
                _ => self.id.and_then(column_text),
            },
            // As it is read back from the columns.
            account: self.account.and_then(column_text),
            // Only listings of CloudTrail events leave fields out.
            versioned: self.version.and_then(column_text).is_some()
                || matches!(class, Class::Event(schema) if schema != EventSchema::CloudTrail),
        }
    }

    fn class(&self) -> Class {
        if self.digest && self.name.is_none() {
            return Class::Digest;
        }
        if let Some(schema) = self.named_schema() {
            return Class::Event(schema);
        }
        if self.kind == Some(br#""AwsAggregatedEvent""#)
            || self.category == Some(br#""Aggregated""#)
        {
            return Class::Aggregated;
        }
        if let Some(schema) = self.payload_schema() {
            return Class::Event(schema);
        }
        // S3 event notifications look much the same: same envelope, same names, "aws:s3" as source.
        let notification = self.source.is_some_and(|s| s.starts_with(br#""aws:"#));
        let other_members =
            [self.time.is_some(), self.id.is_some(), self.source.is_some(), self.identity];
        if self.name.is_some() && !notification && other_members.contains(&true) {
            Class::Event(EventSchema::CloudTrail)
        } else {
            Class::Foreign
        }
    }

    /// The category that the record itself names, unless it is one of CloudTrail's three.
    fn named_schema(&self) -> Option<EventSchema> {
        match self.category {
            Some(br#""Insight""#) => Some(EventSchema::Insight),
            Some(br#""ConfigurationItem""#) => Some(EventSchema::ConfigurationItem),
            Some(br#""Evidence""#) => Some(EventSchema::Evidence),
            Some(br#""ActivityAuditLog""#) => Some(EventSchema::ActivityAuditLog),
            _ if self.kind == Some(br#""AwsCloudTrailInsight""#) => Some(EventSchema::Insight),
            _ => None,
        }
    }

    /// The category of what a record of the Lake would have in `eventData`, standing alone.
    fn payload_schema(&self) -> Option<EventSchema> {
        let without_header = self.id.is_none() && self.version.is_none();
        // AWS wants both; other things have only the first, also inside what is no event.
        if self.uid && self.name.is_some() && without_header {
            Some(EventSchema::ActivityAuditLog)
        } else if self.captured && without_header && self.name.is_none() {
            Some(EventSchema::ConfigurationItem)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::scan_object;

    fn head(record: &str) -> Head {
        let mut members = Vec::new();
        let end = scan_object(record.as_bytes(), 0, |m| members.push(m)).unwrap();
        Head::read(record.as_bytes(), 0..end, &members)
    }

    #[test]
    fn an_id_of_any_type_is_that_of_its_column() {
        let of = |id: &str| {
            let record = format!(r#"{{"eventName":"A","eventVersion":"1.0","eventID":{id}}}"#);
            head(&record).id
        };
        assert_eq!(of(r#"{"a" : [1, "b"]}"#), of(r#""{\"a\":[1,\"b\"]}""#));
        assert_eq!(of("[ ]"), of(r#""[]""#));
        assert_eq!(of("17"), of(r#""17""#));
    }

    #[test]
    fn an_event_by_any_case_and_escape() {
        let plain = head(
            r#"{"eventName":"A","eventTime":"2023-07-10T11:42:18Z","eventID":"293ba626-3be5-4a26-ab1b-0f4c54f49959","recipientAccountId":"123837392027"}"#,
        );
        assert_eq!(plain.class, Class::Event(EventSchema::CloudTrail));
        assert_eq!(plain.time, Some(1_688_989_338_000));
        let odd = head(
            r#"{"EVENTNAME":"A","event\u0054ime":1688989338,"eventid":"\u0032\u00393ba626-3be5-4a26-ab1b-0f4c54f49959","recipientaccountid":123837392027}"#,
        );
        assert_eq!((odd.class, odd.time, odd.id), (plain.class, plain.time, plain.id));
    }

    #[test]
    fn what_is_not_an_event_is_known_by_its_shape() {
        for (record, class) in [
            (
                r#"{"eventType":"AwsCloudTrailInsight","eventID":"x"}"#,
                Class::Event(EventSchema::Insight),
            ),
            (
                r#"{"eventCategory":"Evidence","eventName":"A","eventTime":"x"}"#,
                Class::Event(EventSchema::Evidence),
            ),
            (
                r#"{"eventCategory":"ActivityAuditLog","eventID":"x","eventData":{"UID":"y"}}"#,
                Class::Event(EventSchema::ActivityAuditLog),
            ),
            (
                r#"{"version":"1","UID":"y","eventName":"A","eventTime":"x","userIdentity":{}}"#,
                Class::Event(EventSchema::ActivityAuditLog),
            ),
            (
                r#"{"eventVersion":"1.11","UID":"y","eventName":"A","eventTime":"x"}"#,
                Class::Event(EventSchema::CloudTrail),
            ),
            (
                r#"{"configurationItemCaptureTime":"x","resourceType":"AWS::S3::Bucket"}"#,
                Class::Event(EventSchema::ConfigurationItem),
            ),
            (
                r#"{"eventCategory":"ConfigurationItem","eventData":{}}"#,
                Class::Event(EventSchema::ConfigurationItem),
            ),
            (
                r#"{"eventCategory":"Management","eventName":"A","eventTime":"x"}"#,
                Class::Event(EventSchema::CloudTrail),
            ),
            (
                r#"{"eventType":"AwsAggregatedEvent","eventId":"x","timeWindow":{}}"#,
                Class::Aggregated,
            ),
            (r#"{"eventCategory":"Aggregated","accountId":"1","summary":{}}"#, Class::Aggregated),
            (r#"{"digestS3Object":"a","awsAccountId":"1"}"#, Class::Digest),
            (
                r#"{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"x","eventName":"ObjectCreated:Put"}"#,
                Class::Foreign,
            ),
            (r#"{"configurationItems":[]}"#, Class::Foreign),
            (r#"{"eventName":"A"}"#, Class::Foreign),
            (r#"{"eventName":null,"userIdentity":null}"#, Class::Event(EventSchema::CloudTrail)),
        ] {
            assert_eq!(head(record).class, class, "{record}");
        }
    }

    #[test]
    fn without_an_id_the_bytes_are_the_identity() {
        let one = head(r#"{"eventName":"A","eventTime":"x","eventID":null}"#);
        assert_eq!(one.time, None);
        assert_ne!(one.id, head(r#"{"eventName":"B","eventTime":"x","eventID":null}"#).id);
    }
}
