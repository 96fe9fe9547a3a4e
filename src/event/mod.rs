//! What a CloudTrail event is: its columns, its time, its identity, and what is not one.
//!
//! [`schema`] holds the one list of columns that everything else derives from. Nothing here does
//! I/O or knows a file format.

pub mod content;
pub mod digest;
pub mod head;
pub mod key;
pub mod schema;
pub mod time;

pub use digest::RecordDigest;
pub use head::{Class, Head, IdentityText};
pub use key::{EventId, Identity, Version};
