//! Lists that a scan unnests itself.
//!
//! Of the elements only those members are read that something above asks for, and texts stay numbers of their dictionaries;
//! filters and projections above the step that would unnest them go into the scan. The members stand behind the columns of
//! the table, one column each.

use super::bind::{is_dynamic, path};
use super::source::OrcSource;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{NullHandling, Statistics};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::projection::{ProjectionExpr, ProjectionExprs};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::unnest::UnnestExec;
use std::sync::Arc;
use traillake_orc::read::Element;
use traillake_planner::{PartOf, part_of};

/// Stands for the number of a column that is a whole element.
const WHOLE_ELEMENT: usize = usize::MAX;

/// A list that a scan unnests.
#[derive(Debug, Clone)]
pub(super) struct Unnest {
    /// Where it is: names from the table's column on.
    pub(super) list: Vec<String>,
    /// The number of the first column that is made of the elements.
    pub(super) first: usize,
    /// What each of these columns is.
    pub(super) elements: Vec<Element>,
    /// What elements must pass.
    pub(super) filters: Vec<Arc<dyn PhysicalExpr>>,
}

impl Unnest {
    /// Returns what a column of the table is of each element, if it is made of them.
    pub(super) fn element(&self, column: usize) -> Option<&Element> {
        self.elements.get(column.checked_sub(self.first)?)
    }
}

/// Makes scans of ORC files unnest lists and maps.
#[derive(Debug)]
pub(in crate::engine) struct UnnestInScan;

impl PhysicalOptimizerRule for UnnestInScan {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = plan.transform_down(|node| {
            let scan = Steps::of(&node)?.map(Steps::scan).transpose()?.flatten();
            Ok(match scan.filter(|scan| gives_the_same(&node, scan)) {
                Some(scan) => Transformed::new(scan, true, TreeNodeRecursion::Jump),
                None => Transformed::no(node),
            })
        });
        plan.map(|plan| plan.data)
    }

    fn name(&self) -> &str {
        "unnest_in_scan"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn gives_the_same(node: &Arc<dyn ExecutionPlan>, scan: &Arc<dyn ExecutionPlan>) -> bool {
    let (wanted, given) = (node.schema(), scan.schema());
    wanted.fields().len() == given.fields().len()
        && wanted.fields().iter().zip(given.fields()).all(|(wanted, given)| {
            wanted.name() == given.name()
                && wanted.data_type() == given.data_type()
                && wanted.is_nullable() == given.is_nullable()
        })
}

/// Steps of a plan that a scan can do: what unnests a list, and filters and projections above.
struct Steps<'a> {
    config: &'a FileScanConfig,
    source: &'a OrcSource,
    unnest: Unnest,
    /// The columns that are made of the elements.
    columns: Vec<Field>,
    /// What the last step gives, over the columns of the table and those of elements.
    gives: Vec<ProjectionExpr>,
}

impl<'a> Steps<'a> {
    /// Returns the steps down from `node`, if a scan can do them.
    fn of(node: &'a Arc<dyn ExecutionPlan>) -> Result<Option<Self>> {
        if let Some(unnest) = node.downcast_ref::<UnnestExec>() {
            return Ok(Self::unnesting(unnest));
        }
        if let Some(filter) = node.downcast_ref::<FilterExec>() {
            let Some(mut below) = Self::of(filter.input())? else { return Ok(None) };
            if filter.fetch().is_some() || !below.can_stand_in([filter.predicate()], 1) {
                return Ok(None);
            }
            let condition = below.replaced(filter.predicate())?;
            below.unnest.filters.push(condition);
            if let Some(kept) = filter.projection() {
                below.gives = kept.iter().map(|at| below.gives[*at].clone()).collect();
            }
            return Ok(Some(below));
        }
        let Some(projection) = node.downcast_ref::<ProjectionExec>() else { return Ok(None) };
        let Some(mut below) = Self::of(projection.input())? else { return Ok(None) };
        if !below.can_stand_in(projection.expr().iter().map(|given| &given.expr), 0) {
            return Ok(None);
        }
        let gives = projection.expr().iter().map(|given| {
            let (expr, alias) = (below.replaced(&given.expr)?, given.alias.clone());
            Ok(ProjectionExpr { expr, alias })
        });
        below.gives = gives.collect::<Result<_>>()?;
        Ok(Some(below))
    }

    fn unnesting(unnest: &'a UnnestExec) -> Option<Self> {
        let scan = unnest.input().downcast_ref::<DataSourceExec>()?;
        let (config, source) = scan.downcast_to_file_source::<OrcSource>()?;
        let ([list], []) = (unnest.list_column_indices(), unnest.struct_column_indices()) else {
            return None;
        };
        let can_be = list.depth == 1
            && unnest.options().null_handling == NullHandling::Drop
            && unnest.options().recursions.is_empty()
            && config.limit.is_none()
            && source.unnest().is_none()
            && !source.predicate().is_some_and(is_dynamic);
        if !can_be {
            return None;
        }
        let table = source.table().table_schema();
        let mut gives: Vec<_> = source.projecting_now().iter().cloned().collect();
        let at = list.index_in_input_schema;
        let (elements, expr) = match part_of(&gives.get(at)?.expr) {
            Some(PartOf::Elements(list)) => (list, WHOLE_ELEMENT),
            _ => (&gives[at].expr, table.fields().len()),
        };
        let (list, data_type) = path(elements, table)?;
        let (elements, types): (Vec<_>, Vec<_>) = elements_of(&data_type)?.into_iter().unzip();
        if expr != WHOLE_ELEMENT && elements != [Element::Item] {
            return None;
        }
        let name = list.join(".");
        let columns: Vec<_> = elements
            .iter()
            .zip(types)
            .map(|(element, data_type)| Field::new(name_of(&name, element), data_type, true))
            .collect();
        let column = if expr == WHOLE_ELEMENT { &name } else { columns.first()?.name() };
        gives[at].expr = Arc::new(Column::new(column, expr));
        let first = table.fields().len();
        let unnest = Unnest { list, first, elements, filters: Vec::new() };
        Some(Self { config, source, unnest, columns, gives })
    }

    /// Whether what the last step gives can stand in other expressions in place of its columns, each of which has so many
    /// uses besides: nothing is computed twice.
    fn can_stand_in<'b>(
        &self,
        exprs: impl IntoIterator<Item = &'b Arc<dyn PhysicalExpr>>,
        uses_besides: usize,
    ) -> bool {
        let mut uses = vec![uses_besides; self.gives.len()];
        for expr in exprs {
            if is_volatile(expr) {
                return false;
            }
            let counted = expr.apply(|expr| {
                if let Some(uses) =
                    expr.downcast_ref::<Column>().and_then(|column| uses.get_mut(column.index()))
                {
                    *uses += 1;
                }
                Ok(TreeNodeRecursion::Continue)
            });
            if counted.is_err() {
                return false;
            }
        }
        let table = self.source.table().table_schema();
        let is_cheap = |expr: &Arc<dyn PhysicalExpr>| {
            expr.is::<Column>()
                || expr.is::<Literal>()
                || matches!(part_of(expr), Some(PartOf::Field(..)))
                || path(expr, table).is_some()
        };
        self.gives
            .iter()
            .zip(uses)
            .all(|(given, uses)| !is_volatile(&given.expr) && (uses < 2 || is_cheap(&given.expr)))
    }

    /// Returns `expr`, which is over what the last step gives, over the columns of the table and those of elements.
    fn replaced(&self, expr: &Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let replaced = Arc::clone(expr).transform_down(|expr| {
            let given = expr.downcast_ref::<Column>().and_then(|c| self.gives.get(c.index()));
            Ok(match given {
                Some(given) => {
                    Transformed::new(Arc::clone(&given.expr), true, TreeNodeRecursion::Jump)
                }
                None => Transformed::no(expr),
            })
        });
        replaced.map(|replaced| replaced.data)
    }

    /// Returns `expr` with the columns of elements in place of fields of a whole element; `None` if the whole is asked for.
    fn of_members(&self, expr: &Arc<dyn PhysicalExpr>) -> Result<Option<Arc<dyn PhysicalExpr>>> {
        let number =
            |expr: &Arc<dyn PhysicalExpr>| expr.downcast_ref::<Column>().map(Column::index);
        let member = |expr: &Arc<dyn PhysicalExpr>| -> Option<Column> {
            let PartOf::Field(row, field) = part_of(expr)? else { return None };
            let column = self.columns.get(field).filter(|_| number(row) == Some(WHOLE_ELEMENT))?;
            let is_type = expr.data_type(&Schema::empty()).ok()? == *column.data_type();
            is_type.then(|| Column::new(column.name(), self.unnest.first + field))
        };
        let replaced = Arc::clone(expr).transform_down(|expr| {
            Ok(match member(&expr) {
                Some(column) => Transformed::new(
                    Arc::new(column) as Arc<dyn PhysicalExpr>,
                    true,
                    TreeNodeRecursion::Jump,
                ),
                None => Transformed::no(expr),
            })
        })?;
        let is_whole = replaced.data.exists(|expr| Ok(number(expr) == Some(WHOLE_ELEMENT)))?;
        Ok(Some(replaced.data).filter(|_| !is_whole))
    }

    /// Returns a scan that does the steps, if it can.
    fn scan(self) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let mut unnest = self.unnest.clone();
        for filter in &mut unnest.filters {
            let Some(of_members) = self.of_members(filter)? else { return Ok(None) };
            *filter = of_members;
        }
        let mut gives = self.gives.clone();
        for given in &mut gives {
            let Some(of_members) = self.of_members(&given.expr)? else { return Ok(None) };
            given.expr = of_members;
        }
        let known = self.source.table();
        let table = TableSchema::builder(Arc::clone(known.file_schema()))
            .with_table_partition_cols(known.table_partition_cols().clone())
            .with_virtual_columns(self.columns)
            .build();
        let mut statistics = Statistics::new_unknown(table.table_schema());
        statistics.num_rows = self.config.statistics().num_rows.to_inexact();
        let source = self.source.unnesting(table, unnest, ProjectionExprs::new(gives));
        // What is known of the rows of groups is not known of their elements.
        let groups = self.config.file_groups.iter();
        let groups = groups.map(|group| FileGroup::new(group.files().to_vec())).collect();
        let config = FileScanConfigBuilder::from(self.config.clone())
            .with_source(Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(statistics)
            .build();
        Ok(Some(DataSourceExec::from_data_source(config)))
    }
}

/// Returns a name for what is read of the elements of a list.
fn name_of(list: &str, element: &Element) -> String {
    match element {
        Element::Item => format!("{list}[]"),
        Element::Member(name) => format!("{list}[].{name}"),
        Element::Key => format!("{list}[].key"),
        Element::Value => format!("{list}[].value"),
    }
}

/// Returns the members of the elements of a list or map, and their types.
fn elements_of(data_type: &DataType) -> Option<Vec<(Element, DataType)>> {
    match data_type {
        DataType::List(item) => Some(match item.data_type() {
            DataType::Struct(fields) => fields
                .iter()
                .map(|field| (Element::Member(field.name().clone()), field.data_type().clone()))
                .collect(),
            item => vec![(Element::Item, item.clone())],
        }),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => match fields.as_ref() {
                [key, value] => Some(vec![
                    (Element::Key, key.data_type().clone()),
                    (Element::Value, value.data_type().clone()),
                ]),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
