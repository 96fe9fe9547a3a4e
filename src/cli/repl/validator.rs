//! Where the input ends: at a semicolon or a blank line.

use crate::engine::text;
use reedline::{ValidationResult, Validator};

/// Enter ends the input where a statement ends; elsewhere it begins a new line.
pub(super) struct Statement;

impl Validator for Statement {
    fn validate(&self, line: &str) -> ValidationResult {
        if ends(line) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

fn ends(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed.is_empty()
        || trimmed.starts_with('.')
        || is_quit(trimmed)
        || text::is_complete(text)
        || text.ends_with('\n')
}

/// Whether the input is `quit` or `exit`.
pub(super) fn is_quit(text: &str) -> bool {
    let word = text.trim().trim_end_matches(';').trim();
    word.eq_ignore_ascii_case("quit") || word.eq_ignore_ascii_case("exit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons_and_blank_lines() {
        for whole in
            ["SELECT 1;", "SELECT 1 ; -- so", "SELECT 1\n", "", "  ", ".help", "quit", "EXIT;"]
        {
            assert!(ends(whole), "{whole:?}");
        }
        for more in ["SELECT 1", "SELECT ';", "SELECT 1; SELECT", "SELECT\n1", "/* ;", "quit it"] {
            assert!(!ends(more), "{more:?}");
        }
    }
}
