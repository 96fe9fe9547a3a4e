//! What keys look like, and where they do not show.

use super::{AccessKey, AssumedRole, KeyError};
use chrono::{DateTime, Duration, Utc};
use std::collections::HashSet;

const ROLE: &str = "arn:aws:iam::123456789012:role/security/CloudTrailLake";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_885_200, 0).unwrap()
}

#[test]
fn ids_and_secrets_have_the_form_of_aws() {
    let long_lived = AccessKey::generate().unwrap();
    let temporary = AccessKey::temporary(now(), Duration::hours(1)).unwrap();
    for (key, prefix) in [(&long_lived, "AKIA"), (&temporary, "ASIA")] {
        assert_eq!(key.id.len(), 20);
        assert!(key.id.starts_with(prefix), "{}", key.id);
        assert!(key.id.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7')), "{}", key.id);
        let secret = key.secret.reveal();
        assert_eq!(secret.len(), 40);
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
        assert!(secret.bytes().all(allowed));
    }
    assert!(long_lived.session.is_none());
    let session = temporary.session.unwrap();
    assert_eq!((session.created, session.expires), (now(), now() + Duration::hours(1)));
    assert_eq!(session.token.reveal().len(), 128);
}

#[test]
fn no_two_keys_are_alike() {
    let keys: Vec<_> = (0..200).map(|_| AccessKey::generate().unwrap()).collect();
    let ids: HashSet<_> = keys.iter().map(|key| key.id.as_str()).collect();
    let secrets: HashSet<_> = keys.iter().map(|key| key.secret.reveal()).collect();
    assert_eq!((ids.len(), secrets.len()), (200, 200));
    // Each letter of the alphabet turns up somewhere.
    let letters: HashSet<_> = ids.iter().flat_map(|id| id[4..].chars()).collect();
    assert_eq!(letters.len(), 32);
}

#[test]
fn debug_shows_no_secret() {
    let key = AccessKey::assume_role(ROLE, "me", now(), Duration::hours(1)).unwrap();
    let shown = format!("{key:?}");
    assert!(shown.contains(&key.id) && shown.contains("Secret(***)"), "{shown}");
    let hidden = [key.secret.reveal(), key.session.as_ref().unwrap().token.reveal()];
    assert!(hidden.iter().all(|secret| !shown.contains(secret)), "{shown}");
}

#[test]
fn secrets_are_equal_when_their_text_is() {
    let key = AccessKey::new("test", "secret");
    assert!(key.secret.is("secret") && !key.secret.is("secreT") && !key.secret.is("secre"));
    assert_eq!(key.secret, AccessKey::new("other", "secret").secret);
}

#[test]
fn a_role_is_assumed_without_its_path() {
    let key = AccessKey::assume_role(ROLE, "Detections", now(), Duration::seconds(900)).unwrap();
    let role = key.session.unwrap().role.unwrap();
    assert_eq!((role.role_arn(), role.account()), (ROLE, "123456789012"));
    assert_eq!(role.arn(), "arn:aws:sts::123456789012:assumed-role/CloudTrailLake/Detections");
    let id = role.id();
    let (role_id, session) = id.split_once(':').unwrap();
    assert_eq!((role_id.len(), session), (21, "Detections"));
    assert!(role_id.starts_with("AROA"));
    assert_eq!(id, AssumedRole::new(ROLE, "Detections").unwrap().id());
    let other = AssumedRole::new("arn:aws:iam::123456789012:role/Other", "Detections").unwrap();
    assert_ne!(id, other.id());
}

#[test]
fn what_is_no_role_is_refused() {
    for arn in [
        "",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:role/path/",
        "arn:aws:iam::123456789012:user/me",
        "arn:aws:iam::12345678901:role/x",
        "arn:aws:iam::12345678901x:role/x",
        "arn:aws:iam:eu-west-1:123456789012:role/x",
        "arn:aws:s3::123456789012:role/x",
        "arn::iam::123456789012:role/x",
        "role/x",
    ] {
        assert_eq!(AssumedRole::new(arn, "me"), Err(KeyError::RoleArn(arn.to_owned())), "{arn}");
    }
    let long = KeyError::RoleArn("x".repeat(256) + "...");
    assert_eq!(AssumedRole::new(&"x".repeat(100_000), "me"), Err(long));
}

#[test]
fn a_key_that_never_was_valid_is_refused() {
    for seconds in [0, -1, i64::MAX / 1_000] {
        let made = AccessKey::temporary(now(), Duration::seconds(seconds));
        assert_eq!(made.err(), Some(KeyError::Duration(seconds)));
    }
}
