//! Which calls a trail takes.

use super::*;

fn takes(selection: Selection, called: &Called<'_>) -> bool {
    let settings = Settings::of("logs");
    let mut trail = Trail::new("a-trail", ACCOUNT, REGION, settings, Vec::new());
    trail.selection = selection;
    Listener::of(&trail).takes(&Record::of(called))
}

#[test]
fn basic_selectors_go_by_reading_and_writing_and_by_source() {
    let place = Place::new();
    let input = json!({"channelArn": "11111111-1111-1111-1111-111111111111"});
    let reads = place.called("ListTrails", &input, at(0));
    let writes = place.called("DeleteTrail", &input, at(0));
    let mut data = place.called("ListTrails", &input, at(0));
    data.operation = traillake_aws_wire::model::operation_at("POST", "/PutAuditEvents").unwrap();
    let all = EventSelector::all_management_events;
    let of = |read_write_type: ReadWriteType| EventSelector { read_write_type, ..all() };
    let excluded = vec!["cloudtrail.amazonaws.com".to_owned()];
    let other = vec!["kms.amazonaws.com".to_owned()];
    let none = EventSelector::default();
    let of_channels = DataResource {
        r#type: "AWS::CloudTrail::Channel".to_owned(),
        values: vec!["arn:aws:cloudtrail".to_owned()],
    };
    let of_objects = DataResource {
        r#type: "AWS::S3::Object".to_owned(),
        values: vec!["arn:aws:s3".to_owned()],
    };
    let data_of = |of: DataResource| EventSelector { data_resources: vec![of], ..all() };
    for (selectors, expected) in [
        (vec![all()], [true, true, false]),
        (vec![of(ReadWriteType::ReadOnly)], [true, false, false]),
        (vec![of(ReadWriteType::WriteOnly)], [false, true, false]),
        (vec![of(ReadWriteType::ReadOnly), of(ReadWriteType::WriteOnly)], [true, true, false]),
        (vec![none], [false, false, false]),
        (
            vec![EventSelector { exclude_management_event_sources: excluded, ..all() }],
            [false, false, false],
        ),
        (
            vec![EventSelector { exclude_management_event_sources: other, ..all() }],
            [true, true, false],
        ),
        (vec![data_of(of_channels)], [true, true, true]),
        (vec![data_of(of_objects)], [true, true, false]),
    ] {
        let selection = Selection::Basic(selectors);
        let found = [&reads, &writes, &data].map(|called| takes(selection.clone(), called));
        assert_eq!(found, expected, "{selection:?}");
    }
    let default = [&reads, &writes, &data].map(|called| takes(Selection::Default, called));
    assert_eq!(default, [true, true, false]);
}

#[test]
fn advanced_selectors_look_at_the_record() {
    let place = Place::new();
    let input = json!({"channelArn": "11111111-1111-1111-1111-111111111111"});
    let reads = place.called("ListTrails", &input, at(0));
    let writes = place.called("DeleteTrail", &input, at(0));
    let mut data = place.called("ListTrails", &input, at(0));
    data.operation = traillake_aws_wire::model::operation_at("POST", "/PutAuditEvents").unwrap();
    let of = |category: &str, more: Value| {
        let mut fields = vec![json!({"Field": "eventCategory", "Equals": [category]})];
        fields.extend(more.as_array().unwrap().iter().cloned());
        Selection::Advanced(json!([{"FieldSelectors": fields}]))
    };
    let arn = format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT}:channel/");
    for (selection, expected) in [
        (of("Management", json!([])), [true, true, false]),
        (
            of("Management", json!([{"Field": "readOnly", "Equals": ["false"]}])),
            [false, true, false],
        ),
        (
            of("Management", json!([{"Field": "eventName", "NotStartsWith": ["Delete"]}])),
            [true, false, false],
        ),
        (
            of("Management", json!([{"Field": "userIdentity.arn", "EndsWith": ["EXAMPLE"]}])),
            [true, true, false],
        ),
        (
            of(
                "Data",
                json!([{"Field": "resources.type", "Equals": ["AWS::CloudTrail::Channel"]},
                {"Field": "resources.ARN", "StartsWith": [arn]}]),
            ),
            [false, false, true],
        ),
        (
            of("Data", json!([{"Field": "resources.type", "Equals": ["AWS::XRay::Trace"]}])),
            [false, false, false],
        ),
        // What cannot be read any more takes all.
        (Selection::Advanced(json!("nonsense")), [true, true, true]),
    ] {
        let found = [&reads, &writes, &data].map(|called| takes(selection.clone(), called));
        assert_eq!(found, expected, "{selection:?}");
    }
}
