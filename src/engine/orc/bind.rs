//! Expressions over the table, bound to what a scan reads of a file.
//!
//! A scan reads flat columns: `useridentity.arn` is one, and no other member of the struct is
//! touched. So accesses to members of structs become columns, for filters, pruning and projection
//! alike; and so do the value of maps under a constant key, and the elements of a list that is unnested.

use super::encoded::AsDictionary;
use super::late::RowAddress;
use super::semi_joins::Member;
use super::unnest::Unnest;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::pruning::PrunableStatistics;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{ColumnStatistics, Statistics};
use datafusion::error::Result;
use datafusion::functions::core::getfield::GetFieldFunc;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{
    BinaryExpr, Column, DynamicFilterPhysicalExpr, DynamicFilterTracking, InListExpr,
    IsNotNullExpr, IsNullExpr, LikeExpr, Literal, NotExpr,
};
use datafusion::physical_expr::utils::{collect_columns, split_conjunction};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion_pruning::{PruningPredicate, PruningPredicateBuilder};
use std::sync::Arc;
use traillake_orc::read::Inside;
use traillake_planner::{PartOf, part_of, short_circuit};

/// A column of a scan: a column of the table, or a member of a struct in one.
#[derive(Debug, Clone)]
pub(super) struct ScanColumn {
    /// Names from the table's column on.
    pub(super) path: Vec<String>,
    /// What of the column there is read.
    pub(super) inside: Inside,
    /// Its type in the table, and a name that is unique in the scan.
    pub(super) field: Field,
    /// The type that it is read as: text with its dictionary, where it has one.
    pub(super) read_as: DataType,
}

impl ScanColumn {
    /// Whether its rows are those of an unnested list.
    pub(super) fn is_of_elements(&self) -> bool {
        matches!(self.inside, Inside::Elements(_))
    }

    /// Whether what a file tells of the column at its path holds for it.
    pub(super) fn is_whole(&self) -> bool {
        self.inside == Inside::Whole
    }
}

/// An expression, and the columns of the scan that it needs; its own column numbers count those.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) expr: Arc<dyn PhysicalExpr>,
    pub(super) columns: Vec<usize>,
    pub(super) schema: SchemaRef,
    /// The column whose value alone decides, if it is one, now and later on.
    pub(super) decided_by: Option<usize>,
    /// The column that it asks to be NULL, or not to be, if it does nothing else.
    pub(super) nulls: Option<(usize, NullTest)>,
    /// Whether there may be rows for which the expression is an error.
    pub(super) can_fail: bool,
}

/// What is asked of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NullTest {
    IsNull,
    IsNotNull,
}

/// A filter that every row must pass.
#[derive(Debug)]
pub(super) struct Conjunct {
    pub(super) whole: Bound,
    /// What one of is enough: the terms of an OR, else only the whole.
    pub(super) terms: Vec<Bound>,
}

/// A column of the result.
#[derive(Debug)]
pub(super) enum Projected {
    Values(Bound),
    /// Text that comes with its dictionary.
    Encoded(Bound),
    /// Where the row is.
    Address,
}

impl Projected {
    fn new(expr: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Result<Self> {
        let bound =
            |expr: &Arc<dyn PhysicalExpr>| localize(&short_circuit(Arc::clone(expr))?, schema);
        if expr.is::<RowAddress>() {
            return Ok(Self::Address);
        }
        match expr.downcast_ref::<AsDictionary>() {
            Some(AsDictionary(text)) => bound(text).map(Self::Encoded),
            None => bound(expr).map(Self::Values),
        }
    }

    /// The columns of the scan that it needs.
    pub(super) fn columns(&self) -> &[usize] {
        match self {
            Self::Values(bound) | Self::Encoded(bound) => &bound.columns,
            Self::Address => &[],
        }
    }
}

/// What a scan of a file reads, filters and gives.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) columns: Vec<ScanColumn>,
    /// All filters, over all columns of the scan, for pruning.
    pub(super) predicate: Option<Arc<dyn PhysicalExpr>>,
    /// The schema of the columns of the scan.
    pub(super) schema: SchemaRef,
    /// The filters one by one; a row must pass all.
    pub(super) conjuncts: Vec<Conjunct>,
    /// So many of them are asked of the rows of the file; the others of elements.
    pub(super) of_rows: usize,
    /// The column of the lengths of the list that is unnested, if one is.
    pub(super) lengths: Option<usize>,
    /// The columns of the result.
    pub(super) projection: Vec<Projected>,
    /// The schema of the result.
    pub(super) output: SchemaRef,
    /// The test that stripes and row groups can be pruned by, unless it changes while the scan runs.
    pub(super) fixed_test: Option<Arc<PruningPredicate>>,
}

impl Plan {
    /// Binds a predicate and a projection over `table`; behind its other columns stand those of what is unnested.
    pub(super) fn new(
        table: &Schema,
        predicate: Option<&Arc<dyn PhysicalExpr>>,
        unnest: Option<&Unnest>,
        projection: impl IntoIterator<Item = Arc<dyn PhysicalExpr>>,
        output: SchemaRef,
    ) -> Result<Self> {
        let mut binder = Binder { table, unnest, columns: Vec::new() };
        let predicate = predicate.map(|filter| binder.flatten(filter)).transpose()?;
        let of_elements = unnest.into_iter().flat_map(|unnest| &unnest.filters);
        let of_elements =
            of_elements.map(|filter| binder.flatten(filter)).collect::<Result<Vec<_>>>()?;
        let lengths = unnest.map(|unnest| {
            binder.column(unnest.list.clone(), Inside::Length, DataType::UInt32).index()
        });
        let projection =
            projection.into_iter().map(|e| binder.flatten(&e)).collect::<Result<Vec<_>>>()?;
        let columns = binder.columns;
        let schema = Schema::new(columns.iter().map(|c| c.field.clone()).collect::<Vec<_>>());
        let split = |filters: &mut dyn Iterator<Item = &Arc<dyn PhysicalExpr>>| {
            let conjuncts = filters.flat_map(split_conjunction);
            conjuncts.map(|conjunct| Conjunct::new(conjunct, &schema)).collect::<Result<Vec<_>>>()
        };
        let mut conjuncts = split(&mut predicate.iter())?;
        let of_rows = conjuncts.len();
        conjuncts.extend(split(&mut of_elements.iter())?);
        let projection =
            projection.iter().map(|expr| Projected::new(expr, &schema)).collect::<Result<_>>()?;
        let schema = Arc::new(schema);
        let mut plan = Self {
            columns,
            predicate,
            schema,
            conjuncts,
            of_rows,
            lengths,
            projection,
            output,
            fixed_test: None,
        };
        plan.fixed_test = if plan.is_dynamic() { None } else { plan.test() };
        Ok(plan)
    }
}

impl Plan {
    /// Returns the test that stripes and row groups can be pruned by, if there is one, as the filters
    /// are now.
    pub(super) fn test(&self) -> Option<Arc<PruningPredicate>> {
        self.fixed_test.clone().or_else(|| {
            PruningPredicateBuilder::new()
                .with_file_schema(Arc::clone(&self.schema))
                .build(Arc::clone(self.predicate.as_ref()?))
        })
    }
}

impl Plan {
    /// Whether the filters change while the scan runs.
    pub(super) fn is_dynamic(&self) -> bool {
        self.predicate.as_ref().is_some_and(is_dynamic)
    }

    /// Whether the statistics of a file's columns say that none of its rows passes, as far as the filters stay what they
    /// are.
    pub(super) fn rules_out(&self, table: &Schema, known: &Statistics) -> Result<bool> {
        let Some(test) = &self.fixed_test else { return Ok(false) };
        let of_column = |column: &ScanColumn| match column.path.as_slice() {
            [name] if column.is_whole() => {
                known.column_statistics.get(table.index_of(name).ok()?).cloned()
            }
            _ => None,
        };
        let columns = self.columns.iter().map(|column| of_column(column).unwrap_or_default());
        let columns: Vec<_> = columns.collect();
        let filtered = collect_columns(test.orig_expr());
        let mut filtered = filtered.iter().peekable();
        let is_known = |column: &Column| {
            columns.get(column.index()).is_some_and(|known| *known != ColumnStatistics::default())
        };
        if filtered.peek().is_some() && !filtered.any(is_known) {
            return Ok(false);
        }
        let known = Statistics {
            num_rows: known.num_rows,
            total_byte_size: Precision::Absent,
            column_statistics: columns,
        };
        let file = PrunableStatistics::new(vec![Arc::new(known)], Arc::clone(&self.schema));
        Ok(test.prune(&file)?.into_iter().all(|passes| !passes))
    }
}

struct Binder<'a> {
    table: &'a Schema,
    unnest: Option<&'a Unnest>,
    columns: Vec<ScanColumn>,
}

impl Binder<'_> {
    fn flatten(&mut self, expr: &Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let flat = Arc::clone(expr).transform_down(|expr| {
            Ok(match self.find(&expr) {
                Some((path, inside, data_type)) => {
                    let column = self.column(path, inside, data_type);
                    let column: Arc<dyn PhysicalExpr> = Arc::new(column);
                    Transformed::new(column, true, TreeNodeRecursion::Jump)
                }
                None => Transformed::no(expr),
            })
        });
        flat.map(|flat| flat.data)
    }

    /// Returns what `expr` is, if that is read as a column: where it is, what of it is read, and its type.
    fn find(&self, expr: &Arc<dyn PhysicalExpr>) -> Option<(Vec<String>, Inside, DataType)> {
        if let (Some(unnest), Some(column)) = (self.unnest, expr.downcast_ref::<Column>())
            && let Some(element) = unnest.element(column.index())
        {
            let data_type = self.table.fields().get(column.index())?.data_type().clone();
            return Some((unnest.list.clone(), Inside::Elements(element.clone()), data_type));
        }
        if let Some((path, data_type)) = path(expr, self.table) {
            return Some((path, Inside::Whole, data_type));
        }
        let Some(PartOf::Entry(map, key)) = part_of(expr) else { return None };
        let (path, data_type) = path(map, self.table)?;
        let value = text_of_entries(&data_type)?;
        (expr.data_type(self.table).ok()? == *value)
            .then(|| (path, Inside::Entry(key.into()), value.clone()))
    }

    fn column(&mut self, path: Vec<String>, inside: Inside, data_type: DataType) -> Column {
        let is_it = |column: &ScanColumn| column.path == path && column.inside == inside;
        let known = self.columns.iter().position(is_it);
        let at = known.unwrap_or_else(|| {
            let at = self.columns.len();
            // A column of the table may be called as a path is; the number keeps them apart.
            let read_as = match &data_type {
                text @ (DataType::Utf8 | DataType::Utf8View) => {
                    DataType::Dictionary(Box::new(DataType::UInt32), Box::new(text.clone()))
                }
                other => other.clone(),
            };
            let field = Field::new(format!("{}#{at}", path.join(".")), data_type, true);
            self.columns.push(ScanColumn { path, inside, field, read_as });
            at
        });
        Column::new(self.columns[at].field.name(), at)
    }
}

/// Returns the type of the values of maps from text to text.
fn text_of_entries(map: &DataType) -> Option<&DataType> {
    let DataType::Map(entries, _) = map else { return None };
    let DataType::Struct(fields) = entries.data_type() else { return None };
    match fields.as_ref() {
        [key, value] if *key.data_type() == DataType::Utf8 => Some(value.data_type()),
        _ => None,
    }
    .filter(|value| **value == DataType::Utf8)
}

/// Returns the path to the column or struct member that `expr` is, and its type.
pub(super) fn path(
    expr: &Arc<dyn PhysicalExpr>,
    table: &Schema,
) -> Option<(Vec<String>, DataType)> {
    if let Some(column) = expr.downcast_ref::<Column>() {
        let field = table.fields().get(column.index())?;
        return Some((vec![field.name().clone()], field.data_type().clone()));
    }
    let function = expr.downcast_ref::<ScalarFunctionExpr>()?;
    if !function.fun().inner().is::<GetFieldFunc>() {
        return None;
    }
    let (base, names) = function.args().split_first()?;
    let (mut path, mut data_type) = path(base, table)?;
    for name in names {
        let DataType::Struct(fields) = &data_type else { return None };
        let name = name.downcast_ref::<Literal>()?.value().try_as_str().flatten()?;
        let (_, field) = fields.find(name)?;
        path.push(name.to_owned());
        data_type = field.data_type().clone();
    }
    Some((path, data_type))
}

impl Conjunct {
    fn new(expr: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Result<Self> {
        let bind = |expr| localize(&short_circuit(expr)?, schema);
        let whole = bind(Arc::clone(expr))?;
        let mut terms = Vec::new();
        // One that changes while the scan runs is whole or not at all.
        if is_dynamic(expr) || is_volatile(expr) {
            terms.push(Arc::clone(expr));
        } else {
            split_or(expr, &mut terms);
        }
        let terms = match terms.len() {
            1 => vec![whole.clone()],
            _ => terms.into_iter().map(bind).collect::<Result<_>>()?,
        };
        Ok(Self { whole, terms })
    }
}

fn split_or(expr: &Arc<dyn PhysicalExpr>, terms: &mut Vec<Arc<dyn PhysicalExpr>>) {
    match expr.downcast_ref::<BinaryExpr>() {
        Some(or) if *or.op() == Operator::Or => {
            split_or(or.left(), terms);
            split_or(or.right(), terms);
        }
        _ => terms.push(Arc::clone(expr)),
    }
}

/// Renumbers the columns of `expr` so that they count only those that it needs.
fn localize(expr: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Result<Bound> {
    let mut columns: Vec<usize> = collect_columns(expr).iter().map(Column::index).collect();
    columns.sort_unstable();
    let local = Arc::clone(expr).transform_down(|expr| {
        Ok(match expr.downcast_ref::<Column>() {
            Some(column) => {
                let at = columns.binary_search(&column.index()).unwrap_or_default();
                let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(column.name(), at));
                Transformed::yes(column)
            }
            None => Transformed::no(expr),
        })
    })?;
    let schema = Arc::new(schema.project(&columns)?);
    let decided_by = match columns[..] {
        [column] if !is_dynamic(expr) && !is_volatile(expr) => Some(column),
        _ => None,
    };
    let can_fail = can_fail(expr);
    let nulls = null_test(expr);
    Ok(Bound { expr: local.data, columns, schema, decided_by, nulls, can_fail })
}

fn null_test(expr: &Arc<dyn PhysicalExpr>) -> Option<(usize, NullTest)> {
    let (of, test) = match expr.downcast_ref::<IsNotNullExpr>() {
        Some(is_not_null) => (is_not_null.arg(), NullTest::IsNotNull),
        None => (expr.downcast_ref::<IsNullExpr>()?.arg(), NullTest::IsNull),
    };
    Some((of.downcast_ref::<Column>()?.index(), test))
}

/// Whether the expression may mean something else later on.
pub(super) fn is_dynamic(expr: &Arc<dyn PhysicalExpr>) -> bool {
    DynamicFilterTracking::classify(expr).contains_dynamic_filter()
}

fn can_fail(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let fails = |expr: &Arc<dyn PhysicalExpr>| {
        let comparison = expr.downcast_ref::<BinaryExpr>().is_some_and(|binary| {
            binary.op().negate().is_some() || binary.op().is_logic_operator()
        });
        !(comparison
            || expr.is::<Column>()
            || expr.is::<Literal>()
            || expr.is::<LikeExpr>()
            || expr.is::<InListExpr>()
            || expr.is::<Member>()
            || expr.is::<NotExpr>()
            || expr.is::<IsNullExpr>()
            || expr.is::<IsNotNullExpr>()
            || expr.is::<DynamicFilterPhysicalExpr>())
    };
    expr.exists(|expr| Ok(fails(expr))).unwrap_or(true)
}

impl Bound {
    /// Returns the number of the scan's column that the expression is, if it is nothing else.
    pub(super) fn as_column(&self) -> Option<usize> {
        let column = self.expr.downcast_ref::<Column>()?;
        self.columns.get(column.index()).copied()
    }
}
