//! Slips of the pen.

use super::Site;
use super::syntax::each_pattern;
use super::tokens::literal;
use crate::engine::text::{CURRENT_STORE, Edit, name_stores};
use crate::engine::words::is_keyword;
use traillake_sql_parser::PieceKind;
use traillake_sql_types::error::Code;

/// `< =`, `> =`, `! =` and `< >`
pub(super) fn split_operators(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let pairs = [("<", "="), (">", "="), ("!", "="), ("<", ">")];
    let split = |at: &usize| {
        pairs.iter().any(|(first, second)| tokens.is(*at, first) && tokens.is(at + 1, second))
    };
    let found = (0..tokens.len().saturating_sub(1)).filter(split);
    let joined = |at: usize| format!("{}{}", tokens.text(at), tokens.text(at + 1));
    found.map(|at| tokens.edit(at, at + 1, joined(at))).collect()
}

/// `x NOT NULL` and `x ISNULL`
pub(super) fn null_tests(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let edit = |at: usize| {
        let bare = tokens.is_word(at, &["not"])
            && tokens.is_word(at + 1, &["null"])
            && !tokens.is_word(at - 1, &["is"]);
        let made = match tokens.text(at).to_lowercase().as_str() {
            "isnull" if !tokens.is(at + 1, "(") => "IS NULL",
            "notnull" if !tokens.is(at + 1, "(") => "IS NOT NULL",
            _ if bare => "IS NOT",
            _ => return None,
        };
        Some(tokens.edit(at, at, made))
    };
    (1..tokens.len()).filter_map(edit).collect()
}

/// `x LIKE 'a' OR 'b'`: the comparison is that of the term before.
pub(super) fn repeated_comparisons(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let joined = site.at >= 4 && tokens.is_word(site.at - 1, &["or", "and"]);
    if !joined || !site.error.message.starts_with("Logical expression term") {
        return Vec::new();
    }
    let edit = tokens.value_before(site.at - 2).and_then(|value| {
        let operator = value.checked_sub(1)?;
        let fits = tokens.is_comparison(operator) || tokens.is_word(operator, &["like"]);
        let not = usize::from(tokens.is_word(operator - 1, &["not"]));
        // With the other word it would hold always, or never.
        let differs = not > 0 || tokens.is(operator, "<>") || tokens.is(operator, "!=");
        let sensible = tokens.is_word(site.at - 1, &["and"]) == differs;
        let first =
            tokens.value_before(operator.checked_sub(1 + not).filter(|_| fits && sensible)?)?;
        let (last, before) = (tokens.value_after(site.at)?, tokens.slice(first, operator));
        Some(tokens.edit(site.at, last, format!("{before} {}", tokens.slice(site.at, last))))
    });
    edit.into_iter().collect()
}

/// `IN 'a', 'b'`, and `= ('a', 'b')`
pub(super) fn lists(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if let Some(equal) = (site.at.saturating_sub(1)..=site.at)
        .find(|at| tokens.is(*at, "=") && tokens.is(at + 1, "("))
        .filter(|_| site.error.code == Code::TypeMismatch)
    {
        return vec![tokens.edit(equal, equal, "IN")];
    }
    let begins = site.at > 0 && tokens.is_word(site.at - 1, &["in"]);
    if site.error.code != Code::Syntax || !begins {
        return Vec::new();
    }
    let is_value =
        |at: usize| matches!(tokens.kind(at), Some(PieceKind::String | PieceKind::Number));
    let mut last = site.at;
    while is_value(last) && tokens.is(last + 1, ",") && is_value(last + 2) {
        last += 2;
    }
    vec![tokens.edit(site.at, last, format!("({})", tokens.slice(site.at, last)))]
}

/// Words with which a clause begins, that are misspelt most.
const CLAUSES: [&str; 11] = [
    "SELECT", "FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "BETWEEN", "DISTINCT", "LIKE",
    "JOIN",
];

/// `SELEC a FORM t`, and words that stand together: `eventNameORDER BY`
pub(super) fn keywords(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if site.error.code != Code::Syntax {
        return Vec::new();
    }
    let near = (site.at.saturating_sub(2)..=site.at).rev();
    let edit = |at: usize| {
        let word = tokens.text(at);
        if tokens.kind(at) != Some(PieceKind::Word) || is_keyword(word) {
            return None;
        }
        let upper = word.to_uppercase();
        let by = tokens.is_word(at + 1, &["by"]);
        if let Some(clause) = CLAUSES.iter().find(|clause| {
            upper.ends_with(**clause)
                && upper.len() > clause.len()
                && by == matches!(**clause, "GROUP" | "ORDER")
        }) {
            let (name, clause) = word.split_at(word.len() - clause.len());
            return Some(tokens.edit(at, at, format!("{name} {clause}")));
        }
        let close = |clause: &&&str| {
            strsim::damerau_levenshtein(&upper, clause)
                <= usize::from(upper.len() > 3) + usize::from(upper.len() > 5)
        };
        let clause = CLAUSES
            .iter()
            .filter(close)
            .min_by_key(|clause| strsim::damerau_levenshtein(&upper, clause))?;
        Some(tokens.edit(at, at, *clause))
    };
    near.into_iter().find_map(edit).into_iter().collect()
}

/// A condition or a list that ends before it should: `WHERE a = 1 AND`
pub(super) fn dangling_words(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if site.error.code != Code::Syntax {
        return Vec::new();
    }
    let joins = |at: usize| tokens.is_word(at, &["and", "or"]);
    let begins = |at: usize| tokens.is_word(at, &["where", "having", "on", "and", "or"]);
    let ends = |at: usize| {
        at >= tokens.len()
            || tokens.is(at, ")")
            || tokens.is(at, ";")
            || tokens.is_word(at, &["group", "order", "limit", "having", "union"])
    };
    // At the end the place is that of the last piece.
    let dangling = [site.at.saturating_sub(1), site.at].into_iter().find(|at| {
        let last = (joins(*at) || begins(*at) || tokens.is(*at, ",")) && ends(at + 1);
        last || joins(*at) && *at > 0 && begins(at - 1)
    });
    dangling.map(|at| tokens.edit(at, at, "")).into_iter().collect()
}

/// A string without its end: it ends with its line.
pub(super) fn open_strings(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if !site.error.message.contains("the string does not end") {
        return Vec::new();
    }
    let start = tokens.span(site.at).start;
    let line = tokens.rest(site.at).lines().next().unwrap_or_default();
    let line = line.trim_end_matches(|c: char| c.is_whitespace() || c == ';');
    let end = start + line.len();
    // What follows a quote that is missing in the middle is no text.
    let whole = line.get(1..).is_some_and(|text| !text.contains('\''));
    whole.then(|| (end..end, "'".to_owned())).into_iter().collect()
}

/// `x LIKE ('a', 'b')`
pub(super) fn like_lists(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let like = site.at + usize::from(tokens.is_word(site.at, &["not"]));
    let edit = tokens.call(like).and_then(|patterns| {
        let fits = tokens.is_word(like, &["like", "ilike"])
            && patterns.arguments.iter().all(|pattern| literal(pattern.text).is_some());
        let join = if tokens.is_word(like.checked_sub(1)?, &["not"]) { " AND " } else { " OR " };
        each_pattern(tokens, like, &patterns, join).filter(|_| fits)
    });
    edit.into_iter().collect()
}

/// The store that has no such name: the current one.
pub(super) fn stores(site: &Site<'_>) -> Vec<Edit> {
    if !matches!(
        site.error.code,
        Code::TableNotFound | Code::SchemaNotFound | Code::CatalogNotFound
    ) || site.error.message.contains("is a view over")
    {
        return Vec::new();
    }
    let tokens = site.tokens;
    let mut last = site.at;
    while tokens.is(last + 1, ".") && tokens.is_name(last + 2) {
        last += 2;
    }
    // What SQL cannot spell is more than one piece.
    let named = name_stores(tokens.whole());
    let start = tokens.span(site.at).start;
    let unspelled = named.places().find(|place| place.contains(&start));
    let span = unspelled.cloned().unwrap_or_else(|| tokens.bytes(site.at, last));
    vec![(span, CURRENT_STORE.to_owned())]
}
