//! What a container holds: records and what is not one, the places of the walk through it, and who
//! receives what is found.

use super::fault::FaultKind;
use crate::json::Member;

/// One JSON object of a container; its grammar and its UTF-8 are checked.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The window that `members` point into.
    pub window: &'a [u8],
    /// Where the object begins and ends in the window.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Its own members, in order.
    pub members: &'a [Member],
    /// Where it begins in the unpacked source, in bytes from 0.
    pub position: u64,
}

impl Record<'_> {
    /// Returns the object's text.
    pub fn text(&self) -> &[u8] {
        &self.window[self.start..self.end]
    }
}

/// A stretch of the source that cannot be a record.
#[derive(Debug, Clone, Copy)]
pub struct Reject<'a> {
    /// Where it begins in the unpacked source, in bytes from 0.
    pub position: u64,
    /// Its bytes.
    pub text: &'a [u8],
    /// What is wrong, and where in the source.
    pub reason: &'a str,
    /// How many records it may have held; 0 for punctuation between records.
    pub records: u64,
}

/// Text that is not UTF-8, inside a record that was handed out nevertheless.
#[derive(Debug, Clone, Copy)]
pub struct Replaced<'a> {
    /// Where the first such byte is in the unpacked source, from 0.
    pub position: u64,
    /// The first run of such bytes.
    pub bytes: &'a [u8],
    /// How many runs there are; U+FFFD stands for each.
    pub runs: usize,
}

/// Receives the records of a container, and decides what is a record.
pub trait Sink {
    /// Takes a record. Returns false to stop reading.
    fn record(&mut self, record: Record<'_>) -> bool;
    /// Takes a stretch that is not a record.
    fn reject(&mut self, reject: Reject<'_>);
    /// Takes note of what the record that comes next stands in. A sink that does not report it ignores it.
    fn container(&mut self, _name: &'static str) {}
    /// Takes note that the record that comes next has had bytes replaced.
    fn replaced(&mut self, replaced: Replaced<'_>);
    /// Whether a record may have a member of this name.
    fn knows_member(&self, name: &[u8]) -> bool;
    /// Whether an object with these members, in `bytes`, is a record.
    fn is_record(&self, bytes: &[u8], members: &[Member]) -> bool;
}

/// Why a source could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where reading stopped in the unpacked source, in bytes from 0.
    pub position: u64,
    /// What is wrong there.
    pub reason: String,
    /// What kind of damage it is.
    pub kind: FaultKind,
}

/// Where the walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Between whole documents.
    Top,
    /// Inside an array of records; inside a member of an object, such as `Records`, too?
    Array { in_object: bool },
    /// Behind a `Records` array, among the other members of its object.
    Tail,
}
