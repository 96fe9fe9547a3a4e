//! `traillake find`.

use super::super::args;
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::store_session::StoreSession;
use super::{count, plural, side_by_side};
use crate::investigate::{Event, EventGroup, Find, Found};

/// Lines of a part; the rest is counted.
const MAX_LINES: usize = 12;

pub(crate) fn run(
    settings: &Settings,
    args: &args::Find,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let store_session = StoreSession::open(settings, &args.selection)?;
    let find = Find {
        text: args.text.clone(),
        ignore_case: args.ignore_case,
        everything: args.everything,
        newest: args.newest,
        from: args.selection.from.clone(),
        to: args.selection.to.clone(),
    };
    let found = store_session.wait(find.run(&store_session.engine))?;
    if args.selection.json {
        printer.json(&found)?;
    } else {
        show(&found, args.everything, printer)?;
    }
    printer.flush()
}

fn show(found: &Found, everything: bool, printer: &mut Printer) -> Result<(), Failure> {
    let total = &found.total;
    let text = crate::output::visible(&total.name);
    if total.events == 0 {
        let more =
            if everything { "" } else { "; --everything looks at fields without a column, too" };
        printer.say(&format!("{text} occurs in no event{more}"));
        return Ok(());
    }
    printer.line(&format!(
        "{text} occurs in {}, {} of them failed, from {} to {} UTC",
        plural(total.events, "event"),
        count(total.errors),
        second(&total.first_seen),
        second(&total.last_seen),
    ))?;
    for (head, groups) in
        [("where", &found.places), ("by whom", &found.callers), ("what", &found.calls)]
    {
        part(head, groups, printer)?;
    }
    newest(&found.newest, printer)
}

fn part(head: &str, groups: &[EventGroup], printer: &mut Printer) -> Result<(), Failure> {
    let mut rows =
        vec![[head, "events", "failed", "first seen", "last seen"].map(str::to_owned).to_vec()];
    for group in groups.iter().take(MAX_LINES) {
        let name = if group.name.is_empty() { "(no caller)" } else { &group.name };
        rows.push(vec![
            name.to_owned(),
            count(group.events),
            count(group.errors),
            second(&group.first_seen),
            second(&group.last_seen),
        ]);
    }
    printer.line("")?;
    side_by_side(&rows, &[1, 2], 0, printer)?;
    if let Some(more) = groups.len().checked_sub(MAX_LINES).filter(|more| *more > 0) {
        printer.line(&format!("... and {more} more"))?;
    }
    Ok(())
}

fn newest(events: &[Event], printer: &mut Printer) -> Result<(), Failure> {
    if events.is_empty() {
        return Ok(());
    }
    let head = ["newest events", "call", "error", "address", "region", "caller", "where"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for event in events {
        let or_dash = |text: &str| if text.is_empty() { "-" } else { text }.to_owned();
        rows.push(vec![
            second(&event.time),
            event.call.clone(),
            or_dash(&event.error),
            or_dash(&event.address),
            event.region.clone(),
            or_dash(&event.caller),
            event.places.join(", "),
        ]);
    }
    printer.line("")?;
    side_by_side(&rows, &[], 0, printer)
}

/// A time to the second.
pub(super) fn second(time: &str) -> String {
    time.split('.').next().unwrap_or_default().to_owned()
}
