//! Quotes, operators and clauses of other engines.

use super::Site;
use super::tokens::{Call, Tokens, literal, quoted};
use crate::engine::text::Edit;
use crate::engine::words::is_keyword;
use traillake_sql_parser::PieceKind;

/// Quotes of word processors: double ones are those of names, until another rule knows better.
pub(super) fn smart_quotes(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let pairs = [
        ('‘', '’', '\''),
        ('’', '’', '\''),
        ('“', '”', '"'),
        ('”', '”', '"'),
        ('„', '“', '"'),
        ('´', '´', '\''),
    ];
    let (mut edits, mut behind) = (Vec::new(), 0);
    for at in 0..tokens.len() {
        let (start, text) = (tokens.span(at).start, tokens.rest(at));
        let pair = pairs.iter().find(|(open, ..)| text.starts_with(*open));
        let Some((open, close, quote)) = pair.filter(|_| start >= behind) else { continue };
        let inner = &text[open.len_utf8()..];
        let Some(length) = inner.find(['\'', '"', *close]) else { continue };
        let end = inner[length..].chars().next().map_or(0, char::len_utf8);
        behind = start + open.len_utf8() + length + end;
        edits.push((start..behind, format!("{quote}{}{quote}", &inner[..length])));
    }
    edits
}

pub(super) fn back_ticks(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let (mut edits, mut behind) = (Vec::new(), 0);
    for at in (0..tokens.len()).filter(|at| tokens.is(*at, "`")) {
        let (start, text) = (tokens.span(at).start, tokens.rest(at));
        let Some(length) = text[1..].find('`').filter(|_| start >= behind) else { continue };
        let name = &text[1..=length];
        behind = start + length + 2;
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && !is_keyword(name);
        let name = if plain { name.to_owned() } else { format!("\"{name}\"") };
        edits.push((start..behind, name));
    }
    edits
}

/// `==`, `&&`, `!a`, `<=>`, and `||` between conditions.
pub(super) fn operators(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let mut edits = Vec::new();
    for at in 0..tokens.len() {
        let next = |symbol| tokens.touch(at) && tokens.is(at + 1, symbol);
        if tokens.is(at, "=") && next("=") {
            edits.push(tokens.edit(at, at + 1, "="));
        } else if tokens.is(at, "<=") && next(">") {
            edits.push(tokens.edit(at, at + 1, "IS NOT DISTINCT FROM"));
        } else if tokens.is_word(at, &["minus"]) && tokens.is_word(at + 1, &["select", "all"]) {
            edits.push(tokens.edit(at, at, "EXCEPT"));
        } else if tokens.is(at, "&") && next("&") {
            edits.push(tokens.edit(at, at + 1, "AND"));
        } else if tokens.is(at, "!") && !tokens.is(at + 1, "~") {
            edits.push(tokens.edit(at, at, "NOT "));
        }
    }
    if edits.is_empty() && tokens.is(site.at, "||") && site.error.message.contains("boolean") {
        edits.push(tokens.edit(site.at, site.at, "OR"));
    }
    edits
}

/// `# comment` and `// comment`
pub(super) fn comments(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let first = (0..tokens.len()).find(|at| {
        tokens.is(*at, "#") || (tokens.is(*at, "/") && tokens.touch(*at) && tokens.is(at + 1, "/"))
    });
    let edit = first.map(|at| tokens.edit(at, at + usize::from(tokens.is(at, "/")), "--"));
    edit.into_iter().collect()
}

/// `x LIKE ANY (a, b)`, `x ILIKE ALL (a, b)`
pub(super) fn like_any(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let likes = (1..tokens.len()).filter(|at| {
        tokens.is_word(*at, &["like", "ilike"]) && tokens.is_word(at + 1, &["any", "some", "all"])
    });
    let edit = |at: usize| {
        let join = if tokens.is_word(at + 1, &["all"]) { " AND " } else { " OR " };
        each_pattern(tokens, at, &tokens.call(at + 1)?, join)
    };
    likes.filter_map(edit).collect()
}

/// A comparison with several patterns as one with each of them. `like` is the piece of its operator, before which a NOT
/// may stand.
pub(super) fn each_pattern(
    tokens: &Tokens<'_>,
    like: usize,
    patterns: &Call<'_>,
    join: &str,
) -> Option<Edit> {
    let not = usize::from(tokens.is_word(like.checked_sub(1)?, &["not"]));
    let last = like.checked_sub(1 + not)?;
    let first = tokens.value_before(last)?;
    let (value, operator) = (tokens.slice(first, last), tokens.slice(last + 1, like));
    let terms: Vec<_> =
        patterns.arguments.iter().map(|a| format!("{value} {operator} {}", a.text)).collect();
    Some(tokens.edit(first, patterns.close, format!("({})", terms.join(join))))
}

/// `x::type`, `SAFE_CAST(x AS type)`, `CONVERT(type, x)`
pub(super) fn casts(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let safe = (0..tokens.len()).filter(|at| tokens.is_word(*at, &["safe_cast"]));
    let mut edits: Vec<Edit> = safe.map(|at| tokens.edit(at, at, "TRY_CAST")).collect();
    edits.extend(tokens.calls(&["convert"]).iter().filter_map(|call| match &call.arguments[..] {
        [kind, value] => {
            let cast = format!("CAST({} AS {})", value.text, type_name(kind.text));
            Some(tokens.edit(call.name, call.close, cast))
        }
        _ => None,
    }));
    if edits.is_empty() { with_colons(tokens) } else { edits }
}

fn with_colons(tokens: &Tokens<'_>) -> Vec<Edit> {
    let colons = (1..tokens.len()).find(|at| tokens.is(*at, ":") && tokens.is(*at + 1, ":"));
    let Some(at) = colons else { return Vec::new() };
    let Some(first) = tokens.value_before(at - 1) else { return Vec::new() };
    let mut last = at + 2;
    if tokens.is(last + 1, "(") {
        last = tokens.close(last + 1).unwrap_or(last);
    }
    if tokens.is_word(at + 2, &["double"]) && tokens.is_word(last + 1, &["precision"]) {
        last += 1;
    }
    if tokens.is_word(last + 1, &["with", "without"]) && tokens.is_word(last + 2, &["time"]) {
        last += 3;
    }
    let (value, kind) = (tokens.slice(first, at - 1), type_name(tokens.slice(at + 2, last)));
    let value = value.strip_prefix('(').and_then(|value| value.strip_suffix(')')).unwrap_or(value);
    let made = match kind.to_lowercase().as_str() {
        "interval" => format!("INTERVAL {value}"),
        // Text of which JSON is made, and not JSON that is a text.
        "json" if !value.starts_with("json_") => format!("json_parse({value})"),
        _ => format!("CAST({value} AS {kind})"),
    };
    vec![tokens.edit(first, last, made)]
}

/// Returns the name that a type of another engine has here.
pub(super) fn type_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let known = match lower.as_str() {
        "text" | "string" | "nvarchar" | "bpchar" => "varchar",
        "int4" | "int" | "signed" => "integer",
        "int8" | "int64" | "long" => "bigint",
        "int2" => "smallint",
        "float8" | "float64" | "double precision" | "numeric" | "float" => "double",
        "float4" => "real",
        "bool" => "boolean",
        "timestamptz" => "timestamp with time zone",
        "datetime" | "datetime2" | "timestamp without time zone" => "timestamp",
        "jsonb" => "json",
        _ => name,
    };
    known.to_owned()
}

/// `LIMIT n OFFSET m` and `LIMIT m, n`.
pub(super) fn limits(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let limits = (0..tokens.len()).filter(|at| tokens.is_word(*at, &["limit"]));
    let edit = |at: usize| {
        let (first, second) = (tokens.text(at + 1), tokens.text(at + 3));
        let (offset, count) = if tokens.is_word(at + 2, &["offset"]) {
            (second, first)
        } else if tokens.is(at + 2, ",") {
            (first, second)
        } else {
            return None;
        };
        Some(tokens.edit(at, at + 3, format!("OFFSET {offset} LIMIT {count}")))
    };
    limits.filter_map(edit).collect()
}

/// `SELECT TOP n`
pub(super) fn top(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let top = (1..tokens.len()).find(|at| {
        tokens.is_word(*at, &["top"]) && tokens.is_word(*at - 1, &["select", "distinct", "all"])
    });
    let Some(at) = top else { return Vec::new() };
    let parted = tokens.is(at + 1, "(");
    let number = at + 1 + usize::from(parted);
    if tokens.kind(number) != Some(PieceKind::Number) {
        return Vec::new();
    }
    let end = tokens.end_of_query(at);
    let limit = format!("{} LIMIT {}", tokens.text(end), tokens.text(number));
    vec![
        (tokens.span(at).start..tokens.span(number + 1 + usize::from(parted)).start, String::new()),
        tokens.edit(end, end, limit),
    ]
}

/// `x ILIKE pattern`
pub(super) fn ilike(site: &Site<'_>) -> Vec<Edit> {
    infix(site.tokens, &["ilike"], &|value, pattern, not| {
        let pattern = match literal(pattern) {
            Some(text) => quoted(&text.to_lowercase()),
            None => format!("lower({pattern})"),
        };
        format!("lower({value}) {not}LIKE {pattern}")
    })
}

/// `x RLIKE pattern`, `x REGEXP pattern`, `x ~ pattern` and their like.
pub(super) fn regular_expressions(site: &Site<'_>) -> Vec<Edit> {
    let matches =
        |value: &str, pattern: &str, not: &str| format!("{not}regexp_like({value}, {pattern})");
    let similar = |value: &str, pattern: &str, not: &str| {
        let pattern = literal(pattern).map(|text| {
            quoted(&format!(
                "^({})$",
                text.replace('.', "\\.").replace('%', ".*").replace('_', ".")
            ))
        });
        format!("{not}regexp_like({value}, {})", pattern.unwrap_or_default())
    };
    let tokens = site.tokens;
    let mut edits = infix(tokens, &["rlike", "regexp", "matches"], &matches);
    edits.extend(infix(tokens, &["similar"], &similar));
    let tilde = |at: usize| {
        // `!~`, `=~`, `~*`
        let negated = tokens.is(at - 1, "!");
        let equal = tokens.is(at - 1, "=");
        let ignore_case = tokens.is(at + 1, "*");
        let before = at.checked_sub(1 + usize::from(negated || equal))?;
        let after = at + 1 + usize::from(ignore_case);
        let (first, last) = (tokens.value_before(before)?, tokens.value_after(after)?);
        let pattern = tokens.slice(after, last);
        let pattern = match literal(pattern) {
            Some(text) if ignore_case => quoted(&format!("(?i){text}")),
            _ => pattern.to_owned(),
        };
        let not = if negated { "NOT " } else { "" };
        Some(tokens.edit(first, last, matches(tokens.slice(first, before), &pattern, not)))
    };
    edits.extend((1..tokens.len()).filter(|at| tokens.is(*at, "~")).filter_map(tilde));
    edits
}

/// Rewrites operators that are words, with NOT before them or without.
fn infix(
    tokens: &Tokens<'_>,
    words: &[&str],
    made: &dyn Fn(&str, &str, &str) -> String,
) -> Vec<Edit> {
    let found =
        (1..tokens.len()).filter(|at| tokens.is_word(*at, words) && !tokens.is(*at + 1, "("));
    let edit = |at: usize| {
        let negated = tokens.is_word(at - 1, &["not"]);
        let before = at.checked_sub(1 + usize::from(negated))?;
        let pattern = at + 1 + usize::from(tokens.is_word(at + 1, &["to"]));
        let (first, last) = (tokens.value_before(before)?, tokens.value_after(pattern)?);
        let not = if negated { "NOT " } else { "" };
        let made = made(tokens.slice(first, before), tokens.slice(pattern, last), not);
        Some(tokens.edit(first, last, made))
    };
    found.filter_map(edit).collect()
}

/// `FROM t WITH (NOLOCK)`, `FROM t FINAL`, `r'raw'`: what means nothing here.
pub(super) fn fillers(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let edit = |at: usize| {
        let hint = tokens.is_word(at, &["with"])
            && tokens.is(at + 1, "(")
            && tokens.is_word(at + 2, &["nolock"]);
        let raw = tokens.is_word(at, &["r"])
            && tokens.touch(at)
            && tokens.kind(at + 1) == Some(PieceKind::String);
        let last = tokens.is_word(at, &["final"]) && at == site.at.saturating_sub(1);
        match (hint, raw || last) {
            (true, _) => Some(tokens.edit(at, at + 3, "")),
            (_, true) => Some(tokens.edit(at, at, "")),
            _ => None,
        }
    };
    (1..tokens.len()).filter_map(edit).collect()
}

/// `WHERE ROWNUM <= 5`
pub(super) fn row_numbers(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let at = site.at;
    let count = at + 2;
    if !(tokens.is_word(at, &["rownum"]) && tokens.kind(count) == Some(PieceKind::Number) && at > 0)
    {
        return Vec::new();
    }
    let end = tokens.end_of_query(at);
    let (first, last) = match tokens.is_word(count + 1, &["and"]) {
        true => (at, count + 1),
        false => (at - 1, count),
    };
    let limit = format!(" LIMIT {}", tokens.text(count));
    if end <= last {
        return vec![tokens.edit(first, last, limit)];
    }
    vec![
        tokens.edit(first, last, ""),
        tokens.edit(end, end, format!("{}{limit}", tokens.text(end))),
    ]
}

/// `AS 'alias'`
pub(super) fn quoted_alias(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let aliases = (1..tokens.len()).filter(|at| tokens.is_word(*at - 1, &["as"]));
    let alias = |at: usize| Some(tokens.edit(at, at, format!("\"{}\"", literal(tokens.text(at))?)));
    aliases.filter_map(alias).collect()
}
