//! Events that were sent, good and bad.

use super::*;
use crate::event::digest::checksum;
use serde_json::{Value, json};

const OURS: &str = "111122223333";

fn event() -> Value {
    json!({"version": "1", "UID": "u-1", "eventSource": "shop.example.com", "eventName": "Buy",
        "eventTime": "2026-11-28T16:00:00Z", "recipientAccountId": OURS,
        "userIdentity": {"type": "User", "principalId": "alice"}})
}

fn code(data: &str) -> &'static str {
    check(data, None, OURS).map_or_else(|refused| refused.code, |_| "")
}

#[test]
fn a_whole_event_is_taken_as_it_stands() {
    let data = format!("\n {}\t", event());
    let checked = check(&data, Some(&checksum(&record_digest(data.as_bytes()))), OURS).unwrap();
    assert_eq!(checked.data, data.trim().as_bytes());
    assert_eq!(checked.time, "2026-11-28T16:00:00Z");
    let mut all = event();
    for (name, value) in [
        ("userAgent", json!("x".repeat(1_024))),
        ("requestParameters", json!({"a": "x".repeat(102_000)})),
        ("responseElements", json!({})),
        ("errorCode", json!("é".repeat(256))),
        ("errorMessage", Value::Null),
        ("sourceIPAddress", json!("::1")),
        ("additionalEventData", json!({"a": [1, {"b": null}]})),
        ("somethingElse", json!([1])),
    ] {
        all[name] = value;
        assert_eq!(code(&all.to_string()), "", "{name}");
    }
}

#[test]
fn what_is_no_object_is_refused() {
    for data in
        ["", " ", "5", "[]", "null", "{", "{}{}", "{\"a\":}", "{\"a\":1,}", "{'a':1}", "\u{feff}{}"]
    {
        assert_eq!(code(data), "InvalidData", "{data}");
    }
    let deep = |levels: usize| {
        let mut all = event().to_string();
        let nested = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        all.insert_str(1, &format!("\"deep\":{nested},"));
        all
    };
    assert_eq!(code(&deep(255)), "");
    assert_eq!(code(&deep(256)), "InvalidData");
    assert_eq!(code(&deep(300_000)), "InvalidData");
}

#[test]
fn required_fields_are_there() {
    for name in [
        "version",
        "UID",
        "eventSource",
        "eventName",
        "eventTime",
        "recipientAccountId",
        "userIdentity",
    ] {
        let mut lacking = event();
        lacking.as_object_mut().unwrap().remove(name);
        assert_eq!(code(&lacking.to_string()), "FieldNotFound", "{name}");
        lacking[name] = Value::Null;
        assert_eq!(code(&lacking.to_string()), "FieldNotFound", "{name}");
        lacking[name] = json!(5);
        assert_eq!(code(&lacking.to_string()), "InvalidData", "{name}");
        if name != "userIdentity" {
            lacking[name] = json!(" ");
            assert_eq!(code(&lacking.to_string()), "FieldNotFound", "{name}");
        }
        let other_case = event().to_string().replace(name, &name.to_lowercase());
        let is_lower = name == name.to_lowercase();
        assert_eq!(code(&other_case), if is_lower { "" } else { "FieldNotFound" }, "{name}");
    }
    for name in ["type", "principalId"] {
        let mut lacking = event();
        lacking["userIdentity"].as_object_mut().unwrap().remove(name);
        assert_eq!(code(&lacking.to_string()), "FieldNotFound", "{name}");
    }
}

#[test]
fn fields_have_bounds() {
    let long = |size: usize| json!("x".repeat(size));
    let large = |size: usize| json!({"a": "x".repeat(size - 8)});
    for (name, value) in [
        ("version", long(257)),
        ("UID", long(1_025)),
        ("eventSource", long(1_025)),
        ("eventName", long(1_025)),
        ("userAgent", long(1_025)),
        ("errorCode", long(257)),
        ("errorMessage", long(257)),
        ("requestParameters", large(102_401)),
        ("responseElements", large(102_401)),
        ("additionalEventData", large(28_673)),
        ("userIdentity", json!({"type": long(129), "principalId": "a"})),
        ("userIdentity", json!({"type": "a", "principalId": long(1_025)})),
    ] {
        let mut event = event();
        event[name] = value;
        assert_eq!(code(&event.to_string()), "FieldTooLong", "{name}");
    }
    for (name, value) in [
        ("requestParameters", json!("{}")),
        ("responseElements", json!([])),
        ("additionalEventData", json!(true)),
        ("userAgent", json!({})),
        ("userIdentity", json!({"type": "a", "principalId": "a", "details": "b"})),
    ] {
        let mut event = event();
        event[name] = value;
        assert_eq!(code(&event.to_string()), "InvalidData", "{name}");
    }
}

#[test]
fn a_field_that_is_there_twice_is_refused() {
    for (twice, name) in
        [("UID", "UID"), ("uid", "UID"), ("\\u0055ID", "UID"), ("EVENTTIME", "eventTime")]
    {
        let all = event().to_string().replacen('{', &format!("{{\"{twice}\":\"x\","), 1);
        let refused = check(&all, None, OURS).unwrap_err();
        assert_eq!(
            (refused.code, refused.message),
            ("InvalidData", format!("{name} is there twice."))
        );
    }
}

#[test]
fn times_recipients_sources_and_checksums_are_looked_at() {
    let with = |name: &str, value: &str| {
        let mut event = event();
        event[name] = json!(value);
        code(&event.to_string())
    };
    for time in ["2026-11-28T16:00:00", "2026-11-28T16:00:00Z", "2026-11-28T16:00:00.123456Z"] {
        assert_eq!(with("eventTime", time), "", "{time}");
    }
    for time in [
        "yesterday",
        "2026-11-28",
        "2026-11-28 16:00:00",
        "2026-13-28T16:00:00Z",
        "2026-11-28T25:00:00Z",
        "2026-11-28T16:00:00+02:00",
        "2026-11-28T16:00:00.Z",
        "1795885200",
        "2026-11-28T16:00:0\u{e9}Z",
    ] {
        assert_eq!(with("eventTime", time), "InvalidData", "{time}");
    }
    assert_eq!(with("recipientAccountId", "111122223334"), "InvalidRecipient");
    assert_eq!(with("eventSource", "a\nb"), "InvalidEventSource");
    let data = event().to_string();
    for wrong in ["", "nonsense", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="] {
        assert_eq!(check(&data, Some(wrong), OURS).unwrap_err().code, "InvalidChecksum", "{wrong}");
    }
}
