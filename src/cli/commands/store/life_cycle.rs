//! Changing, deleting and restoring stores, and letting old events go.

use super::super::super::args::StoreUpdate;
use super::super::super::exit::Failure;
use super::super::super::interrupt;
use super::super::super::printer::Printer;
use super::super::{plural, selectors, size, tell_if_it_waits, time};
use super::{named_or_all, store_id};
use crate::store::{Lake, StoreChanges, StoreName, StoreRow};
use std::io::{BufRead, IsTerminal, stdin};

/// Changes a store as the arguments say, and prints what it is then.
pub(super) fn update(
    lake: &Lake,
    update: &StoreUpdate,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let tags = update.tag.iter().map(|tag| match tag.split_once('=') {
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err(Failure::Usage(format!("--tag {tag:?} has no '='; write KEY=VALUE"))),
    });
    let ids =
        |texts: &[String]| texts.iter().map(|text| store_id(text)).collect::<Result<_, Failure>>();
    let changes = StoreChanges {
        name: update.name.as_deref().map(StoreName::parse).transpose()?,
        retention_days: match (update.retention_days, update.keep_all) {
            (Some(days), _) => Some(Some(days)),
            (None, true) => Some(None),
            (None, false) => None,
        },
        termination_protection: match (
            update.termination_protection,
            update.no_termination_protection,
        ) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        },
        selectors: match (&update.selectors, update.no_selectors) {
            (Some(value), _) => Some(Some(selectors::given(value)?)),
            (None, true) => Some(None),
            (None, false) => None,
        },
        tags: tags.collect::<Result<_, _>>()?,
        untag: update.untag.clone(),
        add_ids: ids(&update.add_id)?,
        remove_ids: ids(&update.remove_id)?,
    };
    let before = lake.store(&update.store)?;
    let store = lake.update_store(&before, &changes)?;
    super::show(&super::StoreDetails::new(lake, &store)?, printer)?;
    if before.selectors.is_some() && before.selectors != store.selectors {
        printer.note(
            "files that were imported under the selectors before are read again by the next import of them",
        );
    }
    Ok(())
}

/// Begins the deletion of a store.
pub(super) fn delete(
    lake: &Lake,
    store: &StoreRow,
    yes: bool,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let question = format!(
        "Delete {}, {}? It can be restored for seven days.",
        store.name,
        held(lake, store)?
    );
    if !yes && !agreed(&question, "--yes", printer)? {
        return Ok(());
    }
    let store = lake.delete_store(store)?;
    let end = store.deletion_ends_at().map_or_else(String::new, time);
    printer.line(&format!(
        "{} is pending deletion until {end} UTC; restore it with: traillake store restore {}",
        store.name, store.name
    ))?;
    Ok(())
}

/// Removes a store at once, if its name is given.
pub(super) fn purge(
    lake: &Lake,
    store: &StoreRow,
    confirm: Option<&str>,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let held = held(lake, store)?;
    let typed = match confirm {
        Some(name) => name.to_owned(),
        None => answer(
            &format!("This removes {}, {held}, for ever. Its name, to go on:", store.name),
            "--confirm NAME",
            printer,
        )?,
    };
    if typed != store.name {
        return Err(Failure::Usage(format!(
            "{typed:?} is not the name of the store, {:?}; nothing was removed",
            store.name
        )));
    }
    let removed = lake.purge_store(store)?;
    printer.line(&format!("Removed {} with {}", store.name, plural(removed.events, "event")))?;
    Ok(())
}

/// Removes events that are older than the retention of their store.
pub(super) fn expire(
    lake: &Lake,
    store: Option<&str>,
    dry_run: bool,
    yes: bool,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let stores = named_or_all(lake, store)?;
    let mut expired = Vec::new();
    for store in stores {
        if store.retention_days.is_none() || store.check_not_deleted().is_err() {
            continue;
        }
        let files = lake.expired_files(&store)?;
        if files.is_empty() {
            continue;
        }
        let events = files.iter().map(|file| file.rows).sum();
        let bytes = files.iter().map(|file| file.bytes).sum();
        let days: Vec<_> = files.iter().filter_map(|file| file.day).collect();
        let span = match (days.iter().min(), days.iter().max()) {
            (Some(first), Some(last)) => format!("{first} to {last}"),
            _ => String::new(),
        };
        let count = plural(files.len() as u64, "file");
        printer.line(&format!(
            "{}  {span}  {}  {count}  {}",
            store.name,
            plural(events, "event"),
            size(bytes)
        ))?;
        expired.push((store, files));
    }
    if expired.is_empty() {
        printer.line("Nothing is older than its retention.")?;
        return Ok(());
    }
    if dry_run || !(yes || agreed("Remove these events?", "--yes", printer)?) {
        return Ok(());
    }
    let mut removed = true;
    for (store, files) in expired {
        tell_if_it_waits(lake, &store, printer);
        removed &= lake.expire(&store, &files, interrupt::flag())?;
    }
    printer.line(if removed {
        "Removed."
    } else {
        "Removed; queries that are running read the files to their end, and the next import or expiry frees the disk."
    })
}

/// Removes stores whose deletion is over, and says so. What cannot be removed now (a write-protected lake, a
/// running import) is removed another time.
pub(crate) fn remove_deleted(lake: &Lake, printer: &mut Printer) {
    for store in lake.deletions_over().unwrap_or_default() {
        match lake.purge_store(&store) {
            Ok(removed) => printer.note(&format!(
                "the seven days of {} are over: removed it with {}",
                store.name,
                plural(removed.events, "event")
            )),
            Err(error) => printer.warn(&format!("{} cannot be removed yet: {error}", store.name)),
        }
    }
}

/// What a store holds, for a question.
fn held(lake: &Lake, store: &StoreRow) -> Result<String, Failure> {
    let totals = lake.totals(store.id)?;
    Ok(format!("{} in {}", plural(totals.events, "event"), size(totals.bytes)))
}

/// Asks for a yes.
fn agreed(question: &str, instead: &str, printer: &mut Printer) -> Result<bool, Failure> {
    let typed = answer(&format!("{question} [y/N]"), instead, printer)?;
    Ok(matches!(typed.to_lowercase().as_str(), "y" | "yes"))
}

/// Asks for a line, where somebody is there to type it.
fn answer(question: &str, instead: &str, printer: &mut Printer) -> Result<String, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::Usage(format!("nobody is there to be asked; add {instead}")));
    }
    printer.line(question)?;
    printer.flush()?;
    let mut line = String::new();
    stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::Io(format!("standard input: {error}")))?;
    Ok(line.trim().to_owned())
}
