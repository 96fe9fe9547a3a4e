//! Questions about identities.

use crate::xray::event::Identity;
use crate::xray::rows::{Row, row};
use crate::xray::tools::{
    DAY, addresses, distinct, errors, first, greatest, group, is_service, last, operations, writes,
};
use crate::xray::trail::{Params, Trail};
use crate::xray::view::Call;
use fancy_regex::Regex;
use std::sync::LazyLock;

fn kind(call: &Call) -> &str {
    call.identity.kind.as_deref().unwrap_or_default()
}

fn has_key(call: &Call, start: &str) -> bool {
    call.access_key.as_deref().is_some_and(|key| key.starts_with(start))
}

pub(super) fn new_principals(trail: &Trail, params: &Params) -> Vec<Row> {
    let calls = trail.window(params);
    let Some(newest) = calls.iter().map(|call| call.at()).max() else { return Vec::new() };
    let since = newest - params.whole("days", 1) * DAY;
    let foreign = |call: &Call| Some(call.caller_account.as_ref()? != call.account.as_ref()?);
    let mut rows = Vec::new();
    for (role, calls) in group(calls, |call| &call.role) {
        let earliest = calls.iter().min_by_key(|call| call.order()).unwrap();
        if earliest.at() >= since {
            rows.push(row! {
                principal: role,
                first_seen: earliest.when(),
                first_call: &earliest.name,
                calls: calls.len(),
                operations: operations(&calls),
                addresses: addresses(&calls),
                foreign_account: greatest(calls.iter().map(|call| foreign(call))),
            });
        }
    }
    rows
}

pub(super) fn denied_calls(trail: &Trail, params: &Params) -> Vec<Row> {
    static ACTION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"perform: ([A-Za-z0-9-]+:[A-Za-z0-9_]+)").unwrap());
    let action = |call: &Call| {
        let told = call.message.as_deref();
        let told = told.and_then(|message| crate::xray::agent::group(&ACTION, message));
        told.or_else(|| Some(format!("xray:{}", call.name.as_ref()?)))
    };
    let denied = trail.window(params).into_iter().filter(|call| call.denied);
    let groups = group(denied, |call| (action(call), &call.role, &call.identity.invoked_by));
    let answer = |((action, role, service), calls): ((Option<String>, _, _), Vec<&Call>)| {
        row! {
            action: action,
            calls: calls.len(),
            principal: role,
            invoked_by: service,
            first_seen: first(&calls),
            last_seen: last(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}

pub(super) fn root_and_long_lived_keys(trail: &Trail, params: &Params) -> Vec<Row> {
    let long = trail.window(params).into_iter();
    let long =
        long.filter(|call| ["Root", "IAMUser"].contains(&kind(call)) || has_key(call, "AKIA"));
    let groups = group(long, |call| (&call.caller, &call.identity.kind, &call.access_key));
    let answer = |((caller, kind, key), calls): ((_, _, _), Vec<&Call>)| {
        row! {
            principal: caller,
            calls: calls.len(),
            identity_type: kind,
            access_key: key,
            operations: operations(&calls),
            writes: writes(&calls),
            last_seen: last(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}

pub(super) fn root_or_user_credentials(trail: &Trail, params: &Params) -> Vec<Row> {
    let groups = group(trail.window(params), |call| (&call.identity.kind, &call.caller));
    let answer = |((kind, caller), calls): ((&Option<String>, _), Vec<&Call>)| {
        let keys = calls.iter().map(|call| call.access_key.as_deref());
        let credentials = match kind.as_deref() {
            Some("Root") => "root",
            Some("IAMUser") => "user",
            _ => "neither",
        };
        row! {
            credentials: credentials,
            identity_type: kind,
            principal: caller,
            access_keys: distinct(keys),
            calls: calls.len(),
            writes: writes(&calls),
            first_seen: first(&calls),
            last_seen: last(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}

/// The person on whose behalf a call is made.
fn person(user: &Identity) -> Option<String> {
    match &user.person {
        Some(person) => Some(person.clone()),
        None if user.by_portal() => user.session(),
        None => None,
    }
}

pub(super) fn on_behalf_of_people(trail: &Trail, params: &Params) -> Vec<Row> {
    let groups = group(trail.window(params), |call| {
        let user = &call.identity;
        let on_behalf =
            user.person.is_some() || kind(call) == "IdentityCenterUser" || user.by_portal();
        ((&user.kind, &call.caller), (&user.store, on_behalf, person(user)))
    });
    let mut rows = Vec::new();
    for (((kind, caller), (store, on_behalf, person)), calls) in groups {
        rows.push(row! {
            on_behalf: on_behalf,
            person: person,
            identity_store: store,
            identity_type: kind,
            principal: caller,
            calls: calls.len(),
            first_seen: first(&calls),
            last_seen: last(&calls),
        });
    }
    rows
}

/// What kind of temporary credentials a call was made with.
fn credentials(call: &Call) -> &'static str {
    match kind(call) {
        "FederatedUser" => "federated user",
        "AssumedRole" => "role",
        _ if call.session.is_some() => "role",
        "IAMUser" | "Root" if has_key(call, "ASIA") => "session of a user",
        _ => "none",
    }
}

pub(super) fn temporary_credentials(trail: &Trail, params: &Params) -> Vec<Row> {
    let groups = group(trail.window(params), |call| {
        let user = &call.identity;
        (credentials(call), &user.kind, &call.role, &call.session, user.session_provider())
    });
    let mut rows = Vec::new();
    for ((credentials, kind, role, session, provider), calls) in groups {
        rows.push(row! {
            kind: credentials,
            identity_type: kind,
            principal: role,
            session: session,
            provider: provider,
            calls: calls.len(),
            first_seen: first(&calls),
            last_seen: last(&calls),
        });
    }
    rows
}

pub(super) fn by_aws_services(trail: &Trail, params: &Params) -> Vec<Row> {
    let service = |call: &Call| {
        let address = call.address.clone().filter(|_| is_service(&call.address));
        call.identity.invoked_by.clone().or(address)
    };
    let groups =
        group(trail.window(params), |call| (&call.identity.kind, &call.role, service(call)));
    let answer = |((kind, role, service), calls): ((_, _, Option<String>), Vec<&Call>)| {
        row! {
            by_service: service.is_some(),
            service: service,
            identity_type: kind,
            principal: role,
            calls: calls.len(),
            errors: errors(&calls),
            first_seen: first(&calls),
            last_seen: last(&calls),
        }
    };
    groups.into_iter().map(answer).collect()
}
