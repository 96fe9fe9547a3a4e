//! Checks the planted intrusion: that each step is what it should be, and how much a trail takes of it.

use std::collections::BTreeSet;

use serde_json::Value;
use traillake_synth::{SynthOptions, intrusion_steps};

use crate::support::{Read, answer_key, event_ids, options, records, write};

/// The story of a trail's key.
fn story(key: &Value) -> Option<&Value> {
    key["stories"].as_array().unwrap().iter().find(|story| story["id"] == "k")
}

fn count(story: &Value) -> u64 {
    story["counts"].as_object().unwrap().values().filter_map(Value::as_u64).sum()
}

/// The events of a step, in the order of the key.
fn step<'a>(story: &Value, name: &str, all: &'a [Read]) -> Vec<&'a Read> {
    let events = story["events"][name].as_array().unwrap();
    assert_eq!(story["counts"][name], events.len(), "{name}");
    let find = |event: &Value| {
        let read = all.iter().find(|read| event["eventID"] == read.text("/eventID")).unwrap();
        assert_eq!(event["eventName"], read.text("/eventName"));
        assert_eq!(event["eventSource"], read.text("/eventSource"));
        read
    };
    events.iter().map(find).collect()
}

#[test]
fn the_steps_follow_each_other_and_are_what_they_should_be() {
    let (directory, _) = write(&options(5000));
    let all = records(directory.path());
    let key = answer_key(directory.path());
    let story = story(&key).unwrap();
    let steps: Vec<_> = intrusion_steps().into_iter().map(|name| step(story, name, &all)).collect();
    assert_eq!(steps.len(), 9);
    let times: Vec<&str> = steps.iter().flatten().map(|read| read.text("/eventTime")).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!((times[0], times[times.len() - 1]), (text(story, "from"), text(story, "to")));
    let named = |step: usize, name: &str| {
        steps[step].iter().filter(|read| read.text("/eventName") == name).count()
    };
    let denied = |step: usize| {
        let codes = steps[step].iter().filter(|read| read.record.get("errorCode").is_some());
        codes.count()
    };

    assert!(steps[0][..6].iter().all(|read| {
        read.text("/responseElements/ConsoleLogin") == "Failure"
            && read.text("/errorMessage") == "Failed authentication"
    }));
    assert!(steps[0][6..8].iter().all(|read| {
        read.text("/responseElements/ConsoleLogin") == "Success"
            && read.text("/additionalEventData/MFAUsed") == "No"
            && read.text("/eventType") == "AwsConsoleSignIn"
    }));
    assert_eq!(steps[0][7].text("/userIdentity/type"), "Root");

    assert_eq!(steps[1][0].text("/eventName"), "GetCallerIdentity");
    let sources: BTreeSet<&str> =
        steps[1][1..].iter().map(|read| read.text("/eventSource")).collect();
    assert_eq!((steps[1].len(), sources.len(), denied(1)), (31, 10, 8));
    assert!(steps[1].iter().all(|read| read.record["readOnly"] == true));

    let support = text(story, "userNames/1");
    for (read, second) in [("deployer", 0), ("maintenance", 1)] {
        // The session that begins here says so wherever it calls.
        let assumed = steps[2].iter().filter(|read| read.text("/eventName") == "AssumeRole");
        let assumed = assumed.collect::<Vec<_>>()[second];
        let key = assumed.text("/responseElements/credentials/accessKeyId");
        let calls: Vec<&&Read> = steps
            .iter()
            .flatten()
            .filter(|read| read.text("/userIdentity/accessKeyId") == key)
            .collect();
        assert!(!calls.is_empty(), "{read}");
        for call in calls {
            let created = call.text("/userIdentity/sessionContext/attributes/creationDate");
            assert_eq!(created, assumed.text("/eventTime"), "{read}");
        }
    }
    let created = steps[2].iter().find(|read| read.text("/eventName") == "CreateAccessKey");
    let access_key = created.unwrap().text("/responseElements/accessKey/accessKeyId");
    let trails = steps[3].iter().filter(|r| r.text("/eventSource") == "cloudtrail.amazonaws.com");
    assert_eq!(trails.clone().count(), 6);
    assert!(trails.clone().all(|read| {
        read.text("/userIdentity/userName") == support
            && read.text("/userIdentity/accessKeyId") == access_key
    }));

    for (name, times) in [
        ("GetSecretValue", 12),
        ("GetParameter", 6),
        ("GetObject", 120),
        ("DeleteObject", 20),
        ("Decrypt", 10),
    ] {
        assert_eq!(named(5, name), times, "{name}");
    }
    let bucket = text(story, "buckets/0");
    let objects = steps[5].iter().filter(|read| read.text("/eventCategory") == "Data");
    assert!(objects.clone().all(|read| read.text("/requestParameters/bucketName") == bucket));
    assert_eq!(objects.count(), 142);
    let machine = steps[6].iter().find(|read| read.text("/eventName") == "RunInstances").unwrap();
    assert_eq!(machine.text("/awsRegion"), "ap-south-2");
    assert_eq!(
        steps[7].iter().filter(|read| read.text("/errorCode") == "VpceAccessDenied").count(),
        5
    );
    assert_eq!((named(8, "DeleteTrail"), named(8, "DeleteSamplingRule"), denied(8)), (2, 1, 4));
}

fn text<'a>(story: &'a Value, path: &str) -> &'a str {
    story.pointer(&format!("/{path}")).and_then(Value::as_str).unwrap()
}

#[test]
fn what_marks_the_intruder_is_in_no_other_event() {
    let (directory, _) = write(&options(20_000));
    let key = answer_key(directory.path());
    let story = story(&key).unwrap();
    let planted = event_ids(story);
    let mut others = records(directory.path());
    others.retain(|read| !planted.contains(read.text("/eventID")));
    let others: Vec<String> = others.iter().map(|read| read.record.to_string()).collect();
    for list in [
        "accessKeys",
        "addresses",
        "buckets",
        "foreignAccounts",
        "instances",
        "keyIds",
        "roles",
        "userNames",
    ] {
        for name in story[list].as_array().unwrap() {
            let name = name.as_str().unwrap();
            assert!(!others.iter().any(|record| record.contains(name)), "{name}");
        }
    }
    assert!(!others.iter().any(|record| record.contains("ap-south-2")));
}

#[test]
fn small_trails_take_what_they_can() {
    let story_of = |events, xray_share| {
        let (directory, _) = write(&SynthOptions { xray_share, ..options(events) });
        let key = answer_key(directory.path());
        story(&key).cloned()
    };
    assert_eq!(story_of(1999, 0.5), None);
    assert_eq!(story_of(2000, 1.0), None);
    let whole = story_of(5000, 0.5).unwrap();
    let calls = |story: &Value, step: &str| -> BTreeSet<String> {
        story["events"][step]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["eventName"].to_string())
            .collect()
    };
    // A quarter of 999 general events holds each call once.
    let half = story_of(2000, 0.5).unwrap();
    assert!((249..=250).contains(&count(&half)), "{}", count(&half));
    assert!(intrusion_steps().iter().all(|step| calls(&half, step) == calls(&whole, step)));
    // A quarter of 200 does not.
    let tenth = story_of(2000, 0.9).unwrap();
    assert!((45..=50).contains(&count(&tenth)), "{}", count(&tenth));
    assert_eq!(calls(&tenth, "persistence"), calls(&whole, "persistence"));
    assert!(calls(&tenth, "reconnaissance").is_empty());
    // Without X-Ray events only the call to X-Ray is missing.
    let none = story_of(5000, 0.0).unwrap();
    assert_eq!(count(&none), count(&whole) - 1);
}
