//! What was measured, summed up: for people as a table, for programs as CSV and JSON.

use super::BenchTarget;
use super::run::{Measurement, Options, Outcome};
use crate::engine::Pruned;
use crate::output::visible;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Row, Table};
use indicatif::{DecimalBytes, HumanCount};
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// The format that the others are compared with.
const BASELINE: &str = "parquet";

/// A whole benchmark.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Version of this program.
    pub version: &'static str,
    /// Where the events are from.
    pub source: String,
    /// Distinct events.
    pub events: u64,
    /// Bytes of their JSON.
    pub json_bytes: u64,
    /// Threads that a query may use.
    pub threads: usize,
    /// How often was measured.
    #[serde(flatten)]
    pub options: Options,
    /// What the queries' parameters stood for.
    pub parameters: Map<String, Value>,
    /// The stores.
    pub stores: Vec<StoreSize>,
    /// The queries, each with a result for each format.
    pub queries: Vec<QueryResults>,
    /// Each format's times as parts of those over Parquet; none without Parquet.
    pub ratios: Vec<Ratio>,
}

/// A store that was made.
#[derive(Debug, Clone, Serialize)]
pub struct StoreSize {
    /// Its format.
    pub format: &'static str,
    /// Seconds that its import took.
    pub import_seconds: f64,
    /// Bytes of its data files.
    pub bytes: u64,
    /// Data files.
    pub files: u64,
}

/// What was measured of one query.
#[derive(Debug, Clone, Serialize)]
pub struct QueryResults {
    /// Its name.
    pub name: String,
    /// The statement that ran.
    pub sql: String,
    /// By format.
    pub results: Vec<Measured>,
}

/// What was measured of one query over one format. Times are in milliseconds.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// The format.
    pub format: &'static str,
    /// Rows of the answer.
    pub rows: u64,
    /// Runs, one by one.
    pub runs: usize,
    /// The shortest of them.
    pub best_ms: f64,
    /// The middle one.
    pub median_ms: f64,
    /// Until the query was planned; median.
    pub plan_ms: f64,
    /// From then on; median.
    pub execute_ms: f64,
    /// For a query when all clients ask at the same time; median.
    pub concurrent_ms: Option<f64>,
    /// The same as a rate.
    pub queries_per_second: Option<f64>,
    /// Bytes read from data files, where the format's reader counts them.
    pub bytes_scanned: Option<u64>,
    /// Parts of files that were not read.
    pub pruned: Vec<Pruned>,
}

/// One format's times as parts of those over Parquet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ratio {
    /// The format.
    pub format: &'static str,
    /// Geometric mean over the queries, best runs.
    pub best: f64,
    /// The same for concurrent runs.
    pub concurrent: Option<f64>,
    /// The greatest ratio of best runs.
    pub worst: f64,
    /// The query that has it.
    pub worst_query: String,
}

impl Measured {
    fn new(format: &'static str, measured: &Measurement, clients: usize) -> Self {
        // Clients together answer one query in this time.
        let concurrent = (!measured.concurrent.is_empty())
            .then(|| millis(median(&measured.concurrent)) / clients.max(1) as f64);
        Self {
            format,
            rows: measured.rows,
            runs: measured.total.len(),
            best_ms: millis(measured.total.iter().min().copied().unwrap_or_default()),
            median_ms: millis(median(&measured.total)),
            plan_ms: millis(median(&measured.planning)),
            execute_ms: millis(median(&measured.execution)),
            concurrent_ms: concurrent,
            queries_per_second: concurrent.map(|ms| 1e3 / ms.max(1e-3)),
            bytes_scanned: measured.profile.bytes_scanned,
            pruned: measured.profile.pruned.clone(),
        }
    }

    /// `3 of 4 file ranges, 1 of 9 stripes`; rows are left to the JSON report.
    fn pruned(&self) -> String {
        let units = self.pruned.iter().filter(|p| p.pruned > 0 && !p.unit.ends_with("rows"));
        let units = units.map(|p| format!("{} of {} {}", p.pruned, p.of, p.unit));
        units.collect::<Vec<_>>().join(", ")
    }
}

/// Sums up what [`super::run()`] measured.
pub fn results(
    targets: &[BenchTarget],
    outcome: &Outcome,
    options: Options,
) -> (Vec<QueryResults>, Vec<Ratio>) {
    let results: Vec<_> = outcome
        .queries
        .iter()
        .zip(&outcome.measured)
        .map(|(query, line)| QueryResults {
            name: query.name.clone(),
            sql: query.sql.clone(),
            results: targets
                .iter()
                .zip(line)
                .map(|(c, measured)| Measured::new(c.name(), measured, options.concurrency))
                .collect(),
        })
        .collect();
    let formats = targets.iter().map(BenchTarget::name).filter(|format| *format != BASELINE);
    let ratios = formats.filter_map(|format| Ratio::of(format, &results)).collect();
    (results, ratios)
}

impl Ratio {
    fn of(format: &'static str, queries: &[QueryResults]) -> Option<Self> {
        let pairs: Vec<_> = queries
            .iter()
            .filter_map(|query| {
                let of = |name| query.results.iter().find(|result| result.format == name);
                Some((&query.name, of(format)?, of(BASELINE)?))
            })
            .collect();
        let best =
            |mine: &Measured, base: &Measured| mine.best_ms.max(1e-3) / base.best_ms.max(1e-3);
        let (worst_query, worst) = pairs
            .iter()
            .map(|(name, mine, base)| ((*name).clone(), best(mine, base)))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        let concurrent = pairs.iter().filter_map(|(_, mine, base)| {
            Some(mine.concurrent_ms?.max(1e-3) / base.concurrent_ms?.max(1e-3))
        });
        Some(Self {
            format,
            best: geometric_mean(pairs.iter().map(|(_, mine, base)| best(mine, base)))?,
            concurrent: geometric_mean(concurrent),
            worst,
            worst_query,
        })
    }
}

impl Report {
    /// Returns the results as tables for people; `width` is that of the terminal, in columns.
    pub fn tables(&self, width: Option<u16>) -> String {
        let clients = self.options.concurrency;
        let mut head = vec!["query", "format", "best ms", "median", "plan", "execute"];
        let rate = format!("q/s x{clients}");
        if clients > 1 {
            head.push(&rate);
        }
        head.extend(["rows", "bytes read", "left out"]);
        let mut measured = table(&head, width);
        for query in &self.queries {
            for (at, r) in query.results.iter().enumerate() {
                let name = if at == 0 { visible(&query.name).into_owned() } else { String::new() };
                let mut cells = vec![left(name), left(r.format)];
                cells.extend(
                    [r.best_ms, r.median_ms, r.plan_ms, r.execute_ms].map(|n| right(short(n))),
                );
                if clients > 1 {
                    cells.push(right(r.queries_per_second.map_or_else(String::new, short)));
                }
                let bytes = r.bytes_scanned.map(|b| DecimalBytes(b).to_string());
                cells.extend([right(HumanCount(r.rows)), right(bytes.unwrap_or_default())]);
                cells.push(left(r.pruned()));
                measured.add_row(Row::from(cells));
            }
        }
        format!("{measured}\n\n{}", self.summary(width))
    }

    fn summary(&self, width: Option<u16>) -> Table {
        let clients = self.options.concurrency;
        let mut head = vec!["format", "import s", "files", "bytes", "of the JSON"];
        if !self.ratios.is_empty() {
            head.push("of parquet's time");
            if clients > 1 {
                head.push("concurrent");
            }
            head.push("worst query");
        }
        let mut summary = table(&head, width);
        let formats = self.queries.first().map_or(&[][..], |query| &query.results);
        for format in formats.iter().map(|result| result.format) {
            let mut cells = vec![left(format)];
            match self.stores.iter().find(|store| store.format == format) {
                Some(store) => cells.extend([
                    right(format!("{:.1}", store.import_seconds)),
                    right(HumanCount(store.files)),
                    right(DecimalBytes(store.bytes)),
                    right(format!(
                        "{:.1} %",
                        100.0 * store.bytes as f64 / self.json_bytes.max(1) as f64
                    )),
                ]),
                None => cells.extend((0..4).map(|_| left(""))),
            }
            if let Some(ratio) = self.ratios.iter().find(|ratio| ratio.format == format) {
                cells.push(right(format!("{:.2}", ratio.best)));
                if clients > 1 {
                    let ratio = ratio.concurrent.map(|ratio| format!("{ratio:.2}"));
                    cells.push(right(ratio.unwrap_or_default()));
                }
                cells.push(left(format!("{:.2} {}", ratio.worst, visible(&ratio.worst_query))));
            }
            summary.add_row(Row::from(cells));
        }
        summary
    }

    /// Returns the results as CSV, a line for each query and format.
    ///
    /// # Errors
    /// When a line cannot be written, which memory does not do.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record([
            "query",
            "format",
            "rows",
            "runs",
            "best_ms",
            "median_ms",
            "plan_ms",
            "execute_ms",
            "concurrent_ms",
            "queries_per_second",
            "bytes_scanned",
            "pruned",
        ])?;
        let text = |number: Option<f64>| number.map_or_else(String::new, |n| format!("{n:.3}"));
        for query in &self.queries {
            for r in &query.results {
                out.write_record([
                    query.name.clone(),
                    r.format.to_owned(),
                    r.rows.to_string(),
                    r.runs.to_string(),
                    text(Some(r.best_ms)),
                    text(Some(r.median_ms)),
                    text(Some(r.plan_ms)),
                    text(Some(r.execute_ms)),
                    text(r.concurrent_ms),
                    text(r.queries_per_second),
                    r.bytes_scanned.map_or_else(String::new, |bytes| bytes.to_string()),
                    r.pruned(),
                ])?;
            }
        }
        out.into_inner().map_err(|error| error.into_error().into())
    }
}

fn table(head: &[&str], width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(head);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table
}

fn left(text: impl ToString) -> Cell {
    Cell::new(text.to_string())
}

fn right(text: impl ToString) -> Cell {
    left(text).set_alignment(CellAlignment::Right)
}

/// Three digits or more.
pub(super) fn short(number: f64) -> String {
    match number {
        n if n < 10.0 => format!("{n:.2}"),
        n if n < 100.0 => format!("{n:.1}"),
        n => format!("{n:.0}"),
    }
}

/// Milliseconds, to the microsecond.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// The middle of the times, or the mean of the two middle ones.
fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let middle = |at: usize| sorted.get(at).copied().unwrap_or_default();
    match sorted.len() {
        0 => Duration::ZERO,
        n if n % 2 == 1 => middle(n / 2),
        n => (middle(n / 2 - 1) + middle(n / 2)) / 2,
    }
}

fn geometric_mean(ratios: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<_> = ratios.map(f64::ln).collect();
    let sum: f64 = logarithms.iter().sum();
    (!logarithms.is_empty()).then(|| (sum / logarithms.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    #[test]
    fn the_middle_is_that_of_the_sorted_times() {
        let of = |times: &[u64]| {
            median(&times.iter().copied().map(Duration::from_millis).collect::<Vec<_>>())
                .as_millis()
        };
        assert_eq!((of(&[]), of(&[7]), of(&[9, 1, 5]), of(&[4, 1, 2, 9])), (0, 7, 5, 3));
    }

    #[test]
    fn means_of_ratios_are_geometric() {
        let mean = geometric_mean([0.5, 2.0, 8.0].into_iter()).unwrap();
        assert!((mean - 2.0).abs() < 1e-12, "{mean}");
        assert_eq!(geometric_mean(std::iter::empty()), None);
    }

    #[test]
    fn ratios_are_to_parquet() {
        let ratios = report().ratios;
        assert_eq!(ratios.len(), 2);
        let arrow = &ratios[0];
        assert_eq!((arrow.format, arrow.worst, &*arrow.worst_query), ("arrow", 4.0, "a<b&c\u{1b}"));
        assert!((arrow.best - 2.0).abs() < 1e-9 && arrow.concurrent == Some(1.0), "{arrow:?}");
        assert_eq!(ratios[1].concurrent, None);
    }

    #[test]
    fn tables_for_people() {
        insta::assert_snapshot!(report().tables(None));
    }

    #[test]
    fn csv_for_programs() {
        insta::assert_snapshot!(String::from_utf8(report().csv().unwrap()).unwrap());
    }
}
