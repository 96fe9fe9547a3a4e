//! Plans of statements that were asked before.
//!
//! Planning takes longer than many a statement does. Where a statement is asked again, in the same words, of the same
//! files, and would be planned the same, its plan is there; what a run leaves behind in a plan is made anew.

use super::files::MAX_KEPT;
use super::orc::OrcSource;
use super::stores::{Moment, Stores};
use super::types::Type;
use crate::store::{Snapshot, StoreId};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::expressions::DynamicFilterTracking;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::limit::{GlobalLimitExec, LocalLimitExec};
use datafusion::physical_plan::placeholder_row::PlaceholderRowExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::{ChildrenPropertiesMode, ExecutionPlan, ReplaceChildrenOptions};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use traillake_planner::PartitionedWindowExec;
use traillake_planner::execution::OptimizedPlan;

/// Plans that are kept at most.
const MAX_PLANS: usize = 64;
/// Bytes up to which a statement is one that is asked again.
const MAX_TEXT: usize = 16 << 10;

/// A statement that was planned.
#[derive(Debug)]
pub(super) struct Planned {
    /// Labels of the columns, and their types.
    pub(super) columns: Vec<(String, Type)>,
    /// Whether the statement orders its rows.
    pub(super) ordered: bool,
    pub(super) plan: OptimizedPlan,
    /// A plan to make more of, if that can be done.
    again: Option<Arc<dyn ExecutionPlan>>,
}

/// What has to be so for a statement to be planned the same.
#[derive(Debug)]
struct Kept {
    sql: String,
    moment: Moment,
    /// The stores that it reads.
    stores: Vec<StoreId>,
    /// How many files these have.
    files: usize,
    planned: Arc<Planned>,
}

/// The plans of a session, the last one that was asked for first.
#[derive(Debug, Default)]
pub(super) struct Plans(Mutex<VecDeque<Kept>>);

impl Planned {
    pub(super) fn new(
        (columns, ordered): (Vec<(String, Type)>, bool),
        plan: OptimizedPlan,
        physical: &Arc<dyn ExecutionPlan>,
    ) -> Self {
        // What a run collects, as for a join, goes with its plan.
        let again = can_run_again(physical).then(|| anew(physical));
        let again = again.and_then(Result::ok);
        Self { columns, ordered, plan, again }
    }

    /// Returns a plan for another run.
    pub(super) async fn again(&self) -> Result<(Arc<dyn ExecutionPlan>, Arc<TaskContext>)> {
        let plan = match &self.again {
            Some(plan) => anew(plan)?,
            None => self.plan.physical().await?,
        };
        Ok((plan, self.plan.context()))
    }
}

impl Plans {
    /// Returns what a statement was planned to, if it would be planned the same now, with what keeps the files that it reads
    /// where they are.
    pub(super) fn find(
        &self,
        sql: &str,
        stores: &Stores,
    ) -> Option<(Arc<Planned>, Vec<Arc<Snapshot>>)> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.iter().position(|kept| kept.sql == sql)?;
        let kept = all.remove(place)?;
        let snapshots = kept.stores.iter().map(|store| stores.snapshot(*store));
        let snapshots = snapshots.collect::<std::result::Result<Vec<_>, _>>().ok()?;
        // In this order: files that are held are those of the plan, if nothing has changed until then.
        if stores.moment() != Some(kept.moment) {
            return None;
        }
        let planned = Arc::clone(&kept.planned);
        all.push_front(kept);
        Some((planned, snapshots))
    }

    /// Keeps what a statement was planned to, which was begun at `moment`.
    pub(super) fn keep(
        &self,
        sql: &str,
        moment: Moment,
        snapshots: &[(StoreId, Arc<Snapshot>)],
        planned: Planned,
    ) {
        let files = snapshots.iter().map(|(_, snapshot)| snapshot.files.len()).sum();
        if snapshots.is_empty() || sql.len() > MAX_TEXT || files > MAX_KEPT {
            return;
        }
        let stores = snapshots.iter().map(|(store, _)| *store).collect();
        let planned = Arc::new(planned);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|kept| kept.sql != sql && kept.moment == moment);
        all.push_front(Kept { sql: sql.to_owned(), moment, stores, files, planned });
        let mut total = 0;
        let fit = all.iter().take(MAX_PLANS).take_while(|kept| {
            total += kept.files;
            total <= MAX_KEPT
        });
        let fit = fit.count();
        all.truncate(fit);
    }
}

/// Whether a plan that ran leaves nothing behind that [`anew`] does not make anew.
fn can_run_again(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let known = match plan.downcast_ref::<DataSourceExec>() {
        Some(scan) => scan.downcast_to_file_source::<OrcSource>().is_some(),
        None => {
            plan.is::<AggregateExec>()
                || plan.is::<CoalescePartitionsExec>()
                || plan.is::<CooperativeExec>()
                || plan.is::<EmptyExec>()
                || plan.is::<FilterExec>()
                || plan.is::<GlobalLimitExec>()
                || plan.is::<HashJoinExec>()
                || plan.is::<LocalLimitExec>()
                || plan.is::<PartitionedWindowExec>()
                || plan.is::<PlaceholderRowExec>()
                || plan.is::<ProjectionExec>()
                || plan.is::<RepartitionExec>()
                || plan.is::<SortExec>()
                || plan.is::<SortPreservingMergeExec>()
                || plan.is::<UnnestExec>()
        }
    };
    let mut is_dynamic = false;
    // A sort makes its own filter anew, but cannot give it to a scan.
    if !plan.is::<SortExec>() {
        let walked = plan.apply_expressions(&mut |expr| {
            is_dynamic |= DynamicFilterTracking::classify(expr).contains_dynamic_filter();
            Ok(TreeNodeRecursion::Continue)
        });
        is_dynamic |= walked.is_err();
    }
    known && !is_dynamic && plan.children().into_iter().all(can_run_again)
}

/// Returns a plan as it was before it ran.
fn anew(plan: &Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    if let Some(scan) = OrcSource::scanning_again(plan)? {
        return Ok(scan);
    }
    let children = plan.children().into_iter().map(anew).collect::<Result<Vec<_>>>()?;
    let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Keep);
    Arc::clone(plan).replace_children(children, options)?.reset_state()
}
