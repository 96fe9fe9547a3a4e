//! What follows a backslash.

use super::cursor::Cursor;
use super::tree::Assertion;
use traillake_sql_types::error::{SqlError, SqlResult};

/// What an escape means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Escape {
    Char(char),
    /// A byte that is not a character.
    Never,
    /// A class, as the `regex` crate writes it.
    Class(String),
    Assertion(Assertion),
}

/// Reads an escape, of which the backslash is read.
pub(super) fn read_escape(cursor: &mut Cursor<'_>, in_class: bool) -> SqlResult<Escape> {
    let Some(character) = cursor.next() else {
        return Err(SqlError::argument("end pattern at escape"));
    };
    let class = |class: &str| Ok(Escape::Class(class.to_owned()));
    match character {
        'w' => return class("[0-9A-Za-z_]"),
        'W' => return class("[^0-9A-Za-z_]"),
        'd' => return class("[0-9]"),
        'D' => return class("[^0-9]"),
        's' => return class("[\\x09-\\x0d\\x20]"),
        'S' => return class("[^\\x09-\\x0d\\x20]"),
        'p' | 'P' => return property(cursor, character == 'P').map(Escape::Class),
        _ => {}
    }
    if !in_class {
        let assertion = match character {
            'b' => Some(Assertion::Word),
            'B' => Some(Assertion::NotWord),
            'A' => Some(Assertion::Start),
            'Z' => Some(Assertion::LastLineEnd),
            'z' => Some(Assertion::End),
            'G' => Some(Assertion::SearchStart),
            _ => None,
        };
        if let Some(assertion) = assertion {
            return Ok(Escape::Assertion(assertion));
        }
    }
    Ok(match character {
        't' => Escape::Char('\t'),
        'n' => Escape::Char('\n'),
        'r' => Escape::Char('\r'),
        'f' => Escape::Char('\x0c'),
        'v' => Escape::Char('\x0b'),
        'a' => Escape::Char('\x07'),
        'e' => Escape::Char('\x1b'),
        'b' if in_class => Escape::Char('\x08'),
        'c' => control(cursor)?,
        'u' => {
            let digits = cursor.run(4, |c| c.is_ascii_hexdigit());
            char_of(u32::from_str_radix(digits, 16).unwrap_or(0))
        }
        'x' => hexadecimal(cursor),
        '0'..='7' => {
            cursor.at -= 1;
            let digits = cursor.run(3, |c| matches!(c, '0'..='7'));
            byte(u32::from_str_radix(digits, 8).unwrap_or(0), cursor)
        }
        other => Escape::Char(other),
    })
}

fn char_of(code: u32) -> Escape {
    char::from_u32(code).map_or(Escape::Never, Escape::Char)
}

fn control(cursor: &mut Cursor<'_>) -> SqlResult<Escape> {
    let code = match cursor.next() {
        None => return Err(SqlError::argument("end pattern at control")),
        Some('?') => 0x7f,
        Some('\\') => match read_escape(cursor, true)? {
            Escape::Char(character) => character as u32 & 0x9f,
            _ => return Ok(Escape::Never),
        },
        Some(character) => character as u32 & 0x9f,
    };
    Ok(char_of(code))
}

/// Reads `\x{...}` or up to two digits.
fn hexadecimal(cursor: &mut Cursor<'_>) -> Escape {
    let digit = |c: char| c.is_ascii_hexdigit();
    let start = cursor.at;
    if cursor.peek().is_none() {
        return Escape::Char('x');
    }
    if cursor.take("{") {
        let digits = cursor.run(8, digit);
        if !digits.is_empty() && cursor.take("}") {
            return char_of(u32::from_str_radix(digits, 16).unwrap_or(u32::MAX));
        }
        cursor.at = start;
        return Escape::Char('x');
    }
    let digits = cursor.run(2, digit);
    byte(u32::from_str_radix(digits, 16).unwrap_or(0), cursor)
}

/// Returns what a byte of UTF-8 stands for, with those that follow it as escapes.
fn byte(first: u32, cursor: &mut Cursor<'_>) -> Escape {
    if first < 0x80 {
        return char_of(first);
    }
    let mut bytes = vec![first as u8];
    let start = cursor.at;
    while bytes.len() < 4 && cursor.take("\\x") {
        let digits = cursor.run(2, |c| c.is_ascii_hexdigit());
        bytes.extend(u8::from_str_radix(digits, 16));
        if let Ok(text) = std::str::from_utf8(&bytes) {
            return text.chars().next().map_or(Escape::Never, Escape::Char);
        }
    }
    cursor.at = start;
    Escape::Never
}

/// Reads the name of a property after `\p`, and returns its class.
fn property(cursor: &mut Cursor<'_>, negated: bool) -> SqlResult<String> {
    let broken = || SqlError::argument("internal parser error (bug)");
    let name = if cursor.take("{") {
        let name = cursor.run(usize::MAX, |c| c != '}');
        if !cursor.take("}") {
            return Err(broken());
        }
        name
    } else {
        let name = cursor.run(1, |_| true);
        if name.is_empty() {
            return Err(broken());
        }
        name
    };
    let class = property_class(name)
        .ok_or_else(|| SqlError::argument(format!("invalid character property name <{name}>")))?;
    Ok(if negated { format!("[^{class}]") } else { class })
}

fn property_class(name: &str) -> Option<String> {
    if let Some(class) = posix_class(&name.to_ascii_lowercase()) {
        return Some(class.to_owned());
    }
    if let Some(class) = java_class(name) {
        return Some(class.to_owned());
    }
    // Names have no separators, and no `is` before them.
    let plain = name.starts_with("Age=") || name.chars().all(|c| c.is_ascii_alphanumeric());
    if !plain || name.is_empty() || name.to_ascii_lowercase().starts_with("is") {
        return None;
    }
    let emoji = name.to_ascii_lowercase().contains("emoji");
    let class = format!("\\p{{{name}}}");
    (!emoji && fancy_regex::Regex::new(&class).is_ok()).then_some(class)
}

/// Returns the class of a POSIX name in lower case.
pub(super) fn posix_class(name: &str) -> Option<&'static str> {
    Some(match name {
        "alnum" => "[\\p{Alphabetic}\\p{Nd}]",
        "alpha" => "\\p{Alphabetic}",
        "ascii" => "[\\x00-\\x7f]",
        "blank" => "[\\p{Zs}\\x09]",
        "cntrl" => "\\p{Cc}",
        "digit" => "\\p{Nd}",
        "graph" => "[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]",
        "lower" => "\\p{Lowercase}",
        "print" => "[\\p{Zs}[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]]",
        "punct" => "\\p{P}",
        "space" => "\\p{White_Space}",
        "upper" => "\\p{Uppercase}",
        "word" => "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]",
        "xdigit" => "[0-9A-Fa-f]",
        _ => return None,
    })
}

/// Returns the class of what a method of Java's `Character` tells.
fn java_class(name: &str) -> Option<&'static str> {
    Some(match name {
        "javaAlphabetic" => "\\p{Alphabetic}",
        "javaDefined" => "[^\\p{Cn}]",
        "javaDigit" => "\\p{Nd}",
        "javaIdeographic" => "\\p{Ideographic}",
        "javaISOControl" => "\\p{Cc}",
        "javaJavaIdentifierPart" => "[\\p{L}\\p{Nl}\\p{Nd}\\p{Sc}\\p{Pc}\\p{Mn}\\p{Mc}\\p{Cf}]",
        "javaJavaIdentifierStart" => "[\\p{L}\\p{Nl}\\p{Sc}\\p{Pc}]",
        "javaLetter" => "\\p{L}",
        "javaLetterOrDigit" => "[\\p{L}\\p{Nd}]",
        "javaLowerCase" => "\\p{Lowercase}",
        "javaSpaceChar" => "\\p{Z}",
        "javaTitleCase" => "\\p{Lt}",
        "javaUpperCase" => "\\p{Uppercase}",
        "javaWhitespace" => "[\\x09-\\x0d\\x1c-\\x1f[\\p{Z}&&[^\\x{a0}\\x{2007}\\x{202f}]]]",
        _ => return None,
    })
}
