//! Reads from what may block (a pipe, a terminal, a device), so that the waiting can be
//! cancelled.

use super::fault::Fault;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// Bytes that are read at a time.
const PIECE_BYTES: usize = 64 << 10;
/// Pieces that may be queued.
const MAX_WAITING_PIECES: usize = 16;
/// How often a waiting reader checks whether to stop.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// How long a source may pause before the bytes that have come are returned.
const MAX_PAUSE: Duration = Duration::from_millis(20);

/// What is read.
#[derive(Debug)]
pub(super) enum Origin {
    Stdin,
    /// A pipe with a name, or a device.
    Path(PathBuf),
}

/// A source that a thread of its own opens and reads. The thread ends when the reading process does,
/// or with its source, or when the receiver is dropped.
pub(super) struct Live<'a> {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    /// An error that is returned after the bytes before it.
    failed: Option<io::Error>,
    stop: &'a AtomicBool,
}

impl<'a> Live<'a> {
    /// Starts to read `origin`, until `stop` is set.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(origin: Origin, stop: &'a AtomicBool) -> io::Result<Self> {
        let (sender, pieces) = sync_channel(MAX_WAITING_PIECES);
        thread::Builder::new().name("live input".to_owned()).spawn(move || match origin {
            Origin::Stdin => send(io::stdin(), &sender),
            Origin::Path(path) => match File::open(path) {
                Ok(file) => send(file, &sender),
                Err(error) => drop(sender.send(Err(error))),
            },
        })?;
        Ok(Self { pieces, piece: io::Cursor::default(), failed: None, stop })
    }

    /// Waits for the next piece; `None` at the end of the source.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Fault::stopped().into());
            }
            match self.pieces.recv_timeout(STOP_CHECK_INTERVAL) {
                Ok(piece) => return piece.map(Some),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    /// Returns the next piece if it comes without a pause.
    fn next_soon(&mut self) -> Option<Vec<u8>> {
        match self.pieces.recv_timeout(MAX_PAUSE) {
            Ok(Ok(piece)) => Some(piece),
            Ok(Err(error)) => {
                self.failed = Some(error);
                None
            }
            Err(_) => None,
        }
    }
}

/// Reads to the end, to an error, or until the receiver is dropped.
fn send(mut from: impl Read, to: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let read = from.read(&mut piece);
        let sent = match read {
            Ok(0) => return,
            Ok(count) => {
                piece.truncate(count);
                to.send(Ok(piece))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                drop(to.send(Err(error)));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

impl Read for Live<'_> {
    /// Fills `into`, or as much of it as comes without a pause.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut filled = self.piece.read(into)?;
        while filled < into.len() {
            let piece = if filled == 0 { self.next()? } else { self.next_soon() };
            let Some(piece) = piece else { break };
            self.piece = io::Cursor::new(piece);
            filled += self.piece.read(&mut into[filled..])?;
        }
        Ok(filled)
    }
}
