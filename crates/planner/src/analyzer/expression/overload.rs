//! Which overload of a function a call means.

use crate::analyzer::error;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::expression::lambda::CallLambdas;
use crate::analyzer::expression::operator::signature;
use crate::analyzer::typed::TypedExpr;
use crate::physical::CompiledLambda;
use datafusion::logical_expr::Expr;
use std::sync::Arc;
use traillake_functions::{Actual, Bound, Formal, Signature, catalog};
use traillake_sql_parser::ast::{Expr as Ast, ExprKind};
use traillake_sql_types::Type;
use traillake_sql_types::coercion::coerces;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult, nearest};

/// The overload that a call means.
pub(crate) struct ChosenOverload {
    /// Its place among the signatures.
    pub(crate) place: usize,
    pub(crate) bound: Bound,
    pub(crate) arguments: Vec<BoundArgument>,
}

/// An argument of the overload that a call means.
pub(crate) enum BoundArgument {
    /// A value, not yet of the parameter's type.
    Value(TypedExpr),
    /// A compiled body, and the expressions that it captures.
    Lambda(Arc<CompiledLambda>, Vec<Expr>),
}

/// An argument: a value, or a lambda to be analyzed once its parameters' types are known.
#[derive(Clone)]
pub(crate) enum Argument<'a> {
    Value(TypedExpr),
    Lambda(&'a Ast),
}

impl Argument<'_> {
    fn actual(&self) -> Actual {
        match self {
            Self::Value(typed) => Actual::Value(typed.data_type.clone()),
            Self::Lambda(ast) => match &ast.kind {
                ExprKind::Lambda { parameters, .. } => Actual::Lambda(parameters.len()),
                _ => Actual::Lambda(0),
            },
        }
    }
}

impl<'a> ExpressionAnalyzer<'a> {
    /// Chooses among the signatures of a function; `takes_null` tells which see NULL arguments.
    pub(crate) fn choose(
        &self,
        name: &str,
        signatures: &[&str],
        takes_null: &dyn Fn(usize) -> bool,
        arguments: Vec<Argument<'_>>,
        at: Position,
    ) -> SqlResult<ChosenOverload> {
        let actual: Vec<_> = arguments.iter().map(Argument::actual).collect();
        let mut analyzed = CallLambdas::default();
        let mut lambda_error = None;
        let mut fitting: Vec<(usize, Bound)> = Vec::new();
        for (index, text) in signatures.iter().enumerate() {
            let mut lambdas = |place: usize, data_types: &[Type]| match &arguments[place] {
                Argument::Lambda(ast) => {
                    Ok(analyzed.body(self, place, ast, data_types)?.body.data_type.clone())
                }
                Argument::Value(typed) => Ok(typed.data_type.clone()),
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
            return Ok(ChosenOverload { place, bound, arguments });
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
        let data_types: Vec<_> = actual
            .iter()
            .map(|actual| match actual {
                Actual::Value(data_type) => data_type.brief(),
                Actual::Lambda(_) => "<function>".to_owned(),
            })
            .collect();
        let expected: Vec<_> = signatures
            .iter()
            .map(|s| format!("{name}{}", s.rsplit_once("->").map_or(*s, |(left, _)| left.trim())))
            .collect();
        let message = format!(
            "Unexpected parameters ({}) for function {name}. Expected: {}",
            data_types.join(", "),
            expected.join(", ")
        );
        error(Code::FunctionNotFound, at, message)
    }

    /// Compiles the lambdas among arguments for the types that the parameters turned out to have.
    fn bind_arguments(
        &self,
        arguments: Vec<Argument<'_>>,
        data_types: &[Type],
        mut analyzed: CallLambdas,
    ) -> SqlResult<Vec<BoundArgument>> {
        let arguments = arguments.into_iter().zip(data_types).enumerate();
        arguments
            .map(|(place, (argument, data_type))| match (argument, data_type) {
                (Argument::Value(typed), _) => Ok(BoundArgument::Value(typed)),
                (Argument::Lambda(ast), Type::Function(parameters, result)) => {
                    let lambda = analyzed.body(self, place, ast, parameters)?.clone();
                    let body = self.analyzer.coerce(lambda.body, result, ast.at)?;
                    let body = self.analyzer.canonical(body).expr;
                    let (body, captures) = self.analyzer.compile_body(body, &lambda.parameters)?;
                    Ok(BoundArgument::Lambda(body, captures))
                }
                (Argument::Lambda(_), _) => {
                    Err(SqlError::internal("a lambda in the place of a value"))
                }
            })
            .collect()
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
        let lambda = |data_type: &Type| matches!(data_type, Type::Function(..));
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
            fitting[*at].1.types.iter().zip(actual).enumerate().all(
                |(place, (data_type, actual))| {
                    unknown(place)
                        || *actual == Actual::Value(data_type.clone())
                        || matches!(actual, Actual::Lambda(_))
                },
            )
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
