//! Parameters of statements that nobody declared, in whatever form people write them.

use super::stores::{self, name_stores};
use super::{Edit, Edited, Lines};
use std::ops::Range;
use traillake_sql_parser::ast::{ExprKind, Given};
use traillake_sql_parser::{ParameterValues, PieceKind, pieces};
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// Values by the names of parameters, as typed.
pub type GivenValues = Vec<(String, Given)>;

/// A place that waits for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Placeholder {
    span: Range<usize>,
    /// The names in it: one, or in a string several.
    names: Vec<(Range<usize>, String)>,
    /// Whether nothing else can be meant.
    sure: bool,
}

/// A statement whose parameters have values: each stands as `$_1`, `$_2`, ..., and never as text.
#[derive(Debug)]
pub(super) struct WithValues {
    /// The statement.
    pub(super) edited: Edited,
    /// The values by those names.
    pub(super) values: ParameterValues,
}

/// Gives the parameters of a statement their values; in the place of a table a value is a store's name. Parameters
/// that `all_declared` has stay as they are.
///
/// # Errors
/// When a parameter has no value, which names all that have none.
pub(super) fn give(
    sql: &str,
    given: &GivenValues,
    all_declared: &ParameterValues,
) -> SqlResult<WithValues> {
    let found = placeholders(sql, given);
    let mut values = ParameterValues::new();
    let (mut edits, mut missing): (Vec<Edit>, Vec<&Placeholder>) = (Vec::new(), Vec::new());
    let tables: Vec<_> = name_stores(sql).places().map(Clone::clone).collect();
    let mut bind = |placeholder: &Placeholder, value: ExprKind| {
        let name = format!("_{}", values.len() + 1);
        values.insert(name.clone(), value);
        (placeholder.span.clone(), format!("${name}"))
    };
    for placeholder in &found {
        let in_table = tables.iter().any(|table| table.contains(&placeholder.span.start));
        let declared = placeholder
            .names
            .iter()
            .any(|(_, name)| all_declared.contains_key(&name.to_lowercase()));
        match value(sql, placeholder, given) {
            Some(value) if in_table => {
                let name = value.text.replace('"', "\"\"");
                edits.push((placeholder.span.clone(), format!("\"{name}\"")));
            }
            Some(value) => edits.push(bind(placeholder, ExprKind::Given(value))),
            None if &sql[placeholder.span.clone()] == "?" && declared => {
                let value = all_declared.get(&placeholder.names[0].1).cloned();
                edits.extend(value.map(|value| bind(placeholder, value)));
            }
            None if placeholder.sure && !in_table && !declared => missing.push(placeholder),
            None => {}
        }
    }
    if let Some(first) = missing.first() {
        let at = Lines::of(sql).position(sql, first.span.start);
        return Err(without_value(&missing).at(at));
    }
    Ok(WithValues { edited: Edited::new(sql, edits), values })
}

/// Returns how many `?` a statement has.
pub fn question_marks(sql: &str) -> usize {
    let found = placeholders(sql, &GivenValues::new());
    found.iter().filter(|placeholder| &sql[placeholder.span.clone()] == "?").count()
}

/// Returns the names of the parameters of a statement, for which values may be given.
pub fn names(sql: &str, given: &GivenValues) -> Vec<String> {
    let found = placeholders(sql, given).into_iter();
    found.flat_map(|placeholder| placeholder.names).map(|(_, name)| name).collect()
}

/// Whether two names of parameters are the same: `start_time`, `StartTime` and `start time` are.
pub fn is_same_name(a: &str, b: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    letters(a) == letters(b)
}

fn without_value(missing: &[&Placeholder]) -> SqlError {
    let mut names: Vec<&str> = Vec::new();
    for (_, name) in missing.iter().flat_map(|placeholder| &placeholder.names) {
        if !names.iter().any(|known| is_same_name(known, name)) {
            names.push(name);
        }
    }
    let options: Vec<_> = names.iter().map(|name| format!("--param '{name}=VALUE'")).collect();
    let message = format!(
        "no value is given for {}; give it with {} (at the prompt: .param NAME=VALUE)",
        names.join(", "),
        options.join(" ")
    );
    SqlError::new(Code::InvalidParameterUsage, message)
}

/// Returns what stands in the place of a placeholder, if all its names have values.
fn value(sql: &str, placeholder: &Placeholder, given: &GivenValues) -> Option<Given> {
    let of = |name: &str| {
        let found = given.iter().rev().find(|(known, _)| is_same_name(known, name));
        found.map(|(_, value)| value)
    };
    let Range { start, end } = placeholder.span;
    let quotes = usize::from(sql[start..].starts_with('\''));
    if let [(span, name)] = placeholder.names.as_slice()
        && *span == (start + quotes..end - quotes)
    {
        return of(name).cloned();
    }
    let (mut text, mut copied) = (String::new(), start + quotes);
    for (span, name) in &placeholder.names {
        text.push_str(&sql[copied..span.start]);
        text.push_str(&of(name)?.text);
        copied = span.end;
    }
    text.push_str(&sql[copied..end - quotes]);
    Some(Given { text: text.replace("''", "'"), time: None })
}

/// Finds the placeholders of a statement. A question mark in quotes is one if values are given by numbers.
fn placeholders(sql: &str, given: &GivenValues) -> Vec<Placeholder> {
    let numbered = given.iter().any(|(name, _)| name.parse::<usize>().is_ok());
    let mut found: Vec<Placeholder> = Vec::new();
    let (mut questions, mut behind, mut wants, mut compared) = (0, 0, true, false);
    for piece in pieces(sql).filter(|piece| piece.kind != PieceKind::Comment) {
        let Range { start, .. } = piece.span;
        if start < behind {
            continue;
        }
        let text = &sql[start..];
        let own = sql.get(piece.span.clone()).unwrap_or_default();
        let mut question = |span: Range<usize>, sure| {
            questions += 1;
            let inner = if sure { span.clone() } else { span.start + 1..span.end - 1 };
            Placeholder { span, names: vec![(inner, questions.to_string())], sure }
        };
        let placeholder = match piece.kind {
            PieceKind::String if own == "'?'" && numbered => {
                Some(question(piece.span.clone(), false))
            }
            PieceKind::String if own.starts_with('\'') => in_string(own, start, compared),
            PieceKind::Symbol if own == "?" => Some(question(piece.span.clone(), true)),
            PieceKind::Symbol | PieceKind::Other => bare(text, start, wants),
            _ => None,
        };
        behind = placeholder.as_ref().map_or(piece.span.end, |found| found.span.end);
        compared = piece.kind == PieceKind::Symbol && is_comparison(own)
            || piece.kind == PieceKind::Word
                && is_one_of(own, &["like", "between", "and", "interval"])
            || compared && own == "(";
        wants = placeholder.is_none() && wants_value(piece.kind, own);
        found.extend(placeholder);
    }
    found
}

fn is_comparison(text: &str) -> bool {
    matches!(text, "=" | "<" | ">" | "<=" | ">=" | "<>" | "!=")
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a value must follow, so that what begins with an operator here cannot be one.
fn wants_value(kind: PieceKind, text: &str) -> bool {
    match kind {
        PieceKind::Symbol => !matches!(text, ")" | "]" | "}" | "?" | ":"),
        PieceKind::Word => is_one_of(
            text,
            &[
                "select", "from", "join", "where", "and", "or", "not", "on", "when", "then",
                "else", "case", "in", "like", "between", "by", "limit", "offset", "having",
                "escape", "distinct", "interval",
            ],
        ),
        _ => false,
    }
}

/// A placeholder without quotes.
fn bare(text: &str, start: usize, wants: bool) -> Option<Placeholder> {
    let sign = text.chars().next()?;
    if !(sign == '$' || (wants && "<{:@%".contains(sign))) {
        return None;
    }
    let length = stores::placeholder(text)?;
    let name = name_of(&text[..length])?;
    if stores::is_current(&text[..length]) {
        return None;
    }
    let span = start..start + length;
    Some(Placeholder { names: vec![(span.clone(), name)], span, sure: true })
}

/// Returns the words of a placeholder, without its signs and brackets.
fn name_of(text: &str) -> Option<String> {
    let text = match text.strip_prefix("%(") {
        Some(rest) => rest.trim_end_matches('s'),
        None => text,
    };
    let name = text.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | ' ' | '-' | '.');
    (!name.is_empty() && name.chars().all(fits)).then(|| name.to_owned())
}

/// The placeholders in a string, which begins at `start`. A string that is one, and is compared, is for sure.
fn in_string(text: &str, start: usize, compared: bool) -> Option<Placeholder> {
    let inner = text.get(1..text.len().checked_sub(1)?)?;
    let whole = stores::placeholder(inner).is_some_and(|length| length == inner.len());
    let span = start..start + text.len();
    let mut names = Vec::new();
    let mut at = 0;
    while at < inner.len() {
        let rest = &inner[at..];
        let marked =
            rest.starts_with("${") || rest.starts_with("{{") || is_between_dollars(rest) || whole;
        let length = stores::placeholder(rest).filter(|_| marked);
        match length.and_then(|length| Some((length, name_of(&rest[..length])?))) {
            Some((length, name)) => {
                names.push((start + 1 + at..start + 1 + at + length, name));
                at += length;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    let template = inner.starts_with("${") || inner.starts_with("{{") || is_between_dollars(inner);
    let sure = whole && template && compared;
    (!names.is_empty()).then_some(Placeholder { span, names, sure })
}

/// Whether a text begins with `$Name$`.
fn is_between_dollars(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('$') else { return false };
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    end > 0 && rest[end..].starts_with('$')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(values: &[(&str, &str)]) -> GivenValues {
        let value = |text: &str| Given { text: text.to_owned(), time: None };
        values.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect()
    }

    #[track_caller]
    fn check(sql: &str, values: &[(&str, &str)], want: &str, bound: &[&str]) {
        let got = give(sql, &given(values), &ParameterValues::new()).unwrap();
        assert_eq!(got.edited.sql, want);
        let texts = got.values.values().map(|value| match value {
            ExprKind::Given(given) => given.text.as_str(),
            _ => "",
        });
        assert_eq!(texts.collect::<Vec<_>>(), bound);
    }

    #[test]
    fn every_form_is_a_parameter() {
        for form in [
            "$from",
            "$From$",
            "${from}",
            "${ from }",
            ":from",
            "{{from}}",
            "{from}",
            "<from>",
            "@from",
            "%(from)s",
            "'$from$'",
            "'${from}'",
            "'{{from}}'",
            "'{{ from }}'",
            "'<from>'",
            "'$from'",
            "':from'",
        ] {
            check(&format!("a >= {form} AND b"), &[("FROM", "x' y")], "a >= $_1 AND b", &["x' y"]);
        }
        let sql = "f('?', a) AND b = ? AND c IN (?, 'x?')";
        check(
            sql,
            &[("1", "day"), ("2", "x"), ("3", "y")],
            "f($_1, a) AND b = $_2 AND c IN ($_3, 'x?')",
            &["day", "x", "y"],
        );
        check(
            "a LIKE '%${x} it''s {{ y }}%'",
            &[("x", "p"), ("y", "q")],
            "a LIKE $_1",
            &["%p it's q%"],
        );
        check(
            "SELECT 1 FROM <my table> t",
            &[("my_table", "a\"b")],
            "SELECT 1 FROM \"a\"\"b\" t",
            &[],
        );
        check(
            "SELECT 1 FROM ? WHERE x = ?",
            &[("1", "s"), ("2", "v")],
            "SELECT 1 FROM \"s\" WHERE x = $_1",
            &["v"],
        );
    }

    #[test]
    fn what_is_valid_stays() {
        for sql in [
            "regexp_replace(a, '(?<x>b)', '${x}')",
            "a <b AND c> d",
            "JSON_OBJECT('a' : b)",
            "a::varchar, split(url, '?'), a = '?', '$a', a = '<b>', \"$c\" -- $d",
            "SELECT $EDS_ID.a FROM $EDS_ID, <table>",
        ] {
            check(sql, &[], sql, &[]);
        }
    }

    #[test]
    fn all_that_have_no_value_are_named() {
        let error =
            give("a > $from AND b = '${Name}' OR a < $from", &Vec::new(), &ParameterValues::new());
        assert_eq!(
            error.unwrap_err().to_string(),
            "line 1:5: no value is given for from, Name; give it with --param 'from=VALUE' --param 'Name=VALUE' (at the prompt: .param NAME=VALUE)"
        );
    }
}
