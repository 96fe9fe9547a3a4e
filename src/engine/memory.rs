//! The memory of a session's queries: how much there is, and what an error says when it does not do.
//!
//! Operators reserve memory by a name of theirs. Those that can write to disk do so when they get no
//! more; of the others the error says what they do, how much they asked for, and what helps.

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation, TrackConsumersPool,
};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Memory that is shared fairly among what can go to disk, with errors for people.
///
/// What passes rows between threads gets what is free, whatever its share: it holds little, and a few
/// rows of it on disk cost more than they save.
#[derive(Debug)]
pub(super) struct Pool {
    inner: TrackConsumersPool<FairSpillPool>,
    limit: usize,
    /// How many share it that can go to disk.
    sharers: AtomicUsize,
}

impl Pool {
    /// Memory of `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        let pool = FairSpillPool::new(limit);
        let inner = TrackConsumersPool::new(pool, NonZeroUsize::MIN);
        Self { inner, limit, sharers: AtomicUsize::new(0) }
    }

    fn refused(&self, reservation: &MemoryReservation, additional: usize) -> String {
        let work = Work::of(reservation.consumer().name());
        let mut text = format!("{} asked for {}", work.name(), size(additional));
        if reservation.size() > 0 {
            text.push_str(&format!(" more than the {} it has", size(reservation.size())));
        }
        let limit = size(self.limit);
        let sharers = self.sharers.load(Ordering::Relaxed);
        if reservation.consumer().can_spill() && sharers > 1 {
            text.push_str(&format!(", its share being {}", size(self.limit / sharers)));
        }
        text.push_str(&format!(", and {} of {limit} are taken", size(self.reserved())));
        let holders = self.holders();
        if !holders.is_empty() {
            text.push_str(&format!(" ({})", holders.join(", ")));
        }
        let more = size(self.limit.saturating_mul(2));
        text.push_str(&format!("; raise --memory, to {more} say, or {}", work.advice()));
        text
    }

    /// Who has most, of those that have at least a tenth.
    fn holders(&self) -> Vec<String> {
        let mut held: Vec<(&str, usize)> = Vec::new();
        for consumer in self.inner.metrics() {
            let name = Work::of(&consumer.name).name();
            match held.iter_mut().find(|(known, _)| *known == name) {
                Some((_, bytes)) => *bytes += consumer.reserved,
                None => held.push((name, consumer.reserved)),
            }
        }
        held.retain(|(_, bytes)| *bytes > 0 && *bytes >= self.limit / 10);
        held.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        held.into_iter().map(|(name, bytes)| format!("{name}: {}", size(bytes))).collect()
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.inner)
    }
}

impl MemoryPool for Pool {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn register(&self, consumer: &MemoryConsumer) {
        if consumer.can_spill() {
            self.sharers.fetch_add(1, Ordering::Relaxed);
        }
        self.inner.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        if consumer.can_spill() {
            self.sharers.fetch_sub(1, Ordering::Relaxed);
        }
        self.inner.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.inner.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.inner.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        if Work::of(reservation.consumer().name()) == Work::Exchange {
            if self.reserved().saturating_add(additional) > self.limit {
                let text = self.refused(reservation, additional);
                return Err(DataFusionError::ResourcesExhausted(text));
            }
            self.inner.grow(reservation, additional);
            return Ok(());
        }
        self.inner.try_grow(reservation, additional).map_err(|error| match error {
            DataFusionError::ResourcesExhausted(_) => {
                DataFusionError::ResourcesExhausted(self.refused(reservation, additional))
            }
            other => other,
        })
    }

    fn reserved(&self) -> usize {
        self.inner.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.inner.memory_limit()
    }
}

/// What a query needs memory for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Sort,
    TopRows,
    Groups,
    OneGroup,
    Join,
    Windows,
    Recursion,
    Exchange,
    Other,
}

impl Work {
    /// Knows the work of an operator by the name it reserves memory under.
    fn of(consumer: &str) -> Self {
        let operator = consumer.split(['[', ' ', '(']).next().unwrap_or(consumer);
        match operator {
            _ if operator.contains("TopK") => Self::TopRows,
            _ if operator.contains("Join") || operator.starts_with("SMJ") => Self::Join,
            _ if operator.contains("Window") => Self::Windows,
            "AggregateStream" => Self::OneGroup,
            _ if operator.contains("Aggregate") => Self::Groups,
            _ if operator.contains("Sort") => Self::Sort,
            _ if operator.contains("Recursive") => Self::Recursion,
            _ if operator.contains("Repartition") || operator.contains("Buffer") => Self::Exchange,
            _ => Self::Other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sort => "sorting",
            Self::TopRows => "keeping the first rows of an order",
            Self::Groups => "grouping",
            Self::OneGroup => "aggregating without GROUP BY",
            Self::Join => "joining",
            Self::Windows => "window functions",
            Self::Recursion => "a recursive query",
            Self::Exchange => "passing rows between threads",
            Self::Other => "the query",
        }
    }

    /// What helps beside more memory.
    fn advice(self) -> &'static str {
        match self {
            Self::Sort => "sort fewer rows or columns (eventJson and the parameters are wide)",
            Self::TopRows => "ask for a smaller LIMIT or fewer columns",
            Self::Groups => {
                "group fewer rows or by fewer columns; array_agg and functions that need all rows of \
                 a group take most"
            }
            Self::OneGroup => {
                "aggregate fewer rows; approx_distinct needs less than count(DISTINCT), and a \
                 GROUP BY can go to disk"
            }
            Self::Join => {
                "join fewer rows: filter both sides before the join, and select few columns"
            }
            Self::Windows => "give them fewer rows or columns",
            Self::Recursion => "let it find fewer rows",
            Self::Exchange => "use fewer --threads, or select fewer columns",
            Self::Other => "select fewer rows or columns",
        }
    }
}

/// Bytes in the units of `--memory`.
fn size(bytes: usize) -> String {
    let units = [("GB", 30), ("MB", 20), ("kB", 10)];
    match units.iter().find(|(_, shift)| bytes >= 1 << shift) {
        Some((unit, shift)) => {
            let text = format!("{:.1}", bytes as f64 / (1_u64 << shift) as f64);
            format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
        }
        None => format!("{bytes}B"),
    }
}

/// What the error of an operator that got no more memory says to people.
pub(super) fn explain(text: &str) -> String {
    // Operators repeat the pool's error in theirs.
    let own = text.rsplit("Resources exhausted: ").next().unwrap_or(text);
    if own.contains("--memory") {
        return own.to_owned();
    }
    if own.contains("disk space") {
        return "what does not fit into memory fills the folder for temporary files (TMPDIR) beyond \
                its limit of 100 GB; raise --memory, or select fewer rows or columns"
            .to_owned();
    }
    format!("{own}; raise --memory, or select fewer rows or columns")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn refusal(name: &str, held: usize, asked: usize) -> String {
        let pool: Arc<dyn MemoryPool> = Arc::new(Pool::new(256 << 20));
        let reservation = MemoryConsumer::new(name).register(&pool);
        reservation.try_grow(held).unwrap();
        let error = reservation.try_grow(asked).unwrap_err();
        assert!(matches!(error, DataFusionError::ResourcesExhausted(_)));
        explain(&error.strip_backtrace())
    }

    #[test]
    fn an_error_says_how_much_was_asked_and_what_to_do() {
        assert_eq!(
            refusal("TopK[0]", 200 << 20, 100 << 20),
            "keeping the first rows of an order asked for 100MB more than the 200MB it has, and 200MB \
             of 256MB are taken (keeping the first rows of an order: 200MB); raise --memory, to 512MB \
             say, or ask for a smaller LIMIT or fewer columns"
        );
        assert_eq!(
            refusal("HashJoinInput", 0, 300 << 20),
            "joining asked for 300MB, and 0B of 256MB are taken; raise --memory, to 512MB say, or \
             join fewer rows: filter both sides before the join, and select few columns"
        );
    }

    #[test]
    fn what_shares_memory_is_told_its_share() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Pool::new(256 << 20));
        let sorter = |at| MemoryConsumer::new(format!("ExternalSorter[{at}]")).with_can_spill(true);
        let (one, _two) = (sorter(0).register(&pool), sorter(1).register(&pool));
        let error = one.try_grow(200 << 20).unwrap_err().strip_backtrace();
        let want = "sorting asked for 200MB, its share being 128MB, and 0B of 256MB are taken; ";
        assert!(explain(&error).starts_with(want), "{error}");
    }

    #[test]
    fn what_passes_rows_on_gets_what_is_free() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Pool::new(256 << 20));
        let named = |name: &str| MemoryConsumer::new(name).with_can_spill(true).register(&pool);
        let (exchange, groups) =
            (named("RepartitionExec[0]"), named("FinalHashAggregateStream[0]"));
        exchange.try_grow(200 << 20).unwrap();
        assert!(exchange.try_grow(100 << 20).is_err(), "no more than there is");
        groups.try_grow(100 << 20).unwrap();
        assert!(groups.try_grow(100 << 20).is_err(), "no more than its share");
        drop((exchange, groups));
        assert_eq!(pool.reserved(), 0);
    }

    #[test]
    fn every_operator_that_reserves_memory_has_words_of_its_own() {
        for (consumer, work) in [
            ("ExternalSorter[1]", Work::Sort),
            ("ExternalSorterMerge[1]", Work::Sort),
            ("SortPreservingMergeExec[0]", Work::Sort),
            ("TopK[0]", Work::TopRows),
            ("PartitionedTopKRank[0]", Work::TopRows),
            ("AggregateStream[0]", Work::OneGroup),
            ("GroupedHashAggregateStream[0] (count(1))", Work::Groups),
            ("PartialHashAggregateStream[0]", Work::Groups),
            ("FinalHashAggregateStream[1]", Work::Groups),
            ("SingleHashAggregateStream[1]", Work::Groups),
            ("OrderedFinalAggregateStream[1]", Work::Groups),
            ("HashJoinInput", Work::Join),
            ("CrossJoinExec", Work::Join),
            ("NestedLoopJoinLoad[0]", Work::Join),
            ("SMJStream[0]", Work::Join),
            ("PartitionedWindowExec[0]", Work::Windows),
            ("RecursiveQueryHashTable", Work::Recursion),
            ("RepartitionExec[0]", Work::Exchange),
            ("anything", Work::Other),
        ] {
            assert_eq!(Work::of(consumer), work, "{consumer}");
        }
    }

    #[test]
    fn errors_inside_others_are_told_once() {
        let inner = "grouping asked for 1MB; raise --memory";
        let outer = format!("Failed to reserve memory: Resources exhausted: {inner}");
        assert_eq!(explain(&outer), inner);
        assert_eq!(
            explain("a single record batch is too large"),
            "a single record batch is too large; raise --memory, or select fewer rows or columns"
        );
        assert!(!explain("The used disk space has exceeded the limit").contains("datafusion"));
    }
}
