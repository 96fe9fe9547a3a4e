//! Channels, by which senders outside AWS put their events into event data stores.
//!
//! `manage` makes, shows, changes and deletes them. `put` takes events: `audit_event` looks at each, `external_id` at what
//! the channel's policy asks for; `groups` gathers what comes for a store at the same time, and `ingestion` notes what came
//! last.

mod audit_event;
mod destinations;
mod external_id;
mod groups;
mod ingestion;
mod manage;
mod put;

pub(super) use manage::{create, delete, get, list, update};
pub(super) use put::put;

use super::Api;
use super::call::Call;
use crate::server::documents::{DocumentError, Documents};
use crate::store::{Lake, StoreRow};
use groups::Groups;
use ingestion::Ingestions;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use traillake_aws_wire::error::ServiceError;

/// The kind of documents that hold channels, by their ids.
const DOCUMENTS: &str = "channel";

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Channel {
    /// The last part of its ARN.
    pub(super) id: String,
    name: String,
    /// `Custom`, or a partner of AWS.
    source: String,
    /// The ids of the stores that it feeds.
    stores: Vec<String>,
    /// When it was made, in milliseconds since 1970 UTC.
    created_at: i64,
}

impl Channel {
    /// The id of the documents that hold what any resource has: its tags and its policy.
    pub(super) fn resource(&self) -> String {
        format!("channel/{}", self.id)
    }
}

/// Why an event was not taken, in the words of `PutAuditEvents`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NotTaken {
    code: &'static str,
    /// At most 1,024 characters.
    message: String,
}

impl NotTaken {
    /// A fault of the service.
    fn failure() -> Self {
        let message = "The event could not be stored because of an internal failure.".to_owned();
        Self { code: "InternalFailure", message }
    }

    /// A store that the channel feeds is not there.
    fn no_store(name: &str) -> Self {
        let message = format!("The event data store {name} of the channel was deleted.");
        Self { code: "InternalFailure", message }
    }
}

/// The channels of a lake, and what is on its way through them.
#[derive(Debug)]
pub(super) struct Channels {
    documents: Arc<Documents>,
    ingestions: Arc<Ingestions>,
    groups: Arc<Groups>,
    /// Held by who changes channels, or deletes a store that none may feed.
    changes: Mutex<()>,
}

impl Channels {
    pub(super) fn new(lake: Arc<Lake>, documents: Arc<Documents>) -> Self {
        let ingestions = Arc::new(Ingestions::new(Arc::clone(&documents)));
        let groups = Arc::new(Groups::new(lake, Arc::clone(&ingestions)));
        Self { documents, ingestions, groups, changes: Mutex::default() }
    }

    /// Returns the channel of an id.
    pub(super) fn find(&self, id: &str) -> Result<Option<Channel>, ServiceError> {
        self.documents.get(DOCUMENTS, &id.to_ascii_lowercase()).map_err(failure)
    }

    /// Keeps others from changing channels for as long as the guard lives.
    pub(super) fn alone(&self) -> MutexGuard<'_, ()> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns all channels, the newest first.
    fn all(&self) -> Result<Vec<Channel>, ServiceError> {
        let listed = self.documents.all::<Channel>(DOCUMENTS).map_err(failure)?;
        let mut channels: Vec<_> = listed.into_iter().map(|(_, channel)| channel).collect();
        channels.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        Ok(channels)
    }

    fn keep(&self, channel: &Channel) -> Result<(), ServiceError> {
        self.documents.put(DOCUMENTS, &channel.id, channel).map_err(failure)
    }
}

fn failure(_: DocumentError) -> ServiceError {
    ServiceError::internal_failure()
}

impl Api {
    /// Refuses to delete a store that a channel feeds. None will for as long as the guard lives.
    pub(super) fn no_channel_feeds(
        &self,
        call: &Call,
        store: &StoreRow,
    ) -> Result<MutexGuard<'_, ()>, ServiceError> {
        let alone = self.channels.alone();
        let id = store.id.to_string();
        match self.channels.all()?.into_iter().find(|channel| channel.stores.contains(&id)) {
            None => Ok(alone),
            Some(channel) => {
                let text =
                    format!("The channel {} feeds the store; delete it first.", channel.name);
                Err(call.refuse("ChannelExistsForEDSException", text))
            }
        }
    }
}
