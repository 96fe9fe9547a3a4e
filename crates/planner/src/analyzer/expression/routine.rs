//! Calls of functions made of SQL: their expression, analyzed over the arguments.

use crate::analyzer::error;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::scope::{LambdaScope, Scope};
use crate::analyzer::typed::TypedExpr;
use crate::catalog::Routine;
use traillake_sql_parser::ast::Expr as Ast;
use traillake_sql_types::Type;
use traillake_sql_types::coercion::coerces;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

impl ExpressionAnalyzer<'_> {
    /// Analyzes a routine's expression: its parameters are the only names that it sees.
    pub(crate) fn routine(
        &self,
        routine: &Routine,
        arguments: &[Ast],
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let values = arguments.iter().map(|ast| self.expr(ast)).collect::<SqlResult<Vec<_>>>()?;
        let takes = |(value, (_, kind)): (&TypedExpr, &(&str, Option<Type>))| match kind {
            Some(data_type) => coerces(&value.data_type, data_type),
            None => matches!(value.data_type, Type::Row(_)),
        };
        let fits = values.len() == routine.parameters.len()
            && values.iter().zip(routine.parameters).all(takes);
        if !fits {
            let given: Vec<_> = values.iter().map(|value| value.data_type.to_string()).collect();
            let (name, given) = (routine.name, given.join(", "));
            let expected = routine.signature.split(" ->").next().unwrap_or_default();
            let message = format!(
                "Unexpected parameters ({given}) for function {name}. Expected: {name}{expected}"
            );
            return error(Code::FunctionNotFound, at, message);
        }
        let mut parameters = Vec::with_capacity(values.len());
        for (value, (name, data_type)) in values.into_iter().zip(routine.parameters) {
            let value = match data_type {
                Some(data_type) => self.analyzer.coerce(value, data_type, at)?,
                None => value,
            };
            parameters.push(((*name).to_owned(), value));
        }
        let lambda = LambdaScope { parameters, around: None };
        let scope = Scope { lambda: Some(&lambda), ..Scope::of(&[], None) };
        let body = routine.body()?;
        // A place in the routine's own text means nothing to who asks.
        let of_routine = |error: SqlError| SqlError { at: Some(at), ..error };
        ExpressionAnalyzer { scope, ..*self }.expr(&body).map_err(of_routine)
    }
}
