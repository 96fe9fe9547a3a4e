//! The file of `.output`: it takes the answers of a session until the next `.output` or the end, and
//! appears then, with complete answers only.

use super::super::commands::plural;
use super::super::exit::Failure;
use super::super::output_file::{Existing, OutputFile};
use super::super::printer::Printer;
use super::expanded;
use crate::output::{OutputFormat, WriterOptions};
use std::io::Write;
use std::path::Path;

/// What to do about a file that exists.
const HINT: &str = ".output --force replaces it, .output --append adds to it";

/// Where `.output` sends answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OutputTarget<'a> {
    Terminal,
    File(&'a str, Existing),
}

impl<'a> OutputTarget<'a> {
    /// Reads the words after `.output`; `None` if they are wrong.
    pub(super) fn parse(words: &[&'a str]) -> Option<Self> {
        if matches!(words, [] | ["stdout"]) {
            return Some(Self::Terminal);
        }
        let mut existing = Existing::Refuse(HINT);
        let (mut file, mut options) = (None, true);
        for word in words {
            let chosen = match *word {
                "--" if options => {
                    options = false;
                    continue;
                }
                "--force" if options => Existing::Replace,
                "--append" if options => Existing::Append,
                word if options && word.starts_with('-') => return None,
                _ if file.is_some() => return None,
                word => {
                    file = Some(word);
                    continue;
                }
            };
            if existing != Existing::Refuse(HINT) {
                return None;
            }
            existing = chosen;
        }
        Some(Self::File(file?, existing))
    }
}

/// The file that answers go to.
pub(super) struct Output {
    path: String,
    /// The format of its extension.
    format: Option<OutputFormat>,
    /// The format of what it ends with; nothing if that was there before.
    last: Option<OutputFormat>,
    answers: u64,
}

impl Output {
    /// Begins a file for the answers to come. `usual` is the format where the extension has none.
    ///
    /// # Errors
    /// When it is there and may not be replaced or appended to, or cannot be written.
    pub(super) fn open(
        file: &str,
        existing: Existing,
        usual: OutputFormat,
        printer: &mut Printer,
    ) -> Result<Self, Failure> {
        let path = expanded(file);
        let extension = Path::new(&path).extension().and_then(|extension| extension.to_str());
        let format = extension.and_then(OutputFormat::from_extension);
        let (shown, name) = (format.unwrap_or(usual), format.unwrap_or(usual).name());
        if shown == OutputFormat::Svg {
            return Err(Failure::Usage(format!(
                "{path}: svg is a chart, which only traillake query --chart draws"
            )));
        }
        if existing == Existing::Append && !shown.takes_more() {
            return Err(Failure::Usage(format!(
                "{path}: a file of the format {name} is one answer, and cannot be appended to"
            )));
        }
        let begun = OutputFile::create(Path::new(&path), existing)?;
        printer.set_answers(WriterOptions::default(), Some(begun));
        if printer.talks_to_terminal() {
            let as_what = if format.is_some() { "as" } else { "in the format of .format:" };
            printer.say(&format!(
                "Answers go to {path} {as_what} {name}; the file appears when .output ends it."
            ));
        }
        Ok(Self { path, format, last: None, answers: 0 })
    }

    /// The format of the answers, where `usual` is that of the session.
    pub(super) fn format(&self, usual: OutputFormat) -> OutputFormat {
        self.format.unwrap_or(usual)
    }

    /// Whether `.format` says how the answers are written.
    pub(super) fn fixed(&self) -> Option<(&str, OutputFormat)> {
        self.format.map(|format| (self.path.as_str(), format))
    }

    /// Prepares the file for an answer.
    ///
    /// # Errors
    /// When the file cannot hold this one after those that it has.
    pub(super) fn begin(&self, format: OutputFormat, printer: &mut Printer) -> Result<(), Failure> {
        let Some(file) = printer.file().filter(|file| !file.is_empty()) else { return Ok(()) };
        let fits = format.takes_more() && self.last.is_none_or(OutputFormat::takes_more);
        if !fits {
            let alone = self.last.filter(|last| !last.takes_more()).unwrap_or(format);
            return Err(Failure::Usage(format!(
                "{} is not empty, and a file of the format {} holds one answer; .output ends it",
                self.path,
                alone.name()
            )));
        }
        if format.is_separated() {
            file.write_all(b"\n").map_err(|error| Failure::Output(error.into()))?;
        }
        Ok(())
    }

    /// Keeps a complete answer, and removes an incomplete one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn end(
        &mut self,
        whole: bool,
        format: OutputFormat,
        printer: &mut Printer,
    ) -> Result<(), Failure> {
        let Some(file) = printer.file() else { return Ok(()) };
        if whole && let Err(failure) = file.commit() {
            file.roll_back()?;
            return Err(failure);
        }
        if !whole {
            return file.roll_back();
        }
        file.persist_on_exit();
        self.answers += 1;
        self.last = Some(format);
        Ok(())
    }

    /// Gives the file its name, if there was an answer. Answers go to standard output again.
    ///
    /// # Errors
    /// When it cannot be written, or its name was taken meanwhile.
    pub(super) fn close(self, printer: &mut Printer) -> Result<(), Failure> {
        let Some(file) = printer.take_file() else { return Ok(()) };
        let text = if self.answers == 0 {
            format!("{}: there was no answer, so nothing is written.", self.path)
        } else {
            file.persist_under_any_name()?;
            format!("{}: {} written.", self.path, plural(self.answers, "answer"))
        };
        if printer.talks_to_terminal() {
            printer.say(&text);
        }
        Ok(())
    }

    /// Drops what was written, as a statement or command failed.
    pub(super) fn abandon(self, printer: &mut Printer) {
        drop(printer.take_file());
        if self.answers > 0 {
            let why = "a statement or command failed before the file ended";
            printer.warn(&format!("{} is not written: {why}", self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_stand_before_or_behind_the_file() {
        let refuse = Existing::Refuse(HINT);
        for (words, want) in [
            (&[][..], Some(OutputTarget::Terminal)),
            (&["stdout"], Some(OutputTarget::Terminal)),
            (&["a.csv"], Some(OutputTarget::File("a.csv", refuse))),
            (&["--force", "a"], Some(OutputTarget::File("a", Existing::Replace))),
            (&["a", "--append"], Some(OutputTarget::File("a", Existing::Append))),
            (&["--", "--force"], Some(OutputTarget::File("--force", refuse))),
            (&["--force", "stdout"], Some(OutputTarget::File("stdout", Existing::Replace))),
            (&["--force"], None),
            (&["--append", "--force", "a"], None),
            (&["a", "b"], None),
            (&["--frce", "a"], None),
        ] {
            assert_eq!(OutputTarget::parse(words), want, "{words:?}");
        }
    }
}
