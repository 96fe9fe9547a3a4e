//! What is signed here is accepted here, and any change of it is not.

use super::*;
use proptest::prelude::*;

fn texts() -> impl Strategy<Value = String> {
    "[ -~äß€]{0,12}"
}

/// Path segments and query pieces as clients send them: encoded, or with characters that may stay bare.
fn targets() -> impl Strategy<Value = String> {
    let path = proptest::collection::vec("(%[0-9A-F]{2}|[a-z.~()+,:@!$'*-]){0,6}", 0..5);
    let query = proptest::collection::vec("(%[0-9A-F]{2}|[a-zA-Z=+/?]){0,8}", 0..5);
    (path, query).prop_map(|(path, query)| {
        let query = query.join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        format!("http://lake.example:8080/{}{mark}{query}", path.join("/"))
    })
}

fn keys() -> impl Strategy<Value = AccessKey> {
    prop_oneof![Just(long_lived()), Just(temporary())]
}

fn requests() -> impl Strategy<Value = (Parts, Vec<u8>)> {
    let method = prop_oneof![Just("GET"), Just("POST"), Just("PUT"), Just("HEAD")];
    let headers = proptest::collection::vec(("x-amz-(meta-)?[a-c]", texts()), 0..4);
    let body = proptest::collection::vec(any::<u8>(), 0..20);
    (method, targets(), headers, body).prop_map(|(method, target, headers, body)| {
        let mut request = http::Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request =
                request.header(name, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        (request.body(()).unwrap().into_parts().0, body)
    })
}

proptest! {
    #[test]
    fn signed_requests_are_accepted(
        (mut parts, body) in requests(),
        key in keys(),
        service in prop::sample::select(&SERVICES[..]),
        late in -900_i64..=900,
    ) {
        let signer = Signer { key: &key, region: "eu-north-1", service, now: now() };
        signer.sign(&mut parts, Payload::Body(&body)).unwrap();
        let found = checked_at(now() + Duration::seconds(late), &parts, &body);
        prop_assert_eq!(found.map(|key| key.id), Ok(key.id));
    }

    #[test]
    fn presigned_requests_are_accepted_until_they_expire(
        (mut parts, body) in requests(),
        key in keys(),
        service in prop::sample::select(&SERVICES[..]),
        expires in 1_u32..=3_599,
        late in 0..4_000_i64,
    ) {
        let signer = Signer { key: &key, region: "eu-north-1", service, now: now() };
        signer.presign(&mut parts, Payload::Body(&body), expires).unwrap();
        let found = checked_at(now() + Duration::seconds(late), &parts, &body);
        if late <= i64::from(expires) {
            prop_assert_eq!(found.map(|key| key.id), Ok(key.id));
        } else {
            let expired = matches!(found, Err(SignatureError::Expired { presigned: true, .. }));
            prop_assert!(expired);
        }
    }

    #[test]
    fn changed_requests_are_refused(
        (mut parts, mut body) in requests(),
        key in keys(),
        service in prop::sample::select(&SERVICES[..]),
        change in 0..5,
        text in "[a-z]{1,5}",
    ) {
        let signer = Signer { key: &key, region: "eu-north-1", service, now: now() };
        signer.sign(&mut parts, Payload::Body(&body)).unwrap();
        match change {
            0 => body.push(b' '),
            1 => {
                let mark = if parts.uri.query().is_some() { '&' } else { '?' };
                parts.uri = format!("{}{mark}{text}", parts.uri).parse().unwrap();
            }
            2 => parts.method = http::Method::PATCH,
            3 => {
                parts.headers.append("x-amz-date", text.parse().unwrap());
            }
            _ => {
                let value = parts.headers["authorization"].to_str().unwrap().to_owned();
                let flip = if value.ends_with('0') { "1" } else { "0" };
                let value = format!("{}{flip}", &value[..value.len() - 1]);
                parts.headers.insert("authorization", value.parse().unwrap());
            }
        }
        prop_assert!(checked(&parts, &body).is_err());
    }

    /// Whatever stands in the headers and the query, the answer is an error and no panic.
    #[test]
    fn nonsense_is_refused(
        authorization in proptest::option::of(prop_oneof![
            "\\PC{0,60}",
            "AWS4-HMAC-SHA256 (Credential|Signature|SignedHeaders|[a-z])[=/,;a-zA-Z0-9 ]{0,80}",
        ]),
        date in proptest::option::of("\\PC{0,20}"),
        query in "((X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature)=AWS4-HMAC-SHA256|a/b)[&=%0-9a-zA-Z/]{0,9}){0,8}",
    ) {
        let mut request = http::Request::get(format!("/?{query}"));
        for (name, value) in [("authorization", authorization), ("x-amz-date", date)] {
            if let Some(value) = value.and_then(|v| http::HeaderValue::from_bytes(v.as_bytes()).ok()) {
                request = request.header(name, value);
            }
        }
        let parts = request.body(()).unwrap().into_parts().0;
        prop_assert!(checked(&parts, b"").is_err());
    }
}
