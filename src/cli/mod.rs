//! The command line: arguments become settings, commands call the stations and print answers and messages.
//!
//! Nothing below this station prints, exits or knows a terminal. Standard output is data, standard
//! error is talk.

mod args;
mod clock;
mod commands;
mod env;
mod exit;
mod interrupt;
mod out;
mod output_file;
mod printer;
mod progress;
mod repl;
mod run_query;
mod script;
mod settings;
mod texts;

use clap::{CommandFactory, Parser};
use exit::Failure;
use printer::Printer;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program and returns its exit code: 0 done, 1 the query or the input failed, 2 wrong
/// usage, 3 the lake is damaged, 4 interrupted. A reader that closes the pipe early is not a failure.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    if let Some(fault) = env::fault() {
        crate::store::fault::ask(&fault);
    }
    let mut printer = Printer::new();
    let arguments = texts::marked(arguments, &args::Arguments::command());
    let arguments = match args::Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return printer.usage(&error),
    };
    match dispatch(arguments, &mut printer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_broken_pipe() {
                printer.failure(&failure);
            }
            failure.exit_code()
        }
    }
}

fn dispatch(arguments: args::Arguments, printer: &mut Printer) -> Result<(), Failure> {
    let settings = settings::Settings::resolve(&arguments.global)?;
    match arguments.command {
        None => repl::start(&settings, None, args::Leniency::default(), printer),
        Some(args::Command::Repl(a)) => {
            repl::start(&settings, a.store.as_deref(), a.leniency, printer)
        }
        Some(args::Command::Import(a)) => commands::import::run(&settings, &a, printer),
        Some(args::Command::Query(a)) => commands::query::run(&settings, &a, printer),
        Some(args::Command::Translate(a)) => commands::translate::run(&settings, &a, printer),
        Some(args::Command::Store(a)) => commands::store::run(&settings, &a, printer),
        Some(args::Command::Imports(a)) => commands::imports::run(&settings, &a, printer),
        Some(args::Command::Source(a)) => commands::source::run(&settings, &a, printer),
        Some(args::Command::Watch(a)) => commands::watch::run(&settings, &a, printer),
        Some(args::Command::Serve(a)) => commands::serve::run(&settings, &a, printer),
        Some(args::Command::AccessKeys(a)) => commands::access_keys::run(&settings, &a, printer),
        Some(args::Command::Find(a)) => commands::find::run(&settings, &a, printer),
        Some(args::Command::Timeline(a)) => commands::timeline::run(&settings, &a, printer),
        Some(args::Command::LookupEvents(a)) => {
            commands::lookup_events::run(&settings, &a, printer)
        }
        Some(args::Command::Summary(a)) => commands::summary::run(&settings, &a, printer),
        Some(args::Command::Saved(a)) => commands::saved::run(&settings, &a, printer),
        Some(args::Command::ValidateLogs(a)) => {
            commands::validate_logs::run(&settings, &a, printer)
        }
        Some(args::Command::Inspect(a)) => commands::inspect::run(&a, printer),
        Some(args::Command::Bench(a)) => commands::bench::run(&settings, &a, printer),
        Some(args::Command::Completions(a)) => commands::manual::completions(&a, printer),
        Some(args::Command::Man(a)) => commands::manual::pages(&a, printer),
        Some(args::Command::Synth(a)) => commands::synth::run(&settings, &a, printer),
    }
}
