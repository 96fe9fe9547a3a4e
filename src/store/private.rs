//! Files of a lake that nobody but their owner may read.

use super::error::{self, StoreError};
use super::fault::{self, Step};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use uuid::Uuid;

/// Puts a text in the place of what a file held, wholly or not at all. Nobody but the owner may read it.
///
/// # Errors
/// When the file or its folder cannot be written.
pub fn replace_private(path: &Path, text: &[u8]) -> Result<(), StoreError> {
    let unfinished = path.with_extension("tmp");
    let write = || {
        let mut file = open(&unfinished, true)?;
        file.write_all(text)?;
        file.sync_all()?;
        fault::at(Step::Rename)?;
        fs::rename(&unfinished, path)
    };
    write().map_err(error::at(path))
}

/// Waits until nobody else changes a private file, and keeps others from it as long as what is returned is there.
///
/// # Errors
/// When the folder cannot be made or written.
pub fn lock_private(path: &Path) -> Result<File, StoreError> {
    let lock = || {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let file = open(&path.with_extension("lock"), false)?;
        file.lock()?;
        Ok(file)
    };
    lock().map_err(error::at(path))
}

fn open(path: &Path, truncate: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(truncate);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Takes the lock of a private file, which is held as long as what is returned is there; `None` when another process
/// holds it.
///
/// # Errors
/// When the folder cannot be written.
pub fn try_lock_private(path: &Path) -> Result<Option<File>, StoreError> {
    let file = open(&path.with_extension("lock"), false).map_err(error::at(path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(failed)) => Err(error::at(path)(failed)),
    }
}

/// Returns the secret in a file, and makes one of random bytes where there is none.
///
/// # Errors
/// When the file cannot be read or written.
pub fn read_or_make_secret(path: &Path) -> Result<Vec<u8>, StoreError> {
    match fs::read(path) {
        Ok(secret) if secret.len() >= SECRET_BYTES => Ok(secret),
        Err(failed) if failed.kind() != io::ErrorKind::NotFound => Err(error::at(path)(failed)),
        _ => {
            let secret: [[u8; 16]; 2] = [(); 2].map(|()| Uuid::new_v4().into_bytes());
            replace_private(path, secret.as_flattened())?;
            Ok(secret.as_flattened().to_vec())
        }
    }
}

/// Bytes of a secret: of its 256 bits 12 are those of the version of the UUIDs that it is made of.
const SECRET_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("page-tokens.key");
        let secret = read_or_make_secret(&path).unwrap();
        assert_eq!(read_or_make_secret(&path).unwrap(), secret);
        fs::write(&path, b"short").unwrap();
        assert_ne!(read_or_make_secret(&path).unwrap(), secret, "half a file is none");
        assert!(read_or_make_secret(&dir.path().join("none/x")).is_err());
    }

    #[test]
    fn one_process_holds_a_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("serve");
        let held = try_lock_private(&path).unwrap();
        assert!(held.is_some() && try_lock_private(&path).unwrap().is_none());
        drop(held);
        assert!(try_lock_private(&path).unwrap().is_some());
    }
}
