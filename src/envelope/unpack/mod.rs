//! Takes off what a source is packed in: layers of compression, archives, encodings of text.
//!
//! What it is is recognised by the bytes, in each layer anew. All is read as a stream, in bounded memory, but for zip
//! archives, which are read by their directory: one that is no file is put into a temporary one. No file of an archive is
//! ever written under its name.
//!
//! * `budget` bounds what a source may unpack to, and stops it;
//! * `packed` and `frames` are what all compressions share, `gzip`, `zstd` and so on what each has of its own;
//! * `tar` and `zip` find the files in archives;
//! * `unicode` decodes text that is not UTF-8.

mod budget;
mod bzip2;
mod frames;
pub(super) mod gzip;
mod lz4;
mod packed;
mod peeked;
mod snappy;
mod tar;
mod unicode;
mod xz;
mod zip;
mod zstd;

use super::columns::{Layout, RowLines};
use super::csv::CsvLines;
use super::document::{Content, Document};
use super::fault::Fault;
use super::input::Input;
use super::names::shown_bytes;
use super::packing::{self, Compression, Format, recognise};
use budget::Budget;
use frames::{Codec, Frames};
use peeked::Peeked;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::AtomicBool;
use tar::Tar;
use unicode::Wide;
use zip::{Checked, Method, Zip};

pub(super) use zip::ReadSeek;

/// Layers of compression and archives that are taken off. There is data that unpacks to itself.
const MAX_LAYERS: usize = 8;
/// Up to this size, a zip archive that is no file is kept in memory.
const MAX_SPOOLED_BYTES: usize = 16 << 20;
/// Bytes that are copied at a time.
const PIECE_BYTES: usize = 128 << 10;
/// Letters of a name in an archive that are kept.
const MAX_NAME_LETTERS: usize = 1024;

/// Takes one source apart, and hands out its documents.
pub(super) struct Unpacker<'u> {
    window: &'u mut Vec<u8>,
    stop: &'u AtomicBool,
    budget: Budget<'u>,
    /// Whether reading the source may block.
    live: bool,
    /// Takes a document; returns whether to go on.
    each: &'u mut dyn FnMut(Document<'_>) -> bool,
}

impl<'u> Unpacker<'u> {
    pub(super) fn new(
        window: &'u mut Vec<u8>,
        stop: &'u AtomicBool,
        live: bool,
        each: &'u mut dyn FnMut(Document<'_>) -> bool,
    ) -> Self {
        Self { window, stop, budget: Budget::new(stop), live, each }
    }

    /// Reads the source as a stream.
    ///
    /// # Errors
    /// What the system says about a source that gives nothing at all.
    pub(super) fn stream(&mut self, source: impl Read) -> io::Result<()> {
        let counted = self.budget.counting(source, u64::MAX);
        let mut layer = Peeked::new(Box::new(counted), self.live);
        layer.fail_if_nothing_was_read()?;
        self.document(layer, None, 0);
        Ok(())
    }

    /// Reads what one layer held, which was taken off elsewhere: `packed` are the bytes of the source.
    pub(super) fn unpacked(&mut self, source: impl Read, packed: u64) {
        self.budget.add_read(packed);
        let layer = Peeked::new(Box::new(source), self.live);
        self.document(layer, None, 1);
    }

    /// Reads a source of `size` bytes, a zip archive.
    pub(super) fn zip_file(&mut self, source: impl ReadSeek, size: u64) {
        let counted = self.budget.counting(source, size);
        self.zip(Zip::new(Box::new(counted), None), None, 0);
    }

    /// Reads what is inside `depth` layers. Returns whether to go on.
    fn document<'l>(&mut self, mut layer: Peeked<'l>, name: Option<&str>, depth: usize) -> bool
    where
        'u: 'l,
    {
        for depth in depth..=MAX_LAYERS {
            let format = recognise(layer.head());
            let packed = !matches!(
                format,
                None | Some(Format::Wide(_) | Format::Table(_) | Format::Refused(_))
            );
            if packed && depth == MAX_LAYERS {
                break;
            }
            layer = match format {
                None => return self.text(layer, name, None),
                Some(Format::Wide(encoding)) => {
                    Peeked::new(Box::new(Wide::new(layer, encoding)), self.live)
                }
                Some(Format::Table(separator)) => {
                    return self.rows(CsvLines::new(layer, separator), name, "tables in CSV");
                }
                Some(Format::Columns(layout)) => return self.spooled_columns(layer, layout, name),
                Some(Format::Refused(packing)) => {
                    return self.hand_out(name, Content::Refused(packing));
                }
                Some(Format::Tar) => return self.tar(layer, name, depth),
                Some(Format::Zip) => return self.spooled_zip(layer, name, depth),
                Some(Format::Compressed(compression)) => {
                    let frames = Frames::new(
                        Box::new(layer),
                        codec(compression),
                        self.budget.clone(),
                        depth,
                    );
                    Peeked::new(Box::new(frames), self.live)
                }
            };
        }
        self.hand_out(name, Content::Refused(packing::TOO_DEEP))
    }

    /// Hands out text; `made_of` is what it was made of, if it is not the source's own.
    fn text<'t>(
        &'t mut self,
        source: impl Read + 't,
        name: Option<&str>,
        made_of: Option<&'static str>,
    ) -> bool {
        let input = Input::stream(self.window, Box::new(source), self.live, self.stop);
        (self.each)(Document { name, content: Content::Text(input.made_of(made_of)) })
    }

    /// Reads rows as lines of text.
    fn rows<'t>(
        &'t mut self,
        lines: io::Result<impl Read + 't>,
        name: Option<&str>,
        made_of: &'static str,
    ) -> bool {
        match lines {
            Ok(lines) => self.text(lines, name, Some(made_of)),
            Err(error) => self.hand_out(name, damaged(error)),
        }
    }

    /// Reads a file of columns.
    pub(super) fn columns(&mut self, file: File, layout: Layout, name: Option<&str>) -> bool {
        self.rows(RowLines::open(file, layout), name, layout.files())
    }

    /// Reads a file of columns that comes as a stream.
    fn spooled_columns(&mut self, source: Peeked<'_>, layout: Layout, name: Option<&str>) -> bool {
        let spooled = tempfile::tempfile()
            .and_then(|mut file| self.spool(source, &mut file).map(|fault| (file, fault)));
        match spooled {
            Ok((_, Some(fault))) => self.hand_out(name, Content::Damaged(fault)),
            Ok((file, None)) => self.columns(file, layout, name),
            Err(error) => self.hand_out(name, not_spooled("file of columns", &error)),
        }
    }

    fn hand_out(&mut self, name: Option<&str>, content: Content<'_>) -> bool {
        (self.each)(Document { name, content })
    }

    /// Tells what is wrong with an archive outside its members.
    fn close(&mut self, name: Option<&str>, fault: Option<Fault>) -> bool {
        fault.is_none_or(|fault| self.hand_out(name, Content::Damaged(fault)))
    }

    fn tar<'l>(&mut self, source: Peeked<'l>, name: Option<&str>, depth: usize) -> bool
    where
        'u: 'l,
    {
        let mut tar = Tar::new(Box::new(source), self.budget.clone());
        while let Some(member) = tar.next_member() {
            let name = member_name(name, &member.name);
            let goes_on = match member.refused {
                Some(packing) => self.hand_out(Some(&name), Content::Refused(packing)),
                None => {
                    let content = Peeked::new(Box::new(tar.content()), self.live);
                    self.document(content, Some(&name), depth + 1)
                }
            };
            if !goes_on {
                return false;
            }
        }
        self.close(name, tar.into_fault())
    }

    /// Reads an archive that comes as a stream.
    fn spooled_zip(&mut self, source: Peeked<'_>, name: Option<&str>, depth: usize) -> bool {
        let mut file = tempfile::spooled_tempfile(MAX_SPOOLED_BYTES);
        match self.spool(source, &mut file) {
            Ok(fault) => self.zip(Zip::new(Box::new(file), fault), name, depth),
            Err(error) => self.hand_out(name, not_spooled("zip archive", &error)),
        }
    }

    /// Copies a stream to its end, and returns what is wrong with it.
    ///
    /// # Errors
    /// That the copy cannot be written.
    fn spool(
        &self,
        mut source: impl Read,
        file: &mut (impl Write + Seek),
    ) -> io::Result<Option<Fault>> {
        let mut piece = vec![0; PIECE_BYTES];
        let fault = loop {
            match self.budget.go_on().and_then(|()| source.read(&mut piece)) {
                Ok(0) => break None,
                Ok(count) => file.write_all(&piece[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(Fault::of(error)),
            }
        };
        file.seek(SeekFrom::Start(0))?;
        Ok(fault)
    }

    fn zip(&mut self, mut zip: Zip<'_>, name: Option<&str>, depth: usize) -> bool {
        while let Some(member) = zip.next_member() {
            if self.stop.load(std::sync::atomic::Ordering::Relaxed) {
                return self.hand_out(name, Content::Damaged(Fault::stopped()));
            }
            let name = member_name(name, &member.name);
            let (goes_on, packed) = match member.method {
                Err(packing) => (self.hand_out(Some(&name), Content::Refused(packing)), 0),
                Ok(method) => self.zip_member(&mut zip, &member, method, &name, depth),
            };
            if !goes_on {
                return false;
            }
            zip.passed(&member, packed);
        }
        self.close(name, zip.into_fault())
    }

    /// Reads a file of a zip archive; returns whether to go on, and its packed size.
    fn zip_member(
        &mut self,
        zip: &mut Zip<'_>,
        member: &zip::Member,
        method: Method,
        name: &str,
        depth: usize,
    ) -> (bool, u64) {
        let content = match zip.content(member) {
            Ok(content) => content,
            Err(error) => return (self.hand_out(Some(name), damaged(error)), 0),
        };
        let codec: Box<dyn Codec<'_>> = match method {
            Method::Stored => {
                let content = Checked::new(content, member.expected);
                let content = Peeked::new(Box::new(content), self.live);
                return (self.document(content, Some(name), depth + 1), 0);
            }
            Method::Deflate => Box::new(gzip::Deflate::raw()),
            Method::Bzip2 => self::codec(Compression::Bzip2),
            Method::Zstd => self::codec(Compression::Zstd),
            Method::Xz => self::codec(Compression::Xz),
        };
        let frames = Frames::new(Box::new(content), codec, self.budget.clone(), depth);
        let frames = if member.packed.is_none() { frames.only_one() } else { frames };
        let packed = frames.packed();
        let mut content = Checked::new(frames, member.expected);
        let goes_on =
            self.document(Peeked::new(Box::new(&mut content), self.live), Some(name), depth + 1);
        if goes_on && member.packed.is_none() {
            // Its end tells where the next one begins.
            while content.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
        }
        (goes_on, packed.position())
    }
}

fn not_spooled<'a>(what: &str, error: &io::Error) -> Content<'a> {
    let reason = format!("the {what} cannot be put into a temporary file: {error}");
    Content::Unreadable(io::Error::new(error.kind(), reason))
}

/// Returns an error as what there is of a document.
fn damaged<'a>(error: io::Error) -> Content<'a> {
    match Fault::take(error) {
        Ok(fault) => Content::Damaged(fault),
        Err(error) => Content::Unreadable(error),
    }
}

/// Returns the path of a file in an archive, which may be in an archive itself. Whoever made the archive chose it, so it
/// stands on one line.
fn member_name(archive: Option<&str>, name: &[u8]) -> String {
    let mut shown = shown_bytes(name);
    if shown.contains(char::is_control) {
        let escaped = |letter: char| match letter.is_control() {
            true => format!("\\x{:02X}", u32::from(letter)),
            false => letter.to_string(),
        };
        shown = shown.chars().map(escaped).collect();
    }
    let shown = match shown.char_indices().nth(MAX_NAME_LETTERS) {
        // The end of a name tells what kind of file it is.
        Some(_) => {
            let letters = shown.chars().count();
            format!("...{}", shown.chars().skip(letters - MAX_NAME_LETTERS).collect::<String>())
        }
        None => shown,
    };
    match archive {
        Some(archive) => format!("{archive}!{shown}"),
        None => shown,
    }
}

fn codec<'a>(compression: Compression) -> Box<dyn Codec<'a> + 'a> {
    match compression {
        Compression::Gzip => Box::new(gzip::Gzip::default()),
        Compression::Zlib => Box::new(gzip::Deflate::zlib()),
        Compression::Zstd => Box::new(zstd::Zstd::new()),
        Compression::Bzip2 => Box::new(bzip2::Bzip2::new()),
        Compression::Xz => Box::new(xz::Xz::new()),
        Compression::Lz4 => Box::new(lz4::Lz4::new()),
        Compression::Snappy => Box::new(snappy::Snappy::new()),
    }
}

#[cfg(test)]
mod tests;
