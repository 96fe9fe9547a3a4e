//! JSON as a tree that keeps members given twice, so that none is passed over in silence.

use super::error::SelectorError;
use crate::json::cursor::{Cursor, Kind};
use crate::json::{ScanError, scan_value, skip_whitespace, text};

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json {
    /// Members in order.
    Object(Vec<(String, Json)>),
    Array(Vec<Json>),
    String(String),
    Null,
    /// A number or boolean, as it stands.
    Other(String),
}

/// Reads `text`, which must be one JSON value.
pub(super) fn parse(text: &str) -> Result<Json, SelectorError> {
    let bytes = text.as_bytes();
    let end = scan_value(bytes, skip_whitespace(bytes, 0)).map_err(|error| match error {
        ScanError::Incomplete => malformed(text, text.len(), "the JSON ends in the middle"),
        ScanError::Malformed { at, expected } => {
            malformed(text, at, &format!("malformed JSON: {expected} is expected"))
        }
    })?;
    let end = skip_whitespace(bytes, end);
    if end < text.len() {
        return Err(malformed(text, end, "text follows the end of the JSON"));
    }
    Ok(value(&mut Cursor::new(bytes)))
}

fn malformed(text: &str, at: usize, what: &str) -> SelectorError {
    let before = String::from_utf8_lossy(&text.as_bytes()[..at]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    SelectorError::of_text(format!("{what} (line {line}, column {column})"))
}

/// Reads the value at the cursor. The scan has bounded how deep it can be.
fn value(cursor: &mut Cursor<'_>) -> Json {
    match cursor.kind() {
        Kind::Object => {
            let mut members = Vec::new();
            cursor.enter();
            while let Some(key) = cursor.next_member() {
                members.push((owned(&text::unescaped(key)), value(cursor)));
            }
            Json::Object(members)
        }
        Kind::Array => {
            let mut elements = Vec::new();
            cursor.enter();
            while cursor.next_element() {
                elements.push(value(cursor));
            }
            Json::Array(elements)
        }
        Kind::String => Json::String(owned(&text::unescaped(cursor.string()))),
        Kind::Number | Kind::Boolean => Json::Other(owned(cursor.raw())),
        Kind::Null => {
            cursor.raw();
            Json::Null
        }
    }
}

fn owned(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_given_twice_are_kept() {
        let text = |text: &str| Json::String(text.to_owned());
        let member = |name: &str, value| (name.to_owned(), value);
        assert_eq!(
            parse(" {\"a\\u0062\": [\"x\", null, true], \"c\": 1, \"c\": {}} ").unwrap(),
            Json::Object(vec![
                member(
                    "ab",
                    Json::Array(vec![text("x"), Json::Null, Json::Other("true".to_owned())])
                ),
                member("c", Json::Other("1".to_owned())),
                member("c", Json::Object(Vec::new())),
            ])
        );
    }

    #[test]
    fn errors_have_a_place() {
        for (text, error) in [
            ("[", "the JSON ends in the middle (line 1, column 2)"),
            ("[\n \"é\" x]", "malformed JSON: ',' or ']' is expected (line 2, column 6)"),
            ("[] []", "text follows the end of the JSON (line 1, column 4)"),
            (
                &"[".repeat(300),
                "malformed JSON: at most 256 levels of nesting is expected (line 1, column 257)",
            ),
        ] {
            assert_eq!(parse(text), Err(SelectorError::of_text(error)), "{text}");
        }
    }
}
