//! The rows of one stream, from the input to the output.

use super::partitions::{Arranged, Partitions, Windows};
use super::sorted::Sorted;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::metrics::BaselineMetrics;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{StreamExt, TryStreamExt};
use std::sync::Arc;

/// Collects the rows of one stream.
pub(super) struct Collector {
    windows: Windows,
    rows: Partitions,
    reservation: MemoryReservation,
    metrics: BaselineMetrics,
    context: Arc<TaskContext>,
}

impl Collector {
    /// Starts to collect rows of the schema `input`.
    pub(super) fn new(
        windows: Windows,
        partition: usize,
        metrics: BaselineMetrics,
        context: Arc<TaskContext>,
        input: &Schema,
    ) -> Result<Self> {
        let rows = Partitions::new(&windows, input)?;
        let consumer = MemoryConsumer::new(format!("PartitionedWindowExec[{partition}]"));
        let reservation = consumer.with_can_spill(true).register(context.memory_pool());
        Ok(Self { windows, rows, reservation, metrics, context })
    }

    /// Takes all rows, and gives them out with the results. Where memory does not do for them, they are sorted.
    pub(super) async fn collect(
        mut self,
        mut input: SendableRecordBatchStream,
    ) -> Result<SendableRecordBatchStream> {
        while let Some(batch) = input.next().await.transpose()? {
            if !self.add(batch)? {
                return self.sort(input);
            }
        }
        self.arrange()
    }

    fn add(&mut self, batch: RecordBatch) -> Result<bool> {
        let _timer = self.metrics.elapsed_compute().timer();
        add(&mut self.rows, batch, &self.reservation)
    }

    fn sort(self, input: SendableRecordBatchStream) -> Result<SendableRecordBatchStream> {
        drop(self.reservation);
        let fields = input.schema();
        let taken = futures::stream::iter(self.rows.into_batches().into_iter().map(Ok));
        let all = Box::pin(RecordBatchStreamAdapter::new(fields, taken.chain(input)));
        let stream = Sorted::new(self.windows.clone(), all, self.context)?.into_stream();
        let metrics = self.metrics;
        let counted = stream.inspect_ok(move |batch| metrics.record_output(batch.num_rows()));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.windows.schema, counted)))
    }

    fn arrange(self) -> Result<SendableRecordBatchStream> {
        let Self { windows, rows, reservation, metrics, context } = self;
        let arranged = {
            let _timer = metrics.elapsed_compute().timer();
            rows.finish(Arc::clone(&windows.schema))?
        };
        let most = context.session_config().batch_size();
        let given = Given { arranged, metrics, most, _reservation: reservation };
        let stream = futures::stream::try_unfold(given, |mut given| async move {
            Ok(given.next()?.map(|batch| (batch, given)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(windows.schema, stream)))
    }
}

/// Rows that are given out.
struct Given {
    arranged: Arranged,
    metrics: BaselineMetrics,
    /// Rows of a batch.
    most: usize,
    _reservation: MemoryReservation,
}

impl Given {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        let _timer = self.metrics.elapsed_compute().timer();
        let batch = self.arranged.next(self.most)?;
        if let Some(batch) = &batch {
            self.metrics.record_output(batch.num_rows());
        }
        Ok(batch)
    }
}

/// Takes up rows, and tells whether there is memory for them.
pub(super) fn add(
    rows: &mut Partitions,
    batch: RecordBatch,
    reservation: &MemoryReservation,
) -> Result<bool> {
    if batch.num_rows() == 0 {
        return Ok(true);
    }
    rows.add(batch)?;
    match reservation.try_resize(rows.size()) {
        Ok(()) => Ok(rows.can_be_numbered()),
        Err(DataFusionError::ResourcesExhausted(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
