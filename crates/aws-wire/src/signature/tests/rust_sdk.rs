//! Against `aws-sigv4`, the signer of AWS's SDK for Rust.

use super::*;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use proptest::prelude::*;
use std::time::{Duration as StdDuration, SystemTime};

/// Signs as the SDK does for a service.
fn signed_by_sdk(
    parts: &Parts,
    body: &[u8],
    key: &AccessKey,
    service: &str,
    expires: Option<u64>,
) -> Parts {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    if let Some(expires) = expires {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(StdDuration::from_secs(expires));
    }
    let token = key.session.as_ref().map(|session| session.token.reveal().to_owned());
    let identity = Credentials::new(&key.id, key.secret.reveal(), token, None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name(service)
        .time(SystemTime::from(now()))
        .settings(settings)
        .build()
        .unwrap();
    let headers = parts.headers.iter().map(|(k, v)| (k.as_str(), v.to_str().unwrap()));
    let uri = parts.uri.to_string();
    // Presigned requests to S3 leave the body out.
    let unsigned = service == "s3" && expires.is_some();
    let body = if unsigned { SignableBody::UnsignedPayload } else { SignableBody::Bytes(body) };
    let request = SignableRequest::new(parts.method.as_str(), uri, headers, body).unwrap();
    let (instructions, _) = sign(request, &params.into()).unwrap().into_parts();
    let mut signed = http::Request::from_parts(parts.clone(), ());
    instructions.apply_to_request_http1x(&mut signed);
    signed.into_parts().0
}

/// As SDKs make them: encoded as it should be.
fn requests() -> impl Strategy<Value = (Parts, Vec<u8>)> {
    let path = proptest::collection::vec("[a-z~.]{1,3}(%2B|%20|%C3%A4)?", 0..4);
    let query = proptest::collection::vec("[a-zA-Z]{1,2}=([a-z]|%2F|%20|%2B|%3D){0,4}", 0..5);
    let headers = proptest::collection::vec(("x-amz-[a-c]", "([!-~]{1,3}( {1,3}[!-~])?)?"), 0..4);
    let body = proptest::collection::vec(any::<u8>(), 0..20);
    (path, query, headers, body).prop_map(|(path, query, headers, body)| {
        let mark = if query.is_empty() { "" } else { "?" };
        let uri = format!("http://127.0.0.1:8080/{}{mark}{}", path.join("/"), query.join("&"));
        let mut request = http::Request::post(uri).header("host", "127.0.0.1:8080");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        (request.body(()).unwrap().into_parts().0, body)
    })
}

proptest! {
    #[test]
    fn requests_of_the_sdk_are_accepted(
        (parts, body) in requests(),
        temporary_key in any::<bool>(),
        service in prop::sample::select(&SERVICES[..]),
        expires in proptest::option::of(1..604_800_u64),
    ) {
        let key = if temporary_key { temporary() } else { long_lived() };
        let signed = signed_by_sdk(&parts, &body, &key, service, expires);
        let found = checked(&signed, &body);
        prop_assert_eq!(found.map(|key| key.id), Ok(key.id));
    }

    #[test]
    fn requests_are_signed_as_the_sdk_signs_them(
        (mut parts, body) in requests(),
        temporary_key in any::<bool>(),
        service in prop::sample::select(&SERVICES[..]),
    ) {
        let key = if temporary_key { temporary() } else { long_lived() };
        let theirs = signed_by_sdk(&parts, &body, &key, service, None);
        let signer = Signer { key: &key, region: "us-east-1", service, now: now() };
        signer.sign(&mut parts, Payload::Body(&body)).unwrap();
        let text = |parts: &Parts| parts.headers["authorization"].to_str().unwrap().replace(' ', "");
        prop_assert_eq!(text(&parts), text(&theirs));
    }
}
