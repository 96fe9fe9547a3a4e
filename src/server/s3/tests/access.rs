//! Who is let in, by which signature and to what.

use super::*;

#[test]
fn every_key_reads() {
    let fixture = Fixture::new();
    fixture.write("a", "bytes");
    for key in [&fixture.key, &fixture.reader] {
        let answer = fixture.signed(&Signer { key, ..fixture.signer() }, Request::get("/logs/a"));
        assert_eq!((answer.status, answer.text()), (200, "bytes"));
        let noted = Noted {
            service: Some("s3"),
            operation: Some("GetObject"),
            access_key: Some(key.id.clone()),
            error: None,
        };
        assert_eq!(answer.noted, noted);
    }
    let hour = Duration::hours(1);
    let temporary = AccessKey::temporary(now(), hour).unwrap();
    let signer = Signer { key: &temporary, ..fixture.signer() };
    let unknown = fixture.signed(&signer, Request::get("/logs/a"));
    assert_eq!(unknown.refusal(), (403, "InvalidAccessKeyId"));
    fixture.s3.options.access.add_temporary(temporary.clone(), Role::Reader, now());
    assert_eq!(fixture.signed(&signer, Request::get("/logs/a")).text(), "bytes");
    let token = AccessKey { session: None, ..temporary.clone() };
    let without = fixture.signed(&Signer { key: &token, ..signer }, Request::get("/logs/a"));
    assert_eq!(without.refusal(), (400, "InvalidToken"));
}

#[test]
fn signatures_that_are_wrong_are_refused() {
    let fixture = Fixture::new();
    fixture.write("a", "bytes");
    let wrong = AccessKey::new(fixture.key.id.as_str(), "another secret");
    let answer =
        fixture.signed(&Signer { key: &wrong, ..fixture.signer() }, Request::get("/logs/a"));
    assert_eq!(answer.refusal(), (403, "SignatureDoesNotMatch"));
    assert!(answer.all("CanonicalRequest")[0].starts_with("GET\n/logs/a\n"));
    let late = Signer { now: now() - Duration::minutes(16), ..fixture.signer() };
    let answer = fixture.signed(&late, Request::get("/logs/a"));
    assert_eq!(answer.refusal(), (403, "RequestTimeTooSkewed"));
    let other = Signer { service: "cloudtrail", ..fixture.signer() };
    let answer = fixture.signed(&other, Request::get("/logs/a"));
    assert_eq!(answer.refusal(), (400, "AuthorizationHeaderMalformed"));
    let mut parts =
        Request::get("/logs/a").header("host", "localhost").body(()).unwrap().into_parts().0;
    fixture.signer().sign(&mut parts, Payload::Body(b"")).unwrap();
    parts.headers.remove("x-amz-content-sha256");
    assert_eq!(fixture.send(&parts).refusal(), (400, "InvalidRequest"));
    for target in ["/", "/logs", "/logs/a", "/none", "/logs/none"] {
        let parts =
            Request::get(target).header("host", "localhost").body(()).unwrap().into_parts().0;
        // Nothing is told of what there is.
        assert_eq!(fixture.send(&parts).refusal(), (403, "AccessDenied"), "{target}");
    }
}

#[test]
fn presigned_requests_need_no_headers() {
    let fixture = Fixture::new();
    fixture.write("a b/é", "bytes");
    let presigned = |signer: &Signer<'_>, target: &str| {
        let mut parts =
            Request::get(target).header("host", "localhost").body(()).unwrap().into_parts().0;
        signer.presign(&mut parts, Payload::Unsigned, 60).unwrap();
        parts
    };
    let parts = presigned(&fixture.signer(), "/logs/a%20b/%C3%A9?response-content-type=text/plain");
    let answer = fixture.send(&parts);
    assert_eq!((answer.status, answer.text()), (200, "bytes"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    let mut head = parts.clone();
    head.method = Method::HEAD;
    assert_eq!(fixture.send(&head).refusal(), (403, "SignatureDoesNotMatch"));
    let mut other = parts.clone();
    let text = parts.uri.to_string().replace("text/plain", "text/html");
    other.uri = text.parse().unwrap();
    assert_eq!(fixture.send(&other).refusal(), (403, "SignatureDoesNotMatch"));
    let old = Signer { now: now() - Duration::seconds(61), ..fixture.signer() };
    let answer = fixture.send(&presigned(&old, "/logs/a"));
    assert_eq!(answer.refusal(), (403, "AccessDenied"));
    assert_eq!(answer.all("Message"), ["Request has expired"]);
}

#[test]
fn whatever_writes_is_refused_before_its_body_is_read() {
    let fixture = Fixture::new();
    fixture.write("a", "bytes");
    for (method, target, expected) in [
        ("PUT", "/logs/new", (403, "AccessDenied")),
        ("PUT", "/my.frozen/new", (403, "AccessDenied")),
        ("PUT", "/logs/a?acl", (403, "AccessDenied")),
        ("DELETE", "/logs/a", (403, "AccessDenied")),
        ("POST", "/logs/a?uploads", (403, "AccessDenied")),
        ("POST", "/logs?delete", (403, "AccessDenied")),
        ("PUT", "/new-bucket", (403, "AccessDenied")),
        ("DELETE", "/logs", (403, "AccessDenied")),
        ("PUT", "/none/a", (404, "NoSuchBucket")),
        ("POST", "/", (405, "MethodNotAllowed")),
        ("HEAD", "/", (405, "MethodNotAllowed")),
        ("PATCH", "/logs/a", (405, "MethodNotAllowed")),
        ("OPTIONS", "/logs/a", (405, "MethodNotAllowed")),
    ] {
        let answer = fixture.ask(Request::builder().method(method).uri(target));
        assert_eq!(answer.refusal(), expected, "{method} {target}");
    }
    // An upload tells the hash of its body, which nobody reads.
    let mut parts =
        Request::put("/logs/new").header("host", "localhost").body(()).unwrap().into_parts().0;
    fixture.signer().sign(&mut parts, Payload::Body(b"what is uploaded")).unwrap();
    assert_eq!(fixture.send(&parts).refusal(), (403, "AccessDenied"));
    assert_eq!(fs::read_dir(&fixture.folder).unwrap().count(), 1);
    assert_eq!(fixture.get("/logs/a").text(), "bytes");
}

#[test]
fn without_authentication_everybody_reads() {
    let fixture = Fixture::with(|options| S3Options { no_auth: true, ..options });
    fixture.write("a", "bytes");
    let send = |request: Builder| fixture.send(&request.body(()).unwrap().into_parts().0);
    let answer = send(Request::get("/logs/a").header("host", "localhost"));
    assert_eq!((answer.text(), &answer.noted.access_key), ("bytes", &None));
    assert_eq!(send(Request::get("/a").header("host", "logs.localhost:80")).status, 200);
    let written = send(Request::put("/logs/b").header("host", "localhost"));
    assert_eq!(written.refusal(), (403, "AccessDenied"));
    // Who signs all the same is not asked for a key.
    assert_eq!(fixture.signed(&fixture.signer(), Request::get("/logs/a")).status, 200);
}

#[test]
fn buckets_have_hosts() {
    let fixture = Fixture::new();
    fixture.write("a/b", "bytes");
    let at = |host: &str, target: &str| fixture.ask(Request::get(target).header("host", host));
    for host in ["logs.localhost:8080", "LOGS.localhost", "logs.lake.example", "logs.localhost.:1"]
    {
        assert_eq!(at(host, "/a/b").text(), "bytes", "{host}");
        assert_eq!(at(host, "/?list-type=2").all("Key"), ["a/b"], "{host}");
        assert_eq!(at(host, "/?location").all("Code").len(), 0);
    }
    assert_eq!(at("my.frozen.localhost", "/").all("Name"), ["my.frozen"]);
    assert_eq!(at("lake.example:8080", "/logs/a/b").text(), "bytes");
    for host in ["none.localhost", ".localhost", "logs.logs.localhost"] {
        let answer = at(host, "/");
        assert!(answer.status == 404 || answer.status == 400, "{host}: {}", answer.text());
    }
    let head = Request::head("/").header("host", "none.localhost");
    assert_eq!(fixture.ask(head).refusal(), (404, "NoSuchBucket"));
}

#[test]
fn a_bucket_is_of_the_account_of_the_lake() {
    let fixture = Fixture::new();
    fixture.write("a", "bytes");
    for (owner, status) in [("111122223333", 200), ("444455556666", 403), ("", 403)] {
        for target in ["/logs", "/logs/a"] {
            let request = Request::get(target).header("x-amz-expected-bucket-owner", owner);
            assert_eq!(fixture.ask(request).status, status, "{owner} {target}");
        }
    }
}
