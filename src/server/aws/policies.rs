//! Policies of resources: kept and shown, and not evaluated, as a lake has one account; but for the external id that the
//! policy of a channel may ask for.

use super::Api;
use super::call::{Call, broken, object};
use super::resources::{Kind, Subject, named};
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// The kind of documents that hold policies, by the ids of stores, and of other resources with their kind.
const DOCUMENTS: &str = "resource-policy";
/// The versions of the language of policies.
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];
/// What a statement must have, beside its effect.
const MEMBERS: [&str; 3] = ["Principal", "Action", "Resource"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    resource_arn: String,
    resource_policy: Option<String>,
}

/// Returns the resource whose policy is meant.
fn resource(api: &Api, call: &Call, arn: &str) -> Result<Subject, ServiceError> {
    let (code, text) = match named(arn) {
        Some((Kind::EventDataStore, name)) => match api.lake.store(name) {
            Ok(store) => {
                let arn = api.place.store(store.id);
                return Ok(Subject { id: store.id.to_string(), arn });
            }
            Err(_) => ("ResourceNotFoundException", format!("There is no event data store {arn}.")),
        },
        Some((Kind::Trail, _)) => {
            ("ResourceTypeNotSupportedException", "Trails have no policies.".to_owned())
        }
        Some((kind, name)) => match api.subject(kind, name)? {
            Some(subject) => return Ok(subject),
            None => ("ResourceNotFoundException", format!("There is no resource {arn}.")),
        },
        None => {
            let text = format!("{arn} is not the ARN of a resource of CloudTrail.");
            ("ResourceARNNotValidException", text)
        }
    };
    Err(call.refuse(code, text))
}

/// Returns the policy of a resource, by the id of its document.
pub(super) fn policy_of(api: &Api, resource: &str) -> Result<Option<String>, ServiceError> {
    api.documents.get(DOCUMENTS, resource).map_err(broken)
}

/// Forgets the policy of a resource, and returns whether there was one.
pub(super) fn forget_policy(api: &Api, resource: &str) -> Result<bool, ServiceError> {
    api.documents.remove(DOCUMENTS, resource).map_err(broken)
}

fn shown(resource: Subject, policy: &str) -> Value {
    json!({"ResourceArn": resource.arn, "ResourcePolicy": policy})
}

pub(super) async fn put(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Input = call.read()?;
    let policy = input.resource_policy.unwrap_or_default();
    let wrong = |text: String| call.refuse("ResourcePolicyNotValidException", text);
    check(&policy).map_err(wrong)?;
    let resource = resource(api, &call, &input.resource_arn)?;
    let kept = api.documents.put(DOCUMENTS, &resource.id, &policy);
    kept.map_err(broken)?;
    Ok(shown(resource, &policy))
}

/// Checks the form of a policy; the error says what is wrong.
fn check(policy: &str) -> Result<(), String> {
    let json: Value = serde_json::from_str(policy)
        .map_err(|error| format!("The policy is not valid JSON: {error}."))?;
    let version = json.get("Version").and_then(Value::as_str).unwrap_or_default();
    if !VERSIONS.contains(&version) {
        return Err(format!("The policy needs a Version, one of {}.", VERSIONS.join(" and ")));
    }
    let statements = match json.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(statement @ Value::Object(_)) => std::slice::from_ref(statement),
        _ => &[],
    };
    if statements.is_empty() {
        return Err("The policy needs a Statement.".to_owned());
    }
    for statement in statements {
        let effect = statement.get("Effect").and_then(Value::as_str);
        if !matches!(effect, Some("Allow" | "Deny")) {
            return Err("The Effect of a statement is Allow or Deny.".to_owned());
        }
        let lacks = |member: &&str| statement.get(*member).is_none_or(is_empty);
        if let Some(member) = MEMBERS.into_iter().find(lacks) {
            return Err(format!("A statement of the policy has no {member}."));
        }
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => true,
    }
}

pub(super) async fn get(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Input = call.read()?;
    let resource = resource(api, &call, &input.resource_arn)?;
    let policy = policy_of(api, &resource.id)?;
    let policy = policy.ok_or_else(|| not_found(&call, &input.resource_arn))?;
    Ok(shown(resource, &policy))
}

pub(super) async fn delete(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Input = call.read()?;
    let resource = resource(api, &call, &input.resource_arn)?;
    if !forget_policy(api, &resource.id)? {
        return Err(not_found(&call, &input.resource_arn));
    }
    Ok(object([]))
}

fn not_found(call: &Call, arn: &str) -> ServiceError {
    call.refuse("ResourcePolicyNotFoundException", format!("{arn} has no policy."))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn policies_have_a_form() {
        let statement = r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": ["*"]}"#;
        let policy =
            |statement: &str| format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#);
        assert_eq!(check(&policy(statement)), Ok(()));
        assert_eq!(check(&policy(&format!("[{statement}, {statement}]"))), Ok(()));
        for (wrong, told) in [
            ("{".to_owned(), "not valid JSON"),
            ("[]".to_owned(), "Version"),
            (policy(statement).replace("2012-10-17", "2026-01-01"), "Version"),
            (r#"{"Version": "2012-10-17"}"#.to_owned(), "Statement"),
            (policy("[]"), "Statement"),
            (policy("\"Allow\""), "Statement"),
            (policy("[1]"), "Effect"),
            (policy(&statement.replace("Allow", "Perhaps")), "Effect"),
            (policy(&statement.replace("Principal", "NotPrincipal")), "no Principal"),
            (policy(&statement.replace("\"*\", ", "\"\", ")), "no Action"),
            (policy(&statement.replace("[\"*\"]", "[]")), "no Resource"),
            (policy(&statement.replace("[\"*\"]", "5")), "no Resource"),
        ] {
            let error = check(&wrong).unwrap_err();
            assert!(error.contains(told), "{wrong}: {error}");
        }
    }
}
