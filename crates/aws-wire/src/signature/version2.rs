//! Signature Version 2 in the query, with which the AWS CLI and boto3 presign requests to S3 unless they are told otherwise
//! ("Signing and authenticating REST requests" of the Amazon S3 API Reference). For S3 only, and in this form only.

use super::encode::{decode, parameter, parameters};
use super::verify::check_token;
use super::{
    Authorization, Credential, Expected, Form, RequestHead, S3, Scope, SignatureError, date,
};
use crate::digest::hmac_sha1;
use crate::keys::AccessKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// The parameter that has the id of the access key.
pub(super) const KEY: &str = "AWSAccessKeyId";

/// The header or parameter that has the token of a temporary key.
const TOKEN: &str = "x-amz-security-token";

/// The parameters that belong to what is signed; others do not.
const SIGNED: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Reads the query of a request that has [`KEY`].
pub(super) fn parse(
    head: &RequestHead<'_>,
    access_key_id: String,
) -> Result<Authorization, SignatureError> {
    let get = |name: &str| {
        parameter(head.query, name).ok_or_else(|| {
            let text = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters";
            SignatureError::Query(text.to_owned())
        })
    };
    let expires = get("Expires")?.parse().ok();
    let expires = expires.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let expires = expires.ok_or_else(|| {
        let text = "Expires must be a time in seconds since 1970.";
        SignatureError::Query(text.to_owned())
    })?;
    let scope = Scope {
        date: String::new(),
        region: String::new(),
        service: S3.to_owned(),
        terminator: String::new(),
    };
    Ok(Authorization {
        form: Form::Version2 { expires },
        credential: Credential { access_key_id, scope },
        signed_headers: Vec::new(),
        signature: get("Signature")?,
        session_token: parameter(head.query, TOKEN).or_else(|| {
            let value = head.headers.get(TOKEN)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        }),
        date: String::new(),
    })
}

/// Checks a signature that is valid until `expires`, and returns the key that made it.
pub(super) fn verify<F>(
    authorization: &Authorization,
    head: &RequestHead<'_>,
    expires: DateTime<Utc>,
    expected: &Expected<'_>,
    find: F,
) -> Result<AccessKey, SignatureError>
where
    F: FnOnce(&str, Option<&str>) -> Option<AccessKey>,
{
    if !expected.services.contains(&S3) {
        return Err(SignatureError::Service(expected.services.join("', '")));
    }
    if expected.now > expires {
        let told = date::basic(expected.now);
        return Err(SignatureError::Expired {
            date: date::basic(expires),
            earliest: told.clone(),
            now: told,
            window: "0 sec".to_owned(),
            presigned: true,
        });
    }
    let token = authorization.session_token.as_deref();
    let key = find(&authorization.credential.access_key_id, token);
    let key = key.ok_or(SignatureError::UnknownKey)?;
    check_token(&key, token, expected.now)?;
    let is_signed = |text: &[u8]| {
        let signature = STANDARD.encode(hmac_sha1(key.secret.reveal().as_bytes(), text));
        bool::from(signature.as_bytes().ct_eq(authorization.signature.as_bytes()))
    };
    let texts = resources(head.path).map(|resource| string_to_sign(head, expires, &resource));
    if texts.iter().any(|text| is_signed(text)) {
        return Ok(key);
    }
    let [text, _] = texts.map(|text| String::from_utf8_lossy(&text).into_owned());
    Err(SignatureError::Mismatch { canonical_request: text.clone(), string_to_sign: text })
}

/// The ways in which a path is signed: a bucket with and without its slash is the same.
fn resources(path: &str) -> [String; 2] {
    let is_bucket = path.len() > 1 && path.rfind('/') == Some(0);
    [path.to_owned(), if is_bucket { format!("{path}/") } else { path.to_owned() }]
}

fn string_to_sign(head: &RequestHead<'_>, expires: DateTime<Utc>, resource: &str) -> Vec<u8> {
    let header = |name: &str| match head.headers.get(name) {
        Some(value) => value.as_bytes().trim_ascii().to_vec(),
        None => parameter(head.query, name).unwrap_or_default().into_bytes(),
    };
    let mut text = format!("{}\n", head.method).into_bytes();
    for name in ["content-md5", "content-type"] {
        text.extend(header(name));
        text.push(b'\n');
    }
    text.extend(format!("{}\n", expires.timestamp()).into_bytes());
    for (name, values) in amazon_headers(head) {
        text.extend(format!("{name}:").into_bytes());
        text.extend(values.join(&b","[..]));
        text.push(b'\n');
    }
    text.extend_from_slice(resource.as_bytes());
    text.extend(signed_parameters(head));
    text
}

/// The headers of S3, of which a presigned request may have some in its query.
fn amazon_headers(head: &RequestHead<'_>) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut all = BTreeMap::<String, Vec<Vec<u8>>>::new();
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().trim_ascii().to_vec()));
    let queried = parameters(head.query.unwrap_or_default())
        .map(|(name, value)| (String::from_utf8_lossy(&decode(name)).into_owned(), decode(value)));
    for (name, value) in headers.chain(queried).filter(|(name, _)| name.starts_with("x-amz-")) {
        all.entry(name).or_default().push(value);
    }
    all
}

/// The parameters that are signed, decoded and sorted, with what is before them.
fn signed_parameters(head: &RequestHead<'_>) -> Vec<u8> {
    let pieces = head.query.unwrap_or_default().split('&');
    let named = pieces.filter_map(|piece| {
        let (name, value) = piece.split_once('=').map_or((piece, None), |(n, v)| (n, Some(v)));
        let name = decode(name);
        let is_signed = SIGNED.iter().any(|signed| signed.as_bytes() == name);
        is_signed.then(|| (name, value.map(decode)))
    });
    let mut named: Vec<_> = named.collect();
    named.sort();
    let mut text = Vec::new();
    for (name, value) in named {
        text.push(if text.is_empty() { b'?' } else { b'&' });
        text.extend(name);
        if let Some(value) = value {
            text.push(b'=');
            text.extend(value);
        }
    }
    text
}
