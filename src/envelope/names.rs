//! Names of files as text. Names are bytes, of which not all are UTF-8.

use std::path::{Path, PathBuf};

/// Returns a path as people read it: bytes that are not UTF-8 as `\xE9`.
pub fn shown(path: &Path) -> String {
    shown_bytes(path.as_os_str().as_encoded_bytes())
}

/// Returns the bytes of a name as people read them, as [`shown`] does.
pub(super) fn shown_bytes(name: &[u8]) -> String {
    let mut text = String::new();
    for chunk in name.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}

/// Returns a text that stands for an absolute path and for no other: the path itself, or, if it is
/// no UTF-8, `bytes:` and the path as [`shown`], with `\` doubled. As an absolute path begins with a
/// separator or a drive, the two forms cannot be equal.
pub(super) fn key(path: &Path) -> String {
    if let Some(text) = path.to_str() {
        return text.to_owned();
    }
    let mut text = "bytes:".to_owned();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}

/// Returns the path that the key of a file stands for ([`Location::key`](super::Location::key)); `None` for one that
/// this system cannot have.
pub fn path_of(key: &str) -> Option<PathBuf> {
    let Some(escaped) = key.strip_prefix("bytes:") else { return Some(key.into()) };
    let mut bytes = Vec::new();
    let mut rest = escaped.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
                rest = after;
            }
            (b'\\', [b'\\', after @ ..]) => {
                bytes.push(b'\\');
                rest = after;
            }
            (byte, _) => bytes.push(*byte),
        }
    }
    of_bytes(bytes)
}

#[cfg(unix)]
fn of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    fn path(bytes: &[u8]) -> &Path {
        Path::new(OsStr::from_bytes(bytes))
    }

    #[test]
    fn bytes_are_shown_and_told_apart() {
        assert_eq!(shown(path(b"/logs/caf\xe9.json")), r"/logs/caf\xE9.json");
        assert_eq!(key(path("/logs/café.json".as_bytes())), "/logs/café.json");
        assert_eq!(key(path(b"/logs/caf\xe9.json")), r"bytes:/logs/caf\xE9.json");
        assert_eq!(key(path(br"/logs/caf\xE9.json")), r"/logs/caf\xE9.json");
        assert_eq!(key(path(b"/a\\xE9\xe8")), r"bytes:/a\\xE9\xE8");
    }

    proptest! {
        #[test]
        fn keys_are_as_different_as_paths(
            one in proptest::collection::vec(prop_oneof![Just(b'\\'), Just(b'x'), Just(b'E'), Just(b'9'), Just(0xe9_u8), 1_u8..], 0..8),
            other in proptest::collection::vec(prop_oneof![Just(b'\\'), Just(b'x'), Just(b'E'), Just(b'9'), Just(0xe9_u8), 1_u8..], 0..8),
        ) {
            let (one, other) = ([&b"/"[..], &one].concat(), [&b"/"[..], &other].concat());
            prop_assert_eq!(key(path(&one)) == key(path(&other)), one == other);
            prop_assert_eq!(path_of(&key(path(&one))).unwrap(), path(&one));
        }
    }
}
