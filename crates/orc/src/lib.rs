//! Apache ORC v1 files, after the specification at <https://orc.apache.org/specification/ORCv1/>, as Arrow
//! arrays.
//!
//! A file is a row of stripes and a tail. A stripe has index streams (statistics and positions for
//! every row group of 10,000 rows, bloom filters), data streams (several for each column) and a
//! footer that lists them. The tail has the types, the stripes and statistics.
//!
//! # Example
//!
//! Write a file, and read a column of it back, skipping those parts that cannot hold a value:
//!
//! ```
//! use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
//! use arrow::datatypes::{DataType, Int64Type};
//! use bytes::Bytes;
//! use std::sync::Arc;
//! use traillake_orc::OrcError;
//! use traillake_orc::read::{Batches, Metadata, ReadAt, StripeReader};
//! use traillake_orc::write::{Options, Writer};
//!
//! # fn main() -> Result<(), OrcError> {
//! let ids = StringArray::from_iter_values((0..25_000).map(|n| format!("id-{n}")));
//! let numbers = Int64Array::from_iter_values(0..25_000);
//! let columns = [("id", Arc::new(ids) as ArrayRef), ("n", Arc::new(numbers))];
//! let batch = RecordBatch::try_from_iter(columns)?;
//! let options = Options { bloom_columns: vec!["id".to_owned()], ..Options::default() };
//! let mut writer = Writer::new(Vec::new(), batch.schema(), options)?;
//! writer.write(&batch)?;
//! let file: Arc<dyn ReadAt> = Arc::new(Bytes::from(writer.finish()?));
//!
//! // All rows of some columns ...
//! let rows: usize = Batches::new(Arc::clone(&file), &["n"])?
//!     .map(|batch| batch.map(|batch| batch.num_rows()))
//!     .sum::<Result<_, _>>()?;
//! assert_eq!(rows, 25_000);
//!
//! // ... or some rows of one: those row groups whose bloom filters let a text pass.
//! let metadata = Metadata::read(&*file)?;
//! let stripe = metadata.stripe(&*file, 0)?;
//! let (tail, counter) = (Arc::clone(&metadata.tail), Arc::default());
//! let reader = StripeReader::new(file, tail, stripe, counter)?;
//! let id = metadata.tail.root.find(["id"]).map_or(0, |column| column.id);
//! let filters = reader.bloom_filters(id)?.ok_or(OrcError::Unsupported("no filters".to_owned()))?;
//! let groups: Vec<_> = (0..3).filter(|group| filters.may_hold(*group, b"id-12345")).collect();
//! assert_eq!(groups, [1]);
//! let mut numbers = reader.column(&["n".to_owned()], &DataType::Int64)?;
//! let found = numbers.read(&reader, 12_345, 1, None)?;
//! assert_eq!(found.as_primitive::<Int64Type>().value(0), 12_345);
//! # Ok(())
//! # }
//! ```
//!
//! # A tour
//!
//! - [`schema`] is the tree of types, and what they are in Arrow.
//! - [`mod@write`] takes batches apart into columns, row group by row group, encodes them with the
//!   cheapest runs, and compresses them. What is written depends neither on how rows were cut into batches
//!   nor on the number of threads.
//! - [`read`] gives single columns at any place of a stripe, all rows or some of them, and decompresses only
//!   the chunks that hold wanted bytes. [`read::Batches`] is the simple way: whole columns, in order.
//! - `codec` is the compression of streams, `bloom` the hashes of bloom filters, `checksum` an addition
//!   of ours that other readers pass over.
//!
//! The two directions share no more than that, so that one can be checked against the other; tests compare both with another library. [`proto`] has the messages of the format, as that library compiled them.

mod bloom;
mod checksum;
mod codec;
mod error;
pub mod read;
pub mod schema;
#[cfg(test)]
mod testing;
pub mod write;

pub use codec::Codec;
pub use error::OrcError;
pub use orc_rust::proto;
