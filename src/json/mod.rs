//! JSON text as bytes: finding where values end, and reading strings, without building a tree.
//!
//! Every station that meets raw JSON uses these functions, so that all of them agree on what a
//! string, an escape or a malformed value is. The grammar is RFC 8259. Nothing here knows
//! CloudTrail or does I/O.
//!
//! * [`scan`] checks a value and finds its end, in a buffer that may stop in the middle of it;
//! * [`cursor`] walks a value that was checked before;
//! * [`nested`] finds members of objects inside a record;
//! * [`text`] turns raw strings and values into the text that columns hold.

pub mod cursor;
pub mod nested;
pub mod scan;
pub mod text;

pub use cursor::Cursor;
pub use scan::{Member, ScanError, is_value, scan_object, scan_value, skip_whitespace};
