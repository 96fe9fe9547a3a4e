//! What the API's resources are called.

use super::Api;
use super::call::Call;
use crate::store::{StoreError, StoreId, StoreRow};
use traillake_aws_wire::error::ServiceError;

/// Where the resources of a lake are, as ARNs tell it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// 12 digits.
    pub(super) account: String,
    pub(super) region: String,
}

impl Place {
    /// The ARN of a store.
    pub(super) fn store(&self, id: StoreId) -> String {
        self.store_of(&id.to_string())
    }

    /// The ARN of the store of an id.
    pub(super) fn store_of(&self, id: &str) -> String {
        let Self { account, region } = self;
        format!("arn:aws:cloudtrail:{region}:{account}:eventdatastore/{id}")
    }

    /// The ARN of a channel.
    pub(super) fn channel(&self, id: &str) -> String {
        let Self { account, region } = self;
        format!("arn:aws:cloudtrail:{region}:{account}:channel/{id}")
    }
}

/// A kind of resource that ARNs of CloudTrail name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Channel,
    Dashboard,
    EventDataStore,
    Trail,
}

impl Kind {
    /// The kind that ARNs call so.
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "channel" => Self::Channel,
            "dashboard" => Self::Dashboard,
            "eventdatastore" => Self::EventDataStore,
            "trail" => Self::Trail,
            _ => return None,
        })
    }
}

/// Returns which resource an ARN of CloudTrail names; `None` for another ARN, and for what is none. The account and the
/// region may be any: logs of many are in one lake.
pub(super) fn named(arn: &str) -> Option<(Kind, &str)> {
    let mut parts = arn.strip_prefix("arn:")?.splitn(5, ':');
    let (partition, service) = (parts.next()?, parts.next()?);
    let (_region, account) = (parts.next()?, parts.next()?);
    let (kind, name) = parts.next()?.split_once('/')?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_right = partition.starts_with("aws") && service == "cloudtrail" && is_account;
    let kind = Kind::from_name(kind)?;
    (is_right && !name.is_empty()).then_some((kind, name))
}

/// Returns the name that an ARN has behind its kind; whatever is no ARN is that name already. `None` for an ARN of
/// another kind.
pub(super) fn name_of(text: &str, kind: Kind) -> Option<&str> {
    if !text.starts_with("arn:") {
        return Some(text);
    }
    named(text).filter(|(named, _)| *named == kind).map(|(_, name)| name)
}

/// By which tags and the policy of a dashboard are kept.
pub(super) fn dashboard_id(name: &str) -> String {
    format!("dashboard/{name}")
}

/// A resource that is kept in documents.
pub(super) struct Subject {
    /// By which its tags and its policy are kept.
    pub(super) id: String,
    pub(super) arn: String,
}

impl Api {
    /// Returns a resource that is no store, if it is there.
    pub(super) fn subject(&self, kind: Kind, name: &str) -> Result<Option<Subject>, ServiceError> {
        Ok(match kind {
            Kind::Channel => self.channels.find(name)?.map(|channel| Subject {
                id: channel.resource(),
                arn: self.place.channel(&channel.id),
            }),
            Kind::Dashboard if self.has_dashboard(name)? => {
                Some(Subject { id: dashboard_id(name), arn: self.place.dashboard(name) })
            }
            Kind::Dashboard | Kind::EventDataStore | Kind::Trail => None,
        })
    }

    /// Returns the store that an ARN or an id names; our names of stores are taken, too.
    pub(super) fn store(&self, call: &Call, text: &str) -> Result<StoreRow, ServiceError> {
        let Some(name) = name_of(text, Kind::EventDataStore) else {
            let text = format!("{text} is not the ARN of an event data store.");
            return Err(call.refuse_as("EventDataStoreARNInvalidException", text));
        };
        self.lake.store(name).map_err(|error| self.store_error(call, error))
    }

    /// Returns such a store, if it is not to be deleted.
    pub(super) fn active_store(&self, call: &Call, text: &str) -> Result<StoreRow, ServiceError> {
        let store = self.store(call, text)?;
        store.check_not_deleted().map_err(|error| self.store_error(call, error))?;
        Ok(store)
    }

    /// Makes the answer to what went wrong with a store. What the operation does not list is a fault of the service.
    pub(super) fn store_error(&self, call: &Call, error: StoreError) -> ServiceError {
        let code = match &error {
            StoreError::NotFound { .. } | StoreError::NoCurrent { .. } => {
                "EventDataStoreNotFoundException"
            }
            StoreError::Exists(_) => "EventDataStoreAlreadyExistsException",
            StoreError::PendingDeletion { .. } => "InactiveEventDataStoreException",
            StoreError::Protected(_) => "EventDataStoreTerminationProtectedException",
            StoreError::Busy(_) => "EventDataStoreHasOngoingImportException",
            StoreError::WrongStatus { .. } | StoreError::DeletionOver(_) => {
                "InvalidEventDataStoreStatusException"
            }
            StoreError::AlwaysIngests { .. } => "InvalidEventDataStoreCategoryException",
            StoreError::TooManyTags(_) if call.operation.lists("TagsLimitExceededException") => {
                "TagsLimitExceededException"
            }
            StoreError::BadTag(_) | StoreError::TooManyTags(_) => "InvalidTagParameterException",
            StoreError::Selectors(_) | StoreError::OtherCategory { .. } => {
                "InvalidEventSelectorsException"
            }
            StoreError::BadName(_) | StoreError::BadRetention(_) => "InvalidParameterException",
            _ => return ServiceError::internal_failure(),
        };
        call.refuse_as(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_those_of_cloudtrail() {
        fn store(text: &str) -> Option<&str> {
            name_of(text, Kind::EventDataStore)
        }
        let id = "5ff44e8c-e1bf-4832-b679-d4d3d9268255";
        assert_eq!(store(id), Some(id));
        for place in ["aws:cloudtrail:us-east-1", "aws-cn:cloudtrail:cn-north-1"] {
            let arn = format!("arn:{place}:111122223333:eventdatastore/{id}");
            assert_eq!(store(&arn), Some(id));
        }
        for wrong in [
            "arn:aws:cloudtrail:us-east-1:111122223333:trail/x",
            "arn:aws:s3:us-east-1:111122223333:eventdatastore/x",
            "arn:aws:cloudtrail:us-east-1:1111:eventdatastore/x",
            "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/",
            "arn:aws:cloudtrail:us-east-1:111122223333",
            "arn:",
        ] {
            assert_eq!(store(wrong), None, "{wrong}");
        }
    }
}
