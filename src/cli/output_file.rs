//! The file of `--output`: written under another name in the same folder, and there as a whole or
//! not at all.

use super::exit::Failure;
use super::interrupt;
use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A file that gets its name when it is whole. It is gone when it is dropped before.
#[derive(Debug)]
pub(super) struct OutputFile {
    out: BufWriter<File>,
    path: PathBuf,
    replace: bool,
}

impl OutputFile {
    /// Begins a file at `path`.
    ///
    /// # Errors
    /// When something is there that may not be replaced, or nothing can be written there.
    pub(super) fn create(path: &Path, replace: bool) -> Result<Self, Failure> {
        let wrong = |error: io::Error| named(path, &error);
        let mut target = path.to_owned();
        let mut permissions = None;
        match fs::metadata(path) {
            Ok(there) if !there.is_file() => {
                return Err(Failure::Io(format!("{} is no file", path.display())));
            }
            Ok(_) if !replace => return Err(taken(path)),
            Ok(there) => {
                // What a link leads to is replaced, not the link.
                target = path.canonicalize().map_err(wrong)?;
                permissions = Some(there.permissions());
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(wrong(error)),
        }
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".traillake-").suffix(".tmp");
        if let Some(permissions) = permissions.or_else(of_new_files) {
            builder.permissions(permissions);
        }
        fs::metadata(folder).map_err(wrong)?;
        // The error would name the file that nobody has asked for.
        let made = builder.tempfile_in(folder).map_err(|error| wrong(error.kind().into()))?;
        let (file, temporary) = made.into_parts();
        interrupt::remove_at_end(temporary);
        let out = BufWriter::with_capacity(1 << 16, file);
        Ok(Self { out, path: target, replace })
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When the rest of it cannot be written, or the name was taken meanwhile.
    pub(super) fn keep(mut self) -> Result<(), Failure> {
        let done = self.out.flush().and_then(|()| self.out.get_ref().sync_all());
        done.map_err(|error| named(&self.path, &error))?;
        let Some(temporary) = interrupt::kept_file() else { return Err(Failure::Interrupted) };
        let named_now = match self.replace {
            true => temporary.persist(&self.path),
            false => temporary.persist_noclobber(&self.path),
        };
        named_now.map_err(|refused| match refused.error.kind() {
            ErrorKind::AlreadyExists => taken(&self.path),
            _ => named(&self.path, &refused.error),
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
        written.map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        flushed.map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
        })
    }
}

fn named(path: &Path, error: &io::Error) -> Failure {
    Failure::Io(format!("{}: {error}", path.display()))
}

fn taken(path: &Path) -> Failure {
    Failure::Io(format!("{} is there already; --force replaces it", path.display()))
}

/// What every other program gives its files; the system takes away what the user's mask says.
fn of_new_files() -> Option<Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    #[cfg(not(unix))]
    None
}
