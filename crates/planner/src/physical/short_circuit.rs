//! AND and OR that do not evaluate what does not matter.
//!
//! `x <> 0 AND 1 / x > 2` must not divide by zero. DataFusion's AND evaluates its right side for all
//! rows unless few are left; here a right side that can fail sees only the rows that need it.

use super::{ScalarCall, unmarked};
use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::compute::kernels::boolean::{and_kleene, or_kleene};
use arrow::datatypes::{DataType, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, Operator};
use datafusion::physical_expr::expressions::{BinaryExpr, Literal};
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{
    HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder,
};
use datafusion::physical_plan::projection::ProjectionExec;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// AND or OR, whose right side is evaluated where the left one does not decide.
#[derive(Debug)]
struct ShortCircuitExpr {
    left: Arc<dyn PhysicalExpr>,
    right: Arc<dyn PhysicalExpr>,
    and: bool,
}

// Deriving it would move out of the references: rust-lang/rust issue 78808.
impl PartialEq for ShortCircuitExpr {
    fn eq(&self, other: &Self) -> bool {
        self.and == other.and && self.left.eq(&other.left) && self.right.eq(&other.right)
    }
}

impl Eq for ShortCircuitExpr {}

impl Hash for ShortCircuitExpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.left.hash(state);
        self.right.hash(state);
        self.and.hash(state);
    }
}

/// [`short_circuit`] in the filters, projections and joins of a plan.
///
/// # Errors
/// When a node refuses its new expressions.
pub(crate) fn short_circuit_plan(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let rewritten = plan.transform_up(|node| {
        if let Some(filter) = node.downcast_ref::<FilterExec>() {
            let predicate = short_circuit(Arc::clone(filter.predicate()))?;
            let filter = FilterExecBuilder::from(filter).with_predicate(predicate).build()?;
            return Ok(Transformed::yes(Arc::new(filter) as _));
        }
        if let Some(projection) = node.downcast_ref::<ProjectionExec>() {
            let exprs = projection
                .expr()
                .iter()
                .map(|p| {
                    Ok(ProjectionExpr {
                        expr: short_circuit(Arc::clone(&p.expr))?,
                        alias: p.alias.clone(),
                    })
                })
                .collect::<Result<Vec<_>>>()?;
            let projection = ProjectionExec::try_new(exprs, Arc::clone(projection.input()))?;
            return Ok(Transformed::yes(Arc::new(projection) as _));
        }
        if let Some(join) = node.downcast_ref::<HashJoinExec>()
            && let Some(filter) = join.filter()
        {
            let filter = short_circuit_join(filter)?;
            return Ok(Transformed::yes(join.builder().with_filter(Some(filter)).build_exec()?));
        }
        if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>()
            && let Some(filter) = join.filter()
        {
            let filter = short_circuit_join(filter)?;
            let join = NestedLoopJoinExecBuilder::from(join).with_filter(Some(filter)).build()?;
            return Ok(Transformed::yes(Arc::new(join) as _));
        }
        Ok(Transformed::no(node))
    });
    rewritten.map(|rewritten| rewritten.data)
}

fn short_circuit_join(filter: &JoinFilter) -> Result<JoinFilter> {
    let expr = short_circuit(Arc::clone(filter.expression()))?;
    Ok(JoinFilter::new(expr, filter.column_indices().to_vec(), Arc::clone(filter.schema())))
}

/// Makes every AND and OR whose right side can fail evaluate that side only for the rows that the left side
/// leaves undecided.
///
/// # Errors
/// When an expression refuses its new children.
pub fn short_circuit(expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
    let rewritten = expr.transform_up(|expr| {
        if let Some(condition) = unmarked(&expr) {
            return Ok(Transformed::yes(Arc::clone(condition)));
        }
        let Some(binary) = expr.downcast_ref::<BinaryExpr>() else {
            return Ok(Transformed::no(expr));
        };
        let and = match binary.op() {
            Operator::And => true,
            Operator::Or => false,
            _ => return Ok(Transformed::no(expr)),
        };
        if !can_fail(binary.right())? {
            return Ok(Transformed::no(expr));
        }
        let (left, right) = (Arc::clone(binary.left()), Arc::clone(binary.right()));
        Ok(Transformed::yes(Arc::new(ShortCircuitExpr { left, right, and }) as _))
    });
    rewritten.map(|rewritten| rewritten.data)
}

fn can_fail(expr: &Arc<dyn PhysicalExpr>) -> Result<bool> {
    expr.exists(|expr| {
        let Some(function) = expr.downcast_ref::<ScalarFunctionExpr>() else { return Ok(false) };
        let constant = |at: usize| function.args().get(at).is_some_and(|arg| arg.is::<Literal>());
        let call = function.fun().inner().downcast_ref::<ScalarCall>();
        Ok(call.is_some_and(|call| call.can_fail(constant)))
    })
}

impl fmt::Display for ShortCircuitExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.left, if self.and { "AND" } else { "OR" }, self.right)
    }
}

impl PhysicalExpr for ShortCircuitExpr {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(true)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let rows = batch.num_rows();
        let left = self.left.evaluate(batch)?.into_array(rows)?;
        let left = left.as_boolean();
        // The rows that the left side does not decide.
        let open: BooleanArray = left.iter().map(|value| Some(value != Some(!self.and))).collect();
        let count = open.true_count();
        if count == 0 {
            return Ok(ColumnarValue::Array(Arc::new(left.clone())));
        }
        let right = if count == rows {
            self.right.evaluate(batch)?.into_array(rows)?
        } else {
            let some = filter_record_batch(batch, &open)?;
            let right = self.right.evaluate(&some)?.into_array(count)?;
            spread(&open, right.as_boolean())
        };
        let right = right.as_boolean();
        let both = if self.and { and_kleene(left, right)? } else { or_kleene(left, right)? };
        Ok(ColumnarValue::Array(Arc::new(both)))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.left, &self.right]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        match (children.pop(), children.pop()) {
            (Some(right), Some(left)) => Ok(Arc::new(Self { left, right, and: self.and })),
            _ => Ok(self),
        }
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Puts the values of the rows where `mask` is true into their places; what stands elsewhere does not
/// matter, as the left side decides there.
fn spread(mask: &BooleanArray, values: &BooleanArray) -> ArrayRef {
    let mut next = 0;
    let spread: BooleanArray = mask
        .values()
        .iter()
        .map(|open| {
            if !open {
                return Some(false);
            }
            next += 1;
            arrow::array::Array::is_valid(values, next - 1).then(|| values.value(next - 1))
        })
        .collect();
    Arc::new(spread)
}
