//! Bytes whose start has been looked at.

use super::super::fault::Fault;
use super::super::packing::HEAD_BYTES;
use std::io::{self, Read};

/// Bytes by which most formats are recognised; if a live source pauses after them, no more are awaited of JSON.
const SNIFF_BYTES: usize = 64;

/// Bytes whose start has been looked at.
pub(super) struct Peeked<'a> {
    head: io::Cursor<Vec<u8>>,
    /// The error that ended the reading of the start, returned after it.
    failed: Option<io::Error>,
    rest: Box<dyn Read + 'a>,
}

impl<'a> Peeked<'a> {
    /// Looks at the start of `rest`. Where this may block (`live`), JSON is not awaited for long.
    pub(super) fn new(mut rest: Box<dyn Read + 'a>, live: bool) -> Self {
        let mut head = vec![0; HEAD_BYTES];
        let (mut filled, mut failed) = (0, None);
        let is_enough = |head: &[u8]| live && head.len() >= SNIFF_BYTES && may_be_json(head);
        while filled < HEAD_BYTES && !is_enough(&head[..filled]) {
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

    /// Returns the start.
    pub(super) fn head(&self) -> &[u8] {
        self.head.get_ref()
    }

    /// Returns the error of a source that gave nothing at all, unless that is a fault of its packing.
    pub(super) fn fail_if_nothing_was_read(&mut self) -> io::Result<()> {
        let is_fault = |error: &io::Error| error.get_ref().is_some_and(|inner| inner.is::<Fault>());
        match self.failed.take() {
            Some(error) if self.head().is_empty() && !is_fault(&error) => Err(error),
            failed => {
                self.failed = failed;
                Ok(())
            }
        }
    }
}

fn may_be_json(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    matches!(text.first(), Some(b'{' | b'[') | None)
}

impl Read for Peeked<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.head.read(into)? {
            0 if !into.is_empty() => match self.failed.take() {
                Some(error) => Err(error),
                None => self.rest.read(into),
            },
            count => Ok(count),
        }
    }
}
