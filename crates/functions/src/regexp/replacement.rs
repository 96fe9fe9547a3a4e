//! What replaces a match: text with `$1`, `${name}`, and escapes.

use super::pattern::{Groups, Pattern};
use crate::strings::check_size;
use traillake_sql_types::error::{SqlError, SqlResult};

/// A part of a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

/// A replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replacement(Vec<Part>);

impl Replacement {
    pub(super) fn parse(text: &str, pattern: &Pattern) -> SqlResult<Self> {
        let illegal =
            |what: &str| SqlError::argument(format!("Illegal replacement sequence: {what}"));
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            rest = &rest[character.len_utf8()..];
            match character {
                '\\' => {
                    let escaped = rest.chars().next().ok_or_else(|| illegal(text))?;
                    rest = &rest[escaped.len_utf8()..];
                    plain.push(escaped);
                }
                '$' => {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    let group = if let Some(name) = rest.strip_prefix('{') {
                        let (name, after) = name.split_once('}').unwrap_or((name, ""));
                        rest = after;
                        let known = pattern.group_named(name);
                        known.ok_or_else(|| illegal(&format!("unknown group {{ {name} }}")))?
                    } else {
                        let first = rest.chars().next().and_then(|c| c.to_digit(10));
                        let first = first.ok_or_else(|| illegal(text))?;
                        if first as usize > pattern.groups() {
                            return Err(illegal(&format!("unknown group {first}")));
                        }
                        number(&mut rest, pattern.groups())
                    };
                    parts.push(Part::Group(group));
                }
                _ => plain.push(character),
            }
        }
        parts.push(Part::Text(plain));
        Ok(Self(parts))
    }

    /// Appends what replaces a match. The row's value began at `before`.
    pub(super) fn write(
        &self,
        groups: &Groups<'_>,
        before: usize,
        out: &mut String,
    ) -> SqlResult<()> {
        for part in &self.0 {
            let text = match part {
                Part::Text(text) => text,
                Part::Group(group) => groups.text(*group).unwrap_or_default(),
            };
            check_size(before, out.len() - before + text.len())?;
            out.push_str(text);
        }
        Ok(())
    }

    /// Returns the text, if no group is in it.
    pub(super) fn plain(&self) -> Option<&str> {
        match &self.0[..] {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// Takes digits as long as they number one of so many groups.
fn number(rest: &mut &str, groups: usize) -> usize {
    let mut number = 0_usize;
    while let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(10)) {
        let longer = number.saturating_mul(10).saturating_add(digit as usize);
        if longer > groups {
            break;
        }
        number = longer;
        *rest = &rest[1..];
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, want: Result<&str, &str>) {
        let pattern = Pattern::new(pattern).unwrap();
        let source = "ab";
        let groups = pattern.matches(source, 0).unwrap().next_groups().unwrap().unwrap();
        let replaced = Replacement::parse(text, &pattern).map(|replacement| {
            let mut out = String::new();
            replacement.write(&groups, 0, &mut out).unwrap();
            out
        });
        let replaced = replaced.map_err(|error| error.message);
        let want = want.map(str::to_owned);
        assert_eq!(replaced, want.map_err(|e| format!("Illegal replacement sequence: {e}")));
    }

    #[test]
    fn replacements() {
        check("(a)(x)?", "[$1$2]", Ok("[a]"));
        check("(a)", "$12", Ok("a2"));
        check("a", "$00", Ok("a"));
        check("(?<n>a)", "${n}x", Ok("ax"));
        check("a", "\\\\é\\$", Ok("\\é$"));
        check("(a)", "$2", Err("unknown group 2"));
        check("(a)", "${n", Err("unknown group { n }"));
        check("(a)", "x$", Err("x$"));
        check("(a)", "$é", Err("$é"));
        check("(a)", "\\", Err("\\"));
    }
}
