//! Questions about segments that are sent.

use crate::xray::rows::{Row, Time, between, row};
use crate::xray::tools::{
    DAY, HOUR, MINUTE, SECOND, about, count, distinct, first, greatest, group, last, latest, least,
    matches, round, segments, sum,
};
use crate::xray::trail::{Params, Trail};
use crate::xray::view::Call;
use std::collections::BTreeMap;

/// The calls that sent segments without an error, of senders like the pattern.
fn sent<'a>(trail: &'a Trail, params: &Params) -> Vec<&'a Call> {
    let pattern = params.text("role", "%");
    let good = |call: &&Call| call.error.is_none() && matches(&call.role, pattern);
    trail.sends(params).into_iter().filter(good).collect()
}

fn size(segments: Option<i64>) -> &'static str {
    match segments {
        None => "unknown",
        Some(0) => "0",
        Some(1) => "1",
        Some(2..=5) => "2 to 5",
        Some(6..=20) => "6 to 20",
        Some(21..=49) => "21 to 49",
        Some(_) => "50 or more",
    }
}

pub(super) fn batch_sizes(trail: &Trail, params: &Params) -> Vec<Row> {
    let answer = |(size, calls): (&str, Vec<&Call>)| {
        row! {
            segments_in_call: size,
            calls: calls.len(),
            segments: segments(&calls),
            smallest: least(calls.iter().map(|call| call.segments)),
        }
    };
    group(sent(trail, params), |call| size(call.segments)).into_iter().map(answer).collect()
}

/// The beginning of the day, hour or other unit of a moment.
fn truncated(time: i64, unit: &str) -> Time {
    let unit = match unit {
        "second" => SECOND,
        "minute" => MINUTE,
        "hour" => HOUR,
        _ => DAY,
    };
    Time(time.div_euclid(unit) * unit)
}

pub(super) fn segments_by_role(trail: &Trail, params: &Params) -> Vec<Row> {
    let unit = params.text("unit", "day");
    let groups = group(sent(trail, params), |call| (truncated(call.at(), unit), &call.role));
    let answer = |((time, role), calls): ((Time, &Option<String>), Vec<&Call>)| {
        row! {
            time: time,
            role: role,
            segments: segments(&calls),
            accepted: sum(calls.iter().map(|call| call.accepted)),
            calls: calls.len(),
        }
    };
    groups.into_iter().map(answer).collect()
}

pub(super) fn late_segments(trail: &Trail, params: &Params) -> Vec<Row> {
    let dated: Vec<_> =
        trail.sends(params).into_iter().filter(|call| call.oldest.is_some()).collect();
    let age = |call: &&Call| (call.at() - call.oldest.unwrap().0) / SECOND;
    let mut rows = Vec::new();
    for (role, calls) in group(dated, |call| &call.role) {
        if (calls.len() as i64) < params.whole("segments", 100) {
            continue;
        }
        let ages: Vec<i64> = calls.iter().map(age).collect();
        rows.push(row! {
            role: role,
            p99_seconds: between(about(ages.clone(), 0.99)),
            median_seconds: between(about(ages, 0.5)),
            later_than_an_hour: count(&calls, |call| age(call) > 3600),
            from_the_future: count(&calls, |call| call.newest.unwrap() > call.when()),
            calls: calls.len(),
        });
    }
    rows
}

pub(super) fn segment_quota(trail: &Trail, params: &Params) -> Vec<Row> {
    let quota = params.number("quota", 2600.0);
    let groups = group(trail.sends(params), |call| (&call.account, &call.region));
    let answer = |((account, region), calls): ((_, _), Vec<&Call>)| {
        let seconds = group(calls, |call| truncated(call.at(), "second"));
        let sums: Vec<_> =
            seconds.iter().map(|(second, calls)| (*second, segments(calls))).collect();
        let peak = greatest(sums.iter().map(|(_, sum)| *sum));
        let at_peak = sums.iter().filter(|(_, sum)| sum.is_some() && *sum == peak);
        row! {
            account: account,
            region: region,
            peak_per_second: peak,
            p99_per_second: between(about(sums.iter().filter_map(|(_, sum)| *sum).collect(), 0.99)),
            percent_of_quota: peak.map(|peak| round(100.0 * peak as f64 / quota, 2)),
            peak_at: at_peak.map(|(second, _)| *second).min(),
        }
    };
    groups.into_iter().map(answer).collect()
}

/// Whether a sender has called often enough, and fell silent in the time that is asked for.
fn is_silent(calls: &[&Call], ends: Time, params: &Params, enough: i64) -> bool {
    let last = last(calls);
    calls.len() as i64 >= params.whole("calls", enough)
        && last.0 <= ends.0 - params.whole("hours", 2) * HOUR
        && last.0 >= ends.0 - params.whole("days", 7) * DAY
}

pub(super) fn silent_senders(trail: &Trail, params: &Params) -> Vec<Row> {
    let sends = trail.sends(params);
    let Some(ends) = sends.iter().map(|call| call.when()).max() else { return Vec::new() };
    let known = sends.into_iter().filter(|call| call.role.is_some());
    let mut rows = Vec::new();
    for ((role, region), calls) in group(known, |call| (&call.role, &call.region)) {
        if is_silent(&calls, ends, params, 20) {
            let (first, last) = (first(&calls), last(&calls));
            let minutes = ((last.0 - first.0) / MINUTE).max(1);
            rows.push(row! {
                role: role,
                region: region,
                calls: calls.len(),
                first_segment: first,
                last_segment: last,
                silent_minutes: (ends.0 - last.0) / MINUTE,
                calls_per_hour: round(calls.len() as f64 * 60.0 / minutes as f64, 1),
            });
        }
    }
    rows
}

/// The program that calls: the session, or who called, or from where.
fn host(call: &Call) -> Option<&str> {
    let session = call.session.as_deref();
    session.or(call.caller.as_deref()).or(call.address.as_deref())
}

pub(super) fn silent_hosts(trail: &Trail, params: &Params) -> Vec<Row> {
    let sends = trail.window(params).into_iter().filter(|call| call.what_for == "send");
    let sends: Vec<_> = sends.collect();
    let Some(ends) = sends.iter().map(|call| call.when()).max() else { return Vec::new() };
    let groups = group(sends, |call| (&call.account, &call.region, &call.role, host(call)));
    let mut rows = Vec::new();
    for ((account, region, role, host), calls) in groups {
        if is_silent(&calls, ends, params, 10) {
            let last = last(&calls);
            rows.push(row! {
                account: account,
                region: region,
                role: role,
                host: host,
                client: latest(&calls).client,
                calls: calls.len(),
                first_seen: first(&calls),
                last_seen: last,
                silent_minutes: (ends.0 - last.0) / MINUTE,
            });
        }
    }
    rows
}

pub(super) fn tracing_cost(trail: &Trail, params: &Params) -> Vec<Row> {
    let price = params.number("price", 5.0);
    let service = |call: &Call| {
        let client = call.client.unwrap_or("unknown");
        call.identity.invoked_by.clone().unwrap_or_else(|| client.to_owned())
    };
    let groups = group(trail.sends(params), |call| (&call.account, &call.role, service(call)));
    let answer = |((account, role, service), calls): ((_, _, String), Vec<&Call>)| {
        let good = calls.iter().filter(|call| call.error.is_none());
        let traces = distinct(good.flat_map(|call| call.named()).map(|trace| Some(trace.id)));
        let sizes: Vec<f64> =
            calls.iter().filter_map(|call| call.bytes).map(|bytes| bytes as f64).collect();
        let mean = sizes.iter().sum::<f64>() / sizes.len() as f64;
        row! {
            account: account,
            role: role,
            service: service,
            calls: calls.len(),
            segments: segments(&calls),
            accepted: sum(calls.iter().map(|call| call.accepted)),
            traces: traces,
            bytes_per_call: (!sizes.is_empty()).then(|| mean.round()),
            cost: round(traces as f64 * price / 1e6, 6),
        }
    };
    groups.into_iter().map(answer).collect()
}

/// A batch: calls of one sender with the same documents, first to last.
type Batches<'a> = Vec<Vec<&'a Call>>;

pub(super) fn segments_sent_again(trail: &Trail, params: &Params) -> Vec<Row> {
    let least = Some(params.whole("segments", 2));
    let sent = trail.sends(params).into_iter().filter(|call| call.segments >= least);
    let batches = group(sent, |call| {
        (&call.account, &call.region, &call.role, call.asked("traceSegmentDocuments"))
    });
    let mut senders: BTreeMap<_, Batches<'_>> = BTreeMap::new();
    for ((account, region, role, _), mut calls) in batches {
        if calls.len() > 1 {
            calls.sort_by_key(|call| call.order());
            senders.entry((account, region, role)).or_default().push(calls);
        }
    }
    let answer = |((account, region, role), batches): ((_, _, _), Batches<'_>)| {
        let again = |batch: &Vec<&Call>| batch.len() as i64 - 1;
        row! {
            account: account,
            region: region,
            role: role,
            batches: batches.len(),
            calls_again: batches.iter().map(again).sum::<i64>(),
            segments_again: batches.iter().map(|b| b[0].segments.unwrap() * again(b)).sum::<i64>(),
            after_errors: count(&batches, |batch| batch[0].error.is_some()),
            last_seen: batches.iter().map(|batch| last(batch)).max(),
        }
    };
    senders.into_iter().map(answer).collect()
}
