//! Reads the text files of the folder `model/`.
//!
//! ```text
//! # A comment.
//! service <name> <version> json|rest-json|query
//!   target <prefix of X-Amz-Target>
//!   namespace <of XML>
//!
//! operation <name>
//!   http <method> <path>
//!   input <structure>
//!   output <structure>
//!   errors <name> ...                 (several such lines, if they are many)
//!
//! structure <name>
//!   <member>[!] <shape> [query <parameter>]        (! required)
//!
//! list <name> [<bounds>] <shape>                   (bounds <min>..<max>, either may be left out)
//! map <name> [<bounds>] <key shape> <value shape>
//! enum <name> <value> ...
//! string <name> [<bounds>] [matching <pattern, to the end of the line>]
//! integer|long|float|double <name> [<bounds>]
//! boolean|timestamp|blob <name>
//! ```
//!
//! Shapes may be used before they are defined.

use super::pattern::Pattern;
use super::shape::{Bounds, Definition, Member, Number, Service, Shape, ShapeId};
use crate::error::Protocol;
use std::collections::HashMap;

/// What is wrong with a description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub(super) struct ModelError {
    line: usize,
    what: String,
}

pub(super) fn parse(text: &str) -> Result<Service, ModelError> {
    let mut parser = Parser::default();
    let mut last = 0;
    for (number, line) in text.lines().enumerate() {
        last = number + 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = match line.strip_prefix("  ") {
            Some(inner) => parser.inner(inner),
            None => parser.outer(line),
        };
        read.map_err(|what| ModelError { line: last, what })?;
    }
    parser.finish().map_err(|what| ModelError { line: last, what })
}

#[derive(Default)]
struct Parser {
    service: Option<Service>,
    operations: Vec<Definition>,
    /// Shapes by number; those that were only used so far are `None`.
    shapes: Vec<Option<Shape>>,
    ids: HashMap<String, ShapeId>,
    /// Which block indented lines belong to.
    block: Block,
}

#[derive(Default, Clone, Copy)]
enum Block {
    #[default]
    None,
    Service,
    Operation,
    Structure(ShapeId),
}

impl Parser {
    fn outer(&mut self, line: &str) -> Result<(), String> {
        let (keyword, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        if name.is_empty() {
            return Err(format!("'{keyword}' needs a name"));
        }
        match keyword {
            "service" => {
                self.service = Some(service(name, rest)?);
                self.block = Block::Service;
            }
            "operation" => {
                self.operations.push(Definition { name: name.to_owned(), ..Definition::default() });
                self.block = Block::Operation;
            }
            _ => {
                let shape = self.shape(keyword, rest)?;
                let id = self.id(name);
                self.block = match shape {
                    Shape::Structure(_) => Block::Structure(id),
                    _ => Block::None,
                };
                if self.shapes[id].replace(shape).is_some() {
                    return Err(format!("'{name}' is defined twice"));
                }
            }
        }
        Ok(())
    }

    fn inner(&mut self, line: &str) -> Result<(), String> {
        let (first, rest) = line.split_once(' ').ok_or("two words, at least, are expected")?;
        match self.block {
            Block::None => Err("nothing is here to go on".to_owned()),
            Block::Service => self.service_line(first, rest),
            Block::Operation => self.operation_line(first, rest),
            Block::Structure(id) => self.member(id, first, rest),
        }
    }

    fn service_line(&mut self, first: &str, rest: &str) -> Result<(), String> {
        let service = self.service.as_mut().ok_or("no service is here")?;
        match first {
            "target" => service.target = Some(rest.to_owned()),
            "namespace" => service.namespace = Some(rest.to_owned()),
            _ => return Err(format!("a service has no '{first}'")),
        }
        Ok(())
    }

    fn operation_line(&mut self, first: &str, rest: &str) -> Result<(), String> {
        let shape = matches!(first, "input" | "output").then(|| self.id(rest));
        let operation = self.operations.last_mut().ok_or("no operation is here")?;
        match first {
            "input" => operation.input = shape,
            "output" => operation.output = shape,
            "errors" => operation.errors.extend(rest.split(' ').map(str::to_owned)),
            "http" => {
                let (method, path) =
                    rest.split_once(' ').ok_or("a method and a path are expected")?;
                operation.http = Some((method.to_owned(), path.to_owned()));
            }
            _ => return Err(format!("an operation has no '{first}'")),
        }
        Ok(())
    }

    fn member(&mut self, structure: ShapeId, first: &str, rest: &str) -> Result<(), String> {
        let (shape, place) = rest.split_once(' ').unwrap_or((rest, ""));
        let query = match place.split_once(' ') {
            Some(("query", name)) => Some(name.to_owned()),
            None if place.is_empty() => None,
            _ => return Err(format!("'{place}' is no place of a member")),
        };
        let name = first.trim_end_matches('!').to_owned();
        let required = first.ends_with('!');
        let member = Member { name, shape: self.id(shape), required, query };
        match &mut self.shapes[structure] {
            Some(Shape::Structure(members)) => members.push(member),
            _ => return Err("members are those of structures".to_owned()),
        }
        Ok(())
    }

    fn shape(&mut self, keyword: &str, rest: &str) -> Result<Shape, String> {
        let (rest, pattern) = match (keyword, rest.split_once("matching ")) {
            ("string", Some((rest, pattern))) => (rest, Some(Pattern::new(pattern)?)),
            _ => (rest, None),
        };
        let mut words: Vec<_> = rest.split(' ').filter(|word| !word.is_empty()).collect();
        let bounds = match words.first() {
            Some(word) if keyword != "enum" && word.contains("..") => bounds(words.remove(0))?,
            _ => Bounds::default(),
        };
        let number = |kind| Shape::Number { kind, bounds };
        Ok(match (keyword, words[..].as_ref()) {
            ("structure", []) => Shape::Structure(Vec::new()),
            ("list", [item]) => Shape::List { bounds, item: self.id(item) },
            ("map", [key, value]) => {
                Shape::Map { bounds, key: self.id(key), value: self.id(value) }
            }
            ("enum", [_, ..]) => Shape::Enum(words.iter().map(|&word| word.to_owned()).collect()),
            ("string", []) => Shape::Text { bounds, pattern },
            ("integer", []) => number(Number::Integer),
            ("long", []) => number(Number::Long),
            ("float" | "double", []) => number(Number::Float),
            ("boolean", []) => Shape::Boolean,
            ("timestamp", []) => Shape::Timestamp,
            ("blob", []) => Shape::Blob,
            _ => return Err(format!("'{keyword}' is no shape, or is not followed by '{rest}'")),
        })
    }

    fn id(&mut self, name: &str) -> ShapeId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.shapes.len();
        self.shapes.push(None);
        self.ids.insert(name.to_owned(), id);
        id
    }

    fn finish(self) -> Result<Service, String> {
        let undefined = self.ids.iter().find(|(_, id)| self.shapes[**id].is_none());
        if let Some((name, _)) = undefined {
            return Err(format!("'{name}' is not defined"));
        }
        let service = self.service.ok_or("no service is described")?;
        let shapes = self.shapes.into_iter().flatten().collect();
        Ok(Service { operations: self.operations, shapes, ..service })
    }
}

fn service(name: &str, rest: &str) -> Result<Service, String> {
    let (version, protocol) =
        rest.split_once(' ').ok_or("a version and a protocol are expected")?;
    let protocol = match protocol {
        "json" => Protocol::Json,
        "rest-json" => Protocol::RestJson,
        "query" => Protocol::Query,
        _ => return Err(format!("'{protocol}' is no protocol")),
    };
    Ok(Service {
        name: name.to_owned(),
        version: version.to_owned(),
        protocol,
        target: None,
        namespace: None,
        operations: Vec::new(),
        shapes: Vec::new(),
    })
}

fn bounds(word: &str) -> Result<Bounds, String> {
    let (min, max) = word.split_once("..").unwrap_or((word, ""));
    let bound = |text: &str| match text {
        "" => Ok(None),
        _ => text.parse().map(Some).map_err(|_| format!("'{text}' is no bound")),
    };
    Ok(Bounds { min: bound(min)?, max: bound(max)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, expected) in [
            ("", "line 0: no service is described"),
            ("service", "line 1: 'service' needs a name"),
            ("service a", "line 1: a version and a protocol are expected"),
            ("service a 1 soap", "line 1: 'soap' is no protocol"),
            ("\n  x y", "line 2: nothing is here to go on"),
            ("service a 1 json\n  x y", "line 2: a service has no 'x'"),
            ("operation A\n  x y", "line 2: an operation has no 'x'"),
            ("operation A\n  input", "line 2: two words, at least, are expected"),
            ("service a 1 json\noperation A\n  input B", "line 3: 'B' is not defined"),
            ("structure A\n  B C body", "line 2: 'body' is no place of a member"),
            ("string A\nstring A", "line 2: 'A' is defined twice"),
            ("list A", "line 1: 'list' is no shape, or is not followed by ''"),
            ("enum A", "line 1: 'enum' is no shape, or is not followed by ''"),
            ("set A B", "line 1: 'set' is no shape, or is not followed by 'B'"),
            ("string A 1..x", "line 1: 'x' is no bound"),
        ] {
            assert_eq!(error(text), expected, "{text}");
        }
        let broken = error("string A matching [");
        assert!(broken.starts_with("line 1: pattern '[': "), "{broken}");
    }
}
