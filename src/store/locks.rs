//! The two locks of a store. The operating system frees them when a process ends, however it ends.
//!
//! * The **write lock** is held by one process while it adds, replaces or removes data files.
//! * The **read lock** is shared by queries, each from before it lists the data files until its end. Who removes files
//!   that are listed no more holds it alone, so that no query misses a file that it has yet to open.

use super::error::{self, StoreError};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

/// How often a lock that is held is asked for again.
const POLL: Duration = Duration::from_millis(20);

/// A locked file.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough where a child process, just forked, still shares the file.
        let _ = self.0.unlock();
    }
}

impl Lock {
    /// Takes the lock of the file at `path` for one holder, unless others hold it.
    fn alone(path: &Path) -> Result<Option<Self>, StoreError> {
        let open = || OpenOptions::new().create(true).append(true).open(path);
        let file = open().map_err(error::at(path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(error::at(path)(e)),
        }
    }
}

/// The right to change which data files a store has.
#[derive(Debug)]
pub(super) struct WriteLock(#[expect(dead_code, reason = "held until dropped")] Lock);

impl WriteLock {
    /// Takes the lock unless another process has it.
    pub(super) fn try_take(path: &Path) -> Result<Option<Self>, StoreError> {
        Lock::alone(path).map(|lock| lock.map(Self))
    }

    /// Takes the lock, and waits for it until `stops`.
    pub(super) fn wait(path: &Path, stops: impl Fn() -> bool) -> Result<Option<Self>, StoreError> {
        loop {
            match Self::try_take(path)? {
                None if !stops() => std::thread::sleep(POLL),
                taken => return Ok(taken),
            }
        }
    }
}

/// Held by a query: data files that it found stay where they are.
#[derive(Debug)]
pub(super) struct ReadLock(#[expect(dead_code, reason = "held until dropped")] Lock);

impl ReadLock {
    /// Shares the lock; where files are being removed, waits the moment that this takes. `None` where nothing can be
    /// locked, such as in a lake that another user owns: whoever removes files there does not wait.
    pub(super) fn share(path: &Path) -> Option<Self> {
        let create = || OpenOptions::new().create(true).append(true).open(path);
        let file = File::open(path).or_else(|_| create()).ok()?;
        file.lock_shared().ok()?;
        Some(Self(Lock(file)))
    }
}

/// Held by who removes data files, while no query reads.
#[derive(Debug)]
pub(super) struct RemoveLock(#[expect(dead_code, reason = "held until dropped")] Lock);

impl RemoveLock {
    /// Takes the lock unless queries are running.
    pub(super) fn try_take(path: &Path) -> Result<Option<Self>, StoreError> {
        Lock::alone(path).map(|lock| lock.map(Self))
    }
}
