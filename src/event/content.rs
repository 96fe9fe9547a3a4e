//! What a record says, apart from how it is written.

use super::digest::first_half;
use crate::json::cursor::{Cursor, Kind};
use crate::json::text;
use sha2::{Digest, Sha256};

/// Returns a hash of what the record says: the same for every order of members, for every whitespace
/// and escape, for numbers with and without zeros after the point, and for every case of the letters
/// of `eventID`. Of members with one name the last counts.
pub fn content_digest(record: &[u8]) -> u128 {
    let mut cursor = Cursor::new(record);
    first_half(&value(&mut cursor, true))
}

fn value(cursor: &mut Cursor<'_>, is_record: bool) -> [u8; 32] {
    let mut hash = Sha256::new();
    match cursor.kind() {
        Kind::Object => {
            let mut members = Vec::new();
            cursor.enter();
            while let Some(key) = cursor.next_member() {
                let mut name = Vec::new();
                text::unescape_into(key, &mut name);
                let is_id = is_record && name.eq_ignore_ascii_case(b"eventid");
                let digest = if is_id && cursor.kind() == Kind::String {
                    string(cursor, |plain| plain.make_ascii_lowercase())
                } else {
                    value(cursor, false)
                };
                members.push((name, digest));
            }
            members.reverse(); // so that the last of several with one name comes first
            members.sort_by(|a, b| a.0.cmp(&b.0));
            members.dedup_by(|later, kept| later.0 == kept.0);
            hash.update(b"{");
            for (name, digest) in members {
                hash.update((name.len() as u64).to_le_bytes());
                hash.update(name);
                hash.update(digest);
            }
        }
        Kind::Array => {
            hash.update(b"[");
            cursor.enter();
            while cursor.next_element() {
                hash.update(value(cursor, false));
            }
        }
        Kind::String => return string(cursor, |_| {}),
        Kind::Number => {
            hash.update(b"0");
            hash.update(number(cursor.raw()));
        }
        Kind::Boolean | Kind::Null => hash.update(cursor.raw()),
    }
    hash.finalize().into()
}

fn string(cursor: &mut Cursor<'_>, change: impl FnOnce(&mut Vec<u8>)) -> [u8; 32] {
    let mut plain = vec![b'"'];
    text::unescape_into(cursor.string(), &mut plain);
    change(&mut plain);
    Sha256::digest(plain).into()
}

/// Returns one spelling for all of a number: its digits where it is an integer, which may have more of
/// them than a float holds.
fn number(raw: &[u8]) -> Vec<u8> {
    let is_integer = raw.iter().all(|b| b.is_ascii_digit() || *b == b'-');
    let float = std::str::from_utf8(raw).ok().and_then(|text| text.parse::<f64>().ok());
    match float.filter(|number| !is_integer && number.is_finite()) {
        Some(float) => float.to_string().into_bytes(),
        None => raw.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(a: &str, b: &str) -> bool {
        content_digest(a.as_bytes()) == content_digest(b.as_bytes())
    }

    #[test]
    fn spelling_does_not_matter() {
        for (a, b) in [
            (
                r#"{"a":1,"b":[{"c":"x","d":null}]}"#,
                "{ \"b\" : [ {\"d\":null,\r\n\"c\":\"x\"} ],\"a\":1 }",
            ),
            (r#"{"a":"\u00e9\/\n"}"#, "{\"a\":\"é/\n\"}"),
            (r#"{"eventID":"ABC"}"#, r#"{"eventID":"abc"}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (r#"{"a":1.50}"#, r#"{"a":1.5}"#),
            (r#"{"a":2.0}"#, r#"{"a":2}"#),
            (r#"{"a":[]}"#, r#"{"a":[ ]}"#),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn every_value_matters() {
        for (a, b) in [
            (r#"{"a":1}"#, r#"{"a":"1"}"#),
            (r#"{"a":null}"#, "{}"),
            (r#"{"a":null}"#, r#"{"a":"null"}"#),
            (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#),
            (r#"{"a":{}}"#, r#"{"a":[]}"#),
            (r#"{"userName":"ABC"}"#, r#"{"userName":"abc"}"#),
            (r#"{"a":{"eventID":"ABC"}}"#, r#"{"a":{"eventID":"abc"}}"#),
            (r#"{"a":9007199254740993}"#, r#"{"a":9007199254740992}"#),
            (r#"{"ab":"c"}"#, r#"{"a":"bc"}"#),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_trees(a in r#"\{("[ab]":(1|"x"|\[1\]|\{"a":1\}),?){0,3}\}"#, b in r#"\{("[ab]":(1|"x"|\[1\]|\{"a":1\}),?){0,3}\}"#) {
            // serde_json's objects compare without regard to order, and keep the last of one name.
            if let (Ok(x), Ok(y)) = (serde_json::from_str::<serde_json::Value>(&a), serde_json::from_str::<serde_json::Value>(&b)) {
                prop_assert_eq!(x == y, same(&a, &b));
            }
        }
    }
}
