//! Statements that a session keeps by name: `PREPARE`, `EXECUTE` and `DEALLOCATE PREPARE`, and those that stand in a
//! string, `EXECUTE IMMEDIATE`. Their `?` get the values of `USING`.

use super::QueryError;
use super::parameters::Parameters;
use super::text::{Lines, Prepared, question_marks};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};
use traillake_sql_parser::ast::ExprKind;
use traillake_sql_parser::{Piece, PieceKind, Pieces, parse_expressions, parse_statement, pieces};
use traillake_sql_types::error::{Code, Position, SqlError};

/// The statements of a session, by their names in lower case.
#[derive(Debug, Default)]
pub(super) struct PreparedStatements(RwLock<BTreeMap<String, String>>);

/// What a statement says about other statements.
#[derive(Debug)]
enum Command<'a> {
    Prepare { name: String, body: &'a str, at: Position },
    Execute { name: String, at: Position, using: &'a str },
    Immediate { sql: String, at: Position, using: &'a str },
    Deallocate { name: String, at: Position },
}

/// A statement to run, with the values of its parameters.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) sql: String,
    pub(super) values: Parameters,
    place: Place,
}

/// Where the statement stands in what was typed.
#[derive(Debug)]
enum Place {
    /// In a string, which begins there.
    InString(Position),
    /// Elsewhere, under a name, which stands there.
    Named(String, Position),
}

impl Resolved {
    /// Puts the position of an error where it is in what was typed.
    pub(super) fn locate(&self, error: QueryError) -> QueryError {
        let QueryError::Sql(mut error) = error else { return error };
        match (&self.place, error.at) {
            (_, None) => {}
            (Place::InString(start), Some(at)) => {
                let column = if at.line == 1 { at.column + start.column } else { at.column };
                error.at = Some(Position { line: at.line + start.line - 1, column });
            }
            (Place::Named(name, at), Some(_)) => {
                error = SqlError::new(error.code, format!("in {name}, {error}")).at(*at);
            }
        }
        QueryError::Sql(error)
    }
}

impl PreparedStatements {
    /// Returns the statement that is to run instead of one that is about statements; `None` for all others. With `keeps`,
    /// what it says is done.
    pub(super) fn resolve(
        &self,
        sql: &str,
        values: &Parameters,
        keeps: bool,
    ) -> Result<Option<Resolved>, QueryError> {
        let Some(command) = Command::read(sql)? else { return Ok(None) };
        let resolved = match command {
            Command::Prepare { name, body, at } => {
                let place = Place::InString(Position { column: at.column - 1, ..at });
                let questions = vec![ExprKind::Parameter; question_marks(body)];
                let unknown =
                    Resolved { sql: body.to_owned(), values: values.using(questions), place };
                unknown.check().map_err(|error| unknown.locate(error))?;
                if keeps {
                    self.write().insert(name, body.to_owned());
                }
                done(values)
            }
            Command::Deallocate { name, at } => {
                let known = if keeps { self.write().remove(&name) } else { self.get(&name) };
                known.ok_or_else(|| not_found(&name, at))?;
                done(values)
            }
            Command::Execute { name, at, using } => {
                let sql = self.get(&name).ok_or_else(|| not_found(&name, at))?;
                let values = used(sql.as_str(), using, values, at)?;
                Resolved { sql, values, place: Place::Named(name, at) }
            }
            Command::Immediate { sql, at, using } => {
                let values = used(&sql, using, values, at)?;
                Resolved { sql, values, place: Place::InString(at) }
            }
        };
        Ok(Some(resolved))
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, String>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Resolved {
    /// Checks the syntax; types are known with the values.
    fn check(&self) -> Result<(), QueryError> {
        if Command::read(&self.sql)?.is_some() {
            let message = "a prepared statement cannot be about statements".to_owned();
            return Err(SqlError::unsupported(message).at(Position { line: 1, column: 1 }).into());
        }
        let prepared = Prepared::new(&self.sql, self.values.given(), self.values.values())?;
        match parse_statement(prepared.sql(), &prepared.values) {
            Ok(_) => Ok(()),
            Err(error) if error.code == Code::AccessDenied => {
                Err(QueryError::NotSelect(error.message))
            }
            Err(error) => Err(QueryError::from(error).at_original_position(&prepared)),
        }
    }
}

/// What is answered where there is nothing to answer: as Trino's clients get it.
fn done(values: &Parameters) -> Resolved {
    let place = Place::InString(Position { line: 1, column: 0 });
    Resolved { sql: "SELECT true AS result".to_owned(), values: values.clone(), place }
}

fn not_found(name: &str, at: Position) -> SqlError {
    SqlError::new(Code::PreparedNotFound, format!("Prepared statement not found: {name}")).at(at)
}

/// Adds the values of USING to those that there are.
fn used(
    sql: &str,
    using: &str,
    values: &Parameters,
    at: Position,
) -> Result<Parameters, QueryError> {
    let mut kinds = Vec::new();
    if !using.trim().is_empty() {
        let prepared = Prepared::new(using, values.given(), values.values())?;
        let parsed = parse_expressions(prepared.sql(), &prepared.values);
        let located = |error| match QueryError::from(error) {
            // Where USING stands is not told from there.
            QueryError::Sql(error) => {
                QueryError::Sql(SqlError::new(error.code, error.message).at(at))
            }
            other => other,
        };
        kinds.extend(parsed.map_err(located)?.into_iter().map(|expr| expr.kind));
    }
    let (want, got) = (question_marks(sql), kinds.len());
    if want != got && (got > 0 || values.given().is_empty()) {
        let message = format!("Incorrect number of parameters: expected {want} but found {got}");
        return Err(SqlError::new(Code::InvalidParameterUsage, message).at(at).into());
    }
    Ok(values.using(kinds))
}

impl<'a> Command<'a> {
    /// Reads a statement that is about statements.
    fn read(sql: &'a str) -> Result<Option<Self>, SqlError> {
        let mut words = Words::of(sql);
        if words.take("prepare") {
            let (name, _) = words.name()?;
            words.expect("from")?;
            let (body, at) = words.rest();
            return Ok(Some(Self::Prepare { name, body, at }));
        }
        if words.take("deallocate") {
            words.expect("prepare")?;
            let (name, at) = words.name()?;
            words.end()?;
            return Ok(Some(Self::Deallocate { name, at }));
        }
        if !words.take("execute") {
            return Ok(None);
        }
        Ok(Some(if words.take("immediate") {
            let (sql, at) = words.string()?;
            Self::Immediate { sql, at, using: words.using()? }
        } else {
            let (name, at) = words.name()?;
            Self::Execute { name, at, using: words.using()? }
        }))
    }
}

/// Reads a statement from its beginning, as far as it is asked: most are not about statements.
struct Words<'a> {
    sql: &'a str,
    next: Option<Piece>,
    behind: Pieces<'a>,
}

impl<'a> Words<'a> {
    fn of(sql: &'a str) -> Self {
        let mut words = Self { sql, next: None, behind: pieces(sql) };
        words.step();
        words
    }

    fn step(&mut self) {
        self.next = self.behind.find(|piece| piece.kind != PieceKind::Comment);
    }

    fn span(&self) -> Range<usize> {
        let end = self.sql.len();
        self.next.as_ref().map_or(end..end, |piece| piece.span.clone())
    }

    fn text(&self) -> &'a str {
        self.sql.get(self.span()).unwrap_or_default()
    }

    fn here(&self) -> Position {
        Lines::of(self.sql).position(self.sql, self.span().start)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.text().eq_ignore_ascii_case(word);
        if found {
            self.step();
        }
        found
    }

    fn expected<T>(&self, what: &str) -> Result<T, SqlError> {
        let found = if self.text().is_empty() { "<EOF>" } else { self.text() };
        let message = format!("mismatched input '{found}'. Expecting: {what}");
        Err(SqlError::new(Code::Syntax, message).at(self.here()))
    }

    fn expect(&mut self, word: &str) -> Result<(), SqlError> {
        if self.take(word) { Ok(()) } else { self.expected(&format!("'{}'", word.to_uppercase())) }
    }

    fn name(&mut self) -> Result<(String, Position), SqlError> {
        let (text, at) = (self.text(), self.here());
        match self.next.as_ref().map(|piece| piece.kind) {
            Some(PieceKind::Word | PieceKind::Quoted) => {
                self.step();
                Ok((text.trim_matches('"').to_lowercase(), at))
            }
            _ => self.expected("<identifier>"),
        }
    }

    fn string(&mut self) -> Result<(String, Position), SqlError> {
        let inner = self.text().strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        let Some(inner) = inner else { return self.expected("<string>") };
        let at = self.here();
        self.step();
        Ok((inner.replace("''", "'"), at))
    }

    /// What follows USING; nothing where that is not said.
    fn using(&mut self) -> Result<&'a str, SqlError> {
        if self.take("using") {
            return Ok(self.rest().0);
        }
        self.end().map(|()| "")
    }

    /// The rest of the statement, without its semicolon, and where it begins.
    fn rest(&self) -> (&'a str, Position) {
        let rest = self.sql.get(self.span().start..).unwrap_or_default();
        (rest.trim_end().trim_end_matches(';'), self.here())
    }

    fn end(&self) -> Result<(), SqlError> {
        if matches!(self.text(), "" | ";") { Ok(()) } else { self.expected("'USING', <EOF>") }
    }
}
