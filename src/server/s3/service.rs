//! ListBuckets, and where buckets are.

use super::query::Query;
use super::{S3, errors, iso, xml};
use axum::body::Body;
use http::Response;
use traillake_aws_wire::error::ServiceError;
use traillake_aws_wire::xml::element;

/// Buckets of a page.
const PAGE: usize = 10_000;

/// The region that a location leaves out.
const UNTOLD: &str = "us-east-1";

impl S3 {
    pub(super) fn list_buckets(&self, query: &Query) -> Result<Response<Body>, ServiceError> {
        let limit = query.limit("max-buckets", PAGE)?;
        let prefix = query.get("prefix").unwrap_or_default();
        let after = query.get("continuation-token").unwrap_or_default();
        let is_here = query.get("bucket-region").is_none_or(|region| region == self.options.region);
        let is_wanted = |name: &str| is_here && name.starts_with(prefix) && name > after;
        let buckets = self.options.buckets.iter();
        let buckets = buckets.filter(|bucket| is_wanted(bucket.name()) && bucket.is_there());
        let mut buckets: Vec<_> = buckets.take(limit.saturating_add(1)).collect();
        let is_truncated = limit > 0 && buckets.len() > limit;
        buckets.truncate(limit);
        let mut content = "<Buckets>".to_owned();
        for bucket in &buckets {
            content.push_str("<Bucket>");
            let created = bucket.created().map_err(|error| errors::of_bucket(&error))?;
            element(&mut content, "Name", bucket.name());
            element(&mut content, "CreationDate", &iso(created));
            element(&mut content, "BucketRegion", &self.options.region);
            content.push_str("</Bucket>");
        }
        content.push_str("</Buckets><Owner>");
        element(&mut content, "ID", self.owner());
        content.push_str("</Owner>");
        if let Some(last) = buckets.last().filter(|_| is_truncated) {
            element(&mut content, "ContinuationToken", last.name());
        }
        if query.has("prefix") {
            element(&mut content, "Prefix", prefix);
        }
        Ok(xml("ListAllMyBucketsResult", &content))
    }

    pub(super) fn location(&self) -> Response<Body> {
        let region = self.options.region.as_str();
        xml("LocationConstraint", if region == UNTOLD { "" } else { region })
    }
}
