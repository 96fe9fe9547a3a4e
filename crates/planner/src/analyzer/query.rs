//! Queries: WITH, SELECT and its clauses, ORDER BY, LIMIT.

use super::aggregate::AggregateCall;
use super::expr::{Collector, Exprs, Inside, Pending, PendingKind};
use super::scope::{Field, Names, Outer, Relation, Typed};
use super::window::WindowCall;
use super::with::Named;
use super::{Analyzer, error, with_stack};
use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::{
    Aggregate, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Projection, lit,
};
use std::collections::HashSet;
use std::sync::Arc;
use traillake_functions::{KEY, has_non_canonical_values};
use traillake_sql_parser::ast::{
    Body, Expr as Ast, ExprKind, GroupBy, GroupElement, Limit, Query, Select, SelectItem, SortItem,
};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

/// What a query sees around it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Context<'a> {
    /// The query whose expression this one stands in.
    pub(crate) outer: Option<&'a Outer<'a>>,
    /// Named queries, the innermost first.
    pub(crate) named: Option<&'a Named<'a>>,
}

/// The most columns of a select list. DataFusion looks each of them up among all of them, so that time grows
/// with the square of their number.
const MAX_COLUMNS: usize = 2_000;

/// A column of the select list.
#[derive(Debug, Clone)]
struct Item {
    typed: Typed,
    name: Option<String>,
    label: Option<String>,
    at: Position,
}

/// How rows are ordered: the place among the columns made for it, and how.
struct Order {
    typed: Typed,
    descending: bool,
    nulls_first: bool,
    at: Position,
}

pub(crate) fn projection(plan: LogicalPlan, exprs: Vec<Expr>) -> SqlResult<LogicalPlan> {
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?))
}

impl Analyzer<'_> {
    /// Plans a query; tells whether it orders its rows.
    pub(crate) fn query(
        &self,
        query: &Query,
        context: &Context<'_>,
    ) -> SqlResult<(Relation, bool)> {
        match &query.with {
            Some(with) => self.with(&with.queries, with.recursive, query, context),
            None => self.query_body(query, context),
        }
    }

    pub(crate) fn query_body(
        &self,
        query: &Query,
        context: &Context<'_>,
    ) -> SqlResult<(Relation, bool)> {
        if let Body::Select(select) = &query.body {
            return self.select(select, Some(query), context);
        }
        let relation = self.body(&query.body, context)?;
        if query.order.is_empty() && query.offset.is_none() && matches!(query.limit, Limit::None) {
            return Ok((relation, false));
        }
        let collect = Collector::plain("ORDER BY");
        let exprs = self.exprs(Names::of(&relation.fields, context.outer), &collect, context);
        let items: Vec<_> = relation
            .fields
            .iter()
            .map(|field| Item {
                typed: field.typed(),
                name: field.name.clone(),
                label: field.label.clone(),
                at: query.at,
            })
            .collect();
        let order = self.order(&query.order, &items, &exprs)?;
        let plan = self.attach_all(relation.plan, collect.subqueries.into_inner())?;
        self.ordered(plan, relation.fields, order, Vec::new(), query)
    }

    /// Analyzes expressions of a clause.
    pub(crate) fn exprs<'b>(
        &'b self,
        names: Names<'b>,
        collect: &'b Collector,
        context: &'b Context<'b>,
    ) -> Exprs<'b> {
        Exprs { analyzer: self, names, collect, context, windows: &[], inside: Inside::Clause }
    }

    pub(crate) fn body(&self, body: &Body, context: &Context<'_>) -> SqlResult<Relation> {
        with_stack(|| self.body_inside(body, context))
    }

    fn body_inside(&self, body: &Body, context: &Context<'_>) -> SqlResult<Relation> {
        match body {
            Body::Select(select) => Ok(self.select(select, None, context)?.0),
            Body::Query(query) => Ok(self.query(query, context)?.0),
            Body::Table(name) => self.table(name, context),
            Body::Values { rows, at } => self.values(rows, *at, context),
            Body::SetOperation(set) => {
                let left = self.body(&set.left, context)?;
                let right = self.body(&set.right, context)?;
                self.set_operation(set, left, right)
            }
        }
    }

    fn select(
        &self,
        select: &Select,
        query: Option<&Query>,
        context: &Context<'_>,
    ) -> SqlResult<(Relation, bool)> {
        let source = match &select.from {
            Some(from) => self.relation(from, context)?,
            None => {
                let plan = LogicalPlanBuilder::empty(true).build()?;
                Relation { plan, fields: Vec::new() }
            }
        };
        let mut plan = source.plan;
        let names = Names::of(&source.fields, context.outer);
        for (at, (name, _)) in select.windows.iter().enumerate() {
            if select.windows[..at].iter().any(|(known, _)| known.is(&name.value)) {
                let message = format!("WINDOW name '{}' specified more than once", name.value);
                return error(Code::InvalidWindowReference, name.at, message);
            }
        }
        if let Some(filter) = &select.filter {
            let collect = Collector::plain("WHERE clause");
            let condition =
                self.exprs(names, &collect, context).condition(filter, "WHERE clause")?;
            plan = self.filter(plan, condition, collect.subqueries.into_inner())?;
        }
        let collect = Collector::full();
        let exprs = Exprs { windows: &select.windows, ..self.exprs(names, &collect, context) };
        let mut items = self.items(select, &exprs, select.from.is_some())?;
        let having = select.having.as_ref().map(|having| exprs.condition(having, "HAVING clause"));
        let mut having = having.transpose()?;
        if let (Some(having), Some(windows)) = (&having, &collect.windows) {
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
        let with_aliases = Exprs { names: Names { aliases: &aliases, ..names }, ..exprs };
        let order_items = query.map_or(&[][..], |query| &query.order);
        let mut order = self.order(order_items, &items, &with_aliases)?;

        let aggregates = collect.aggregates.map(std::cell::RefCell::into_inner).unwrap_or_default();
        let mut windows = collect.windows.map(std::cell::RefCell::into_inner).unwrap_or_default();
        let mut subqueries = collect.subqueries.into_inner();
        let groupings = collect.groupings.into_inner();
        plan = self.attach_all(plan, collect.below.into_inner())?;
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
            let group_collect = Collector::plain("GROUP BY clause");
            let group_exprs = self.exprs(names, &group_collect, context);
            let groups = self.groups(select.group.as_ref(), &items, &group_exprs)?;
            plan = self.attach_all(plan, group_collect.subqueries.into_inner())?;
            let grouped = self.grouped(plan, &groups, &aggregates, &groupings)?;
            plan = grouped.plan;
            let regroup = Regroup { keys: &grouped.keys, fields: &source.fields };
            for item in &mut items {
                item.typed.expr = regroup.expr(&item.typed.expr, item.at)?;
            }
            for item in &mut order {
                item.typed.expr = regroup.expr(&item.typed.expr, item.at)?;
            }
            if let Some(having) = &mut having {
                *having = regroup.expr(having, select.at)?;
            }
            for window in &mut windows {
                window.expr = regroup.expr(&window.expr, select.at)?;
            }
            for pending in &mut subqueries {
                regroup.pending(pending, select.at)?;
            }
        }
        // Subqueries over windows come behind these.
        let window_columns: HashSet<_> = windows.iter().map(|w| w.column.clone()).collect();
        let (late, early): (Vec<_>, Vec<_>) =
            subqueries.into_iter().partition(|pending| uses(pending, &window_columns));
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
    fn filter(
        &self,
        plan: LogicalPlan,
        condition: Expr,
        subqueries: Vec<Pending>,
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
                            PendingKind::Exists => true,
                            PendingKind::In { .. } => !negated,
                            _ => false,
                        }
                        && kept.iter().all(|k| !k.column_refs().contains(&column))
                })
            });
            match semi {
                Some(at) => {
                    let pending = left.remove(at);
                    plan = self.semi_join(plan, pending, negated)?;
                }
                None => kept.push(conjunct),
            }
        }
        plan = self.attach_all(plan, left)?;
        if let Some(condition) = kept.into_iter().reduce(super::expr::and) {
            plan = LogicalPlanBuilder::new(plan).filter(condition)?.build()?;
        }
        Ok(plan)
    }

    fn items(&self, select: &Select, exprs: &Exprs<'_>, from: bool) -> SqlResult<Vec<Item>> {
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
                    if exprs.names.fields.is_empty() {
                        return error(
                            Code::ColumnNotFound,
                            *at,
                            "SELECT * not allowed from relation that has no columns",
                        );
                    }
                    items.extend(exprs.names.fields.iter().map(|field| field_item(field, *at)));
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
        exprs: &Exprs<'_>,
    ) -> SqlResult<Vec<Item>> {
        let mut items = Vec::new();
        if let Some(parts) = name_parts(of) {
            let qualifier: Vec<_> = parts.iter().map(|part| part.lower()).collect();
            items = self.columns_of_relation(&exprs.names, &qualifier, at);
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
            let Type::Row(fields) = row.kind.clone() else {
                return error(
                    Code::TypeMismatch,
                    of.at,
                    format!("expected expression of type Row, found {}", row.kind),
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
        names: &Names<'_>,
        qualifier: &[String],
        at: Position,
    ) -> Vec<Item> {
        let here = names.fields.iter().filter(|field| field.is_of(qualifier));
        let items: Vec<_> = here.map(|field| field_item(field, at)).collect();
        let Some(outer) = names.outer.filter(|_| items.is_empty()) else { return items };
        let mut items = self.columns_of_relation(&outer.names, qualifier, at);
        for item in &mut items {
            item.typed = self.outside(outer, item.typed.clone());
        }
        items
    }

    /// Analyzes ORDER BY: numbers are columns of the select list.
    fn order(
        &self,
        order: &[SortItem],
        items: &[Item],
        exprs: &Exprs<'_>,
    ) -> SqlResult<Vec<Order>> {
        let mut orders = Vec::with_capacity(order.len());
        for item in order {
            let at = item.expr.at;
            let typed = match item.expr.kind {
                ExprKind::Integer(number) => {
                    let place = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
                    match place.and_then(|place| items.get(place)) {
                        Some(item) => item.typed.clone(),
                        None => {
                            let message =
                                format!("ORDER BY position {number} is not in select list");
                            return error(Code::InvalidColumnReference, at, message);
                        }
                    }
                }
                _ => exprs.expr(&item.expr)?,
            };
            if !typed.kind.is_orderable() {
                let message = format!(
                    "Type {} is not orderable, and therefore cannot be used in ORDER BY: line {}:{}",
                    typed.kind, at.line, at.column
                );
                return error(Code::TypeMismatch, at, message);
            }
            orders.push(Order {
                typed,
                descending: item.descending,
                nulls_first: item.nulls_first.unwrap_or(false),
                at,
            });
        }
        Ok(orders)
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
            if select.distinct && !item.typed.kind.is_comparable() {
                let message = format!(
                    "DISTINCT can only be applied to comparable types (actual: {})",
                    item.typed.kind
                );
                return error(Code::TypeMismatch, item.at, message);
            }
            let column = self.output_column(item);
            exprs.push(item.typed.expr.clone().alias(&column.name));
            fields.push(Field {
                qualifier: Vec::new(),
                name: item.name.clone(),
                label: item.label.clone(),
                column,
                kind: item.typed.kind.clone(),
            });
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
                    let column = self.raw_column("order", self.lies_as(&item.typed));
                    exprs.push(item.typed.expr.clone().alias(&column.name));
                    extras.push(column.clone());
                    column
                }
            };
            let kind = item.typed.kind.clone();
            placed.push(Order { typed: Typed::new(Expr::Column(column), kind), ..item });
        }
        let mut plan = projection(plan, exprs)?;
        if select.distinct {
            let columns =
                fields.iter().map(|field| (field.column.clone(), field.kind.clone())).collect();
            plan = self.distinct(plan, columns)?;
        }
        match query {
            Some(query) => self.ordered(plan, fields, placed, extras, query),
            None => Ok((Relation { plan, fields }, false)),
        }
    }

    fn output_column(&self, item: &Item) -> Column {
        self.raw_column(item.name.as_deref().unwrap_or("column"), self.lies_as(&item.typed))
    }

    /// Sorts and limits; columns that only order are left out at the end.
    fn ordered(
        &self,
        plan: LogicalPlan,
        fields: Vec<Field>,
        order: Vec<Order>,
        extras: Vec<Column>,
        query: &Query,
    ) -> SqlResult<(Relation, bool)> {
        let mut plan = plan;
        let ordered = !order.is_empty();
        let sorts: Vec<_> = order
            .iter()
            .map(|order| {
                let expr = order.typed.expr.clone();
                Sort::new(expr, !order.descending, order.nulls_first)
            })
            .collect();
        let count = |ast: &Option<Ast>| match ast {
            None => Ok(None),
            Some(ast) => match ast.kind {
                ExprKind::Integer(count) => usize::try_from(count).map(Some).or_else(|_| {
                    error(Code::InvalidLimitClause, ast.at, "a number of rows cannot be negative")
                }),
                _ => error(Code::InvalidLimitClause, ast.at, "a number of rows must be an integer"),
            },
        };
        let skip = count(&query.offset)?.unwrap_or(0);
        let fetch = match &query.limit {
            Limit::None => None,
            Limit::Rows(rows) => count(rows)?,
            Limit::Fetch { count: rows, ties, at } => {
                let rows = count(rows)?.unwrap_or(1);
                if rows == 0 {
                    return error(
                        Code::InvalidLimitClause,
                        *at,
                        "FETCH FIRST row count must be positive (actual value: 0)",
                    );
                }
                if *ties && sorts.is_empty() {
                    return error(
                        Code::MissingOrderBy,
                        *at,
                        "FETCH FIRST WITH TIES clause requires ORDER BY",
                    );
                }
                Some(rows)
            }
        };
        let ties = matches!(query.limit, Limit::Fetch { ties: true, .. });
        if ordered {
            let fetch = if ties { None } else { fetch.and_then(|rows| rows.checked_add(skip)) };
            plan = LogicalPlanBuilder::new(plan).sort_with_limit(sorts.clone(), fetch)?.build()?;
        }
        if ties {
            plan = LogicalPlanBuilder::new(plan).limit(skip, None)?.build()?;
            plan = self.with_ties(plan, &sorts, fetch.unwrap_or(1))?;
            plan = LogicalPlanBuilder::new(plan).sort(sorts)?.build()?;
        } else if skip > 0 || fetch.is_some() {
            plan = LogicalPlanBuilder::new(plan).limit(skip, fetch)?.build()?;
        }
        if !extras.is_empty() || ties {
            let exprs = fields.iter().map(|field| Expr::Column(field.column.clone())).collect();
            plan = projection(plan, exprs)?;
        }
        Ok((Relation { plan, fields }, ordered))
    }

    fn with_ties(&self, plan: LogicalPlan, sorts: &[Sort], rows: usize) -> SqlResult<LogicalPlan> {
        let rank = self.column("rank", &Type::Bigint);
        let expr = super::set::ranking(
            datafusion::functions_window::rank::rank_udwf(),
            Vec::new(),
            sorts.to_vec(),
        );
        let window = WindowCall { column: rank.clone(), expr };
        let plan = self.windows(plan, vec![window])?;
        let rows = lit(u64::try_from(rows).unwrap_or(u64::MAX));
        Ok(LogicalPlanBuilder::new(plan).filter(Expr::Column(rank).lt_eq(rows))?.build()?)
    }

    /// Leaves out rows that are not distinct from one before.
    pub(crate) fn distinct(
        &self,
        plan: LogicalPlan,
        columns: Vec<(Column, Type)>,
    ) -> SqlResult<LogicalPlan> {
        let special = columns.iter().any(|(_, kind)| needs_key(kind));
        if !special {
            return Ok(LogicalPlanBuilder::new(plan).distinct()?.build()?);
        }
        let keys: Vec<_> = columns
            .iter()
            .map(|(column, kind)| {
                let typed = Typed::new(Expr::Column(column.clone()), kind.clone());
                self.group_key(typed).alias(&column.name)
            })
            .collect();
        let plan = projection(plan, keys)?;
        Ok(LogicalPlanBuilder::new(plan).distinct()?.build()?)
    }

    /// Returns what a value is grouped by: the same for values that are not distinct.
    pub(crate) fn group_key(&self, typed: Typed) -> Expr {
        if !needs_key(&typed.kind) {
            return typed.expr;
        }
        let kind = typed.kind.clone();
        let typed = self.canonical(typed);
        self.function(&KEY, vec![typed], kind).expr
    }

    /// Adds windows, those of one partition and order in one node.
    pub(crate) fn windows(
        &self,
        plan: LogicalPlan,
        windows: Vec<WindowCall>,
    ) -> SqlResult<LogicalPlan> {
        let (mut plan, windows) = self.with_volatile_keys(plan, windows)?;
        let settle = |window| super::window::settled(window, &plan);
        let mut left = windows.into_iter().map(settle).collect::<SqlResult<Vec<_>>>()?;
        while !left.is_empty() {
            let same = |a: &WindowCall, b: &WindowCall| match (&a.expr, &b.expr) {
                (Expr::WindowFunction(a), Expr::WindowFunction(b)) => {
                    a.params.partition_by == b.params.partition_by
                        && a.params.order_by == b.params.order_by
                }
                _ => false,
            };
            let first = left[0].clone();
            let (now, later) = left.into_iter().partition(|window| same(&first, window));
            left = later;
            let exprs: Vec<_> = now.into_iter().map(|w| w.expr.alias(&w.column.name)).collect();
            plan = LogicalPlanBuilder::new(plan).window(exprs)?.build()?;
        }
        Ok(plan)
    }

    /// Makes columns of the keys that differ each time they are looked at.
    fn with_volatile_keys(
        &self,
        plan: LogicalPlan,
        mut windows: Vec<WindowCall>,
    ) -> SqlResult<(LogicalPlan, Vec<WindowCall>)> {
        let mut made: Vec<(Expr, Column)> = Vec::new();
        for window in &mut windows {
            let Expr::WindowFunction(function) = &mut window.expr else { continue };
            let params = &mut function.params;
            let order = params.order_by.iter_mut().map(|sort| &mut sort.expr);
            for key in params.partition_by.iter_mut().chain(order).filter(|key| key.is_volatile()) {
                let known = made.iter().find(|(expr, _)| expr == key).cloned();
                let (_, column) = match known {
                    Some(known) => known,
                    None => {
                        let column = self.raw_column("key", key.get_type(plan.schema())?);
                        made.push((key.clone(), column.clone()));
                        (key.clone(), column)
                    }
                };
                *key = Expr::Column(column);
            }
        }
        if made.is_empty() {
            return Ok((plan, windows));
        }
        let mut exprs: Vec<_> = plan.schema().columns().into_iter().map(Expr::Column).collect();
        exprs.extend(made.into_iter().map(|(expr, column)| expr.alias(column.name)));
        Ok((projection(plan, exprs)?, windows))
    }

    /// Analyzes GROUP BY into keys and the sets of them to group by.
    fn groups(
        &self,
        group: Option<&GroupBy>,
        items: &[Item],
        exprs: &Exprs<'_>,
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

    fn element(
        &self,
        element: &GroupElement,
        items: &[Item],
        exprs: &Exprs<'_>,
        keys: &mut Vec<Typed>,
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
        exprs: &Exprs<'_>,
        keys: &mut Vec<Typed>,
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
        if !typed.kind.is_comparable() {
            let message = format!(
                "{} is not comparable, and therefore cannot be used in GROUP BY",
                typed.kind
            );
            return error(Code::TypeMismatch, ast.at, message);
        }
        Ok(add_key(typed, keys))
    }

    /// Aggregates. With several grouping sets, each row is given to every set that has keys; sets
    /// without keys stand alone, as they give a row even over nothing.
    fn grouped(
        &self,
        plan: LogicalPlan,
        groups: &Groups,
        aggregates: &[AggregateCall],
        groupings: &[(Column, Vec<Typed>)],
    ) -> SqlResult<Grouped> {
        let mut keys = Vec::new();
        let mut made = Vec::new();
        for key in &groups.keys {
            let column = self.raw_column("key", self.key_lies_as(key));
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
                    let data_type = self.key_lies_as(&groups.keys[place]);
                    let null = datafusion::common::ScalarValue::try_from(&data_type)?;
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
        Ok(Grouped { plan, keys })
    }

    fn key_lies_as(&self, key: &Typed) -> arrow::datatypes::DataType {
        if needs_key(&key.kind) {
            return traillake_sql_types::arrow::arrow_type(&key.kind);
        }
        self.lies_as(key)
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
                    super::expr::case_when(vec![(has, Expr::Column(column.clone()))], None)
                        .alias(&column.name)
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
        groupings: &[(Column, Vec<Typed>)],
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
                super::expr::case_when(whens.collect(), Some(value(0)))
            } else {
                value(bits(&groups.sets[0]))
            };
            exprs.push(expr.alias(&column.name));
        }
        projection(plan, exprs)
    }
}

/// Keys, and the sets of their places to group by.
struct Groups {
    keys: Vec<Typed>,
    sets: Vec<Vec<usize>>,
}

struct Grouped {
    plan: LogicalPlan,
    /// What each key was, and the column that it is now.
    keys: Vec<(Expr, Column)>,
}

/// Rewrites expressions over rows to expressions over groups.
struct Regroup<'a> {
    keys: &'a [(Expr, Column)],
    /// What the rows' columns were.
    fields: &'a [Field],
}

impl Regroup<'_> {
    fn expr(&self, expr: &Expr, at: Position) -> SqlResult<Expr> {
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

    fn pending(&self, pending: &mut Pending, at: Position) -> SqlResult<()> {
        for outer in &mut pending.outer {
            outer.expr = self.expr(&outer.expr, at)?;
        }
        match &mut pending.kind {
            PendingKind::In { value } | PendingKind::Quantified { value, .. } => {
                value.expr = self.expr(&value.expr, at)?;
            }
            PendingKind::Scalar | PendingKind::Exists => {}
        }
        Ok(())
    }
}

fn aggregate(input: LogicalPlan, group: Vec<Expr>, calls: Vec<Expr>) -> SqlResult<LogicalPlan> {
    if group.is_empty() && calls.is_empty() {
        // One row, whatever the input.
        return Ok(LogicalPlanBuilder::empty(true).build()?);
    }
    Ok(LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(input), group, calls)?))
}

/// Whether values are compared by [`KEY`]: those that are not distinct may differ in their bits.
pub(crate) fn needs_key(kind: &Type) -> bool {
    has_non_canonical_values(kind)
}

fn field_item(field: &Field, at: Position) -> Item {
    Item { typed: field.typed(), name: field.name.clone(), label: field.label.clone(), at }
}

fn add_key(typed: Typed, keys: &mut Vec<Typed>) -> usize {
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
fn holds_made_columns(expr: &Expr, exprs: &Exprs<'_>) -> bool {
    let known = |column: &Column| exprs.names.fields.iter().any(|field| field.column == *column);
    expr.column_refs().into_iter().any(|column| !known(column))
}

fn uses(pending: &Pending, columns: &HashSet<Column>) -> bool {
    let holds = |expr: &Expr| expr.column_refs().into_iter().any(|column| columns.contains(column));
    let value = match &pending.kind {
        PendingKind::In { value } | PendingKind::Quantified { value, .. } => holds(&value.expr),
        PendingKind::Scalar | PendingKind::Exists => false,
    };
    value || pending.outer.iter().any(|outer| holds(&outer.expr))
}

pub(crate) fn split_conjunction(expr: Expr, out: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryExpr(binary) if binary.op == datafusion::logical_expr::Operator::And => {
            split_conjunction(*binary.left, out);
            split_conjunction(*binary.right, out);
        }
        other => out.push(other),
    }
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
