//! Records without their text: what is kept of it, and how it is put together again.
//!
//! The columns of a record hold nearly all of its content. What they lack is its *shape*: the names and order of its
//! members, punctuation and white space, and how each value is spelled. Few shapes stand for many records, so a
//! dictionary makes them cheap. Values that no column gives as they were spelled are the record's *rest*.
//!
//! * `shape` is the language of shapes;
//! * `sketch` takes down the shape and the rest of a record while it is shredded;
//! * `spelling` tells how values are written, for both directions;
//! * [`fields`] finds the columns that a shape names in arrays;
//! * [`rebuild`] puts the text together;
//! * `proof` makes the columns of it, and proves them.
//!
//! A shredder puts every record together once and compares the bytes. Where they differ, the record is its own rest.

pub mod fields;
pub(super) mod proof;
pub mod rebuild;
pub(super) mod shape;
pub(super) mod sketch;
pub(super) mod spelling;

pub use proof::DIGEST_BYTES;

/// Ends each but the last piece of a rest. No JSON text has it, so a piece that does makes the proof fail.
const SEPARATOR: u8 = 0x1F;

#[cfg(test)]
mod tests;
