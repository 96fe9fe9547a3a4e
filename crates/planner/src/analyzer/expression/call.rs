//! Calls of functions, and the forms that look like calls.

use crate::analyzer::error;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::expression::overload::{Argument, BoundArgument, ChosenOverload};
use crate::analyzer::logical::case_when;
use crate::analyzer::typed::TypedExpr;
use crate::physical::{self, CallArgument};
use datafusion::logical_expr::Expr;
use traillake_functions::catalog::{self, Form};
use traillake_functions::{Function, registry};
use traillake_sql_parser::ast::{Call, Comparison, Current, Expr as Ast, ExprKind, Ident};
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};
use traillake_sql_types::{RowField, Type};

impl<'a> ExpressionAnalyzer<'a> {
    /// `EXTRACT(field FROM value)`: the function of the field's name.
    pub(crate) fn extract(&self, field: &Ident, value: &Ast, at: Position) -> SqlResult<TypedExpr> {
        let value = self.expr(value)?;
        let name = field.lower();
        let name = match name.as_str() {
            "year" | "quarter" | "month" | "week" | "day" | "day_of_month" | "day_of_week"
            | "day_of_year" | "year_of_week" | "hour" | "minute" | "second" | "timezone_hour"
            | "timezone_minute" | "dow" | "doy" | "yow" => name.as_str(),
            _ => {
                return error(Code::Syntax, at, format!("Invalid EXTRACT field: {}", field.value));
            }
        };
        let upper = name.to_uppercase();
        let message = format!("Cannot extract {upper} from {}", value.data_type);
        let lacks = match name {
            "hour" | "minute" | "second" => value.data_type == Type::Date,
            "timezone_hour" | "timezone_minute" => !matches!(value.data_type, Type::TimestampTz(_)),
            _ => false,
        };
        if lacks {
            return error(Code::TypeMismatch, at, message);
        }
        self.scalar(name, vec![value], at).map_err(|error| match error.code {
            Code::FunctionNotFound => SqlError::mismatch(message).at(at),
            _ => error,
        })
    }

    /// Analyzes a call.
    pub(crate) fn call(&self, call: &Call, at: Position) -> SqlResult<TypedExpr> {
        let name = match call.name.parts.as_slice() {
            [name] => name.lower(),
            [catalog, schema, name] if catalog.is("system") && schema.is("builtin") => name.lower(),
            _ => {
                let message = format!("Function '{}' not registered", call.name);
                return error(Code::FunctionNotFound, at, message);
            }
        };
        if let Some(over) = &call.over {
            return self.window_call(&name, call, over, at);
        }
        if catalog::is_window(&name) && !catalog::is_aggregate(&name) {
            return error(
                Code::MissingOver,
                at,
                format!("Window function {name} requires an OVER clause"),
            );
        }
        let given = call.star || !call.arguments.is_empty() || name == "count";
        if given && catalog::is_aggregate(&name) {
            return self.aggregate_call(&name, call, at);
        }
        for (used, what) in [
            (call.distinct, "DISTINCT is not supported for non-aggregation functions"),
            (!call.order.is_empty(), "ORDER BY is not supported for non-aggregation functions"),
            (call.filter.is_some(), "Filter is only valid for aggregation functions"),
            (call.ignore_nulls.is_some(), "NULL treatment is only valid for window functions"),
        ] {
            if used {
                return error(Code::FunctionNotAggregate, at, what);
            }
        }
        if let Some(form) = catalog::form(&name) {
            return self.form(form, &name, &call.arguments, at);
        }
        let mut routines = self.analyzer.catalog.routines().iter();
        if let Some(routine) = routines.find(|routine| routine.name == name) {
            return self.routine(routine, &call.arguments, at);
        }
        let called = self.resolve_call(&name, self.arguments(&call.arguments)?, at);
        match (&called, self.given_arguments(&call.arguments)?) {
            (Err(error), Some(operands)) if error.code == Code::FunctionNotFound => {
                self.resolve_call(&name, operands, at)
            }
            _ => called,
        }
    }

    /// Analyzes arguments, all but lambdas.
    pub(crate) fn arguments<'b>(&self, asts: &'b [Ast]) -> SqlResult<Vec<Argument<'b>>> {
        asts.iter()
            .map(|ast| match &ast.kind {
                ExprKind::Lambda { .. } => Ok(Argument::Lambda(ast)),
                _ => self.expr(ast).map(Argument::Value),
            })
            .collect()
    }

    /// Calls a function with values.
    pub(crate) fn scalar(
        &self,
        name: &str,
        values: Vec<TypedExpr>,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        self.resolve_call(name, values.into_iter().map(Argument::Value).collect(), at)
    }

    fn form(
        &self,
        form: Form,
        name: &str,
        arguments: &[Ast],
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let wrong = |what: &str| error(Code::Syntax, at, what.to_owned());
        match (form, arguments) {
            (Form::Now, []) => self.current(Current::Timestamp, None, at),
            (Form::CurrentTimezone, []) => Ok(TypedExpr::varchar("UTC")),
            (Form::Typeof, [value]) => {
                Ok(TypedExpr::varchar(self.expr(value)?.data_type.to_string().replace('"', "")))
            }
            (Form::If, [condition, then]) => self.if_form(condition, then, None, at),
            (Form::If, [condition, then, otherwise]) => {
                self.if_form(condition, then, Some(otherwise), at)
            }
            (Form::If, _) => wrong("Invalid number of arguments for 'if' function"),
            (Form::Nullif, [first, second]) => {
                let (first, second) = (self.located(first)?, self.located(second)?);
                let data_type = first.typed.data_type.clone();
                let first = self.analyzer.canonical(first.typed).located(first.at);
                let equal = self.compare(Comparison::Equal, first.clone(), second, at)?.expr;
                let first = first.typed;
                let null = TypedExpr::null(data_type.clone())?.expr;
                Ok(TypedExpr::new(case_when(vec![(equal, null)], Some(first.expr)), data_type))
            }
            (Form::Nullif, _) => wrong("Invalid number of arguments for 'nullif' function"),
            (Form::Coalesce, [_, _, ..]) => {
                let values =
                    arguments.iter().map(|a| self.expr(a)).collect::<SqlResult<Vec<_>>>()?;
                let (mut values, data_type) = self.unify(values, at, "All COALESCE operands")?;
                let last = values.pop().map(|typed| typed.expr);
                let whens = values
                    .into_iter()
                    .map(|v| (Expr::IsNotNull(Box::new(v.expr.clone())), v.expr))
                    .collect();
                Ok(TypedExpr::new(case_when(whens, last), data_type))
            }
            (Form::Coalesce, _) => {
                wrong("The 'coalesce' function must have at least two arguments")
            }
            (Form::Try, [value]) => {
                let value = self.analyzer.canonical(self.expr(value)?);
                if value.constant().is_some() || matches!(value.expr, Expr::Column(_)) {
                    return Ok(value);
                }
                self.try_value(value)
            }
            (Form::Try, _) => wrong("The 'try' function must have exactly one argument"),
            (Form::Format, [pattern, values @ ..]) if !values.is_empty() => {
                let (pattern_at, pattern) = (pattern.at, self.expr(pattern)?);
                if !pattern.data_type.is_varchar() {
                    let message = format!(
                        "Type of first argument to format() must be VARCHAR (actual: {})",
                        pattern.data_type
                    );
                    return error(Code::TypeMismatch, pattern_at, message);
                }
                let values = values
                    .iter()
                    .map(|value| self.expr(value).map(|value| self.analyzer.canonical(value)))
                    .collect::<SqlResult<Vec<_>>>()?;
                let fields =
                    values.iter().map(|v| RowField::anonymous(v.data_type.clone())).collect();
                let row = self.make_row(values, fields);
                self.scalar("format", vec![pattern, row], at)
            }
            (Form::Format, _) => wrong("The 'format' function must have at least two arguments"),
            (Form::Now | Form::CurrentTimezone | Form::Typeof, _) => error(
                Code::FunctionNotFound,
                at,
                format!("Unexpected parameters for function {name}"),
            ),
        }
    }

    /// Finds the overload of a function that takes these arguments, and calls it.
    fn resolve_call(
        &self,
        name: &str,
        arguments: Vec<Argument<'_>>,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let overloads = registry().scalar(name);
        let signatures: Vec<_> = overloads.iter().map(|overload| overload.signature).collect();
        let chosen =
            self.choose(name, &signatures, &|at| overloads[at].takes_null, arguments, at)?;
        self.call_bound(&overloads[chosen.place], chosen, at)
    }

    fn call_bound(
        &self,
        function: &'static Function,
        chosen: ChosenOverload,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let ChosenOverload { bound, arguments, .. } = chosen;
        let result = match function.result_of {
            Some(rule) => rule(&bound.types).map_err(|error| error.at(at))?,
            None => bound.result,
        };
        let mut planned = Vec::with_capacity(arguments.len());
        for (argument, data_type) in arguments.into_iter().zip(&bound.types) {
            planned.push(match argument {
                BoundArgument::Value(typed) => {
                    let typed = self.analyzer.coerce(typed, data_type, at)?;
                    let plain = matches!(data_type, Type::Varchar(_) | Type::Json);
                    let typed = if plain { typed } else { self.analyzer.canonical(typed) };
                    CallArgument::Value(typed.expr)
                }
                BoundArgument::Lambda(body, captures) => CallArgument::Lambda(body, captures),
            });
        }
        let now = self.analyzer.now_for(function, &bound.types, &result);
        let expr = physical::call(function, now, bound.types, result.clone(), planned);
        Ok(TypedExpr::new(self.analyzer.fold(expr), result))
    }
}
