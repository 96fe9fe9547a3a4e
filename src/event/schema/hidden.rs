//! Hidden columns: where an event was found. A query sees them where it names them, as Trino's own: `"$source"`.
//!
//! They stand behind the columns of a category, the same for every category. Files of stores of before have none.
//! Files of [derived](crate::event::RecordForm) records have others beside, which no query sees.

use super::{Field, Type, field, text};
use arrow::datatypes::{DataType, Field as ArrowField};

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

/// The shape of a record: its text, with marks in place of what columns give. NULL where [`REST`] is the whole record.
pub const SHAPE: &str = "$shape";
/// What neither the shape nor the columns tell of a record, piece by piece.
pub const REST: &str = "$rest";
/// The first 16 bytes of the SHA-256 of a record.
pub const DIGEST: &str = "$digest";

/// Returns the columns that stand for the records' text in files where it is derived.
pub(super) fn derived() -> [ArrowField; 3] {
    [
        ArrowField::new(SHAPE, DataType::Utf8, true),
        ArrowField::new(REST, DataType::Utf8, true),
        ArrowField::new(DIGEST, DataType::Binary, true),
    ]
}
