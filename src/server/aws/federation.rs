//! Federation of event data stores: noted, shown, and in the way of their deletion. Nothing is federated by it; other
//! engines read a store by the statements that `traillake store ddl` prints.

use super::Api;
use super::call::{Call, object};
use super::stores::changed;
use super::told::Told;
use serde::Deserialize;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

/// What is shown of a store's federation.
pub(super) fn federated(told: &Told) -> [(&'static str, Value); 2] {
    let status = if told.federation_role.is_some() { "ENABLED" } else { "DISABLED" };
    [("FederationStatus", json!(status)), ("FederationRoleArn", json!(told.federation_role))]
}

/// Whether a text is the ARN of a role.
fn is_role(arn: &str) -> bool {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return false };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let has_name = resource.strip_prefix("role/").is_some_and(|name| !name.is_empty());
    partition.starts_with("aws") && is_account && has_name
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Enable {
    event_data_store: String,
    federation_role_arn: String,
}

pub(super) async fn enable(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Enable = call.read()?;
    let role = input.federation_role_arn;
    if !is_role(&role) {
        return Err(call.invalid(format!("{role} is not the ARN of a role.")));
    }
    let store = api.active_store(&call, &input.event_data_store)?;
    let mut told = api.told(&store)?;
    if let Some(role) = &told.federation_role {
        let text = format!("The store is federated by {role} already.");
        return Err(call.refuse("EventDataStoreFederationEnabledException", text));
    }
    told.federation_role = Some(role);
    let [status, role] = federated(&told);
    changed(api, &store, told)?;
    Ok(object([("EventDataStoreArn", json!(api.place.store(store.id))), status, role]))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Disable {
    event_data_store: String,
}

pub(super) async fn disable(api: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Disable = call.read()?;
    let store = api.active_store(&call, &input.event_data_store)?;
    let mut told = api.told(&store)?;
    if told.federation_role.take().is_some() {
        changed(api, &store, told.clone())?;
    }
    let [status, _] = federated(&told);
    Ok(object([("EventDataStoreArn", json!(api.place.store(store.id))), status]))
}

#[cfg(test)]
mod tests {
    use super::is_role;

    #[test]
    fn roles_are_those_of_iam() {
        assert!(is_role("arn:aws:iam::111122223333:role/path/of/lake"));
        assert!(is_role("arn:aws-cn:iam::111122223333:role/lake"));
        for wrong in [
            "lake",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:user/lake",
            "arn:aws:iam::1111:role/lake",
            "arn:aws:sts::111122223333:assumed-role/lake/me",
        ] {
            assert!(!is_role(wrong), "{wrong}");
        }
    }
}
