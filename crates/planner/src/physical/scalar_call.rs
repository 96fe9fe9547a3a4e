//! A call of a function, as DataFusion sees it.

use super::CompiledLambda;
use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use chrono::{DateTime, Utc};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature,
    Volatility,
};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use traillake_functions::{Argument, Function, FunctionKind, Lambda, Site};
use traillake_sql_types::Type;
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::error::{SqlError, SqlResult};

/// A function with its types bound. One is made for each call in a query.
#[derive(Debug)]
pub(crate) struct ScalarCall {
    pub(crate) function: &'static Function,
    /// Tells apart calls that differ; see [`unique_name`].
    name: String,
    /// Types of the arguments, lambdas included.
    pub(crate) types: Vec<Type>,
    pub(crate) result: Type,
    /// The body of each argument that is a lambda, with the number of columns it captures. DataFusion
    /// sees the other arguments and, behind them, the captured columns of all lambdas in order.
    lambdas: Vec<Option<(Arc<CompiledLambda>, usize)>>,
    /// When the statement began.
    now: DateTime<Utc>,
    signature: Signature,
    site: Site,
}

impl PartialEq for ScalarCall {
    fn eq(&self, other: &Self) -> bool {
        self.function == other.function
            && self.types == other.types
            && self.result == other.result
            && self.lambdas == other.lambdas
            && self.now == other.now
    }
}

impl Eq for ScalarCall {}

impl Hash for ScalarCall {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.hash(state);
        self.types.hash(state);
        self.lambdas.hash(state);
    }
}

/// An argument of a call that is planned.
pub(crate) enum CallArgument {
    Value(Expr),
    /// A body, and the expressions that it captures.
    Lambda(Arc<CompiledLambda>, Vec<Expr>),
}

/// Plans a call of `function` in a statement that began at `now`; `types` are those of the arguments.
pub(crate) fn call(
    function: &'static Function,
    now: DateTime<Utc>,
    types: Vec<Type>,
    result: Type,
    arguments: Vec<CallArgument>,
) -> Expr {
    let mut values = Vec::with_capacity(arguments.len());
    let mut captured = Vec::new();
    let mut lambdas = Vec::new();
    for argument in arguments {
        match argument {
            CallArgument::Value(expr) => {
                values.push(expr);
                lambdas.push(None);
            }
            CallArgument::Lambda(body, captures) => {
                lambdas.push(Some((body, captures.len())));
                captured.extend(captures);
            }
        }
    }
    values.append(&mut captured);
    let volatile = function.volatile
        || lambdas
            .iter()
            .flatten()
            .any(|(body, _): &(Arc<CompiledLambda>, _)| body.expr.is_volatile());
    let volatility = if volatile { Volatility::Volatile } else { Volatility::Immutable };
    let call = ScalarCall {
        function,
        name: unique_name(function.id.name, &result, &lambdas),
        types,
        result,
        lambdas,
        now,
        signature: Signature::new(TypeSignature::UserDefined, volatility),
        site: Site::default(),
    };
    ScalarUDF::new_from_impl(call).call(values)
}

/// Returns a name that tells apart calls that differ: DataFusion takes expressions that look alike for
/// the same in places. Types and bodies of lambdas are not among the arguments that it shows.
fn unique_name(
    name: &str,
    result: &Type,
    lambdas: &[Option<(Arc<CompiledLambda>, usize)>],
) -> String {
    let bodies: Vec<_> = lambdas.iter().flatten().map(|(body, _)| body.expr.to_string()).collect();
    match name.strip_prefix('$') {
        Some(form) if bodies.is_empty() => format!("{form}:{result}"),
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
    pub(crate) fn is_plain(&self) -> bool {
        self.lambdas.iter().all(Option::is_none)
    }

    /// Whether it can fail for some rows and not for others. `is_constant` tells of an argument by its place.
    pub(crate) fn can_fail(&self, is_constant: impl Fn(usize) -> bool) -> bool {
        self.function.can_fail(&self.types, &self.result, is_constant)
    }

    /// Whether it is evaluated for NULL arguments. To an aggregate a group without rows is one.
    fn takes_null(&self) -> bool {
        self.function.takes_null || self.function.id.kind == FunctionKind::Aggregate
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
        if !self.takes_null() && values.iter().any(null) {
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
                    let body = Arc::clone(body) as _;
                    Some(Argument::Lambda(Lambda { body, captured, rows }))
                }
            };
            arguments.extend(argument);
        }
        let array = self.function.call(
            &arguments,
            &self.types,
            &self.result,
            rows,
            self.now,
            &self.site,
        )?;
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
