//! Syntax highlighting, by the tokens of the SQL lexer.

use super::dot::{self, Argument};
use crate::engine::{Piece, PieceKind, pieces, text, words};
use crate::event::schema::SCHEMAS;
use nu_ansi_term::{Color, Style};
use reedline::{Highlighter, StyledText};

/// Colours statements and commands.
pub(super) struct SqlHighlighter {
    /// Whether there are colours at all.
    pub(super) colours: bool,
}

/// What a part of the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    Keyword,
    Function,
    Column,
    Table,
    String,
    Number,
    Comment,
    Command,
    Wrong,
}

impl Role {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Keyword => Color::Blue.bold(),
            Self::Function => Color::Cyan.normal(),
            Self::Column => Style::new().bold(),
            Self::Table => Color::Yellow.normal(),
            Self::String => Color::Green.normal(),
            Self::Number => Color::Magenta.normal(),
            Self::Comment => Style::new().dimmed(),
            Self::Command => Color::Cyan.bold(),
            Self::Wrong => Color::Red.normal(),
        }
    }
}

impl Highlighter for SqlHighlighter {
    fn highlight(&self, line: &str, _cursor: usize) -> StyledText {
        let mut styled = StyledText::new();
        for (role, text) in roles(line) {
            let style = if self.colours { role.style() } else { Style::new() };
            styled.push((style, text.to_owned()));
        }
        styled
    }
}

/// The whole text in parts.
fn roles(line: &str) -> Vec<(Role, &str)> {
    let blanks = line.len() - line.trim_start().len();
    if !line[blanks..].starts_with('.') {
        return sql(line);
    }
    let end = line[blanks..].find(char::is_whitespace).map_or(line.len(), |end| blanks + end);
    let (command, rest) = line.split_at(end);
    let (role, argument) = match dot::find(&command[blanks + 1..]) {
        Ok(known) => (Role::Command, known.argument),
        Err(_) => (Role::Wrong, Argument::None),
    };
    let mut parts = vec![(role, command)];
    match argument {
        Argument::Sql | Argument::Chart => parts.extend(sql(rest)),
        _ => parts.push((Role::Plain, rest)),
    }
    parts
}

fn sql(line: &str) -> Vec<(Role, &str)> {
    let pieces: Vec<_> = pieces(line).collect();
    let mut parts = Vec::with_capacity(2 * pieces.len() + 1);
    let mut end = 0;
    let mut table = false;
    for (at, piece) in pieces.iter().enumerate() {
        let text = &line[piece.span.clone()];
        let role = match piece.kind {
            PieceKind::Word | PieceKind::Quoted | PieceKind::Other if table => Role::Table,
            PieceKind::Word => word(line, &pieces, at),
            PieceKind::Quoted if piece.open => Role::Wrong,
            PieceKind::Quoted | PieceKind::Symbol | PieceKind::Other => Role::Plain,
            PieceKind::String => Role::String,
            PieceKind::Number => Role::Number,
            PieceKind::Comment => Role::Comment,
        };
        let role = match role {
            // FROM (SELECT ..., FROM UNNEST(...)
            Role::Table if words::is_keyword(text) => Role::Keyword,
            role => role,
        };
        table = match piece.kind {
            PieceKind::Comment => table,
            _ => text.eq_ignore_ascii_case("from") || text.eq_ignore_ascii_case("join"),
        };
        parts.push((Role::Plain, &line[end..piece.span.start]));
        parts.push((role, text));
        end = piece.span.end;
    }
    parts.push((Role::Plain, &line[end..]));
    parts.retain(|(_, text)| !text.is_empty());
    parts
}

fn word(line: &str, pieces: &[Piece], at: usize) -> Role {
    let text = |at: usize| pieces.get(at).map_or("", |piece| &line[piece.span.clone()]);
    let name = text(at);
    if name.eq_ignore_ascii_case(text::CURRENT_STORE) {
        return Role::Table;
    }
    // A member of a row is as its column.
    let mut first = at;
    while first >= 2 && text(first - 1) == "." {
        first -= 2;
    }
    let is_column = |name: &str| {
        let mut columns = SCHEMAS.into_iter().flat_map(|schema| schema.columns());
        columns.any(|field| field.name.eq_ignore_ascii_case(name))
    };
    if first != at {
        let known = is_column(text(first)) || is_column(text(first + 2));
        return if known { Role::Column } else { Role::Plain };
    }
    let called = text(at + 1) == "(";
    if called && words::function(name).is_some() {
        Role::Function
    } else if is_column(name) {
        Role::Column
    } else if words::is_keyword(name) {
        Role::Keyword
    } else {
        Role::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Column, Command, Comment, Function, Keyword, Number, Plain, String, Table, Wrong};

    /// The parts that are not plain.
    #[track_caller]
    fn check(line: &str, want: &[(Role, &str)]) {
        let all = roles(line);
        assert_eq!(all.iter().map(|(_, text)| *text).collect::<std::string::String>(), line);
        let coloured: Vec<_> = all.into_iter().filter(|(role, _)| *role != Plain).collect();
        assert_eq!(coloured, want, "{line}");
    }

    #[test]
    fn words_have_the_colour_of_what_they_are() {
        check(
            "SELECT eventName, Count(*) x FROM event_data_store e\nwhere e.userIdentity.arn LIKE 'a%' -- c",
            &[
                (Keyword, "SELECT"),
                (Column, "eventName"),
                (Function, "Count"),
                (Keyword, "FROM"),
                (Table, "event_data_store"),
                (Keyword, "where"),
                (Column, "userIdentity"),
                (Column, "arn"),
                (Keyword, "LIKE"),
                (String, "'a%'"),
                (Comment, "-- c"),
            ],
        );
        check(
            "SELECT 1.5, count, t.x FROM (SELECT a FROM \"b c\") JOIN incident",
            &[
                (Keyword, "SELECT"),
                (Number, "1.5"),
                (Keyword, "FROM"),
                (Keyword, "SELECT"),
                (Keyword, "FROM"),
                (Table, "\"b c\""),
                (Keyword, "JOIN"),
                (Table, "incident"),
            ],
        );
        check(
            "FROM UNNEST(resources) WHERE 'open",
            &[
                (Keyword, "FROM"),
                (Keyword, "UNNEST"),
                (Column, "resources"),
                (Keyword, "WHERE"),
                (String, "'open"),
            ],
        );
        check("\"op", &[(Wrong, "\"op")]);
    }

    #[test]
    fn without_colours_there_are_none() {
        let styles = |colours| {
            let styled = SqlHighlighter { colours }.highlight("SELECT 'a'", 0);
            styled.buffer.into_iter().filter(|(style, _)| !style.is_plain()).count()
        };
        assert_eq!((styles(true), styles(false)), (2, 0));
    }

    #[test]
    fn commands_are_right_or_wrong() {
        check(" .format csv", &[(Command, " .format")]);
        check(".frobnicate", &[(Wrong, ".frobnicate")]);
        check(".explain SELECT 1", &[(Command, ".explain"), (Keyword, "SELECT"), (Number, "1")]);
        check("", &[]);
    }
}
