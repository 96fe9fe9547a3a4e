//! `traillake store test-selectors`.

use super::super::args;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::{count, plural, selectors, side_by_side};
use crate::envelope::{Discovery, discover};
use crate::output::visible;
use crate::store::AdvancedEventSelectors;
use crate::store::selectors::{
    EventFields, ReadEvent, ReadOutcome, SelectorExplanation, SelectorField, read_events,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Kinds of events that are counted apart; hostile files could have any number.
const MAX_KINDS: usize = 10_000;
/// Kinds of events that are shown.
const MAX_SHOWN_KINDS: usize = 20;

pub(crate) fn run(
    settings: &Settings,
    args: &args::TestSelectors,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let reads_twice = args.selectors.as_ref().is_some_and(|value| value == "-")
        && args.files.iter().any(|file| file.as_os_str() == "-");
    if reads_twice {
        return Err(Failure::Usage(
            "both the events and the selectors are read from standard input; name a file for one of them".to_owned(),
        ));
    }
    interrupt::listen();
    let selectors = wanted(settings, args)?;
    let found = discover(&args.files)?;
    let files = found.sources.len() as u64;
    let outcome = match (&args.explain, args.list) {
        (Some(id), _) => explain(selectors.as_ref(), id, found, args.json, printer)?,
        (None, true) => list(selectors.as_ref(), found, printer)?,
        (None, false) => {
            let (summary, outcome) = summarize(selectors.as_ref(), found);
            stop_if_interrupted()?;
            if args.json {
                printer.json(&summary)?
            } else {
                summary.show(files, printer)?
            }
            outcome
        }
    };
    printer.flush()?;
    stop_if_interrupted()?;
    finish(&outcome, files, printer)
}

/// The selectors that are tested; `None` where a store has none.
fn wanted(
    settings: &Settings,
    args: &args::TestSelectors,
) -> Result<Option<AdvancedEventSelectors>, Failure> {
    match &args.selectors {
        Some(value) => selectors::given(value).map(Some),
        None => {
            let name = args.store.as_deref().unwrap_or(crate::store::lake::DEFAULT_STORE);
            Ok(settings.existing_lake()?.store(name)?.selectors)
        }
    }
}

fn stop_if_interrupted() -> Result<(), Failure> {
    match interrupt::requested() {
        true => Err(Failure::Interrupted),
        false => Ok(()),
    }
}

/// Reads the events of all files, and adds what could not be looked into to the failures.
fn read(found: Discovery, on_event: &mut dyn FnMut(&ReadEvent<'_>) -> bool) -> ReadOutcome {
    let mut outcome = read_events(&found.sources, interrupt::flag(), on_event);
    let not_found = found.failures.into_iter();
    outcome.failures.extend(not_found.map(|(place, error)| (place.to_string(), error.to_string())));
    outcome
}

/// Warns of what was not read, which ends the program with a failure.
fn finish(outcome: &ReadOutcome, files: u64, printer: &mut Printer) -> Result<(), Failure> {
    for (location, reason) in &outcome.failures {
        printer.warn(&format!("{location}: {reason}"));
    }
    if outcome.rejected > 0 {
        let records = plural(outcome.rejected, "record");
        printer.warn(&format!("{records} could not be read; an import would list them"));
    }
    if !outcome.failures.is_empty() || outcome.rejected > 0 {
        return Err(Failure::Partial("some of the input could not be read".to_owned()));
    }
    if outcome.events == 0 {
        return Err(Failure::Partial(format!("none of {} holds an event", plural(files, "file"))));
    }
    Ok(())
}

/// How many events are let through.
#[derive(Debug, Serialize)]
struct Summary {
    events: u64,
    let_through: u64,
    not_selected: u64,
    /// `null` where a store has no selectors, and takes every event.
    selectors: Option<Vec<SelectorCount>>,
    /// What is not let through, most frequent first.
    not_selected_kinds: Vec<KindCount>,
}

#[derive(Debug, Serialize)]
struct SelectorCount {
    selector: usize,
    name: Option<String>,
    events: u64,
    /// Its number and name, for people.
    #[serde(skip)]
    title: String,
}

#[derive(Debug, Serialize)]
struct KindCount {
    event_category: String,
    event_source: String,
    event_name: String,
    events: u64,
}

/// Category, source and name.
type Kind = [String; 3];

fn kind(event: &EventFields<'_>) -> Kind {
    [SelectorField::EventCategory, SelectorField::EventSource, SelectorField::EventName]
        .map(|field| event.values(field).pop().unwrap_or_default())
}

fn summarize(
    selectors: Option<&AdvancedEventSelectors>,
    found: Discovery,
) -> (Summary, ReadOutcome) {
    let list = selectors.map(AdvancedEventSelectors::selectors).unwrap_or_default();
    let mut counts = vec![0_u64; list.len()];
    let mut let_through = 0;
    let mut kinds = BTreeMap::<Kind, u64>::new();
    let outcome = read(found, &mut |event| {
        let mut by_some = selectors.is_none();
        for (selector, count) in list.iter().zip(&mut counts) {
            let by_this = selector.lets_through(&event.fields);
            *count += u64::from(by_this);
            by_some |= by_this;
        }
        let_through += u64::from(by_some);
        if !by_some {
            let kind = kind(&event.fields);
            if kinds.len() < MAX_KINDS || kinds.contains_key(&kind) {
                *kinds.entry(kind).or_default() += 1;
            }
        }
        true
    });
    let selectors = list.iter().zip(counts).enumerate().map(|(at, (selector, events))| {
        let (name, title) = (selector.name().map(str::to_owned), selectors::title(at, selector));
        SelectorCount { selector: at + 1, name, events, title }
    });
    let mut kinds: Vec<_> = kinds
        .into_iter()
        .map(|([event_category, event_source, event_name], events)| KindCount {
            event_category,
            event_source,
            event_name,
            events,
        })
        .collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.events));
    let summary = Summary {
        events: outcome.events,
        let_through,
        not_selected: outcome.events - let_through,
        selectors: (!list.is_empty()).then(|| selectors.collect()),
        not_selected_kinds: kinds,
    };
    (summary, outcome)
}

impl Summary {
    fn show(&self, files: u64, printer: &mut Printer) -> Result<(), Failure> {
        let events = format!("{} in {}", plural(self.events, "event"), plural(files, "file"));
        let Some(selectors) = &self.selectors else {
            return printer.line(&format!(
                "{events}: the store has no event selectors, and takes every event"
            ));
        };
        let (through, not) = (count(self.let_through), count(self.not_selected));
        printer.line(&format!("{events}: {through} let through, {not} not selected"))?;
        let row = |events: u64, what: String| vec![count(events), what];
        let rows = selectors.iter().map(|s| row(s.events, format!("selector {}", s.title)));
        let none = row(self.not_selected, "no selector".to_owned());
        side_by_side(&rows.chain([none]).collect::<Vec<_>>(), &[0], 2, printer)?;
        self.show_kinds(printer)
    }

    fn show_kinds(&self, printer: &mut Printer) -> Result<(), Failure> {
        if self.not_selected_kinds.is_empty() {
            return Ok(());
        }
        printer.line("not selected:")?;
        let rows: Vec<_> = self
            .not_selected_kinds
            .iter()
            .take(MAX_SHOWN_KINDS)
            .map(|k| {
                let [category, source, name] = [&k.event_category, &k.event_source, &k.event_name];
                vec![count(k.events), category.clone(), source.clone(), name.clone()]
            })
            .collect();
        side_by_side(&rows, &[0], 2, printer)?;
        match self.not_selected_kinds.len().saturating_sub(MAX_SHOWN_KINDS) {
            0 => Ok(()),
            more => printer
                .line(&format!("  and {} more; --json has them all", plural(more as u64, "kind"))),
        }
    }
}

/// Prints each event with the numbers of the selectors that let it through.
fn list(
    selectors: Option<&AdvancedEventSelectors>,
    found: Discovery,
    printer: &mut Printer,
) -> Result<ReadOutcome, Failure> {
    let mut printed = Ok(());
    let outcome = read(found, &mut |event| {
        printed = printer.line(&listed(selectors, &event.fields));
        printed.is_ok()
    });
    printed.map(|()| outcome)
}

fn listed(selectors: Option<&AdvancedEventSelectors>, event: &EventFields<'_>) -> String {
    let numbers: Vec<_> = match selectors {
        Some(selectors) => {
            let list = selectors.selectors().iter().enumerate();
            let through = list.filter(|(_, selector)| selector.lets_through(event));
            through.map(|(at, _)| (at + 1).to_string()).collect()
        }
        None => vec!["every event".to_owned()],
    };
    let by = if numbers.is_empty() { "-".to_owned() } else { numbers.join(",") };
    visible(&format!("{}  {by}", headline(event))).into_owned()
}

/// Time, id, source and name.
fn headline(event: &EventFields<'_>) -> String {
    let [_, source, name] = kind(event);
    let (time, id) = (event.event_time(), event.event_id());
    format!("{}  {}  {source}  {name}", time.unwrap_or_default(), id.unwrap_or_default())
}

/// An event with what each selector makes of it.
#[derive(Debug, Serialize)]
struct Explained {
    event_id: Option<String>,
    file: String,
    position: u64,
    let_through: bool,
    /// `null` where a store has no selectors, and takes every event.
    selectors: Option<Vec<SelectorExplanation>>,
    #[serde(skip)]
    headline: String,
}

/// Explains the event of this id, each time it occurs.
fn explain(
    selectors: Option<&AdvancedEventSelectors>,
    id: &str,
    found: Discovery,
    as_json: bool,
    printer: &mut Printer,
) -> Result<ReadOutcome, Failure> {
    let wanted = id.trim();
    let files = found.sources.len() as u64;
    let mut explained = Vec::new();
    let outcome = read(found, &mut |event| {
        let event_id = event.fields.event_id();
        if event_id.as_ref().is_some_and(|id| id.trim().eq_ignore_ascii_case(wanted)) {
            explained.push(Explained {
                event_id,
                file: event.location.to_string(),
                position: event.position,
                let_through: selectors.is_none_or(|s| s.let_through(&event.fields)),
                selectors: selectors.map(|s| s.explain(&event.fields)),
                headline: headline(&event.fields),
            });
        }
        true
    });
    stop_if_interrupted()?;
    if explained.is_empty() {
        return Err(Failure::Io(format!(
            "no event of {} has the id {id:?}; --list shows all events",
            plural(files, "file")
        )));
    }
    if as_json {
        printer.json(&explained)?;
    } else {
        explained.iter().try_for_each(|explained| explained.show(printer))?;
    }
    Ok(outcome)
}

impl Explained {
    fn show(&self, printer: &mut Printer) -> Result<(), Failure> {
        printer.line(&visible(&self.headline))?;
        printer.line(&visible(&format!("{} at byte {}", self.file, self.position)))?;
        let Some(selectors) = &self.selectors else {
            return printer
                .line("let through: the store has no event selectors, and takes every event");
        };
        let verdict = if self.let_through { "let through" } else { "not selected" };
        printer.line(verdict)?;
        for selector in selectors {
            let name = selector.name.as_ref().map_or_else(String::new, |name| format!(" {name:?}"));
            let verdict = if selector.let_through { "lets it through" } else { "does not" };
            printer
                .line(&visible(&format!("  selector {}{name}: {verdict}", selector.selector)))?;
            let rows: Vec<_> = selector
                .fields
                .iter()
                .map(|field| {
                    let passes = if field.let_through { "yes" } else { "no" };
                    vec![passes.to_owned(), field.field.to_owned(), field.reason.clone()]
                })
                .collect();
            side_by_side(&rows, &[], 4, printer)?;
        }
        Ok(())
    }
}
