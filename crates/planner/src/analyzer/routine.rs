//! Calls of functions made of SQL: their expression, analyzed over the arguments.

use super::error;
use super::expr::Exprs;
use super::scope::{LambdaNames, Names, Typed};
use crate::catalog::Routine;
use traillake_sql_parser::ast::Expr as Ast;
use traillake_sql_types::Type;
use traillake_sql_types::coercion::coerces;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

impl Exprs<'_> {
    /// Analyzes a routine's expression: its parameters are the only names that it sees.
    pub(crate) fn routine(
        &self,
        routine: &Routine,
        arguments: &[Ast],
        at: Position,
    ) -> SqlResult<Typed> {
        let values = arguments.iter().map(|ast| self.expr(ast)).collect::<SqlResult<Vec<_>>>()?;
        let takes = |(value, (_, kind)): (&Typed, &(&str, Option<Type>))| match kind {
            Some(kind) => coerces(&value.kind, kind),
            None => matches!(value.kind, Type::Row(_)),
        };
        let fits = values.len() == routine.parameters.len()
            && values.iter().zip(routine.parameters).all(takes);
        if !fits {
            let given: Vec<_> = values.iter().map(|value| value.kind.to_string()).collect();
            let (name, given) = (routine.name, given.join(", "));
            let expected = routine.signature.split(" ->").next().unwrap_or_default();
            let message = format!(
                "Unexpected parameters ({given}) for function {name}. Expected: {name}{expected}"
            );
            return error(Code::FunctionNotFound, at, message);
        }
        let mut parameters = Vec::with_capacity(values.len());
        for (value, (name, kind)) in values.into_iter().zip(routine.parameters) {
            let value = match kind {
                Some(kind) => self.analyzer.coerce(value, kind, at)?,
                None => value,
            };
            parameters.push(((*name).to_owned(), value));
        }
        let lambda = LambdaNames { parameters, around: None };
        let names = Names { lambda: Some(&lambda), ..Names::of(&[], None) };
        let body = routine.body()?;
        // A place in the routine's own text means nothing to who asks.
        let of_routine = |error: SqlError| SqlError { at: Some(at), ..error };
        Exprs { names, ..*self }.expr(&body).map_err(of_routine)
    }
}
