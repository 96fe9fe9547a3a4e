//! Lists of buckets and objects.

use super::*;

#[test]
fn buckets_are_listed_page_by_page() {
    let fixture = Fixture::new();
    let all = fixture.get("/?x-id=ListBuckets");
    assert_eq!(all.all("Name"), ["logs", "my.frozen"]);
    assert_eq!(all.all("BucketRegion"), ["eu-west-1", "eu-west-1"]);
    assert_eq!((all.all("ID"), all.noted.operation), (vec!["111122223333"], Some("ListBuckets")));
    assert!(all.text().starts_with(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
    ));
    assert!(all.all("CreationDate").iter().all(|date| DateTime::parse_from_rfc3339(date).is_ok()));
    assert!(all.all("ContinuationToken").is_empty());
    let first = fixture.get("/?max-buckets=1");
    assert_eq!((first.all("Name"), first.all("ContinuationToken")), (vec!["logs"], vec!["logs"]));
    let second = fixture.get("/?max-buckets=1&continuation-token=logs");
    assert_eq!(second.all("Name"), ["my.frozen"]);
    assert!(second.all("ContinuationToken").is_empty());
    assert_eq!(fixture.get("/?prefix=my").all("Name"), ["my.frozen"]);
    assert!(fixture.get("/?bucket-region=us-east-1").all("Name").is_empty());
    assert_eq!(fixture.get("/?max-buckets=x").refusal(), (400, "InvalidArgument"));
}

#[test]
fn buckets_are_known_by_name() {
    let fixture = Fixture::new();
    for target in ["/logs", "/logs/", "/my.frozen"] {
        let answer = fixture.head(target);
        assert_eq!((answer.status, answer.body.len()), (200, 0));
        assert_eq!(answer.header("x-amz-bucket-region"), Some("eu-west-1"));
    }
    let absent = fixture.head("/none");
    assert_eq!((absent.refusal(), absent.body.len()), ((404, "NoSuchBucket"), 0));
    assert_eq!(fixture.get("/none?location").all("BucketName"), ["none"]);
    let location = fixture.get("/logs?location");
    assert!(
        location.text().ends_with(
            "\"http://s3.amazonaws.com/doc/2006-03-01/\">eu-west-1</LocationConstraint>"
        )
    );
    let fixture = Fixture::with(|options| S3Options { region: "us-east-1".to_owned(), ..options });
    assert!(fixture.get("/logs?location").text().ends_with("></LocationConstraint>"));
}

fn filled() -> Fixture {
    let fixture = Fixture::new();
    for key in ["a b", "a/1", "a/2", "a-", "b/c/1", "é+&<", "z"] {
        fixture.write(key, key);
    }
    fixture
}

#[test]
fn the_first_version_goes_on_from_the_last_item() {
    let fixture = filled();
    let whole = fixture.get("/logs");
    assert_eq!(whole.noted.operation, Some("ListObjects"));
    assert_eq!(whole.all("Key"), ["a b", "a-", "a/1", "a/2", "b/c/1", "z", "é+&amp;&lt;"]);
    assert_eq!((whole.all("MaxKeys"), whole.all("IsTruncated")), (vec!["1000"], vec!["false"]));
    assert_eq!(whole.all("Size"), ["3", "2", "3", "3", "5", "1", "5"]);
    assert_eq!((whole.all("Marker"), whole.all("Prefix")), (vec![""], vec![""]));
    assert_eq!(whole.all("StorageClass"), ["STANDARD"; 7]);
    assert_eq!(whole.all("ID"), ["111122223333"; 7]);
    let modified = whole.all("LastModified");
    assert!(
        modified.iter().all(|date| date.len() == 24 && date.ends_with(".000Z")),
        "{modified:?}"
    );
    // The tag of a list is that of the object.
    let head = fixture.head("/logs/z");
    assert_eq!(
        head.header("etag").unwrap().trim_matches('"'),
        whole.all("ETag")[5].replace("&quot;", "")
    );

    let page = fixture.get("/logs?max-keys=3&marker=a%20b");
    assert_eq!(
        (page.all("Key"), page.all("IsTruncated")),
        (vec!["a-", "a/1", "a/2"], vec!["true"])
    );
    assert!(page.all("NextMarker").is_empty(), "without a delimiter S3 tells none");
    let page = fixture.get("/logs?max-keys=3&delimiter=/");
    assert_eq!((page.all("Key"), page.all("NextMarker")), (vec!["a b", "a-"], vec!["a/"]));
    assert!(page.text().contains("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"));
    let page = fixture.get("/logs?max-keys=3&delimiter=/&marker=a/");
    assert_eq!(page.all("Key"), ["z", "é+&amp;&lt;"]);
    assert!(page.text().contains("<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>"));
    let none = fixture.get("/logs?max-keys=0");
    assert_eq!((none.all("Key").len(), none.all("IsTruncated")), (0, vec!["false"]));
}

#[test]
fn the_second_version_goes_on_from_its_token() {
    let fixture = filled();
    let mut keys = Vec::new();
    let mut token = String::new();
    loop {
        let page = fixture.get(&format!("/logs?list-type=2&max-keys=2&prefix=a{token}"));
        assert_eq!(page.noted.operation, Some("ListObjectsV2"));
        assert_eq!(page.all("KeyCount"), [page.all("Key").len().to_string()]);
        keys.extend(page.all("Key").into_iter().map(str::to_owned));
        assert!(page.all("Owner").is_empty() && page.all("Marker").is_empty());
        match page.all("NextContinuationToken").first() {
            Some(next) => token = format!("&continuation-token={next}"),
            None => break,
        }
    }
    assert_eq!(keys, ["a b", "a-", "a/1", "a/2"]);
    let after = fixture.get("/logs?list-type=2&start-after=b&fetch-owner=true&delimiter=/");
    assert_eq!((after.all("StartAfter"), after.all("Owner").len()), (vec!["b"], 2));
    assert_eq!((after.all("KeyCount"), after.all("Delimiter")), (vec!["3"], vec!["/"]));
    for token in ["", "%2F", "x", "YQ==", "gA"] {
        let answer = fixture.get(&format!("/logs?list-type=2&continuation-token={token}"));
        assert_eq!(answer.refusal(), (400, "InvalidArgument"), "{token}");
    }
}

#[test]
fn keys_are_encoded_for_who_asks() {
    let fixture = filled();
    let page = fixture.get("/logs?encoding-type=url&delimiter=%2B&marker=%20&prefix=%C3%A9");
    assert!(page.text().contains("<Prefix>%C3%A9%2B</Prefix>"), "{}", page.text());
    assert_eq!((page.all("Marker"), page.all("Delimiter")), (vec!["%20"], vec!["%2B"]));
    assert_eq!(page.all("EncodingType"), ["url"]);
    let keys = fixture.get("/logs?encoding-type=url");
    assert_eq!(keys.all("Key"), ["a%20b", "a-", "a/1", "a/2", "b/c/1", "z", "%C3%A9%2B%26%3C"]);
}

#[test]
fn what_a_list_cannot_be_asked_for_is_refused() {
    let fixture = filled();
    for (query, expected) in [
        ("max-keys=-1", (400, "InvalidArgument")),
        ("max-keys=many", (400, "InvalidArgument")),
        ("encoding-type=base64", (400, "InvalidArgument")),
        ("list-type=3", (400, "InvalidArgument")),
        ("versions", (501, "NotImplemented")),
        ("acl", (501, "NotImplemented")),
        ("uploads", (501, "NotImplemented")),
    ] {
        assert_eq!(fixture.get(&format!("/logs?{query}")).refusal(), expected, "{query}");
    }
    // What nobody knows is passed over, and what is no key begins none.
    assert_eq!(fixture.get("/logs?x-id=ListObjects&unknown").status, 200);
    for prefix in ["../", "%2F", "a//", "a/../", "%FF", "%00", &"x".repeat(5_000)] {
        let answer = fixture.get(&format!("/logs?prefix={prefix}"));
        assert_eq!((answer.status, answer.all("Key").len()), (200, 0), "{prefix}");
    }
}
