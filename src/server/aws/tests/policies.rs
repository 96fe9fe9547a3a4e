//! Policies of resources.

use super::Fixture;
use serde_json::{Value, json};

#[test]
fn policies_are_kept() {
    let fixture = Fixture::new();
    let store = fixture.default_store();
    let this = json!({"ResourceArn": store});
    for operation in ["GetResourcePolicy", "DeleteResourcePolicy"] {
        let none = fixture.refused(operation, this.clone());
        assert_eq!(none, "ResourcePolicyNotFoundException");
    }
    let statement = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"},
        "Action": "cloudtrail:StartQuery", "Resource": store});
    // Blanks stay where they are.
    let policy = format!("{{ \"Version\": \"2012-10-17\", \"Statement\": [{statement}] }}");
    let put = json!({"ResourceArn": store, "ResourcePolicy": policy});
    assert_eq!(fixture.ask("PutResourcePolicy", put.clone()), put);
    assert_eq!(fixture.ask("GetResourcePolicy", this.clone()), put);
    let other = json!({"ResourceArn": store, "ResourcePolicy": "{}"});
    assert_eq!(fixture.refused("PutResourcePolicy", other), "ResourcePolicyNotValidException");
    assert_eq!(fixture.ask("GetResourcePolicy", this.clone()), put, "it stays as it was");
    assert_eq!(fixture.ask("DeleteResourcePolicy", this.clone()), json!({}));
    assert_eq!(fixture.refused("GetResourcePolicy", this), "ResourcePolicyNotFoundException");
}

#[test]
fn other_resources_have_no_policies() {
    let fixture = Fixture::new();
    let arn = |kind: &str| format!("arn:aws:cloudtrail:us-east-1:111122223333:{kind}/xyz");
    for (arn, error) in [
        (arn("trail"), "ResourceTypeNotSupportedException"),
        (arn("channel"), "ResourceNotFoundException"),
        (arn("dashboard"), "ResourceNotFoundException"),
        (arn("eventdatastore"), "ResourceNotFoundException"),
        ("arn:aws:s3:::bucket".to_owned(), "ResourceARNNotValidException"),
        ("default".to_owned(), "ResourceARNNotValidException"),
    ] {
        let input: Value = json!({"ResourceArn": arn});
        assert_eq!(fixture.refused("GetResourcePolicy", input.clone()), error, "{arn}");
        assert_eq!(fixture.refused("DeleteResourcePolicy", input), error, "{arn}");
    }
}
