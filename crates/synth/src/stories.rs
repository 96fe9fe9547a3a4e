//! The planted stories (a) to (j), all of X-Ray, and what the answer key says of them.
//!
//! Follows docs/events.md, section "Planted stories". Each story takes its events from the quotas of
//! their calls, so small trails get small stories; the numbers in the key are those of the trail at
//! hand. Roles of the stories (b), (c), (d) and (f) occur nowhere else.

use serde_json::{Value, json};

use crate::accounts::{ACCOUNTS, REGIONS};
use crate::catalog::THROTTLED;
use crate::clock::{SLOT_SECONDS, SLOTS_PER_DAY, iso_text};
use crate::planner::{PlannedCall, Planner};
use crate::record::Era;
use crate::roles::{OLD_DAEMON_HOSTS, OLD_DAEMON_RANK, OLD_DAEMON_VERSION, SENDERS};
use crate::sends::{ALL_PROCESSED, write_segments};

const US: usize = 0;
const EU: usize = 1;
const US_WEST: usize = 2;
const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// Plants all stories and returns their entries for the answer key, in order.
pub(crate) fn plant(planner: &mut Planner<'_>) -> Vec<Value> {
    vec![
        key_taken_away(planner),
        sampling_switched_off(planner),
        bulk_export(planner),
        old_tls(planner),
        throttle_storm(planner),
        gone_silent(planner),
        old_daemons(planner),
        open_policy(planner),
        bare_record(planner),
        odd_date(planner),
    ]
}

/// Returns the start of a day at a fraction of the span (thousandths).
pub(crate) fn day_at(planner: &Planner<'_>, thousandths: i64) -> i64 {
    let days = i64::from(planner.calendar.days);
    planner.calendar.start + (days * thousandths / 1000).min(days - 1) * DAY
}

fn planned(
    name: &'static str,
    account: usize,
    region: usize,
    epoch: i64,
    principal: usize,
) -> PlannedCall {
    PlannedCall {
        name,
        account,
        region,
        epoch,
        principal,
        session: 0,
        fault: None,
        request: None,
        response: None,
        era: Era::Present,
    }
}

fn arn(role: &str, account: usize) -> String {
    format!("arn:aws:iam::{}:role/{role}", ACCOUNTS[account])
}

/// Plants `count` sends of a role spread evenly over `from..to`; returns their ids.
fn sends(
    planner: &mut Planner<'_>,
    place: (usize, usize),
    principal: usize,
    (from, to): (i64, i64),
    count: u64,
) -> Vec<String> {
    (0..count)
        .map(|number| {
            let epoch = from + (to - from) * number as i64 / count as i64;
            send(planner, planned("PutTraceSegments", place.0, place.1, epoch, principal), number)
        })
        .collect()
}

/// Plants one send from the session of that number.
fn send(planner: &mut Planner<'_>, mut call: PlannedCall, number: u64) -> String {
    let pool = planner.traces(call.epoch - 2);
    let mut rng = planner.rng();
    let burst = pool.burst(&mut rng);
    let mut request = Vec::new();
    write_segments(&mut request, &pool, burst, 2000, &mut rng);
    call.session = number as usize;
    call.request = Some(request);
    call.response = Some(ALL_PROCESSED.to_vec());
    planner.plan_xray(&call)
}

/// (a) At 02:13 a person replaces the customer's key by the default one.
fn key_taken_away(planner: &mut Planner<'_>) -> Value {
    const ACCOUNT: usize = 1;
    let day = day_at(planner, 333);
    let taken = day + 2 * HOUR + 13 * MINUTE + 7;
    let set = if day > planner.calendar.start {
        day - 14 * HOUR + 5 * MINUTE
    } else {
        day + 100 * MINUTE
    };
    let pipeline = planner.world.accounts[ACCOUNT].pipeline;
    let person = planner.world.accounts[ACCOUNT].people[2];
    let before = planner.plan_xray(&planned("PutEncryptionConfig", ACCOUNT, EU, set, pipeline));
    let name = planner.world.principals[person].sessions[0].name.clone();
    let after = planner.plan_xray(&PlannedCall {
        request: Some(br#"{"type":"NONE"}"#.to_vec()),
        response: Some(br#"{"encryptionConfig":{"status":"UPDATING","type":"NONE"}}"#.to_vec()),
        ..planned("PutEncryptionConfig", ACCOUNT, EU, taken, person)
    });
    json!({
        "id": "a",
        "title": "Customer key replaced by NONE at night",
        "planted": "The pipeline sets a KMS key; later, at 02:13 UTC, a person sets the encryption type to NONE. No other event of the trail sets NONE.",
        "account": ACCOUNTS[ACCOUNT], "region": REGIONS[EU].0,
        "eventTime": iso_text(taken), "keySetTime": iso_text(set),
        "sessionName": name,
        "counts": {"setToNone": 1},
        "eventIDs": [after], "keySetEventIDs": [before],
    })
}

/// (b) One rule goes to 0.0 and back 41 minutes later; a role's sends drop meanwhile.
fn sampling_switched_off(planner: &mut Planner<'_>) -> Value {
    const ACCOUNT: usize = 0;
    let off = day_at(planner, 500) + 10 * HOUR + 20 * MINUTE;
    let on = off + 41 * MINUTE;
    let person = planner.world.accounts[ACCOUNT].people[1];
    let role = planner.world.cast.blinded;
    let rate = |planner: &mut Planner<'_>, epoch: i64, rate: &str, reservoir: u32| {
        let request = format!(
            r#"{{"samplingRuleUpdate":{{"ruleName":"booking-10pct","fixedRate":{rate},"reservoirSize":{reservoir}}}}}"#
        );
        let response = format!(
            r#"{{"samplingRuleRecord":{{"samplingRule":{{"ruleName":"booking-10pct","resourceARN":"*","priority":50,"fixedRate":{rate},"reservoirSize":{reservoir},"serviceName":"booking","serviceType":"*","host":"*","hTTPMethod":"*","uRLPath":"*","version":1}}}}}}"#
        );
        planner.plan_xray(&PlannedCall {
            session: 4,
            request: Some(request.into_bytes()),
            response: Some(response.into_bytes()),
            ..planned("UpdateSamplingRule", ACCOUNT, EU, epoch, person)
        })
    };
    let changes = [rate(planner, off, "0.0", 0), rate(planner, on, "0.1", 2)];
    let usual = (planner.left("PutTraceSegments") / 400).clamp(4, 82);
    let dimmed = (usual / 10).max(1);
    // A small trail shows ten minutes on either side, a large one the full 41.
    let margin = if usual < 20 { 10 * MINUTE } else { 41 * MINUTE };
    let place = (ACCOUNT, EU);
    let before = sends(planner, place, role, (off - margin, off), usual);
    let during = sends(planner, place, role, (off + MINUTE, on - MINUTE), dimmed);
    let after = sends(planner, place, role, (on + MINUTE, on + margin), usual);
    json!({
        "id": "b",
        "title": "Sampling switched off for 41 minutes",
        "planted": "Rule booking-10pct is set to 0.0 and restored 41 minutes later; the role booking-task sends a tenth of its calls meanwhile. No other UpdateSamplingRule of the trail goes to 0.001 or below.",
        "account": ACCOUNTS[ACCOUNT], "region": REGIONS[EU].0,
        "rule": "booking-10pct", "role": arn("booking-task", ACCOUNT),
        "off": iso_text(off), "on": iso_text(on),
        "counts": {"sendsBefore": before.len(), "sendsDuring": during.len(), "sendsAfter": after.len()},
        "eventIDs": changes,
    })
}

/// (c) A new principal from outside lists four hours of summaries and fetches the traces.
fn bulk_export(planner: &mut Planner<'_>) -> Value {
    const ACCOUNT: usize = 2;
    let start = day_at(planner, 1000) + 3 * HOUR + 10 * MINUTE;
    let principal = planner.world.cast.partner;
    let lists = (planner.left("GetTraceSummaries") / 3).clamp(1, 48);
    let fetches = (planner.left("BatchGetTraces") / 2).clamp(2, 600);
    let window = 4 * HOUR / lists as i64;
    let mut ids = Vec::new();
    for number in 0..lists as i64 {
        let from = start - 4 * HOUR + number * window;
        let request = format!(
            r#"{{"startTime":{from},"endTime":{},"timeRangeType":"TraceId","sampling":false}}"#,
            from + window
        );
        ids.push(planner.plan_xray(&PlannedCall {
            request: Some(request.into_bytes()),
            ..planned("GetTraceSummaries", ACCOUNT, US, start + number * 2, principal)
        }));
    }
    let mut first = String::new();
    for number in 0..fetches as i64 {
        let epoch = start + 2 * MINUTE + number * 4;
        let pool = planner.traces(start - HOUR + number);
        let mut rng = planner.rng();
        let mut request = b"{\"traceIds\":[".to_vec();
        for _ in 0..5 {
            let id = pool.fresh(0, &mut rng);
            if first.is_empty() {
                first = String::from_utf8_lossy(&id).into_owned();
            }
            request.push(b'"');
            request.extend_from_slice(&id);
            request.extend_from_slice(b"\",");
        }
        request.pop();
        request.extend_from_slice(b"]}");
        let request = Some(request);
        ids.push(planner.plan_xray(&PlannedCall {
            request,
            ..planned("BatchGetTraces", ACCOUNT, US, epoch, principal)
        }));
    }
    json!({
        "id": "c",
        "title": "Bulk export by a new outside principal",
        "planted": "A role of another account, seen nowhere else, lists four hours of trace summaries and fetches all traces, five a call.",
        "account": ACCOUNTS[ACCOUNT], "region": REGIONS[US].0,
        "callerAccount": "999900009999",
        "principal": "arn:aws:sts::999900009999:assumed-role/partner-analytics/export-job",
        "role": "arn:aws:iam::999900009999:role/partner-analytics",
        "sourceIPAddress": "198.51.100.77",
        "from": iso_text(start), "to": iso_text(start + 2 * MINUTE + (fetches as i64 - 1) * 4),
        "counts": {"GetTraceSummaries": lists, "BatchGetTraces": fetches, "distinctTraces": fetches * 5},
        "firstTraceId": first,
        "eventIDs": ids,
    })
}

/// (d) One role still speaks TLS 1.0.
fn old_tls(planner: &mut Planner<'_>) -> Value {
    const ACCOUNT: usize = 3;
    let start = day_at(planner, 600) + 17 * HOUR + MINUTE;
    let xray: u64 = planner.quotas.iter().sum();
    let count = (xray / 5000).clamp(3, 2000);
    let role = planner.world.cast.antique;
    let length = if count < 20 { 8 * MINUTE } else { HOUR };
    let ids = sends(planner, (ACCOUNT, US_WEST), role, (start, start + length), count);
    json!({
        "id": "d",
        "title": "One role on TLS 1.0",
        "planted": "The role pos-terminal-bridge calls with TLSv1; nobody else calls X-Ray below TLS 1.2.",
        "account": ACCOUNTS[ACCOUNT], "region": REGIONS[US_WEST].0,
        "role": arn("pos-terminal-bridge", ACCOUNT), "tlsVersion": "TLSv1",
        "counts": {"calls": count},
        "eventIDs": ids,
    })
}

/// (e) A storm of throttling in one account and region, within six minutes of one slot.
fn throttle_storm(planner: &mut Planner<'_>) -> Value {
    const ACCOUNT: usize = 4;
    let slot_start = day_at(planner, 750) + 15 * HOUR;
    let (from, to) = (slot_start + 2 * MINUTE, slot_start + 8 * MINUTE);
    planner.quiet.push((ACCOUNT, US, planner.calendar.slot_of(slot_start)));
    let count = (planner.left("PutTraceSegments") / 200).clamp(10, 400);
    let (mut throttled, mut ids) = (0, Vec::new());
    for number in 0..count {
        let senders = &planner.world.accounts[ACCOUNT].senders;
        let principal = senders[number as usize * 37 % senders.len()];
        let epoch = from + (to - from) * number as i64 / count as i64;
        // Seven of twenty calls.
        let fault = (number * 7 % 20 < 7).then_some(THROTTLED);
        throttled += u64::from(fault.is_some());
        let call =
            PlannedCall { fault, ..planned("PutTraceSegments", ACCOUNT, US, epoch, principal) };
        let id = send(planner, call, number);
        if fault.is_some() {
            ids.push(id);
        }
    }
    json!({
        "id": "e",
        "title": "Throttle storm",
        "planted": "More than a fifth of an account's calls in one region are throttled for six minutes. In the ten minutes given, the account and region have no other events.",
        "account": ACCOUNTS[ACCOUNT], "region": REGIONS[US].0,
        "from": iso_text(from), "to": iso_text(to - 1),
        "quietFrom": iso_text(slot_start), "quietTo": iso_text(slot_start + SLOT_SECONDS - 1),
        "counts": {"calls": count, "throttled": throttled},
        "eventIDs": ids,
    })
}

/// (f) A role sends all through the last day and is silent from three hours before its end.
fn gone_silent(planner: &mut Planner<'_>) -> Value {
    const ACCOUNT: usize = 5;
    let end = planner.calendar.end();
    let (from, last) = (end - DAY, end - 3 * HOUR - 7);
    let count = (planner.left("PutTraceSegments") / 500).clamp(5, 140);
    let role = planner.world.cast.silent;
    // Bunched into few slots, so that small trails do not get a file per event.
    let bunches = (count / 10).clamp(1, 12) as i64;
    let mut ids = Vec::new();
    for bunch in 0..bunches {
        let share = count as i64 * (bunch + 1) / bunches - count as i64 * bunch / bunches;
        let close = last - (last - from - HOUR) * (bunches - 1 - bunch) / bunches;
        for number in 0..share {
            let epoch = close - (share - 1 - number) * 9;
            let call = planned("PutTraceSegments", ACCOUNT, US, epoch, role);
            ids.push(send(planner, call, number as u64));
        }
    }
    json!({
        "id": "f",
        "title": "A role goes silent",
        "planted": "The role coupon-engine-task sends until three hours before the end of the trail, then no more.",
        "account": ACCOUNTS[ACCOUNT], "region": REGIONS[US].0,
        "role": arn("coupon-engine-task", ACCOUNT),
        "lastSend": iso_text(last), "trailEnd": iso_text(end),
        "counts": {"calls": count},
        "eventIDs": ids,
    })
}

/// (g) The old daemon runs on exactly four hosts.
fn old_daemons(planner: &mut Planner<'_>) -> Value {
    let account = OLD_DAEMON_RANK % 9;
    let start = day_at(planner, 400) + 12 * HOUR + 3 * MINUTE;
    let world = planner.world;
    let old = |principal: &crate::principals::Principal| principal.old_daemon;
    let role = world.principals.iter().position(old).unwrap_or_default();
    let hosts: Vec<_> = world.principals[role].sessions.iter().map(|s| s.name.as_str()).collect();
    let count = OLD_DAEMON_HOSTS as u64;
    let ids = sends(planner, (account, US), role, (start, start + 2 * MINUTE), count);
    json!({
        "id": "g",
        "title": "Old daemon on four hosts",
        "planted": "One send from each of the four hosts that run the daemon 3.3.5; the same hosts also send in the background, counted in totals.oldDaemonEvents.",
        "account": ACCOUNTS[account],
        "role": arn(SENDERS[OLD_DAEMON_RANK].name, account),
        "daemonVersion": OLD_DAEMON_VERSION, "sessionNames": hosts,
        "counts": {"hosts": hosts.len()},
        "eventIDs": ids,
    })
}

/// (h) A resource policy opens X-Ray to everybody.
fn open_policy(planner: &mut Planner<'_>) -> Value {
    const ACCOUNT: usize = 8;
    let epoch = day_at(planner, 666) + 16 * HOUR + 40 * MINUTE + 12;
    let person = planner.world.accounts[ACCOUNT].people[2];
    let document = r#"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"tmp\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"xray:*\",\"Resource\":\"*\"}]}"#;
    let request = format!(
        r#"{{"policyName":"tmp-debug","policyDocument":"{document}","bypassPolicyLockoutCheck":true}}"#
    );
    let response = format!(
        r#"{{"resourcePolicy":{{"policyName":"tmp-debug","policyDocument":"{document}","policyRevisionId":"1"}}}}"#
    );
    let id = planner.plan_xray(&PlannedCall {
        session: 9,
        request: Some(request.into_bytes()),
        response: Some(response.into_bytes()),
        ..planned("PutResourcePolicy", ACCOUNT, EU, epoch, person)
    });
    json!({
        "id": "h",
        "title": "Resource policy for everybody",
        "planted": "PutResourcePolicy tmp-debug with \"Principal\":\"*\"; all other policies name a service.",
        "account": ACCOUNTS[ACCOUNT], "region": REGIONS[EU].0,
        "policyName": "tmp-debug", "eventTime": iso_text(epoch),
        "sessionName": planner.world.principals[person].sessions[9].name,
        "counts": {"openPolicies": 1},
        "eventIDs": [id],
    })
}

/// (i) A record as version 1.05 wrote it.
fn bare_record(planner: &mut Planner<'_>) -> Value {
    const ACCOUNT: usize = 2;
    let epoch = day_at(planner, 200) + 8 * HOUR + 24 * MINUTE + 36;
    let scanner = planner.world.accounts[ACCOUNT].scanner;
    let id = planner.plan_xray(&PlannedCall {
        era: Era::V105,
        ..planned("GetEncryptionConfig", ACCOUNT, US_WEST, epoch, scanner)
    });
    json!({
        "id": "i",
        "title": "Record with missing columns",
        "planted": "A version 1.05 record without readOnly, managementEvent, eventCategory, resources and tlsDetails; the only one of its version.",
        "account": ACCOUNTS[ACCOUNT], "region": REGIONS[US_WEST].0,
        "eventVersion": "1.05", "eventTime": iso_text(epoch),
        "counts": {"events": 1},
        "eventIDs": [id],
    })
}

/// (j) A time that is not padded, and years before the file it is in.
fn odd_date(planner: &mut Planner<'_>) -> Value {
    const ACCOUNT: usize = 0;
    const TIME: &str = "2023-7-01T00:24:36Z";
    let slot = (SLOTS_PER_DAY / 24) * 9;
    let epoch = planner.calendar.slot_start(slot) + 30;
    let scanner = planner.world.accounts[ACCOUNT].scanner;
    let id = planner.plan_xray(&PlannedCall {
        era: Era::OddTime(TIME),
        ..planned("GetGroups", ACCOUNT, US, epoch, scanner)
    });
    json!({
        "id": "j",
        "title": "Date without padding",
        "planted": "One event whose eventTime is not padded; a strict parser refuses it. It lies in a file of the first day.",
        "account": ACCOUNTS[ACCOUNT], "region": REGIONS[US].0,
        "eventTimeText": TIME, "eventTime": "2023-07-01T00:24:36Z",
        "counts": {"events": 1},
        "eventIDs": [id],
    })
}
