//! Patterns of the model, which are Java's, for the crate `regex`.
//!
//! A text must match as a whole, as with Java's `matches`. That is what the model means: next to patterns without
//! anchors like `\d+` it has `(?s).*` for what may have several lines, and `.*` for what may not.

use regex::Regex;
use std::fmt::Write as _;

/// A compiled pattern, and how it is written in the model.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    regex: Regex,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let regex = Regex::new(&format!(r"\A(?:{})\z", translate(text)));
        let regex = regex.map_err(|error| format!("pattern '{text}': {error}"))?;
        Ok(Self { text: text.to_owned(), regex })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// Classes are ASCII's in Java, a dot stops at more ends of lines, and `\u` is followed by four digits, two of
/// which make a pair of surrogates.
fn translate(java: &str) -> String {
    let (mut out, mut chars) = (String::new(), java.chars());
    let (mut in_class, all) = (false, java.starts_with("(?s)"));
    while let Some(char) = chars.next() {
        match char {
            '\\' => {
                let escaped = chars.next().unwrap_or('\\');
                match escaped {
                    'u' => unit(&mut out, &mut chars),
                    'w' | 'd' | 's' => class(&mut out, escaped, in_class),
                    _ => out.extend(['\\', escaped]),
                }
            }
            '.' if !in_class && !all => out.push_str(r"[^\n\r\x{85}\x{2028}\x{2029}]"),
            '[' | ']' => {
                in_class = char == '[';
                out.push(char);
            }
            _ => out.push(char),
        }
    }
    out
}

fn class(out: &mut String, letter: char, in_class: bool) {
    let members = match letter {
        'w' => "0-9A-Z_a-z",
        'd' => "0-9",
        _ => r"\t-\r ",
    };
    if in_class {
        out.push_str(members);
    } else {
        let _ = write!(out, "[{members}]");
    }
}

/// What stands behind `\u`: a character, or the first half of a pair.
fn unit(out: &mut String, chars: &mut std::str::Chars<'_>) {
    let mut unit = digits(chars);
    if let 0xd800..=0xdbff = unit {
        let mut ahead = chars.clone();
        if ahead.next() == Some('\\') && ahead.next() == Some('u') {
            let low = digits(&mut ahead);
            if let 0xdc00..=0xdfff = low {
                unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                *chars = ahead;
            }
        }
    }
    let _ = write!(out, "\\x{{{unit:X}}}");
}

fn digits(chars: &mut std::str::Chars<'_>) -> u32 {
    chars.by_ref().take(4).filter_map(|char| char.to_digit(16)).fold(0, |unit, d| unit << 4 | d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match_as_java_says() {
        for (pattern, matching, others) in [
            (r"\d+", &["0", "123"][..], &["", "12a", "٣", "1\n"][..]),
            (r"^[\w|\d|\.|_]+$", &["a.b", "|"], &["ä", "a b", "a\n"]),
            (r".*", &["", "ä€𝄞"], &["a\nb", "a\r", "a\u{85}", "\u{2028}"]),
            (r"(?s).*", &["", "a\nb\u{2028}"], &[]),
            (r"[a\s]*", &["a \t\n\u{b}\u{c}\r"], &["\u{a0}"]),
            (r"\s", &[" "], &["\u{85}"]),
            (
                r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*",
                &["𝄞\t"],
                &["\n", "\u{ffff}"],
            ),
            (r"[\p{L}\p{Z}_.:/=+\-@]*", &["ä b-c"], &["1", "\n"]),
            (r"^[0-9]{2}:[0-9]{2}", &["12:30"], &["12:305"]),
        ] {
            let compiled = Pattern::new(pattern).unwrap();
            for text in matching {
                assert!(compiled.matches(text), "{pattern} {text:?}");
            }
            for text in others {
                assert!(!compiled.matches(text), "{pattern} {text:?}");
            }
        }
    }
}
