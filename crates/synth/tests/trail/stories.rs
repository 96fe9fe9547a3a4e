//! Looks for the planted stories in the files as an investigator would, and compares with the key.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Read, answer_key, event_ids, options, records, write};

#[test]
fn planted_stories_are_found_by_looking_for_them() {
    for events in [200, 20_000] {
        let (directory, _) = write(&options(events));
        let mut seen = BTreeSet::new();
        let mut all = records(directory.path());
        all.retain(|read| seen.insert(read.text("/eventID").to_owned()));
        let key = answer_key(directory.path());
        for story in key["stories"].as_array().unwrap() {
            let found = look_for(story, &all);
            assert_eq!(found, event_ids(story), "story {} of {events}", story["id"]);
        }
    }
}

/// Finds a story's events without using the ids of the key, and checks its counts.
fn look_for<'a>(story: &Value, all: &'a [Read]) -> BTreeSet<&'a str> {
    let text = |name: &str| story[name].as_str().unwrap_or_default();
    let count = |name: &str| story["counts"][name].as_u64().unwrap();
    let pick = |test: &dyn Fn(&Read) -> bool| -> Vec<&'a Read> {
        all.iter().filter(|read| read.is_xray() && test(read)).collect()
    };
    let ids = |found: &[&'a Read]| found.iter().map(|read| read.text("/eventID")).collect();
    let named = |read: &Read, name: &str| read.text("/eventName") == name;
    match text("id") {
        "a" => {
            let none = pick(&|r| {
                named(r, "PutEncryptionConfig") && r.text("/requestParameters/type") == "NONE"
            });
            assert_eq!(none.len() as u64, count("setToNone"));
            assert_eq!(&none[0].text("/eventTime")[11..16], "02:13");
            ids(&none)
        }
        "b" => {
            let role = pick(&|r| r.role() == text("role"));
            let between = |from: &str, to: &str| {
                role.iter()
                    .filter(|r| r.text("/eventTime") >= from && r.text("/eventTime") < to)
                    .count() as u64
            };
            assert_eq!(between("0", text("off")), count("sendsBefore"));
            assert_eq!(between(text("off"), text("on")), count("sendsDuring"));
            assert_eq!(between(text("on"), "9"), count("sendsAfter"));
            let rule =
                |r: &Read| r.text("/requestParameters/samplingRuleUpdate/ruleName").to_owned();
            let off = pick(&|r| {
                let rate = r.record.pointer("/requestParameters/samplingRuleUpdate/fixedRate");
                rate.and_then(Value::as_f64).is_some_and(|rate| rate <= 0.001)
            });
            assert_eq!(off.len(), 1);
            ids(&pick(&|r| rule(r) == text("rule")))
        }
        "c" => {
            let calls = pick(&|r| r.role() == text("role"));
            let outside =
                pick(&|r| r.text("/userIdentity/accountId") != r.text("/recipientAccountId"));
            assert_eq!(calls.len(), outside.len());
            let fetched: BTreeSet<String> = calls
                .iter()
                .filter_map(|r| r.record["requestParameters"]["traceIds"].as_array())
                .flatten()
                .map(Value::to_string)
                .collect();
            assert_eq!(fetched.len() as u64, count("distinctTraces"));
            ids(&calls)
        }
        "d" => {
            let old = pick(&|r| ["TLSv1", "TLSv1.1"].contains(&r.text("/tlsDetails/tlsVersion")));
            assert!(old.iter().all(|r| r.role() == text("role")));
            assert_eq!(old.len() as u64, count("calls"));
            ids(&old)
        }
        "e" => {
            let storm: Vec<&Read> = all
                .iter()
                .filter(|r| r.text("/recipientAccountId") == text("account"))
                .filter(|r| r.text("/awsRegion") == text("region"))
                .filter(|r| (text("quietFrom")..=text("quietTo")).contains(&r.text("/eventTime")))
                .collect();
            assert_eq!(storm.len() as u64, count("calls"));
            assert!(
                storm.iter().all(|r| (text("from")..=text("to")).contains(&r.text("/eventTime")))
            );
            let throttled: Vec<&Read> = storm
                .into_iter()
                .filter(|r| r.text("/errorCode") == "ThrottledException")
                .collect();
            assert_eq!(throttled.len() as u64, count("throttled"));
            assert!(count("throttled") * 5 > count("calls"));
            ids(&throttled)
        }
        "f" => {
            let sends = pick(&|r| r.role() == text("role"));
            let last = sends.iter().map(|r| r.text("/eventTime")).max();
            assert_eq!(last, Some(text("lastSend")));
            assert_eq!(sends.len() as u64, count("calls"));
            ids(&sends)
        }
        "g" => {
            let old = pick(&|r| r.text("/userAgent").contains("xray-daemon/3.3.5 "));
            let hosts: BTreeSet<&str> =
                old.iter().map(|r| r.text("/userIdentity/principalId")).collect();
            assert_eq!(hosts.len() as u64, count("hosts"));
            // The background has more; the planted four are among them.
            let planted = story["eventIDs"].to_string();
            ids(&old
                .into_iter()
                .filter(|r| planted.contains(r.text("/eventID")))
                .collect::<Vec<_>>())
        }
        "h" => {
            let document = |r: &Read| r.text("/requestParameters/policyDocument").to_owned();
            let open = pick(&|r| {
                serde_json::from_str::<Value>(&document(r))
                    .is_ok_and(|policy| policy["Statement"][0]["Principal"] == "*")
            });
            assert_eq!(open.len() as u64, count("openPolicies"));
            ids(&open)
        }
        "i" => ids(&pick(&|r| {
            r.record.get("readOnly").is_none() && r.record.get("eventCategory").is_none()
        })),
        "j" => ids(&pick(&|r| r.text("/eventTime") == text("eventTimeText"))),
        "k" => {
            let addresses = story["addresses"].as_array().unwrap();
            let theirs: Vec<&Read> = all
                .iter()
                .filter(|r| {
                    addresses.contains(&r.record["sourceIPAddress"])
                        || r.text("/eventCategory") == "NetworkActivity"
                })
                .collect();
            assert!(theirs.iter().all(|r| r.text("/recipientAccountId") == text("account")));
            assert!(
                theirs.iter().all(|r| (text("from")..=text("to")).contains(&r.text("/eventTime")))
            );
            ids(&theirs)
        }
        other => panic!("no way to look for story {other}"),
    }
}
