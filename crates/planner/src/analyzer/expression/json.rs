//! The SQL/JSON forms, as calls of the functions behind them (`$json_value` and the like).

use crate::analyzer::error;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::types::resolve as resolve_type;
use traillake_functions::check_json_path;
use traillake_sql_parser::ast::{
    ExprKind, JsonArray, JsonBehavior, JsonInput, JsonObject, JsonPathCall, JsonPathKind,
    JsonReturning, JsonWrapper,
};
use traillake_sql_types::error::{Code, Position, SqlResult};
use traillake_sql_types::{RowField, Type};

impl ExpressionAnalyzer<'_> {
    /// `JSON_EXISTS`, `JSON_VALUE` and `JSON_QUERY`.
    pub(crate) fn json_path(&self, call: &JsonPathCall, at: Position) -> SqlResult<TypedExpr> {
        let input = self.json_text(&call.input, at)?;
        let mut options = Vec::new();
        let mut given = Vec::new();
        let (values, formats) =
            self.json_values(call.passing.iter().map(|(input, _)| input), at)?;
        for ((_, name), value) in call.passing.iter().zip(values) {
            // A name that is not quoted is in upper case.
            let name = if name.quoted { name.value.clone() } else { name.value.to_uppercase() };
            given.push((Some(name), value));
        }
        let names: Vec<_> = given.iter().filter_map(|(name, _)| name.clone()).collect();
        check_json_path(&call.path, &names, call.path_at)?;
        if !formats.is_empty() {
            options.push(format!("json={}", formats.join(",")));
        }
        for (word, behavior) in [("empty", &call.on_empty), ("error", &call.on_error)] {
            if let Some(behavior) = behavior {
                options.push(format!("{word}={}", self.behavior(behavior, call.kind, at)?));
            }
        }
        match call.wrapper {
            JsonWrapper::Without => {}
            JsonWrapper::Conditional => options.push("wrapper=conditional".to_owned()),
            JsonWrapper::Unconditional => options.push("wrapper=unconditional".to_owned()),
        }
        if call.wrapper != JsonWrapper::Without && call.keep_quotes.is_some() {
            let what = if call.wrapper == JsonWrapper::Conditional {
                "WITH CONDITIONAL"
            } else {
                "WITH UNCONDITIONAL"
            };
            let kept = if call.keep_quotes == Some(true) { "KEEP" } else { "OMIT" };
            let message =
                format!("{kept} QUOTES behavior specified with {what} ARRAY WRAPPER behavior");
            return error(Code::InvalidFunctionArgument, at, message);
        }
        if call.keep_quotes == Some(false) {
            options.push("quotes=omit".to_owned());
        }
        let path = TypedExpr::varchar(call.path.clone());
        let arguments =
            vec![input, path, TypedExpr::varchar(options.join(" ")), self.row_of(given)?];
        match call.kind {
            JsonPathKind::Exists => self.scalar("$json_exists", arguments, at),
            JsonPathKind::Value => self.json_value(call, arguments, at),
            JsonPathKind::Query => {
                let text = self.scalar("$json_query", arguments, at)?;
                self.returning(text, call.returning.as_ref(), at)
            }
        }
    }

    fn json_value(
        &self,
        call: &JsonPathCall,
        mut arguments: Vec<TypedExpr>,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let data_type = match &call.returning {
            Some(returning) => resolve_type(&returning.kind)?,
            None => Type::VARCHAR,
        };
        let scalar = data_type.is_numeric()
            || data_type.is_varchar()
            || matches!(
                data_type,
                Type::Boolean
                    | Type::Char(_)
                    | Type::Date
                    | Type::Time(_)
                    | Type::Timestamp(_)
                    | Type::TimestampTz(_)
            );
        if !scalar {
            let message = format!("Invalid return type of function JSON_VALUE: {data_type}");
            return error(Code::TypeMismatch, at, message);
        }
        for behavior in [&call.on_empty, &call.on_error] {
            let default = match behavior {
                Some(JsonBehavior::Default(default)) => {
                    self.analyzer.coerce(self.expr(default)?, &data_type, default.at)?
                }
                _ => TypedExpr::null(data_type.clone())?,
            };
            arguments.push(self.analyzer.canonical(default));
        }
        self.scalar("$json_value", arguments, at)
    }

    fn behavior(
        &self,
        behavior: &JsonBehavior,
        kind: JsonPathKind,
        at: Position,
    ) -> SqlResult<&'static str> {
        Ok(match (behavior, kind) {
            (JsonBehavior::Error, _) => "error",
            (JsonBehavior::Null, JsonPathKind::Value | JsonPathKind::Query) => "null",
            (JsonBehavior::Default(_), JsonPathKind::Value) => "default",
            (JsonBehavior::True, JsonPathKind::Exists) => "true",
            (JsonBehavior::False, JsonPathKind::Exists) => "false",
            (JsonBehavior::Unknown, JsonPathKind::Exists) => "unknown",
            (JsonBehavior::EmptyArray, JsonPathKind::Query) => "array",
            (JsonBehavior::EmptyObject, JsonPathKind::Query) => "object",
            _ => {
                return error(
                    Code::Syntax,
                    at,
                    "this ON EMPTY or ON ERROR does not belong to this function",
                );
            }
        })
    }

    /// Text that is JSON: an input of a path, or one that says FORMAT JSON.
    fn json_text(&self, input: &JsonInput, at: Position) -> SqlResult<TypedExpr> {
        let value = self.expr(&input.expr)?;
        let encoding = input.format.as_ref().and_then(|format| format.encoding.as_deref());
        match (&value.data_type, encoding) {
            (Type::Varbinary, encoding) => {
                let encoding = TypedExpr::varchar(encoding.unwrap_or("UTF8"));
                self.scalar("$json_decode", vec![value, encoding], at)
            }
            (data_type, None)
                if data_type.is_varchar() || matches!(data_type, Type::Unknown | Type::Char(_)) =>
            {
                self.analyzer.coerce(value, &Type::VARCHAR, at)
            }
            (data_type, _) => {
                let message =
                    format!("Cannot read input of type {data_type} as JSON using formatting JSON");
                error(Code::TypeMismatch, input.expr.at, message)
            }
        }
    }

    /// Values as one row, NULL if there are none.
    fn row_of(&self, values: Vec<(Option<String>, TypedExpr)>) -> SqlResult<TypedExpr> {
        if values.is_empty() {
            return TypedExpr::null(Type::Unknown);
        }
        let mut fields = Vec::new();
        let mut row = Vec::new();
        for (name, value) in values {
            let value = self.analyzer.canonical(value);
            fields.push(RowField { name, data_type: value.data_type.clone() });
            row.push(value);
        }
        Ok(self.make_row(row, fields))
    }

    /// The text of JSON in the type that is asked for.
    fn returning(
        &self,
        text: TypedExpr,
        returning: Option<&JsonReturning>,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let Some(returning) = returning else { return Ok(text) };
        let data_type = resolve_type(&returning.kind)?;
        let encoding = returning.format.as_ref().and_then(|format| format.encoding.as_deref());
        match (&data_type, encoding) {
            (Type::Varbinary, encoding) => {
                let encoding = TypedExpr::varchar(encoding.unwrap_or("UTF8"));
                self.scalar("$json_encode", vec![text, encoding], at)
            }
            (data_type, None) if data_type.is_varchar() || matches!(data_type, Type::Char(_)) => {
                self.analyzer.cast(text, data_type, false, at)
            }
            (data_type, _) => {
                let message =
                    format!("Cannot output JSON value as {data_type} using formatting JSON");
                error(Code::TypeMismatch, returning.kind.at, message)
            }
        }
    }

    /// Values of a constructor, and which of them are JSON already.
    fn json_values<'b>(
        &self,
        inputs: impl Iterator<Item = &'b JsonInput>,
        at: Position,
    ) -> SqlResult<(Vec<TypedExpr>, Vec<String>)> {
        let mut values = Vec::new();
        let mut formats = Vec::new();
        for (place, input) in inputs.enumerate() {
            let made = matches!(&input.expr.kind, ExprKind::JsonObject(_) | ExprKind::JsonArray(_))
                || matches!(&input.expr.kind, ExprKind::JsonPath(call) if call.kind == JsonPathKind::Query);
            if input.format.is_some() || made {
                formats.push(place.to_string());
                values.push(self.json_text(input, at)?);
            } else {
                values.push(self.expr(&input.expr)?);
            }
        }
        Ok((values, formats))
    }

    /// `JSON_OBJECT(...)`.
    pub(crate) fn json_object(&self, object: &JsonObject, at: Position) -> SqlResult<TypedExpr> {
        let mut keys = Vec::new();
        for (key, _) in &object.members {
            let value = self.expr(key)?;
            if !value.data_type.is_varchar()
                && !matches!(value.data_type, Type::Char(_) | Type::Unknown)
            {
                let message = format!("Invalid type of JSON object key: {}", value.data_type);
                return error(Code::TypeMismatch, key.at, message);
            }
            keys.push((None, value));
        }
        if object.unique_keys && object.members.iter().any(|(_, value)| value.format.is_some()) {
            return error(
                Code::NotSupported,
                at,
                "WITH UNIQUE KEYS behavior is not supported for JSON_OBJECT function when input expression has FORMAT",
            );
        }
        let (values, formats) = self.json_values(object.members.iter().map(|(_, v)| v), at)?;
        let mut options =
            vec![format!("null={}", if object.null_on_null { "null" } else { "absent" })];
        if object.unique_keys {
            options.push("unique".to_owned());
        }
        if !formats.is_empty() {
            options.push(format!("json={}", formats.join(",")));
        }
        let values = values.into_iter().map(|value| (None, value)).collect();
        let options = TypedExpr::varchar(options.join(" "));
        let arguments = vec![self.row_of(keys)?, self.row_of(values)?, options];
        let text = self.scalar("$json_object", arguments, at)?;
        self.returning(text, object.returning.as_ref(), at)
    }

    /// `JSON_ARRAY(...)`.
    pub(crate) fn json_array(&self, array: &JsonArray, at: Position) -> SqlResult<TypedExpr> {
        let (values, formats) = self.json_values(array.elements.iter(), at)?;
        let mut options =
            vec![format!("null={}", if array.null_on_null { "null" } else { "absent" })];
        if !formats.is_empty() {
            options.push(format!("json={}", formats.join(",")));
        }
        let values = values.into_iter().map(|value| (None, value)).collect();
        let arguments = vec![self.row_of(values)?, TypedExpr::varchar(options.join(" "))];
        let text = self.scalar("$json_array", arguments, at)?;
        self.returning(text, array.returning.as_ref(), at)
    }
}
