//! Expressions with their types.

use crate::analyzer::Analyzer;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::Sort;
use traillake_sql_parser::ast::Given;
use traillake_sql_types::Type;
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::error::{Position, SqlResult};

/// An expression of the plan, and its type.
#[derive(Debug, Clone)]
pub(crate) struct TypedExpr {
    pub(crate) expr: Expr,
    pub(crate) data_type: Type,
}

impl TypedExpr {
    pub(crate) fn new(expr: Expr, data_type: Type) -> Self {
        Self { expr, data_type }
    }

    pub(crate) fn literal(value: ScalarValue, data_type: Type) -> Self {
        Self { expr: Expr::Literal(value, None), data_type }
    }

    /// NULL of a type.
    pub(crate) fn null(data_type: Type) -> SqlResult<Self> {
        let value = ScalarValue::try_from(&arrow_type(&data_type))?;
        Ok(Self::literal(value, data_type))
    }

    pub(crate) fn boolean(value: bool) -> Self {
        Self::literal(ScalarValue::Boolean(Some(value)), Type::Boolean)
    }

    pub(crate) fn bigint(value: i64) -> Self {
        Self::literal(ScalarValue::Int64(Some(value)), Type::Bigint)
    }

    pub(crate) fn varchar(value: impl Into<String>) -> Self {
        Self::literal(ScalarValue::Utf8(Some(value.into())), Type::VARCHAR)
    }

    /// Returns the value of a constant.
    pub(crate) fn constant(&self) -> Option<&ScalarValue> {
        match &self.expr {
            Expr::Literal(value, _) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.constant().is_some_and(ScalarValue::is_null)
    }

    /// Returns the text of a constant.
    pub(crate) fn text(&self) -> Option<&str> {
        self.constant().and_then(|value| value.try_as_str().flatten())
    }

    /// The value at a place in the statement.
    pub(crate) fn located(self, at: Position) -> LocatedExpr {
        LocatedExpr { typed: self, at, given: None }
    }
}

/// A value, and where it stands in the statement.
#[derive(Debug, Clone)]
pub(crate) struct LocatedExpr {
    pub(crate) typed: TypedExpr,
    pub(crate) at: Position,
    /// What a parameter says that has the type of what it is compared with.
    pub(crate) given: Option<Given>,
}

/// A key of an order, analyzed.
#[derive(Debug, Clone)]
pub(crate) struct SortKey {
    pub(crate) typed: TypedExpr,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

impl SortKey {
    pub(crate) fn sort(&self) -> Sort {
        Sort::new(self.typed.expr.clone(), !self.descending, self.nulls_first)
    }
}

impl Analyzer<'_> {
    /// Returns the Arrow type of an expression's values.
    pub(crate) fn physical_type(&self, typed: &TypedExpr) -> DataType {
        match &typed.expr {
            Expr::Column(column) | Expr::OuterReferenceColumn(_, column) => {
                self.column_physical_type(column, &typed.data_type)
            }
            Expr::Literal(value, _) => value.data_type(),
            _ => arrow_type(&typed.data_type),
        }
    }
}

/// A constant integer, of any of their types.
pub(crate) fn constant_integer(typed: &TypedExpr) -> Option<i64> {
    match typed.constant()? {
        ScalarValue::Int8(value) => value.map(i64::from),
        ScalarValue::Int16(value) => value.map(i64::from),
        ScalarValue::Int32(value) => value.map(i64::from),
        ScalarValue::Int64(value) => *value,
        _ => None,
    }
}
