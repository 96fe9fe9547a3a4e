//! The text of a query before it is parsed: names that SQL cannot spell, and several statements.

use super::sql_error::Position;

/// Name of the current event data store in SQL.
pub const CURRENT_STORE: &str = "event_data_store";

/// A query whose store names SQL can parse, and where it differs from what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The text to parse.
    pub sql: String,
    /// Line, column behind the change in the new text, and how much wider the new text is.
    edits: Vec<(u64, u64, i64)>,
}

impl Named {
    /// Returns the column in the typed text of a column (from 1) in the new one.
    pub fn column(&self, line: u64, column: u64) -> u64 {
        let shift: i64 = self
            .edits
            .iter()
            .filter(|(at_line, behind, _)| *at_line == line && *behind <= column)
            .map(|(_, _, wider)| wider)
            .sum();
        column.saturating_add_signed(-shift).max(1)
    }
}

/// Quotes bare event data store ids and names with dashes, and replaces placeholders that people
/// paste (`$EDS_ID`, `<event_data_store_id>`, `<EDS ID>`) by the current store.
///
/// Strings, quoted names and comments stay as they are. Names with dashes count only where a table
/// can stand and only if `exists` knows them; ids count anywhere, as no arithmetic looks like them.
pub fn name_stores(sql: &str, exists: &dyn Fn(&str) -> bool) -> Named {
    let mut named = Named { sql: String::with_capacity(sql.len() + 16), edits: Vec::new() };
    // Whether a table name can stand here, and whether a comma keeps us in a list of tables.
    let (mut table, mut in_from) = (false, false);
    let mut rest = sql;
    while !rest.is_empty() {
        let piece = Piece::first(rest);
        let length = piece.len();
        let (head, tail) = rest.split_at(length);
        let new = match piece {
            Piece::Run(run) if is_uuid(run) => Some(format!("\"{}\"", run.to_ascii_lowercase())),
            Piece::Run(run) if table && run.contains('-') => {
                if exists(run) {
                    Some(format!("\"{}\"", run.to_ascii_lowercase()))
                } else {
                    run.contains("EXAMPLE").then(|| CURRENT_STORE.to_owned())
                }
            }
            Piece::Placeholder(name) if is_store_placeholder(name) => {
                Some(CURRENT_STORE.to_owned())
            }
            _ => None,
        };
        match piece {
            Piece::Run(run) => {
                let word = run.to_ascii_lowercase();
                table = matches!(word.as_str(), "from" | "join");
                in_from = match word.as_str() {
                    "from" | "join" => true,
                    "where" | "group" | "having" | "order" | "limit" | "on" | "select" => false,
                    _ => in_from,
                };
            }
            Piece::Other(",") => table = in_from,
            Piece::Space(_) => {}
            Piece::Placeholder(_) | Piece::Quoted(_) | Piece::Other(_) => table = false,
        }
        match new {
            Some(new) => {
                named.sql.push_str(&new);
                let (line, column) = end_of(&named.sql);
                let wider = new.chars().count() as i64 - head.chars().count() as i64;
                named.edits.push((line, column, wider));
            }
            None => named.sql.push_str(head),
        }
        rest = tail;
    }
    named
}

/// A statement of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'a> {
    /// The statement, without blanks around it and without its semicolon.
    pub sql: &'a str,
    /// Byte of the text at which it begins.
    pub start: usize,
    /// Byte of the text behind its semicolon.
    pub end: usize,
}

/// Returns the statements of a text; empty ones are left out.
pub fn statements(text: &str) -> Vec<Statement<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(statement) = next_statement(text, from) {
        from = statement.end;
        found.push(statement);
    }
    found
}

/// Returns the first statement of a text, from the byte `from` on, that is not empty.
pub fn next_statement(text: &str, from: usize) -> Option<Statement<'_>> {
    let (mut start, mut at) = (from, from);
    let mut blank = true;
    while at < text.len() {
        let piece = Piece::first(&text[at..]);
        let next = at + piece.len();
        if piece != Piece::Other(";") {
            blank = blank && matches!(piece, Piece::Space(_));
        } else if blank {
            start = next;
        } else {
            return Some(trimmed(text, start, at, next));
        }
        at = next;
    }
    (!blank).then(|| trimmed(text, start, at, at))
}

fn trimmed(text: &str, start: usize, semicolon: usize, end: usize) -> Statement<'_> {
    let whole = &text[start..semicolon];
    let blanks = whole.len() - whole.trim_start().len();
    Statement { sql: whole.trim(), start: start + blanks, end }
}

/// Where the lines of a text begin.
#[derive(Debug, Clone)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// Finds the lines of a text.
    pub fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect())
    }

    /// Returns line and column of a byte of `text`, whose lines these are.
    pub fn position(&self, text: &str, byte: usize) -> Position {
        let line = self.0.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|before| self.0.get(before)).copied();
        let before = text.get(start.unwrap_or_default()..byte).unwrap_or_default();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line), column: number(before.chars().count() + 1) }
    }
}

/// Returns a text without the blanks and comments at its beginning.
pub fn without_blanks(text: &str) -> &str {
    let blanks = pieces(text).take_while(|piece| matches!(piece, Piece::Space(_)));
    &text[blanks.map(|piece| piece.len()).sum()..]
}

/// Returns the names of the parameters (`$name`) of a text, in order, each once.
pub fn parameters(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in pieces(text) {
        if let Piece::Placeholder(placeholder) = piece
            && let Some(name) = placeholder.strip_prefix('$')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !is_store_placeholder(name)
        {
            let name = name.to_lowercase();
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

/// Whether the text ends a statement: its last piece that counts is a semicolon, and no string,
/// quoted name or comment is open.
pub fn is_complete(text: &str) -> bool {
    let mut complete = false;
    for piece in pieces(text) {
        match piece {
            Piece::Other(other) => complete = other == ";",
            Piece::Space(space) => {
                if space.starts_with("/*") && (space.len() < 4 || !space.ends_with("*/")) {
                    return false;
                }
            }
            _ => complete = false,
        }
    }
    complete
}

/// Returns the pieces of a text, in order.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let piece = (!rest.is_empty()).then(|| Piece::first(rest))?;
        rest = &rest[piece.len()..];
        Some(piece)
    })
}

/// A piece of SQL text, as far as this station needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    /// Blanks and comments.
    Space(&'a str),
    /// A string or a quoted name, with its quotes.
    Quoted(&'a str),
    /// Letters, digits, `_`, `.`, and dashes between them without blanks.
    Run(&'a str),
    /// `$NAME`, `$NAME$`, `${NAME}` or `<some words>`, whole.
    Placeholder(&'a str),
    /// Any other character.
    Other(&'a str),
}

impl<'a> Piece<'a> {
    fn first(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let first = text.chars().next().unwrap_or_default();
        if let Some(comment) = comment(text) {
            return Self::Space(comment);
        }
        if first.is_whitespace() {
            return Self::Space(&text[..first.len_utf8()]);
        }
        if first == '\'' || first == '"' {
            return Self::Quoted(quoted(text, bytes[0]));
        }
        if let Some(end) = placeholder(text) {
            return Self::Placeholder(&text[..end]);
        }
        let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'.';
        if is_word(&bytes[0]) {
            let mut end = 0;
            while let Some(byte) = bytes.get(end) {
                let dash = *byte == b'-' && bytes.get(end + 1).is_some_and(is_word);
                if !is_word(byte) && !dash {
                    break;
                }
                end += 1;
            }
            return Self::Run(&text[..end]);
        }
        Self::Other(&text[..first.len_utf8()])
    }

    fn len(&self) -> usize {
        match self {
            Self::Space(t)
            | Self::Quoted(t)
            | Self::Run(t)
            | Self::Placeholder(t)
            | Self::Other(t) => t.len(),
        }
    }
}

fn comment(text: &str) -> Option<&str> {
    if text.starts_with("--") {
        return Some(&text[..text.find('\n').unwrap_or(text.len())]);
    }
    text.starts_with("/*").then(|| match text[2..].find("*/") {
        Some(end) => &text[..end + 4],
        None => text,
    })
}

/// A quote inside is doubled, which reads as two strings side by side: no harm here.
fn quoted(text: &str, quote: u8) -> &str {
    match text.as_bytes()[1..].iter().position(|b| *b == quote) {
        Some(end) => &text[..end + 2],
        None => text,
    }
}

fn placeholder(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let name = |from: usize, more: &[u8]| {
        let fits = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_' || more.contains(b);
        from + bytes[from..].iter().take_while(fits).count()
    };
    if text.starts_with("${") {
        let end = name(2, b"-");
        return (bytes.get(end) == Some(&b'}')).then_some(end + 1);
    }
    if text.starts_with('$') {
        let end = name(1, b"");
        return (end > 1).then(|| end + usize::from(bytes.get(end) == Some(&b'$')));
    }
    if text.starts_with('<') && bytes.get(1).is_some_and(u8::is_ascii_alphabetic) {
        let end = name(1, b"- ");
        return (bytes.get(end) == Some(&b'>')).then_some(end + 1);
    }
    None
}

/// Whether a placeholder's words mean an event data store.
fn is_store_placeholder(name: &str) -> bool {
    let words: String =
        name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let words = words.strip_prefix("your").unwrap_or(&words);
    words.starts_with("eds") || words.starts_with("eventdatastore")
}

fn is_uuid(run: &str) -> bool {
    run.len() == 36
        && run.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Line and column, from 1, behind the last character.
fn end_of(text: &str) -> (u64, u64) {
    let line = text.bytes().filter(|b| *b == b'\n').count() as u64 + 1;
    let last = text.rsplit('\n').next().unwrap_or_default();
    (line, last.chars().count() as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(sql: &str, want: &str) {
        assert_eq!(name_stores(sql, &|name| name == "My-Store").sql, want);
    }

    #[test]
    fn stores_are_named() {
        let id = "550e8400-e29b-41d4-a716-446655440000";
        check(&format!("SELECT 1 FROM {id} WHERE a"), &format!("SELECT 1 FROM \"{id}\" WHERE a"));
        check(
            &format!("SELECT '{id}', \"{id}\" -- {id}"),
            &format!("SELECT '{id}', \"{id}\" -- {id}"),
        );
        for placeholder in [
            "$EDS_ID",
            "$eds",
            "${EDS_ID}",
            "<event_data_store_id>",
            "<EDS ID>",
            "<your-event-data-store-id>",
            "$EventDataStoreId$",
            "EXAMPLEf852-4e8f-8bd1-bcf6cEXAMPLE",
        ] {
            check(&format!("SELECT 1 FROM {placeholder} t"), "SELECT 1 FROM event_data_store t");
        }
        check("SELECT a FROM My-Store, my-other", "SELECT a FROM \"my-store\", my-other");
        check("SELECT a FROM x JOIN My-Store ON a=b", "SELECT a FROM x JOIN \"my-store\" ON a=b");
    }

    #[test]
    fn everything_else_stays() {
        for sql in [
            "SELECT a<b AND c>d, x-1, My-Store FROM t WHERE u <> 'it''s $EDS' LIMIT 3",
            "SELECT extract(day FROM a-b) /* FROM My-Store */ FROM t",
            "SELECT $1, 'open",
            "SELECT é FROM ü",
        ] {
            check(sql, sql);
        }
    }

    #[test]
    fn columns_lead_back_to_what_was_typed() {
        let named = name_stores("SELECT a FROM <EDS ID> WHERE\nnope", &|_| false);
        assert_eq!(named.sql, "SELECT a FROM event_data_store WHERE\nnope");
        assert_eq!((named.column(1, 8), named.column(1, 32), named.column(2, 1)), (8, 24, 1));
    }

    #[test]
    fn semicolons_end_statements_outside_strings() {
        let text = "a; 'b;' ; -- c;\n;\"d;\" /* ; */";
        let all: Vec<_> = statements(text).iter().map(|statement| statement.sql).collect();
        assert_eq!(all, ["a", "'b;'", "\"d;\" /* ; */"]);
        assert_eq!(next_statement(" ;; a ;b;", 0), Some(Statement { sql: "a", start: 4, end: 7 }));
        assert_eq!(next_statement(" ;; a ;b;", 7), Some(Statement { sql: "b", start: 7, end: 9 }));
        assert_eq!(next_statement(" ;; a ;b;", 9), None);
        assert_eq!(without_blanks(" -- c\n /* d */ .a -- b"), ".a -- b");
        assert!(is_complete("SELECT 1; -- done\n") && is_complete("a;"));
        for open in ["SELECT 1", "SELECT ';", "a; b", "a; /* ;", ""] {
            assert!(!is_complete(open), "{open}");
        }
    }

    #[test]
    fn statements_are_found_again_in_their_text() {
        let text = "a;\n-- é\n é; b\n;c";
        let lines = Lines::of(text);
        let places = statements(text).into_iter();
        let places = places.map(|s| (s.sql, lines.position(text, s.start)));
        let at = |line, column| Position { line, column };
        let want = [("a", at(1, 1)), ("-- é\n é", at(2, 1)), ("b", at(3, 5)), ("c", at(4, 2))];
        assert_eq!(places.collect::<Vec<_>>(), want);
        assert_eq!(Lines::of("").position("", 0), at(1, 1));
        assert_eq!(lines.position(text, text.len()), at(4, 3));
    }

    #[test]
    fn parameters_stand_outside_strings() {
        let sql = "SELECT '$a', \"$b\", $From -- $c\nFROM $EDS_ID WHERE x = $to OR y < $FROM";
        assert_eq!(parameters(sql), ["from", "to"]);
    }

    proptest! {
        #[test]
        fn no_text_is_lost(text in r#"[-a-fé0-9 '"$<>;,.*/\n]{0,40}"#) {
            let named = name_stores(&text, &|_| false);
            if named.edits.is_empty() {
                prop_assert_eq!(named.sql, text.clone());
            }
            for statement in statements(&text) {
                let end = statement.start + statement.sql.len();
                prop_assert_eq!(&text[statement.start..end], statement.sql);
                prop_assert!(end <= statement.end);
            }
            is_complete(&text);
        }
    }
}
