//! The way of rows that do not fit into memory: sorted, which goes to disk, and then so many partitions at a time as fit.

use super::collector::add;
use super::layout::internal;
use super::partitions::{Arranged, Partitions, Windows};
use arrow::array::RecordBatch;
use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{ExecutionPlan, InputOrderMode, SendableRecordBatchStream};
use futures::{Stream, StreamExt};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows at which no further partition is begun.
const ENOUGH: usize = 1 << 16;

/// Rows that are sorted, and evaluated some partitions at a time.
pub(super) struct Sorted {
    windows: Windows,
    order: LexOrdering,
    context: Arc<TaskContext>,
    reservation: MemoryReservation,
    /// Rows that are not read yet.
    rows: SendableRecordBatchStream,
    /// The first rows of a partition.
    begun: Vec<RecordBatch>,
    state: State,
}

enum State {
    Reading,
    /// Partitions that are given out.
    Giving(Arranged),
    /// What is left, evaluated by DataFusion: a partition does not fit into memory.
    Streaming(SendableRecordBatchStream),
    /// The last partitions.
    Ending(Arranged),
}

impl Sorted {
    /// Sorts rows, and will evaluate window functions over them.
    pub(super) fn new(
        windows: Windows,
        rows: SendableRecordBatchStream,
        context: Arc<TaskContext>,
    ) -> Result<Self> {
        let keys = windows.partition_by().iter().cloned();
        let keys = keys.map(|key| PhysicalSortExpr::new(key, SortOptions::default()));
        // Keys that are there already are left out.
        let order = LexOrdering::new(keys.chain(windows.order_by().iter().cloned()));
        let order = order.ok_or_else(|| internal("no key"))?;
        let sort = SortExec::new(order.clone(), source(rows, None)?);
        let rows = sort.execute(0, Arc::clone(&context))?;
        let consumer = MemoryConsumer::new("PartitionedWindowExecSorted");
        let reservation = consumer.register(context.memory_pool());
        let (begun, state) = (Vec::new(), State::Reading);
        Ok(Self { windows, order, context, reservation, rows, begun, state })
    }

    pub(super) fn into_stream(self) -> impl Stream<Item = Result<RecordBatch>> {
        futures::stream::try_unfold(self, |mut sorted| async move {
            Ok(sorted.next().await?.map(|batch| (batch, sorted)))
        })
    }

    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let most = self.context.session_config().batch_size();
        loop {
            match &mut self.state {
                State::Reading => self.read().await?,
                State::Giving(partitions) => match partitions.next(most)? {
                    None => self.state = State::Reading,
                    batch => return Ok(batch),
                },
                State::Streaming(rows) => return rows.next().await.transpose(),
                State::Ending(partitions) => return partitions.next(most),
            }
        }
    }

    /// Reads some partitions.
    async fn read(&mut self) -> Result<()> {
        let mut partitions = Partitions::new(&self.windows, &self.rows.schema())?;
        let mut fits = true;
        for batch in std::mem::take(&mut self.begun) {
            fits &= add(&mut partitions, batch, &self.reservation)?;
        }
        let schema = Arc::clone(&self.windows.schema);
        while fits && (partitions.rows() < ENOUGH || partitions.count() < 2) {
            let Some(batch) = self.rows.next().await.transpose()? else {
                self.state = State::Ending(partitions.finish(schema)?);
                return Ok(());
            };
            fits = add(&mut partitions, batch, &self.reservation)?;
        }
        if partitions.count() < 2 {
            self.state = State::Streaming(self.stream(partitions)?);
            return Ok(());
        }
        let (arranged, begun) = partitions.finish_but_last(schema)?;
        (self.state, self.begun) = (State::Giving(arranged), begun);
        Ok(())
    }

    /// Leaves what is not given out yet to DataFusion.
    fn stream(&mut self, partitions: Partitions) -> Result<SendableRecordBatchStream> {
        self.reservation.free();
        let schema = self.rows.schema();
        let none = futures::stream::empty();
        let none = Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&schema), none));
        let rest = std::mem::replace(&mut self.rows, none);
        let taken = futures::stream::iter(partitions.into_batches().into_iter().map(Ok));
        let all = Box::pin(RecordBatchStreamAdapter::new(schema, taken.chain(rest)));
        let input = source(all, Some(self.order.clone()))?;
        let exprs = self.windows.exprs.clone();
        let windows: Arc<dyn ExecutionPlan> = if exprs.iter().all(|expr| expr.uses_bounded_memory())
        {
            let mode = InputOrderMode::Sorted;
            Arc::new(BoundedWindowAggExec::try_new(exprs, input, mode, true)?)
        } else {
            Arc::new(WindowAggExec::try_new(exprs, input, true)?)
        };
        windows.execute(0, Arc::clone(&self.context))
    }
}

/// Makes a source of rows, which are in an order if one is given.
fn source(
    rows: SendableRecordBatchStream,
    order: Option<LexOrdering>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = rows.schema();
    let once = Arc::new(Once { schema: Arc::clone(&schema), rows: Mutex::new(Some(rows)) });
    Ok(Arc::new(StreamingTableExec::try_new(schema, vec![once], None, order, false, None)?))
}

/// A stream as a source that is read once.
struct Once {
    schema: SchemaRef,
    rows: Mutex<Option<SendableRecordBatchStream>>,
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl PartitionStream for Once {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let taken = self.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.unwrap_or_else(|| {
            let error = futures::stream::iter([Err(internal("rows are read once"))]);
            Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), error))
        })
    }
}
