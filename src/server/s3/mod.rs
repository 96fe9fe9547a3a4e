//! As much of S3 as reading objects takes, over folders: lists, heads, objects. Whatever would write is refused.
//!
//! CloudTrail's clients go there for what the service delivers: `aws cloudtrail validate-logs` asks for a bucket's
//! location, lists digest files, and reads objects with their metadata. A request is read as AWS reads it: its signature,
//! the operation, the bucket, and then the operation's own parameters. Its body is never read. `operations` tells what is
//! answered; hosts and paths are in `address`.

mod address;
mod body;
mod conditions;
mod errors;
mod list;
mod object;
mod operations;
mod query;
mod range;
mod service;
#[cfg(test)]
pub(in crate::server) mod tests;

pub use address::Hosts;

use super::access::Access;
use super::buckets::{Bucket, BucketError, Buckets};
use super::noted::Noted;
use crate::store::Lake;
use address::Address;
use axum::body::Body;
use chrono::{DateTime, Utc};
use http::request::Parts;
use http::{HeaderValue, Method, Response, header};
use operations::{Operation, operation_of};
use query::Query;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;
use traillake_aws_wire::error::{Protocol, ServiceError};
use traillake_aws_wire::signature::{Authorization, Expected, Form, Payload, RequestHead};

/// The service, as scopes of signatures name it.
pub const SERVICE: &str = "s3";

/// Of the answers in XML.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Whose buckets they are, and who may read them.
#[derive(Debug)]
pub struct S3Options {
    /// Who may ask: every key, be it a reader's.
    pub access: Arc<Access>,
    /// The buckets.
    pub buckets: Buckets,
    /// Names of this host, below which buckets have names of their own.
    pub hosts: Hosts,
    /// Account of the lake, 12 digits.
    pub account: String,
    /// Region that the buckets are in; clients may sign for any.
    pub region: String,
    /// Whether requests need no signature.
    pub no_auth: bool,
}

/// S3 over the buckets of a service.
#[derive(Debug)]
pub struct S3 {
    lake: Arc<Lake>,
    options: S3Options,
}

impl S3 {
    /// Answers by the clock of `lake`.
    pub fn new(lake: Arc<Lake>, options: S3Options) -> Self {
        Self { lake, options }
    }

    /// Whether the host of a request is that of a bucket.
    pub fn is_host_of_bucket(&self, parts: &Parts) -> bool {
        self.options.hosts.bucket_of(parts).is_some()
    }

    /// Answers a request. Its body is not looked at.
    pub async fn answer(&self, parts: &Parts, request_id: &str) -> (Response<Body>, Noted) {
        let mut noted = Noted { service: Some(SERVICE), ..Noted::default() };
        let mut response = match self.answered(parts, &mut noted).await {
            Ok(response) => response,
            Err(error) => {
                noted.error = Some(error.code.to_string());
                error.response(Protocol::S3, request_id).map(Body::from)
            }
        };
        if parts.method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        if let Ok(id) = HeaderValue::from_str(request_id) {
            response.headers_mut().insert("x-amz-request-id", id);
        }
        (response, noted)
    }

    async fn answered(
        &self,
        parts: &Parts,
        noted: &mut Noted,
    ) -> Result<Response<Body>, ServiceError> {
        self.check_signature(parts, noted)?;
        let address = Address::parse(parts.uri.path(), self.options.hosts.bucket_of(parts))?;
        let query = Query::parse(parts.uri.query());
        if let Address::Object(bucket, _) = &address {
            self.bucket(parts, bucket)?;
        }
        let operation = operation_of(&parts.method, &address, &query)?;
        noted.operation = Some(operation.name());
        match address {
            Address::Service => self.list_buckets(&query),
            Address::Bucket(name) => {
                let bucket = self.bucket(parts, &name)?;
                self.of_bucket(operation, bucket, &query).await
            }
            Address::Object(name, key) => {
                let bucket = self.bucket(parts, &name)?;
                object::answer(bucket, key, parts, &query).await
            }
        }
    }

    async fn of_bucket(
        &self,
        operation: Operation,
        bucket: &Bucket,
        query: &Query,
    ) -> Result<Response<Body>, ServiceError> {
        let mut response = match operation {
            Operation::GetBucketLocation => self.location(),
            Operation::ListObjects => list::first_version(bucket, query, self.owner()).await?,
            Operation::ListObjectsV2 => list::second_version(bucket, query, self.owner()).await?,
            _ => Response::new(Body::empty()),
        };
        if let Ok(region) = HeaderValue::from_str(&self.options.region) {
            response.headers_mut().insert("x-amz-bucket-region", region);
        }
        Ok(response)
    }

    fn check_signature(&self, parts: &Parts, noted: &mut Noted) -> Result<(), ServiceError> {
        if self.options.no_auth {
            return Ok(());
        }
        let head = RequestHead::from(parts);
        let expected = Expected { services: &[SERVICE], now: self.lake.now() };
        let verified = Authorization::parse(&head).and_then(|authorization| {
            let bucket = self.options.hosts.bucket_of(parts);
            let path = match (authorization.form, bucket) {
                (Form::Version2 { .. }, Some(bucket)) => {
                    Cow::Owned(format!("/{bucket}{}", head.path))
                }
                _ => Cow::Borrowed(head.path),
            };
            let head = RequestHead { path: &path, ..head };
            self.options.access.verify(&authorization, &head, Payload::Unread, &expected)
        });
        let grant = verified.map_err(|error| error.service_error(Protocol::S3))?;
        noted.access_key = Some(grant.key.id);
        Ok(())
    }

    fn bucket(&self, parts: &Parts, name: &str) -> Result<&Bucket, ServiceError> {
        let bucket = self.options.buckets.get(name).map_err(|error| errors::of_bucket(&error))?;
        match parts.headers.get("x-amz-expected-bucket-owner") {
            Some(owner) if owner.as_bytes() != self.options.account.as_bytes() => {
                Err(errors::other_owner())
            }
            _ => Ok(bucket),
        }
    }

    /// Whose the buckets and objects are.
    fn owner(&self) -> &str {
        &self.options.account
    }
}

/// An answer in XML, from the element `root` to its end.
fn xml(root: &str, content: &str) -> Response<Body> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{NAMESPACE}\">{content}</{root}>"
    );
    let mut response = Response::new(Body::from(text));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

/// Reads files on a thread that may wait for them.
async fn reading<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, BucketError> + Send + 'static,
) -> Result<T, ServiceError> {
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|_| ServiceError::internal_failure())?.map_err(|error| errors::of_bucket(&error))
}

/// A time of a file to the second, as S3 knows it. One that no date can tell is 1970.
fn seconds(time: SystemTime) -> DateTime<Utc> {
    let seconds = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).ok(),
        Err(before) => i64::try_from(before.duration().as_secs()).ok().map(|seconds| -seconds),
    };
    let told = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    // The years of four digits (RFC 9110 and ISO 8601).
    told.filter(|told| (0..=253_402_300_799).contains(&told.timestamp())).unwrap_or_default()
}

/// A time in XML.
fn iso(time: SystemTime) -> String {
    seconds(time).format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// Returns the tag of an object. It changes with the file; and it is no MD5, which would have to be computed of each
/// object of a list, and which clients do not expect where a dash is in it.
fn etag(size: u64, modified: SystemTime) -> String {
    let nanos = modified.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let hash = traillake_aws_wire::digest::sha256_hex(format!("{size} {nanos}").as_bytes());
    format!("\"{}-1\"", hash.get(..32).unwrap_or_default())
}
