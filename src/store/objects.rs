//! Files of others' folders that are written once, and never in the place of another.

use super::error::{self, StoreError};
use super::fault::{self, Step};
use super::lake::remove_file;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

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
    let mut file = NewFile::create(path)?;
    file.write_all(bytes).map_err(error::at(path))?;
    Ok(file.persist()?.is_none())
}

/// A file that is written piece by piece, and there once it is finished. One that is dropped before leaves nothing.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl NewFile {
    /// Begins a file, and makes the folders above it.
    ///
    /// # Errors
    /// When a folder cannot be made or written.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let create = || {
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder)?;
            let mut options = tempfile::Builder::new();
            options.prefix(UNFINISHED_PREFIX).suffix(UNFINISHED_SUFFIX);
            // Others of the user's group read a bucket as they read any folder.
            #[cfg(unix)]
            options.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            options.tempfile_in(folder)
        };
        let file = create().map_err(error::at(path))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Gives the file its name. Returns `false` when a file of that name and other bytes is there, which stays; one of the
    /// same bytes is as good as this one.
    ///
    /// # Errors
    /// When the file cannot be written, or the other one not be read.
    pub fn finish(self) -> Result<bool, StoreError> {
        let path = self.path.clone();
        match self.persist()? {
            None => Ok(true),
            Some(mut ours) => {
                let same = File::open(&path)
                    .and_then(|mut theirs| is_same(ours.as_file_mut(), &mut theirs));
                same.map_err(error::at(&path))
            }
        }
    }

    /// Gives the file its name; returns it when another has that.
    fn persist(self) -> Result<Option<NamedTempFile>, StoreError> {
        let Self { path, file } = self;
        let sync = || {
            fault::at(Step::Sync)?;
            file.as_file().sync_all()?;
            fault::at(Step::Rename)
        };
        sync().map_err(error::at(&path))?;
        match file.persist_noclobber(&path) {
            Ok(_) => Ok(None),
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
                Ok(Some(failed.file))
            }
            Err(failed) => Err(error::at(&path)(failed.error)),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        fault::at(Step::Write)?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn is_same(ours: &mut File, theirs: &mut File) -> io::Result<bool> {
    if ours.metadata()?.len() != theirs.metadata()?.len() {
        return Ok(false);
    }
    ours.rewind()?;
    let (mut ours, mut theirs) = (BufReader::new(ours), BufReader::new(theirs));
    loop {
        let (one, other) = (ours.fill_buf()?, theirs.fill_buf()?);
        let length = one.len().min(other.len());
        if length == 0 || one[..length] != other[..length] {
            return Ok(one.is_empty() && other.is_empty());
        }
        ours.consume(length);
        theirs.consume(length);
    }
}

/// Removes what a kill left unfinished in a folder, which need not be there.
///
/// # Errors
/// When the folder cannot be read, or a file not be removed.
pub fn remove_unfinished(folder: &Path) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder) {
        Err(failed) if failed.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(error::at(folder))?,
    };
    for entry in entries {
        let entry = entry.map_err(error::at(folder))?;
        let name = entry.file_name();
        if name.to_str().is_some_and(is_unfinished) {
            remove_file(&entry.path())?;
        }
    }
    Ok(())
}

fn is_unfinished(name: &str) -> bool {
    name.starts_with(UNFINISHED_PREFIX) && name.ends_with(UNFINISHED_SUFFIX)
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

    #[test]
    fn a_file_is_there_once_it_is_finished() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        let names = || fs::read_dir(dir.path().join("a")).unwrap().count();
        let write = |pieces: &[&[u8]]| {
            let mut file = NewFile::create(&path).unwrap();
            pieces.iter().for_each(|piece| file.write_all(piece).unwrap());
            file
        };
        drop(write(&[b"given up"]));
        assert_eq!(names(), 0);
        let large = vec![7; 100_000];
        let first = write(&[b"one", &large]);
        assert!(!path.exists());
        assert!(first.finish().unwrap());
        assert!(write(&[b"o", b"ne", &large]).finish().unwrap(), "the same once more");
        for other in [&[&b"ONE"[..], &large][..], &[b"one"], &[b"one", &large, b"!"]] {
            assert!(!write(other).finish().unwrap());
        }
        assert_eq!(fs::read(&path).unwrap(), [b"one", large.as_slice()].concat());
        assert_eq!(names(), 1);
    }

    #[test]
    fn what_a_kill_left_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        remove_unfinished(&dir.path().join("none")).unwrap();
        for name in [".traillake-x.tmp", "a.tmp", ".traillake-b"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        remove_unfinished(dir.path()).unwrap();
        assert!(!dir.path().join(".traillake-x.tmp").exists());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
