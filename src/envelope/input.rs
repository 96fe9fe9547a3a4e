//! Opens a source as a window of bytes that grows at its end and shrinks at its start.
//!
//! Small files, nearly all there are, are read and decompressed in one go; large ones, standard
//! input and other pipes stream through a window. Compression is recognised by its bytes:
//! gzip, also in several layers, is unpacked, and other packing is refused by name.

use super::discover::{Location, Source};
use super::fault::{Fault, FaultKind};
use super::gunzip::{self, Budget, Gunzip};
use super::live::{Live, Origin};
use super::packing::{self, recognise};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Files up to this size, and gzip files that unpack to at most this size, are read in one go.
const MAX_WHOLE_FILE_BYTES: u64 = 48 << 20;
/// How much a streaming window reads at a time.
const READ_STEP_BYTES: usize = 1 << 20;
/// Largest value that a window grows to hold.
pub const MAX_VALUE_BYTES: usize = 64 << 20;
/// How much a stream may bring without a record: more than any record has.
pub const MAX_BARREN_BYTES: u64 = 2 * MAX_VALUE_BYTES as u64;
/// Layers of gzip that are unpacked. There is gzip data that unpacks to itself.
const MAX_LAYERS: usize = 8;

/// For sources that cannot be stopped.
static NEVER_STOPPED: AtomicBool = AtomicBool::new(false);

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
    rest: Option<Box<dyn Read + 'a>>,
    /// Whether reading the rest may block, so that the bytes that have come are processed first.
    live: bool,
    /// Where the last record began.
    last_record: u64,
    stop: &'a AtomicBool,
    damage: Option<Fault>,
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

    /// Opens `source`, as [`Self::open_until`], and reads it to its end.
    ///
    /// # Errors
    /// As [`Self::open_until`].
    pub fn open(&mut self, source: &Source) -> io::Result<Input<'_>> {
        self.open_until(source, &NEVER_STOPPED)
    }

    /// Opens `source`, which ends with [`FaultKind::Stopped`] when `stop` is set, also while it waits
    /// for a pipe or terminal.
    ///
    /// # Errors
    /// What the system says about the file, or that it is packed in a way this version cannot read
    /// (see [`Packing::of`](super::Packing::of)). Damage inside a gzip file is not an error here: see
    /// [`Input::damage`].
    pub fn open_until<'a>(
        &'a mut self,
        source: &Source,
        stop: &'a AtomicBool,
    ) -> io::Result<Input<'a>> {
        let path = match &source.location {
            Location::Stdin => return self.open_live(Origin::Stdin, stop),
            Location::Pipe(path) => return self.open_live(Origin::Path(path.clone()), stop),
            Location::File(path) => path,
        };
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is not a regular file any more"));
        }
        let mut file = File::open(path)?;
        if source.bytes > MAX_WHOLE_FILE_BYTES {
            let counted = self.counted(file);
            return self.stream(counted, false, stop);
        }
        self.file.clear();
        file.read_to_end(&mut self.file)?;
        self.read.fetch_add(self.file.len() as u64, Ordering::Relaxed);
        if !self.file.starts_with(gunzip::MAGIC) {
            refuse_other_packing(&self.file)?;
            std::mem::swap(&mut self.file, &mut self.window);
            let end = self.window.len();
            return Ok(Input::new(&mut self.window, end, None, stop));
        }
        if let Some(end) = self.inflate_whole() {
            let unpacked = &self.window[..end];
            if !unpacked.starts_with(gunzip::MAGIC) {
                refuse_other_packing(unpacked)?;
                return Ok(Input::new(&mut self.window, end, None, stop));
            }
        }
        let packed = io::Cursor::new(std::mem::take(&mut self.file));
        self.stream(packed, false, stop)
    }

    fn open_live<'a>(&'a mut self, origin: Origin, stop: &'a AtomicBool) -> io::Result<Input<'a>> {
        let counted = self.counted(Live::start(origin, stop)?);
        self.stream(counted, true, stop)
    }

    fn counted<R: Read>(&self, inner: R) -> Counted<R> {
        Counted { inner, counter: Arc::clone(&self.read) }
    }

    /// Opens what is read piece by piece, and takes off its layers of gzip.
    fn stream<'a>(
        &'a mut self,
        packed: impl Read + 'a,
        live: bool,
        stop: &'a AtomicBool,
    ) -> io::Result<Input<'a>> {
        let budget = Budget::default();
        let mut layer = Peeked::new(Box::new(budget.counting(packed)), live);
        layer.fail_if_nothing_was_read()?;
        for _ in 0..=MAX_LAYERS {
            if !layer.head().starts_with(gunzip::MAGIC) {
                refuse_other_packing(layer.head())?;
                let mut input = Input::new(&mut self.window, 0, Some(Box::new(layer)), stop);
                input.live = live;
                return Ok(input);
            }
            let packed = BufReader::with_capacity(READ_STEP_BYTES, layer);
            layer = Peeked::new(Box::new(Gunzip::new(packed, budget.clone())), live);
        }
        Err(packing::TOO_DEEP.into())
    }

    /// Unpacks a sound gzip file of one member into the window and returns its length; leaves
    /// everything else (several members, damage, great size) to the streaming way.
    fn inflate_whole(&mut self) -> Option<usize> {
        let trailer = self.file.last_chunk::<8>().filter(|_| self.file.len() >= 18)?;
        let checksum = u32::from_le_bytes(*trailer.first_chunk()?);
        let size = u32::from_le_bytes(*trailer.last_chunk()?) as usize;
        // The checks below compare the first member with the end of the file. Further members might end alike, and
        // padding as an empty one does.
        let further = memchr::memmem::find(&self.file[1..], gunzip::MEMBER).is_some();
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
fn refuse_other_packing(bytes: &[u8]) -> io::Result<()> {
    match recognise(&bytes[..bytes.len().min(packing::HEAD_BYTES)]) {
        Some(packing) => Err(packing.into()),
        None => Ok(()),
    }
}

/// Bytes whose start has been looked at.
struct Peeked<'a> {
    head: io::Cursor<Vec<u8>>,
    /// The error that ended the reading of the start, returned after it.
    failed: Option<io::Error>,
    rest: Box<dyn Read + 'a>,
}

/// Bytes by which most formats are recognised; if a live source pauses after them, no more are awaited.
const SNIFF_BYTES: usize = 64;

impl<'a> Peeked<'a> {
    fn new(mut rest: Box<dyn Read + 'a>, live: bool) -> Self {
        let wanted = packing::HEAD_BYTES;
        let mut head = vec![0; wanted];
        let (mut filled, mut failed) = (0, None);
        while filled < if live { SNIFF_BYTES } else { wanted } {
            match rest.read(&mut head[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        head.truncate(filled);
        Self { head: io::Cursor::new(head), failed, rest }
    }

    fn head(&self) -> &[u8] {
        self.head.get_ref()
    }

    /// Returns the error of a source that gave nothing at all, unless it was stopped.
    fn fail_if_nothing_was_read(&mut self) -> io::Result<()> {
        match self.failed.take() {
            Some(error) if self.head().is_empty() && !is_fault(&error) => Err(error),
            failed => {
                self.failed = failed;
                Ok(())
            }
        }
    }
}

fn is_fault(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Fault>())
}

impl Read for Peeked<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.head.read(into)? {
            0 => match self.failed.take() {
                Some(error) => Err(error),
                None => self.rest.read(into),
            },
            count => Ok(count),
        }
    }
}

impl<'a> Input<'a> {
    fn new(
        window: &'a mut Vec<u8>,
        end: usize,
        rest: Option<Box<dyn Read + 'a>>,
        stop: &'a AtomicBool,
    ) -> Self {
        Self {
            window,
            start: 0,
            end,
            dropped: 0,
            rest,
            live: false,
            last_record: 0,
            stop,
            damage: None,
        }
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

    /// Notes that the window begins with a record.
    pub fn note_record(&mut self) {
        self.last_record = self.dropped;
    }

    /// Whether nothing can be added to the window.
    pub fn at_end(&self) -> bool {
        self.rest.is_none()
    }

    /// Adds bytes to the window, at least one unless the source ends. A source that fails ends where
    /// it fails; [`Self::damage`] then has the reason.
    pub fn grow(&mut self) {
        let Some(rest) = &mut self.rest else { return };
        if self.stop.load(Ordering::Relaxed) {
            self.damage = Some(Fault::stopped());
            return self.rest = None;
        }
        // A file has an end, a stream need not have one.
        let barren = self.dropped + (self.end - self.start) as u64 - self.last_record;
        if self.live && barren > MAX_BARREN_BYTES {
            let reason = format!(
                "no record in the last {} MiB of the stream: reading ends here",
                MAX_BARREN_BYTES >> 20
            );
            self.damage = Some(Fault::new(FaultKind::Barren, reason));
            return self.rest = None;
        }
        if self.start > 0 {
            self.window.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        // Doubling keeps a value that is scanned again after each step linear in its size.
        let wanted = self.end + READ_STEP_BYTES.max(self.end);
        if self.window.len() < wanted {
            self.window.resize(wanted, 0);
        }
        while self.end < wanted {
            match rest.read(&mut self.window[self.end..wanted]) {
                Ok(0) => return self.rest = None,
                Ok(count) => {
                    self.end += count;
                    if self.live {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.damage = Some(Fault::of(error));
                    return self.rest = None;
                }
            }
        }
    }

    /// Whether the user ended the source; what is missing from its last value is not damage.
    pub fn is_stopped(&self) -> bool {
        self.damage.as_ref().is_some_and(|fault| fault.kind == FaultKind::Stopped)
    }

    /// Takes what is wrong with the packing of the source, or ended it before its time: a truncated
    /// or corrupt gzip stream, an error of the system, the user.
    pub fn damage(&mut self) -> Option<Fault> {
        self.damage.take()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Packing, discover};
    use super::*;
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

    /// Everything in a file with these bytes, and what damaged it.
    fn read(packed: &[u8]) -> io::Result<(Vec<u8>, Option<Fault>)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, packed).unwrap();
        let found = discover(&[path]).unwrap();
        let mut opener = Opener::default();
        Ok(drain(opener.open(&found.sources[0])?))
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
        let reason =
            "the gzip member at byte 0 of the packed file does not agree with its checksum";
        damaged(&bad, b"one", FaultKind::Checksum, reason);
        let three = [bad.clone(), bad.clone(), gzip(b"two")].concat();
        damaged(
            &three,
            b"oneonetwo",
            FaultKind::Checksum,
            &format!("{reason} (and 1 more like it)"),
        );
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
        for layers in 1..=MAX_LAYERS {
            packed = gzip(&packed);
            assert_eq!(read(&packed).unwrap(), (text.clone(), None), "{layers}");
        }
        let error = read(&gzip(&packed)).unwrap_err();
        assert_eq!(Packing::of(&error).unwrap().name, "gzip");
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
        let zstd = b"\x28\xb5\x2f\xfdrest";
        for packed in
            [zstd.to_vec(), gzip(zstd), gzip(&gzip(zstd)), [gzip(zstd), gzip(b"")].concat()]
        {
            let error = read(&packed).unwrap_err();
            assert_eq!(Packing::of(&error).unwrap().name, "zstd");
            assert_eq!(error.kind(), io::ErrorKind::Unsupported);
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
                let mut opener = Opener::counting(Arc::clone(&read));
                assert!(drain(opener.open(&found.sources[0]).unwrap()) == (text.clone(), None));
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
                let (bytes, fault) = drain(opener.open_until(&found.sources[0], &stop).unwrap());
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
            let piece = [b'a'; 100];
            let writer = thread::spawn(move || {
                let mut pipe = File::options().write(true).open(path).unwrap();
                pipe.write_all(&piece).unwrap();
                pipe
            });
            let mut input = opener.open_until(&found.sources[0], &stop).unwrap();
            input.grow();
            assert_eq!(input.bytes(), piece);
            let _open = writer.join().unwrap();
            stop.store(true, Ordering::Relaxed);
            input.grow();
            assert!(input.at_end());
            let stopped = input.damage().unwrap().kind;
            assert_eq!((input.bytes(), stopped), (&piece[..], FaultKind::Stopped));
        }

        #[test]
        fn what_the_system_says_of_a_pipe_is_an_error() {
            let gone = Source::pipe(PathBuf::from("no/such/pipe"));
            let error = Opener::default().open(&gone).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
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
            let _ = read(&[gunzip::MAGIC, &bytes].concat());
            let _ = read(&[&gzip(b"x")[..], &bytes].concat());
        }
    }
}
