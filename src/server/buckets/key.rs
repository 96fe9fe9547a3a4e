//! Keys of objects, and the files that they are.

use crate::store::{UNFINISHED_PREFIX, UNFINISHED_SUFFIX};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What the name of a file of metadata ends with.
const METADATA: &str = ".metadata.json";

/// Returns the file of a key below `folder`; `None` for a key that is none of a file there: with `..`, empty or absolute
/// parts, with characters that mean something else in a path, or of a hidden file of ours.
pub fn path_of(folder: &Path, key: &str) -> Option<PathBuf> {
    let name = key.rsplit('/').next()?;
    let is_file = key.split('/').all(is_part) && !is_hidden(name);
    is_file.then(|| folder.join(key))
}

/// Returns the folder below `folder` in which keys begin with `prefix`, which is empty or ends with a slash; `None` if no
/// key can.
pub(super) fn folder_of(folder: &Path, prefix: &str) -> Option<PathBuf> {
    let Some(parts) = prefix.strip_suffix('/') else { return Some(folder.to_owned()) };
    parts.split('/').all(is_part).then(|| folder.join(parts))
}

/// Whether a text may be the name of a file or folder in a key.
pub(super) fn is_part(part: &str) -> bool {
    !part.is_empty()
        && part != "."
        && part != ".."
        && !part.contains('\0')
        && !(cfg!(windows) && part.contains(['\\', ':']))
}

/// Whether a file is none that a bucket shows: metadata of an object, or one that is not whole yet.
pub fn is_hidden(name: &str) -> bool {
    let is_unfinished = name.starts_with(UNFINISHED_PREFIX) && name.ends_with(UNFINISHED_SUFFIX);
    is_unfinished || name.starts_with('.') && name.ends_with(METADATA)
}

/// Returns the file of the metadata of the object in the file `path`.
pub(super) fn metadata_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(METADATA);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_below_their_folder() {
        let folder = Path::new("/logs");
        for key in ["a", "a/b", "..a", "a/.b", "é", "a b", ".metadata"] {
            assert_eq!(path_of(folder, key), Some(folder.join(key)), "{key}");
        }
        for key in
            ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a\0", ".a.metadata.json"]
        {
            assert_eq!(path_of(folder, key), None, "{key}");
        }
    }

    #[test]
    fn folders_of_prefixes_are_below_their_folder() {
        let folder = Path::new("/logs");
        assert_eq!(folder_of(folder, ""), Some(folder.to_owned()));
        assert_eq!(folder_of(folder, "a/b/"), Some(folder.join("a/b")));
        for prefix in ["/", "//", "../", "a/../", "a//", "./", "a\0/"] {
            assert_eq!(folder_of(folder, prefix), None, "{prefix}");
        }
    }

    #[test]
    fn metadata_are_beside_their_object() {
        let path = metadata_path(Path::new("/logs/a/b.json.gz"));
        assert_eq!(path, Path::new("/logs/a/.b.json.gz.metadata.json"));
        assert!(is_hidden(".b.json.gz.metadata.json") && is_hidden(".traillake-1.tmp"));
        assert!(!is_hidden("b.metadata.json") && !is_hidden(".b") && !is_hidden("x.tmp"));
    }
}
