//! Presigned requests to S3 of Version 2, as AWS documents one and botocore 1.44.8 made others.

use super::*;
use crate::error::Protocol;
use crate::signature::Form;

fn parts(method: &str, target: &str) -> Parts {
    let request = http::Request::builder().method(method).uri(target);
    request.header("host", "localhost:8080").body(()).unwrap().into_parts().0
}

fn checked_at(now: DateTime<Utc>, parts: &Parts) -> Result<AccessKey, SignatureError> {
    let head = RequestHead::from(parts);
    let authorization = Authorization::parse(&head)?;
    let expected = Expected { services: &SERVICES, now };
    verify(&authorization, &head, Payload::Unread, &expected, find)
}

const OBJECT: &str = "/logs/a%20b/%C3%A9%2B?response-content-type=text%2Fplain%3B%20x%3D%C3%BC&versionId=null\
                      &AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=yPcMNegO3GzVpff3m21jVI5%2Bbc4%3D&Expires=1795885260";

const LIST: &str = "/logs?list-type=2&prefix=z&encoding-type=url&AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE\
                    &Signature=r3xcx2MMwmkx2pHAEIzLTl6dOWY%3D&Expires=1795885260";

const WITH_TOKEN: &str = "/logs?list-type=2&prefix=z&encoding-type=url&AWSAccessKeyId=ASIAIOSFODNN7EXAMPLE\
                          &Signature=N8iAU0i1GzbDTzRC%2Bjr5lxk%2BVFo%3D&x-amz-security-token=to%2Fken%2B%3D%3D\
                          &Expires=1795885260";

#[test]
fn the_documented_request_is_accepted() {
    let target = "/johnsmith/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE\
                  &Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
    let then = DateTime::from_timestamp(1_175_139_620, 0).unwrap();
    assert_eq!(checked_at(then, &parts("GET", target)).unwrap().id, ID);
}

#[test]
fn requests_of_botocore_are_accepted_until_they_expire() {
    for target in [OBJECT, LIST, WITH_TOKEN, &LIST.replace("/logs?", "/logs/?")] {
        let parts = parts("GET", target);
        assert!(checked_at(now(), &parts).is_ok(), "{target}");
        let minute = Duration::seconds(60);
        assert!(checked_at(now() + minute, &parts).is_ok(), "{target}");
        let late = checked_at(now() + minute + Duration::seconds(1), &parts).unwrap_err();
        assert!(matches!(late, SignatureError::Expired { presigned: true, .. }), "{late:?}");
        let told = late.service_error(Protocol::S3);
        assert_eq!((&*told.code, told.message.as_str()), ("AccessDenied", "Request has expired"));
    }
    let head = parts("GET", OBJECT);
    let authorization = Authorization::parse(&RequestHead::from(&head)).unwrap();
    assert_eq!(authorization.credential.scope.protocol(), Some(Protocol::S3));
    assert_eq!(authorization.form, Form::Version2 { expires: now() + Duration::seconds(60) });
}

#[test]
fn what_was_signed_cannot_be_changed() {
    let refused =
        |parts: &Parts| matches!(checked_at(now(), parts), Err(SignatureError::Mismatch { .. }));
    for (old, new) in [
        ("/logs/", "/other/"),
        ("a%20b", "a%20c"),
        ("text%2Fplain", "text%2Fhtml"),
        ("versionId=null", "versionId=1"),
        ("versionId=null", "versionId"),
        ("1795885260", "1795885261"),
        ("yPcM", "xPcM"),
        ("&AWS", "&acl&AWS"),
        ("&AWS", "&x-amz-acl=private&AWS"),
        ("&AWS", "&content-type=a&AWS"),
    ] {
        assert!(refused(&parts("GET", &OBJECT.replacen(old, new, 1))), "{old} {new}");
    }
    assert!(refused(&parts("DELETE", OBJECT)));
    let mut more = parts("GET", OBJECT);
    more.headers.insert("x-amz-acl", "private".parse().unwrap());
    assert!(refused(&more));
    // Other headers and parameters were not signed.
    let mut other = parts("GET", &OBJECT.replace("&AWS", "&x-id=GetObject&AWS"));
    other.headers.insert("range", "bytes=0-1".parse().unwrap());
    assert!(checked_at(now(), &other).is_ok());
}

#[test]
fn keys_and_tokens_must_be_known() {
    let refusal = |target: &str| checked_at(now(), &parts("GET", target)).unwrap_err();
    let unknown = OBJECT.replace(ID, "AKIAXXXXXXXXXXXXXXXX");
    assert_eq!(refusal(&unknown), SignatureError::UnknownKey);
    assert_eq!(refusal(&WITH_TOKEN.replace("to%2Fken", "other")), SignatureError::UnknownToken);
    assert_eq!(
        refusal(&WITH_TOKEN.replace("x-amz-security-token", "y")),
        SignatureError::UnknownToken
    );
    assert_eq!(refusal(&WITH_TOKEN.replace("ASIA", "AKIA")), SignatureError::UnknownToken);
    for target in [
        "/?AWSAccessKeyId=x",
        "/?AWSAccessKeyId=x&Signature=y",
        "/?AWSAccessKeyId=x&Expires=1795885260",
        "/?AWSAccessKeyId=x&Signature=y&Expires=soon",
        "/?AWSAccessKeyId=x&Signature=y&Expires=99999999999999999999",
        "/?AWSAccessKeyId=x&Signature=y&Expires=9223372036854775807",
    ] {
        assert!(matches!(refusal(target), SignatureError::Query(_)), "{target}");
    }
}

#[test]
fn other_services_do_not_take_it() {
    let parts = parts("GET", OBJECT);
    let head = RequestHead::from(&parts);
    let authorization = Authorization::parse(&head).unwrap();
    let expected = Expected { services: &["cloudtrail", "sts"], now: now() };
    let refused = verify(&authorization, &head, Payload::Body(b""), &expected, find);
    assert!(matches!(refused, Err(SignatureError::Service(_))));
}
