//! Compiled patterns, and searching with them.

use super::emit::{Emitted, emit};
use super::syntax;
use super::tree::Tree;
use fancy_regex::{Captures, Regex, RegexBuilder};
use std::ops::Range;
use std::sync::OnceLock;
use traillake_sql_types::error::{SqlError, SqlResult};

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    fast: Regex,
    /// The exact form, made for the first text that needs it.
    exact: OnceLock<SqlResult<Regex>>,
    emitted: Emitted,
    tree: Tree,
}

/// How often a match may step back before it is given up.
const MAX_STEPS: usize = 10_000_000;
/// The most bytes of a compiled part, and instructions of a program.
const MAX_SIZE: usize = 64 << 20;

fn compile(pattern: &str) -> SqlResult<Regex> {
    RegexBuilder::new(pattern)
        .backtrack_limit(MAX_STEPS)
        .delegate_size_limit(MAX_SIZE)
        .max_prog_size(MAX_SIZE / 64)
        .build()
        .map_err(|error| SqlError::argument(format!("The pattern cannot be compiled: {error}")))
}

fn failed(error: fancy_regex::Error) -> SqlError {
    SqlError::argument(format!("The pattern takes too many steps to match: {error}"))
}

impl Pattern {
    pub(super) fn new(text: &str) -> SqlResult<Self> {
        let tree = syntax::parse(text)?;
        let emitted = emit(&tree.root, false);
        let fast = compile(&emitted.pattern)?;
        Ok(Self { fast, exact: OnceLock::new(), emitted, tree })
    }

    /// Returns the number of groups.
    pub(super) fn groups(&self) -> usize {
        self.tree.groups
    }

    /// Returns the number of a group with a name.
    pub(super) fn group_named(&self, name: &str) -> Option<usize> {
        self.tree.names.iter().find(|(known, _)| known == name).map(|(_, group)| *group)
    }

    /// Checks that there is such a group.
    pub(super) fn group(&self, group: i64) -> SqlResult<usize> {
        let Ok(number) = usize::try_from(group) else {
            return Err(SqlError::argument("Group cannot be negative"));
        };
        if number > self.groups() {
            let groups = self.groups();
            return Err(SqlError::argument(format!(
                "Pattern has {groups} groups. Cannot access group {group}"
            )));
        }
        Ok(number)
    }

    fn regex(&self, text: &str) -> SqlResult<&Regex> {
        if !self.emitted.open_end_only || !text.ends_with('\n') {
            return Ok(&self.fast);
        }
        let made = self.exact.get_or_init(|| compile(&emit(&self.tree.root, true).pattern));
        made.as_ref().map_err(Clone::clone)
    }

    /// Whether the pattern is anywhere in a text.
    pub(super) fn is_match(&self, text: &str) -> SqlResult<bool> {
        self.regex(text)?.is_match(text).map_err(failed)
    }

    /// Returns the matches in a text from a place on.
    pub(super) fn matches<'t>(&self, text: &'t str, from: usize) -> SqlResult<Matches<'_, 't>> {
        Ok(Matches { regex: self.regex(text)?, text, from: Some(from) })
    }
}

/// Matches in a text, one after another. After an empty one the next begins a character later, but
/// an empty one may follow one that is not.
pub(super) struct Matches<'p, 't> {
    regex: &'p Regex,
    text: &'t str,
    from: Option<usize>,
}

impl<'t> Matches<'_, 't> {
    /// Returns where the next match is.
    pub(super) fn next(&mut self) -> SqlResult<Option<Range<usize>>> {
        let Some(from) = self.from else { return Ok(None) };
        let found = self.regex.find_from_pos(self.text, from).map_err(failed)?;
        let range = found.map(|found| found.range());
        self.advance(range.as_ref());
        Ok(range)
    }

    /// Returns the groups of the next match.
    pub(super) fn next_groups(&mut self) -> SqlResult<Option<Groups<'t>>> {
        let Some(from) = self.from else { return Ok(None) };
        let found = self.regex.captures_from_pos(self.text, from).map_err(failed)?;
        let groups = found.map(Groups);
        let range = groups.as_ref().and_then(|groups| groups.range(0));
        self.advance(range.as_ref());
        Ok(groups)
    }

    fn advance(&mut self, range: Option<&Range<usize>>) {
        self.from = range.and_then(|range| {
            if !range.is_empty() {
                return Some(range.end);
            }
            let character = self.text.get(range.end..)?.chars().next()?;
            Some(range.end + character.len_utf8())
        });
    }
}

/// The groups of a match.
pub(super) struct Groups<'t>(Captures<'t, str>);

impl<'t> Groups<'t> {
    /// Returns where a group is, if it matched; 0 is the whole match.
    pub(super) fn range(&self, group: usize) -> Option<Range<usize>> {
        self.0.get(group).map(|found| found.range())
    }

    /// Returns the text of a group, if it matched.
    pub(super) fn text(&self, group: usize) -> Option<&'t str> {
        self.0.get(group).map(|found| found.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pattern: &str, text: &str) -> Vec<String> {
        let pattern = Pattern::new(pattern).unwrap();
        let mut matches = pattern.matches(text, 0).unwrap();
        let mut all = Vec::new();
        while let Some(range) = matches.next().unwrap() {
            all.push(text[range].to_owned());
        }
        all
    }

    #[test]
    fn matches_follow_one_another() {
        assert_eq!(all("a*", "baac"), ["", "aa", "", ""]);
        assert_eq!(all("", "é"), ["", ""]);
        assert_eq!(all("\\Ga", "aaba"), ["a", "a"]);
    }

    #[test]
    fn as_joni_matches() {
        for (pattern, text, want) in [
            ("a$", "a\n", true),
            ("a$", "a\nb", false),
            ("(?m)a$", "a\nb", true),
            ("(?m)^$", "a\n", false),
            ("^b", "a\nb", false),
            ("^\\w$", "é", false),
            ("\\ba", "éa", false),
            ("\\p{Alpha}", "é", true),
            ("\\p{javaLetter}", "é", true),
            ("\\p{javaLetter}", "1", false),
            ("(?i)É", "é", true),
            ("(?i)\\p{Lu}", "a", false),
            ("[a-c&&[^b]]", "b", false),
            ("[a-c-e]", "-", false),
            ("[\\w-z]", "&", true),
            ("[a&&]", "a", false),
            ("a++ab", "aab", false),
            ("^a{2,3}+a$", "aaa", false),
            ("^\\Qab\\E+$", "abb", true),
            ("a(?i)b|c", "c", false),
            ("a(?i)b|c", "aC", true),
            ("(a)\\1", "aa", true),
            ("(?<x>a)\\k<x>", "aa", true),
            ("(a)\\01", "a\u{1}", true),
            ("\\x{e9}", "é", true),
            ("\\xc3\\xa9", "é", true),
            ("\\xe9", "é", false),
            ("\\u61", "a", true),
            ("(?x)a {2} # comment", "aa", true),
            ("a{,3}", "a", false),
            ("(?=a)*b", "b", true),
            ("\\h", "h", true),
            ("(?<=a|bc)d", "bcd", true),
            ("\\01412", "a2", false),
        ] {
            let pattern_ = Pattern::new(pattern).unwrap();
            assert_eq!(pattern_.is_match(text).unwrap(), want, "{pattern} {text:?}");
        }
    }

    #[test]
    fn no_match_takes_forever() {
        let text = format!("{}b", "a".repeat(200));
        let pattern = Pattern::new("(a+)+\\1$").unwrap();
        let _ = pattern.is_match(&text);
    }
}
