//! The REPL: type SQL, read answers.
//!
//! `session` runs statements and commands, from the terminal, a file or a pipe. Around the line
//! editor stand `completer`, `highlighter`, `validator`, `history` and `prompt`; `dot` knows the
//! commands, `menu` shows completions, and `occurring` tells what is in the store.

mod completer;
mod dot;
mod highlighter;
mod history;
mod menu;
mod occurring;
mod output;
mod prompt;
mod session;
mod validator;

use super::args::Leniency;
use super::exit::Failure;
use super::interrupt;
use super::printer::Printer;
use super::script::Script;
use super::settings::Settings;
use crate::engine::text;
use completer::SqlCompleter;
use etcetera::BaseStrategy as _;
use highlighter::SqlHighlighter;
use history::DistinctHistory;
use menu::QuietMenu;
use nu_ansi_term::{Color, Style};
use prompt::StorePrompt;
use reedline::{
    ColumnarMenu, DefaultHinter, EditCommand, Emacs, KeyCode, KeyModifiers, MenuBuilder, Reedline,
    ReedlineEvent, ReedlineMenu, Signal, default_emacs_keybindings,
};
use session::{HIDDEN_NULLS, Session};
use std::io::IsTerminal;
use std::sync::Arc;

const MENU: &str = "completion";
/// Columns of a terminal whose width is unknown.
const DEFAULT_COLUMNS: u16 = 80;

/// Runs the REPL on a terminal; without one, runs the statements of standard input.
pub(super) fn start(
    settings: &Settings,
    store: Option<&str>,
    leniency: Leniency,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let mut session = Session::open(settings, store, leniency)?;
    printer.nulls = HIDDEN_NULLS;
    printer.keeps_charts = true;
    if !std::io::stdin().is_terminal() {
        let script = Script::standard_input()?;
        let ran = session.run_all(&script, printer).and_then(|_| session.close(printer));
        if ran.is_err() {
            session.abandon(printer);
        }
        return ran.and_then(|()| printer.flush());
    }
    printer.pages = true;
    session.timing = printer.prints_to_terminal();
    printer.say(&session.welcome());
    let ended = read_and_run(settings, &mut session, printer);
    // However the session ends, the answers in its file are complete.
    ended.and(session.close(printer))
}

/// Reads and runs what is typed, until the user quits or the terminal is gone.
fn read_and_run(
    settings: &Settings,
    session: &mut Session<'_>,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let history = match settings.lake_dir() {
        Ok(lake) => DistinctHistory::in_file(&lake.join("history.txt")),
        Err(_) => DistinctHistory::in_memory(),
    };
    let history = history.or_else(|error| {
        printer.warn(&format!("the history is not kept: {error}"));
        DistinctHistory::in_memory()
    });
    let history =
        history.map_err(|error| Failure::Io(format!("cannot open the history: {error}")))?;
    let mut editor = editor(history, session);
    loop {
        interrupt::listen();
        let columns =
            console::Term::stdout().size_checked().map_or(DEFAULT_COLUMNS, |(_, width)| width);
        let prompt = StorePrompt::new(session.store_name(), columns);
        let text = match interrupt::reading(|| editor.read_line(&prompt)) {
            Ok(Signal::Success(text)) => text,
            Ok(Signal::CtrlC) => continue,
            Ok(Signal::ExternalBreak(_)) => {
                printer.say(""); // ends the line that was being typed
                return Err(Failure::Interrupted);
            }
            Ok(_) => return Ok(()),
            Err(_) if !std::io::stdin().is_terminal() => return Ok(()),
            Err(error) => {
                return Err(Failure::Io(format!("cannot read from the terminal: {error}")));
            }
        };
        // At once, as a terminal may be closed at any time. A full disk must not end the session.
        let _ = editor.sync_history();
        match session.run_all(&Script::typed(&text), printer) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(failure) if failure.is_broken_pipe() => return Err(failure),
            Err(Failure::PagerClosed) => {}
            Err(failure) => {
                printer.failure(&failure);
                if let Some(repair) = failure.repair() {
                    // Ready to be run, or changed.
                    let repair = EditCommand::InsertString(text::ended(repair));
                    editor.run_edit_commands(&[repair]);
                }
            }
        }
        if !std::io::stdin().is_terminal() {
            return Ok(());
        }
    }
}

fn editor(history: DistinctHistory, session: &Session<'_>) -> Reedline {
    let colours = console::colors_enabled();
    let mut keys = default_emacs_keybindings();
    let complete = vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext];
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, ReedlineEvent::UntilFound(complete));
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    let menu = ColumnarMenu::default()
        .with_name(MENU)
        .with_marker("> ")
        .with_text_style(Style::new())
        .with_selected_text_style(Style::new().reverse())
        .with_match_text_style(Style::new())
        .with_selected_match_text_style(Style::new().reverse())
        .with_description_text_style(Style::new().dimmed());
    let completer = SqlCompleter { names: session.names(), awaited: None };
    let editor = Reedline::create()
        .with_history(Box::new(history))
        .with_validator(Box::new(validator::Statement))
        .with_highlighter(Box::new(SqlHighlighter { colours }))
        .with_completer(Box::new(completer))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(QuietMenu::new(menu))))
        .with_edit_mode(Box::new(Emacs::new(keys)))
        .with_break_signal(Arc::clone(interrupt::listen()))
        .use_bracketed_paste(true);
    if !colours {
        return editor; // a hint would look as if it were typed
    }
    let hint = Style::new().fg(Color::DarkGray);
    editor.with_hinter(Box::new(DefaultHinter::default().with_style(hint).with_min_chars(2)))
}

/// A path with the user's home folder in place of `~`.
fn expanded(path: &str) -> String {
    let home = || Some(etcetera::choose_base_strategy().ok()?.home_dir().display().to_string());
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            home().map_or_else(|| path.to_owned(), |home| home + rest)
        }
        _ => path.to_owned(),
    }
}
