//! Expressions: names, operators, forms.

use super::aggregate::AggregateCall;
use super::lake::Placed;
use super::over::AnalyzedWindow;
use super::query::Context;
use super::scope::{Names, Relation, Typed};
use super::window::WindowCall;
use super::{Analyzer, error, resolve_type, with_stack};
use crate::physical::ScalarCall;
use datafusion::common::{Column, ScalarValue};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Case, Expr, Like, Operator};
use std::cell::RefCell;
use std::collections::HashMap;
use traillake_functions::{
    CAST, Function, ROW, ROW_FIELD, Signature, parse_interval_day, parse_interval_year, parse_time,
    parse_timestamp, registry,
};
use traillake_sql_parser::ast::{
    Arithmetic, Comparison, Current, Expr as Ast, ExprKind, Ident, Query, Window,
};
use traillake_sql_types::arrow::{struct_fields, units_per_second};
use traillake_sql_types::coercion::common_type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult, nearest};
use traillake_sql_types::zone::Zone;
use traillake_sql_types::{RowField, Type};

/// What expressions of one clause may hold, and what was found in them. What is found stands in the
/// expression as a column that the query makes below it.
pub(crate) struct Collector {
    /// The clause, for messages.
    pub(crate) clause: &'static str,
    /// `None`: not allowed here.
    pub(crate) aggregates: Option<RefCell<Vec<AggregateCall>>>,
    pub(crate) windows: Option<RefCell<Vec<WindowCall>>>,
    pub(crate) groupings: RefCell<Vec<(Column, Vec<Typed>)>>,
    pub(crate) subqueries: RefCell<Vec<Pending>>,
    /// Subqueries of arguments of aggregates, which come before these.
    pub(crate) below: RefCell<Vec<Pending>>,
    /// Named windows of the query that were used, by their places.
    pub(crate) named_windows: RefCell<HashMap<usize, AnalyzedWindow>>,
}

/// A subquery that the query must join.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    /// The column that stands for its value.
    pub(crate) column: Column,
    pub(crate) kind: PendingKind,
    pub(crate) relation: Relation,
    pub(crate) outer: Vec<super::scope::OuterColumn>,
}

#[derive(Debug, Clone)]
pub(crate) enum PendingKind {
    /// The value of its only row.
    Scalar,
    Exists,
    /// `value IN (...)`.
    In {
        value: Typed,
    },
    /// `value < ALL (...)`; equality with ANY is [`Self::In`].
    Quantified {
        operator: Comparison,
        all: bool,
        value: Typed,
    },
}

impl Collector {
    /// A clause that takes neither aggregates nor windows.
    pub(crate) fn plain(clause: &'static str) -> Self {
        Self {
            clause,
            aggregates: None,
            windows: None,
            groupings: RefCell::default(),
            subqueries: RefCell::default(),
            below: RefCell::default(),
            named_windows: RefCell::default(),
        }
    }

    /// A clause that takes both.
    pub(crate) fn full() -> Self {
        Self {
            aggregates: Some(RefCell::default()),
            windows: Some(RefCell::default()),
            ..Self::plain("SELECT")
        }
    }
}

/// Analyzes expressions that see certain names.
#[derive(Clone, Copy)]
pub(crate) struct Exprs<'a> {
    pub(crate) analyzer: &'a Analyzer<'a>,
    pub(crate) names: Names<'a>,
    pub(crate) collect: &'a Collector,
    pub(crate) context: &'a Context<'a>,
    /// Named windows of the query.
    pub(crate) windows: &'a [(Ident, Window)],
    pub(crate) inside: Inside,
}

/// What expressions are arguments of, as far as that decides what they may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inside {
    /// Neither an aggregate nor a window.
    Clause,
    Aggregate,
    Window,
}

/// The function behind an operator.
pub(crate) fn operator_name(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Equal => "$equal",
        Comparison::NotEqual => "$not_equal",
        Comparison::Less => "$less_than",
        Comparison::LessOrEqual => "$less_than_or_equal",
        Comparison::Greater => "$greater_than",
        Comparison::GreaterOrEqual => "$greater_than_or_equal",
    }
}

fn symbol(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

pub(crate) fn and(left: Expr, right: Expr) -> Expr {
    binary(left, Operator::And, right)
}

pub(crate) fn or(left: Expr, right: Expr) -> Expr {
    binary(left, Operator::Or, right)
}

pub(crate) fn not(expr: Expr) -> Expr {
    Expr::Not(Box::new(expr))
}

/// `CASE WHEN condition THEN then ELSE otherwise END`.
pub(crate) fn case_when(whens: Vec<(Expr, Expr)>, otherwise: Option<Expr>) -> Expr {
    let whens = whens.into_iter().map(|(when, then)| (Box::new(when), Box::new(then))).collect();
    Expr::Case(Case::new(None, whens, otherwise.map(Box::new)))
}

/// Whether Arrow's comparison of values of a type is Trino's.
fn compares_natively(kind: &Type) -> bool {
    !matches!(
        kind,
        Type::Real
            | Type::Double
            | Type::TimestampTz(_)
            | Type::Char(_)
            | Type::Array(_)
            | Type::Map(..)
            | Type::Row(_)
            | Type::Unknown
    )
}

impl<'a> Exprs<'a> {
    /// Analyzes an expression.
    pub(crate) fn expr(&self, ast: &Ast) -> SqlResult<Typed> {
        #[cfg(test)]
        {
            let address = std::ptr::from_ref(ast).addr();
            *self.analyzer.analyzed.borrow_mut().entry(address).or_default() += 1;
        }
        let typed = with_stack(|| self.inner(ast));
        typed.map_err(|error| error.at(ast.at))
    }

    /// Analyzes an expression, and keeps its place.
    pub(crate) fn placed(&self, ast: &Ast) -> SqlResult<Placed> {
        Ok(self.expr(ast)?.placed(ast.at))
    }

    /// Analyzes a condition.
    pub(crate) fn condition(&self, ast: &Ast, what: &str) -> SqlResult<Expr> {
        let typed = self.expr(ast)?;
        match typed.kind {
            Type::Boolean => Ok(typed.expr),
            Type::Unknown => Ok(self.analyzer.coerce(typed, &Type::Boolean, ast.at)?.expr),
            other => error(
                Code::TypeMismatch,
                ast.at,
                format!("{what} must evaluate to a boolean: actual type {other}"),
            ),
        }
    }

    /// Terms of AND or OR as a tree that is no deeper than it must be.
    fn terms(&self, terms: &[Ast], join: fn(Expr, Expr) -> Expr) -> SqlResult<Expr> {
        match terms {
            [term] => self.condition(term, "Logical expression term"),
            _ => {
                let (left, right) = terms.split_at(terms.len() / 2);
                Ok(join(self.terms(left, join)?, self.terms(right, join)?))
            }
        }
    }

    fn inner(&self, ast: &Ast) -> SqlResult<Typed> {
        let at = ast.at;
        match &ast.kind {
            ExprKind::Null => Typed::null(Type::Unknown),
            ExprKind::Boolean(value) => Ok(Typed::boolean(*value)),
            ExprKind::String(text) => {
                let length = u32::try_from(text.chars().count()).ok();
                Ok(Typed { kind: Type::Varchar(length), ..Typed::varchar(text.clone()) })
            }
            ExprKind::Binary(bytes) => {
                let value = ScalarValue::Binary(Some(bytes.clone()));
                Ok(Typed::literal(value, Type::Varbinary))
            }
            ExprKind::Integer(value) => Ok(match i32::try_from(*value) {
                Ok(small) => Typed::literal(ScalarValue::Int32(Some(small)), Type::Integer),
                Err(_) => Typed::bigint(*value),
            }),
            ExprKind::Decimal(text) => decimal(text, at),
            ExprKind::Double(value) => {
                Ok(Typed::literal(ScalarValue::Float64(Some(*value)), Type::Double))
            }
            ExprKind::Typed { kind, text } => self.typed_literal(kind, text, at),
            ExprKind::Interval { negative, text, start, end } => {
                interval(*negative, text, start, end.as_deref(), at)
            }
            ExprKind::Name(_) | ExprKind::Field { .. } => self.name(ast),
            ExprKind::Parameter => error(
                Code::InvalidArguments,
                at,
                "a parameter ? has no value here; bind it by name",
            ),
            ExprKind::Call(call) => self.call(call, at),
            ExprKind::Lambda { .. } => error(
                Code::TypeMismatch,
                at,
                "Lambda expression should always be used inside a function",
            ),
            ExprKind::Negate(value) => {
                let value = self.expr(value)?;
                self.operator("$negate", "-", vec![value], at)
            }
            ExprKind::Arithmetic { operator, left, right } => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                let (name, symbol) = match operator {
                    Arithmetic::Add => ("$add", "+"),
                    Arithmetic::Subtract => ("$subtract", "-"),
                    Arithmetic::Multiply => ("$multiply", "*"),
                    Arithmetic::Divide => ("$divide", "/"),
                    Arithmetic::Modulus => ("$modulus", "%"),
                };
                self.operator(name, symbol, vec![left, right], at)
            }
            ExprKind::Compare { operator, left, right } => {
                let (left, right) = (self.placed(left)?, self.placed(right)?);
                self.compare(*operator, left, right, at)
            }
            ExprKind::Quantified { operator, all, value, query } => {
                self.quantified(*operator, *all, value, query, at)
            }
            ExprKind::And(terms) => Ok(boolean(self.terms(terms, and)?)),
            ExprKind::Or(terms) => Ok(boolean(self.terms(terms, or)?)),
            ExprKind::Not(value) => {
                Ok(boolean(not(self.condition(value, "Value of logical NOT expression")?)))
            }
            ExprKind::Between { value, low, high } => {
                let value = self.placed(value)?;
                let (low, high) = (self.placed(low)?, self.placed(high)?);
                let low = self.compare(Comparison::GreaterOrEqual, value.clone(), low, at)?;
                let high = self.compare(Comparison::LessOrEqual, value, high, at)?;
                Ok(boolean(and(low.expr, high.expr)))
            }
            ExprKind::InList { value, list } => {
                let value = self.placed(value)?;
                let list = list.iter().map(|item| self.placed(item)).collect::<SqlResult<_>>()?;
                self.in_list(value, list, at)
            }
            ExprKind::InQuery { value, query } => self.in_query(value, query, at),
            ExprKind::Like { value, pattern, escape } => {
                let (value, pattern) = (self.expr(value)?, self.expr(pattern)?);
                let escape = escape.as_ref().map(|escape| self.expr(escape)).transpose()?;
                self.like(value, pattern, escape, at)
            }
            ExprKind::IsNull(value) => {
                let value = self.expr(value)?;
                Ok(boolean(Expr::IsNull(Box::new(value.expr))))
            }
            ExprKind::IsDistinct { left, right } => {
                let (left, right) = (self.placed(left)?, self.placed(right)?);
                self.is_distinct(left, right, at)
            }
            ExprKind::Exists(query) => {
                let column = self.pending(PendingKind::Exists, query)?.0;
                Ok(Typed::new(Expr::Column(column), Type::Boolean))
            }
            ExprKind::Subquery(query) => {
                let (column, kind) = self.pending(PendingKind::Scalar, query)?;
                Ok(Typed::new(Expr::Column(column), kind))
            }
            ExprKind::Case { operand, whens, otherwise } => {
                self.case(operand.as_deref(), whens, otherwise.as_deref(), at)
            }
            ExprKind::Cast { value, kind, safe } => {
                let to = resolve_type(kind).map_err(|error| match error.code {
                    Code::TypeNotFound => SqlError::mismatch(error.message).at(at),
                    _ => error.at(kind.at),
                })?;
                let value = self.expr(value)?;
                self.analyzer.cast(value, &to, *safe, at)
            }
            ExprKind::Array(items) => {
                let items: Vec<_> = items.iter().map(|i| self.expr(i)).collect::<SqlResult<_>>()?;
                let (items, kind) = self.unify(items, at, "All ARRAY elements")?;
                let array = self.only_function("$array")?;
                Ok(self.analyzer.function(array, items, Type::array(kind)))
            }
            ExprKind::Row(fields) => {
                let mut values = Vec::with_capacity(fields.len());
                let mut kinds = Vec::with_capacity(fields.len());
                for (name, field) in fields {
                    let value = self.analyzer.canonical(self.expr(field)?);
                    let name = name
                        .as_ref()
                        .map(|name| if name.quoted { name.value.clone() } else { name.lower() });
                    kinds.push(RowField { name, kind: value.kind.clone() });
                    values.push(value);
                }
                Ok(self.make_row(values, kinds))
            }
            ExprKind::Subscript { base, index } => {
                let (base, index) = (self.expr(base)?, self.expr(index)?);
                self.subscript(base, index, at)
            }
            ExprKind::AtTimeZone { value, zone } => {
                let (value, zone) = (self.expr(value)?, self.expr(zone)?);
                if value.kind == Type::Date {
                    return error(
                        Code::TypeMismatch,
                        at,
                        "Type of value must be a time or timestamp with or without time zone (actual date)",
                    );
                }
                self.operator("$at_timezone", "AT TIME ZONE", vec![value, zone], at)
            }
            ExprKind::Extract { field, value } => {
                let value = self.expr(value)?;
                let name = field.lower();
                let name = match name.as_str() {
                    "year" | "quarter" | "month" | "week" | "day" | "day_of_month"
                    | "day_of_week" | "day_of_year" | "year_of_week" | "hour" | "minute"
                    | "second" | "timezone_hour" | "timezone_minute" | "dow" | "doy" | "yow" => {
                        name.as_str()
                    }
                    _ => {
                        return error(
                            Code::Syntax,
                            at,
                            format!("Invalid EXTRACT field: {}", field.value),
                        );
                    }
                };
                let upper = name.to_uppercase();
                let message = format!("Cannot extract {upper} from {}", value.kind);
                let lacks = match name {
                    "hour" | "minute" | "second" => value.kind == Type::Date,
                    "timezone_hour" | "timezone_minute" => {
                        !matches!(value.kind, Type::TimestampTz(_))
                    }
                    _ => false,
                };
                if lacks {
                    return error(Code::TypeMismatch, at, message);
                }
                self.scalar(name, vec![value], at).map_err(|error| match error.code {
                    Code::FunctionNotFound => SqlError::mismatch(message).at(at),
                    _ => error,
                })
            }
            ExprKind::Current { what, precision } => self.current(*what, *precision, at),
            ExprKind::Grouping(columns) => {
                if self.collect.aggregates.is_none() || self.inside == Inside::Aggregate {
                    let message = format!(
                        "{} cannot contain aggregations, window functions or grouping operations: [grouping]",
                        self.collect.clause
                    );
                    return error(Code::ExpressionNotScalar, at, message);
                }
                let columns: Vec<_> =
                    columns.iter().map(|c| self.expr(c)).collect::<SqlResult<_>>()?;
                let kind = if columns.len() <= 31 { Type::Integer } else { Type::Bigint };
                let column = self.analyzer.column("grouping", &kind);
                self.collect.groupings.borrow_mut().push((column.clone(), columns));
                Ok(Typed::new(Expr::Column(column), kind))
            }
            ExprKind::JsonPath(call) => self.json_path(call, at),
            ExprKind::JsonObject(object) => self.json_object(object, at),
            ExprKind::JsonArray(array) => self.json_array(array, at),
        }
    }

    /// Makes values of one type.
    pub(crate) fn unify(
        &self,
        values: Vec<Typed>,
        at: Position,
        what: &str,
    ) -> SqlResult<(Vec<Typed>, Type)> {
        let mut kind = Type::Unknown;
        for value in &values {
            kind = common_type(&kind, &value.kind).ok_or_else(|| {
                let other = &value.kind;
                SqlError::mismatch(format!("{what} must be the same type: {kind} and {other}"))
                    .at(at)
            })?;
        }
        let coerced = values
            .into_iter()
            .map(|value| self.analyzer.coerce(value, &kind, at).map(|v| self.analyzer.canonical(v)))
            .collect::<SqlResult<_>>()?;
        Ok((coerced, kind))
    }

    /// Returns the first function of a name, where all of them compute the same.
    fn only_function(&self, name: &str) -> SqlResult<&'static Function> {
        let first = registry().scalar(name).first();
        first.ok_or_else(|| SqlError::internal(format!("{name} is missing")))
    }

    pub(crate) fn make_row(&self, values: Vec<Typed>, fields: Vec<RowField>) -> Typed {
        let kind = Type::Row(fields.into());
        self.analyzer.function(&ROW, values, kind)
    }

    /// Calls the function behind an operator; its errors speak of the operator.
    fn operator(
        &self,
        name: &str,
        symbol: &str,
        operands: Vec<Typed>,
        at: Position,
    ) -> SqlResult<Typed> {
        let kinds: Vec<_> = operands.iter().map(|o| o.kind.to_string()).collect();
        self.scalar(name, operands, at).map_err(|error| match error.code {
            Code::FunctionNotFound => {
                let types = kinds.join(", ");
                SqlError::mismatch(format!("Cannot apply operator: {symbol} to {types}")).at(at)
            }
            _ => error,
        })
    }

    /// A column, a parameter, or a field of a row in one.
    fn name(&self, ast: &Ast) -> SqlResult<Typed> {
        let mut parts = Vec::new();
        let mut base = ast;
        let start = loop {
            match &base.kind {
                ExprKind::Field { base: inner, name } => {
                    parts.push(name);
                    base = inner;
                }
                ExprKind::Name(name) => {
                    parts.push(name);
                    break None;
                }
                _ => break Some(base),
            }
        };
        parts.reverse();
        let (mut typed, used) = match start {
            Some(base) => (self.expr(base)?, 0),
            None => match self.analyzer.resolve(&self.names, &parts, ast.at)? {
                Some(found) => found,
                None => return Err(self.unknown_column(&parts, ast.at)),
            },
        };
        for name in &parts[used..] {
            typed = self.field(typed, name, ast.at)?;
        }
        Ok(typed)
    }

    fn unknown_column(&self, parts: &[&Ident], at: Position) -> SqlError {
        let name: Vec<_> = parts.iter().map(|part| part.lower()).collect();
        let name = name.join(".");
        let known = self.names.fields.iter().filter_map(|field| field.name.clone());
        let last = parts.first().map(|part| part.lower()).unwrap_or_default();
        let near = nearest(&last, known.collect());
        SqlError::new(Code::ColumnNotFound, format!("Column '{name}' cannot be resolved{near}"))
            .at(at)
    }

    /// A field of a row by its name.
    fn field(&self, base: Typed, name: &Ident, at: Position) -> SqlResult<Typed> {
        let Type::Row(fields) = &base.kind else {
            let kind = &base.kind;
            return error(
                Code::TypeMismatch,
                at,
                format!(
                    "Expression is not of type ROW: it is {kind}, and has no field '{}'",
                    name.value
                ),
            );
        };
        let wanted = name.lower();
        let wanted = self.analyzer.catalog.field_alias(&wanted).map_or(wanted, str::to_owned);
        let mut found = fields.iter().enumerate().filter(|(_, field)| {
            field.name.as_ref().is_some_and(|field| field.to_lowercase() == wanted)
        });
        let Some((index, _)) = found.next() else {
            let known = fields.iter().filter_map(|field| field.name.clone()).collect();
            let near = nearest(&wanted, known);
            let message =
                format!("Column '{wanted}' cannot be resolved: the row has no such field{near}");
            return error(Code::InvalidColumnReference, at, message);
        };
        if found.next().is_some() {
            let message = format!("Ambiguous row field reference: {wanted}");
            return error(Code::AmbiguousName, name.at, message);
        }
        Ok(self.row_field(base, index))
    }

    /// A field of a row by its place.
    pub(crate) fn row_field(&self, base: Typed, index: usize) -> Typed {
        let Type::Row(fields) = &base.kind else { return base };
        let kind = fields[index].kind.clone();
        if is_scanned(&base.expr) {
            let names = struct_fields(fields);
            return Typed::new(get_field(base.expr, names[index].name().as_str()), kind);
        }
        let index = Typed::bigint(index as i64);
        self.analyzer.function(&ROW_FIELD, vec![base, index], kind)
    }

    fn subscript(&self, base: Typed, index: Typed, at: Position) -> SqlResult<Typed> {
        if let Type::Row(fields) = &base.kind {
            let place = match index.constant() {
                Some(ScalarValue::Int32(Some(place))) => i64::from(*place),
                Some(ScalarValue::Int64(Some(place))) => *place,
                _ => {
                    let message = "Subscript expression on ROW requires a constant index";
                    return error(Code::ExpressionNotConstant, at, message);
                }
            };
            let count = fields.len();
            return match usize::try_from(place - 1) {
                Ok(at) if at < count => Ok(self.row_field(base, at)),
                _ => {
                    let message = format!("ROW has {count} fields, and none has the index {place}");
                    error(Code::InvalidFunctionArgument, at, message)
                }
            };
        }
        self.operator("$subscript", "[]", vec![base, index], at)
    }

    /// A comparison, as Trino and, where that is more lenient, the Lake mean it.
    pub(crate) fn compare(
        &self,
        operator: Comparison,
        left: Placed,
        right: Placed,
        at: Position,
    ) -> SqlResult<Typed> {
        let Some((left, right)) = self.comparable(left, right, at)? else {
            return Err(SqlError::internal("types that do not meet"));
        };
        let (operator, left, right) = floored(operator, left, right);
        if let Some(range) = self.days(operator, &left, &right)? {
            return Ok(range);
        }
        let kind = left.kind.clone();
        let ordered = !matches!(operator, Comparison::Equal | Comparison::NotEqual);
        if (ordered && !kind.is_orderable()) || !kind.is_comparable() {
            let symbol = symbol(operator);
            let message = format!("Cannot apply operator: {kind} {symbol} {kind}");
            return error(Code::TypeMismatch, at, message);
        }
        if kind == Type::Unknown {
            return Typed::null(Type::Boolean);
        }
        if !compares_natively(&kind) {
            return self.scalar(operator_name(operator), vec![left, right], at);
        }
        let op = match operator {
            Comparison::Equal => Operator::Eq,
            Comparison::NotEqual => Operator::NotEq,
            Comparison::Less => Operator::Lt,
            Comparison::LessOrEqual => Operator::LtEq,
            Comparison::Greater => Operator::Gt,
            Comparison::GreaterOrEqual => Operator::GtEq,
        };
        let (left, right) = self.alike(left, right);
        Ok(boolean(binary(left, op, right)))
    }

    /// A comparison of a timestamp's date with a constant one, as bounds of the timestamp: so scans can
    /// use their statistics.
    fn days(&self, operator: Comparison, left: &Typed, right: &Typed) -> SqlResult<Option<Typed>> {
        let Some((time, day)) = date_of(left).zip(day(right)) else {
            return Ok(match (date_of(right), day(left)) {
                (Some(_), Some(_)) => self.days(operator.flipped(), right, left)?,
                _ => None,
            });
        };
        let midnight = |days: i64| {
            let nanos = i128::from(days) * 86_400_000_000_000;
            timestamp(nanos, None, 0).ok_or_else(|| SqlError::range("a date out of range"))
        };
        let at = Position { line: 1, column: 1 };
        let compare = |operator, days| {
            let (time, day) = (time.clone().placed(at), midnight(days)?.placed(at));
            Ok::<_, SqlError>(self.compare(operator, time, day, at)?.expr)
        };
        let (from, to) = (i64::from(day), i64::from(day) + 1);
        Ok(Some(boolean(match operator {
            Comparison::Equal => {
                and(compare(Comparison::GreaterOrEqual, from)?, compare(Comparison::Less, to)?)
            }
            Comparison::NotEqual => {
                or(compare(Comparison::Less, from)?, compare(Comparison::GreaterOrEqual, to)?)
            }
            Comparison::Less => compare(Comparison::Less, from)?,
            Comparison::LessOrEqual => compare(Comparison::Less, to)?,
            Comparison::Greater => compare(Comparison::GreaterOrEqual, to)?,
            Comparison::GreaterOrEqual => compare(Comparison::GreaterOrEqual, from)?,
        })))
    }

    /// Brings two values to one type.
    fn comparable(
        &self,
        left: Placed,
        right: Placed,
        at: Position,
    ) -> SqlResult<Option<(Typed, Typed)>> {
        let kinds = (left.typed.kind.clone(), right.typed.kind.clone());
        let left = self.as_lake_reads(left, &kinds.1)?;
        let right = self.as_lake_reads(right, &kinds.0)?;
        if left.kind == right.kind {
            return Ok(Some((left, right)));
        }
        // A constant that means the same in the column's own type leaves the column as it is, which
        // lets scans use their statistics.
        for flipped in [false, true] {
            let (value, constant) = if flipped { (&right, &left) } else { (&left, &right) };
            if let Some(constant) = self.narrowed(value, constant) {
                let value = value.clone();
                return Ok(Some(if flipped { (constant, value) } else { (value, constant) }));
            }
        }
        if let Some(kind) = common_type(&left.kind, &right.kind) {
            let left = self.analyzer.coerce(left, &kind, at)?;
            return Ok(Some((left, self.analyzer.coerce(right, &kind, at)?)));
        }
        let message = format!("Cannot apply operator: {} = {}", left.kind, right.kind);
        error(Code::TypeMismatch, at, message)
    }

    /// Returns a constant in the type of `value`, if it is exactly the same there.
    fn narrowed(&self, value: &Typed, constant: &Typed) -> Option<Typed> {
        let scalar = constant.constant()?;
        if value.constant().is_some() || scalar.is_null() {
            return None;
        }
        match (&value.kind, &constant.kind) {
            (Type::Timestamp(a), Type::Timestamp(b)) if a < b => {
                exact_timestamp(nanos_of(scalar)?, *a)
            }
            (Type::Timestamp(precision), Type::TimestampTz(_)) => {
                let ScalarValue::Decimal128(Some(packed), ..) = scalar else { return None };
                // The session is in UTC.
                let (nanos, _) = traillake_sql_types::zone::unpack(*packed);
                exact_timestamp(nanos, *precision)
            }
            _ => None,
        }
    }

    /// Brings two values of one type to one layout: a constant takes that of the column.
    fn alike(&self, left: Typed, right: Typed) -> (Expr, Expr) {
        let (a, b) = (self.analyzer.lies_as(&left), self.analyzer.lies_as(&right));
        if a == b {
            return (left.expr, right.expr);
        }
        let as_type = |constant: &Typed, wanted| {
            let value = constant.constant()?.cast_to(wanted).ok()?;
            Some(Expr::Literal(value, None))
        };
        if let Some(right) = as_type(&right, &a) {
            return (left.expr, right);
        }
        if let Some(left) = as_type(&left, &b) {
            return (left, right.expr);
        }
        (self.analyzer.canonical(left).expr, self.analyzer.canonical(right).expr)
    }

    fn is_distinct(&self, left: Placed, right: Placed, at: Position) -> SqlResult<Typed> {
        let Some((left, right)) = self.comparable(left, right, at)? else {
            return Err(SqlError::internal("types that do not meet"));
        };
        if compares_natively(&left.kind) {
            let (left, right) = self.alike(left, right);
            return Ok(boolean(binary(left, Operator::IsDistinctFrom, right)));
        }
        if left.kind == Type::Unknown {
            return Ok(Typed::boolean(false));
        }
        self.scalar("$distinct_from", vec![left, right], at)
    }

    fn in_list(&self, value: Placed, list: Vec<Placed>, at: Position) -> SqlResult<Typed> {
        if let Some(among) = self.among(&value.typed, &list, at)? {
            return Ok(among);
        }
        let mut any: Option<Expr> = None;
        for item in list {
            let equal = self.compare(Comparison::Equal, value.clone(), item, at)?.expr;
            any = Some(match any {
                Some(any) => or(any, equal),
                None => equal,
            });
        }
        Ok(any.map_or_else(|| Typed::boolean(false), boolean))
    }

    /// `IN` with a list of constants that are exactly values of the type on its left.
    fn among(&self, value: &Typed, list: &[Placed], at: Position) -> SqlResult<Option<Typed>> {
        let list = list
            .iter()
            .map(|item| {
                let item = self.as_lake_reads(item.clone(), &value.kind)?;
                Ok(self.narrowed(value, &item).unwrap_or(item))
            })
            .collect::<SqlResult<Vec<_>>>()?;
        let same = list.iter().all(|item| {
            item.constant().is_some()
                && common_type(&item.kind, &value.kind).is_some_and(|kind| {
                    kind == value.kind || (kind.is_varchar() && value.kind.is_varchar())
                })
        });
        if same && compares_natively(&value.kind) {
            let data_type = self.analyzer.lies_as(value);
            let items: Option<Vec<_>> = list
                .iter()
                .map(|item| {
                    let item = self.analyzer.coerce(item.clone(), &value.kind, at);
                    let item = item
                        .unwrap_or_else(|_| Typed { kind: value.kind.clone(), ..list[0].clone() });
                    Some(Expr::Literal(item.constant()?.cast_to(&data_type).ok()?, None))
                })
                .collect();
            if let Some(items) = items {
                let list = InList::new(Box::new(value.expr.clone()), items, false);
                return Ok(Some(boolean(Expr::InList(list))));
            }
        }
        Ok(None)
    }

    fn like(
        &self,
        value: Typed,
        pattern: Typed,
        escape: Option<Typed>,
        at: Position,
    ) -> SqlResult<Typed> {
        for (what, typed) in
            [("Left side of LIKE expression", &value), ("Pattern for LIKE expression", &pattern)]
        {
            if !typed.kind.is_varchar() && !matches!(typed.kind, Type::Unknown | Type::Char(_)) {
                let kind = &typed.kind;
                let message = format!("{what} must evaluate to a varchar: actual type {kind}");
                return error(Code::TypeMismatch, at, message);
            }
        }
        // Arrow's LIKE escapes by a backslash, Trino's by nothing unless told.
        if escape.is_none()
            && value.kind.is_varchar()
            && pattern.text().is_some_and(|text| !text.contains('\\'))
        {
            let (value, pattern) = self.alike(value, pattern);
            let like = Like::new(false, Box::new(value), Box::new(pattern), None, false);
            return Ok(boolean(Expr::Like(like)));
        }
        let arguments = [Some(value), Some(pattern), escape].into_iter().flatten().collect();
        self.scalar("$like", arguments, at)
    }

    fn case(
        &self,
        operand: Option<&Ast>,
        whens: &[(Ast, Ast)],
        otherwise: Option<&Ast>,
        at: Position,
    ) -> SqlResult<Typed> {
        let operand = operand.map(|operand| self.placed(operand)).transpose()?;
        let mut conditions = Vec::with_capacity(whens.len());
        let mut values = Vec::with_capacity(whens.len() + 1);
        for (when, then) in whens {
            conditions.push(match &operand {
                Some(operand) => {
                    let when = self.placed(when)?;
                    self.compare(Comparison::Equal, operand.clone(), when, at)?.expr
                }
                None => self.condition(when, "CASE WHEN clause")?,
            });
            values.push(self.expr(then)?);
        }
        values.push(match otherwise {
            Some(otherwise) => self.expr(otherwise)?,
            None => Typed::null(Type::Unknown)?,
        });
        let (mut values, kind) = self.unify(values, at, "All CASE results")?;
        let otherwise = values.pop().map(|typed| typed.expr);
        let whens = conditions.into_iter().zip(values.into_iter().map(|v| v.expr)).collect();
        Ok(Typed::new(case_when(whens, otherwise), kind))
    }

    fn typed_literal(
        &self,
        name: &traillake_sql_parser::ast::TypeName,
        text: &str,
        at: Position,
    ) -> SqlResult<Typed> {
        use traillake_sql_parser::ast::TypeNameKind;
        let bad = |kind: &str| {
            let message = format!("'{text}' is not a valid {kind} literal");
            SqlError::new(Code::InvalidLiteral, message).at(at)
        };
        if let TypeNameKind::Generic { name, parameters } = &name.kind
            && parameters.is_empty()
        {
            match name.as_str() {
                "decimal" => return decimal(text.trim(), at),
                "time" => {
                    let (nanos, digits) = parse_time(text, 9).ok_or_else(|| bad("TIME"))?;
                    check_digits("TIME", digits, at)?;
                    let value = ScalarValue::Time64Nanosecond(Some(nanos));
                    return Ok(Typed::literal(value, Type::Time(digits)));
                }
                "timestamp" => {
                    let (nanos, zone, digits) =
                        parse_timestamp(text).ok_or_else(|| bad("TIMESTAMP"))?;
                    check_digits("TIMESTAMP", digits, at)?;
                    return timestamp(nanos, zone, digits).ok_or_else(|| bad("TIMESTAMP"));
                }
                "json" => {
                    let text = Typed::varchar(text);
                    let value = self.scalar("json_parse", vec![text], at)?;
                    return if value.constant().is_some() { Ok(value) } else { Err(bad("JSON")) };
                }
                "char" => {
                    let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
                    return Ok(Typed {
                        kind: Type::Char(length),
                        ..Typed::varchar(text.trim_end_matches(' '))
                    });
                }
                _ => {}
            }
        }
        let kind = resolve_type(name).map_err(|error| error.at(at))?;
        let value = self.analyzer.cast(Typed::varchar(text), &kind, false, at)?;
        if value.constant().is_none() {
            return Err(bad(&kind.to_string()));
        }
        Ok(value)
    }

    pub(crate) fn current(
        &self,
        what: Current,
        precision: Option<u8>,
        at: Position,
    ) -> SqlResult<Typed> {
        let text = |text: &str| Ok(Typed::varchar(text));
        let precision = precision.unwrap_or(3);
        check_digits("current time", precision, at)?;
        let now = self.analyzer.now;
        let now =
            i128::from(now.timestamp()) * 1_000_000_000 + i128::from(now.timestamp_subsec_nanos());
        let step = 10_i128.pow(u32::from(9 - precision));
        let rounded = now - now.rem_euclid(step);
        match what {
            Current::User => text("user"),
            Current::Catalog => text(self.analyzer.catalog.catalog_name()),
            Current::Schema => text(self.analyzer.default_schema()),
            Current::Path => text(""),
            Current::Date => {
                let days = i32::try_from(now.div_euclid(86_400_000_000_000)).unwrap_or_default();
                Ok(Typed::literal(ScalarValue::Date32(Some(days)), Type::Date))
            }
            Current::Timestamp => timestamp(rounded, Some(Zone::UTC), precision)
                .ok_or_else(|| SqlError::internal("the clock is out of range")),
            Current::LocalTimestamp => timestamp(rounded, None, precision)
                .ok_or_else(|| SqlError::internal("the clock is out of range")),
            Current::LocalTime => {
                let nanos = rounded.rem_euclid(86_400_000_000_000) as i64;
                let value = ScalarValue::Time64Nanosecond(Some(nanos));
                Ok(Typed::literal(value, Type::Time(precision)))
            }
            Current::Time => error(
                Code::NotSupported,
                at,
                "time with time zone is not supported yet; use localtime or current_timestamp",
            ),
        }
    }

    /// A subquery as a column.
    fn pending(&self, kind: PendingKind, query: &Query) -> SqlResult<(Column, Type)> {
        let (mut relation, outer) = self.subquery(query)?;
        let mut value = Type::Boolean;
        if !matches!(kind, PendingKind::Exists) {
            relation = self.analyzer.one_column(relation, query.at)?;
            value = relation.fields[0].kind.clone();
        }
        self.add_pending(kind, relation, outer, value)
    }

    fn add_pending(
        &self,
        kind: PendingKind,
        relation: Relation,
        outer: Vec<super::scope::OuterColumn>,
        value: Type,
    ) -> SqlResult<(Column, Type)> {
        let like = match kind {
            PendingKind::Scalar => "subquery",
            PendingKind::Exists => "exists",
            PendingKind::In { .. } => "in",
            PendingKind::Quantified { .. } => "quantified",
        };
        let (column, result) = match kind {
            PendingKind::Scalar => (self.analyzer.column(like, &value), value),
            _ => (self.analyzer.column(like, &Type::Boolean), Type::Boolean),
        };
        if self.names.lambda.is_some() {
            return Err(SqlError::unsupported(
                "Subqueries in lambda expressions are not supported",
            ));
        }
        let pending = Pending { column: column.clone(), kind, relation, outer };
        let list = if self.inside == Inside::Aggregate {
            &self.collect.below
        } else {
            &self.collect.subqueries
        };
        list.borrow_mut().push(pending);
        Ok((column, result))
    }

    /// Plans a query inside this expression.
    fn subquery(&self, query: &Query) -> SqlResult<(Relation, Vec<super::scope::OuterColumn>)> {
        let outer = super::scope::Outer { names: self.names, used: RefCell::default() };
        let context = Context { outer: Some(&outer), ..*self.context };
        let (relation, _) = self.analyzer.query(query, &context)?;
        Ok((relation, outer.used.into_inner()))
    }

    fn in_query(&self, value: &Ast, query: &Query, at: Position) -> SqlResult<Typed> {
        let value = self.expr(value)?;
        let (relation, outer) = self.subquery(query)?;
        let (value, relation) = self.meet(value, relation, "IN", at)?;
        let (column, kind) =
            self.add_pending(PendingKind::In { value }, relation, outer, Type::Boolean)?;
        Ok(Typed::new(Expr::Column(column), kind))
    }

    fn quantified(
        &self,
        operator: Comparison,
        all: bool,
        value: &Ast,
        query: &Query,
        at: Position,
    ) -> SqlResult<Typed> {
        let value = self.expr(value)?;
        let (relation, outer) = self.subquery(query)?;
        let (value, relation) = self.meet(value, relation, symbol(operator), at)?;
        let equality = matches!(operator, Comparison::Equal | Comparison::NotEqual);
        if !equality && !value.kind.is_orderable() {
            let message = format!(
                "Type [{}] must be orderable in order to be used in quantified comparison",
                value.kind
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
            Some(_) => PendingKind::In { value },
            None => PendingKind::Quantified { operator, all, value },
        };
        let (column, _) = self.add_pending(kind, relation, outer, Type::Boolean)?;
        let expr = Expr::Column(column);
        Ok(boolean(if negated == Some(true) { not(expr) } else { expr }))
    }

    /// Brings a value and the only column of a subquery to one type.
    fn meet(
        &self,
        value: Typed,
        relation: Relation,
        what: &str,
        at: Position,
    ) -> SqlResult<(Typed, Relation)> {
        // A row meets the columns as one.
        let plain =
            matches!(relation.fields.as_slice(), [only] if !matches!(only.kind, Type::Row(_)));
        let relation = match &value.kind {
            Type::Row(fields) if fields.len() == 1 && plain => {
                self.analyzer.row_column(relation, at)?
            }
            _ => self.analyzer.one_column(relation, at)?,
        };
        let inner = &relation.fields[0].kind;
        let Some(kind) = common_type(&value.kind, inner).filter(Type::is_comparable) else {
            let message = format!(
                "value and result of subquery must be of the same type for {what} expression: {} vs {inner}",
                value.kind
            );
            return error(Code::TypeMismatch, at, message);
        };
        let value = self.analyzer.canonical(self.analyzer.coerce(value, &kind, at)?);
        let relation = self.analyzer.coerce_columns(relation, &[kind], at)?;
        Ok((value, relation))
    }
}

/// Whether an expression is a column of a scan or a member of a struct in one.
fn is_scanned(expr: &Expr) -> bool {
    match expr {
        Expr::Column(column) => column.relation.is_some(),
        Expr::ScalarFunction(function) => {
            function.name() == "get_field" && function.args.first().is_some_and(is_scanned)
        }
        _ => false,
    }
}

/// Returns the timestamp whose date an expression is.
fn date_of(typed: &Typed) -> Option<Typed> {
    let Expr::ScalarFunction(function) = &typed.expr else { return None };
    let call = function.func.inner().downcast_ref::<ScalarCall>()?;
    let is_date = typed.kind == Type::Date && matches!(call.function.id.name, "date" | "$cast");
    match (is_date, call.types.as_slice(), function.args.as_slice()) {
        (true, [kind @ Type::Timestamp(_)], [time]) => Some(Typed::new(time.clone(), kind.clone())),
        _ => None,
    }
}

/// Returns a constant date, in days since 1970.
fn day(typed: &Typed) -> Option<i32> {
    match (&typed.kind, typed.constant()?) {
        (Type::Date, ScalarValue::Date32(day)) => *day,
        _ => None,
    }
}

pub(crate) fn boolean(expr: Expr) -> Typed {
    Typed::new(expr, Type::Boolean)
}

/// A decimal literal; its digits are its type.
fn decimal(text: &str, at: Position) -> SqlResult<Typed> {
    let bad =
        || SqlError::new(Code::InvalidLiteral, format!("Invalid decimal literal: '{text}'")).at(at);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    let whole = whole.trim_start_matches('0');
    let precision = (whole.len() + fraction.len()).max(1);
    if precision > 38 {
        return Err(bad());
    }
    let value: i128 = all.parse().map_err(|_| bad())?;
    let value = if negative { -value } else { value };
    let (precision, scale) = (precision as u8, fraction.len() as u8);
    Ok(Typed::literal(
        ScalarValue::Decimal128(Some(value), precision, scale as i8),
        Type::Decimal(precision, scale),
    ))
}

/// Refuses more digits of a second than types have here, and more than Trino knows.
fn check_digits(what: &str, digits: u8, at: Position) -> SqlResult<()> {
    if digits <= 9 {
        return Ok(());
    }
    if digits <= 12 {
        let message =
            format!("times with {digits} digits of a second are not supported yet; 9 are the most");
        return error(Code::NotSupported, at, message);
    }
    let message = format!("{what} precision must be in range [0, 12]: {digits}");
    error(Code::NumericValueOutOfRange, at, message)
}

/// A constant timestamp from local nanoseconds.
pub(crate) fn timestamp(nanos: i128, zone: Option<Zone>, digits: u8) -> Option<Typed> {
    if let Some(zone) = zone {
        let local = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
        let utc = i128::from(zone.to_utc(local)) * 1_000_000_000 + nanos.rem_euclid(1_000_000_000);
        let value = ScalarValue::Decimal128(Some(zone.pack(utc)), 38, 0);
        return Some(Typed::literal(value, Type::TimestampTz(digits)));
    }
    let kind = Type::Timestamp(digits);
    let units = nanos.div_euclid(nanos_per_unit(digits));
    let value = match digits {
        0..=3 => ScalarValue::TimestampMillisecond(Some(i64::try_from(units).ok()?), None),
        4..=6 => ScalarValue::TimestampMicrosecond(Some(i64::try_from(units).ok()?), None),
        _ => ScalarValue::Decimal128(Some(units), 38, 0),
    };
    Some(Typed::literal(value, kind))
}

/// [`timestamp`], if it has no parts of the type's unit.
fn exact_timestamp(nanos: i128, digits: u8) -> Option<Typed> {
    if nanos % nanos_per_unit(digits) != 0 {
        return None;
    }
    timestamp(nanos, None, digits)
}

/// Takes the cast off a timestamp that is compared with a finer constant between two of its values, by
/// comparing it with the lower one: so scans can use their statistics.
fn floored(operator: Comparison, left: Typed, right: Typed) -> (Comparison, Typed, Typed) {
    if left.constant().is_some() && right.constant().is_none() {
        let (operator, left, right) = floored(operator.flipped(), right, left);
        return (operator.flipped(), right, left);
    }
    let coarser = match operator {
        Comparison::Less | Comparison::LessOrEqual => Comparison::LessOrEqual,
        Comparison::Greater | Comparison::GreaterOrEqual => Comparison::Greater,
        Comparison::Equal | Comparison::NotEqual => return (operator, left, right),
    };
    let plain = widened(&left).zip(right.constant().and_then(nanos_of));
    let low = plain.and_then(|(time, nanos)| {
        let Type::Timestamp(digits) = time.kind else { return None };
        let between = nanos.rem_euclid(nanos_per_unit(digits)) != 0;
        Some((time, timestamp(nanos, None, digits).filter(|_| between)?))
    });
    match low {
        Some((time, low)) => (coarser, time, low),
        None => (operator, left, right),
    }
}

/// Returns the timestamp that an expression only casts to more digits.
fn widened(typed: &Typed) -> Option<Typed> {
    let (Expr::ScalarFunction(function), Type::Timestamp(to)) = (&typed.expr, &typed.kind) else {
        return None;
    };
    let call = function.func.inner().downcast_ref::<ScalarCall>()?;
    match (call.types.as_slice(), function.args.as_slice()) {
        ([kind @ Type::Timestamp(from)], [time]) if from < to && *call.function == CAST => {
            Some(Typed::new(time.clone(), kind.clone()))
        }
        _ => None,
    }
}

fn nanos_per_unit(digits: u8) -> i128 {
    i128::from(1_000_000_000 / units_per_second(digits))
}

/// Returns the nanoseconds of a constant timestamp without zone.
fn nanos_of(value: &ScalarValue) -> Option<i128> {
    match value {
        ScalarValue::TimestampMillisecond(Some(millis), _) => Some(i128::from(*millis) * 1_000_000),
        ScalarValue::TimestampMicrosecond(Some(micros), _) => Some(i128::from(*micros) * 1_000),
        ScalarValue::Decimal128(nanos, ..) => *nanos,
        _ => None,
    }
}

fn interval(
    negative: bool,
    text: &str,
    start: &str,
    end: Option<&str>,
    at: Position,
) -> SqlResult<Typed> {
    let bad = || {
        let message = format!("'{text}' is not a valid INTERVAL literal");
        SqlError::new(Code::InvalidLiteral, message).at(at)
    };
    if matches!(start, "year" | "month") {
        let months = parse_interval_year(text, start, end).ok_or_else(bad)?;
        let months = if negative { months.checked_neg().ok_or_else(bad)? } else { months };
        return Ok(Typed::literal(ScalarValue::Int32(Some(months)), Type::IntervalYear));
    }
    let millis = parse_interval_day(text, start, end).ok_or_else(bad)?;
    let millis = if negative { millis.checked_neg().ok_or_else(bad)? } else { millis };
    Ok(Typed::literal(ScalarValue::Int64(Some(millis)), Type::IntervalDay))
}

/// A signature of the registry, which are all readable.
pub(crate) fn signature(text: &str) -> SqlResult<Signature> {
    Signature::parse(text).ok_or_else(|| SqlError::internal(format!("unreadable signature {text}")))
}
