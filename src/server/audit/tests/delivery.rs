//! Log files: each record is in one of them, once, whatever happens on the way.

use super::super::delivery::Delivery;
use super::*;

#[test]
fn calls_between_start_and_stop_are_delivered_once() {
    let place = Place::new();
    let settings = Settings { prefix: Some("audit/of".to_owned()), ..Settings::of("logs") };
    let trail = place.made("calls", settings);
    place.call("GetTrail", at(0));
    place.change(trail, |trail| trail.start(at(10)));
    place.call("ListTrails", at(20));
    place.call("DescribeTrails", at(30));
    place.deliver(at(65));
    place.deliver(at(70));
    assert_eq!(place.events("logs"), ["DescribeTrails", "ListTrails"]);
    let keys = place.keys("logs", "CloudTrail");
    let begin = format!(
        "audit/of/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/11/28/{ACCOUNT}_CloudTrail_{REGION}_20261128T1701Z_"
    );
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    let unique = key.strip_prefix(&begin).unwrap().strip_suffix(".json.gz").unwrap();
    assert!(unique.len() == 16 && unique.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let status = place.status("calls");
    assert_eq!(status.logs.delivered_at, Some(at(65).timestamp_millis()));
    assert_eq!((status.logs.error, status.digests.delivered_at), (None, None));

    place.call("GetTrail", at(80));
    place.stop(trail, at(90));
    place.call("ListTrails", at(95));
    place.deliver(at(200));
    assert_eq!(place.events("logs"), ["DescribeTrails", "GetTrail", "ListTrails", "StopLogging"]);
    assert_eq!(place.keys("logs", "CloudTrail-Digest"), Vec::<String>::new());
    let status = place.status("calls");
    assert_eq!((status.is_logging, status.stopped_at), (false, Some(at(90).timestamp_millis())));
}

#[test]
fn a_kill_loses_no_record_and_repeats_none() {
    let mut place = Place::new();
    let trail = place.made("calls", Settings::of("logs"));
    place.change(trail, |trail| trail.start(at(0)));
    place.call("ListTrails", at(1));
    place.open_again();
    place.call("GetTrail", at(2));
    // The file is in the bucket, and the journal does not know it.
    {
        let journals = place.trails.journals().unwrap();
        let trails = journals.deliveries.trails().unwrap();
        let target = place.target();
        let unmapped = Buckets::default();
        let nowhere = Target { buckets: &unmapped, signing: &place.signing };
        let failed = Delivery { journal: &journals.deliveries, target: &nowhere, now: at(60) };
        failed.run(&trails[0]).unwrap();
        let file = journals.deliveries.waiting(trail).unwrap().unwrap().file;
        let bucket = target.buckets.get(&file.bucket).unwrap();
        bucket.put(&file.key, &file.body, &file.metadata).unwrap();
    }
    assert_eq!(place.status("calls").logs.error.as_deref(), Some("NoSuchBucket"));
    place.open_again();
    place.call("DescribeTrails", at(61));
    place.deliver(at(120));
    place.deliver(at(180));
    assert_eq!(place.events("logs"), ["DescribeTrails", "GetTrail", "ListTrails"]);
    assert_eq!(place.keys("logs", "CloudTrail").len(), 2);
}

#[test]
fn what_cannot_be_delivered_is_told_and_tried_again() {
    let mut place = Place::new();
    let trail = place.made("calls", Settings::of("logs"));
    place.change(trail, |trail| trail.start(at(0)));
    place.call("ListTrails", at(1));
    place.map(&["logs"], ",ro");
    place.deliver(at(60));
    let logs = place.status("calls").logs;
    assert_eq!((logs.error.as_deref(), logs.delivered_at), (Some("AccessDenied"), None));
    assert_eq!(logs.tried_at, Some(at(60).timestamp_millis()));
    place.map(&["other"], "");
    place.call("GetTrail", at(61));
    // Its last file waits, too.
    place.stop(trail, at(70));
    assert_eq!(place.status("calls").logs.error.as_deref(), Some("NoSuchBucket"));
    place.map(&["logs"], "");
    place.deliver(at(120));
    assert_eq!(place.events("logs"), ["GetTrail", "ListTrails", "StopLogging"]);
    let logs = place.status("calls").logs;
    assert_eq!((logs.error, logs.delivered_at), (None, Some(at(120).timestamp_millis())));
}

#[test]
fn what_waits_goes_to_the_bucket_that_the_trail_has_by_now() {
    let mut place = Place::new();
    let trail = place.made("calls", Settings::of("logs"));
    place.change(trail, |trail| trail.start(at(0)));
    place.call("ListTrails", at(1));
    place.map(&["other"], "");
    place.deliver(at(60));
    let settings = Settings { prefix: Some("moved".to_owned()), ..Settings::of("other") };
    place.change(trail, |trail| trail.update(settings, at(61)));
    place.call("GetTrail", at(62));
    place.deliver(at(120));
    assert_eq!(place.events("other"), ["GetTrail", "ListTrails"]);
    let keys = place.keys("other", "CloudTrail");
    assert!(keys.iter().all(|key| key.starts_with("moved/AWSLogs/")), "{keys:?}");
    assert_eq!(place.status("calls").logs.error, None);
}

#[test]
fn each_trail_has_its_own_files_and_a_deleted_one_leaves_them() {
    let place = Place::new();
    let (one, two) =
        (place.made("one", Settings::of("logs")), place.made("two", Settings::of("other")));
    let writes = EventSelector {
        read_write_type: ReadWriteType::WriteOnly,
        ..EventSelector::all_management_events()
    };
    place.change(two, |trail| trail.selection = Selection::Basic(vec![writes]));
    for trail in [one, two] {
        place.change(trail, |trail| trail.start(at(0)));
    }
    place.call("ListTrails", at(1));
    place.call("StartLogging", at(2));
    let before = place.trails.listeners();
    place.change(two, |trail| trail.delete(at(3)));
    place.trails.record(&before, &place.called("DeleteTrail", &json!({}), at(3)));
    assert!(place.trails.find("two").unwrap().is_none());
    place.trails.settle(&place.target(), at(3)).unwrap();
    assert_eq!(place.events("other"), ["DeleteTrail", "StartLogging"]);
    assert_eq!(place.events("logs"), Vec::<String>::new(), "the other one is not due");
    place.deliver(at(60));
    assert_eq!(place.events("logs"), ["DeleteTrail", "ListTrails", "StartLogging"]);
    // Another of that name is another one.
    let again = place.made("two", Settings::of("other"));
    assert!(again != two && !place.status("two").is_logging);
}

#[test]
fn many_records_are_several_files() {
    let place = Place::new();
    let trail = place.made("calls", Settings::of("logs"));
    place.change(trail, |trail| trail.start(at(0)));
    let input = json!({"QueryStatement": "x".repeat(90_000)});
    for _ in 0..200 {
        let before = place.trails.listeners();
        place.trails.record(&before, &place.called("StartQuery", &input, at(1)));
    }
    place.deliver(at(60));
    assert_eq!(place.events("logs").len(), 200);
    assert!(place.keys("logs", "CloudTrail").len() > 1);
}

#[test]
fn trails_of_another_place_rest() {
    let place = Place::new();
    let trail = place.made("calls", Settings::of("logs"));
    place.change(trail, |trail| trail.start(at(0)));
    let path = place.dir.path().join("trails.sqlite");
    let elsewhere = Trails::open(path, ACCOUNT, "us-east-1").unwrap();
    assert!(elsewhere.list().unwrap().is_empty() && elsewhere.listeners().is_empty());
}
