//! The operations that are served: what they take, what they give, and which errors they list.
//!
//! The descriptions are the text files of the folder `model/`, read once. [`operation`] and its sisters find the
//! operation that a request is for; [`Operation`] reads the request's input, checks it, checks the answer, and
//! writes it.

mod check;
mod codec;
mod lookup;
mod parse;
mod pattern;
mod recorded;
mod refusal;
mod shape;
#[cfg(test)]
mod tests;
mod timestamp;
mod violation;

pub use lookup::{operation, operation_at, operation_of_form, operations};
pub use timestamp::{from_timestamp, to_timestamp};
pub use violation::{Constraint, Step, Violation};

use crate::error::Protocol;
use shape::{Definition, Service};
use std::fmt;

/// An operation of a service. Cheap to copy: it refers to the descriptions.
#[derive(Clone, Copy)]
pub struct Operation {
    service: &'static Service,
    definition: &'static Definition,
}

impl Operation {
    /// `StartQuery`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        &self.definition.name
    }

    /// `cloudtrail`: the name of the service in the scope of signatures.
    #[must_use]
    pub fn service(&self) -> &'static str {
        &self.service.name
    }

    /// How the service speaks.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.service.protocol
    }

    /// The errors that the operation lists, by name, sorted.
    pub fn errors(&self) -> impl ExactSizeIterator<Item = &'static str> {
        self.definition.errors.iter().map(String::as_str)
    }

    /// Returns whether the operation lists an error.
    #[must_use]
    pub fn lists(&self, error: &str) -> bool {
        self.errors().any(|listed| listed == error)
    }
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.definition, other.definition)
    }
}

impl Eq for Operation {}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service(), self.name())
    }
}
