//! A record of any service: what the columns of the table hold of it.

use super::json;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// A map of texts.
pub(crate) type Map = BTreeMap<String, Option<String>>;

#[derive(Debug, Default)]
pub(crate) struct Event {
    /// Milliseconds since 1970.
    pub(crate) time: Option<i64>,
    pub(crate) id: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) endpoint_account: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) tls: Option<String>,
    pub(crate) from_console: Option<String>,
    pub(crate) read_only: Option<bool>,
    pub(crate) request: Option<Map>,
    pub(crate) response: Option<Map>,
    pub(crate) additional: Option<Map>,
    /// The ARNs of `resources`.
    pub(crate) resources: Vec<String>,
    pub(crate) identity: Identity,
}

/// What `userIdentity` holds.
#[derive(Debug, Default, Clone)]
pub(crate) struct Identity {
    pub(crate) kind: Option<String>,
    pub(crate) arn: Option<String>,
    pub(crate) principal_id: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) access_key: Option<String>,
    pub(crate) user_name: Option<String>,
    pub(crate) invoked_by: Option<String>,
    pub(crate) provider: Option<String>,
    pub(crate) issuer_arn: Option<String>,
    pub(crate) mfa: Option<String>,
    pub(crate) federated_provider: Option<String>,
    pub(crate) person: Option<String>,
    pub(crate) store: Option<String>,
}

/// The value of a member, whatever the case of its name.
fn member<'a>(object: &BTreeMap<String, &'a str>, name: &str) -> Option<&'a str> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

/// An object where one is expected: a text may hold it, too.
fn object(text: Option<&str>) -> Option<String> {
    let text = json::held(text?)?;
    json::is_object(&text).then_some(text)
}

fn map(text: Option<&str>) -> Option<Map> {
    let text = match text?.starts_with('"') {
        true => object(text)?,
        false => text?.to_owned(),
    };
    let members = json::members(&text)?;
    Some(members.into_iter().map(|(name, value)| (name, json::held(value))).collect())
}

fn truth(text: &str) -> Option<bool> {
    match json::held(text)?.trim().to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

impl Event {
    /// Reads the text of a record.
    pub(crate) fn read(record: &str) -> Self {
        let members = json::members(record).unwrap();
        let text = |name: &str| member(&members, name).and_then(json::held);
        let map = |name: &str| map(member(&members, name));
        let tls = object(member(&members, "tlsDetails"));
        Self {
            time: text("eventTime").and_then(|time| moment(&time)),
            id: text("eventID"),
            source: text("eventSource"),
            name: text("eventName"),
            account: text("recipientAccountId"),
            region: text("awsRegion"),
            category: text("eventCategory"),
            address: text("sourceIPAddress"),
            agent: text("userAgent"),
            endpoint: text("vpcEndpointId"),
            endpoint_account: text("vpcEndpointAccountId"),
            error: text("errorCode"),
            message: text("errorMessage"),
            tls: inner(tls.as_deref(), &["tlsVersion"]),
            from_console: text("sessionCredentialFromConsole"),
            read_only: member(&members, "readOnly").and_then(truth),
            request: map("requestParameters"),
            response: map("responseElements"),
            additional: map("additionalEventData"),
            resources: resources(member(&members, "resources")),
            identity: Identity::read(object(member(&members, "userIdentity")).as_deref()),
        }
    }

    /// A parameter of the request.
    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        self.request.as_ref()?.get(name)?.as_deref()
    }

    /// A member of the response.
    pub(crate) fn answered(&self, name: &str) -> Option<&str> {
        self.response.as_ref()?.get(name)?.as_deref()
    }

    pub(crate) fn is(&self, source: &str) -> bool {
        self.source.as_deref() == Some(source)
    }

    pub(crate) fn calls(&self, names: &[&str]) -> bool {
        self.name.as_deref().is_some_and(|name| names.contains(&name))
    }
}

/// The text at a path of objects below a struct.
fn inner(text: Option<&str>, path: &[&str]) -> Option<String> {
    let members = json::members(text?)?;
    let (name, rest) = path.split_first()?;
    let value = member(&members, name)?;
    if rest.is_empty() { json::held(value) } else { inner(object(Some(value)).as_deref(), rest) }
}

fn resources(text: Option<&str>) -> Vec<String> {
    let elements = text.and_then(json::elements).unwrap_or_default();
    elements.iter().filter_map(|element| inner(Some(element), &["ARN"])).collect()
}

impl Identity {
    fn read(object: Option<&str>) -> Self {
        let text = |path: &[&str]| inner(object, path);
        Self {
            kind: text(&["type"]),
            arn: text(&["arn"]),
            principal_id: text(&["principalId"]),
            account: text(&["accountId"]),
            access_key: text(&["accessKeyId"]),
            user_name: text(&["userName"]),
            invoked_by: text(&["invokedBy"]),
            provider: text(&["identityProvider"]),
            issuer_arn: text(&["sessionContext", "sessionIssuer", "arn"]),
            mfa: text(&["sessionContext", "attributes", "mfaAuthenticated"]),
            federated_provider: text(&[
                "sessionContext",
                "webIdFederationData",
                "federatedProvider",
            ]),
            person: text(&["onBehalfOf", "userId"]),
            store: text(&["onBehalfOf", "identityStoreArn"]),
        }
    }
}

/// Milliseconds of a moment in UTC: `2026-03-01T12:00:00Z`, with days of one digit and blanks, too;
/// a day alone is its beginning.
pub(crate) fn moment(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches('Z');
    if let Ok(seconds) = text.parse::<f64>() {
        return Some((seconds * 1000.0).round() as i64);
    }
    let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let numbers: Option<Vec<u32>> = date.split('-').map(|part| part.parse().ok()).collect();
    let [year, month, day] = numbers?.try_into().ok()?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let numbers: Option<Vec<u32>> = clock.split(':').map(|part| part.parse().ok()).collect();
    let [hour, minute, second] = numbers?.try_into().ok()?;
    let date = chrono::NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let time = date.and_hms_opt(hour, minute, second)?.and_utc().timestamp_millis();
    Some(time + format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?)
}

/// Reads the log files below a folder, each event once.
pub(crate) fn read_trail(folder: &Path) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct File {
        #[serde(rename = "Records")]
        records: Vec<Box<serde_json::value::RawValue>>,
    }
    let mut seen = HashSet::new();
    let mut records = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        if path.extension().is_none_or(|extension| extension != "gz") {
            continue;
        }
        let packed = std::fs::File::open(path).unwrap();
        let text = std::io::read_to_string(flate2::read::MultiGzDecoder::new(packed)).unwrap();
        let file: File = serde_json::from_str(&text).unwrap();
        let texts = file.records.into_iter().map(|record| record.get().to_owned());
        records.extend(texts.filter(|text| seen.insert(same(text))));
    }
    records
}

/// What two copies of one event have in common.
fn same(record: &str) -> String {
    let record: Value = serde_json::from_str(record).unwrap();
    format!("{} {}", record["eventID"], record["recipientAccountId"])
}
