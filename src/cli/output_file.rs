//! The files that commands write: under another name in the same folder, and there as a whole or not
//! at all. Every file that a user names for writing goes this way.

use super::exit::Failure;
use super::interrupt;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::TempPath;

/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 16;

/// What becomes of a file that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// It stays, and nothing is written; with what may be done about it.
    Refuse(&'static str),
    /// It stays until the new file is whole, and takes its place then.
    Replace,
    /// The new file begins with what it holds, and takes its place once it is whole.
    Append,
}

impl Existing {
    /// What an option `--force` means.
    pub(super) fn replaced(force: bool) -> Self {
        if force { Self::Replace } else { Self::Refuse("--force replaces it") }
    }
}

/// A file that gets its name when it is whole. It is gone when it is dropped before.
#[derive(Debug)]
pub(super) struct OutputFile {
    out: BufWriter<File>,
    naming: Naming,
    /// Bytes that will not be taken back.
    whole: u64,
}

/// The name that a file is to have, and what may be there.
#[derive(Debug, Clone)]
struct Naming {
    path: PathBuf,
    existing: Existing,
    /// What the file that is appended to was like when it was copied.
    copied: Option<Stamp>,
}

/// What tells whether a file has changed.
type Stamp = (u64, Option<SystemTime>);

fn stamp(file: &Metadata) -> Stamp {
    (file.len(), file.modified().ok())
}

/// Where a file is to be, and what is there now.
struct Target {
    path: PathBuf,
    there: Option<Metadata>,
}

impl Target {
    /// # Errors
    /// When something is there that may not be replaced or appended to.
    fn find(path: &Path, existing: Existing) -> Result<Self, Failure> {
        let wrong = |error: io::Error| named(path, &error);
        let is = |what: &str| Err(Failure::Io(format!("{} is {what}", path.display())));
        match fs::metadata(path) {
            Ok(there) if !there.is_file() => is("no file"),
            Ok(there) => match existing {
                Existing::Refuse(hint) => Err(taken(path, hint)),
                _ if there.permissions().readonly() => is("write-protected"),
                // What a link leads to is replaced, not the link.
                _ => {
                    let path = path.canonicalize().map_err(wrong)?;
                    Ok(Self { path, there: Some(there) })
                }
            },
            Err(error) if error.kind() == ErrorKind::NotFound => match fs::symlink_metadata(path) {
                Ok(_) => is("a link that leads nowhere"),
                Err(_) => Ok(Self { path: path.to_owned(), there: None }),
            },
            Err(error) => Err(wrong(error)),
        }
    }
}

impl OutputFile {
    /// Tells whether a file may be begun at `path`, before the work that it is for.
    ///
    /// # Errors
    /// When something is there that may not be replaced.
    pub(super) fn check(path: &Path, existing: Existing) -> Result<(), Failure> {
        Target::find(path, existing).map(|_| ())
    }

    /// Begins a file at `path`.
    ///
    /// # Errors
    /// When something is there that may not be replaced, or nothing can be written there.
    pub(super) fn create(path: &Path, existing: Existing) -> Result<Self, Failure> {
        let wrong = |error: io::Error| named(path, &error);
        let target = Target::find(path, existing)?;
        let folder = match target.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".traillake-").suffix(".tmp");
        let permissions = target.there.as_ref().map(Metadata::permissions);
        if let Some(permissions) = permissions.or_else(of_new_files) {
            builder.permissions(permissions);
        }
        fs::metadata(folder).map_err(wrong)?;
        // The error would name the file that nobody has asked for.
        let made = builder.tempfile_in(folder).map_err(|error| wrong(error.kind().into()))?;
        let (file, temporary) = made.into_parts();
        interrupt::remove_at_end(temporary);
        let out = BufWriter::with_capacity(BUFFER, file);
        let naming = Naming { path: target.path, existing, copied: None };
        let mut begun = Self { out, naming, whole: 0 };
        if existing == Existing::Append && target.there.is_some() {
            begun.copy()?;
        }
        Ok(begun)
    }

    /// Copies what the file holds, and ends its last line.
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
        self.naming.copied = Some(copied.map_err(|error| named(&self.naming.path, &error))?);
        self.mark()
    }

    /// Whether nothing is in it that will not be taken back.
    pub(super) fn is_empty(&self) -> bool {
        self.whole == 0
    }

    /// Notes that what is written up to here is whole.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn mark(&mut self) -> Result<(), Failure> {
        let done = self.out.flush().and_then(|()| self.out.get_mut().stream_position());
        self.whole = done.map_err(|error| named(&self.naming.path, &error))?;
        Ok(())
    }

    /// Takes back what was written since the last mark.
    ///
    /// # Errors
    /// When the file cannot be cut; it is of no use then.
    pub(super) fn take_back(&mut self) -> Result<(), Failure> {
        let wrong = |error: io::Error| named(&self.naming.path, &error);
        let mut file = self.out.get_ref().try_clone().map_err(wrong)?;
        file.set_len(self.whole).map_err(wrong)?;
        file.seek(SeekFrom::Start(self.whole)).map_err(wrong)?;
        let before = mem::replace(&mut self.out, BufWriter::with_capacity(BUFFER, file));
        // Without this, dropping it writes what is in its buffer.
        drop(before.into_parts());
        Ok(())
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When the rest of it cannot be written, or the name was taken meanwhile.
    pub(super) fn keep(mut self) -> Result<(), Failure> {
        self.name().map_err(|(failure, _)| failure)
    }

    /// Gives the file its name. Where that was taken meanwhile, what was written stays under another
    /// one, as somebody may have worked on it for hours.
    ///
    /// # Errors
    /// As [`Self::keep`].
    pub(super) fn keep_in_any_case(mut self) -> Result<(), Failure> {
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
        done.map_err(|error| (named(&self.naming.path, &error), None))?;
        match interrupt::kept_file() {
            Some(temporary) => self.naming.give(temporary),
            None => Err((Failure::Interrupted, None)),
        }
    }

    /// Gives the file its name when the program ends at the prompt, where nothing is half written.
    pub(super) fn keep_at_the_prompt(&self) {
        let naming = self.naming.clone();
        interrupt::finish_at_end(Box::new(move |temporary| {
            // Nobody is left to be told.
            let _ = File::open(&temporary).and_then(|file| file.sync_all());
            if let Err((_, Some(temporary))) = naming.give(temporary) {
                let _ = temporary.keep();
            }
        }));
    }
}

impl Naming {
    fn give(&self, temporary: TempPath) -> Result<(), (Failure, Option<TempPath>)> {
        let is_there = fs::metadata(&self.path).ok().map(|file| stamp(&file));
        if self.copied.is_some() && self.copied != is_there {
            let what = "has changed meanwhile, and stays as it is";
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
                    Existing::Replace | Existing::Append => "it was not when this began",
                };
                (taken(&self.path, hint), Some(refused.path))
            }
            _ => (named(&self.path, &refused.error), Some(refused.path)),
        })
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        // Removed if it was not kept.
        drop(interrupt::kept_file());
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

fn named(path: &Path, error: &io::Error) -> Failure {
    Failure::Io(format!("{}: {error}", path.display()))
}

fn taken(path: &Path, hint: &str) -> Failure {
    Failure::Io(format!("{} is there already; {hint}", path.display()))
}

/// What every other program gives its files; the system takes away what the user's mask says.
fn of_new_files() -> Option<Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    #[cfg(not(unix))]
    None
}
