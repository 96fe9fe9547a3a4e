//! Evaluates paths.

use super::input::Input;
use super::item::{Item, Sequence, Variable, failed, member, structural, wrong_item};
use super::value::{ArithmeticError, Value, arithmetic};
use super::{Expression, Method, Operator, Path};
use crate::json::item::Node;
use crate::json::text;
use crate::numerals::java::{double, trim};
use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use traillake_sql_types::error::SqlResult;

/// A path being evaluated for one JSON value.
#[derive(Debug)]
pub(crate) struct Evaluator<'e, 'a> {
    path: &'e Path,
    input: Input<'a>,
    variables: &'e [Variable<'a>],
    /// The number of the next object that `keyvalue()` takes apart.
    objects: Cell<i64>,
}

/// What `@` and `last` mean at a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'s, 'a> {
    current: Option<&'s Item<'a>>,
    last: Option<i64>,
}

impl<'e, 'a> Evaluator<'e, 'a> {
    /// Returns an evaluator of `path` for what was read for it.
    pub(crate) fn new(path: &'e Path, input: Input<'a>, variables: &'e [Variable<'a>]) -> Self {
        Self { path, input, variables, objects: Cell::new(0) }
    }

    /// Returns what the path leads to.
    pub(crate) fn run(&self) -> SqlResult<Sequence<'a>> {
        self.eval(&self.path.root, Scope { current: None, last: None })
    }

    pub(super) fn lax(&self) -> bool {
        self.path.lax
    }

    pub(super) fn eval(
        &self,
        expression: &Expression,
        scope: Scope<'_, 'a>,
    ) -> SqlResult<Sequence<'a>> {
        Ok(match expression {
            Expression::Literal(value) => vec![Item::Value(value.clone())],
            Expression::Null => vec![Item::Json(Node::Null)],
            Expression::Context => self.input.clone()?,
            Expression::Variable(at) => {
                self.variables.get(*at).into_iter().flatten().cloned().collect()
            }
            Expression::Current => match scope.current {
                Some(item) => vec![item.clone()],
                None => {
                    return Err(failed("accessing current filter item with no enclosing filter"));
                }
            },
            Expression::Last => match scope.last {
                Some(last) => vec![Item::Value(Value::number(last))],
                None => {
                    return Err(failed("accessing the last array index with no enclosing array"));
                }
            },
            Expression::Sign { negate, base } => {
                let items = self.opened(base, scope)?.into_iter();
                let signed = |item: Item<'a>| {
                    let value = item.number()?;
                    let value = if *negate { value.negated() } else { Some(value) };
                    value.map(Item::Value).ok_or_else(|| failed(""))
                };
                items.map(signed).collect::<SqlResult<_>>()?
            }
            Expression::Binary(operator, left, right) => {
                vec![Item::Value(self.compute(*operator, left, right, scope)?)]
            }
            Expression::Member(base, name) => self.members(base, name.as_deref(), scope)?,
            Expression::Descendants(base, name) => {
                let mut found = Vec::new();
                for item in self.eval(base, scope)? {
                    if let Item::Json(node) = &item {
                        descend(node, name.as_bytes(), &mut found);
                    }
                }
                found
            }
            Expression::Elements(base, places) => self.elements(base, places, scope)?,
            Expression::Filter(base, predicate) => {
                let mut kept = Vec::new();
                for item in self.opened(base, scope)? {
                    let scope = Scope { current: Some(&item), ..scope };
                    if self.test(predicate, scope) == Some(true) {
                        kept.push(item);
                    }
                }
                kept
            }
            Expression::Method(base, method) => self.method(base, *method, scope)?,
        })
    }

    /// Evaluates, and in lax mode opens arrays.
    pub(super) fn opened(
        &self,
        expression: &Expression,
        scope: Scope<'_, 'a>,
    ) -> SqlResult<Sequence<'a>> {
        Ok(self.path.open(self.eval(expression, scope)?))
    }

    fn compute(
        &self,
        operator: Operator,
        left: &Expression,
        right: &Expression,
        scope: Scope<'_, 'a>,
    ) -> SqlResult<Value> {
        let (left, right) = (self.opened(left, scope)?, self.opened(right, scope)?);
        let ([left], [right]) = (left.as_slice(), right.as_slice()) else {
            return Err(failed("arithmetic binary expression requires singleton operands"));
        };
        // The operator refuses an SQL value of another type.
        let operand = |item: &Item<'a>| match item {
            Item::Value(value) => Ok(value.clone()),
            json => json.number(),
        };
        let (left, right) = (operand(left)?, operand(right)?);
        arithmetic(operator, &left, &right).map_err(|trouble| match trouble {
            ArithmeticError::Types => failed(&format!(
                "invalid operand types to {} operator ({}, {})",
                operator.name(),
                left.data_type(),
                right.data_type()
            )),
            ArithmeticError::Value => failed(""),
            ArithmeticError::Sql(error) => error,
        })
    }

    fn members(
        &self,
        base: &Expression,
        name: Option<&str>,
        scope: Scope<'_, 'a>,
    ) -> SqlResult<Sequence<'a>> {
        let mut found = Vec::new();
        for item in self.opened(base, scope)? {
            match (name, &item) {
                (Some(name), _) => member(&item, name, self.path.lax, &mut found)?,
                (None, Item::Json(Node::Object(members))) => {
                    found.extend(members.iter().map(|(_, value)| Item::Json(value.clone())));
                }
                (None, _) if self.path.lax => {}
                (None, other) => return Err(wrong_item("OBJECT", other)),
            }
        }
        Ok(found)
    }

    fn elements(
        &self,
        base: &Expression,
        places: &[(Expression, Option<Expression>)],
        scope: Scope<'_, 'a>,
    ) -> SqlResult<Sequence<'a>> {
        let mut found = Vec::new();
        for item in self.eval(base, scope)? {
            let single;
            let elements = match &item {
                Item::Json(Node::Array(elements)) => elements,
                Item::Json(node) if self.path.lax => {
                    single = Rc::new(vec![node.clone()]);
                    &single
                }
                Item::Value(_) if self.path.lax => {
                    self.element_of_value(&item, places, scope, &mut found)?;
                    continue;
                }
                other => return Err(wrong_item("ARRAY", other)),
            };
            if places.is_empty() {
                found.extend(elements.iter().cloned().map(Item::Json));
                continue;
            }
            for range in self.ranges(elements.len(), places, scope)? {
                found.extend(elements[range].iter().cloned().map(Item::Json));
            }
        }
        Ok(found)
    }

    /// An SQL value is an array of one element in lax mode.
    fn element_of_value(
        &self,
        item: &Item<'a>,
        places: &[(Expression, Option<Expression>)],
        scope: Scope<'_, 'a>,
        found: &mut Sequence<'a>,
    ) -> SqlResult<()> {
        let times = match places {
            [] => 1,
            places => self.ranges(1, places, scope)?.into_iter().map(|range| range.len()).sum(),
        };
        found.extend(std::iter::repeat_n(item, times).cloned());
        Ok(())
    }

    /// Returns the places of elements that subscripts select.
    fn ranges(
        &self,
        length: usize,
        places: &[(Expression, Option<Expression>)],
        scope: Scope<'_, 'a>,
    ) -> SqlResult<Vec<std::ops::Range<usize>>> {
        let mut ranges = Vec::with_capacity(places.len());
        if length == 0 {
            if self.path.lax {
                return Ok(ranges);
            }
            return Err(structural("invalid array subscript for empty array"));
        }
        let last = i64::try_from(length).unwrap_or(i64::MAX) - 1;
        let scope = Scope { last: Some(last), ..scope };
        for (from, to) in places {
            let from = self.place(from, "from", scope)?;
            let to = match to {
                Some(to) => self.place(to, "to", scope)?,
                None => from,
            };
            if !self.path.lax && (from < 0 || from > to || to > last) {
                let why =
                    format!("invalid array subscript: [{from}, {to}] for array of size {length}");
                return Err(structural(&why));
            }
            let (from, to) = (from.max(0), to.min(last));
            if from <= to {
                ranges.push(from as usize..to as usize + 1);
            }
        }
        Ok(ranges)
    }

    fn place(&self, expression: &Expression, which: &str, scope: Scope<'_, 'a>) -> SqlResult<i64> {
        match self.eval(expression, scope)?.as_slice() {
            [item] => item.number()?.to_index().ok_or_else(|| failed("")),
            _ => Err(failed(&format!("array subscript '{which}' value must be singleton numeric"))),
        }
    }

    fn method(
        &self,
        base: &Expression,
        method: Method,
        scope: Scope<'_, 'a>,
    ) -> SqlResult<Sequence<'a>> {
        let opens = !matches!(method, Method::Size | Method::Type);
        let items = if opens { self.opened(base, scope)? } else { self.eval(base, scope)? };
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            let value = match method {
                Method::Abs => item.number()?.abs(),
                Method::Ceiling => item.number()?.whole(true),
                Method::Floor => item.number()?.whole(false),
                Method::Double => to_double(&item)?.map(Value::Double),
                Method::Size => Some(self.size(&item)?),
                Method::Type => Some(Value::type_name(type_text(&item))),
                Method::Keyvalue => {
                    self.key_values(&item, &mut out)?;
                    continue;
                }
                Method::Datetime => None,
            };
            out.push(Item::Value(value.ok_or_else(|| failed(""))?));
        }
        Ok(out)
    }

    fn size(&self, item: &Item<'a>) -> SqlResult<Value> {
        match item {
            Item::Json(Node::Array(elements)) => {
                Ok(Value::number(i64::try_from(elements.len()).unwrap_or(i64::MAX)))
            }
            _ if self.path.lax => Ok(Value::number(1)),
            other => Err(wrong_item("ARRAY", other)),
        }
    }

    fn key_values(&self, item: &Item<'a>, out: &mut Sequence<'a>) -> SqlResult<()> {
        let Item::Json(Node::Object(members)) = item else {
            return Err(wrong_item("OBJECT", item));
        };
        let id = self.objects.get();
        self.objects.set(id + 1);
        let name = |name: &'static str| Cow::Borrowed(name.as_bytes());
        out.extend(members.iter().map(|(key, value)| {
            Item::Json(Node::Object(Rc::new(vec![
                (name("name"), Node::Text(key.clone())),
                (name("value"), value.clone()),
                (name("id"), Node::Integer(id)),
            ])))
        }));
        Ok(())
    }
}

/// Appends the members called `name` of an object and of all inside it, those of the outer first.
fn descend<'a>(node: &Node<'a>, name: &[u8], found: &mut Sequence<'a>) {
    match node {
        Node::Object(members) => {
            found.extend(node.member(name).cloned().map(Item::Json));
            members.iter().for_each(|(_, value)| descend(value, name, found));
        }
        Node::Array(elements) => elements.iter().for_each(|value| descend(value, name, found)),
        _ => {}
    }
}

fn to_double(item: &Item<'_>) -> SqlResult<Option<f64>> {
    let text = match item {
        Item::Value(value) if value.is_number() => return Ok(value.to_double()),
        Item::Json(Node::Integer(_) | Node::Double(_) | Node::Huge(_)) => {
            return Ok(item.number()?.to_double());
        }
        Item::Value(Value::Text(text, _)) => Cow::Borrowed(&**text),
        Item::Json(Node::Text(bytes)) => text::lossy(bytes),
        other => return Err(wrong_item("NUMBER or TEXT", other)),
    };
    Ok(double(trim(&text)))
}

fn type_text(item: &Item<'_>) -> &'static str {
    match item {
        Item::Value(value) => value.type_text(),
        Item::Json(node) => match node {
            Node::Null => "null",
            Node::Boolean(_) => "boolean",
            Node::Text(_) => "string",
            Node::Array(_) => "array",
            Node::Object(_) => "object",
            _ => "number",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::item::write_array;
    use traillake_sql_types::error::Position;

    const INPUT: &str = r#"{"a":{"b":1,"c":[1,2,3]},"s":"hello","n":-5,"d":1.5,"z":null,"e":[],
        "arr":[10,20.5,"x",null,true,{"k":1,"k2":[5]},[7,8]],"big":12345678901234567890,
        "objs":[{"x":1,"y":"a"},{"x":2},{"x":"3","y":null}],"num":"123"}"#;

    fn run(path: &str) -> Result<String, String> {
        let path = Path::new(path, &[], Position { line: 1, column: 1 });
        let path = path.map_err(|error| error.message)?;
        let input = path.read(INPUT).unwrap();
        let items = Evaluator::new(&path, input, &[]).run().map_err(|error| error.message)?;
        let nodes: Vec<Node<'_>> =
            items.into_iter().map(|item| item.into_json().unwrap()).collect();
        let mut out = String::new();
        write_array(nodes.iter(), &mut out);
        Ok(out)
    }

    #[test]
    fn paths_lead_to_what_trino_finds() {
        for (path, found) in [
            ("lax $.a.c[0,2]", "[1,3]"),
            ("lax $.a.c[last - 1 to last]", "[2,3]"),
            ("lax $.a.c[2 to 0]", "[]"),
            ("lax $.a.c[0.5]", "[2]"),
            ("lax $.a.b[last]", "[1]"),
            ("lax $.a.*", "[1,[1,2,3]]"),
            ("lax $.arr.*", "[1,[5]]"),
            ("lax $.objs.y", "[\"a\",null]"),
            ("lax $..x", "[1,2,\"3\"]"),
            ("lax -$.a.c", "[-1,-2,-3]"),
            ("lax $.a.b / 2.0", "[0.5]"),
            ("lax -7 / 2", "[-3]"),
            (
                "lax $.arr[*].type()",
                "[\"number\",\"number\",\"string\",\"null\",\"boolean\",\"object\",\"array\"]",
            ),
            ("lax $.arr.size()", "[7]"),
            ("lax $.num.double()", "[123.0]"),
            ("lax (-1.5).floor()", "[-2]"),
            ("lax $.a.keyvalue().keyvalue().id", "[1,1,1,2,2,2]"),
            ("lax $.arr ? (@ > 5)", "[10,20.5,[7,8]]"),
            ("lax $.arr[*] ? (@ != null)", "[10,20.5,\"x\",true,{\"k\":1,\"k2\":[5]},7,8]"),
            ("lax $.arr[*] ? (!exists(@.k))", "[10,20.5,\"x\",null,true,7,8]"),
            ("strict $.arr[*] ? (!exists(@.k))", "[]"),
            ("lax $.objs ? (@.x == 1 || @.x == \"3\").x", "[1,\"3\"]"),
            ("lax $.objs ? ((@.x > 1) is unknown).x", "[\"3\"]"),
            ("lax $.objs[*].y ? (@ starts with \"a\")", "[\"a\"]"),
            ("lax $.big ? (@ > 5)", "[]"),
            ("lax $.e[last]", "[]"),
        ] {
            assert_eq!(run(path).as_deref(), Ok(found), "{path}");
        }
    }

    #[test]
    fn errors_are_trinos() {
        for (path, message) in [
            ("strict $.arr.x", "invalid item type. Expected: OBJECT, actual: ARRAY"),
            ("strict $.e[last]", "structural error: invalid array subscript for empty array"),
            (
                "strict $.a.c[1 to 5]",
                "structural error: invalid array subscript: [1, 5] for array of size 3",
            ),
            ("lax $.a.c[\"x\"]", "invalid item type. Expected: NUMBER, actual: varchar(1)"),
            ("lax $.a.c + 1", "arithmetic binary expression requires singleton operands"),
            ("lax $.a.b + true", "invalid operand types to ADD operator (integer, boolean)"),
            ("lax 1 / 0", ""),
            ("lax $.big + 1", ""),
            ("lax $.s.keyvalue()", "invalid item type. Expected: OBJECT, actual: STRING"),
            ("lax @", "accessing current filter item with no enclosing filter"),
        ] {
            assert_eq!(run(path), Err(format!("path evaluation failed: {message}")), "{path}");
        }
        assert!(
            run("lax 1 + \"a\"")
                .unwrap_err()
                .contains("Cannot apply operator: integer + varchar(1)")
        );
        assert!(run("lax $ ? (@ like_regex \"a\")").unwrap_err().contains("not yet supported"));
    }
}
