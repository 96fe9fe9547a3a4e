//! `traillake imports`.

use super::super::args::{self, ImportsCommand};
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::{plural, time};
use crate::envelope::wrapper::is_plain;
use crate::store::catalog::{ImportStatus, RecordedFailure};
use crate::store::{ImportRow, Lake};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(crate) fn run(
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
                // An import that runs, or was killed, has no report.
                let read = match report(&import)["events"]["read"].as_u64() {
                    Some(read) => format!("of {read} read"),
                    None => "so far".to_owned(),
                };
                printer.line(&format!(
                    "{}  {}  {:11}  {}  {} stored {read}  {}",
                    import.id,
                    time(import.started_at),
                    import.status,
                    import.store,
                    import.stored,
                    crate::output::visible(&import.paths)
                ))?;
            }
        }
        ImportsCommand::Show { id, json } => show(&lake, id, *json, printer)?,
        ImportsCommand::Failures { id, json } => {
            let import = find(&lake, id)?;
            let failures = lake.catalog().failures(&import.id)?;
            let failures: Vec<_> = failures.into_iter().filter(|f| !f.is_notice()).collect();
            match json {
                true => printer.json(&failures)?,
                false => failures.iter().try_for_each(|f| printer.line(&told(f)))?,
            }
        }
        ImportsCommand::Retry { id, json, access } => {
            let import = find(&lake, id)?;
            return super::import::retry(settings, &lake, &import, *json, access.access(), printer);
        }
        ImportsCommand::Stop { id } => stop(&lake, &find(&lake, id)?, printer)?,
        ImportsCommand::Accept { id } => {
            let import = find(&lake, id)?;
            let accepted = lake.accept_failures(&import.id)?;
            for location in &accepted {
                printer.line(&crate::output::visible(location))?;
            }
            printer.line(&match accepted.len() {
                0 => "No failed file of this import is left to accept.".to_owned(),
                n => {
                    format!("Accepted {}: not read again unless changed.", plural(n as u64, "file"))
                }
            })?;
        }
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
        "stored": import.stored,
        "report": report(import),
    })
}

/// Finds the import whose id begins with `id`.
fn find(lake: &Lake, id: &str) -> Result<ImportRow, Failure> {
    let mut found = lake.catalog().imports_named(id)?;
    match (found.pop(), found.len()) {
        (Some(import), 0) => Ok(import),
        (None, _) => Err(Failure::Io(format!(
            "there is no import {id:?}; traillake imports list has them all"
        ))),
        (Some(_), _) => {
            Err(Failure::Io(format!("several imports begin with {id:?}; give more of the id")))
        }
    }
}

fn show(lake: &Lake, id: &str, as_json: bool, printer: &mut Printer) -> Result<(), Failure> {
    let import = find(lake, id)?;
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
    if report.is_null() {
        printer.line(&format!("stored    {} so far", import.stored))?;
    }
    for (container, files) in report["containers"].as_object().into_iter().flatten() {
        let names = files["names"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for name in names.filter(|_| !is_plain(container)) {
            let line = format!("{name}: {container}");
            printer.line(&format!("container {}", crate::output::visible(&line)))?;
        }
    }
    for (what, names) in report["other_files"].as_object().into_iter().flatten() {
        for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let line = format!("{name}: {what}");
            printer.line(&format!("file      {}", crate::output::visible(&line)))?;
        }
    }
    for failure in failures {
        let what = if failure.is_notice() { "notice" } else { "failure" };
        printer.line(&format!("{what:9} {}", told(&failure)))?;
    }
    Ok(())
}

/// Returns a failure or notice as a line.
fn told(failure: &RecordedFailure) -> String {
    let at = failure.position.map_or_else(String::new, |p| format!(" at byte {p}"));
    crate::output::visible(&format!(
        "{}{at}: {}: {}",
        failure.location, failure.error_type, failure.message
    ))
    .into_owned()
}

/// Asks a running import to stop, and waits until it has.
fn stop(lake: &Lake, import: &ImportRow, printer: &mut Printer) -> Result<(), Failure> {
    let store = lake.store_or_default(Some(&import.store))?;
    let id = &import.id;
    let status = || Ok::<_, Failure>(find(lake, id)?.status);
    let running = ImportStatus::InProgress.name();
    if status()? != running || !lake.stop_import(store.id, id)? {
        return Err(Failure::Io(format!("the import {id} is not running")));
    }
    let cancel = interrupt::flag();
    while status()? == running && lake.is_changing(store.id) {
        if cancel.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let import = find(lake, id)?;
    printer.line(&format!("{id}: {}, {} stored", import.status, import.stored))
}
