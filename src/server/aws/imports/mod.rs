//! Imports: started, started again, stopped and shown.
//!
//! Buckets are those that the service maps to folders, and folders themselves; files need not be packed, nor be of
//! CloudTrail's own making.

mod lists;

pub(super) use lists::{list, list_failures};

use super::Api;
use super::call::{Call, millis, object, time};
use crate::event::EventSchema;
use crate::server::imports::{ImportError, ImportRecord, ImportSource, Place, Wanted};
use crate::store::StoreRow;
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StartImport {
    destinations: Option<Vec<String>>,
    import_source: Option<Source>,
    start_event_time: Option<f64>,
    end_event_time: Option<f64>,
    import_id: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "S3")]
    s3: ImportSource,
}

pub(super) async fn start(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: StartImport = call.read()?;
    let is_new = input.destinations.is_some()
        || input.import_source.is_some()
        || input.start_event_time.is_some()
        || input.end_event_time.is_some();
    let id = match input.import_id {
        Some(_) if is_new => {
            let text =
                "ImportId goes on with an import as it was started: give nothing else beside it.";
            return Err(call.invalid(text));
        }
        Some(id) => start_again(api, &call, id)?,
        None => start_new(api, &call, input)?,
    };
    let import = api.imports.get(&id).map_err(|error| api.import_error(&call, error))?;
    Ok(object(api.shown_import(&import)))
}

fn start_new(api: &Api, call: &Call, input: StartImport) -> Result<String, ServiceError> {
    let destinations = input.destinations.unwrap_or_default();
    let (Some(store), Some(source)) = (destinations.first(), input.import_source) else {
        let text = "Give Destinations and ImportSource for a new import, or the ImportId of one to go on with.";
        return Err(call.invalid(text));
    };
    let from = input.start_event_time.map(millis);
    let to = input.end_event_time.map(millis);
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(call.invalid("StartEventTime is after EndEventTime."));
    }
    let store = api.destination(call, store)?;
    let wanted = Wanted { source: source.s3, from, to };
    let place = api.place_of(call, &wanted)?;
    api.imports.start(store.id, place, wanted).map_err(|error| api.import_error(call, error))
}

fn start_again(api: &Api, call: &Call, id: String) -> Result<String, ServiceError> {
    let failed = |error| api.import_error(call, error);
    let (row, wanted) = api.imports.unfinished(&id).map_err(failed)?;
    let store = api.destination(call, &row.store_id.to_string())?;
    let place = api.place_of(call, &wanted)?;
    api.imports.start_again(&id, store.id, place, &wanted).map_err(failed)?;
    Ok(id)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    import_id: String,
}

pub(super) async fn stop(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let stopped = api.imports.stop(&input.import_id).await;
    let import = stopped.map_err(|error| api.import_error(&call, error))?;
    Ok(api.shown_with_statistics(&import))
}

pub(super) async fn get(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let found = api.imports.get(&input.import_id);
    let import = found.map_err(|error| api.import_error(&call, error))?;
    Ok(api.shown_with_statistics(&import))
}

impl Api {
    /// Returns the store that an import goes into.
    fn destination(&self, call: &Call, text: &str) -> Result<StoreRow, ServiceError> {
        let store = self.active_store(call, text)?;
        if store.schema == EventSchema::CloudTrail {
            return Ok(store);
        }
        let text = format!(
            "Imports bring CloudTrail events, and this store is for {}.",
            store.schema.events()
        );
        Err(call.refuse("InvalidEventDataStoreCategoryException", text))
    }

    fn place_of(&self, call: &Call, wanted: &Wanted) -> Result<Place, ServiceError> {
        let place = self.roots.place(&wanted.source.uri, &self.buckets);
        place.map_err(|error| call.refuse("InvalidImportSourceException", format!("{error}.")))
    }

    /// Refuses to change a store while an import into it waits or runs.
    pub(super) fn refuse_import(&self, call: &Call, store: &StoreRow) -> Result<(), ServiceError> {
        match self.imports.is_importing(store.id) {
            Ok(false) => Ok(()),
            Ok(true) => {
                let text =
                    "An import into the store waits or runs; stop it first, or wait for its end.";
                Err(call.refuse("EventDataStoreHasOngoingImportException", text))
            }
            Err(error) => Err(self.store_error(call, error)),
        }
    }

    /// Makes the answer to what went wrong with an import.
    fn import_error(&self, call: &Call, error: ImportError) -> ServiceError {
        let code = match &error {
            ImportError::NotFound(_) => "ImportNotFoundException",
            ImportError::Running(_) | ImportError::TooMany(_) => "AccountHasOngoingImportException",
            ImportError::ByCommandLine(_) | ImportError::Ended { .. } => {
                "InvalidParameterException"
            }
            ImportError::Stopping => "OperationNotPermittedException",
            _ => return ServiceError::internal_failure(),
        };
        call.refuse_as(code, format!("{error}."))
    }

    /// Everything that is shown of an import but how far it is.
    fn shown_import(&self, import: &ImportRecord) -> Vec<(&'static str, Value)> {
        let wanted = import.wanted.as_ref();
        let moment = |millis: Option<i64>| millis.map_or(Value::Null, time);
        let mut members = self.listed_import(import);
        members.extend([
            ("ImportSource", wanted.map_or(Value::Null, |wanted| json!({"S3": wanted.source}))),
            ("StartEventTime", moment(wanted.and_then(|wanted| wanted.from))),
            ("EndEventTime", moment(wanted.and_then(|wanted| wanted.to))),
        ]);
        members
    }

    /// What a list shows of an import.
    fn listed_import(&self, import: &ImportRecord) -> Vec<(&'static str, Value)> {
        vec![
            ("ImportId", json!(import.row.id)),
            ("ImportStatus", json!(import.status.name())),
            ("Destinations", json!([self.place.store(import.row.store_id)])),
            ("CreatedTimestamp", time(import.row.started_at)),
            ("UpdatedTimestamp", time(import.updated_at)),
        ]
    }

    fn shown_with_statistics(&self, import: &ImportRecord) -> Value {
        let statistics = &import.statistics;
        let shown = object([
            ("PrefixesFound", json!(statistics.folders)),
            ("PrefixesCompleted", json!(statistics.folders_done)),
            ("FilesCompleted", json!(statistics.files)),
            ("EventsCompleted", json!(import.row.stored)),
            ("FailedEntries", json!(statistics.failed)),
        ]);
        let mut members = self.shown_import(import);
        members.push(("ImportStatistics", shown));
        object(members)
    }
}
