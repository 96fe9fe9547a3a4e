//! The one place that writes to standard output and standard error.

use super::exit::Failure;
use super::out::{Out, Page, Screen};
use super::output_file::OutputFile;
use super::progress::QueryBar;
use super::texts::MARK;
use crate::engine::Watch;
use crate::output::chart::{ChartKind, Charts, Keeping};
use crate::output::{
    AnswerWriter, Layout, Nulls, OutputFormat, WriterOptions, check, visible, visible_json, writer,
};
use console::{Style, Term};
use std::io::Write;
use std::process::ExitCode;

/// Writes data to standard output, talk to standard error.
pub(super) struct Printer {
    out: Out,
    /// Takes answers in place of standard output, whole or not at all.
    file: Option<OutputFile>,
    /// What is added to answers; the terminal is in `screen`.
    options: WriterOptions,
    /// The terminal that standard output is, if it is one.
    screen: Option<Screen>,
    talk: Term,
    /// Whether answers longer than the screen go through a pager.
    pub(super) pages: bool,
    /// How tables are arranged.
    pub(super) layout: Layout,
    /// What records show of columns that are NULL.
    pub(super) nulls: Nulls,
    /// Whether the charts of the last answer are kept.
    pub(super) keeps_charts: bool,
    charts: Option<Charts>,
}

impl Printer {
    pub(super) fn new() -> Self {
        let screen = screen();
        Self {
            out: Out::new(screen.is_some()),
            file: None,
            options: WriterOptions::default(),
            screen,
            talk: Term::stderr(),
            pages: false,
            layout: Layout::Auto,
            nulls: Nulls::Hidden("--nulls shows them"),
            keeps_charts: false,
            charts: None,
        }
    }

    /// Whether a person reads standard error.
    pub(super) fn talks_to_terminal(&self) -> bool {
        self.talk.is_term()
    }

    /// Whether a person reads standard output.
    pub(super) fn prints_to_terminal(&self) -> bool {
        self.screen.is_some()
    }

    /// Columns of the terminal that standard output is, if it is one.
    pub(super) fn width(&self) -> Option<u16> {
        self.screen.map(|screen| screen.columns)
    }

    /// Sets what is added to answers from now on, and the file they go to, if not standard output.
    pub(super) fn set_answers(&mut self, options: WriterOptions, file: Option<OutputFile>) {
        self.options = options;
        self.file = file;
    }

    /// Sets the title of pages and pictures from now on.
    pub(super) fn set_title(&mut self, title: String) {
        self.options.title = title;
    }

    /// The file that answers go to, if they do not go to standard output.
    pub(super) fn file(&mut self) -> Option<&mut OutputFile> {
        self.file.as_mut()
    }

    /// Sends answers to standard output again, and returns the file.
    pub(super) fn take_file(&mut self) -> Option<OutputFile> {
        self.file.take()
    }

    /// Checks that answers can be written in `format` to where they go.
    pub(super) fn check(&self, format: OutputFormat) -> Result<(), Failure> {
        Ok(check(format, &self.options_for(self.answer_screen()))?)
    }

    /// The terminal that answers go to.
    fn answer_screen(&self) -> Option<Screen> {
        self.screen.filter(|_| self.file.is_none())
    }

    fn options_for(&self, screen: Option<Screen>) -> WriterOptions {
        // A pager shows long lines as they are.
        let whole = self.pages && self.layout == Layout::Columns;
        WriterOptions {
            terminal: screen.filter(|_| !whole).map(|screen| screen.columns),
            colour: screen.is_some() && console::colors_enabled(),
            layout: self.layout,
            nulls: self.nulls,
            ..self.options.clone()
        }
    }

    /// Returns a writer of an answer, and shows until its first row how far the query is. On a terminal the column
    /// `aside` stands behind the others.
    pub(super) fn answer(
        &mut self,
        format: OutputFormat,
        query: Watch,
        aside: Option<usize>,
    ) -> Result<Box<dyn AnswerWriter + '_>, Failure> {
        if self.screen.is_some() {
            self.screen = screen(); // it may have another size by now
        }
        let screen = self.answer_screen();
        let aside = aside.filter(|_| screen.is_some());
        let options = WriterOptions { aside, ..self.options_for(screen) };
        self.out.page = screen.filter(|_| self.pages).map(Page::new);
        self.out.bar = self.talk.is_term().then(|| QueryBar::new(query));
        let writer = match &mut self.file {
            Some(file) => writer(format, file, &options)?,
            None => writer(format, &mut self.out, &options)?,
        };
        Ok(match self.keeps_charts {
            true => Box::new(Keeping::new(writer, &mut self.charts)),
            false => writer,
        })
    }

    /// Draws the last answer, as `kind` or as what suits it.
    pub(super) fn draw(&mut self, kind: Option<ChartKind>) -> Result<(), Failure> {
        let charts = self.charts.as_ref().ok_or_else(|| {
            Failure::Usage("there is no answer to draw yet: run a statement first".to_owned())
        })?;
        let colour = self.screen.is_some() && console::colors_enabled();
        let text = charts.draw(kind, self.width(), colour)?;
        self.out.write_all(text.as_bytes()).map_err(Failure::Print)
    }

    /// Gives the file of answers its name, if there is one.
    pub(super) fn persist_file(&mut self) -> Result<(), Failure> {
        self.file.take().map_or(Ok(()), OutputFile::persist)
    }

    /// Ends an answer, complete or not, and returns whether the pager was closed before the end.
    pub(super) fn end_answer(&mut self) -> Result<bool, Failure> {
        self.out.end_answer().map_err(Failure::Print)
    }

    /// Prints a line of data.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.out, "{text}").map_err(Failure::Print)
    }

    /// Prints a value as pretty JSON.
    pub(super) fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        self.json_text(serde_json::to_vec_pretty(value))
    }

    /// Prints a value as JSON in one line, for those who read one value after the other.
    pub(super) fn json_line(&mut self, value: &impl serde::Serialize) -> Result<(), Failure> {
        self.json_text(serde_json::to_vec(value))
    }

    fn json_text(&mut self, text: serde_json::Result<Vec<u8>>) -> Result<(), Failure> {
        let mut text = text.map_err(|error| Failure::Print(error.into()))?;
        text.push(b'\n');
        self.out.write_all(&visible_json(&text)).map_err(Failure::Print)
    }

    /// Sends on what is printed so far.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::Print)
    }

    /// Says something to the person at the terminal.
    pub(super) fn say(&mut self, text: &str) {
        self.out.bar = None;
        let _ = self.flush();
        // If this cannot be written, there is nowhere to say so.
        let _ = writeln!(self.talk, "{}", visible_lines(text));
    }

    fn labelled(&mut self, label: &str, style: &Style, text: &str) {
        let label = style.apply_to(format!("{label}:"));
        self.out.bar = None;
        let _ = self.flush();
        let _ = writeln!(self.talk, "{label} {}", visible_lines(text));
    }

    /// Prints a warning.
    pub(super) fn warn(&mut self, text: &str) {
        self.labelled("warning", &Style::new().for_stderr().yellow().bold(), text);
    }

    /// Prints a remark that is not a warning.
    pub(super) fn note(&mut self, text: &str) {
        self.labelled("note", &Style::new().for_stderr().cyan().bold(), text);
    }

    /// Prints an error.
    pub(super) fn failure(&mut self, failure: &Failure) {
        self.labelled("error", &Style::new().for_stderr().red().bold(), &failure.to_string());
    }

    /// Prints clap's help, version or complaint where it belongs.
    pub(super) fn usage(&mut self, error: &clap::Error) -> ExitCode {
        let text = error.to_string();
        // Messages show a text as it was typed.
        let _ = match text.contains(MARK) {
            true => write!(self.talk, "{}", visible_lines(&text.replace(MARK, ""))),
            false => error.print(),
        };
        ExitCode::from(if error.use_stderr() { 2 } else { 0 })
    }
}

fn screen() -> Option<Screen> {
    let terminal = Term::stdout();
    terminal.is_term().then(|| {
        let (rows, columns) = terminal.size_checked().unwrap_or((24, 80));
        Screen { rows, columns }
    })
}

/// Line by line, as our own messages have several.
fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}
