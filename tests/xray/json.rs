//! JSON texts as they stand in parameters: numbers keep their spelling.

use serde_json::value::RawValue;
use std::collections::BTreeMap;

type Members<'a> = BTreeMap<String, &'a RawValue>;

/// The members of an object, each as its text.
pub(crate) fn members(text: &str) -> Option<BTreeMap<String, &str>> {
    let members: Members<'_> = serde_json::from_str(text).ok()?;
    Some(members.into_iter().map(|(name, value)| (name, value.get())).collect())
}

/// The elements of an array, each as its text.
pub(crate) fn elements(text: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// Whether a text is JSON of an object.
pub(crate) fn is_object(text: &str) -> bool {
    members(text).is_some()
}

/// The text of a scalar; `None` for null, objects, arrays and what is no JSON.
pub(crate) fn scalar(text: &str) -> Option<String> {
    let text = text.trim();
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str(text).ok(),
        b'{' | b'[' | b'n' => None,
        _ => serde_json::from_str::<&RawValue>(text).ok().map(|value| value.get().to_owned()),
    }
}

/// The scalar at a path of members.
pub(crate) fn at(text: &str, path: &[&str]) -> Option<String> {
    match path.split_first() {
        None => scalar(text),
        Some((name, rest)) => at(members(text)?.get(*name)?, rest),
    }
}

/// The texts of an array of scalars and nulls; `None` if anything else is among them.
pub(crate) fn texts(text: &str) -> Option<Vec<Option<String>>> {
    let flat = |element: &str| !element.starts_with(['{', '[']);
    let elements = elements(text)?;
    elements
        .iter()
        .all(|element| flat(element))
        .then(|| elements.iter().map(|element| scalar(element)).collect())
}

/// A value as a map of texts holds it: strings as they are, null as nothing, others compact.
pub(crate) fn held(text: &str) -> Option<String> {
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str(text).ok(),
        b'n' => None,
        _ => Some(compact(text)),
    }
}

/// JSON without whitespace and without escapes that need not be.
pub(crate) fn compact(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' { quoted(rest) } else { first.len_utf8() };
        let (token, behind) = rest.split_at(length);
        match first {
            '"' => {
                let plain: String = serde_json::from_str(token).unwrap();
                out.push_str(&serde_json::to_string(&plain).unwrap());
            }
            _ if first.is_ascii_whitespace() => {}
            _ => out.push(first),
        }
        rest = behind;
    }
    out
}

/// The length of the string at the beginning of a text, with its quotes.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
