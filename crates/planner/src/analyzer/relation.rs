//! What stands in FROM.

use super::expr::{Collector, Pending, and};
use super::query::{Context, projection};
use super::scope::{Field, Names, Outer, Relation, Typed};
use super::show::INFORMATION_SCHEMA;
use super::{Analyzer, error};
use arrow::datatypes::Schema;
use datafusion::common::{Column, JoinType, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use std::cell::RefCell;
use traillake_sql_parser::ast::{
    Comparison, Expr as Ast, Ident, JoinCondition, JoinKind, Name, Query, Relation as Item,
    RelationKind, Statement,
};
use traillake_sql_parser::{ParameterValues, parse_statement};
use traillake_sql_types::Type;
use traillake_sql_types::arrow::type_of;
use traillake_sql_types::coercion::common_type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

impl Analyzer<'_> {
    pub(crate) fn relation(&self, ast: &Item, context: &Context<'_>) -> SqlResult<Relation> {
        match &ast.kind {
            RelationKind::Table(name) => self.table(name, context),
            RelationKind::Query(query) => Ok(self.query(query, context)?.0),
            RelationKind::Lateral(query) => {
                // Nothing stands to the left: a plain query.
                Ok(self.query(query, context)?.0)
            }
            RelationKind::Unnest { arrays, ordinality } => {
                let one = LogicalPlanBuilder::empty(true).build()?;
                let nothing = Relation { plan: one, fields: Vec::new() };
                self.unnest(nothing, arrays, *ordinality, false, context)
            }
            RelationKind::Function { name, arguments } => {
                self.table_function(name, arguments, ast.at, context)
            }
            RelationKind::Alias { relation, name, columns } => {
                let inner = self.relation(relation, context)?;
                self.aliased(inner, name, columns.as_deref(), 0)
            }
            RelationKind::Sample { relation, percent } => {
                let inner = self.relation(relation, context)?;
                self.sample(inner, percent, context)
            }
            RelationKind::Join { kind, left, right, condition } => {
                self.join(*kind, left, right, condition, context, ast.at)
            }
        }
    }

    /// Gives the fields from `first` on the name of a relation, and other names if told.
    fn aliased(
        &self,
        relation: Relation,
        name: &Ident,
        columns: Option<&[Ident]>,
        first: usize,
    ) -> SqlResult<Relation> {
        let mut relation = relation;
        let kept = relation.fields.drain(..first).collect::<Vec<_>>();
        if let Some(columns) = columns {
            self.rename(&mut relation, columns, name.at)?;
        }
        let mut relation = relation.called(&[name.lower()]);
        relation.fields.splice(..0, kept);
        Ok(relation)
    }

    /// A named query or an event data store.
    pub(crate) fn table(&self, name: &Name, context: &Context<'_>) -> SqlResult<Relation> {
        if let [only] = name.parts.as_slice() {
            let mut named = context.named;
            while let Some(here) = named {
                if only.is(&here.name) {
                    return self.reference(here, only);
                }
                named = here.around;
            }
        }
        self.scan(name)
    }

    /// A view, by its plan.
    fn view(&self, name: &str, sql: &str) -> SqlResult<Relation> {
        let parsed = parse_statement(sql, &ParameterValues::new());
        let Ok(Statement::Query(query)) = parsed else {
            return Err(SqlError::internal(format!("the view {name} is no query")));
        };
        Ok(self.query(&query, &Context::default())?.0)
    }

    fn scan(&self, name: &Name) -> SqlResult<Relation> {
        let parts: Vec<_> = name.parts.iter().map(Ident::lower).collect();
        let catalog = self.catalog;
        let (schema, table) = match parts.as_slice() {
            [table] => (self.default_schema(), table),
            [schema, table] => (schema.as_str(), table),
            [name, schema, table] if name == catalog.catalog_name() => (schema.as_str(), table),
            _ => {
                let message = format!("Catalog '{}' not found", parts[0]);
                return error(Code::CatalogNotFound, name.at, message);
            }
        };
        if schema == INFORMATION_SCHEMA {
            return Ok(self.information_schema(table, name.at)?.called(&parts));
        }
        if !catalog.schemas().contains(&schema) {
            let message = format!("Schema '{schema}' does not exist");
            return error(Code::SchemaNotFound, name.at, message);
        }
        if let Some(sql) = catalog.view(schema, table) {
            // A position in the view's own text means nothing to who asks.
            let of_view = |error: SqlError| SqlError { at: Some(name.at), ..error };
            return Ok(self.view(table, sql).map_err(of_view)?.called(&parts));
        }
        let provider = catalog.table(schema, table).map_err(|failure| match failure.code {
            Code::TableNotFound => failure.at(name.at),
            _ => failure,
        })?;
        let reference = self.scan_reference(table);
        let schema = provider.schema();
        let plan = LogicalPlanBuilder::scan(reference.clone(), provider_as_source(provider), None)?
            .build()?;
        self.note_scan(&reference, &schema);
        let mut fields = Vec::new();
        for field in schema.fields() {
            let Some(kind) = type_of(field.data_type()) else { continue };
            let column = Column::new(Some(reference.clone()), field.name());
            fields.push(Field {
                qualifier: parts.clone(),
                name: Some(field.name().to_lowercase()),
                label: Some(field.name().clone()),
                column,
                kind,
            });
        }
        Ok(Relation { plan, fields })
    }

    /// Returns a name for another scan of a table.
    pub(crate) fn scan_reference(&self, table: &str) -> TableReference {
        let mut scans = self.scans.borrow_mut();
        let number = scans.entry(table.to_owned()).or_default();
        *number += 1;
        let scan = if *number == 1 { table.to_owned() } else { format!("{table}:{number}") };
        TableReference::bare(scan)
    }

    /// Notes how the columns of a scan lie.
    pub(crate) fn note_scan(&self, reference: &TableReference, schema: &Schema) {
        let mut columns = self.columns.borrow_mut();
        for field in schema.fields() {
            let column = Column::new(Some(reference.clone()), field.name());
            columns.insert(column, field.data_type().clone());
        }
    }

    /// The schema of tables that are named without one.
    pub(crate) fn default_schema(&self) -> &str {
        self.catalog.schemas().first().copied().unwrap_or_default()
    }

    fn sample(
        &self,
        relation: Relation,
        percent: &Ast,
        context: &Context<'_>,
    ) -> SqlResult<Relation> {
        let collect = Collector::plain("TABLESAMPLE");
        let typed = self.exprs(Names::of(&[], context.outer), &collect, context).expr(percent)?;
        let double = self.cast(typed, &Type::Double, false, percent.at)?;
        let share = match double.constant() {
            Some(datafusion::common::ScalarValue::Float64(Some(share))) => *share,
            _ => {
                return error(
                    Code::ExpressionNotConstant,
                    percent.at,
                    "Sample percentage cannot contain column references",
                );
            }
        };
        if !(0.0..=100.0).contains(&share) {
            let message = "Sample percentage must be between 0 and 100";
            return error(Code::NumericValueOutOfRange, percent.at, message);
        }
        if share >= 100.0 {
            return Ok(relation);
        }
        let names = Names::of(&[], None);
        let random =
            self.exprs(names, &collect, context).scalar("random", Vec::new(), percent.at)?;
        let condition = random.expr.lt(lit(share / 100.0));
        let plan = LogicalPlanBuilder::new(relation.plan).filter(condition)?.build()?;
        Ok(Relation { plan, fields: relation.fields })
    }

    fn table_function(
        &self,
        name: &Name,
        arguments: &[(Option<Ident>, Ast)],
        at: Position,
        context: &Context<'_>,
    ) -> SqlResult<Relation> {
        let last = name.parts.last().map(Ident::lower).unwrap_or_default();
        if last != "sequence" {
            let message = format!(
                "Table function '{name}' not registered; there is sequence(start, stop, step)"
            );
            return error(Code::FunctionNotFound, at, message);
        }
        let collect = Collector::plain("table function");
        let exprs = self.exprs(Names::of(&[], context.outer), &collect, context);
        let mut bounds = [Some(Typed::bigint(0)), None, Some(Typed::bigint(1))];
        for (place, (name, value)) in arguments.iter().enumerate() {
            let place = match name.as_ref().map(Ident::lower).as_deref() {
                None => place,
                Some("start") => 0,
                Some("stop") => 1,
                Some("step") => 2,
                Some(other) => {
                    let message = format!("Unexpected argument name: {}", other.to_uppercase());
                    return error(Code::InvalidFunctionArgument, at, message);
                }
            };
            let value = self.coerce(exprs.expr(value)?, &Type::Bigint, at)?;
            match bounds.get_mut(place) {
                Some(bound) => *bound = Some(value),
                None => return error(Code::InvalidFunctionArgument, at, "Too many arguments"),
            }
        }
        let [Some(start), Some(stop), Some(step)] = bounds else {
            return error(Code::InvalidFunctionArgument, at, "Missing argument: STOP");
        };
        // One list for every 10,000 numbers would do for any; this is what a function can give.
        let list = exprs.scalar("$long_sequence", vec![start, stop, step], at)?;
        let column = self.column("sequential_number", &list.kind);
        let one = LogicalPlanBuilder::empty(true).build()?;
        let plan = projection(one, vec![list.expr.alias(&column.name)])?;
        let plan = LogicalPlanBuilder::new(plan).unnest_column(column.clone())?.build()?;
        self.columns.borrow_mut().insert(column.clone(), arrow::datatypes::DataType::Int64);
        let field = Field {
            qualifier: Vec::new(),
            name: Some("sequential_number".to_owned()),
            label: Some("sequential_number".to_owned()),
            column,
            kind: Type::Bigint,
        };
        Ok(Relation { plan, fields: vec![field] })
    }

    fn join(
        &self,
        kind: JoinKind,
        left: &Item,
        right: &Item,
        condition: &JoinCondition,
        context: &Context<'_>,
        at: Position,
    ) -> SqlResult<Relation> {
        let left = self.relation(left, context)?;
        // What a right or full join keeps cannot depend on the left.
        let dependent = !matches!(kind, JoinKind::Right | JoinKind::Full);
        if let Some(lateral) = Lateral::of(right).filter(|_| dependent) {
            return self.lateral_join(kind, left, &lateral, condition, context, at);
        }
        let right = self.relation(right, context)?;
        let join_type = join_type(kind);
        match condition {
            JoinCondition::None => {
                let plan = LogicalPlanBuilder::new(left.plan).cross_join(right.plan)?.build()?;
                let fields = [left.fields, right.fields].concat();
                Ok(Relation { plan, fields })
            }
            JoinCondition::On(on) => self.join_on(join_type, left, right, on, context),
            JoinCondition::Using(columns) => self.join_using(join_type, left, right, columns, at),
            JoinCondition::Natural => error(Code::NotSupported, at, "Natural join not supported"),
        }
    }

    fn join_on(
        &self,
        join_type: JoinType,
        left: Relation,
        right: Relation,
        on: &Ast,
        context: &Context<'_>,
    ) -> SqlResult<Relation> {
        let fields = [left.fields.clone(), right.fields.clone()].concat();
        let collect = Collector::plain("JOIN clause");
        let names = Names::of(&fields, context.outer);
        let condition = self.exprs(names, &collect, context).condition(on, "JOIN ON clause")?;
        let (mut left_plan, mut right_plan) = (left.plan, right.plan);
        let mut after: Vec<Pending> = Vec::new();
        for pending in collect.subqueries.into_inner() {
            // A subquery belongs to the side whose columns it uses.
            let uses = |fields: &[Field]| pending_uses(&pending, fields);
            if !uses(&right.fields) {
                left_plan = self.attach_all(left_plan, vec![pending])?;
            } else if !uses(&left.fields) {
                right_plan = self.attach_all(right_plan, vec![pending])?;
            } else if join_type == JoinType::Inner {
                after.push(pending);
            } else {
                return error(
                    Code::NotSupported,
                    on.at,
                    "subqueries over both sides of an outer join's condition are not supported yet",
                );
            }
        }
        if after.is_empty() {
            let plan = join_plan(left_plan, right_plan, join_type, condition)?;
            return Ok(Relation { plan, fields });
        }
        let plan = LogicalPlanBuilder::new(left_plan).cross_join(right_plan)?.build()?;
        let plan = self.attach_all(plan, after)?;
        let plan = LogicalPlanBuilder::new(plan).filter(condition)?.build()?;
        Ok(Relation { plan, fields })
    }

    fn join_using(
        &self,
        join_type: JoinType,
        left: Relation,
        right: Relation,
        columns: &[Ident],
        at: Position,
    ) -> SqlResult<Relation> {
        let collect = Collector::plain("JOIN clause");
        let context = Context::default();
        let fields = [left.fields.clone(), right.fields.clone()].concat();
        let exprs = self.exprs(Names::of(&fields, None), &collect, &context);
        let mut condition: Option<Expr> = None;
        let mut merged = Vec::new();
        let mut used: Vec<Column> = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        for name in columns {
            let find = |fields: &[Field], side: &str| {
                let mut found = fields.iter().filter(|f| f.name.as_deref() == Some(&name.lower()));
                match (found.next(), found.next()) {
                    (Some(field), None) => Ok(field.clone()),
                    (Some(_), Some(_)) => error(
                        Code::AmbiguousName,
                        name.at,
                        format!("Column '{}' is ambiguous", name.lower()),
                    ),
                    (None, _) => error(
                        Code::ColumnNotFound,
                        name.at,
                        format!("Column '{}' is missing from {side} side of join", name.lower()),
                    ),
                }
            };
            if seen.contains(&name.lower()) {
                return error(
                    Code::DuplicateColumnName,
                    name.at,
                    format!("Column '{}' appears multiple times in USING clause", name.lower()),
                );
            }
            seen.push(name.lower());
            let (a, b) = (find(&left.fields, "left")?, find(&right.fields, "right")?);
            let Some(kind) = common_type(&a.kind, &b.kind) else {
                let message = format!(
                    "Column Types of '{}' do not match: {} and {}",
                    name.lower(),
                    a.kind,
                    b.kind
                );
                return error(Code::TypeMismatch, at, message);
            };
            let equal = {
                let (a, b) = (a.typed().placed(at), b.typed().placed(at));
                exprs.compare(Comparison::Equal, a, b, at)?.expr
            };
            condition = Some(match condition {
                Some(condition) => and(condition, equal),
                None => equal,
            });
            let left_value = self.canonical(self.coerce(a.typed(), &kind, at)?);
            let right_value = self.canonical(self.coerce(b.typed(), &kind, at)?);
            let value = match join_type {
                JoinType::Right => right_value.expr,
                JoinType::Full => super::expr::case_when(
                    vec![(Expr::IsNotNull(Box::new(left_value.expr.clone())), left_value.expr)],
                    Some(right_value.expr),
                ),
                _ => left_value.expr,
            };
            used.extend([a.column.clone(), b.column.clone()]);
            merged.push((value, kind, name));
        }
        let condition = condition.unwrap_or_else(super::set::always);
        let plan = join_plan(left.plan, right.plan, join_type, condition)?;
        let mut exprs = Vec::new();
        let mut out = Vec::new();
        for (value, kind, name) in merged {
            let column = self.column(&name.lower(), &kind);
            exprs.push(value.alias(&column.name));
            let label = Some(name.value.clone());
            out.push(Field {
                qualifier: Vec::new(),
                name: Some(name.lower()),
                label,
                column,
                kind,
            });
        }
        for field in fields.into_iter().filter(|field| !used.contains(&field.column)) {
            exprs.push(Expr::Column(field.column.clone()));
            out.push(field);
        }
        Ok(Relation { plan: projection(plan, exprs)?, fields: out })
    }

    /// A join whose right side sees the columns of the left.
    fn lateral_join(
        &self,
        kind: JoinKind,
        left: Relation,
        lateral: &Lateral<'_>,
        condition: &JoinCondition,
        context: &Context<'_>,
        at: Position,
    ) -> SqlResult<Relation> {
        let on = match condition {
            JoinCondition::None => None,
            JoinCondition::On(on) => Some(on),
            JoinCondition::Using(_) | JoinCondition::Natural => {
                return error(
                    Code::NotSupported,
                    at,
                    format!("{} joins with USING are not supported", lateral.what()),
                );
            }
        };
        let keep = kind == JoinKind::Left;
        let is_true =
            |on: &Ast| matches!(on.kind, traillake_sql_parser::ast::ExprKind::Boolean(true));
        let width = left.fields.len();
        let relation = match lateral.inner {
            LateralKind::Unnest { arrays, ordinality } => {
                if keep && !on.is_some_and(is_true) {
                    return error(
                        Code::NotSupported,
                        at,
                        "LEFT JOIN involving UNNEST is only supported with condition ON TRUE",
                    );
                }
                self.unnest(left, arrays, ordinality, keep, context)?
            }
            LateralKind::Query(query) => {
                let outer = Outer {
                    names: Names::of(&left.fields, context.outer),
                    used: RefCell::default(),
                };
                let inner = Context { outer: Some(&outer), ..*context };
                let (right, _) = self.query(query, &inner)?;
                let used = outer.used.into_inner();
                if used.is_empty() && keep {
                    // Nothing of the left is used: a join like any other.
                    let right = match lateral.alias {
                        Some((name, columns)) => self.aliased(right, name, columns, 0)?,
                        None => right,
                    };
                    return match on {
                        Some(on) => self.join_on(JoinType::Left, left, right, on, context),
                        None => Err(SqlError::internal("a left join without a condition")),
                    };
                }
                if keep && !on.is_some_and(is_true) {
                    return error(
                        Code::NotSupported,
                        at,
                        "LEFT JOIN involving LATERAL relation is only supported with condition ON TRUE",
                    );
                }
                self.lateral(left, right, used, keep)?
            }
        };
        let relation = match lateral.alias {
            Some((name, columns)) => self.aliased(relation, name, columns, width)?,
            None => relation,
        };
        match on {
            Some(on) if !is_true(on) => {
                let collect = Collector::plain("JOIN clause");
                let names = Names::of(&relation.fields, context.outer);
                let condition =
                    self.exprs(names, &collect, context).condition(on, "JOIN ON clause")?;
                let plan = self.attach_all(relation.plan, collect.subqueries.into_inner())?;
                let plan = LogicalPlanBuilder::new(plan).filter(condition)?.build()?;
                Ok(Relation { plan, fields: relation.fields })
            }
            _ => Ok(relation),
        }
    }
}

/// The right side of a join that sees the left.
struct Lateral<'a> {
    inner: LateralKind<'a>,
    alias: Option<(&'a Ident, Option<&'a [Ident]>)>,
}

enum LateralKind<'a> {
    Unnest { arrays: &'a [Ast], ordinality: bool },
    Query(&'a Query),
}

impl<'a> Lateral<'a> {
    fn of(relation: &'a Item) -> Option<Self> {
        match &relation.kind {
            RelationKind::Unnest { arrays, ordinality } => {
                let inner = LateralKind::Unnest { arrays, ordinality: *ordinality };
                Some(Self { inner, alias: None })
            }
            RelationKind::Lateral(query) => {
                Some(Self { inner: LateralKind::Query(query), alias: None })
            }
            RelationKind::Alias { relation, name, columns } => {
                let inner = Self::of(relation)?;
                Some(Self { alias: Some((name, columns.as_deref())), ..inner })
            }
            _ => None,
        }
    }

    fn what(&self) -> &'static str {
        match self.inner {
            LateralKind::Unnest { .. } => "UNNEST",
            LateralKind::Query(_) => "LATERAL relation",
        }
    }
}

fn join_type(kind: JoinKind) -> JoinType {
    match kind {
        JoinKind::Left => JoinType::Left,
        JoinKind::Right => JoinType::Right,
        JoinKind::Full => JoinType::Full,
        JoinKind::Inner | JoinKind::Cross | JoinKind::Implicit => JoinType::Inner,
    }
}

pub(crate) fn join_plan(
    left: LogicalPlan,
    right: LogicalPlan,
    join_type: JoinType,
    condition: Expr,
) -> SqlResult<LogicalPlan> {
    Ok(LogicalPlanBuilder::new(left).join_on(right, join_type, Some(condition))?.build()?)
}

fn pending_uses(pending: &Pending, fields: &[Field]) -> bool {
    use super::expr::PendingKind;
    let holds = |expr: &Expr| {
        expr.column_refs().into_iter().any(|c| fields.iter().any(|field| field.column == *c))
    };
    let value = match &pending.kind {
        PendingKind::In { value } | PendingKind::Quantified { value, .. } => holds(&value.expr),
        PendingKind::Scalar | PendingKind::Exists => false,
    };
    value || pending.outer.iter().any(|outer| holds(&outer.expr))
}
