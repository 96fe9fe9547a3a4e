//! Bars of the best times, on a terminal and as SVG. The scale is logarithmic: raw JSON takes a
//! hundred times as long as the rest.

use super::report::{QueryResults, Report, short};
use crate::output::chart::canvas::{Anchor, COLOURS, Canvas, INK, QUIET};
use crate::output::visible;
use std::fmt::Write;

/// A logarithmic scale from one power of ten to another.
struct Scale {
    low: i32,
    high: i32,
}

impl Scale {
    fn of(report: &Report) -> Self {
        let times = || report.queries.iter().flat_map(|q| &q.results).map(|r| r.best_ms.max(1e-3));
        let low = times().fold(f64::INFINITY, f64::min).min(1e6);
        let high = times().fold(low, f64::max);
        let low = low.log10().floor() as i32;
        Self { low, high: (high.log10().ceil() as i32).max(low + 1) }
    }

    /// How far along the scale a time is, from 0 to 1.
    fn along(&self, millis: f64) -> f64 {
        let along =
            (millis.max(1e-3).log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        along.clamp(0.0, 1.0)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        (self.low..=self.high).map(|power| 10_f64.powi(power))
    }
}

/// Returns the bars as lines of text, `width` columns wide.
pub fn bars(report: &Report, width: u16) -> String {
    let scale = Scale::of(report);
    let name = |query: &QueryResults| visible(&query.name).into_owned();
    let names = report.queries.iter().map(|q| name(q).chars().count()).max().unwrap_or_default();
    let names = names.min(40);
    let formats = report.queries.iter().flat_map(|q| &q.results).map(|r| r.format.len());
    let formats = formats.max().unwrap_or_default();
    let room = usize::from(width).saturating_sub(names + formats + 14).max(10);
    let from = short_power(scale.low);
    let to = short_power(scale.high);
    let mut text =
        format!("Best times in milliseconds; a bar is logarithmic, from {from} to {to}\n");
    for query in &report.queries {
        for (at, result) in query.results.iter().enumerate() {
            let name = if at == 0 { name(query) } else { String::new() };
            let bar = "█".repeat(((scale.along(result.best_ms) * room as f64) as usize).max(1));
            let (format, time) = (result.format, short(result.best_ms));
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name:names$}  {format:formats$}  {bar} {time}");
        }
    }
    text
}

fn short_power(power: i32) -> String {
    format!("{}", 10_f64.powi(power))
}

const WIDTH: i32 = 960;
/// Where the bars begin, after the names of queries.
const LEFT: i32 = 230;
/// Characters that have room there.
const MAX_NAME_CHARS: usize = 32;
/// Room for the times after the bars.
const RIGHT: i32 = 70;
const TOP: i32 = 84;
const BAR: i32 = 13;
const GAP: i32 = 14;

/// Returns the bars as an SVG image.
pub fn svg(report: &Report) -> String {
    let scale = Scale::of(report);
    let x =
        |millis: f64| LEFT + (scale.along(millis) * f64::from(WIDTH - LEFT - RIGHT)).round() as i32;
    let height = |query: &QueryResults| query.results.len() as i32 * BAR + GAP;
    let bottom = TOP + report.queries.iter().map(height).sum::<i32>();
    let title = format!("{} events: best of {} runs", report.events, report.options.runs);
    let mut canvas = Canvas::new((WIDTH, bottom + 30), &title);
    canvas.text(&title, (16, 20), 16, INK, Anchor::Start);
    let note = format!("milliseconds, logarithmic scale; {}", report.source);
    canvas.text(&note, (16, 42), 12, QUIET, Anchor::Start);
    let formats = report.queries.first().map_or(&[][..], |query| &query.results);
    for (at, result) in formats.iter().enumerate() {
        let x = LEFT + at as i32 * 110;
        canvas.rectangle((x, 57), (x + 12, 69), colour(at), 1.0);
        canvas.text(result.format, (x + 18, 63), 12, INK, Anchor::Start);
    }
    for tick in scale.ticks() {
        canvas.rule((x(tick), TOP), (x(tick), bottom));
        canvas.text(&tick.to_string(), (x(tick), bottom + 14), 12, QUIET, Anchor::Middle);
    }
    let mut y = TOP + GAP / 2;
    for query in &report.queries {
        let middle = y + query.results.len() as i32 * BAR / 2;
        let name: String = query.name.chars().take(MAX_NAME_CHARS).collect();
        canvas.text(&name, (LEFT - 10, middle), 12, INK, Anchor::End);
        for (at, result) in query.results.iter().enumerate() {
            let end = x(result.best_ms).max(LEFT + 1);
            canvas.rectangle((LEFT, y), (end, y + BAR - 2), colour(at), 1.0);
            canvas.text(&short(result.best_ms), (end + 5, y + 6), 12, INK, Anchor::Start);
            y += BAR;
        }
        y += GAP;
    }
    canvas.finish()
}

fn colour(at: usize) -> &'static str {
    COLOURS[at % COLOURS.len()]
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    #[test]
    fn the_scale_is_of_powers_of_ten() {
        let scale = Scale::of(&report());
        assert_eq!((scale.low, scale.high), (0, 3));
        assert_eq!((scale.along(0.1), scale.along(1e3), scale.along(1e9)), (0.0, 1.0, 1.0));
        let none = Scale::of(&Report { queries: Vec::new(), ..report() });
        assert!(none.low < none.high);
    }

    #[test]
    fn bars_for_a_terminal() {
        insta::assert_snapshot!(bars(&report(), 60));
    }

    #[test]
    fn the_image_is_harmless() {
        let image = svg(&report());
        assert!(image.contains(r"a&lt;b&amp;c\u{1b}") && !image.contains("a<b"), "{image}");
        assert!(
            !image.contains(char::is_control)
                || image.chars().all(|c| c == '\n' || !c.is_control())
        );
        assert_eq!(image.matches("<rect").count(), 3 + 2 * 3);
        insta::assert_snapshot!(image);
    }
}
