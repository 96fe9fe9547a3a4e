//! The fields of a record that selectors look at.

use super::names::SelectorField;
use crate::event::schema::EventSchema;
use crate::json::Member;
use crate::json::nested::{member, object, objects};
use crate::json::text::scalar;
use std::borrow::Cow;

/// What selectors look at in a record, found in one pass over its members. Values are read when they are asked
/// for.
///
/// Names have no case, of members with one name the last counts, and `null` is the same as a missing member, as in
/// the columns of a store.
#[derive(Debug, Clone, Default)]
pub struct EventFields<'a> {
    category: Option<&'a [u8]>,
    management: Option<&'a [u8]>,
    read_only: Option<&'a [u8]>,
    source: Option<&'a [u8]>,
    name: Option<&'a [u8]>,
    event_type: Option<&'a [u8]>,
    resources: Option<&'a [u8]>,
    console: Option<&'a [u8]>,
    identity: Option<&'a [u8]>,
    error_code: Option<&'a [u8]>,
    vpc_endpoint: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
    time: Option<&'a [u8]>,
    schema: EventSchema,
}

impl<'a> EventFields<'a> {
    /// Picks the fields of the record with these members, in `bytes`.
    pub fn read(bytes: &'a [u8], members: &[Member]) -> Self {
        let mut fields = Self::default();
        for member in members {
            fields.take(&member.key(bytes), member.value(bytes));
        }
        fields
    }

    /// Returns them for a record of this category, whether it says so itself or not.
    pub fn of(self, schema: EventSchema) -> Self {
        Self { schema, ..self }
    }

    #[inline]
    fn take(&mut self, key: &[u8], value: &'a [u8]) {
        let is = |name: &[u8]| key.eq_ignore_ascii_case(name);
        let field = match key.len() {
            7 if is(b"eventid") => &mut self.id,
            8 if is(b"readonly") => &mut self.read_only,
            9 if is(b"eventname") => &mut self.name,
            9 if is(b"eventtype") => &mut self.event_type,
            9 if is(b"resources") => &mut self.resources,
            9 if is(b"errorcode") => &mut self.error_code,
            9 if is(b"eventtime") => &mut self.time,
            11 if is(b"eventsource") => &mut self.source,
            12 if is(b"useridentity") => &mut self.identity,
            13 if is(b"eventcategory") => &mut self.category,
            13 if is(b"vpcendpointid") => &mut self.vpc_endpoint,
            15 if is(b"managementevent") => &mut self.management,
            28 if is(b"sessioncredentialfromconsole") => &mut self.console,
            _ => return,
        };
        *field = Some(value);
    }

    /// Whether a value of `field` is one that `wanted` looks for. A record has any number of resources, and one or no
    /// value of the other fields.
    pub fn any(&self, field: SelectorField, mut wanted: impl FnMut(&[u8]) -> bool) -> bool {
        let member = match field {
            SelectorField::EventCategory => return wanted(&self.category().0),
            SelectorField::ReadOnly => {
                return self.read_only.and_then(boolean).is_some_and(&mut wanted);
            }
            SelectorField::ResourcesType => return self.any_resource(&["type"], wanted),
            // Of a call over a whole bucket the record tells what the ARNs begin with.
            SelectorField::ResourcesArn => return self.any_resource(&["ARN", "ARNPrefix"], wanted),
            SelectorField::UserIdentityArn => {
                let identity = self.identity.and_then(object);
                return identity.is_some_and(|identity| {
                    member(&identity, "arn").is_some_and(|arn| wanted(&arn))
                });
            }
            SelectorField::EventSource => self.source,
            SelectorField::EventName => self.name,
            SelectorField::EventType => self.event_type,
            SelectorField::SessionCredentialFromConsole => self.console,
            SelectorField::ErrorCode => self.error_code,
            SelectorField::VpcEndpointId => self.vpc_endpoint,
        };
        member.and_then(scalar).is_some_and(|text| wanted(&text))
    }

    /// Of each resource, looks at the first of these members that it has.
    fn any_resource(&self, names: &[&str], mut wanted: impl FnMut(&[u8]) -> bool) -> bool {
        self.resources.is_some_and(|resources| {
            objects(resources).iter().any(|resource| {
                let value = names.iter().find_map(|name| member(resource, name));
                value.is_some_and(|value| wanted(&value))
            })
        })
    }

    /// Returns the category, and whether the record itself names it.
    ///
    /// Records before version 1.07 do not. There `managementEvent` decides, and before version 1.06, which brought
    /// that, an object in S3 makes a data event, as those were the only ones then, apart from calls of functions.
    pub fn category(&self) -> (Cow<'a, [u8]>, bool) {
        if self.schema != EventSchema::CloudTrail {
            return (self.schema.name().as_bytes().into(), true);
        }
        if let Some(category) = self.category.and_then(scalar).filter(|text| !text.is_empty()) {
            return (category, true);
        }
        let category: &[u8] = match self.management.and_then(boolean) {
            Some(b"false") => b"Data",
            Some(_) => b"Management",
            None if self
                .event_type
                .and_then(scalar)
                .is_some_and(|t| t.starts_with(b"AwsVpceEvent")) =>
            {
                b"NetworkActivity"
            }
            None if self.any_resource(&["type"], |t| t == b"AWS::S3::Object") => b"Data",
            None => b"Management",
        };
        (category.into(), false)
    }

    /// Returns all values of `field`, for people.
    pub fn values(&self, field: SelectorField) -> Vec<String> {
        let mut values = Vec::new();
        self.any(field, |value| {
            values.push(String::from_utf8_lossy(value).into_owned());
            false
        });
        values
    }

    /// Returns `eventID` as the record spells it.
    pub fn event_id(&self) -> Option<String> {
        self.id.and_then(text)
    }

    /// Returns `eventTime` as the record spells it.
    pub fn event_time(&self) -> Option<String> {
        self.time.and_then(text)
    }
}

fn text(value: &[u8]) -> Option<String> {
    scalar(value).map(|text| String::from_utf8_lossy(&text).into_owned())
}

/// Reads a boolean as the columns of a store do: also from text, in any case.
fn boolean(value: &[u8]) -> Option<&'static [u8]> {
    let plain = value.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
    let word = plain.unwrap_or(value).trim_ascii();
    [&b"true"[..], b"false"].into_iter().find(|known| word.eq_ignore_ascii_case(known))
}
