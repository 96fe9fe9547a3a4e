//! How a data file keeps the text of its records.

use super::schema::hidden;
use arrow::datatypes::Schema;

/// How a data file keeps the text of its records, `eventjson`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RecordForm {
    /// As a column, which any engine reads.
    #[default]
    Plain,
    /// As what the other columns do not tell of it: its shape and what they lack. The text is put together when it is
    /// asked for, byte for byte.
    Derived,
}

/// Every form, in the order that help shows them.
pub const RECORD_FORMS: [RecordForm; 2] = [RecordForm::Plain, RecordForm::Derived];

impl RecordForm {
    /// Returns the form's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Derived => "derived",
        }
    }

    /// Returns the form with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        RECORD_FORMS.into_iter().find(|form| form.name() == name)
    }

    /// Returns the form that the columns of a data file tell.
    pub fn of_columns(columns: &Schema) -> Self {
        match columns.index_of(hidden::SHAPE) {
            Ok(_) => Self::Derived,
            Err(_) => Self::Plain,
        }
    }
}

impl std::fmt::Display for RecordForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
