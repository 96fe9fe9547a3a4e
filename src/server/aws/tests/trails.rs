//! Trails, and what there is none of yet: channels, an organization.

use super::Fixture;
use serde_json::{Value, json};

#[test]
fn there_are_no_trails_and_no_channels() {
    let fixture = Fixture::new();
    assert_eq!(fixture.ask("ListTrails", json!({})), json!({"Trails": []}));
    assert_eq!(fixture.ask("ListChannels", json!({"MaxResults": 5})), json!({"Channels": []}));
    let arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/mine";
    for input in [json!({}), json!({"trailNameList": ["mine", arn], "includeShadowTrails": true})] {
        assert_eq!(fixture.ask("DescribeTrails", input), json!({"trailList": []}));
    }
    for (operation, input, error) in [
        ("DescribeTrails", json!({"trailNameList": ["x"]}), "InvalidTrailNameException"),
        ("DescribeTrails", json!({"trailNameList": ["10.0.0.1"]}), "InvalidTrailNameException"),
        (
            "DescribeTrails",
            json!({"trailNameList": ["arn:aws:s3:::mine"]}),
            "CloudTrailARNInvalidException",
        ),
        ("ListTrails", json!({"NextToken": "more"}), "ValidationException"),
        ("ListChannels", json!({"NextToken": "more"}), "InvalidNextTokenException"),
        ("ListChannels", json!({"MaxResults": 0}), "ValidationException"),
    ] {
        assert_eq!(fixture.refused(operation, input.clone()), error, "{operation} {input}");
    }
}

pub(super) const ARN: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit";

impl Fixture {
    /// Makes the trail `audit`, with some more members.
    pub(super) fn trail(&self, more: Value) -> Value {
        let mut input = json!({"Name": "audit", "S3BucketName": "logs"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ask("CreateTrail", input)
    }
}

#[test]
fn a_trail_is_made_shown_changed_and_deleted() {
    let fixture = Fixture::new();
    let made = fixture.trail(json!({}));
    let defaults = json!({
        "Name": "audit", "S3BucketName": "logs", "IncludeGlobalServiceEvents": true,
        "IsMultiRegionTrail": false, "TrailARN": ARN, "LogFileValidationEnabled": false,
        "IsOrganizationTrail": false, "RecursiveLogging": true,
    });
    assert_eq!(made, defaults);
    let mut whole = defaults.clone();
    let more = json!({"HomeRegion": "eu-west-1", "HasCustomEventSelectors": false, "HasInsightSelectors": false});
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    for name in ["audit", ARN] {
        assert_eq!(fixture.ask("GetTrail", json!({"Name": name})), json!({"Trail": whole}));
        let named = json!({"trailNameList": [name, "nobody"]});
        assert_eq!(fixture.ask("DescribeTrails", named), json!({"trailList": [whole]}));
    }
    assert_eq!(fixture.ask("DescribeTrails", json!({})), json!({"trailList": [whole]}));
    let listed = json!({"TrailARN": ARN, "Name": "audit", "HomeRegion": "eu-west-1"});
    assert_eq!(fixture.ask("ListTrails", json!({})), json!({"Trails": [listed]}));

    let told = json!({
        "Name": ARN, "S3KeyPrefix": "a/b", "IsMultiRegionTrail": true, "EnableLogFileValidation": true,
        "SnsTopicName": "topic", "KmsKeyId": "alias/mine", "RecursiveLogging": false,
        "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:111122223333:log-group:mine:*",
        "CloudWatchLogsRoleArn": "arn:aws:iam::111122223333:role/logs",
    });
    let changed = fixture.ask("UpdateTrail", told.clone());
    for member in [
        "S3KeyPrefix",
        "IsMultiRegionTrail",
        "SnsTopicName",
        "RecursiveLogging",
        "CloudWatchLogsLogGroupArn",
        "CloudWatchLogsRoleArn",
    ] {
        assert_eq!(changed[member], told[member], "{member}");
    }
    assert_eq!(changed["LogFileValidationEnabled"], true);
    assert_eq!(changed["SnsTopicARN"], "arn:aws:sns:eu-west-1:111122223333:topic");
    assert_eq!(changed["KmsKeyId"], "arn:aws:kms:eu-west-1:111122223333:alias/mine");
    let nothing = json!({"Name": "audit", "S3KeyPrefix": "", "SnsTopicName": "", "KmsKeyId": "",
        "CloudWatchLogsLogGroupArn": "", "CloudWatchLogsRoleArn": "", "IsMultiRegionTrail": false,
        "EnableLogFileValidation": false, "RecursiveLogging": true});
    assert_eq!(fixture.ask("UpdateTrail", nothing), defaults);
    assert_eq!(fixture.ask("DeleteTrail", json!({"Name": "audit"})), json!({}));
    assert_eq!(fixture.refused("GetTrail", json!({"Name": "audit"})), "TrailNotFoundException");
    assert_eq!(fixture.ask("ListTrails", json!({})), json!({"Trails": []}));
}

#[test]
fn trails_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    fixture.trail(json!({}));
    let role = "arn:aws:iam::111122223333:role/logs";
    let group = "arn:aws:logs:eu-west-1:111122223333:log-group:mine:*";
    let settings = [
        (json!({"S3BucketName": "Logs"}), "InvalidS3BucketNameException"),
        (json!({"S3BucketName": "nobody"}), "S3BucketDoesNotExistException"),
        (json!({"S3BucketName": "frozen"}), "InsufficientS3BucketPolicyException"),
        (json!({"S3KeyPrefix": "/a"}), "InvalidS3PrefixException"),
        (json!({"S3KeyPrefix": "x".repeat(201)}), "InvalidS3PrefixException"),
        (json!({"SnsTopicName": "a b"}), "InvalidSnsTopicNameException"),
        (json!({"KmsKeyId": "mine"}), "InvalidKmsKeyIdException"),
        (json!({"CloudWatchLogsLogGroupArn": group}), "InvalidCloudWatchLogsRoleArnException"),
        (json!({"CloudWatchLogsRoleArn": role}), "InvalidCloudWatchLogsLogGroupArnException"),
        (
            json!({"CloudWatchLogsLogGroupArn": "mine", "CloudWatchLogsRoleArn": role}),
            "InvalidCloudWatchLogsLogGroupArnException",
        ),
        (
            json!({"IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": false}),
            "InvalidParameterCombinationException",
        ),
        (json!({"IsOrganizationTrail": true}), "OrganizationsNotInUseException"),
    ];
    for (more, error) in settings {
        for (operation, name) in [("CreateTrail", "other"), ("UpdateTrail", "audit")] {
            let mut input = json!({"Name": name, "S3BucketName": "logs"});
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            assert_eq!(fixture.refused(operation, input.clone()), error, "{operation} {input}");
        }
    }
    let tags = |tags: Value| json!({"Name": "other", "S3BucketName": "logs", "TagsList": tags});
    let many: Vec<_> = (0..51).map(|n| json!({"Key": n.to_string()})).collect();
    for (input, error) in [
        (json!({"Name": "audit", "S3BucketName": "logs"}), "TrailAlreadyExistsException"),
        (json!({"Name": "a..b", "S3BucketName": "logs"}), "InvalidTrailNameException"),
        (json!({"Name": "192.168.5.4", "S3BucketName": "logs"}), "InvalidTrailNameException"),
        (json!({"Name": ARN, "S3BucketName": "logs"}), "InvalidTrailNameException"),
        (json!({"Name": "other"}), "InvalidS3BucketNameException"),
        (tags(json!([{"Key": "a"}, {"Key": "a"}])), "InvalidTagParameterException"),
        (tags(json!([{"Key": "aws:a"}])), "InvalidTagParameterException"),
        (tags(json!(many)), "TagsLimitExceededException"),
    ] {
        assert_eq!(fixture.refused("CreateTrail", input.clone()), error, "{input}");
    }
    let listed = fixture.ask("ListTrails", json!({}))["Trails"].as_array().unwrap().len();
    assert_eq!(listed, 1, "what was refused is not there");
    for n in 0..4 {
        fixture.ask("CreateTrail", json!({"Name": format!("more-{n}"), "S3BucketName": "logs"}));
    }
    let sixth = fixture.refused("CreateTrail", json!({"Name": "other", "S3BucketName": "logs"}));
    assert_eq!(sixth, "MaximumNumberOfTrailsExceededException");
}

#[test]
fn trails_are_found_by_name_and_by_arn() {
    let fixture = Fixture::new();
    fixture.trail(json!({}));
    let elsewhere = ARN.replace("eu-west-1", "us-east-1");
    let others = ARN.replace("111122223333", "444455556666");
    let operations = [
        "GetTrail",
        "GetTrailStatus",
        "StartLogging",
        "StopLogging",
        "UpdateTrail",
        "DeleteTrail",
        "GetEventSelectors",
        "PutEventSelectors",
        "PutInsightSelectors",
        "GetInsightSelectors",
        "PutEventConfiguration",
        "GetEventConfiguration",
    ];
    for operation in operations {
        let member = if operation.contains("Selectors") || operation.contains("Event") {
            "TrailName"
        } else {
            "Name"
        };
        let changes = !operation.starts_with("Get");
        for (name, error) in [
            ("nobody", "TrailNotFoundException"),
            ("-", "InvalidTrailNameException"),
            ("arn:aws:s3:::bucket", "CloudTrailARNInvalidException"),
            (others.as_str(), "TrailNotFoundException"),
            (
                elsewhere.as_str(),
                if changes { "InvalidHomeRegionException" } else { "TrailNotFoundException" },
            ),
        ] {
            let input =
                json!({member: name, "InsightSelectors": [], "AggregationConfigurations": []});
            assert_eq!(fixture.refused(operation, input), error, "{operation} {name}");
        }
        if changes {
            let input =
                json!({member: "audit", "InsightSelectors": [], "AggregationConfigurations": []});
            let (status, body) = fixture.signed(&fixture.reader, operation, &input);
            assert_eq!((status, &body["__type"]), (400, &json!("AccessDeniedException")));
        }
    }
    let others = json!({"trailNameList": [elsewhere, others]});
    assert_eq!(fixture.ask("DescribeTrails", others), json!({"trailList": []}));
}

#[test]
fn there_is_no_organization() {
    let fixture = Fixture::new();
    let account = "444455556666";
    for (operation, member) in [
        ("RegisterOrganizationDelegatedAdmin", "MemberAccountId"),
        ("DeregisterOrganizationDelegatedAdmin", "DelegatedAdminAccountId"),
    ] {
        let refused = fixture.refused(operation, json!({member: account}));
        assert_eq!(refused, "OrganizationsNotInUseException");
        assert_eq!(fixture.refused(operation, json!({member: "me"})), "InvalidParameterException");
    }
}

#[test]
fn failures_are_those_of_the_import() {
    let fixture = Fixture::new();
    let unknown = json!({"ImportId": "11111111-1111-1111-1111-111111111111"});
    let refused = fixture.refused("ListImportFailures", unknown);
    assert_eq!(refused, "InvalidParameterException");
    fixture.import("default", &["testdata/oddities", "testdata/broken"]);
    let imports = fixture.api.lake.catalog().imports().unwrap();
    let id = &imports[0].id;
    let all = fixture.pages("ListImportFailures", json!({"ImportId": id}), "Failures");
    let told = fixture.api.lake.catalog().failures(id).unwrap();
    let told: Vec<_> = told.iter().filter(|failure| !failure.is_notice()).collect();
    assert!(told.len() > 2);
    let of = |member: &str| all.iter().map(|f| f[member].clone()).collect::<Vec<Value>>();
    assert_eq!(of("Location"), told.iter().map(|f| json!(f.location)).collect::<Vec<_>>());
    assert_eq!(of("ErrorMessage"), told.iter().map(|f| json!(f.message)).collect::<Vec<_>>());
    assert!(of("Status").iter().all(|status| status == "FAILED"));
    let by_two =
        fixture.pages("ListImportFailures", json!({"ImportId": id, "MaxResults": 2}), "Failures");
    assert_eq!(by_two, all);
    // The beginning of an id is none.
    let part =
        json!({"ImportId": format!("{}{}", &id[..35], if id.ends_with('0') { 1 } else { 0 })});
    assert_eq!(fixture.refused("ListImportFailures", part), "InvalidParameterException");
}
