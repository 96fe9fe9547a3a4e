//! Functions over JSON as a whole, and over JSON arrays: `json_parse`, `json_format`,
//! `is_json_scalar`, `json_array_contains`, `json_array_get`, `json_array_length`.

use super::canonical::{Canonical, Order};
use super::item::Node;
use super::lexer::{Lexed, Lexer, Malformed, Token};
use super::text::{self, NonBmpEscaping};
use crate::call::{Call, Param};
use crate::registry::Registry;
use arrow::array::ArrayRef;
use std::collections::VecDeque;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("json_parse", "(varchar) -> json", |call| {
        let mut canonical = Canonical::new(Order::Sorted, NonBmpEscaping::Escaped);
        call.text1(|json: &str, out| {
            canonical.append(json, out).map_err(|Malformed| {
                SqlError::argument(format!("Cannot convert value to JSON: '{json}'"))
            })
        })
    });
    registry.add("json_format", "(json) -> varchar", |call| {
        call.text1(|json: &str, out| {
            out.push_str(json);
            Ok(())
        })
    });
    for signature in ["(varchar) -> boolean", "(json) -> boolean"] {
        registry.add("is_json_scalar", signature, |call| {
            call.map1(|json: &str| {
                is_scalar(json)
                    .map_err(|Malformed| SqlError::argument(format!("Invalid JSON value: {json}")))
            })
        });
    }
    register_contains(registry);
    for signature in ["(varchar) -> bigint", "(json) -> bigint"] {
        registry.add("json_array_length", signature, |call| {
            let json = call.column::<&str>(0)?;
            call.each(|row| Ok(json.get(row).and_then(|json| length(json).ok())))
        });
    }
    for signature in ["(varchar, bigint) -> json", "(json, bigint) -> json"] {
        registry.add("json_array_get", signature, |call| {
            let (json, index) = (call.column::<&str>(0)?, call.column::<i64>(1)?);
            call.each_text(|row, out| match (json.get(row), index.get(row)) {
                (Some(json), Some(index)) => Ok(element(json, index, out).unwrap_or_default()),
                _ => Ok(false),
            })
        });
    }
}

/// `json_array_contains`, for each type of values.
fn register_contains(registry: &mut Registry) {
    for signature in ["(varchar, boolean) -> boolean", "(json, boolean) -> boolean"] {
        registry.add("json_array_contains", signature, |call| {
            contains(call, |token, value: bool| token == Token::Boolean(value))
        });
    }
    for signature in ["(varchar, bigint) -> boolean", "(json, bigint) -> boolean"] {
        registry.add("json_array_contains", signature, |call| {
            contains(call, |token, value: i64| match token {
                Token::Integer(digits) => digits.parse() == Ok(value),
                _ => false,
            })
        });
    }
    for signature in ["(varchar, double) -> boolean", "(json, double) -> boolean"] {
        registry.add("json_array_contains", signature, |call| {
            let (json, value) = (call.column::<&str>(0)?, call.column::<f64>(1)?);
            call.each(|row| match (json.get(row), value.get(row)) {
                // JSON has no NaN and no infinite numbers.
                (Some(_), Some(value)) if !value.is_finite() => Ok(Some(false)),
                (Some(json), Some(value)) => Ok(search(json, |token| match token {
                    Token::Float(digits) => digits.parse() == Ok(value),
                    _ => false,
                })
                .ok()),
                _ => Ok(None),
            })
        });
    }
    for signature in ["(varchar, varchar) -> boolean", "(json, varchar) -> boolean"] {
        registry.add("json_array_contains", signature, |call| {
            contains(call, |token, value: &str| match token {
                Token::Text(raw) => text::unescaped(raw) == value,
                _ => false,
            })
        });
    }
}

/// Whether the one value of `json` is neither an array nor an object.
fn is_scalar(json: &str) -> Lexed<bool> {
    let mut lexer = Lexer::new(json);
    let token = lexer.expect()?;
    lexer.skip(token)?;
    match lexer.next()? {
        None => Ok(token.is_scalar()),
        Some(_) => Err(Malformed),
    }
}

/// Returns a lexer inside the array that `json` begins with.
fn in_array(json: &str) -> Lexed<Lexer<'_>> {
    let mut lexer = Lexer::new(json);
    match lexer.expect()? {
        Token::ArrayStart => Ok(lexer),
        _ => Err(Malformed),
    }
}

/// Whether an element satisfies `equal`. Text is read only up to that one.
fn search(json: &str, equal: impl Fn(Token<'_>) -> bool) -> Lexed<bool> {
    let mut lexer = in_array(json)?;
    loop {
        let token = lexer.expect()?;
        if token == Token::ArrayEnd {
            return Ok(false);
        }
        if equal(token) {
            return Ok(true);
        }
        lexer.skip(token)?;
    }
}

/// Whether an element is equal to the second argument; NULL if there is no array.
fn contains<'a, V: Param<'a> + Copy>(
    call: &Call<'a>,
    equal: impl Fn(Token<'_>, V) -> bool,
) -> SqlResult<ArrayRef> {
    let (json, value) = (call.column::<&str>(0)?, call.column::<V>(1)?);
    call.each(|row| match (json.get(row), value.get(row)) {
        (Some(json), Some(value)) => Ok(search(json, |token| equal(token, value)).ok()),
        _ => Ok(None),
    })
}

fn length(json: &str) -> Lexed<i64> {
    let mut lexer = in_array(json)?;
    let mut length = 0;
    loop {
        let token = lexer.expect()?;
        if token == Token::ArrayEnd {
            return Ok(length);
        }
        lexer.skip(token)?;
        length += 1;
    }
}

/// Appends an element, those of negative index counted from the end; false if there is none, or a
/// null. A string comes without its quotes, which is how Trino has it.
fn element(json: &str, index: i64, out: &mut String) -> Lexed<bool> {
    let mut lexer = in_array(json)?;
    if index >= 0 {
        let mut at = 0;
        loop {
            let token = lexer.expect()?;
            if token == Token::ArrayEnd {
                return Ok(false);
            }
            if at == index {
                return append(token, &mut lexer, out);
            }
            lexer.skip(token)?;
            at += 1;
        }
    }
    // Keeps the places of the last elements until the end is reached.
    let Ok(wanted) = usize::try_from(index.unsigned_abs()) else { return Ok(false) };
    let mut last = VecDeque::new();
    loop {
        let before = lexer.clone();
        let token = lexer.expect()?;
        if token == Token::ArrayEnd {
            break;
        }
        lexer.skip(token)?;
        if last.len() == wanted {
            last.pop_front();
        }
        last.push_back(before);
    }
    if last.len() < wanted {
        return Ok(false);
    }
    let Some(mut lexer) = last.pop_front() else { return Ok(false) };
    let token = lexer.expect()?;
    append(token, &mut lexer, out)
}

fn append<'a>(token: Token<'a>, lexer: &mut Lexer<'a>, out: &mut String) -> Lexed<bool> {
    match token {
        Token::Null => return Ok(false),
        Token::Text(raw) => text::unescape_into(raw, out),
        Token::Integer(digits) | Token::Float(digits) => out.push_str(digits),
        Token::Boolean(truth) => out.push_str(if truth { "true" } else { "false" }),
        _ => Node::read(token, lexer)?.write(out),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_from_both_ends() {
        for (json, index, text) in [
            ("[1, -0, 3", 1, Some("-0")),
            ("[1, 2, 3", -1, None),
            ("[1, 2, \"x\\n\"]", -1, Some("x\n")),
            ("[1, 2, 3]", -3, Some("1")),
            ("[1, 2, 3]", -4, None),
            ("[1, 2, 3]", 3, None),
            ("[null]", 0, None),
            ("[{\"b\":1.10,\"a\":2,\"b\":3}]", 0, Some("{\"b\":3,\"a\":2}")),
            ("{}", 0, None),
            ("[1]", i64::MIN, None),
        ] {
            let mut out = String::new();
            let found = element(json, index, &mut out).unwrap_or_default();
            assert_eq!(found.then_some(out.as_str()), text, "{json} {index}");
        }
    }
}
