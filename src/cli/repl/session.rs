//! Runs statements and commands over a lake.

use super::super::args::{self, Leniency};
use super::super::commands::query::{Source, given_values, one_line};
use super::super::commands::{count, import, plural, saved, size, store};
use super::super::exit::Failure;
use super::super::printer::Printer;
use super::super::run_query::{self, Completed};
use super::super::script::{Place, Script};
use super::super::settings::Settings;
use super::completer::Names;
use super::dot::{self, Dot};
use super::expanded;
use super::occurring::{Occurring, Wanted};
use super::output::{Output, OutputTarget};
use super::validator::bare_command;
use crate::engine::parameters::Parameters;
use crate::engine::text::is_same_name;
use crate::engine::{Engine, Profile, Pruned, text, view_names};
use crate::event::schema::Field;
use crate::output::chart::{CHART_KINDS, ChartKind};
use crate::output::{Layout, Nulls, OUTPUT_FORMATS, OutputFormat};
use crate::saved::{Library, SavedQuery};
use crate::store::Lake;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::runtime::Runtime;

/// How deep files may read other files.
const MAX_READ_DEPTH: usize = 16;

/// How columns that are NULL are hidden, and seen.
pub(super) const HIDDEN_NULLS: Nulls = Nulls::Hidden(".nulls on shows them");

/// What a session works with.
pub(super) struct Session<'a> {
    settings: &'a Settings,
    source: Source,
    engine: Arc<Engine>,
    leniency: Leniency,
    /// Values of parameters, by name.
    params: Vec<(String, String)>,
    runtime: Runtime,
    shared: Arc<Shared>,
    format: OutputFormat,
    /// Where answers go, if not to standard output.
    output: Option<Output>,
    /// The chart that the last answer, of a saved query, is drawn as.
    chart: Option<ChartKind>,
    /// Whether to show after an answer how long it took.
    pub(super) timing: bool,
    depth: usize,
}

/// What the completer needs of the session.
struct Shared {
    lake: RwLock<Arc<Lake>>,
    occurring: RwLock<Occurring>,
    library: Library,
}

impl Names for Shared {
    fn tables(&self) -> Vec<(String, String)> {
        let lake = Arc::clone(&self.lake.read().unwrap_or_else(PoisonError::into_inner));
        let stores = lake.catalog().stores().unwrap_or_default().into_iter().map(|store| {
            let events = lake.totals(store.id).map(|totals| totals.events).unwrap_or_default();
            (store.name.to_lowercase(), plural(events, "event"))
        });
        let current = (text::CURRENT_STORE.to_owned(), "the current store".to_owned());
        let views = view_names().map(|name| (name.to_owned(), "a view".to_owned()));
        std::iter::once(current).chain(views).chain(stores).collect()
    }

    fn columns(&self) -> &'static [Field] {
        self.occurring.read().unwrap_or_else(PoisonError::into_inner).columns()
    }

    fn occurring(&self, wanted: &Wanted) -> Option<Vec<String>> {
        self.occurring.read().unwrap_or_else(PoisonError::into_inner).get(wanted)
    }

    fn saved(&self) -> Vec<(String, String)> {
        self.library.iter().map(|query| (query.name.clone(), query.title.clone())).collect()
    }

    fn parameters(&self, saved: &str) -> Vec<(String, String)> {
        let parameters = self.library.get(saved).map(|query| query.parameters.as_slice());
        let parameters = parameters.unwrap_or_default().iter();
        parameters.map(|p| (p.name.clone(), p.about.clone())).collect()
    }
}

impl<'a> Session<'a> {
    pub(super) fn open(
        settings: &'a Settings,
        store: Option<&str>,
        leniency: Leniency,
    ) -> Result<Self, Failure> {
        let source = Source::open(settings, store)?;
        let engine = Arc::new(engine(settings, &source, leniency)?);
        let runtime = run_query::runtime(settings)?;
        let shared = Arc::new(Shared {
            lake: RwLock::new(Arc::clone(&source.lake)),
            occurring: RwLock::new(Occurring::new(Arc::clone(&engine), runtime.handle().clone())),
            library: settings.library()?,
        });
        let format = OutputFormat::Table;
        Ok(Self {
            settings,
            source,
            engine,
            leniency,
            params: Vec::new(),
            runtime,
            shared,
            format,
            output: None,
            chart: None,
            timing: false,
            depth: 0,
        })
    }

    /// Returns what the completer asks.
    pub(super) fn names(&self) -> Arc<dyn Names> {
        Arc::clone(&self.shared) as Arc<dyn Names>
    }

    /// The name of the current store.
    pub(super) fn store_name(&self) -> Option<&str> {
        self.source.current.as_ref().map(|store| store.name.as_str())
    }

    pub(super) fn welcome(&self) -> String {
        let what = match self.store_name() {
            Some(name) => {
                let totals = self.source.current.as_ref().map(|s| self.source.lake.totals(s.id));
                let events = totals.and_then(Result::ok).map_or(0, |totals| totals.events);
                format!("event_data_store is {name}, {}.", plural(events, "event"))
            }
            None => "There are no events yet: .import PATH (or traillake import PATH) takes logs."
                .to_owned(),
        };
        let version = env!("CARGO_PKG_VERSION");
        format!("traillake {version}. {what}\n.help for help, Ctrl-D to leave.")
    }

    /// Runs all statements and commands of a text up to the first that fails; returns false to leave.
    pub(super) fn run_all(
        &mut self,
        script: &Script,
        printer: &mut Printer,
    ) -> Result<bool, Failure> {
        let text = script.text.as_str();
        let (mut at, mut number) = (0, 0);
        loop {
            at = text.len() - text::without_blanks(&text[at..]).len();
            let next = || text::next_statement(text, at);
            let dotted = text[at..].strip_prefix('.').map(|rest| {
                let line = rest.lines().next().unwrap_or_default();
                (line, at + 1 + line.len())
            });
            let bare = || next().and_then(|s| Some((bare_command(s.sql)?, s.end)));
            if let Some((command, end)) = dotted.or_else(bare) {
                let place = script.byte(at);
                let went_on = self.command(command, &place, printer);
                if !went_on.map_err(|failure| place.locate_command(failure))? {
                    return Ok(false);
                }
                at = end;
                continue;
            }
            let Some(statement) = next() else { return Ok(true) };
            number += 1;
            let alone = number == 1 && text::next_statement(text, statement.end).is_none();
            let place =
                script.statement(&statement, (!alone || script.has_name()).then_some(number));
            let ran = self.run(statement.sql, &self.parameters(), printer);
            ran.map_err(|failure| place.locate(failure))?;
            at = statement.end;
        }
    }

    /// Ends the file of `.output`, if there is one.
    pub(super) fn close(&mut self, printer: &mut Printer) -> Result<(), Failure> {
        self.output.take().map_or(Ok(()), |output| output.close(printer))
    }

    /// Drops the file of `.output`, if there is one, as something failed on the way to its end.
    pub(super) fn abandon(&mut self, printer: &mut Printer) {
        if let Some(output) = self.output.take() {
            output.abandon(printer);
        }
    }

    fn run(
        &mut self,
        statement: &str,
        values: &Parameters,
        printer: &mut Printer,
    ) -> Result<(), Failure> {
        let format = self.answer_format();
        printer.set_title(one_line(statement));
        if let Some(output) = &self.output {
            output.begin(format, printer)?;
        }
        let translate = self.leniency.translates();
        let (runtime, engine) = (&self.runtime, &self.engine);
        let ran = run_query::run(runtime, engine, statement, values, translate, format, printer);
        if let Some(output) = &mut self.output {
            output.end(ran.is_ok(), format, printer)?;
        }
        let ran = ran?;
        self.chart = None;
        if self.timing {
            printer.say(&summary_line(&ran));
        }
        Ok(())
    }

    /// Returns what a statement of ours is run with: the present moment.
    fn no_parameters(&self) -> Parameters {
        Parameters::at(self.engine.now())
    }

    /// Returns what a typed statement is run with: the present moment, and the values of `.param`.
    fn parameters(&self) -> Parameters {
        given_values(&self.params, self.engine.now())
    }

    /// The format of the next answer.
    fn answer_format(&self) -> OutputFormat {
        self.output.as_ref().map_or(self.format, |output| output.format(self.format))
    }

    /// Runs a command, without its dot, which stands at `place`; returns false to leave.
    fn command(
        &mut self,
        line: &str,
        place: &Place,
        printer: &mut Printer,
    ) -> Result<bool, Failure> {
        let (name, rest) = dot::split(line);
        let known = dot::find(name).map_err(Failure::Usage)?;
        if known.dot == Dot::Explain {
            self.explain(line, rest, place, printer)?;
            return Ok(true);
        }
        if known.dot == Dot::Chart {
            self.chart(line, rest, place, printer)?;
            return Ok(true);
        }
        let words = dot::words(rest).map_err(Failure::Usage)?;
        let usage = || Failure::Usage(format!("usage: .{} {}", known.name, known.usage));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (known.dot, &words[..]) {
            (Dot::Quit, []) => return Ok(false),
            (Dot::Read, [file]) => return self.read(&expanded(file), printer),
            (Dot::Help, [] | [_]) => {
                let name = words.first().copied().unwrap_or_default();
                printer.line(&dot::help(name, printer.width().unwrap_or(80))?)?;
            }
            (Dot::Tables, []) => {
                let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'default'";
                self.run(sql, &self.no_parameters(), printer)?;
            }
            (Dot::Schema, []) => {
                self.run("DESCRIBE event_data_store", &self.no_parameters(), printer)?;
            }
            (Dot::Schema, [table]) => {
                let name = table.to_lowercase().replace('"', "\"\"");
                self.run(&format!("DESCRIBE \"{name}\""), &self.no_parameters(), printer)?;
            }
            (Dot::Format, []) => printer.line(self.answer_format().name())?,
            (Dot::Format, [name]) => self.choose_format(name, printer)?,
            (dot, []) if dot.is_setting() => printer.line(self.setting(dot, printer))?,
            (dot, [value]) if dot.is_setting() => {
                self.set(dot, value, printer).ok_or_else(usage)?;
            }
            (Dot::Param, []) => {
                for (name, value) in &self.params {
                    printer.line(&format!("{name}={value}"))?;
                }
            }
            (Dot::Param, ["clear"]) => self.params.clear(),
            (Dot::Param, values) => {
                for (name, value) in pairs(values)? {
                    self.params.retain(|(known, _)| !is_same_name(known, &name));
                    self.params.push((name, value));
                }
            }
            (Dot::Output, words) => {
                let target = OutputTarget::parse(words).ok_or_else(usage)?;
                self.redirect(target, printer)?;
            }
            (Dot::Import, [_, ..]) => self.import(&words, printer)?,
            (Dot::Store, []) => self.show_store(printer)?,
            (Dot::Store, [name]) => self.use_store(name)?,
            (Dot::Saved, [] | ["list"]) => self.list_saved(&[], printer)?,
            (Dot::Saved, ["list" | "search", words @ .., last]) => {
                let words: Vec<_> = words.iter().chain([last]).map(|w| (*w).to_owned()).collect();
                self.list_saved(&words, printer)?;
            }
            (Dot::Saved, ["show", name]) => saved::show(self.saved_query(name, printer)?, printer)?,
            (Dot::Saved, ["search" | "show", ..]) => return Err(usage()),
            (Dot::Saved, [name, values @ ..]) => self.run_saved(name, values, printer)?,
            _ => return Err(usage()),
        }
        printer.flush()?;
        Ok(true)
    }

    /// Returns the value of a setting that is switched on and off.
    fn setting(&self, dot: Dot, printer: &Printer) -> &'static str {
        match (dot, printer.layout) {
            (Dot::AnyStore, _) => on_or_off(self.leniency.any_store),
            (Dot::Translate, _) => on_or_off(self.leniency.translates()),
            (Dot::Timing, _) => on_or_off(self.timing),
            (Dot::Pager, _) => on_or_off(printer.pages),
            (Dot::Nulls, _) => on_or_off(printer.nulls == Nulls::Shown),
            (_, Layout::Auto) => "auto",
            (_, Layout::Columns) => "off",
            (_, Layout::Records) => "on",
        }
    }

    /// Changes such a setting; `None` if it has no such value.
    fn set(&mut self, dot: Dot, value: &str, printer: &mut Printer) -> Option<()> {
        match (dot, value) {
            (Dot::AnyStore, _) => {
                self.leniency.any_store = switch(value)?;
                self.engine.take_any_store(self.leniency.any_store);
            }
            (Dot::Translate, _) => self.leniency.set_translate(switch(value)?),
            (Dot::Timing, _) => self.timing = switch(value)?,
            (Dot::Pager, _) => printer.pages = switch(value)?,
            (Dot::Nulls, _) => {
                printer.nulls = if switch(value)? { Nulls::Shown } else { HIDDEN_NULLS };
            }
            (_, "auto") => printer.layout = Layout::Auto,
            _ => printer.layout = if switch(value)? { Layout::Records } else { Layout::Columns },
        }
        Some(())
    }

    /// Ends the file of `.output`, if there is one, and begins the next.
    fn redirect(&mut self, target: OutputTarget<'_>, printer: &mut Printer) -> Result<(), Failure> {
        self.close(printer)?;
        if let OutputTarget::File(file, existing) = target {
            self.output = Some(Output::open(file, existing, self.format, printer)?);
        }
        Ok(())
    }

    fn list_saved(&self, words: &[String], printer: &mut Printer) -> Result<(), Failure> {
        saved::list(&self.shared.library, words, ".saved NAME runs one", printer)
    }

    /// Finds the saved query that a part of its name means. If there are several, or none whose name has it, lists those
    /// that may be meant.
    fn saved_query(&self, part: &str, printer: &mut Printer) -> Result<&SavedQuery, Failure> {
        let library = &self.shared.library;
        let named = library.named(part);
        let (meant, message) = match named[..] {
            [query] => return Ok(query),
            [] => {
                let asking = library.search(&[part.to_owned()]).collect();
                (asking, format!("no saved query has {part:?} in its name; these ask for it"))
            }
            _ => (named, format!("several saved queries have {part:?} in their name; which one?")),
        };
        if meant.is_empty() {
            return Ok(library.get(part)?);
        }
        saved::print(&meant, printer)?;
        Err(Failure::Usage(message))
    }

    fn run_saved(
        &mut self,
        name: &str,
        values: &[&str],
        printer: &mut Printer,
    ) -> Result<(), Failure> {
        let query = self.saved_query(name, printer)?;
        let values = query.bind(&pairs(values)?, self.engine.now())?;
        printer.say(&format!("{}: {}", query.name, query.question));
        let (sql, chart, place) = (query.sql.clone(), query.chart, Place::saved(query));
        self.run(&sql, &values, printer).map_err(|failure| place.locate(failure))?;
        self.chart = chart;
        Ok(())
    }

    /// Explains what follows the command in its line.
    fn explain(
        &mut self,
        line: &str,
        rest: &str,
        place: &Place,
        printer: &mut Printer,
    ) -> Result<(), Failure> {
        const EXPLAIN: &str = "EXPLAIN ";
        let verbose =
            rest.strip_prefix("--verbose").filter(|sql| sql.starts_with(char::is_whitespace));
        let asked = verbose.unwrap_or(rest);
        let statements = text::statements(asked);
        let [statement] = statements.as_slice() else {
            let usage = "usage: .explain [--verbose] SQL, one statement";
            return Err(Failure::Usage(usage.to_owned()));
        };
        let values = self.parameters();
        if verbose.is_none() {
            let outline = self.engine.outline(statement.sql, &values);
            if let Ok(outline) = self.runtime.block_on(run_query::or_interrupt(outline))? {
                return printer.line(&outline);
            }
        }
        // What is wrong with a statement is told as of any other.
        let sql = format!("{EXPLAIN}{}", statement.sql);
        let column = column_in(line, asked, statement.start) - EXPLAIN.len() as i64;
        let place = place.clone().shifted(column);
        self.run(&sql, &values, printer).map_err(|failure| place.locate(failure))
    }

    /// Draws the last answer, or that of the statement which the line has behind the kind.
    fn chart(
        &mut self,
        line: &str,
        rest: &str,
        place: &Place,
        printer: &mut Printer,
    ) -> Result<(), Failure> {
        let (word, behind) = dot::split(rest);
        let kind = ChartKind::from_name(&word.to_ascii_lowercase());
        let sql = if kind.is_some() { behind } else { rest };
        match text::statements(sql)[..] {
            [] => {}
            [_] if sql == word => {
                let names = CHART_KINDS.map(ChartKind::name).join(", ");
                return Err(Failure::Usage(format!(
                    "there is no chart {word:?}; there are {names}"
                )));
            }
            [statement] => {
                let place = place.clone().shifted(column_in(line, sql, statement.start));
                let ran = self.run(statement.sql, &self.parameters(), printer);
                ran.map_err(|failure| place.locate(failure))?;
                printer.line("")?;
            }
            _ => {
                return Err(Failure::Usage("usage: .chart [KIND] [SQL], one statement".to_owned()));
            }
        }
        printer.draw(kind.or(self.chart))?;
        printer.flush()
    }

    fn choose_format(&mut self, name: &str, printer: &mut Printer) -> Result<(), Failure> {
        self.format = format(name)?;
        if let Some((path, fixed)) = self.output.as_ref().and_then(Output::fixed)
            && fixed != self.format
        {
            let fixed = fixed.name();
            printer.say(&format!("{path} is still written as {fixed}, as its extension says."));
        }
        Ok(())
    }

    fn read(&mut self, file: &str, printer: &mut Printer) -> Result<bool, Failure> {
        if self.depth == MAX_READ_DEPTH {
            return Err(Failure::Usage(format!(
                "{file}: .read is nested more than {MAX_READ_DEPTH} files deep"
            )));
        }
        let script = Script::file(file.as_ref())?;
        self.depth += 1;
        let ran = self.run_all(&script, printer);
        self.depth -= 1;
        ran
    }

    fn import(&mut self, paths: &[&str], printer: &mut Printer) -> Result<(), Failure> {
        let args = args::Import {
            paths: paths.iter().map(|path| expanded(path).into()).collect(),
            store: self.store_name().map(str::to_owned),
            ..args::Import::default()
        };
        let imported = import::run(self.settings, &args, printer);
        // Whatever became of it, there may be a lake, a store and keys that were not there before.
        if self.source.current.is_none() {
            let source = Source::open(self.settings, None)?;
            self.engine = Arc::new(engine(self.settings, &source, self.leniency)?);
            self.source = source;
        }
        self.share();
        imported
    }

    fn show_store(&self, printer: &mut Printer) -> Result<(), Failure> {
        let Some(current) = &self.source.current else {
            return printer.line("no store yet; .import PATH makes one");
        };
        store::show(&store::StoreDetails::new(&self.source.lake, current)?, printer)
    }

    fn use_store(&mut self, name: &str) -> Result<(), Failure> {
        let store = self.source.lake.store(name)?;
        self.engine.choose(Some(store.clone()));
        self.source.current = Some(store);
        self.share();
        Ok(())
    }

    /// Gives the completer the present lake, and drops what it has found.
    fn share(&self) {
        let new = Occurring::new(Arc::clone(&self.engine), self.runtime.handle().clone());
        *self.shared.occurring.write().unwrap_or_else(PoisonError::into_inner) = new;
        let lake = Arc::clone(&self.source.lake);
        *self.shared.lake.write().unwrap_or_else(PoisonError::into_inner) = lake;
    }
}

/// How far right of a command's dot a byte of `text` is, with which the command's line ends.
fn column_in(line: &str, text: &str, byte: usize) -> i64 {
    (1 + line.trim_end().len() - text.len() + byte) as i64
}

fn engine(settings: &Settings, source: &Source, leniency: Leniency) -> Result<Engine, Failure> {
    let engine = settings.session(&source.lake, source.current.clone(), true)?;
    engine.take_any_store(leniency.any_store);
    Ok(engine)
}

/// Reads `key=value`.
fn pairs(words: &[&str]) -> Result<Vec<(String, String)>, Failure> {
    let wrong = |word: &str| Failure::Usage(format!("{word:?} is not KEY=VALUE"));
    let pair = |word: &&str| args::key_value(word).map_err(|_| wrong(word));
    words.iter().map(pair).collect()
}

fn format(name: &str) -> Result<OutputFormat, Failure> {
    OutputFormat::from_name(name).ok_or_else(|| {
        let names = OUTPUT_FORMATS.map(OutputFormat::name).join(", ");
        Failure::Usage(format!("there is no format {name:?}; there are {names}"))
    })
}

fn switch(word: &str) -> Option<bool> {
    match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn on_or_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// How long an answer took, in a line, without the time in the pager.
fn summary_line(ran: &Completed) -> String {
    let rows = if ran.rows == 0 { "no rows".to_owned() } else { plural(ran.rows, "row") };
    let elapsed = ran.profile.planning + ran.profile.execution;
    format!("{rows} in {:.3} s{}", elapsed.as_secs_f64(), scanned(&ran.profile))
}

/// What was read, and what was left out.
fn scanned(profile: &Profile) -> String {
    let Some(rows) = profile.rows_scanned else { return String::new() };
    let bytes = profile.bytes_scanned.map(|bytes| format!(" ({})", size(bytes)));
    let mut text = format!("; {}{} scanned", plural(rows, "event"), bytes.unwrap_or_default());
    let left_out: Vec<_> = profile
        .pruned
        .iter()
        .filter(|unit| unit.pruned > 0)
        .map(|Pruned { unit, pruned, of }| {
            let unit = if unit == "file ranges" { "files" } else { unit };
            format!("{} of {} {unit}", count(*pruned), count(*of))
        })
        .collect();
    if !left_out.is_empty() {
        text.push_str(&format!(", {} left out", left_out.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn answers_tell_what_they_took() {
        let pruned = |unit: &str, pruned, of| Pruned { unit: unit.to_owned(), pruned, of };
        let profile = Profile {
            planning: Duration::from_millis(234),
            execution: Duration::from_secs(1),
            rows_scanned: Some(10_000),
            rows_matched: Some(17),
            bytes_scanned: Some(2_500_000),
            pruned: vec![
                pruned("file ranges", 30, 31),
                pruned("row groups", 1, 3),
                pruned("stripes", 0, 1),
            ],
        };
        let ran = |rows, profile| Completed { rows, profile };
        assert_eq!(
            summary_line(&ran(1, profile)),
            "1 row in 1.234 s; 10,000 events (2.50 MB) scanned, 30 of 31 files, 1 of 3 row groups left out"
        );
        assert_eq!(summary_line(&ran(2, Profile::default())), "2 rows in 0.000 s");
        assert_eq!(summary_line(&ran(0, Profile::default())), "no rows in 0.000 s");
    }

    #[test]
    fn a_session_needs_no_home_and_no_lake() {
        let dir = tempfile::tempdir().unwrap();
        for lake in [None, Some(dir.path().join("none"))] {
            let settings = Settings { lake: lake.clone(), memory: 64 << 20, threads: 1 };
            let session = Session::open(&settings, None, Leniency::default()).unwrap();
            assert_eq!(session.store_name(), None);
            assert!(session.welcome().contains(".import PATH"));
            assert_eq!(session.names().tables().len(), 1 + view_names().count());
            assert!(lake.is_none_or(|lake| !lake.exists()), "looking makes no lake");
        }
    }

    #[test]
    fn parameters_are_pairs() {
        let read = pairs(&["a=1", "b=x=y", "c="]).unwrap();
        let want = [("a", "1"), ("b", "x=y"), ("c", "")];
        assert_eq!(read, want.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert!(pairs(&["a"]).is_err() && pairs(&["=1"]).is_err());
    }
}
