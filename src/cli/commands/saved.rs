//! `traillake saved`.

use super::super::args::{self, SavedCommand};
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::plural;
use crate::output::visible;
use crate::saved::{Library, Origin, ParameterDeclaration, SavedQuery};
use serde_json::{Value, json};

pub(crate) fn run(
    settings: &Settings,
    args: &args::Saved,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let library = settings.library()?;
    match &args.command {
        SavedCommand::List { words, json: true } => {
            warn_of_invalid(&library, printer);
            let found = library.search(words).map(|query| to_json(query, false));
            printer.json(&found.collect::<Vec<_>>())?;
        }
        SavedCommand::List { words, json: false } => {
            list(&library, words, "traillake query --saved NAME runs one", printer)?;
        }
        SavedCommand::Show { name, json: true } => {
            printer.json(&to_json(library.get(name)?, true))?
        }
        SavedCommand::Show { name, json: false } => show(library.get(name)?, printer)?,
    }
    printer.flush()
}

/// Lists the queries that contain all of `words`, and says how one is run.
pub(crate) fn list(
    library: &Library,
    words: &[String],
    how: &str,
    printer: &mut Printer,
) -> Result<(), Failure> {
    warn_of_invalid(library, printer);
    let found: Vec<_> = library.search(words).collect();
    if found.is_empty() {
        let nearest = library.nearest(&words.join("-"));
        printer.say(&format!("no saved query has all of these words{nearest}"));
        return Ok(());
    }
    print(&found, printer)?;
    let count = plural(found.len() as u64, "query").replace("querys", "queries");
    printer.say(&format!("{count}; {how}"));
    Ok(())
}

fn warn_of_invalid(library: &Library, printer: &mut Printer) {
    for invalid in &library.invalid {
        printer.warn(&format!("{}: {}", invalid.path.display(), invalid.error));
    }
}

/// Prints the names of queries and what they ask.
pub(crate) fn print(queries: &[&SavedQuery], printer: &mut Printer) -> Result<(), Failure> {
    let width = queries.iter().map(|query| query.name.len()).max().unwrap_or_default();
    for query in queries {
        let question = visible(&query.question);
        printer.line(&format!("{:width$}  {question}", visible(&query.name)))?;
    }
    Ok(())
}

/// Shows a query.
pub(crate) fn show(query: &SavedQuery, printer: &mut Printer) -> Result<(), Failure> {
    printer.line(&format!("{}: {}", visible(&query.name), visible(&query.title)))?;
    printer.line(&visible(&query.question))?;
    if !query.techniques.is_empty() {
        printer.line(&format!("MITRE ATT&CK: {}", visible(&query.techniques.join(", "))))?;
    }
    if let Some(chart) = query.chart {
        printer.line(&format!("chart: {}", chart.name()))?;
    }
    if let Origin::File(path) = &query.origin {
        printer.line(&format!("file: {}", visible(&path.display().to_string())))?;
    }
    for ParameterDeclaration { name, data_type, default, about } in &query.parameters {
        let (data_type, default) = (data_type.name(), default.as_deref().unwrap_or("NULL"));
        printer.line(&format!(
            "  {name} ({data_type}, default {}): {}",
            visible(default),
            visible(about)
        ))?;
    }
    printer.line("")?;
    for line in query.sql.lines() {
        printer.line(&visible(line).replace("\\t", "\t"))?;
    }
    Ok(())
}

fn to_json(query: &SavedQuery, sql: bool) -> Value {
    let parameters = query.parameters.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "type": parameter.data_type.name(),
            "default": parameter.default,
            "about": parameter.about,
        })
    });
    let mut told = json!({
        "name": query.name,
        "title": query.title,
        "question": query.question,
        "category": query.category(),
        "techniques": query.techniques,
        "chart": query.chart,
        "parameters": parameters.collect::<Vec<_>>(),
        "shipped": query.origin == Origin::Shipped,
    });
    if sql {
        told["sql"] = query.sql.clone().into();
    }
    told
}
