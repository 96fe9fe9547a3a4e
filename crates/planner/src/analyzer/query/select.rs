//! SELECT, FROM and WHERE.

use crate::analyzer::context::QueryContext;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::logical::{and, projection, split_conjunction};
use crate::analyzer::query::Item;
use crate::analyzer::query::group_by::GroupKeyRewriter;
use crate::analyzer::query::order_by::Order;
use crate::analyzer::scope::{Field, Relation, Scope};
use crate::analyzer::state::{ClauseState, PlannedSubquery, SubqueryKind};
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::{Analyzer, error};
use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use std::cell::RefCell;
use std::collections::HashSet;
use traillake_sql_parser::ast::{Expr as Ast, ExprKind, Query, Select, SelectItem};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

/// The most columns of a select list. DataFusion looks each of them up among all of them, so that time grows
/// with the square of their number.
const MAX_COLUMNS: usize = 2_000;

impl Analyzer<'_> {
    pub(crate) fn select(
        &self,
        select: &Select,
        query: Option<&Query>,
        context: &QueryContext<'_>,
    ) -> SqlResult<(Relation, bool)> {
        let source = match &select.from {
            Some(from) => self.relation(from, context)?,
            None => {
                let plan = LogicalPlanBuilder::empty(true).build()?;
                Relation { plan, fields: Vec::new() }
            }
        };
        let mut plan = source.plan;
        let scope = Scope::of(&source.fields, context.outer);
        for (at, (name, _)) in select.windows.iter().enumerate() {
            if select.windows[..at].iter().any(|(known, _)| known.is(&name.value)) {
                let message = format!("WINDOW name '{}' specified more than once", name.value);
                return error(Code::InvalidWindowReference, name.at, message);
            }
        }
        if let Some(filter) = &select.filter {
            let state = ClauseState::scalar("WHERE clause");
            let condition = self.exprs(scope, &state, context).condition(filter, "WHERE clause")?;
            plan = self.filter(plan, condition, state.subqueries.into_inner())?;
        }
        let state = ClauseState::select();
        let exprs =
            ExpressionAnalyzer { windows: &select.windows, ..self.exprs(scope, &state, context) };
        let mut items = self.items(select, &exprs, select.from.is_some())?;
        let having = select.having.as_ref().map(|having| exprs.condition(having, "HAVING clause"));
        let mut having = having.transpose()?;
        if let (Some(having), Some(windows)) = (&having, &state.windows) {
            let used = having.column_refs();
            if windows.borrow().iter().any(|window| used.contains(&window.column)) {
                let message =
                    "HAVING clause cannot contain window functions or row pattern measures";
                return error(Code::NestedWindow, select.at, message);
            }
        }
        let aliases: Vec<_> = items
            .iter()
            .filter_map(|item| Some((item.name.clone()?, item.typed.clone())))
            .collect();
        let with_aliases =
            ExpressionAnalyzer { scope: Scope { aliases: &aliases, ..scope }, ..exprs };
        let order_items = query.map_or(&[][..], |query| &query.order);
        let mut order = self.order(order_items, &items, &with_aliases)?;

        let aggregates = state.aggregates.map(RefCell::into_inner).unwrap_or_default();
        let mut windows = state.windows.map(RefCell::into_inner).unwrap_or_default();
        let mut subqueries = state.subqueries.into_inner();
        let groupings = state.groupings.into_inner();
        plan = self.attach_all(plan, state.below.into_inner())?;
        if select.group.is_none() && !groupings.is_empty() {
            return error(
                Code::MissingGroupBy,
                select.at,
                "A GROUPING() operation can only be used with a corresponding GROUPING SET/CUBE/ROLLUP/GROUP BY clause",
            );
        }
        let aggregated = select.group.is_some()
            || select.having.is_some()
            || !aggregates.is_empty()
            || !groupings.is_empty();
        if aggregated {
            let group_state = ClauseState::scalar("GROUP BY clause");
            let group_exprs = self.exprs(scope, &group_state, context);
            let groups = self.groups(select.group.as_ref(), &items, &group_exprs)?;
            plan = self.attach_all(plan, group_state.subqueries.into_inner())?;
            let grouped = self.grouped(plan, &groups, &aggregates, &groupings)?;
            plan = grouped.plan;
            let rewriter = GroupKeyRewriter { keys: &grouped.keys, fields: &source.fields };
            for item in &mut items {
                item.typed.expr = rewriter.expr(&item.typed.expr, item.at)?;
            }
            for item in &mut order {
                item.typed.expr = rewriter.expr(&item.typed.expr, item.at)?;
            }
            if let Some(having) = &mut having {
                *having = rewriter.expr(having, select.at)?;
            }
            for window in &mut windows {
                window.expr = rewriter.expr(&window.expr, select.at)?;
            }
            for subquery in &mut subqueries {
                rewriter.subquery(subquery, select.at)?;
            }
        }
        // Subqueries over windows come behind these.
        let window_columns: HashSet<_> = windows.iter().map(|w| w.column.clone()).collect();
        let (late, early): (Vec<_>, Vec<_>) =
            subqueries.into_iter().partition(|subquery| uses(subquery, &window_columns));
        match having {
            Some(having) => plan = self.filter(plan, having, early)?,
            None => plan = self.attach_all(plan, early)?,
        }
        plan = self.windows(plan, windows)?;
        plan = self.attach_all(plan, late)?;
        self.output(plan, items, order, select, query)
    }

    /// Filters by a condition whose subqueries are joined before. A conjunct that is nothing but an IN
    /// or EXISTS is a semi join.
    pub(crate) fn filter(
        &self,
        plan: LogicalPlan,
        condition: Expr,
        subqueries: Vec<PlannedSubquery>,
    ) -> SqlResult<LogicalPlan> {
        let mut plan = plan;
        let mut conjuncts = Vec::new();
        split_conjunction(condition, &mut conjuncts);
        let mut left = subqueries;
        let mut kept: Vec<Expr> = Vec::new();
        for conjunct in conjuncts {
            let (column, negated) = match &conjunct {
                Expr::Column(column) => (Some(column.clone()), false),
                Expr::Not(inner) => match &**inner {
                    Expr::Column(column) => (Some(column.clone()), true),
                    _ => (None, false),
                },
                _ => (None, false),
            };
            let semi = column.and_then(|column| {
                let others: HashSet<_> =
                    left.iter().map(|p| p.column.clone()).filter(|c| *c != column).collect();
                left.iter().position(|p| {
                    p.column == column
                        && !uses(p, &others)
                        && match p.kind {
                            SubqueryKind::Exists => true,
                            SubqueryKind::In { .. } => !negated,
                            _ => false,
                        }
                        && kept.iter().all(|k| !k.column_refs().contains(&column))
                })
            });
            match semi {
                Some(at) => {
                    let subquery = left.remove(at);
                    plan = self.semi_join(plan, subquery, negated)?;
                }
                None => kept.push(conjunct),
            }
        }
        plan = self.attach_all(plan, left)?;
        if let Some(condition) = kept.into_iter().reduce(and) {
            plan = LogicalPlanBuilder::new(plan).filter(condition)?.build()?;
        }
        Ok(plan)
    }

    fn items(
        &self,
        select: &Select,
        exprs: &ExpressionAnalyzer<'_>,
        from: bool,
    ) -> SqlResult<Vec<Item>> {
        let mut items = Vec::new();
        for item in &select.items {
            match item {
                SelectItem::Expr { expr, alias } => {
                    let typed = exprs.expr(expr)?;
                    let named = match (alias, expr) {
                        (Some(alias), _) => Some(alias),
                        (None, _) => name_parts(expr).and_then(|parts| parts.last().copied()),
                    };
                    let name = named.map(|name| name.lower());
                    let label = named.map(|name| name.value.clone());
                    items.push(Item { typed, name, label, at: expr.at });
                }
                SelectItem::All { of: None, at, .. } => {
                    if !from {
                        return error(
                            Code::ColumnNotFound,
                            *at,
                            "SELECT * not allowed in queries without FROM clause",
                        );
                    }
                    if exprs.scope.fields.is_empty() {
                        return error(
                            Code::ColumnNotFound,
                            *at,
                            "SELECT * not allowed from relation that has no columns",
                        );
                    }
                    let visible = exprs.scope.fields.iter().filter(|field| !field.hidden);
                    items.extend(visible.map(|field| field_item(field, *at)));
                }
                SelectItem::All { of: Some(of), aliases, at } => {
                    items.extend(self.all_of(of, aliases, *at, exprs)?);
                }
            }
        }
        Ok(items)
    }

    /// `t.*` of a relation, or `r.*` of a row.
    fn all_of(
        &self,
        of: &Ast,
        aliases: &[traillake_sql_parser::ast::Ident],
        at: Position,
        exprs: &ExpressionAnalyzer<'_>,
    ) -> SqlResult<Vec<Item>> {
        let mut items = Vec::new();
        if let Some(parts) = name_parts(of) {
            let qualifier: Vec<_> = parts.iter().map(|part| part.lower()).collect();
            items = self.columns_of_relation(&exprs.scope, &qualifier, at);
        }
        if items.is_empty() {
            let row = exprs.expr(of).map_err(|error| match (name_parts(of), error.code) {
                (Some(parts), Code::ColumnNotFound) => {
                    let name: Vec<_> = parts.iter().map(|part| part.lower()).collect();
                    let message = format!("Unable to resolve reference {}", name.join("."));
                    SqlError::new(Code::TableNotFound, message).at(at)
                }
                _ => error,
            })?;
            let Type::Row(fields) = row.data_type.clone() else {
                return error(
                    Code::TypeMismatch,
                    of.at,
                    format!("expected expression of type Row, found {}", row.data_type),
                );
            };
            for (place, field) in fields.iter().enumerate() {
                let typed = exprs.row_field(row.clone(), place);
                let label = field.name.clone();
                items.push(Item {
                    typed,
                    name: label.as_ref().map(|n| n.to_lowercase()),
                    label,
                    at,
                });
            }
        }
        if !aliases.is_empty() {
            if aliases.len() != items.len() {
                let message = format!(
                    "Column alias list has {} entries but relation has {} columns",
                    aliases.len(),
                    items.len()
                );
                return error(Code::MismatchedColumnAliases, at, message);
            }
            for (item, alias) in items.iter_mut().zip(aliases) {
                item.name = Some(alias.lower());
                item.label = Some(alias.value.clone());
            }
        }
        Ok(items)
    }

    /// The columns of a relation by its name, here or in the query around.
    fn columns_of_relation(
        &self,
        names: &Scope<'_>,
        qualifier: &[String],
        at: Position,
    ) -> Vec<Item> {
        let here = names.fields.iter().filter(|field| !field.hidden && field.is_of(qualifier));
        let items: Vec<_> = here.map(|field| field_item(field, at)).collect();
        let Some(outer) = names.outer.filter(|_| items.is_empty()) else { return items };
        let mut items = self.columns_of_relation(&outer.scope, qualifier, at);
        for item in &mut items {
            item.typed = self.outer_reference(outer, item.typed.clone());
        }
        items
    }

    /// Makes the columns of the select list, and those that only order.
    fn output(
        &self,
        plan: LogicalPlan,
        items: Vec<Item>,
        order: Vec<Order>,
        select: &Select,
        query: Option<&Query>,
    ) -> SqlResult<(Relation, bool)> {
        if items.len() > MAX_COLUMNS {
            let message = format!("SELECT has {} columns; {MAX_COLUMNS} are the most", items.len());
            return error(Code::StatementTooLarge, select.at, message);
        }
        let mut exprs = Vec::with_capacity(items.len() + order.len());
        let mut fields = Vec::with_capacity(items.len());
        for item in &items {
            if select.distinct && !item.typed.data_type.is_comparable() {
                let message = format!(
                    "DISTINCT can only be applied to comparable types (actual: {})",
                    item.typed.data_type
                );
                return error(Code::TypeMismatch, item.at, message);
            }
            let column = self.output_column(item);
            exprs.push(item.typed.expr.clone().alias(&column.name));
            fields.push(Field::new(
                item.name.clone(),
                item.label.clone(),
                column,
                item.typed.data_type.clone(),
            ));
        }
        let mut extras = Vec::new();
        let mut placed = Vec::with_capacity(order.len());
        for item in order {
            let known = items.iter().position(|known| known.typed.expr == item.typed.expr);
            let column = match known {
                Some(at) => fields[at].column.clone(),
                None if select.distinct => {
                    return error(
                        Code::ExpressionNotInDistinct,
                        item.at,
                        "For SELECT DISTINCT, ORDER BY expressions must appear in select list",
                    );
                }
                None => {
                    let column = self.raw_column("order", self.physical_type(&item.typed));
                    exprs.push(item.typed.expr.clone().alias(&column.name));
                    extras.push(column.clone());
                    column
                }
            };
            let data_type = item.typed.data_type.clone();
            placed.push(Order { typed: TypedExpr::new(Expr::Column(column), data_type), ..item });
        }
        let mut plan = projection(plan, exprs)?;
        if select.distinct {
            let columns = fields
                .iter()
                .map(|field| (field.column.clone(), field.data_type.clone()))
                .collect();
            plan = self.distinct(plan, columns)?;
        }
        match query {
            Some(query) => self.ordered(plan, fields, placed, extras, query),
            None => Ok((Relation { plan, fields }, false)),
        }
    }

    fn output_column(&self, item: &Item) -> Column {
        self.raw_column(item.name.as_deref().unwrap_or("column"), self.physical_type(&item.typed))
    }
}

fn field_item(field: &Field, at: Position) -> Item {
    Item { typed: field.typed(), name: field.name.clone(), label: field.label.clone(), at }
}

fn uses(subquery: &PlannedSubquery, columns: &HashSet<Column>) -> bool {
    let holds = |expr: &Expr| expr.column_refs().into_iter().any(|column| columns.contains(column));
    let value = match &subquery.kind {
        SubqueryKind::In { value } | SubqueryKind::Quantified { value, .. } => holds(&value.expr),
        SubqueryKind::Scalar | SubqueryKind::Exists => false,
    };
    value || subquery.outer.iter().any(|outer| holds(&outer.expr))
}

/// Returns the parts of a name, if the expression is nothing else.
fn name_parts(ast: &Ast) -> Option<Vec<&traillake_sql_parser::ast::Ident>> {
    match &ast.kind {
        ExprKind::Name(name) => Some(vec![name]),
        ExprKind::Field { base, name } => {
            let mut parts = name_parts(base)?;
            parts.push(name);
            Some(parts)
        }
        _ => None,
    }
}
