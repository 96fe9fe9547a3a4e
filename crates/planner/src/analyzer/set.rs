//! UNION, INTERSECT, EXCEPT, VALUES, and columns brought to common types.

use super::expr::Collector;
use super::query::{Context, needs_key, projection};
use super::scope::{Field, Names, Relation, Typed};
use super::window::WindowCall;
use super::{Analyzer, error};
use datafusion::common::{Column, JoinType, NullEquality};
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::{Sort, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, WindowFrame, WindowFunctionDefinition, WindowUDF, lit,
};
use std::sync::Arc;
use traillake_functions::ROW;
use traillake_sql_parser::ast::{Expr as Ast, ExprKind, Ident, SetKind, SetOperation};
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::coercion::common_type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};
use traillake_sql_types::{RowField, Type};

/// A window function without arguments over a partition in an order.
pub(crate) fn ranking(function: Arc<WindowUDF>, partition: Vec<Expr>, order: Vec<Sort>) -> Expr {
    Expr::WindowFunction(Box::new(WindowFunction {
        fun: WindowFunctionDefinition::WindowUDF(function),
        params: WindowFunctionParams {
            args: Vec::new(),
            partition_by: partition,
            window_frame: WindowFrame::new(if order.is_empty() { None } else { Some(false) }),
            order_by: order,
            filter: None,
            null_treatment: None,
            distinct: false,
        },
    }))
}

impl Analyzer<'_> {
    /// Gives the columns of a relation other names.
    pub(crate) fn rename(
        &self,
        relation: &mut Relation,
        columns: &[Ident],
        at: Position,
    ) -> SqlResult<()> {
        if columns.len() != relation.fields.len() {
            let message = format!(
                "Column alias list has {} entries but relation has {} columns",
                columns.len(),
                relation.fields.len()
            );
            return error(Code::MismatchedColumnAliases, at, message);
        }
        for (field, column) in relation.fields.iter_mut().zip(columns) {
            field.name = Some(column.lower());
            field.label = Some(column.value.clone());
        }
        Ok(())
    }

    /// Makes the columns of a relation of these types, lying as these do, under new names.
    pub(crate) fn coerce_columns(
        &self,
        relation: Relation,
        kinds: &[Type],
        at: Position,
    ) -> SqlResult<Relation> {
        let mut exprs = Vec::new();
        let mut fields = Vec::new();
        for (field, kind) in relation.fields.iter().zip(kinds) {
            let value = self.canonical(self.coerce(field.typed(), kind, at)?);
            let column = self.column(field.name.as_deref().unwrap_or("column"), kind);
            exprs.push(value.expr.alias(&column.name));
            let kind = kind.clone();
            fields.push(Field { column, kind, qualifier: Vec::new(), ..field.clone() });
        }
        Ok(Relation { plan: projection(relation.plan, exprs)?, fields })
    }

    /// Makes a relation of several columns one of a row.
    pub(crate) fn one_column(&self, relation: Relation, at: Position) -> SqlResult<Relation> {
        if relation.fields.len() == 1 {
            return Ok(relation);
        }
        self.row_column(relation, at)
    }

    /// Makes the columns of a relation one, a row.
    pub(crate) fn row_column(&self, relation: Relation, at: Position) -> SqlResult<Relation> {
        if relation.fields.is_empty() {
            return error(Code::InvalidArguments, at, "a subquery without columns");
        }
        let values: Vec<_> =
            relation.fields.iter().map(|field| self.canonical(field.typed())).collect();
        let fields = relation
            .fields
            .iter()
            .map(|field| RowField { name: field.name.clone(), kind: field.kind.clone() });
        let kind = Type::Row(fields.collect());
        let row = self.function(&ROW, values, kind.clone());
        let column = self.column("row", &kind);
        let plan = projection(relation.plan, vec![row.expr.alias(&column.name)])?;
        let field = Field { qualifier: Vec::new(), name: None, label: None, column, kind };
        Ok(Relation { plan, fields: vec![field] })
    }

    pub(crate) fn set_operation(
        &self,
        set: &SetOperation,
        left: Relation,
        right: Relation,
    ) -> SqlResult<Relation> {
        let (kind, all, at) = (set.kind, set.all, set.at);
        let (left, right) =
            if set.corresponding { corresponding(left, right, at)? } else { (left, right) };
        let name = match kind {
            SetKind::Union => "UNION",
            SetKind::Intersect => "INTERSECT",
            SetKind::Except => "EXCEPT",
        };
        let (a, b) = (left.fields.len(), right.fields.len());
        if a != b {
            let message = format!("{name} query has different number of fields: {a}, {b}");
            return error(Code::TypeMismatch, at, message);
        }
        let mut kinds = Vec::new();
        for (place, (a, b)) in left.fields.iter().zip(&right.fields).enumerate() {
            let Some(common) = common_type(&a.kind, &b.kind) else {
                let message = format!(
                    "column {} in {name} query has incompatible types: {}, {}",
                    place + 1,
                    a.kind,
                    b.kind
                );
                return error(Code::TypeMismatch, at, message);
            };
            let compares = !all || kind != SetKind::Union;
            if compares && !common.is_comparable() {
                let message = format!(
                    "Type {common} is not comparable and therefore cannot be used in {name}"
                );
                return error(Code::TypeMismatch, at, message);
            }
            kinds.push(common);
        }
        let left = self.coerce_columns(left, &kinds, at)?;
        let right = self.coerce_columns(right, &kinds, at)?;
        if kind == SetKind::Union {
            let plan = LogicalPlanBuilder::new(left.plan).union(right.plan)?.build()?;
            let fields = left.fields;
            let plan = if all { plan } else { self.distinct(plan, columns(&fields))? };
            return Ok(Relation { plan, fields });
        }
        self.intersection(kind == SetKind::Intersect, all, left, right)
    }

    /// INTERSECT and EXCEPT: semi and anti joins. With ALL, the n-th of equal rows meets the n-th.
    fn intersection(
        &self,
        intersect: bool,
        all: bool,
        left: Relation,
        right: Relation,
    ) -> SqlResult<Relation> {
        let keyed = |relation: Relation| -> SqlResult<(Relation, Vec<Column>)> {
            let mut keys: Vec<Column> = relation.fields.iter().map(|f| f.column.clone()).collect();
            let mut plan = relation.plan;
            if relation.fields.iter().any(|field| needs_key(&field.kind)) {
                let mut exprs: Vec<Expr> = keys.iter().cloned().map(Expr::Column).collect();
                keys.clear();
                for field in &relation.fields {
                    let key = self.column("key", &field.kind);
                    exprs.push(self.group_key(field.typed()).alias(&key.name));
                    keys.push(key);
                }
                plan = projection(plan, exprs)?;
            }
            if all {
                let number = self.raw_column("number", arrow::datatypes::DataType::UInt64);
                let partition = keys.iter().cloned().map(Expr::Column).collect();
                let expr = ranking(row_number_udwf(), partition, Vec::new());
                let window = WindowCall { column: number.clone(), expr };
                plan = self.windows(plan, vec![window])?;
                keys.push(number);
            }
            Ok((Relation { plan, fields: relation.fields }, keys))
        };
        let (left, left_keys) = keyed(left)?;
        let (right, right_keys) = keyed(right)?;
        let join = if intersect { JoinType::LeftSemi } else { JoinType::LeftAnti };
        let plan = LogicalPlanBuilder::new(left.plan)
            .join_detailed(
                right.plan,
                join,
                (left_keys, right_keys),
                None,
                NullEquality::NullEqualsNull,
            )?
            .build()?;
        let exprs = left.fields.iter().map(|field| Expr::Column(field.column.clone())).collect();
        let plan = projection(plan, exprs)?;
        let fields = left.fields;
        let plan = if all { plan } else { self.distinct(plan, columns(&fields))? };
        Ok(Relation { plan, fields })
    }

    pub(crate) fn values(
        &self,
        rows: &[Ast],
        at: Position,
        context: &Context<'_>,
    ) -> SqlResult<Relation> {
        let collect = Collector::plain("VALUES");
        let exprs = self.exprs(Names::of(&[], context.outer), &collect, context);
        let mut table: Vec<Vec<Typed>> = Vec::with_capacity(rows.len());
        for row in rows {
            let cells = match &row.kind {
                ExprKind::Row(fields) => {
                    fields.iter().map(|(_, e)| exprs.expr(e)).collect::<SqlResult<_>>()?
                }
                _ => {
                    let value = exprs.expr(row)?;
                    match value.kind.clone() {
                        Type::Row(fields) => {
                            (0..fields.len()).map(|at| exprs.row_field(value.clone(), at)).collect()
                        }
                        _ => vec![value],
                    }
                }
            };
            table.push(cells);
        }
        let width = table.first().map_or(0, Vec::len);
        let mut kinds = vec![Type::Unknown; width];
        for cells in &table {
            if cells.len() != width {
                let message =
                    format!("Values rows have mismatched sizes: {width} vs {}", cells.len());
                return error(Code::TypeMismatch, at, message);
            }
            for (kind, cell) in kinds.iter_mut().zip(cells) {
                *kind = common_type(kind, &cell.kind).ok_or_else(|| {
                    SqlError::mismatch(format!(
                        "Values rows have mismatched types: {kind} vs {}",
                        cell.kind
                    ))
                    .at(at)
                })?;
            }
        }
        let mut constant = true;
        let mut lines = Vec::with_capacity(table.len());
        for cells in table {
            let mut line = Vec::with_capacity(width);
            for (cell, kind) in cells.into_iter().zip(&kinds) {
                let cell = self.canonical(self.coerce(cell, kind, at)?);
                constant &= cell.constant().is_some();
                line.push(cell.expr);
            }
            lines.push(line);
        }
        let names: Vec<_> = kinds.iter().map(|kind| self.column("value", kind)).collect();
        let subqueries = collect.subqueries.into_inner();
        let plan = if constant && subqueries.is_empty() {
            let values = LogicalPlanBuilder::values(lines)?.build()?;
            let columns = values.schema().columns();
            let exprs =
                columns.into_iter().zip(&names).zip(&kinds).map(|((column, name), kind)| {
                    let expr = Expr::Column(column);
                    // A column of nothing but NULLs has no type of its own.
                    let typed = datafusion::logical_expr::cast(expr, arrow_type(kind));
                    typed.alias(&name.name)
                });
            projection(values, exprs.collect())?
        } else {
            let one = || LogicalPlanBuilder::empty(true).build();
            let mut plan: Option<LogicalPlan> = None;
            for line in lines {
                let with = self.attach_used(one()?, &subqueries, &line)?;
                let exprs = line.into_iter().zip(&names).map(|(e, n)| e.alias(&n.name)).collect();
                let row = projection(with, exprs)?;
                plan = Some(match plan {
                    Some(plan) => LogicalPlanBuilder::new(plan).union(row)?.build()?,
                    None => row,
                });
            }
            plan.ok_or_else(|| SqlError::internal("VALUES without rows"))?
        };
        let fields = names.into_iter().zip(kinds).map(|(column, kind)| Field {
            qualifier: Vec::new(),
            name: None,
            label: None,
            column,
            kind,
        });
        Ok(Relation { plan, fields: fields.collect() })
    }

    /// Joins those of some subqueries that expressions use.
    fn attach_used(
        &self,
        plan: LogicalPlan,
        subqueries: &[super::expr::Pending],
        exprs: &[Expr],
    ) -> SqlResult<LogicalPlan> {
        let used = subqueries.iter().filter(|pending| {
            exprs.iter().any(|expr| expr.column_refs().contains(&pending.column))
        });
        self.attach_all(plan, used.cloned().collect())
    }
}

/// Leaves both sides the columns whose names both have, in the order of the left.
fn corresponding(left: Relation, right: Relation, at: Position) -> SqlResult<(Relation, Relation)> {
    let mut pairs = Vec::new();
    for field in &left.fields {
        let Some(name) = &field.name else { continue };
        let same = |other: &&Field| other.name.as_ref() == Some(name);
        if left.fields.iter().filter(same).count() > 1 {
            return error(Code::AmbiguousName, at, format!("Column '{name}' is ambiguous"));
        }
        let mut others = right.fields.iter().filter(same);
        if let Some(other) = others.next() {
            if others.next().is_some() {
                return error(Code::AmbiguousName, at, format!("Column '{name}' is ambiguous"));
            }
            pairs.push((field.clone(), other.clone()));
        }
    }
    if pairs.is_empty() {
        let message = "No corresponding columns: both sides must have a column of the same name";
        return error(Code::TypeMismatch, at, message);
    }
    let (a, b) = pairs.into_iter().unzip();
    let narrow = |relation: Relation, fields: Vec<Field>| -> SqlResult<Relation> {
        let exprs = fields.iter().map(|field| Expr::Column(field.column.clone())).collect();
        Ok(Relation { plan: projection(relation.plan, exprs)?, fields })
    };
    Ok((narrow(left, a)?, narrow(right, b)?))
}

fn columns(fields: &[Field]) -> Vec<(Column, Type)> {
    fields.iter().map(|field| (field.column.clone(), field.kind.clone())).collect()
}

/// `true`, as an expression.
pub(crate) fn always() -> Expr {
    lit(true)
}
