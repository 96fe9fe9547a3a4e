//! The trails of the service: its own calls as CloudTrail records them, delivered as a trail of AWS delivers.
//!
//! A call that a trail selects becomes a record in the journal before it is answered. Some time later the records of a
//! trail are packed into a log file, which is kept in the journal until it is in the bucket; so a kill at any moment neither
//! loses a record nor delivers one twice. Digest files go the same way, each with its signature.
//!
//! * [`trail`] is a trail as it was told, and how far it is;
//! * [`selection`] decides which calls a trail records;
//! * [`record`] makes records, with the help of `identity`;
//! * `journal` keeps all of it, in a SQLite file that is made with the first trail;
//! * `delivery` brings log files into buckets, `digest` makes digest files, `names` has the keys of both.

mod delivery;
mod digest;
mod identity;
mod journal;
mod names;
pub mod record;
pub mod selection;
#[cfg(test)]
mod tests;
pub mod trail;

pub use delivery::Target;
pub use record::Called;
pub use selection::{DataResource, EventSelector, ReadWriteType, Selection};
pub use trail::{Ending, Settings, Status, Trail};

use super::signing::SigningError;
use chrono::{DateTime, Utc};
use delivery::Delivery;
use journal::Journal;
use record::Record;
use selection::Listener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use uuid::Uuid;

/// Why trails cannot be read, changed or followed.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// What SQLite said.
    #[error("the journal of trails cannot be used: {0}")]
    Journal(#[from] rusqlite::Error),
    /// What the journal holds is of another form.
    #[error("the journal of trails cannot be read: {0}")]
    Form(#[from] serde_json::Error),
    /// A digest file cannot be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// A file of the journal cannot be unpacked.
    #[error("a file in the journal of trails cannot be read: {0}")]
    Packing(std::io::Error),
}

/// The trails of a lake's service, of one account and region.
#[derive(Debug)]
pub struct Trails {
    path: PathBuf,
    account: String,
    region: String,
    /// The journal, once there is a trail.
    journals: OnceLock<Journals>,
    /// Held while trails are made, so that two of a name are not.
    making: Mutex<()>,
    listeners: RwLock<Arc<[Listener]>>,
    /// Whether a trail waits for its last files.
    is_ending: AtomicBool,
    /// Held while files are delivered.
    delivering: Mutex<()>,
    /// Why the last record could not be kept, if it could not.
    lost: Mutex<Option<String>>,
}

/// The same file twice: who answers a call does not wait for the disk, and nothing gets into a bucket before the disk has
/// what the journal says of it.
#[derive(Debug)]
struct Journals {
    calls: Journal,
    deliveries: Journal,
}

impl Trails {
    /// Opens the trails that a file keeps, those of an account and region. It need not be there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: PathBuf, account: &str, region: &str) -> Result<Self, AuditError> {
        let trails = Self {
            path,
            account: account.to_owned(),
            region: region.to_owned(),
            journals: OnceLock::new(),
            making: Mutex::default(),
            listeners: RwLock::new(Arc::from([])),
            is_ending: AtomicBool::new(false),
            delivering: Mutex::default(),
            lost: Mutex::default(),
        };
        if trails.path.exists() {
            trails.journals()?;
            trails.refresh()?;
        }
        Ok(trails)
    }

    /// Opens the journal, and makes it if it is not there.
    fn journals(&self) -> Result<&Journals, AuditError> {
        if let Some(journals) = self.journals.get() {
            return Ok(journals);
        }
        let calls = Journal::open(&self.path, false)?;
        let deliveries = Journal::open(&self.path, true)?;
        Ok(self.journals.get_or_init(|| Journals { calls, deliveries }))
    }

    /// Whether there is, or was, a trail: else no call need be looked at.
    pub fn is_open(&self) -> bool {
        self.journals.get().is_some()
    }

    /// Returns all trails, by name.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn list(&self) -> Result<Vec<Trail>, AuditError> {
        let mut trails = self.all()?;
        trails.retain(|trail| trail.ending != Some(Ending::Deleted));
        trails.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(trails)
    }

    /// Those that are to be deleted, too.
    fn all(&self) -> Result<Vec<Trail>, AuditError> {
        let Some(journals) = self.journals.get() else { return Ok(Vec::new()) };
        let mut trails = journals.calls.trails()?;
        trails.retain(|trail| trail.account == self.account && trail.region == self.region);
        Ok(trails)
    }

    /// Returns the trail of a name.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn find(&self, name: &str) -> Result<Option<Trail>, AuditError> {
        Ok(self.list()?.into_iter().find(|trail| trail.name == name))
    }

    /// Makes a trail, which does not log yet, if `check` has nothing against it beside the trails that there are.
    ///
    /// # Errors
    /// Those of `check`, and when the journal cannot be written.
    pub fn create<E: From<AuditError>>(
        &self,
        name: &str,
        settings: Settings,
        tags: Vec<(String, String)>,
        check: impl FnOnce(&[Trail]) -> Result<(), E>,
    ) -> Result<Trail, E> {
        let _alone = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        check(&self.list()?)?;
        let trail = Trail::new(name, &self.account, &self.region, settings, tags);
        self.journals()?.calls.insert(&trail)?;
        Ok(trail)
    }

    /// Changes a trail, and returns it as it is then; `None` when it is gone.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn change(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut Trail),
    ) -> Result<Option<Trail>, AuditError> {
        let Some(journals) = self.journals.get() else { return Ok(None) };
        let changed = journals.calls.change(id, change)?;
        self.refresh()?;
        Ok(changed)
    }

    /// Lets calls know what trails there are now.
    fn refresh(&self) -> Result<(), AuditError> {
        let trails = self.all()?;
        let logging = trails.iter().filter(|trail| trail.status.is_logging);
        let listeners: Arc<[Listener]> = logging.map(Listener::of).collect();
        *self.listeners.write().unwrap_or_else(PoisonError::into_inner) = listeners;
        let is_ending = trails.iter().any(|trail| trail.ending.is_some());
        self.is_ending.store(is_ending, Ordering::Release);
        Ok(())
    }

    /// The trails that log now.
    pub fn listeners(&self) -> Arc<[Listener]> {
        Arc::clone(&self.listeners.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records a call for the trails that logged `before` it, and for those that log now: a call that starts or stops one is
    /// in it.
    pub fn record(&self, before: &[Listener], called: &Called<'_>) {
        let now = self.listeners();
        let is_new =
            |listener: &&Listener| before.iter().all(|known| known.trail != listener.trail);
        let mut listening = before.iter().chain(now.iter().filter(is_new)).peekable();
        let Some(journals) = self.journals.get() else { return };
        if listening.peek().is_none() {
            return;
        }
        let record = Record::of(called);
        let takers: Vec<Uuid> =
            listening.filter(|one| one.takes(&record)).map(|one| one.trail).collect();
        let kept = journals.calls.append(&takers, &record);
        // The call is answered all the same: it has been done.
        self.note_lost(kept.err().map(|error| error.to_string()));
    }

    fn note_lost(&self, error: Option<String>) {
        *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    /// Why the journal could not keep a record or give a file lately, if it could not.
    pub fn lost(&self) -> Option<String> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a trail waits for its last files.
    pub fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::Acquire)
    }

    /// Delivers what trails have that were stopped, changed or deleted, with their last digest files.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub fn settle(&self, target: &Target<'_>, now: DateTime<Utc>) -> Result<(), AuditError> {
        self.deliver_those(target, now, |trail| trail.ending.is_some())
    }

    /// Delivers what all trails have, and the digest files that are due. What cannot be delivered is told in the status of
    /// its trail, and is tried again by the next call.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub fn deliver(&self, target: &Target<'_>, now: DateTime<Utc>) -> Result<(), AuditError> {
        self.deliver_those(target, now, |_| true)
    }

    fn deliver_those(
        &self,
        target: &Target<'_>,
        now: DateTime<Utc>,
        wanted: impl Fn(&Trail) -> bool,
    ) -> Result<(), AuditError> {
        let Some(journals) = self.journals.get() else { return Ok(()) };
        let _alone = self.delivering.lock().unwrap_or_else(PoisonError::into_inner);
        let delivery = Delivery { journal: &journals.deliveries, target, now };
        let trails = self.all()?;
        let delivered: Vec<_> =
            trails.iter().filter(|trail| wanted(trail)).map(|trail| delivery.run(trail)).collect();
        self.refresh()?;
        let delivered: Result<(), AuditError> = delivered.into_iter().collect();
        if let Err(error) = &delivered {
            self.note_lost(Some(error.to_string()));
        }
        delivered
    }
}
