//! The two directions against each other, against AWS's SDK for Rust and against botocore; and what is refused.

mod botocore;
mod forms;
mod properties;
mod refusals;
mod rust_sdk;
mod version2;

use super::{Authorization, Expected, Payload, RequestHead, SignatureError, Signer, verify};
use crate::keys::{AccessKey, Secret, Session};
use chrono::{DateTime, Duration, Utc};
use http::request::Parts;

const SERVICES: [&str; 4] = ["cloudtrail", "cloudtrail-data", "sts", "s3"];

const ID: &str = "AKIAIOSFODNN7EXAMPLE";

/// Saturday, 28 November 2026, 17:00 UTC.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_885_200, 0).unwrap()
}

fn long_lived() -> AccessKey {
    AccessKey::new(ID, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
}

/// Valid for an hour.
fn temporary() -> AccessKey {
    let (token, expires) = (Secret::new("to/ken+=="), now() + Duration::hours(1));
    let session = Some(Session { token, created: now(), expires, role: None });
    AccessKey { id: "ASIAIOSFODNN7EXAMPLE".to_owned(), session, ..long_lived() }
}

fn find(id: &str, _: Option<&str>) -> Option<AccessKey> {
    [long_lived(), temporary()].into_iter().find(|key| key.id == id)
}

fn checked_at(now: DateTime<Utc>, parts: &Parts, body: &[u8]) -> Result<AccessKey, SignatureError> {
    let head = RequestHead::from(parts);
    let authorization = Authorization::parse(&head)?;
    let expected = Expected { services: &SERVICES, now };
    verify(&authorization, &head, Payload::Body(body), &expected, find)
}

fn checked(parts: &Parts, body: &[u8]) -> Result<AccessKey, SignatureError> {
    checked_at(now(), parts, body)
}

/// A request to StartQuery, not signed yet.
fn request() -> Parts {
    http::Request::post("http://127.0.0.1:8080/")
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "CloudTrail_20131101.StartQuery")
        .body(())
        .unwrap()
        .into_parts()
        .0
}

const BODY: &[u8] = br#"{"QueryStatement": "SELECT 1"}"#;

fn signer(key: &AccessKey) -> Signer<'_> {
    Signer { key, region: "us-east-1", service: "cloudtrail", now: now() }
}

fn signed() -> Parts {
    let mut parts = request();
    signer(&long_lived()).sign(&mut parts, Payload::Body(BODY)).unwrap();
    parts
}
