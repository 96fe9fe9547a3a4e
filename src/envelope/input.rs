//! Opens a source as a window of bytes that grows at its end and shrinks at its start.
//!
//! Small files, nearly all there are, are read and decompressed in one go; large ones and standard
//! input stream through a window. Gzip (RFC 1952) is told by its magic number.

use super::discover::{Location, Source};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Files up to this size, and gzip files that say they unpack to at most this, are read in one go.
const WHOLE: u64 = 48 << 20;
/// How much a streaming window reads at a time.
const STEP: usize = 1 << 20;
/// Largest value that a window grows to hold.
pub const MAX_VALUE: usize = 64 << 20;

const GZIP: &[u8] = &[0x1f, 0x8b];

/// Opens sources one after the other, and keeps its buffers between them.
#[derive(Default)]
pub struct Opener {
    file: Vec<u8>,
    window: Vec<u8>,
    inflate: Option<libdeflater::Decompressor>,
    read: Arc<AtomicU64>,
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").finish_non_exhaustive()
    }
}

/// A window into the unpacked bytes of a source.
pub struct Input<'a> {
    window: &'a mut Vec<u8>,
    /// Bytes of the window that are read and not yet dropped.
    start: usize,
    end: usize,
    /// Unpacked bytes before the window.
    dropped: u64,
    rest: Option<Box<dyn Read>>,
    damage: Option<io::Error>,
}

impl std::fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("position", &self.position(0)).finish_non_exhaustive()
    }
}

impl Opener {
    /// Returns an opener that adds the bytes it reads, packed as they are, to `read`.
    pub fn counting(read: Arc<AtomicU64>) -> Self {
        Self { read, ..Self::default() }
    }

    /// Opens `source`.
    ///
    /// # Errors
    /// What the system says about the file, or that it is packed in a way this version cannot read.
    /// Damage inside a gzip file is no error here: see [`Input::damage`].
    pub fn open(&mut self, source: &Source) -> io::Result<Input<'_>> {
        let path = match &source.location {
            Location::Stdin => {
                return self.stream(self.counted(io::stdin()));
            }
            Location::File(path) => path,
        };
        let mut file = File::open(path)?;
        if !file.metadata()?.is_file() || source.bytes > WHOLE {
            return self.stream(self.counted(file));
        }
        self.file.clear();
        file.read_to_end(&mut self.file)?;
        self.read.fetch_add(self.file.len() as u64, Ordering::Relaxed);
        refuse_other_packing(&self.file)?;
        if !self.file.starts_with(GZIP) {
            std::mem::swap(&mut self.file, &mut self.window);
            let end = self.window.len();
            return Ok(Input::new(&mut self.window, end, None));
        }
        if let Some(end) = self.inflate_whole() {
            return Ok(Input::new(&mut self.window, end, None));
        }
        let packed = io::Cursor::new(std::mem::take(&mut self.file));
        self.stream(Box::new(packed))
    }

    fn counted(&self, inner: impl Read + 'static) -> Box<dyn BufRead> {
        let counter = Arc::clone(&self.read);
        Box::new(BufReader::with_capacity(STEP, Counted { inner, counter }))
    }

    fn stream(&mut self, mut packed: Box<dyn BufRead>) -> io::Result<Input<'_>> {
        let head = packed.fill_buf()?;
        refuse_other_packing(head)?;
        let rest: Box<dyn Read> = if head.starts_with(GZIP) {
            Box::new(MultiGzDecoder::new(packed))
        } else {
            Box::new(packed)
        };
        Ok(Input::new(&mut self.window, 0, Some(rest)))
    }

    /// Unpacks a sound gzip file of one member into the window and returns its length; leaves
    /// everything else (several members, damage, great size) to the streaming way.
    fn inflate_whole(&mut self) -> Option<usize> {
        let trailer = self.file.last_chunk::<8>().filter(|_| self.file.len() >= 18)?;
        let checksum = u32::from_le_bytes(*trailer.first_chunk()?);
        let size = u32::from_le_bytes(*trailer.last_chunk()?) as usize;
        // The same member twice would pass the checks below; its header would stand there twice.
        let twice = memchr::memmem::find(&self.file[1..], &self.file[..18]).is_some();
        if size as u64 > WHOLE || twice {
            return None;
        }
        if self.window.len() < size {
            self.window.resize(size, 0);
        }
        let inflate = self.inflate.get_or_insert_with(libdeflater::Decompressor::new);
        let got = inflate.gzip_decompress(&self.file, &mut self.window[..size]).ok()?;
        (got == size && libdeflater::crc32(&self.window[..size]) == checksum).then_some(size)
    }
}

/// Adds what passes to a counter.
struct Counted<R> {
    inner: R,
    counter: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.counter.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Names other compression and archive formats, which would otherwise look like broken text.
fn refuse_other_packing(head: &[u8]) -> io::Result<()> {
    let known: [(&[u8], &str); 6] = [
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"PK\x03\x04", "zip"),
        (b"PAR1", "Parquet"),
        (b"ORC", "ORC"),
    ];
    match known.iter().find(|(magic, _)| head.starts_with(magic)) {
        Some((_, name)) => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("a {name} file, which import does not read yet; unpack it to JSON first"),
        )),
        None => Ok(()),
    }
}

impl<'a> Input<'a> {
    fn new(window: &'a mut Vec<u8>, end: usize, rest: Option<Box<dyn Read>>) -> Self {
        Self { window, start: 0, end, dropped: 0, rest, damage: None }
    }

    /// Returns the bytes of the window.
    pub fn bytes(&self) -> &[u8] {
        &self.window[self.start..self.end]
    }

    /// Returns the position in the unpacked source of offset `at` in the window, from 0.
    pub fn position(&self, at: usize) -> u64 {
        self.dropped + at as u64
    }

    /// Drops the first `count` bytes of the window.
    pub fn drop_front(&mut self, count: usize) {
        self.start += count;
        self.dropped += count as u64;
    }

    /// Whether nothing can be added to the window.
    pub fn at_end(&self) -> bool {
        self.rest.is_none()
    }

    /// Adds bytes to the window, at least one unless the source ends. A source that fails ends where
    /// it fails; [`Self::damage`] then tells.
    pub fn grow(&mut self) {
        let Some(rest) = &mut self.rest else { return };
        if self.start > 0 {
            self.window.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        // Doubling keeps a value that is scanned again after each step linear in its size.
        let wanted = self.end + STEP.max(self.end);
        if self.window.len() < wanted {
            self.window.resize(wanted, 0);
        }
        while self.end < wanted {
            match rest.read(&mut self.window[self.end..wanted]) {
                Ok(0) => return self.rest = None,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.damage = Some(error);
                    return self.rest = None;
                }
            }
        }
    }

    /// Takes what ended the source before its time: a truncated or corrupt gzip stream, or an error
    /// of the system.
    pub fn damage(&mut self) -> Option<io::Error> {
        self.damage.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    /// Everything in a file with these bytes, and what damaged it.
    fn read(packed: &[u8]) -> io::Result<(Vec<u8>, Option<String>)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, packed).unwrap();
        let found = super::super::discover(&[path.display().to_string()]).unwrap();
        let mut opener = Opener::default();
        let mut input = opener.open(&found.sources[0])?;
        while !input.at_end() {
            input.grow();
        }
        Ok((input.bytes().to_vec(), input.damage().map(|e| e.to_string())))
    }

    #[test]
    fn plain_gzip_and_several_members() {
        let text = b"{\"Records\":[]}".repeat(1000);
        assert_eq!(read(&text).unwrap(), (text.clone(), None));
        assert_eq!(read(&gzip(&text)).unwrap(), (text.clone(), None));
        let two = [gzip(b"one"), gzip(b"two")].concat();
        assert_eq!(read(&two).unwrap(), (b"onetwo".to_vec(), None));
        let same = [gzip(&text), gzip(&text)].concat();
        assert_eq!(read(&same).unwrap(), ([text.clone(), text].concat(), None));
    }

    #[test]
    fn a_truncated_file_gives_what_is_there() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
        let packed = gzip(&text);
        let (got, damage) = read(&packed[..packed.len() / 2]).unwrap();
        assert!(text.starts_with(&got) && got.len() > 10_000);
        assert!(damage.is_some());
    }

    #[test]
    fn other_packing_is_named() {
        let error = read(b"\x28\xb5\x2f\xfdrest").unwrap_err();
        assert!(error.to_string().contains("zstd"), "{error}");
    }
}
