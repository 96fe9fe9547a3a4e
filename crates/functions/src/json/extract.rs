//! `json_extract`, `json_extract_scalar` and `json_size`: values at the end of a plain path.
//!
//! Such a path is `$` and steps `.name`, `[name]`, `["name"]`, `[3]`: names of members, and of
//! elements of arrays if they are numbers. The text is read up to the value, of members with one
//! name the first, and nothing after it is read. Text that is not JSON up to there gives NULL.

use super::canonical::copy;
use super::lexer::{Lexed, Lexer, Token};
use super::text::{self, NonBmpEscaping};
use crate::call::{Call, Column};
use crate::numerals::java::long;
use crate::registry::{Failure, Registry};
use arrow::array::ArrayRef;
use std::borrow::Cow;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    for signature in ["(varchar, varchar) -> json", "(varchar, char(x)) -> json"] {
        registry.add("json_extract", signature, json_extract).fails(Failure::OfPattern);
    }
    for signature in ["(json, varchar) -> json", "(json, char(x)) -> json"] {
        registry.add("json_extract", signature, json_extract).fails(Failure::OfPattern);
    }
    for signature in ["(varchar(x), varchar) -> varchar(x)", "(varchar(x), char(y)) -> varchar(x)"]
    {
        registry
            .add("json_extract_scalar", signature, json_extract_scalar)
            .fails(Failure::OfPattern);
    }
    for signature in ["(json, varchar) -> varchar", "(json, char(x)) -> varchar"] {
        registry
            .add("json_extract_scalar", signature, json_extract_scalar)
            .fails(Failure::OfPattern);
    }
    for signature in [
        "(varchar, varchar) -> bigint",
        "(varchar, char(x)) -> bigint",
        "(json, varchar) -> bigint",
        "(json, char(x)) -> bigint",
    ] {
        registry.add("json_size", signature, json_size).fails(Failure::OfPattern);
    }
}

/// A path, read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    name: String,
    /// The name as the place of an element.
    index: Option<usize>,
}

impl Path {
    fn parse(path: &str) -> SqlResult<Self> {
        let invalid = || SqlError::argument(format!("Invalid JSON path: '{path}'"));
        let mut rest = path.strip_prefix('$').ok_or_else(invalid)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (name, after) = step(rest).ok_or_else(invalid)?;
            steps.push(Step { index: index(&name), name });
            rest = after;
        }
        Ok(Self(steps))
    }

    /// Returns the first token of the value at the end of the path, if it leads to one.
    fn find<'a>(&self, lexer: &mut Lexer<'a>) -> Lexed<Option<Token<'a>>> {
        let Some(mut token) = lexer.next()? else { return Ok(None) };
        for step in &self.0 {
            let found = match token {
                Token::ObjectStart => step.member(lexer)?,
                Token::ArrayStart => step.element(lexer)?,
                _ => None,
            };
            match found {
                Some(found) => token = found,
                None => return Ok(None),
            }
        }
        Ok(Some(token))
    }
}

/// Reads a step: its name, and what follows it.
fn step(path: &str) -> Option<(String, &str)> {
    let plain = |text: &str, also: char| {
        // Java looks at UTF-16: characters beyond U+FFFF are not letters.
        let stops =
            |c: char| !(c == also || c == '_' || (c.is_alphanumeric() && u32::from(c) < 0x1_0000));
        let end = text.find(stops).unwrap_or(text.len());
        (end > 0).then_some(end)
    };
    if let Some(rest) = path.strip_prefix('.') {
        let (name, rest) = rest.split_at(plain(rest, ':')?);
        return Some((name.to_owned(), rest));
    }
    let rest = path.strip_prefix('[')?;
    let (name, rest) = match rest.strip_prefix('"') {
        Some(quoted) => quoted_name(quoted)?,
        None => {
            let (name, rest) = rest.split_at(plain(rest, '_')?);
            (name.to_owned(), rest)
        }
    };
    Some((name, rest.strip_prefix(']')?))
}

/// Reads a name up to its closing quote.
fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some((name, chars.as_str())),
            '\\' => name.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            other => name.push(other),
        }
    }
}

/// Returns a name as the place of an element.
fn index(name: &str) -> Option<usize> {
    usize::try_from(i32::try_from(long(name)?).ok()?).ok()
}

impl Step {
    /// In an object: moves to the member.
    fn member<'a>(&self, lexer: &mut Lexer<'a>) -> Lexed<Option<Token<'a>>> {
        loop {
            let Token::Name(name) = lexer.expect()? else { return Ok(None) };
            let value = lexer.expect()?;
            let found = if name.escaped {
                *text::unescaped_bytes(name) == *self.name.as_bytes()
            } else {
                name.text == self.name
            };
            if found {
                return Ok(Some(value));
            }
            lexer.skip(value)?;
        }
    }

    /// In an array: moves to the element.
    fn element<'a>(&self, lexer: &mut Lexer<'a>) -> Lexed<Option<Token<'a>>> {
        let mut at = 0;
        loop {
            let token = lexer.expect()?;
            if token == Token::ArrayEnd {
                return Ok(None);
            }
            if self.index == Some(at) {
                return Ok(Some(token));
            }
            lexer.skip(token)?;
            at += 1;
        }
    }
}

/// The paths of a call's rows.
struct Paths<'a> {
    column: Column<'a, &'a str>,
    /// The length of `char` paths, which include trailing spaces.
    width: usize,
    /// The path of all rows.
    constant: Option<Arc<Path>>,
}

impl<'a> Paths<'a> {
    fn new(call: &Call<'a>) -> SqlResult<Self> {
        let width = match call.argument_type(1) {
            Type::Char(width) => *width as usize,
            _ => 0,
        };
        let constant = match call.constant::<&str>(1)? {
            Some(path) => Some(call.compiled(path, |path| Path::parse(&padded(path, width)))?),
            None => None,
        };
        Ok(Self { column: call.column(1)?, width, constant })
    }

    fn get(&self, call: &Call<'a>, row: usize) -> SqlResult<Option<Arc<Path>>> {
        if let Some(path) = &self.constant {
            return Ok(Some(Arc::clone(path)));
        }
        let Some(path) = self.column.get(row) else { return Ok(None) };
        call.compiled(path, |path| Path::parse(&padded(path, self.width))).map(Some)
    }
}

fn padded(text: &str, width: usize) -> Cow<'_, str> {
    match width.saturating_sub(text.chars().count()) {
        0 => Cow::Borrowed(text),
        missing => Cow::Owned(text.to_owned() + &" ".repeat(missing)),
    }
}

fn json_extract(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (json, paths) = (call.column::<&str>(0)?, Paths::new(call)?);
    call.each_text(|row, out| {
        let (Some(json), Some(path)) = (json.get(row), paths.get(call, row)?) else {
            return Ok(false);
        };
        let mut lexer = Lexer::new(json);
        let Ok(Some(token)) = path.find(&mut lexer) else { return Ok(false) };
        Ok(copy(token, &mut lexer, NonBmpEscaping::Escaped, out).is_ok())
    })
}

fn json_extract_scalar(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (json, paths) = (call.column::<&str>(0)?, Paths::new(call)?);
    call.each_text(|row, out| {
        let (Some(json), Some(path)) = (json.get(row), paths.get(call, row)?) else {
            return Ok(false);
        };
        match path.find(&mut Lexer::new(json)) {
            Ok(Some(Token::Text(raw))) => text::unescape_into(raw, out),
            Ok(Some(Token::Integer(digits) | Token::Float(digits))) => out.push_str(digits),
            Ok(Some(Token::Boolean(truth))) => out.push_str(if truth { "true" } else { "false" }),
            _ => return Ok(false),
        }
        Ok(true)
    })
}

fn json_size(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (json, paths) = (call.column::<&str>(0)?, Paths::new(call)?);
    call.each(|row| {
        let (Some(json), Some(path)) = (json.get(row), paths.get(call, row)?) else {
            return Ok(None);
        };
        let mut lexer = Lexer::new(json);
        let size = path.find(&mut lexer).and_then(|token| match token {
            Some(token) => size(token, &mut lexer).map(Some),
            None => Ok(None),
        });
        Ok(size.unwrap_or_default())
    })
}

/// Returns how many members or elements the value has that begins with `token`.
fn size<'a>(token: Token<'a>, lexer: &mut Lexer<'a>) -> Lexed<i64> {
    let mut size = 0;
    if matches!(token, Token::ObjectStart | Token::ArrayStart) {
        loop {
            let mut token = lexer.expect()?;
            if matches!(token, Token::ObjectEnd | Token::ArrayEnd) {
                break;
            }
            if matches!(token, Token::Name(_)) {
                token = lexer.expect()?;
            }
            lexer.skip(token)?;
            size += 1;
        }
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extract(json: &str, path: &str) -> Option<String> {
        let mut lexer = Lexer::new(json);
        let token = Path::parse(path).unwrap().find(&mut lexer).ok()??;
        let mut out = String::new();
        copy(token, &mut lexer, NonBmpEscaping::Escaped, &mut out).ok()?;
        Some(out)
    }

    #[test]
    fn paths_lead_to_values() {
        let json = r#"{"a": [1.0, {"b c": "x\"y"}, null], "d": true, "a.b": {"1": [ ]}, "d": 2, x"#;
        for (path, value) in [
            ("$.a[0]", Some("1.0")),
            (r#"$.a[1]["b c"]"#, Some(r#""x\"y""#)),
            ("$.a.1", Some(r#"{"b c":"x\"y"}"#)),
            ("$[a][02]", Some("null")),
            ("$.a[3]", None),
            ("$.a.b", None),
            (r#"$["a.b"][1]"#, Some("[]")),
            ("$.d", Some("true")),
            ("$.d.x", None),
            ("$.nope", None),
            ("$", None),
        ] {
            assert_eq!(extract(json, path).as_deref(), value, "{path}");
        }
        assert_eq!(extract(" 7 ", "$").as_deref(), Some("7"));
        assert_eq!(extract("[1,2,3]", "$[\"+1\"]").as_deref(), Some("2"));
        assert_eq!(extract("[1,2,3]", "$.１").as_deref(), Some("2"));
    }

    #[test]
    fn bad_paths_are_errors() {
        for path in [
            "a",
            "",
            " $",
            "$a",
            "$.",
            "$[",
            "$[-1]",
            "$.*",
            "$[*]",
            "$['a']",
            "$..a",
            "$.a b",
            "$[\"a\\ \"]",
            "$[\"a\"",
            "$[a:b]",
            "$.😀",
            "$ ",
            "$$",
        ] {
            assert!(Path::parse(path).is_err(), "{path}");
        }
    }
}
