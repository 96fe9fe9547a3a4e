//! What people write from other engines, as CloudTrail Lake takes it.
//!
//! A statement that is valid stays as it is. Of one that is not, the error tells where to look: rules, in the order of
//! [`RULES`], offer changes of the text there, and the first one after which the statement is valid, or its first error is
//! another one, is taken; then the next error is looked at. So no rule needs to know types, and none changes what a
//! statement means that has a meaning.

mod columns;
mod fields;
mod functions;
mod intervals;
mod syntax;
mod times;
mod tokens;

use super::text::{Edit, Edited};
use tokens::Tokens;
use traillake_sql_types::error::{Position, SqlError};

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
    apply: fn(&Site<'_>) -> Vec<Edit>,
}

const fn rule(name: &'static str, origin: Origin, apply: fn(&Site<'_>) -> Vec<Edit>) -> Rule {
    Rule { name, origin, apply }
}

/// All rules, in the order in which they are tried.
pub static RULES: &[Rule] = &[
    rule("smart quotes", Origin::Any, syntax::smart_quotes),
    rule("back-ticks", Origin::Others, syntax::back_ticks),
    rule("operators", Origin::Others, syntax::operators),
    rule("comments", Origin::Others, syntax::comments),
    rule("casts", Origin::Others, syntax::casts),
    rule("limit and offset", Origin::Others, syntax::limits),
    rule("top", Origin::Others, syntax::top),
    rule("like any", Origin::Others, syntax::like_any),
    rule("ilike", Origin::Others, syntax::ilike),
    rule("regular expressions", Origin::Others, syntax::regular_expressions),
    rule("alias in quotes", Origin::Others, syntax::quoted_alias),
    rule("intervals", Origin::Others, intervals::intervals),
    rule("date arithmetic", Origin::Others, times::arithmetic),
    rule("current time", Origin::Others, times::current),
    rule("constants of time", Origin::Any, times::constants),
    rule("eventTime as text", Origin::Athena, times::event_time),
    rule("JSON of maps and rows", Origin::Athena, fields::json),
    rule("arrows", Origin::Others, fields::arrows),
    rule("subscripts of rows", Origin::Others, fields::row_subscripts),
    rule("dots into maps", Origin::Any, fields::dots),
    rule("resources", Origin::Any, fields::resources),
    rule("functions", Origin::Any, functions::functions),
    rule("maps and rows as text", Origin::Athena, fields::as_text),
    rule("alias in GROUP BY", Origin::Others, columns::alias),
    rule("partition columns", Origin::Athena, columns::partitions),
    rule("double quotes for text", Origin::Any, columns::double_quotes),
    rule("text without quotes", Origin::Any, columns::bare_text),
    rule("fields of eventJson", Origin::Any, columns::json_fields),
    rule("numbers as booleans", Origin::Any, columns::booleans),
    rule("numbers as text", Origin::Any, columns::numbers),
    rule("missing keys", Origin::Any, fields::subscripts),
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
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.to.trim() {
            "" => write!(f, "{}: {} is left out", self.rule, self.from.trim()),
            to => write!(f, "{}: {} is read as {to}", self.rule, self.from.trim()),
        }
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

/// Returns the place in a statement of an error that it met while it ran, where its text tells.
pub fn place_while_running(sql: &str, error: &SqlError) -> Option<Position> {
    fields::place_of_key(sql, error)
}

/// The most changes of a statement.
const MOST_STEPS: usize = 100;

/// Changes a statement until `judge` finds nothing wrong, or no rule helps. `failed` is an error that it met while running.
pub(super) fn translate(
    sql: &str,
    dialect: Dialect,
    failed: Option<&SqlError>,
    judge: &dyn Fn(&str) -> Result<(), SqlError>,
) -> Translation {
    let mut translation = Translation { sql: sql.to_owned(), changes: Vec::new(), error: None };
    translation.error = judge(sql).err().or_else(|| failed.cloned());
    for _ in 0..MOST_STEPS {
        let Some(error) = translation.error.take() else { break };
        let Some(step) = step(&translation.sql, &error, dialect, judge) else {
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
    dialect: Dialect,
    judge: &dyn Fn(&str) -> Result<(), SqlError>,
) -> Option<Translation> {
    let tokens = Tokens::of(sql);
    let at = error.at.unwrap_or(Position { line: 1, column: 1 });
    let site = Site { tokens: &tokens, error, at: tokens.at(at) };
    RULES.iter().filter(|rule| dialect.has(rule.origin)).find_map(|rule| {
        let edits = (rule.apply)(&site);
        if edits.is_empty() {
            return None;
        }
        let changes = changes(sql, rule.name, &edits);
        let edited = Edited::new(sql, edits);
        let next = judge(&edited.sql).err();
        let stuck = next.as_ref().is_some_and(|next| {
            let place = next.at.map(|at| edited.original(at));
            place == error.at && (next.code == error.code || next.message == error.message)
        });
        (!stuck && edited.sql != sql).then_some(Translation {
            sql: edited.sql,
            changes,
            error: next,
        })
    })
}

fn changes(sql: &str, rule: &'static str, edits: &[Edit]) -> Vec<Change> {
    let change = |(span, to): &Edit| Change {
        rule,
        from: sql.get(span.clone()).unwrap_or_default().to_owned(),
        to: to.clone(),
    };
    edits.iter().map(change).collect()
}
