//! Event selectors against a brute-force evaluator: code of its own, over trees of `serde_json`.

use crate::lake::TestLake;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use traillake::columnar::Format;
use traillake::envelope::discover;
use traillake::json::scan_object;
use traillake::store::selectors::{EventFields, read_events};
use traillake::store::{AdvancedEventSelectors, NewStore, StoreName};
use traillake_synth::{SynthOptions, write_trail};

/// The example of AWS's page on logging X-Ray calls, as printed there.
const SEED: &str = r#"aws cloudtrail put-event-selectors --trail-name myTrail --advanced-event-selectors \ '{ "AdvancedEventSelectors": [ { "FieldSelectors": [ { "Field": "eventCategory", "Equals": ["Data"] }, { "Field": "resources.type", "Equals": ["AWS::XRay::Trace"] }, { "Field": "eventName", "Equals": ["PutTraceSegments","GetSamplingTargets"] } ], "Name": "Log X-Ray PutTraceSegments and GetSamplingTargets data events" } ] }'"#;

/// The values of an event's field.
fn values(event: &Value, field: &str) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    let resources = || match &event["resources"] {
        Value::Array(list) => list.clone(),
        Value::Object(one) => vec![Value::Object(one.clone())],
        _ => Vec::new(),
    };
    match field {
        "eventCategory" => vec![category(event)],
        "readOnly" => text(&event["readOnly"]).into_iter().map(|t| t.to_lowercase()).collect(),
        "resources.type" => resources().iter().filter_map(|r| text(&r["type"])).collect(),
        "resources.ARN" => resources()
            .iter()
            .filter_map(
                |r| if r["ARN"].is_null() { text(&r["ARNPrefix"]) } else { text(&r["ARN"]) },
            )
            .collect(),
        "userIdentity.arn" => text(&event["userIdentity"]["arn"]).into_iter().collect(),
        other => text(&event[other]).into_iter().collect(),
    }
}

fn category(event: &Value) -> String {
    match (&event["eventCategory"], &event["managementEvent"], &event["eventType"]) {
        (Value::String(category), _, _) => category.clone(),
        (_, Value::Bool(true), _) => "Management".to_owned(),
        (_, Value::Bool(false), _) => "Data".to_owned(),
        (_, _, kind) if kind == "AwsVpceEvent" => "NetworkActivity".to_owned(),
        _ if values(event, "resources.type").iter().any(|t| t == "AWS::S3::Object") => {
            "Data".to_owned()
        }
        _ => "Management".to_owned(),
    }
}

/// Whether one selector of the JSON list lets the event through.
fn let_through(selectors: &Value, event: &Value) -> bool {
    selectors.as_array().unwrap().iter().any(|selector| {
        selector["FieldSelectors"].as_array().unwrap().iter().all(|field| passes(field, event))
    })
}

fn passes(field: &Value, event: &Value) -> bool {
    let found = values(event, field["Field"].as_str().unwrap());
    let mut is_selective = false;
    let mut is_selected = false;
    let mut is_excluded = false;
    for (operator, wanted) in field.as_object().unwrap() {
        if operator == "Field" {
            continue;
        }
        let wanted: Vec<_> =
            wanted.as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
        let compare: fn(&str, &str) -> bool = match operator.trim_start_matches("Not") {
            "Equals" => |value, wanted| value == wanted,
            "StartsWith" => |value, wanted| value.starts_with(wanted),
            "EndsWith" => |value, wanted| value.ends_with(wanted),
            other => panic!("{other}"),
        };
        let hit = found.iter().any(|value| wanted.iter().any(|wanted| compare(value, wanted)));
        if operator.starts_with("Not") {
            is_excluded |= hit;
        } else {
            is_selective = true;
            is_selected |= hit;
        }
    }
    !is_excluded && (is_selected || !is_selective)
}

/// Writes usual events, and returns them, each as often as it is delivered.
fn synthetic(folder: &Path) -> Vec<Value> {
    let options = SynthOptions { events: 6_000, seed: 23, ..SynthOptions::default() };
    write_trail(&options, &folder.join("trail"), &AtomicBool::new(false), &|_| ()).unwrap();
    let mut events = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let file = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
            let log: Value = serde_json::from_reader(file).unwrap();
            events.extend(log["Records"].as_array().unwrap().iter().cloned());
        }
    }
    assert_eq!(events.len(), 6_000);
    events
}

/// The list in a text of selectors.
fn list(text: &str) -> Value {
    serde_json::from_str(&AdvancedEventSelectors::parse(text).unwrap().to_json()).unwrap()
}

fn ids<'a>(events: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    events.into_iter().map(|event| event["eventID"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_example_of_the_page_on_xray_selects_what_brute_force_selects() {
    let folder = tempfile::tempdir().unwrap();
    let events = synthetic(folder.path());
    let mut lake = TestLake::new();
    let name = StoreName::parse("xray").unwrap();
    let selectors = AdvancedEventSelectors::parse(SEED).unwrap();
    let new = NewStore { selectors: Some(selectors), ..NewStore::new(name, Format::Orc) };
    let store = lake.lake.create_store(&new).unwrap();
    let report = lake.import(&store, folder.path());
    lake.open(&store);

    let selected: Vec<_> = events.iter().filter(|event| let_through(&list(SEED), event)).collect();
    let counts = &report.events;
    assert_eq!(counts.read, 6_000);
    assert_eq!(counts.not_selected, (events.len() - selected.len()) as u64);
    assert_eq!(counts.stored + counts.duplicate, selected.len() as u64);
    let stored = lake.ask("SELECT eventID FROM event_data_store");
    let stored: BTreeSet<_> =
        stored.iter().map(|row| row["eventID"].as_str().unwrap().to_owned()).collect();
    assert!(stored.len() > 1_000 && stored.len() < 5_000, "{}", stored.len());
    assert_eq!(stored, ids(selected));
    assert_eq!(counts.stored, stored.len() as u64);
}

#[test]
fn usual_selectors_select_what_brute_force_selects() {
    let folder = tempfile::tempdir().unwrap();
    let events = synthetic(folder.path());
    let sources = discover(&[folder.path()]).unwrap().sources;
    for fields in [
        json!([{"Field": "eventCategory", "Equals": ["Management"]}]),
        json!([{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["false"]}]),
        json!([
            {"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com", "xray.amazonaws.com"]},
            {"Field": "sessionCredentialFromConsole", "NotEquals": ["true"]},
        ]),
        json!([
            {"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "sessionCredentialFromConsole", "Equals": ["true"]},
        ]),
        json!([
            {"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "eventName", "StartsWith": ["Get", "Put"], "EndsWith": ["Rule"], "NotEndsWith": ["s"]},
            {"Field": "userIdentity.arn", "NotStartsWith": ["arn:aws:sts:"]},
        ]),
        json!([
            {"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "eventType", "NotEquals": ["AwsApiCall"]},
        ]),
        json!([
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::XRay::Trace"]},
            {"Field": "eventName", "NotEquals": ["PutTraceSegments"]},
        ]),
        json!([
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
            {"Field": "resources.ARN", "NotEndsWith": [".gz"]},
        ]),
    ] {
        let list = json!([{"FieldSelectors": fields}]);
        let selectors = AdvancedEventSelectors::parse(&list.to_string()).unwrap();
        let mut selected = BTreeSet::new();
        let outcome = read_events(&sources, &AtomicBool::new(false), &mut |event| {
            if selectors.let_through(&event.fields) {
                selected.insert(event.fields.event_id().unwrap());
            }
            true
        });
        assert_eq!((outcome.events, outcome.rejected), (6_000, 0));
        let expected = ids(events.iter().filter(|event| let_through(&list, event)));
        assert!(!expected.is_empty() && expected.len() < 5_000, "{list}: {}", expected.len());
        assert_eq!(selected, expected, "{list}");
    }
}

/// Values of few letters, so that conditions meet.
fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{1,3}", "[aé\"\\\\/\u{1b}]{1,2}"]
}

fn operator_values(
    operators: &'static [&'static str],
) -> impl Strategy<Value = Map<String, Value>> {
    let values = proptest::collection::vec(value(), 1..3);
    proptest::collection::btree_map(proptest::sample::select(operators), values, 1..4).prop_map(
        |map| map.into_iter().map(|(name, values)| (name.to_owned(), json!(values))).collect(),
    )
}

const ANY: &[&str] =
    &["Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"];

fn with_field(field: &str, mut operators: Map<String, Value>) -> Value {
    operators.insert("Field".to_owned(), field.into());
    // A full ARN where AWS wants one.
    if field == "resources.ARN" {
        for name in ["Equals", "NotEquals"] {
            if let Some(Value::Array(values)) = operators.get_mut(name) {
                values
                    .iter_mut()
                    .for_each(|v| *v = json!(format!("arn:a:b:::{}", v.as_str().unwrap())));
            }
        }
    }
    Value::Object(operators)
}

/// A field selector, or none.
fn maybe(field: &'static str, operators: &'static [&'static str]) -> BoxedStrategy<Option<Value>> {
    proptest::option::weighted(
        0.3,
        operator_values(operators).prop_map(move |o| with_field(field, o)),
    )
    .boxed()
}

fn maybe_word(
    field: &'static str,
    word: impl Strategy<Value = Value> + 'static,
) -> BoxedStrategy<Option<Value>> {
    proptest::option::weighted(
        0.3,
        word.prop_map(move |operators| {
            let mut operators = operators.as_object().unwrap().clone();
            operators.insert("Field".to_owned(), field.into());
            Value::Object(operators)
        }),
    )
    .boxed()
}

fn selector() -> impl Strategy<Value = Value> {
    let read_only = || {
        maybe_word(
            "readOnly",
            prop_oneof![Just(json!({"Equals": ["true"]})), Just(json!({"Equals": ["false"]}))],
        )
    };
    let console = || {
        let word =
            prop_oneof![Just(json!({"Equals": ["true"]})), Just(json!({"NotEquals": ["true"]}))];
        maybe_word("sessionCredentialFromConsole", word)
    };
    let required = |field: &str, value: &str| Some(json!({"Field": field, "Equals": [value]}));
    let management = vec![
        Just(required("eventCategory", "Management")).boxed(),
        read_only(),
        console(),
        maybe("eventName", ANY),
        maybe("eventSource", ANY),
        maybe("eventType", ANY),
        maybe("userIdentity.arn", ANY),
    ];
    let data = vec![
        Just(required("eventCategory", "Data")).boxed(),
        prop_oneof![
            Just(required("resources.type", "AWS::S3::Object")),
            Just(required("resources.type", "a"))
        ]
        .boxed(),
        maybe("resources.ARN", ANY),
        read_only(),
        console(),
        maybe("eventName", ANY),
        maybe("userIdentity.arn", ANY),
    ];
    let network = vec![
        Just(required("eventCategory", "NetworkActivity")).boxed(),
        prop_oneof![Just(required("eventSource", "a")), Just(required("eventSource", "b"))].boxed(),
        maybe("eventName", ANY),
        maybe("vpcEndpointId", ANY),
        maybe_word("errorCode", Just(json!({"Equals": ["VpceAccessDenied"]}))),
    ];
    let fields = prop_oneof![management, data, network];
    fields.prop_map(|fields| {
        let fields: Vec<_> = fields.into_iter().flatten().collect();
        json!({"FieldSelectors": fields})
    })
}

/// A value of an event's member, often of the kind that belongs there.
fn scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        8 => value().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!({"a": "a"})),
        1 => Just(json!(7)),
    ]
    .boxed()
}

fn resource() -> impl Strategy<Value = Value> {
    let arn = prop_oneof![value().prop_map(|v| json!(format!("arn:a:b:::{v}"))), scalar()];
    let kind = prop_oneof![Just(json!("AWS::S3::Object")), scalar()];
    let maybe = |s: BoxedStrategy<Value>| proptest::option::of(s);
    (maybe(kind.boxed()), maybe(arn.boxed()), maybe(scalar())).prop_map(|(kind, arn, prefix)| {
        let members = [("type", kind), ("ARN", arn), ("ARNPrefix", prefix)];
        members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect::<Map<_, _>>()
            .into()
    })
}

fn event() -> impl Strategy<Value = Value> {
    let words = |words: &'static [&'static str]| {
        proptest::sample::select(words).prop_map(Value::from).boxed()
    };
    let flag =
        || prop_oneof![any::<bool>().prop_map(Value::from), words(&["true", "False"])].boxed();
    let resources = prop_oneof![
        4 => proptest::collection::vec(resource(), 0..4).prop_map(Value::from),
        1 => resource(),
        1 => Just(Value::Null),
    ];
    let members: Vec<BoxedStrategy<(&'static str, Value)>> = [
        ("eventCategory", words(&["Management", "Data", "NetworkActivity", "Insight"])),
        ("managementEvent", any::<bool>().prop_map(Value::from).boxed()),
        ("readOnly", flag()),
        ("eventName", scalar()),
        ("eventSource", words(&["a", "b", "ab"])),
        ("eventType", prop_oneof![scalar(), words(&["AwsVpceEvent"])].boxed()),
        ("sessionCredentialFromConsole", words(&["true"])),
        ("errorCode", words(&["VpceAccessDenied", "a"])),
        ("vpcEndpointId", scalar()),
        ("userIdentity", scalar().prop_map(|arn| json!({"arn": arn})).boxed()),
        ("resources", resources.boxed()),
    ]
    .into_iter()
    .map(|(name, value)| value.prop_map(move |value| (name, value)).boxed())
    .collect();
    (members, proptest::collection::vec(0..10_u8, 11)).prop_map(|(members, kept)| {
        let kept = members.into_iter().zip(kept).filter(|(_, kept)| *kept < 7);
        kept.map(|((name, value), _)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    #[test]
    fn random_selectors_and_events_agree_with_brute_force(
        selectors in proptest::collection::vec(selector(), 1..4),
        events in proptest::collection::vec(event(), 1..8),
    ) {
        let list = Value::from(selectors);
        let parsed = AdvancedEventSelectors::parse(&list.to_string()).unwrap();
        let again = AdvancedEventSelectors::parse(&parsed.to_json()).unwrap();
        prop_assert_eq!(&again, &parsed);
        for event in events {
            for text in [event.to_string(), serde_json::to_string_pretty(&event).unwrap()] {
                let mut members = Vec::new();
                scan_object(text.as_bytes(), 0, |member| members.push(member)).unwrap();
                let fields = EventFields::read(text.as_bytes(), &members);
                let expected = let_through(&list, &event);
                prop_assert_eq!(parsed.let_through(&fields), expected, "{} {}", list, text);
                let explained = parsed.explain(&fields);
                prop_assert_eq!(explained.iter().any(|selector| selector.let_through), expected);
                for selector in explained {
                    let by_fields = selector.fields.iter().all(|field| field.let_through);
                    prop_assert_eq!(selector.let_through, by_fields);
                }
            }
        }
    }
}
