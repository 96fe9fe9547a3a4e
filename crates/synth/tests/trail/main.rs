//! Writes whole trails and reads them back as a stranger would: the files against the options, the
//! layout and the answer key.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;
use traillake_synth::{SynthError, SynthOptions, SynthReport, write_trail};

mod intrusion;
mod stories;
mod support;

use support::{Read, answer_key, event_ids, files, options, records, write};

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let (one, _) = write(&options(6000));
    let (two, _) = write(&SynthOptions { threads: 2, ..options(6000) });
    let (five, _) = write(&SynthOptions { threads: 5, ..options(6000) });
    let (other, _) = write(&SynthOptions { seed: 43, ..options(6000) });
    let expected = files(one.path());
    assert!(expected == files(two.path()));
    assert!(expected == files(five.path()));
    let others = files(other.path());
    assert!(expected.keys().filter(|name| others.contains_key(*name)).count() <= 1);
}

#[test]
fn exactly_as_many_events_as_asked_for() {
    for (events, seed, xray_share, days) in [
        (200, 1, 0.5, 30),
        (200, 2, 1.0, 1),
        (300, 3, 0.0, 30),
        (300, 4, 0.5, 2),
        (999, 5, 0.9, 30),
        (1000, 6, 0.1, 365),
        (4321, 7, 0.5, 1),
        (25_000, 8, 0.3, 1),
        (2000, 9, 0.9, 30),
        (2000, 10, 1.0, 30),
        (3000, 11, 0.0, 1),
    ] {
        let options = SynthOptions { events, seed, xray_share, days, ..SynthOptions::default() };
        let (directory, report) = write(&options);
        let all = records(directory.path());
        assert_eq!(all.len() as u64, events, "{options:?}");
        let ids: BTreeSet<&str> = all.iter().map(|read| read.text("/eventID")).collect();
        assert_eq!(ids.len() as u64, report.distinct_events, "{options:?}");
        assert_eq!(report.events, events);
        assert_eq!(report.events - report.distinct_events, (events / 1000).max(2));
        check_key(&answer_key(directory.path()), &all, &report);
    }
}

/// Compares every count and every event id of the key with the records.
fn check_key(key: &Value, all: &[Read], report: &SynthReport) {
    let mut distinct: BTreeMap<&str, &Read> = BTreeMap::new();
    for read in all {
        distinct.insert(read.text("/eventID"), read);
    }
    assert_eq!(key["totals"]["events"], all.len());
    assert_eq!(key["totals"]["distinctEventIDs"], distinct.len());
    assert_eq!(key["totals"]["files"], report.files);
    let count = |test: &dyn Fn(&Read) -> bool| {
        serde_json::json!({
            "distinct": distinct.values().filter(|read| test(read)).count(),
            "written": all.iter().filter(|read| test(read)).count(),
        })
    };
    assert_eq!(key["totals"]["xrayEvents"], count(&|read| read.is_xray()));
    assert_eq!(key["totals"]["errors"], count(&|read| read.record.get("errorCode").is_some()));
    let amended = distinct.values().filter(|read| read.record.get("addendum").is_some()).count();
    assert_eq!(key["totals"]["eventsWithAddendum"], amended);
    let old = |read: &&&Read| read.text("/userAgent").contains("xray-daemon/3.3.5 ");
    assert_eq!(key["totals"]["oldDaemonEvents"], distinct.values().filter(old).count());
    let mut named = 0;
    for (source, calls) in key["eventNames"].as_object().unwrap() {
        for (name, expected) in calls.as_object().unwrap() {
            let same = |read: &Read| {
                read.text("/eventSource") == source && read.text("/eventName") == name
            };
            assert_eq!(*expected, count(&same), "{name}");
            named += expected["written"].as_u64().unwrap();
        }
    }
    assert_eq!(named, report.events);
    for (code, expected) in key["errorCodes"].as_object().unwrap() {
        assert_eq!(*expected, count(&|read| read.text("/errorCode") == code), "{code}");
    }
    for id in key["duplicatedEventIDs"]["eventIDs"].as_array().unwrap() {
        let places: BTreeSet<&str> = all
            .iter()
            .filter(|read| read.text("/eventID") == id)
            .map(|read| read.file.as_str())
            .collect();
        assert_eq!(places.len(), 2, "{id} must be in two files");
    }
    for story in key["stories"].as_array().unwrap() {
        assert!(event_ids(story).iter().all(|id| distinct.contains_key(id)), "{}", story["id"]);
    }
}

#[test]
fn records_have_the_fields_and_files_the_names_of_a_trail() {
    let (directory, report) = write(&options(20_000));
    let all = records(directory.path());
    let mut odd_times = 0;
    let mut sizes = 0;
    for read in &all {
        for field in [
            "eventVersion",
            "eventTime",
            "eventSource",
            "eventName",
            "awsRegion",
            "sourceIPAddress",
            "eventID",
            "eventType",
            "recipientAccountId",
        ] {
            assert!(!read.text(&format!("/{field}")).is_empty(), "{field} {}", read.record);
        }
        assert!(read.record.get("userIdentity").is_some(), "{}", read.record);
        // Network activity is seen from outside the call.
        let network = read.text("/eventCategory") == "NetworkActivity";
        assert_eq!(network, read.text("/eventType") == "AwsVpceEvent");
        for field in ["userAgent", "requestParameters", "responseElements"] {
            assert_eq!(read.record.get(field).is_none(), network, "{field} {}", read.record);
        }
        if network {
            assert!(read.record.get("readOnly").or(read.record.get("managementEvent")).is_none());
            assert!(!read.text("/vpcEndpointId").is_empty());
            assert_eq!(read.text("/vpcEndpointAccountId"), read.text("/recipientAccountId"));
        } else if read.text("/eventVersion") != "1.05" {
            assert!(
                read.record["readOnly"].is_boolean() && read.record["managementEvent"].is_boolean()
            );
            assert!(["Data", "Management"].contains(&read.text("/eventCategory")));
        }
        sizes += read.record.to_string().len();
        let parts: Vec<&str> = read.file.split('/').collect();
        let name: Vec<&str> = parts[7].strip_suffix(".json.gz").unwrap().split('_').collect();
        assert_eq!(parts[..4], ["AWSLogs", name[0], "CloudTrail", name[2]]);
        assert_eq!(name[1], "CloudTrail");
        assert_eq!((read.text("/recipientAccountId"), read.text("/awsRegion")), (name[0], name[2]));
        assert_eq!(name[3], format!("{}{}{}{}", parts[4], parts[5], parts[6], &name[3][8..]));
        assert!(name[4].len() == 16 && name[4].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let delivered = NaiveDateTime::parse_from_str(name[3], "%Y%m%dT%H%MZ").unwrap().and_utc();
        let time = read.text("/eventTime");
        match DateTime::parse_from_rfc3339(time) {
            Ok(time) => {
                let delay = (delivered - time.to_utc()).num_seconds();
                assert!((120..=900).contains(&delay), "{delay} s in {}", read.file);
            }
            Err(_) => odd_times += 1,
        }
    }
    assert_eq!(odd_times, 1);
    assert!((1200..1700).contains(&(sizes / all.len())), "{}", sizes / all.len());
    assert!((20..150).contains(&report.files), "{}", report.files);
    let types: BTreeSet<&str> = all.iter().map(|read| read.text("/userIdentity/type")).collect();
    let expected = ["AWSAccount", "AWSService", "AssumedRole", "FederatedUser", "IAMUser", "Root"];
    assert!(expected.iter().all(|kind| types.contains(kind)), "{types:?}");
}

#[test]
fn calls_have_their_documented_shares() {
    let (directory, _) = write(&options(20_000));
    let all = records(directory.path());
    let xray: Vec<&Read> = all.iter().filter(|read| read.is_xray()).collect();
    assert!((9900..=10_100).contains(&xray.len()));
    let share = |test: &dyn Fn(&Read) -> bool| {
        100.0 * xray.iter().filter(|read| test(read)).count() as f64 / xray.len() as f64
    };
    let named = |name: &'static str| share(&move |read: &Read| read.text("/eventName") == name);
    for (name, expected) in [
        ("PutTraceSegments", 66.0),
        ("GetSamplingTargets", 22.0),
        ("PutTelemetryRecords", 2.6),
        ("GetTraceSummaries", 2.2),
        ("BatchGetTraces", 2.2),
        ("GetServiceGraph", 1.3),
        ("GetTimeSeriesServiceStatistics", 0.9),
        ("GetTraceGraph", 0.4),
        ("GetSamplingRules", 1.6),
    ] {
        let found = named(name);
        assert!((found - expected).abs() < 0.1 + expected * 0.02, "{name} {found}");
    }
    let sends: Vec<&&Read> =
        xray.iter().filter(|read| read.text("/eventName") == "PutTraceSegments").collect();
    let daemons = sends.iter().filter(|read| read.text("/userAgent").contains("xray-daemon"));
    let daemons = daemons.count() as f64 / sends.len() as f64;
    assert!((0.38..0.60).contains(&daemons), "{daemons}");
    let mut calls: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for read in &sends {
        let ids = read.record["requestParameters"]["traceSegmentDocuments"].as_array().unwrap();
        assert!((1..=50).contains(&ids.len()));
        for id in ids {
            calls.entry(id.as_str().unwrap()).or_default().insert(read.text("/eventID"));
        }
    }
    let single = calls.values().filter(|calls| calls.len() == 1).count() as f64;
    let single = single / calls.len() as f64;
    assert!((0.60..0.82).contains(&single), "{single} of the ids occur in one call");
    assert!(calls.values().any(|calls| calls.len() >= 7));
    let readers: BTreeSet<&str> = all
        .iter()
        .filter(|read| read.text("/eventName") == "BatchGetTraces")
        .flat_map(|read| read.record["requestParameters"]["traceIds"].as_array().unwrap())
        .filter_map(Value::as_str)
        .collect();
    let sent = |id: &&&str| calls.contains_key(format!("trace_id:{id}").as_str());
    assert!(readers.iter().filter(sent).count() > 20, "readers ask for traces that were sent");
}

#[test]
fn every_change_occurs_three_times_in_any_trail() {
    for events in [200, 300, 20_000] {
        let (directory, _) = write(&options(events));
        let mut writes: BTreeMap<String, u32> = BTreeMap::new();
        for read in records(directory.path()) {
            if read.is_xray()
                && read.record["readOnly"] == false
                && read.record["managementEvent"] == true
            {
                *writes.entry(read.text("/eventName").to_owned()).or_default() += 1;
            }
        }
        assert_eq!(writes.len(), 11, "{writes:?}");
        assert!(writes.values().all(|count| *count >= 3), "{writes:?}");
    }
}

#[test]
fn cancelling_leaves_no_half_file_and_no_answer_key() {
    let directory = tempfile::tempdir().unwrap();
    let cancel = AtomicBool::new(false);
    let progress = |events: u64| cancel.store(events > 3000, Ordering::Relaxed);
    let result = write_trail(&options(20_000), directory.path(), &cancel, &progress);
    assert!(matches!(result, Err(SynthError::Cancelled { files }) if files > 0));
    let left = files(directory.path());
    assert!(left.keys().all(|name| name.ends_with(".json.gz")), "{:?}", left.keys());
    assert!(!records(directory.path()).is_empty());
}

#[test]
fn a_directory_with_something_in_it_is_refused_untouched() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path()).unwrap();
    fs::write(directory.path().join("mine.txt"), "keep").unwrap();
    let result = write_trail(&options(300), directory.path(), &AtomicBool::new(false), &|_| {});
    let Err(error @ SynthError::NotEmpty { .. }) = result else { panic!("{result:?}") };
    assert!(error.to_string().contains("name a new directory"));
    assert_eq!(files(directory.path()).len(), 1);
}

#[test]
fn progress_ends_at_the_number_of_events() {
    let directory = tempfile::tempdir().unwrap();
    let last = AtomicU64::new(0);
    let progress = |events: u64| {
        last.fetch_max(events, Ordering::Relaxed);
    };
    let two = SynthOptions { threads: 2, ..options(5000) };
    write_trail(&two, directory.path(), &AtomicBool::new(false), &progress).unwrap();
    assert_eq!(last.into_inner(), 5000);
}
