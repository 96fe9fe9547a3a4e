//! The names of the planted intrusion: addresses, keys, users, roles and buckets that several of its
//! events have in common.
//!
//! They stand in `intrusion.txt` with the story, which `script.rs` reads; templates refer to them by
//! number.

use crate::json::{push_base32, push_hex, uuid_text};
use crate::rng::mix;

/// The script of the intrusion.
pub(crate) const SCRIPT: &str = include_str!("intrusion.txt");

/// A text of the story that occurs in several events.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) name: &'static str,
    /// The list of the answer key it stands in.
    pub(crate) list: Option<&'static str>,
    /// The text, with what is drawn in braces.
    pub(crate) pattern: &'static str,
}

/// Returns the number of a name, for the placeholder `plot`.
pub(crate) fn number(name: &str) -> Option<usize> {
    let mut names = SCRIPT.lines().filter_map(|line| line.strip_prefix("name "));
    names.position(|line| line.split(' ').next() == Some(name))
}

/// Returns a pattern such as `AKIA{letters:16}` with random characters in the place of the braces.
pub(crate) fn draw(pattern: &str, seed: u64) -> String {
    let Some((head, kind)) = pattern.strip_suffix('}').and_then(|text| text.split_once('{')) else {
        return pattern.to_owned();
    };
    let words = [mix(seed, 1), mix(seed, 2)];
    let mut out = head.as_bytes().to_vec();
    match kind.split_once(':').and_then(|(kind, size)| Some((kind, size.parse().ok()?))) {
        Some(("letters", size)) => push_base32(&mut out, words, size),
        Some(("hex", size)) => push_hex(&mut out, words, size),
        _ => out.extend_from_slice(uuid_text(words).as_bytes()),
    }
    String::from_utf8_lossy(&out).into_owned()
}
