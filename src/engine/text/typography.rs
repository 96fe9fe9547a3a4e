//! What word processors, chats and web pages do to a statement, outside its strings.

use super::{Edit, Edited};
use traillake_sql_parser::{Piece, PieceKind, pieces};

/// Reads over signs that look like others or like nothing, a comma before the end of a list, backslashes at the ends of
/// lines, and `\G` at the end.
///
/// None of it could stand in a statement that is valid.
pub(super) fn plain(sql: &str) -> Edited {
    let mut edits: Vec<Edit> = Vec::new();
    let mut comma: Option<Piece> = None;
    for piece in pieces(sql).filter(|piece| piece.kind != PieceKind::Comment) {
        let text = sql.get(piece.span.clone()).unwrap_or_default();
        if let Some(comma) = comma.take().filter(|_| ends_list(&piece, text)) {
            edits.push((comma.span, String::new()));
        }
        let after = sql.get(piece.span.end..).unwrap_or_default();
        if text == "\\" && after.trim_start_matches([' ', '\t', '\r']).starts_with('\n') {
            // As a shell goes on in the next line.
            edits.push((piece.span.clone(), String::new()));
        } else if piece.kind == PieceKind::Other && !piece.open {
            edits.extend(meant(&piece, text));
        }
        comma = (text == ",").then_some(piece);
    }
    let end = sql.trim_end_matches(|c: char| c.is_whitespace() || c == ';').len();
    if let Some(from) = sql.get(..end).and_then(|sql| sql.strip_suffix("\\G")).map(str::len) {
        edits.push((from..end, String::new()));
    }
    Edited::new(sql, edits)
}

/// Whether no item of a list can begin here.
fn ends_list(piece: &Piece, text: &str) -> bool {
    let words = ["from", "where", "group", "having", "order", "union", "except", "intersect"];
    let word = |word: &&str| text.eq_ignore_ascii_case(word);
    text == ")" || (piece.kind == PieceKind::Word && words.iter().any(word))
}

/// Returns what the signs of a piece that is no SQL stand for.
fn meant(piece: &Piece, text: &str) -> Vec<Edit> {
    let signs = text.char_indices().filter_map(|(at, c)| {
        let from = piece.span.start + at;
        Some((from..from + c.len_utf8(), sign(c)?))
    });
    signs.collect()
}

/// Returns the sign of SQL that another one looks like.
fn sign(c: char) -> Option<String> {
    Some(match c {
        // Without width, between the letters of a word or around it.
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => String::new(),
        '\u{2010}'..='\u{2013}' | '\u{2212}' => "-".to_owned(),
        '\u{2014}' | '\u{2015}' => "--".to_owned(),
        '≥' => ">=".to_owned(),
        '≤' => "<=".to_owned(),
        '≠' => "<>".to_owned(),
        // Of full width.
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(c) - 0xff01 + 0x21).map_or_else(String::new, String::from)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, want: &str) {
        assert_eq!(plain(sql).sql, want);
    }

    #[test]
    fn signs_are_those_of_sql() {
        check("\u{feff}SELECT a\u{200b}b, 1 FROM t", "SELECT ab, 1 FROM t");
        check("SELECT 2 – 1 — the rest", "SELECT 2 - 1 -- the rest");
        check("SELECT a ≥ 1 ＡＮＤ b", "SELECT a >= 1 ＡＮＤ b");
        check("SELECT f（1，2）", "SELECT f(1,2)");
    }

    #[test]
    fn lists_and_statements_end() {
        check("SELECT a, b, FROM t", "SELECT a, b FROM t");
        check(
            "SELECT f(1, 2,) FROM t GROUP BY a, ORDER BY 1\\G",
            "SELECT f(1, 2) FROM t GROUP BY a ORDER BY 1",
        );
    }

    #[test]
    fn lines_go_on_as_those_of_a_shell() {
        check("SELECT a \\\n  FROM t \\ \n WHERE b", "SELECT a \n  FROM t  \n WHERE b");
    }

    #[test]
    fn strings_names_and_comments_stay() {
        for sql in [
            "SELECT 'a–b', \"a–b\" -- –",
            "SELECT 'x,' FROM t",
            "SELECT 'a\u{200b}\\G'",
            "SELECT ü",
        ] {
            check(sql, sql);
        }
    }
}
