//! Outputs as the XML of query services.

use crate::model::shape::{Shape, ShapeId};
use crate::model::{Operation, from_timestamp};
use crate::xml::{element, escape};
use serde_json::Value;

/// `<XResponse><XResult>` members `</XResult><ResponseMetadata>` request id, in the service's namespace.
pub(super) fn answer(operation: &Operation, output: &Value, request_id: &str) -> String {
    let name = operation.name();
    let mut xml = format!("<{name}Response xmlns=\"");
    escape(&mut xml, operation.service.namespace.as_deref().unwrap_or_default());
    xml.push_str("\">");
    if let Some(shape) = operation.definition.output {
        write(&mut xml, &operation.service.shapes, shape, &format!("{name}Result"), output);
    }
    xml.push_str("<ResponseMetadata>");
    element(&mut xml, "RequestId", request_id);
    xml.push_str("</ResponseMetadata></");
    xml.push_str(name);
    xml.push_str("Response>");
    xml
}

fn write(xml: &mut String, shapes: &[Shape], shape: ShapeId, name: &str, value: &Value) {
    match (&shapes[shape], value) {
        (Shape::Structure(members), Value::Object(object)) => {
            open(xml, name);
            for member in members {
                if let Some(value) = object.get(&member.name) {
                    write(xml, shapes, member.shape, &member.name, value);
                }
            }
            close(xml, name);
        }
        (Shape::List { item, .. }, Value::Array(items)) => {
            open(xml, name);
            for value in items {
                write(xml, shapes, *item, "member", value);
            }
            close(xml, name);
        }
        (Shape::Timestamp, value) => {
            // Without fractions, since not all SDKs read them.
            let time = from_timestamp(value).map(|time| time.format("%Y-%m-%dT%H:%M:%SZ"));
            element(xml, name, &time.map(|time| time.to_string()).unwrap_or_default());
        }
        (_, Value::String(text)) => element(xml, name, text),
        (_, other) => element(xml, name, &other.to_string()),
    }
}

fn open(xml: &mut String, name: &str) {
    xml.extend(["<", name, ">"]);
}

fn close(xml: &mut String, name: &str) {
    xml.extend(["</", name, ">"]);
}
