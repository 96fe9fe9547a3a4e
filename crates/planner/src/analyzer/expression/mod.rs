//! Expressions: each kind of the syntax tree has its file, and [`ExpressionAnalyzer`] its methods there.

pub(crate) mod call;
pub(crate) mod cast;
pub(crate) mod comparison;
pub(crate) mod conditional;
pub(crate) mod constant;
pub(crate) mod given;
pub(crate) mod json;
pub(crate) mod text_comparison;
pub(crate) mod lambda;
pub(crate) mod literal;
pub(crate) mod name;
pub(crate) mod operator;
pub(crate) mod overload;
pub(crate) mod predicate;
pub(crate) mod routine;

use crate::analyzer::context::QueryContext;
use crate::analyzer::logical::{and, not, or};
use crate::analyzer::scope::Scope;
use crate::analyzer::state::{ClauseState, Inside, SubqueryKind};
use crate::analyzer::typed::{LocatedExpr, TypedExpr};
use crate::analyzer::{Analyzer, error, with_stack};
use datafusion::logical_expr::Expr;
use traillake_sql_parser::ast::{Expr as Ast, ExprKind, Ident, Window};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlResult};

/// Analyzes expressions that see certain names.
#[derive(Clone, Copy)]
pub(crate) struct ExpressionAnalyzer<'a> {
    pub(crate) analyzer: &'a Analyzer<'a>,
    pub(crate) scope: Scope<'a>,
    pub(crate) state: &'a ClauseState,
    pub(crate) context: &'a QueryContext<'a>,
    /// Named windows of the query.
    pub(crate) windows: &'a [(Ident, Window)],
    pub(crate) inside: Inside,
}

impl<'a> ExpressionAnalyzer<'a> {
    /// Analyzes an expression.
    pub(crate) fn expr(&self, ast: &Ast) -> SqlResult<TypedExpr> {
        #[cfg(test)]
        {
            let address = std::ptr::from_ref(ast).addr();
            *self.analyzer.analyzed.borrow_mut().entry(address).or_default() += 1;
        }
        let typed = with_stack(|| self.dispatch(ast));
        typed.map_err(|error| error.at(ast.at))
    }

    /// Analyzes an expression, and keeps its place.
    pub(crate) fn located(&self, ast: &Ast) -> SqlResult<LocatedExpr> {
        let given = match &ast.kind {
            ExprKind::Given(given) => Some(given.clone()),
            _ => None,
        };
        Ok(LocatedExpr { given, ..self.expr(ast)?.located(ast.at) })
    }

    /// Analyzes an expression by its kind.
    fn dispatch(&self, ast: &Ast) -> SqlResult<TypedExpr> {
        let at = ast.at;
        match &ast.kind {
            ExprKind::Null
            | ExprKind::Boolean(_)
            | ExprKind::String(_)
            | ExprKind::Binary(_)
            | ExprKind::Integer(_)
            | ExprKind::Decimal(_)
            | ExprKind::Double(_)
            | ExprKind::Typed { .. }
            | ExprKind::Interval { .. } => self.literal(ast),
            ExprKind::Current { what, precision } => self.current(*what, *precision, at),
            ExprKind::Given(given) => Ok(TypedExpr::varchar(given.text.clone())),
            ExprKind::Parameter => error(
                Code::InvalidArguments,
                at,
                "a parameter ? has no value here; bind it by name",
            ),
            ExprKind::Name(_) | ExprKind::Field { .. } => self.name(ast),

            ExprKind::And(terms) => Ok(boolean(self.terms(terms, and)?)),
            ExprKind::Or(terms) => Ok(boolean(self.terms(terms, or)?)),
            ExprKind::Not(value) => {
                Ok(boolean(not(self.condition(value, "Value of logical NOT expression")?)))
            }
            ExprKind::Compare { operator, left, right } => {
                let (left, right) = (self.located(left)?, self.located(right)?);
                self.compare(*operator, left, right, at)
            }
            ExprKind::Between { value, low, high } => self.between(value, low, high, at),
            ExprKind::InList { value, list } => self.in_list(value, list, at),
            ExprKind::Like { value, pattern, escape } => {
                self.like(value, pattern, escape.as_deref(), at)
            }
            ExprKind::IsNull(value) => Ok(boolean(Expr::IsNull(Box::new(self.expr(value)?.expr)))),
            ExprKind::IsDistinct { left, right } => {
                let (left, right) = (self.located(left)?, self.located(right)?);
                self.is_distinct(left, right, at)
            }

            ExprKind::InQuery { value, query } => self.in_query(value, query, at),
            ExprKind::Quantified { operator, all, value, query } => {
                self.quantified(*operator, *all, value, query, at)
            }
            ExprKind::Exists(query) => self.subquery(SubqueryKind::Exists, query),
            ExprKind::Subquery(query) => self.subquery(SubqueryKind::Scalar, query),

            ExprKind::Negate(value) => {
                let value = self.operand(value)?;
                self.operator("$negate", "-", vec![value], at)
            }
            ExprKind::Arithmetic { operator, left, right } => {
                self.arithmetic(*operator, left, right, at)
            }
            ExprKind::Array(items) => self.array(items, at),
            ExprKind::Row(fields) => self.row(fields),
            ExprKind::Subscript { base, index } => {
                let base = self.expr(base)?;
                let index = match base.data_type {
                    Type::Map(..) => self.expr(index)?,
                    _ => self.operand(index)?,
                };
                self.subscript(base, index, at)
            }
            ExprKind::AtTimeZone { value, zone } => self.at_time_zone(value, zone, at),

            ExprKind::Case { operand, whens, otherwise } => {
                self.case(operand.as_deref(), whens, otherwise.as_deref(), at)
            }
            ExprKind::Cast { value, kind, safe } => self.cast(value, kind, *safe, at),
            ExprKind::Call(call) => self.call(call, at),
            ExprKind::Lambda { .. } => error(
                Code::TypeMismatch,
                at,
                "Lambda expression should always be used inside a function",
            ),
            ExprKind::Extract { field, value } => self.extract(field, value, at),
            ExprKind::Grouping(columns) => self.grouping(columns, at),
            ExprKind::JsonPath(call) => self.json_path(call, at),
            ExprKind::JsonObject(object) => self.json_object(object, at),
            ExprKind::JsonArray(array) => self.json_array(array, at),
        }
    }
}

pub(crate) fn boolean(expr: Expr) -> TypedExpr {
    TypedExpr::new(expr, Type::Boolean)
}
