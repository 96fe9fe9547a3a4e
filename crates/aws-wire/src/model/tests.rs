//! The descriptions, and what the operations make of inputs, outputs, requests and answers.

mod codec;
mod descriptions;
mod inputs;
mod outputs;
mod recorded;

use super::{Operation, Violation, operation};
use serde_json::Value;

/// An operation of CloudTrail.
fn cloudtrail(name: &str) -> Operation {
    operation(&format!("CloudTrail_20131101.{name}")).unwrap()
}

fn violations(name: &str, input: &Value) -> Vec<Violation> {
    cloudtrail(name).check_input(input).err().unwrap_or_default()
}

/// Code and text of the refusal of an input.
fn refused(name: &str, input: &Value) -> (String, String) {
    let error = cloudtrail(name).refusal(&violations(name, input));
    (error.code.into_owned(), error.message)
}
