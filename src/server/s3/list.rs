//! ListObjects and ListObjectsV2: one list, asked for and told in two ways.

use super::query::Query;
use super::{errors, etag, iso, reading, xml};
use crate::server::buckets::{Bucket, Item, ListQuery, Listing};
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use traillake_aws_wire::error::ServiceError;
use traillake_aws_wire::xml::element;

/// Items of a page.
const PAGE: usize = 1_000;

/// What is encoded where a client asks for it, as XML cannot tell every character. Spaces too, so that it does not matter
/// whether a client takes a plus for one.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// What both versions ask.
struct Asked<'a> {
    query: &'a Query,
    prefix: &'a str,
    delimiter: &'a str,
    limit: usize,
    is_encoded: bool,
}

impl<'a> Asked<'a> {
    fn read(query: &'a Query) -> Result<Self, ServiceError> {
        let is_encoded = match query.get("encoding-type") {
            None | Some("") => false,
            Some("url") => true,
            Some(other) => {
                let text = "Invalid Encoding Method specified in Request";
                return Err(errors::invalid_argument("encoding-type", other, text));
            }
        };
        Ok(Self {
            query,
            prefix: query.get("prefix").unwrap_or_default(),
            delimiter: query.get("delimiter").unwrap_or_default(),
            limit: query.limit("max-keys", PAGE)?,
            is_encoded,
        })
    }

    async fn list(&self, bucket: &Bucket, after: Option<&str>) -> Result<Listing, ServiceError> {
        let (bucket, limit) = (bucket.clone(), self.limit);
        let (prefix, delimiter) = (self.prefix.to_owned(), self.delimiter.to_owned());
        let after = after.map(str::to_owned);
        reading(move || {
            let (prefix, delimiter, after) = (&prefix, &delimiter, after.as_deref());
            bucket.list(&ListQuery { prefix, delimiter, after, limit })
        })
        .await
    }

    /// Writes a text that a client may have asked to be encoded.
    fn text(&self, out: &mut String, name: &str, text: &str) {
        match self.is_encoded {
            true => element(out, name, &utf8_percent_encode(text, ENCODED).to_string()),
            false => element(out, name, text),
        }
    }

    /// Writes a parameter as it was sent, if it was.
    fn echo(&self, out: &mut String, name: &str, parameter: &str) {
        if let Some(value) = self.query.get(parameter) {
            self.text(out, name, value);
        }
    }

    /// What both versions begin with.
    fn head(&self, bucket: &Bucket) -> String {
        let mut content = String::new();
        element(&mut content, "Name", bucket.name());
        self.text(&mut content, "Prefix", self.prefix);
        content
    }

    /// What both versions end with.
    fn rest(&self, content: &mut String, listing: &Listing, owner: Option<&str>) {
        element(content, "MaxKeys", &self.limit.to_string());
        self.echo(content, "Delimiter", "delimiter");
        if self.is_encoded {
            element(content, "EncodingType", "url");
        }
        element(content, "IsTruncated", if listing.is_truncated { "true" } else { "false" });
        for item in &listing.items {
            if let Item::Object { key, size, modified } = item {
                content.push_str("<Contents>");
                self.text(content, "Key", key);
                element(content, "LastModified", &iso(*modified));
                element(content, "ETag", &etag(*size, *modified));
                element(content, "Size", &size.to_string());
                if let Some(owner) = owner {
                    content.push_str("<Owner>");
                    element(content, "ID", owner);
                    content.push_str("</Owner>");
                }
                content.push_str("<StorageClass>STANDARD</StorageClass></Contents>");
            }
        }
        for item in &listing.items {
            if let Item::Prefix(prefix) = item {
                content.push_str("<CommonPrefixes>");
                self.text(content, "Prefix", prefix);
                content.push_str("</CommonPrefixes>");
            }
        }
    }
}

/// ListObjects: a page begins after the marker, which is the last item of the page before.
pub(super) async fn first_version(
    bucket: &Bucket,
    query: &Query,
    owner: &str,
) -> Result<Response<Body>, ServiceError> {
    let asked = Asked::read(query)?;
    let marker = query.get("marker").unwrap_or_default();
    let listing = asked.list(bucket, Some(marker)).await?;
    let mut content = asked.head(bucket);
    asked.text(&mut content, "Marker", marker);
    // Without a delimiter the last key is told anyway.
    if let Some(next) = next(&listing).filter(|_| !asked.delimiter.is_empty()) {
        asked.text(&mut content, "NextMarker", next);
    }
    asked.rest(&mut content, &listing, Some(owner));
    Ok(xml("ListBucketResult", &content))
}

/// ListObjectsV2: a page begins where a token says.
pub(super) async fn second_version(
    bucket: &Bucket,
    query: &Query,
    owner: &str,
) -> Result<Response<Body>, ServiceError> {
    let asked = Asked::read(query)?;
    let token = query.get("continuation-token").map(position).transpose()?;
    let after = token.as_deref().or(query.get("start-after"));
    let listing = asked.list(bucket, after).await?;
    let mut content = asked.head(bucket);
    asked.echo(&mut content, "StartAfter", "start-after");
    if let Some(token) = query.get("continuation-token") {
        element(&mut content, "ContinuationToken", token);
    }
    if let Some(next) = next(&listing) {
        element(&mut content, "NextContinuationToken", &URL_SAFE_NO_PAD.encode(next));
    }
    element(&mut content, "KeyCount", &listing.items.len().to_string());
    let owner = (query.get("fetch-owner") == Some("true")).then_some(owner);
    asked.rest(&mut content, &listing, owner);
    Ok(xml("ListBucketResult", &content))
}

fn next(listing: &Listing) -> Option<&str> {
    listing.items.last().filter(|_| listing.is_truncated).map(Item::text)
}

/// Where the page of a token begins. It tells no more than a key that its reader was told.
fn position(token: &str) -> Result<String, ServiceError> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().filter(|bytes| !bytes.is_empty());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        let text = "The continuation token provided is incorrect";
        errors::invalid_argument("continuation-token", token, text)
    })
}
