//! What can go wrong in a lake.

use super::paths::Paths;
use super::selectors::SelectorError;
use crate::columnar::{Format, WriteError};
use crate::event::EventSchema;
use std::path::{Path, PathBuf};

/// Why a store could not be opened, changed or filled.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder of the lake cannot be read or written.
    #[error("{path}: {error}{}", repair(error))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The catalog cannot be read or written.
    #[error("{path}: the catalog cannot be used: {error}{}", repair_catalog(error))]
    Catalog {
        /// The catalog's file.
        path: PathBuf,
        /// What SQLite said.
        error: rusqlite::Error,
    },
    /// There are data files, and no catalog.
    #[error(
        "{0}: the catalog is not there, though the lake has data files; make it anew from them with: traillake store check --repair"
    )]
    LostCatalog(PathBuf),
    /// The catalog was written by a newer version.
    #[error(
        "{path}: this lake was written by a newer traillake (catalog version {found}, this program knows {known}); use that version"
    )]
    Newer {
        /// The catalog's file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The catalog says something impossible.
    #[error("{path}: the lake is damaged: {reason}; traillake store check says what is lost")]
    Damaged {
        /// The file that is wrong.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// No store has this name or id.
    #[error("there is no event data store {wanted:?}; {}", known_stores(known))]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// No store is current, so `event_data_store` means none.
    #[error(
        "event_data_store means the store \"default\", which does not exist; {}",
        choose_store(known)
    )]
    NoCurrent {
        /// The names that exist.
        known: Vec<String>,
    },
    /// A store with this name exists already.
    #[error("an event data store {0:?} already exists; choose another name")]
    Exists(String),
    /// Files of the format always have the text of records.
    #[error(
        "eventjson is derived in ORC files only: {0} files are for other engines, which need its text; \
         take --format orc, or --eventjson plain"
    )]
    NotDerived(Format),
    /// A store with this id exists already.
    #[error("the event data store {name:?} has the id {id} already")]
    IdTaken {
        /// The id.
        id: String,
        /// The store's name.
        name: String,
    },
    /// A name that a store cannot have.
    #[error(
        "{0:?} cannot name an event data store: 3 to 128 letters, digits, '.', '_' and '-' can"
    )]
    BadName(String),
    /// The store is to be deleted.
    #[error(
        "event data store {name:?} is pending deletion until {}; restore it first with: traillake store restore {name}",
        moment(*ends_at)
    )]
    PendingDeletion {
        /// Its name.
        name: String,
        /// When it will be removed, in milliseconds since 1970 UTC.
        ends_at: i64,
    },
    /// The seven days in which a store can be restored are over.
    #[error("event data store {0:?} cannot be restored: its seven days are over")]
    DeletionOver(String),
    /// The store takes no events.
    #[error(
        "event data store {0:?} takes no events (STOPPED_INGESTION); let it with: traillake store start-ingestion {0}"
    )]
    IngestionStopped(String),
    /// The store is protected from deletion.
    #[error(
        "event data store {0:?} is protected from deletion; allow it with: traillake store update {0} --no-termination-protection"
    )]
    Protected(String),
    /// What was asked for needs another status.
    #[error("event data store {name:?} is {status}, and would have to be {needed}")]
    WrongStatus {
        /// Its name.
        name: String,
        /// Its status.
        status: &'static str,
        /// The status that was needed.
        needed: &'static str,
    },
    /// A tag that a store cannot have.
    #[error("not a tag: {0}")]
    BadTag(String),
    /// More tags than anything has.
    #[error("at most {0} tags can be kept")]
    TooManyTags(usize),
    /// A retention outside the limits.
    #[error("a retention of {0} days is outside 7 to 3653")]
    BadRetention(u32),
    /// Event selectors that break a rule.
    #[error(transparent)]
    Selectors(#[from] SelectorError),
    /// Selectors for events of another category.
    #[error(
        "event selectors: these select {}, and the store is for {}, which have other columns; make a store for them \
         with: traillake store create NAME --category {selected}",
        selected.events(), store.events()
    )]
    OtherCategory {
        /// What the selectors select.
        selected: EventSchema,
        /// What the store holds.
        store: EventSchema,
    },
    /// A store whose category cannot be stopped.
    #[error(
        "event data store {name:?} is for {}: ingestion stops and starts for CloudTrail events and configuration items \
         only",
        schema.events()
    )]
    AlwaysIngests {
        /// Its name.
        name: String,
        /// Its category.
        schema: EventSchema,
    },
    /// A data file cannot be written.
    #[error("{path}: {error}{}", repair_write(error))]
    Write {
        /// The data file.
        path: PathBuf,
        /// What went wrong.
        error: WriteError,
    },
    /// A file of an export cannot be written.
    #[error("{path}: {error}{}", repair_export(error))]
    Export {
        /// The file or its folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file of another content has the name of one that an export would write.
    #[error(
        "{0} is there and does not hold the events that the export would write under this name; move it away, or export \
         to another folder"
    )]
    OtherContent(PathBuf),
    /// An import into the store, or another change to its data files, is running.
    #[error("an import into event data store {0:?} is running; try again when it has ended")]
    Busy(String),
    /// Cancelled while it waited for an import to end; nothing was done.
    #[error("interrupted")]
    Interrupted,
    /// A bug of ours.
    #[error("a bug in traillake, please report it: {0}")]
    Bug(String),
}

impl StoreError {
    /// Whether the catalog of the lake in `root` is lost or broken, so that it can only be made anew.
    pub fn is_lost_catalog(&self, root: &Path) -> bool {
        let catalog = Paths::new(root).catalog();
        match self {
            Self::Damaged { path, .. } => *path == catalog,
            _ => self.is_damage(),
        }
    }

    /// Whether the lake itself is broken, as opposed to what was asked of it.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::LostCatalog(_) => true,
            Self::Catalog { error, .. } => matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
            ),
            _ => false,
        }
    }
}

/// Adds the path to an error of the system.
pub(crate) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    move |error| StoreError::Io { path: path.to_owned(), error }
}

/// Adds the path to an error of the system while a file of an export is written.
pub(super) fn exporting(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    move |error| StoreError::Export { path: path.to_owned(), error }
}

/// Shows a time to the second.
fn moment(millis: i64) -> String {
    chrono::DateTime::from_timestamp_millis(millis)
        .map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// What helps when the disk is full.
const MAKE_ROOM: &str = "; make room and run the same command again, it goes on where it stopped";

fn repair_catalog(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => MAKE_ROOM,
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            "; traillake store check --repair makes it anew from the data files"
        }
        _ => "",
    }
}

fn repair(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => MAKE_ROOM,
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "; choose another place with --lake, or change its permissions"
        }
        _ => "",
    }
}

fn repair_export(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "; make room and run the same command again: files that are there are not written again"
        }
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "; choose another folder with --to, or change its permissions"
        }
        _ => "",
    }
}

fn repair_write(error: &WriteError) -> &'static str {
    let text = error.to_string();
    if text.contains("os error 28") || text.contains("No space left") { MAKE_ROOM } else { "" }
}

fn known_stores(known: &[String]) -> String {
    if known.is_empty() {
        "the lake has none yet: import something, or run traillake store create".to_owned()
    } else {
        format!("the lake has {}", known.join(", "))
    }
}

fn choose_store(known: &[String]) -> String {
    if known.is_empty() {
        known_stores(known)
    } else {
        format!("choose another with --store: {}", known_stores(known))
    }
}
