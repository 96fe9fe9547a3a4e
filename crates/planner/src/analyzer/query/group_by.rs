//! GROUP BY: its keys, grouping sets, and what the clauses behind it become.

use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::logical::{aggregate, case_when, projection};
use crate::analyzer::query::Item;
use crate::analyzer::scope::Field;
use crate::analyzer::state::{AggregateCall, PlannedSubquery, SubqueryKind};
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::{Analyzer, error};
use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use std::collections::HashSet;
use traillake_functions::has_non_canonical_values;
use traillake_sql_parser::ast::{Expr as Ast, ExprKind, GroupBy, GroupElement};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

impl Analyzer<'_> {
    /// Analyzes GROUP BY into keys and the sets of them to group by.
    pub(crate) fn groups(
        &self,
        group: Option<&GroupBy>,
        items: &[Item],
        exprs: &ExpressionAnalyzer<'_>,
    ) -> SqlResult<Groups> {
        let mut groups = Groups { keys: Vec::new(), sets: vec![Vec::new()] };
        let Some(group) = group else { return Ok(groups) };
        for element in &group.elements {
            let sets = self.element(element, items, exprs, &mut groups.keys)?;
            // Elements multiply.
            groups.sets = groups
                .sets
                .iter()
                .flat_map(|left| {
                    sets.iter().map(|right| {
                        let mut both = left.clone();
                        both.extend(right.iter().filter(|key| !left.contains(key)));
                        both
                    })
                })
                .collect();
            if groups.sets.len() > 4_096 {
                return Err(SqlError::new(
                    Code::StatementTooLarge,
                    format!("GROUP BY has {} grouping sets; 4096 are the most", groups.sets.len()),
                ));
            }
        }
        if group.distinct {
            let mut seen: HashSet<Vec<usize>> = HashSet::new();
            groups.sets.retain(|set| {
                let mut sorted = set.clone();
                sorted.sort_unstable();
                seen.insert(sorted)
            });
        }
        Ok(groups)
    }

    pub(crate) fn element(
        &self,
        element: &GroupElement,
        items: &[Item],
        exprs: &ExpressionAnalyzer<'_>,
        keys: &mut Vec<TypedExpr>,
    ) -> SqlResult<Vec<Vec<usize>>> {
        let mut set = |asts: &[Ast]| -> SqlResult<Vec<usize>> {
            let mut places = Vec::new();
            for ast in asts {
                let place = self.key(ast, items, exprs, keys)?;
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            Ok(places)
        };
        Ok(match element {
            GroupElement::Simple(asts) => vec![set(asts)?],
            GroupElement::Rollup(sets) => {
                let sets = sets.iter().map(|s| set(s)).collect::<SqlResult<Vec<_>>>()?;
                (0..=sets.len()).rev().map(|count| merged(sets[..count].iter())).collect()
            }
            GroupElement::Cube(sets) => {
                let sets = sets.iter().map(|s| set(s)).collect::<SqlResult<Vec<_>>>()?;
                if sets.len() > 12 {
                    return Err(SqlError::new(
                        Code::StatementTooLarge,
                        "CUBE takes 12 columns at most",
                    ));
                }
                (0..1_usize << sets.len())
                    .rev()
                    .map(|bits| {
                        let chosen = sets.iter().enumerate();
                        let count = sets.len();
                        merged(
                            chosen
                                .filter(|(at, _)| bits >> (count - 1 - at) & 1 == 1)
                                .map(|(_, s)| s),
                        )
                    })
                    .collect()
            }
            GroupElement::Sets(elements) => {
                let mut all = Vec::new();
                for element in elements {
                    all.extend(self.element(element, items, exprs, keys)?);
                }
                all
            }
            GroupElement::Auto => {
                let free = items.iter().filter(|item| !holds_made_columns(&item.typed.expr, exprs));
                let mut places = Vec::new();
                for item in free {
                    places.push(add_key(item.typed.clone(), keys));
                }
                vec![places]
            }
        })
    }

    fn key(
        &self,
        ast: &Ast,
        items: &[Item],
        exprs: &ExpressionAnalyzer<'_>,
        keys: &mut Vec<TypedExpr>,
    ) -> SqlResult<usize> {
        let typed = match ast.kind {
            ExprKind::Integer(number) => {
                let place = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
                match place.and_then(|place| items.get(place)) {
                    Some(item) if holds_made_columns(&item.typed.expr, exprs) => {
                        return error(
                            Code::ExpressionNotScalar,
                            ast.at,
                            format!(
                                "GROUP BY position {number} contains aggregations, window functions or grouping operations"
                            ),
                        );
                    }
                    Some(item) => item.typed.clone(),
                    None => {
                        let message = format!("GROUP BY position {number} is not in select list");
                        return error(Code::InvalidColumnReference, ast.at, message);
                    }
                }
            }
            _ => exprs.expr(ast)?,
        };
        if !typed.data_type.is_comparable() {
            let message = format!(
                "{} is not comparable, and therefore cannot be used in GROUP BY",
                typed.data_type
            );
            return error(Code::TypeMismatch, ast.at, message);
        }
        Ok(add_key(typed, keys))
    }

    /// Aggregates. With several grouping sets, each row is given to every set that has keys; sets
    /// without keys stand alone, as they give a row even over nothing.
    pub(crate) fn grouped(
        &self,
        plan: LogicalPlan,
        groups: &Groups,
        aggregates: &[AggregateCall],
        groupings: &[(Column, Vec<TypedExpr>)],
    ) -> SqlResult<GroupedPlan> {
        let mut keys = Vec::new();
        let mut made = Vec::new();
        for key in &groups.keys {
            let column = self.raw_column("key", self.key_physical_type(key));
            made.push(self.group_key(key.clone()).alias(&column.name));
            keys.push((key.expr.clone(), column));
        }
        let calls: Vec<_> =
            aggregates.iter().map(|call| call.expr.clone().alias(&call.column.name)).collect();
        let set_number = self.column("set", &Type::Bigint);
        let several = groups.sets.len() > 1;
        let mut plans = Vec::new();
        let some: Vec<_> =
            groups.sets.iter().enumerate().filter(|(_, set)| !set.is_empty() || !several).collect();
        if !some.is_empty() {
            let mut input = plan.clone();
            let mut group: Vec<Expr> =
                keys.iter().map(|(_, column)| Expr::Column(column.clone())).collect();
            if !made.is_empty() || several {
                let mut exprs: Vec<Expr> =
                    input.schema().columns().into_iter().map(Expr::Column).collect();
                exprs.extend(made.iter().cloned());
                input = projection(input, exprs)?;
            }
            if several {
                input = self.each_set(input, &some, &keys, &set_number)?;
                group.push(Expr::Column(set_number.clone()));
            }
            plans.push(aggregate(input, group, calls.clone())?);
        }
        if several {
            for (number, _) in groups.sets.iter().enumerate().filter(|(_, set)| set.is_empty()) {
                let whole = aggregate(plan.clone(), Vec::new(), calls.clone())?;
                let mut exprs = Vec::new();
                for (place, (_, column)) in keys.iter().enumerate() {
                    let physical = self.key_physical_type(&groups.keys[place]);
                    let null = datafusion::common::ScalarValue::try_from(&physical)?;
                    exprs.push(lit(null).alias(&column.name));
                }
                exprs.push(lit(number as i64).alias(&set_number.name));
                exprs.extend(aggregates.iter().map(|call| Expr::Column(call.column.clone())));
                plans.push(projection(whole, exprs)?);
            }
        }
        let mut plans = plans.into_iter();
        let Some(mut plan) = plans.next() else {
            return Err(SqlError::internal("GROUP BY without a grouping set"));
        };
        for other in plans {
            plan = LogicalPlanBuilder::new(plan).union(other)?.build()?;
        }
        if !groupings.is_empty() {
            plan = self.grouping_columns(plan, groups, groupings, &set_number, several)?;
        }
        Ok(GroupedPlan { plan, keys })
    }

    fn key_physical_type(&self, key: &TypedExpr) -> arrow::datatypes::DataType {
        if has_non_canonical_values(&key.data_type) {
            return traillake_sql_types::arrow::arrow_type(&key.data_type);
        }
        self.physical_type(key)
    }

    /// Gives each row once for every grouping set, keys that the set has not being NULL.
    fn each_set(
        &self,
        input: LogicalPlan,
        sets: &[(usize, &Vec<usize>)],
        keys: &[(Expr, Column)],
        number: &Column,
    ) -> SqlResult<LogicalPlan> {
        let rows = sets.iter().map(|(at, _)| vec![lit(*at as i64)]).collect();
        let numbers = LogicalPlanBuilder::values(rows)?.build()?;
        let first = numbers.schema().columns().swap_remove(0);
        let numbers = projection(numbers, vec![Expr::Column(first).alias(&number.name)])?;
        let key_columns: Vec<_> = keys.iter().map(|(_, column)| column.clone()).collect();
        let columns = input.schema().columns();
        let crossed = LogicalPlanBuilder::new(input).cross_join(numbers)?.build()?;
        let mut exprs = Vec::new();
        for column in columns {
            let key = key_columns.iter().position(|key| *key == column);
            exprs.push(match key {
                None => Expr::Column(column),
                Some(place) => {
                    let with: Vec<_> = sets
                        .iter()
                        .filter(|(_, set)| set.contains(&place))
                        .map(|(at, _)| lit(*at as i64))
                        .collect();
                    let has = Expr::Column(number.clone()).in_list(with, false);
                    case_when(vec![(has, Expr::Column(column.clone()))], None).alias(&column.name)
                }
            });
        }
        exprs.push(Expr::Column(number.clone()));
        projection(crossed, exprs)
    }

    /// Adds the values of `grouping(...)`: a bit for each column, 1 where the set has it not.
    fn grouping_columns(
        &self,
        plan: LogicalPlan,
        groups: &Groups,
        groupings: &[(Column, Vec<TypedExpr>)],
        number: &Column,
        several: bool,
    ) -> SqlResult<LogicalPlan> {
        let mut exprs: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
        for (column, columns) in groupings {
            let places = columns
                .iter()
                .map(|typed| {
                    groups.keys.iter().position(|key| key.expr == typed.expr).ok_or_else(|| {
                        SqlError::new(Code::InvalidArguments, "The arguments to GROUPING() must be expressions referenced by the GROUP BY associated with the query")
                    })
                })
                .collect::<SqlResult<Vec<_>>>()?;
            let bits = |set: &Vec<usize>| {
                places
                    .iter()
                    .fold(0_i64, |bits, place| (bits << 1) | i64::from(!set.contains(place)))
            };
            let small = columns.len() <= 31;
            let value = |bits: i64| if small { lit(bits as i32) } else { lit(bits) };
            let expr = if several {
                let whens = groups.sets.iter().enumerate().map(|(at, set)| {
                    (Expr::Column(number.clone()).eq(lit(at as i64)), value(bits(set)))
                });
                case_when(whens.collect(), Some(value(0)))
            } else {
                value(bits(&groups.sets[0]))
            };
            exprs.push(expr.alias(&column.name));
        }
        projection(plan, exprs)
    }
}

/// Keys, and the sets of their places to group by.
pub(crate) struct Groups {
    pub(crate) keys: Vec<TypedExpr>,
    pub(crate) sets: Vec<Vec<usize>>,
}

pub(crate) struct GroupedPlan {
    pub(crate) plan: LogicalPlan,
    /// What each key was, and the column that it is now.
    pub(crate) keys: Vec<(Expr, Column)>,
}

/// Rewrites expressions over rows to expressions over groups.
pub(crate) struct GroupKeyRewriter<'a> {
    pub(crate) keys: &'a [(Expr, Column)],
    /// What the rows' columns were.
    pub(crate) fields: &'a [Field],
}

impl GroupKeyRewriter<'_> {
    pub(crate) fn expr(&self, expr: &Expr, at: Position) -> SqlResult<Expr> {
        let mut lost = None;
        let rewritten = expr.clone().transform_down(|node| {
            if let Some((_, column)) = self.keys.iter().find(|(key, _)| *key == node) {
                let column = Expr::Column(column.clone());
                return Ok(Transformed::new(column, true, TreeNodeRecursion::Jump));
            }
            if let Expr::Column(column) = &node
                && let Some(field) = self.fields.iter().find(|field| field.column == *column)
            {
                lost = Some(field.name.clone().unwrap_or_default());
            }
            Ok(Transformed::no(node))
        })?;
        match lost {
            Some(name) => error(
                Code::ExpressionNotAggregate,
                at,
                format!("'{name}' must be an aggregate expression or appear in GROUP BY clause"),
            ),
            None => Ok(rewritten.data),
        }
    }

    pub(crate) fn subquery(&self, subquery: &mut PlannedSubquery, at: Position) -> SqlResult<()> {
        for outer in &mut subquery.outer {
            outer.expr = self.expr(&outer.expr, at)?;
        }
        match &mut subquery.kind {
            SubqueryKind::In { value } | SubqueryKind::Quantified { value, .. } => {
                value.expr = self.expr(&value.expr, at)?;
            }
            SubqueryKind::Scalar | SubqueryKind::Exists => {}
        }
        Ok(())
    }
}

fn add_key(typed: TypedExpr, keys: &mut Vec<TypedExpr>) -> usize {
    match keys.iter().position(|key| key.expr == typed.expr) {
        Some(place) => place,
        None => {
            keys.push(typed);
            keys.len() - 1
        }
    }
}

fn merged<'a>(sets: impl Iterator<Item = &'a Vec<usize>>) -> Vec<usize> {
    let mut all: Vec<usize> = Vec::new();
    for place in sets.flatten() {
        if !all.contains(place) {
            all.push(*place);
        }
    }
    all
}

/// Whether an expression holds columns that are made below it: aggregates and windows.
fn holds_made_columns(expr: &Expr, exprs: &ExpressionAnalyzer<'_>) -> bool {
    let known = |column: &Column| exprs.scope.fields.iter().any(|field| field.column == *column);
    expr.column_refs().into_iter().any(|column| !known(column))
}
