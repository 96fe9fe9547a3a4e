//! Values of parameters that nobody declared: each has the type that what stands around it wants.

use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::expression::overload::Argument;
use crate::analyzer::typed::TypedExpr;
use traillake_sql_parser::ast::{Expr as Ast, ExprKind, Given, TypeName, TypeNameKind};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Position, SqlError, SqlResult};

impl ExpressionAnalyzer<'_> {
    /// The value as a number, else as a moment, where it is one; else as text. Others are analyzed as they are.
    pub(crate) fn operand(&self, ast: &Ast) -> SqlResult<TypedExpr> {
        let ExprKind::Given(given) = &ast.kind else { return self.expr(ast) };
        match self.number(given, ast.at).or_else(|| self.moment(given, ast.at)) {
            Some(value) => Ok(value),
            None => self.expr(ast),
        }
    }

    /// The arguments of a call that does not take text, if any of them can be something else.
    pub(crate) fn given_arguments<'b>(
        &self,
        asts: &'b [Ast],
    ) -> SqlResult<Option<Vec<Argument<'b>>>> {
        if !asts.iter().any(|ast| matches!(ast.kind, ExprKind::Given(_))) {
            return Ok(None);
        }
        let operands = asts.iter().map(|ast| match ast.kind {
            ExprKind::Lambda { .. } => Ok(Argument::Lambda(ast)),
            _ => self.operand(ast).map(Argument::Value),
        });
        operands.collect::<SqlResult<_>>().map(Some)
    }

    /// The value in a type that it is compared with.
    pub(crate) fn given_as(
        &self,
        given: &Given,
        other: &Type,
        at: Position,
    ) -> SqlResult<Option<TypedExpr>> {
        if !is_number(other) {
            return Ok(None);
        }
        let number = self.number(given, at);
        let message = format!("'{}' is not a number, and is compared with one", given.text);
        number.map(Some).ok_or_else(|| SqlError::mismatch(message).at(at))
    }

    fn number(&self, given: &Given, at: Position) -> Option<TypedExpr> {
        let text = given.text.trim();
        let kind = match text.parse() {
            Ok(whole) => ExprKind::Integer(whole),
            Err(_) if text.contains(['e', 'E']) => {
                ExprKind::Double(text.parse().ok().filter(|number: &f64| number.is_finite())?)
            }
            Err(_) => ExprKind::Decimal(text.to_owned()),
        };
        self.literal(&Ast { kind, at }).ok()
    }

    fn moment(&self, given: &Given, at: Position) -> Option<TypedExpr> {
        let kind = TypeNameKind::Generic { name: "timestamp".to_owned(), parameters: Vec::new() };
        let (kind, text) = (TypeName { kind, at }, given.time.clone()?);
        self.literal(&Ast { kind: ExprKind::Typed { kind, text }, at }).ok()
    }
}

fn is_number(data_type: &Type) -> bool {
    matches!(
        data_type,
        Type::Tinyint
            | Type::Smallint
            | Type::Integer
            | Type::Bigint
            | Type::Decimal(..)
            | Type::Real
            | Type::Double
    )
}
