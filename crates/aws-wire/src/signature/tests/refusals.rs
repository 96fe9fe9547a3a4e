//! Each reason to refuse a request, and what clients see of it.

use super::*;
use crate::error::Protocol;
use http::HeaderValue;

const PROTOCOLS: [Protocol; 4] =
    [Protocol::Json, Protocol::RestJson, Protocol::Query, Protocol::S3];

/// Code and status in each protocol.
fn answers(error: &SignatureError) -> [(String, u16); 4] {
    PROTOCOLS.map(|protocol| {
        let error = error.service_error(protocol);
        (error.code.into_owned(), error.status.as_u16())
    })
}

fn expect(error: &SignatureError, expected: [(&str, u16); 4]) {
    assert_eq!(answers(error), expected.map(|(code, status)| (code.to_owned(), status)));
}

const INVALID: [(&str, u16); 3] = [
    ("InvalidSignatureException", 400),
    ("InvalidSignatureException", 403),
    ("SignatureDoesNotMatch", 403),
];

/// Those of `INVALID`, and what S3 says.
fn invalid(s3: &'static str, status: u16) -> [(&'static str, u16); 4] {
    [INVALID[0], INVALID[1], INVALID[2], (s3, status)]
}

const INCOMPLETE: [(&str, u16); 4] = [
    ("IncompleteSignatureException", 400),
    ("IncompleteSignatureException", 403),
    ("IncompleteSignature", 400),
    ("AuthorizationHeaderMalformed", 400),
];

fn with_authorization(from: &str, to: &str) -> Parts {
    let mut parts = signed();
    let value = parts.headers["authorization"].to_str().unwrap();
    assert!(value.contains(from), "{value}");
    let value = value.replace(from, to).parse().unwrap();
    parts.headers.insert("authorization", value);
    parts
}

#[test]
fn no_signature() {
    let error = checked(&request(), BODY).unwrap_err();
    assert_eq!(error.to_string(), "Missing Authentication Token");
    expect(
        &error,
        [
            ("MissingAuthenticationTokenException", 400),
            ("MissingAuthenticationTokenException", 403),
            ("MissingAuthenticationToken", 403),
            ("AccessDenied", 403),
        ],
    );
}

#[test]
fn a_header_without_its_parts() {
    let mut parts = request();
    parts.headers.insert("authorization", HeaderValue::from_static("AWS4-HMAC-SHA256 x"));
    let error = checked(&parts, BODY).unwrap_err();
    let text = error.to_string();
    let expected = "Authorization header requires 'Credential' parameter. Authorization header requires \
                    'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. \
                    Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    assert!(text.starts_with(expected), "{text}");
    expect(&error, INCOMPLETE);
    for credential in ["Credential=x", "Credential=/20261128/us-east-1/cloudtrail/aws4_request"] {
        let whole = format!("Credential={ID}/20261128/us-east-1/cloudtrail/aws4_request");
        let error = checked(&with_authorization(&whole, credential), BODY).unwrap_err();
        assert!(error.to_string().starts_with("Credential must have exactly 5"), "{error}");
    }
}

#[test]
fn other_schemes_and_algorithms() {
    let error = checked(&with_authorization("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), BODY);
    let error = error.unwrap_err();
    assert_eq!(error.to_string(), "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.");
    expect(&error, INCOMPLETE);
    let mut parts = request();
    let password = "bWU6c2VjcmV0";
    parts.headers.insert("authorization", format!("Basic {password}").parse().unwrap());
    let error = checked(&parts, BODY).unwrap_err();
    assert_eq!(error.to_string(), "Unsupported AWS 'algorithm': 'Basic'.");
    assert!(!format!("{error:?}").contains(password));
}

#[test]
fn two_headers() {
    let mut parts = signed();
    parts.headers.append("authorization", HeaderValue::from_static("AWS4-HMAC-SHA256 x"));
    expect(&checked(&parts, BODY).unwrap_err(), INCOMPLETE);
}

#[test]
fn another_date_than_the_signed_one() {
    let mut parts = signed();
    parts.headers.insert("x-amz-date", HeaderValue::from_static("2026-11-28"));
    let error = checked(&parts, BODY).unwrap_err();
    assert_eq!(error.to_string(), "Date must be in ISO-8601 'basic format'. Got '2026-11-28'.");
    expect(&error, INCOMPLETE);
}

#[test]
fn a_wrong_scope() {
    let cases = [
        ("us-east-1", "", "Credential should be scoped to a valid region."),
        (
            "/cloudtrail/",
            "/kinesis/",
            "Credential should be scoped to correct service: 'cloudtrail', 'cloudtrail-data', 'sts', 's3'.",
        ),
        (
            "aws4_request",
            "aws5",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'.",
        ),
        (
            "20261128",
            "20261127",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '20261127' != '20261128', from '20261128T170000Z'.",
        ),
    ];
    for (from, to, text) in cases {
        let error = checked(&with_authorization(from, to), BODY).unwrap_err();
        assert_eq!(error.to_string(), text);
        expect(&error, invalid("AuthorizationHeaderMalformed", 400));
    }
    // Another region than that of the signature is a signature of something else.
    let error = checked(&with_authorization("us-east-1", "eu-west-1"), BODY).unwrap_err();
    assert!(matches!(error, SignatureError::Mismatch { .. }), "{error}");
}

#[test]
fn a_wrong_clock() {
    let slow = checked_at(now() + Duration::seconds(901), &signed(), BODY).unwrap_err();
    assert_eq!(
        slow.to_string(),
        "Signature expired: 20261128T170000Z is now earlier than 20261128T170001Z (20261128T171501Z - 15 min.)"
    );
    let fast = checked_at(now() - Duration::seconds(901), &signed(), BODY).unwrap_err();
    assert_eq!(
        fast.to_string(),
        "Signature not yet current: 20261128T170000Z is still later than 20261128T165959Z \
         (20261128T164459Z + 15 min.)"
    );
    for error in [slow, fast] {
        expect(&error, invalid("RequestTimeTooSkewed", 403));
    }
    let mut parts = request();
    signer(&long_lived()).presign(&mut parts, Payload::Body(BODY), 60).unwrap();
    let late = checked_at(now() + Duration::seconds(61), &parts, BODY).unwrap_err();
    assert_eq!(
        late.to_string(),
        "Signature expired: 20261128T170000Z is now earlier than 20261128T170001Z (20261128T170101Z - 60 sec.)"
    );
    expect(&late, invalid("AccessDenied", 403));
}

#[test]
fn an_unknown_key() {
    let mut parts = request();
    signer(&AccessKey::new("AKIANOBODY", "x")).sign(&mut parts, Payload::Body(BODY)).unwrap();
    let error = checked(&parts, BODY).unwrap_err();
    assert_eq!(error.to_string(), "The security token included in the request is invalid.");
    expect(
        &error,
        [
            ("UnrecognizedClientException", 400),
            ("UnrecognizedClientException", 403),
            ("InvalidClientTokenId", 403),
            ("InvalidAccessKeyId", 403),
        ],
    );
}

#[test]
fn a_wrong_token() {
    let sent = |key: &AccessKey| {
        let mut parts = request();
        signer(key).sign(&mut parts, Payload::Body(BODY)).unwrap();
        checked(&parts, BODY)
    };
    assert_eq!(sent(&temporary()).unwrap().id, temporary().id);
    let without = AccessKey { session: None, ..temporary() };
    let session = |token| Session { token: Secret::new(token), ..temporary().session.unwrap() };
    let other = AccessKey { session: Some(session("to/ken+=")), ..temporary() };
    let superfluous = AccessKey { session: Some(session("to/ken+==")), ..long_lived() };
    for key in [without, other, superfluous] {
        let error = sent(&key).unwrap_err();
        assert_eq!(error, SignatureError::UnknownToken);
        let names = answers(&error).map(|(code, _)| code);
        assert_eq!(names[0], "UnrecognizedClientException");
        assert_eq!(names[3], "InvalidToken");
    }
}

#[test]
fn a_temporary_key_at_its_end() {
    let later = now() + Duration::hours(1);
    let mut parts = request();
    let key = temporary();
    Signer { now: later, ..signer(&key) }.sign(&mut parts, Payload::Body(BODY)).unwrap();
    assert!(checked_at(later - Duration::seconds(1), &parts, BODY).is_ok());
    let error = checked_at(later, &parts, BODY).unwrap_err();
    assert_eq!(error.to_string(), "The security token included in the request is expired");
    expect(
        &error,
        [
            ("ExpiredTokenException", 400),
            ("ExpiredTokenException", 403),
            ("ExpiredToken", 403),
            ("ExpiredToken", 400),
        ],
    );
}

#[test]
fn another_secret() {
    let mut parts = request();
    signer(&AccessKey::new(ID, "another")).sign(&mut parts, Payload::Body(BODY)).unwrap();
    let error = checked(&parts, BODY).unwrap_err();
    expect(&error, invalid("SignatureDoesNotMatch", 403));
    let json = error.service_error(Protocol::Json);
    let text = "The request signature we calculated does not match the signature you provided. Check your \
                AWS Secret Access Key and signing method. Consult the service documentation for details.";
    assert_eq!(json.message, text);
    let rest = error.service_error(Protocol::RestJson).message;
    assert!(rest.starts_with(text) && rest.contains("'POST\n/\n\ncontent-type:"), "{rest}");
    let s3 = error.service_error(Protocol::S3).response(Protocol::S3, "1");
    let s3 = String::from_utf8(s3.into_body()).unwrap();
    assert!(s3.contains("<StringToSign>AWS4-HMAC-SHA256\n20261128T170000Z\n"), "{s3}");
    assert!(!format!("{error:?}{rest}{s3}").contains(long_lived().secret.reveal()));
}

#[test]
fn an_unsigned_host() {
    let error = checked(&with_authorization(";host;", ";"), BODY).unwrap_err();
    assert_eq!(error, SignatureError::HostNotSigned);
    expect(&error, invalid("AccessDenied", 403));
}

#[test]
fn a_body_that_is_not_the_signed_one() {
    let (key, mut parts) = (long_lived(), request());
    let s3 = Signer { service: "s3", ..signer(&key) };
    s3.sign(&mut parts, Payload::Body(BODY)).unwrap();
    let error = checked(&parts, b"other").unwrap_err();
    assert_eq!(error, SignatureError::Payload);
    expect(&error, invalid("XAmzContentSHA256Mismatch", 400));
    // Only S3 takes bodies that are not signed.
    let mut parts = request();
    let unsigned = HeaderValue::from_static("UNSIGNED-PAYLOAD");
    parts.headers.insert("x-amz-content-sha256", unsigned);
    signer(&key).sign(&mut parts, Payload::Body(BODY)).unwrap();
    assert_eq!(checked(&parts, BODY), Err(SignatureError::Payload));
    let mut parts = request();
    s3.sign(&mut parts, Payload::Unsigned).unwrap();
    assert!(checked(&parts, b"anything").is_ok());
}

#[test]
fn presigned_requests_lack_something() {
    let key = long_lived();
    let mut whole = request();
    signer(&key).presign(&mut whole, Payload::Body(BODY), 60).unwrap();
    assert!(checked(&whole, BODY).is_ok());
    let query = whole.uri.query().unwrap().to_owned();
    let with = |query: &str| {
        let mut parts = whole.clone();
        parts.uri = format!("http://127.0.0.1:8080/?{query}").parse().unwrap();
        checked(&parts, BODY)
    };
    for name in ["Credential", "Date", "Expires", "SignedHeaders", "Signature"] {
        let name = format!("X-Amz-{name}");
        let error = with(&query.replace(&format!("{name}="), "x=")).unwrap_err();
        let text = format!("AWS query-string parameters must include '{name}'.");
        assert_eq!(error.to_string(), text);
        let mut expected = INCOMPLETE;
        expected[3].0 = "AuthorizationQueryParametersError";
        expect(&error, expected);
    }
    for expires in ["0", "604801", "-1", "1.5", "", "99999999999"] {
        let error = with(&query.replace("Expires=60", &format!("Expires={expires}"))).unwrap_err();
        assert_eq!(error.to_string(), "X-Amz-Expires must be a number from 1 to 604800.");
    }
    let error = with(&query.replace("HMAC", "RSA")).unwrap_err();
    assert_eq!(error.to_string(), "Unsupported AWS 'algorithm': 'AWS4-RSA-SHA256'.");
}
