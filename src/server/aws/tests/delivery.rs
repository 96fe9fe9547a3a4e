//! Results that are delivered, and the keys that verify them.

use super::{Fixture, now};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

impl Fixture {
    /// Waits for the end of a delivery, and returns what is told of it.
    fn delivered(&self, sql: &str, uri: &str) -> Value {
        let input = json!({"QueryStatement": sql, "DeliveryS3Uri": uri});
        let started = self.ask("StartQuery", input);
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let described = self.ask("DescribeQuery", json!({"QueryId": started["QueryId"]}));
            assert_eq!(described["DeliveryS3Uri"], uri);
            if described["DeliveryStatus"] != "PENDING" {
                return described;
            }
            assert!(Instant::now() < until, "{described}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn results_are_delivered_and_signed_by_a_listed_key() {
    let fixture = Fixture::new();
    let told = fixture.delivered("SELECT 1 AS n", "s3://logs/some/prefix");
    assert_eq!(told["QueryStatus"], "FINISHED");
    assert_eq!(told["DeliveryStatus"], "SUCCESS");
    assert!(told.get("ErrorMessage").is_none());
    let day = "bucket/some/prefix/AWSLogs/111122223333/CloudTrail-Lake/Query/2026/11/28";
    let folder = fixture._dir.path().join(day).join(told["QueryId"].as_str().unwrap());
    let text = std::fs::read(folder.join("result_sign.json")).unwrap();
    let signed: Value = serde_json::from_slice(&text).unwrap();
    let listed = fixture.ask("ListPublicKeys", json!({}));
    let [key] = listed["PublicKeyList"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!(key["Fingerprint"], signed["publicKeyFingerprint"]);
    let der = STANDARD.decode(key["Value"].as_str().unwrap()).unwrap();
    assert_eq!((der.len(), der[0]), (270, 0x30), "RSAPublicKey of 2048 bits");
    // A query that is not delivered says nothing of it.
    let id = fixture.finished("SELECT 1");
    let described = fixture.ask("DescribeQuery", json!({"QueryId": id}));
    assert!(described.get("DeliveryS3Uri").is_none() && described.get("DeliveryStatus").is_none());
}

#[test]
fn what_is_not_delivered_says_why() {
    let fixture = Fixture::new();
    let told = fixture.delivered("SELECT 1", "s3://frozen");
    assert_eq!(
        (&told["QueryStatus"], &told["DeliveryStatus"]),
        (&json!("FINISHED"), &json!("ACCESS_DENIED"))
    );
    assert!(told["ErrorMessage"].as_str().unwrap().contains("frozen cannot be written"), "{told}");
    let told =
        fixture.delivered("SELECT 1 / (n - 1) FROM UNNEST(sequence(1, 1)) AS t (n)", "s3://logs");
    assert_eq!(
        (&told["QueryStatus"], &told["DeliveryStatus"]),
        (&json!("FAILED"), &json!("FAILED"))
    );
}

#[test]
fn addresses_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    for (uri, error) in [
        ("", "InvalidParameterException"),
        ("logs/a", "InvalidParameterException"),
        ("S3://logs", "InvalidParameterException"),
        ("s3://Logs", "InvalidParameterException"),
        ("s3://lo", "InvalidParameterException"),
        ("s3://logs/a\nb", "InvalidParameterException"),
        ("s3://lo..gs", "InvalidS3BucketNameException"),
        ("s3://192.168.5.4/a", "InvalidS3BucketNameException"),
        ("s3://unknown", "S3BucketDoesNotExistException"),
        ("s3://logs/a//b", "InvalidS3PrefixException"),
        ("s3://logs/../a", "InvalidS3PrefixException"),
        (&format!("s3://logs/{}", "x".repeat(300)), "InvalidS3PrefixException"),
        (&format!("s3://logs/{}", "x/".repeat(600)), "InvalidParameterException"),
    ] {
        let input = json!({"QueryStatement": "SELECT 1", "DeliveryS3Uri": uri});
        assert_eq!(fixture.refused("StartQuery", input), error, "{uri}");
    }
    // Whoever only reads has nothing written.
    let input = json!({"QueryStatement": "SELECT 1", "DeliveryS3Uri": "s3://logs"});
    let (status, body) = fixture.signed(&fixture.reader, "StartQuery", &input);
    assert_eq!((status, &body["__type"]), (400, &json!("AccessDeniedException")), "{body}");
}

#[test]
fn keys_are_listed_for_the_time_in_which_they_are_valid() {
    let fixture = Fixture::new();
    assert_eq!(fixture.ask("ListPublicKeys", json!({})), json!({"PublicKeyList": []}));
    fixture.api.signing.sign(b"", now()).unwrap();
    let now = now().timestamp() as f64;
    let day = 86_400.0;
    for (range, count) in [
        (json!({}), 1),
        (json!({"StartTime": now, "EndTime": now + 20.0 * day}), 1),
        (json!({"EndTime": now + 20.0 * day}), 1),
        (json!({"StartTime": now - 20.0 * day}), 1),
        (json!({"StartTime": now - 20.0 * day, "EndTime": now - 2.0 * day}), 0),
        (json!({"StartTime": now + 4_000.0 * day, "EndTime": now + 4_001.0 * day}), 0),
        (json!({"StartTime": -1e9, "EndTime": 1e10}), 1),
    ] {
        let listed = fixture.ask("ListPublicKeys", range.clone());
        assert_eq!(listed["PublicKeyList"].as_array().unwrap().len(), count, "{range}");
    }
    for (wrong, error) in [
        (json!({"StartTime": now + 1.0, "EndTime": now}), "InvalidTimeRangeException"),
        (json!({"StartTime": now + day}), "InvalidTimeRangeException"),
        (json!({"EndTime": now - day}), "InvalidTimeRangeException"),
        (json!({"NextToken": "more"}), "InvalidTokenException"),
        (json!({"StartTime": "yesterday"}), "SerializationException"),
        (json!({"StartTime": -1e300}), "SerializationException"),
    ] {
        assert_eq!(fixture.refused("ListPublicKeys", wrong.clone()), error, "{wrong}");
    }
    let (status, _) = fixture.signed(&fixture.reader, "ListPublicKeys", &json!({}));
    assert_eq!(status, 200);
}
