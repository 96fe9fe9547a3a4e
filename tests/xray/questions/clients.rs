//! Questions about the programs that call: daemons, collectors, samplers, services.

use crate::xray::agent::environment;
use crate::xray::json;
use crate::xray::rows::{Row, Time, row};
use crate::xray::tools::{
    DAY, SECOND, alike_or_empty, count, distinct, errors, first, group, is_service, last, least,
    like, round, segments, sum,
};
use crate::xray::trail::{Params, Trail};
use crate::xray::view::{Call, MASK};
use std::cmp::Reverse;

fn callers(calls: &[&Call]) -> usize {
    distinct(calls.iter().map(|call| call.caller.as_deref()))
}

fn accounts(calls: &[&Call]) -> usize {
    distinct(calls.iter().map(|call| call.account.as_deref()))
}

/// A whole number that stands in JSON.
fn whole(text: &str, path: &[&str]) -> Option<i64> {
    json::at(text, path)?.parse().ok()
}

/// The host that a call of telemetry is about.
fn host(call: &Call) -> Option<String> {
    let told = |name: &str| {
        let members = call.request.iter().flatten();
        let mut values = members.filter(|(key, _)| *key == name || key.to_lowercase() == name);
        values
            .find_map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty() && value != MASK)
    };
    let name = call.asked("hostname").filter(|name| !name.is_empty() && *name != MASK);
    name.map(str::to_owned).or_else(|| told("ec2instanceid")).or_else(|| call.caller.clone())
}

pub(super) fn daemon_health(trail: &Trail, params: &Params) -> Vec<Row> {
    let mut records = Vec::new();
    for call in trail.named(&["PutTelemetryRecords"], params) {
        let list = call.asked("telemetryRecords").and_then(json::elements).unwrap_or_default();
        records.extend(list.into_iter().map(|record| (call, record)));
    }
    let mut found = Vec::new();
    for ((account, host), records) in group(records, |(call, _)| (&call.account, host(call))) {
        let total = |path: &[&str]| sum(records.iter().map(|(_, record)| whole(record, path)));
        let calls: Vec<_> = records.iter().map(|(call, _)| *call).collect();
        let received = total(&["segmentsReceivedCount"]);
        let (spilled, rejected) =
            (total(&["segmentsSpilloverCount"]), total(&["segmentsRejectedCount"]));
        let lost = spilled.unwrap_or(0) + rejected.unwrap_or(0);
        let row = row! {
            host: &host,
            account: account,
            received: received,
            sent: total(&["segmentsSentCount"]),
            spilled: spilled,
            rejected: rejected,
            timeouts: total(&["backendConnectionErrors", "timeoutCount"]),
            last_seen: last(&calls),
        };
        let order =
            (Reverse(lost), Reverse(received), host.is_none(), host, account.is_none(), account);
        found.push((order, row));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(_, row)| row).take(params.limit(100)).collect()
}

pub(super) fn daemon_to_collector(trail: &Trail, params: &Params) -> Vec<Row> {
    let pattern = params.text("account", "%");
    let sends = trail.sends(params).into_iter();
    let sends = sends.filter(|call| alike_or_empty(&call.account, pattern));
    let groups = group(sends, |call| (call.at().div_euclid(DAY), call.client.unwrap_or("unknown")));
    let answer = |((day, client), calls): ((i64, &str), Vec<&Call>)| {
        row! {
            day: Time(day * DAY),
            client: client,
            calls: calls.len(),
            senders: callers(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}

pub(super) fn daemon_versions(trail: &Trail, params: &Params) -> Vec<Row> {
    let pattern = params.text("version", "%");
    let daemons = trail.window(params).into_iter().filter(|call| call.client == Some("daemon"));
    let daemons = daemons.filter(|call| alike_or_empty(&call.client_version, pattern));
    let groups = group(daemons, |call| (&call.client_version, environment(call.agent.as_deref())));
    let answer = |((version, environment), calls): ((_, Option<String>), Vec<&Call>)| {
        row! {
            version: version,
            hosts: callers(&calls),
            environment: environment,
            calls: calls.len(),
            accounts: accounts(&calls),
            first_seen: first(&calls),
            last_seen: last(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}

pub(super) fn daemons_by_host(trail: &Trail, params: &Params) -> Vec<Row> {
    let pattern = params.text("client", "daemon");
    let programs = trail.window(params).into_iter();
    let programs = programs.filter(|call| call.client.is_some_and(|name| like(name, pattern)));
    let groups = group(programs, |call| {
        (
            (&call.account, &call.role, call.session.as_ref().or(call.caller.as_ref())),
            (call.client, &call.client_version, environment(call.agent.as_deref())),
        )
    });
    let mut rows = Vec::new();
    for (((account, role, host), (client, version, environment)), calls) in groups {
        rows.push(row! {
            account: account,
            host: host.cloned(),
            role: role,
            client: client,
            version: version,
            environment: environment,
            calls: calls.len(),
            segments: segments(&calls),
            first_seen: first(&calls),
            last_seen: last(&calls),
        });
    }
    rows
}

/// The statistics that a sampler sends.
fn statistics(call: &Call) -> Vec<&str> {
    call.asked("samplingStatisticsDocuments").and_then(json::elements).unwrap_or_default()
}

/// The sampler that asks for targets.
fn sampler(call: &Call) -> Option<String> {
    let document = *statistics(call).first()?;
    json::at(document, &["clientID"]).or_else(|| json::at(document, &["clientId"]))
}

pub(super) fn pollers_out_of_rhythm(trail: &Trail, params: &Params) -> Vec<Row> {
    let polls = trail.named(&["GetSamplingTargets"], params).into_iter();
    let known = polls.filter(|call| sampler(call).is_some());
    let mut rows = Vec::new();
    for ((account, client), calls) in group(known, |call| (&call.account, sampler(call))) {
        let seconds = ((last(&calls).0 - first(&calls).0) / SECOND).max(1);
        let rate = calls.len() as f64 / seconds as f64;
        if calls.len() as i64 >= params.whole("calls", 3) && rate >= params.number("rate", 0.5) {
            rows.push(row! {
                client: client,
                account: account,
                role: least(calls.iter().map(|call| call.role.clone())),
                calls: calls.len(),
                first_seen: first(&calls),
                last_seen: last(&calls),
                calls_per_second: round(rate, 3),
            });
        }
    }
    rows
}

pub(super) fn sampling_by_rule(trail: &Trail, params: &Params) -> Vec<Row> {
    let polls = trail.named(&["GetSamplingTargets"], params);
    let documents = polls
        .into_iter()
        .flat_map(|call| statistics(call).into_iter().map(move |document| (call, document)));
    let mut found = Vec::new();
    for (rule, documents) in group(documents, |(_, text)| json::at(text, &["ruleName"])) {
        let total = |name: &str| sum(documents.iter().map(|(_, text)| whole(text, &[name])));
        let (requests, sampled) = (total("requestCount"), total("sampledCount"));
        let share = requests.zip(sampled).filter(|(requests, _)| *requests != 0);
        let share = share.map(|(requests, sampled)| 100.0 * sampled as f64 / requests as f64);
        let row = row! {
            rule: &rule,
            requests: requests,
            sampled: sampled,
            borrowed: total("borrowCount"),
            percent_sampled: share.map(|share| round(share, 2)),
            accounts: distinct(documents.iter().map(|(call, _)| call.account.as_deref())),
        };
        found.push(((Reverse(requests), rule.is_none(), rule), row));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(_, row)| row).take(params.limit(100)).collect()
}

pub(super) fn service_callers(trail: &Trail, params: &Params) -> Vec<Row> {
    let by_service = |call: &&Call| call.identity.invoked_by.is_some() || is_service(&call.address);
    let calls = trail.window(params).into_iter().filter(by_service);
    let service = |call: &Call| call.identity.invoked_by.clone().or_else(|| call.address.clone());
    let groups = group(calls, |call| (service(call), &call.name));
    let answer = |((service, name), calls): ((Option<String>, _), Vec<&Call>)| {
        row! {
            service: service,
            calls: calls.len(),
            event_name: name,
            errors: errors(&calls),
            accounts: accounts(&calls),
            last_seen: last(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}

pub(super) fn operations(trail: &Trail, params: &Params) -> Vec<Row> {
    let groups = group(trail.window(params), |call| (&call.name, &call.category));
    let answer = |((name, category), calls): ((_, _), Vec<&Call>)| {
        row! {
            event_name: name,
            calls: calls.len(),
            category: category,
            errors: errors(&calls),
            throttled: count(&calls, |call| call.throttled),
            denied: count(&calls, |call| call.denied),
            accounts: accounts(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}
