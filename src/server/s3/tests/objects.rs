//! Objects: their bytes, parts of them, and what is told of them.

use super::*;
use crate::server::buckets::Metadata;

#[test]
fn an_object_is_told_and_read() {
    let fixture = Fixture::new();
    let signature = "5f".repeat(256);
    let metadata = [
        ("signature", signature.as_str()),
        ("signature-algorithm", "SHA256withRSA"),
        ("name", "é\n"),
        ("no header", "x"),
    ];
    let metadata: Metadata =
        metadata.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let bucket = fixture.s3.options.buckets.get("logs").unwrap();
    bucket.put("AWSLogs/a.json.gz", b"0123456789", &metadata).unwrap();
    let (get, head) =
        (fixture.get("/logs/AWSLogs/a.json.gz"), fixture.head("/logs/AWSLogs/a.json.gz"));
    assert_eq!((get.status, head.status), (200, 200));
    assert_eq!((get.text(), head.text()), ("0123456789", ""));
    assert_eq!(
        (get.noted.operation, head.noted.operation),
        (Some("GetObject"), Some("HeadObject"))
    );
    assert_eq!(get.headers, head.headers);
    for (name, expected) in [
        ("content-length", "10"),
        ("content-type", "binary/octet-stream"),
        ("accept-ranges", "bytes"),
        ("x-amz-meta-signature", &signature),
        ("x-amz-meta-signature-algorithm", "SHA256withRSA"),
        ("x-amz-meta-name", "=?UTF-8?B?w6kK?="),
        ("x-amz-missing-meta", "1"),
    ] {
        assert_eq!(get.header(name), Some(expected), "{name}");
    }
    let etag = get.header("etag").unwrap();
    assert!(etag.len() == 36 && etag.starts_with('"') && etag.ends_with("-1\""), "{etag}");
    assert!(DateTime::parse_from_rfc2822(get.header("last-modified").unwrap()).is_ok());
    // The file of the metadata is none of the bucket.
    assert_eq!(fixture.get("/logs/AWSLogs/.a.json.gz.metadata.json").refusal(), (404, "NoSuchKey"));
    assert_eq!(fixture.get("/logs").all("Key"), ["AWSLogs/a.json.gz"]);
}

#[test]
fn large_objects_come_in_pieces() {
    let fixture = Fixture::new();
    let bytes: Vec<u8> = (0..1_500_000_u32).map(|n| (n % 251) as u8).collect();
    fixture.write("large", &bytes);
    fixture.write("empty", "");
    assert!(fixture.get("/logs/large").body == bytes);
    let part = fixture.ask(Request::get("/logs/large").header("range", "bytes=300000-1299999"));
    assert_eq!((part.status, part.header("content-length")), (206, Some("1000000")));
    assert!(part.body == bytes[300_000..1_300_000]);
    let empty = fixture.get("/logs/empty");
    assert_eq!(
        (empty.status, empty.header("content-length"), empty.body.len()),
        (200, Some("0"), 0)
    );
}

/// What was promised is not there: the client must see it.
#[test]
fn a_file_that_becomes_shorter_is_an_error() {
    let fixture = Fixture::new();
    fixture.write("a", vec![1; 600_000]);
    let mut parts =
        Request::get("/logs/a").header("host", "localhost").body(()).unwrap().into_parts().0;
    fixture.signer().sign(&mut parts, Payload::Body(b"")).unwrap();
    let read = fixture.runtime.block_on(async {
        let (answer, _) = fixture.s3.answer(&parts, "request").await;
        fixture.write("a", vec![1; 10]);
        axum::body::to_bytes(answer.into_body(), usize::MAX).await
    });
    assert!(read.is_err());
}

#[test]
fn parts_of_an_object_are_read() {
    let fixture = Fixture::new();
    fixture.write("a", "0123456789");
    let range = |method: &str, range: &str| {
        fixture.ask(Request::builder().method(method).uri("/logs/a").header("range", range))
    };
    for (asked, bytes, told) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=8-", "89", "bytes 8-9/10"),
        ("bytes=-1", "9", "bytes 9-9/10"),
        ("bytes=0-99", "0123456789", "bytes 0-9/10"),
    ] {
        let answer = range("GET", asked);
        assert_eq!((answer.status, answer.text()), (206, bytes), "{asked}");
        assert_eq!(answer.header("content-range"), Some(told));
        let head = range("HEAD", asked);
        assert_eq!((head.status, head.headers), (206, answer.headers));
    }
    for whole in ["bytes=4-2", "bytes=0-1,4-5", "lines=1-2", "x"] {
        let answer = range("GET", whole);
        assert_eq!((answer.status, answer.text()), (200, "0123456789"), "{whole}");
        assert_eq!(answer.header("content-range"), None);
    }
    let beyond = range("GET", "bytes=10-");
    assert_eq!(beyond.refusal(), (416, "InvalidRange"));
    assert_eq!(beyond.all("ActualObjectSize"), ["10"]);
    let (first, second) =
        (fixture.get("/logs/a?partNumber=1"), fixture.get("/logs/a?partNumber=2"));
    assert_eq!((first.status, first.text()), (206, "0123456789"));
    assert_eq!(second.refusal(), (416, "InvalidPartNumber"));
    for number in ["0", "-1", "x", ""] {
        let answer = fixture.get(&format!("/logs/a?partNumber={number}"));
        assert_eq!(answer.refusal(), (400, "InvalidArgument"), "{number}");
    }
}

#[test]
fn who_has_an_object_is_told_so() {
    let fixture = Fixture::new();
    fixture.write("a", "0123456789");
    let told = fixture.head("/logs/a");
    let (etag, modified) = (told.header("etag").unwrap(), told.header("last-modified").unwrap());
    let with =
        |name: &'static str, value: &str| fixture.ask(Request::get("/logs/a").header(name, value));
    for (name, value) in [("if-none-match", etag), ("if-modified-since", modified)] {
        let answer = with(name, value);
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{name}");
        assert_eq!((answer.header("etag"), &answer.noted.error), (Some(etag), &None));
    }
    for (name, value) in
        [("if-match", etag), ("if-unmodified-since", modified), ("if-none-match", "x")]
    {
        assert_eq!(with(name, value).status, 200, "{name}");
    }
    let other = with("if-match", "\"other\"");
    assert_eq!(other.refusal(), (412, "PreconditionFailed"));
    assert_eq!(other.all("Condition"), ["If-Match"]);
    let continued = |tag: &str| {
        let request = Request::get("/logs/a").header("range", "bytes=5-").header("if-range", tag);
        fixture.ask(request).status
    };
    assert_eq!((continued(etag), continued("\"other\"")), (206, 200));
    // Another version has another tag.
    fixture.write("a", "01234567890");
    assert_eq!(with("if-none-match", etag).status, 200);
}

#[test]
fn the_request_chooses_headers() {
    let fixture = Fixture::new();
    fixture.write("a.json", "{}");
    let answer = fixture.get(
        "/logs/a.json?response-content-type=application/json&response-content-disposition=attachment%3B%20filename%3D%22a%22\
         &response-cache-control=no-store&response-content-encoding=identity&response-content-language=en&response-expires=0",
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"a\""));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("expires"), Some("0"));
    let split = fixture.get("/logs/a.json?response-content-type=a%0D%0Ax-evil:1");
    assert_eq!(split.refusal(), (400, "InvalidArgument"));
    assert_eq!(fixture.get("/logs/a.json?versionId=null").status, 200);
    assert_eq!(fixture.get("/logs/a.json?versionId=3").refusal(), (404, "NoSuchVersion"));
    assert_eq!(fixture.get("/logs/a.json?tagging").refusal(), (501, "NotImplemented"));
}

#[test]
fn keys_lead_nowhere_else() {
    let fixture = Fixture::new();
    fixture.write("a/b", "bytes");
    fs::write(fixture.folder.parent().unwrap().join("secret"), "secret").unwrap();
    for key in [
        "../secret",
        "%2e%2e/secret",
        "..%2fsecret",
        "a/../../secret",
        "a/../a/b",
        "./a/b",
        "a//b",
        "/a/b",
        "%2Fetc/passwd",
        "a",
        "a/",
        "a/b/",
        "a/b/c",
        "none",
        "a%00",
        ".b.metadata.json",
        "a/.traillake-1.tmp",
        "..",
        ".",
        "a%5Cb",
    ] {
        for answer in [fixture.get(&format!("/logs/{key}")), fixture.head(&format!("/logs/{key}"))]
        {
            assert_eq!(answer.refusal(), (404, "NoSuchKey"), "{key}");
        }
    }
    let missing = fixture.get("/logs/no%20such%20%3C");
    assert_eq!(
        (missing.all("Key"), missing.all("RequestId")),
        (vec!["no such &lt;"], vec!["request"])
    );
    assert_eq!(fixture.get("/none/a").refusal(), (404, "NoSuchBucket"));
    assert_eq!(fixture.get("/logs/%ff").refusal(), (400, "InvalidURI"));
    assert_eq!(fixture.get("//a").refusal(), (400, "InvalidBucketName"));
    let long = format!("/logs/{}", "x".repeat(1_024));
    assert_eq!(fixture.get(&long).refusal(), (404, "NoSuchKey"), "no file has such a name");
    assert_eq!(fixture.get(&format!("{long}x")).refusal(), (400, "KeyTooLongError"));
    for name in ["..", ".", "%2e%2e", "logs%2f..", "LOGS"] {
        assert_eq!(fixture.get(&format!("/{name}/a")).status, 404, "{name}");
    }
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_no_object() {
    let fixture = Fixture::new();
    let made = std::process::Command::new("mkfifo").arg(fixture.folder.join("pipe")).status();
    assert!(made.unwrap().success());
    std::os::unix::fs::symlink("/no/such/file", fixture.folder.join("gone")).unwrap();
    for key in ["pipe", "gone"] {
        assert_eq!(fixture.get(&format!("/logs/{key}")).refusal(), (404, "NoSuchKey"), "{key}");
    }
    assert!(fixture.get("/logs").all("Key").is_empty());
}

#[test]
fn times_that_no_date_can_tell_are_the_beginning() {
    let before = SystemTime::UNIX_EPOCH - std::time::Duration::from_secs(1);
    let far = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1 << 40);
    for time in [before, far] {
        assert_eq!(iso(time), "1970-01-01T00:00:00.000Z");
    }
    let last = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(253_402_300_799);
    assert_eq!(iso(last), "9999-12-31T23:59:59.000Z");
}
