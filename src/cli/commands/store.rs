//! `traillake store`.

use super::super::args::{self, StoreCommand};
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::{count, plural, size, time};
use crate::columnar::FORMATS;
use crate::engine::ddl;
use crate::store::catalog::Totals;
use crate::store::{Lake, NewStore, StoreName, StoreRow};
use serde::Serialize;

pub(in super::super) fn run(
    settings: &Settings,
    args: &args::Store,
    printer: &mut Printer,
) -> Result<(), Failure> {
    match &args.command {
        StoreCommand::Create { name, format, retention_days } => {
            let new = NewStore {
                name: StoreName::parse(name)?,
                format: *format,
                retention_days: *retention_days,
            };
            let store = settings.open_lake()?.create_store(&new)?;
            printer.line(&format!("Created {} ({})", store.name, store.id))?;
        }
        StoreCommand::List { json } => {
            let lake = settings.existing_lake()?;
            let stores: Result<Vec<_>, _> = lake
                .catalog()
                .stores()?
                .iter()
                .map(|store| StoreDetails::new(&lake, store))
                .collect();
            let stores = stores?;
            if *json {
                printer.json(&stores)?;
            } else {
                for s in stores {
                    printer.line(&format!(
                        "{}  {}  {}  {}  {}",
                        s.id,
                        s.name,
                        s.format,
                        plural(s.totals.events, "event"),
                        size(s.totals.bytes)
                    ))?;
                }
            }
        }
        StoreCommand::Show { store, json } => {
            let lake = settings.existing_lake()?;
            let shown = StoreDetails::new(&lake, &lake.store(store)?)?;
            if *json {
                printer.json(&shown)?;
            } else {
                show(&shown, printer)?;
            }
        }
        StoreCommand::Ddl { store, engine, table, location } => {
            let lake = settings.existing_lake()?;
            let store = lake.store(store)?;
            let files = lake.catalog().data_files(store.id)?;
            let mut formats = FORMATS.to_vec();
            formats.retain(|format| files.iter().any(|file| file.format == *format));
            if formats.is_empty() {
                formats.push(store.format);
            }
            let folder = lake.paths().store(store.id);
            let folder = std::path::absolute(&folder).unwrap_or(folder);
            let location = location.clone().map_or_else(|| ddl::folder_uri(&folder), Ok)?;
            let table = table.clone().unwrap_or_else(|| ddl::table_name(&store.name));
            printer.line(&ddl::create_table(*engine, &table, &location, &formats)?)?;
        }
    }
    printer.flush()
}

#[derive(Serialize)]
pub(in super::super) struct StoreDetails {
    id: String,
    name: String,
    format: &'static str,
    retention_days: Option<u32>,
    created: String,
    folder: String,
    #[serde(flatten)]
    totals: Totals,
}

impl StoreDetails {
    pub(in super::super) fn new(lake: &Lake, store: &StoreRow) -> Result<Self, Failure> {
        Ok(Self {
            id: store.id.to_string(),
            name: store.name.clone(),
            format: store.format.name(),
            retention_days: store.retention_days,
            created: time(store.created_at),
            folder: lake.paths().store(store.id).display().to_string(),
            totals: lake.totals(store.id)?,
        })
    }
}

pub(in super::super) fn show(s: &StoreDetails, printer: &mut Printer) -> Result<(), Failure> {
    let retention =
        s.retention_days.map_or_else(|| "all events are kept".to_owned(), |d| format!("{d} days"));
    printer.line(&format!("name       {}", s.name))?;
    printer.line(&format!("id         {}", s.id))?;
    printer.line(&format!("created    {} UTC", s.created))?;
    printer.line(&format!("format     {}", s.format))?;
    printer.line(&format!("retention  {retention}"))?;
    printer.line(&format!(
        "events     {} on {}",
        count(s.totals.events),
        plural(s.totals.days, "day")
    ))?;
    if let (Some(first), Some(last)) = (s.totals.min_time, s.totals.max_time) {
        printer.line(&format!("time       {} to {} UTC", time(first), time(last)))?;
    }
    printer.line(&format!(
        "data       {}, {} (from {} of JSON)",
        plural(s.totals.files, "file"),
        size(s.totals.bytes),
        size(s.totals.json_bytes)
    ))?;
    printer.line(&format!("folder     {}", s.folder))
}
