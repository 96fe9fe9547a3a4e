//! Literals that DataFusion cannot compare.
//!
//! Its planner makes an interval of every literal and fails where the two ends do not compare, as with maps
//! and arrays of rows (DataFusion 55.2). Such a literal becomes a function without arguments.

use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility,
};
use std::cmp::Ordering;
use std::sync::Arc;

/// Replaces those literals of an optimized plan that are not comparable.
pub(crate) fn wrap_incomparable_literals(plan: LogicalPlan) -> Result<LogicalPlan> {
    let wrap = |expr| match expr {
        Expr::Literal(value, _) if !is_comparable(&value) => {
            // DataFusion takes expressions that look alike for the same in places.
            let name = format!("constant:{value}");
            let signature = Signature::nullary(Volatility::Volatile);
            let constant = Constant { name, value, signature };
            Ok(Transformed::yes(ScalarUDF::new_from_impl(constant).call(vec![])))
        }
        other => Ok(Transformed::no(other)),
    };
    let node = |node: LogicalPlan| {
        if matches!(node, LogicalPlan::Values(_)) {
            return Ok(Transformed::no(node));
        }
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            Ok(expr.transform_up(wrap)?.update_data(|expr| name.restore(expr)))
        })
    };
    Ok(plan.transform_down(node)?.data)
}

/// Whether DataFusion can compare a value, by itself and in an array.
fn is_comparable(value: &ScalarValue) -> bool {
    fn has_map(data_type: &DataType) -> bool {
        match data_type {
            DataType::Map(..) => true,
            DataType::List(item) => has_map(item.data_type()),
            DataType::Struct(fields) => fields.iter().any(|field| has_map(field.data_type())),
            _ => false,
        }
    }
    value.partial_cmp(value) == Some(Ordering::Equal) && !has_map(&value.data_type())
}

/// A function whose value is always the same. It counts as volatile, or else it would be computed to a
/// literal again.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Constant {
    name: String,
    value: ScalarValue,
    signature: Signature,
}

impl ScalarUDFImpl for Constant {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.value.data_type())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let field = Field::new(self.name(), self.value.data_type(), self.value.is_null());
        Ok(Arc::new(field))
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Scalar(self.value.clone()))
    }
}
