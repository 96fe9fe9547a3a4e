//! Traces that several accounts send segments of.

use crate::xray::rows::{Row, row};
use crate::xray::tools::{DAY, distinct, greatest, group, least};
use crate::xray::trail::{Params, Trail};
use std::cmp::Reverse;

pub(super) fn traces_across_accounts(trail: &Trail, params: &Params) -> Vec<Row> {
    let others = trail.others.iter().map(|event| event.time);
    let times = trail.calls.iter().map(|call| call.time).chain(others);
    let newest = times.filter(|time| params.holds(*time)).flatten().max();
    let Some(newest) = newest else { return Vec::new() };
    let since = newest - params.whole("days", 7) * DAY;
    let sent = trail.traces(&["PutTraceSegments"], params).into_iter();
    let recent = sent.filter(|trace| trace.call.at() >= since);
    let mut found = Vec::new();
    for (id, traces) in group(recent, |trace| trace.id.clone()) {
        let accounts = || traces.iter().map(|trace| trace.call.account.as_deref());
        let number = distinct(accounts());
        let segments: i64 = traces.iter().map(|trace| trace.segments).sum();
        if number as i64 >= params.whole("accounts", 2) {
            let row = row! {
                trace_id: id.as_str(),
                accounts: number,
                first_account: least(accounts()),
                last_account: greatest(accounts()),
                segments: segments,
            };
            found.push(((Reverse(number), Reverse(segments), id), row));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(_, row)| row).take(params.limit(100)).collect()
}
