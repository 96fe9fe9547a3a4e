//! Texts of statements: where they come from, and where in them something went wrong.

use super::exit::Failure;
use crate::engine::QueryError;
use crate::engine::sql_error::{Position, SqlError};
use crate::engine::text::{self, Lines, Statement};
use crate::saved::{Origin, SavedQuery};
use std::io::Read;
use std::path::Path;

/// A text of statements.
pub(super) struct Script {
    /// What messages call the text; nothing for what was just typed.
    name: Option<String>,
    /// The text, without a byte order mark.
    pub(super) text: String,
    lines: Lines,
}

/// Where in a text a statement or command stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    name: Option<String>,
    /// The statement's number, where it is not the only one.
    number: Option<usize>,
    /// Where the text that the engine gets begins: lines above it, and columns before it.
    lines: i64,
    columns: i64,
    /// The line of the first word that is not a comment.
    line: u32,
}

impl Script {
    fn new(name: Option<String>, text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').to_owned();
        Self { name, lines: Lines::of(&text), text }
    }

    /// Typed text: an argument, or a line at the prompt.
    pub(super) fn typed(text: &str) -> Self {
        Self::new(None, text)
    }

    /// Reads a file, or standard input where `-` is said.
    pub(super) fn file(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Self::standard_input();
        }
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| Failure::Io(format!("{name}: {error}")))?;
        Ok(Self::new(Some(name), &text))
    }

    /// Reads standard input.
    pub(super) fn standard_input() -> Result<Self, Failure> {
        let name = "standard input".to_owned();
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        read.map_err(|error| Failure::Io(format!("{name}: {error}")))?;
        Ok(Self::new(Some(name), &text))
    }

    /// Whether messages have a name for the text.
    pub(super) fn has_name(&self) -> bool {
        self.name.is_some()
    }

    /// Returns the statements, each with its place.
    pub(super) fn statements(&self) -> Vec<(&str, Place)> {
        let all = text::statements(&self.text);
        let several = self.name.is_some() || all.len() > 1;
        let placed = all.iter().enumerate().map(|(at, statement)| {
            (statement.sql, self.statement(statement, several.then_some(at + 1)))
        });
        placed.collect()
    }

    /// Returns the place of a statement with this number.
    pub(super) fn statement(&self, statement: &Statement<'_>, number: Option<usize>) -> Place {
        let comments = statement.sql.len() - text::without_blanks(statement.sql).len();
        let word = self.position(statement.start + comments);
        self.place(number, self.position(statement.start), word.line)
    }

    /// Returns the place of what begins at a byte of the text and has no number.
    pub(super) fn byte(&self, byte: usize) -> Place {
        let start = self.position(byte);
        self.place(None, start, start.line)
    }

    fn position(&self, byte: usize) -> Position {
        self.lines.position(&self.text, byte)
    }

    fn place(&self, number: Option<usize>, start: Position, line: u32) -> Place {
        let (lines, columns) = (i64::from(start.line) - 1, i64::from(start.column) - 1);
        Place { name: self.name.clone(), number, lines, columns, line }
    }
}

impl Place {
    /// Returns the place of the statement of a saved query.
    pub(super) fn saved(query: &SavedQuery) -> Self {
        let name = match &query.origin {
            Origin::Shipped => query.name.clone(),
            Origin::File(path) => path.display().to_string(),
        };
        let script = Script::new(Some(name), &query.text);
        let end = query.start + query.sql.len();
        script.statement(&Statement { sql: &query.sql, start: query.start, end }, None)
    }

    /// Moves it by columns: what the engine gets has more, or less, before it than the text.
    pub(super) fn shifted(mut self, columns: i64) -> Self {
        self.columns += columns;
        self
    }

    /// Returns a failure with the place in the text where it happened.
    pub(super) fn locate(&self, failure: Failure) -> Failure {
        match failure {
            // These have no place in a text, or have one already.
            Failure::At { .. } | Failure::Interrupted | Failure::PagerClosed => failure,
            failure if failure.is_broken_pipe() => failure,
            Failure::Shown { failure, excerpt, repair } => {
                let failure = Box::new(self.locate(*failure));
                Failure::Shown { failure, excerpt, repair }
            }
            Failure::Query(QueryError::Sql(SqlError { at: Some(at), code, message })) => {
                let at = Some(at.moved(self.lines, self.columns));
                let failure = Failure::Query(QueryError::Sql(SqlError { at, code, message }));
                Failure::At { place: self.label(), failure: Box::new(failure) }
            }
            failure => Failure::At { place: self.label_with_line(), failure: Box::new(failure) },
        }
    }

    /// Returns a failure of a command with the place of the command; positions in a statement that the
    /// command made up are dropped.
    pub(super) fn locate_command(&self, failure: Failure) -> Failure {
        match failure {
            // The statement is one that the command made up.
            Failure::Shown { failure, .. } if !matches!(*failure, Failure::At { .. }) => {
                self.locate_command(*failure)
            }
            Failure::Query(QueryError::Sql(error)) => {
                self.locate(Failure::Query(QueryError::Sql(SqlError { at: None, ..error })))
            }
            failure => self.locate(failure),
        }
    }

    /// The name of the text and the number of the statement, as far as there are some.
    fn label(&self) -> String {
        let number = self.number.map(|number| format!("statement {number}"));
        let parts: Vec<_> = self.name.clone().into_iter().chain(number).collect();
        parts.join(": ")
    }

    /// The same with the line, where there is a name or number.
    pub(super) fn label_with_line(&self) -> String {
        match (self.label(), self.number) {
            (label, _) if label.is_empty() => label,
            (label, Some(_)) => format!("{label} (line {})", self.line),
            (label, None) => format!("{label}: line {}", self.line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sql_error::Code;

    fn script(name: Option<&str>, text: &str) -> Script {
        Script::new(name.map(str::to_owned), text)
    }

    fn at(line: u32, column: u32) -> Failure {
        let error = SqlError::new(Code::Syntax, "wrong").at(Position { line, column });
        Failure::Query(QueryError::Sql(error))
    }

    fn nowhere() -> Failure {
        Failure::Query(QueryError::Sql(SqlError::division_by_zero()))
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let script = script(Some("a.sql"), "SELECT 1; /* é */ SELECT x;\n\n-- third\nSELECT\ny;");
        let statements = script.statements();
        assert_eq!(statements.iter().map(|(sql, _)| *sql).collect::<Vec<_>>()[0], "SELECT 1");
        let told = |number: usize, failure| statements[number].1.locate(failure).to_string();
        assert_eq!(told(0, at(1, 8)), "a.sql: statement 1: line 1:8: wrong");
        assert_eq!(told(1, at(1, 16)), "a.sql: statement 2: line 1:26: wrong");
        assert_eq!(told(2, at(3, 1)), "a.sql: statement 3: line 5:1: wrong");
        assert_eq!(told(2, nowhere()), "a.sql: statement 3 (line 4): Division by zero");
    }

    #[test]
    fn what_is_typed_has_numbers_only_where_there_are_several() {
        let one = script(None, "\n SELECT x");
        assert_eq!(one.statements()[0].1.locate(at(1, 8)).to_string(), "line 2:9: wrong");
        assert_eq!(one.statements()[0].1.locate(nowhere()).to_string(), "Division by zero");
        let two = script(None, "SELECT 1; SELECT x");
        assert_eq!(
            two.statements()[1].1.locate(at(1, 8)).to_string(),
            "statement 2: line 1:18: wrong"
        );
    }

    #[test]
    fn a_place_is_told_once_and_not_of_everything() {
        let inner = script(Some("inner.sql"), "x").byte(0);
        let outer = script(Some("outer.sql"), "\n.read inner.sql").byte(1);
        let failure = outer.locate(inner.locate(Failure::Usage("no".to_owned())));
        assert_eq!(failure.to_string(), "inner.sql: line 1: no");
        assert!(matches!(outer.locate(Failure::Interrupted), Failure::Interrupted));
        let gone = Failure::Print(std::io::ErrorKind::BrokenPipe.into());
        assert!(outer.locate(gone).is_broken_pipe());
    }
}
