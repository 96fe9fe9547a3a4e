//! Requests that botocore 1.44.8 signed.

use super::*;
use crate::signature::Form;

/// Each begins with `===` and a name; what follows is as on the wire.
const REQUESTS: &str = include_str!("botocore.txt");

struct Recorded {
    name: &'static str,
    parts: Parts,
    body: &'static str,
}

fn recorded() -> Vec<Recorded> {
    REQUESTS.split("=== ").skip(1).map(read).collect()
}

fn read(text: &'static str) -> Recorded {
    let (name, rest) = text.split_once('\n').unwrap();
    let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
    let mut request = http::Request::builder().method(method).uri(target);
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    let body = body.strip_suffix('\n').unwrap_or(body);
    Recorded { name, parts: request.body(()).unwrap().into_parts().0, body }
}

#[test]
fn requests_of_botocore_are_accepted() {
    let all = recorded();
    assert_eq!(all.len(), 10);
    for Recorded { name, parts, body } in all {
        let key = checked(&parts, body.as_bytes());
        assert!(key.is_ok(), "{name}: {key:?}");
    }
}

#[test]
fn any_other_byte_in_a_request_of_botocore_is_refused() {
    for Recorded { name, parts, body } in recorded() {
        let is_s3 = name.contains("not signed") || name.ends_with("s3");
        let result = checked(&parts, format!("{body} ").as_bytes());
        assert_eq!(result.is_ok(), is_s3, "{name}: {result:?}");
        let mut changed = parts.clone();
        changed.method = http::Method::DELETE;
        assert!(checked(&changed, body.as_bytes()).is_err(), "{name}");
        let mut changed = parts.clone();
        changed.headers.insert("host", "127.0.0.1:8081".parse().unwrap());
        assert!(checked(&changed, body.as_bytes()).is_err(), "{name}");
    }
}

/// What a server routes by is known before anything is verified.
#[test]
fn the_scope_is_read_before_the_signature_is_checked() {
    let all = recorded();
    let parsed = |at: usize| Authorization::parse(&RequestHead::from(&all[at].parts)).unwrap();
    let (query, presigned) = (parsed(1), parsed(7));
    assert_eq!(query.credential.scope.to_string(), "20261128/eu-west-1/cloudtrail/aws4_request");
    assert_eq!(query.session_token.as_deref(), Some("to/ken+=="));
    assert_eq!(query.form, Form::Header);
    assert_eq!(presigned.credential.scope.service, "sts");
    assert_eq!(presigned.session_token, query.session_token);
    assert_eq!(presigned.form, Form::Presigned { expires: 60 });
    assert_eq!(presigned.signed_headers, ["host", "x-k8s-aws-id"]);
}

/// Our signer makes the same signatures where it signs the same headers.
#[test]
fn requests_are_signed_as_botocore_signs_them() {
    let mut compared = 0;
    for Recorded { name, mut parts, body } in recorded() {
        let Some(theirs) = parts.headers.remove("authorization") else { continue };
        if name == "an object" {
            // botocore signs `Range`, too.
            continue;
        }
        let text = theirs.to_str().unwrap();
        let credential = text.split(['=', ',']).nth(1).unwrap();
        let mut scope = credential.split('/').skip(2);
        let key = find(credential.split('/').next().unwrap(), None).unwrap();
        let (region, service) = (scope.next().unwrap(), scope.next().unwrap());
        let signer = Signer { key: &key, region, service, now: now() };
        let unsigned = name.contains("not signed");
        let payload = if unsigned { Payload::Unsigned } else { Payload::Body(body.as_bytes()) };
        signer.sign(&mut parts, payload).unwrap();
        assert_eq!(parts.headers["authorization"], theirs, "{name}");
        compared += 1;
    }
    assert_eq!(compared, 6);
}
