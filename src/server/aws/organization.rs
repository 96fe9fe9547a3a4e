//! Administrators of organizations: the account of a lake is in none.

use super::Api;
use super::call::Call;
use serde_json::Value;
use traillake_aws_wire::error::ServiceError;

/// Refuses to make an account an administrator, or to take that from it.
pub(super) async fn delegate(_: &Api, call: Call) -> Result<Value, ServiceError> {
    let text = "The account of this lake is in no organization.";
    Err(call.refuse("OrganizationsNotInUseException", text))
}
