//! Event data stores: made, shown, changed, deleted and restored.
//!
//! A store that is made here has AWS's defaults; one of the command line keeps every event, and is shown with AWS's longest
//! retention. What the catalog has no place for is kept as it was told: nothing of it changes what a store does.

use super::Api;
use super::call::{Call, broken, object, time};
use super::federation::federated;
use super::tags::{Tag, read_tags, shown_tags};
use super::told::{ALL_DAYS, BillingMode, Told};
use crate::store::paths::PARTITION_COLUMN;
use crate::store::{AdvancedEventSelectors, NewStore, StoreChanges, StoreName, StoreRow};
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// What a store takes that is made without selectors.
const MANAGEMENT_EVENTS: &str = r#"[{"Name": "Default management events",
    "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]"#;

/// What a request says of a store.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    event_data_store: Option<String>,
    name: Option<String>,
    advanced_event_selectors: Option<Value>,
    multi_region_enabled: Option<bool>,
    organization_enabled: Option<bool>,
    retention_period: Option<u32>,
    termination_protection_enabled: Option<bool>,
    tags_list: Option<Vec<Tag>>,
    kms_key_id: Option<String>,
    start_ingestion: Option<bool>,
    billing_mode: Option<BillingMode>,
}

impl Api {
    /// Everything that is shown of a store. `None` are members that an operation does not have.
    fn shown(&self, store: &StoreRow) -> Result<Vec<(&'static str, Value)>, ServiceError> {
        let told = self.told(store)?;
        Ok(vec![
            ("EventDataStoreArn", json!(self.place.store(store.id))),
            ("Name", json!(store.name)),
            ("Status", json!(store.life.status.name())),
            ("AdvancedEventSelectors", json!(store.selectors)),
            ("MultiRegionEnabled", json!(told.multi_region_enabled)),
            ("OrganizationEnabled", json!(false)),
            ("RetentionPeriod", json!(store.retention_days.unwrap_or(ALL_DAYS))),
            ("TerminationProtectionEnabled", json!(store.life.termination_protection)),
            ("CreatedTimestamp", time(store.created_at)),
            ("UpdatedTimestamp", time(told.updated_at.unwrap_or(store.created_at))),
            ("KmsKeyId", json!(told.kms_key_id)),
            ("BillingMode", json!(told.billing_mode)),
        ])
    }
}

/// Makes an object of members that are there.
fn shown_with<const N: usize>(
    members: Vec<(&'static str, Value)>,
    more: [(&'static str, Value); N],
) -> Value {
    object(members.into_iter().chain(more))
}

fn refuse_organization(call: &Call, wanted: &Wanted) -> Result<(), ServiceError> {
    if wanted.organization_enabled != Some(true) {
        return Ok(());
    }
    let text = "The account of this lake is in no organization.";
    Err(call.refuse("OrganizationsNotInUseException", text))
}

fn selectors(call: &Call, json: &Value) -> Result<AdvancedEventSelectors, ServiceError> {
    let parsed = AdvancedEventSelectors::parse(&json.to_string());
    parsed.map_err(|error| call.refuse("InvalidEventSelectorsException", error.to_string()))
}

pub(super) async fn create(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let wanted: Wanted = call.read()?;
    refuse_organization(&call, &wanted)?;
    let billing_mode = wanted.billing_mode.unwrap_or_default();
    let days = wanted.retention_period.unwrap_or(billing_mode.default_days());
    check_days(&call, billing_mode, days)?;
    let selectors = match &wanted.advanced_event_selectors {
        Some(Value::Array(list)) if list.is_empty() => None,
        Some(json) => Some(selectors(&call, json)?),
        None => None,
    };
    let selectors = match selectors {
        Some(selectors) => selectors,
        None => AdvancedEventSelectors::parse(MANAGEMENT_EVENTS).map_err(broken)?,
    };
    let failed = |error| api.store_error(&call, error);
    let name = StoreName::parse(wanted.name.as_deref().unwrap_or_default()).map_err(failed)?;
    let mut new = NewStore::new(name, crate::store::lake::DEFAULT_FORMAT);
    new.retention_days = Some(days);
    new.selectors = Some(selectors);
    let tags = read_tags(&call, wanted.tags_list.as_deref().unwrap_or_default())?;
    let listed = shown_tags(&tags);
    let made = api.lake.create_store(&new).map_err(failed)?;
    let changes = StoreChanges {
        termination_protection: Some(wanted.termination_protection_enabled.unwrap_or(true)),
        tags,
        ..StoreChanges::default()
    };
    let mut store = match api.lake.update_store(&made, &changes) {
        Ok(store) => store,
        Err(error) => {
            // A store that was refused is not there.
            let _ = api.lake.purge_store(&made);
            return Err(failed(error));
        }
    };
    if wanted.start_ingestion == Some(false) && store.stops_ingestion() {
        store = api.lake.stop_ingestion(&store).map_err(failed)?;
    }
    let told = Told {
        multi_region_enabled: wanted.multi_region_enabled.unwrap_or(true),
        billing_mode,
        kms_key_id: wanted.kms_key_id,
        ..Told::default()
    };
    api.keep_told(&store, &told)?;
    Ok(shown_with(api.shown(&store)?, [("TagsList", listed)]))
}

fn check_days(call: &Call, mode: BillingMode, days: u32) -> Result<(), ServiceError> {
    let most = mode.most_days();
    if days <= most {
        return Ok(());
    }
    Err(call.invalid(format!("A retention of {days} days is longer than {most}.")))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    event_data_store: String,
}

pub(super) async fn get(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let store = api.store(&call, &input.event_data_store)?;
    let partitions = json!([{"Name": PARTITION_COLUMN, "Type": "string"}]);
    let [status, role] = federated(&api.told(&store)?);
    Ok(shown_with(api.shown(&store)?, [status, role, ("PartitionKeys", partitions)]))
}

pub(super) async fn update(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let wanted: Wanted = call.read()?;
    let members = call.input.as_object().into_iter().flatten();
    if members.filter(|(_, value)| !value.is_null()).count() < 2 {
        return Err(call.invalid("Give at least one member to change."));
    }
    let store = api.active_store(&call, wanted.event_data_store.as_deref().unwrap_or_default())?;
    refuse_organization(&call, &wanted)?;
    api.refuse_import(&call, &store)?;
    let mut told = api.told(&store)?;
    if let Some(mode) = wanted.billing_mode {
        if mode == BillingMode::FixedRetentionPricing && told.billing_mode != mode {
            let text = "A store does not go back to FIXED_RETENTION_PRICING.";
            return Err(call.invalid(text));
        }
        told.billing_mode = mode;
    }
    if let Some(days) = wanted.retention_period {
        check_days(&call, told.billing_mode, days)?;
    }
    if wanted.kms_key_id.is_some() && wanted.kms_key_id != told.kms_key_id {
        let text = "The key of an event data store cannot change.";
        return Err(call.refuse("InvalidKmsKeyIdException", text));
    }
    let failed = |error| api.store_error(&call, error);
    let name = wanted.name.as_deref().map(StoreName::parse).transpose().map_err(failed)?;
    let json = wanted.advanced_event_selectors.as_ref();
    let selectors = json.map(|json| selectors(&call, json)).transpose()?;
    let changes = StoreChanges {
        name,
        retention_days: wanted.retention_period.map(Some),
        termination_protection: wanted.termination_protection_enabled,
        selectors: selectors.map(Some),
        ..StoreChanges::default()
    };
    let store = api.lake.update_store(&store, &changes).map_err(failed)?;
    told.multi_region_enabled = wanted.multi_region_enabled.unwrap_or(told.multi_region_enabled);
    let federated = federated(&told);
    changed(api, &store, told)?;
    Ok(shown_with(api.shown(&store)?, federated))
}

/// Notes that a store was changed.
pub(super) fn changed(api: &Api, store: &StoreRow, mut told: Told) -> Result<(), ServiceError> {
    told.updated_at = Some(api.lake.now().timestamp_millis());
    api.keep_told(store, &told)
}

pub(super) async fn delete(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let store = api.active_store(&call, &input.event_data_store)?;
    if let Some(role) = api.told(&store)?.federation_role {
        let text = format!("The store is federated by {role}; disable its federation first.");
        return Err(call.refuse("EventDataStoreFederationEnabledException", text));
    }
    let _no_other_channel = api.no_channel_feeds(&call, &store)?;
    // That it is protected is told first.
    if !store.life.termination_protection {
        api.refuse_import(&call, &store)?;
    }
    let deleted = api.lake.delete_store(&store).map_err(|error| api.store_error(&call, error))?;
    changed(api, &deleted, api.told(&deleted)?)?;
    Ok(object([]))
}

pub(super) async fn restore(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let store = api.store(&call, &input.event_data_store)?;
    let store = api.lake.restore_store(&store).map_err(|error| api.store_error(&call, error))?;
    changed(api, &store, api.told(&store)?)?;
    Ok(shown_with(api.shown(&store)?, []))
}

pub(super) async fn start_ingestion(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let store = api.store(&call, &input.event_data_store)?;
    let store = api.lake.start_ingestion(&store).map_err(|error| api.store_error(&call, error))?;
    changed(api, &store, api.told(&store)?)?;
    Ok(object([]))
}

pub(super) async fn stop_ingestion(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Named = call.read()?;
    let store = api.store(&call, &input.event_data_store)?;
    let store = api.lake.stop_ingestion(&store).map_err(|error| api.store_error(&call, error))?;
    changed(api, &store, api.told(&store)?)?;
    Ok(object([]))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListEventDataStores {
    max_results: Option<usize>,
}

/// Stores of a list where the request does not say how many.
const PAGE: usize = 1_000;

/// Lists stores: the default one first, which some clients take without looking, then by their age.
pub(super) async fn list(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: ListEventDataStores = call.read()?;
    let stores = api.lake.catalog().stores();
    let mut stores = stores.map_err(|error| api.store_error(&call, error))?;
    let place = |store: &StoreRow| {
        (store.name != crate::store::lake::DEFAULT_STORE, store.created_at, store.id.to_string())
    };
    stores.sort_by_cached_key(place);
    let after = call.position(&api.tokens)?.and_then(|id| String::from_utf8(id).ok());
    let from = after.map_or(0, |after| {
        stores.iter().position(|store| store.id.to_string() == after).map_or(0, |at| at + 1)
    });
    let most = input.max_results.unwrap_or(PAGE);
    let page = stores.iter().skip(from).take(most);
    let last = page.clone().next_back().filter(|_| from + most < stores.len());
    let token = last.map(|last| call.token(&api.tokens, last.id.to_string().as_bytes()));
    let shown = page.map(|store| {
        let members = api.shown(store)?;
        let listed = members.into_iter().filter(|(name, _)| LISTED.contains(name)).collect();
        Ok(shown_with(listed, []))
    });
    let shown = shown.collect::<Result<Vec<_>, ServiceError>>()?;
    Ok(object([("EventDataStores", Value::from(shown)), ("NextToken", json!(token.transpose()?))]))
}

/// Members of a store in a list.
const LISTED: [&str; 10] = [
    "EventDataStoreArn",
    "Name",
    "TerminationProtectionEnabled",
    "Status",
    "AdvancedEventSelectors",
    "MultiRegionEnabled",
    "OrganizationEnabled",
    "RetentionPeriod",
    "CreatedTimestamp",
    "UpdatedTimestamp",
];
