//! Errors as clients read them.

use super::{Protocol, ServiceError};
use http::StatusCode;
use serde_json::{Value, json};

const PROTOCOLS: [Protocol; 4] =
    [Protocol::Json, Protocol::RestJson, Protocol::Query, Protocol::S3];

fn text(error: &ServiceError, protocol: Protocol) -> String {
    String::from_utf8(error.response(protocol, "id-1").into_body()).unwrap()
}

#[test]
fn json_names_the_error_in_body_and_header() {
    let error = ServiceError::bad_request("QueryIdNotFoundException", "No \"such\" query.");
    for (protocol, kind) in
        [(Protocol::Json, "application/x-amz-json-1.1"), (Protocol::RestJson, "application/json")]
    {
        let answer = error.response(protocol, "id-1");
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.headers()["content-type"], kind);
        assert_eq!(answer.headers()["x-amzn-errortype"], "QueryIdNotFoundException");
        assert_eq!(answer.headers()["x-amzn-requestid"], "id-1");
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        let expected =
            json!({"__type": "QueryIdNotFoundException", "message": "No \"such\" query."});
        assert_eq!(body, expected);
    }
}

#[test]
fn query_says_who_is_to_blame() {
    let error = ServiceError::new("InvalidClientTokenId", "a < b & c", StatusCode::FORBIDDEN);
    assert_eq!(
        text(&error, Protocol::Query),
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
         <Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>a &lt; b &amp; c</Message>\
         </Error><RequestId>id-1</RequestId></ErrorResponse>"
    );
    let ours = text(&ServiceError::internal_failure(), Protocol::Query);
    assert!(ours.contains("<Type>Receiver</Type>"), "{ours}");
}

#[test]
fn s3_tells_the_key() {
    let error = ServiceError::new("NoSuchKey", "No such key.", StatusCode::NOT_FOUND);
    let error = error.with_detail("Key", "a\u{1}\rb");
    assert_eq!(
        text(&error, Protocol::S3),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code>\
         <Message>No such key.</Message><Key>a\u{fffd}&#xD;b</Key><RequestId>id-1</RequestId></Error>"
    );
    assert_eq!(error.response(Protocol::S3, "id-1").headers()["x-amz-request-id"], "id-1");
}

#[test]
fn what_no_header_can_hold_stays_in_the_body() {
    let error = ServiceError::bad_request("Bad\nName", "text");
    let answer = error.response(Protocol::Json, "id\n1");
    assert!(!answer.headers().contains_key("x-amzn-errortype"));
    assert!(!answer.headers().contains_key("x-amzn-requestid"));
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(body["__type"], "Bad\nName");
}

#[test]
fn unknown_operations_are_named_as_each_protocol_names_them() {
    let codes = PROTOCOLS.map(|p| ServiceError::unknown_operation(Some("X"), p).code.into_owned());
    let json = "UnknownOperationException";
    assert_eq!(codes, [json, json, "InvalidAction", "MethodNotAllowed"]);
    let long = ServiceError::unknown_operation(Some(&"ä".repeat(10_000)), Protocol::Json);
    assert!(long.message.chars().count() < 300, "{long}");
}

#[test]
fn statuses_are_those_that_clients_retry_by() {
    assert_eq!(ServiceError::throttling().status, 400);
    assert_eq!(ServiceError::internal_failure().status, 500);
    assert_eq!(ServiceError::too_large(1).status, 413);
    let denied = PROTOCOLS.map(|p| ServiceError::access_denied("arn", "s3:GetObject", p).status);
    assert_eq!(denied.map(|status| status.as_u16()), [400, 403, 403, 403]);
}
