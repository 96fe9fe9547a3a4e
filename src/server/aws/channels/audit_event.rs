//! Looks at an event that was sent: its checksum, its JSON, and the fields that AWS's schema of such events has.

use super::NotTaken;
use crate::event::digest::{parse_checksum, record_digest};
use crate::event::time;
use crate::json::text::scalar;
use crate::json::{Member, ScanError, scan_object, scan_value, skip_whitespace};
use std::borrow::Cow;

/// What a field holds.
#[derive(Debug, Clone, Copy)]
enum Holds {
    /// Text of at most so many characters.
    Text(usize),
    /// An object of at most so many bytes.
    Object(usize),
}

/// A field of the schema.
#[derive(Debug, Clone, Copy)]
struct Field {
    name: &'static str,
    is_required: bool,
    holds: Holds,
}

const fn required(name: &'static str, holds: Holds) -> Field {
    Field { name, is_required: true, holds }
}

const fn optional(name: &'static str, holds: Holds) -> Field {
    Field { name, is_required: false, holds }
}

/// What AWS tells no bound of ends with the request.
const UNBOUNDED: usize = usize::MAX;
const SOURCE: Field = required("eventSource", Holds::Text(1_024));
const TIME: Field = required("eventTime", Holds::Text(UNBOUNDED));
const ACCOUNT: Field = required("recipientAccountId", Holds::Text(UNBOUNDED));
const IDENTITY: Field = required("userIdentity", Holds::Object(UNBOUNDED));

/// The fields of an event but for those of its `userIdentity`.
const FIELDS: [Field; 14] = [
    required("version", Holds::Text(256)),
    IDENTITY,
    SOURCE,
    required("eventName", Holds::Text(1_024)),
    TIME,
    required("UID", Holds::Text(1_024)),
    ACCOUNT,
    optional("userAgent", Holds::Text(1_024)),
    optional("requestParameters", Holds::Object(100 << 10)),
    optional("responseElements", Holds::Object(100 << 10)),
    optional("errorCode", Holds::Text(256)),
    optional("errorMessage", Holds::Text(256)),
    optional("sourceIPAddress", Holds::Text(UNBOUNDED)),
    optional("additionalEventData", Holds::Object(28 << 10)),
];

/// The fields of `userIdentity`.
const IDENTITY_FIELDS: [Field; 3] = [
    required("type", Holds::Text(128)),
    required("principalId", Holds::Text(1_024)),
    optional("details", Holds::Object(UNBOUNDED)),
];

/// An event that can be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AuditEvent<'a> {
    /// The JSON object that was sent, without blanks around it.
    pub(super) data: &'a [u8],
    /// Its `eventTime`.
    pub(super) time: String,
}

fn refuse(code: &'static str, message: String) -> NotTaken {
    NotTaken { code, message }
}

/// Looks at what was sent to a channel of `account`.
pub(super) fn check<'a>(
    event_data: &'a str,
    checksum: Option<&str>,
    account: &str,
) -> Result<AuditEvent<'a>, NotTaken> {
    let is_wrong = |sum: &str| parse_checksum(sum) != Some(record_digest(event_data.as_bytes()));
    if checksum.is_some_and(is_wrong) {
        let text = "eventDataChecksum is not the SHA-256 of eventData in base 64.";
        return Err(refuse("InvalidChecksum", text.to_owned()));
    }
    let data = object(event_data)?;
    let event = Object::scan("", data);
    FIELDS.iter().try_for_each(|field| event.check(field))?;
    let identity = event.value(&IDENTITY)?.unwrap_or(b"{}");
    let identity = Object::scan("userIdentity.", identity);
    IDENTITY_FIELDS.iter().try_for_each(|field| identity.check(field))?;
    if event.text(&ACCOUNT)? != account {
        let text = format!("recipientAccountId is not {account}, the account of the channel.");
        return Err(refuse("InvalidRecipient", text));
    }
    if event.text(&SOURCE)?.contains(char::is_control) {
        let text = "eventSource has control characters.";
        return Err(refuse("InvalidEventSource", text.to_owned()));
    }
    let time = event.text(&TIME)?;
    if !is_time(&time) {
        let text = "eventTime is not a time of the form yyyy-MM-ddTHH:mm:ss, in UTC.";
        return Err(refuse("InvalidData", text.to_owned()));
    }
    Ok(AuditEvent { data, time: time.into_owned() })
}

/// Returns the JSON object of a text that holds nothing else.
fn object(text: &str) -> Result<&[u8], NotTaken> {
    let bytes = text.as_bytes();
    let start = skip_whitespace(bytes, 0);
    let wrong =
        |what: String| refuse("InvalidData", format!("eventData is no JSON object: {what}."));
    if bytes.get(start) != Some(&b'{') {
        return Err(wrong("it does not begin with a brace".to_owned()));
    }
    let end = scan_value(bytes, start).map_err(|error| match error {
        ScanError::Incomplete => wrong("it ends in the middle".to_owned()),
        ScanError::Malformed { at, expected } => {
            wrong(format!("{expected} is expected at byte {at}"))
        }
    })?;
    if skip_whitespace(bytes, end) != bytes.len() {
        return Err(wrong("something follows it".to_owned()));
    }
    Ok(&bytes[start..end])
}

/// An object, with where it stands in the event.
struct Object<'a> {
    place: &'static str,
    text: &'a [u8],
    members: Vec<Member>,
}

impl<'a> Object<'a> {
    /// Reads the members of an object that was scanned.
    fn scan(place: &'static str, text: &'a [u8]) -> Self {
        let mut members = Vec::new();
        let _ = scan_object(text, 0, |member| members.push(member));
        Self { place, text, members }
    }

    /// Returns the value of a field; `None` if it is null or not there.
    ///
    /// Columns are filled whatever the case of letters, and by the last of several members: those are refused, so that what
    /// was checked is what is stored.
    fn value(&self, field: &Field) -> Result<Option<&'a [u8]>, NotTaken> {
        let (place, name) = (self.place, field.name);
        let is_named =
            |member: &&Member| member.key(self.text).eq_ignore_ascii_case(name.as_bytes());
        let mut named = self.members.iter().filter(is_named);
        let found = named.next();
        if named.next().is_some() {
            return Err(refuse("InvalidData", format!("{place}{name} is there twice.")));
        }
        let misspelled = |member: &Member| *member.key(self.text) != *name.as_bytes();
        if let Some(member) = found.filter(|member| field.is_required && misspelled(member)) {
            let key = String::from_utf8_lossy(&member.key(self.text)).into_owned();
            let text = format!("{place}{name} is missing; {key} is spelled otherwise.");
            return Err(refuse("FieldNotFound", text));
        }
        Ok(found.map(|member| member.value(self.text)).filter(|value| *value != b"null"))
    }

    /// Returns the text of a required field that was checked.
    fn text(&self, field: &Field) -> Result<Cow<'a, str>, NotTaken> {
        Ok(self.value(field)?.and_then(text_of).unwrap_or_default())
    }

    fn check(&self, field: &Field) -> Result<(), NotTaken> {
        let (place, name) = (self.place, field.name);
        let Some(value) = self.value(field)? else {
            return match field.is_required {
                true => Err(refuse("FieldNotFound", format!("{place}{name} is missing."))),
                false => Ok(()),
            };
        };
        let too_long = |most: usize, of: &str| {
            Err(refuse("FieldTooLong", format!("{place}{name} has more than {most} {of}.")))
        };
        match field.holds {
            Holds::Text(most) => {
                let Some(text) = text_of(value) else {
                    return Err(refuse("InvalidData", format!("{place}{name} is no text.")));
                };
                if field.is_required && text.trim().is_empty() {
                    return Err(refuse("FieldNotFound", format!("{place}{name} is empty.")));
                }
                if text.chars().count() > most { too_long(most, "characters") } else { Ok(()) }
            }
            Holds::Object(_) if value.first() != Some(&b'{') => {
                Err(refuse("InvalidData", format!("{place}{name} is no JSON object.")))
            }
            Holds::Object(most) if value.len() > most => too_long(most, "bytes"),
            Holds::Object(_) => Ok(()),
        }
    }
}

/// Returns the text of a JSON string; `None` for other values.
fn text_of(value: &[u8]) -> Option<Cow<'_, str>> {
    let text = scalar(value).filter(|_| value.first() == Some(&b'"'))?;
    Some(match text {
        Cow::Borrowed(text) => String::from_utf8_lossy(text),
        Cow::Owned(text) => String::from_utf8_lossy(&text).into_owned().into(),
    })
}

/// Whether a text is a time as AWS wants it; a fraction of the second, and a `Z`, are taken too.
fn is_time(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let Some((seconds, rest)) = text.as_bytes().split_at_checked(FORM.len()) else { return false };
    let is_formed = seconds.iter().zip(FORM).all(|(byte, form)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == form,
    });
    let rest = rest.strip_suffix(b"Z").unwrap_or(rest);
    let is_fraction = match rest {
        [] => true,
        [b'.', digits @ ..] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    is_formed && is_fraction && time::parse(text.as_bytes()).is_some()
}

#[cfg(test)]
mod tests;
