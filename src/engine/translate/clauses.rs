//! Clauses that other engines have, or that stand elsewhere there.

use super::Site;
use super::tokens::{Argument, Tokens};
use crate::engine::text::{Edit, Edited};
use crate::engine::words::is_aggregate;
use crate::event::EventSchema;
use traillake_sql_parser::PieceKind;
use traillake_sql_types::error::Code;

/// The clauses of a query, in the order of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Select,
    From,
    Where,
    Group,
    Having,
    Window,
    Qualify,
    Order,
    Offset,
    Limit,
}

/// A clause: its first piece, and its last.
#[derive(Debug, Clone, Copy)]
struct Clause {
    kind: Kind,
    from: usize,
    to: usize,
}

/// The clauses of a query, as they stand there.
struct Clauses<'a> {
    tokens: &'a Tokens<'a>,
    all: Vec<Clause>,
}

impl<'a> Clauses<'a> {
    /// Those of the query that a piece is in.
    fn around(tokens: &'a Tokens<'a>, at: usize) -> Self {
        let mut all: Vec<Clause> = Vec::new();
        let (begin, end) = (begin_of_query(tokens, at), end_of_query(tokens, at));
        let mut place = begin;
        while place <= end {
            if let Some(kind) = kind_at(tokens, place) {
                all.push(Clause { kind, from: place, to: end });
                if let [.., before, _] = all.as_mut_slice() {
                    before.to = place - 1;
                }
            }
            place =
                1 + if tokens.is(place, "(") { tokens.close(place).unwrap_or(end) } else { place };
        }
        Self { tokens, all }
    }

    fn get(&self, kind: Kind) -> Option<Clause> {
        self.all.iter().copied().find(|clause| clause.kind == kind)
    }

    fn text(&self, clause: Clause) -> &'a str {
        self.tokens.slice(clause.from, clause.to)
    }

    /// What stands in a clause behind its words.
    fn body(&self, clause: Clause) -> (usize, usize) {
        let words = match clause.kind {
            Kind::Group | Kind::Order => 2,
            Kind::Select if self.tokens.is_word(clause.from + 1, &["distinct", "all"]) => 2,
            _ => 1,
        };
        (clause.from + words, clause.to)
    }

    /// The items of the select list.
    fn items(&self) -> Vec<Argument<'a>> {
        let Some(select) = self.get(Kind::Select) else { return Vec::new() };
        let (from, to) = self.body(select);
        self.tokens.list(from, to)
    }

    /// Writes an edit of the whole query.
    fn rewritten(&self, text: String) -> Vec<Edit> {
        match self.all.as_slice() {
            [first, .., last] => vec![self.tokens.edit(first.from, last.to, text)],
            _ => Vec::new(),
        }
    }

    /// The place behind the last of these clauses, which stand in their order.
    fn behind(&self, kinds: &[Kind]) -> Option<usize> {
        self.all.iter().filter(|clause| kinds.contains(&clause.kind)).map(|clause| clause.to).max()
    }
}

/// The first piece of the query that a piece is in.
fn begin_of_query(tokens: &Tokens<'_>, at: usize) -> usize {
    let mut depth = 0_usize;
    for place in (0..at).rev() {
        match tokens.text(place) {
            ")" => depth += 1,
            "(" if depth == 0 => return place + 1,
            "(" => depth -= 1,
            _ if depth == 0 && tokens.is_word(place, &["union", "except", "intersect"]) => {
                return place + 1;
            }
            _ => {}
        }
    }
    0
}

/// The last piece of the query that a piece is in; another one may follow.
fn end_of_query(tokens: &Tokens<'_>, at: usize) -> usize {
    let end = tokens.end_of_query(at);
    let mut place = at;
    while place <= end {
        if place > 0
            && tokens.is_word(place, &["union", "except", "intersect"])
            && !tokens.is(place + 1, "(")
        {
            return place - 1;
        }
        place = 1 + if tokens.is(place, "(") { tokens.close(place).unwrap_or(end) } else { place };
    }
    end
}

fn kind_at(tokens: &Tokens<'_>, at: usize) -> Option<Kind> {
    if tokens.kind(at) != Some(PieceKind::Word) || at > 0 && tokens.is(at - 1, ".") {
        return None;
    }
    let by = tokens.is_word(at + 1, &["by"]);
    Some(match tokens.text(at).to_lowercase().as_str() {
        "select" => Kind::Select,
        "from" if !tokens.is_word(at.wrapping_sub(1), &["distinct"]) => Kind::From,
        "where" => Kind::Where,
        "group" if by => Kind::Group,
        "having" => Kind::Having,
        "window" if tokens.is_word(at + 2, &["as"]) => Kind::Window,
        "qualify" => Kind::Qualify,
        "order" if by => Kind::Order,
        "offset" => Kind::Offset,
        "limit" | "fetch" => Kind::Limit,
        _ => return None,
    })
}

/// Clauses that stand in another order, a second WHERE, and FROM without SELECT.
pub(super) fn order(site: &Site<'_>) -> Vec<Edit> {
    let clauses = Clauses::around(site.tokens, site.at);
    if site.error.code != Code::Syntax || clauses.get(Kind::From).is_none() {
        return Vec::new();
    }
    let mut sorted = clauses.all.clone();
    sorted.sort_by_key(|clause| clause.kind);
    let no_select = clauses.get(Kind::Select).is_none();
    let twice = |pair: &[Clause]| pair[0].kind == pair[1].kind && pair[0].kind != Kind::Where;
    if sorted.windows(2).any(twice)
        || clauses.all.is_sorted_by_key(|clause| (clause.kind, clause.from))
            && !no_select
            && !sorted.windows(2).any(|pair| pair[0].kind == pair[1].kind)
    {
        return Vec::new();
    }
    let mut made = String::from(if no_select { "SELECT *" } else { "" });
    let several = sorted.iter().filter(|clause| clause.kind == Kind::Where).count() > 1;
    let mut joined = false;
    for clause in sorted {
        let mut text = clauses.text(clause).to_owned();
        if several && clause.kind == Kind::Where {
            let (from, to) = clauses.body(clause);
            let word = if std::mem::replace(&mut joined, true) { "AND" } else { "WHERE" };
            text = format!("{word} ({})", site.tokens.slice(from, to));
        }
        // A comment ends with its line.
        let between = if made.contains("--") { "\n" } else { " " };
        made.push_str(if made.is_empty() { "" } else { between });
        made.push_str(&text);
    }
    clauses.rewritten(made)
}

/// `DISTINCT ON (x)` and `QUALIFY`: of each group of rows those that a condition over a window chooses.
pub(super) fn chosen_rows(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if site.error.code != Code::Syntax {
        return Vec::new();
    }
    let clauses = Clauses::around(tokens, site.at);
    distinct_on(&clauses).or_else(|| qualify(&clauses)).unwrap_or_default()
}

fn distinct_on(clauses: &Clauses<'_>) -> Option<Vec<Edit>> {
    let tokens = clauses.tokens;
    let select = clauses.get(Kind::Select)?;
    let on = select.from + 2;
    if !(tokens.is_word(on - 1, &["distinct"]) && tokens.is_word(on, &["on"])) {
        return None;
    }
    let keys = tokens.call(on)?;
    let listed: Vec<&str> = keys.arguments.iter().map(|key| key.text).collect();
    let order = clauses.get(Kind::Order).map(|order| clauses.text(order)).unwrap_or_default();
    let window = format!("PARTITION BY {} {order}", listed.join(", "));
    let condition = format!("row_number() OVER ({}) = 1", window.trim_end());
    chosen(clauses, tokens.list(keys.close + 1, select.to), &condition)
}

fn qualify(clauses: &Clauses<'_>) -> Option<Vec<Edit>> {
    let (from, to) = clauses.body(clauses.get(Kind::Qualify)?);
    chosen(clauses, clauses.items(), clauses.tokens.slice(from, to))
}

/// The query as one over itself, with a condition over windows.
fn chosen(clauses: &Clauses<'_>, items: Vec<Argument<'_>>, condition: &str) -> Option<Vec<Edit>> {
    const CHOSEN: &str = "is_chosen";
    let tokens = clauses.tokens;
    let (mut inner, mut names) = (Vec::new(), Vec::new());
    for (number, item) in items.iter().enumerate() {
        let (expression, name) = named(tokens, item);
        let name = name.unwrap_or_else(|| format!("column_{}", number + 1));
        inner.push(match expression == name {
            true => name.clone(),
            false => format!("{expression} AS {name}"),
        });
        names.push((expression, name));
    }
    // The names of the select list mean nothing beside it.
    let words = Tokens::of(condition);
    let written = |at: usize| {
        let of_row = at > 0 && words.is(at - 1, ".") || words.is(at + 1, "(");
        let (expression, _) = names.iter().find(|(expression, name)| {
            words.is_word(at, &[name]) && expression != name && !of_row
        })?;
        Some(words.edit(at, at, words.in_place_of(at, expression)))
    };
    let condition = Edited::new(condition, (0..words.len()).filter_map(written).collect()).sql;
    inner.push(format!("{condition} AS {CHOSEN}"));
    let listed: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    let rest = |kinds: &[Kind]| -> String {
        let wanted = clauses.all.iter().filter(|clause| kinds.contains(&clause.kind));
        wanted.map(|clause| format!(" {}", clauses.text(*clause))).collect()
    };
    let below = rest(&[Kind::From, Kind::Where, Kind::Group, Kind::Having, Kind::Window]);
    let order = clauses.get(Kind::Order).and_then(|order| {
        let (from, to) = clauses.body(order);
        let keys = tokens.list(from, to).into_iter().map(|key| {
            let length = usize::from(tokens.is_word(key.to, &["asc", "desc"]));
            let of = tokens.slice(key.from, key.to - length);
            let (_, name) = names.iter().find(|(expression, name)| {
                of.eq_ignore_ascii_case(expression) || of.eq_ignore_ascii_case(name)
            })?;
            Some(if length > 0 { format!("{name} {}", tokens.text(key.to)) } else { name.clone() })
        });
        keys.collect::<Option<Vec<_>>>()
    });
    let order = order.map_or_else(String::new, |keys| format!(" ORDER BY {}", keys.join(", ")));
    let limit = rest(&[Kind::Offset, Kind::Limit]);
    Some(clauses.rewritten(format!(
        "SELECT {} FROM (SELECT {}{below}) WHERE {CHOSEN}{order}{limit}",
        listed.join(", "),
        inner.join(", ")
    )))
}

/// The expression of an item of a select list, and what it is called.
fn named<'a>(tokens: &Tokens<'a>, item: &Argument<'a>) -> (&'a str, Option<String>) {
    let last = tokens.text(item.to);
    if item.to >= item.from + 2 && tokens.is_word(item.to - 1, &["as"]) {
        return (tokens.slice(item.from, item.to - 2), Some(last.to_owned()));
    }
    let follows = |at: usize| tokens.is(at, ".") || tokens.is(at, "(");
    if !tokens.is_name(item.to) {
        return (item.text, None);
    }
    let whole = tokens.value_before(item.to) == Some(item.from);
    if item.to > item.from && !whole && !follows(item.to - 1) {
        return (tokens.slice(item.from, item.to - 1), Some(last.to_owned()));
    }
    (item.text, whole.then(|| last.to_owned()))
}

/// `GROUP BY ALL`, and aggregates beside columns that no GROUP BY names.
pub(super) fn group_by(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let clauses = Clauses::around(tokens, site.at);
    let keys = || {
        let items = clauses.items().into_iter().map(|item| named(tokens, &item).0);
        let keys: Vec<_> = items.filter(|item| !has_aggregate(item)).collect();
        keys.join(", ")
    };
    let all = clauses
        .get(Kind::Group)
        .filter(|group| group.to == group.from + 2 && tokens.is_word(group.to, &["all"]));
    if let Some(all) = all.filter(|_| site.error.code == Code::Syntax) {
        return vec![tokens.edit(all.to, all.to, keys())];
    }
    if !site.error.message.ends_with("must be an aggregate expression or appear in GROUP BY clause")
    {
        return Vec::new();
    }
    let item = clauses.items().into_iter().find(|item| (item.from..=item.to).contains(&site.at));
    let Some(item) = item.filter(|item| !has_aggregate(item.text)) else { return Vec::new() };
    let edit = match clauses.get(Kind::Group) {
        Some(group) => {
            let key = named(tokens, &item).0;
            Some(tokens.edit(group.to, group.to, format!("{}, {key}", tokens.text(group.to))))
        }
        None => clauses.behind(&[Kind::From, Kind::Where]).map(|last| {
            tokens.edit(last, last, format!("{} GROUP BY {}", tokens.text(last), keys()))
        }),
    };
    edit.into_iter().collect()
}

/// Whether an expression calls an aggregate function.
fn has_aggregate(expression: &str) -> bool {
    let tokens = Tokens::of(expression);
    (0..tokens.len()).any(|at| tokens.is(at + 1, "(") && is_aggregate(tokens.text(at)))
}

/// `WHERE count(*) > 5`: conditions on groups.
pub(super) fn having(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let clauses = Clauses::around(tokens, site.at);
    let Some(filter) = clauses
        .get(Kind::Where)
        .filter(|_| site.error.message.contains("cannot contain aggregations"))
    else {
        return Vec::new();
    };
    let (from, to) = clauses.body(filter);
    let (groups, rows): (Vec<&str>, Vec<&str>) =
        tokens.terms(from, to).into_iter().partition(|term| has_aggregate(term));
    let before = match rows.is_empty() {
        true => String::new(),
        false => format!("WHERE {}", rows.join(" AND ")),
    };
    let having = match clauses.get(Kind::Having) {
        Some(having) => format!("{} AND ", clauses.text(having)),
        None => "HAVING ".to_owned(),
    } + &groups.join(" AND ");
    let mut edits = vec![tokens.edit(filter.from, filter.to, before)];
    match (clauses.get(Kind::Having), clauses.behind(&[Kind::Group])) {
        (Some(clause), _) => edits.push(tokens.edit(clause.from, clause.to, having)),
        (None, Some(last)) => {
            edits.push(tokens.edit(last, last, format!("{} {having}", tokens.text(last))));
        }
        (None, None) => edits[0].1.push_str(&format!(" {having}")),
    }
    edits
}

/// `GROUP BY a, b WITH ROLLUP`
pub(super) fn rollup(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let Some(group) = Clauses::around(tokens, site.at).get(Kind::Group) else { return Vec::new() };
    let last = group.to;
    if !(tokens.is_word(last - 1, &["with"]) && tokens.is_word(last, &["rollup", "cube"])) {
        return Vec::new();
    }
    let keys = tokens.slice(group.from + 2, last - 2);
    let made = format!("{} ({keys})", tokens.text(last).to_uppercase());
    vec![tokens.edit(group.from + 2, last, made)]
}

/// `SELECT * EXCEPT (a, b)`, `SELECT * EXCLUDE a`: the other columns.
pub(super) fn star_except(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let star = (0..tokens.len())
        .find(|at| tokens.is(*at, "*") && tokens.is_word(at + 1, &["except", "exclude", "omit"]));
    let Some(star) = star else { return Vec::new() };
    let (without, last) = match tokens.call(star + 1) {
        Some(call) => (call.arguments.iter().map(|a| a.text).collect(), call.close),
        None => (vec![tokens.text(star + 2)], star + 2),
    };
    let columns = EventSchema::CloudTrail.columns().iter().map(|column| match column.json {
        "" => column.name,
        spelled => spelled,
    });
    let kept = columns.filter(|column| {
        !without.iter().any(|name| name.trim_matches('"').eq_ignore_ascii_case(column))
    });
    let of = if star >= 2 && tokens.is(star - 1, ".") { star - 2 } else { star };
    let relation = tokens.slice(of, star).trim_end_matches('*');
    let kept: Vec<_> = kept.map(|column| format!("{relation}{column}")).collect();
    vec![tokens.edit(of, last, kept.join(", "))]
}

/// `LATERAL VIEW explode(list) t AS item`
pub(super) fn lateral_view(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let views = (0..tokens.len())
        .filter(|at| tokens.is_word(*at, &["lateral"]) && tokens.is_word(at + 1, &["view"]));
    let edit = |at: usize| {
        let outer = usize::from(tokens.is_word(at + 2, &["outer"]));
        let call = tokens.call(at + 2 + outer)?;
        let [list] = call.arguments.as_slice() else { return None };
        let relation = call.close + 1;
        let names = relation + 1 + usize::from(tokens.is_word(relation + 1, &["as"]));
        let mut last = names;
        while tokens.is(last + 1, ",") {
            last += 2;
        }
        let join = if outer > 0 { "LEFT JOIN" } else { "CROSS JOIN" };
        let on = if outer > 0 { " ON true" } else { "" };
        let (relation, names) = (tokens.text(relation), tokens.slice(names, last));
        let made = format!("{join} UNNEST({}) AS {relation} ({names}){on}", list.text);
        Some(tokens.edit(at, last, made))
    };
    views.filter_map(edit).collect()
}
