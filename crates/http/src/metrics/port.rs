//! The metrics of a port itself.

use super::{Counters, Gauges, Histograms, Names};
use std::time::Duration;

/// Seconds; from what a cache answers to what scans everything.
const SECONDS: [f64; 12] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];

#[derive(Clone)]
pub(crate) struct PortMetrics {
    pub(crate) requests: Counters<2>,
    pub(crate) seconds: Histograms<1>,
    pub(crate) in_flight: Gauges<0>,
    pub(crate) connections: Gauges<0>,
    pub(crate) accepted: Counters<0>,
    pub(crate) refused: Counters<1>,
    pub(crate) timeouts: Counters<1>,
    pub(crate) dropped_lines: Counters<0>,
}

impl PortMetrics {
    pub(super) fn register(names: &mut Names) -> Self {
        let port = Self {
            requests: Counters::new(["service", "class"]),
            seconds: Histograms::new(["service"], &SECONDS),
            in_flight: Gauges::new([]),
            connections: Gauges::new([]),
            accepted: Counters::new([]),
            refused: Counters::new(["reason"]),
            timeouts: Counters::new(["what"]),
            dropped_lines: Counters::new([]),
        };
        let families = port.clone();
        names.add(
            "http_requests",
            "Requests by service and class of status; class none: the client left",
            families.requests.0.family,
        );
        names.add(
            "http_request_seconds",
            "Time from the head of a request to the end of its answer",
            families.seconds.0.family,
        );
        names.add(
            "http_requests_in_flight",
            "Requests being answered",
            families.in_flight.0.family,
        );
        names.add("http_connections", "Open connections", families.connections.0.family);
        names.add("http_connections_accepted", "Connections so far", families.accepted.0.family);
        names.add("http_refused", "What was not let in, by reason", families.refused.0.family);
        names.add(
            "http_timeouts",
            "Times that ran out, by what was slow",
            families.timeouts.0.family,
        );
        names.add(
            "http_log_lines_dropped",
            "Lines of the access log that its writer did not take",
            families.dropped_lines.0.family,
        );
        port.zero();
        port
    }

    /// So that what has no label is there from the beginning.
    fn zero(&self) {
        self.in_flight.set([], 0);
        self.connections.set([], 0);
        self.accepted.add([], 0);
        self.dropped_lines.add([], 0);
    }

    pub(crate) fn answered(&self, service: &str, status: Option<u16>, took: Duration) {
        let class = match status {
            Some(200..=299) => "2xx",
            Some(300..=399) => "3xx",
            Some(400..=499) => "4xx",
            Some(500..=599) => "5xx",
            Some(_) => "1xx",
            None => "none",
        };
        self.requests.add([service, class], 1);
        self.seconds.observe([service], took.as_secs_f64());
    }
}
