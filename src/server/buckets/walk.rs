//! The files of a bucket in the order of their keys, folder by folder, as far as somebody asks for them.
//!
//! Keys are in the order of their bytes. Of two names in one folder that is the order of the names, that of a folder with
//! its slash: `a-b` and `a.json` come before what is in `a`. So each folder is sorted for itself, and no more is read than
//! the folders on the way; of a folder with many files no more than some names are kept, and it is read again beyond them.

use super::key::{folder_of, is_hidden, is_part};
use super::{Bucket, BucketError, is_absent};
use std::collections::BinaryHeap;
use std::fs;
use std::path::{Path, PathBuf};

/// Names of a folder that are kept at a time: somewhat more than a page of a list.
const KEPT: usize = 1_024;

/// From where on keys are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bound {
    /// All.
    Nowhere,
    /// Those greater than this one.
    After(String),
    /// Those greater than this text that do not begin with it.
    Beyond(String),
}

/// What a walk comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A folder, as the beginning of keys: with its slash. What is in it is passed over unless it is entered.
    Folder(String),
    /// A file, by its key.
    File(String),
}

/// A walk through a bucket.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    bucket: &'a Bucket,
    prefix: &'a str,
    start: Bound,
    /// The folders on the way, each in the one before.
    open: Vec<Open>,
    #[cfg(test)]
    pub(super) reads: usize,
}

/// A folder on the way.
#[derive(Debug)]
struct Open {
    path: PathBuf,
    /// What its keys begin with.
    prefix: String,
    /// From where on names are wanted that were not read yet.
    bound: Bound,
    /// The next names, the last one first.
    names: Vec<Name>,
    /// Whether there may be more beyond them.
    is_cut: bool,
}

/// A file, or with its slash a folder.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name(String);

impl Bound {
    /// The same for names in the folder of keys with `prefix`; `None` if none of them is wanted.
    fn within(&self, prefix: &str) -> Option<Self> {
        let (text, is_beyond) = match self {
            Self::Nowhere => return Some(Self::Nowhere),
            Self::After(text) => (text, false),
            Self::Beyond(text) => (text, true),
        };
        if is_beyond && prefix.starts_with(text.as_str()) {
            return None;
        }
        let rest = text.strip_prefix(prefix).map(str::to_owned);
        match (rest, is_beyond) {
            (Some(rest), false) => Some(Self::After(rest)),
            (Some(rest), true) => Some(Self::Beyond(rest)),
            (None, _) => (prefix > text.as_str()).then_some(Self::Nowhere),
        }
    }

    /// Whether a name is wanted; of a folder, whether anything in it may be.
    fn allows(&self, name: &str) -> bool {
        let leads_to = |text: &str| name.ends_with('/') && text.starts_with(name);
        match self {
            Self::Nowhere => true,
            Self::After(text) => name > text.as_str() || leads_to(text),
            Self::Beyond(text) => {
                !name.starts_with(text.as_str()) && (name > text.as_str() || leads_to(text))
            }
        }
    }

    /// Beyond a name that was come to.
    fn past(name: &Name) -> Self {
        match name.0.ends_with('/') {
            true => Self::Beyond(name.0.clone()),
            false => Self::After(name.0.clone()),
        }
    }
}

impl<'a> Walk<'a> {
    /// Begins a walk over the keys with a prefix.
    pub(super) fn new(bucket: &'a Bucket, prefix: &'a str, start: Bound) -> Self {
        let mut walk = Self {
            bucket,
            prefix,
            start,
            open: Vec::new(),
            #[cfg(test)]
            reads: 0,
        };
        let (folder, _) = prefix.split_at(prefix.rfind('/').map_or(0, |at| at + 1));
        if let Some(path) = folder_of(&bucket.folder, folder) {
            walk.open(path, folder.to_owned());
        }
        walk
    }

    /// Goes on to the next file or folder.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(super) fn next(&mut self) -> Result<Option<Found>, BucketError> {
        while let Some(open) = self.open.last_mut() {
            if open.names.is_empty() && open.is_cut {
                open.read(self.bucket, self.prefix)?;
                #[cfg(test)]
                (self.reads += 1);
            }
            let Some(name) = open.names.pop() else {
                self.open.pop();
                continue;
            };
            open.bound = Bound::past(&name);
            let key = format!("{}{}", open.prefix, name.0);
            let is_folder = key.ends_with('/');
            return Ok(Some(if is_folder { Found::Folder(key) } else { Found::File(key) }));
        }
        Ok(None)
    }

    /// Goes on with what is in the folder that was found last.
    pub(super) fn enter(&mut self, folder: String) {
        if let Some(path) = folder_of(&self.bucket.folder, &folder)
            && !leads_back(&path, &self.bucket.folder)
        {
            self.open(path, folder);
        }
    }

    /// Goes on beyond all keys that begin with `prefix`, which what was found last does.
    pub(super) fn skip(&mut self, prefix: &str) {
        while self.open.last().is_some_and(|open| open.prefix.starts_with(prefix)) {
            self.open.pop();
        }
        let Some(open) = self.open.last_mut() else { return };
        if let Some(rest) = prefix.strip_prefix(open.prefix.as_str()) {
            open.names.retain(|name| !name.0.starts_with(rest));
            open.bound = Bound::Beyond(rest.to_owned());
        }
    }

    /// Whether there is a file in a folder, or in one below.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(super) fn has_files(&self, folder: &str) -> Result<bool, BucketError> {
        let mut paths: Vec<_> = folder_of(&self.bucket.folder, folder).into_iter().collect();
        while let Some(path) = paths.pop() {
            if leads_back(&path, &self.bucket.folder) {
                continue;
            }
            for name in names(self.bucket, &path)? {
                match name?.0.strip_suffix('/') {
                    Some(folder) => paths.push(path.join(folder)),
                    None => return Ok(true),
                }
            }
        }
        Ok(false)
    }

    fn open(&mut self, path: PathBuf, prefix: String) {
        if let Some(bound) = self.start.within(&prefix) {
            self.open.push(Open { path, prefix, bound, names: Vec::new(), is_cut: true });
        }
    }
}

impl Open {
    /// Reads the next names: the first ones within the bound.
    fn read(&mut self, bucket: &Bucket, prefix: &str) -> Result<(), BucketError> {
        // What names must begin with where the prefix ends in the middle of them.
        let wanted = prefix.get(self.prefix.len()..).unwrap_or_default();
        let mut kept = BinaryHeap::<Name>::new();
        self.is_cut = false;
        for name in names(bucket, &self.path)? {
            let name = name?;
            if !name.0.starts_with(wanted) || !self.bound.allows(&name.0) {
                continue;
            }
            if kept.len() < KEPT {
                kept.push(name);
                continue;
            }
            self.is_cut = true;
            if let Some(mut last) = kept.peek_mut()
                && name < *last
            {
                *last = name;
            }
        }
        self.names = kept.into_sorted_vec();
        self.names.reverse();
        Ok(())
    }
}

/// The names in a folder, in no order; none if it is no folder, or gone. What no key can name is left out: names that are
/// not UTF-8, hidden files, and what is neither a file nor a folder.
fn names(
    bucket: &Bucket,
    folder: &Path,
) -> Result<impl Iterator<Item = Result<Name, BucketError>>, BucketError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if is_absent(&error) => None,
        read => Some(read.map_err(|error| bucket.failed(folder, error))?),
    };
    let named = move |entry: std::io::Result<fs::DirEntry>| {
        entry.map(|entry| name_of(&entry)).map_err(|error| bucket.failed(folder, error)).transpose()
    };
    Ok(entries.into_iter().flatten().filter_map(named))
}

fn name_of(entry: &fs::DirEntry) -> Option<Name> {
    let mut name = entry.file_name().into_string().ok().filter(|name| is_part(name))?;
    let mut kind = entry.file_type().ok()?;
    if kind.is_symlink() {
        kind = fs::metadata(entry.path()).ok()?.file_type();
    }
    if kind.is_dir() {
        name.push('/');
        return Some(Name(name));
    }
    (kind.is_file() && !is_hidden(&name)).then_some(Name(name))
}

/// Whether a folder is a link to one in which it is, so that a walk would go round in it for ever.
fn leads_back(path: &Path, bucket: &Path) -> bool {
    if !path.is_symlink() {
        return false;
    }
    let Ok(target) = fs::canonicalize(path) else { return true };
    let above = path.ancestors().skip(1).take_while(|above| above.starts_with(bucket));
    above.map(fs::canonicalize).any(|above| above.is_ok_and(|above| above == target))
}
