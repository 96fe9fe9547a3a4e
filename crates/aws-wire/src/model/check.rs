//! Holds values against their shapes.

use super::shape::{Bounds, Member, Number, Shape, ShapeId};
use super::{Constraint, Operation, Step, Violation, from_timestamp};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// So deep may values be nested, the input itself counted.
const MAX_DEPTH: usize = 64;

/// More violations are not looked for: the answer tells them all, and inputs may be hostile.
const MAX_VIOLATIONS: usize = 20;

impl Operation {
    /// Checks an input. Members that the model does not know are ignored, and `null` means absent.
    ///
    /// # Errors
    /// All that is wrong, up to 20 violations; [`refusal`](Self::refusal) makes the answer of them. A wrong type or
    /// nesting beyond 64 makes the input [unreadable](Violation::is_unreadable).
    pub fn check_input(&self, input: &Value) -> Result<(), Vec<Violation>> {
        self.check(self.definition.input, input, false)
    }

    /// Checks an output, strictly: beside types, required members, bounds, patterns and enums, that there is no
    /// `null`, which no SDK reads, and no member that the model does not know.
    ///
    /// # Errors
    /// All that is wrong, up to 20 violations.
    pub fn check_output(&self, output: &Value) -> Result<(), Vec<Violation>> {
        self.check(self.definition.output, output, true)
    }

    fn check(
        &self,
        shape: Option<ShapeId>,
        value: &Value,
        strict: bool,
    ) -> Result<(), Vec<Violation>> {
        let shapes = &self.service.shapes;
        let mut check = Check { shapes, strict, path: Vec::new(), found: Vec::new() };
        if is_deeper(value, MAX_DEPTH) {
            check.report(Constraint::Depth(MAX_DEPTH), None);
        } else {
            match shape {
                Some(shape) => check.value(shape, value),
                None => check.structure(&[], value),
            }
        }
        if check.found.is_empty() { Ok(()) } else { Err(check.found) }
    }
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|v| is_deeper(v, levels - 1)),
        Value::Object(members) => levels == 0 || members.values().any(|v| is_deeper(v, levels - 1)),
        _ => false,
    }
}

struct Check {
    shapes: &'static [Shape],
    /// Answers are looked at as strictly as the strictest SDK does.
    strict: bool,
    path: Vec<Step>,
    found: Vec<Violation>,
}

impl Check {
    fn report(&mut self, constraint: Constraint, value: Option<&Value>) {
        if self.found.len() < MAX_VIOLATIONS {
            self.found.push(Violation::new(&self.path, constraint, value));
        }
    }

    fn wrong_type(&mut self, expected: &'static str, value: &Value) {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "list",
            Value::Object(_) => "object",
        };
        self.report(Constraint::Type { expected, found }, Some(value));
    }

    fn at(&mut self, step: Step, shape: ShapeId, value: &Value) {
        self.path.push(step);
        self.value(shape, value);
        self.path.pop();
    }

    fn value(&mut self, shape: ShapeId, value: &Value) {
        match &self.shapes[shape] {
            Shape::Structure(members) => self.structure(members, value),
            Shape::List { bounds, item } => self.list(*bounds, *item, value),
            Shape::Map { bounds, key, value: of } => self.map(*bounds, *key, *of, value),
            Shape::Text { bounds, pattern } => {
                let Some(text) = value.as_str() else { return self.wrong_type("string", value) };
                self.length(*bounds, text.chars().count(), value);
                if let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
                    self.report(Constraint::Pattern(&pattern.text), Some(value));
                }
            }
            Shape::Enum(values) => match value.as_str() {
                None => self.wrong_type("string", value),
                Some(text) if values.iter().any(|known| known == text) => {}
                Some(_) => self.report(Constraint::Enum(values), Some(value)),
            },
            Shape::Number { kind, bounds } => self.number(*kind, *bounds, value),
            Shape::Boolean if value.is_boolean() => {}
            Shape::Boolean => self.wrong_type("boolean", value),
            Shape::Timestamp if from_timestamp(value).is_some() => {}
            Shape::Timestamp => self.wrong_type("number of seconds since 1970", value),
            Shape::Blob if value.as_str().is_some_and(|text| STANDARD.decode(text).is_ok()) => {}
            Shape::Blob => self.wrong_type("string in base 64", value),
        }
    }

    fn structure(&mut self, members: &'static [Member], value: &Value) {
        let Some(object) = value.as_object() else { return self.wrong_type("object", value) };
        for member in members {
            self.member(member, object);
        }
        let is_known = |name: &String| members.iter().any(|member| member.name == *name);
        if self.strict {
            for (name, value) in object.iter().filter(|(name, _)| !is_known(name)) {
                self.path.push(Step::Value(name.clone()));
                self.report(Constraint::Unknown, Some(value));
                self.path.pop();
            }
        }
    }

    fn member(&mut self, member: &'static Member, object: &Map<String, Value>) {
        let value = object.get(&member.name).filter(|value| self.strict || !value.is_null());
        match value {
            Some(Value::Null) => {
                self.path.push(Step::Member(&member.name));
                self.report(Constraint::Null, None);
                self.path.pop();
            }
            Some(value) => self.at(Step::Member(&member.name), member.shape, value),
            None if member.required => {
                self.path.push(Step::Member(&member.name));
                self.report(Constraint::Required, None);
                self.path.pop();
            }
            None => {}
        }
    }

    fn list(&mut self, bounds: Bounds, item: ShapeId, value: &Value) {
        let Some(items) = value.as_array() else { return self.wrong_type("list", value) };
        self.length(bounds, items.len(), value);
        for (at, value) in items.iter().enumerate() {
            self.at(Step::Item(at), item, value);
        }
    }

    fn map(&mut self, bounds: Bounds, key_shape: ShapeId, of: ShapeId, value: &Value) {
        let Some(object) = value.as_object() else { return self.wrong_type("object", value) };
        let entries = object.iter().filter(|(_, value)| self.strict || !value.is_null());
        let entries: Vec<_> = entries.collect();
        self.length(bounds, entries.len(), value);
        for (key, value) in entries {
            self.at(Step::Key(key.clone()), key_shape, &Value::from(key.as_str()));
            self.at(Step::Value(key.clone()), of, value);
        }
    }

    fn length(&mut self, bounds: Bounds, length: usize, value: &Value) {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        if let Some(min) = bounds.min.filter(|min| length < *min) {
            self.report(Constraint::MinLength(min), Some(value));
        }
        if let Some(max) = bounds.max.filter(|max| length > *max) {
            self.report(Constraint::MaxLength(max), Some(value));
        }
    }

    /// JSON has no numbers for the three texts.
    fn float(&mut self, value: &Value) {
        let is_named = matches!(value.as_str(), Some("NaN" | "Infinity" | "-Infinity"));
        if !is_named && !value.is_number() {
            self.wrong_type("number", value);
        }
    }

    fn number(&mut self, kind: Number, bounds: Bounds, value: &Value) {
        let expected = match kind {
            Number::Integer => "32-bit integer",
            Number::Long => "64-bit integer",
            Number::Float => return self.float(value),
        };
        let number =
            integer(value).filter(|number| kind == Number::Long || i32::try_from(*number).is_ok());
        let Some(number) = number else { return self.wrong_type(expected, value) };
        if let Some(min) = bounds.min.filter(|min| number < *min) {
            self.report(Constraint::MinValue(min), Some(value));
        }
        if let Some(max) = bounds.max.filter(|max| number > *max) {
            self.report(Constraint::MaxValue(max), Some(value));
        }
    }
}

/// An integer may be written as `7.0` or `1e3`, as long as doubles tell integers apart.
fn integer(value: &Value) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let exact = |number: &f64| number.fract() == 0.0 && number.abs() < EXACT;
    value.as_i64().or_else(|| value.as_f64().filter(exact).map(|number| number as i64))
}
