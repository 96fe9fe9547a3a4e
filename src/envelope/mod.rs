//! Finds files, opens them whatever their compression, and reads the records inside their container.
//!
//! The container is recognised by its bytes, never by its name: a trail log file
//! (`{"Records":[...]}`), a bare array, JSON Lines, one record, or several of these one after the
//! other; pretty-printed or not, with a byte order mark or without, in one or several gzip members
//! or in none. Records are read inside the container as a stream, so that a file may be larger than
//! the memory.
//!
//! * [`mod@discover`] turns paths, folders, patterns and `-` into sources;
//! * [`input`] opens one source as a growing window of bytes;
//! * `container` says what may be found there, and who receives it;
//! * [`records`] walks the container and hands out one record at a time;
//! * `recovery` finds the next record after a damaged one;
//! * `inside` finds the records inside what other programs wrap them in;
//! * [`ruby`] reads a record printed as a Ruby hash;
//! * [`wrapper`] names what records are wrapped in, and what is not read.

mod container;
pub mod discover;
mod fault;
mod gunzip;
pub mod input;
mod inside;
mod live;
mod names;
mod packing;
mod pattern;
pub mod records;
mod recovery;
pub mod ruby;
pub mod wrapper;

pub use container::{Damage, Record, Reject, Replaced, Sink};
pub use discover::{DiscoverError, Discovery, Location, Source, discover, discover_except};
pub use fault::{Fault, FaultKind};
pub use input::{Input, Opener};
pub use names::shown;
pub use packing::Packing;
pub use records::read_records;
