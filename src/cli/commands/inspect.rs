//! `traillake inspect`.

use super::super::args;
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::{count, size};
use crate::columnar::inspect::{Bound, Chunk, Column, Fact, Layout, Part, inspect};
use crate::output::visible;

/// Units that are shown.
const MAX_UNITS: usize = 40;
/// Characters of a line of the summary.
const MAX_LINE_CHARS: usize = 400;
/// Characters of a minimum or maximum that are shown where the width is not limited.
const MAX_BOUND_CHARS: usize = 40;

pub(crate) fn run(args: &args::Inspect, printer: &mut Printer) -> Result<(), Failure> {
    let layout = inspect(&args.file)?;
    match &args.column {
        _ if args.json => printer.json(&layout)?,
        Some(name) => {
            for at in matching(&layout.columns, name)? {
                one_column(&layout, at, printer)?;
            }
        }
        None => {
            summary(&args.file.display().to_string(), &layout, printer)?;
            printer.line("")?;
            units(&layout, printer)?;
            printer.line("")?;
            columns(&layout, printer)?;
        }
    }
    printer.flush()
}

fn summary(file: &str, layout: &Layout, printer: &mut Printer) -> Result<(), Failure> {
    let mut line = |label: &str, text: &str| {
        printer.line(&format!("{label:12} {}", cut(&visible(text), MAX_LINE_CHARS)))
    };
    line("file", file)?;
    let version = layout.version.iter().map(|version| format!(", version {version}"));
    let writer = layout.writer.iter().map(|writer| format!(", written by {writer}"));
    line(
        "format",
        &[layout.format.to_string()].into_iter().chain(version).chain(writer).collect::<String>(),
    )?;
    line("size", &format!("{}: {}", size(layout.bytes), parts(&layout.parts)))?;
    let plural = if layout.unit.ends_with("ch") { "es" } else { "s" };
    let plural = if layout.units.len() == 1 { "" } else { plural };
    let units = format!("{} {}{plural}", count(layout.units.len() as u64), layout.unit);
    line("rows", &format!("{} in {units}", count(layout.rows)))?;
    let top = layout.columns.iter().filter(|column| column.depth == 0).count();
    line("columns", &format!("{top}, and {} within them", layout.columns.len() - top))?;
    let ratio = ratio(sizes(layout.columns.iter().map(|column| &column.total)));
    let ratio = if ratio.is_empty() { ratio } else { format!(", ratio {ratio}") };
    line("compression", &format!("{}{ratio}", layout.compression.join(", ")))?;
    for Fact { name, value } in &layout.facts {
        line(name, value)?;
    }
    for Fact { name, value } in &layout.metadata {
        let short = value.chars().count() <= 80;
        let value = if short { value.clone() } else { format!("({})", size(value.len() as u64)) };
        line("metadata", &format!("{name} {value}"))?;
    }
    Ok(())
}

fn parts(parts: &[Part]) -> String {
    let parts = parts.iter().filter(|part| part.bytes > 0);
    parts.map(|part| format!("{} {}", part.name, size(part.bytes))).collect::<Vec<_>>().join(", ")
}

fn units(layout: &Layout, printer: &mut Printer) -> Result<(), Failure> {
    let Some(first) = layout.units.first() else { return Ok(()) };
    let mut grid = Grid::new(&[
        (layout.unit, true),
        ("offset", true),
        ("rows", true),
        ("bytes", true),
        ("ratio", true),
    ]);
    for part in &first.parts {
        grid.headers.push((part.name.clone(), true));
    }
    for (at, unit) in layout.units.iter().enumerate().take(MAX_UNITS) {
        let mut row = vec![
            count(at as u64 + 1),
            count(unit.offset),
            count(unit.rows),
            size(unit.bytes),
            ratio(sizes(unit.chunks.iter())),
        ];
        for Part { name, .. } in &first.parts {
            let part = unit.parts.iter().find(|part| part.name == *name);
            row.push(part.map_or_else(String::new, |part| size(part.bytes)));
        }
        grid.rows.push(row);
    }
    grid.print(printer)?;
    match layout.units.len().checked_sub(MAX_UNITS) {
        None | Some(0) => Ok(()),
        Some(more) => printer.line(&format!("... and {} more; --json has all", count(more as u64))),
    }
}

fn columns(layout: &Layout, printer: &mut Printer) -> Result<(), Failure> {
    let mut grid = Grid::new(&[
        ("column", false),
        ("type", false),
        ("bytes", true),
        ("ratio", true),
        ("nulls", true),
        ("encoding", false),
        ("bloom", false),
        ("min", false),
        ("max", false),
    ]);
    for (at, column) in layout.columns.iter().enumerate() {
        let below = layout.columns[at + 1..].iter().take_while(|c| c.depth > column.depth).count();
        let with_below = layout.columns[at..=at + below].iter().map(|c| &c.total);
        let with_below = sizes(with_below);
        let of = &column.total;
        let mut encodings: Vec<_> = of.encodings.iter().map(|e| short(e)).collect();
        encodings.dedup();
        grid.rows.push(vec![
            format!("{}{}", "  ".repeat(column.depth), visible(&column.name)),
            visible(&column.data_type).into_owned(),
            size(with_below.0),
            ratio(with_below),
            nulls(of),
            encodings.join("+"),
            of.bloom_filter_bytes.map_or("", |_| "yes").to_owned(),
            bound(of.min.as_ref()),
            bound(of.max.as_ref()),
        ]);
    }
    grid.print(printer)
}

/// The columns of this path and those below it.
fn matching(columns: &[Column], path: &str) -> Result<Vec<usize>, Failure> {
    let wanted = path.to_lowercase();
    let below = format!("{wanted}.");
    let fits = |column: &Column| {
        let path = column.path.to_lowercase();
        path == wanted || path.starts_with(&below)
    };
    let found: Vec<_> = (0..columns.len()).filter(|at| fits(&columns[*at])).collect();
    // What only holds others has nothing to show, unless it was meant itself.
    let (full, hollow): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|at| columns[*at].total != Chunk::default());
    let found = if full.is_empty() { hollow } else { full };
    if found.is_empty() {
        let near = columns.iter().max_by(|a, b| {
            let score = |c: &Column| strsim::jaro_winkler(&c.path.to_lowercase(), &wanted);
            score(a).total_cmp(&score(b))
        });
        let near = near.map_or_else(String::new, |c| format!("; the nearest is {:?}", c.path));
        return Err(Failure::Usage(format!("the file has no column {path:?}{near}")));
    }
    Ok(found)
}

fn one_column(layout: &Layout, at: usize, printer: &mut Printer) -> Result<(), Failure> {
    let column = &layout.columns[at];
    printer.line(&format!("{}  {}", visible(&column.path), visible(&column.data_type)))?;
    let mut grid = Grid::new(&[
        (layout.unit, true),
        ("row group", true),
        ("values", true),
        ("nulls", true),
        ("bytes", true),
        ("ratio", true),
        ("encoding", false),
        ("dictionary", true),
        ("index", true),
        ("bloom", true),
        ("min", false),
        ("max", false),
    ]);
    let number = |number: Option<u64>| number.map_or_else(String::new, count);
    let row = |label: String, of: &Chunk| {
        vec![
            label,
            String::new(),
            number(of.values),
            number(of.nulls),
            size(of.bytes),
            ratio((of.bytes, of.raw_bytes)),
            of.encodings.join(" "),
            number(of.dictionary),
            number(of.index_entries),
            of.bloom_filter_bytes.map_or_else(String::new, size),
            bound(of.min.as_ref()),
            bound(of.max.as_ref()),
        ]
    };
    for (unit_number, unit) in layout.units.iter().enumerate() {
        let Some(chunk) = unit.chunks.get(at) else { continue };
        grid.rows.push(row(count(unit_number as u64 + 1), chunk));
        // A single one says the same again.
        let groups = chunk.index.iter().enumerate().filter(|_| chunk.index.len() > 1);
        for (group, of) in groups {
            let mut cells = vec![String::new(); grid.headers.len()];
            cells[1] = count(group as u64 + 1);
            cells[2] = number(of.values);
            cells[3] = number(of.nulls);
            cells[9] = if of.bloom_filter { "yes".to_owned() } else { String::new() };
            cells[10] = bound(of.min.as_ref());
            cells[11] = bound(of.max.as_ref());
            grid.rows.push(cells);
        }
    }
    grid.rows.push(row("all".to_owned(), &column.total));
    grid.print(printer)?;
    let facts = column.total.facts.iter().map(|fact| format!("{} {}", fact.name, fact.value));
    let said = [parts(&column.total.streams)].into_iter().chain(facts);
    let said: Vec<_> = said.filter(|said| !said.is_empty()).collect();
    if !said.is_empty() {
        printer.line(&visible(&said.join(", ")))?;
    }
    printer.line("")
}

/// Bytes of some chunks, and the same before compression if all chunks have it.
fn sizes<'a>(chunks: impl Iterator<Item = &'a Chunk>) -> (u64, Option<u64>) {
    chunks.filter(|chunk| chunk.bytes > 0).fold((0, Some(0)), |(bytes, raw), chunk| {
        let raw = raw.zip(chunk.raw_bytes).map(|(a, b): (u64, u64)| a.saturating_add(b));
        (bytes.saturating_add(chunk.bytes), raw)
    })
}

fn ratio(sizes: (u64, Option<u64>)) -> String {
    match sizes {
        (bytes, Some(raw)) if bytes > 0 => format!("{:.1}", raw as f64 / bytes as f64),
        _ => String::new(),
    }
}

/// The share of nulls; "0" and "all" mean just that.
fn nulls(of: &Chunk) -> String {
    match (of.nulls, of.values) {
        (None, _) => String::new(),
        (Some(0), _) => "0".to_owned(),
        (Some(nulls), Some(values)) if nulls == values => "all".to_owned(),
        (Some(nulls), Some(values)) if values > 0 => {
            let share = (nulls as f64 * 100.0 / values as f64).clamp(0.1, 99.9);
            format!("{share:.1}%")
        }
        (Some(nulls), _) => count(nulls),
    }
}

/// The family of an encoding, for a column of few characters.
fn short(encoding: &str) -> String {
    let families =
        [("DICTIONARY", "dict"), ("DELTA", "delta"), ("DIRECT", "direct"), ("SPLIT", "split")];
    let family = families.iter().find(|(part, _)| encoding.contains(part));
    family.map_or_else(|| encoding.to_lowercase(), |(_, short)| (*short).to_owned())
}

fn bound(bound: Option<&Bound>) -> String {
    let Some(bound) = bound else { return String::new() };
    let text = bound.value.to_string();
    if text.is_empty() {
        return "\"\"".to_owned();
    }
    let more = if bound.exact { "" } else { "…" };
    cut(&format!("{}{more}", visible(&text)), MAX_BOUND_CHARS)
}

/// A table without lines. Columns without any text are left out.
struct Grid {
    headers: Vec<(String, bool)>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// A table with these headers; `true` stands for columns of numbers.
    fn new(headers: &[(&str, bool)]) -> Self {
        let headers = headers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect();
        Self { headers, rows: Vec::new() }
    }

    fn print(&self, printer: &mut Printer) -> Result<(), Failure> {
        let mut widths: Vec<_> = (0..self.headers.len())
            .map(|at| self.rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0))
            .collect();
        for ((header, _), width) in self.headers.iter().zip(&mut widths).filter(|(_, w)| **w > 0) {
            *width = header.chars().count().max(*width);
        }
        if let Some(terminal) = printer.width() {
            self.fit(&mut widths, usize::from(terminal));
        }
        let headers = self.headers.iter().map(|(header, _)| header.clone()).collect();
        for row in [&headers].into_iter().chain(&self.rows) {
            let mut line = String::new();
            for ((text, (_, number)), &width) in row.iter().zip(&self.headers).zip(&widths) {
                let text = cut(text, width);
                match (width, number) {
                    (0, _) => {}
                    (_, true) => line.push_str(&format!("{text:>width$}  ")),
                    (_, false) => line.push_str(&format!("{text:width$}  ")),
                }
            }
            printer.line(line.trim_end())?;
        }
        Ok(())
    }

    /// Narrows columns to a terminal: `min` and `max` give way first, then the first column.
    fn fit(&self, widths: &mut [usize], terminal: usize) {
        let sum = |widths: &[usize]| {
            widths.iter().filter(|w| **w > 0).map(|w| w + 2).sum::<usize>().saturating_sub(2)
        };
        let bounds = self.headers.iter().position(|(name, _)| name == "min");
        if let Some(at) = bounds.filter(|_| sum(widths) > terminal) {
            let room = terminal.saturating_sub(sum(&widths[..at])) / 2;
            let room = room.checked_sub(2).filter(|room| *room >= 12).unwrap_or(0);
            widths[at..].iter_mut().for_each(|width| *width = room.min(*width));
        }
        let over = sum(widths).saturating_sub(terminal);
        widths[0] = widths[0].saturating_sub(over).max(8);
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}
