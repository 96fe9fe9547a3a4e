//! Tags.

use super::Fixture;
use serde_json::{Value, json};

#[test]
fn tags_come_and_go() {
    let fixture = Fixture::new();
    let store = fixture.default_store();
    let tags = |store: &str| {
        let listed = fixture.ask("ListTags", json!({"ResourceIdList": [store]}));
        listed["ResourceTagList"][0]["TagsList"].clone()
    };
    let change = |operation: &str, tags: Value| {
        fixture.ask(operation, json!({"ResourceId": store, "TagsList": tags}))
    };
    assert_eq!(tags(&store), json!([]));
    let both = json!([{"Key": "case", "Value": "42"}, {"Key": "open"}]);
    assert_eq!(change("AddTags", both.clone()), json!({}));
    assert_eq!(tags(&store), both);
    change("AddTags", json!([{"Key": "case", "Value": "43"}]));
    assert_eq!(tags(&store), json!([{"Key": "case", "Value": "43"}, {"Key": "open"}]));
    change("RemoveTags", json!([{"Key": "case", "Value": "42"}, {"Key": "absent"}]));
    assert_eq!(tags(&store), json!([{"Key": "case", "Value": "43"}, {"Key": "open"}]));
    change("RemoveTags", json!([{"Key": "case"}, {"Key": "open"}]));
    assert_eq!(tags(&store), json!([]));
    let made = fixture.ask(
        "CreateEventDataStore",
        json!({"Name": "tagged", "TagsList": [{"Key": "team", "Value": "blue"}]}),
    );
    let arn = made["EventDataStoreArn"].as_str().unwrap();
    let listed = fixture.ask("ListTags", json!({"ResourceIdList": [arn, store]}));
    assert_eq!(
        listed["ResourceTagList"],
        json!([
            {"ResourceId": arn, "TagsList": [{"Key": "team", "Value": "blue"}]},
            {"ResourceId": store, "TagsList": []},
        ])
    );
}

#[test]
fn tags_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    let store = fixture.default_store();
    let arn = |kind: &str| format!("arn:aws:cloudtrail:us-east-1:111122223333:{kind}/xyz");
    for (id, error) in [
        (arn("trail"), "ResourceNotFoundException"),
        (arn("dashboard"), "ResourceNotFoundException"),
        (arn("channel"), "ChannelNotFoundException"),
        (arn("eventdatastore"), "EventDataStoreNotFoundException"),
        (arn("bucket"), "CloudTrailARNInvalidException"),
        ("arn:aws:s3:::xyz".to_owned(), "CloudTrailARNInvalidException"),
        ("default".to_owned(), "CloudTrailARNInvalidException"),
    ] {
        let tags = json!([{"Key": "a"}]);
        for operation in ["AddTags", "RemoveTags"] {
            let input = json!({"ResourceId": id, "TagsList": tags});
            assert_eq!(fixture.refused(operation, input), error, "{operation} {id}");
        }
        // ListTags lists no error of channels.
        let error = error.replace("Channel", "Resource");
        let listed = fixture.refused("ListTags", json!({"ResourceIdList": [store, id]}));
        assert_eq!(listed, error, "{id}");
    }
    let add =
        |tags: Value| fixture.refused("AddTags", json!({"ResourceId": store, "TagsList": tags}));
    assert_eq!(add(json!([{"Key": "a"}, {"Key": "a"}])), "InvalidTagParameterException");
    assert_eq!(add(json!([{"Key": "aws:a"}])), "InvalidTagParameterException");
    let many: Vec<_> = (0..51).map(|n| json!({"Key": n.to_string()})).collect();
    assert_eq!(add(json!(many)), "TagsLimitExceededException");
    let none = fixture.ask("ListTags", json!({"ResourceIdList": [store]}));
    assert_eq!(none["ResourceTagList"][0]["TagsList"], json!([]), "refused tags are not there");
    for ids in [json!([]), json!(vec![store.clone(); 21])] {
        let refused = fixture.refused("ListTags", json!({"ResourceIdList": ids}));
        assert_eq!(refused, "ValidationException");
    }
    let token = json!({"ResourceIdList": [store], "NextToken": "nonsense"});
    assert_eq!(fixture.refused("ListTags", token), "InvalidTokenException");
    let reader =
        fixture.signed(&fixture.reader, "AddTags", &json!({"ResourceId": store, "TagsList": []}));
    assert_eq!((reader.0, &reader.1["__type"]), (400, &json!("AccessDeniedException")));
}
