//! `traillake timeline`.

use super::super::args;
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::settings::Settings;
use super::find::second;
use super::store_session::StoreSession;
use super::{count, plural, side_by_side};
use crate::investigate::{Line, Timeline};

pub(crate) fn run(
    settings: &Settings,
    args: &args::Timeline,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let store_session = StoreSession::open(settings, &args.selection)?;
    let timeline = Timeline {
        principal: args.principal.clone(),
        from: args.selection.from.clone(),
        to: args.selection.to.clone(),
        every: args.every,
    };
    let mut lines = store_session.wait(timeline.run(&store_session.engine))?;
    if args.writes {
        lines.retain(|line| !line.read_only || !line.error.is_empty() || !line.notes.is_empty());
    }
    if args.selection.json {
        printer.json(&lines)?;
    } else if lines.is_empty() {
        printer.say(
            "no event of that principal; * stands for anything: 'arn:aws:sts::*:assumed-role/NAME/*', \
             and traillake find NAME looks everywhere",
        );
    } else {
        show(&lines, printer)?;
    }
    printer.flush()
}

fn show(lines: &[Line], printer: &mut Printer) -> Result<(), Failure> {
    let mut day = "";
    let mut rows = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some(new) = line.from.get(..10).filter(|new| *new != day) {
            flush(&mut rows, printer)?;
            printer.line(&format!("{}{new}", if at == 0 { "" } else { "\n" }))?;
            day = new;
        }
        rows.push(cells(line));
    }
    flush(&mut rows, printer)?;
    let events: u64 = lines.iter().map(|line| line.events).sum();
    let lines = plural(lines.len() as u64, "line");
    printer.say(&format!("{} in {lines}", plural(events, "event")));
    Ok(())
}

fn cells(line: &Line) -> Vec<String> {
    let clock = |time: &str| second(time).get(11..).unwrap_or_default().to_owned();
    let mut more = Vec::new();
    if !line.subject.is_empty() {
        more.push(line.subject.clone());
    }
    if !line.error.is_empty() {
        more.push(match line.message.is_empty() {
            true => line.error.clone(),
            false => format!("{}: {}", line.error, line.message),
        });
    }
    if line.events > 1 {
        more.push(format!("until {}", clock(&line.to)));
    }
    more.extend(line.notes.iter().cloned());
    if !line.by.is_empty() {
        more.push(format!("<- by {}", line.by));
    }
    let times = if line.events > 1 { format!("x{}", count(line.events)) } else { String::new() };
    vec![
        clock(&line.from),
        times,
        line.call.clone(),
        format!("{} {}", line.address, line.region),
        more.join("; "),
    ]
}

fn flush(rows: &mut Vec<Vec<String>>, printer: &mut Printer) -> Result<(), Failure> {
    side_by_side(rows, &[1], 2, printer)?;
    rows.clear();
    Ok(())
}
