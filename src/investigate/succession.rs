//! The order of events of one moment. Times have whole seconds, so it is not told; but a call that names what another made
//! came after it.

use super::{Row, text};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

/// How fields end that name something.
const NAMING: [&str; 5] = ["arn", "id", "identifier", "name", "url"];

/// Puts the events of each moment, which stand one after the other, behind those that made what they name; else they stay
/// as they are.
pub(super) fn arrange(events: &mut [Row]) {
    for moment in events.chunk_by_mut(|a, b| a.get("time") == b.get("time")) {
        let order = order(moment);
        let arranged: Vec<_> = order.iter().map(|at| std::mem::take(&mut moment[*at])).collect();
        moment.iter_mut().zip(arranged).for_each(|(place, event)| *place = event);
    }
}

/// Returns the places of events in the order in which they were, as far as it can be told.
fn order(events: &[Row]) -> Vec<usize> {
    let mut makers: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, event) in events.iter().enumerate() {
        made(event).into_iter().for_each(|name| makers.entry(name).or_default().push(at));
    }
    if makers.is_empty() {
        return (0..events.len()).collect();
    }
    let mut followers = vec![Vec::new(); events.len()];
    let mut missing = vec![0_usize; events.len()];
    for (at, event) in events.iter().enumerate() {
        let before: BTreeSet<_> =
            named(event).iter().filter_map(|name| makers.get(name)).flatten().copied().collect();
        for maker in before.into_iter().filter(|maker| *maker != at) {
            followers[maker].push(at);
            missing[at] += 1;
        }
    }
    let mut left: BTreeSet<usize> = (0..events.len()).collect();
    let mut ready: BTreeSet<usize> = left.iter().copied().filter(|at| missing[*at] == 0).collect();
    let mut order = Vec::with_capacity(events.len());
    // Where each waits for another, the first goes on.
    while let Some(next) = ready.pop_first().or_else(|| left.first().copied()) {
        left.remove(&next);
        order.push(next);
        for follower in &followers[next] {
            missing[*follower] -= 1;
            if missing[*follower] == 0 && left.contains(follower) {
                ready.insert(*follower);
            }
        }
    }
    order
}

/// The names of what an event made, if `timeline.sql` gives its answer: those in the answer that were not in the request,
/// and the one that the request gives to what the call is named after, as `roleName` of `CreateRole`.
fn made(event: &Row) -> HashSet<String> {
    let mut names = HashSet::new();
    let Some(Value::Object(response)) = event.get("response") else { return names };
    let call = text(event, "name");
    let verb = call.find(char::is_uppercase).map_or(0, |at| at + 1);
    let noun = call[verb..].trim_start_matches(char::is_lowercase).to_ascii_lowercase();
    let requested = named(event);
    each_text(response, &mut |field, value| {
        if is_naming(field) && !requested.contains(value) && !is_number(value) {
            names.insert(value.to_owned());
        }
    });
    if let Some(Value::Object(request)) = event.get("request") {
        let given = request.iter().filter(|(field, _)| names_the(field, &noun));
        names.extend(given.filter_map(|(_, value)| value.as_str().map(str::to_owned)));
    }
    names
}

/// Whether a field of a request names what is made, a `noun`.
fn names_the(field: &str, noun: &str) -> bool {
    let field = field.to_ascii_lowercase();
    let kind = ["name", "identifier"].iter().find_map(|end| field.strip_suffix(end));
    kind.is_some_and(|kind| noun.contains(kind))
}

fn is_naming(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    NAMING.iter().any(|end| field.ends_with(end))
}

/// Whether a text is a number, as those of accounts, which everything is in.
fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// The texts that an event's request has, and the key that it was signed with. What failed because there is no such thing
/// names nothing that was there.
fn named(event: &Row) -> HashSet<String> {
    let mut names = HashSet::from([text(event, "access_key")]);
    let error = text(event, "error");
    if let Some(Value::Object(request)) = event.get("request")
        && !["NoSuch", "NotFound"].iter().any(|what| error.contains(what))
    {
        each_text(request, &mut |_, value| {
            names.insert(value.to_owned());
        });
    }
    names
}

/// Calls `found` for each text in an object with the field that it is in, also for those in JSON as text.
fn each_text(object: &Row, found: &mut dyn FnMut(&str, &str)) {
    object.iter().for_each(|(field, value)| text_of(field, value, found));
}

fn text_of(field: &str, value: &Value, found: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| text_of(field, item, found)),
        Value::Object(object) => each_text(object, found),
        Value::String(text) => match inner(text) {
            Some(value) => text_of(field, &value, found),
            None => found(field, text),
        },
        _ => {}
    }
}

/// The object or array that a text is.
fn inner(text: &str) -> Option<Value> {
    text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(name: &str, request: Value, response: Value) -> Row {
        let event = json!({ "time": "1", "name": name, "request": request, "response": response });
        event.as_object().cloned().unwrap_or_default()
    }

    fn names(mut events: Vec<Row>) -> Vec<String> {
        arrange(&mut events);
        events.iter().map(|event| text(event, "name")).collect()
    }

    #[test]
    fn what_is_made_is_there_before_it_is_used() {
        let role = json!({ "roleName": "r" });
        let policy = json!({ "roleName": "r", "policyArn": "arn:aws:iam::1:policy/p" });
        let events = vec![
            event("AttachRolePolicy", policy, Value::Null),
            event("PutRolePolicy", role.clone(), Value::Null),
            event("ListUsers", Value::Null, Value::Null),
            event("CreateRole", role, json!({ "role": r#"{"roleName":"r","roleId":"AROA"}"# })),
            event(
                "CreatePolicy",
                json!({ "policyName": "p" }),
                json!({ "policy": r#"{"arn":"arn:aws:iam::1:policy/p"}"# }),
            ),
        ];
        let order =
            ["ListUsers", "CreateRole", "PutRolePolicy", "CreatePolicy", "AttachRolePolicy"];
        assert_eq!(names(events), order);
    }

    #[test]
    fn ids_in_answers_and_keys_of_sessions_count() {
        let mut used = event("GetObject", json!({ "key": "k" }), Value::Null);
        used.insert("access_key".to_owned(), "ASIA1".into());
        let events = vec![
            event(
                "StopInstances",
                json!({ "instancesSet": r#"{"items":[{"instanceId":"i-1"}]}"# }),
                Value::Null,
            ),
            used,
            event(
                "AssumeRole",
                json!({ "roleArn": "a" }),
                json!({ "credentials": r#"{"accessKeyId":"ASIA1"}"# }),
            ),
            event(
                "RunInstances",
                json!({ "subnetId": "subnet-1" }),
                json!({ "ownerId": "1", "instancesSet": r#"{"items":[{"instanceId":"i-1","subnetId":"subnet-1"}]}"# }),
            ),
            event(
                "DescribeSubnets",
                json!({ "subnetId": "subnet-1", "ownerId": "1" }),
                Value::Null,
            ),
        ];
        let order = ["AssumeRole", "GetObject", "RunInstances", "StopInstances", "DescribeSubnets"];
        assert_eq!(names(events), order);
    }

    #[test]
    fn what_was_not_there_was_asked_for_before() {
        let role = json!({ "roleName": "r" });
        let mut asked = event("GetRole", role.clone(), Value::Null);
        asked.insert("error".to_owned(), "NoSuchEntityException".into());
        let made = event("CreateRole", role, json!({}));
        assert_eq!(names(vec![asked, made]), ["GetRole", "CreateRole"]);
    }

    #[test]
    fn circles_end_and_moments_stay_apart() {
        let makes = |name: &str, mine: &str, other: &str| {
            event(name, json!({ "x": other }), json!({ "id": mine }))
        };
        let circle = vec![makes("CreateA", "a", "b"), makes("CreateB", "b", "a")];
        assert_eq!(names(circle), ["CreateA", "CreateB"]);
        let mut later = event("CreateRole", json!({ "roleName": "r" }), json!({}));
        later.insert("time".to_owned(), "2".into());
        let before = event("DeleteRole", json!({ "roleName": "r" }), Value::Null);
        assert_eq!(names(vec![before, later]), ["DeleteRole", "CreateRole"]);
    }
}
