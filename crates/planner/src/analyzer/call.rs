//! Calls of functions: which one is meant, for which types.

use super::convert::compile;
use super::expr::{Collector, Exprs, case_when, signature};
use super::scope::{LambdaNames, Names, Typed};
use super::{Analyzer, error};
use crate::physical::{self, CallArgument, CompiledLambda};
use arrow::datatypes::{Field as ArrowField, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ScalarValue, TableReference};
use datafusion::logical_expr::Expr;
use std::collections::HashMap;
use std::sync::Arc;
use traillake_functions::catalog::{self, Form};
use traillake_functions::{Actual, Bound, Formal, Function, Signature, TRY, registry};
use traillake_sql_parser::ast::{Call, Comparison, Current, Expr as Ast, ExprKind};
use traillake_sql_types::coercion::coerces;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult, nearest};
use traillake_sql_types::{RowField, Type};

/// An argument: a value, or a lambda to be analyzed once its parameters' types are known.
#[derive(Clone)]
pub(crate) enum Argument<'a> {
    Value(Typed),
    Lambda(&'a Ast),
}

impl Argument<'_> {
    fn actual(&self) -> Actual {
        match self {
            Self::Value(typed) => Actual::Value(typed.kind.clone()),
            Self::Lambda(ast) => match &ast.kind {
                ExprKind::Lambda { parameters, .. } => Actual::Lambda(parameters.len()),
                _ => Actual::Lambda(0),
            },
        }
    }
}

/// The overload that a call means.
pub(crate) struct Chosen {
    /// Its place among the signatures.
    pub(crate) place: usize,
    pub(crate) bound: Bound,
    pub(crate) arguments: Vec<BoundArgument>,
}

/// An argument of the overload that a call means.
pub(crate) enum BoundArgument {
    /// A value, not yet of the parameter's type.
    Value(Typed),
    /// A compiled body, and the expressions that it captures.
    Lambda(Arc<CompiledLambda>, Vec<Expr>),
}

/// A lambda, analyzed for certain types of its parameters.
#[derive(Clone)]
struct AnalyzedLambda {
    parameters: Vec<Column>,
    body: Typed,
}

/// The lambdas of a call. Whichever overload asks, a body is analyzed once for the same types of its
/// parameters: otherwise each level of nested lambdas would multiply the work of those inside.
#[derive(Default)]
struct CallLambdas {
    /// By the argument's place and the parameters' types. An error is kept, too.
    analyzed: HashMap<(usize, Vec<Type>), SqlResult<AnalyzedLambda>>,
}

/// The most bodies of lambdas that a statement has, counted once for each list of types of their parameters.
/// Where the result of a body widens its own parameters (integers become doubles in `reduce`), it is
/// analyzed again with all lambdas inside it, and twenty levels of that would take for ever.
const MAX_LAMBDA_BODIES: usize = 10_000;

impl CallLambdas {
    fn body(
        &mut self,
        exprs: &Exprs<'_>,
        place: usize,
        ast: &Ast,
        kinds: &[Type],
    ) -> SqlResult<&AnalyzedLambda> {
        let analyzed = self.analyzed.entry((place, kinds.to_vec()));
        analyzed.or_insert_with(|| exprs.lambda_body(ast, kinds)).as_ref().map_err(Clone::clone)
    }
}

impl<'a> Exprs<'a> {
    /// Analyzes a call.
    pub(crate) fn call(&self, call: &Call, at: Position) -> SqlResult<Typed> {
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
        let arguments = self.arguments(&call.arguments)?;
        self.resolve_call(&name, arguments, at)
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
    pub(crate) fn scalar(&self, name: &str, values: Vec<Typed>, at: Position) -> SqlResult<Typed> {
        self.resolve_call(name, values.into_iter().map(Argument::Value).collect(), at)
    }

    fn form(&self, form: Form, name: &str, arguments: &[Ast], at: Position) -> SqlResult<Typed> {
        let wrong = |what: &str| error(Code::Syntax, at, what.to_owned());
        match (form, arguments) {
            (Form::Now, []) => self.current(Current::Timestamp, None, at),
            (Form::CurrentTimezone, []) => Ok(Typed::varchar("UTC")),
            (Form::Typeof, [value]) => {
                Ok(Typed::varchar(self.expr(value)?.kind.to_string().replace('"', "")))
            }
            (Form::If, [condition, then]) => self.if_(condition, then, None, at),
            (Form::If, [condition, then, otherwise]) => {
                self.if_(condition, then, Some(otherwise), at)
            }
            (Form::If, _) => wrong("Invalid number of arguments for 'if' function"),
            (Form::Nullif, [first, second]) => {
                let (first, second) = (self.placed(first)?, self.placed(second)?);
                let kind = first.typed.kind.clone();
                let first = self.analyzer.canonical(first.typed).placed(first.at);
                let equal = self.compare(Comparison::Equal, first.clone(), second, at)?.expr;
                let first = first.typed;
                let null = Typed::null(kind.clone())?.expr;
                Ok(Typed::new(case_when(vec![(equal, null)], Some(first.expr)), kind))
            }
            (Form::Nullif, _) => wrong("Invalid number of arguments for 'nullif' function"),
            (Form::Coalesce, [_, _, ..]) => {
                let values =
                    arguments.iter().map(|a| self.expr(a)).collect::<SqlResult<Vec<_>>>()?;
                let (mut values, kind) = self.unify(values, at, "All COALESCE operands")?;
                let last = values.pop().map(|typed| typed.expr);
                let whens = values
                    .into_iter()
                    .map(|v| (Expr::IsNotNull(Box::new(v.expr.clone())), v.expr))
                    .collect();
                Ok(Typed::new(case_when(whens, last), kind))
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
                if !pattern.kind.is_varchar() {
                    let message = format!(
                        "Type of first argument to format() must be VARCHAR (actual: {})",
                        pattern.kind
                    );
                    return error(Code::TypeMismatch, pattern_at, message);
                }
                let values = values
                    .iter()
                    .map(|value| self.expr(value).map(|value| self.analyzer.canonical(value)))
                    .collect::<SqlResult<Vec<_>>>()?;
                let fields = values.iter().map(|v| RowField::anonymous(v.kind.clone())).collect();
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

    fn if_(
        &self,
        condition: &Ast,
        then: &Ast,
        otherwise: Option<&Ast>,
        at: Position,
    ) -> SqlResult<Typed> {
        let condition = self.condition(condition, "IF condition")?;
        let otherwise = match otherwise {
            Some(otherwise) => self.expr(otherwise)?,
            None => Typed::null(Type::Unknown)?,
        };
        let values = vec![self.expr(then)?, otherwise];
        let (mut values, kind) = self.unify(values, at, "Result types for IF")?;
        let otherwise = values.pop().map(|typed| typed.expr);
        let whens = values.into_iter().map(|then| (condition.clone(), then.expr)).collect();
        Ok(Typed::new(case_when(whens, otherwise), kind))
    }

    /// Finds the overload of a function that takes these arguments, and calls it.
    pub(crate) fn resolve_call(
        &self,
        name: &str,
        arguments: Vec<Argument<'_>>,
        at: Position,
    ) -> SqlResult<Typed> {
        let overloads = registry().scalar(name);
        let signatures: Vec<_> = overloads.iter().map(|overload| overload.signature).collect();
        let chosen =
            self.choose(name, &signatures, &|at| overloads[at].takes_null, arguments, at)?;
        self.call_bound(&overloads[chosen.place], chosen, at)
    }

    /// Chooses among the signatures of a function; `takes_null` tells which see NULL arguments.
    pub(crate) fn choose(
        &self,
        name: &str,
        signatures: &[&str],
        takes_null: &dyn Fn(usize) -> bool,
        arguments: Vec<Argument<'_>>,
        at: Position,
    ) -> SqlResult<Chosen> {
        let actual: Vec<_> = arguments.iter().map(Argument::actual).collect();
        let mut analyzed = CallLambdas::default();
        let mut lambda_error = None;
        let mut fitting: Vec<(usize, Bound)> = Vec::new();
        for (index, text) in signatures.iter().enumerate() {
            let mut lambdas = |place: usize, kinds: &[Type]| match &arguments[place] {
                Argument::Lambda(ast) => {
                    Ok(analyzed.body(self, place, ast, kinds)?.body.kind.clone())
                }
                Argument::Value(typed) => Ok(typed.kind.clone()),
            };
            match signature(text)?.bind(&actual, &mut lambdas) {
                Ok(Some(bound)) => fitting.push((index, bound)),
                Ok(None) => {}
                Err(error) => lambda_error = Some(error),
            }
        }
        if let Some(best) = best_of(signatures, &fitting, &actual, takes_null) {
            let (place, bound) = fitting.swap_remove(best);
            let arguments = self.bind_arguments(arguments, &bound.types, analyzed)?;
            return Ok(Chosen { place, bound, arguments });
        }
        if !fitting.is_empty() {
            let message =
                "Could not choose a best candidate operator. Explicit type casts must be added.";
            return error(Code::AmbiguousFunctionCall, at, message);
        }
        if let Some(error) = lambda_error {
            return Err(error);
        }
        if signatures.is_empty() {
            let near = nearest(name, catalog::names());
            let message = format!("Function '{name}' not registered{near}");
            return error(Code::FunctionNotFound, at, message);
        }
        for text in signatures {
            let signature = signature(text)?;
            for (place, actual) in actual.iter().enumerate() {
                if let (Actual::Lambda(given), Some(Formal::Function(expected, _))) =
                    (actual, signature.parameter(place))
                    && *given != expected.len()
                {
                    let expected = expected.len();
                    let message = format!(
                        "Expected a lambda that takes {expected} argument(s) but got {given}"
                    );
                    return error(Code::InvalidParameterUsage, at, message);
                }
            }
        }
        let kinds: Vec<_> = actual
            .iter()
            .map(|actual| match actual {
                Actual::Value(kind) => kind.to_string(),
                Actual::Lambda(_) => "<function>".to_owned(),
            })
            .collect();
        let expected: Vec<_> = signatures
            .iter()
            .map(|s| format!("{name}{}", s.rsplit_once("->").map_or(*s, |(left, _)| left.trim())))
            .collect();
        let message = format!(
            "Unexpected parameters ({}) for function {name}. Expected: {}",
            kinds.join(", "),
            expected.join(", ")
        );
        error(Code::FunctionNotFound, at, message)
    }

    /// Compiles the lambdas among arguments for the types that the parameters turned out to have.
    fn bind_arguments(
        &self,
        arguments: Vec<Argument<'_>>,
        kinds: &[Type],
        mut analyzed: CallLambdas,
    ) -> SqlResult<Vec<BoundArgument>> {
        let arguments = arguments.into_iter().zip(kinds).enumerate();
        arguments
            .map(|(place, (argument, kind))| match (argument, kind) {
                (Argument::Value(typed), _) => Ok(BoundArgument::Value(typed)),
                (Argument::Lambda(ast), Type::Function(parameters, result)) => {
                    let lambda = analyzed.body(self, place, ast, parameters)?.clone();
                    let body = self.analyzer.coerce(lambda.body, result, ast.at)?;
                    let body = self.analyzer.canonical(body).expr;
                    let (body, captures) = self.analyzer.compile_body(body, &lambda.parameters)?;
                    Ok(BoundArgument::Lambda(body, captures))
                }
                (Argument::Lambda(_), _) => {
                    Err(SqlError::internal("a lambda where none is expected"))
                }
            })
            .collect()
    }

    fn call_bound(
        &self,
        function: &'static Function,
        chosen: Chosen,
        at: Position,
    ) -> SqlResult<Typed> {
        let Chosen { bound, arguments, .. } = chosen;
        let result = match function.result_of {
            Some(rule) => rule(&bound.types).map_err(|error| error.at(at))?,
            None => bound.result,
        };
        let mut planned = Vec::with_capacity(arguments.len());
        for (argument, kind) in arguments.into_iter().zip(&bound.types) {
            planned.push(match argument {
                BoundArgument::Value(typed) => {
                    let typed = self.analyzer.coerce(typed, kind, at)?;
                    let plain = matches!(kind, Type::Varchar(_) | Type::Json);
                    let typed = if plain { typed } else { self.analyzer.canonical(typed) };
                    CallArgument::Value(typed.expr)
                }
                BoundArgument::Lambda(body, captures) => CallArgument::Lambda(body, captures),
            });
        }
        let now = self.analyzer.now;
        let expr = physical::call(function, now, bound.types, result.clone(), planned);
        Ok(Typed::new(self.analyzer.fold(expr), result))
    }

    /// Analyzes a lambda's body for parameters of certain types.
    fn lambda_body(&self, ast: &Ast, kinds: &[Type]) -> SqlResult<AnalyzedLambda> {
        let ExprKind::Lambda { parameters, body } = &ast.kind else {
            return Err(SqlError::internal("no lambda"));
        };
        let count = self.analyzer.lambda_bodies.get() + 1;
        self.analyzer.lambda_bodies.set(count);
        if count > MAX_LAMBDA_BODIES {
            let message = "lambda expressions nest too deeply for the types of their parameters";
            return error(Code::StatementTooLarge, ast.at, message);
        }
        let columns: Vec<_> = parameters
            .iter()
            .zip(kinds)
            .map(|(parameter, kind)| self.analyzer.column(&parameter.lower(), kind))
            .collect();
        let names =
            parameters.iter().zip(kinds).zip(&columns).map(|((parameter, kind), column)| {
                let typed = Typed::new(Expr::Column(column.clone()), kind.clone());
                (parameter.lower(), typed)
            });
        let lambda = LambdaNames { parameters: names.collect(), around: self.names.lambda };
        let names = Names { lambda: Some(&lambda), ..self.names };
        let collect = Collector::plain("Lambda expression");
        let inner = Exprs { names, collect: &collect, ..*self };
        let body = self.analyzer.canonical(inner.expr(body)?);
        Ok(AnalyzedLambda { parameters: columns, body })
    }

    /// `TRY(value)`, which evaluates the value itself.
    fn try_value(&self, value: Typed) -> SqlResult<Typed> {
        let (body, captures) = self.analyzer.compile_body(value.expr, &[])?;
        let kind = value.kind;
        let constant = captures.is_empty();
        let types = vec![Type::Function([].into(), Arc::new(kind.clone()))];
        let arguments = vec![CallArgument::Lambda(body, captures)];
        let expr = physical::call(&TRY, self.analyzer.now, types, kind.clone(), arguments);
        if constant && let Ok(value) = super::convert::evaluate(&expr) {
            return Ok(Typed::literal(value, kind));
        }
        Ok(Typed::new(expr, kind))
    }
}

impl Analyzer<'_> {
    /// Compiles an expression over `parameters` and whatever other columns it holds: those are
    /// captured, and returned.
    pub(crate) fn compile_body(
        &self,
        expr: Expr,
        parameters: &[Column],
    ) -> SqlResult<(Arc<CompiledLambda>, Vec<Expr>)> {
        let mut captures: Vec<Expr> = Vec::new();
        let mut names: HashMap<Expr, Column> = HashMap::new();
        // A captured column goes by a plain name of its own, wherever it comes from.
        let body = expr.transform_down(|node| {
            let captured = match &node {
                Expr::Column(column) => !parameters.contains(column),
                Expr::OuterReferenceColumn(..) => true,
                _ => false,
            };
            if !captured {
                return Ok(Transformed::no(node));
            }
            let column = names.entry(node.clone()).or_insert_with(|| {
                captures.push(node.clone());
                Column::new_unqualified(format!("captured:{}", captures.len()))
            });
            Ok(Transformed::new(Expr::Column(column.clone()), true, TreeNodeRecursion::Jump))
        })?;
        let mut fields: Vec<(Option<TableReference>, Arc<ArrowField>)> = Vec::new();
        for (at, capture) in captures.iter().enumerate() {
            let (Expr::Column(column) | Expr::OuterReferenceColumn(_, column)) = capture else {
                continue;
            };
            let data_type = self.columns.borrow().get(column).cloned();
            let data_type = data_type
                .ok_or_else(|| SqlError::internal(format!("the column {column} has no type")))?;
            let name = format!("captured:{}", at + 1);
            fields.push((None, Arc::new(ArrowField::new(name, data_type, true))));
        }
        for parameter in parameters {
            let data_type = self.columns.borrow().get(parameter).cloned();
            let data_type =
                data_type.ok_or_else(|| SqlError::internal("a parameter has no type"))?;
            fields.push((None, Arc::new(ArrowField::new(&parameter.name, data_type, true))));
        }
        let schema = DFSchema::new_with_metadata(fields, HashMap::new())?;
        let physical = compile(&body.data, &schema)?;
        let schema: Schema = schema.as_arrow().clone();
        let body = CompiledLambda { expr: body.data, physical, schema: Arc::new(schema) };
        Ok((Arc::new(body), captures))
    }
}

/// Returns the place of the signature that fits best, as Trino's `FunctionBinder` chooses: exactly, else
/// the most specific of those that coerce. A bare NULL fits all; between these any will do if they
/// would give the same NULL.
fn best_of(
    signatures: &[&str],
    fitting: &[(usize, Bound)],
    actual: &[Actual],
    takes_null: &dyn Fn(usize) -> bool,
) -> Option<usize> {
    if let Some(exact) = fitting.iter().position(|(_, bound)| bound.coerced == 0) {
        return Some(exact);
    }
    // One is more specific than another if that takes what it takes.
    let more = |a: usize, b: usize| {
        let (a, (b, bound)) = (&fitting[a].1, &fitting[b]);
        if a.types.len() != bound.types.len() {
            return false;
        }
        let lambda = |kind: &Type| matches!(kind, Type::Function(..));
        if a.types.iter().any(lambda) {
            return a.types.iter().zip(&bound.types).all(|(a, b)| a == b || coerces(a, b));
        }
        let actual: Vec<_> = a.types.iter().cloned().map(Actual::Value).collect();
        let taken = Signature::parse(signatures[*b]).map(|s| s.bind(&actual, &mut no_lambda));
        matches!(taken, Some(Ok(Some(_))))
    };
    let mut best: Vec<usize> = (0..fitting.len())
        .filter(|at| {
            !(0..fitting.len())
                .any(|other| other != *at && more(other, *at) && (!more(*at, other) || other < *at))
        })
        .collect();
    let unknown = |at: usize| actual.get(at) == Some(&Actual::Value(Type::Unknown));
    if best.len() > 1 && (0..actual.len()).any(unknown) {
        // Those that only give the NULLs a type.
        let only_nulls = |at: &usize| {
            fitting[*at].1.types.iter().zip(actual).enumerate().all(|(place, (kind, actual))| {
                unknown(place)
                    || *actual == Actual::Value(kind.clone())
                    || matches!(actual, Actual::Lambda(_))
            })
        };
        let some: Vec<usize> = best.iter().copied().filter(only_nulls).collect();
        if !some.is_empty() {
            best = some;
        }
        let first = best[0];
        let alike = best.iter().all(|at| {
            fitting[*at].1.result == fitting[first].1.result && !takes_null(fitting[*at].0)
        });
        return (best.len() == 1 || alike).then_some(first);
    }
    match best.as_slice() {
        [only] => Some(*only),
        _ => best.into_iter().min_by_key(|at| fitting[*at].1.coerced),
    }
}

fn no_lambda(_: usize, _: &[Type]) -> SqlResult<Type> {
    Err(SqlError::internal("a lambda among values"))
}

/// A constant integer, of any of their types.
pub(crate) fn constant_integer(typed: &Typed) -> Option<i64> {
    match typed.constant()? {
        ScalarValue::Int8(value) => value.map(i64::from),
        ScalarValue::Int16(value) => value.map(i64::from),
        ScalarValue::Int32(value) => value.map(i64::from),
        ScalarValue::Int64(value) => *value,
        _ => None,
    }
}
