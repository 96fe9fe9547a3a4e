//! Operators, and the constructors of arrays and rows, as calls of functions.

use crate::analyzer::error;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::typed::TypedExpr;
use datafusion::common::ScalarValue;
use traillake_functions::{Function, ROW, Signature, registry};
use traillake_sql_parser::ast::{Arithmetic, Expr as Ast, Ident};
use traillake_sql_types::coercion::common_type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};
use traillake_sql_types::{RowField, Type};

impl<'a> ExpressionAnalyzer<'a> {
    pub(crate) fn arithmetic(
        &self,
        operator: Arithmetic,
        left: &Ast,
        right: &Ast,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let (left, right) = (self.operand(left)?, self.operand(right)?);
        let (name, symbol) = match operator {
            Arithmetic::Add => ("$add", "+"),
            Arithmetic::Subtract => ("$subtract", "-"),
            Arithmetic::Multiply => ("$multiply", "*"),
            Arithmetic::Divide => ("$divide", "/"),
            Arithmetic::Modulus => ("$modulus", "%"),
        };
        self.operator(name, symbol, vec![left, right], at)
    }

    /// `ARRAY[a, b, ...]`
    pub(crate) fn array(&self, items: &[Ast], at: Position) -> SqlResult<TypedExpr> {
        let items: Vec<_> = items.iter().map(|i| self.expr(i)).collect::<SqlResult<_>>()?;
        let (items, data_type) = self.unify(items, at, "All ARRAY elements")?;
        let array = self.only_function("$array")?;
        Ok(self.analyzer.function(array, items, Type::array(data_type)))
    }

    /// `ROW(a, b AS name, ...)`
    pub(crate) fn row(&self, fields: &[(Option<Ident>, Ast)]) -> SqlResult<TypedExpr> {
        let mut values = Vec::with_capacity(fields.len());
        let mut data_types = Vec::with_capacity(fields.len());
        for (name, field) in fields {
            let value = self.analyzer.canonical(self.expr(field)?);
            let name = name
                .as_ref()
                .map(|name| if name.quoted { name.value.clone() } else { name.lower() });
            data_types.push(RowField { name, data_type: value.data_type.clone() });
            values.push(value);
        }
        Ok(self.make_row(values, data_types))
    }

    pub(crate) fn at_time_zone(
        &self,
        value: &Ast,
        zone: &Ast,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let (value, zone) = (self.expr(value)?, self.expr(zone)?);
        if value.data_type == Type::Date {
            return error(
                Code::TypeMismatch,
                at,
                "Type of value must be a time or timestamp with or without time zone (actual date)",
            );
        }
        self.operator("$at_timezone", "AT TIME ZONE", vec![value, zone], at)
    }

    /// Makes values of one type.
    pub(crate) fn unify(
        &self,
        values: Vec<TypedExpr>,
        at: Position,
        what: &str,
    ) -> SqlResult<(Vec<TypedExpr>, Type)> {
        let mut data_type = Type::Unknown;
        for value in &values {
            data_type = common_type(&data_type, &value.data_type).ok_or_else(|| {
                let other = &value.data_type;
                SqlError::mismatch(format!("{what} must be the same type: {data_type} and {other}"))
                    .at(at)
            })?;
        }
        let coerced = values
            .into_iter()
            .map(|value| {
                self.analyzer.coerce(value, &data_type, at).map(|v| self.analyzer.canonical(v))
            })
            .collect::<SqlResult<_>>()?;
        Ok((coerced, data_type))
    }

    /// Returns the first function of a name, where all of them compute the same.
    fn only_function(&self, name: &str) -> SqlResult<&'static Function> {
        let first = registry().scalar(name).first();
        first.ok_or_else(|| SqlError::internal(format!("{name} is missing")))
    }

    pub(crate) fn make_row(&self, values: Vec<TypedExpr>, fields: Vec<RowField>) -> TypedExpr {
        let data_type = Type::Row(fields.into());
        self.analyzer.function(&ROW, values, data_type)
    }

    /// Calls the function behind an operator; its errors speak of the operator.
    pub(crate) fn operator(
        &self,
        name: &str,
        symbol: &str,
        operands: Vec<TypedExpr>,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        let data_types: Vec<_> = operands.iter().map(|o| o.data_type.brief()).collect();
        self.scalar(name, operands, at).map_err(|error| match error.code {
            Code::FunctionNotFound => {
                let types = data_types.join(", ");
                SqlError::mismatch(format!("Cannot apply operator: {symbol} to {types}")).at(at)
            }
            _ => error,
        })
    }

    pub(crate) fn subscript(
        &self,
        base: TypedExpr,
        index: TypedExpr,
        at: Position,
    ) -> SqlResult<TypedExpr> {
        if let Type::Row(fields) = &base.data_type {
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
}

/// A signature of the registry, which are all readable.
pub(crate) fn signature(text: &str) -> SqlResult<Signature> {
    Signature::parse(text).ok_or_else(|| SqlError::internal(format!("unreadable signature {text}")))
}
