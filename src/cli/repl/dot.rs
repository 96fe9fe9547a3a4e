//! The commands that begin with a dot: their names, and what follows them.

use super::super::exit::Failure;
use crate::engine::words::{self, FunctionWords};
use crate::output::OUTPUT_FORMATS;

/// What the argument of a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    None,
    Chart,
    Command,
    Table,
    Store,
    File,
    Output,
    Format,
    Saved,
    Sql,
    OneOf(&'static [&'static str]),
}

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dot {
    AnyStore,
    Chart,
    Explain,
    Expanded,
    Format,
    Help,
    Import,
    Nulls,
    Output,
    Pager,
    Param,
    Quit,
    Read,
    Saved,
    Schema,
    Store,
    Tables,
    Timing,
    Translate,
}

impl Dot {
    /// Whether it tells a setting, and with a value changes it.
    pub(super) fn is_setting(self) -> bool {
        matches!(
            self,
            Self::AnyStore
                | Self::Expanded
                | Self::Nulls
                | Self::Pager
                | Self::Timing
                | Self::Translate
        )
    }
}

/// The description of a command.
pub(super) struct CommandInfo {
    pub(super) dot: Dot,
    pub(super) name: &'static str,
    /// How its arguments are written.
    pub(super) usage: &'static str,
    pub(super) argument: Argument,
    /// What it does, in a line.
    pub(super) what: &'static str,
    /// Further help.
    pub(super) more: &'static str,
}

/// All commands, by name.
pub(super) const COMMANDS: [CommandInfo; 19] = [
    CommandInfo {
        dot: Dot::AnyStore,
        name: "any-store",
        usage: "[on|off]",
        argument: Argument::OneOf(&["off", "on"]),
        what: "let ids of no store mean event_data_store",
        more: "",
    },
    CommandInfo {
        dot: Dot::Chart,
        name: "chart",
        usage: "[KIND] [SQL]",
        argument: Argument::Chart,
        what: "draw the last answer, or that of a statement",
        more: "\
KIND is bar (label, number), line (time, [series,] number), heatmap (row, column, number) or sparkline
(number); without it the columns decide, after a saved query the query. The format of answers stays.",
    },
    CommandInfo {
        dot: Dot::Expanded,
        name: "expanded",
        usage: "[on|off|auto]",
        argument: Argument::OneOf(&["auto", "off", "on"]),
        what: "print the columns of a row one below the other",
        more: "auto, as at the start: where the terminal is too narrow for them. With off, long lines are\ncut at the edge of the pager; the arrow keys move it.",
    },
    CommandInfo {
        dot: Dot::Explain,
        name: "explain",
        usage: "[--verbose] SQL",
        argument: Argument::Sql,
        what: "show how a statement would be run",
        more: "\
What is read and left out, and what is done with the rows: each step stands above those that it takes rows from.
With --verbose the engine's own plan, as EXPLAIN ...; has it. EXPLAIN ANALYZE ...; runs the statement and shows
how long each step took.",
    },
    CommandInfo {
        dot: Dot::Format,
        name: "format",
        usage: "[FORMAT]",
        argument: Argument::Format,
        what: "how to print answers",
        more: "",
    },
    CommandInfo {
        dot: Dot::Help,
        name: "help",
        usage: "[COMMAND|FUNCTION]",
        argument: Argument::Command,
        what: "this list, more about a command, or what a function takes",
        more: "",
    },
    CommandInfo {
        dot: Dot::Import,
        name: "import",
        usage: "PATH...",
        argument: Argument::File,
        what: "import event logs into the current store",
        more: "PATH is a file, a folder or a pattern. What is in the store already is not stored again.",
    },
    CommandInfo {
        dot: Dot::Nulls,
        name: "nulls",
        usage: "[on|off]",
        argument: Argument::OneOf(&["off", "on"]),
        what: "show columns that are NULL where they stand one below the other",
        more: "Off, as at the start, a row tells how many they are.",
    },
    CommandInfo {
        dot: Dot::Output,
        name: "output",
        usage: "[OPTION] [FILE|stdout]",
        argument: Argument::Output,
        what: "write answers to a file, or to the terminal again",
        more: "\
The extension decides the format: csv, tsv, json, jsonl, md, html, parquet, orc or arrow; with any
other, answers are written as .format says. The file is there, whole, once .output or the end of the
session ends it; an answer that fails is not in it. A file of json, html, parquet, orc or arrow
holds one answer. A file that is there stays, unless OPTION is --force, which replaces it once the
new one is whole, or --append, which adds to csv, tsv, jsonl, md or other text.",
    },
    CommandInfo {
        dot: Dot::Pager,
        name: "pager",
        usage: "[on|off]",
        argument: Argument::OneOf(&["off", "on"]),
        what: "show answers longer than the screen through $PAGER or less",
        more: "",
    },
    CommandInfo {
        dot: Dot::Param,
        name: "param",
        usage: "[NAME=VALUE...|clear]",
        argument: Argument::None,
        what: "give values to parameters such as $name, or list them",
        more: "Parameters are written $name, :name, ${name}, {{name}}, with quotes around or not; the first ? is 1.",
    },
    CommandInfo {
        dot: Dot::Quit,
        name: "quit",
        usage: "",
        argument: Argument::None,
        what: "leave (or quit, exit, Ctrl-D)",
        more: "",
    },
    CommandInfo {
        dot: Dot::Read,
        name: "read",
        usage: "FILE",
        argument: Argument::File,
        what: "run the statements and commands of a file",
        more: "The first one that fails ends it.",
    },
    CommandInfo {
        dot: Dot::Saved,
        name: "saved",
        usage: "[NAME [KEY=VALUE...]|search WORD...|show NAME]",
        argument: Argument::Saved,
        what: "list, run, search or show saved queries",
        more: "\
NAME is a name or a part of one; if several have it, they are listed. KEY is a parameter. search lists
those whose name, title, question or technique has all the words; show tells what a query asks, its
parameters and its SQL.",
    },
    CommandInfo {
        dot: Dot::Schema,
        name: "schema",
        usage: "[TABLE]",
        argument: Argument::Table,
        what: "the columns of a table [default: event_data_store]",
        more: "",
    },
    CommandInfo {
        dot: Dot::Store,
        name: "store",
        usage: "[NAME]",
        argument: Argument::Store,
        what: "show the current store, or make another one current",
        more: "NAME is a store's name or id. The table event_data_store means the current store.",
    },
    CommandInfo {
        dot: Dot::Tables,
        name: "tables",
        usage: "",
        argument: Argument::None,
        what: "the tables of this lake",
        more: "",
    },
    CommandInfo {
        dot: Dot::Timing,
        name: "timing",
        usage: "[on|off]",
        argument: Argument::OneOf(&["off", "on"]),
        what: "show after each answer how long it took",
        more: "",
    },
    CommandInfo {
        dot: Dot::Translate,
        name: "translate",
        usage: "[on|off]",
        argument: Argument::OneOf(&["off", "on"]),
        what: "run statements of other engines translated",
        more: "A note says what was read as what. Off, as at the start, the repaired statement stands at the prompt.",
    },
];

/// What the keys do, for the help.
const KEYS: &str = "\
Statements end with a semicolon, or with a blank line where no bracket, quote or WITH is open.
The table is event_data_store. Tab completes, Ctrl-R searches what was typed before, Ctrl-C drops
the line or cancels the query.";

/// Finds a command by its name, or by a beginning that no other has.
pub(super) fn find(name: &str) -> Result<&'static CommandInfo, String> {
    let name = name.to_ascii_lowercase();
    let mut begins = COMMANDS.iter().filter(|known| known.name.starts_with(&name));
    let exact = COMMANDS.iter().find(|known| known.name == name);
    match (exact, begins.next(), begins.next()) {
        (Some(known), ..) => Ok(known),
        (None, Some(known), None) if !name.is_empty() => Ok(known),
        (None, Some(_), Some(_)) if !name.is_empty() => {
            let all = COMMANDS.iter().filter(|known| known.name.starts_with(&name));
            let all: Vec<_> = all.map(|known| format!(".{}", known.name)).collect();
            Err(format!(".{name} may be {}", all.join(" or ")))
        }
        _ => {
            let names = COMMANDS.iter().map(|known| known.name.to_owned()).collect();
            let nearest = crate::engine::nearest(&name, names);
            Err(format!("there is no command .{name}{nearest}; .help lists them"))
        }
    }
}

/// Splits a command, without its dot, into its name and what follows.
pub(super) fn split(line: &str) -> (&str, &str) {
    let line = line.trim();
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    (&line[..end], line[end..].trim())
}

/// Splits arguments at blanks, except within quotes.
pub(super) fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    match quote {
        Some(quote) => Err(format!("the quote {quote} does not end")),
        None => {
            words.extend(word);
            Ok(words)
        }
    }
}

/// The text of `.help` for a terminal of so many columns, or what there is to say of one command.
pub(super) fn help(name: &str, columns: u16) -> Result<String, Failure> {
    let head = |known: &CommandInfo| format!(".{} {}", known.name, known.usage);
    if !name.is_empty() {
        let known = match (find(name.trim_start_matches('.')), words::function(name)) {
            (Ok(known), _) => known,
            (Err(_), Some(function)) => return Ok(signatures(function)),
            (Err(error), None) => return Err(Failure::Usage(error)),
        };
        let mut text = format!("{}\n{}", head(known).trim_end(), known.what);
        if known.dot == Dot::Format {
            let names = OUTPUT_FORMATS.map(crate::output::OutputFormat::name).join(", ");
            return Ok(format!("{text}\nFORMAT is one of {names}."));
        }
        if !known.more.is_empty() {
            text = format!("{text}\n{}", known.more);
        }
        return Ok(text);
    }
    let mut text = KEYS.to_owned();
    for known in &COMMANDS {
        text.push_str(&match columns {
            ..80 => format!("\n{}\n  {}", head(known).trim_end(), known.what),
            _ => format!("\n  {:29} {}", head(known), known.what),
        });
    }
    Ok(text)
}

/// A function with each of its signatures.
fn signatures(function: &FunctionWords) -> String {
    let name = function.name;
    function.signatures.iter().map(|s| format!("{name}{s}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_by_name_and_by_unique_beginnings() {
        assert!(COMMANDS.is_sorted_by_key(|known| known.name));
        let found = |name| find(name).map(|known| known.dot);
        assert_eq!(found("tables"), Ok(Dot::Tables));
        assert_eq!(found("q"), Ok(Dot::Quit));
        assert_eq!(found("H"), Ok(Dot::Help));
        assert_eq!(found("s").unwrap_err(), ".s may be .saved or .schema or .store");
        assert_eq!(
            found("shcema").unwrap_err(),
            "there is no command .shcema; nearest: schema; .help lists them"
        );
        assert_eq!(found("").unwrap_err(), "there is no command .; .help lists them");
    }

    #[test]
    fn arguments_may_be_quoted() {
        let cut = |text| words(text).unwrap();
        assert_eq!(cut(" a  'b c' d\"e f\"g '' "), ["a", "b c", "de fg", ""]);
        assert!(cut("").is_empty());
        assert_eq!(words("a 'b").unwrap_err(), "the quote ' does not end");
        assert_eq!(split("  explain  SELECT  1 "), ("explain", "SELECT  1"));
    }

    #[test]
    fn help_tells_of_all_commands_and_of_one() {
        let all = help("", 80).unwrap();
        assert!(COMMANDS.iter().all(|known| all.contains(&format!("  .{}", known.name))));
        assert!(help("", 20).unwrap().lines().any(|line| line == ".quit"));
        assert!(help(".format", 80).unwrap().contains("jsonl"));
        assert!(help("read", 80).unwrap().starts_with(".read FILE\n"));
        assert!(help("date_add", 80).unwrap().starts_with("date_add(varchar"));
        assert!(help("nothing", 80).is_err());
    }
}
