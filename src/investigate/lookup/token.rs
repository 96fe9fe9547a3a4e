//! Tokens of pages: where a page ended, as text. A token is all that is known of a page, so the same one gives the
//! same page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The form of the tokens; those of another one are refused.
const VERSION: u8 = 2;
/// Bytes of the hash of a question that are in a token.
const QUESTION_BYTES: usize = 8;

/// The last event of a page, in the order of pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// Its time; `None` for an event without one.
    pub(super) time: Option<String>,
    /// Its id, or the checksum of its record if it has none.
    pub(super) key: String,
    /// The checksum of its record.
    pub(super) checksum: String,
    /// The table that it is from.
    pub(super) table: String,
}

/// A position as text.
pub(super) struct Token;

impl Token {
    /// Returns the token of a position among the answers to a question.
    pub(super) fn write(position: &Position, question: &str) -> String {
        let Position { time, key, checksum, table } = position;
        let mut bytes = vec![VERSION];
        bytes.extend(hash(question));
        let time = time.as_deref().unwrap_or_default();
        // An id is whatever its record says, and so it stands at the end.
        bytes.extend(format!("{time}|{checksum}|{table}|{key}").bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a token; `None` for what is none, or of another question.
    pub(super) fn read(token: &str, question: &str) -> Option<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(token.trim()).ok()?;
        let rest = bytes.strip_prefix(&[VERSION])?.strip_prefix(&hash(question))?;
        let mut parts = std::str::from_utf8(rest).ok()?.splitn(4, '|').map(str::to_owned);
        let time = Some(parts.next()?).filter(|time| !time.is_empty());
        let (checksum, table, key) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Position { time, key, checksum, table })
    }
}

fn hash(question: &str) -> [u8; QUESTION_BYTES] {
    let digest = Sha256::digest(question);
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_by_its_question_only() {
        for time in [None, Some("2026-03-01 12:00:00.000".to_owned())] {
            let [key, checksum, table] = ["a|b", "q8=+/", "event_data_store"].map(str::to_owned);
            let position = Position { time, key, checksum, table };
            let token = Token::write(&position, "a");
            assert_eq!(Token::read(&token, "a"), Some(position));
            assert_eq!(Token::read(&token, "b"), None);
            assert_eq!(Token::read(&token[1..], "a"), None);
        }
        for wrong in ["", "AQ", "Ag", "???", "x"] {
            assert_eq!(Token::read(wrong, "a"), None);
        }
    }
}
