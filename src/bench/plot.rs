//! Bars of the best times, on a terminal and as SVG. The scale is logarithmic: raw JSON takes a
//! hundred times as long as the rest.

use super::report::{QueryResults, Report, short};
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

const WIDTH: usize = 960;
const LEFT: usize = 230;
/// Characters that have room there.
const NAME: usize = 32;
const RIGHT: usize = 70;
const TOP: usize = 84;
const BAR: usize = 13;
const GAP: usize = 14;

/// Colours that can be told apart on white and on black, also by the colour-blind; each with a class
/// of its own.
const COLOURS: [&str; 4] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7"];

const STYLE: &str = "\
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.note { fill: #57606a }
.name { text-anchor: end }
.tick { text-anchor: middle; fill: #57606a }
.grid { stroke: #8c959f; stroke-opacity: .35 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note, .tick { fill: #9198a1 }
}";

/// Returns the bars as an SVG image without a background, so that it suits light and dark pages.
pub fn svg(report: &Report) -> String {
    let scale = Scale::of(report);
    let x = |millis: f64| LEFT as f64 + scale.along(millis) * (WIDTH - LEFT - RIGHT) as f64;
    let height = |query: &QueryResults| query.results.len() * BAR + GAP;
    let bottom = TOP + report.queries.iter().map(height).sum::<usize>();
    let title = format!("{} events: best of {} runs", report.events, report.options.runs);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n",
        bottom + 30,
        escaped(&title),
    );
    let mut line = |text: String| {
        svg.push_str(&text);
        svg.push('\n');
    };
    line(format!("<text class=\"title\" x=\"16\" y=\"26\">{}</text>", escaped(&title)));
    let note = format!("milliseconds, logarithmic scale; {}", report.source);
    line(format!("<text class=\"note\" x=\"16\" y=\"46\">{}</text>", escaped(&note)));
    let formats = report.queries.first().map_or(&[][..], |query| &query.results);
    for (at, result) in formats.iter().enumerate() {
        let x = LEFT + at * 110;
        line(format!(
            "<rect x=\"{x}\" y=\"57\" width=\"12\" height=\"12\" fill=\"{}\"/>",
            colour(at)
        ));
        line(format!("<text x=\"{}\" y=\"67\">{}</text>", x + 18, escaped(result.format)));
    }
    for tick in scale.ticks() {
        let x = x(tick);
        line(format!(
            "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>"
        ));
        line(format!("<text class=\"tick\" x=\"{x:.1}\" y=\"{}\">{tick}</text>", bottom + 18));
    }
    let mut y = TOP + GAP / 2;
    for query in &report.queries {
        let middle = y + query.results.len() * BAR / 2 + 4;
        let name = escaped(&query.name.chars().take(NAME).collect::<String>());
        line(format!("<text class=\"name\" x=\"{}\" y=\"{middle}\">{name}</text>", LEFT - 10));
        for (at, result) in query.results.iter().enumerate() {
            let end = x(result.best_ms).max(LEFT as f64 + 1.0);
            line(format!(
                "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{:.1}\" height=\"{}\" fill=\"{}\"/>",
                end - LEFT as f64,
                BAR - 2,
                colour(at),
            ));
            line(format!(
                "<text x=\"{:.1}\" y=\"{}\">{}</text>",
                end + 5.0,
                y + 10,
                short(result.best_ms)
            ));
            y += BAR;
        }
        y += GAP;
    }
    line("</svg>".to_owned());
    svg
}

fn colour(at: usize) -> &'static str {
    COLOURS[at % COLOURS.len()]
}

/// Text that is harmless in XML; control characters are not even allowed there.
fn escaped(text: &str) -> String {
    let text = visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
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
