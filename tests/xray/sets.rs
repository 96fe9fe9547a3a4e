//! With which parameters the saved queries are asked, beside their defaults.

use super::trail::Params;

/// A window that cuts the records in the middle.
const WINDOW: [(&str, &str); 2] =
    [("from", "2026-03-03T08:00:00Z"), ("to", "2026-03-04T21:30:00Z")];

/// Parameters with their values.
type Given = &'static [(&'static str, &'static str)];

/// Values for single queries; several for one are asked one after the other.
const SETS: &[(&str, Given)] = &[
    ("batch-sizes", &[("role", "s%")]),
    ("bulk-trace-export", &[("traces", "2")]),
    ("calls-from-outside", &[("networks", "10.0.0.0/8,2001:db8::/32"), ("limit", "5")]),
    ("configuration-changes", &[("event", "Update%"), ("principal", "anna")]),
    ("configuration-changes", &[("event", "%Group"), ("principal", "%pipeline%")]),
    ("cross-account-readers", &[("caller", "999%")]),
    ("daemon-health", &[("limit", "3")]),
    ("daemon-to-collector", &[("account", "1111_2222%")]),
    ("daemon-versions", &[("version", "3.3%")]),
    ("daemons-by-host", &[("client", "c%")]),
    ("encryption-changes", &[("account", "1111%")]),
    ("encryption-key-life", &[("key", "alias/%")]),
    ("filter-expressions", &[("pattern", "fault")]),
    ("groups-and-rules", &[("name", "c%")]),
    ("late-segments", &[("segments", "1")]),
    ("life-of-a-trace", &[("trace", "trace_id:69A8C7805F1E0C7A9B3D2E4F60718293")]),
    ("life-of-a-trace", &[("trace", "no id")]),
    ("new-principals", &[("days", "3")]),
    ("outdated-tls", &[("version", "1.3")]),
    ("pollers-out-of-rhythm", &[("rate", "0.01"), ("calls", "2")]),
    ("sampling-by-rule", &[("limit", "3")]),
    ("sampling-lowered", &[("hours", "2")]),
    ("sampling-rule-changes", &[("rule", "%out")]),
    ("sampling-switched-off", &[("rate", "0.2")]),
    ("segment-quota", &[("quota", "50")]),
    ("segments-by-role", &[("unit", "hour"), ("role", "%svc")]),
    ("segments-sent-again", &[("segments", "1")]),
    ("silent-hosts", &[("hours", "1"), ("calls", "2"), ("days", "30")]),
    ("silent-senders", &[("hours", "1"), ("calls", "2"), ("days", "30")]),
    ("throttle-storms", &[("percent", "60")]),
    ("throttled-roles", &[("percent", "20")]),
    ("throttling-by-hour", &[("quota", "50")]),
    ("trace-readers", &[("principal", "reader"), ("limit", "2")]),
    ("traces-across-accounts", &[("accounts", "1"), ("days", "2"), ("limit", "7")]),
    ("tracing-cost", &[("price", "123.45")]),
    ("unprocessed-segments", &[("role", "%svc")]),
];

/// Queries that are asked with their own parameters of many records, too: what they count is great only
/// there.
const OF_MANY: [&str; 8] = [
    "bulk-trace-export",
    "late-segments",
    "pollers-out-of-rhythm",
    "segments-sent-again",
    "silent-hosts",
    "silent-senders",
    "throttling-by-hour",
    "traces-across-accounts",
];

fn own(query: &str) -> impl Iterator<Item = Params> {
    SETS.iter()
        .filter(move |(of, _)| query.ends_with(&format!("/{of}")))
        .map(|(_, given)| Params::of(given))
}

/// Parameters for a few odd records: none, the window, and the query's own in all of time.
pub(crate) fn of_few(query: &str) -> Vec<Params> {
    [Params::default(), Params::of(&WINDOW)].into_iter().chain(own(query)).collect()
}

/// Parameters for many usual records: none, and for some queries their own.
pub(crate) fn of_many(query: &str) -> Vec<Params> {
    let chosen = OF_MANY.iter().any(|name| query.ends_with(&format!("/{name}")));
    [Params::default()].into_iter().chain(own(query).filter(|_| chosen)).collect()
}
