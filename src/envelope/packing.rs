//! Recognises, by their bytes, packed files and other formats that are not text in UTF-8: what is unpacked, and what is
//! refused by its name.
//!
//! Without this they would look like broken JSON, or worse, like JSON with gaps: a tar archive of
//! JSON Lines is nearly JSON Lines.

use super::columns::Layout;
use super::csv;

/// How many bytes of the start of a file [`recognise`] wants to see: a tar header.
pub(super) const HEAD_BYTES: usize = 512;

/// Something that import does not read, recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{article}{name}{file}, which import does not read yet; {repair}")]
pub struct Packing {
    /// What it is, for grouping: `zstd`, `tar archive`, `UTF-16 text`.
    pub name: &'static str,
    /// What to do about it.
    pub repair: &'static str,
    article: &'static str,
    file: &'static str,
}

impl Packing {
    /// A compression or file format: "a zstd file".
    const fn file(name: &'static str, repair: &'static str) -> Self {
        Self { name, repair, article: "a ", file: " file" }
    }

    /// Something whose name is a noun: "a tar archive".
    const fn noun(name: &'static str, repair: &'static str) -> Self {
        Self { name, repair, article: "a ", file: "" }
    }

    /// Whether it is what macOS puts beside a file, under the name of this with `._` before it.
    pub(super) fn is_side_file(self) -> bool {
        self.name == SIDE_FILE.name
    }

    const fn with_article(self, article: &'static str) -> Self {
        Self { article, ..self }
    }
}

/// What a file is packed in or encoded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// One file, compressed.
    Compressed(Compression),
    /// Several files.
    Tar,
    Zip,
    /// Text that is not UTF-8.
    Wide(Encoding),
    /// Rows of text, with this between the columns.
    Table(u8),
    /// Rows in a file of columns.
    Columns(Layout),
    /// What is not read.
    Refused(Packing),
}

/// A compression that is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zlib,
    Zstd,
    Bzip2,
    Xz,
    Lz4,
    /// In frames.
    Snappy,
}

/// An encoding of Unicode whose units are wider than a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoding {
    pub(super) name: &'static str,
    pub(super) unit_bytes: usize,
    pub(super) big_endian: bool,
}

const fn wide(name: &'static str, unit_bytes: usize, big_endian: bool) -> Format {
    Format::Wide(Encoding { name, unit_bytes, big_endian })
}

const OTHER: &str = "it holds no logs that can be read";
const ENCRYPTED: &str = "decrypt it first";
const QUERY_ENGINE: &str = "write its events as JSON Lines first";

const SIDE_FILE: Packing = Packing::noun("macOS side file (AppleDouble)", OTHER);
const UNPACK: &str = "unpack it first";
/// In blocks of Hadoop or Java, or one block alone.
const SNAPPY: Packing = Packing::noun("snappy file without frames", UNPACK);
const CPIO: Packing = Packing::noun("cpio archive", "unpack it first: cpio -i");
const AGE: Packing = Packing::file("age-encrypted", "decrypt it first: age -d").with_article("an ");
const PGP: Packing = Packing::file("PGP-encrypted", "decrypt it first: gpg -d");
/// Layers of compression and archives inside each other, more than are unpacked.
pub(super) const TOO_DEEP: Packing =
    Packing::noun("file packed more than eight times over", "only malicious files are");

const UNZIP: &str = "unpack it first: unzip";
pub(super) const ENCRYPTED_MEMBER: Packing =
    Packing::noun("encrypted file of a zip archive", "decrypt it first: unzip -P")
        .with_article("an ");
pub(super) const DEFLATE64_MEMBER: Packing =
    Packing::noun("file of a zip archive in deflate64", "unpack it first: 7z x");
pub(super) const LZMA_MEMBER: Packing =
    Packing::noun("file of a zip archive in lzma", "unpack it first: 7z x");
pub(super) const PPMD_MEMBER: Packing =
    Packing::noun("file of a zip archive in ppmd", "unpack it first: 7z x");
pub(super) const UNKNOWN_MEMBER: Packing =
    Packing::noun("file of a zip archive in an uncommon compression", UNZIP);
pub(super) const UNSIZED_MEMBER: Packing =
    Packing::noun("file without size of a zip archive that is cut off", UNZIP);
pub(super) const SPARSE_MEMBER: Packing =
    Packing::noun("sparse file of a tar archive", "unpack it first: tar -xf");

const UTF16LE: Format = wide("UTF-16LE", 2, false);
const UTF16BE: Format = wide("UTF-16BE", 2, true);
const UTF32LE: Format = wide("UTF-32LE", 4, false);
const UTF32BE: Format = wide("UTF-32BE", 4, true);

/// Formats that are unpacked and begin with bytes of their own.
const UNPACKED: &[(&[u8], Format)] = &[
    (b"\x1f\x8b", Format::Compressed(Compression::Gzip)),
    (b"\x28\xb5\x2f\xfd", Format::Compressed(Compression::Zstd)),
    (b"\xfd7zXZ\0", Format::Compressed(Compression::Xz)),
    (b"\x04\x22\x4d\x18", Format::Compressed(Compression::Lz4)),
    (b"\xff\x06\0\0sNaPpY", Format::Compressed(Compression::Snappy)),
    (b"PK\x03\x04", Format::Zip),
    (b"PK\x05\x06", Format::Zip),
    (b"PAR1", Format::Columns(Layout::Parquet)),
];

/// Formats that are refused and begin with bytes of their own.
const MAGIC: &[(&[u8], Packing)] = &[
    (b"LZIP\x01", Packing::file("lzip", "unpack it first: lzip -d").with_article("an ")),
    (b"\x89LZO\0\r\n\x1a\n", Packing::file("lzop", "unpack it first: lzop -d").with_article("an ")),
    (b"PK\x07\x08", Packing::noun("zip archive in several parts", UNZIP)),
    (b"7z\xbc\xaf\x27\x1c", Packing::noun("7z archive", "unpack it first: 7z x")),
    (b"Rar!\x1a\x07", Packing::noun("rar archive", "unpack it first: unrar x")),
    (
        b"\x02\x21\x4c\x18",
        Packing::noun("lz4 file of the old format", "unpack it first: lz4 -d").with_article("an "),
    ),
    (b"\x82SNAPPY\0", SNAPPY),
    (b"\x1f\x9d", Packing::noun("compress (.Z) file", "unpack it first: uncompress")),
    (b"070701", CPIO),
    (b"070707", CPIO),
    (b"PARE", Packing::file("encrypted Parquet", ENCRYPTED).with_article("an ")),
    (b"Obj\x01", Packing::file("Avro", QUERY_ENGINE).with_article("an ")),
    (b"ARROW1\0\0", Packing::noun("Arrow IPC file", QUERY_ENGINE).with_article("an ")),
    (
        b"\xff\xff\xff\xff\x10\x01\0\0",
        Packing::noun("Arrow IPC stream", QUERY_ENGINE).with_article("an "),
    ),
    (b"SQLite format 3\0", Packing::noun("SQLite database", OTHER).with_article("an ")),
    (b"age-encryption.org/", AGE),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", AGE),
    (b"-----BEGIN PGP MESSAGE-----", PGP),
    (b"Salted__", Packing::file("OpenSSL-encrypted", ENCRYPTED).with_article("an ")),
    (b"%PDF-", Packing::file("PDF", OTHER)),
    (b"\x89PNG\r\n\x1a\n", Packing::noun("PNG picture", OTHER)),
    (b"\xff\xd8\xff", Packing::noun("JPEG picture", OTHER)),
    (b"GIF87a", Packing::noun("GIF picture", OTHER)),
    (b"GIF89a", Packing::noun("GIF picture", OTHER)),
    (b"\x7fELF", Packing::noun("program", OTHER)),
    (b"ElfFile\0", Packing::noun("Windows event log", OTHER)),
    (b"\xd4\xc3\xb2\xa1", Packing::noun("packet capture", OTHER)),
    (b"\xa1\xb2\xc3\xd4", Packing::noun("packet capture", OTHER)),
    (b"\x0a\x0d\x0d\x0a", Packing::noun("packet capture", OTHER)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Packing::noun("old Office document", OTHER)),
    (b"\0\0\0\x01Bud1", Packing::noun("macOS folder settings file", OTHER)),
    (b"\0\x05\x16\x07", SIDE_FILE),
    (b"\x8c\x0d\x04", PGP),
];

/// Recognises what a file with this start is packed in or encoded as; `None` for what may be JSON. `head` is the start of
/// the file, [`HEAD_BYTES`] bytes of it if it has so many.
pub(super) fn recognise(head: &[u8]) -> Option<Format> {
    let head = &head[..head.len().min(HEAD_BYTES)];
    fn known<T: Copy>(head: &[u8], list: &[(&[u8], T)]) -> Option<T> {
        list.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, format)| *format)
    }
    unicode(head)
        .or_else(|| known(head, UNPACKED))
        .or_else(|| known(head, MAGIC).map(Format::Refused))
        .or_else(|| archive_or_columns(head))
        .or_else(|| markup(head).map(Format::Refused))
        .or_else(|| stream_without_magic(head))
        .or_else(|| csv::separator(head).map(Format::Table))
}

/// UTF-16 and UTF-32, by their mark or by the zeros in the text that any JSON begins with.
fn unicode(head: &[u8]) -> Option<Format> {
    match head {
        // Before UTF-16, of which the mark is a part.
        [0xff, 0xfe, 0, 0, ..] => return Some(UTF32LE),
        [0, 0, 0xfe, 0xff, ..] => return Some(UTF32BE),
        [0xff, 0xfe, ..] => return Some(UTF16LE),
        [0xfe, 0xff, ..] => return Some(UTF16BE),
        _ => {}
    }
    let wide = [(UTF32LE, 4, 0), (UTF32BE, 4, 3), (UTF16LE, 2, 0), (UTF16BE, 2, 1)];
    wide.into_iter().find(|(_, unit, at)| letters(head, *unit, *at)).map(|(format, ..)| format)
}

/// Whether the text begins with a letter of ASCII, and most others are such, each the byte `at` of a
/// unit of otherwise zeros.
fn letters(head: &[u8], unit: usize, at: usize) -> bool {
    let letter = |unit: &[u8]| {
        unit.iter().enumerate().all(|(place, byte)| match place == at {
            true => byte.is_ascii_graphic() || byte.is_ascii_whitespace(),
            false => *byte == 0,
        })
    };
    let units = || head.chunks_exact(unit).take(32);
    let (all, ascii) = (units().count(), units().filter(|unit| letter(unit)).count());
    all >= 2 && units().take(2).all(letter) && ascii * 4 >= all * 3
}

/// Formats that need more than their first one or two bytes to be recognised.
fn archive_or_columns(head: &[u8]) -> Option<Format> {
    if is_bzip2(head) {
        return Some(Format::Compressed(Compression::Bzip2));
    }
    if is_tar(head) {
        return Some(Format::Tar);
    }
    if head.starts_with(b"ORC") && !is_text(head) {
        return Some(Format::Columns(Layout::Orc));
    }
    skippable(head)
}

/// The mark, a digit and what a block or the end of the stream begins with, as far as they are there.
fn is_bzip2(head: &[u8]) -> bool {
    let [b'B', b'Z', b'h', b'1'..=b'9', block @ ..] = head else { return false };
    let block = &block[..block.len().min(6)];
    [b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90"]
        .iter()
        .any(|known| known.starts_with(block))
}

/// Frames to be skipped, with which parallel compressors begin. The formats that have them are told apart by the first
/// frame after them, if that is among the bytes.
fn skippable(mut head: &[u8]) -> Option<Format> {
    let mut found = None;
    while let [0x50..=0x5f, 0x2a, 0x4d, 0x18, rest @ ..] = head {
        found = Some(Format::Compressed(Compression::Zstd));
        let size = rest.first_chunk().map_or(usize::MAX, |size| u32::from_le_bytes(*size) as usize);
        head = rest.get(4..).and_then(|rest| rest.get(size..)).unwrap_or_default();
    }
    match known_frame(head) {
        Some(format) if found.is_some() => Some(format),
        _ => found,
    }
}

fn known_frame(head: &[u8]) -> Option<Format> {
    let frame = |(magic, _): &&(&[u8], Format)| head.starts_with(magic);
    UNPACKED.iter().find(frame).map(|(_, format)| *format)
}

/// A header of tar: the POSIX one by its name, the older one by its sum.
fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.first_chunk() else { return false };
    header[257..].starts_with(b"ustar") || (header[0] != 0 && is_tar_header(header))
}

/// Whether the sum is right that a header of tar has of itself. Some programs took bytes for signed numbers.
pub(super) fn is_tar_header(header: &[u8; HEAD_BYTES]) -> bool {
    let field = header[148..156].trim_ascii();
    let digits = field.split(|b| *b == 0 || *b == b' ').next().unwrap_or_default();
    let told = std::str::from_utf8(digits).ok().and_then(|d| i64::from_str_radix(d, 8).ok());
    let others = || header[..148].iter().chain(&header[156..]);
    let blanks = 8 * i64::from(b' ');
    let unsigned = blanks + others().map(|byte| i64::from(*byte)).sum::<i64>();
    let signed = blanks + others().map(|byte| i64::from(byte.cast_signed())).sum::<i64>();
    told == Some(unsigned) || told == Some(signed)
}

/// Pages that servers send in place of a file.
fn markup(head: &[u8]) -> Option<Packing> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |with: &[u8]| text.get(..with.len()).is_some_and(|t| t.eq_ignore_ascii_case(with));
    if begins(b"<!doctype html") || begins(b"<html") {
        return Some(Packing::noun("HTML page", OTHER).with_article("an "));
    }
    begins(b"<?xml").then(|| Packing::noun("XML document", OTHER).with_article("an "))
}

/// Compressed streams without magic bytes, recognised by their first lengths and flags.
fn stream_without_magic(head: &[u8]) -> Option<Format> {
    if is_text(head) {
        return None;
    }
    if let [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] = head {
        return Some(Format::Compressed(Compression::Zlib));
    }
    (is_hadoop_snappy(head) || is_raw_snappy(head)).then_some(Format::Refused(SNAPPY))
}

/// Snappy in Hadoop's blocks: the size of the block, that of its first chunk, and the chunk, which
/// repeats the first.
fn is_hadoop_snappy(head: &[u8]) -> bool {
    let number = |at| {
        let bytes: &[u8; 4] = head.get(at..)?.first_chunk()?;
        Some(u64::from(u32::from_be_bytes(*bytes)))
    };
    let (Some(block), Some(chunk)) = (number(0), number(4)) else { return false };
    let Some((size, _)) = varint(&head[8..]) else { return false };
    let most = 32 + size + size / 6;
    (1..=1 << 27).contains(&block) && (1..=block).contains(&size) && (1..=most).contains(&chunk)
}

/// One block of snappy: a size of two bytes or more, then the text itself, which is JSON.
fn is_raw_snappy(head: &[u8]) -> bool {
    let Some((size, rest)) = varint(head) else { return false };
    let Some((tag, rest)) = rest.split_first() else { return false };
    let longer = match tag >> 2 {
        more @ 60..=63 => usize::from(more - 59),
        _ => 0,
    };
    let text = rest.get(longer..).unwrap_or_default();
    let json = [&b"{\""[..], b"[{", b"{\n", b"{\r", b"{ ", b"[\n"];
    size >= 128 && tag & 3 == 0 && json.iter().any(|begin| text.starts_with(begin))
}

/// Reads a number of seven bits a byte, the least first.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let count = bytes.iter().take(5).position(|byte| *byte < 0x80)? + 1;
    let (number, rest) = bytes.split_at(count);
    Some((number.iter().rev().fold(0, |n, byte| n << 7 | u64::from(byte & 0x7f)), rest))
}

/// Whether this can be the start of a text in UTF-8.
fn is_text(head: &[u8]) -> bool {
    let whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(), // a letter is cut
    };
    whole && !head.iter().any(|b| b.is_ascii_control() && !b.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(head: &[u8]) -> Option<&'static str> {
        recognise(head).map(|format| match format {
            Format::Compressed(Compression::Gzip) => "gzip",
            Format::Compressed(Compression::Zlib) => "zlib",
            Format::Compressed(Compression::Zstd) => "zstd",
            Format::Compressed(Compression::Bzip2) => "bzip2",
            Format::Compressed(Compression::Xz) => "xz",
            Format::Compressed(Compression::Lz4) => "lz4",
            Format::Compressed(Compression::Snappy) => "snappy",
            Format::Tar => "tar",
            Format::Zip => "zip",
            Format::Wide(encoding) => encoding.name,
            Format::Table(_) => "table",
            Format::Columns(layout) => layout.files(),
            Format::Refused(packing) => packing.name,
        })
    }

    fn tar(ustar: bool) -> Vec<u8> {
        let mut header = vec![0; 512];
        header[..6].copy_from_slice(b"a.json");
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(b"00000000020");
        if ustar {
            header[257..265].copy_from_slice(b"ustar\x0000");
        }
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        header.extend_from_slice(b"{\"eventName\":\"A\"}\n");
        header
    }

    #[test]
    fn archives_are_known_by_name_or_sum() {
        assert_eq!(name(&tar(true)), Some("tar"));
        assert_eq!(name(&tar(false)), Some("tar"));
        let mut changed = tar(false);
        changed[3] ^= 1;
        assert_eq!(name(&changed), None);
    }

    #[test]
    fn compressed_streams_are_known() {
        for (head, want) in [
            (&b"\x28\xb5\x2f\xfd...."[..], "zstd"),
            (b"\x50\x2a\x4d\x18\x04\0\0\0", "zstd"),
            (b"\x50\x2a\x4d\x18\x01\0\0\0.\x04\x22\x4d\x18", "lz4"),
            (b"\x04\x22\x4d\x18", "lz4"),
            (b"\x02\x21\x4c\x18", "lz4 file of the old format"),
            (b"BZh91AY&SY....", "bzip2"),
            (b"BZh91A", "bzip2"),
            (b"\xff\x06\0\0sNaPpY\x01", "snappy"),
            (b"\x82SNAPPY\0\0\0\0\x01", SNAPPY.name),
            (b"\0\0\x10\0\0\0\x03\0\x80\x20\xf0\xff{\"Records\"", SNAPPY.name),
            (b"\xa0\x07\xf0\x3b{\"Records\":[", SNAPPY.name),
            (b"x\x9c\xab\x56", "zlib"),
            (b"\x1f\x9d\x90", "compress (.Z) file"),
            (b"ORC\x10\xff\0", "ORC files"),
            (b"Obj\x01\x04", "Avro"),
            (b"  <?xml version=\"1.0\"?><Error>", "XML document"),
            (b"-----BEGIN PGP MESSAGE-----\n", "PGP-encrypted"),
        ] {
            assert_eq!(name(head), Some(want), "{head:?}");
        }
    }

    #[test]
    fn snappy_as_its_library_writes_it_is_known() {
        let text = br#"{"Records":[{"eventName":"A","eventSource":"s3.amazonaws.com"}]}"#.repeat(9);
        let raw = snap::raw::Encoder::new().compress_vec(&text).unwrap();
        assert_eq!(name(&raw), Some(SNAPPY.name));
        let sizes = [text.len() as u32, raw.len() as u32].map(u32::to_be_bytes).concat();
        assert_eq!(name(&[sizes, raw].concat()), Some(SNAPPY.name));
    }

    #[test]
    fn wide_text_is_known_with_mark_and_without() {
        let wide = |bom: &str| -> Vec<[Vec<u8>; 4]> {
            let text = format!("{bom}{{\"é\":[{{\"userName\":\"Zoë\"}}]}}");
            let units: Vec<u16> = text.encode_utf16().collect();
            vec![[
                units.iter().flat_map(|u| u.to_le_bytes()).collect(),
                units.iter().flat_map(|u| u.to_be_bytes()).collect(),
                text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
                text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
            ]]
        };
        for [le16, be16, le32, be32] in ["", "\u{feff}"].into_iter().flat_map(wide) {
            for (bytes, code) in
                [(le16, "UTF-16LE"), (be16, "UTF-16BE"), (le32, "UTF-32LE"), (be32, "UTF-32BE")]
            {
                assert_eq!(name(&bytes), Some(code));
            }
        }
    }

    #[test]
    fn the_reason_is_a_sentence() {
        let Some(Format::Refused(packing)) = recognise(b"LZIP\x01") else { panic!("it is read") };
        assert_eq!(
            packing.to_string(),
            "an lzip file, which import does not read yet; unpack it first: lzip -d"
        );
    }

    proptest! {
        #[test]
        fn json_is_nothing_else(lead in "[ \n\t,\0\x1e]{0,3}", text in "\\PC{0,600}") {
            for json in [
                format!("{lead}{{\"a\":{}}}", serde_json::to_string(&text).unwrap()),
                format!("{lead}[{{\"a\":{}}}]", serde_json::to_string(&text).unwrap()),
                format!("{{\n  \"{text}"),
            ] {
                prop_assert_eq!(name(&json.as_bytes()[..json.len().min(HEAD_BYTES)]), None);
            }
        }

        #[test]
        fn any_bytes_are_looked_at(head in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = recognise(&head);
        }
    }
}
