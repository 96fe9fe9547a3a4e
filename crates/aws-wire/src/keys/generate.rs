//! Random ids, secrets and tokens, all from the operating system's generator.

use super::{KeyError, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Of ids: base 32 (RFC 4648), which leaves out digits that look like letters.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Characters of an id behind its prefix.
const ID_CHARS: usize = 16;

/// A prefix of four letters, which tells the kind, and 80 random bits.
pub(super) fn key_id(prefix: &str) -> Result<String, KeyError> {
    Ok(id(prefix, random::<ID_CHARS>()?))
}

/// An id of these bytes, five bits of each.
pub(super) fn id(prefix: &str, bytes: impl IntoIterator<Item = u8>) -> String {
    let chars = bytes.into_iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    prefix.chars().chain(chars).collect()
}

/// 240 random bits, which are 40 characters of base 64.
pub(super) fn secret() -> Result<Secret, KeyError> {
    Ok(Secret::new(STANDARD.encode(random::<30>()?)))
}

/// 768 random bits. Tokens of AWS hold the session itself, and so are longer.
pub(super) fn session_token() -> Result<Secret, KeyError> {
    Ok(Secret::new(STANDARD.encode(random::<96>()?)))
}

fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
