use super::*;
use crate::json::scan_object;

const SEED: &str = r#"aws cloudtrail put-event-selectors --trail-name myTrail --advanced-event-selectors \ '{ "AdvancedEventSelectors": [ { "FieldSelectors": [ { "Field": "eventCategory", "Equals": ["Data"] }, { "Field": "resources.type", "Equals": ["AWS::XRay::Trace"] }, { "Field": "eventName", "Equals": ["PutTraceSegments","GetSamplingTargets"] } ], "Name": "Log X-Ray PutTraceSegments and GetSamplingTargets data events" } ] }'"#;

/// A selector of the given field selectors, as JSON.
fn one(fields: &str) -> String {
    format!(r#"[{{"Name":"n","FieldSelectors":[{fields}]}}]"#)
}

fn of(category: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    one(&format!(r#"{{"Field":"eventCategory","Equals":["{category}"]}}{comma}{more}"#))
}

fn management(more: &str) -> String {
    of("Management", more)
}

fn data(more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    of(
        "Data",
        &format!(r#"{{"Field":"resources.type","Equals":["AWS::S3::Object"]}}{comma}{more}"#),
    )
}

fn network(more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    of(
        "NetworkActivity",
        &format!(r#"{{"Field":"eventSource","Equals":["kms.amazonaws.com"]}}{comma}{more}"#),
    )
}

/// A field selector of one operator and value.
fn field(field: &str, operator: &str, value: &str) -> String {
    format!(r#"{{"Field":"{field}","{operator}":["{value}"]}}"#)
}

#[track_caller]
fn accepted(text: &str) -> AdvancedEventSelectors {
    match AdvancedEventSelectors::parse(text) {
        Ok(selectors) => {
            let again = AdvancedEventSelectors::parse(&selectors.to_json());
            assert_eq!(again.as_ref(), Ok(&selectors), "it is read back");
            selectors
        }
        Err(error) => panic!("{text}: {error}"),
    }
}

#[track_caller]
fn refused(text: &str, why: &str) {
    let error = AdvancedEventSelectors::parse(text).expect_err(text).to_string();
    assert!(error.contains(why), "{text}\n{error}\n{why}");
}

fn lets_through(selectors: &str, record: &str) -> bool {
    let selectors = accepted(selectors);
    let mut members = Vec::new();
    scan_object(record.as_bytes(), 0, |member| members.push(member)).unwrap();
    selectors.let_through(&EventFields::read(record.as_bytes(), &members))
}

#[test]
fn the_example_of_the_page_on_xray_is_accepted_as_printed() {
    let selectors = accepted(SEED);
    assert_eq!(
        selectors.to_json(),
        r#"[{"Name":"Log X-Ray PutTraceSegments and GetSamplingTargets data events","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::XRay::Trace"]},{"Field":"eventName","Equals":["PutTraceSegments","GetSamplingTargets"]}]}]"#
    );
}

#[test]
fn outputs_of_the_aws_cli_are_accepted() {
    let list = management("");
    let of_trail = format!(
        r#"{{"TrailARN":"arn:aws:cloudtrail:x:1:trail/t","AdvancedEventSelectors":{list}}}"#
    );
    let of_store = format!(
        r#"{{"EventDataStoreArn":"a","Name":"s","Status":"ENABLED","AdvancedEventSelectors":{list},"RetentionPeriod":366}}"#
    );
    let with_empty_basic = format!(r#"{{"EventSelectors":[],"AdvancedEventSelectors":{list}}}"#);
    let alone = list[1..list.len() - 1].to_owned();
    let two = format!(
        "aws cloudtrail put-event-selectors --advanced-event-selectors '{alone}' '{alone}'"
    );
    for text in [&list, &of_trail, &of_store, &with_empty_basic, &alone] {
        assert_eq!(accepted(text).to_json(), list);
    }
    assert_eq!(accepted(&two).selectors().len(), 2);
}

/// AWS's table: which field each category has, and with which operators.
#[test]
fn fields_and_operators_go_by_category() {
    const ANY: &str = "Equals StartsWith EndsWith NotEquals NotStartsWith NotEndsWith";
    type Fields<'a> = &'a [(&'a str, &'a str)];
    type Category<'a> = (&'a dyn Fn(&str) -> String, &'a [&'a str], Fields<'a>);
    let value = |field: &str| match field {
        "readOnly" | "sessionCredentialFromConsole" => "true",
        "errorCode" => "VpceAccessDenied",
        "resources.ARN" => "arn:aws:s3:::b/k",
        _ => "v",
    };
    let common = [
        ("readOnly", "Equals"),
        ("eventName", ANY),
        ("eventType", ANY),
        ("sessionCredentialFromConsole", "Equals NotEquals"),
        ("userIdentity.arn", ANY),
        ("eventSource", ANY),
    ];
    let of_data = [&common[..], &[("resources.ARN", ANY)]].concat();
    let of_network = [("eventName", ANY), ("errorCode", "Equals"), ("vpcEndpointId", ANY)];
    let categories: [Category<'_>; 7] = [
        (&management, &["eventCategory"], &common),
        (&data, &["eventCategory", "resources.type"], &of_data),
        (&network, &["eventCategory", "eventSource"], &of_network),
        (&|more| of("Insight", more), &["eventCategory"], &[]),
        (&|more| of("ConfigurationItem", more), &["eventCategory"], &[]),
        (&|more| of("Evidence", more), &["eventCategory"], &[]),
        (&|more| of("ActivityAuditLog", more), &["eventCategory"], &[]),
    ];
    for (with, required, optional) in categories {
        accepted(&with(""));
        for name in SELECTOR_FIELDS.map(SelectorField::name) {
            if required.contains(&name) {
                continue;
            }
            let operators =
                optional.iter().find(|(of, _)| *of == name).map(|(_, operators)| operators);
            for operator in OPERATORS.map(Operator::name) {
                let text = with(&field(name, operator, value(name)));
                match operators {
                    None => refused(&text, "the field selects"),
                    Some(some) if some.split(' ').any(|known| known == operator) => {
                        accepted(&text);
                    }
                    Some(_) => refused(
                        &text,
                        &format!("field {name}, {operator}: this field takes Equals"),
                    ),
                }
            }
        }
    }
}

#[test]
fn required_fields_take_equals_and_one_value() {
    refused(&one(&field("readOnly", "Equals", "true")), "eventCategory is missing");
    refused(
        &of("Data", ""),
        "field resources.type: the field is missing; selectors of Data events",
    );
    refused(&of("NetworkActivity", ""), "field eventSource: the field is missing");
    refused(&one(&field("eventCategory", "NotEquals", "Data")), "this field takes Equals only");
    refused(
        &one(r#"{"Field":"eventCategory","Equals":["Data","Management"]}"#),
        "one value is expected, and there are 2",
    );
    refused(
        &of(
            "Data",
            r#"{"Field":"resources.type","Equals":["AWS::S3::Object","AWS::XRay::Trace"]}"#,
        ),
        "one value is expected, and there are 2; make a selector for each value",
    );
    refused(
        &of("Data", &field("resources.type", "StartsWith", "AWS::S3")),
        "this field takes Equals only",
    );
    refused(
        &of("NetworkActivity", r#"{"Field":"eventSource","Equals":["a","b"]}"#),
        "make a selector for each value",
    );
    refused(
        &of("NetworkActivity", &field("eventSource", "NotEquals", "a")),
        "this field takes Equals only",
    );
    refused(
        &of("management", ""),
        "there is no category \"management\"; the categories are Management, Data",
    );
    refused(
        &management(
            &[field("eventName", "Equals", "a"), field("eventName", "NotEquals", "b")].join(","),
        ),
        "field eventName: the field is given twice",
    );
}

#[test]
fn any_resource_type_is_taken() {
    for name in ["AWS::XRay::Trace", "AWS::Something::New", "x"] {
        accepted(&of("Data", &field("resources.type", "Equals", name)));
    }
}

#[test]
fn resources_without_arns_are_not_selected_by_arn() {
    let fields = [
        field("resources.type", "Equals", "AWS::XRay::Trace"),
        field("resources.ARN", "StartsWith", "arn:aws:xray:"),
    ];
    refused(
        &of("Data", &fields.join(",")),
        "selector 1 \"n\", field resources.ARN: X-Ray traces do not have ARNs, so events of AWS::XRay::Trace",
    );
}

#[test]
fn values_have_rules() {
    let arn = |operator, value| data(&field("resources.ARN", operator, value));
    for operator in ["Equals", "NotEquals"] {
        accepted(&arn(operator, "arn:aws-cn:lambda:us-east-1:111122223333:function:f"));
        for value in ["bucket", "arn:aws:s3", "arn:aws:s3:::", "arn::s3:::b", "AWS::S3::Object"] {
            refused(&arn(operator, value), "needs a full ARN");
        }
    }
    accepted(&arn("StartsWith", "arn:aws:s3:::b/"));
    accepted(&arn("EndsWith", ".log"));
    accepted(&arn("Equals", "arn:aws:s3:::b/a*b"));
    refused(&arn("Equals", "arn:aws:s3:::b/*"), "there are no wildcards");
    refused(&management(&field("eventName", "Equals", "Get*")), "there are no wildcards");
    for value in ["True", "yes"] {
        refused(
            &management(&field("readOnly", "Equals", value)),
            "readOnly is \"true\" or \"false\"",
        );
    }
    refused(
        &management(&field("sessionCredentialFromConsole", "Equals", "false")),
        "are NotEquals \"true\"",
    );
    refused(&network(&field("errorCode", "Equals", "AccessDenied")), "VpceAccessDenied");
    refused(&management(&field("eventName", "Equals", "")), "a value is empty");
    refused(&management(r#"{"Field":"eventName","Equals":[]}"#), "the list of values is empty");
    refused(&management(r#"{"Field":"eventName","Equals":["a\nb"]}"#), "a value has no line break");
}

#[test]
fn there_are_limits() {
    let list = |selector: &str, n: usize| format!("[{}]", vec![selector; n].join(","));
    let selector = management("");
    let selector = &selector[1..selector.len() - 1];
    accepted(&list(selector, MAX_SELECTORS));
    refused(&list(selector, MAX_SELECTORS + 1), "there are 6 selectors, and at most 5 are allowed");
    refused("[]", "the list is empty");

    let values = |name: &str, n: usize| {
        let values: Vec<_> = (0..n).map(|n| format!("\"arn:aws:s3:::b/{n}\"")).collect();
        format!(r#"{{"Field":"{name}","Equals":[{}]}}"#, values.join(","))
    };
    accepted(&management(&values("eventName", 499)));
    refused(
        &management(&values("eventName", 500)),
        "there are 501 values in all selectors, and at most 500",
    );
    accepted(&data(&values("resources.ARN", 250)));
    refused(&data(&values("resources.ARN", 251)), "251 values of resources.ARN");

    accepted(&management(&field("eventName", "Equals", &"é".repeat(2_048))));
    refused(
        &management(&field("eventName", "Equals", &"é".repeat(2_049))),
        "at most 2048 characters",
    );
    let named = |name: &str| management("").replace("\"n\"", &format!("\"{name}\""));
    accepted(&named(&"é".repeat(1_000)));
    accepted(&named(""));
    refused(&named(&"é".repeat(1_001)), "the name is longer than 1000 characters");
    refused(&named("a\\nb"), "the name has a line break");
}

#[test]
fn a_store_has_one_schema() {
    let both = |a: &str, b: &str| format!("[{},{}]", &a[1..a.len() - 1], &b[1..b.len() - 1]);
    accepted(&both(&management(""), &data("")));
    accepted(&both(&data(""), &network("")));
    refused(
        &both(&management(""), &of("Insight", "")),
        "selector 2 \"n\", field eventCategory: Insight and Management events have different schemas",
    );
    refused(&both(&of("Insight", ""), &of("Evidence", "")), "different schemas");
}

#[test]
fn wrong_shapes_say_what_would_be_right() {
    for (text, why) in [
        ("{}", "an empty object has no AdvancedEventSelectors"),
        (r#"{"a":1,"b":2}"#, r#"an object with "a" and "b" has no AdvancedEventSelectors"#),
        (r#"{"EventSelectors":[{}]}"#, "these are basic event selectors"),
        (r#"{"EventSelectors":[{}],"AdvancedEventSelectors":[{}]}"#, "cannot be combined"),
        (
            r#"[{"ReadWriteType":"All","IncludeManagementEvents":true}]"#,
            "these are basic event selectors",
        ),
        (r#"{"EventDataStores":[]}"#, "this is a list of event data stores"),
        (
            r#"{"AdvancedEventSelectors":{}}"#,
            "AdvancedEventSelectors is an object, and must be a list",
        ),
        (r#"{"AdvancedEventSelectors":[],"AdvancedEventSelectors":[]}"#, "is given twice"),
        (
            "[1]",
            "selector 1: an object with Name and FieldSelectors is expected, not a number or boolean",
        ),
        ("[{}]", "selector 1: FieldSelectors is missing"),
        (r#"[{"Name":1}]"#, "Name is a number or boolean, and must be text"),
        (r#"[{"Name":"a","FieldSelectors":{}}]"#, r#"selector 1 "a": FieldSelectors is an object"#),
        (r#"[{"FieldSelectors":[]}]"#, "FieldSelectors is empty"),
        (r#"[{"name":"a"}]"#, r#"a selector has no member "name", it is spelled Name"#),
        (r#"[{"FieldSelectors":[7]}]"#, "selector 1, field selector 1: an object with Field"),
        (r#"[{"FieldSelectors":[{"Equals":["a"]}]}]"#, "Field is missing"),
        (r#"[{"FieldSelectors":[{"Field":["a"]}]}]"#, "Field is a list, and must be text"),
        (
            r#"[{"FieldSelectors":[{"Field":"resources.arn","Equals":["a"]}]}]"#,
            r#"there is no field "resources.arn", it is spelled resources.ARN; the fields are eventCategory"#,
        ),
        (
            r#"[{"FieldSelectors":[{"Field":"awsRegion","Equals":["a"]}]}]"#,
            r#"there is no field "awsRegion"; the fields are eventCategory"#,
        ),
        (
            r#"[{"FieldSelectors":[{"Field":"eventName","equals":["a"]}]}]"#,
            r#"field eventName: there is no operator "equals", it is spelled Equals; the operators are"#,
        ),
        (r#"[{"FieldSelectors":[{"Field":"eventName"}]}]"#, "no operator is given"),
        (r#"[{"FieldSelectors":[{"Field":"eventName","Equals":null}]}]"#, "no operator is given"),
        (
            r#"[{"FieldSelectors":[{"Field":"eventName","Equals":"a"}]}]"#,
            r#"a list is expected: ["a"]"#,
        ),
        (
            r#"[{"FieldSelectors":[{"Field":"readOnly","Equals":[true]}]}]"#,
            r#"field readOnly, Equals: values are texts: write "true" in quotes"#,
        ),
        (
            r#"[{"FieldSelectors":[{"Field":"readOnly","Equals":[[]]}]}]"#,
            "values are texts, not a list",
        ),
        (
            r#"[{"FieldSelectors":[{"Field":"eventName","Equals":["a"],"Equals":["b"]}]}]"#,
            r#""Equals" is given twice"#,
        ),
        ("[{", "the JSON ends in the middle (line 1, column 3)"),
        ("hello", "\"hello\" is not JSON"),
    ] {
        refused(text, why);
    }
}

#[test]
fn no_control_character_is_in_a_message() {
    let hostile = "\\u001b[31m\\u202e\\u0007";
    for text in [
        management(&field("eventName", "Equals", &format!("{hostile}*")))
            .replace("\"n\"", &format!("\"{hostile}\"")),
        management(&field(hostile, "Equals", "a")),
        management(&format!(r#"{{"Field":"eventName","{hostile}":[]}}"#)),
        of(hostile, ""),
        format!(r#"[{{"{hostile}":1}}]"#),
        format!(r#"{{"{hostile}":1}}"#),
        "x\u{1b}[31m".to_owned(),
    ] {
        let error = AdvancedEventSelectors::parse(&text).unwrap_err().to_string();
        assert!(!error.chars().any(|c| c.is_control() || c == '\u{202e}'), "{error:?}");
    }
}

#[test]
fn positive_operators_are_alternatives_and_negative_ones_exclude() {
    // AWS's example of several conditions for one field.
    let selectors = data(
        r#"{"Field":"resources.ARN",
            "Equals":["arn:aws:s3:::demo/object1"],"StartsWith":["arn:aws:s3:::demo/"],"EndsWith":["object3"],
            "NotStartsWith":["arn:aws:s3:::demo/deselect"],"NotEndsWith":["object5"],
            "NotEquals":["arn:aws:s3:::demo/object6"]}"#,
    );
    let event = |key: &str| {
        format!(
            r#"{{"eventCategory":"Data","resources":[{{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::{key}"}}]}}"#
        )
    };
    for (key, expected) in [
        ("demo/object1", true),
        ("demo/object2", true),
        ("demo1/object3", true),
        ("demo/deselectObject4", false),
        ("demo/object5", false),
        ("demo/object6", false),
        ("other/object1", false),
    ] {
        assert_eq!(lets_through(&selectors, &event(key)), expected, "{key}");
    }
}

#[test]
fn an_event_without_the_field_matches_nothing_and_is_not_excluded() {
    let event =
        r#"{"eventCategory":"Management","userIdentity":{"type":"AWSService"},"eventName":null}"#;
    for name in ["userIdentity.arn", "eventName", "eventType"] {
        assert!(!lets_through(&management(&field(name, "StartsWith", "a")), event));
        assert!(lets_through(&management(&field(name, "NotStartsWith", "a")), event));
    }
    assert!(!lets_through(&management(&field("readOnly", "Equals", "true")), event));
    assert!(!lets_through(&management(&field("readOnly", "Equals", "false")), event));
    assert!(lets_through(
        &management(&field("sessionCredentialFromConsole", "NotEquals", "true")),
        event
    ));
    assert!(!lets_through(
        &management(&field("sessionCredentialFromConsole", "Equals", "true")),
        event
    ));
}

#[test]
fn of_several_resources_one_is_enough() {
    let event = r#"{"eventCategory":"Data","resources":[{"accountId":"1"},{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b"},{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/k"}]}"#;
    let by_arn =
        |operator, value| lets_through(&data(&field("resources.ARN", operator, value)), event);
    assert!(by_arn("Equals", "arn:aws:s3:::b/k") && by_arn("Equals", "arn:aws:s3:::b"));
    assert!(!by_arn("Equals", "arn:aws:s3:::b/j"));
    assert!(!by_arn("NotStartsWith", "arn:aws:s3:::b/") && !by_arn("NotEquals", "arn:aws:s3:::b"));
    assert!(by_arn("NotStartsWith", "arn:aws:s3:::c"));
    assert!(!lets_through(
        &of("Data", &field("resources.type", "Equals", "AWS::S3::Table")),
        event
    ));
    let listing = r#"{"eventCategory":"Data","resources":[{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::b/"}]}"#;
    assert!(lets_through(&data(&field("resources.ARN", "StartsWith", "arn:aws:s3:::b/")), listing));
}

#[test]
fn values_are_read_as_columns_are() {
    let read = management(&field("readOnly", "Equals", "true"));
    for value in ["true", "\"true\"", "\"True\"", "\" TRUE \""] {
        assert!(lets_through(
            &read,
            &format!(r#"{{"EVENTCATEGORY":"Manag\u0065ment","readonly":{value}}}"#)
        ));
    }
    let last =
        r#"{"eventCategory":"Data","eventCategory":"Management","readOnly":false,"readOnly":true}"#;
    assert!(lets_through(&read, last));
    let arn = management(&field("userIdentity.arn", "EndsWith", "/é"));
    for identity in [r#"{"ARN":"x/\u00e9"}"#, r#""{\"arn\":\"x/\\u00e9\"}""#] {
        assert!(lets_through(
            &arn,
            &format!(r#"{{"eventCategory":"Management","userIdentity":{identity}}}"#)
        ));
    }
    for resources in [
        r#"{"type":"AWS::S3::Object"}"#,
        r#""[{\"type\":\"AWS::S3::Object\"}]""#,
        r#"["{\"TYPE\":\"AWS::S3::Object\"}"]"#,
    ] {
        assert!(lets_through(
            &data(""),
            &format!(r#"{{"eventCategory":"Data","resources":{resources}}}"#)
        ));
    }
    for resources in
        ["null", "7", "[]", "[[]]", r#"[{"type":null}]"#, r#""x""#, r#"[{"type":{"a":1}}]"#]
    {
        assert!(!lets_through(
            &data(""),
            &format!(r#"{{"eventCategory":"Data","resources":{resources}}}"#)
        ));
    }
}

#[test]
fn old_records_have_a_category_too() {
    let category = |record: &str| {
        let mut members = Vec::new();
        scan_object(record.as_bytes(), 0, |member| members.push(member)).unwrap();
        let fields = EventFields::read(record.as_bytes(), &members);
        let (category, is_told) = fields.category();
        (String::from_utf8(category.into_owned()).unwrap(), is_told)
    };
    for (record, expected, is_told) in [
        (r#"{"eventCategory":"Data","managementEvent":true}"#, "Data", true),
        (r#"{"eventCategory":null,"managementEvent":true}"#, "Management", false),
        (r#"{"managementEvent":"False"}"#, "Data", false),
        (r#"{"eventType":"AwsVpceEvent"}"#, "NetworkActivity", false),
        (r#"{"resources":[{"type":"AWS::S3::Object"}]}"#, "Data", false),
        (r#"{"resources":[{"type":"AWS::IAM::Role"}]}"#, "Management", false),
        (r#"{}"#, "Management", false),
    ] {
        assert_eq!(category(record), (expected.to_owned(), is_told), "{record}");
    }
}

#[test]
fn explanations_go_field_by_field() {
    let record = r#"{"managementEvent":true,"eventName":"Get\u001b[31m","userIdentity":{"arn":"arn:aws:iam::1:user/a"}}"#;
    let mut members = Vec::new();
    scan_object(record.as_bytes(), 0, |member| members.push(member)).unwrap();
    let event = EventFields::read(record.as_bytes(), &members);
    let reasons = |selectors: &str| {
        let explained = accepted(selectors).explain(&event).remove(0);
        assert_eq!(explained.let_through, explained.fields.iter().all(|field| field.let_through));
        explained
            .fields
            .into_iter()
            .map(|field| field.reason)
            .skip(1)
            .collect::<Vec<_>>()
            .join("; ")
    };
    for (field, reason) in [
        (field("eventName", "StartsWith", "Get"), r#""Get\u{1b}[31m" matches StartsWith "Get""#),
        (
            r#"{"Field":"eventName","Equals":["a","b","c","d","e","f"],"EndsWith":["x"]}"#
                .to_owned(),
            r#""Get\u{1b}[31m" does not match Equals "a", "b", "c", "d", "e", 1 more or EndsWith "x""#,
        ),
        (field("eventSource", "Equals", "x"), "the event has no eventSource"),
        (
            field("eventSource", "NotEquals", "x"),
            "the event has no eventSource, so nothing excludes it",
        ),
        (
            field("userIdentity.arn", "NotEndsWith", "/b"),
            r#""arn:aws:iam::1:user/a" is not excluded by NotEndsWith "/b""#,
        ),
        (
            field("userIdentity.arn", "NotEndsWith", "/a"),
            r#""arn:aws:iam::1:user/a" is excluded by NotEndsWith "/a""#,
        ),
    ] {
        assert_eq!(reasons(&management(&field)), reason);
    }
    let explained = accepted(&data("")).explain(&event).remove(0);
    assert_eq!(
        explained.fields[0].reason,
        r#""Management" (the record has no eventCategory) does not match Equals "Data""#
    );
}
