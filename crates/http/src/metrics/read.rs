//! Metrics whose numbers somebody else keeps: they are asked for whenever the text is made.

use super::{MOST_SERIES, Metrics};
use crate::error::HttpError;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::fmt;

/// A number, and the values of the labels that it has.
pub type Sample<const N: usize> = ([String; N], u64);

type Read<const N: usize> = dyn Fn() -> Vec<Sample<N>> + Send + Sync;

impl Metrics {
    /// Registers counters whose numbers `read` returns, one for each set of values of the labels; see
    /// [`counters`](Self::counters). It is called by the thread that answers, so it does not wait.
    pub fn read_counters<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&'static str; N],
        read: impl Fn() -> Vec<Sample<N>> + Send + Sync + 'static,
    ) -> Result<(), HttpError> {
        let name = name.strip_suffix("_total").unwrap_or(name);
        self.read_family(name, help, labels, MetricType::Counter, Box::new(read))
    }

    /// Registers gauges whose numbers `read` returns; see [`read_counters`](Self::read_counters).
    pub fn read_gauges<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&'static str; N],
        read: impl Fn() -> Vec<Sample<N>> + Send + Sync + 'static,
    ) -> Result<(), HttpError> {
        self.read_family(name, help, labels, MetricType::Gauge, Box::new(read))
    }

    fn read_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&'static str; N],
        kind: MetricType,
        read: Box<Read<N>>,
    ) -> Result<(), HttpError> {
        let help = format!("{}.", help.trim_end_matches('.'));
        let family = ReadFamily { name: name.to_owned(), help, labels, kind, read };
        self.collect(name, &labels, Box::new(family))
    }
}

struct ReadFamily<const N: usize> {
    name: String,
    help: String,
    labels: [&'static str; N],
    kind: MetricType,
    read: Box<Read<N>>,
}

impl<const N: usize> ReadFamily<N> {
    /// As many as one metric may keep apart; `other` is the sum of the rest.
    fn samples(&self) -> Vec<Sample<N>> {
        let mut samples = (self.read)();
        if samples.len() > MOST_SERIES {
            let rest = samples.split_off(MOST_SERIES);
            let sum = rest.iter().fold(0, |sum: u64, (_, number)| sum.saturating_add(*number));
            samples.push((self.labels.map(|_| "other".to_owned()), sum));
        }
        samples
    }

    fn encode_sample(&self, encoder: MetricEncoder<'_>, number: u64) -> fmt::Result {
        match self.kind {
            MetricType::Counter => ConstCounter::new(number).encode(encoder),
            _ => ConstGauge::new(number).encode(encoder),
        }
    }
}

impl<const N: usize> fmt::Debug for ReadFamily<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadFamily").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<const N: usize> Collector for ReadFamily<N> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut family = encoder.encode_descriptor(&self.name, &self.help, None, self.kind)?;
        for (values, number) in self.samples() {
            let labels: Vec<_> = self.labels.into_iter().zip(values).collect();
            self.encode_sample(family.encode_family(&labels)?, number)?;
        }
        Ok(())
    }
}
