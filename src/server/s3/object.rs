//! GetObject and HeadObject.

use super::body::FileBody;
use super::conditions::Version;
use super::query::Query;
use super::range::{Wanted, wanted};
use super::{errors, etag, reading, seconds};
use crate::server::buckets::{Bucket, Metadata, Object};
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, EXPIRES, HeaderMap, HeaderName, HeaderValue,
    LAST_MODIFIED, RANGE,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use std::ops::Range;
use traillake_aws_wire::error::ServiceError;

/// Headers of the answer that a request may choose, and the parameters that do.
const CHOSEN: [(&str, HeaderName); 6] = [
    ("response-cache-control", CACHE_CONTROL),
    ("response-content-disposition", CONTENT_DISPOSITION),
    ("response-content-encoding", CONTENT_ENCODING),
    ("response-content-language", CONTENT_LANGUAGE),
    ("response-content-type", CONTENT_TYPE),
    ("response-expires", EXPIRES),
];

/// Answers with an object, or for HEAD with what is told of it.
pub(super) async fn answer(
    bucket: &Bucket,
    key: String,
    parts: &Parts,
    query: &Query,
) -> Result<Response<Body>, ServiceError> {
    // Buckets have no versions; what is not versioned has this one.
    if let Some(version) = query.get("versionId").filter(|version| *version != "null") {
        return Err(errors::no_such_version(&key, version));
    }
    let bucket = bucket.clone();
    let object = reading(move || bucket.open(&key)).await?;
    let (size, etag) = (object.size, etag(object.size, object.modified));
    let version = Version { etag, modified: seconds(object.modified) };
    let mut response = Response::new(Body::empty());
    headers(&version, response.headers_mut());
    if version.is_known(&parts.headers)? {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let part = part(parts, query, &version, size)?;
    describe(&object.metadata, query, response.headers_mut())?;
    let range = part.clone().unwrap_or(0..size);
    response.headers_mut().insert(CONTENT_LENGTH, (range.end - range.start).into());
    if let Some(part) = part {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let told = format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1));
        response
            .headers_mut()
            .extend(HeaderValue::try_from(told).map(|told| (CONTENT_RANGE, told)));
    }
    if parts.method != Method::HEAD {
        *response.body_mut() = bytes(object, range)?;
    }
    Ok(response)
}

fn bytes(object: Object, range: Range<u64>) -> Result<Body, ServiceError> {
    let body = FileBody::new(object.file, range);
    body.map(Body::new).map_err(|_| ServiceError::internal_failure())
}

/// Which part of an object is wanted, if not all of it.
fn part(
    parts: &Parts,
    query: &Query,
    version: &Version,
    size: u64,
) -> Result<Option<Range<u64>>, ServiceError> {
    // Each object is one part, which SDKs ask for to learn how many there are.
    match query.get("partNumber") {
        Some("1") if size > 0 => return Ok(Some(0..size)),
        None | Some("1") => {}
        Some(number) if number.parse::<u16>().is_ok_and(|number| number > 0) => {
            return Err(errors::invalid_part_number());
        }
        Some(other) => {
            let text = "Part number must be an integer between 1 and 10000, inclusive";
            return Err(errors::invalid_argument("partNumber", other, text));
        }
    }
    let range = parts.headers.get(RANGE).and_then(|range| range.to_str().ok()).unwrap_or_default();
    match wanted(range, size) {
        _ if !version.continues(&parts.headers) => Ok(None),
        Wanted::Whole => Ok(None),
        Wanted::Part(part) => Ok(Some(part)),
        Wanted::Nothing => Err(errors::invalid_range(range, size)),
    }
}

/// What is told of a version, also to who has it.
fn headers(version: &Version, headers: &mut HeaderMap) {
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let modified = version.modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    headers.extend(HeaderValue::try_from(modified).map(|modified| (LAST_MODIFIED, modified)));
    headers.extend(HeaderValue::try_from(version.etag.as_str()).map(|etag| (ETAG, etag)));
}

/// What is told of the bytes: the metadata of the object, and what the request chose.
fn describe(
    metadata: &Metadata,
    query: &Query,
    headers: &mut HeaderMap,
) -> Result<(), ServiceError> {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("binary/octet-stream"));
    for (parameter, header) in &CHOSEN {
        if let Some(text) = query.get(parameter) {
            let value = HeaderValue::from_str(text).map_err(|_| {
                errors::invalid_argument(parameter, text, "This cannot stand in a header")
            })?;
            headers.insert(header, value);
        }
    }
    let mut missing = 0_u64;
    for (name, value) in metadata {
        match (HeaderName::try_from(format!("x-amz-meta-{name}")), meta(value)) {
            (Ok(name), Ok(value)) => drop(headers.insert(name, value)),
            _ => missing += 1,
        }
    }
    if missing > 0 {
        headers.insert("x-amz-missing-meta", missing.into());
    }
    Ok(())
}

/// A value as S3 writes it: what is no plain ASCII in the form of RFC 2047.
fn meta(value: &str) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    let is_plain = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    match is_plain {
        true => HeaderValue::from_str(value),
        false => HeaderValue::try_from(format!("=?UTF-8?B?{}?=", STANDARD.encode(value))),
    }
}
