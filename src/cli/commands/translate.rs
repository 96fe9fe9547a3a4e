//! `traillake translate`.

use super::super::args;
use super::super::clock::now;
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::run_query::excerpt;
use super::super::script::{Place, Script};
use super::super::settings::Settings;
use super::plural;
use super::query::temporary_folder;
use crate::engine::parameters::Parameters;
use crate::engine::sql_error::SqlError;
use crate::engine::text::ended;
use crate::engine::translate::{Translation, Wanted};
use crate::engine::{Engine, QueryError};
use crate::store::Lake;
use std::sync::Arc;

pub(crate) fn run(
    settings: &Settings,
    args: &args::Translate,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let scripts = scripts(args)?;
    let statements: Vec<_> = scripts.iter().flat_map(Script::statements).collect();
    if statements.is_empty() {
        return Err(QueryError::Empty.into());
    }
    // Columns and functions are known without events.
    let folder = temporary_folder()?;
    let (lake, store) = Lake::for_one_query(folder.path(), now)?;
    let engine = Engine::new(Arc::new(lake), Some(store), settings.engine())?;
    engine.take_any_store(true);
    let (mut wrong, count) = (0, statements.len());
    for (sql, place) in statements {
        let translate = |sql: &str, guesses| {
            let wanted = Wanted { dialect: args.dialect, guesses };
            engine.translate(sql, &Parameters::at(engine.now()), wanted, None)
        };
        let valid = if args.check {
            judge(&engine, sql, &place, translate(sql, true), printer)
        } else {
            print(&place, translate(sql, false), &translate, printer)?
        };
        wrong += usize::from(!valid);
    }
    printer.flush()?;
    if wrong == 0 {
        return Ok(());
    }
    let what = if args.check { "not valid" } else { "not repaired" };
    let of = plural(count as u64, "statement");
    Err(Failure::Partial(format!("{wrong} of {of} {what}")))
}

fn scripts(args: &args::Translate) -> Result<Vec<Script>, Failure> {
    match &args.sql {
        Some(sql) => Ok(vec![Script::typed(sql)]),
        None if args.file.is_empty() => Ok(vec![Script::standard_input()?]),
        None => args.file.iter().map(|path| Script::file(path)).collect(),
    }
}

/// Prints a statement with what was changed, and returns whether it is valid. One that is not may have a repair that
/// guesses.
fn print(
    place: &Place,
    translation: Translation,
    translate: &dyn Fn(&str, bool) -> Translation,
    printer: &mut Printer,
) -> Result<bool, Failure> {
    translation.changes.iter().for_each(|change| printer.note(&change.to_string()));
    printer.line(&ended(&translation.sql))?;
    let Some(error) = translation.error else { return Ok(true) };
    let guessed = translate(&translation.sql, true);
    let repair = guessed.is_repaired().then_some(guessed.sql);
    printer.failure(&shown(&translation.sql, place, error, repair));
    Ok(false)
}

/// Tells what is wrong with a statement, and returns whether nothing is.
fn judge(
    engine: &Engine,
    sql: &str,
    place: &Place,
    translation: Translation,
    printer: &mut Printer,
) -> bool {
    match engine.check(sql, &Parameters::at(engine.now())) {
        Ok(_) => true,
        Err(error) => {
            let repair = translation.is_repaired().then_some(translation.sql);
            printer.failure(&shown(sql, place, error.to_client_error(), repair));
            false
        }
    }
}

fn shown(sql: &str, place: &Place, error: SqlError, repair: Option<String>) -> Failure {
    let excerpt = error.at.and_then(|at| excerpt(sql, at));
    let failure = Box::new(Failure::Query(QueryError::Sql(error)));
    place.locate(Failure::Shown { failure, excerpt, repair })
}
