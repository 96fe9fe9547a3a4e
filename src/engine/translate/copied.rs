//! What is around a statement where it was copied from.

use super::Site;
use crate::engine::text::Edit;
use traillake_sql_types::error::Code;

/// A command of the AWS CLI: the statement in it.
pub(super) fn command(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if !tokens.is_word(0, &["aws"]) {
        return Vec::new();
    }
    let whole = tokens.rest(0);
    let options = ["--query-statement", "--query-string"];
    let found = options.iter().find_map(|option| {
        let value = &whole[whole.find(option)? + option.len()..];
        statement_in(value.trim_start_matches(|c: char| c.is_whitespace() || "=\\".contains(c)))
    });
    let start = tokens.span(0).start;
    found.map(|statement| (start..start + whole.len(), statement)).into_iter().collect()
}

/// `CREATE VIEW x AS SELECT ...`, `INSERT INTO t SELECT ...`, `UNLOAD (SELECT ...) TO ...`: the query in it.
pub(super) fn writes(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let begins = tokens.is_word(0, &["create", "insert", "unload", "copy", "replace"]);
    if !begins || !matches!(site.error.code, Code::AccessDenied | Code::Syntax) {
        return Vec::new();
    }
    let query = (1..tokens.len()).find(|at| {
        tokens.is_word(*at, &["select"])
            || tokens.is_word(*at, &["with"]) && tokens.is_word(at + 2, &["as"])
    });
    let edit = query.map(|query| {
        let in_parentheses = tokens.is(query - 1, "(").then(|| tokens.close(query - 1)).flatten();
        let last = in_parentheses.map_or(tokens.end_of_query(query), |close| close - 1);
        let end = in_parentheses.map_or(last, |_| tokens.end_of_query(0));
        tokens.edit(0, end, tokens.slice(query, last))
    });
    edit.into_iter().collect()
}

/// Returns what stands in the quotes with which a text begins, as a shell reads it.
fn statement_in(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| "'\"".contains(*c))?;
    let (mut statement, mut escaped) = (String::new(), false);
    let mut rest = text[1..].chars();
    while let Some(c) = rest.next() {
        match c {
            _ if escaped => {
                statement.push(if c == '\n' { ' ' } else { c });
                escaped = false;
            }
            '\\' if quote == '"' => escaped = true,
            // '\'' in single quotes
            '\'' if quote == '\'' && rest.as_str().starts_with("\\''") => {
                statement.push('\'');
                rest = rest.as_str()[3..].chars();
            }
            _ if c == quote => return Some(statement),
            _ => statement.push(c),
        }
    }
    None
}

/// Fences, prompts, signs of quotation, numbers of lines and quotes around the statement, and the escapes of a program's
/// string in it.
pub(super) fn surroundings(site: &Site<'_>) -> Vec<Edit> {
    let whole = site.tokens.rest(0);
    if site.error.code != Code::Syntax {
        return Vec::new();
    }
    let escaped = site.tokens.is(site.at, "\\");
    let plain = within(whole, escaped);
    let start = site.tokens.span(0).start;
    if plain == whole { Vec::new() } else { vec![(start..start + whole.len(), plain)] }
}

/// Whether a text begins as a query does.
fn begins(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    ["select", "with"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// Prompts of programs that take SQL.
const PROMPTS: [&str; 9] =
    ["sql>", "mysql>", "trino>", "presto>", "athena>", "duckdb>", "postgres=#", "traillake>", "=>"];

/// Returns the statement in a text. Escapes are read where a program's string was around it, or where one stands outside
/// of SQL's strings; in these a backslash is one.
fn within(text: &str, mut escaped: bool) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let fence = |line: &&str| line.trim_start().starts_with("```");
    if lines.first().is_some_and(fence) {
        lines.remove(0);
        lines.truncate(lines.iter().position(fence).unwrap_or(lines.len()));
    }
    let marked = |sign: &str| lines.iter().all(|line| line.is_empty() || line.starts_with(sign));
    if marked(">") {
        lines.iter_mut().for_each(|line| *line = line.trim_start_matches('>').trim_start());
    }
    let numbered =
        |(at, line): (usize, &&str)| line.trim_start().starts_with(&(at + 1).to_string());
    if lines.iter().enumerate().all(numbered) {
        let digits = |c: char| c.is_ascii_digit() || ".:|".contains(c);
        lines
            .iter_mut()
            .for_each(|line| *line = line.trim_start().trim_start_matches(digits).trim_start());
    }
    let text = lines.join("\n");
    let mut text = text.trim();
    for prompt in PROMPTS {
        text = text.strip_prefix(prompt).unwrap_or(text).trim_start();
    }
    // `const query = "SELECT ..."`, `query: '...'`
    let name = |text: &str| {
        let plain = text.chars().all(|c| c.is_alphanumeric() || "_ .:".contains(c));
        plain && text.split_whitespace().count() <= 3 && !begins(text)
    };
    if let Some((_, string)) = text.split_once(['=', ':']).filter(|(before, _)| name(before))
        && string.trim_start().starts_with(['"', '\'', 'f', 'r'])
    {
        text = string.trim_start().trim_start_matches(['f', 'r']);
    }
    for quote in ["\"\"\"", "'''", "\"", "'", "`"] {
        let end = text.trim_end_matches([';', ',', ' ']);
        let inner = end.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| begins(inner)) {
            text = inner.trim();
            escaped = true;
            break;
        }
    }
    if !escaped {
        return text.to_owned();
    }
    text.replace("\\n", "\n").replace("\\t", " ").replace("\\\"", "\"").replace("\\'", "'")
}
