//! Reads the part of JSON text that a path looks at.
//!
//! A path that begins with names of members and has no other `$` needs a tree of these members only,
//! not of the whole text. The rest is still checked to be JSON.

use super::Path;
use super::item::{Item, Sequence, member};
use crate::json::item::Node;
use crate::json::lexer::{Lexed, Lexer, Token};
use crate::json::text;
use traillake_sql_types::error::SqlResult;

/// What `$` and the names that the path begins with lead to. Text without a value is a null.
pub(crate) type Input<'a> = SqlResult<Sequence<'a>>;

impl Path {
    /// Reads JSON text for this path.
    pub(crate) fn read<'a>(&self, json: &'a str) -> Lexed<Input<'a>> {
        let mut lexer = Lexer::new(json);
        let (node, rest) = match lexer.next()? {
            None => (Some(Node::Null), self.prefix.as_slice()),
            Some(token) => walk(token, &mut lexer, &self.prefix)?,
        };
        let mut items: Input<'a> = Ok(node.into_iter().map(Item::Json).collect());
        for name in rest {
            items = items.and_then(|items| {
                let mut found = Vec::new();
                for item in self.open(items) {
                    member(&item, name, self.lax, &mut found)?;
                }
                Ok(found)
            });
        }
        Ok(items)
    }
}

/// Returns what the names lead to, and the names from the first that no member has.
fn walk<'a, 'n>(
    token: Token<'a>,
    lexer: &mut Lexer<'a>,
    names: &'n [String],
) -> Lexed<(Option<Node<'a>>, &'n [String])> {
    let (Token::ObjectStart, [name, rest @ ..]) = (token, names) else {
        return Ok((Some(Node::read(token, lexer)?), names));
    };
    let mut found = None;
    while let Token::Name(raw) = lexer.expect()? {
        let token = lexer.expect()?;
        let same = if raw.escaped {
            *text::unescaped_bytes(raw) == *name.as_bytes()
        } else {
            raw.text == name
        };
        if same {
            found = Some(walk(token, lexer, rest)?);
        } else {
            lexer.skip(token)?;
        }
    }
    // An empty object is as good as one without the member.
    Ok(found.unwrap_or_else(|| (Some(Node::Object(Default::default())), names)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::item::write_array;
    use crate::sql_json::path::eval::Evaluator;
    use traillake_sql_types::error::Position;

    fn run(path: &str, json: &str) -> Option<Result<String, String>> {
        let path = Path::new(path, &[], Position { line: 1, column: 1 }).unwrap();
        let input = path.read(json).ok()?;
        let found = Evaluator::new(&path, input, &[]).run().map_err(|error| error.message);
        Some(found.map(|items| {
            let nodes: Vec<Node<'_>> = items.into_iter().map(|i| i.into_json().unwrap()).collect();
            let mut out = String::new();
            write_array(nodes.iter(), &mut out);
            out
        }))
    }

    #[test]
    fn only_what_the_path_begins_with_is_read() {
        let json = r#"{"b":{"x":7},"a":{"b":0},"a":{"b":[{"c":1},{"c":[2]},3],"b\u0062":5}}"#;
        for (path, found) in [
            ("lax $.a.b.c", Ok("[1,[2]]")),
            ("lax $.a.b.c[*]", Ok("[1,2]")),
            ("strict $.a.b[0].c", Ok("[1]")),
            ("lax $.a.bb + 1", Ok("[6]")),
            ("lax $.a.nope.c", Ok("[]")),
            ("strict $.a.nope", Err("structural error: missing member 'nope' in JSON object")),
            ("strict $.a.b.c", Err("invalid item type. Expected: OBJECT, actual: ARRAY")),
            ("strict 1 ? ((exists($.nope)) is unknown)", Ok("[1]")),
            ("lax $.a ? ($.b.x == 7).bb", Ok("[5]")),
            ("lax $.a.bb.x.y", Ok("[]")),
        ] {
            let found = found
                .map(str::to_owned)
                .map_err(|message| format!("path evaluation failed: {message}"));
            assert_eq!(run(path, json), Some(found), "{path}");
        }
        assert_eq!(run("lax $.a", r#"{"a":1,"b":[1,}"#), None);
        assert_eq!(run("lax $.a", ""), Some(Ok("[]".to_owned())));
    }
}
