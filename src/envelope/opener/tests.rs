//! Gzip files and pipes, as they are opened.

use super::*;
use crate::envelope::{Fault, FaultKind, discover};
use proptest::prelude::*;
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Everything that an input gives, and what is wrong with it.
fn drain(mut input: Input<'_>) -> (Vec<u8>, Option<Fault>) {
    while !input.at_end() {
        input.grow();
    }
    (input.bytes().to_vec(), input.damage())
}

/// Everything in a source that is one document, and what damaged it.
fn read_source(
    opener: &mut Opener,
    source: &Source,
    stop: &AtomicBool,
) -> Result<(Vec<u8>, Option<Fault>), String> {
    let mut found = None;
    opener.read(source, stop, &mut |document| {
        assert!(found.is_none() && document.name.is_none(), "one document");
        found = Some(match document.content {
            Content::Text(input) => Ok(drain(input)),
            Content::Refused(packing) => Err(packing.name.to_owned()),
            Content::Unreadable(error) => Err(error.to_string()),
            Content::Damaged(fault) => Err(fault.message()),
        });
        true
    });
    found.unwrap()
}

/// Everything in a file with these bytes, and what damaged it.
fn read(packed: &[u8]) -> Result<(Vec<u8>, Option<Fault>), String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    std::fs::write(&path, packed).unwrap();
    let mut source = discover(&[path]).unwrap().sources.remove(0);
    let stop = AtomicBool::new(false);
    let whole = read_source(&mut Opener::default(), &source, &stop);
    // What is said to be large is not read at once.
    source.bytes = u64::MAX;
    assert_eq!(read_source(&mut Opener::default(), &source, &stop), whole);
    whole
}

#[track_caller]
fn sound(packed: &[u8], want: &[u8]) {
    assert_eq!(read(packed).unwrap(), (want.to_vec(), None));
}

#[track_caller]
fn damaged(packed: &[u8], want: &[u8], kind: FaultKind, reason: &str) {
    let (got, fault) = read(packed).unwrap();
    assert_eq!(String::from_utf8_lossy(&got), String::from_utf8_lossy(want));
    let fault = fault.unwrap();
    assert_eq!((fault.kind, fault.message()), (kind, reason.to_owned()));
}

/// The first member was taken for the whole file where its end looked like that of the file.
#[test]
fn members_between_two_that_end_alike_are_read() {
    let at = |time: u32, text: &[u8]| {
        let mut packed =
            flate2::GzBuilder::new().mtime(time).write(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    };
    sound(&[at(1, b"one"), at(2, b"two"), at(3, b"one")].concat(), b"onetwoone");
    sound(&[at(1, b""), at(2, b"two"), vec![0; 64]].concat(), b"two");
    sound(&[at(1, b""), at(2, b"two"), at(3, b"")].concat(), b"two");
    let (got, fault) = read(&[at(1, b""), b"x".to_vec(), vec![0; 8]].concat()).unwrap();
    assert_eq!((got, fault.unwrap().kind), (Vec::new(), FaultKind::Trailing));
}

#[test]
fn plain_gzip_and_several_members() {
    let text = b"{\"Records\":[]}".repeat(1000);
    sound(&text, &text);
    sound(&gzip(&text), &text);
    sound(&[gzip(b"one"), gzip(b"two")].concat(), b"onetwo");
    sound(&[gzip(&text), gzip(&text)].concat(), &[text.clone(), text].concat());
}

#[test]
fn every_optional_part_of_a_header_is_passed_over() {
    let mut packed = flate2::GzBuilder::new()
        .filename("a.json")
        .comment("made by hand")
        .extra(vec![7; 300])
        .write(Vec::new(), flate2::Compression::default());
    packed.write_all(b"text").unwrap();
    let packed = packed.finish().unwrap();
    sound(&[gzip(b"one"), packed.clone(), packed].concat(), b"onetexttext");
}

#[test]
fn padding_behind_gzip_and_between_members_is_no_damage() {
    let zeros = vec![0; 3000];
    sound(&[gzip(b"one"), zeros.clone()].concat(), b"one");
    sound(&[gzip(b"one"), vec![0]].concat(), b"one");
    sound(&[gzip(b"one"), zeros.clone(), gzip(b"two"), zeros].concat(), b"onetwo");
}

#[test]
fn other_bytes_behind_gzip_are_counted() {
    let one = gzip(b"one");
    let from = one.len();
    for (other, count) in [(&b"trailing"[..], "8 bytes"), (b"\x1f\x8bno gzip", "9 bytes")] {
        damaged(
            &[&one, other].concat(),
            b"one",
            FaultKind::Trailing,
            &format!(
                "{count} after the gzip data are not gzip data (from byte {from} of the packed file on)"
            ),
        );
    }
    let (got, fault) = read(&[one, vec![0; 9], b"x".to_vec()].concat()).unwrap();
    assert_eq!((got, fault.unwrap().kind), (b"one".to_vec(), FaultKind::Trailing));
}

#[test]
fn a_wrong_checksum_is_named_and_its_member_kept() {
    let mut bad = gzip(b"one");
    let at = bad.len() - 8;
    bad[at] ^= 1;
    let reason = "the gzip member at byte 0 of the packed file does not agree with its checksum";
    damaged(&bad, b"one", FaultKind::Checksum, reason);
    let three = [bad.clone(), bad.clone(), gzip(b"two")].concat();
    damaged(&three, b"oneonetwo", FaultKind::Checksum, &format!("{reason} (and 1 more like it)"));
    let (_, fault) = read(&[bad, gzip(b"two")[..9].to_vec()].concat()).unwrap();
    let fault = fault.unwrap();
    assert_eq!(fault.kind, FaultKind::CutOff);
    assert!(fault.message().contains("checksum; the file is cut off"), "{}", fault.message());
}

#[test]
fn a_truncated_file_gives_what_is_there() {
    let text: Vec<u8> = (0..200_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
    let packed = gzip(&text);
    let (got, damage) = read(&packed[..packed.len() / 2]).unwrap();
    assert!(text.starts_with(&got) && got.len() > 10_000);
    assert_eq!(damage.unwrap().kind, FaultKind::CutOff);
    damaged(
        &packed[..7],
        b"",
        FaultKind::CutOff,
        "the file is cut off: its gzip data ends at byte 7, inside a member",
    );
}

#[test]
fn corrupt_data_gives_what_precedes_it() {
    let text: Vec<u8> = (0..200_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
    let mut packed = gzip(&text);
    let half = packed.len() / 2;
    packed[half..half + 40].fill(0xff);
    let (got, damage) = read(&packed).unwrap();
    let same = got.iter().zip(&text).take_while(|(a, b)| a == b).count();
    assert!(same > 10_000, "{same} of {}", got.len());
    assert!(damage.is_some());
    let unknown = read(b"\x1f\x8b\x07.........").unwrap();
    assert_eq!(unknown.1.unwrap().kind, FaultKind::Corrupt);
}

#[test]
fn layers_of_gzip_are_taken_off() {
    let text = b"{\"Records\":[]}".repeat(100);
    let mut packed = text.clone();
    for layers in 1..=8 {
        packed = gzip(&packed);
        assert_eq!(read(&packed).unwrap(), (text.clone(), None), "{layers}");
    }
    assert_eq!(read(&gzip(&packed)).unwrap_err(), "file packed more than eight times over");
}

#[test]
fn damage_of_an_outer_layer_does_not_hide_that_of_an_inner_one() {
    let inner = gzip(b"text");
    let outer = [gzip(&inner), b"?".to_vec()].concat();
    let (got, fault) = read(&outer).unwrap();
    assert_eq!((&got[..], fault.unwrap().kind), (&b"text"[..], FaultKind::Trailing));
    let outer = [gzip(&inner[..inner.len() - 9]), b"?".to_vec()].concat();
    assert_eq!(read(&outer).unwrap().1.unwrap().kind, FaultKind::CutOff);
}

#[test]
fn other_packing_is_named_inside_gzip_too() {
    let lzip = b"LZIP\x01rest";
    for packed in [lzip.to_vec(), gzip(lzip), gzip(&gzip(lzip)), [gzip(lzip), gzip(b"")].concat()] {
        assert_eq!(read(&packed).unwrap_err(), "lzip");
    }
}

#[cfg(unix)]
mod live {
    use super::*;
    use std::path::{Path, PathBuf};
    use std::thread;
    use std::time::Duration;

    fn pipe(folder: &Path) -> PathBuf {
        let pipe = folder.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        pipe
    }

    #[test]
    fn a_named_pipe_is_read_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = pipe(dir.path());
        let text: Vec<u8> = (0..400_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
        for packed in [text.clone(), gzip(&gzip(&text))] {
            let found = discover(&[&path]).unwrap();
            let to = path.clone();
            let writer = thread::spawn(move || std::fs::write(to, packed).unwrap());
            let read = Arc::new(AtomicU64::new(0));
            let mut opener = Opener::new(Arc::clone(&read), None);
            let stop = AtomicBool::new(false);
            let got = read_source(&mut opener, &found.sources[0], &stop).unwrap();
            assert!(got == (text.clone(), None));
            writer.join().unwrap();
            assert!(read.load(Ordering::Relaxed) > 0);
        }
    }

    #[test]
    fn waiting_for_a_pipe_without_a_writer_can_be_stopped() {
        let dir = tempfile::tempdir().unwrap();
        let found = discover(&[pipe(dir.path())]).unwrap();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(20));
                stop.store(true, Ordering::Relaxed);
            });
            let mut opener = Opener::default();
            let (bytes, fault) = read_source(&mut opener, &found.sources[0], &stop).unwrap();
            assert_eq!((bytes.len(), fault.unwrap().kind), (0, FaultKind::Stopped));
        });
    }

    #[test]
    fn what_came_is_looked_at_while_the_writer_pauses() {
        let dir = tempfile::tempdir().unwrap();
        let path = pipe(dir.path());
        let found = discover(&[&path]).unwrap();
        let stop = AtomicBool::new(false);
        let mut opener = Opener::default();
        let piece = [b'['; 100];
        let writer = thread::spawn(move || {
            let mut pipe = File::options().write(true).open(path).unwrap();
            pipe.write_all(&piece).unwrap();
            pipe
        });
        let mut writer = Some(writer);
        opener.read(&found.sources[0], &stop, &mut |document| {
            let Content::Text(mut input) = document.content else { panic!("no text") };
            input.grow();
            assert_eq!(input.bytes(), piece);
            let _open = writer.take().unwrap().join().unwrap();
            stop.store(true, Ordering::Relaxed);
            input.grow();
            assert!(input.at_end());
            let stopped = input.damage().unwrap().kind;
            assert_eq!((input.bytes(), stopped), (&piece[..], FaultKind::Stopped));
            true
        });
    }

    #[test]
    fn what_the_system_says_of_a_pipe_is_an_error() {
        let gone = Source::pipe(PathBuf::from("no/such/pipe"));
        let stop = AtomicBool::new(false);
        let error = read_source(&mut Opener::default(), &gone, &stop).unwrap_err();
        assert!(error.starts_with("No such file"), "{error}");
    }
}

/// What is done to a member.
#[derive(Debug, Clone, Copy)]
enum Harm {
    Nothing,
    Zeros,
    Checksum,
    Cut(usize),
    Garbage,
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        4 => Just(Harm::Nothing),
        1 => Just(Harm::Zeros),
        1 => Just(Harm::Checksum),
        1 => any::<usize>().prop_map(Harm::Cut),
        1 => Just(Harm::Garbage),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens to one of several members, what precedes it is there, and it is told.
    #[test]
    fn what_precedes_damage_is_kept(
        members in proptest::collection::vec(("[a-z]{0,80}", harm()), 1..6),
        layers in 0_usize..3,
    ) {
        let (mut packed, mut want) = (Vec::new(), Vec::new());
        let (mut kind, mut ended) = (None, false);
        for (text, harm) in members {
            // Letters that no format begins with.
            let text = format!("{{{text}");
            let mut member = gzip(text.as_bytes());
            match harm {
                Harm::Nothing => {}
                Harm::Zeros => member.extend([0; 100]),
                Harm::Checksum => {
                    let at = member.len() - 5;
                    member[at] ^= 0x10;
                }
                Harm::Cut(at) => member.truncate(1 + at % (member.len() - 1)),
                Harm::Garbage => member.extend(b"garbage"),
            }
            packed.extend(&member);
            match harm {
                Harm::Nothing | Harm::Zeros => want.extend(text.bytes()),
                Harm::Checksum => {
                    want.extend(text.bytes());
                    kind = Some(FaultKind::Checksum);
                }
                Harm::Garbage => {
                    want.extend(text.bytes());
                    kind = Some(FaultKind::Trailing);
                    ended = true;
                }
                Harm::Cut(_) => {
                    kind = Some(FaultKind::CutOff);
                    ended = true;
                }
            }
            if ended {
                break;
            }
        }
        if packed.len() < 2 {
            return Ok(()); // one byte tells nothing
        }
        for _ in 0..layers {
            packed = gzip(&packed);
        }
        let (got, fault) = read(&packed).unwrap();
        prop_assert!(got.starts_with(&want), "{:?}", String::from_utf8_lossy(&got));
        let told = fault.as_ref().map(|fault| fault.kind);
        prop_assert!(
            told == kind || (kind == Some(FaultKind::Trailing) && told == Some(FaultKind::Checksum)),
            "{:?} for {:?}", fault, kind
        );
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&[b"\x1f\x8b", &bytes[..]].concat());
        let _ = read(&[&gzip(b"x")[..], &bytes].concat());
    }
}
