//! CASE and its kin.

use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::logical::case_when;
use crate::analyzer::typed::TypedExpr;
use traillake_sql_parser::ast::{Comparison, Expr as Ast};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Position, SqlResult};

impl<'a> ExpressionAnalyzer<'a> {
    pub(crate) fn if_form(
        &self,
        condition: &Ast,
        then: &Ast,
        otherwise: Option<&Ast>,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let condition = self.condition(condition, "IF condition")?;
        let otherwise = match otherwise {
            Some(otherwise) => self.expr(otherwise)?,
            None => TypedExpr::null(Type::Unknown)?,
        };
        let values = vec![self.expr(then)?, otherwise];
        let (mut values, data_type) = self.unify(values, at, "Result types for IF")?;
        let otherwise = values.pop().map(|typed| typed.expr);
        let whens = values.into_iter().map(|then| (condition.clone(), then.expr)).collect();
        Ok(TypedExpr::new(case_when(whens, otherwise), data_type))
    }

    pub(crate) fn case(
        &self,
        operand: Option<&Ast>,
        whens: &[(Ast, Ast)],
        otherwise: Option<&Ast>,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let operand = operand.map(|operand| self.located(operand)).transpose()?;
        let mut conditions = Vec::with_capacity(whens.len());
        let mut values = Vec::with_capacity(whens.len() + 1);
        for (when, then) in whens {
            conditions.push(match &operand {
                Some(operand) => {
                    let when = self.located(when)?;
                    self.compare(Comparison::Equal, operand.clone(), when, at)?.expr
                }
                None => self.condition(when, "CASE WHEN clause")?,
            });
            values.push(self.expr(then)?);
        }
        values.push(match otherwise {
            Some(otherwise) => self.expr(otherwise)?,
            None => TypedExpr::null(Type::Unknown)?,
        });
        let (mut values, data_type) = self.unify(values, at, "All CASE results")?;
        let otherwise = values.pop().map(|typed| typed.expr);
        let whens = conditions.into_iter().zip(values.into_iter().map(|v| v.expr)).collect();
        Ok(TypedExpr::new(case_when(whens, otherwise), data_type))
    }
}
