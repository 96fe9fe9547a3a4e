//! Forms (`application/x-www-form-urlencoded`), and inputs that are spread over their fields:
//! `Tags.member.1.Key=a`.

use crate::model::shape::{Shape, ShapeId};
use crate::signature::decode;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The fields of a form; of several with one name the first counts.
#[derive(Debug)]
pub(in crate::model) struct Form(BTreeMap<String, String>);

/// Reads a form, or a query. A plus stands for a space.
pub(in crate::model) fn parse(text: &[u8]) -> Result<Form, &'static str> {
    const NOT_UTF_8: &str = "The form is not UTF-8.";
    let text = std::str::from_utf8(text).map_err(|_| NOT_UTF_8)?;
    let mut fields = BTreeMap::new();
    for piece in text.split('&').filter(|piece| !piece.is_empty()) {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        let plain = |text: &str| String::from_utf8(decode(&text.replace('+', " ")));
        let name = plain(name).map_err(|_| NOT_UTF_8)?;
        fields.entry(name).or_insert(plain(value).map_err(|_| NOT_UTF_8)?);
    }
    Ok(Form(fields))
}

impl Form {
    pub(in crate::model) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Puts an input together, as far as there are fields for it.
    pub(super) fn input(&self, shapes: &[Shape], shape: ShapeId) -> Value {
        match &shapes[shape] {
            Shape::Structure(_) => self.structure(shapes, shape, ""),
            _ => Value::Null,
        }
    }

    /// The value whose fields begin with a prefix, if there are any.
    fn value(&self, shapes: &[Shape], shape: ShapeId, prefix: &str) -> Option<Value> {
        match &shapes[shape] {
            Shape::Structure(_) => {
                self.has_below(prefix).then(|| self.structure(shapes, shape, prefix))
            }
            Shape::List { item, .. } => self.list(shapes, *item, prefix),
            Shape::Map { .. } => None,
            scalar => self.get(prefix).map(|text| typed(scalar, text)),
        }
    }

    fn structure(&self, shapes: &[Shape], shape: ShapeId, prefix: &str) -> Value {
        let mut object = Map::new();
        if let Shape::Structure(members) = &shapes[shape] {
            let dot = if prefix.is_empty() { "" } else { "." };
            for member in members {
                let prefix = format!("{prefix}{dot}{}", member.name);
                if let Some(value) = self.value(shapes, member.shape, &prefix) {
                    object.insert(member.name.clone(), value);
                }
            }
        }
        Value::Object(object)
    }

    /// Items are numbered, and may leave numbers out. A list without items is a field of its name.
    fn list(&self, shapes: &[Shape], item: ShapeId, prefix: &str) -> Option<Value> {
        let below = format!("{prefix}.member.");
        let names = self.0.range(below.clone()..).map(|(name, _)| name);
        let numbers = names.map_while(|name| name.strip_prefix(&below));
        let numbers: BTreeSet<u32> =
            numbers.filter_map(|rest| rest.split('.').next()?.parse().ok()).collect();
        let items = numbers
            .iter()
            .filter_map(|number| self.value(shapes, item, &format!("{below}{number}")))
            .collect::<Vec<_>>();
        (!items.is_empty() || self.get(prefix) == Some("")).then_some(Value::Array(items))
    }

    fn has_below(&self, prefix: &str) -> bool {
        let below = format!("{prefix}.");
        self.0.range(below.clone()..).next().is_some_and(|(name, _)| name.starts_with(&below))
    }
}

/// Text as the JSON that it would be; what is none stays text, and is refused when the input is checked.
fn typed(shape: &Shape, text: &str) -> Value {
    let json = match shape {
        Shape::Number { .. } => serde_json::from_str(text).ok().filter(Value::is_number),
        Shape::Boolean => serde_json::from_str(text).ok().filter(Value::is_boolean),
        _ => None,
    };
    json.unwrap_or_else(|| Value::from(text))
}
