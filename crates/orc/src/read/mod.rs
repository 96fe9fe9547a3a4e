//! Reading ORC files: only the columns, members of structs and row groups that are asked for.
//!
//! [`Tail`] and [`Stripe`] describe a file, and may outlive any reader; [`StripeReader`] reads from the
//! file, [`PathReader`] the values of one column with it.

mod batches;
mod bloom;
mod cache;
mod column;
mod input;
mod path;
mod rle;
mod stream;
mod stripe;
mod tail;
#[cfg(test)]
mod tests;

pub use batches::Batches;
pub use bloom::BloomFilters;
pub use cache::{CacheUsage, ColumnCache};
pub use column::scatter_bits;
pub use input::ReadAt;
pub use path::{Element, Inside, PathReader};
pub use stripe::{Stream, Stripe, StripeReader};
pub use tail::Tail;

use crate::error::OrcError;
use std::sync::{Arc, OnceLock};

/// Returns a bound of times, in nanoseconds since 1970, and whether a row has just that time.
///
/// Statistics have `millis`, rounded down, and what is below them plus one, `nanos`; where that is
/// missing, `unknown` is taken for what is below.
pub fn time_bound(millis: i64, nanos: Option<i32>, unknown: i128) -> (i128, bool) {
    let nanos = nanos.filter(|nanos| (1..=1_000_000).contains(nanos));
    let below = nanos.map_or(unknown, |nanos| i128::from(nanos) - 1);
    (i128::from(millis) * 1_000_000 + below, nanos.is_some())
}

/// The metadata of a file: the tail, and the footers of stripes that were read so far.
#[derive(Debug)]
pub struct Metadata {
    /// The tail.
    pub tail: Arc<Tail>,
    stripes: Vec<OnceLock<Arc<Stripe>>>,
}

impl Metadata {
    /// Reads the tail of a file.
    ///
    /// # Errors
    /// When the file is not an ORC file, is damaged, or uses what is not supported.
    pub fn read(input: &dyn ReadAt) -> Result<Self, OrcError> {
        let tail = Tail::read(input)?;
        let stripes = vec![OnceLock::new(); tail.footer.stripes.len()];
        Ok(Self { tail: Arc::new(tail), stripes })
    }

    /// Returns a stripe, whose footer is read when first asked for.
    ///
    /// # Errors
    /// When there is no such stripe, or its footer is damaged.
    pub fn stripe(&self, input: &dyn ReadAt, number: usize) -> Result<Arc<Stripe>, OrcError> {
        let cell = self.stripes.get(number);
        if let Some(stripe) = cell.and_then(OnceLock::get) {
            return Ok(Arc::clone(stripe));
        }
        let stripe = Arc::new(Stripe::read(input, &self.tail, number)?);
        Ok(match cell {
            Some(cell) => Arc::clone(cell.get_or_init(|| stripe)),
            None => stripe,
        })
    }
}
