//! Patterns of paths: `*`, `?` and `[...]` within a name, `**` for any number of folders.
//!
//! Names are compared letter by letter; a byte that is not UTF-8 counts as a letter.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A letter, or a byte that belongs to none, above all letters.
type Letter = u32;

const LONE_BYTE: Letter = 0x11_0000;

/// A pattern of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// What stands before the first special letter; may be empty.
    base: PathBuf,
    parts: Vec<Part>,
}

/// What one component of a path must be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Any number of folders: `**`.
    Folders,
    /// One name.
    Name(Vec<Token>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Exactly(Letter),
    /// `?`
    One,
    /// `*`
    Many,
    /// `[a-z]`, or with `!` what is not in it.
    Set {
        not: bool,
        ranges: Vec<(Letter, Letter)>,
    },
}

impl Pattern {
    /// Whether a path has a special character in it.
    pub fn is_pattern(path: &Path) -> bool {
        path.as_os_str().as_encoded_bytes().iter().any(|byte| b"*?[".contains(byte))
    }

    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong in it, as the end of a sentence.
    pub fn new(pattern: &Path) -> Result<Self, String> {
        let (mut base, mut parts) = (PathBuf::new(), Vec::new());
        for component in pattern.components() {
            let name = component.as_os_str();
            let literal =
                !matches!(component, Component::Normal(_)) || !Self::is_pattern(Path::new(name));
            if parts.is_empty() && literal {
                base.push(name);
            } else {
                parts.push(part(name)?);
            }
        }
        Ok(Self { base, parts })
    }

    /// Returns the folder that all paths of the pattern are in.
    pub fn base(&self) -> &Path {
        &self.base
    }

    /// Hands every path that is there and matches to `found`, and what cannot be looked into.
    pub(super) fn expand(&self, found: &mut dyn FnMut(Result<PathBuf, (PathBuf, io::Error)>)) {
        expand(&self.base, &self.parts, found);
    }

    /// Whether the pattern means `path`, or a folder that it is in. A pattern of one name means
    /// every file and folder of that name.
    pub fn matches_path(&self, path: &Path) -> bool {
        let names: Vec<_> = path.components().map(|c| letters(c.as_os_str())).collect();
        let mut parts: Vec<_> = self
            .base
            .components()
            .filter(|c| !matches!(c, Component::CurDir))
            .map(|c| Part::Name(letters(c.as_os_str()).into_iter().map(Token::Exactly).collect()))
            .collect();
        parts.extend(self.parts.iter().cloned());
        match &parts[..] {
            [] => false,
            [Part::Name(tokens)] => names.iter().any(|name| matches(tokens, name)),
            parts => matches_start(parts, &names),
        }
    }
}

fn letters(name: &OsStr) -> Vec<Letter> {
    let mut letters = Vec::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        letters.extend(chunk.valid().chars().map(Letter::from));
        letters.extend(chunk.invalid().iter().map(|byte| LONE_BYTE + Letter::from(*byte)));
    }
    letters
}

fn part(name: &OsStr) -> Result<Part, String> {
    let letters = letters(name);
    let is = |letter: Option<&Letter>, c: char| letter.copied() == Some(Letter::from(c));
    if name == "**" {
        return Ok(Part::Folders);
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        at += 1;
        if is(Some(letter), '*') {
            if is(letters.get(at), '*') {
                return Err("'**' stands for folders, between separators only".to_owned());
            }
            tokens.push(Token::Many);
        } else if is(Some(letter), '?') {
            tokens.push(Token::One);
        } else if is(Some(letter), '[') {
            let not = is(letters.get(at), '!');
            let from = at + usize::from(not);
            // Directly after the bracket a closing one stands for itself.
            let close = letters.iter().skip(from + 1).position(|l| is(Some(l), ']'));
            let Some(close) = close.map(|place| from + 1 + place) else {
                return Err("'[' without ']'".to_owned());
            };
            tokens.push(Token::Set { not, ranges: ranges(&letters[from..close]) });
            at = close + 1;
        } else {
            tokens.push(Token::Exactly(*letter));
        }
    }
    Ok(Part::Name(tokens))
}

fn ranges(mut letters: &[Letter]) -> Vec<(Letter, Letter)> {
    let dash = Letter::from('-');
    let mut ranges = Vec::new();
    while let Some(first) = letters.first() {
        let (last, count) = match letters {
            [_, middle, last, ..] if *middle == dash => (last, 3),
            _ => (first, 1),
        };
        ranges.push((*first, *last));
        letters = &letters[count..];
    }
    ranges
}

impl Token {
    fn matches(&self, letter: Letter) -> bool {
        match self {
            Self::Exactly(wanted) => *wanted == letter,
            Self::One | Self::Many => true,
            Self::Set { not, ranges } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter)) != *not
            }
        }
    }
}

/// Whether a name is what `tokens` say. Only the last `*` is tried again, which is enough.
fn matches(tokens: &[Token], name: &[Letter]) -> bool {
    let (mut token, mut at) = (0, 0);
    let mut again: Option<(usize, usize)> = None;
    loop {
        match tokens.get(token) {
            Some(Token::Many) => {
                again = Some((token + 1, at));
                token += 1;
                continue;
            }
            Some(wanted) if name.get(at).is_some_and(|letter| wanted.matches(*letter)) => {
                token += 1;
                at += 1;
                continue;
            }
            None if at == name.len() => return true,
            _ => {}
        }
        match &mut again {
            Some((behind, from)) if *from < name.len() => {
                *from += 1;
                (token, at) = (*behind, *from);
            }
            _ => return false,
        }
    }
}

/// Whether the first of `names`, or all of them, are what `parts` say.
fn matches_start(parts: &[Part], names: &[Vec<Letter>]) -> bool {
    match (parts, names) {
        ([], _) => true,
        ([Part::Folders], names) => !names.is_empty(),
        ([Part::Folders, rest @ ..], names) => {
            (0..=names.len()).any(|folders| matches_start(rest, &names[folders..]))
        }
        ([Part::Name(tokens), rest @ ..], [name, names @ ..]) => {
            matches(tokens, name) && matches_start(rest, names)
        }
        ([Part::Name(_), ..], []) => false,
    }
}

fn expand(
    base: &Path,
    parts: &[Part],
    found: &mut dyn FnMut(Result<PathBuf, (PathBuf, io::Error)>),
) {
    let Some((part, rest)) = parts.split_first() else {
        if base.as_os_str().is_empty() {
            found(Ok(PathBuf::from(".")));
        } else if fs::symlink_metadata(base).is_ok() {
            found(Ok(base.to_owned()));
        }
        return;
    };
    if *part == Part::Folders {
        expand(base, rest, found);
        if rest.is_empty() {
            return; // a folder stands for everything below it
        }
    }
    let mut entries = match entries(base) {
        Ok(entries) => entries,
        Err(error) if is_no_folder(&error) => return,
        Err(error) => return found(Err((base.to_owned(), error))),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = base.join(entry.file_name());
        match part {
            // Not through links, which may lead back.
            Part::Folders if entry.file_type().is_ok_and(|kind| kind.is_dir()) => {
                expand(&path, parts, found);
            }
            Part::Name(tokens) if matches(tokens, &letters(&entry.file_name())) => {
                expand(&path, rest, found);
            }
            Part::Folders | Part::Name(_) => {}
        }
    }
}

fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    fs::read_dir(folder)?.collect()
}

fn is_no_folder(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one_name(pattern: &str, name: &str) -> bool {
        match part(pattern.as_ref()).unwrap() {
            Part::Folders => true,
            Part::Name(tokens) => matches(&tokens, &letters(name.as_ref())),
        }
    }

    #[test]
    fn names_match() {
        for (pattern, name, want) in [
            ("*.json", "a.json", true),
            ("*.json", "a.json.gz", false),
            ("*", "", true),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbX", false),
            ("?", "é", true),
            ("?", "", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]x", "]x", true),
            ("[a-]x", "-x", true),
            ("2026-0[12]*", "2026-02-30", true),
        ] {
            assert_eq!(one_name(pattern, name), want, "{pattern} {name}");
        }
        for wrong in ["a[", "a[]", "a**b", "***"] {
            assert!(Pattern::new(Path::new(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn files_and_the_folders_above_them_are_covered() {
        for (pattern, path, want) in [
            ("*.tmp", "a/b/c.tmp", true),
            ("c.tmp", "a/b/c.tmp", true),
            ("CloudTrail-Digest", "a/CloudTrail-Digest/c.json", true),
            ("a/b", "a/b/c.tmp", true),
            ("a/b", "x/a/b/c.tmp", false),
            ("**/b/*.tmp", "x/a/b/c.tmp", true),
            ("a/*.tmp", "a/b/c.tmp", false),
            ("./a/*", "a/b/c.tmp", true),
            ("a/**", "a/b/c.tmp", true),
            ("**/c.tmp", "c.tmp", true),
            (".", "a", false),
        ] {
            let got = Pattern::new(Path::new(pattern)).unwrap().matches_path(Path::new(path));
            assert_eq!(got, want, "{pattern} {path}");
        }
    }

    #[test]
    fn paths_that_are_there_are_found() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        for file in ["a/1.json", "a/b/2.json", "a/b/2.txt", "3.json"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        let expanded = |pattern: &str| {
            let mut paths = Vec::new();
            Pattern::new(&dir.path().join(pattern)).unwrap().expand(&mut |found| {
                let path = found.unwrap();
                paths.push(path.strip_prefix(dir.path()).unwrap().display().to_string());
            });
            paths
        };
        assert_eq!(expanded("**/*.json"), ["3.json", "a/1.json", "a/b/2.json"]);
        assert_eq!(expanded("*/*"), ["a/1.json", "a/b"]);
        assert_eq!(expanded("a/**"), ["a"]);
        assert_eq!(expanded("*/b/2.*"), ["a/b/2.json", "a/b/2.txt"]);
        assert_eq!(expanded("*/c/2.*"), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_letters() {
        use std::os::unix::ffi::OsStrExt;
        let name = OsStr::from_bytes(b"caf\xe9.json");
        let matches_path = |pattern: &[u8]| {
            Pattern::new(Path::new(OsStr::from_bytes(pattern)))
                .unwrap()
                .matches_path(Path::new(name))
        };
        assert!(matches_path(b"caf?.json") && matches_path(b"*.json") && matches_path(b"*\xe9*"));
        assert!(!matches_path(b"*\xe8*") && !matches_path(b"caf.json"));
    }

    proptest! {
        #[test]
        fn a_name_matches_itself_with_parts_replaced(before in "[a-c]{0,5}", middle in "[a-c]{0,5}", after in "[a-c]{0,5}") {
            let name = format!("{before}{middle}{after}");
            let pattern = format!("{before}*{after}");
            prop_assert!(one_name(&pattern, &name));
        }
    }
}
