//! Channels: there are none yet.

use super::Api;
use super::call::Call;
use serde_json::{Value, json};
use traillake_aws_wire::error::ServiceError;

pub(super) async fn list(_: &Api, call: Call) -> Result<Value, ServiceError> {
    call.no_page_follows()?;
    Ok(json!({"Channels": []}))
}
