//! The one place that writes to standard output and standard error.

use super::exit::Failure;
use super::output_file::OutputFile;
use crate::output::{AnswerWriter, OutputFormat, WriterOptions, check, visible, writer};
use console::{Style, Term};
use std::io::{self, BufWriter, StdoutLock, Write};
use std::process::ExitCode;

/// Writes data to standard output, talk to standard error.
pub(super) struct Printer {
    out: BufWriter<StdoutLock<'static>>,
    file: Option<OutputFile>,
    options: WriterOptions,
    talk: Term,
}

impl Printer {
    pub(super) fn new() -> Self {
        let terminal = Term::stdout();
        let width =
            terminal.is_term().then(|| terminal.size_checked().map_or(80, |(_, width)| width));
        let colour = width.is_some() && console::colors_enabled();
        Self {
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            file: None,
            options: WriterOptions { terminal: width, colour, ..WriterOptions::default() },
            talk: Term::stderr(),
        }
    }

    /// Whether a person reads standard error.
    pub(super) fn talks_to_terminal(&self) -> bool {
        self.talk.is_term()
    }

    /// Whether a person reads standard output.
    pub(super) fn prints_to_terminal(&self) -> bool {
        self.options.terminal.is_some()
    }

    /// Columns of the terminal that standard output is, if it is one.
    pub(super) fn width(&self) -> Option<u16> {
        self.options.terminal
    }

    /// Says how answers are written from now on, and to which file, if not to standard output.
    pub(super) fn set_answers(&mut self, options: WriterOptions, file: Option<OutputFile>) {
        let WriterOptions { terminal, colour, .. } = self.options;
        self.options = WriterOptions { terminal, colour, ..options };
        self.file = file;
    }

    /// Tells whether answers can go in `format` to where they go.
    pub(super) fn check(&self, format: OutputFormat) -> Result<(), Failure> {
        match &self.file {
            Some(_) => check(format, &in_file(&self.options))?,
            None => check(format, &self.options)?,
        }
        Ok(())
    }

    /// Returns a writer of an answer to standard output, or to the file that was set.
    pub(super) fn answer(
        &mut self,
        format: OutputFormat,
    ) -> Result<Box<dyn AnswerWriter + '_>, Failure> {
        Ok(match &mut self.file {
            Some(file) => writer(format, file, &in_file(&self.options))?,
            None => writer(format, &mut self.out, &self.options)?,
        })
    }

    /// Gives the file of answers its name, if there is one.
    pub(super) fn keep_file(&mut self) -> Result<(), Failure> {
        self.file.take().map_or(Ok(()), OutputFile::keep)
    }

    /// Prints a line of data.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.out, "{text}").map_err(Failure::Print)
    }

    /// Prints a value as pretty JSON.
    pub(super) fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|e| Failure::Print(e.into()))?;
        self.line(&text)
    }

    /// Sends on what is printed so far.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::Print)
    }

    /// Says something to the person at the terminal.
    pub(super) fn say(&mut self, text: &str) {
        let _ = self.flush();
        // Nobody is left to be told that talk cannot be written.
        let _ = writeln!(self.talk, "{}", visible_lines(text));
    }

    fn labelled(&mut self, label: &str, style: &Style, text: &str) {
        let label = style.apply_to(format!("{label}:"));
        let _ = self.flush();
        let _ = writeln!(self.talk, "{label} {}", visible_lines(text));
    }

    /// Warns.
    pub(super) fn warn(&mut self, text: &str) {
        self.labelled("warning", &Style::new().for_stderr().yellow().bold(), text);
    }

    /// Tells what went wrong.
    pub(super) fn failure(&mut self, failure: &Failure) {
        self.labelled("error", &Style::new().for_stderr().red().bold(), &failure.to_string());
    }

    /// Prints clap's help, version or complaint where it belongs.
    pub(super) fn usage(&mut self, error: &clap::Error) -> ExitCode {
        let _ = error.print();
        ExitCode::from(if error.use_stderr() { 2 } else { 0 })
    }
}

/// The options, without a terminal.
fn in_file(options: &WriterOptions) -> WriterOptions {
    WriterOptions { terminal: None, colour: false, ..options.clone() }
}

/// Line by line, as our own messages have several.
fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}
