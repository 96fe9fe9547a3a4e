//! Where the input ends: at a semicolon, or at a blank line where the statement could end.

use crate::engine::{PieceKind, pieces, text, words};
use reedline::{ValidationResult, Validator};

/// Enter ends the input where a statement ends; elsewhere it begins a new line.
pub(super) struct Statement;

impl Validator for Statement {
    fn validate(&self, line: &str) -> ValidationResult {
        if ends(line) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

fn ends(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed.is_empty()
        || trimmed.starts_with('.')
        || bare_command(trimmed).is_some()
        || text::statements(text).last().is_some_and(|last| last.sql.starts_with('.'))
        || text::is_complete(text)
        || (ends_with_blank_line(text) && could_end(text))
}

fn ends_with_blank_line(text: &str) -> bool {
    text.trim_end_matches([' ', '\t']).ends_with('\n')
}

/// The command that a word means which stands alone and is no SQL.
pub(super) fn bare_command(text: &str) -> Option<&'static str> {
    let word = text.trim().trim_end_matches(';').trim_end();
    match word.to_ascii_lowercase().as_str() {
        "quit" | "exit" | r"\q" => Some("quit"),
        "help" | "?" | r"\h" | r"\?" => Some("help"),
        _ => None,
    }
}

/// Whether the last statement of a text could end there.
fn could_end(text: &str) -> bool {
    match text::statements(text).last() {
        Some(statement) => {
            let sql = text::read_over(statement.sql);
            !is_open(&sql) && !words::breaks_off(&sql)
        }
        None => !is_open(text),
    }
}

/// Whether a quote, a comment, a bracket or a WITH is open at the end of a statement.
fn is_open(sql: &str) -> bool {
    let mut depth = 0_usize;
    // WITH waits for the query that its names are for.
    let (mut waits, mut has_query, mut behind_bracket) = (false, false, false);
    for piece in pieces(sql) {
        if piece.open {
            return true;
        }
        if piece.kind == PieceKind::Comment {
            continue;
        }
        let written = sql[piece.span].to_ascii_lowercase();
        if depth == 0 {
            has_query |= match written.as_str() {
                "select" | "values" | "table" => true,
                // Behind AS stand the queries of the names.
                "(" => waits && behind_bracket,
                _ => false,
            };
            waits = !has_query && (waits || written == "with");
        }
        match written.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        behind_bracket = written == ")";
    }
    depth > 0 || waits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons_and_blank_lines() {
        for whole in [
            "SELECT 1;",
            "SELECT 1 ; -- so",
            "SELECT 1\n",
            "SELECT 1\n  ",
            "SELECT (;",
            "SELECT nope nope nope\n",
            "SELECT 1 FROM 4f2a-1\n",
            "-- so\n",
            "",
            "  ",
            ".help",
            "SELECT 1;\n.chart",
            "quit",
            "EXIT;",
        ] {
            assert!(ends(whole), "{whole:?}");
        }
        for more in ["SELECT 1", "SELECT ';", "SELECT 1; SELECT", "SELECT\n1", "/* ;", "quit it"] {
            assert!(!ends(more), "{more:?}");
        }
    }

    #[test]
    fn blank_lines_end_nothing_that_is_open() {
        for open in [
            "SELECT count(\n",
            "SELECT count( FROM t\n",
            "SELECT ARRAY[1,\n",
            "SELECT 'a\n",
            "SELECT \"a\n",
            "SELECT 1 /* so\n",
            "/* so\n",
            "SELECT 1; SELECT (\n",
            "SELECT a,\n",
            "SELECT a FROM\n",
            "SELECT a FROM t WHERE a =\n",
            "SELECT CASE WHEN a THEN b\n",
        ] {
            assert!(!ends(open), "{open:?}");
        }
    }

    #[test]
    fn with_waits_for_its_query() {
        for open in [
            "WITH\n",
            "with a AS (SELECT 1)\n",
            "WITH a AS (SELECT 1),\n",
            "WITH RECURSIVE a (x) AS (SELECT nope nope nope)\n",
            "EXPLAIN WITH a AS (VALUES 1) -- SELECT\n",
        ] {
            assert!(!ends(open), "{open:?}");
        }
        for whole in [
            "WITH a AS (SELECT 1) SELECT nope nope nope\n",
            "WITH a (x) AS (SELECT 1) (SELECT x FROM a)\n",
            "WITH a AS (SELECT 1)\n\nTABLE a\n",
            "SELECT x FROM UNNEST(ARRAY[1]) WITH ORDINALITY AS t (x, n)\n",
        ] {
            assert!(ends(whole), "{whole:?}");
        }
    }

    #[test]
    fn some_words_alone_are_commands() {
        for (typed, command) in [
            ("help", Some("help")),
            ("HELP ;", Some("help")),
            (r"\h", Some("help")),
            (r"\?;", Some("help")),
            ("Quit", Some("quit")),
            ("exit;", Some("quit")),
            ("help me", None),
            ("SELECT help", None),
        ] {
            assert_eq!(bare_command(typed), command, "{typed}");
        }
    }
}
