//! Which operation of S3 a request asks for: by its method, its path and its query.

use super::address::Address;
use super::errors;
use super::query::Query;
use http::Method;
use traillake_aws_wire::error::ServiceError;

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    ListBuckets,
    HeadBucket,
    GetBucketLocation,
    ListObjects,
    ListObjectsV2,
    HeadObject,
    GetObject,
}

impl Operation {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ListBuckets => "ListBuckets",
            Self::HeadBucket => "HeadBucket",
            Self::GetBucketLocation => "GetBucketLocation",
            Self::ListObjects => "ListObjects",
            Self::ListObjectsV2 => "ListObjectsV2",
            Self::HeadObject => "HeadObject",
            Self::GetObject => "GetObject",
        }
    }
}

/// Parameters that ask for something else of a bucket than its objects.
const OF_BUCKETS: &[&str] = &[
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "session",
    "tagging",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// Parameters that ask for something else of an object than its bytes.
const OF_OBJECTS: &[&str] =
    &["acl", "attributes", "legal-hold", "retention", "tagging", "torrent", "uploadId"];

/// Returns the operation of a request that reads. What would write is not looked at closely: it is refused.
pub(super) fn operation_of(
    method: &Method,
    address: &Address,
    query: &Query,
) -> Result<Operation, ServiceError> {
    let kind = match address {
        Address::Service => "SERVICE",
        Address::Bucket(_) => "BUCKET",
        Address::Object(..) => "OBJECT",
    };
    let not_answered = |names| match query.first_of(names) {
        Some(name) => Err(errors::not_implemented(&format!("The parameter {name}"))),
        None => Ok(()),
    };
    match (method, address) {
        (&Method::GET, Address::Service) => Ok(Operation::ListBuckets),
        (&Method::HEAD, Address::Bucket(_)) => Ok(Operation::HeadBucket),
        (&Method::GET, Address::Bucket(_)) => {
            not_answered(OF_BUCKETS)?;
            of_bucket(query)
        }
        (&Method::GET | &Method::HEAD, Address::Object(..)) => {
            not_answered(OF_OBJECTS)?;
            let is_head = method == Method::HEAD;
            Ok(if is_head { Operation::HeadObject } else { Operation::GetObject })
        }
        (
            &Method::PUT | &Method::POST | &Method::DELETE,
            Address::Bucket(_) | Address::Object(..),
        ) => Err(errors::read_only()),
        _ => Err(errors::method_not_allowed(method.as_str(), kind)),
    }
}

fn of_bucket(query: &Query) -> Result<Operation, ServiceError> {
    if query.has("location") {
        return Ok(Operation::GetBucketLocation);
    }
    match query.get("list-type") {
        None => Ok(Operation::ListObjects),
        Some("2") => Ok(Operation::ListObjectsV2),
        Some(other) => {
            let text = "Invalid List Type specified in Request";
            Err(errors::invalid_argument("list-type", other, text))
        }
    }
}
