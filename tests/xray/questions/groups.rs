//! What was changed in groups and sampling rules.

use super::sampling;
use crate::xray::json;
use crate::xray::rows::{Row, row};
use crate::xray::tools::like;
use crate::xray::trail::{Params, Trail};
use crate::xray::view::Call;
use std::collections::{BTreeMap, HashMap};

/// Members of a rule that are looked at.
const OF_RULE: [&str; 9] = [
    "fixedRate",
    "hTTPMethod",
    "host",
    "priority",
    "reservoirSize",
    "resourceARN",
    "serviceName",
    "serviceType",
    "uRLPath",
];

/// Known values by member.
type Known = BTreeMap<&'static str, String>;

/// The kind of thing that a call changes.
fn kind(call: &Call) -> Option<&'static str> {
    match call.name.as_deref()? {
        "CreateGroup" | "UpdateGroup" | "DeleteGroup" => Some("group"),
        "CreateSamplingRule" | "UpdateSamplingRule" | "DeleteSamplingRule" => Some("sampling rule"),
        _ => None,
    }
}

/// The group's name.
fn group_name(call: &Call) -> Option<String> {
    let by_arn = || {
        let (_, rest) = call.asked("groupARN")?.split_once(":group/")?;
        rest.split('/').next().map(str::to_owned)
    };
    let asked = call.asked("groupName").map(str::to_owned);
    let answered = || json::at(call.answered("group")?, &["groupName"]);
    asked.or_else(answered).or_else(by_arn)
}

/// The values of a group that a call tells.
fn of_group(call: &Call) -> Known {
    let answered = |path: &[&str]| json::at(call.answered("group")?, path);
    let insights = |member: &'static str| {
        let asked = call.asked("insightsConfiguration").and_then(|text| json::at(text, &[member]));
        (member, asked.or_else(|| answered(&["insightsConfiguration", member])))
    };
    let filter = call.asked("filterExpression").map(str::to_owned);
    let filter = filter.or_else(|| answered(&["filterExpression"]));
    [("filterExpression", filter), insights("insightsEnabled"), insights("notificationsEnabled")]
        .into_iter()
        .filter_map(|(member, value)| Some((member, value?)))
        .collect()
}

/// The values of a rule that a call tells.
fn of_rule(call: &Call) -> Known {
    let told = |member: &'static str| {
        let asked = sampling::asked(call).and_then(|rule| json::at(rule, &[member]));
        Some((member, asked.or_else(|| sampling::answered(call, member))?))
    };
    OF_RULE.into_iter().filter_map(told).collect()
}

/// What a change says, with what was known before it.
fn changes(call: &Call, told: &Known, known: &Known) -> String {
    let name = call.name.as_deref().unwrap_or_default();
    if name.starts_with("Delete") {
        return "deleted".to_owned();
    }
    let new = name.starts_with("Create");
    let line = |(member, value): (&&str, &String)| match known.get(member) {
        _ if new => Some(format!("{member} = {value}")),
        Some(before) if before == value => None,
        before => Some(format!("{member}: {} -> {value}", before.map_or("?", String::as_str))),
    };
    let lines: Vec<String> = told.iter().filter_map(line).collect();
    if lines.is_empty() { "(nothing)".to_owned() } else { lines.join("; ") }
}

pub(super) fn groups_and_rules(trail: &Trail, params: &Params) -> Vec<Row> {
    let pattern = params.text("name", "%");
    let mut all: HashMap<_, Known> = HashMap::new();
    let mut rows = Vec::new();
    for call in trail.history(params) {
        let Some(kind) = kind(call).filter(|_| call.error.is_none()) else { continue };
        let name = if kind == "group" { group_name(call) } else { sampling::name(call) };
        let Some(name) = name else { continue };
        let told = if kind == "group" { of_group(call) } else { of_rule(call) };
        let known = all.entry((&call.account, &call.region, kind, name.clone())).or_default();
        if call.calls(&["CreateGroup", "CreateSamplingRule"]) {
            known.clear();
        }
        let changes = changes(call, &told, known);
        known.extend(told);
        if params.holds(call.time) && like(&name, pattern) {
            rows.push(row! {
                event_time: call.when(),
                account: &call.account,
                region: &call.region,
                kind: kind,
                name: name,
                event_name: &call.name,
                changes: changes,
                principal: &call.caller,
                event_id: &call.id,
            });
        }
    }
    rows
}
