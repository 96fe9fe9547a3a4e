//! What must be the same from page to page, as a hash.

use crate::digest::sha256;
use serde_json::Value;

/// The hash of a request's parameters: the order of members and members that are `null` make no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters([u8; 16]);

impl Parameters {
    /// Takes the input of a request, without `NextToken` and the members that may change (`MaxResults`, say).
    #[must_use]
    pub fn of(input: &Value, may_change: &[&str]) -> Self {
        let mut text = String::new();
        match input {
            Value::Object(members) => {
                let counts = |name: &str| name != "NextToken" && !may_change.contains(&name);
                object(&mut text, members.iter().filter(|(name, _)| counts(name)));
            }
            other => value(&mut text, other),
        }
        let hash = sha256(text.as_bytes());
        Self(hash.first_chunk().copied().unwrap_or_default())
    }

    pub(super) fn hash(&self) -> &[u8; 16] {
        &self.0
    }
}

/// JSON with sorted members and without `null` members.
fn value(out: &mut String, json: &Value) {
    match json {
        Value::Object(members) => object(out, members.iter()),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                value(out, item);
                out.push(',');
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn object<'a>(out: &mut String, members: impl Iterator<Item = (&'a String, &'a Value)>) {
    let mut members: Vec<_> = members.filter(|(_, value)| !value.is_null()).collect();
    members.sort_by_key(|(name, _)| *name);
    out.push('{');
    for (name, member) in members {
        value(out, &Value::from(name.as_str()));
        out.push(':');
        value(out, member);
        out.push(',');
    }
    out.push('}');
}
