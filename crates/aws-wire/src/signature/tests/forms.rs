//! Forms that a signed request may have, and what cannot be signed.

use super::*;
use crate::digest::sha256_hex;
use crate::error::Protocol;
use crate::signature::canonical::Canonical;
use crate::signature::{Credential, Scope, SignError};
use http::HeaderValue;

#[test]
fn headers_may_be_written_in_several_ways() {
    let value = signed().headers["authorization"].to_str().unwrap().replace(", ", ",");
    let (scheme, rest) = value.split_once(' ').unwrap();
    let mut pieces: Vec<_> = rest.split(',').collect();
    pieces.reverse();
    let mut parts = signed();
    let value = format!("{scheme}   {}", pieces.join(" ,  "));
    parts.headers.insert("authorization", value.parse().unwrap());
    assert!(checked(&parts, BODY).is_ok());
}

/// Small clients do: no header but host and date, the date in the format of HTTP.
#[test]
fn a_date_of_http_is_enough() {
    let mut parts = signed();
    let date = parts.headers.remove("x-amz-date").unwrap();
    parts.headers.insert("date", date);
    let error = checked(&parts, BODY).unwrap_err();
    let SignatureError::Mismatch { canonical_request, .. } = error else { panic!("{error}") };
    assert!(canonical_request.contains("\nx-amz-date:\n"), "{canonical_request}");
    let scope = Scope {
        date: "20261128".to_owned(),
        region: "x".to_owned(),
        service: "cloudtrail".to_owned(),
        terminator: "aws4_request".to_owned(),
    };
    parts.headers.insert("date", HeaderValue::from_static("Sat, 28 Nov 2026 17:00:00 GMT"));
    let names = ["date".to_owned(), "host".to_owned()];
    let hash = sha256_hex(BODY);
    let head = RequestHead::from(&parts);
    let canonical = Canonical::new(&head, &names, &hash, &scope, now());
    let signature = canonical.signature(long_lived().secret.reveal(), &scope);
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={ID}/{scope}, SignedHeaders=Host;Date, Signature={signature}"
    );
    parts.headers.insert("authorization", value.parse().unwrap());
    assert!(checked(&parts, BODY).is_ok());
}

/// HTTP/2 has no header `Host`.
#[test]
fn the_authority_stands_for_the_host() {
    let mut parts = signed();
    parts.headers.remove("host");
    assert!(checked(&parts, BODY).is_ok());
    parts.uri = "http://127.0.0.1:8081/".parse().unwrap();
    assert!(checked(&parts, BODY).is_err());
}

/// The key may be any text, with slashes, too: the scope is what stands at the end.
#[test]
fn a_key_id_may_have_slashes() {
    let key = AccessKey::new("team/lake", "secret");
    let mut parts = request();
    signer(&key).sign(&mut parts, Payload::Body(BODY)).unwrap();
    let head = RequestHead::from(&parts);
    let authorization = Authorization::parse(&head).unwrap();
    let expected = Expected { services: &["cloudtrail"], now: now() };
    let found = verify(&authorization, &head, Payload::Body(BODY), &expected, |id, _| {
        (id == "team/lake").then(|| key.clone())
    });
    assert!(found.is_ok());
}

#[test]
fn unsigned_headers_matter_to_s3_only() {
    for (service, refused) in [("cloudtrail", false), ("s3", true)] {
        let (key, mut parts) = (long_lived(), request());
        Signer { service, ..signer(&key) }.sign(&mut parts, Payload::Body(BODY)).unwrap();
        parts.headers.insert("x-amz-later", HeaderValue::from_static("1"));
        parts.headers.insert("amz-sdk-request", HeaderValue::from_static("attempt=1"));
        let result = checked(&parts, BODY);
        assert_eq!(result.is_err(), refused, "{result:?}");
        if let Err(error) = result {
            assert_eq!(error, SignatureError::HeaderNotSigned("x-amz-later".to_owned()));
        }
    }
}

/// SDKs sign uploads in pieces, and must be told why they are refused before the pieces are read.
#[test]
fn what_is_said_of_an_unread_body_matters_to_the_signature_only() {
    let unread = |parts: &Parts| {
        let head = RequestHead::from(parts);
        let authorization = Authorization::parse(&head)?;
        let expected = Expected { services: &SERVICES, now: now() };
        verify(&authorization, &head, Payload::Unread, &expected, find)
    };
    let (key, mut parts) = (long_lived(), request());
    let s3 = Signer { service: "s3", ..signer(&key) };
    s3.sign(&mut parts, Payload::Body(BODY)).unwrap();
    assert!(unread(&parts).is_ok());
    let told = parts.headers.insert("x-amz-content-sha256", HeaderValue::from_static("other"));
    assert!(matches!(unread(&parts), Err(SignatureError::Mismatch { .. })));
    parts.headers.remove("x-amz-content-sha256");
    assert!(told.is_some() && unread(&parts) == Err(SignatureError::NoPayloadHash));
    let pieces = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    parts.headers.insert("x-amz-content-sha256", HeaderValue::from_static(pieces));
    let scope = s3.scope();
    let names = ["host", "x-amz-content-sha256", "x-amz-date", "x-amz-target"].map(str::to_owned);
    let canonical = Canonical::new(&RequestHead::from(&parts), &names, pieces, &scope, now());
    let signature = canonical.signature(key.secret.reveal(), &scope);
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={ID}/{scope}, SignedHeaders={}, Signature={signature}",
        names.join(";")
    );
    parts.headers.insert("authorization", value.parse().unwrap());
    assert!(unread(&parts).is_ok());
    assert_eq!(checked(&parts, BODY), Err(SignatureError::Payload));
    // Others than S3 read what was signed.
    assert_eq!(unread(&signed()), Err(SignatureError::NoPayloadHash));
    assert_eq!(s3.sign(&mut parts, Payload::Unread), Err(SignError::NoPayload));
}

#[test]
fn the_scope_tells_the_protocol() {
    let protocol = |service: &str| {
        let text = format!("{ID}/20261128/us-east-1/{service}/aws4_request");
        Credential::parse(&text).unwrap().scope.protocol()
    };
    assert_eq!(
        SERVICES.map(protocol),
        [Protocol::Json, Protocol::RestJson, Protocol::Query, Protocol::S3].map(Some)
    );
    assert_eq!(protocol("kinesis"), None);
}

#[test]
fn what_cannot_be_signed() {
    let key = long_lived();
    let mut parts = http::Request::get("/").body(()).unwrap().into_parts().0;
    let payload = Payload::Body(b"");
    assert_eq!(signer(&key).sign(&mut parts, payload), Err(SignError::NoHost));
    let mut parts = request();
    assert_eq!(signer(&key).sign(&mut parts, Payload::Unsigned), Err(SignError::NoPayload));
    for expires in [0, 604_801] {
        let refused = signer(&key).presign(&mut parts, payload, expires);
        assert_eq!(refused, Err(SignError::Expires(expires)));
    }
    let bad = Signer { region: "a\nb", ..signer(&key) };
    assert_eq!(bad.sign(&mut parts, payload), Err(SignError::Unfit("authorization")));
}
