//! The bytes of a file as the body of an answer, read piece by piece as the client takes them.

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes that are read at a time.
const PIECE: u64 = 256 << 10;

/// It tells its length before it is read: so the answer does, and its end is known with its last piece.
#[derive(Debug)]
pub(super) struct FileBody {
    left: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting(File),
    Reading(JoinHandle<io::Result<(File, Vec<u8>)>>),
    Failed,
}

impl FileBody {
    /// The bytes of `range`.
    pub(super) fn new(mut file: File, range: Range<u64>) -> io::Result<Self> {
        file.seek(SeekFrom::Start(range.start))?;
        let left = range.end.saturating_sub(range.start);
        Ok(Self { left, state: State::Waiting(file) })
    }
}

/// Reads the next piece on a thread that may wait for it.
fn read(file: File, left: u64) -> JoinHandle<io::Result<(File, Vec<u8>)>> {
    spawn_blocking(move || {
        let wanted = left.min(PIECE);
        let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
        (&file).take(wanted).read_to_end(&mut bytes)?;
        // The file became shorter. The client must not take what it got for all of it.
        if bytes.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok((file, bytes)) }
    })
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut reading = match std::mem::replace(&mut self.state, State::Failed) {
            State::Waiting(file) => read(file, self.left),
            State::Reading(reading) => reading,
            State::Failed => return Poll::Ready(None),
        };
        let outcome = match Pin::new(&mut reading).poll(cx) {
            Poll::Pending => {
                self.state = State::Reading(reading);
                return Poll::Pending;
            }
            Poll::Ready(outcome) => outcome,
        };
        match outcome.map_err(io::Error::other).flatten() {
            Ok((file, bytes)) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                self.state = State::Waiting(file);
                Poll::Ready(Some(Ok(Frame::data(bytes.into()))))
            }
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
