//! Questions about changes of sampling rules.

use crate::xray::event::Event;
use crate::xray::json;
use crate::xray::rows::{Row, row};
use crate::xray::tools::{HOUR, alike, round};
use crate::xray::trail::{Params, Trail};
use crate::xray::view::Call;
use std::collections::HashMap;

const CHANGES: [&str; 3] = ["CreateSamplingRule", "UpdateSamplingRule", "DeleteSamplingRule"];

/// A change of a rule that succeeded.
pub(super) struct Change<'a> {
    pub(super) call: &'a Call,
    pub(super) rule: Option<String>,
    /// What the change itself tells.
    own: Option<f64>,
    before: Option<f64>,
    after: Option<f64>,
}

/// The rule that a request asks for: a JSON text.
pub(super) fn asked(call: &Call) -> Option<&str> {
    match call.name.as_deref()? {
        "CreateSamplingRule" => call.asked("samplingRule"),
        "UpdateSamplingRule" => call.asked("samplingRuleUpdate"),
        _ => None,
    }
}

/// A member of the rule that a response tells.
pub(super) fn answered(call: &Call, member: &str) -> Option<String> {
    json::at(call.answered("samplingRuleRecord")?, &["samplingRule", member])
}

/// The rule's name.
pub(super) fn name(call: &Call) -> Option<String> {
    let told = |member: &str| {
        [
            asked(call).and_then(|rule| json::at(rule, &[member])),
            call.asked(member).map(str::to_owned),
            answered(call, member),
        ]
    };
    let by_arn = |arn: String| arn.split_once(":sampling-rule/").map(|(_, name)| name.to_owned());
    let names = told("ruleName").into_iter().flatten().next();
    names.or_else(|| told("ruleARN").into_iter().flatten().find_map(by_arn))
}

impl<'a> Change<'a> {
    /// Reads a change; `known` is the last known rate of the rule.
    fn read(call: &'a Call, rule: Option<String>, known: Option<f64>) -> Self {
        let told = answered(call, "fixedRate").and_then(|rate| rate.parse().ok());
        let asked = asked(call).and_then(|rule| json::at(rule, &["fixedRate"]));
        let own = asked.and_then(|rate| rate.parse().ok()).or(told);
        let (before, after) = match call.name.as_deref() {
            Some("CreateSamplingRule") => (None, own),
            Some("DeleteSamplingRule") => (told.or(known), None),
            _ => (known, own.or(known)),
        };
        Self { call, rule, own, before, after }
    }

    fn deletes(&self) -> bool {
        self.call.calls(&["DeleteSamplingRule"])
    }
}

/// The changes of the window.
fn changes<'a>(trail: &'a Trail, params: &Params) -> Vec<Change<'a>> {
    let mut known = HashMap::new();
    let mut changes = Vec::new();
    for call in trail.history(params) {
        if !call.calls(&CHANGES) || call.error.is_some() {
            continue;
        }
        let rule = name(call);
        let key = (&call.account, &call.region, rule.clone());
        let change = Change::read(call, rule, known.get(&key).copied());
        // A rule that is not told is no rule of which more could be known.
        if let (Some(_), Some(rate)) = (&change.rule, change.own) {
            known.insert(key, rate);
        }
        changes.push(change);
    }
    changes.retain(|change| params.holds(change.call.time));
    changes
}

/// The rows of `xray_sampling_changes`.
pub(crate) fn view(trail: &Trail) -> Vec<Row> {
    let answer = |change: Change<'_>| {
        let call = change.call;
        let told = call.answered("samplingRuleRecord").and_then(json::members);
        let told = told.and_then(|record| record.get("samplingRule").copied());
        row! {
            event_time: call.when(),
            event_id: &call.id,
            account: &call.account,
            region: &call.region,
            operation: &call.name,
            caller: &call.caller,
            source_ip: &call.address,
            rule: change.rule,
            rate_before: change.before,
            rate_after: change.after,
            rate: change.own,
            asked: asked(call),
            told: told.map(json::compact),
        }
    };
    changes(trail, &Params::default()).into_iter().map(answer).collect()
}

pub(super) fn sampling_rule_changes(trail: &Trail, params: &Params) -> Vec<Row> {
    let pattern = params.text("rule", "%");
    let answer = |change: Change<'_>| {
        let call = change.call;
        row! {
            event_time: call.when(),
            account: &call.account,
            region: &call.region,
            rule: change.rule,
            event_name: &call.name,
            rate_before: change.before,
            rate_after: change.after,
            principal: &call.caller,
            event_id: &call.id,
        }
    };
    let changes = changes(trail, params).into_iter();
    changes.filter(|change| alike(&change.rule, pattern)).map(answer).collect()
}

pub(super) fn sampling_switched_off(trail: &Trail, params: &Params) -> Vec<Row> {
    let most = params.number("rate", 0.001);
    let off = |change: &Change<'_>| change.deletes() || change.own.is_some_and(|rate| rate <= most);
    let answer = |change: Change<'_>| {
        let call = change.call;
        row! {
            event_time: call.when(),
            account: &call.account,
            region: &call.region,
            principal: &call.caller,
            address: &call.address,
            event_name: &call.name,
            rate: change.own.filter(|_| !change.deletes()),
            rule: change.rule,
            event_id: &call.id,
        }
    };
    changes(trail, params).into_iter().filter(off).map(answer).collect()
}

/// Whether two events are of one account and region; what is not told is not the same.
pub(super) fn same_place(one: &Event, other: &Event) -> bool {
    let known = one.account.is_some() && one.region.is_some();
    known && one.account == other.account && one.region == other.region
}

/// The segments sent from one moment to another where a change was made.
fn sent(trail: &Trail, params: &Params, change: &Call, from: i64, to: i64) -> i64 {
    let there = |call: &&Call| {
        call.calls(&["PutTraceSegments"])
            && same_place(call, change)
            && params.before_end(call.time)
            && call.time.is_some_and(|time| (from..to).contains(&time))
    };
    trail.calls.iter().filter(there).filter_map(|call| call.segments).sum()
}

pub(super) fn sampling_lowered(trail: &Trail, params: &Params) -> Vec<Row> {
    let length = params.whole("hours", 24) * HOUR;
    let lowered = |change: &Change<'_>| {
        change.rule.is_some()
            && change.before.is_some()
            && (change.deletes() || change.after < change.before)
    };
    let answer = |change: Change<'_>| {
        let (call, at) = (change.call, change.call.at());
        let before = sent(trail, params, call, at - length, at);
        let after = sent(trail, params, call, at, at + length);
        let left = (before != 0).then(|| round(100.0 * after as f64 / before as f64, 1));
        row! {
            event_time: call.when(),
            account: &call.account,
            region: &call.region,
            rule: change.rule,
            event_name: &call.name,
            rate_before: change.before,
            rate_after: change.after,
            principal: &call.caller,
            segments_before: before,
            segments_after: after,
            percent_left: left,
            event_id: &call.id,
        }
    };
    changes(trail, params).into_iter().filter(lowered).map(answer).collect()
}
