//! The rows of `xray_events` and of `xray_traces`, made of records.

use super::agent;
use super::event::{Event, Map};
use super::json;
use super::rows::{Row, Time, row};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

pub(crate) const MASK: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";
/// Calls that read the traces whose ids they name.
pub(crate) const RETRIEVE: [&str; 3] = ["BatchGetTraces", "GetTraceGraph", "StartTraceRetrieval"];

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;

const SEND: [&str; 4] =
    ["PutTraceSegments", "PutTelemetryRecords", "PutSpans", "PutSpansForIndexing"];
const SAMPLE: [&str; 2] = ["GetSamplingRules", "GetSamplingTargets"];
const READ: [&str; 13] = [
    "BatchGetTraces",
    "GetTraceSummaries",
    "GetTraceGraph",
    "GetServiceGraph",
    "GetTimeSeriesServiceStatistics",
    "GetInsight",
    "GetInsightEvents",
    "GetInsightImpactGraph",
    "GetInsightSummaries",
    "StartTraceRetrieval",
    "CancelTraceRetrieval",
    "ListRetrievedTraces",
    "GetRetrievedTracesGraph",
];

/// A call of X-Ray.
#[derive(Debug)]
pub(crate) struct Call {
    event: Event,
    pub(crate) what_for: &'static str,
    pub(crate) caller: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) caller_account: Option<String>,
    pub(crate) access_key: Option<String>,
    pub(crate) mfa: Option<bool>,
    pub(crate) console: bool,
    pub(crate) client: Option<&'static str>,
    pub(crate) client_version: Option<String>,
    pub(crate) segments: Option<i64>,
    pub(crate) trace_ids: Option<Vec<String>>,
    pub(crate) traces: Option<i64>,
    pub(crate) traces_requested: Option<i64>,
    pub(crate) oldest: Option<Time>,
    pub(crate) newest: Option<Time>,
    pub(crate) unprocessed: Option<i64>,
    pub(crate) accepted: Option<i64>,
    pub(crate) bytes: Option<i64>,
    pub(crate) throttled: bool,
    pub(crate) denied: bool,
}

impl Deref for Call {
    type Target = Event;

    fn deref(&self) -> &Event {
        &self.event
    }
}

/// A trace id that a call names.
#[derive(Debug, Clone)]
pub(crate) struct Trace<'a> {
    pub(crate) call: &'a Call,
    pub(crate) id: String,
    /// How often the call names it.
    pub(crate) segments: i64,
    pub(crate) start: Option<Time>,
}

/// What a call is for.
fn what_for(operation: Option<&str>) -> &'static str {
    let Some(name) = operation else { return "configure" };
    match name {
        _ if SEND.contains(&name) => "send",
        _ if SAMPLE.contains(&name) => "sample",
        _ if READ.contains(&name) => "read",
        _ if ["Get", "List", "BatchGet", "Describe"].iter().any(|p| name.starts_with(p)) => {
            "inspect"
        }
        _ => "configure",
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The two parts of an id of X-Ray's form.
fn parts(id: &str) -> Option<(&str, &str)> {
    let parts = id.strip_prefix("1-")?.split_once('-')?;
    (is_hex(parts.0, 8) && is_hex(parts.1, 24)).then_some(parts)
}

/// A trace id in one spelling.
pub(crate) fn normal(id: &str) -> String {
    let id = id.strip_prefix("trace_id:").unwrap_or(id);
    if is_hex(id, 32) {
        return format!("1-{}-{}", &id[..8], &id[8..]).to_lowercase();
    }
    if parts(id).is_some() { id.to_lowercase() } else { id.to_owned() }
}

/// When a trace began, if its id tells it.
fn start(id: &str, event: Option<i64>) -> Option<Time> {
    let (seconds, _) = parts(id).filter(|_| id == id.to_lowercase())?;
    let start = i64::from_str_radix(seconds, 16).unwrap() * 1000;
    let event = event?;
    (event - 30 * DAY..=event + HOUR).contains(&start).then_some(Time(start))
}

/// The number of bytes of a request.
fn bytes(event: &Event) -> Option<i64> {
    if event.asked("omitted") == Some("true") {
        return event.asked("originalSize")?.trim().parse().ok();
    }
    let number = event.additional.as_ref()?.get("bytesTransferredIn")?.as_deref()?;
    number.trim().parse::<f64>().ok().map(|number| number.round() as i64)
}

fn count<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap()
}

/// The ids in a list of texts, in one spelling; masked ones are left out.
fn ids(list: Vec<Option<String>>) -> Vec<String> {
    list.into_iter().flatten().filter(|id| id != MASK).map(|id| normal(&id)).collect()
}

impl Call {
    pub(crate) fn of(event: Event) -> Self {
        let sends = event.calls(&["PutTraceSegments"]);
        let reads = event.calls(&RETRIEVE);
        let documents = event.asked("traceSegmentDocuments").and_then(json::texts);
        let documents = documents.filter(|_| sends);
        let segments = documents.as_ref().map(|list| count(list));
        let wanted = event.asked("traceIds").and_then(json::texts).filter(|_| reads);
        let trace_ids = documents.or(wanted).map(ids);
        let distinct = trace_ids
            .as_ref()
            .map(|ids| i64::try_from(ids.iter().collect::<BTreeSet<_>>().len()).unwrap());
        let starts = || trace_ids.iter().flatten().filter_map(|id| start(id, event.time));
        let (oldest, newest) = (starts().min(), starts().max());
        let unprocessed = event.answered("unprocessedTraceSegments").and_then(json::elements);
        let unprocessed = unprocessed.map(|elements| count(&elements));
        let accepted = segments.map(|segments| match event.error {
            Some(_) => 0,
            None => (segments - unprocessed.unwrap_or(0)).max(0),
        });
        let user = &event.identity;
        let error = event.error.as_deref().unwrap_or_default();
        let console = event.from_console.as_deref() == Some("true");
        let agent = event.agent.as_deref().filter(|agent| !agent.is_empty());
        let client = agent.map(|agent| agent::client(agent, console));
        Self {
            what_for: what_for(event.name.as_deref()),
            caller: user.caller(),
            role: user.principal(),
            session: user.session(),
            caller_account: user.account.clone().filter(|account| !account.is_empty()),
            access_key: user.access_key.clone().filter(|key| !key.is_empty()),
            mfa: user.mfa.as_deref().and_then(|text| text.parse().ok()),
            console,
            client,
            client_version: agent.zip(client).and_then(|(text, of)| agent::version(text, of)),
            segments,
            traces: distinct.filter(|_| sends),
            traces_requested: distinct.filter(|_| reads),
            oldest: oldest.filter(|_| sends),
            newest: newest.filter(|_| sends),
            trace_ids,
            unprocessed,
            accepted,
            bytes: bytes(&event),
            throttled: ["ThrottledException", "ThrottlingException", "Throttling"].contains(&error),
            denied: error.starts_with("AccessDenied") || error.contains("UnauthorizedOperation"),
            event,
        }
    }

    /// When, of a call whose time is known.
    pub(crate) fn at(&self) -> i64 {
        self.time.unwrap()
    }

    /// The moment and the id: the order of calls.
    pub(crate) fn order(&self) -> (i64, Option<&str>) {
        (self.at(), self.id.as_deref())
    }

    pub(crate) fn when(&self) -> Time {
        Time(self.at())
    }

    /// The trace ids that it names, each once.
    pub(crate) fn named(&self) -> Vec<Trace<'_>> {
        let mut times = BTreeMap::new();
        for id in self.trace_ids.iter().flatten() {
            *times.entry(id.clone()).or_insert(0) += 1;
        }
        let trace = |(id, segments): (String, i64)| Trace {
            start: start(&id, self.time),
            call: self,
            id,
            segments,
        };
        times.into_iter().map(trace).collect()
    }

    /// The row of `xray_events`.
    pub(crate) fn row(&self) -> Row {
        let mut row = self.head();
        row.append(&mut row! {
            segments: self.segments,
            trace_ids: self.trace_ids.clone().map(Value::from),
            traces: self.traces,
            traces_requested: self.traces_requested,
            oldest_trace: self.oldest,
            newest_trace: self.newest,
            unprocessed: self.unprocessed,
            segments_accepted: self.accepted,
            request_bytes: self.bytes,
            error_code: &self.error,
            error_message: &self.message,
            throttled: self.throttled,
            denied: self.denied,
            tls_version: &self.tls,
            request: map(&self.request),
            response: map(&self.response),
        });
        row
    }

    /// When, where, who and by what.
    fn head(&self) -> Row {
        row! {
            event_time: self.time.map(Time),
            event_id: &self.id,
            account: &self.account,
            region: &self.region,
            operation: &self.name,
            category: self.what_for,
            event_category: &self.event.category,
            identity_type: &self.identity.kind,
            caller: &self.caller,
            role: &self.role,
            session: &self.session,
            caller_account: &self.caller_account,
            access_key: &self.access_key,
            on_behalf_of: &self.identity.person,
            identity_store: &self.identity.store,
            identity_provider: self.identity.session_provider(),
            invoked_by: &self.identity.invoked_by,
            mfa: self.mfa,
            console: self.console,
            source_ip: &self.address,
            vpc_endpoint: &self.endpoint,
            vpc_endpoint_account: &self.endpoint_account,
            user_agent: &self.agent,
            client: self.client,
            client_version: &self.client_version,
            read_only: self.read_only,
        }
    }
}

impl Trace<'_> {
    /// The row of `xray_traces`.
    pub(crate) fn row(&self) -> Row {
        let call = self.call;
        row! {
            event_time: call.time.map(Time),
            event_id: &call.id,
            account: &call.account,
            region: &call.region,
            operation: &call.name,
            role: &call.role,
            caller: &call.caller,
            session: &call.session,
            caller_account: &call.caller_account,
            source_ip: &call.address,
            trace_id: self.id.as_str(),
            segments: self.segments,
            trace_start: self.start,
            error_code: &call.error,
        }
    }
}

fn map(map: &Option<Map>) -> Option<Value> {
    Some(map.as_ref()?.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
}
