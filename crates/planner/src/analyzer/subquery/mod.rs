//! Subqueries in expressions: each becomes a column that a join adds.

pub(crate) mod attach;
pub(crate) mod decorrelate;

use crate::analyzer::context::{OUTSIDE_FROM, QueryContext};
use crate::analyzer::error;
use crate::analyzer::expression::comparison::symbol;
use crate::analyzer::expression::{ExpressionAnalyzer, boolean};
use crate::analyzer::logical::{case_when, not, projection};
use crate::analyzer::scope::{OuterColumn, OuterScope, Relation};
use crate::analyzer::state::{Inside, PlannedSubquery, SubqueryKind};
use crate::analyzer::typed::TypedExpr;
use datafusion::logical_expr::Expr;
use std::cell::RefCell;
use traillake_functions::ROW;
use traillake_sql_parser::ast::{Comparison, Expr as Ast, Query};
use traillake_sql_types::Type;
use traillake_sql_types::coercion::common_type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

impl<'a> ExpressionAnalyzer<'a> {
    /// A subquery as a column.
    pub(crate) fn subquery(&self, kind: SubqueryKind, query: &Query) -> SqlResult<TypedExpr> {
        let (mut relation, outer) = self.plan_subquery(query)?;
        if matches!(kind, SubqueryKind::Exists) {
            return self.add_subquery(kind, relation, outer);
        }
        // As in Trino no row is a row of NULLs, unless the subquery is correlated.
        let padded = relation.fields.len() > 1 && outer.is_empty();
        relation = self.analyzer.one_column(relation, query.at)?;
        let value = self.add_subquery(kind, relation, outer)?;
        if padded { self.or_nulls(value) } else { Ok(value) }
    }

    /// A row, with NULL in each field instead of none.
    fn or_nulls(&self, row: TypedExpr) -> SqlResult<TypedExpr> {
        let Type::Row(fields) = &row.data_type else { return Ok(row) };
        let nulls = fields.iter().map(|field| TypedExpr::null(field.data_type.clone()));
        let nulls = nulls.collect::<SqlResult<Vec<_>>>()?;
        let nulls = self.analyzer.function(&ROW, nulls, row.data_type.clone());
        let missing = Expr::IsNull(Box::new(row.expr.clone()));
        let expr = case_when(vec![(missing, nulls.expr)], Some(row.expr));
        Ok(TypedExpr::new(expr, row.data_type))
    }

    /// Notes a subquery for the query to join, and returns the column that will have its value.
    fn add_subquery(
        &self,
        kind: SubqueryKind,
        relation: Relation,
        outer: Vec<OuterColumn>,
    ) -> SqlResult<TypedExpr> {
        if self.scope.lambda.is_some() {
            return Err(SqlError::unsupported(
                "Subqueries in lambda expressions are not supported",
            ));
        }
        let (like, data_type) = match kind {
            SubqueryKind::Scalar => ("subquery", relation.fields[0].data_type.clone()),
            SubqueryKind::Exists => ("exists", Type::Boolean),
            SubqueryKind::In { .. } => ("in", Type::Boolean),
            SubqueryKind::Quantified { .. } => ("quantified", Type::Boolean),
        };
        let column = self.analyzer.column(like, &data_type);
        let subquery = PlannedSubquery { column: column.clone(), kind, relation, outer };
        let list = match self.inside {
            Inside::Aggregate => &self.state.below,
            Inside::Clause | Inside::Window => &self.state.subqueries,
        };
        list.borrow_mut().push(subquery);
        Ok(TypedExpr::new(Expr::Column(column), data_type))
    }

    /// Plans a query inside this expression; returns what it uses of the query around, too.
    fn plan_subquery(&self, query: &Query) -> SqlResult<(Relation, Vec<OuterColumn>)> {
        let outer = OuterScope { scope: self.scope, used: RefCell::default() };
        let barred = self.context.barred.or(Some(OUTSIDE_FROM));
        let context = QueryContext { outer: Some(&outer), barred, ..*self.context };
        let (relation, _) = self.analyzer.query(query, &context)?;
        Ok((relation, outer.used.into_inner()))
    }

    pub(crate) fn in_query(
        &self,
        value: &Ast,
        query: &Query,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let value = self.expr(value)?;
        let (relation, outer) = self.plan_subquery(query)?;
        let (value, relation) = self.unify_with_subquery(value, relation, "IN", at)?;
        self.add_subquery(SubqueryKind::In { value }, relation, outer)
    }

    pub(crate) fn quantified(
        &self,
        operator: Comparison,
        all: bool,
        value: &Ast,
        query: &Query,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let value = self.expr(value)?;
        let (relation, outer) = self.plan_subquery(query)?;
        let (value, relation) = self.unify_with_subquery(value, relation, symbol(operator), at)?;
        let equality = matches!(operator, Comparison::Equal | Comparison::NotEqual);
        if !equality && !value.data_type.is_orderable() {
            let message = format!(
                "Type [{}] must be orderable in order to be used in quantified comparison",
                value.data_type
            );
            return error(Code::TypeMismatch, at, message);
        }
        // = ANY is IN, <> ALL is NOT IN.
        let negated = match (operator, all) {
            (Comparison::Equal, false) => Some(false),
            (Comparison::NotEqual, true) => Some(true),
            _ => None,
        };
        let kind = match negated {
            Some(_) => SubqueryKind::In { value },
            None => SubqueryKind::Quantified { operator, all, value },
        };
        let expr = self.add_subquery(kind, relation, outer)?.expr;
        Ok(boolean(if negated == Some(true) { not(expr) } else { expr }))
    }

    /// Brings a value and the columns of a subquery to one type. Trino compares rows, and rows of one field as that field.
    fn unify_with_subquery(
        &self,
        value: TypedExpr,
        relation: Relation,
        what: &str,
        at: Position,
    ) -> SqlResult<(TypedExpr, Relation)> {
        let mut value = value;
        if let (Type::Row(fields), [column]) = (&value.data_type, relation.fields.as_slice())
            && let [field] = &fields[..]
            && common_type(&field.data_type, &column.data_type).is_some()
        {
            value = self.row_field(value, 0);
        }
        let relation = self.analyzer.one_column(relation, at)?;
        let inner = &relation.fields[0].data_type;
        let Some(data_type) = common_type(&value.data_type, inner).filter(Type::is_comparable)
        else {
            let message = format!(
                "value and result of subquery must be of the same type for {what} expression: {} vs {inner}",
                value.data_type
            );
            return error(Code::TypeMismatch, at, message);
        };
        let mut value = self.analyzer.canonical(self.analyzer.coerce(value, &data_type, at)?);
        let mut relation = self.analyzer.coerce_columns(relation, &[data_type], at)?;
        while matches!(&value.data_type, Type::Row(fields) if fields.len() == 1) {
            value = self.row_field(value, 0);
            relation = self.only_field(relation)?;
        }
        Ok((value, relation))
    }

    /// A column of rows as one of their first fields.
    fn only_field(&self, relation: Relation) -> SqlResult<Relation> {
        let mut field = relation.fields[0].clone();
        let inner = self.row_field(field.typed(), 0);
        field.column = self.analyzer.column("field", &inner.data_type);
        field.data_type = inner.data_type;
        let plan = projection(relation.plan, vec![inner.expr.alias(&field.column.name)])?;
        Ok(Relation { plan, fields: vec![field] })
    }
}
