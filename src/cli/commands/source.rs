//! `traillake source`.

use super::super::args::{SourceAdd, SourceCommand, Sources};
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::{side_by_side, time};
use crate::envelope::{Location, shown};
use crate::output::visible;
use crate::sources::{Wish, address_of};
use crate::store::StoreRow;
use crate::store::catalog::WatchedSource;
use serde_json::{Value, json};
use std::path::Path;

pub(crate) fn run(
    settings: &Settings,
    args: &Sources,
    printer: &mut Printer,
) -> Result<(), Failure> {
    match &args.command {
        SourceCommand::Add(args) => add(settings, args, printer)?,
        SourceCommand::List { store, json } => list(settings, store.as_deref(), *json, printer)?,
        SourceCommand::Remove { path, store } => {
            let lake = settings.existing_lake()?;
            let store = lake.store_or_default(store.as_deref())?;
            let location = location(path)?;
            if !lake.catalog().remove_watched_source(store.id, &location)? {
                return Err(Failure::Io(format!(
                    "{location} is no source of {}; traillake source list shows them",
                    store.name
                )));
            }
            let location = visible(&location);
            printer
                .line(&format!("Removed {location}; what came from it stays in {}", store.name))?;
        }
    }
    printer.flush()
}

fn add(settings: &Settings, args: &SourceAdd, printer: &mut Printer) -> Result<(), Failure> {
    let wish = Wish {
        excluded: args.exclude.clone(),
        deliveries: args.deliveries.deliveries()?,
        access: args.access.access(),
    };
    let location = location(&args.path)?;
    if address_of(&args.path).is_none() {
        let found = std::fs::metadata(&args.path)
            .map_err(|error| Failure::Io(format!("{}: {error}", shown(&args.path))))?;
        if !found.is_file() && !found.is_dir() {
            let path = shown(&args.path);
            return Err(Failure::Io(format!("{path}: neither a folder nor a file")));
        }
    }
    let lake = settings.open_lake()?;
    let store = lake.store_or_default(args.store.as_deref())?;
    let wish = serde_json::to_string(&wish).map_err(|error| Failure::Io(error.to_string()))?;
    let added_at = lake.now().timestamp_millis();
    let source = WatchedSource { store: store.id, location, wish, added_at };
    lake.catalog().add_watched_source(&source)?;
    printer.line(&format!(
        "{} is fed from {} while traillake watch or serve runs",
        store.name,
        visible(&source.location)
    ))
}

/// Returns the text by which a source is known.
fn location(path: &Path) -> Result<String, Failure> {
    if let Some(address) = address_of(path) {
        return Ok(address?);
    }
    let file = Location::File(path.to_owned());
    file.key().ok_or_else(|| Failure::Io(format!("{}: no such file or folder", shown(path))))
}

fn list(
    settings: &Settings,
    store: Option<&str>,
    as_json: bool,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let lake = settings.existing_lake()?;
    let store = store.map(|store| lake.store(store)).transpose()?;
    let sources = lake.catalog().watched_sources(store.map(|store| store.id))?;
    if as_json {
        let sources: Vec<_> = sources.iter().map(described).collect();
        return printer.json(&sources);
    }
    if sources.is_empty() {
        printer.note("no sources; traillake source add PATH names one");
    }
    let rows = sources.iter().map(|(store, source)| {
        let mut row = vec![source.location.clone(), store.name.clone(), time(source.added_at)];
        row.push(filters(source));
        row
    });
    side_by_side(&rows.collect::<Vec<_>>(), &[], 0, printer)
}

fn described((store, source): &(StoreRow, WatchedSource)) -> Value {
    json!({
        "location": source.location,
        "store": store.name,
        "store_id": store.id.to_string(),
        "status": store.life.status.name(),
        "added": time(source.added_at),
        "filters": serde_json::from_str::<Value>(&source.wish).unwrap_or_default(),
    })
}

/// Returns what is wanted of a source, in the words of the command line.
fn filters(source: &WatchedSource) -> String {
    let Ok(wish) = serde_json::from_str::<Wish>(&source.wish) else {
        return "filters that cannot be read".to_owned();
    };
    let mut words = Vec::new();
    let mut word = |name: &str, value: &str| words.push(format!("--{name} {value}"));
    let Wish { excluded, deliveries, access } = &wish;
    excluded.iter().for_each(|pattern| word("exclude", &shown(pattern)));
    deliveries.accounts.iter().for_each(|account| word("account", account));
    deliveries.regions.iter().for_each(|region| word("region", region));
    for (name, moment) in [("from", deliveries.from), ("to", deliveries.to)] {
        if let Some(moment) = moment {
            word(name, &moment.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        }
    }
    for (name, text) in [("profile", &access.profile), ("endpoint-url", &access.endpoint_url)] {
        if let Some(text) = text {
            word(name, text);
        }
    }
    for (name, set) in [
        ("--no-sign-request", access.no_sign_request),
        ("--instance-credentials", access.instance_credentials),
    ] {
        if set {
            words.push(name.to_owned());
        }
    }
    words.join(" ")
}
