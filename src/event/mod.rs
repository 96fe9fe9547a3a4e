//! What an event is: its category and columns, its time, its identity, and what is not one.
//!
//! [`schema`] holds the lists of columns that everything else derives from. Nothing here does
//! I/O or knows a file format.

pub mod content;
pub mod digest;
pub mod head;
pub mod key;
pub mod received;
mod record_form;
pub mod schema;
pub mod time;
pub mod wrapped;

pub use digest::RecordDigest;
pub use head::{Class, Head, IdentityText};
pub use key::{EventId, Identity, Version};
pub use record_form::{RECORD_FORMS, RecordForm};
pub use schema::EventSchema;
