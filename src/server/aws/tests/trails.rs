//! What there is none of yet: trails, channels, an organization.

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
