//! UNION, INTERSECT and EXCEPT.

use crate::analyzer::context::QueryContext;
use crate::analyzer::logical::projection;
use crate::analyzer::query::columns::columns;
use crate::analyzer::scope::{Field, Relation};
use crate::analyzer::state::WindowCall;
use crate::analyzer::window::plan::ranking;
use crate::analyzer::{Analyzer, error, with_stack};
use datafusion::common::{Column, JoinType, NullEquality};
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Union};
use std::sync::Arc;
use traillake_functions::has_non_canonical_values;
use traillake_sql_parser::ast::{Body, SetKind, SetOperation};
use traillake_sql_types::Type;
use traillake_sql_types::coercion::common_type;
use traillake_sql_types::error::{Code, Position, SqlResult};

impl Analyzer<'_> {
    /// Analyzes a set operation and its sides. With `repeats` rows may come more often than they should: a UNION around
    /// removes the duplicates of all it has at once.
    pub(super) fn set_operation_of(
        &self,
        set: &SetOperation,
        repeats: bool,
        context: &QueryContext<'_>,
    ) -> SqlResult<Relation> {
        let is_union = set.kind == SetKind::Union;
        let left = match &set.left {
            Body::SetOperation(inner)
                if is_union && inner.kind == SetKind::Union && (repeats || !set.all) =>
            {
                with_stack(|| self.set_operation_of(inner, true, context))?
            }
            left => self.body(left, context)?,
        };
        let right = self.body(&set.right, context)?;
        self.set_operation(set, left, right, repeats)
    }

    /// Makes a set operation of its sides; `repeats` as for [`Self::set_operation_of`].
    fn set_operation(
        &self,
        set: &SetOperation,
        left: Relation,
        right: Relation,
        repeats: bool,
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
        let mut data_types = Vec::new();
        for (place, (a, b)) in left.fields.iter().zip(&right.fields).enumerate() {
            let Some(common) = common_type(&a.data_type, &b.data_type) else {
                let message = format!(
                    "column {} in {name} query has incompatible types: {}, {}",
                    place + 1,
                    a.data_type,
                    b.data_type
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
            data_types.push(common);
        }
        let right = self.coerce_columns(right, &data_types, at)?;
        if kind == SetKind::Union {
            let Relation { plan, fields } = self.union(left, right, &data_types, at)?;
            let keeps = all || repeats;
            let plan = if keeps { plan } else { self.distinct(plan, columns(&fields))? };
            return Ok(Relation { plan, fields });
        }
        let left = self.coerce_columns(left, &data_types, at)?;
        self.intersection(kind == SetKind::Intersect, all, left, right)
    }

    /// UNION ALL. What is already one of the same types gets a further input, so that a chain is not planned as deep as
    /// it is long.
    fn union(
        &self,
        left: Relation,
        right: Relation,
        data_types: &[Type],
        at: Position,
    ) -> SqlResult<Relation> {
        let mut inputs = vec![Arc::new(right.plan)];
        let fields = match left.plan {
            LogicalPlan::Union(union)
                if left.fields.iter().map(|f| &f.data_type).eq(data_types) =>
            {
                inputs.splice(0..0, union.inputs);
                left.fields
            }
            plan => {
                let left = self.coerce_columns(Relation { plan, ..left }, data_types, at)?;
                inputs.insert(0, Arc::new(left.plan));
                left.fields
            }
        };
        let plan = LogicalPlan::Union(Union::try_new_with_loose_types(inputs)?);
        Ok(Relation { plan, fields })
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
            if relation.fields.iter().any(|field| has_non_canonical_values(&field.data_type)) {
                let mut exprs: Vec<Expr> = keys.iter().cloned().map(Expr::Column).collect();
                keys.clear();
                for field in &relation.fields {
                    let key = self.column("key", &field.data_type);
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
