//! Opens sources, and hands out the documents they consist of.
//!
//! Small files, nearly all there are, are read and decompressed in one go; large ones, standard input and other pipes
//! stream through a window. What a source is packed in is recognised by its bytes.

use super::columns::Layout;
use super::discover::{Location, Source};
use super::document::{Content, Document};
use super::input::Input;
use super::live::{Live, Origin};
use super::objects::Objects;
use super::packing::{Compression, Format, HEAD_BYTES, recognise};
use super::unpack::gzip::MEMBER;
use super::unpack::{ReadSeek, Unpacker};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Files up to this size, and gzip files that unpack to at most this size, are read in one go.
const MAX_WHOLE_FILE_BYTES: u64 = 48 << 20;
/// Bytes of a file, packed as they are, that are read to see how it starts.
const START_BYTES: u64 = 4 << 10;

/// Opens sources one after the other, and keeps its buffers between them.
#[derive(Default)]
pub struct Opener {
    file: Vec<u8>,
    window: Vec<u8>,
    inflate: Option<libdeflater::Decompressor>,
    read: Arc<AtomicU64>,
    objects: Option<Arc<dyn Objects>>,
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").finish_non_exhaustive()
    }
}

impl Opener {
    /// Returns an opener that adds the bytes it reads, packed as they are, to `read`, and takes objects from `objects`.
    pub fn new(read: Arc<AtomicU64>, objects: Option<Arc<dyn Objects>>) -> Self {
        Self { read, objects, ..Self::default() }
    }

    /// Hands the documents of `source` to `each`, in order, until it returns false: one, or as many as an archive has,
    /// each of which is read when it comes or not at all. Whatever is wrong with the source is a document, too.
    ///
    /// The source ends with [`FaultKind::Stopped`](super::FaultKind::Stopped) when `stop` is set, also while it waits for a
    /// pipe or terminal.
    pub fn read(
        &mut self,
        source: &Source,
        stop: &AtomicBool,
        each: &mut dyn FnMut(Document<'_>) -> bool,
    ) {
        if let Err(error) = self.open(source, stop, each) {
            each(Document { name: None, content: Content::Unreadable(error) });
        }
    }

    /// Shows `look` the start of the text in a file, if its first bytes tell that.
    pub fn start<T>(
        &mut self,
        source: &Source,
        stop: &AtomicBool,
        look: impl Fn(&[u8]) -> T,
    ) -> Option<T> {
        let Location::File(path) = &source.location else { return None };
        self.file.clear();
        open_regular(path).ok()?.take(START_BYTES).read_to_end(&mut self.file).ok()?;
        let mut seen = None;
        let mut each = |document: Document<'_>| {
            if let Content::Text(mut input) = document.content {
                input.grow();
                seen = Some(look(input.bytes()));
            }
            false
        };
        let mut unpacker = Unpacker::new(&mut self.window, stop, false, &mut each);
        unpacker.stream(self.file.as_slice()).ok()?;
        seen
    }

    fn open(
        &mut self,
        source: &Source,
        stop: &AtomicBool,
        each: &mut dyn FnMut(Document<'_>) -> bool,
    ) -> io::Result<()> {
        let path = match &source.location {
            Location::Stdin => return self.open_live(Origin::Stdin, stop, each),
            Location::Pipe(path) => return self.open_live(Origin::Path(path.clone()), stop, each),
            Location::Object(address) => {
                return self.open_object(address, source.bytes, stop, each);
            }
            Location::File(path) => path,
        };
        let mut file = open_regular(path)?;
        if source.bytes > MAX_WHOLE_FILE_BYTES {
            let mut head = Vec::with_capacity(HEAD_BYTES);
            (&mut file).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
            file.seek(SeekFrom::Start(0))?;
            let counted = self.counted(file);
            return match recognise(&head) {
                Some(Format::Zip) => self.zip(counted, source.bytes, stop, each),
                Some(Format::Columns(layout)) => {
                    self.read.fetch_add(source.bytes, Ordering::Relaxed);
                    self.columns(counted.inner, layout, stop, each)
                }
                _ => Unpacker::new(&mut self.window, stop, false, each).stream(counted),
            };
        }
        self.read_whole(&mut file)?;
        if let Some(Format::Columns(layout)) = recognise(&self.file) {
            return self.columns(file, layout, stop, each);
        }
        self.unpack_whole(stop, each)
    }

    /// Reads an object as a whole, or as a stream.
    fn open_object(
        &mut self,
        address: &str,
        bytes: u64,
        stop: &AtomicBool,
        each: &mut dyn FnMut(Document<'_>) -> bool,
    ) -> io::Result<()> {
        let objects = self.objects.clone();
        let objects = objects.ok_or_else(|| io::Error::other("nothing brings objects here"))?;
        let mut object = objects.open(address, bytes, stop)?;
        if bytes > MAX_WHOLE_FILE_BYTES {
            let counted = self.counted(object);
            return Unpacker::new(&mut self.window, stop, false, each).stream(counted);
        }
        self.read_whole(&mut object)?;
        self.unpack_whole(stop, each)
    }

    fn read_whole(&mut self, from: &mut dyn Read) -> io::Result<()> {
        self.file.clear();
        from.read_to_end(&mut self.file)?;
        self.read.fetch_add(self.file.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Unpacks what was read as a whole.
    fn unpack_whole(
        &mut self,
        stop: &AtomicBool,
        each: &mut dyn FnMut(Document<'_>) -> bool,
    ) -> io::Result<()> {
        let end = match recognise(&self.file) {
            None => {
                std::mem::swap(&mut self.file, &mut self.window);
                Some(self.window.len())
            }
            Some(Format::Compressed(Compression::Gzip)) => match self.inflate_whole() {
                Some(end) if recognise(&self.window[..end]).is_some() => {
                    self.window.truncate(end);
                    let unpacked = io::Cursor::new(std::mem::take(&mut self.window));
                    let packed = self.file.len() as u64;
                    Unpacker::new(&mut self.window, stop, false, each).unpacked(unpacked, packed);
                    return Ok(());
                }
                end => end,
            },
            Some(Format::Zip) => {
                let packed = io::Cursor::new(std::mem::take(&mut self.file));
                let size = packed.get_ref().len() as u64;
                return self.zip(packed, size, stop, each);
            }
            Some(_) => None,
        };
        if let Some(end) = end {
            let input = Input::whole(&mut self.window, end, stop);
            each(Document { name: None, content: Content::Text(input) });
            return Ok(());
        }
        let packed = io::Cursor::new(std::mem::take(&mut self.file));
        Unpacker::new(&mut self.window, stop, false, each).stream(packed)
    }

    fn open_live(
        &mut self,
        origin: Origin,
        stop: &AtomicBool,
        each: &mut dyn FnMut(Document<'_>) -> bool,
    ) -> io::Result<()> {
        let counted = self.counted(Live::start(origin, stop)?);
        Unpacker::new(&mut self.window, stop, true, each).stream(counted)
    }

    fn zip(
        &mut self,
        file: impl ReadSeek,
        size: u64,
        stop: &AtomicBool,
        each: &mut dyn FnMut(Document<'_>) -> bool,
    ) -> io::Result<()> {
        Unpacker::new(&mut self.window, stop, false, each).zip_file(file, size);
        Ok(())
    }

    fn columns(
        &mut self,
        file: File,
        layout: Layout,
        stop: &AtomicBool,
        each: &mut dyn FnMut(Document<'_>) -> bool,
    ) -> io::Result<()> {
        Unpacker::new(&mut self.window, stop, false, each).columns(file, layout, None);
        Ok(())
    }

    fn counted<R>(&self, inner: R) -> Counted<R> {
        Counted { inner, counter: Arc::clone(&self.read) }
    }

    /// Unpacks a sound gzip file of one member into the window and returns its length; leaves
    /// everything else (several members, damage, great size) to the streaming way.
    fn inflate_whole(&mut self) -> Option<usize> {
        let trailer = self.file.last_chunk::<8>().filter(|_| self.file.len() >= 18)?;
        let checksum = u32::from_le_bytes(*trailer.first_chunk()?);
        let size = u32::from_le_bytes(*trailer.last_chunk()?) as usize;
        // The checks below compare the first member with the end of the file. Further members might end alike, and
        // padding as an empty one does.
        let further = memchr::memmem::find(&self.file[1..], MEMBER).is_some();
        if size == 0 || size as u64 > MAX_WHOLE_FILE_BYTES || further {
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

/// Opens what was a regular file when it was found; what has become a pipe since would block.
fn open_regular(path: &Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file any more"));
    }
    File::open(path)
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

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests;
