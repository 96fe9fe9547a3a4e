//! The errors of S3, by the names and statuses of "Error responses" of the Amazon S3 API Reference.

use crate::server::buckets::BucketError;
use http::StatusCode;
use traillake_aws_wire::error::ServiceError;

/// A path that is not UTF-8.
pub(super) fn invalid_uri() -> ServiceError {
    ServiceError::bad_request("InvalidURI", "The path of the request is not UTF-8.")
}

pub(super) fn invalid_bucket_name() -> ServiceError {
    ServiceError::bad_request("InvalidBucketName", "The specified bucket is not valid.")
}

pub(super) fn key_too_long(size: usize, max: usize) -> ServiceError {
    ServiceError::bad_request("KeyTooLongError", "Your key is too long")
        .with_detail("Size", size.to_string())
        .with_detail("MaxSizeAllowed", max.to_string())
}

/// A parameter of the query, or a header, of which the value is none that it takes.
pub(super) fn invalid_argument(
    name: &'static str,
    value: &str,
    message: impl Into<String>,
) -> ServiceError {
    let shown: String = value.chars().take(256).collect();
    ServiceError::bad_request("InvalidArgument", message)
        .with_detail("ArgumentName", name)
        .with_detail("ArgumentValue", shown)
}

pub(super) fn no_such_bucket(name: &str) -> ServiceError {
    let text = "The specified bucket does not exist";
    ServiceError::new("NoSuchBucket", text, StatusCode::NOT_FOUND).with_detail("BucketName", name)
}

fn no_such_key(key: &str) -> ServiceError {
    let text = "The specified key does not exist.";
    ServiceError::new("NoSuchKey", text, StatusCode::NOT_FOUND).with_detail("Key", key)
}

pub(super) fn no_such_version(key: &str, version: &str) -> ServiceError {
    let text = "The specified version does not exist.";
    ServiceError::new("NoSuchVersion", text, StatusCode::NOT_FOUND)
        .with_detail("Key", key)
        .with_detail("VersionId", version)
}

/// Something that S3 has, and this service has not.
pub(super) fn not_implemented(what: &str) -> ServiceError {
    let text = format!("{what} is not answered by this service, which lists and reads objects.");
    ServiceError::new("NotImplemented", text, StatusCode::NOT_IMPLEMENTED)
}

/// A method that S3 has not for what the path names.
pub(super) fn method_not_allowed(method: &str, kind: &'static str) -> ServiceError {
    let text = "The specified method is not allowed against this resource.";
    ServiceError::new("MethodNotAllowed", text, StatusCode::METHOD_NOT_ALLOWED)
        .with_detail("Method", method)
        .with_detail("ResourceType", kind)
}

/// Whatever would change something.
pub(super) fn read_only() -> ServiceError {
    let text = "Access Denied. Buckets are read through this service, and not written.";
    ServiceError::new("AccessDenied", text, StatusCode::FORBIDDEN)
}

pub(super) fn other_owner() -> ServiceError {
    let text = "Access Denied. The bucket is of another account than x-amz-expected-bucket-owner.";
    ServiceError::new("AccessDenied", text, StatusCode::FORBIDDEN)
}

/// A condition of the request does not hold.
pub(super) fn precondition_failed(condition: &'static str) -> ServiceError {
    let text = "At least one of the pre-conditions you specified did not hold";
    ServiceError::new("PreconditionFailed", text, StatusCode::PRECONDITION_FAILED)
        .with_detail("Condition", condition)
}

/// No byte of the object is in the range.
pub(super) fn invalid_range(range: &str, size: u64) -> ServiceError {
    let text = "The requested range is not satisfiable";
    ServiceError::new("InvalidRange", text, StatusCode::RANGE_NOT_SATISFIABLE)
        .with_detail("RangeRequested", range)
        .with_detail("ActualObjectSize", size.to_string())
}

pub(super) fn invalid_part_number() -> ServiceError {
    let text = "The requested partnumber is not satisfiable";
    ServiceError::new("InvalidPartNumber", text, StatusCode::RANGE_NOT_SATISFIABLE)
        .with_detail("ActualPartCount", "1")
}

/// What is said where a bucket cannot be read. Paths of this machine are not told.
pub(super) fn of_bucket(error: &BucketError) -> ServiceError {
    match error {
        BucketError::NoBucket(name) => no_such_bucket(name),
        BucketError::NoKey(key) => no_such_key(key),
        BucketError::Denied(..) => {
            let text = "Access Denied. The service may not read this file or folder.";
            ServiceError::new("AccessDenied", text, StatusCode::FORBIDDEN)
        }
        BucketError::Exists(_) | BucketError::Store(_) => {
            let text = "We encountered an internal error. Please try again.";
            ServiceError::new("InternalError", text, StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
