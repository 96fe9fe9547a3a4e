//! Channels.

use super::Fixture;
use serde_json::{Value, json};

pub(super) const UNKNOWN: &str =
    "arn:aws:cloudtrail:eu-west-1:111122223333:channel/5ff44e8c-e1bf-4832-b679-d4d3d9268255";

impl Fixture {
    /// Makes a store of events from outside AWS.
    pub(super) fn activity(&self, name: &str) -> String {
        let category = json!([{"Name": "activity",
            "FieldSelectors": [{"Field": "eventCategory", "Equals": ["ActivityAuditLog"]}]}]);
        let made = self.ask(
            "CreateEventDataStore",
            json!({"Name": name, "AdvancedEventSelectors": category,
                "TerminationProtectionEnabled": false}),
        );
        assert_eq!(made["AdvancedEventSelectors"], category);
        made["EventDataStoreArn"].as_str().unwrap().to_owned()
    }

    /// Makes a channel to stores, and returns its ARN.
    pub(super) fn channel(&self, name: &str, stores: &[&String]) -> String {
        let input = json!({"Name": name, "Source": "Custom", "Destinations": to(stores)});
        let made = self.ask("CreateChannel", input);
        made["ChannelArn"].as_str().unwrap().to_owned()
    }
}

fn to(stores: &[&String]) -> Value {
    stores.iter().map(|arn| json!({"Type": "EVENT_DATA_STORE", "Location": arn})).collect()
}

pub(super) fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap()
}

#[test]
fn a_channel_comes_changes_and_goes() {
    let fixture = Fixture::new();
    let (one, other) = (fixture.activity("activity-1"), fixture.activity("activity-2"));
    let tags = json!([{"Key": "team", "Value": "blue"}]);
    let input =
        json!({"Name": "shop", "Source": "Custom", "Destinations": to(&[&one]), "Tags": tags});
    let mut made = fixture.ask("CreateChannel", input.clone());
    let arn = made["ChannelArn"].as_str().unwrap().to_owned();
    assert!(arn.starts_with("arn:aws:cloudtrail:eu-west-1:111122223333:channel/"));
    let expected = json!({"ChannelArn": arn, "Name": "shop", "Source": "Custom",
        "Destinations": to(&[&one]), "Tags": tags});
    assert_eq!(made, expected);
    made.as_object_mut().unwrap().remove("Tags");
    for this in [&*arn, id(&arn)] {
        assert_eq!(fixture.ask("GetChannel", json!({"Channel": this})), made);
    }
    assert_eq!(fixture.refused("CreateChannel", input), "ChannelAlreadyExistsException");
    let second = fixture.channel("second", &[&one, &other]);
    let change = |input: Value| fixture.ask("UpdateChannel", input);
    // Ids are taken as destinations, too.
    let by_id = json!({"Channel": id(&arn), "Name": "kiosk",
        "Destinations": [{"Type": "EVENT_DATA_STORE", "Location": id(&other)}]});
    let changed = change(by_id);
    assert_eq!(
        changed,
        json!({"ChannelArn": arn, "Name": "kiosk", "Source": "Custom",
        "Destinations": to(&[&other])})
    );
    // Its own name is no other's.
    change(json!({"Channel": arn, "Name": "kiosk"}));
    let taken = fixture.refused("UpdateChannel", json!({"Channel": arn, "Name": "second"}));
    assert_eq!(taken, "ChannelAlreadyExistsException");
    assert_eq!(fixture.ask("GetChannel", json!({"Channel": arn})), changed);
    let feeds =
        |store: &str| fixture.refused("DeleteEventDataStore", json!({"EventDataStore": store}));
    assert_eq!(feeds(&one), "ChannelExistsForEDSException");
    fixture.ask("DeleteChannel", json!({"Channel": second}));
    assert_eq!(feeds(&other), "ChannelExistsForEDSException");
    fixture.ask("DeleteEventDataStore", json!({"EventDataStore": one}));
    fixture.ask("DeleteChannel", json!({"Channel": arn}));
    for operation in ["GetChannel", "DeleteChannel"] {
        assert_eq!(fixture.refused(operation, json!({"Channel": arn})), "ChannelNotFoundException");
    }
    assert_eq!(fixture.ask("ListChannels", json!({})), json!({"Channels": []}));
}

#[test]
fn channels_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    let (store, others) = (fixture.activity("activity"), fixture.made("management"));
    let gone = fixture.activity("deleted");
    fixture.ask("DeleteEventDataStore", json!({"EventDataStore": gone}));
    let nobody = UNKNOWN.replace("channel", "eventdatastore");
    let bucket = "arn:aws:s3:::bucket".to_owned();
    let service = json!([{"Type": "AWS_SERVICE", "Location": "config"}]);
    for (destinations, error) in [
        (to(&[&others]), "InvalidEventDataStoreCategoryException"),
        (to(&[&store, &others]), "InvalidEventDataStoreCategoryException"),
        (to(&[&gone]), "InactiveEventDataStoreException"),
        (to(&[&nobody]), "EventDataStoreNotFoundException"),
        (to(&[&UNKNOWN.to_owned()]), "EventDataStoreARNInvalidException"),
        (to(&[&bucket]), "EventDataStoreARNInvalidException"),
        (to(&[&store, &store]), "InvalidParameterException"),
        (service, "InvalidParameterException"),
        (json!([]), "InvalidParameterException"),
        (json!(null), "InvalidParameterException"),
        (json!([{"Type": "BUCKET", "Location": store}]), "InvalidParameterException"),
        (json!({}), "SerializationException"),
    ] {
        let input = json!({"Name": "made", "Source": "Custom", "Destinations": destinations});
        assert_eq!(fixture.refused("CreateChannel", input), error, "{destinations}");
    }
    let make = |name: &str, source: &str, tags: Value| {
        let input =
            json!({"Name": name, "Source": source, "Destinations": to(&[&store]), "Tags": tags});
        fixture.signed(&fixture.admin, "CreateChannel", &input).1["__type"].clone()
    };
    assert_eq!(make("ab", "Custom", json!([])), "InvalidParameterException");
    assert_eq!(make("a b c", "Custom", json!([])), "InvalidParameterException");
    assert_eq!(make("made", "custom", json!([])), "InvalidSourceException");
    assert_eq!(make("made", "", json!([])), "InvalidSourceException");
    assert_eq!(make("made", "Custom", json!([{"Key": "aws:a"}])), "InvalidTagParameterException");
    let twice = json!([{"Key": "a"}, {"Key": "a"}]);
    assert_eq!(make("made", "Custom", twice), "InvalidTagParameterException");
    let many: Vec<_> = (0..51).map(|n| json!({"Key": n.to_string()})).collect();
    assert_eq!(make("made", "Custom", json!(many)), "TagsLimitExceededException");
    assert_eq!(fixture.ask("ListChannels", json!({})), json!({"Channels": []}));
    assert_eq!(make("partner", "OktaSystemLogEvents", json!([])), Value::Null);
    let again = make("again", "OktaSystemLogEvents", json!([]));
    assert_eq!(again, "ChannelAlreadyExistsException");
    let partner = json!({"Channel": fixture.channel("made", &[&store])});
    assert_eq!(fixture.refused("UpdateChannel", partner), "InvalidParameterException");
    for (channel, error) in [
        (UNKNOWN, "ChannelNotFoundException"),
        ("nobody", "ChannelNotFoundException"),
        (&*store, "ChannelARNInvalidException"),
        ("arn:aws:s3:::bucket", "ChannelARNInvalidException"),
        ("x", "ValidationException"),
    ] {
        let this = json!({"Channel": channel});
        assert_eq!(fixture.refused("GetChannel", this.clone()), error, "{channel}");
        assert_eq!(fixture.refused("DeleteChannel", this), error, "{channel}");
        let error = error.replace("Validation", "InvalidParameter");
        let rename = json!({"Channel": channel, "Name": "later"});
        assert_eq!(fixture.refused("UpdateChannel", rename), error, "{channel}");
    }
    let reader = fixture.signed(&fixture.reader, "DeleteChannel", &json!({"Channel": "nobody"}));
    assert_eq!(reader.1["__type"], "AccessDeniedException");
}

#[test]
fn channels_are_listed_page_by_page() {
    let fixture = Fixture::new();
    let store = fixture.activity("activity");
    let mut made: Vec<_> =
        (0..7).map(|n| fixture.channel(&format!("made-{n}"), &[&store])).collect();
    made.sort();
    made.reverse();
    let arns = |listed: Vec<Value>| -> Vec<String> {
        listed.iter().map(|channel| channel["ChannelArn"].as_str().unwrap().to_owned()).collect()
    };
    for size in [1, 3, 7, 1_000] {
        let listed = fixture.pages("ListChannels", json!({"MaxResults": size}), "Channels");
        assert_eq!(arns(listed), made, "pages of {size}");
    }
    let first = fixture.ask("ListChannels", json!({"MaxResults": 2}));
    fixture.ask("DeleteChannel", json!({"Channel": made[1]}));
    let token = &first["NextToken"];
    let rest = fixture.ask("ListChannels", json!({"MaxResults": 9, "NextToken": token}));
    assert_eq!(arns(rest["Channels"].as_array().unwrap().clone()), made[2..]);
    let wrong = json!({"NextToken": "nonsense"});
    assert_eq!(fixture.refused("ListChannels", wrong), "InvalidNextTokenException");
    for size in [0, 1_001] {
        let refused = fixture.refused("ListChannels", json!({"MaxResults": size}));
        assert_eq!(refused, "ValidationException");
    }
}

#[test]
fn channels_have_tags() {
    let fixture = Fixture::new();
    let store = fixture.activity("activity");
    let arn = fixture.channel("shop", &[&store]);
    let tags = || {
        let listed = fixture.ask("ListTags", json!({"ResourceIdList": [arn, store]}));
        assert_eq!(listed["ResourceTagList"][1]["TagsList"], json!([]));
        listed["ResourceTagList"][0]["TagsList"].clone()
    };
    let change = |operation: &str, tags: Value| {
        fixture.ask(operation, json!({"ResourceId": arn, "TagsList": tags}))
    };
    assert_eq!(tags(), json!([]));
    change("AddTags", json!([{"Key": "team", "Value": "blue"}, {"Key": "open"}]));
    change("AddTags", json!([{"Key": "team", "Value": "red"}]));
    assert_eq!(tags(), json!([{"Key": "open"}, {"Key": "team", "Value": "red"}]));
    change("RemoveTags", json!([{"Key": "team", "Value": "blue"}, {"Key": "open"}, {"Key": "x"}]));
    assert_eq!(tags(), json!([{"Key": "team", "Value": "red"}]));
    let add =
        |tags: Value| fixture.refused("AddTags", json!({"ResourceId": arn, "TagsList": tags}));
    assert_eq!(add(json!([{"Key": "aws:a"}])), "InvalidTagParameterException");
    let many: Vec<_> = (0..50).map(|n| json!({"Key": n.to_string()})).collect();
    assert_eq!(add(json!(many)), "TagsLimitExceededException");
    assert_eq!(tags(), json!([{"Key": "team", "Value": "red"}]));
    fixture.ask("DeleteChannel", json!({"Channel": arn}));
    let gone = fixture.refused("ListTags", json!({"ResourceIdList": [arn]}));
    assert_eq!(gone, "ResourceNotFoundException");
}
