//! Tags of resources that the catalog of the lake does not have: documents, by what ARNs have behind the account.

use super::Api;
use super::call::{Call, broken};
use crate::store::life_cycle::check_tags;
use std::sync::PoisonError;
use traillake_aws_wire::error::ServiceError;

/// The kind of documents that hold tags.
const DOCUMENTS: &str = "tags";

/// Tags by key.
pub(super) type Tags = Vec<(String, String)>;

/// Returns tags with others, in the place of those with the same keys, and without those of some keys; by key.
pub(super) fn merged(mut all: Tags, tags: Tags, untag: &[String]) -> Tags {
    all.retain(|(key, _)| !untag.contains(key) && tags.iter().all(|(new, _)| new != key));
    all.extend(tags);
    all.sort_unstable();
    all
}

impl Api {
    pub(super) fn kept_tags(&self, resource: &str) -> Result<Tags, ServiceError> {
        self.documents.get(DOCUMENTS, resource).map(Option::unwrap_or_default).map_err(broken)
    }

    /// Keeps tags in the place of those that there were. Tags that AWS refuses are refused.
    pub(super) fn keep_tags(
        &self,
        call: &Call,
        resource: &str,
        mut tags: Tags,
    ) -> Result<(), ServiceError> {
        check_tags(&tags).map_err(|error| self.store_error(call, error))?;
        tags.sort_unstable();
        self.documents.put(DOCUMENTS, resource, &tags).map_err(broken)
    }

    /// Adds tags, in the place of those with the same keys, and removes others.
    pub(super) fn change_tags(
        &self,
        call: &Call,
        resource: &str,
        (tags, untag): (Tags, Vec<String>),
    ) -> Result<(), ServiceError> {
        let _alone = self.tag_changes.lock().unwrap_or_else(PoisonError::into_inner);
        let all = merged(self.kept_tags(resource)?, tags, &untag);
        self.keep_tags(call, resource, all)
    }

    pub(super) fn forget_tags(&self, resource: &str) -> Result<(), ServiceError> {
        self.documents.remove(DOCUMENTS, resource).map_err(broken)?;
        Ok(())
    }
}
