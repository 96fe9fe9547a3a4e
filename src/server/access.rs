//! Who may ask: access keys with a role, kept in a file of their own that nobody else may read, and temporary keys.

use crate::store::error::at;
use crate::store::{StoreError, lock_private, replace_private};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use traillake_aws_wire::keys::{AccessKey, KeyError};
use traillake_aws_wire::signature::{
    Authorization, Expected, Payload, RequestHead, SignatureError, verify,
};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    Admin,
    /// Queries, look-ups and lists.
    Reader,
}

/// Every role.
pub const ROLES: [Role; 2] = [Role::Admin, Role::Reader];

impl Role {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Reader => "reader",
        }
    }

    /// Returns who has it.
    pub fn told(self) -> &'static str {
        match self {
            Self::Admin => "an admin",
            Self::Reader => "a reader",
        }
    }

    /// Returns the role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        ROLES.into_iter().find(|role| role.name() == name)
    }

    /// Whether who has this role may do what needs `needed`.
    pub fn allows(self, needed: Self) -> bool {
        self == Self::Admin || needed == Self::Reader
    }
}

/// Why keys cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is none of keys.
    #[error("{path}: this is no file of access keys: {error}; move it away, and make keys anew")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: serde_json::Error,
    },
    /// There is no such key.
    #[error("there is no access key {0:?}; traillake access-keys list shows all")]
    NotFound(String),
    /// No key could be made.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A key that was made for somebody, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRow {
    /// Its id, `AKIA...`.
    pub id: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredKey {
    id: String,
    secret: String,
    role: Role,
    created: DateTime<Utc>,
}

/// The file of access keys of a lake.
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The file in the folder of a lake's service; it need not be there.
    pub fn of(folder: &Path) -> Self {
        Self { path: folder.join("access-keys.json") }
    }

    /// When the file was changed last.
    fn modified(&self) -> Option<SystemTime> {
        fs::metadata(&self.path).and_then(|metadata| metadata.modified()).ok()
    }

    fn read(&self) -> Result<Vec<StoredKey>, AccessError> {
        let text = match fs::read(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(at(&self.path))?,
        };
        serde_json::from_slice(&text)
            .map_err(|error| AccessError::Damaged { path: self.path.clone(), error })
    }

    /// Changes the keys while nobody else does.
    fn change<T>(
        &self,
        change: impl FnOnce(&mut Vec<StoredKey>) -> Result<T, AccessError>,
    ) -> Result<T, AccessError> {
        let _lock = lock_private(&self.path)?;
        let mut keys = self.read()?;
        let changed = change(&mut keys)?;
        let text = serde_json::to_string_pretty(&keys).unwrap_or_default();
        replace_private(&self.path, text.as_bytes())?;
        Ok(changed)
    }

    /// Makes a key. Its secret is told by what is returned, and never again.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn create(&self, role: Role, now: DateTime<Utc>) -> Result<AccessKey, AccessError> {
        let key = AccessKey::generate()?;
        let secret = key.secret.reveal().to_owned();
        let stored = StoredKey { id: key.id.clone(), secret, role, created: now };
        self.change(|keys| {
            keys.push(stored);
            Ok(())
        })?;
        Ok(key)
    }

    /// Returns all keys, in the order in which they were made.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list(&self) -> Result<Vec<KeyRow>, AccessError> {
        let row = |key: StoredKey| KeyRow { id: key.id, role: key.role, created: key.created };
        Ok(self.read()?.into_iter().map(row).collect())
    }

    /// Deletes a key; what it has begun goes on.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], or when the file cannot be read or written.
    pub fn delete(&self, id: &str) -> Result<(), AccessError> {
        self.change(|keys| {
            let before = keys.len();
            keys.retain(|key| key.id != id);
            if keys.len() == before { Err(AccessError::NotFound(id.to_owned())) } else { Ok(()) }
        })
    }
}

/// A key, and what it may do.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The key.
    pub key: AccessKey,
    /// What it may do.
    pub role: Role,
}

/// The keys that a service knows: those of the file as it is now, those that it was started with, and temporary ones.
#[derive(Debug)]
pub struct Access {
    file: KeyFile,
    configured: Vec<Grant>,
    of_file: Mutex<(Option<SystemTime>, Vec<StoredKey>)>,
    /// By their ids. They go when they have expired, and with the process.
    temporary: Mutex<HashMap<String, Grant>>,
}

impl Access {
    /// Keys of a file, and those that are given, which are an admin's.
    pub fn new(file: KeyFile, configured: Vec<AccessKey>) -> Self {
        let admin = |key| Grant { key, role: Role::Admin };
        let configured = configured.into_iter().map(admin).collect();
        Self { file, configured, of_file: Mutex::default(), temporary: Mutex::default() }
    }

    /// Returns the key with an id; of a temporary one the signature tells whether it is still valid.
    pub fn find(&self, id: &str) -> Option<Grant> {
        if let Some(grant) = self.configured.iter().find(|grant| grant.key.id == id) {
            return Some(grant.clone());
        }
        let temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(grant) = temporary.get(id) {
            return Some(grant.clone());
        }
        drop(temporary);
        let mut of_file = self.of_file.lock().unwrap_or_else(PoisonError::into_inner);
        let modified = self.file.modified();
        if of_file.0 != modified || modified.is_none() {
            // A file that cannot be read has no keys.
            *of_file = (modified, self.file.read().unwrap_or_default());
        }
        let stored = of_file.1.iter().find(|key| key.id == id)?;
        let key = AccessKey::new(stored.id.as_str(), stored.secret.as_str());
        Some(Grant { key, role: stored.role })
    }

    /// Returns the key that signed a request, and what it may do.
    ///
    /// # Errors
    /// When the signature is not right, or of nobody who is known.
    pub fn verify(
        &self,
        authorization: &Authorization,
        head: &RequestHead<'_>,
        payload: Payload<'_>,
        expected: &Expected<'_>,
    ) -> Result<Grant, SignatureError> {
        let mut role = None;
        let find = |id: &str, _token: Option<&str>| {
            let grant = self.find(id)?;
            role = Some(grant.role);
            Some(grant.key)
        };
        let key = verify(authorization, head, payload, expected, find)?;
        Ok(Grant { key, role: role.unwrap_or(Role::Reader) })
    }

    /// Takes a temporary key, and forgets those that have expired.
    pub fn add_temporary(&self, key: AccessKey, role: Role, now: DateTime<Utc>) {
        let mut temporary = self.temporary.lock().unwrap_or_else(PoisonError::into_inner);
        temporary.retain(|_, grant| grant.key.session.as_ref().is_some_and(|s| s.expires > now));
        temporary.insert(key.id.clone(), Grant { key, role });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_and_go_while_a_service_runs() {
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile::of(&dir.path().join("server"));
        let now = DateTime::from_timestamp(1_795_885_200, 0).unwrap();
        let given = AccessKey::new("given", "secret");
        let access = Access::new(file.clone(), vec![given]);
        assert_eq!(access.find("given").map(|grant| grant.role), Some(Role::Admin));
        assert!(access.find("AKIAXXXXXXXXXXXXXXXX").is_none() && file.list().unwrap().is_empty());
        let key = file.create(Role::Reader, now).unwrap();
        let found = access.find(&key.id).unwrap();
        assert_eq!((found.key, found.role), (key.clone(), Role::Reader));
        let row = KeyRow { id: key.id.clone(), role: Role::Reader, created: now };
        assert_eq!(file.list().unwrap(), [row]);
        file.delete(&key.id).unwrap();
        assert!(access.find(&key.id).is_none());
        assert!(matches!(file.delete(&key.id), Err(AccessError::NotFound(_))));
    }

    #[test]
    #[cfg(unix)]
    fn nobody_else_may_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile::of(dir.path());
        let now = DateTime::from_timestamp(0, 0).unwrap();
        file.create(Role::Admin, now).unwrap();
        let mode = fs::metadata(&file.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&file.path, "[{]").unwrap();
        assert!(matches!(file.list(), Err(AccessError::Damaged { .. })));
        assert!(matches!(file.create(Role::Admin, now), Err(AccessError::Damaged { .. })));
        assert_eq!(fs::read(&file.path).unwrap(), b"[{]", "what is damaged is not replaced");
    }

    #[test]
    fn temporary_keys_are_forgotten_when_they_have_expired() {
        let dir = tempfile::tempdir().unwrap();
        let access = Access::new(KeyFile::of(dir.path()), Vec::new());
        let now = DateTime::from_timestamp(1_795_885_200, 0).unwrap();
        let hour = chrono::Duration::hours(1);
        let temporary = |now| AccessKey::temporary(now, hour).unwrap();
        let (first, second) = (temporary(now), temporary(now + hour));
        access.add_temporary(first.clone(), Role::Admin, now);
        assert_eq!(access.find(&first.id).unwrap().key, first);
        access.add_temporary(second.clone(), Role::Reader, now + hour);
        assert!(access.find(&first.id).is_none() && access.find(&second.id).is_some());
    }
}
