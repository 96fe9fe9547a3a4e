//! Where data goes: to standard output, through a pager where an answer is longer than the screen.

use super::env;
use super::interrupt;
use super::progress::QueryBar;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::process::{Child, Command, Stdio};

/// Rows and columns of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Screen {
    pub(super) rows: u16,
    pub(super) columns: u16,
}

/// Data on its way out.
pub(super) struct Out {
    stdout: BufWriter<StdoutLock<'static>>,
    /// Holds an answer until it turns out how long it is.
    pub(super) page: Option<Page>,
    /// Removed before anything is printed to the terminal.
    pub(super) bar: Option<QueryBar>,
    pub(super) is_terminal: bool,
}

impl Out {
    pub(super) fn new(is_terminal: bool) -> Self {
        let stdout = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        Self { stdout, page: None, bar: None, is_terminal }
    }

    /// Ends an answer, waits for the pager, and returns whether it was closed before the end.
    pub(super) fn end_answer(&mut self) -> io::Result<bool> {
        self.bar = None;
        match self.page.take() {
            Some(page) => page.end(&mut self.stdout),
            None => Ok(false),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_terminal {
            self.bar = None;
        }
        match &mut self.page {
            Some(page) => page.write(bytes, &mut self.stdout),
            None => self.stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &self.page {
            Some(_) => Ok(()),
            None => self.stdout.flush(),
        }
    }
}

/// An answer that is held while it fits on the screen, and shown by the pager when it does not.
pub(super) struct Page {
    screen: Screen,
    state: State,
}

enum State {
    /// What fits so far.
    Held(Vec<u8>),
    Paged(Child),
    /// There is no pager.
    Direct,
    Left,
}

impl Page {
    pub(super) fn new(screen: Screen) -> Self {
        Self { screen, state: State::Held(Vec::new()) }
    }

    fn write(&mut self, bytes: &[u8], stdout: &mut dyn Write) -> io::Result<usize> {
        match &mut self.state {
            State::Held(held) => {
                held.extend_from_slice(bytes);
                if is_longer(held, self.screen) {
                    let held = std::mem::take(held);
                    self.state = match start() {
                        Some(pager) => State::Paged(pager),
                        None => State::Direct,
                    };
                    let mut rest = &held[..];
                    while !rest.is_empty() {
                        let written = self.write(rest, stdout)?;
                        rest = &rest[written..];
                    }
                }
                Ok(bytes.len())
            }
            State::Paged(pager) => {
                let written = match &mut pager.stdin {
                    Some(pipe) => pipe.write(bytes),
                    None => Ok(bytes.len()),
                };
                if written.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
                    wait(pager);
                    self.state = State::Left;
                }
                written
            }
            State::Direct => stdout.write(bytes),
            State::Left => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn end(self, stdout: &mut dyn Write) -> io::Result<bool> {
        match self.state {
            State::Held(held) => stdout.write_all(&held)?,
            State::Paged(mut pager) => wait(&mut pager),
            State::Direct => {}
            State::Left => return Ok(true),
        }
        stdout.flush()?;
        Ok(false)
    }
}

fn wait(pager: &mut Child) {
    drop(pager.stdin.take());
    // The pager's exit code does not matter here.
    let _ = interrupt::ignoring(|| pager.wait());
}

/// Starts the user's pager, or `less`; `None` if neither exists.
fn start() -> Option<Child> {
    let mut command = match env::pager() {
        Some(pager) if pager.is_empty() => return None,
        Some(pager) => {
            let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
            let mut command = Command::new(shell);
            command.arg(option).arg(pager);
            command.envs(env::less_options());
            command
        }
        None => {
            let mut command = Command::new("less");
            command.arg("-FRSX");
            command
        }
    };
    command.stdin(Stdio::piped()).spawn().ok()
}

/// Whether a text, and the line with its time, need more than the screen.
fn is_longer(text: &[u8], screen: Screen) -> bool {
    let most = usize::from(screen.rows.saturating_sub(2)).max(1);
    let columns = usize::from(screen.columns).max(1);
    // More bytes than this need more than the screen, whatever they are.
    if text.len() > most * columns * 16 {
        return true;
    }
    let text = String::from_utf8_lossy(text);
    let rows = |line: &str| console::measure_text_width(line).div_ceil(columns).max(1);
    text.lines().map(rows).sum::<usize>() > most
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Screen = Screen { rows: 5, columns: 10 };

    #[test]
    fn what_fits_is_printed() {
        let mut out = Vec::new();
        let mut page = Page::new(SCREEN);
        assert_eq!(page.write("1\n2\né\n".as_bytes(), &mut out).unwrap(), 7);
        assert!(out.is_empty());
        assert!(!page.end(&mut out).unwrap());
        assert_eq!(out, "1\n2\né\n".as_bytes());
    }

    #[test]
    fn lines_are_counted_as_the_terminal_breaks_them() {
        for (text, longer) in [
            ("1\n2\n3\n", false),
            ("1\n2\n3\n4\n", true),
            ("0123456789\n0123456789\n3", false),
            ("0123456789x\n0123456789\n3", true),
            ("漢字漢字漢\n2\n3", false),
            ("漢字漢字漢x\n2\n3", true),
        ] {
            assert_eq!(is_longer(text.as_bytes(), SCREEN), longer, "{text}");
        }
        assert!(is_longer(&[b'x'; 1_000], SCREEN));
    }
}
