//! `json_extract_scalar(json, path)` and `json_extract(json, path)` on JSON text.

use crate::json::cursor::{Cursor, Kind};
use crate::json::{scan_value, skip_whitespace, text};
use arrow::array::{Array, ArrayRef, AsArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{exec_err, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use std::sync::Arc;

/// Both functions: NULL for text that is no JSON, and for a path that leads nowhere.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct JsonExtract {
    name: &'static str,
    /// Whether only scalars count, and come without their quotes.
    scalar: bool,
    signature: Signature,
}

impl JsonExtract {
    /// `json_extract_scalar`.
    pub(super) fn scalar() -> Self {
        Self::new("json_extract_scalar", true)
    }

    /// `json_extract`; its JSON is compact text.
    pub(super) fn value() -> Self {
        Self::new("json_extract", false)
    }

    fn new(name: &'static str, scalar: bool) -> Self {
        let signature = Signature::new(TypeSignature::UserDefined, Volatility::Immutable);
        Self { name, scalar, signature }
    }
}

impl ScalarUDFImpl for JsonExtract {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let is_text = |t: &DataType| t.is_string() || t.is_null();
        if types.len() == 2 && types.iter().all(is_text) {
            Ok(vec![DataType::Utf8, DataType::Utf8])
        } else {
            plan_err!("{} takes JSON text and a path, both varchar", self.name)
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [json, path] = args.args.as_slice() else {
            return exec_err!("{} takes two arguments", self.name);
        };
        let json = cast(&json.to_array(args.number_rows)?, &DataType::Utf8)?;
        let json = json.as_string::<i32>();
        let mut out = StringBuilder::with_capacity(json.len(), 0);
        let mut buffer = Vec::new();
        let mut one = |json: Option<&str>, path: Option<&Path>| {
            buffer.clear();
            let found = match (json, path) {
                (Some(json), Some(path)) => path.extract(json.as_bytes(), self.scalar, &mut buffer),
                _ => false,
            };
            // Text made of JSON that was UTF-8 is UTF-8.
            out.append_option(found.then(|| String::from_utf8_lossy(&buffer)));
        };
        match path {
            ColumnarValue::Scalar(path) => {
                let path = path.try_as_str().flatten().map(Path::parse).transpose()?;
                json.iter().for_each(|json| one(json, path.as_ref()));
            }
            ColumnarValue::Array(paths) => {
                let paths = cast(paths, &DataType::Utf8)?;
                for (json, path) in json.iter().zip(paths.as_string::<i32>()) {
                    let path = path.map(Path::parse).transpose()?;
                    one(json, path.as_ref());
                }
            }
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish()) as ArrayRef))
    }
}

/// A JSON path of the plain kind: `$`, `.name`, `["name"]`, `[3]`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
}

impl Path {
    fn parse(path: &str) -> Result<Self> {
        let Some(mut rest) = path.strip_prefix('$') else {
            return exec_err!("invalid JSON path {path:?}: it must begin with $");
        };
        let mut steps = Vec::new();
        while let Some(first) = rest.chars().next() {
            let step = match first {
                '.' => {
                    let end = rest[1..].find(['.', '[']).map_or(rest.len(), |end| end + 1);
                    let name = &rest[1..end];
                    rest = &rest[end..];
                    (!name.is_empty() && name != "*").then(|| Step::Member(name.to_owned()))
                }
                '[' => bracket(&mut rest),
                _ => None,
            };
            match step {
                Some(step) => steps.push(step),
                None => {
                    return exec_err!(
                        "JSON path {path:?} is invalid or not supported yet: use $, .name, [\"name\"] and [0]"
                    );
                }
            }
        }
        Ok(Self(steps))
    }

    /// Appends what the path leads to; answers whether it leads anywhere.
    fn extract(&self, json: &[u8], scalar: bool, out: &mut Vec<u8>) -> bool {
        let start = skip_whitespace(json, 0);
        let whole =
            scan_value(json, start).is_ok_and(|end| skip_whitespace(json, end) == json.len());
        if !whole {
            return false;
        }
        let mut cursor = Cursor::new(json);
        if !self.0.iter().all(|step| step.walk(&mut cursor)) {
            return false;
        }
        match (scalar, cursor.kind()) {
            (true, Kind::Object | Kind::Array | Kind::Null) => false,
            (true, Kind::String) => {
                text::unescape_into(cursor.string(), out);
                true
            }
            (true, Kind::Number | Kind::Boolean) => {
                out.extend_from_slice(cursor.raw());
                true
            }
            (false, _) => {
                text::compact_into(&mut cursor, out);
                true
            }
        }
    }
}

/// Reads `["name"]`, `['name']` or `[3]`.
fn bracket(rest: &mut &str) -> Option<Step> {
    let inner = &rest[1..];
    if let Some(quote) = inner.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let end = inner[1..].find(quote)? + 1;
        *rest = inner[end + 1..].strip_prefix(']')?;
        return Some(Step::Member(inner[1..end].to_owned()));
    }
    let end = inner.find(']')?;
    *rest = &inner[end + 1..];
    inner[..end].parse().ok().map(Step::Element)
}

impl Step {
    /// Moves into the value; answers whether the step exists. Of members with one name the last
    /// counts.
    fn walk(&self, cursor: &mut Cursor<'_>) -> bool {
        match (self, cursor.kind()) {
            (Self::Member(name), Kind::Object) => {
                cursor.enter();
                let mut found = None;
                let mut plain = Vec::new();
                while let Some(key) = cursor.next_member() {
                    plain.clear();
                    text::unescape_into(key, &mut plain);
                    if plain == name.as_bytes() {
                        found = Some(cursor.clone());
                    }
                    cursor.raw();
                }
                let exists = found.is_some();
                if let Some(found) = found {
                    *cursor = found;
                }
                exists
            }
            (Self::Element(index), Kind::Array) => {
                cursor.enter();
                for _ in 0..*index {
                    if !cursor.next_element() {
                        return false;
                    }
                    cursor.raw();
                }
                cursor.next_element()
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extract(json: &str, path: &str, scalar: bool) -> Option<String> {
        let mut out = Vec::new();
        let found = Path::parse(path).unwrap().extract(json.as_bytes(), scalar, &mut out);
        found.then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn paths_lead_to_values() {
        let json = r#"{"a": [1.0, {"b c": "x\"y"}, null], "d": true, "a.b": {"e": [ ]}}"#;
        for (path, scalar, value) in [
            ("$.a[0]", Some("1.0"), Some("1.0")),
            (r#"$.a[1]["b c"]"#, Some("x\"y"), Some(r#""x\"y""#)),
            ("$.a[1]", None, Some(r#"{"b c":"x\"y"}"#)),
            ("$.a[2]", None, Some("null")),
            ("$.a[3]", None, None),
            ("$['a.b'].e", None, Some("[]")),
            ("$.d", Some("true"), Some("true")),
            ("$.d.x", None, None),
            ("$.nope", None, None),
        ] {
            assert_eq!(extract(json, path, true).as_deref(), scalar, "{path}");
            assert_eq!(extract(json, path, false).as_deref(), value, "{path}");
        }
        assert_eq!(extract("{\"a\":1", "$.a", true), None);
        assert_eq!(extract(" 7 ", "$", true).as_deref(), Some("7"));
    }

    #[test]
    fn bad_paths_are_errors() {
        for path in ["a", "", "$a", "$.", "$[", "$[x]", "$.*", "$['a", "$..a"] {
            assert!(Path::parse(path).is_err(), "{path}");
        }
    }
}
