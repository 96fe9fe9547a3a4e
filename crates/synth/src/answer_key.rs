//! Renders the answer key: what was planted and what a query must find.
//!
//! The key lies beside `AWSLogs`, so no import takes it for a log file. Counts come twice: `distinct`
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
    let mut names: BTreeMap<String, BTreeMap<&str, Count>> = BTreeMap::new();
    let mut xray = Count::default();
    for (kind, count) in plan.catalog.kinds.iter().zip(&tally.kinds) {
        if count.written() == 0 {
            continue;
        }
        if kind.call.source == "xray" {
            xray.add(*count);
        }
        let source = format!("{}.amazonaws.com", kind.call.source);
        // The intrusion has kinds of its own for calls that are in the general mix, too.
        names.entry(source).or_default().entry(kind.call.name).or_default().add(*count);
    }
    let names: Map<String, Value> = names
        .into_iter()
        .map(|(source, calls)| {
            let calls = calls.into_iter().map(|(name, count)| (name.to_owned(), counts(count)));
            (source, Value::Object(calls.collect()))
        })
        .collect();
    let codes: BTreeMap<&str, Count> =
        plan.catalog.codes.iter().copied().zip(tally.codes.iter().copied()).collect();
    let codes: Map<String, Value> = codes
        .into_iter()
        // Failed sign-ins carry a message, but no code.
        .filter(|(code, count)| !code.is_empty() && count.written() > 0)
        .map(|(code, count)| (code.to_owned(), counts(count)))
        .collect();
    let mut errors = Count::default();
    for (code, count) in plan.catalog.codes.iter().zip(&tally.codes) {
        if !code.is_empty() {
            errors.add(*count);
        }
    }
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
            "xrayEvents": counts(xray),
            "files": report.files,
            "jsonBytes": report.json_bytes,
            "gzipBytes": report.gzip_bytes,
            "errors": counts(errors),
            "eventsWithAddendum": tally.amended,
            "oldDaemonEvents": tally.old_daemon,
        },
        "eventNames": names,
        "errorCodes": codes,
        "duplicatedEventIDs": {
            "listed": twice.len(),
            "eventIDs": twice,
        },
        "stories": plan.stories,
    });
    // `{:#}` is serde_json's pretty form.
    format!("{key:#}\n")
}
