//! Casts and coercions.

use crate::analyzer::Analyzer;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::expression::text_comparison::is_time;
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::types::resolve as resolve_type;
use datafusion::logical_expr::{Cast, Expr};
use traillake_functions::{CAST, TRY_CAST, cast_exists};
use traillake_sql_parser::ast::{Expr as Ast, ExprKind, Given, TypeName};
use traillake_sql_types::Type;
use traillake_sql_types::arrow::{arrow_type, units_per_second};
use traillake_sql_types::coercion::{coerces, same_but_names};
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

impl ExpressionAnalyzer<'_> {
    /// `CAST` and `TRY_CAST`.
    pub(crate) fn cast(
        &self,
        value: &Ast,
        to: &TypeName,
        safe: bool,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let to = resolve_type(to).map_err(|error| match error.code {
            Code::TypeNotFound => SqlError::mismatch(error.message).at(at),
            _ => error.at(to.at),
        })?;
        let value = match &value.kind {
            ExprKind::Given(Given { time: Some(time), .. }) if is_time(&to) => {
                TypedExpr::varchar(time.clone())
            }
            _ => self.expr(value)?,
        };
        self.analyzer.cast(value, &to, safe, at)
    }
}

impl Analyzer<'_> {
    /// `CAST` and `TRY_CAST`.
    pub(crate) fn cast(
        &self,
        value: TypedExpr,
        to: &Type,
        safe: bool,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        if !cast_exists(&value.data_type, to) {
            let message = format!("Cannot cast {} to {to}", value.data_type);
            return Err(SqlError::mismatch(message).at(at));
        }
        Ok(self.convert(value, to, safe))
    }

    /// Makes a value one of a type that it coerces to.
    pub(crate) fn coerce(&self, value: TypedExpr, to: &Type, at: Position) -> SqlResult<TypedExpr> {
        if value.data_type != *to && !coerces(&value.data_type, to) {
            let message = format!("Cannot cast {} to {to}", value.data_type);
            return Err(SqlError::mismatch(message).at(at));
        }
        Ok(self.convert(value, to, false))
    }

    /// Makes a value one of another type; the cast exists.
    fn convert(&self, value: TypedExpr, to: &Type, safe: bool) -> TypedExpr {
        let from = value.data_type.clone();
        if from == Type::Unknown
            && value.is_null()
            && let Ok(null) = TypedExpr::null(to.clone())
        {
            return null;
        }
        if from == *to || same_physical_type(&from, to) {
            return TypedExpr::new(self.canonical(value).expr, to.clone());
        }
        if widens(&from, to) {
            let expr = Expr::Cast(Cast::new(Box::new(value.expr), arrow_type(to)));
            return TypedExpr::new(self.fold(expr), to.clone());
        }
        let value = self.canonical(value);
        self.function(if safe { &TRY_CAST } else { &CAST }, vec![value], to.clone())
    }

    /// Returns the value in the canonical Arrow type of its type: columns of a scan may be views.
    pub(crate) fn canonical(&self, value: TypedExpr) -> TypedExpr {
        let wanted = arrow_type(&value.data_type);
        if self.physical_type(&value) == wanted {
            return value;
        }
        let expr = Expr::Cast(Cast::new(Box::new(value.expr), wanted));
        TypedExpr::new(self.fold(expr), value.data_type)
    }
}

/// Whether values of two types have one physical form.
fn same_physical_type(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Varchar(_), Type::Varchar(None)) => true,
        (Type::Varchar(Some(a)), Type::Varchar(Some(b))) => a <= b,
        (Type::Timestamp(a), Type::Timestamp(b)) => {
            a <= b && units_per_second(*a) == units_per_second(*b)
        }
        (Type::Time(a), Type::Time(b)) | (Type::TimestampTz(a), Type::TimestampTz(b)) => a <= b,
        (Type::Row(_) | Type::Array(_) | Type::Map(..), _) => {
            same_but_names(from, to) && arrow_type(from) == arrow_type(to)
        }
        _ => false,
    }
}

/// Whether Arrow's own cast is Trino's: it only widens.
fn widens(from: &Type, to: &Type) -> bool {
    let rank = |data_type: &Type| match data_type {
        Type::Tinyint => Some(0),
        Type::Smallint => Some(1),
        Type::Integer => Some(2),
        Type::Bigint => Some(3),
        _ => None,
    };
    match (from, to) {
        (Type::Real, Type::Double) => true,
        (_, Type::Double) => rank(from).is_some(),
        _ => rank(from).is_some() && rank(to).is_some() && rank(from) < rank(to),
    }
}
