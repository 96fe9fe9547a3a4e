//! The few fields of a record that decide where it goes: what it is, when it was, who it is.

use super::key::EventKey;
use super::time;
use crate::json::{Cursor, Member, cursor::Kind, text};
use sha2::{Digest, Sha256};

/// What a JSON object is to a store of CloudTrail events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A management, data or network activity event.
    Event,
    /// A CloudTrail Insights event, which belongs to a store of another schema.
    Insight,
    /// A summary of data events of five minutes, which belongs to a store of another schema, too.
    Aggregated,
    /// A digest file: it vouches for log files and holds no event.
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
    /// Its identity.
    pub key: EventKey,
}

impl Head {
    /// Reads the head of the record `bytes[record]`, whose own members are `members`.
    ///
    /// Of members with one name the last counts, as in most JSON readers.
    pub fn read(bytes: &[u8], record: std::ops::Range<usize>, members: &[Member]) -> Self {
        let mut fields = HeadFields::default();
        for member in members {
            let key = &bytes[member.key_start..member.key_end];
            let value = &bytes[member.value_start..member.value_end];
            if key.contains(&b'\\') {
                let mut plain = Vec::new();
                text::unescape_into(
                    crate::json::cursor::RawString { bytes: key, escaped: true },
                    &mut plain,
                );
                fields.take(&plain, value);
            } else {
                fields.take(key, value);
            }
        }
        let key = EventKey::new(
            fields.id.and_then(scalar).as_deref(),
            fields.account.and_then(scalar).as_deref(),
            || Sha256::digest(&bytes[record]).into(),
        );
        Self {
            class: fields.class(),
            time: fields.time.and_then(scalar).and_then(|t| time::parse(&t)),
            key,
        }
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
    identity: bool,
    digest: bool,
}

impl<'a> HeadFields<'a> {
    #[inline]
    fn take(&mut self, key: &[u8], value: &'a [u8]) {
        let is = |name: &[u8]| key.eq_ignore_ascii_case(name);
        match key.len() {
            7 if is(b"eventid") => self.id = Some(value),
            9 if is(b"eventtime") => self.time = Some(value),
            9 if is(b"eventname") => self.name = Some(value),
            9 if is(b"eventtype") => self.kind = Some(value),
            11 if is(b"eventsource") => self.source = Some(value),
            12 if is(b"useridentity") => self.identity = true,
            13 if is(b"eventcategory") => self.category = Some(value),
            14 if is(b"digests3object") => self.digest = true,
            18 if is(b"recipientaccountid") => self.account = Some(value),
            _ => {}
        }
    }

    fn class(&self) -> Class {
        if self.digest && self.name.is_none() {
            return Class::Digest;
        }
        if self.kind == Some(br#""AwsCloudTrailInsight""#) || self.category == Some(br#""Insight""#)
        {
            return Class::Insight;
        }
        if self.kind == Some(br#""AwsAggregatedEvent""#)
            || self.category == Some(br#""Aggregated""#)
        {
            return Class::Aggregated;
        }
        // S3 event notifications look much the same: same envelope, same names, "aws:s3" as source.
        let notification = self.source.is_some_and(|s| s.starts_with(br#""aws:"#));
        let company =
            [self.time.is_some(), self.id.is_some(), self.source.is_some(), self.identity];
        if self.name.is_some() && !notification && company.contains(&true) {
            Class::Event
        } else {
            Class::Foreign
        }
    }
}

/// Text of a scalar value; `None` for null and nested values.
fn scalar(value: &[u8]) -> Option<std::borrow::Cow<'_, [u8]>> {
    let mut cursor = Cursor::new(value);
    match cursor.kind() {
        Kind::String => {
            let raw = cursor.string();
            if !raw.escaped {
                return Some(raw.bytes.into());
            }
            let mut plain = Vec::new();
            text::unescape_into(raw, &mut plain);
            Some(plain.into())
        }
        Kind::Number | Kind::Boolean => Some(cursor.raw().into()),
        Kind::Object | Kind::Array | Kind::Null => None,
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
    fn an_event_by_any_case_and_escape() {
        let plain = head(
            r#"{"eventName":"A","eventTime":"2023-07-10T11:42:18Z","eventID":"293ba626-3be5-4a26-ab1b-0f4c54f49959","recipientAccountId":"123837392027"}"#,
        );
        assert_eq!(plain.class, Class::Event);
        assert_eq!(plain.time, Some(1_688_989_338_000));
        assert_eq!(
            head(
                r#"{"EVENTNAME":"A","event\u0054ime":1688989338,"eventid":"\u0032\u00393ba626-3be5-4a26-ab1b-0f4c54f49959","recipientaccountid":123837392027}"#
            ),
            plain
        );
    }

    #[test]
    fn what_is_not_an_event_is_known_by_its_shape() {
        for (record, class) in [
            (r#"{"eventType":"AwsCloudTrailInsight","eventID":"x"}"#, Class::Insight),
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
            (r#"{"eventName":null,"userIdentity":null}"#, Class::Event),
        ] {
            assert_eq!(head(record).class, class, "{record}");
        }
    }

    #[test]
    fn without_an_id_the_bytes_are_the_identity() {
        let one = head(r#"{"eventName":"A","eventTime":"x","eventID":null}"#);
        assert_eq!(one.time, None);
        assert_ne!(one.key, head(r#"{"eventName":"B","eventTime":"x","eventID":null}"#).key);
    }
}
