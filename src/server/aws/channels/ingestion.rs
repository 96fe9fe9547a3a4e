//! What came last through each channel.

use super::super::call::{object, time};
use crate::server::documents::{DocumentError, Documents};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// The kind of documents that hold it, by the ids of channels.
const DOCUMENTS: &str = "channel-ingestion";

/// What came last. Times are in milliseconds since 1970 UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Ingestion {
    success_at: Option<i64>,
    success_event: Option<String>,
    attempt_at: Option<i64>,
    attempt_event: Option<String>,
    /// Why the last attempt failed, if it did.
    error_code: Option<String>,
}

/// What came last through the channels.
#[derive(Debug)]
pub(super) struct Ingestions {
    documents: Arc<Documents>,
    changes: Mutex<()>,
}

impl Ingestions {
    pub(super) fn new(documents: Arc<Documents>) -> Self {
        Self { documents, changes: Mutex::default() }
    }

    fn change(
        &self,
        channel: &str,
        change: impl FnOnce(&mut Ingestion),
    ) -> Result<(), DocumentError> {
        let _alone = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ingestion = self.documents.get(DOCUMENTS, channel)?.unwrap_or_default();
        change(&mut ingestion);
        self.documents.put(DOCUMENTS, channel, &ingestion)
    }

    /// Notes that an event is in its stores.
    pub(super) fn succeeded(
        &self,
        channel: &str,
        event: Uuid,
        at: i64,
    ) -> Result<(), DocumentError> {
        self.change(channel, |ingestion| {
            let event = Some(event.hyphenated().to_string());
            *ingestion = Ingestion {
                success_at: Some(at),
                success_event: event.clone(),
                attempt_at: Some(at),
                attempt_event: event,
                error_code: None,
            };
        })
    }

    /// Notes that an event was not taken, and why. It has no id.
    pub(super) fn failed(&self, channel: &str, code: &str, at: i64) -> Result<(), DocumentError> {
        self.change(channel, |ingestion| {
            ingestion.attempt_at = Some(at);
            ingestion.attempt_event = None;
            ingestion.error_code = Some(code.to_owned());
        })
    }

    /// Returns it as answers have it; null when nothing came yet.
    pub(super) fn shown(&self, channel: &str) -> Result<Value, DocumentError> {
        let Some(Ingestion { success_at, success_event, attempt_at, attempt_event, error_code }) =
            self.documents.get(DOCUMENTS, channel)?
        else {
            return Ok(Value::Null);
        };
        let at = |at: Option<i64>| at.map_or(Value::Null, time);
        Ok(object([
            ("LatestIngestionSuccessTime", at(success_at)),
            ("LatestIngestionSuccessEventID", json!(success_event)),
            ("LatestIngestionErrorCode", json!(error_code)),
            ("LatestIngestionAttemptTime", at(attempt_at)),
            ("LatestIngestionAttemptEventID", json!(attempt_event)),
        ]))
    }

    pub(super) fn forget(&self, channel: &str) -> Result<(), DocumentError> {
        let _alone = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        self.documents.remove(DOCUMENTS, channel).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_is_told_and_the_last_success() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("documents.sqlite");
        let open = || Ingestions::new(Arc::new(Documents::open(&path).unwrap()));
        let ingestions = open();
        assert_eq!(ingestions.shown("a").unwrap(), Value::Null);
        ingestions.failed("a", "InvalidData", 1_000).unwrap();
        let failed =
            json!({"LatestIngestionErrorCode": "InvalidData", "LatestIngestionAttemptTime": 1});
        assert_eq!(ingestions.shown("a").unwrap(), failed);
        let event = Uuid::from_u128(7);
        ingestions.succeeded("a", event, 2_500).unwrap();
        let id = "00000000-0000-0000-0000-000000000007";
        let succeeded = json!({"LatestIngestionSuccessTime": 2.5, "LatestIngestionSuccessEventID": id,
            "LatestIngestionAttemptTime": 2.5, "LatestIngestionAttemptEventID": id});
        assert_eq!(ingestions.shown("a").unwrap(), succeeded);
        ingestions.failed("a", "FieldTooLong", 3_000).unwrap();
        drop(ingestions);
        let later = json!({"LatestIngestionSuccessTime": 2.5, "LatestIngestionSuccessEventID": id,
            "LatestIngestionAttemptTime": 3, "LatestIngestionErrorCode": "FieldTooLong"});
        assert_eq!(open().shown("a").unwrap(), later);
        open().forget("a").unwrap();
        assert_eq!(open().shown("a").unwrap(), Value::Null);
    }
}
