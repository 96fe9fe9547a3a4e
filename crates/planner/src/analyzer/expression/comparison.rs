//! Comparisons, in the forms that scans can use statistics for.

use crate::analyzer::error;
use crate::analyzer::expression::literal::{nanos_of, nanos_per_unit, timestamp};
use crate::analyzer::expression::{ExpressionAnalyzer, boolean};
use crate::analyzer::logical::{and, binary, or};
use crate::analyzer::typed::{LocatedExpr, TypedExpr};
use crate::physical::ScalarCall;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Expr, Operator};
use traillake_functions::CAST;
use traillake_sql_parser::ast::{Comparison, Expr as Ast};
use traillake_sql_types::Type;
use traillake_sql_types::coercion::common_type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

/// The function behind an operator.
fn operator_name(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Equal => "$equal",
        Comparison::NotEqual => "$not_equal",
        Comparison::Less => "$less_than",
        Comparison::LessOrEqual => "$less_than_or_equal",
        Comparison::Greater => "$greater_than",
        Comparison::GreaterOrEqual => "$greater_than_or_equal",
    }
}

pub(crate) fn symbol(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

/// Whether Arrow's comparison of values of a type is Trino's.
fn compares_natively(data_type: &Type) -> bool {
    !matches!(
        data_type,
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

impl<'a> ExpressionAnalyzer<'a> {
    /// A comparison, as Trino and, where that is more lenient, the Lake mean it.
    pub(crate) fn compare(
        &self,
        operator: Comparison,
        left: LocatedExpr,
        right: LocatedExpr,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        self.compare_as(operator, symbol(operator), left, right, at)
    }

    /// A comparison that is `typed` otherwise.
    pub(crate) fn compare_as(
        &self,
        operator: Comparison,
        typed: &str,
        left: LocatedExpr,
        right: LocatedExpr,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let (left, right) = self.comparable(typed, left, right, at)?;
        let (operator, left, right) = floored(operator, left, right);
        if let Some(range) = self.days(operator, &left, &right)? {
            return Ok(range);
        }
        let data_type = left.data_type.clone();
        let ordered = !matches!(operator, Comparison::Equal | Comparison::NotEqual);
        if (ordered && !data_type.is_orderable()) || !data_type.is_comparable() {
            let data_type = data_type.brief();
            let message = format!("Cannot apply operator: {data_type} {typed} {data_type}");
            return error(Code::TypeMismatch, at, message);
        }
        if data_type == Type::Unknown {
            return TypedExpr::null(Type::Boolean);
        }
        if !compares_natively(&data_type) {
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
    fn days(
        &self,
        operator: Comparison,
        left: &TypedExpr,
        right: &TypedExpr,
    ) -> SqlResult<Option<TypedExpr>> {
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
            let (time, day) = (time.clone().located(at), midnight(days)?.located(at));
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
        typed: &str,
        left: LocatedExpr,
        right: LocatedExpr,
        at: Position,
    ) -> SqlResult<(TypedExpr, TypedExpr)> {
        let data_types = (left.typed.data_type.clone(), right.typed.data_type.clone());
        let left = self.text_as(left, &data_types.1)?;
        let right = self.text_as(right, &data_types.0)?;
        if left.data_type == right.data_type {
            return Ok((left, right));
        }
        // A constant that means the same in the column's own type leaves the column as it is, which
        // lets scans use their statistics.
        for flipped in [false, true] {
            let (value, constant) = if flipped { (&right, &left) } else { (&left, &right) };
            if let Some(constant) = self.narrowed(value, constant) {
                let value = value.clone();
                return Ok(if flipped { (constant, value) } else { (value, constant) });
            }
        }
        if let Some(data_type) = common_type(&left.data_type, &right.data_type) {
            let left = self.analyzer.coerce(left, &data_type, at)?;
            return Ok((left, self.analyzer.coerce(right, &data_type, at)?));
        }
        let message = format!(
            "Cannot apply operator: {} {typed} {}",
            left.data_type.brief(),
            right.data_type.brief()
        );
        error(Code::TypeMismatch, at, message)
    }

    /// Returns a constant in the type of `value`, if it is exactly the same there.
    fn narrowed(&self, value: &TypedExpr, constant: &TypedExpr) -> Option<TypedExpr> {
        let scalar = constant.constant()?;
        if value.constant().is_some() || scalar.is_null() {
            return None;
        }
        match (&value.data_type, &constant.data_type) {
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
    pub(crate) fn alike(&self, left: TypedExpr, right: TypedExpr) -> (Expr, Expr) {
        let (a, b) = (self.analyzer.physical_type(&left), self.analyzer.physical_type(&right));
        if a == b {
            return (left.expr, right.expr);
        }
        let as_type = |constant: &TypedExpr, wanted| {
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

    pub(crate) fn is_distinct(
        &self,
        left: LocatedExpr,
        right: LocatedExpr,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let (left, right) = self.comparable("IS DISTINCT FROM", left, right, at)?;
        if compares_natively(&left.data_type) {
            let (left, right) = self.alike(left, right);
            return Ok(boolean(binary(left, Operator::IsDistinctFrom, right)));
        }
        if left.data_type == Type::Unknown {
            return Ok(TypedExpr::boolean(false));
        }
        self.scalar("$distinct_from", vec![left, right], at)
    }

    pub(crate) fn in_list(&self, value: &Ast, list: &[Ast], at: Position) -> SqlResult<TypedExpr> {
        let value = self.located(value)?;
        let list = list.iter().map(|item| self.located(item)).collect::<SqlResult<Vec<_>>>()?;
        if let Some(among) = self.among(&value.typed, &list, at)? {
            return Ok(among);
        }
        let mut any: Option<Expr> = None;
        for item in list {
            let equal = self.compare_as(Comparison::Equal, "IN", value.clone(), item, at)?.expr;
            any = Some(match any {
                Some(any) => or(any, equal),
                None => equal,
            });
        }
        Ok(any.map_or_else(|| TypedExpr::boolean(false), boolean))
    }

    /// `IN` with a list of constants that are exactly values of the type on its left.
    fn among(
        &self,
        value: &TypedExpr,
        list: &[LocatedExpr],
        at: Position,
    ) -> SqlResult<Option<TypedExpr>> {
        let list = list
            .iter()
            .map(|item| {
                let item = self.text_as(item.clone(), &value.data_type)?;
                Ok(self.narrowed(value, &item).unwrap_or(item))
            })
            .collect::<SqlResult<Vec<_>>>()?;
        let same = list.iter().all(|item| {
            item.constant().is_some()
                && common_type(&item.data_type, &value.data_type).is_some_and(|data_type| {
                    data_type == value.data_type
                        || (data_type.is_varchar() && value.data_type.is_varchar())
                })
        });
        if same && compares_natively(&value.data_type) {
            let physical = self.analyzer.physical_type(value);
            let items: Option<Vec<_>> = list
                .iter()
                .map(|item| {
                    let item = self.analyzer.coerce(item.clone(), &value.data_type, at);
                    let item = item.unwrap_or_else(|_| TypedExpr {
                        data_type: value.data_type.clone(),
                        ..list[0].clone()
                    });
                    Some(Expr::Literal(item.constant()?.cast_to(&physical).ok()?, None))
                })
                .collect();
            if let Some(items) = items {
                let list = InList::new(Box::new(value.expr.clone()), items, false);
                return Ok(Some(boolean(Expr::InList(list))));
            }
        }
        Ok(None)
    }
}

/// Returns the timestamp whose date an expression is.
fn date_of(typed: &TypedExpr) -> Option<TypedExpr> {
    let Expr::ScalarFunction(function) = &typed.expr else { return None };
    let call = function.func.inner().downcast_ref::<ScalarCall>()?;
    let is_date =
        typed.data_type == Type::Date && matches!(call.function.id.name, "date" | "$cast");
    match (is_date, call.types.as_slice(), function.args.as_slice()) {
        (true, [data_type @ Type::Timestamp(_)], [time]) => {
            Some(TypedExpr::new(time.clone(), data_type.clone()))
        }
        _ => None,
    }
}

/// Returns a constant date, in days since 1970.
fn day(typed: &TypedExpr) -> Option<i32> {
    match (&typed.data_type, typed.constant()?) {
        (Type::Date, ScalarValue::Date32(day)) => *day,
        _ => None,
    }
}

/// [`timestamp`], if it has no parts of the type's unit.
fn exact_timestamp(nanos: i128, digits: u8) -> Option<TypedExpr> {
    if nanos % nanos_per_unit(digits) != 0 {
        return None;
    }
    timestamp(nanos, None, digits)
}

/// Takes the cast off a timestamp that is compared with a finer constant between two of its values, by
/// comparing it with the lower one: so scans can use their statistics.
fn floored(
    operator: Comparison,
    left: TypedExpr,
    right: TypedExpr,
) -> (Comparison, TypedExpr, TypedExpr) {
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
        let Type::Timestamp(digits) = time.data_type else { return None };
        let between = nanos.rem_euclid(nanos_per_unit(digits)) != 0;
        Some((time, timestamp(nanos, None, digits).filter(|_| between)?))
    });
    match low {
        Some((time, low)) => (coarser, time, low),
        None => (operator, left, right),
    }
}

/// Returns the timestamp that an expression only casts to more digits.
fn widened(typed: &TypedExpr) -> Option<TypedExpr> {
    let (Expr::ScalarFunction(function), Type::Timestamp(to)) = (&typed.expr, &typed.data_type)
    else {
        return None;
    };
    let call = function.func.inner().downcast_ref::<ScalarCall>()?;
    match (call.types.as_slice(), function.args.as_slice()) {
        ([data_type @ Type::Timestamp(from)], [time]) if from < to && *call.function == CAST => {
            Some(TypedExpr::new(time.clone(), data_type.clone()))
        }
        _ => None,
    }
}
