//! Questions about settings that were changed: encryption, policies, destinations, links.

use super::policies::Policy;
use crate::xray::event::Event;
use crate::xray::json;
use crate::xray::rows::{Row, Time, row};
use crate::xray::tools::{alike_or_empty, group, last, latest, matches};
use crate::xray::trail::{Params, Trail};
use crate::xray::view::Call;
use std::collections::HashMap;

pub(super) fn configuration_changes(trail: &Trail, params: &Params) -> Vec<Row> {
    let (event, principal) = (params.text("event", "%"), params.text("principal", "%"));
    let changes = trail.window(params).into_iter().filter(|call| {
        call.what_for == "configure"
            && alike_or_empty(&call.name, event)
            && matches(&call.caller, principal)
    });
    let answer = |call: &Call| {
        let request = call.request.as_ref();
        row! {
            event_time: call.when(),
            account: &call.account,
            region: &call.region,
            principal: &call.caller,
            event_name: &call.name,
            console: call.console,
            error: &call.error,
            request: request.map(|map| serde_json::to_string(map).unwrap()),
            event_id: &call.id,
        }
    };
    changes.map(answer).collect()
}

const ENCRYPTION: [&str; 1] = ["PutEncryptionConfig"];

pub(super) fn encryption_changes(trail: &Trail, params: &Params) -> Vec<Row> {
    let pattern = params.text("account", "%");
    let changes = trail.named(&ENCRYPTION, params).into_iter();
    let answer = |call: &Call| {
        row! {
            event_time: call.when(),
            account: &call.account,
            region: &call.region,
            principal: &call.caller,
            address: &call.address,
            encryption: call.asked("type"),
            key_id: call.asked("keyId"),
            error: &call.error,
            event_id: &call.id,
        }
    };
    changes.filter(|call| alike_or_empty(&call.account, pattern)).map(answer).collect()
}

pub(super) fn encryption_state(trail: &Trail, params: &Params) -> Vec<Row> {
    let changes = trail.named(&ENCRYPTION, params).into_iter();
    let good = changes.filter(|call| call.error.is_none());
    let answer = |((account, region), calls): ((_, _), Vec<&Call>)| {
        let newest = latest(&calls);
        row! {
            account: account,
            region: region,
            encryption: newest.asked("type"),
            key_id: newest.asked("keyId"),
            since: last(&calls),
            set_by: &newest.caller,
            changes: calls.len(),
        }
    };
    group(good, |call| (&call.account, &call.region)).into_iter().map(answer).collect()
}

pub(super) fn resource_policies(trail: &Trail, params: &Params) -> Vec<Row> {
    let answer = |call: &Call| {
        let document = call.asked("policyDocument");
        let policy = document.and_then(Policy::read);
        let others = policy.as_ref().map(|policy| policy.others(call.account.as_deref()));
        row! {
            event_time: call.when(),
            account: &call.account,
            principal: &call.caller,
            event_name: &call.name,
            policy: call.asked("policyName"),
            everyone: policy.map(|policy| policy.everyone),
            other_accounts: others,
            lockout_check_bypassed: call.asked("bypassPolicyLockoutCheck"),
            error: &call.error,
            document: document,
            event_id: &call.id,
        }
    };
    let changes = trail.named(&["PutResourcePolicy", "DeleteResourcePolicy"], params);
    changes.into_iter().map(answer).collect()
}

pub(super) fn transaction_search(trail: &Trail, params: &Params) -> Vec<Row> {
    let mut known = HashMap::new();
    let mut rows = Vec::new();
    for call in trail.history(params) {
        let indexing = call.calls(&["UpdateIndexingRule"]);
        if !indexing && !call.calls(&["UpdateTraceSegmentDestination"]) {
            continue;
        }
        let rule = call.asked("name").filter(|_| indexing);
        let path = ["probabilistic", "desiredSamplingPercentage"];
        let percent = call.asked("rule").and_then(|rule| json::at(rule, &path));
        let percent: Option<f64> = percent.and_then(|percent| percent.parse().ok());
        let key = (call.account.clone(), call.region.clone(), rule.map(str::to_owned));
        let before = known.get(&key).copied();
        if let Some(percent) = percent.filter(|_| call.error.is_none()) {
            known.insert(key, percent);
        }
        if params.holds(call.time) {
            rows.push(row! {
                event_time: call.when(),
                account: &call.account,
                region: &call.region,
                event_name: &call.name,
                principal: &call.caller,
                destination: call.asked("destination"),
                status: call.answered("status"),
                rule: rule,
                percent: percent,
                percent_before: before,
                error: &call.error,
                event_id: &call.id,
            });
        }
    }
    rows
}

const LINKS: [&str; 6] =
    ["CreateSink", "DeleteSink", "PutSinkPolicy", "CreateLink", "UpdateLink", "DeleteLink"];

pub(super) fn cross_account_links(trail: &Trail, params: &Params) -> Vec<Row> {
    let answer = |event: &Event| {
        let name = event.name.as_deref().unwrap_or_default();
        let of = |word: &str, text: Option<&str>| {
            text.filter(|_| name.contains(word)).map(str::to_owned)
        };
        let (identifier, arn) = (event.asked("identifier"), event.answered("arn"));
        let sink = event.asked("sinkIdentifier").or(event.answered("sinkArn"));
        let sink = sink.map(str::to_owned);
        let sink = sink.or_else(|| of("Sink", identifier)).or_else(|| of("Sink", arn));
        let account = sink.as_deref().and_then(|sink| sink.split(':').nth(4)).map(str::to_owned);
        let label = event.answered("label").or(event.asked("labelTemplate"));
        let label = label.or(event.asked("name")).or(event.answered("name"));
        let types = event.asked("resourceTypes").or(event.answered("resourceTypes"));
        row! {
            event_time: event.time.map(Time),
            account: &event.account,
            region: &event.region,
            event_name: name,
            principal: event.identity.caller(),
            sink: sink,
            link: of("Link", arn.or(identifier)),
            sink_account: account,
            label: label,
            traces: types.map(|types| types.contains("AWS::XRay::Trace")),
            error: &event.error,
            event_id: &event.id,
        }
    };
    let links = trail.of_service("oam.amazonaws.com", params).into_iter();
    links.filter(|event| params.holds(event.time) && event.calls(&LINKS)).map(answer).collect()
}
