//! The REPL: type SQL, read answers.

use super::commands::query::Source;
use super::exit::Failure;
use super::printer::Printer;
use super::run_query;
use super::settings::Settings;
use crate::engine::parameters::Parameters;
use crate::engine::{Engine, text};
use crate::output::{OUTPUT_FORMATS, OutputFormat};
use reedline::{
    DefaultPrompt, DefaultPromptSegment, FileBackedHistory, Reedline, Signal, ValidationResult,
    Validator,
};
use std::io::{IsTerminal, Read};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;

const HISTORY: usize = 10_000;

const HELP: &str = "\
Statements end with a semicolon or a blank line. The table is event_data_store.
  .tables          the stores of this lake
  .schema          the columns of event_data_store
  .format FORMAT   how to print answers: table, csv, json, jsonl
  .help            this text
  .quit            leave (or Ctrl-D)
Ctrl-C drops the line, or cancels the running query.";

/// Runs the REPL on a terminal; without one, runs the statements of standard input.
pub(super) fn start(
    settings: &Settings,
    store: Option<&str>,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let source = Source::open(settings, store)?;
    let engine = Engine::new(Arc::clone(&source.lake), source.current.clone(), settings.engine())?;
    let runtime = run_query::runtime(settings)?;
    let mut session = Session { engine, runtime, format: OutputFormat::Table };
    if !std::io::stdin().is_terminal() {
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|error| Failure::Io(format!("standard input: {error}")))?;
        for statement in text::statements(&text) {
            session.run(statement, printer)?;
        }
        return Ok(());
    }
    let store = source.current.as_ref().map_or("no store yet", |s| &s.name);
    printer.say(&format!(
        "traillake {}, event_data_store is {store}. .help for help, Ctrl-D to leave.",
        env!("CARGO_PKG_VERSION")
    ));
    session.talk(settings, printer)
}

struct Session {
    engine: Engine,
    runtime: Runtime,
    format: OutputFormat,
}

impl Session {
    fn talk(&mut self, settings: &Settings, printer: &mut Printer) -> Result<(), Failure> {
        let mut editor = Reedline::create().with_validator(Box::new(Statement));
        let history = settings.lake_dir()?.join("history.txt");
        match FileBackedHistory::with_file(HISTORY, history) {
            Ok(history) => editor = editor.with_history(Box::new(history)),
            Err(error) => printer.warn(&format!("the history is not kept: {error}")),
        }
        let prompt = DefaultPrompt::new(
            DefaultPromptSegment::Basic("traillake".to_owned()),
            DefaultPromptSegment::Empty,
        );
        loop {
            match editor.read_line(&prompt) {
                Ok(Signal::Success(text)) => {
                    if !self.take(text.trim(), printer)? {
                        return Ok(());
                    }
                }
                Ok(Signal::CtrlC) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(Failure::Io(format!("the terminal: {error}"))),
            }
        }
    }

    /// Takes what was typed; answers false to leave. What goes wrong is told, and the session goes on.
    fn take(&mut self, text: &str, printer: &mut Printer) -> Result<bool, Failure> {
        if let Some(command) = text.strip_prefix('.') {
            return self.command(command, printer);
        }
        if matches!(text.trim_end_matches(';').trim(), "quit" | "exit") {
            return Ok(false);
        }
        for statement in text::statements(text) {
            match self.run(statement, printer) {
                Ok(()) => {}
                Err(failure) if failure.is_broken_pipe() => return Err(failure),
                Err(failure) => {
                    printer.failure(&failure);
                    break;
                }
            }
        }
        Ok(true)
    }

    fn run(&self, statement: &str, printer: &mut Printer) -> Result<(), Failure> {
        let started = Instant::now();
        let rows = run_query::run(
            &self.runtime,
            &self.engine,
            statement,
            &Parameters::default(),
            self.format,
            printer,
        )?;
        if printer.prints_to_terminal() {
            let rows_word = if rows == 1 { "row" } else { "rows" };
            printer.say(&format!("{rows} {rows_word} in {:.3} s", started.elapsed().as_secs_f64()));
        }
        Ok(())
    }

    fn command(&mut self, command: &str, printer: &mut Printer) -> Result<bool, Failure> {
        let mut words = command.split_whitespace();
        match (words.next().unwrap_or_default(), words.next()) {
            ("quit" | "exit" | "q", _) => return Ok(false),
            ("help" | "h", _) => printer.say(HELP),
            ("tables", _) => return self.take(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'default';",
                printer,
            ),
            ("schema", _) => return self.take("DESCRIBE event_data_store;", printer),
            ("format", Some(name)) => match OutputFormat::from_name(name) {
                Some(format) => self.format = format,
                None => {
                    let names = OUTPUT_FORMATS.map(OutputFormat::name).join(", ");
                    printer.warn(&format!("there is no format {name:?}; there are {names}"));
                }
            },
            ("format", None) => printer.say(self.format.name()),
            (other, _) => printer.warn(&format!("there is no command .{other}; .help lists them")),
        }
        Ok(true)
    }
}

/// Enter ends the input where a statement ends; elsewhere it begins a new line.
struct Statement;

impl Validator for Statement {
    fn validate(&self, line: &str) -> ValidationResult {
        let trimmed = line.trim();
        let ends = trimmed.is_empty()
            || trimmed.starts_with('.')
            || matches!(trimmed, "quit" | "exit")
            || text::is_complete(line)
            || line.ends_with('\n');
        if ends { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}
