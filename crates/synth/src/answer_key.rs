//! Renders the answer key: what was planted and what a query must find.
//!
//! The key is beside `AWSLogs`, so that no import takes it for a log file. Counts come twice: `distinct`
//! (what a store without duplicates answers) and `written` (records in the files).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::json::uuid_text;
use crate::options::{SynthOptions, SynthReport};
use crate::plan::Plan;
use crate::tally::{Count, Tally};

/// Name of the answer key in the output directory.
pub(crate) const FILE_NAME: &str = "answer-key.json";

fn counts(count: Count) -> Value {
    json!({"distinct": count.distinct, "written": count.written()})
}

/// Returns the key as pretty JSON.
pub(crate) fn render(
    options: &SynthOptions,
    plan: &Plan,
    tally: &Tally,
    report: &SynthReport,
) -> String {
    let errors = plan.catalog.codes.iter().zip(&tally.codes).filter(|(code, _)| !code.is_empty());
    let xray = plan.catalog.kinds.iter().zip(&tally.kinds).filter(|(k, _)| k.call.source == "xray");
    let twice: Vec<String> = tally.duplicates.iter().map(|(_, id)| uuid_text(*id)).collect();
    let key = json!({
        "generator": {
            "events": options.events,
            "seed": options.seed,
            "xrayShare": options.xray_share,
            "start": options.start.to_string(),
            "days": options.days,
        },
        "totals": {
            "events": report.events,
            "distinctEventIDs": report.distinct_events,
            "duplicates": report.events - report.distinct_events,
            "xrayEvents": counts(sum(xray.map(|(_, count)| count))),
            "files": report.files,
            "jsonBytes": report.json_bytes,
            "gzipBytes": report.gzip_bytes,
            "errors": counts(sum(errors.map(|(_, count)| count))),
            "eventsWithAddendum": tally.amended,
            "oldDaemonEvents": tally.old_daemon,
        },
        "eventNames": event_names(plan, tally),
        "errorCodes": error_codes(plan, tally),
        "duplicatedEventIDs": {
            "listed": twice.len(),
            "eventIDs": twice,
        },
        "stories": plan.stories,
    });
    // `{:#}` is serde_json's pretty form.
    format!("{key:#}\n")
}

fn sum<'a>(counts: impl Iterator<Item = &'a Count>) -> Count {
    let mut sum = Count::default();
    counts.for_each(|count| sum.add(*count));
    sum
}

/// Returns how often each call was written, by the service's name and its own.
fn event_names(plan: &Plan, tally: &Tally) -> Map<String, Value> {
    let mut names: BTreeMap<String, BTreeMap<&str, Count>> = BTreeMap::new();
    for (kind, count) in plan.catalog.kinds.iter().zip(&tally.kinds) {
        if count.written() > 0 {
            let source = format!("{}.amazonaws.com", kind.call.source);
            // The intrusion has kinds of its own for calls that are in the general mix, too.
            names.entry(source).or_default().entry(kind.call.name).or_default().add(*count);
        }
    }
    let calls = |calls: BTreeMap<&str, Count>| {
        Value::Object(
            calls.into_iter().map(|(name, count)| (name.to_owned(), counts(count))).collect(),
        )
    };
    names.into_iter().map(|(source, of_source)| (source, calls(of_source))).collect()
}

fn error_codes(plan: &Plan, tally: &Tally) -> Map<String, Value> {
    let codes: BTreeMap<&str, Count> =
        plan.catalog.codes.iter().copied().zip(tally.codes.iter().copied()).collect();
    codes
        .into_iter()
        // Failed sign-ins carry a message, but no code.
        .filter(|(code, count)| !code.is_empty() && count.written() > 0)
        .map(|(code, count)| (code.to_owned(), counts(count)))
        .collect()
}
