//! What a path leads to, and steps to the members and elements of it.

use super::Path;
use super::value::Value;
use crate::json::item::Node;
use crate::json::text;
use std::borrow::Cow;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// One of the items that a path leads to.
#[derive(Debug, Clone)]
pub(crate) enum Item<'a> {
    Json(Node<'a>),
    Value(Value),
}

/// What a part of a path leads to, in order.
pub(super) type Sequence<'a> = Vec<Item<'a>>;

/// What a parameter passed to a path is; `None` is an empty sequence.
pub(crate) type Variable<'a> = Option<Item<'a>>;

impl<'a> Item<'a> {
    /// Returns a scalar as an SQL value; `None` for nulls, arrays, objects and numbers that are too
    /// big.
    pub(crate) fn scalar(&self) -> Option<Value> {
        Some(match self {
            Self::Value(value) => value.clone(),
            Self::Json(Node::Boolean(truth)) => Value::Boolean(*truth),
            Self::Json(Node::Integer(value)) => Value::number(*value),
            Self::Json(Node::Double(value)) => Value::Double(*value),
            Self::Json(Node::Text(bytes)) => Value::text(text::lossy(bytes).into_owned()),
            Self::Json(_) => return None,
        })
    }

    pub(super) fn number(&self) -> SqlResult<Value> {
        match self {
            Self::Value(value) if value.is_number() => Ok(value.clone()),
            Self::Json(Node::Integer(value)) => Ok(Value::number(*value)),
            Self::Json(Node::Double(value)) => Ok(Value::Double(*value)),
            Self::Json(Node::Huge(_)) => Err(failed("")),
            other => Err(wrong_item("NUMBER", other)),
        }
    }

    /// Returns the item as JSON; `None` if its type has no JSON.
    pub(crate) fn into_json(self) -> Result<Node<'a>, Value> {
        Ok(match self {
            Self::Json(node) => node,
            Self::Value(value) => match value {
                Value::Boolean(truth) => Node::Boolean(truth),
                Value::Integer(value, _) => Node::Integer(value),
                Value::Real(value) => Node::Real(value),
                Value::Double(value) => Node::Double(value),
                Value::Decimal { value, scale, .. } => Node::Decimal(value, scale),
                Value::Text(text, _) => Node::text(&text),
                Value::Instant(..) => return Err(value),
            },
        })
    }
}

impl Path {
    /// In lax mode opens the arrays among items.
    pub(super) fn open<'a>(&self, items: Sequence<'a>) -> Sequence<'a> {
        if !self.lax || !items.iter().any(|item| matches!(item, Item::Json(Node::Array(_)))) {
            return items;
        }
        let mut opened = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::Json(Node::Array(elements)) => {
                    opened.extend(elements.iter().cloned().map(Item::Json));
                }
                other => opened.push(other),
            }
        }
        opened
    }
}

/// Appends the value of an object's member.
pub(super) fn member<'a>(
    item: &Item<'a>,
    name: &str,
    lax: bool,
    found: &mut Sequence<'a>,
) -> SqlResult<()> {
    let value = match item {
        Item::Json(node @ Node::Object(_)) => node.member(name.as_bytes()),
        _ if lax => None,
        other => return Err(wrong_item("OBJECT", other)),
    };
    match value {
        Some(value) => found.push(Item::Json(value.clone())),
        None if lax => {}
        None => return Err(structural(&format!("missing member '{name}' in JSON object"))),
    }
    Ok(())
}

/// The error for a path that cannot be evaluated.
pub(super) fn failed(why: &str) -> SqlError {
    SqlError::new(Code::PathEvaluation, format!("path evaluation failed: {why}"))
}

/// The error for an item of another kind than `expected`.
pub(super) fn wrong_item(expected: &str, item: &Item<'_>) -> SqlError {
    let actual = match item {
        Item::Json(node) => Cow::Borrowed(node.kind()),
        Item::Value(value) => Cow::Owned(value.data_type().to_string()),
    };
    failed(&format!("invalid item type. Expected: {expected}, actual: {actual}"))
}

/// The error for a member or an element that is not there.
pub(super) fn structural(why: &str) -> SqlError {
    failed(&format!("structural error: {why}"))
}
