//! Finds files, opens them whatever they are packed in, and reads the records inside their container.
//!
//! The container is recognised by its bytes, never by its name: a trail log file
//! (`{"Records":[...]}`), a bare array, JSON Lines, one record, or several of these one after the
//! other; pretty-printed or not, with a byte order mark or without, compressed or not, in archives
//! or not. Records are read inside the container as a stream, so that a file may be larger than
//! the memory.
//!
//! * [`mod@discover`] turns paths, folders, patterns and `-` into sources;
//! * [`Objects`] is where the bytes of sources come from that are not on this machine;
//! * [`opener`] opens one source and hands out its documents, of which an archive has several;
//! * `packing` recognises what they are packed in, and `unpack` unpacks it;
//! * [`input`] is one document as a growing window of bytes;
//! * `container` says what may be found there, and who receives it;
//! * [`records`] walks the container and hands out one record at a time;
//! * `recovery` finds the next record after a damaged one;
//! * `csv` and `columns` read tables as JSON Lines;
//! * `inside` finds the records inside what other programs wrap them in;
//! * [`ruby`] reads a record printed as a Ruby hash;
//! * [`wrapper`] names what records are wrapped in, and what is not read.

mod columns;
mod container;
mod csv;
mod delivery;
pub mod discover;
mod document;
mod fault;
pub mod input;
mod inside;
mod live;
mod names;
mod objects;
pub mod opener;
mod packing;
mod pattern;
pub mod records;
mod recovery;
pub mod ruby;
mod unpack;
pub mod wrapper;

pub use container::{Damage, Record, Reject, Replaced, Sink};
pub use delivery::{Deliveries, Listing};
pub use discover::{
    DiscoverError, Discovery, Location, Source, discover, discover_below, discover_except,
    discover_within, read_pattern,
};
pub use document::{Content, Document};
pub use fault::{Fault, FaultKind};
pub use input::Input;
pub use names::{path_of, shown};
pub use objects::Objects;
pub use opener::Opener;
pub use packing::Packing;
pub use pattern::Pattern;
pub use records::read_records;
