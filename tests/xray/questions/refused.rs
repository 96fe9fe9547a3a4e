//! Questions about segments and calls that X-Ray does not take.

use crate::xray::json;
use crate::xray::rows::{Row, Time, row};
use crate::xray::tools::{
    HOUR, MINUTE, SECOND, count, first, greatest, group, last, least, matches, percent, round,
    segments,
};
use crate::xray::trail::{Params, Trail};
use crate::xray::view::Call;

pub(super) fn unprocessed_segments(trail: &Trail, params: &Params) -> Vec<Row> {
    let pattern = params.text("role", "%");
    let mut refused = Vec::new();
    for call in trail.sends(params) {
        let list = call.answered("unprocessedTraceSegments").and_then(json::elements);
        if matches(&call.role, pattern) {
            refused.extend(list.unwrap_or_default().into_iter().map(|element| (call, element)));
        }
    }
    let groups = group(refused, |(call, text)| (json::at(text, &["errorCode"]), &call.role));
    let answer = |((error, role), segments): ((Option<String>, _), Vec<(&Call, &str)>)| {
        let calls: Vec<_> = segments.iter().map(|(call, _)| *call).collect();
        row! {
            error: error,
            segments: segments.len(),
            role: role,
            message: least(segments.iter().map(|(_, text)| json::at(text, &["message"]))),
            first_seen: first(&calls),
            last_seen: last(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}

fn throttled(calls: &[&Call]) -> usize {
    count(calls, |call| call.throttled)
}

fn floor(call: &Call, unit: i64) -> Time {
    Time(call.at().div_euclid(unit) * unit)
}

pub(super) fn throttle_storms(trail: &Trail, params: &Params) -> Vec<Row> {
    let ten = 10 * MINUTE;
    let groups =
        group(trail.window(params), |call| (floor(call, ten), &call.account, &call.region));
    let mut rows = Vec::new();
    for ((time, account, region), calls) in groups {
        let share = percent(throttled(&calls), calls.len());
        if throttled(&calls) > 1 && share >= params.number("percent", 10.0) {
            rows.push(row! {
                ten_minutes: time,
                account: account,
                region: region,
                throttled: throttled(&calls),
                calls: calls.len(),
                percent: round(share, 1),
            });
        }
    }
    rows
}

pub(super) fn throttled_roles(trail: &Trail, params: &Params) -> Vec<Row> {
    let groups = group(trail.window(params), |call| (&call.role, &call.region, &call.account));
    let mut rows = Vec::new();
    for ((role, region, account), calls) in groups {
        let share = percent(throttled(&calls), calls.len());
        if throttled(&calls) > 0 && share >= params.number("percent", 0.0) {
            let times = calls.iter().filter(|call| call.throttled).map(|call| call.when());
            rows.push(row! {
                role: role,
                region: region,
                account: account,
                throttled: throttled(&calls),
                calls: calls.len(),
                percent: round(share, 2),
                last_throttled: times.max(),
            });
        }
    }
    rows
}

pub(super) fn throttling_by_hour(trail: &Trail, params: &Params) -> Vec<Row> {
    let quota = params.number("quota", 2600.0);
    let groups =
        group(trail.window(params), |call| (floor(call, HOUR), &call.account, &call.region));
    let mut rows = Vec::new();
    for ((hour, account, region), calls) in groups {
        let seconds = group(calls.iter().copied(), |call| floor(call, SECOND));
        let peak = greatest(seconds.values().map(|calls| segments(calls)));
        let of_quota = peak.map(|peak| round(100.0 * peak as f64 / quota, 2));
        let turned_away: Vec<_> = calls.iter().copied().filter(|call| call.throttled).collect();
        if !turned_away.is_empty() || of_quota.is_some_and(|percent| percent >= 80.0) {
            rows.push(row! {
                hour: hour,
                account: account,
                region: region,
                calls: calls.len(),
                throttled: turned_away.len(),
                percent: round(percent(turned_away.len(), calls.len()), 2),
                segments: segments(&calls),
                segments_throttled: segments(&turned_away),
                peak_per_second: peak,
                percent_of_quota: of_quota,
            });
        }
    }
    rows
}
