//! Hidden columns: where an event was found. A query sees them where it names them, as Trino's own: `"$source"`.
//!
//! They stand behind the columns of a category, the same for every category. Files of stores of before have none.

use super::{Field, Type, field, text};

/// Where the record is: a file, or `ARCHIVE!path/in/it`.
pub const SOURCE: &str = "$source";
/// Number of the record in its document, from 1.
pub const POSITION: &str = "$position";
/// When the document was delivered.
pub const DELIVERED: &str = "$delivered";
/// The import that read the source, by its id.
pub const IMPORT: &str = "$import";

/// The hidden columns. The last one is in no file, since the catalog knows it.
pub static COLUMNS: &[Field] = &[
    text(SOURCE, ""),
    field(POSITION, "", Type::Integer),
    field(DELIVERED, "", Type::Timestamp),
    text(IMPORT, ""),
];

/// Those that data files have.
pub static STORED: &[Field] = COLUMNS.split_at(COLUMNS.len() - 1).0;
