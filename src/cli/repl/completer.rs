//! Completions at the cursor: `context` tells what is asked for there.

mod context;

use self::context::{
    Asked, asked_before, expects_table, find, named_queries, own_names, path_before,
};
use super::dot::{self, Argument, COMMANDS};
use super::occurring::Wanted;
use crate::engine::text::CURRENT_STORE;
use crate::engine::{Piece, PieceKind, pieces, view_names, words};
use crate::event::schema::{Field, Type, hidden};
use crate::output::chart::{CHART_KINDS, ChartKind};
use crate::output::{OUTPUT_FORMATS, OutputFormat, visible};
use reedline::{Completer, Span, Suggestion};
use std::path::Path;
use std::sync::Arc;

/// Names that only the session knows.
pub(super) trait Names: Send + Sync {
    /// Tables and what each is.
    fn tables(&self) -> Vec<(String, String)>;
    /// The columns of the current store.
    fn columns(&self) -> &'static [Field];
    /// What occurs in a column; `None` while it is looked for.
    fn occurring(&self, wanted: &Wanted) -> Option<Vec<String>>;
    /// Saved queries and what each is about.
    fn saved(&self) -> Vec<(String, String)>;
    /// Parameters of a saved query and what each means.
    fn parameters(&self, saved: &str) -> Vec<(String, String)>;
}

/// Completes SQL and commands.
pub(super) struct SqlCompleter {
    pub(super) names: Arc<dyn Names>,
    /// What is looked for.
    pub(super) awaited: Option<Wanted>,
}

/// What a name is that the statement itself gives.
const OWN: &str = "of this statement";

/// A possible completion.
struct Candidate {
    value: String,
    what: String,
    /// Whether a blank follows in any case.
    space: bool,
}

impl Candidate {
    fn new(value: impl Into<String>, what: impl Into<String>) -> Self {
        Self { value: value.into(), what: what.into(), space: false }
    }

    /// One that more follows.
    fn verb(value: impl Into<String>, what: impl Into<String>) -> Self {
        Self { space: true, ..Self::new(value, what) }
    }
}

impl Completer for SqlCompleter {
    fn complete(&mut self, line: &str, pos: usize) -> Vec<Suggestion> {
        self.awaited = None;
        let Some(typed) = line.get(..pos) else { return Vec::new() };
        let (from, candidates) = self.candidates(typed);
        let behind = line.get(pos..).unwrap_or_default();
        let suggest = |candidate: Candidate| Suggestion {
            span: Span::new(from, pos + closing(&candidate.value, behind)),
            value: candidate.value,
            description: Some(candidate.what).filter(|what| !what.is_empty()),
            append_whitespace: candidate.space,
            ..Suggestion::default()
        };
        // Names from events and folders must not reach the terminal as they are.
        let harmless = candidates.into_iter().filter(|c| visible(&c.value) == c.value);
        harmless.map(suggest).collect()
    }

    fn has_pending(&mut self) -> bool {
        self.awaited.is_some()
    }

    fn check_pending(&mut self) -> bool {
        let Some(wanted) = &self.awaited else { return false };
        let arrived = self.names.occurring(wanted).is_some();
        if arrived {
            self.awaited = None;
        }
        arrived
    }
}

impl SqlCompleter {
    /// Returns where the word before the cursor begins, and its completions.
    fn candidates(&mut self, typed: &str) -> (usize, Vec<Candidate>) {
        let blanks = typed.len() - typed.trim_start().len();
        if let Some(command) = typed[blanks..].strip_prefix('.') {
            return self.command(command, blanks + 1);
        }
        self.sql(typed, 0)
    }

    fn command(&mut self, command: &str, at: usize) -> (usize, Vec<Candidate>) {
        let Some(end) = command.find(char::is_whitespace) else {
            let all = COMMANDS.iter().map(|known| Candidate {
                value: known.name.to_owned(),
                what: known.what.to_owned(),
                space: known.argument != Argument::None,
            });
            return (at, fitting(all, command));
        };
        let Ok(known) = dot::find(&command[..end]) else { return (at, Vec::new()) };
        let rest = &command[end..];
        let word = rest
            .rfind(char::is_whitespace)
            .map_or(0, |blank| blank + rest[blank..].chars().next().map_or(0, char::len_utf8));
        let (prefix, from) = (&rest[word..], at + end + word);
        let plain =
            |names: &[&str]| fitting(names.iter().map(|name| Candidate::new(*name, "")), prefix);
        let told = |names: Vec<(String, String)>| {
            fitting(names.into_iter().map(|(name, what)| Candidate::new(name, what)), prefix)
        };
        let found = match known.argument {
            Argument::None => Vec::new(),
            Argument::Command => {
                let all = COMMANDS.iter().map(|known| Candidate::new(known.name, known.what));
                let functions = words::functions().iter().filter(|_| !prefix.is_empty());
                let functions = functions.map(|f| Candidate::new(f.name, f.signatures.join(" | ")));
                fitting(all.chain(functions), prefix)
            }
            Argument::Table => told(self.names.tables()),
            Argument::Store => {
                let mut tables = self.names.tables();
                let no_store =
                    |name: &str| name == CURRENT_STORE || view_names().any(|v| v == name);
                tables.retain(|(name, _)| !no_store(name));
                told(tables)
            }
            Argument::Output if prefix.starts_with('-') => plain(&["--append", "--force"]),
            Argument::File | Argument::Output => return files(rest, at + end),
            Argument::Format => plain(&OUTPUT_FORMATS.map(OutputFormat::name)),
            Argument::OneOf(all) => plain(all),
            Argument::Saved => self.saved(&rest[..word], prefix),
            Argument::Sql => return self.sql(rest, at + end),
            Argument::Chart => {
                let (kind, behind) = dot::split(rest);
                let is_first = rest[..word].trim().is_empty();
                if !is_first && ChartKind::from_name(&kind.to_ascii_lowercase()).is_some() {
                    let behind = rest.trim_end().len() - behind.len();
                    return self.sql(&rest[behind..], at + end + behind);
                }
                let (from, statements) = self.sql(rest, at + end);
                let kinds =
                    if is_first { plain(&CHART_KINDS.map(ChartKind::name)) } else { Vec::new() };
                return (from, kinds.into_iter().chain(statements).collect());
            }
        };
        (from, found)
    }

    /// Completes what follows `.saved`: what to do and the names of queries, then the parameters of a query.
    fn saved(&self, before: &str, prefix: &str) -> Vec<Candidate> {
        let tell = |(name, what)| Candidate::new(name, what);
        let names = || {
            let all = self.names.saved();
            all.into_iter().filter(|(name, _)| name.contains(&prefix.to_lowercase())).map(tell)
        };
        match before.split_whitespace().collect::<Vec<_>>()[..] {
            [] => {
                let verbs = [("search", "those with all of some words"), ("show", "a query's SQL")];
                let verbs = verbs.map(|(verb, what)| Candidate::verb(verb, what));
                fitting(verbs.into_iter(), prefix).into_iter().chain(names()).collect()
            }
            ["show"] => names().collect(),
            ["search", ..] | ["show", ..] => Vec::new(),
            [name, ..] => {
                let parameters = self.names.parameters(name).into_iter();
                fitting(parameters.map(|(name, what)| tell((name + "=", what))), prefix)
            }
        }
    }

    /// Completes SQL that begins at `base` of the line.
    fn sql(&mut self, typed: &str, base: usize) -> (usize, Vec<Candidate>) {
        let end = typed.len();
        let mut pieces: Vec<_> = pieces(typed).collect();
        let is_end = |piece: &Piece| &typed[piece.span.clone()] == ";";
        if let Some(last) = pieces.iter().rposition(is_end) {
            pieces.drain(..=last);
        }
        let text = |piece: &Piece| &typed[piece.span.clone()];
        if let Some(last) = pieces.last() {
            let touches = last.span.end == end;
            match last.kind {
                PieceKind::String if last.open => {
                    let (from, found) = self.texts(typed, &pieces);
                    return (base + from, found);
                }
                PieceKind::Quoted if last.open && text(last).starts_with("\"$") => {
                    return (base + last.span.start, hidden_columns(text(last)));
                }
                PieceKind::Comment if touches && (last.open || text(last).starts_with("--")) => {
                    return (base + end, Vec::new());
                }
                PieceKind::Quoted | PieceKind::String | PieceKind::Number if touches => {
                    return (base + end, Vec::new());
                }
                _ => {}
            }
        }
        pieces.retain(|piece| piece.kind != PieceKind::Comment);

        // A table's name may have dashes and begin with a digit, as ids do.
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let run = end
            - typed.chars().rev().take_while(|c| is_name(*c)).map(char::len_utf8).sum::<usize>();
        let before: Vec<&Piece> = pieces.iter().filter(|piece| piece.span.end <= run).collect();
        if expects_table(typed, &before) {
            let tables = self.names.tables().into_iter();
            let tables = tables.map(|(name, what)| Candidate::new(name, what));
            let queries = named_queries(typed, &pieces);
            let queries = queries.into_iter().map(|name| Candidate::new(name, OWN));
            let others =
                [("UNNEST", "rows of an array or map"), ("LATERAL", "a subquery for each row")];
            let others =
                others.map(|(word, what)| Candidate::new(cased(word, &typed[run..]), what));
            return (base + run, fitting(queries.chain(tables).chain(others), &typed[run..]));
        }

        let word =
            pieces.last().filter(|piece| piece.kind == PieceKind::Word && piece.span.end == end);
        let from = word.map_or(end, |piece| piece.span.start);
        let prefix = &typed[from..];
        let before = &pieces[..pieces.len() - usize::from(word.is_some())];
        if let Some(path) = path_before(typed, before, from) {
            return (base + from, fitting(members(self.names.columns(), &path), prefix));
        }
        if before.is_empty() {
            let words = ["SELECT", "WITH", "SHOW", "DESCRIBE", "EXPLAIN"];
            let mut all = fitting(words.map(|word| keyword(word, prefix)).into_iter(), prefix);
            if prefix.is_empty() && base == 0 {
                all.push(Candidate::new(".", "a command; .help lists them"));
            }
            return (base + from, all);
        }
        let own = own_names(typed, before).into_iter().map(|name| Candidate::new(name, OWN));
        let mut all = fitting(own, prefix);
        all.extend(fitting(self.names.columns().iter().map(candidate), prefix));
        all.extend(lookups(self.names.columns(), prefix));
        all.extend(fitting(words::keywords().map(|word| keyword(word, prefix)), prefix));
        let shout = prefix.len() > 1 && !prefix.chars().any(char::is_lowercase);
        let functions = words::functions().iter().map(|function| {
            let name = if shout { function.name.to_uppercase() } else { function.name.to_owned() };
            let call = if function.takes_nothing() { "()" } else { "(" };
            Candidate::new(name + call, function.signatures.join(" | "))
        });
        all.extend(fitting(functions, prefix));
        if !prefix.is_empty() {
            all.extend(leaves(self.names.columns(), prefix));
        }
        (base + from, all)
    }

    /// What an open string, the last piece, may be: a key of the map that is looked up, or a value of the column that
    /// it is compared with. Returns where it begins, too.
    fn texts(&mut self, typed: &str, pieces: &[Piece]) -> (usize, Vec<Candidate>) {
        let Some((last, before)) = pieces.split_last() else { return (typed.len(), Vec::new()) };
        let from = last.span.start;
        let Some(Asked { wanted, subscript }) = asked_before(self.names.columns(), typed, before)
        else {
            return (from, Vec::new());
        };
        let Some(texts) = self.names.occurring(&wanted) else {
            self.awaited = Some(wanted);
            return (from, Vec::new());
        };
        let prefix = typed[from + 1..].replace("''", "'");
        let quoted = |text: &String| format!("'{}'", text.replace('\'', "''"));
        let begins = texts.iter().filter(|text| begins(text, &prefix)).map(quoted);
        match subscript {
            // A subscript fails where a map lacks the key.
            Some(map) => {
                let path = &typed[map.clone()];
                let found = begins.map(|key| format!("element_at({path}, {key})"));
                (map.start, found.map(|call| Candidate::new(call, "")).collect())
            }
            None => (from, begins.map(|text| Candidate::new(text, "")).collect()),
        }
    }
}

/// The bytes behind the cursor that close what a candidate closes itself.
fn closing(value: &str, behind: &str) -> usize {
    let closes: &[&str] = match value {
        call if call.ends_with("')") => &["']", "'"],
        string if string.ends_with('\'') => &["'"],
        _ => &[],
    };
    closes.iter().find(|end| behind.starts_with(**end)).map_or(0, |end| end.len())
}

/// The candidates that begin with the typed prefix, ignoring case.
fn fitting(all: impl Iterator<Item = Candidate>, prefix: &str) -> Vec<Candidate> {
    all.filter(|candidate| begins(&candidate.value, prefix)).collect()
}

fn begins(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn keyword(word: &str, prefix: &str) -> Candidate {
    Candidate::verb(cased(word, prefix), "")
}

/// Returns a keyword in the case of the typed prefix.
fn cased(word: &str, prefix: &str) -> String {
    let lower = prefix.chars().next().is_some_and(char::is_lowercase);
    if lower { word.to_lowercase() } else { word.to_owned() }
}

/// A field as people spell it.
fn spelled(field: &Field) -> &'static str {
    if field.json.is_empty() { field.name } else { field.json }
}

fn type_name(data_type: Type) -> &'static str {
    match data_type {
        Type::Text => "varchar",
        Type::Boolean => "boolean",
        Type::Integer => "integer",
        Type::Double => "double",
        Type::Timestamp => "timestamp(3)",
        Type::Map => "map(varchar, varchar)",
        Type::Struct(_) => "row",
        Type::StructList(_) => "array(row)",
    }
}

/// The type, and of a row the names in it.
fn described(field: &Field) -> String {
    match field.data_type {
        Type::Struct(members) | Type::StructList(members) => {
            let names: Vec<_> = members.iter().map(spelled).collect();
            format!("{} of {}", type_name(field.data_type), names.join(", "))
        }
        plain => type_name(plain).to_owned(),
    }
}

/// Hidden columns, which only who knows of them begins to type.
fn hidden_columns(prefix: &str) -> Vec<Candidate> {
    let quoted = |field: &Field| Candidate::new(format!("\"{}\"", field.name), described(field));
    fitting(hidden::COLUMNS.iter().map(quoted), prefix)
}

fn candidate(field: &Field) -> Candidate {
    Candidate::new(spelled(field), described(field))
}

/// The members of the row that a path leads to; all columns, if it is the name of a table.
fn members(columns: &'static [Field], path: &[String]) -> impl Iterator<Item = Candidate> {
    let found = find(columns, path).or_else(|| find(columns, path.get(1..)?));
    let fields = match (found.map(|field| field.data_type), path.len()) {
        (Some(Type::Struct(members)), _) => members,
        (None, 1) => columns,
        _ => &[],
    };
    fields.iter().map(candidate)
}

/// Members of rows whose own name is typed, by their whole path: few remember where they are.
fn leaves(columns: &[Field], prefix: &str) -> Vec<Candidate> {
    fn below(path: &str, field: &Field, prefix: &str, found: &mut Vec<Candidate>) {
        let Type::Struct(members) = field.data_type else { return };
        for member in members {
            let path = format!("{path}.{}", spelled(member));
            below(&path, member, prefix, found);
            if begins(member.name, prefix) {
                found.push(Candidate::new(path, described(member)));
            }
        }
    }
    let mut found = Vec::new();
    columns.iter().for_each(|field| below(spelled(field), field, prefix, &mut found));
    found
}

/// Lookups in maps whose whole name is typed: a subscript fails where a map lacks the key.
fn lookups(columns: &[Field], prefix: &str) -> Vec<Candidate> {
    let typed =
        |field: &&Field| field.data_type == Type::Map && field.name.eq_ignore_ascii_case(prefix);
    let what = "the value of a key; NULL where there is none";
    let lookup = |field: &Field| format!("element_at({}, '", spelled(field));
    columns.iter().filter(typed).map(|field| Candidate::new(lookup(field), what)).collect()
}

/// Completes the last of the file names in `rest`, which begins at `base` of the line.
fn files(rest: &str, base: usize) -> (usize, Vec<Candidate>) {
    let mut from = 0;
    let mut quote = None;
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, c) if c.is_whitespace() => from = at + c.len_utf8(),
            _ => {}
        }
    }
    let typed = rest[from..].replace(['\'', '"'], "");
    let (folder, name) = match typed.rfind(['/', std::path::MAIN_SEPARATOR]) {
        Some(slash) => typed.split_at(slash + 1),
        None => ("", typed.as_str()),
    };
    let path = super::expanded(if folder.is_empty() { "." } else { folder });
    let entries = std::fs::read_dir(Path::new(&path)).into_iter().flatten().flatten();
    let mut found: Vec<Candidate> = entries
        .filter_map(|entry| {
            let found = entry.file_name().into_string().ok()?;
            let shown =
                found.starts_with(name) && (name.starts_with('.') || !found.starts_with('.'));
            let slash = if entry.path().is_dir() { "/" } else { "" };
            shown.then(|| format!("{folder}{found}{slash}"))
        })
        .map(|path| {
            match (path.contains(char::is_whitespace) || path.contains('\''), path.contains('"')) {
                (false, false) => Candidate::new(path, ""),
                (_, false) => Candidate::new(format!("\"{path}\""), ""),
                (_, true) => Candidate::new(format!("'{path}'"), ""),
            }
        })
        .collect();
    found.sort_by(|a, b| a.value.cmp(&b.value));
    (base + from, found)
}

#[cfg(test)]
mod tests;
