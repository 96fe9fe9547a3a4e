//! Members of structs that are taken out below windows.
//!
//! A window keeps all columns of its rows, and DataFusion 55.2 takes no member of a struct out below it. So a window by
//! `userIdentity.arn` would read the whole identity of each event, pass it between threads, and keep it.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::error::Result;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, Window};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};
use std::collections::HashSet;
use std::sync::Arc;

/// Puts a projection below windows that takes out members, where nothing above asks for the whole struct.
#[derive(Debug)]
pub(crate) struct MembersBelowWindows;

impl OptimizerRule for MembersBelowWindows {
    fn name(&self) -> &str {
        "members_below_windows"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Projection(projection) = &plan else { return Ok(Transformed::no(plan)) };
        let LogicalPlan::Window(window) = projection.input.as_ref() else {
            return Ok(Transformed::no(plan));
        };
        let mut members = Members::new(window.input.schema());
        members.note(projection.expr.iter().chain(&window.window_expr))?;
        if members.taken.is_empty() {
            return Ok(Transformed::no(plan));
        }
        for (_, column) in &mut members.taken {
            column.name = config.alias_generator().next("member");
        }
        let above = members.replace(&projection.expr)?;
        let exprs = members.replace(&window.window_expr)?;
        let below = members.projection(&above, &exprs);
        let below = Projection::try_new(below, Arc::clone(&window.input))?;
        let window = Window::try_new(exprs, Arc::new(LogicalPlan::Projection(below)))?;
        let window = Arc::new(LogicalPlan::Window(window));
        let plan = LogicalPlan::Projection(Projection::try_new(above, window)?);
        Ok(Transformed::yes(plan))
    }
}

/// Members that are asked for, of structs that nobody wants as a whole.
struct Members<'a> {
    /// The columns below the window.
    input: &'a DFSchema,
    taken: Vec<(Expr, Column)>,
}

impl<'a> Members<'a> {
    fn new(input: &'a DFSchema) -> Self {
        Self { input, taken: Vec::new() }
    }

    /// Notes the members in expressions.
    fn note<'b>(&mut self, exprs: impl Iterator<Item = &'b Expr>) -> Result<()> {
        let mut members: Vec<(Expr, Column)> = Vec::new();
        let mut whole = HashSet::new();
        for expr in exprs {
            expr.apply(|node| {
                if let Some(column) = member_of(node).filter(|column| self.input.has_column(column))
                {
                    if !members.iter().any(|(known, _)| known == node) {
                        members.push((node.clone(), column.clone()));
                    }
                    return Ok(TreeNodeRecursion::Jump);
                }
                if let Expr::Column(column) = node {
                    whole.insert(column.clone());
                }
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        members.retain(|(_, column)| !whole.contains(column));
        let named = |(member, _)| (member, Column::new_unqualified("member"));
        self.taken = members.into_iter().map(named).collect();
        Ok(())
    }

    /// Puts columns in the place of members. Names stay.
    fn replace(&self, exprs: &[Expr]) -> Result<Vec<Expr>> {
        let replace = |expr: &Expr| {
            let replaced = expr.clone().transform_down(|node| {
                let known = self.taken.iter().find(|(member, _)| *member == node);
                Ok(match known {
                    Some((_, column)) => {
                        let column = Expr::Column(column.clone());
                        Transformed::new(column, true, TreeNodeRecursion::Jump)
                    }
                    None => Transformed::no(node),
                })
            })?;
            let (qualifier, name) = expr.qualified_name();
            let is_same = replaced.data.qualified_name() == (qualifier.clone(), name.clone());
            Ok(match is_same {
                true => replaced.data,
                false => replaced.data.alias_qualified(qualifier, name),
            })
        };
        exprs.iter().map(replace).collect()
    }

    /// The columns that expressions still use, and the members.
    fn projection(&self, above: &[Expr], windows: &[Expr]) -> Vec<Expr> {
        let used: HashSet<&Column> =
            above.iter().chain(windows).flat_map(Expr::column_refs).collect();
        let columns = self.input.columns().into_iter().filter(|column| used.contains(column));
        let members = self.taken.iter();
        let members = members.map(|(member, column)| member.clone().alias(&column.name));
        columns.map(Expr::Column).chain(members).collect()
    }
}

/// The column of which an expression is a member, or a member's member.
fn member_of(expr: &Expr) -> Option<&Column> {
    let Expr::ScalarFunction(ScalarFunction { func, args }) = expr else { return None };
    let (of, names) = args.split_first()?;
    if func.name() != "get_field" || !names.iter().all(|name| matches!(name, Expr::Literal(..))) {
        return None;
    }
    match of {
        Expr::Column(column) => Some(column),
        inner => member_of(inner),
    }
}

#[cfg(test)]
mod tests;
