//! Files of others' folders that are written once, and never in the place of another.

use super::error::{self, StoreError};
use super::fault::{self, Step};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Prefix of the name that a file has until it is whole.
pub const UNFINISHED_PREFIX: &str = ".traillake-";
/// Suffix of the name that a file has until it is whole.
pub const UNFINISHED_SUFFIX: &str = ".tmp";

/// Writes a file wholly or not at all, with the folders above it. Returns `false`, and changes nothing, when a file of that
/// name is there.
///
/// # Errors
/// When a folder or the file cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<bool, StoreError> {
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut options = tempfile::Builder::new();
        options.prefix(UNFINISHED_PREFIX).suffix(UNFINISHED_SUFFIX);
        // Others of the user's group read a bucket as they read any folder.
        #[cfg(unix)]
        options.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = options.tempfile_in(folder)?;
        fault::at(Step::Write)?;
        file.write_all(bytes)?;
        fault::at(Step::Sync)?;
        file.as_file().sync_all()?;
        fault::at(Step::Rename)?;
        match file.persist_noclobber(path) {
            Ok(_) => Ok(true),
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(failed) => Err(failed.error),
        }
    };
    write().map_err(error::at(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/c");
        assert!(write_new(&path, b"first").unwrap());
        assert!(!write_new(&path, b"second").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert!(write_new(&path.join("d"), b"").is_err(), "a file is no folder");
    }
}
