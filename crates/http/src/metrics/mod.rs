//! Counters, gauges and histograms with labels, and their text for Prometheus (exposition format 0.0.4).

mod port;
mod read;
#[cfg(test)]
mod tests;

use crate::error::HttpError;
use port::PortMetrics;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use prometheus_text::CONTENT_TYPE;
pub use read::Sample;

/// Sets of values that one metric keeps apart. Whatever comes beyond has `other` for all its values, as a
/// label may hold what a client chose.
const MOST_SERIES: usize = 1000;

type Labels = Vec<(&'static str, String)>;

/// A registry of metrics. Clones are the same registry. It has the metrics of a port from the beginning.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Names>>,
    pub(crate) port: PortMetrics,
}

#[derive(Default)]
struct Names {
    registry: Registry,
    taken: BTreeSet<String>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut names = Names::default();
        let port = PortMetrics::register(&mut names);
        Self { registry: Arc::new(Mutex::new(names)), port }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Registers counters, one for each set of values of the labels. The text names them `name` with `_total` at its
    /// end. Fails if the name or a label's is none, or the name is taken.
    pub fn counters<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&'static str; N],
    ) -> Result<Counters<N>, HttpError> {
        let counters = Counters::new(labels);
        let name = name.strip_suffix("_total").unwrap_or(name);
        self.add(name, help, &labels, counters.0.family.clone())?;
        Ok(counters)
    }

    /// Registers gauges; see [`counters`](Self::counters).
    pub fn gauges<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&'static str; N],
    ) -> Result<Gauges<N>, HttpError> {
        let gauges = Gauges::new(labels);
        self.add(name, help, &labels, gauges.0.family.clone())?;
        Ok(gauges)
    }

    /// Registers histograms, whose buckets end at `bounds` (ascending) and at infinity; see [`counters`](Self::counters).
    pub fn histograms<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&'static str; N],
        bounds: &[f64],
    ) -> Result<Histograms<N>, HttpError> {
        let histograms = Histograms::new(labels, bounds);
        self.add(name, help, &labels, histograms.0.family.clone())?;
        Ok(histograms)
    }

    /// All metrics as Prometheus reads them.
    #[must_use]
    pub fn text(&self) -> String {
        let names = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        // A string takes everything, so this cannot fail.
        let _ = prometheus_text::encode(&mut text, &names.registry);
        text
    }

    fn add(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        metric: impl Metric,
    ) -> Result<(), HttpError> {
        self.take(name, labels)?.add(name, help, metric);
        Ok(())
    }

    fn collect(
        &self,
        name: &str,
        labels: &[&str],
        collector: Box<dyn Collector>,
    ) -> Result<(), HttpError> {
        let mut names = self.take(name, labels)?;
        names.taken.insert(name.to_owned());
        names.registry.register_collector(collector);
        Ok(())
    }

    /// Returns the names if a metric with such labels may be added.
    fn take(&self, name: &str, labels: &[&str]) -> Result<MutexGuard<'_, Names>, HttpError> {
        for name in [name].iter().chain(labels) {
            if !is_name(name) {
                return Err(HttpError::MetricName((*name).to_owned()));
            }
        }
        let names = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        match names.taken.contains(name) {
            true => Err(HttpError::MetricTaken(name.to_owned())),
            false => Ok(names),
        }
    }
}

impl Names {
    /// The help without its full stop, which the text adds.
    fn add(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.taken.insert(name.to_owned());
        self.registry.register(name, help.trim_end_matches('.'), metric);
    }
}

/// Names that need no quoting: those of the data model before version 3. The endings are those that the text adds itself.
fn is_name(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let ending = ["_total", "_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end));
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    first && plain && !ending && name != "le"
}

/// The metrics of one name, one for each set of values of its labels.
#[derive(Clone)]
struct Series<M, C, const N: usize> {
    labels: [&'static str; N],
    family: Family<Labels, M, C>,
    length: Arc<AtomicUsize>,
}

impl<M: Clone, C: MetricConstructor<M>, const N: usize> Series<M, C, N> {
    fn new(labels: [&'static str; N], constructor: C) -> Self {
        let family = Family::new_with_constructor(constructor);
        Self { labels, family, length: Arc::default() }
    }

    fn at(&self, values: [&str; N]) -> M {
        let labels: Labels = self.labels.into_iter().zip(values.map(str::to_owned)).collect();
        if let Some(metric) = self.family.get(&labels) {
            return metric.clone();
        }
        if self.length.fetch_add(1, Ordering::Relaxed) < MOST_SERIES {
            return self.family.get_or_create_owned(&labels);
        }
        self.length.store(MOST_SERIES, Ordering::Relaxed);
        let others = self.labels.map(|name| (name, "other".to_owned())).to_vec();
        self.family.get_or_create_owned(&others)
    }
}

/// Numbers that only grow.
#[derive(Clone)]
pub struct Counters<const N: usize>(Series<Counter, fn() -> Counter, N>);

impl<const N: usize> Counters<N> {
    fn new(labels: [&'static str; N]) -> Self {
        Self(Series::new(labels, Counter::default))
    }

    /// Adds `amount` to the counter with these values of the labels.
    pub fn add(&self, values: [&str; N], amount: u64) {
        self.0.at(values).inc_by(amount);
    }
}

/// Numbers that rise and fall.
#[derive(Clone)]
pub struct Gauges<const N: usize>(Series<Gauge, fn() -> Gauge, N>);

impl<const N: usize> Gauges<N> {
    fn new(labels: [&'static str; N]) -> Self {
        Self(Series::new(labels, Gauge::default))
    }

    /// Adds `amount`, which may be negative, to the gauge with these values of the labels.
    pub fn add(&self, values: [&str; N], amount: i64) {
        self.0.at(values).inc_by(amount);
    }

    /// Sets the gauge with these values of the labels.
    pub fn set(&self, values: [&str; N], number: i64) {
        self.0.at(values).set(number);
    }
}

/// How often numbers fell into which bucket.
#[derive(Clone)]
pub struct Histograms<const N: usize>(Series<Histogram, Bounds, N>);

#[derive(Clone)]
struct Bounds(Arc<[f64]>);

impl MetricConstructor<Histogram> for Bounds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

impl<const N: usize> Histograms<N> {
    fn new(labels: [&'static str; N], bounds: &[f64]) -> Self {
        Self(Series::new(labels, Bounds(bounds.into())))
    }

    /// Counts `number` in the histogram with these values of the labels.
    pub fn observe(&self, values: [&str; N], number: f64) {
        self.0.at(values).observe(number);
    }
}

macro_rules! debug {
    ($($name:ident),*) => {$(
        impl<const N: usize> fmt::Debug for $name<N> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("labels", &self.0.labels).finish_non_exhaustive()
            }
        }
    )*};
}

debug!(Counters, Gauges, Histograms);
