//! What is typed before the cursor, and what it asks for.

use super::super::occurring::Wanted;
use crate::engine::words::is_keyword;
use crate::engine::{Piece, PieceKind};
use crate::event::schema::{Field, Type};
use std::ops::Range;

/// Whether the name of a table comes next.
pub(super) fn expects_table(typed: &str, before: &[&Piece]) -> bool {
    let (mut table, mut list) = (false, false);
    for piece in before {
        let text = typed[piece.span.clone()].to_ascii_lowercase();
        match text.as_str() {
            "from" | "join" | "describe" => (table, list) = (true, text == "from"),
            "," => table = list,
            "where" | "group" | "having" | "order" | "limit" | "on" | "select" | "(" => {
                (table, list) = (false, false);
            }
            _ => table = false,
        }
    }
    table
}

/// Returns the dotted path at the end of `pieces`, in lower case, and the number of pieces before it.
fn path_at_end(typed: &str, pieces: &[Piece]) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    let mut rest = pieces;
    while let Some((name, more)) = rest.split_last() {
        if !matches!(name.kind, PieceKind::Word | PieceKind::Quoted) {
            break;
        }
        path.push(typed[name.span.clone()].trim_matches('"').to_lowercase());
        rest = more;
        match rest.split_last() {
            Some((dot, more)) if &typed[dot.span.clone()] == "." => rest = more,
            _ => break,
        }
    }
    path.reverse();
    (path, rest.len())
}

/// The names before the dot that the cursor's word follows.
pub(super) fn path_before(typed: &str, before: &[Piece], from: usize) -> Option<Vec<String>> {
    let (dot, rest) = before.split_last()?;
    let (path, _) = path_at_end(typed, rest);
    let follows = &typed[dot.span.clone()] == "." && dot.span.end == from;
    (follows && !path.is_empty()).then_some(path)
}

/// What a string at the end would be.
pub(super) struct Asked {
    pub(super) wanted: Wanted,
    /// Where the map is that the string is a subscript of.
    pub(super) subscript: Option<Range<usize>>,
}

/// Returns what a string would be after `column[`, `element_at(column,`, `column =`, `column IN (` and the like.
pub(super) fn asked_before(
    columns: &'static [Field],
    typed: &str,
    before: &[Piece],
) -> Option<Asked> {
    let is = |piece: Option<&Piece>, words: &[&str]| {
        let text = piece.map_or("", |piece| &typed[piece.span.clone()]);
        words.iter().any(|word| text.eq_ignore_ascii_case(word))
    };
    let (last, rest) = before.split_last()?;
    let (path, start) = path_at_end(typed, rest);
    if is(Some(last), &["["]) {
        let wanted = Wanted::Keys(column(columns, &path, Type::Map)?);
        return Some(Asked { wanted, subscript: Some(rest[start].span.start..last.span.start) });
    }
    if let [.., name, bracket] = &rest[..start]
        && is(Some(last), &[","])
        && is(Some(bracket), &["("])
        && is(Some(name), &["element_at"])
    {
        let wanted = Wanted::Keys(column(columns, &path, Type::Map)?);
        return Some(Asked { wanted, subscript: None });
    }
    let is_listed = |piece: &Piece| piece.kind == PieceKind::String || is(Some(piece), &[",", "("]);
    let compared = if is_listed(last) {
        // IN ('a', 'b',
        let list = rest.iter().rposition(|piece| !is_listed(piece))?;
        is(rest.get(list), &["in"]).then(|| &rest[..list])?
    } else {
        is(Some(last), &["=", "<>", "!=", "like"]).then_some(rest)?
    };
    let compared = match compared {
        [before @ .., not] if is(Some(not), &["not"]) => before,
        all => all,
    };
    let (path, _) = path_at_end(typed, compared);
    let wanted = Wanted::Values(column(columns, &path, Type::Text)?);
    Some(Asked { wanted, subscript: None })
}

/// Returns the path of a column of this type, without the table whose name may come first.
fn column(columns: &'static [Field], path: &[String], data_type: Type) -> Option<String> {
    let mut paths = [Some(path), path.get(1..)].into_iter().flatten();
    let is_one = |path: &&[String]| find(columns, path).is_some_and(|f| f.data_type == data_type);
    paths.find(is_one).map(|path| path.join("."))
}

/// The names of queries that WITH gives, as far as they are typed: `name AS (`, `name (columns) AS (`.
pub(super) fn named_queries<'a>(typed: &'a str, pieces: &[Piece]) -> Vec<&'a str> {
    let text = |piece: &Piece| &typed[piece.span.clone()];
    let mut names = Vec::new();
    let mut with = false;
    for (at, piece) in pieces.iter().enumerate() {
        with |= text(piece).eq_ignore_ascii_case("with");
        let is_query = with
            && text(piece).eq_ignore_ascii_case("as")
            && pieces.get(at + 1).is_some_and(|next| text(next) == "(");
        let mut before = &pieces[..at];
        if is_query && before.last().is_some_and(|last| text(last) == ")") {
            let open = before.iter().rposition(|piece| text(piece) == "(");
            before = &before[..open.unwrap_or_default()];
        }
        let name = before
            .last()
            .filter(|piece| is_query && matches!(piece.kind, PieceKind::Word | PieceKind::Quoted));
        names.extend(name.map(text).filter(|name| !is_keyword(name)));
    }
    names
}

/// Names that the statement itself gives, as far as it is typed: after AS and WITH, and of queries.
pub(super) fn own_names<'a>(typed: &'a str, before: &[Piece]) -> Vec<&'a str> {
    let text = |piece: &Piece| &typed[piece.span.clone()];
    let gives = |word: &str| {
        ["as", "with", "recursive"].iter().any(|known| word.eq_ignore_ascii_case(known))
    };
    let mut names = named_queries(typed, before);
    for pair in before.windows(2) {
        let [first, second] = pair else { continue };
        let name = text(second);
        let new = second.kind == PieceKind::Word && !is_keyword(name) && !names.contains(&name);
        if gives(text(first)) && new {
            names.push(name);
        }
    }
    names
}

/// Returns the field that a path leads to.
pub(super) fn find(columns: &'static [Field], path: &[String]) -> Option<&'static Field> {
    let (first, rest) = path.split_first()?;
    let mut field = columns.iter().find(|field| field.name == first)?;
    for name in rest {
        let Type::Struct(members) = field.data_type else { return None };
        field = members.iter().find(|field| field.name == name)?;
    }
    Some(field)
}
