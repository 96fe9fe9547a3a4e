//! Names of stores that no SQL can spell: ids, ARNs, and what people leave where a name should be.

use super::{CURRENT_STORE, Edit, Edited};
use std::ops::Range;
use traillake_sql_parser::{Piece, PieceKind, pieces};

/// Quotes what stands in the place of a table and is no name of SQL: bare ids and ARNs, names with dashes, and
/// placeholders such as `<EDS ID>`, `{{eds}}` or `*****`, each under its own spelling, which `engine::stores` finds a
/// store for. The forms of `$EDS_ID` become the current store's name.
///
/// Ids and placeholders count elsewhere, too, as they may stand before the name of a column. Strings, quoted names
/// and comments stay as they are.
pub fn name_stores(sql: &str) -> Edited {
    let mut edits: Vec<Edit> = Vec::new();
    let mut places = Places::default();
    let mut at = 0;
    while let Some(end) = next_name(sql, at, &mut places, &mut edits) {
        at = end;
    }
    Edited::new(sql, edits)
}

/// Goes on to the next name that is no SQL, and returns the byte behind it: what is in it must not be cut into pieces.
fn next_name(sql: &str, from: usize, places: &mut Places, edits: &mut Vec<Edit>) -> Option<usize> {
    let rest = sql.get(from..)?;
    for piece in pieces(rest).filter(|piece| piece.kind != PieceKind::Comment) {
        let at = from + piece.span.start;
        let text = sql.get(at..)?;
        let name = match places.table {
            true => table_name(text),
            false => qualifier(sql, at, &piece),
        };
        if let Some(Name { length, sql: quoted }) = name {
            edits.push((at..at + length, quoted));
            places.table = false;
            places.word = String::new();
            return Some(at + length);
        }
        places.pass(&piece, rest.get(piece.span.clone()).unwrap_or_default());
    }
    None
}

/// What is known of the place in a statement.
#[derive(Debug, Default)]
struct Places {
    /// Whether the name of a table can stand here.
    table: bool,
    /// The word before, in lower case, if the piece before is a word.
    word: String,
    level: Level,
    /// Those of the parentheses around.
    around: Vec<Level>,
}

/// A statement, or what stands in a pair of parentheses.
#[derive(Debug, Default, Clone, Copy)]
struct Level {
    /// Whether it is a query, whose FROM names tables.
    query: bool,
    /// Whether a comma keeps us in a list of tables.
    from: bool,
}

impl Places {
    fn pass(&mut self, piece: &Piece, text: &str) {
        let before = std::mem::take(&mut self.word);
        let table = std::mem::take(&mut self.table);
        if piece.kind == PieceKind::Word {
            self.word = text.to_ascii_lowercase();
            self.pass_word(&before);
            return;
        }
        match text {
            "(" => {
                self.around.push(self.level);
                self.level = Level { query: false, from: table };
                self.table = table;
            }
            ")" => self.level = self.around.pop().unwrap_or_default(),
            "," => self.table = self.level.from,
            ";" => *self = Self::default(),
            _ => {}
        }
    }

    fn pass_word(&mut self, before: &str) {
        let first =
            self.around.is_empty() && matches!(before, "" | "explain" | "analyze" | "verbose");
        match self.word.as_str() {
            "select" => self.level = Level { query: true, from: false },
            "describe" | "desc" if first && !self.level.query => self.table = true,
            "from" | "in" if before == "columns" => self.table = true,
            "from" if self.level.query && before != "distinct" => {
                (self.table, self.level.from) = (true, true);
            }
            "join" => (self.table, self.level.from) = (true, true),
            "values" | "where" | "group" | "having" | "order" | "limit" | "offset" | "fetch"
            | "window" | "on" | "using" | "union" | "except" | "intersect" => {
                self.level.from = false
            }
            _ => {}
        }
    }
}

/// A name as SQL spells it, in place of so many bytes.
struct Name {
    length: usize,
    sql: String,
}

/// Returns the name of a table that a text begins with, if SQL cannot spell it so.
fn table_name(text: &str) -> Option<Name> {
    let (mut names, mut length, mut plain) = (vec![String::new()], 0, true);
    while let Some(part) = part(&text[length..]) {
        plain = plain && part.plain && names.last().is_some_and(String::is_empty);
        if let Some(last) = names.last_mut() {
            last.push_str(&part.name);
        }
        length += part.length;
        let next = &text[length..];
        if next.starts_with('.') && self::part(&next[1..]).is_some() {
            names.push(String::new());
            length += 1;
        }
    }
    (length > 0 && !plain).then(|| Name { length, sql: spelled(&text[..length], &names) })
}

fn spelled(text: &str, names: &[String]) -> String {
    if is_current(text) {
        return CURRENT_STORE.to_owned();
    }
    let quoted = names.iter().map(|name| format!("\"{}\"", name.trim().replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(".")
}

/// A part of a name.
struct Part {
    name: String,
    length: usize,
    /// Whether SQL can spell it.
    plain: bool,
}

/// The pairs of quotes that people put around names; the first is SQL's.
const QUOTES: [(char, char); 7] =
    [('"', '"'), ('`', '`'), ('\'', '\''), ('“', '”'), ('‘', '’'), ('«', '»'), ('”', '”')];

/// The most characters of a name in brackets.
const LONGEST: usize = 200;

fn part(text: &str) -> Option<Part> {
    let first = text.chars().next()?;
    if let Some((open, close)) = QUOTES.into_iter().find(|(open, _)| *open == first) {
        let (name, length) = quoted(text, open, close)?;
        return (!name.trim().is_empty()).then_some(Part { name, length, plain: open == '"' });
    }
    let length = placeholder(text).or_else(|| run(text))?;
    let name = text[..length].to_owned();
    let plain = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '@'));
    Some(Part { name, length, plain })
}

/// Returns what stands in quotes, and its length with them; a quote in it is doubled.
fn quoted(text: &str, open: char, close: char) -> Option<(String, usize)> {
    let (mut name, mut length) = (String::new(), open.len_utf8());
    loop {
        let inner = &text[length..];
        let end = inner.find(close)?;
        name.push_str(&inner[..end]);
        length += end + close.len_utf8();
        if !text[length..].starts_with(close) {
            return Some((name, length));
        }
        name.push(close);
        length += close.len_utf8();
    }
}

/// The length of a placeholder: words in brackets, or with a sign such as `$` before them.
pub(super) fn placeholder(text: &str) -> Option<usize> {
    let signs = text.len() - text.trim_start_matches(['$', '@', '#', '%', ':', '&']).len();
    let inner = &text[signs..];
    if let Some(length) = bracketed(inner) {
        let python =
            text.starts_with('%') && inner.starts_with('(') && inner[length..].starts_with('s');
        let python = usize::from(python);
        return (!inner.starts_with('(') || signs > 0).then_some(signs + length + python);
    }
    if signs > 0 {
        let fits = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'));
        let name = inner.find(fits).unwrap_or(inner.len());
        let behind = &inner[name..];
        let again = behind.len() - behind.trim_start_matches(['$', '#', '%']).len();
        return (name > 0).then_some(signs + name + again);
    }
    let dots = text.len() - text.trim_start_matches(['*', '?', '…']).len();
    match dots {
        0 if text.starts_with("...") => Some(text.len() - text.trim_start_matches('.').len()),
        0 => None,
        stars => Some(stars),
    }
}

/// The length of what stands in a pair of brackets, with the brackets, on one line.
fn bracketed(text: &str) -> Option<usize> {
    let open = text.chars().next()?;
    let close = match open {
        '<' => '>',
        '[' => ']',
        '{' => '}',
        '(' => ')',
        _ => return None,
    };
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().take(LONGEST) {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                let empty = text[..at].chars().all(|c| c == open || c.is_whitespace());
                return (!empty).then_some(at + c.len_utf8());
            }
        } else if c == '\n' || c == ';' {
            return None;
        }
    }
    None
}

/// The length of letters, digits and `_`, and of dashes and stars between them; an ARN has colons and slashes, too.
fn run(text: &str) -> Option<usize> {
    let arn = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:"));
    let word = |c: char| c.is_alphanumeric() || c == '_' || (arn && matches!(c, ':' | '/'));
    let mut length = 0;
    loop {
        let rest = &text[length..];
        let Some(c) = rest.chars().next() else { break };
        let joins = matches!(c, '-' | '*' | '@') && length > 0 && {
            let next = rest[1..].chars().next();
            next.is_some_and(|next| {
                word(next) || (next == '*' || next == '-') && c != next || c == '*'
            }) || c == '*'
        };
        if !word(c) && !joins {
            break;
        }
        length += c.len_utf8();
    }
    (length > 0).then_some(length)
}

/// Returns the id or placeholder that stands before the name of a column.
fn qualifier(sql: &str, at: usize, piece: &Piece) -> Option<Name> {
    let text = &sql[at..];
    let behind_word = sql[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if matches!(piece.kind, PieceKind::Word | PieceKind::Number | PieceKind::Other)
        && !behind_word
        && let Some(length) = run(text)
        && is_uuid(&text[..length])
    {
        return Some(Name { length, sql: format!("\"{}\"", &text[..length]) });
    }
    let length = match piece.kind {
        PieceKind::Symbol => placeholder(text)?,
        _ => return None,
    };
    let name = &text[..length];
    names_store(name).then(|| Name { length, sql: spelled(name, &[name.to_owned()]) })
}

/// Whether a placeholder is one of the forms that the Lake's own samples and dashboards have: `$EDS_ID`, `${EDS_ID}`,
/// `$EventDataStoreId$`. They mean the current store; a number would tell one from another.
pub(super) fn is_current(text: &str) -> bool {
    text.starts_with('$') && names_store(text) && !text.contains(|c: char| c.is_ascii_digit())
}

/// Whether the words of a placeholder are those for an event data store.
fn names_store(text: &str) -> bool {
    let bracketed = text.starts_with(['$', '<']);
    let words: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    let words = words.to_ascii_lowercase();
    let words = words.strip_prefix("your").unwrap_or(&words);
    bracketed && (words.starts_with("eds") || words.starts_with("eventdatastore"))
}

/// Whether a text is an id as it stands in FROM.
pub(super) fn is_uuid(text: &str) -> bool {
    let span: Range<usize> = 0..36;
    text.len() == span.end
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(sql: &str, want: &str) {
        assert_eq!(name_stores(sql).sql, want);
    }

    #[test]
    fn ids_are_quoted_everywhere() {
        let id = "550e8400-e29b-41d4-a716-446655440000";
        check(
            &format!("SELECT {id}.a FROM {id} WHERE a"),
            &format!("SELECT \"{id}\".a FROM \"{id}\" WHERE a"),
        );
        for same in [format!("SELECT '{id}', \"{id}\" -- {id}"), format!("SELECT a-{id}")] {
            check(&same, &same);
        }
        check("SELECT a FROM My-Store, my-other t", "SELECT a FROM \"My-Store\", \"my-other\" t");
        let arn = format!("arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/{id}");
        check(&format!("SELECT 1 FROM {arn}"), &format!("SELECT 1 FROM \"{arn}\""));
    }

    #[test]
    fn forms_of_the_lake_are_the_current_store() {
        for form in ["$EDS_ID", "$eds", "${EDS_ID}", "$EventDataStoreId$", "${ eds-id }"] {
            check(&format!("SELECT 1 FROM {form} t"), "SELECT 1 FROM event_data_store t");
            check(&format!("DESCRIBE {form}"), "DESCRIBE event_data_store");
        }
    }

    #[test]
    fn placeholders_keep_their_spelling() {
        for form in [
            "<event_data_store_id>",
            "< your EDS id >",
            "<<EDS>>",
            "{eds}",
            "{{ eds_id }}",
            "[EDS ID]",
            "[[eds]]",
            "*****",
            "...",
            "…",
            "?",
            "%EDS%",
            "%(eds)s",
            "@eds",
            ":eds",
            "#eds#",
            "&eds",
            "$EDS_ID_1",
            "eds-ID",
            "EXAMPLEf852-4e8f-8bd1-bcf6cEXAMPLE",
            "logs_<ACCOUNT>",
            "1a2b3c4d-****-****-****-************",
        ] {
            check(&format!("SELECT 1 FROM {form} t"), &format!("SELECT 1 FROM \"{form}\" t"));
            check(
                &format!("SELECT 1 FROM (SELECT a, b FROM {form}) JOIN {form} ON a = b"),
                &format!("SELECT 1 FROM (SELECT a, b FROM \"{form}\") JOIN \"{form}\" ON a = b"),
            );
        }
        for (quoted, want) in [
            ("`eds`", "\"eds\""),
            ("'eds'", "\"eds\""),
            ("“my eds”", "\"my eds\""),
            ("`db`.`eds`", "\"db\".\"eds\""),
            ("db.<eds>", "\"db\".\"<eds>\""),
            ("\"aws:cloudtrail\".<id>", "\"aws:cloudtrail\".\"<id>\""),
        ] {
            check(&format!("SELECT 1 FROM {quoted}"), &format!("SELECT 1 FROM {want}"));
        }
    }

    #[test]
    fn everything_else_stays() {
        for sql in [
            "SELECT a<b AND c>d, x-1, My-Store FROM t WHERE u <> 'it''s $EDS' LIMIT 3",
            "SELECT extract(day FROM a-b) /* FROM My-Store */ FROM t",
            "SELECT $1, 'open",
            "SELECT é FROM ü",
            "SELECT substring(a FROM 2), a IS DISTINCT FROM 2, trim(BOTH 'x' FROM 'axa') FROM (VALUES 1)",
            "SELECT 1 FROM (VALUES nan(), 0e0) v, t, UNNEST(ARRAY[1, 2]) AS u (x) ORDER BY x DESC, 2",
            "SELECT a FROM \"x\".\"y\" JOIN (SELECT 1) ON a[1] = {x}",
        ] {
            check(sql, sql);
        }
    }

    proptest! {
        #[test]
        fn no_text_is_lost(text in r#"(FROM )?[-a-fé0-9 '"$<>;,.*/\n{}\[\]]{0,40}"#) {
            let named = name_stores(&text);
            if named.is_same() {
                prop_assert_eq!(named.sql, text.clone());
            }
            super::super::parameters(&text);
        }
    }
}
