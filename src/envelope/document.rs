//! What a source consists of: itself, or the files of an archive.

use super::delivery;
use super::discover::{Source, claims_json};
use super::fault::Fault;
use super::input::Input;
use super::packing::Packing;
use std::io;
use std::path::Path;

/// A file, or a file in an archive.
#[derive(Debug)]
pub struct Document<'a> {
    /// Its path in the archive, as people read it; `None` for the source itself. A file in an archive in an archive has
    /// both paths, with `!` between them.
    pub name: Option<&'a str>,
    /// What there is of it.
    pub content: Content<'a>,
}

/// What there is of a document.
#[derive(Debug)]
pub enum Content<'a> {
    /// Its text.
    Text(Input<'a>),
    /// Nothing: it is packed in a way that is not read.
    Refused(Packing),
    /// Nothing: the system could not read it.
    Unreadable(io::Error),
    /// An archive that is damaged outside its files, those before the damage being documents of their own.
    Damaged(Fault),
}

impl Document<'_> {
    /// Returns where it is, for people: `FILE`, or `ARCHIVE!path/in/it`.
    pub fn location(&self, source: &Source) -> String {
        self.below(&source.location.to_string())
    }

    /// Returns where it is when its source is at `place`.
    pub fn below(&self, place: &str) -> String {
        match self.name {
            Some(name) => format!("{place}!{name}"),
            None => place.to_owned(),
        }
    }

    /// Returns when it was delivered, in milliseconds since 1970 UTC: as its own name tells, else as its source does.
    pub fn delivered_millis(&self, source: &Source) -> Option<i64> {
        let of_name = self.name.and_then(|name| delivery::named_millis(Path::new(name)));
        of_name.or_else(|| source.delivered_millis())
    }

    /// Whether the name says that JSON is inside, so that anything else is a failure. The files that macOS puts beside
    /// others, in archives above all, have the names of these and claim nothing.
    pub fn claims_json(&self, source: &Source) -> bool {
        if matches!(self.content, Content::Refused(packing) if packing.is_side_file()) {
            return self.name.is_none() && source.named;
        }
        match self.name {
            None => source.claims_json(),
            Some(name) => claims_json(name.rsplit(['/', '\\', '!']).next().unwrap_or(name)),
        }
    }
}
