//! What is inside the members of a record: objects, lists of objects, and their members.

use super::cursor::{Cursor, Kind};
use super::is_value;
use super::text::{scalar, unescaped};
use std::borrow::Cow;

/// Returns the objects of a list, or a single one. Exports from other engines give both as their JSON text, too.
pub fn objects(value: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut cursor = Cursor::new(value);
    match cursor.kind() {
        Kind::Array => {
            let mut found = Vec::new();
            cursor.enter();
            while cursor.next_element() {
                found.extend(object(cursor.raw()));
            }
            found
        }
        Kind::String => match embedded(&mut cursor) {
            Some(text) => {
                objects(&text).into_iter().map(|found| found.into_owned().into()).collect()
            }
            None => Vec::new(),
        },
        _ => object(value).into_iter().collect(),
    }
}

/// Returns an object, or the one that a string holds as its JSON text.
pub fn object(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut cursor = Cursor::new(value);
    match cursor.kind() {
        Kind::Object => Some(value.into()),
        Kind::String => {
            let text = embedded(&mut cursor)?;
            object(&text).map(|found| found.into_owned().into())
        }
        _ => None,
    }
}

/// Returns the JSON value that the string at the cursor holds.
fn embedded(cursor: &mut Cursor<'_>) -> Option<Vec<u8>> {
    let text = unescaped(cursor.string()).into_owned();
    is_value(&text).then_some(text)
}

/// Returns the text of an object's member, whose name has no case; of several with one name the last counts.
pub fn member<'a>(object: &'a [u8], name: &str) -> Option<Cow<'a, [u8]>> {
    value(object, name).and_then(scalar)
}

/// Returns the object, or the one as JSON text, that is a member of an object, as [`member`] finds it.
pub fn member_object<'a>(outer: &'a [u8], name: &str) -> Option<Cow<'a, [u8]>> {
    value(outer, name).and_then(object)
}

fn value<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut cursor = Cursor::new(object);
    let mut found = None;
    cursor.enter();
    while let Some(key) = cursor.next_member() {
        let is_wanted = unescaped(key).eq_ignore_ascii_case(name.as_bytes());
        let value = cursor.raw();
        if is_wanted {
            found = Some(value);
        }
    }
    found
}
