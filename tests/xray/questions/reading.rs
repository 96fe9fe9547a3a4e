//! Questions about reading traces.

use super::sampling::same_place;
use crate::xray::event::Event;
use crate::xray::rows::{Row, Time, row};
use crate::xray::tools::{
    HOUR, addresses, alike, count, distinct, errors, first, greatest, group, last, latest, least,
    matches, operations, sum,
};
use crate::xray::trail::{Params, Trail};
use crate::xray::view::{Call, RETRIEVE, Trace, normal};
use fancy_regex::Regex;
use std::cmp::Reverse;

fn requested(calls: &[&Call]) -> Option<i64> {
    sum(calls.iter().map(|call| call.traces_requested))
}

pub(super) fn bulk_trace_export(trail: &Trail, params: &Params) -> Vec<Row> {
    let good = trail.traces(&RETRIEVE, params).into_iter();
    let good = good.filter(|trace| trace.call.error.is_none());
    let groups = group(good, |trace| {
        (trace.call.at().div_euclid(HOUR) * HOUR, trace.call.caller.as_deref())
    });
    let mut rows = Vec::new();
    for ((hour, caller), traces) in groups {
        let calls = || traces.iter().map(|trace| trace.call);
        let ids = distinct(traces.iter().map(|trace| Some(&trace.id)));
        if ids as i64 >= params.whole("traces", 100) {
            rows.push(row! {
                hour: Time(hour),
                principal: caller,
                traces: ids,
                calls: distinct(calls().map(|call| call.id.as_deref())),
                address: least(calls().map(|call| call.address.as_deref())),
                caller_account: greatest(calls().map(|call| call.caller_account.as_deref())),
                owner_account: greatest(calls().map(|call| call.account.as_deref())),
            });
        }
    }
    rows
}

pub(super) fn console_reads_without_mfa(trail: &Trail, params: &Params) -> Vec<Row> {
    let reads = trail
        .window(params)
        .into_iter()
        .filter(|call| call.console && call.read_only != Some(false) && call.mfa != Some(true));
    let answer = |(caller, calls): (&Option<String>, Vec<&Call>)| {
        row! {
            principal: caller,
            reads: calls.len(),
            mfa: least(calls.iter().map(|call| call.mfa)),
            operations: operations(&calls),
            last_address: &latest(&calls).address,
            last_seen: last(&calls),
        }
    };
    group(reads, |call| &call.caller).into_iter().map(answer).collect()
}

pub(super) fn cross_account_readers(trail: &Trail, params: &Params) -> Vec<Row> {
    let pattern = params.text("caller", "%");
    let foreign = trail.window(params).into_iter().filter(|call| {
        call.account.is_some()
            && call.caller_account != call.account
            && alike(&call.caller_account, pattern)
            && !["send", "sample"].contains(&call.what_for)
            && call.read_only != Some(false)
    });
    let groups =
        group(foreign, |call| (&call.caller_account, &call.account, &call.caller, &call.name));
    let answer = |((from, owner, caller, name), calls): ((_, _, _, _), Vec<&Call>)| {
        row! {
            caller_account: from,
            owner_account: owner,
            principal: caller,
            event_name: name,
            calls: calls.len(),
            first_seen: first(&calls),
            last_seen: last(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}

pub(super) fn filter_expressions(trail: &Trail, params: &Params) -> Vec<Row> {
    let default = r"annotation\.|user|http\.clientip|email|account";
    let pattern = Regex::new(params.text("pattern", default)).unwrap();
    let found = |call: &&Call| {
        let filter = call.asked("filterExpression").map(str::to_lowercase);
        filter.is_some_and(|filter| pattern.is_match(&filter).unwrap())
    };
    let calls = trail.named(&["GetTraceSummaries"], params).into_iter().filter(found);
    let groups = group(calls, |call| (call.asked("filterExpression"), &call.role));
    let answer = |((filter, role), calls): ((Option<&str>, _), Vec<&Call>)| {
        row! {
            filter_expression: filter,
            calls: calls.len(),
            principal: role,
            sessions: distinct(calls.iter().map(|call| call.caller.as_deref())),
            last_seen: last(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}

/// The trace that most calls read; of several the one with the least id.
fn most_read(trail: &Trail, params: &Params) -> Option<String> {
    let reads = group(trail.traces(&RETRIEVE, params), |trace| trace.id.clone());
    let most = reads.into_iter().min_by_key(|(_, traces)| Reverse(traces.len()));
    most.map(|(id, _)| id)
}

pub(super) fn life_of_a_trace(trail: &Trail, params: &Params) -> Vec<Row> {
    let Some(id) = params.given("trace").map(normal).or_else(|| most_read(trail, params)) else {
        return Vec::new();
    };
    let answer = |trace: Trace<'_>| {
        let call = trace.call;
        let sent = call.calls(&["PutTraceSegments"]);
        row! {
            event_time: call.when(),
            action: if sent { "sent" } else { "read" },
            event_name: &call.name,
            account: &call.account,
            principal: &call.caller,
            address: &call.address,
            trace_id: trace.id,
            segments: trace.segments,
            error: &call.error,
            event_id: &call.id,
        }
    };
    let of_calls = trail.window(params).into_iter().flat_map(Call::named);
    of_calls.filter(|trace| trace.id == id).map(answer).collect()
}

const READERS: [&str; 8] = [
    "BatchGetTraces",
    "GetTraceSummaries",
    "GetTraceGraph",
    "GetServiceGraph",
    "GetTimeSeriesServiceStatistics",
    "StartTraceRetrieval",
    "ListRetrievedTraces",
    "GetRetrievedTracesGraph",
];

pub(super) fn trace_readers(trail: &Trail, params: &Params) -> Vec<Row> {
    let pattern = params.text("principal", "%");
    let reads = trail.named(&READERS, params).into_iter();
    let reads = reads.filter(|call| matches(&call.role, pattern));
    let mut found = Vec::new();
    for (role, calls) in group(reads, |call| &call.role) {
        let row = row! {
            principal: role,
            calls: calls.len(),
            operations: operations(&calls),
            addresses: addresses(&calls),
            traces: requested(&calls),
            errors: errors(&calls),
            first_seen: first(&calls),
            last_seen: last(&calls),
        };
        found.push(((Reverse(calls.len()), role.is_none(), role), row));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(_, row)| row).take(params.limit(100)).collect()
}

pub(super) fn readers_that_never_send(trail: &Trail, params: &Params) -> Vec<Row> {
    let known = trail.window(params).into_iter().filter(|call| call.role.is_some());
    let mut rows = Vec::new();
    for (role, calls) in group(known, |call| &call.role) {
        let reads: Vec<_> = calls.iter().copied().filter(|call| call.what_for == "read").collect();
        if reads.is_empty() || calls.iter().any(|call| call.what_for == "send") {
            continue;
        }
        rows.push(row! {
            principal: role,
            identity_type: least(calls.iter().map(|call| call.identity.kind.as_deref())),
            accounts: distinct(calls.iter().map(|call| call.account.as_deref())),
            reads: reads.len(),
            traces: requested(&calls),
            addresses: addresses(&reads),
            first_read: first(&reads),
            last_read: last(&reads),
        });
    }
    rows
}

/// Whether a person calls, not a program.
fn by_person(call: &Call) -> bool {
    let kind = call.identity.kind.as_deref().unwrap_or_default();
    ["Root", "IAMUser", "IdentityCenterUser", "SAMLUser"].contains(&kind)
        || call.identity.person.is_some()
        || call.console
        || call.identity.by_portal()
        || call.client == Some("console")
}

pub(super) fn reads_by_people(trail: &Trail, params: &Params) -> Vec<Row> {
    let reads = trail.window(params).into_iter();
    let reads = reads.filter(|call| call.what_for == "read" && by_person(call));
    let groups = group(reads, |call| (&call.caller, &call.identity.person));
    let answer = |((caller, person), calls): ((_, _), Vec<&Call>)| {
        row! {
            person: caller,
            on_behalf_of: person,
            identity_type: least(calls.iter().map(|call| call.identity.kind.as_deref())),
            reads: calls.len(),
            operations: operations(&calls),
            traces: requested(&calls),
            errors: errors(&calls),
            console: calls.iter().any(|call| call.console),
            mfa: greatest(calls.iter().map(|call| call.mfa)),
            last_address: &latest(&calls).address,
            first_seen: first(&calls),
            last_seen: last(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}

const LOG_READS: [&str; 7] = [
    "StartQuery",
    "GetLogEvents",
    "FilterLogEvents",
    "GetLogRecord",
    "StartLiveTail",
    "GetLogObject",
    "GetLogFields",
];

/// Whether a call of CloudWatch Logs names the groups in which spans are.
fn reads_spans(event: &Event) -> bool {
    let asked = serde_json::to_string(&event.request).unwrap();
    event.calls(&LOG_READS)
        && ["aws/spans", "/aws/application-signals/data"].iter().any(|name| asked.contains(name))
}

pub(super) fn spans_read_through_logs(trail: &Trail, params: &Params) -> Vec<Row> {
    let reads = trail.of_service("logs.amazonaws.com", params).into_iter();
    let reads = reads.filter(|event| params.holds(event.time) && reads_spans(event));
    let groups =
        group(reads, |event| (&event.account, &event.region, event.identity.caller(), &event.name));
    let switched: Vec<_> = trail
        .history(params)
        .into_iter()
        .filter(|call| call.calls(&["UpdateTraceSegmentDestination"]) && call.error.is_none())
        .filter(|call| call.asked("destination") == Some("CloudWatchLogs"))
        .collect();
    let mut rows = Vec::new();
    for ((account, region, caller, name), reads) in groups {
        let times = || reads.iter().filter_map(|event| event.time);
        let last = times().max();
        let here = switched.iter().filter(|call| same_place(call, reads[0]));
        let since = here.filter(|call| call.time < last).map(|call| call.when()).max();
        rows.push(row! {
            account: account,
            region: region,
            principal: caller,
            event_name: name,
            reads: reads.len(),
            errors: count(&reads, |event| event.error.is_some()),
            first_seen: times().min().map(Time),
            last_seen: last.map(Time),
            destination_since: since,
        });
    }
    rows
}
