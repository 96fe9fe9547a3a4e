//! Where the bytes of a file come from.

use bytes::Bytes;
use std::fs::File;
use std::io;

/// A file of known length that can be read at any place, by several threads at once.
pub trait ReadAt: Send + Sync {
    /// Returns the file's length in bytes.
    ///
    /// # Errors
    /// When the system cannot tell it.
    fn length(&self) -> io::Result<u64>;

    /// Returns `length` bytes from `at` on.
    ///
    /// # Errors
    /// When they cannot be read, or the file ends before them.
    fn read_at(&self, at: u64, length: usize) -> io::Result<Bytes>;
}

impl ReadAt for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, at: u64, length: usize) -> io::Result<Bytes> {
        let mut bytes = vec![0; length];
        #[cfg(unix)]
        std::os::unix::fs::FileExt::read_exact_at(self, &mut bytes, at)?;
        #[cfg(windows)]
        {
            let mut filled = 0;
            while filled < length {
                let rest = &mut bytes[filled..];
                match std::os::windows::fs::FileExt::seek_read(self, rest, at + filled as u64)? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    read => filled += read,
                }
            }
        }
        Ok(bytes.into())
    }
}

impl ReadAt for Bytes {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, at: u64, length: usize) -> io::Result<Bytes> {
        usize::try_from(at)
            .ok()
            .and_then(|start| Some(start..start.checked_add(length)?))
            .filter(|range| range.end <= self.len())
            .map(|range| self.slice(range))
            .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
