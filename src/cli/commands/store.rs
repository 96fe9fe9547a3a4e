//! `traillake store`.

mod check;
mod compact;
mod convert;
mod export;
mod life_cycle;

pub(crate) use life_cycle::remove_deleted;

use super::super::args::{self, StoreCommand};
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::{count, plural, selectors, size, test_selectors, time};
use crate::columnar::{FORMATS, Format};
use crate::engine::ddl;
use crate::event::{EventSchema, RecordForm};
use crate::output::visible;
use crate::store::catalog::Totals;
use crate::store::{AdvancedEventSelectors, Lake, NewStore, StoreId, StoreName, StoreRow};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn run(
    settings: &Settings,
    args: &args::Store,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let lake = match &args.command {
        // Selectors that are given need no lake.
        StoreCommand::TestSelectors(args) => return test_selectors::run(settings, args, printer),
        // The lake may be such that it cannot be opened.
        StoreCommand::Check { store, quick, repair, json } => {
            let asked = check::Asked { quick: *quick, repair: *repair, json: *json };
            return check::run(settings, store.as_deref(), asked, printer);
        }
        StoreCommand::Create { .. } => settings.open_lake()?,
        _ => settings.existing_lake()?,
    };
    remove_deleted(&lake, printer);
    match &args.command {
        StoreCommand::Update(update) => {
            life_cycle::update(&lake, update, printer)?;
        }
        StoreCommand::Delete { store, purge, yes, confirm } => {
            let store = lake.store(store)?;
            if *purge {
                life_cycle::purge(&lake, &store, confirm.as_deref(), printer)?;
            } else {
                life_cycle::delete(&lake, &store, *yes, printer)?;
            }
        }
        StoreCommand::Restore { store } => {
            let store = lake.restore_store(&lake.store(store)?)?;
            printer.line(&format!("Restored {} ({})", store.name, store.id))?;
        }
        StoreCommand::StopIngestion { store } => {
            let store = lake.stop_ingestion(&lake.store(store)?)?;
            printer.line(&format!(
                "{} takes no more events ({})",
                store.name,
                store.life.status.name()
            ))?;
        }
        StoreCommand::StartIngestion { store } => {
            let store = lake.start_ingestion(&lake.store(store)?)?;
            printer.line(&format!("{} takes events ({})", store.name, store.life.status.name()))?;
        }
        StoreCommand::Expire { store, dry_run, yes } => {
            life_cycle::expire(&lake, store.as_deref(), *dry_run, *yes, printer)?;
        }
        StoreCommand::Compact { store, dry_run, json } => {
            compact::run(&lake, store.as_deref(), *dry_run, *json, settings, printer)?;
        }
        StoreCommand::Create {
            name,
            id,
            category,
            format,
            eventjson,
            retention_days,
            selectors,
        } => {
            let new = NewStore {
                id: id.as_deref().map(store_id).transpose()?,
                name: StoreName::parse(name)?,
                format: *format,
                record_form: *eventjson,
                retention_days: *retention_days,
                schema: *category,
                selectors: selectors.as_deref().map(selectors::given).transpose()?,
            };
            let store = lake.create_store(&new)?;
            let with = store.selectors.as_ref().map(selectors::number);
            let with = with.map_or_else(String::new, |number| format!(" with {number}"));
            let category = of_category(store.schema, " for ");
            printer.line(&format!("Created {} ({}){category}{with}", store.name, store.id))?;
        }
        StoreCommand::Convert(args) => convert::run(&lake, args, settings, printer)?,
        StoreCommand::List { json } => {
            list(&lake, *json, printer)?;
        }
        StoreCommand::Show { store, json } => {
            let shown = StoreDetails::new(&lake, &lake.store(store)?)?;
            if *json {
                printer.json(&shown)?;
            } else {
                show(&shown, printer)?;
            }
        }
        StoreCommand::Export(args) => export::run(Arc::new(lake), args, settings, printer)?,
        StoreCommand::TestSelectors(_) | StoreCommand::Check { .. } => {}
        StoreCommand::Ddl(args) => print_ddl(&lake, args, printer)?,
    }
    printer.flush()
}

/// Reads the id of a store, or the ARN that ends in it.
fn store_id(text: &str) -> Result<StoreId, Failure> {
    let last = text.rsplit('/').next().unwrap_or(text);
    StoreId::parse(last).ok_or_else(|| {
        Failure::Usage(format!(
            "{text:?} is no id of an event data store, such as 1a2b3c4d-0f0a-4c6e-9d0c-5b7a3e1f2d4c"
        ))
    })
}

/// Returns the store of a name or id, or all stores where none is named.
fn named_or_all(lake: &Lake, store: Option<&str>) -> Result<Vec<StoreRow>, Failure> {
    Ok(match store {
        Some(store) => vec![lake.store(store)?],
        None => lake.catalog().stores()?,
    })
}

/// Names the events of a store, unless they are what most stores hold.
fn of_category(schema: EventSchema, before: &str) -> String {
    match schema {
        EventSchema::CloudTrail => String::new(),
        schema => format!("{before}{}", schema.events()),
    }
}

/// Names the format of a store's files, and how they keep the text of records where there is a choice.
fn kept_as(format: Format, form: RecordForm) -> String {
    match format {
        Format::Orc => format!("{format} {form}"),
        _ => format.to_string(),
    }
}

/// Lists the stores, a line each.
fn list(lake: &Lake, json: bool, printer: &mut Printer) -> Result<(), Failure> {
    let stores: Result<Vec<_>, _> =
        lake.catalog().stores()?.iter().map(|store| StoreDetails::new(lake, store)).collect();
    let stores = stores?;
    if json {
        printer.json(&stores)?;
    } else {
        for s in stores {
            let status = match s.status {
                "ENABLED" => String::new(),
                other => format!("  {other}"),
            };
            let selectors = s.selectors.as_ref().map(selectors::number);
            let selectors = selectors.map_or_else(String::new, |number| format!("  {number}"));
            printer.line(&format!(
                "{}  {}  {}{}  {}  {}{selectors}{status}",
                s.id,
                s.name,
                kept_as(s.data_format, s.record_form),
                of_category(s.schema, "  "),
                plural(s.totals.events, "event"),
                size(s.totals.bytes)
            ))?;
        }
    }
    Ok(())
}

/// Prints the statements that make a store's folder a table of another engine.
fn print_ddl(lake: &Lake, args: &args::StoreDdl, printer: &mut Printer) -> Result<(), Failure> {
    let store = lake.store(&args.store)?;
    let files = lake.catalog().data_files(store.id)?;
    let mut formats = FORMATS.to_vec();
    formats.retain(|format| files.iter().any(|file| file.format == *format));
    if formats.is_empty() {
        formats.push(store.format);
    }
    let folder = lake.paths().store(store.id);
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    let location = args.location.clone().map_or_else(|| ddl::folder_uri(&folder), Ok)?;
    let table = args.table.clone().unwrap_or_else(|| ddl::table_name(&store.name));
    let mut forms = lake.record_forms(&store)?;
    if forms.is_empty() {
        forms.push(store.record_form);
    }
    let kept = ddl::Files { formats, forms, store: store.name };
    printer.line(&ddl::create_table(args.engine, &table, &location, store.schema, &kept)?)
}

#[derive(Serialize)]
pub(crate) struct StoreDetails {
    id: String,
    other_ids: Vec<String>,
    name: String,
    category: &'static str,
    #[serde(skip)]
    schema: EventSchema,
    #[serde(skip)]
    data_format: Format,
    format: &'static str,
    #[serde(skip)]
    record_form: RecordForm,
    eventjson: &'static str,
    status: &'static str,
    termination_protection: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_ends: Option<String>,
    retention_days: Option<u32>,
    tags: BTreeMap<String, String>,
    selectors: Option<AdvancedEventSelectors>,
    created: String,
    folder: String,
    #[serde(flatten)]
    totals: Totals,
}

impl StoreDetails {
    pub(crate) fn new(lake: &Lake, store: &StoreRow) -> Result<Self, Failure> {
        Ok(Self {
            id: store.id.to_string(),
            other_ids: lake.catalog().other_ids(store.id)?.iter().map(StoreId::to_string).collect(),
            name: store.name.clone(),
            category: store.schema.name(),
            schema: store.schema,
            data_format: store.format,
            format: store.format.name(),
            record_form: store.record_form,
            eventjson: store.record_form.name(),
            status: store.life.status.name(),
            termination_protection: store.life.termination_protection,
            deletion_ends: store.deletion_ends_at().map(time),
            retention_days: store.retention_days,
            tags: lake.catalog().tags(store.id)?.into_iter().collect(),
            selectors: store.selectors.clone(),
            created: time(store.created_at),
            folder: lake.paths().store(store.id).display().to_string(),
            totals: lake.totals(store.id)?,
        })
    }
}

pub(crate) fn show(s: &StoreDetails, printer: &mut Printer) -> Result<(), Failure> {
    let retention =
        s.retention_days.map_or_else(|| "all events are kept".to_owned(), |d| format!("{d} days"));
    printer.line(&format!("name       {}", s.name))?;
    printer.line(&format!("id         {}", s.id))?;
    for other in &s.other_ids {
        printer.line(&format!("also       {other}"))?;
    }
    printer.line(&format!("created    {} UTC", s.created))?;
    printer.line(&format!("category   {}", s.category))?;
    printer.line(&format!("format     {}, eventjson {}", s.format, s.eventjson))?;
    let status = match &s.deletion_ends {
        Some(end) => format!("{}, ends {end} UTC", s.status),
        None => s.status.to_owned(),
    };
    let protected = if s.termination_protection { ", protected from deletion" } else { "" };
    printer.line(&format!("status     {status}{protected}"))?;
    printer.line(&format!("retention  {retention}"))?;
    match &s.selectors {
        Some(list) => selectors::show(list, "selector   ", printer)?,
        None => printer.line("selectors  none, every event is taken")?,
    }
    if !s.tags.is_empty() {
        let tags: Vec<_> = s.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        printer.line(&format!("tags       {}", visible(&tags.join(", "))))?;
    }
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
