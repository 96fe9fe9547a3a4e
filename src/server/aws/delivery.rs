//! What requests and answers tell of the delivery of results.

use super::Api;
use super::call::Call;
use crate::server::access::Role;
use crate::server::buckets::UriError;
use crate::server::delivery::{TargetError, check_target};
use crate::server::queries::QueryRecord;
use serde_json::{Value, json};
use traillake_aws_wire::error::{Protocol, ServiceError};

/// Checks that the answer of a query can be delivered to a URI, and that its caller may have files written: whoever only
/// reads may not, as on AWS without `s3:PutObject`.
pub(super) fn check(api: &Api, call: &Call, uri: &str) -> Result<(), ServiceError> {
    if !call.caller.role.allows(Role::Admin) {
        let who = call.caller.arn(&api.place);
        return Err(ServiceError::access_denied(&who, "s3:PutObject", Protocol::Json));
    }
    check_target(&api.buckets, uri).map_err(|error| {
        let code = match &error {
            TargetError::Uri(UriError::Form) => "InvalidParameterException",
            TargetError::Uri(UriError::Bucket) => "InvalidS3BucketNameException",
            TargetError::Uri(UriError::Prefix) | TargetError::Long => "InvalidS3PrefixException",
            TargetError::Bucket(_) => "S3BucketDoesNotExistException",
        };
        call.refuse(code, format!("DeliveryS3Uri {uri}: {error}."))
    })
}

/// Returns where the answer of a query is delivered to, and how far that is; for one that is not delivered, nothing.
pub(super) fn told(query: &QueryRecord) -> (Value, Value) {
    let delivery = query.delivery.as_ref();
    delivery.map_or((Value::Null, Value::Null), |delivery| {
        (json!(delivery.uri), json!(delivery.status.name()))
    })
}
