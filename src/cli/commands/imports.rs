//! `traillake imports`.

use super::super::args::{self, ImportsCommand};
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::time;
use crate::store::{ImportRow, Lake};
use serde_json::{Value, json};

pub(in super::super) fn run(
    settings: &Settings,
    args: &args::Imports,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let lake = settings.existing_lake()?;
    match &args.command {
        ImportsCommand::List { json: true } => {
            let imports: Vec<_> = lake.catalog().imports()?.iter().map(summary).collect();
            printer.json(&imports)?;
        }
        ImportsCommand::List { json: false } => {
            for import in lake.catalog().imports()? {
                let report = report(&import);
                printer.line(&format!(
                    "{}  {}  {:11}  {}  {} stored of {} read  {}",
                    import.id,
                    time(import.started_at),
                    import.status,
                    import.store,
                    report["events"]["stored"].as_u64().unwrap_or_default(),
                    report["events"]["read"].as_u64().unwrap_or_default(),
                    crate::output::visible(&import.paths)
                ))?;
            }
        }
        ImportsCommand::Show { id, json } => show(&lake, id, *json, printer)?,
    }
    printer.flush()
}

fn report(import: &ImportRow) -> Value {
    import.report.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

fn summary(import: &ImportRow) -> Value {
    json!({
        "id": import.id,
        "store": import.store,
        "status": import.status,
        "started": time(import.started_at),
        "finished": import.finished_at.map(time),
        "paths": serde_json::from_str::<Value>(&import.paths).unwrap_or(Value::Null),
        "report": report(import),
    })
}

fn show(lake: &Lake, id: &str, as_json: bool, printer: &mut Printer) -> Result<(), Failure> {
    let mut found = lake.catalog().imports_named(id)?;
    let import = match (found.pop(), found.len()) {
        (Some(import), 0) => import,
        (None, _) => {
            return Err(Failure::Io(format!(
                "there is no import {id:?}; traillake imports list has them all"
            )));
        }
        (Some(_), _) => {
            return Err(Failure::Io(format!(
                "several imports begin with {id:?}; give more of the id"
            )));
        }
    };
    let failures = lake.catalog().failures(&import.id)?;
    if as_json {
        return printer.json(&summary(&import));
    }
    printer.line(&format!("id        {}", import.id))?;
    printer.line(&format!("store     {}", import.store))?;
    printer.line(&format!("status    {}", import.status))?;
    printer.line(&format!("started   {} UTC", time(import.started_at)))?;
    if let Some(finished) = import.finished_at {
        printer.line(&format!("finished  {} UTC", time(finished)))?;
    }
    printer.line(&format!("paths     {}", crate::output::visible(&import.paths)))?;
    let report = report(&import);
    for part in ["files", "events"] {
        if let Some(counts) = report[part].as_object() {
            let shown: Vec<_> = counts
                .iter()
                .filter(|(_, n)| n.as_u64() != Some(0))
                .map(|(name, n)| format!("{} {n}", name.replace('_', " ")))
                .collect();
            printer.line(&format!("{part:9} {}", shown.join(", ")))?;
        }
    }
    for failure in failures {
        let at = failure.position.map_or_else(String::new, |p| format!(" at byte {p}"));
        let message =
            format!("{}{at}: {}: {}", failure.location, failure.error_type, failure.message);
        printer.line(&format!("failure   {}", crate::output::visible(&message)))?;
    }
    Ok(())
}
