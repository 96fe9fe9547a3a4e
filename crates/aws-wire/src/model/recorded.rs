//! Inputs and outputs as CloudTrail records them: members in lower camel case, times as text.

use super::shape::{Shape, ShapeId};
use super::violation::lower_first;
use super::{Operation, from_timestamp};
use serde_json::{Map, Value};

impl Operation {
    /// Returns an input as `requestParameters` of a record have it: members that the model knows, their names
    /// beginning with a small letter, times such as `Nov 28, 2026, 5:00:00 PM` (UTC); `null` if nothing is left. A value
    /// of another type than the model's is left as it is.
    #[must_use]
    pub fn recorded_input(&self, input: &Value) -> Value {
        self.recorded(self.definition.input, input)
    }

    /// Returns an output as `responseElements` of a record have it.
    #[must_use]
    pub fn recorded_output(&self, output: &Value) -> Value {
        self.recorded(self.definition.output, output)
    }

    fn recorded(&self, shape: Option<ShapeId>, value: &Value) -> Value {
        let written = shape.map(|shape| written(&self.service.shapes, shape, value));
        match written {
            Some(Value::Object(members)) if members.is_empty() => Value::Null,
            Some(written) => written,
            None => Value::Null,
        }
    }
}

fn written(shapes: &[Shape], shape: ShapeId, value: &Value) -> Value {
    match (&shapes[shape], value) {
        (Shape::Structure(members), Value::Object(object)) => {
            let there = members.iter().filter_map(|member| {
                let value = object.get(&member.name).filter(|value| !value.is_null())?;
                Some((lower_first(&member.name), written(shapes, member.shape, value)))
            });
            Value::Object(there.collect())
        }
        (Shape::List { item, .. }, Value::Array(items)) => {
            items.iter().map(|value| written(shapes, *item, value)).collect()
        }
        (Shape::Map { value: of, .. }, Value::Object(object)) => {
            let entries = object.iter().map(|(key, v)| (key.clone(), written(shapes, *of, v)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        (Shape::Timestamp, value) => match from_timestamp(value) {
            Some(time) => Value::from(time.format("%b %-d, %Y, %-I:%M:%S %p").to_string()),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}
