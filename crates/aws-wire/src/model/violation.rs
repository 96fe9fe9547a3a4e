//! What is wrong with a value, and where.

use crate::error::shown;
use serde_json::Value;
use std::fmt::Write as _;

/// A step from a value into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A member of a structure.
    Member(&'static str),
    /// An item of a list, from 0.
    Item(usize),
    /// The value under a key of a map.
    Value(String),
    /// A key of a map itself.
    Key(String),
}

/// What a value does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constraint {
    /// The JSON type: what is expected, and what there is.
    Type {
        /// `string`, `list`, `32-bit integer`.
        expected: &'static str,
        /// `number`.
        found: &'static str,
    },
    /// Values are nested at most so deep.
    Depth(usize),
    /// The member must be there.
    Required,
    /// At least so many characters or items.
    MinLength(i64),
    /// At most so many characters or items.
    MaxLength(i64),
    /// A number is at least this.
    MinValue(i64),
    /// A number is at most this.
    MaxValue(i64),
    /// The whole text matches this pattern, as the model writes it.
    Pattern(&'static str),
    /// The text is one of these.
    Enum(&'static [String]),
    /// In answers: the structure has no such member.
    Unknown,
    /// In answers: what has no value is left out.
    Null,
}

/// A value that is not what the model says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The way to the value, from the whole input or output.
    pub path: Vec<Step>,
    /// What it does not keep.
    pub constraint: Constraint,
    /// The value, if there is one, cut to a length that can be told.
    pub value: Option<String>,
}

impl Violation {
    pub(super) fn new(path: &[Step], constraint: Constraint, value: Option<&Value>) -> Self {
        Self { path: path.to_vec(), constraint, value: value.map(told) }
    }

    /// The member of the input in which it lies: `MaxResults`. Errors of their own go by it.
    #[must_use]
    pub fn member(&self) -> Option<&'static str> {
        match self.path.first() {
            Some(Step::Member(name)) => Some(name),
            _ => None,
        }
    }

    /// Returns whether the value cannot be read at all, so that nothing can be said of its bounds.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(self.constraint, Constraint::Type { .. } | Constraint::Depth(_))
    }

    /// Where the value is, as it was sent: `TagsList[0].Key`.
    #[must_use]
    pub fn place(&self) -> String {
        let mut out = String::new();
        for step in &self.path {
            let dot = if out.is_empty() { "" } else { "." };
            let _ = match step {
                Step::Member(name) => write!(out, "{dot}{name}"),
                Step::Item(at) => write!(out, "[{at}]"),
                Step::Value(key) | Step::Key(key) => write!(out, "[{:?}]", shown(key)),
            };
        }
        out
    }

    /// Where it is, as AWS's servers write it: `tagsList.1.member.key`.
    fn place_of_aws(&self) -> String {
        let parts = self.path.iter().map(|step| match step {
            Step::Member(name) => lower_first(name),
            Step::Item(at) => format!("{}.member", at + 1),
            Step::Value(key) => format!("{}.value", shown(key)),
            Step::Key(key) => format!("{}.key", shown(key)),
        });
        parts.collect::<Vec<_>>().join(".")
    }

    /// One sentence, without a full stop.
    #[must_use]
    pub fn message(&self) -> String {
        let place = self.place();
        match &self.constraint {
            Constraint::Type { expected, found } => {
                let what =
                    if place.is_empty() { "The input".to_owned() } else { format!("'{place}'") };
                let found = match (*found, &self.value) {
                    ("number", Some(number)) => number.clone(),
                    ("null", _) => "null".to_owned(),
                    (found, _) => with_article(found),
                };
                format!("{what} must be {}, not {found}", with_article(expected))
            }
            Constraint::Depth(limit) => format!("Values are nested more than {limit} deep"),
            _ => self.message_of_aws(),
        }
    }

    /// `Value 'ab' at 'name' failed to satisfy constraint: Member must have ...`.
    fn message_of_aws(&self) -> String {
        let value = match &self.value {
            Some(value) => format!("'{value}'"),
            None => "null".to_owned(),
        };
        let must = match &self.constraint {
            Constraint::Required => "not be null".to_owned(),
            Constraint::MinLength(n) => format!("have length greater than or equal to {n}"),
            Constraint::MaxLength(n) => format!("have length less than or equal to {n}"),
            Constraint::MinValue(n) => format!("have value greater than or equal to {n}"),
            Constraint::MaxValue(n) => format!("have value less than or equal to {n}"),
            Constraint::Pattern(text) => format!("satisfy regular expression pattern: {text}"),
            Constraint::Enum(values) => format!("satisfy enum value set: [{}]", values.join(", ")),
            Constraint::Unknown => "be one of the model".to_owned(),
            Constraint::Null => "be left out when it has no value".to_owned(),
            Constraint::Type { expected, .. } => format!("be {}", with_article(expected)),
            Constraint::Depth(limit) => format!("be nested at most {limit} deep"),
        };
        let place = self.place_of_aws();
        format!("Value {value} at '{place}' failed to satisfy constraint: Member must {must}")
    }
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

pub(super) fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

/// Text without quotes, lists of text as `[a, b]`, the rest as JSON.
fn told(value: &Value) -> String {
    match value {
        Value::String(text) => shown(text),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let few: Vec<_> = items.iter().take(100).filter_map(Value::as_str).collect();
            shown(&format!("[{}]", few.join(", ")))
        }
        other => shown(&other.to_string()),
    }
}
