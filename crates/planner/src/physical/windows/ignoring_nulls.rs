//! Window functions with IGNORE NULLS.
//!
//! DataFusion 55.2 does not tell what a window function of a physical plan does with NULL, so it is made a part of the
//! function.

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, FieldRef};
use datafusion::error::Result;
use datafusion::logical_expr::function::{
    ExpressionArgs, PartitionEvaluatorArgs, WindowUDFFieldArgs,
};
use datafusion::logical_expr::{
    LimitEffect, PartitionEvaluator, Signature, WindowUDF, WindowUDFImpl,
};
use datafusion::physical_expr::PhysicalExpr;
use std::sync::Arc;

/// Makes a function ignore rows whose value is NULL.
pub(crate) fn ignoring_nulls(native: Arc<WindowUDF>) -> Arc<WindowUDF> {
    let name = format!("{}_ignore_nulls", native.name());
    Arc::new(WindowUDF::new_from_impl(IgnoringNulls { native, name }))
}

/// A function that ignores NULL.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct IgnoringNulls {
    native: Arc<WindowUDF>,
    name: String,
}

impl IgnoringNulls {
    /// The name of the function that does not ignore them.
    pub(super) fn native(&self) -> &str {
        self.native.name()
    }
}

impl WindowUDFImpl for IgnoringNulls {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        self.native.signature()
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.native.coerce_types(types)
    }

    fn expressions(&self, args: ExpressionArgs) -> Vec<Arc<dyn PhysicalExpr>> {
        self.native.expressions(args)
    }

    fn partition_evaluator(
        &self,
        args: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        let (exprs, fields) = (args.input_exprs(), args.input_fields());
        let args = PartitionEvaluatorArgs::new(exprs, fields, args.is_reversed(), true);
        let native = self.native.partition_evaluator_factory(args)?;
        Ok(match self.native() {
            // DataFusion 55.2 loses count of values between rows where it does not see all of them.
            "lead" => Box::new(AllRows { native }),
            _ => native,
        })
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        self.native.field(args)
    }

    fn limit_effect(&self, _: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        LimitEffect::Unknown
    }
}

/// An evaluator that is given all rows of a partition at once.
#[derive(Debug)]
struct AllRows {
    native: Box<dyn PartitionEvaluator>,
}

impl PartitionEvaluator for AllRows {
    fn evaluate_all(&mut self, values: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        self.native.evaluate_all(values, rows)
    }
}
