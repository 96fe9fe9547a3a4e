use super::*;
use crate::event::RecordForm;
use arrow::array::{Array, AsArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use proptest::prelude::*;

/// Shows column `name` of the last row of the records.
fn cell(records: &[&str], name: &str) -> String {
    let batch = shred(EventSchema::CloudTrail, records.iter().map(|r| r.as_bytes())).unwrap();
    assert_eq!(batch.num_rows(), records.len());
    let array = batch.column_by_name(name).unwrap();
    let shown = ArrayFormatter::try_new(array, &FormatOptions::new().with_null("NULL")).unwrap();
    shown.value(records.len() - 1).to_string()
}

#[test]
fn text_takes_any_value() {
    for (json, want) in [
        (r#""2012-08-10""#, "2012-08-10"),
        ("1.0", "1.0"),
        ("true", "true"),
        ("null", "NULL"),
        (r#""""#, ""),
        (r#"{ "a" : [1, 2] }"#, r#"{"a":[1,2]}"#),
        (r#""a\"b\u0000""#, "a\"b\0"),
    ] {
        assert_eq!(cell(&[&format!(r#"{{"apiVersion":{json}}}"#)], "apiversion"), want, "{json}");
    }
    assert_eq!(cell(&["{}"], "apiversion"), "NULL");
}

#[test]
fn maps_are_one_level_of_text() {
    let record = r#"{"requestParameters":{"a":1,"B.c":null,"n":{ "x": [ 9007199254740993 ] },"a":"two","t":"\u00e9"}}"#;
    assert_eq!(
        cell(&["{}", record], "requestparameters"),
        r#"{a: two, B.c: NULL, n: {"x":[9007199254740993]}, t: é}"#
    );
    for other in ["null", r#""text""#, "[1]", "7"] {
        assert_eq!(
            cell(&[&format!(r#"{{"requestParameters":{other}}}"#)], "requestparameters"),
            "NULL"
        );
    }
    assert_eq!(cell(&[r#"{"requestParameters":{}}"#], "requestparameters"), "{}");
}

#[test]
fn a_map_with_many_keys_keeps_each_once() {
    let members: Vec<_> = (0..100).map(|i| format!(r#""k{}":{i}"#, i % 60)).collect();
    let record = format!(r#"{{"requestParameters":{{{}}}}}"#, members.join(","));
    let batch = shred(EventSchema::CloudTrail, [record.as_bytes()]).unwrap();
    let map = batch.column_by_name("requestparameters").unwrap().as_map().value(0);
    assert_eq!(map.len(), 60);
    assert_eq!(map.column(1).as_string::<i32>().value(0), "60");
    assert_eq!(map.column(1).as_string::<i32>().value(59), "59");
}

#[test]
fn structs_nest_and_missing_differs_from_empty() {
    let record = r#"{"userIdentity":{"type":"AssumedRole","sessionContext":{"sessionIssuer":{},
        "attributes":{"creationDate":"20131102T010628Z","mfaAuthenticated":false}}}}"#;
    assert_eq!(
        cell(&[record], "useridentity"),
        "{type: AssumedRole, principalid: NULL, arn: NULL, accountid: NULL, accesskeyid: NULL, \
         username: NULL, sessioncontext: {attributes: {creationdate: 2013-11-02T01:06:28, \
         mfaauthenticated: false}, sessionissuer: {type: NULL, principalid: NULL, arn: NULL, \
         accountid: NULL, username: NULL}, webidfederationdata: NULL, sourceidentity: NULL, \
         ec2roledelivery: NULL, ec2issuedinvpc: NULL}, onbehalfof: NULL, inscopeof: NULL, \
         invokedby: NULL, identityprovider: NULL}"
    );
    assert_eq!(cell(&[r#"{"userIdentity":"root"}"#], "useridentity"), "NULL");
}

#[test]
fn resources_take_upper_case_arn_and_no_arn() {
    let record = r#"{"resources":[{"ARN":"arn:aws:s3:::b","accountId":123,"type":"AWS::S3::Bucket"},7,
        {"ARNPrefix":"arn:aws:s3:::b/","type":"AWS::S3::Object"},{}]}"#;
    assert_eq!(
        cell(&["{}", record], "resources"),
        "[{accountid: 123, type: AWS::S3::Bucket, arn: arn:aws:s3:::b, arnprefix: NULL}, \
         {accountid: NULL, type: AWS::S3::Object, arn: NULL, arnprefix: arn:aws:s3:::b/}, \
         {accountid: NULL, type: NULL, arn: NULL, arnprefix: NULL}]"
    );
}

#[test]
fn event_context_nests_lists_of_maps() {
    let record = r#"{"eventContext":{"requestContext":{"aws:ViaAWSService":"false"},"tagContext":
        {"resourceTags":[{"arn":"a","tags":{"Team":"x"}}]}}}"#;
    assert_eq!(
        cell(&[record], "eventcontext"),
        "{requestcontext: {aws:ViaAWSService: false}, tagcontext: {resourcetags: [{arn: a, tags: \
         {Team: x}}], principaltags: NULL}}"
    );
}

#[test]
fn booleans_and_times_from_text() {
    for (text, want) in [("true", "true"), ("True", "true"), ("FALSE", "false"), ("", "NULL")] {
        assert_eq!(cell(&[&format!(r#"{{"readOnly":"{text}"}}"#)], "readonly"), want);
    }
    assert_eq!(cell(&[r#"{"readOnly":"true"}"#], "readonly"), "true");
    assert_eq!(
        cell(&[r#"{"eventTime":"2026-03-02 10:12:00.000 UTC"}"#], "eventtime"),
        "2026-03-02T10:12:00"
    );
    assert_eq!(cell(&[r#"{"readOnly":"yes"}"#], "readonly"), "NULL");
    assert_eq!(
        cell(&[r#"{"eventTime":"2023-7-01T00:24:36Z"}"#], "eventtime"),
        "2023-07-01T00:24:36"
    );
    assert_eq!(cell(&[r#"{"eventTime":1688989338.5}"#], "eventtime"), "2023-07-10T11:42:18.500");
}

/// Values as text, the way Athena's UNLOAD and others export them.
#[test]
fn json_text_is_what_it_says() {
    let quoted = |json: &str| serde_json::to_string(json).unwrap();
    let both = |name: &str, column: &str, json: &str| {
        let plain = cell(&[&format!(r#"{{"{name}":{json}}}"#)], column);
        let text = quoted(json);
        assert_eq!(cell(&[&format!(r#"{{"{name}":{text}}}"#)], column), plain, "{name} {json}");
        let twice = quoted(&format!(" {text} "));
        assert_eq!(cell(&[&format!(r#"{{"{name}":{twice}}}"#)], column), plain, "{name} {json}");
        plain
    };
    assert_eq!(
        both("requestParameters", "requestparameters", r#"{"bucketName":"b1"}"#),
        "{bucketName: b1}"
    );
    assert_eq!(both("requestparameters", "requestparameters", r#"{ }"#), "{}");
    assert_eq!(both("responseElements", "responseelements", "null"), "NULL");
    assert_eq!(both("responseElements", "responseelements", r#""""#), "NULL");
    assert_eq!(
        both("tlsDetails", "tlsdetails", r#"{"tlsVersion":"TLSv1.3","cipherSuite":"é\n"}"#),
        "{tlsversion: TLSv1.3, ciphersuite: é\n, clientprovidedhostheader: NULL}"
    );
    let resource = r#"{"ARN":"arn:aws:s3:::b","type":"AWS::S3::Bucket"}"#;
    let one = "[{accountid: NULL, type: AWS::S3::Bucket, arn: arn:aws:s3:::b, arnprefix: NULL}]";
    assert_eq!(both("resources", "resources", resource), one);
    assert_eq!(both("resources", "resources", &format!("[{resource}]")), one);
    assert_eq!(both("resources", "resources", &format!("[{}]", quoted(resource))), one);
    let session = r#"{"sessionIssuer":{"userName":"ops"}}"#;
    let identity = |session: &str| format!(r#"{{"type":"Role","sessionContext":{session}}}"#);
    let plain = both("userIdentity", "useridentity", &identity(session));
    assert_eq!(both("userIdentity", "useridentity", &identity(&quoted(session))), plain);
    assert!(plain.contains("username: ops"), "{plain}");
    assert_eq!(
        both(
            "eventContext",
            "eventcontext",
            r#"{"tagContext":{"resourceTags":"{\"arn\":\"a\"}"}}"#
        ),
        "{requestcontext: NULL, tagcontext: {resourcetags: [{arn: a, tags: NULL}], principaltags: NULL}}"
    );
}

#[test]
fn other_text_in_place_of_an_object_or_list_is_a_misfit() {
    let misfits = |record: &str| {
        let mut shredder = Shredder::new(EventSchema::CloudTrail, RecordForm::Plain);
        shredder.push(record.as_bytes(), &record_digest(record.as_bytes()));
        assert_eq!(shredder.finish().unwrap().num_rows(), 1);
        shredder.take_oddities().misfit.into_keys().collect::<Vec<_>>().join(" ")
    };
    for (json, column) in [
        (r#""{bucketName=b1}""#, "requestParameters"),
        (r#""{\"a\":1""#, "requestParameters"),
        (r#""{\"a\":1} x""#, "requestParameters"),
        (r#""7""#, "tlsDetails"),
        (r#""[]""#, "userIdentity"),
        (r#"["null"]"#, "resources"),
        (r#"["x",{"type":"t"}]"#, "resources"),
        (r#""yes""#, "readOnly"),
    ] {
        assert_eq!(misfits(&format!(r#"{{"{column}":{json}}}"#)), column, "{json}");
    }
    assert_eq!(
        misfits(r#"{"userIdentity":{"sessionContext":"none"}}"#),
        "userIdentity.sessionContext"
    );
    assert_eq!(misfits(r#"{"requestParameters":"","tlsDetails":" null ","resources":"null"}"#), "");
    assert_eq!(misfits(r#"{"readOnly":"","managementEvent":"null","eventTime":""}"#), "");
}

#[test]
fn the_last_of_two_members_counts() {
    let record = r#"{"eventName":"A","userIdentity":{"arn":"x","type":"y"},"EVENTNAME":"B","userIdentity":{"type":"z"},"eventName":null}"#;
    assert_eq!(cell(&["{}", record], "eventname"), "NULL");
    assert!(
        cell(&["{}", record], "useridentity").starts_with("{type: z, principalid: NULL, arn: NULL")
    );
}

#[test]
fn what_has_no_column_is_counted() {
    let mut shredder = Shredder::new(EventSchema::CloudTrail, RecordForm::Plain);
    let mut push = |record: &[u8]| shredder.push(record, &record_digest(record));
    push(br#"{"eventName":1,"new":{"a":1},"userIdentity":{"credentialId":"c","type":[]},"readOnly":3}"#);
    push(br#"{"new":null,"requestParameters":"text","eventTime":"noon","":1}"#);
    let oddities = shredder.take_oddities();
    let names = |counts: &BTreeMap<String, u64>| {
        counts.iter().map(|(n, c)| format!("{n}={c}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&oddities.unknown), "=1 new=2 userIdentity.credentialId=1");
    assert_eq!(names(&oddities.misfit), "eventTime=1 readOnly=1 requestParameters=1");
}

#[test]
fn the_record_is_kept_with_its_checksum() {
    let record = " {\"eventName\" : \"A\"}".trim();
    assert_eq!(cell(&[record], "eventjson"), record);
    // printf '%s' '{"eventName" : "A"}' | openssl dgst -sha256 -binary | base64
    assert_eq!(cell(&[record], "eventjsonchecksum").len(), 44);
}

proptest! {
    /// Whatever the records, every row is there, with its JSON, whether built alone or together.
    #[test]
    fn rows_do_not_depend_on_their_neighbours(records in proptest::collection::vec(event(), 1..6)) {
        let together = shred(EventSchema::CloudTrail, records.iter().map(|r| r.as_bytes())).unwrap();
        prop_assert_eq!(together.num_rows(), records.len());
        for (row, record) in records.iter().enumerate() {
            let alone = shred(EventSchema::CloudTrail, [record.as_bytes()]).unwrap();
            prop_assert_eq!(&*alone, &together.slice(row, 1));
        }
    }
}

/// JSON objects that use the table's names for all sorts of values.
fn event() -> impl Strategy<Value = String> {
    let name = proptest::sample::select(vec![
        "eventName",
        "eventTime",
        "userIdentity",
        "requestParameters",
        "resources",
        "readOnly",
        "sessionContext",
        "attributes",
        "tlsDetails",
        "eventContext",
        "tagContext",
        "other",
        "type",
    ]);
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("\"2023-07-10T11:42:18Z\"".to_owned()),
        "[0-9]{1,3}",
        "\"[a-zé]{0,5}\"",
        Just(r#""{\"type\":\"x\"}""#.to_owned()),
        Just(r#""[{\"type\":\"x\"},\"{}\"]""#.to_owned()),
        Just(r#""null""#.to_owned()),
        Just(r#""\u00e9\n""#.to_owned()),
    ];
    let value = leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3)
                .prop_map(|v| format!("[{}]", v.join(","))),
            proptest::collection::vec((name.clone(), inner), 0..4).prop_map(|v| object(&v)),
        ]
    });
    let names = proptest::sample::select(vec![
        "eventName",
        "eventTime",
        "userIdentity",
        "requestParameters",
        "resources",
        "readOnly",
        "eventContext",
    ]);
    proptest::collection::vec((names, value), 0..6).prop_map(|v| object(&v))
}

fn object(members: &[(&str, String)]) -> String {
    let members: Vec<_> = members.iter().map(|(k, v)| format!("\"{k}\": {v}")).collect();
    format!("{{{}}}", members.join(" ,"))
}
