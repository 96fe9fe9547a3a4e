//! Who may ask what, and what is no request.

use super::*;
use chrono::Duration;

#[test]
fn readers_ask_and_change_nothing() {
    let fixture = Fixture::new();
    let (status, _) = fixture.signed(&fixture.reader, "ListEventDataStores", &json!({}));
    assert_eq!(status, 200);
    let (status, body) =
        fixture.signed(&fixture.reader, "CreateEventDataStore", &json!({"Name": "made"}));
    assert_eq!((status, &body["__type"]), (400, &json!("AccessDeniedException")));
    let unknown = AccessKey::generate().unwrap();
    let (status, body) = fixture.signed(&unknown, "ListEventDataStores", &json!({}));
    assert_eq!((status, &body["__type"]), (400, &json!("UnrecognizedClientException")));
    let wrong = AccessKey::new(fixture.admin.id.as_str(), "another secret");
    let (status, body) = fixture.signed(&wrong, "ListEventDataStores", &json!({}));
    assert_eq!((status, &body["__type"]), (400, &json!("InvalidSignatureException")));
}

#[test]
fn requests_without_signature_or_operation_are_refused() {
    let fixture = Fixture::new();
    let answer = |parts: &Parts| fixture.runtime.block_on(fixture.api.answer(parts, b"{}", "r")).0;
    let (parts, ()) = Request::post("/")
        .header("x-amz-target", "CloudTrail_20131101.ListEventDataStores")
        .body(())
        .unwrap()
        .into_parts();
    let unsigned = answer(&parts);
    assert_eq!(unsigned.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
    for operation in ["NoSuchOperation", "listEventDataStores"] {
        assert_eq!(fixture.refused(operation, json!({})), "UnknownOperationException");
    }
    // Every operation of the model is one that is known.
    for operation in model::operations().filter(|o| o.service() == "cloudtrail") {
        let (_, body) = fixture.signed(&fixture.admin, operation.name(), &json!({"x": 1}));
        assert_ne!(body["__type"], "UnknownOperationException", "{operation:?}");
    }
}

#[test]
fn temporary_keys_have_the_role_of_who_asked_and_expire() {
    let fixture = Fixture::new();
    let sts = |form: &str| {
        let request = Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .body(form.as_bytes().to_vec())
            .unwrap();
        let key = &fixture.reader;
        let signer = Signer { key, region: "us-east-1", service: "sts", now: now() };
        let (status, body) = fixture.send(&signer, request);
        (status, String::from_utf8(body).unwrap())
    };
    let (status, xml) = sts("Action=GetCallerIdentity&Version=2011-06-15");
    let user = format!("<Arn>arn:aws:iam::111122223333:user/{}</Arn>", fixture.reader.id);
    assert!(status == 200 && xml.contains(&user), "{xml}");
    let role = "RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fsecurity%2Fdetect";
    let (status, xml) =
        sts(&format!("Action=AssumeRole&Version=2011-06-15&{role}&RoleSessionName=Detections"));
    assert_eq!(status, 200, "{xml}");
    let of = |name: &str| {
        let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    assert_eq!(of("Arn"), "arn:aws:sts::444455556666:assumed-role/detect/Detections");
    assert_eq!(of("Expiration"), (now() + Duration::hours(1)).format("%FT%TZ").to_string());
    let found = fixture.api.access.find(&of("AccessKeyId")).unwrap();
    assert_eq!(
        (found.key.secret.reveal(), found.role),
        (of("SecretAccessKey").as_str(), Role::Reader)
    );
    let (status, _) = fixture.signed(&found.key, "ListEventDataStores", &json!({}));
    assert_eq!(status, 200);
    let (status, xml) = sts("Action=AssumeRole&Version=2011-06-15&RoleArn=x&RoleSessionName=y");
    assert!(status == 400 && xml.contains("<Code>ValidationError</Code>"), "{xml}");
}
