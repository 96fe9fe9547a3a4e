//! Comparing stores with their catalog, and repairing them.

use super::super::super::clock::now;
use super::super::super::exit::Failure;
use super::super::super::interrupt;
use super::super::super::printer::Printer;
use super::super::super::progress::{ProgressState, Unit, with_bar};
use super::super::super::settings::Settings;
use super::super::{plural, size, tell_if_it_waits};
use super::named_or_all;
use crate::store::check::{
    CheckOptions, CheckProgress, Problem, ProblemKind, Rebuilt, RebuiltStore, StoreCheck,
};
use crate::store::{Lake, StoreError, StoreRow};
use serde::Serialize;
use std::sync::atomic::Ordering;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) quick: bool,
    pub(super) repair: bool,
    pub(super) json: bool,
}

/// What a check found, for programs.
#[derive(Serialize)]
struct Found {
    /// What is wrong with the catalog.
    catalog: Vec<String>,
    /// What was found when the catalog was made anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    rebuilt: Option<Rebuilt>,
    stores: Vec<StoreCheck>,
    /// Whether what could be repaired was.
    repaired: bool,
}

/// Checks one store or all.
pub(super) fn run(
    settings: &Settings,
    store: Option<&str>,
    asked: Asked,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let (lake, rebuilt) = open(settings, asked, printer)?;
    let stores = named_or_all(&lake, store)?;
    let mut found =
        Found { catalog: Vec::new(), rebuilt, stores: Vec::new(), repaired: asked.repair };
    for store in stores {
        let check = check(&lake, &store, asked, settings, printer)?;
        if !asked.json {
            tell(&check, printer)?;
        }
        if asked.repair {
            repair(&lake, &store, &check, asked, printer)?;
        }
        found.stores.push(check);
    }
    if asked.json {
        printer.json(&found)?;
    }
    let lost = || found.stores.iter().flat_map(|store| &store.problems).filter(|p| p.is_loss());
    let (files, events) = (lost().count() as u64, lost().map(|problem| problem.events).sum());
    if files == 0 {
        return Ok(());
    }
    let (files, events) = (plural(files, "data file"), plural(events, "event"));
    Err(Failure::Damage(match asked.repair {
        true => format!("{files} with {events} set aside; import their logs again"),
        false => format!(
            "{files} with {events} cannot be read; traillake store check --repair sets them aside"
        ),
    }))
}

/// Opens the lake, and makes its catalog anew if it is lost and that is asked for.
fn open(
    settings: &Settings,
    asked: Asked,
    printer: &mut Printer,
) -> Result<(Lake, Option<Rebuilt>), Failure> {
    let opened = settings.existing_lake().and_then(|lake| {
        let wrong = lake.check_catalog()?;
        match wrong.first() {
            Some(first) => Err(StoreError::Damaged {
                path: lake.paths().catalog(),
                reason: format!("{first}, {} in all", plural(wrong.len() as u64, "fault")),
            }
            .into()),
            None => Ok(lake),
        }
    });
    let root = settings.lake_dir()?;
    match opened {
        Err(Failure::Store(error)) if asked.repair && error.is_lost_catalog(root) => {
            printer.warn(&error.to_string());
            let (lake, rebuilt) = Lake::rebuild(root, now, interrupt::flag())?;
            if !asked.json {
                tell_rebuilt(&rebuilt, printer)?;
            }
            Ok((lake, Some(rebuilt)))
        }
        opened => opened.map(|lake| (lake, None)),
    }
}

fn check(
    lake: &Lake,
    store: &StoreRow,
    asked: Asked,
    settings: &Settings,
    printer: &Printer,
) -> Result<StoreCheck, Failure> {
    let progress = CheckProgress::default();
    let observe = || ProgressState {
        done: progress.bytes_done.load(Ordering::Relaxed),
        total: progress.bytes.load(Ordering::Relaxed),
        ..ProgressState::default()
    };
    let options = CheckOptions { threads: settings.threads, quick: asked.quick };
    Ok(with_bar(printer.talks_to_terminal(), Unit::Bytes, observe, || {
        lake.check(store, options, &progress, interrupt::flag())
    })?)
}

fn repair(
    lake: &Lake,
    store: &StoreRow,
    check: &StoreCheck,
    asked: Asked,
    printer: &mut Printer,
) -> Result<(), Failure> {
    tell_if_it_waits(lake, store, printer);
    let removed = lake.repair(store, check, interrupt::flag())?;
    if asked.json {
        return Ok(());
    }
    let lost: Vec<_> = check.problems.iter().filter(|problem| problem.is_loss()).collect();
    if removed > 0 {
        printer.line(&format!("  removed {} that no catalog lists", plural(removed, "file")))?;
    }
    if !lost.is_empty() {
        let events = lost.iter().map(|problem| problem.events).sum();
        printer.line(&format!(
            "  set aside {} with {}: import their logs again, and what is missing is stored",
            plural(lost.len() as u64, "file"),
            plural(events, "event")
        ))?;
    }
    Ok(())
}

fn tell(check: &StoreCheck, printer: &mut Printer) -> Result<(), Failure> {
    let StoreCheck { store, files, events, bytes, problems } = check;
    let (files, events) = (plural(*files, "file"), plural(*events, "event"));
    let sound = if problems.is_empty() { ", all as listed" } else { "" };
    printer.line(&format!("{store}: {files}, {events}, {}{sound}", size(*bytes)))?;
    for Problem { kind, path, day, events, reason } in problems {
        let kind = match kind {
            ProblemKind::Missing => "missing",
            ProblemKind::Damaged => "damaged",
            ProblemKind::Unreferenced => "not listed",
            ProblemKind::SetAside => "set aside",
        };
        let held = match (day, events) {
            (_, 0) => String::new(),
            (None, events) => format!(" ({})", plural(*events, "event")),
            (Some(day), events) => format!(" ({} of {day})", plural(*events, "event")),
        };
        printer.line(&format!("  {kind}  {path}{held}: {reason}"))?;
    }
    Ok(())
}

fn tell_rebuilt(rebuilt: &Rebuilt, printer: &mut Printer) -> Result<(), Failure> {
    if let Some(old) = &rebuilt.old_catalog {
        printer.line(&format!("The damaged catalog is now {}", old.display()))?;
    }
    printer.line("Made the catalog anew. Which logs were imported is not known any more.")?;
    for RebuiltStore { store, described, files, events, duplicates, set_aside, .. } in
        &rebuilt.stores
    {
        let mut line =
            format!("  {store}: {} in {}", plural(*events, "event"), plural(*files, "file"));
        if !described {
            line.push_str(", its name and settings are not known");
        }
        for (number, what) in [(duplicates, "duplicate event"), (set_aside, "damaged file")] {
            if *number > 0 {
                line.push_str(&format!(", without {}", plural(*number, what)));
            }
        }
        printer.line(&line)?;
    }
    Ok(())
}
