//! `traillake lookup-events`.

use super::super::args;
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::find::second;
use super::store_session::StoreSession;
use super::{plural, side_by_side};
use crate::investigate::{LookedUpEvent, LookupCategory, LookupEvents, LookupPage};

/// Resources of an event that are shown; the rest is counted.
const MAX_RESOURCES: usize = 3;

pub(crate) fn run(
    settings: &Settings,
    args: &args::LookupEvents,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let store_session = StoreSession::open(settings, &args.selection)?;
    let days = args.days.map(|days| format!("{days}d"));
    let lookup = LookupEvents {
        category: LookupCategory::default(), // that of the store
        attribute: args.attribute.clone(),
        region: args.region.clone(),
        from: days.or_else(|| args.selection.from.clone()),
        to: args.selection.to.clone(),
        max_results: args.max_results as usize,
        next_token: args.next_token.clone(),
    };
    let page = store_session.wait(lookup.run(&store_session.engine))?;
    if args.selection.json {
        printer.json(&page)?;
    } else {
        show(&page, printer)?;
    }
    printer.flush()
}

fn show(page: &LookupPage, printer: &mut Printer) -> Result<(), Failure> {
    if page.events.is_empty() {
        printer.say("no event like that in the history");
        return Ok(());
    }
    let head = ["time", "event", "user", "source", "region", "error", "resources"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(page.events.iter().map(cells));
    side_by_side(&rows, &[], 0, printer)?;
    let events = plural(page.events.len() as u64, "event");
    match &page.next_token {
        Some(token) => printer.say(&format!("{events}; what follows: --next-token {token}")),
        None => printer.say(&events),
    }
    Ok(())
}

fn cells(event: &LookedUpEvent) -> Vec<String> {
    let or_dash = |text: &str| if text.is_empty() { "-" } else { text }.to_owned();
    let named = event.resources.iter().take(MAX_RESOURCES);
    let mut resources: Vec<_> = named.map(|resource| resource.resource_name.clone()).collect();
    let more = event.resources.len().saturating_sub(MAX_RESOURCES);
    if more > 0 {
        resources.push(format!("{more} more"));
    }
    let time = event.event_time.split('+').next().unwrap_or_default().replace('T', " ");
    vec![
        or_dash(&second(&time)),
        or_dash(&event.event_name),
        or_dash(&event.username),
        or_dash(event.event_source.trim_end_matches(".amazonaws.com")),
        or_dash(&event.region),
        or_dash(&event.error),
        resources.join(", "),
    ]
}
