//! Statements with something missing, doubled or out of place.

use super::generator::Generator;

/// What may turn up in a statement.
const STRAY: &str = r#"
    ( ) [ ] , . * -> => || ; ' " -- /* ? { :: \ é NULL SELECT FROM WHERE GROUP OVER( CASE END
    NOT IN BETWEEN AND AS ON JOIN LATERAL UNNEST VALUES WITH RECURSIVE UNION CAST( INTERVAL DATE
    row( array( decimal(99,99) 1e 0x U&'\' X'0' 99999999999999999999 1. FETCH WITHIN FILTER(
    ROWS ZONE $EDS_ID <
"#;

impl Generator {
    /// The statement with some tokens dropped, doubled, swapped or put between.
    pub(super) fn mutated(&mut self, sql: &str) -> String {
        let mut tokens = tokens(sql);
        for _ in 0..=self.below(3) {
            if tokens.is_empty() {
                break;
            }
            let (at, other) = (self.below(tokens.len()), self.below(tokens.len()));
            match self.below(6) {
                0 => drop(tokens.remove(at)),
                1 => tokens.insert(at, tokens[at].clone()),
                2 => tokens.swap(at, other),
                3 => tokens.insert(at, self.word(STRAY).to_owned()),
                4 => tokens.truncate(at),
                _ => tokens[at] = self.word(STRAY).to_owned(),
            }
        }
        tokens.join(" ")
    }
}

/// Cuts roughly: words, texts in quotes, single signs.
fn tokens(sql: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            'U' if rest.starts_with("U&'") => {
                rest[3..].find('\'').map_or(rest.len(), |end| end + 4)
            }
            c if c.is_alphanumeric() => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            c => match rest.get(..2) {
                Some("||" | "->" | "<>" | "<=" | ">=" | "=>") => 2,
                _ => c.len_utf8(),
            },
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}
