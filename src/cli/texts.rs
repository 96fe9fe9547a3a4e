//! Distinguishes texts from options: a statement may begin with a comment, which looks like one.
//!
//! Such a text gets a mark before clap reads the arguments, and loses it when its value is read. No
//! argument of a program can hold the mark.

use clap::Command;
use std::convert::Infallible;
use std::ffi::OsString;

/// What stands before a text that begins with a dash.
pub(super) const MARK: char = '\0';

/// Returns the arguments with a mark before those that are texts of `query` and `find`, whose
/// definitions are in `command`.
///
/// What begins with a dash is a text if it cannot be an option: if after one or two dashes there is
/// no letter (`-- comment`, `-1`), or if white space follows the word there. `--word=...` stays an
/// option with its value unless there is no option of the name and the value has several lines.
/// Everything else stays as it is, so that mistyped options are still known for what they are.
pub(super) fn marked(
    arguments: impl IntoIterator<Item = OsString>,
    command: &Command,
) -> Vec<OsString> {
    let mut arguments: Vec<_> = arguments.into_iter().collect();
    let Some((at, command)) = subcommand(&arguments, command) else { return arguments };
    for argument in &mut arguments[at + 1..] {
        match argument.to_str() {
            Some("--") => break,
            Some(text) if is_text(text, &command) => *argument = format!("{MARK}{text}").into(),
            _ => {}
        }
    }
    arguments
}

/// Takes the mark away.
pub(super) fn plain(text: &str) -> Result<String, Infallible> {
    Ok(text.strip_prefix(MARK).unwrap_or(text).to_owned())
}

/// The place of the command's name, and its definition with the options of all commands, if it is one
/// that takes a text.
fn subcommand(arguments: &[OsString], command: &Command) -> Option<(usize, Command)> {
    let mut command = command.clone();
    command.build();
    let mut at = 1;
    loop {
        let name = arguments.get(at)?.to_str()?;
        if !name.starts_with('-') {
            let known = ["query", "find", "translate"].contains(&name);
            return known.then(|| command.find_subcommand(name).cloned().map(|c| (at, c)))?;
        }
        let takes_value = name
            .strip_prefix("--")
            .and_then(|long| command.get_arguments().find(|known| known.get_long() == Some(long)))
            .is_some_and(|known| known.get_action().takes_values());
        at += 1 + usize::from(takes_value);
    }
}

fn is_text(argument: &str, command: &Command) -> bool {
    if let Some(long) = argument.strip_prefix("--") {
        return is_text_behind_two_dashes(long, command);
    }
    let Some(short) = argument.strip_prefix('-') else { return false };
    match short.chars().next() {
        None => false,
        Some(letter) if !letter.is_ascii_alphabetic() => true,
        Some(letter) => !is_short(command, letter) && short.contains(char::is_whitespace),
    }
}

fn is_text_behind_two_dashes(long: &str, command: &Command) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (word, rest) = long.split_at(long.find(|c| !of_name(c)).unwrap_or(long.len()));
    if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return !long.is_empty();
    }
    let known = is_long(command, word);
    match rest.chars().next() {
        None => false,
        Some('=') => !known && rest.contains('\n'),
        // Two arguments in one pair of quotes are a mistake, which clap reports.
        Some(_) => rest.contains('\n') || (!known && rest.contains(char::is_whitespace)),
    }
}

fn is_long(command: &Command, name: &str) -> bool {
    command.get_arguments().any(|known| known.get_long() == Some(name))
}

fn is_short(command: &Command, letter: char) -> bool {
    command.get_arguments().any(|known| known.get_short() == Some(letter))
}

#[cfg(test)]
mod tests {
    use super::super::args::Arguments;
    use super::*;
    use clap::CommandFactory;

    /// The arguments that are marked.
    fn texts(arguments: &[&str]) -> Vec<String> {
        let all = [&["traillake"], arguments].concat();
        let marked = marked(all.into_iter().map(OsString::from), &Arguments::command());
        let texts = marked.into_iter().filter_map(|argument| {
            argument.to_str().and_then(|text| text.strip_prefix(MARK)).map(str::to_owned)
        });
        texts.collect()
    }

    #[test]
    fn a_statement_may_begin_with_a_comment() {
        for text in [
            "-- top callers\nSELECT 1",
            "--top callers\nSELECT 1",
            "--top\nSELECT 1",
            "--top\r\nSELECT 1",
            "--format\nSELECT 1",
            "--x=1, y=2\nSELECT 1",
            "--\nSELECT 1",
            "-- \nSELECT 1",
            "---\nSELECT 1",
            "--- title ---\nSELECT 1",
            "--é\nSELECT 1",
            "--'\nSELECT 1",
            "-1",
            "- 1",
            "-(1)",
            "-x + 1",
        ] {
            for arguments in [
                &["query", text][..],
                &["query", "--format", "csv", text],
                &["query", text, "--format", "csv"],
                &["--lake", "query", "query", text],
                &["--memory=1GB", "query", "-o", "a b.csv", text],
            ] {
                assert_eq!(texts(arguments), [text], "{arguments:?}");
            }
        }
        assert_eq!(texts(&["find", "--user-agent x"]), ["--user-agent x"]);
        assert_eq!(texts(&["find", "-----BEGIN"]), ["-----BEGIN"]);
    }

    #[test]
    fn options_stay_options() {
        for argument in [
            "--format",
            "--fromat",
            "--fromat=csv",
            "--format csv",
            "--format=csv",
            "--from=2026-03-01 10:00",
            "--param=x=a\nb",
            "-o",
            "-oa b.csv",
            "-f my file.sql",
            "-x",
            "-",
            "--",
            "SELECT 1",
        ] {
            assert!(texts(&["query", argument]).is_empty(), "{argument:?}");
        }
        assert!(texts(&["query", "--", "-- c\nSELECT 1"]).is_empty());
        assert!(texts(&["import", "-- c\nd"]).is_empty());
        assert!(texts(&["-- c\nd"]).is_empty());
        assert!(texts(&[]).is_empty());
    }
}
