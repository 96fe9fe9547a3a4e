//! A file that gets its name when it is whole.

use super::super::error::{self, StoreError};
use super::super::fault::{self, Step};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

const PREFIX: &str = ".traillake-export-";
const SUFFIX: &str = ".tmp";

/// A file under a temporary name, which is removed when it is dropped. It is locked as long as it is written, so that
/// those of exports that were killed can be told.
#[derive(Debug)]
pub(super) struct Unfinished {
    path: PathBuf,
    file: File,
    is_named: bool,
}

impl Unfinished {
    /// Begins a file in `folder`, which is made when it does not exist.
    pub(super) fn begin(folder: &Path) -> Result<Self, StoreError> {
        create_folder(folder)?;
        let temporary = folder.join(format!("{PREFIX}{}{SUFFIX}", Uuid::new_v4()));
        // The user does not know the temporary name.
        let file = fault::at(Step::CreateFile)
            .and_then(|()| File::create_new(&temporary))
            .map_err(error::exporting(folder))?;
        // Where nothing can be locked, what a killed export leaves stays.
        let _ = file.try_lock();
        Ok(Self { path: temporary, file, is_named: false })
    }

    /// Returns another handle of the file.
    pub(super) fn handle(&self) -> Result<File, StoreError> {
        self.file.try_clone().map_err(error::exporting(&self.path))
    }

    /// Appends bytes; `path` is what the file will be named.
    pub(super) fn write(&mut self, bytes: &[u8], path: &Path) -> Result<(), StoreError> {
        fault::at(Step::Write)
            .and_then(|()| self.file.write_all(bytes))
            .map_err(error::exporting(path))
    }

    /// Gives the file its name, safe against a crash. Returns its size in bytes.
    pub(super) fn publish(mut self, path: &Path) -> Result<u64, StoreError> {
        let bytes = fault::at(Step::Sync)
            .and_then(|()| self.file.sync_all())
            .and_then(|()| Ok(self.file.metadata()?.len()))
            .map_err(error::exporting(path))?;
        fault::at(Step::Rename)
            .and_then(|()| fs::rename(&self.path, path))
            .map_err(error::exporting(path))?;
        self.is_named = true;
        Ok(bytes)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_named {
            // If this fails, the next export into the folder removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes a folder, with those above it.
pub(super) fn create_folder(folder: &Path) -> Result<(), StoreError> {
    fault::at(Step::CreateFolder)
        .and_then(|()| fs::create_dir_all(folder))
        .map_err(error::exporting(folder))
}

/// Removes what exports that were killed left in a folder.
pub(super) fn sweep(folder: &Path) {
    let is_ours = |name: &str| name.starts_with(PREFIX) && name.ends_with(SUFFIX);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_abandoned = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if entry.file_name().to_str().is_some_and(is_ours) && is_abandoned() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Returns the size of the file that is at `path` already, if one is, once `is_same` finds its content to be what would be
/// written.
///
/// # Errors
/// When it is something else.
pub(super) fn existing(
    path: &Path,
    is_same: impl FnOnce(File) -> io::Result<bool>,
) -> Result<Option<u64>, StoreError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error::exporting(path)(error)),
    };
    // What cannot be read as such a file is none.
    let is_same = || File::open(path).and_then(is_same).unwrap_or(false);
    match found.is_file() && is_same() {
        true => Ok(Some(found.len())),
        false => Err(StoreError::OtherContent(path.to_owned())),
    }
}
