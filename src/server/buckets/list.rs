//! Lists of objects, page by page: S3's prefixes, delimiters and where a page begins.

use super::walk::{Bound, Found, Walk};
use super::{Bucket, BucketError};
use std::fs;
use std::time::SystemTime;

/// Which objects a list has.
#[derive(Debug, Clone, Copy)]
pub struct ListQuery<'a> {
    /// What their keys begin with.
    pub prefix: &'a str,
    /// Keys that have it behind the prefix are told as one item each: as far as it, and with it. Empty for none.
    pub delimiter: &'a str,
    /// Items greater than this one, in the order of bytes.
    pub after: Option<&'a str>,
    /// As many, at most.
    pub limit: usize,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// In the order of the bytes of their keys and prefixes.
    pub items: Vec<Item>,
    /// Whether there are more.
    pub is_truncated: bool,
}

/// What is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An object.
    Object {
        /// Its key.
        key: String,
        /// Its bytes.
        size: u64,
        /// When it was written.
        modified: SystemTime,
    },
    /// The beginning of keys that are told together.
    Prefix(String),
}

impl Item {
    /// The key or prefix, after which a next page begins.
    pub fn text(&self) -> &str {
        match self {
            Self::Object { key, .. } => key,
            Self::Prefix(prefix) => prefix,
        }
    }
}

impl ListQuery<'_> {
    /// The prefix with which a key is told together with others.
    fn group<'k>(&self, key: &'k str) -> Option<&'k str> {
        if self.delimiter.is_empty() {
            return None;
        }
        let at = key.get(self.prefix.len()..)?.find(self.delimiter)?;
        key.get(..self.prefix.len() + at + self.delimiter.len())
    }

    /// Where the walk begins. What is told together is told before it is gone beyond, so none of it comes again.
    fn start(&self) -> Bound {
        let Some(after) = self.after else { return Bound::Nowhere };
        let group = after.starts_with(self.prefix).then(|| self.group(after)).flatten();
        match group {
            Some(group) => Bound::Beyond(group.to_owned()),
            None => Bound::After(after.to_owned()),
        }
    }
}

impl Bucket {
    /// Lists objects. It takes time by the folders on the way to the page and by its items, not by those before it.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn list(&self, query: &ListQuery<'_>) -> Result<Listing, BucketError> {
        let mut walk = Walk::new(self, query.prefix, query.start());
        let mut items = Vec::new();
        if query.limit == 0 {
            // S3 does not look whether there are any where none are wanted.
            return Ok(Listing { items, is_truncated: false });
        }
        while let Some(found) = walk.next()? {
            let Some(item) = self.item(&mut walk, query, found)? else { continue };
            if items.len() == query.limit {
                return Ok(Listing { items, is_truncated: true });
            }
            items.push(item);
        }
        Ok(Listing { items, is_truncated: false })
    }

    /// What is told of a file or folder; `None` for what is told by what follows, and for what is gone.
    fn item(
        &self,
        walk: &mut Walk<'_>,
        query: &ListQuery<'_>,
        found: Found,
    ) -> Result<Option<Item>, BucketError> {
        let (Found::Folder(text) | Found::File(text)) = &found;
        if let Some(group) = query.group(text) {
            // A folder without files has no keys.
            if matches!(&found, Found::Folder(folder) if !walk.has_files(folder)?) {
                return Ok(None);
            }
            walk.skip(group);
            return Ok(Some(Item::Prefix(group.to_owned())));
        }
        match found {
            Found::Folder(folder) => {
                walk.enter(folder);
                Ok(None)
            }
            Found::File(key) => Ok(self.object(key)),
        }
    }

    fn object(&self, key: String) -> Option<Item> {
        let found = fs::metadata(self.folder.join(&key)).ok().filter(fs::Metadata::is_file)?;
        Some(Item::Object { key, size: found.len(), modified: found.modified().ok()? })
    }
}

#[cfg(test)]
mod tests;
