//! Conditions: AND and OR, LIKE.

use crate::analyzer::error;
use crate::analyzer::expression::{ExpressionAnalyzer, boolean};
use crate::analyzer::logical::and;
use crate::analyzer::typed::TypedExpr;
use datafusion::logical_expr::{Expr, Like};
use traillake_sql_parser::ast::{Comparison, Expr as Ast};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlResult};

impl<'a> ExpressionAnalyzer<'a> {
    pub(crate) fn between(
        &self,
        value: &Ast,
        low: &Ast,
        high: &Ast,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let value = self.located(value)?;
        let (low, high) = (self.located(low)?, self.located(high)?);
        let low = self.compare_as(Comparison::GreaterOrEqual, "BETWEEN", value.clone(), low, at)?;
        let high = self.compare_as(Comparison::LessOrEqual, "BETWEEN", value, high, at)?;
        Ok(boolean(and(low.expr, high.expr)))
    }

    /// Analyzes a condition.
    pub(crate) fn condition(&self, ast: &Ast, what: &str) -> SqlResult<Expr> {
        let typed = self.expr(ast)?;
        match typed.data_type {
            Type::Boolean => Ok(typed.expr),
            Type::Unknown => Ok(self.analyzer.coerce(typed, &Type::Boolean, ast.at)?.expr),
            other => error(
                Code::TypeMismatch,
                ast.at,
                format!("{what} must evaluate to a boolean: actual type {other}"),
            ),
        }
    }

    /// Terms of AND or OR as a tree that is no deeper than it must be.
    pub(crate) fn terms(&self, terms: &[Ast], join: fn(Expr, Expr) -> Expr) -> SqlResult<Expr> {
        match terms {
            [term] => self.condition(term, "Logical expression term"),
            _ => {
                let (left, right) = terms.split_at(terms.len() / 2);
                Ok(join(self.terms(left, join)?, self.terms(right, join)?))
            }
        }
    }

    pub(crate) fn like(
        &self,
        value: &Ast,
        pattern: &Ast,
        escape: Option<&Ast>,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let (value, pattern) = (self.expr(value)?, self.expr(pattern)?);
        let escape = escape.map(|escape| self.expr(escape)).transpose()?;
        for (what, typed) in
            [("Left side of LIKE expression", &value), ("Pattern for LIKE expression", &pattern)]
        {
            if !typed.data_type.is_varchar()
                && !matches!(typed.data_type, Type::Unknown | Type::Char(_))
            {
                let data_type = typed.data_type.brief();
                let message = format!("{what} must evaluate to a varchar: actual type {data_type}");
                return error(Code::TypeMismatch, at, message);
            }
        }
        // Arrow's LIKE escapes by a backslash, Trino's only by the character after ESCAPE.
        if escape.is_none()
            && value.data_type.is_varchar()
            && pattern.text().is_some_and(|text| !text.contains('\\'))
        {
            let (value, pattern) = self.alike(value, pattern);
            let like = Like::new(false, Box::new(value), Box::new(pattern), None, false);
            return Ok(boolean(Expr::Like(like)));
        }
        let arguments = [Some(value), Some(pattern), escape].into_iter().flatten().collect();
        self.scalar("$like", arguments, at)
    }
}
