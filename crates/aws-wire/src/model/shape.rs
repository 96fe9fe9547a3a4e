//! A service in memory: operations, and the shapes that they refer to by number.

use super::pattern::Pattern;
use crate::error::Protocol;

/// A shape's number in its service.
pub(super) type ShapeId = usize;

#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) protocol: Protocol,
    /// `CloudTrail_20131101`, of services that have their operations in a header.
    pub(super) target: Option<String>,
    /// Of XML.
    pub(super) namespace: Option<String>,
    pub(super) operations: Vec<Definition>,
    pub(super) shapes: Vec<Shape>,
}

#[derive(Debug, Default)]
pub(super) struct Definition {
    pub(super) name: String,
    /// Method and path, of services that have a path for each operation.
    pub(super) http: Option<(String, String)>,
    pub(super) input: Option<ShapeId>,
    pub(super) output: Option<ShapeId>,
    pub(super) errors: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Shape {
    Structure(Vec<Member>),
    List {
        bounds: Bounds,
        item: ShapeId,
    },
    Map {
        bounds: Bounds,
        key: ShapeId,
        value: ShapeId,
    },
    Text {
        bounds: Bounds,
        pattern: Option<Pattern>,
    },
    Enum(Vec<String>),
    Number {
        kind: Number,
        bounds: Bounds,
    },
    Boolean,
    /// Seconds since 1970, a number in JSON.
    Timestamp,
    /// Base 64 in JSON.
    Blob,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// 32 bits.
    Integer,
    /// 64 bits.
    Long,
    /// Either width.
    Float,
}

/// Both included: characters, items or a value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) shape: ShapeId,
    pub(super) required: bool,
    /// The parameter of the query that has it, in place of the body.
    pub(super) query: Option<String>,
}
