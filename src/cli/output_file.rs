//! The files that commands write: under another name in the same folder, and renamed only when they are
//! complete. Every file that a user names for writing is written so.

use super::exit::Failure;
use super::interrupt;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::TempPath;

/// Bytes that are gathered before they are written.
const BUFFER_BYTES: usize = 1 << 16;

/// What to do about a file that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// Fail and write nothing. The text says which options replace it.
    Refuse(&'static str),
    /// Replace it when the new file is complete.
    Replace,
    /// Copy it into the new file first, and replace it when the new file is complete.
    Append,
}

impl Existing {
    /// What an option `--force` means.
    pub(super) fn replaced(force: bool) -> Self {
        if force { Self::Replace } else { Self::Refuse("--force replaces it") }
    }
}

/// A file that gets its name when it is complete. It is removed when it is dropped before.
#[derive(Debug)]
pub(super) struct OutputFile {
    out: BufWriter<File>,
    naming: Naming,
    /// Bytes that will not be rolled back.
    whole: u64,
}

/// The name that a file will get, and what to do if it is taken.
#[derive(Debug, Clone)]
struct Naming {
    path: PathBuf,
    existing: Existing,
    /// What the file that is appended to was like when it was copied.
    copied: Option<Stamp>,
}

/// What changes when a file does.
type Stamp = (u64, Option<SystemTime>);

fn stamp(file: &Metadata) -> Stamp {
    (file.len(), file.modified().ok())
}

/// Where a file will be, and what exists there now.
struct Target {
    path: PathBuf,
    there: Option<Metadata>,
}

impl Target {
    /// # Errors
    /// When something exists there that may not be replaced or appended to.
    fn find(path: &Path, existing: Existing) -> Result<Self, Failure> {
        let wrong = |error: io::Error| at_path(path, &error);
        let is = |what: &str| Err(Failure::Io(format!("{} is {what}", path.display())));
        match fs::metadata(path) {
            Ok(there) if !there.is_file() => is("not a file"),
            Ok(there) => match existing {
                Existing::Refuse(hint) => Err(already_exists(path, hint)),
                _ if there.permissions().readonly() => is("write-protected"),
                // What a link leads to is replaced, not the link.
                _ => {
                    let path = path.canonicalize().map_err(wrong)?;
                    Ok(Self { path, there: Some(there) })
                }
            },
            Err(error) if error.kind() == ErrorKind::NotFound => match fs::symlink_metadata(path) {
                Ok(_) => is("a link whose target does not exist"),
                Err(_) => Ok(Self { path: path.to_owned(), there: None }),
            },
            Err(error) => Err(wrong(error)),
        }
    }
}

impl OutputFile {
    /// Checks that a file may be begun at `path`, before the work that it is for.
    ///
    /// # Errors
    /// When something exists there that may not be replaced.
    pub(super) fn check(path: &Path, existing: Existing) -> Result<(), Failure> {
        Target::find(path, existing).map(|_| ())
    }

    /// Begins a file at `path`.
    ///
    /// # Errors
    /// When something exists there that may not be replaced, or nothing can be written there.
    pub(super) fn create(path: &Path, existing: Existing) -> Result<Self, Failure> {
        let wrong = |error: io::Error| at_path(path, &error);
        let target = Target::find(path, existing)?;
        let folder = match target.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".traillake-").suffix(".tmp");
        let permissions = target.there.as_ref().map(Metadata::permissions);
        if let Some(permissions) = permissions.or_else(new_file_permissions) {
            builder.permissions(permissions);
        }
        fs::metadata(folder).map_err(wrong)?;
        // The error would name the temporary file, which the user does not know.
        let made = builder.tempfile_in(folder).map_err(|error| wrong(error.kind().into()))?;
        let (file, temporary) = made.into_parts();
        interrupt::remove_on_exit(temporary);
        let out = BufWriter::with_capacity(BUFFER_BYTES, file);
        let naming = Naming { path: target.path, existing, copied: None };
        let mut begun = Self { out, naming, whole: 0 };
        if existing == Existing::Append && target.there.is_some() {
            begun.copy()?;
        }
        Ok(begun)
    }

    /// Copies the existing file, and ends its last line.
    fn copy(&mut self) -> Result<(), Failure> {
        let mut last = [b'\n'];
        let copied = File::open(&self.naming.path).and_then(|mut from| {
            let stamp = stamp(&from.metadata()?);
            if io::copy(&mut from, &mut self.out)? > 0 {
                from.seek(SeekFrom::End(-1))?;
                from.read_exact(&mut last)?;
            }
            if last != [b'\n'] {
                self.out.write_all(b"\n")?;
            }
            Ok(stamp)
        });
        self.naming.copied = Some(copied.map_err(|error| at_path(&self.naming.path, &error))?);
        self.commit()
    }

    /// Whether nothing is committed.
    pub(super) fn is_empty(&self) -> bool {
        self.whole == 0
    }

    /// Keeps what is written up to here.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn commit(&mut self) -> Result<(), Failure> {
        let done = self.out.flush().and_then(|()| self.out.get_mut().stream_position());
        self.whole = done.map_err(|error| at_path(&self.naming.path, &error))?;
        Ok(())
    }

    /// Removes what was written since the last [`Self::commit`].
    ///
    /// # Errors
    /// When the file cannot be cut; it is of no use then.
    pub(super) fn roll_back(&mut self) -> Result<(), Failure> {
        let wrong = |error: io::Error| at_path(&self.naming.path, &error);
        let mut file = self.out.get_ref().try_clone().map_err(wrong)?;
        file.set_len(self.whole).map_err(wrong)?;
        file.seek(SeekFrom::Start(self.whole)).map_err(wrong)?;
        let before = mem::replace(&mut self.out, BufWriter::with_capacity(BUFFER_BYTES, file));
        // Without this, dropping it writes what is in its buffer.
        drop(before.into_parts());
        Ok(())
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When the rest of it cannot be written, or the name was taken meanwhile.
    pub(super) fn persist(mut self) -> Result<(), Failure> {
        self.name().map_err(|(failure, _)| failure)
    }

    /// Gives the file its name. If that was taken meanwhile, the file is kept under another
    /// name, as it may be hours of work.
    ///
    /// # Errors
    /// As [`Self::persist`].
    pub(super) fn persist_under_any_name(mut self) -> Result<(), Failure> {
        self.name().map_err(|(failure, temporary)| {
            match temporary.and_then(|file| file.keep().ok()) {
                Some(file) => {
                    Failure::Io(format!("{failure}; what was written is in {}", file.display()))
                }
                None => failure,
            }
        })
    }

    /// Gives the file its name, or gives it back where something else has that.
    fn name(&mut self) -> Result<(), (Failure, Option<TempPath>)> {
        let done = self.out.flush().and_then(|()| self.out.get_ref().sync_all());
        done.map_err(|error| (at_path(&self.naming.path, &error), None))?;
        match interrupt::take_file() {
            Some(temporary) => self.naming.persist(temporary),
            None => Err((Failure::Interrupted, None)),
        }
    }

    /// Gives the file its name when the program ends at the prompt, where nothing is half written.
    pub(super) fn persist_on_exit(&self) {
        let naming = self.naming.clone();
        interrupt::finish_on_exit(Box::new(move |temporary| {
            // Nobody is left to report an error to.
            let _ = File::open(&temporary).and_then(|file| file.sync_all());
            if let Err((_, Some(temporary))) = naming.persist(temporary) {
                let _ = temporary.keep();
            }
        }));
    }
}

impl Naming {
    fn persist(&self, temporary: TempPath) -> Result<(), (Failure, Option<TempPath>)> {
        let is_there = fs::metadata(&self.path).ok().map(|file| stamp(&file));
        if self.copied.is_some() && self.copied != is_there {
            let what = "was changed meanwhile, and is kept as it is";
            let failure = Failure::Io(format!("{} {what}", self.path.display()));
            return Err((failure, Some(temporary)));
        }
        let replaces = self.existing == Existing::Replace || self.copied.is_some();
        let named_now = match replaces {
            true => temporary.persist(&self.path),
            false => temporary.persist_noclobber(&self.path),
        };
        named_now.map_err(|refused| match refused.error.kind() {
            ErrorKind::AlreadyExists => {
                let hint = match self.existing {
                    Existing::Refuse(hint) => hint,
                    Existing::Replace | Existing::Append => "it did not exist when this began",
                };
                (already_exists(&self.path, hint), Some(refused.path))
            }
            _ => (at_path(&self.path, &refused.error), Some(refused.path)),
        })
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        // Removed if it was not kept.
        drop(interrupt::take_file());
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        written.map_err(|error| with_path(&self.naming.path, &error))
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        flushed.map_err(|error| with_path(&self.naming.path, &error))
    }
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn at_path(path: &Path, error: &io::Error) -> Failure {
    Failure::Io(format!("{}: {error}", path.display()))
}

fn already_exists(path: &Path, hint: &str) -> Failure {
    Failure::Io(format!("{} already exists; {hint}", path.display()))
}

/// Returns the permissions that programs give new files; the system applies the user's mask.
fn new_file_permissions() -> Option<Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    #[cfg(not(unix))]
    None
}
