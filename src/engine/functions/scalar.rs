//! A call of one of our functions, as DataFusion sees it.

use super::call::{Argument, Call, Site};
use super::lambda::{Body, Lambda};
use super::registry::Eval;
use crate::engine::sql_error::{SqlError, SqlResult};
use crate::engine::types::Type;
use crate::engine::types::arrow::arrow_type;
use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::datatypes::DataType;
use chrono::{DateTime, Utc};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature,
    Volatility,
};
use std::hash::{Hash, Hasher};

/// A function with its types bound. One is made for each call in a query.
#[derive(Debug)]
pub(in crate::engine) struct ScalarCall {
    pub(in crate::engine) name: String,
    pub(in crate::engine) eval: Eval,
    /// Types of the arguments, lambdas included.
    pub(in crate::engine) types: Vec<Type>,
    pub(in crate::engine) result: Type,
    /// The body of each argument that is a lambda, with the number of columns it captures. DataFusion
    /// sees the other arguments and, behind them, the captured columns of all lambdas in order.
    pub(in crate::engine) lambdas: Vec<Option<(Body, usize)>>,
    pub(in crate::engine) takes_null: bool,
    /// When the statement began.
    pub(in crate::engine) now: DateTime<Utc>,
    pub(in crate::engine) signature: Signature,
    pub(in crate::engine) site: Site,
}

impl PartialEq for ScalarCall {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.types == other.types
            && self.result == other.result
            && self.lambdas == other.lambdas
            && self.now == other.now
            && self.signature.volatility == other.signature.volatility
            && std::ptr::fn_addr_eq(self.eval, other.eval)
    }
}

impl Eq for ScalarCall {}

impl Hash for ScalarCall {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.types.hash(state);
        self.lambdas.hash(state);
    }
}

/// What a call is made of.
pub(in crate::engine) struct Parts<'a> {
    /// When the statement began.
    pub(in crate::engine) now: DateTime<Utc>,
    pub(in crate::engine) name: &'a str,
    pub(in crate::engine) eval: Eval,
    pub(in crate::engine) types: Vec<Type>,
    pub(in crate::engine) result: Type,
    pub(in crate::engine) takes_null: bool,
    pub(in crate::engine) volatile: bool,
}

/// An argument as planned.
pub(in crate::engine) enum Planned {
    Value(Expr),
    /// A body, and the expressions that it captures.
    Lambda(Body, Vec<Expr>),
}

/// Plans a call.
pub(in crate::engine) fn call(parts: Parts<'_>, arguments: Vec<Planned>) -> Expr {
    let mut values = Vec::with_capacity(arguments.len());
    let mut captured = Vec::new();
    let mut lambdas = Vec::new();
    for argument in arguments {
        match argument {
            Planned::Value(expr) => {
                values.push(expr);
                lambdas.push(None);
            }
            Planned::Lambda(body, captures) => {
                lambdas.push(Some((body, captures.len())));
                captured.extend(captures);
            }
        }
    }
    values.append(&mut captured);
    let volatility = if parts.volatile { Volatility::Volatile } else { Volatility::Immutable };
    let function = ScalarCall {
        name: unique_name(&parts, &lambdas),
        eval: parts.eval,
        types: parts.types,
        result: parts.result,
        lambdas,
        takes_null: parts.takes_null,
        now: parts.now,
        signature: Signature::new(TypeSignature::UserDefined, volatility),
        site: Site::default(),
    };
    ScalarUDF::new_from_impl(function).call(values)
}

/// Returns a name that tells apart calls that differ: DataFusion takes expressions that look alike for
/// the same in places. Types and bodies of lambdas are not among the arguments that it shows.
fn unique_name(parts: &Parts<'_>, lambdas: &[Option<(Body, usize)>]) -> String {
    let bodies: Vec<_> = lambdas.iter().flatten().map(|(body, _)| body.expr.to_string()).collect();
    let name = parts.name;
    match name.strip_prefix('$') {
        Some(form) if bodies.is_empty() => format!("{form}:{}", parts.result),
        None if bodies.is_empty() => name.to_owned(),
        _ => format!("{name}[{}]", bodies.join("; ")),
    }
}

impl ScalarUDFImpl for ScalarCall {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(arrow_type(&self.result))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(self.invoke(args.args, args.number_rows)?)
    }
}

impl ScalarCall {
    /// Whether it has no lambda.
    pub(in crate::engine) fn is_plain(&self) -> bool {
        self.lambdas.iter().all(Option::is_none)
    }

    fn invoke(&self, args: Vec<ColumnarValue>, rows: usize) -> SqlResult<ColumnarValue> {
        let immutable = self.signature.volatility == Volatility::Immutable;
        let all_constant =
            immutable && args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if all_constant { 1 } else { rows };
        let wanted = arrow_type(&self.result);
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            values.push(match arg {
                ColumnarValue::Array(array) => Argument::Rows(array),
                ColumnarValue::Scalar(value) => Argument::Constant(value.to_array()?),
            });
        }
        let plain = self.lambdas.iter().filter(|lambda| lambda.is_none()).count();
        let mut captured = values.split_off(plain.min(values.len())).into_iter();
        let null = |value: &Argument| match value {
            Argument::Constant(array) => array.is_null(0),
            _ => false,
        };
        if !self.takes_null && values.iter().any(null) {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from(&wanted)?));
        }
        let mut values = values.into_iter();
        let mut arguments = Vec::with_capacity(self.lambdas.len());
        for lambda in &self.lambdas {
            let argument = match lambda {
                None => values.next(),
                Some((body, count)) => {
                    let columns =
                        captured.by_ref().take(*count).filter_map(|column| match column {
                            Argument::Rows(array) | Argument::Constant(array) => Some(array),
                            Argument::Lambda(_) => None,
                        });
                    let captured = columns.collect();
                    Some(Argument::Lambda(Lambda { body: body.clone(), captured, rows }))
                }
            };
            arguments.extend(argument);
        }
        let call = Call {
            name: &self.name,
            arguments: &arguments,
            types: &self.types,
            result: &self.result,
            rows,
            now: self.now,
            site: &self.site,
        };
        let array = (self.eval)(&call)?;
        self.check(&array, rows, &wanted)?;
        if all_constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
        }
        Ok(ColumnarValue::Array(array))
    }

    fn check(&self, array: &ArrayRef, rows: usize, wanted: &DataType) -> SqlResult<()> {
        if array.len() == rows && array.data_type() == wanted {
            return Ok(());
        }
        let (len, got) = (array.len(), array.data_type());
        Err(SqlError::internal(format!(
            "{} gave {len} values of {got} where {rows} of {wanted} are expected",
            self.name
        )))
    }
}

/// Returns `rows` NULLs of a type.
pub(in crate::engine) fn nulls(kind: &Type, rows: usize) -> ArrayRef {
    new_null_array(&arrow_type(kind), rows)
}

/// `TRY(expression)`: its value, and NULL for the rows for which it fails.
pub(in crate::engine) fn try_(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let lambda = call.lambda(0)?;
    match lambda.call_rows() {
        Ok(array) => Ok(array),
        Err(error) if !is_caught(&error) => Err(error),
        Err(_) if lambda.rows == 1 => Ok(nulls(call.result(), 1)),
        Err(_) => {
            let one = |row: u32| match lambda.call(&[row], &[]) {
                Ok(array) => Ok(array),
                Err(error) if is_caught(&error) => Ok(nulls(call.result(), 1)),
                Err(error) => Err(error),
            };
            let rows = (0..lambda.rows as u32).map(one).collect::<SqlResult<Vec<_>>>()?;
            let rows: Vec<&dyn Array> = rows.iter().map(|array| &**array).collect();
            if rows.is_empty() {
                return Ok(nulls(call.result(), 0));
            }
            Ok(arrow::compute::concat(&rows)?)
        }
    }
}

/// Whether TRY makes NULL of an error.
fn is_caught(error: &SqlError) -> bool {
    use crate::engine::sql_error::Code;
    matches!(
        error.code,
        Code::DivisionByZero
            | Code::InvalidCastArgument
            | Code::InvalidFunctionArgument
            | Code::NumericValueOutOfRange
            | Code::JsonInputConversion
            | Code::JsonOutputConversion
            | Code::JsonValueResult
            | Code::PathEvaluation
            | Code::SubqueryMultipleRows
    )
}
