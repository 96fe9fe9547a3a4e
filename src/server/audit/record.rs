//! Records of calls (AWS CloudTrail User Guide, "CloudTrail record contents", event version 1.11).

use super::identity::{seconds, user_identity};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use traillake_aws_wire::error::ServiceError;
use traillake_aws_wire::keys::AccessKey;
use traillake_aws_wire::model::Operation;
use traillake_http::Peer;
use uuid::Uuid;

const EVENT_VERSION: &str = "1.11";
/// Bytes of a text that a client or an error gives, at most.
const MAX_TEXT: usize = 1_024;
/// Bytes of parameters or elements, at most; more is left out.
const MAX_MEMBERS: usize = 100 << 10;
/// What stands for a secret.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
/// Members whose values are secrets.
const SECRETS: [&str; 3] = ["secretAccessKey", "sessionToken", "tokenCode"];
/// What the names of operations begin with that read alone.
const READING: [&str; 7] =
    ["Describe", "Generate", "Get", "List", "Lookup", "Search", "StartQuery"];

/// A call, and what became of it.
#[derive(Debug)]
pub struct Called<'a> {
    /// What was asked.
    pub operation: Operation,
    /// With which input, as far as it could be read.
    pub input: Option<&'a Value>,
    /// What was answered.
    pub output: Option<&'a Value>,
    /// Why it was refused.
    pub error: Option<&'a ServiceError>,
    /// Who signed, if anybody had to.
    pub key: Option<&'a AccessKey>,
    /// The ARN of who signed.
    pub arn: String,
    /// The account of the lake.
    pub account: &'a str,
    /// The region of the lake.
    pub region: &'a str,
    /// The id of the request, as it was answered.
    pub request_id: &'a str,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// The host that the client asked.
    pub host: Option<String>,
    /// Where it came from.
    pub peer: Option<Peer>,
    /// When it was answered.
    pub now: DateTime<Utc>,
}

/// A record, and what basic selectors look at in it.
#[derive(Debug)]
pub struct Record {
    /// Its JSON.
    pub text: String,
    /// When the call was answered, in milliseconds since 1970 UTC.
    pub at: i64,
    pub(super) source: String,
    pub(super) is_read_only: bool,
    pub(super) is_management: bool,
    /// Types and ARNs.
    pub(super) resources: Vec<(&'static str, String)>,
}

impl Record {
    /// Makes the record of a call.
    pub fn of(called: &Called<'_>) -> Self {
        let operation = called.operation;
        let source = format!("{}.amazonaws.com", operation.service());
        let is_management = operation.service() != "cloudtrail-data";
        let is_read_only = is_read_only(&operation);
        let resources = resources(called);
        let mut record = Map::new();
        let mut set = |name: &str, value: Value| drop(record.insert(name.to_owned(), value));
        set("eventVersion", json!(EVENT_VERSION));
        set("userIdentity", user_identity(called.key, &called.arn, called.account));
        set("eventTime", json!(seconds(called.now)));
        set("eventSource", json!(source));
        set("eventName", json!(operation.name()));
        set("awsRegion", json!(called.region));
        if let Some(peer) = called.peer {
            set("sourceIPAddress", json!(peer.address.ip().to_canonical().to_string()));
        }
        if let Some(agent) = &called.user_agent {
            set("userAgent", json!(shortened(agent)));
        }
        if let Some(error) = called.error {
            set("errorCode", json!(error.code));
            set("errorMessage", json!(shortened(&error.message)));
        }
        let input = called.input.map_or(Value::Null, |input| operation.recorded_input(input));
        let output = called.output.filter(|_| has_response(&operation));
        let output = output.map_or(Value::Null, |output| operation.recorded_output(output));
        let mut is_cut = false;
        for (name, members) in [("requestParameters", input), ("responseElements", output)] {
            let members = without_secrets(members);
            let fits = members.to_string().len() <= MAX_MEMBERS;
            is_cut |= !fits;
            set(name, if fits { members } else { Value::Null });
        }
        set("requestID", json!(called.request_id));
        set("eventID", json!(Uuid::new_v4().to_string()));
        set("readOnly", json!(is_read_only));
        if !resources.is_empty() {
            set("resources", shown(&resources));
        }
        set("eventType", json!("AwsApiCall"));
        set("managementEvent", json!(is_management));
        set("recipientAccountId", json!(called.account));
        set("eventCategory", json!(if is_management { "Management" } else { "Data" }));
        if let Some(tls) = tls_details(called) {
            set("tlsDetails", tls);
        }
        if is_cut {
            set("omitted", json!(true));
        }
        let text = Value::Object(record).to_string();
        let at = called.now.timestamp_millis();
        Self { text, at, source, is_read_only, is_management, resources }
    }
}

/// CloudTrail calls temporary keys reading, though they are made.
fn is_read_only(operation: &Operation) -> bool {
    operation.service() == "sts" || READING.iter().any(|verb| operation.name().starts_with(verb))
}

/// Of calls that read, CloudTrail keeps no answer, apart from those that make something which is told by it.
fn has_response(operation: &Operation) -> bool {
    match operation.name() {
        "AssumeRole" | "GetSessionToken" | "StartQuery" => true,
        _ => !is_read_only(operation),
    }
}

fn resources(called: &Called<'_>) -> Vec<(&'static str, String)> {
    let text = |member: &str| called.input?.get(member)?.as_str();
    let (kind, arn) = match called.operation.name() {
        "AssumeRole" => ("AWS::IAM::Role", text("RoleArn").map(str::to_owned)),
        "PutAuditEvents" => {
            ("AWS::CloudTrail::Channel", text("channelArn").map(|name| channel_arn(called, name)))
        }
        _ => return Vec::new(),
    };
    arn.map(|arn| (kind, arn)).into_iter().collect()
}

fn channel_arn(called: &Called<'_>, name: &str) -> String {
    match name.starts_with("arn:") {
        true => name.to_owned(),
        false => {
            format!("arn:aws:cloudtrail:{}:{}:channel/{name}", called.region, called.account)
        }
    }
}

fn shown(resources: &[(&'static str, String)]) -> Value {
    let shown = resources.iter().map(|(kind, arn)| {
        let account = arn.split(':').nth(4).unwrap_or_default();
        json!({"accountId": account, "type": kind, "ARN": arn})
    });
    shown.collect()
}

fn tls_details(called: &Called<'_>) -> Option<Value> {
    let session = called.peer?.session?;
    let mut details = json!({
        "tlsVersion": session.version,
        "cipherSuite": session.cipher_suite,
    });
    if let Some(host) = &called.host {
        details["clientProvidedHostHeader"] = json!(host);
    }
    Some(details)
}

/// Leaves out the secret of a key, and hides the others.
fn without_secrets(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(name, _)| name != SECRETS[0]);
            let hidden = members.map(|(name, value)| {
                let is_secret = SECRETS.contains(&name.as_str());
                let value = if is_secret { json!(HIDDEN) } else { without_secrets(value) };
                (name, value)
            });
            Value::Object(hidden.collect())
        }
        Value::Array(items) => items.into_iter().map(without_secrets).collect(),
        value => value,
    }
}

/// The beginning of a text, as long as records have it.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}
