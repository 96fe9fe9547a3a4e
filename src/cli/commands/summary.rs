//! `traillake summary`.

use super::super::args;
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::side_by_side;
use super::store_session::StoreSession;
use crate::investigate::{Row, rows};
use crate::output::visible;
use crate::saved::SavedQuery;
use serde_json::{Value, json};

/// The parts, in order: queries of the category `overview`.
const PARTS: [&str; 10] = [
    "totals",
    "days",
    "accounts",
    "regions",
    "services",
    "principals",
    "addresses",
    "errors",
    "gaps",
    "oddities",
];

pub(crate) fn run(
    settings: &Settings,
    args: &args::Summary,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let store_session = StoreSession::open(settings, &args.selection)?;
    let library = settings.library()?;
    let mut given = Vec::new();
    for (name, moment) in [("from", &args.selection.from), ("to", &args.selection.to)] {
        given.extend(moment.iter().map(|moment| (name.to_owned(), moment.clone())));
    }
    let mut told = serde_json::Map::new();
    // All parts are of one moment.
    let now = store_session.engine.now();
    for part in PARTS {
        let query = library.get(&format!("overview/{part}"))?;
        let values = query.bind(&given, now)?;
        let answer = store_session.wait(rows(&store_session.engine, &query.sql, &values))?;
        if args.selection.json {
            told.insert(part.to_owned(), json!(answer));
        } else {
            show(query, &answer, printer)?;
        }
    }
    if args.selection.json {
        printer.json(&told)?;
    }
    printer.flush()
}

fn show(query: &SavedQuery, answer: &[Row], printer: &mut Printer) -> Result<(), Failure> {
    let Some(first) = answer.first() else { return Ok(()) };
    printer.line(&format!("{}\n", visible(&query.title)))?;
    let labels: Vec<_> = first.keys().cloned().collect();
    let right: Vec<_> = (0..labels.len())
        .filter(|at| answer.iter().any(|row| row.get(&labels[*at]).is_some_and(Value::is_number)))
        .collect();
    match answer {
        // One row of many numbers reads better on its side.
        [only] => {
            let pair =
                |(label, value): (&String, &Value)| vec![label.replace('_', " "), shown(value)];
            side_by_side(&only.iter().map(pair).collect::<Vec<_>>(), &[], 2, printer)?;
        }
        _ => {
            let mut rows = vec![labels.iter().map(|label| label.replace('_', " ")).collect()];
            for row in answer {
                rows.push(row.values().map(shown).collect());
            }
            side_by_side(&rows, &right, 2, printer)?;
        }
    }
    printer.line("")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Number(number) => match number.as_u64() {
            Some(whole) => super::count(whole),
            None => number.to_string(),
        },
        Value::String(text) => text.strip_suffix(".000").unwrap_or(text).to_owned(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
