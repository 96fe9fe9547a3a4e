//! What is known of a scan before it runs.

use super::FILES;
use super::expression::named_text;
use crate::engine::orc::OrcSource;
use crate::event::schema::EVENT_TIME;
use crate::store::StoreRow;
use datafusion::common::stats::Precision;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileScanConfig, FileSource};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::{collect_columns, split_conjunction};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::metrics::Count;
use datafusion_pruning::FilePruner;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A scan in words.
pub(super) struct Scan {
    /// What is read.
    pub(super) head: String,
    /// Of which columns, under which conditions, and what is left out.
    pub(super) details: Vec<String>,
}

/// Files and their rows.
#[derive(Default, Clone, Copy)]
struct Amount {
    files: usize,
    rows: usize,
}

impl Scan {
    pub(super) fn of(scan: &FileScanConfig, stores: &[StoreRow]) -> Self {
        let predicate = predicate(scan);
        // A large file may be read in several parts.
        let mut files: BTreeMap<String, Vec<&PartitionedFile>> = BTreeMap::new();
        for file in scan.file_groups.iter().flat_map(|group| group.files()) {
            files.entry(file.object_meta.location.to_string()).or_default().push(file);
        }
        let (mut read, mut left_out) = (Amount::default(), Amount::default());
        let mut paths = Vec::new();
        for (path, parts) in &files {
            let Some(file) = parts.first() else { continue };
            let out =
                predicate.as_ref().is_some_and(|predicate| is_ruled_out(scan, file, predicate));
            let amount = if out { &mut left_out } else { &mut read };
            amount.files += 1;
            amount.rows += rows(file);
            if !out {
                paths.push(in_store(path, stores) + &ranges(parts));
            }
        }
        let store = files.keys().find_map(|path| store_of(path, stores));
        let store = store.map_or("files", |store| store.name.as_str());
        let what = match (left_out.files, left_out.files + read.files, left_out.rows + read.rows) {
            (0, ..) => read.told(),
            (_, files, rows) => {
                format!("{} of {files} files, {} of {rows} rows", read.files, read.rows)
            }
        };
        let format = scan.file_source().file_type().to_uppercase();
        let head = format!("scan of {store}: {what} ({format})");
        let mut details = Vec::new();
        if let Some(first) = paths.get(..FILES.min(paths.len())).filter(|first| !first.is_empty()) {
            let more = if paths.len() > first.len() { ", ..." } else { "" };
            details.push(format!("files: {}{more}", first.join(", ")));
        }
        details.push(format!("columns: {}", columns(scan, predicate.as_ref())));
        details.extend(predicate.iter().flat_map(conditions));
        if let Some((list, filters)) = unnested(scan) {
            let texts: Vec<_> = filters.iter().map(named_text).collect();
            let filters = if texts.is_empty() { "" } else { ", of these " };
            details.push(format!("unnests {list}{filters}{}", texts.join(" AND ")));
        }
        if left_out.files > 0 {
            details.push(format!("left out: {} outside the time window", left_out.told()));
        }
        if let Some(predicate) = &predicate {
            details.push(format!(
                "left out while it runs: what statistics and bloom filters rule out of {}",
                used(predicate)
            ));
        }
        if let Some(limit) = scan.limit {
            details.push(format!("ends after {limit} rows"));
        }
        Self { head, details }
    }
}

impl Amount {
    fn told(self) -> String {
        let Self { files, rows } = self;
        let s = |number| if number == 1 { "" } else { "s" };
        format!("{files} file{}, {rows} row{}", s(files), s(rows))
    }
}

/// The condition that a scan takes into itself.
fn predicate(scan: &FileScanConfig) -> Option<Arc<dyn PhysicalExpr>> {
    let source: &Arc<dyn FileSource> = scan.file_source();
    match source.downcast_ref::<OrcSource>() {
        Some(orc) => orc.predicate().cloned(),
        None => source.filter(),
    }
}

/// The list that a scan unnests, and what its elements must pass.
fn unnested(scan: &FileScanConfig) -> Option<(String, &[Arc<dyn PhysicalExpr>])> {
    scan.file_source().downcast_ref::<OrcSource>()?.unnested()
}

/// Whether the statistics of a file say that it has no row that is wanted.
fn is_ruled_out(
    scan: &FileScanConfig,
    file: &PartitionedFile,
    predicate: &Arc<dyn PhysicalExpr>,
) -> bool {
    let schema = scan.file_source().table_schema().table_schema();
    let pruner = FilePruner::try_new(Arc::clone(predicate), schema, file, Count::new());
    // What cannot be told is read.
    pruner.is_some_and(|mut pruner| pruner.should_prune().unwrap_or(false))
}

fn rows(file: &PartitionedFile) -> usize {
    match file.statistics.as_ref().map(|known| known.num_rows) {
        Some(Precision::Exact(rows) | Precision::Inexact(rows)) => rows,
        _ => 0,
    }
}

fn store_of<'a>(path: &str, stores: &'a [StoreRow]) -> Option<&'a StoreRow> {
    stores.iter().find(|store| path.split('/').any(|part| part == store.id.to_string()))
}

/// The path of a file below the folder of its store.
fn in_store(path: &str, stores: &[StoreRow]) -> String {
    let store = store_of(path, stores).map(|store| format!("{}/", store.id));
    let below = store.and_then(|folder| path.split_once(folder.as_str()).map(|(_, below)| below));
    below.unwrap_or(path).to_owned()
}

/// The parts of a file that are read apart.
fn ranges(parts: &[&PartitionedFile]) -> String {
    let ranges = parts.iter().filter_map(|part| part.range.as_ref());
    let ranges: Vec<_> = ranges.map(|range| format!("{}..{}", range.start, range.end)).collect();
    if ranges.is_empty() { String::new() } else { format!(" [bytes {}]", ranges.join(", ")) }
}

/// The columns that a scan reads, and the members of those of which it needs no more.
fn columns(scan: &FileScanConfig, predicate: Option<&Arc<dyn PhysicalExpr>>) -> String {
    let mut names = BTreeSet::new();
    let projection = scan.file_source().projection().into_iter().flat_map(|made| made.iter());
    projection.for_each(|made| add_columns(&made.expr, &mut names));
    predicate.into_iter().for_each(|predicate| add_columns(predicate, &mut names));
    let of_elements = unnested(scan).into_iter().flat_map(|(_, filters)| filters);
    of_elements.for_each(|filter| add_columns(filter, &mut names));
    match names.is_empty() {
        true => "none, the number of rows is enough".to_owned(),
        false => names.into_iter().collect::<Vec<_>>().join(", "),
    }
}

fn add_columns(expr: &Arc<dyn PhysicalExpr>, names: &mut BTreeSet<String>) {
    if expr.is::<Column>() || is_member(expr) {
        names.insert(named_text(expr));
        return;
    }
    expr.children().into_iter().for_each(|child| add_columns(child, names));
}

/// Whether an expression is a member of a column of rows.
fn is_member(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let call = expr.downcast_ref::<ScalarFunctionExpr>().filter(|call| call.name() == "get_field");
    let row = call.and_then(|call| call.args().first());
    row.is_some_and(|row| row.is::<Column>() || is_member(row))
}

/// The conditions of a scan: those on the time of events, and others.
fn conditions(predicate: &Arc<dyn PhysicalExpr>) -> Vec<String> {
    let (times, others): (Vec<_>, Vec<_>) = split_conjunction(predicate)
        .into_iter()
        .partition(|condition| collect_columns(condition).iter().all(|c| c.name() == EVENT_TIME));
    let told = |what: &str, conditions: Vec<&Arc<dyn PhysicalExpr>>| {
        let texts: Vec<_> = conditions.into_iter().map(named_text).collect();
        (!texts.is_empty()).then(|| format!("{what}: {}", texts.join(" AND ")))
    };
    told("time window", times).into_iter().chain(told("conditions", others)).collect()
}

/// The columns that a condition is about.
fn used(predicate: &Arc<dyn PhysicalExpr>) -> String {
    let columns = collect_columns(predicate);
    let mut names: Vec<_> = columns.iter().map(|column| column.name()).collect();
    names.sort_unstable();
    names.join(", ")
}
