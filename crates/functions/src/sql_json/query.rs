//! `JSON_EXISTS`, `JSON_VALUE` and `JSON_QUERY`.

use super::operand::{KeptTypes, Operand, Options, array_of, not_json};
use super::path::{Evaluator, Item, Path, Value, Variable};
use crate::builder::nulls;
use crate::call::{Call, Column};
use crate::cast::cast;
use crate::json::item::Node;
use crate::json::item::write_array;
use crate::json::text;
use crate::registry::Registry;
use arrow::array::{Array, ArrayRef};
use arrow::compute::interleave;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("$json_exists", "(varchar, varchar, varchar, P) -> boolean", exists).takes_null();
    registry.add("$json_value", "(varchar, varchar, varchar, P, T, T) -> T", value).takes_null();
    registry.add("$json_query", "(varchar, varchar, varchar, P) -> varchar", query).takes_null();
}

/// What all three have: the JSON, a path, and parameters for it.
struct Search<'a> {
    input: Column<'a, &'a str>,
    path: Arc<Path>,
    options: Options<'a>,
    parameters: Vec<Operand>,
}

impl<'a> Search<'a> {
    fn new(call: &Call<'a>) -> SqlResult<Self> {
        let text = call.constant::<&str>(1)?;
        let text = text.ok_or_else(|| SqlError::internal("a JSON path is not constant"))?;
        let options = Options::of(call, 2)?;
        let names: Vec<String> = match call.argument_type(3) {
            Type::Row(fields) => {
                fields.iter().map(|f| f.name.clone().unwrap_or_default()).collect()
            }
            _ => Vec::new(),
        };
        // The names are part of the function's types, so paths differ by their text only.
        let at = Position { line: 1, column: 1 };
        let path = call.compiled(text, |text| Path::new(text, &names, at))?;
        let parameters = Operand::of(call, 3, &options.json(), KeptTypes::Instants)?;
        Ok(Self { input: call.column(0)?, path, options, parameters })
    }

    /// Returns what the path leads to in a row's JSON; `None` if that is NULL.
    fn find(&self, row: usize) -> Option<SqlResult<Vec<Item<'_>>>> {
        let json = self.input.get(row)?;
        Some(self.evaluate(json, row))
    }

    fn evaluate<'s>(&'s self, json: &'s str, row: usize) -> SqlResult<Vec<Item<'s>>> {
        let input = self.path.read(json).map_err(|_| not_json())?;
        let variables = self.parameters.iter().map(|parameter| parameter.get(row));
        let variables = variables.collect::<Result<Vec<Variable<'s>>, _>>();
        let variables = variables.map_err(|_| not_json())?;
        Evaluator::new(&self.path, input, &variables).run()
    }
}

fn exists(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let search = Search::new(call)?;
    let on_error = search.options.get("error").unwrap_or("false");
    call.each(|row| match (search.find(row), on_error) {
        (None, _) => Ok(None),
        (Some(Ok(found)), _) => Ok(Some(!found.is_empty())),
        (Some(Err(error)), "error") => Err(error),
        (Some(Err(_)), "unknown") => Ok(None),
        (Some(Err(_)), other) => Ok(Some(other == "true")),
    })
}

fn query(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let search = Search::new(call)?;
    let on_empty = search.options.get("empty").unwrap_or("null");
    let on_error = search.options.get("error").unwrap_or("null");
    let wrapper = search.options.get("wrapper").unwrap_or("none");
    let omit = search.options.get("quotes") == Some("omit");
    call.each_text(|row, out| {
        let Some(found) = search.find(row) else { return Ok(false) };
        if found.as_ref().is_ok_and(Vec::is_empty) {
            return instead(on_empty, unfit("JSON path found no items"), out);
        }
        match found.and_then(|found| single(found, wrapper)) {
            Ok(Single::One(Node::Text(bytes))) if omit => out.push_str(&text::lossy(&bytes)),
            Ok(Single::One(node)) => node.write(out),
            Ok(Single::Wrapped(nodes)) => write_array(nodes.iter(), out),
            Err(error) => return instead(on_error, error, out),
        }
        Ok(true)
    })
}

fn unfit(why: &str) -> SqlError {
    let message = format!("conversion from JSON failed: {why}");
    SqlError::new(Code::JsonOutputConversion, message)
}

/// Appends the value of `ON EMPTY` or `ON ERROR`.
fn instead(behavior: &str, error: SqlError, out: &mut String) -> SqlResult<bool> {
    match behavior {
        "error" => return Err(error),
        "array" => out.push_str("[]"),
        "object" => out.push_str("{}"),
        _ => return Ok(false),
    }
    Ok(true)
}

/// The one JSON value that items become.
enum Single<'a> {
    One(Node<'a>),
    /// An array of them.
    Wrapped(Vec<Node<'a>>),
}

fn single<'a>(found: Vec<Item<'a>>, wrapper: &str) -> SqlResult<Single<'a>> {
    let node = |item: Item<'a>| {
        item.into_json().map_err(|value| {
            unfit(&format!(
                "JSON path returned a scalar SQL value of type {} that cannot be represented as \
                 JSON",
                value.data_type()
            ))
        })
    };
    let mut nodes = found.into_iter().map(node).collect::<SqlResult<Vec<_>>>()?;
    if nodes.len() == 1 && wrapper != "unconditional" {
        let structure = matches!(nodes.first(), Some(Node::Array(_) | Node::Object(_)));
        if let Some(node) = nodes.pop_if(|_| wrapper == "none" || structure) {
            return Ok(Single::One(node));
        }
    }
    match wrapper {
        "none" => Err(unfit("JSON path found multiple items")),
        _ => Ok(Single::Wrapped(nodes)),
    }
}

fn no_value(why: &str) -> SqlError {
    let message = format!("cannot extract SQL scalar from JSON: {why}");
    SqlError::new(Code::JsonValueResult, message)
}

/// The place of a row's result: in which array, and at which index.
type Place = (usize, usize);

const NULL: usize = 0;
const ON_EMPTY: usize = 1;
const ON_ERROR: usize = 2;
const GROUPS: usize = 3;

fn value(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let search = Search::new(call)?;
    let on_empty = search.options.get("empty").unwrap_or("null");
    let on_error = search.options.get("error").unwrap_or("null");
    let ((empty, empty_constant), (error, error_constant)) = (call.raw(4)?, call.raw(5)?);
    let instead = |behavior: &str, array: usize, row: usize| match behavior {
        "default" if array == ON_EMPTY => (array, if empty_constant { 0 } else { row }),
        "default" => (array, if error_constant { 0 } else { row }),
        _ => (NULL, 0),
    };
    // Values are cast type by type.
    let mut groups: Vec<(Type, Vec<Value>)> = Vec::new();
    let mut places: Vec<Place> = Vec::with_capacity(call.rows());
    for row in 0..call.rows() {
        places.push(match search.find(row) {
            None => (NULL, 0),
            Some(found) => match found.and_then(scalar) {
                Ok(Scalar::Null) => (NULL, 0),
                Ok(Scalar::Value(value)) => collect(value, &mut groups),
                Ok(Scalar::Nothing) if on_empty == "error" => {
                    return Err(no_value("JSON path found no items"));
                }
                Ok(Scalar::Nothing) => instead(on_empty, ON_EMPTY, row),
                Err(error) if on_error == "error" => return Err(error),
                Err(_) => instead(on_error, ON_ERROR, row),
            },
        });
    }
    let mut arrays = vec![nulls(call.result(), 1), Arc::clone(empty), Arc::clone(error)];
    for (data_type, values) in &groups {
        arrays.push(cast_all(call, values, data_type)?);
    }
    for (row, place) in places.iter_mut().enumerate() {
        if place.0 >= GROUPS && arrays[place.0].is_null(place.1) {
            if on_error == "error" {
                return Err(no_value(&format!(
                    "Cannot cast value of type {} to declared return type of function \
                     JSON_VALUE: {}",
                    groups[place.0 - GROUPS].0,
                    call.result()
                )));
            }
            *place = instead(on_error, ON_ERROR, row);
        }
    }
    let arrays: Vec<&dyn Array> = arrays.iter().map(|array| &**array).collect();
    Ok(interleave(&arrays, &places)?)
}

/// Puts a value with those of its type.
fn collect(value: Value, groups: &mut Vec<(Type, Vec<Value>)>) -> Place {
    let data_type = match value.data_type() {
        Type::Varchar(_) => Type::VARCHAR,
        other => other,
    };
    let at = groups.iter().position(|(known, _)| *known == data_type).unwrap_or_else(|| {
        groups.push((data_type, Vec::new()));
        groups.len() - 1
    });
    let values = &mut groups[at].1;
    values.push(value);
    (GROUPS + at, values.len() - 1)
}

/// Casts values to the result's type; what cannot be cast is NULL.
fn cast_all(call: &Call<'_>, values: &[Value], data_type: &Type) -> SqlResult<ArrayRef> {
    let array = array_of(values, data_type)?;
    if data_type == call.result() {
        return Ok(array);
    }
    match cast(call, &array, data_type, call.result(), true) {
        // There is no such cast.
        Err(error) if error.code == Code::TypeMismatch => Ok(nulls(call.result(), values.len())),
        other => other,
    }
}

/// The SQL value that items are.
enum Scalar {
    Nothing,
    Null,
    Value(Value),
}

fn scalar(found: Vec<Item<'_>>) -> SqlResult<Scalar> {
    match found.as_slice() {
        [] => Ok(Scalar::Nothing),
        [Item::Json(Node::Null)] => Ok(Scalar::Null),
        [item] => item.scalar().map(Scalar::Value).ok_or_else(|| {
            no_value("JSON path found an item that cannot be converted to an SQL value")
        }),
        _ => Err(no_value("JSON path found multiple items")),
    }
}
