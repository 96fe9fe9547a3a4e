//! What people write from other engines, as CloudTrail Lake takes it.
//!
//! A statement that is valid stays as it is. Of one that is not, the error tells where to look: rules, in the order of
//! [`RULES`], offer changes of the text there, and the first one after which the statement is valid, or its first error is
//! another one, is taken; then the next error is looked at. So no rule needs to know types, and none changes what a
//! statement means that has a meaning.

mod clauses;
mod columns;
mod copied;
mod fields;
mod functions;
mod intervals;
mod slips;
mod syntax;
mod times;
mod tokens;
mod types;

use super::text::{Edit, Edited};
use tokens::Tokens;
use traillake_sql_types::error::{Code, Position, SqlError};

/// Where a statement comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Any of the others.
    #[default]
    Auto,
    /// Athena, over the table of CloudTrail that AWS's guide makes.
    Athena,
    /// CloudTrail Lake.
    Lake,
    /// PostgreSQL and its kin.
    Postgres,
    /// MySQL, and SQL Server and Spark, which have much of the same.
    Mysql,
}

/// All of them.
pub const DIALECTS: [Dialect; 5] =
    [Dialect::Auto, Dialect::Athena, Dialect::Lake, Dialect::Postgres, Dialect::Mysql];

impl Dialect {
    /// Returns its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Athena => "athena",
            Self::Lake => "lake",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// Returns the dialect of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        DIALECTS.into_iter().find(|dialect| dialect.name() == name)
    }

    fn has(self, origin: Origin) -> bool {
        match (self, origin) {
            (Self::Auto, _) | (_, Origin::Any) => true,
            (Self::Athena, origin) => origin == Origin::Athena,
            (Self::Lake, _) => false,
            (Self::Postgres | Self::Mysql, origin) => origin == Origin::Others,
        }
    }
}

/// Which rules are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Where the statement comes from.
    pub dialect: Dialect,
    /// Whether also those that guess what was meant.
    pub guesses: bool,
}

impl Wanted {
    /// All rules.
    pub const ALL: Self = Self { dialect: Dialect::Auto, guesses: true };

    fn has(self, rule: &Rule) -> bool {
        self.dialect.has(rule.origin) && (self.guesses || !rule.is_guess)
    }
}

/// Whose habit a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Any,
    Athena,
    Others,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, as `docs/lake-compat.md` lists it.
    pub name: &'static str,
    origin: Origin,
    /// Whether it guesses what was meant, so that its statement is shown and not run unasked.
    is_guess: bool,
    apply: fn(&Site<'_>) -> Vec<Edit>,
}

const fn rule(name: &'static str, origin: Origin, apply: fn(&Site<'_>) -> Vec<Edit>) -> Rule {
    Rule { name, origin, is_guess: false, apply }
}

const fn guess(name: &'static str, apply: fn(&Site<'_>) -> Vec<Edit>) -> Rule {
    Rule { name, origin: Origin::Any, is_guess: true, apply }
}

/// All rules, in the order in which they are tried.
pub static RULES: &[Rule] = &[
    rule("commands", Origin::Any, copied::command),
    rule("queries of other statements", Origin::Any, copied::writes),
    rule("surroundings", Origin::Any, copied::surroundings),
    rule("smart quotes", Origin::Any, syntax::smart_quotes),
    rule("back-ticks", Origin::Others, syntax::back_ticks),
    rule("operators", Origin::Others, syntax::operators),
    rule("operators with blanks", Origin::Any, slips::split_operators),
    rule("comments", Origin::Others, syntax::comments),
    rule("casts", Origin::Others, syntax::casts),
    rule("limit and offset", Origin::Others, syntax::limits),
    rule("top", Origin::Others, syntax::top),
    rule("like any", Origin::Others, syntax::like_any),
    rule("lists of patterns", Origin::Any, slips::like_lists),
    rule("lists without parentheses", Origin::Any, slips::lists),
    rule("repeated comparisons", Origin::Any, slips::repeated_comparisons),
    rule("tests for NULL", Origin::Any, slips::null_tests),
    rule("tests for truth", Origin::Others, types::truth),
    rule("fillers", Origin::Others, syntax::fillers),
    rule("row numbers", Origin::Others, syntax::row_numbers),
    rule("limited lists", Origin::Others, functions::limited_lists),
    rule("offsets", Origin::Others, functions::offsets),
    rule("ilike", Origin::Others, syntax::ilike),
    rule("regular expressions", Origin::Others, syntax::regular_expressions),
    rule("alias in quotes", Origin::Others, syntax::quoted_alias),
    rule("chosen rows", Origin::Others, clauses::chosen_rows),
    rule("all columns but some", Origin::Others, clauses::star_except),
    rule("lateral views", Origin::Others, clauses::lateral_view),
    rule("rollup", Origin::Others, clauses::rollup),
    rule("order of clauses", Origin::Others, clauses::order),
    rule("intervals", Origin::Others, intervals::intervals),
    rule("seconds since 1970", Origin::Others, times::epoch),
    rule("days as numbers", Origin::Others, times::days),
    rule("ago", Origin::Others, times::ago),
    rule("buckets of time", Origin::Others, times::buckets),
    rule("date arithmetic", Origin::Others, times::arithmetic),
    rule("current time", Origin::Others, times::current),
    rule("constants of time", Origin::Any, times::constants),
    rule("eventTime as text", Origin::Athena, times::event_time),
    rule("JSON of maps and rows", Origin::Athena, fields::json),
    rule("arrows", Origin::Others, fields::arrows),
    rule("subscripts of rows", Origin::Others, fields::row_subscripts),
    rule("dots into maps", Origin::Any, fields::dots),
    rule("below keys", Origin::Any, fields::below_keys),
    rule("wildcards in paths", Origin::Any, fields::wildcards),
    rule("resources", Origin::Any, fields::resources),
    rule("addresses", Origin::Any, fields::addresses),
    rule("methods", Origin::Others, functions::methods),
    rule("functions", Origin::Any, functions::functions),
    rule("maps and rows as text", Origin::Athena, fields::as_text),
    rule("alias in GROUP BY", Origin::Others, columns::alias),
    rule("partition columns", Origin::Athena, columns::partitions),
    rule("double quotes for text", Origin::Any, columns::double_quotes),
    rule("text without quotes", Origin::Any, columns::bare_text),
    rule("fields of eventJson", Origin::Any, columns::json_fields),
    rule("numbers as booleans", Origin::Any, types::booleans),
    rule("text as numbers", Origin::Any, types::text_as_number),
    rule("numbers as text", Origin::Any, types::numbers),
    rule("subscripts", Origin::Any, fields::subscripts),
    rule("counted conditions", Origin::Others, types::counted_conditions),
    rule("joined text", Origin::Any, types::joined_text),
    rule("casts that fail", Origin::Any, types::failed_casts),
    rule("conditions on groups", Origin::Any, clauses::having),
    rule("fields elsewhere", Origin::Any, columns::elsewhere),
    guess("misspelt fields", columns::misspelt),
    guess("presence of values", types::presence),
    guess("missing GROUP BY", clauses::group_by),
    guess("misspelt keywords", slips::keywords),
    guess("dangling words", slips::dangling_words),
    guess("strings without end", slips::open_strings),
    guess("placeholders of times", times::placeholders),
    guess("names of stores", slips::stores),
];

/// A statement, and where its first error is.
struct Site<'a> {
    tokens: &'a Tokens<'a>,
    error: &'a SqlError,
    /// The piece at the error's place.
    at: usize,
}

/// What was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The rule's name.
    pub rule: &'static str,
    /// What stood there.
    pub from: String,
    /// What stands there now.
    pub to: String,
    /// Whether it is a guess.
    pub is_guess: bool,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let from = in_a_line(&self.from);
        match in_a_line(&self.to).as_str() {
            "" => write!(f, "{}: {from} is left out", self.rule),
            to => write!(f, "{}: {from} is read as {to}", self.rule),
        }
    }
}

/// Returns a text without line breaks, and of a long one the beginning.
fn in_a_line(text: &str) -> String {
    const LONGEST: usize = 200;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// A statement as far as rules could repair it.
#[derive(Debug)]
pub struct Translation {
    /// The statement.
    pub sql: String,
    /// What was changed, in order.
    pub changes: Vec<Change>,
    /// What is still wrong.
    pub error: Option<SqlError>,
}

impl Translation {
    /// Whether rules made a statement of it that is valid.
    pub fn is_repaired(&self) -> bool {
        self.error.is_none() && !self.changes.is_empty()
    }

    /// Whether what was meant is guessed.
    pub fn is_guess(&self) -> bool {
        self.changes.iter().any(|change| change.is_guess)
    }
}

/// Returns the place in a statement of an error that it met while it ran, where its text tells.
pub fn place_while_running(sql: &str, error: &SqlError) -> Option<Position> {
    fields::place_of_subscript(sql, error)
}

/// The most pieces of a statement that is looked at: nobody typed a longer one.
const MOST_PIECES: usize = 10_000;
/// The most changes of a statement.
const MOST_STEPS: usize = 100;

/// Changes a statement until `judge` finds nothing wrong, or no rule helps. `failed` is an error that it met while running.
pub(super) fn translate(
    sql: &str,
    wanted: Wanted,
    failed: Option<&SqlError>,
    judge: &dyn Fn(&str) -> Result<(), SqlError>,
) -> Translation {
    let mut translation = Translation { sql: sql.to_owned(), changes: Vec::new(), error: None };
    translation.error = judge(sql).err().or_else(|| failed.cloned());
    for _ in 0..MOST_STEPS {
        let Some(error) = translation.error.take() else { break };
        let Some(step) = step(&translation.sql, &error, wanted, judge) else {
            translation.error = Some(error);
            break;
        };
        translation.sql = step.sql;
        translation.changes.extend(step.changes);
        translation.error = step.error;
    }
    translation
}

/// Finds the first rule that leads on.
fn step(
    sql: &str,
    error: &SqlError,
    wanted: Wanted,
    judge: &dyn Fn(&str) -> Result<(), SqlError>,
) -> Option<Translation> {
    let tokens = Tokens::of(sql);
    if tokens.len() > MOST_PIECES {
        return None;
    }
    let at = error.at.unwrap_or(Position { line: 1, column: 1 });
    let site = Site { tokens: &tokens, error, at: tokens.at(at) };
    RULES.iter().filter(|rule| wanted.has(rule)).find_map(|rule| {
        let edits = (rule.apply)(&site);
        if edits.is_empty() {
            return None;
        }
        let changes = changes(sql, rule, &edits);
        let edited = Edited::new(sql, edits);
        let next = judge(&edited.sql).err();
        let stuck = next.as_ref().is_some_and(|next| {
            let place = next.at.map(|at| edited.original(at));
            let same = next.code == error.code || next.message == error.message;
            // What was SQL stays SQL.
            let broken = next.code == Code::Syntax && error.code != Code::Syntax;
            broken && error.code != Code::AccessDenied || place == error.at && same
        });
        (!stuck && edited.sql != sql).then_some(Translation {
            sql: edited.sql,
            changes,
            error: next,
        })
    })
}

fn changes(sql: &str, rule: &Rule, edits: &[Edit]) -> Vec<Change> {
    let change = |(span, to): &Edit| Change {
        rule: rule.name,
        from: sql.get(span.clone()).unwrap_or_default().to_owned(),
        to: to.clone(),
        is_guess: rule.is_guess,
    };
    edits.iter().map(change).collect()
}
