//! Logs in every packing and archive, and in wide encodings.

use crate::cli::Shell;
use crate::logs::{event, folder, gzip, has, text};
use std::io::Write;
use std::process::Stdio;

fn trail(ids: &[u32]) -> Vec<u8> {
    let events: Vec<_> = ids.iter().map(|id| event(*id)).collect();
    format!("{{\"Records\":[{}]}}", events.join(",")).into_bytes()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 1).unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut packed = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut packed = lz4_flex::frame::FrameEncoder::new(Vec::new());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn snappy(bytes: &[u8]) -> Vec<u8> {
    let mut packed = snap::write::FrameEncoder::new(Vec::new());
    packed.write_all(bytes).unwrap();
    packed.into_inner().unwrap()
}

pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

/// A zip archive of files that are not compressed.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let size = (bytes.len() as u32).to_le_bytes();
        let checksum = libdeflater::crc32(bytes).to_le_bytes();
        let name_size = (name.len() as u32).to_le_bytes();
        let fields = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0], &checksum[..], &size, &size, &name_size];
        let fields = fields.concat();
        directory.extend([&b"PK\x01\x02\x14\x00"[..], &fields, &[0; 10]].concat());
        directory.extend((archive.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        archive.extend([&b"PK\x03\x04"[..], &fields, name.as_bytes(), bytes].concat());
    }
    let (count, at) = ((files.len() as u16).to_le_bytes(), (archive.len() as u32).to_le_bytes());
    let size = (directory.len() as u32).to_le_bytes();
    let end = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &at, &[0, 0]].concat();
    [archive, directory, end].concat()
}

fn wide(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn widest(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect()
}

#[test]
fn a_trail_file_is_read_in_every_packing() {
    let shell = Shell::new();
    let plain = trail(&[1, 2, 3]);
    let archive = [("AWSLogs/a.json.gz", &gzip(&plain)[..]), ("AWSLogs/README", b"words")];
    let files = [
        ("a.json", plain.clone()),
        ("b.json.gz", gzip(&plain)),
        ("c.json.zz", zlib(&plain)),
        ("d.json.zst", zstd(&plain)),
        ("e.json.bz2", bzip2(&plain)),
        ("f.json.xz", xz(&plain)),
        ("g.json.lz4", lz4(&plain)),
        ("h.json.sz", snappy(&plain)),
        ("i.tar", tar(&archive)),
        ("j.tgz", gzip(&tar(&archive))),
        ("k.tar.zst", zstd(&tar(&archive))),
        ("l.tar.xz", xz(&tar(&archive))),
        ("m.zip", zip(&archive)),
        ("n.zip", zip(&[("inner.tar.bz2", &bzip2(&tar(&archive)))])),
        ("o.json", wide(&plain)),
        ("p.json.gz", gzip(&widest(&plain))),
        ("q", xz(&zstd(&gzip(&plain)))),
        ("r.json.zst", [zstd(&trail(&[1])), zstd(&trail(&[2, 3]))].concat()),
    ];
    let logs = folder(&shell, &files);
    let output = shell.run(&["import", text(&logs)]);
    has(&output, &["exit 0", "18 seen: 18 imported", "54 read: 3 stored, 51 duplicate"]);
    has(&output, &["[DIR]/logs/i.tar!AWSLogs/README"]);
    has(&shell.run(&["import", text(&logs)]), &["exit 0", "18 unchanged"]);
}

#[test]
fn what_is_not_read_is_named_and_fails() {
    let shell = Shell::new();
    let mut locked = zip(&[("a.json", &trail(&[1])), ("b.json", &trail(&[2]))]);
    let entry = memchr::memmem::find(&locked, b"PK\x01\x02").unwrap();
    locked[entry + 8] |= 1;
    let logs = folder(
        &shell,
        &[
            ("a.json.7z", b"7z\xbc\xaf\x27\x1c....".to_vec()),
            ("b.json.Z", b"\x1f\x9d\x90....".to_vec()),
            ("locked.zip", locked),
            ("logs.tar", tar(&[("c.json.lz", b"LZIP\x01...."), ("d.json", &trail(&[4]))])),
        ],
    );
    let output = shell.run(&["import", text(&logs)]);
    has(&output, &["exit 1", "4 seen: 4 failed", "2 read: 2 stored"]);
    has(&output, &["a.json.7z: a 7z archive, which", "b.json.Z: a compress (.Z) file, which"]);
    has(&output, &["locked.zip!a.json: an encrypted file of a zip archive", "unzip -P"]);
    has(&output, &["logs.tar!c.json.lz: an lzip file, which import does not read yet"]);
    has(&shell.run(&["import", text(&logs)]), &["4 failed", "2 read: 2 duplicate"]);
}

#[test]
fn damage_of_a_file_in_an_archive_is_its_own() {
    let shell = Shell::new();
    let packed = gzip(&trail(&[1]));
    let files = [
        ("a.json", &trail(&[2])[..]),
        ("broken.json.gz", &packed[..packed.len() - 9]),
        ("record.jsonl", b"{\"eventVersion\":,}\n"),
        ("b.json", &trail(&[3])),
        ("notes.txt", b"words"),
        ("._b.json", b"\0\x05\x16\x07\0\x02\0\0"),
    ];
    let logs = folder(&shell, &[("a.tar", tar(&files)), ("b.zip", zip(&files))]);
    let output = shell.run(&["import", text(&logs)]);
    has(&output, &["exit 1", "2 seen: 2 failed"]);
    for archive in ["a.tar", "b.zip"] {
        has(&output, &[&format!("{archive}!broken.json.gz at byte ")]);
        has(&output, &[&format!("{archive}!record.jsonl at byte 0: ")]);
    }
    has(&output, &["is cut off: its gzip data ends at byte", "macOS side file (AppleDouble): "]);
    let ids = "SELECT count(*) FROM event_data_store WHERE eventName IN ('N2', 'N3')";
    has(&shell.run(&["query", "--format", "csv", ids]), &["\n2\n"]);
}

#[test]
fn an_archive_that_is_cut_off_keeps_what_precedes() {
    let shell = Shell::new();
    let files = [("a.json", &trail(&[1])[..]), ("b.json", &trail(&[2]))];
    let (tar, zip) = (tar(&files), zip(&files));
    let logs = folder(
        &shell,
        &[
            ("a.tar", tar[..1700].to_vec()),
            ("b.tar.gz", gzip(&tar[..1024])),
            ("c.zip", zip[..zip.len() - 40].to_vec()),
        ],
    );
    let output = shell.run(&["import", text(&logs)]);
    has(&output, &["exit 1", "3 seen: 3 failed", "2 stored"]);
    has(&output, &["a.tar: the file is cut off: its tar data ends at byte 1700, inside a member"]);
    has(
        &output,
        &["b.tar.gz: the file is cut off: its tar data ends at byte 1024, without the end"],
    );
    has(&output, &["c.zip: the file is cut off: its zip data ends at byte"]);
}

#[test]
fn an_archive_without_logs_fails_only_when_it_is_named() {
    let shell = Shell::new();
    let files = [("a.txt", &b"words"[..]), ("b.png", b"\x89PNG\r\n\x1a\n")];
    let logs = folder(&shell, &[("a.json", trail(&[1])), ("b.zip", zip(&files))]);
    let output = shell.run(&["import", text(&logs)]);
    has(&output, &["exit 0", "2 seen: 1 imported, 1 of other kinds"]);
    has(&output, &["other   archive without CloudTrail logs: [DIR]/logs/b.zip"]);
    has(&output, &["other   PNG picture: [DIR]/logs/b.zip!b.png"]);
    let output = shell.run(&["import", text(&logs.join("b.zip"))]);
    has(&output, &["exit 1", "1 failed", "b.zip: archive without CloudTrail logs"]);
}

#[test]
fn archives_are_read_from_standard_input() {
    let files = [("a.json", &trail(&[1])[..]), ("b.json.xz", &xz(&trail(&[2])))];
    for packed in
        [tar(&files), zstd(&tar(&files)), zip(&files), gzip(&zip(&files)), wide(&trail(&[1, 2]))]
    {
        let shell = Shell::new();
        let mut child = shell
            .command(&["import", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&packed).unwrap();
        let output = child.wait_with_output().unwrap();
        let output_text = String::from_utf8(output.stdout).unwrap();
        has(&output_text, &["1 seen: 1 imported", "2 read: 2 stored"]);
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn selectors_are_tested_on_archives() {
    let shell = Shell::new();
    let files = [("a.json", &trail(&[1])[..]), ("b.txt", b"words")];
    let logs = folder(&shell, &[("a.zip", zip(&files))]);
    let selectors = r#"[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]"#;
    let path = text(&logs.join("a.zip")).to_owned();
    let output = shell.run(&["store", "test-selectors", &path, "--selectors", selectors]);
    has(&output, &["exit 0", "1 event"]);
}
