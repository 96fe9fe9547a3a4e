//! What became of the keys that encrypt traces.

use crate::xray::event::Event;
use crate::xray::json;
use crate::xray::rows::{Row, Time, row};
use crate::xray::tools::like;
use crate::xray::trail::{Params, Trail};
use crate::xray::view::Call;
use std::collections::BTreeSet;

const ABOUT_KEYS: [&str; 19] = [
    "CreateGrant",
    "RetireGrant",
    "RevokeGrant",
    "DisableKey",
    "EnableKey",
    "ScheduleKeyDeletion",
    "CancelKeyDeletion",
    "PutKeyPolicy",
    "DisableKeyRotation",
    "EnableKeyRotation",
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
    "CreateKey",
    "ImportKeyMaterial",
    "DeleteImportedKeyMaterial",
    "UpdatePrimaryRegion",
    "TagResource",
    "UntagResource",
];

/// The short form of a key: its id, or the name of an alias.
fn short(key: &str) -> String {
    match (key.split_once(":key/"), key.split_once(":alias/")) {
        (Some((_, id)), _) => id.to_owned(),
        (_, Some((_, name))) => format!("alias/{name}"),
        _ => key.to_owned(),
    }
}

/// The key that a change of the encryption asks for, and the one that the response tells.
fn configured(call: &Call) -> [Option<String>; 2] {
    let answered = || json::at(call.answered("encryptionConfig")?, &["keyId"]);
    [call.asked("keyId").map(short), answered().as_deref().map(short)]
}

/// The keys that an event of KMS is about.
fn about(event: &Event) -> BTreeSet<String> {
    let metadata = || json::at(event.answered("keyMetadata")?, &["keyId"]);
    let mut keys: Vec<String> = event.resources.clone();
    keys.extend(
        ["keyId", "targetKeyId", "aliasName"]
            .iter()
            .filter_map(|name| event.asked(name).map(str::to_owned)),
    );
    keys.extend(event.answered("keyId").map(str::to_owned).into_iter().chain(metadata()));
    keys.iter().map(|key| short(key)).filter(|key| !key.is_empty()).collect()
}

/// What an event of KMS tells beside the key.
fn detail(event: &Event) -> Option<&str> {
    match event.name.as_deref()? {
        "CreateGrant" => event.asked("granteePrincipal"),
        "ScheduleKeyDeletion" => event.asked("pendingWindowInDays"),
        "CreateAlias" | "UpdateAlias" | "DeleteAlias" => event.asked("aliasName"),
        _ => None,
    }
}

fn answer(event: &Event, key: Option<String>, detail: Option<&str>) -> Row {
    row! {
        event_time: event.time.map(Time),
        account: &event.account,
        region: &event.region,
        event_source: &event.source,
        event_name: &event.name,
        principal: event.identity.caller(),
        key: key,
        detail: detail,
        error: &event.error,
        event_id: &event.id,
    }
}

pub(super) fn encryption_key_life(trail: &Trail, params: &Params) -> Vec<Row> {
    let pattern = params.text("key", "%");
    let changes = trail.history(params).into_iter();
    let changes: Vec<_> = changes.filter(|call| call.calls(&["PutEncryptionConfig"])).collect();
    let keys: BTreeSet<String> =
        changes.iter().flat_map(|call| configured(call)).flatten().collect();
    let mut found = Vec::new();
    for call in changes {
        let key = configured(call).into_iter().flatten().next();
        let event: &Event = call;
        found.push((event, key, call.asked("type")));
    }
    for event in trail.of_service("kms.amazonaws.com", params) {
        let known = event.calls(&ABOUT_KEYS);
        let key = about(event).into_iter().find(|key| keys.contains(key)).filter(|_| known);
        found.extend(key.map(|key| (event, Some(key), detail(event))));
    }
    let wanted = |(event, key, _): &(&Event, Option<String>, _)| {
        params.holds(event.time) && like(key.as_deref().unwrap_or_default(), pattern)
    };
    let found = found.into_iter().filter(wanted);
    found.map(|(event, key, detail)| answer(event, key, detail)).collect()
}
