//! Constants, casts and coercions.

use super::Analyzer;
use super::scope::Typed;
use crate::physical::{CallArgument, ScalarCall, call, short_circuit};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::Schema;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::execution::context::ExecutionProps;
use datafusion::logical_expr::{Cast, ColumnarValue, Expr, Volatility};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::planner::create_physical_expr;
use std::sync::Arc;
use traillake_functions::{CAST, Function, TRY_CAST, cast_exists};
use traillake_sql_types::Type;
use traillake_sql_types::arrow::{arrow_type, units_per_second};
use traillake_sql_types::coercion::{coerces, same_but_names};
use traillake_sql_types::error::{Position, SqlError, SqlResult};

/// The most bytes of a value that is computed while planning.
const LARGEST_CONSTANT: usize = 1 << 16;

impl Typed {
    pub(crate) fn new(expr: Expr, kind: Type) -> Self {
        Self { expr, kind }
    }

    pub(crate) fn literal(value: ScalarValue, kind: Type) -> Self {
        Self { expr: Expr::Literal(value, None), kind }
    }

    /// NULL of a type.
    pub(crate) fn null(kind: Type) -> SqlResult<Self> {
        let value = ScalarValue::try_from(&arrow_type(&kind))?;
        Ok(Self::literal(value, kind))
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
}

/// Returns the physical form of an expression over columns of `schema`.
pub(crate) fn compile(expr: &Expr, schema: &DFSchema) -> SqlResult<Arc<dyn PhysicalExpr>> {
    let physical = create_physical_expr(expr, schema, &ExecutionProps::new(), &Default::default())?;
    Ok(short_circuit(physical)?)
}

/// Whether the expression is a call of ours whose arguments are all constant, and that gives the
/// same each time.
fn is_constant_call(expr: &Expr) -> bool {
    match expr {
        Expr::ScalarFunction(function) => {
            function.func.signature().volatility == Volatility::Immutable
                && function.args.iter().all(|arg| matches!(arg, Expr::Literal(..)))
                && function
                    .func
                    .inner()
                    .downcast_ref::<ScalarCall>()
                    .is_some_and(ScalarCall::is_plain)
        }
        Expr::Cast(cast) => matches!(&*cast.expr, Expr::Literal(..)),
        _ => false,
    }
}

impl Analyzer<'_> {
    /// Returns the expression's value as a constant if it can be computed now. What fails stays as it
    /// is: it may never be evaluated.
    pub(crate) fn fold(&self, expr: Expr) -> Expr {
        if !is_constant_call(&expr) {
            return expr;
        }
        match evaluate(&expr) {
            Ok(value) if value.size() <= LARGEST_CONSTANT => Expr::Literal(value, None),
            _ => expr,
        }
    }

    /// Plans a call of a function for arguments of these types.
    pub(crate) fn function(
        &self,
        function: &'static Function,
        arguments: Vec<Typed>,
        result: Type,
    ) -> Typed {
        let types = arguments.iter().map(|argument| argument.kind.clone()).collect();
        let values = arguments.into_iter().map(|typed| CallArgument::Value(typed.expr)).collect();
        let expr = call(function, self.now, types, result.clone(), values);
        Typed::new(self.fold(expr), result)
    }

    /// `CAST` and `TRY_CAST`.
    pub(crate) fn cast(
        &self,
        value: Typed,
        to: &Type,
        safe: bool,
        at: Position,
    ) -> SqlResult<Typed> {
        if !cast_exists(&value.kind, to) {
            let message = format!("Cannot cast {} to {to}", value.kind);
            return Err(SqlError::mismatch(message).at(at));
        }
        Ok(self.convert(value, to, safe))
    }

    /// Makes a value one of a type that it coerces to.
    pub(crate) fn coerce(&self, value: Typed, to: &Type, at: Position) -> SqlResult<Typed> {
        if value.kind != *to && !coerces(&value.kind, to) {
            let message = format!("Cannot cast {} to {to}", value.kind);
            return Err(SqlError::mismatch(message).at(at));
        }
        Ok(self.convert(value, to, false))
    }

    /// Makes a value one of another type; the cast exists.
    fn convert(&self, value: Typed, to: &Type, safe: bool) -> Typed {
        let from = value.kind.clone();
        if from == Type::Unknown
            && value.is_null()
            && let Ok(null) = Typed::null(to.clone())
        {
            return null;
        }
        if from == *to || lies_alike(&from, to) {
            return Typed::new(self.canonical(value).expr, to.clone());
        }
        if widens(&from, to) {
            let expr = Expr::Cast(Cast::new(Box::new(value.expr), arrow_type(to)));
            return Typed::new(self.fold(expr), to.clone());
        }
        let value = self.canonical(value);
        self.function(if safe { &TRY_CAST } else { &CAST }, vec![value], to.clone())
    }

    /// Returns the value lying as its type does: columns of a scan may lie as views.
    pub(crate) fn canonical(&self, value: Typed) -> Typed {
        let wanted = arrow_type(&value.kind);
        if self.lies_as(&value) == wanted {
            return value;
        }
        let expr = Expr::Cast(Cast::new(Box::new(value.expr), wanted));
        Typed::new(self.fold(expr), value.kind)
    }
}

/// Computes a constant expression.
pub(crate) fn evaluate(expr: &Expr) -> SqlResult<ScalarValue> {
    let physical = compile(expr, &DFSchema::empty())?;
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)?;
    match physical.evaluate(&batch)? {
        ColumnarValue::Scalar(value) => Ok(value),
        ColumnarValue::Array(array) if array.len() == 1 => {
            Ok(ScalarValue::try_from_array(&array, 0)?)
        }
        ColumnarValue::Array(_) => Err(SqlError::internal("a constant of several rows")),
    }
}

/// Whether values of one type are values of the other, as they lie.
fn lies_alike(from: &Type, to: &Type) -> bool {
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
    let rank = |kind: &Type| match kind {
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
