//! Recognises, by their bytes, packed files and other formats that are not text in UTF-8.
//!
//! Without this they would look like broken JSON, or worse, like JSON with gaps: a tar archive of
//! JSON Lines is nearly JSON Lines.

use std::io;

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

    const fn with_article(self, article: &'static str) -> Self {
        Self { article, ..self }
    }

    /// Returns the packing for which a source was refused, if it was.
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl From<Packing> for io::Error {
    fn from(packing: Packing) -> Self {
        Self::new(io::ErrorKind::Unsupported, packing)
    }
}

const OTHER: &str = "it holds no logs that can be read";
const ENCRYPTED: &str = "decrypt it first";
const QUERY_ENGINE: &str = "write its events as JSON Lines first";

const ZSTD: Packing = Packing::file("zstd", "unpack it first: zstd -d");
const LZ4: Packing = Packing::file("lz4", "unpack it first: lz4 -d").with_article("an ");
const SNAPPY: Packing = Packing::file("snappy", "unpack it first");
const ZIP: Packing = Packing::noun("zip archive", "unpack it first: unzip");
const TAR: Packing = Packing::noun("tar archive", "unpack it first: tar -xf");
const CPIO: Packing = Packing::noun("cpio archive", "unpack it first: cpio -i");
const ORC: Packing = Packing::file("ORC", QUERY_ENGINE).with_article("an ");
const ZLIB: Packing = Packing::noun("zlib stream", "unpack it first: zlib-flate -uncompress");
const AGE: Packing = Packing::file("age-encrypted", "decrypt it first: age -d").with_article("an ");
const PGP: Packing = Packing::file("PGP-encrypted", "decrypt it first: gpg -d");
/// Gzip inside gzip, more often than is unpacked.
pub(super) const TOO_DEEP: Packing = Packing::file(
    "gzip",
    "it is compressed more than eight times over, which only malicious files are",
);

const UTF16LE: Packing =
    Packing::noun("UTF-16 text", "convert it first: iconv -f UTF-16LE -t UTF-8").with_article("");
const UTF16BE: Packing =
    Packing::noun("UTF-16 text", "convert it first: iconv -f UTF-16BE -t UTF-8").with_article("");
const UTF32LE: Packing =
    Packing::noun("UTF-32 text", "convert it first: iconv -f UTF-32LE -t UTF-8").with_article("");
const UTF32BE: Packing =
    Packing::noun("UTF-32 text", "convert it first: iconv -f UTF-32BE -t UTF-8").with_article("");

/// Formats that begin with bytes of their own.
const MAGIC: &[(&[u8], Packing)] = &[
    (b"\x28\xb5\x2f\xfd", ZSTD),
    (b"\xfd7zXZ\0", Packing::file("xz", "unpack it first: xz -d").with_article("an ")),
    (b"LZIP\x01", Packing::file("lzip", "unpack it first: lzip -d").with_article("an ")),
    (b"\x89LZO\0\r\n\x1a\n", Packing::file("lzop", "unpack it first: lzop -d").with_article("an ")),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", ZIP),
    (b"7z\xbc\xaf\x27\x1c", Packing::noun("7z archive", "unpack it first: 7z x")),
    (b"Rar!\x1a\x07", Packing::noun("rar archive", "unpack it first: unrar x")),
    (b"\x04\x22\x4d\x18", LZ4),
    (b"\x02\x21\x4c\x18", LZ4),
    (b"\xff\x06\0\0sNaPpY", SNAPPY),
    (b"\x82SNAPPY\0", SNAPPY),
    (b"\x1f\x9d", Packing::noun("compress (.Z) file", "unpack it first: uncompress")),
    (b"070701", CPIO),
    (b"070707", CPIO),
    (b"PAR1", Packing::file("Parquet", QUERY_ENGINE)),
    (b"PARE", Packing::file("Parquet", QUERY_ENGINE)),
    (b"Obj\x01", Packing::file("Avro", QUERY_ENGINE).with_article("an ")),
    (b"ARROW1\0\0", Packing::noun("Arrow IPC file", QUERY_ENGINE).with_article("an ")),
    (b"\xff\xff\xff\xff\x10\x01\0\0", ARROW_STREAM),
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
    (b"\0\x05\x16\x07", Packing::noun("macOS side file (AppleDouble)", OTHER)),
    (b"\x8c\x0d\x04", PGP),
];

const ARROW_STREAM: Packing = Packing::noun("Arrow IPC stream", QUERY_ENGINE).with_article("an ");

/// Recognises what a file with this start is packed in or encoded as, other than gzip; `None` for
/// what may be JSON. `head` is the start of the file, [`HEAD_BYTES`] bytes of it if it has so many.
pub(super) fn recognise(head: &[u8]) -> Option<Packing> {
    unicode(head)
        .or_else(|| {
            let known =
                |(magic, packing): &(&[u8], Packing)| head.starts_with(magic).then_some(*packing);
            MAGIC.iter().find_map(known)
        })
        .or_else(|| archive_or_columns(head))
        .or_else(|| markup(head))
        .or_else(|| stream_without_magic(head))
}

/// UTF-16 and UTF-32, by their mark or by the zeros in the text that any JSON begins with.
fn unicode(head: &[u8]) -> Option<Packing> {
    match head {
        // Before UTF-16, of which the mark is a part.
        [0xff, 0xfe, 0, 0, ..] => return Some(UTF32LE),
        [0, 0, 0xfe, 0xff, ..] => return Some(UTF32BE),
        [0xff, 0xfe, ..] => return Some(UTF16LE),
        [0xfe, 0xff, ..] => return Some(UTF16BE),
        _ => {}
    }
    let wide = [(UTF32LE, 4, 0), (UTF32BE, 4, 3), (UTF16LE, 2, 0), (UTF16BE, 2, 1)];
    wide.into_iter().find(|(_, unit, at)| letters(head, *unit, *at)).map(|(name, ..)| name)
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
fn archive_or_columns(head: &[u8]) -> Option<Packing> {
    let bzip2 =
        |block: &[u8]| block == b"\x31\x41\x59\x26\x53\x59" || block == b"\x17\x72\x45\x38\x50\x90";
    if head.starts_with(b"BZh") && head.get(4..10).is_some_and(bzip2) {
        return Some(Packing::file("bzip2", "unpack it first: bzip2 -d"));
    }
    if is_tar(head) {
        return Some(TAR);
    }
    if head.starts_with(b"ORC") && !is_text(head) {
        return Some(ORC);
    }
    // Frames to be skipped, with which parallel compressors begin.
    if let [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] = head {
        return Some(ZSTD);
    }
    None
}

/// A header of tar: the POSIX one by its name, the older one by its sum.
fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..512) else { return false };
    if header[257..].starts_with(b"ustar") {
        return true;
    }
    let field = header[148..156].trim_ascii();
    let digits = field.split(|b| *b == 0 || *b == b' ').next().unwrap_or_default();
    let told = std::str::from_utf8(digits).ok().and_then(|d| u64::from_str_radix(d, 8).ok());
    let sum = |bytes: &[u8]| bytes.iter().map(|b| u64::from(*b)).sum::<u64>();
    let blanks = 8 * u64::from(b' ');
    header[0] != 0 && told == Some(sum(&header[..148]) + blanks + sum(&header[156..]))
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
fn stream_without_magic(head: &[u8]) -> Option<Packing> {
    if is_text(head) {
        return None;
    }
    if let [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] = head {
        return Some(ZLIB);
    }
    (is_hadoop_snappy(head) || is_raw_snappy(head)).then_some(SNAPPY)
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
        recognise(head).map(|packing| packing.name)
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
        assert_eq!(name(&tar(true)), Some("tar archive"));
        assert_eq!(name(&tar(false)), Some("tar archive"));
        let mut changed = tar(false);
        changed[3] ^= 1;
        assert_eq!(name(&changed), None);
    }

    #[test]
    fn compressed_streams_are_known() {
        for (head, want) in [
            (&b"\x28\xb5\x2f\xfd...."[..], "zstd"),
            (b"\x50\x2a\x4d\x18\x04\0\0\0", "zstd"),
            (b"BZh91AY&SY....", "bzip2"),
            (b"\xff\x06\0\0sNaPpY\x01", "snappy"),
            (b"\x82SNAPPY\0\0\0\0\x01", "snappy"),
            (b"\0\0\x10\0\0\0\x03\0\x80\x20\xf0\xff{\"Records\"", "snappy"),
            (b"\xa0\x07\xf0\x3b{\"Records\":[", "snappy"),
            (b"x\x9c\xab\x56", "zlib stream"),
            (b"\x1f\x9d\x90", "compress (.Z) file"),
            (b"ORC\x10\xff\0", "ORC"),
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
        assert_eq!(name(&raw), Some("snappy"));
        let sizes = [text.len() as u32, raw.len() as u32].map(u32::to_be_bytes).concat();
        assert_eq!(name(&[sizes, raw].concat()), Some("snappy"));
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
                let packing = recognise(&bytes).unwrap();
                assert_eq!(packing.name, format!("{} text", &code[..6]));
                assert!(packing.repair.contains(code), "{packing}");
            }
        }
    }

    #[test]
    fn the_reason_is_a_sentence() {
        assert_eq!(
            recognise(b"\x28\xb5\x2f\xfd").unwrap().to_string(),
            "a zstd file, which import does not read yet; unpack it first: zstd -d"
        );
        let error = io::Error::from(UTF16LE);
        assert_eq!(Packing::of(&error), Some(UTF16LE));
        assert!(error.to_string().starts_with("UTF-16 text, which"), "{error}");
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
