//! Apache ORC v1 files, after the specification at <https://orc.apache.org/specification/ORCv1/>.
//!
//! A file is a row of stripes and a tail. A stripe has index streams (statistics and positions for
//! every row group of 10,000 rows, bloom filters), data streams (several for each column) and a
//! footer that lists them. The tail tells types, stripes and statistics.
//!
//! [`schema`] is the tree of types, [`codec`] the compression of streams, `bloom` the hashes of bloom
//! filters, `checksum` an addition of ours; [`mod@write`] and [`read`] are the two directions. They share
//! nothing else, so that one can be held against the other.

mod bloom;
mod checksum;
pub mod codec;
pub mod error;
pub mod read;
pub mod schema;
#[cfg(test)]
mod testing;
pub mod write;

pub use error::OrcError;
