//! A column by its path: the structs above it, and its own values.

use super::column::ColumnReader;
use super::stripe::StripeReader;
use crate::error::OrcError;
use crate::schema::Column;
use arrow::array::ArrayRef;
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType, Fields};
use std::sync::Arc;

/// What is read of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Inside {
    /// The column itself.
    #[default]
    Whole,
    /// How long each list or map is, as `UInt32`; NULL where it is.
    Length,
    /// The elements of lists or maps, one after the other: as many as the lengths say, and not one for each row.
    Elements(Element),
    /// The value that each map has under a text; NULL where it has none.
    Entry(Arc<str>),
}

/// What is read of the elements of lists and maps.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Element {
    /// The elements of lists themselves.
    Item,
    /// The member of this name of elements that are structs.
    Member(String),
    /// The keys of maps.
    Key,
    /// The values of maps.
    Value,
}

impl Inside {
    /// Returns the column, in `column` or itself, that has the values; `None` if there is none such.
    pub fn leaf<'a>(&self, column: &'a Column) -> Option<&'a Column> {
        let first = column.children.first();
        match self {
            Self::Whole | Self::Length => Some(column),
            Self::Elements(Element::Item | Element::Key) => first,
            Self::Elements(Element::Member(name)) => first?.find([name.as_str()]),
            Self::Elements(Element::Value) | Self::Entry(_) => column.children.get(1),
        }
    }

    /// Returns the columns whose streams are read, each without what is inside it unless that is read, too.
    pub fn needed(&self, column: &Column) -> Vec<Column> {
        let alone = |column: &Column| Column {
            last: column.id,
            children: Vec::new(),
            name: column.name.clone(),
            attributes: Vec::new(),
            ..*column
        };
        match self {
            Self::Whole | Self::Entry(_) => vec![column.clone()],
            Self::Length => vec![alone(column)],
            Self::Elements(element) => {
                let mut needed = vec![alone(column)];
                if let Element::Member(_) = element {
                    needed.extend(column.children.first().map(alone));
                }
                needed.extend(self.leaf(column).cloned());
                needed
            }
        }
    }
}

impl StripeReader {
    /// Begins to read the column that `path`, names of structs' members, leads to, as `target`. A
    /// column that the file lacks is null everywhere.
    ///
    /// # Errors
    /// When its type is another one.
    pub fn column(&self, path: &[String], target: &DataType) -> Result<PathReader, OrcError> {
        self.inside(path, &Inside::Whole, target)
    }

    /// Begins to read what is `inside` the column that `path` leads to, as `target`.
    ///
    /// # Errors
    /// When its type is another one.
    pub fn inside(
        &self,
        path: &[String],
        inside: &Inside,
        target: &DataType,
    ) -> Result<PathReader, OrcError> {
        let mut column = Some(&self.tail().root);
        let mut above = Vec::new();
        for (depth, name) in path.iter().enumerate() {
            if let (Some(parent), true) = (column, depth > 0) {
                let fields = DataType::Struct(Fields::empty());
                above.push(ColumnReader::open(self, Some(parent), &fields)?);
            }
            column = column.and_then(|column| column.find([name.as_str()]));
        }
        let reader = ColumnReader::open_inside(self, column, inside, target)?;
        let (rows, stride) = (self.stripe().rows, self.tail().stride);
        Ok(PathReader { above, reader, at: 0, rows, stride })
    }
}

/// Reads a column that may be inside structs; where one of those is null, the column is null, too.
pub struct PathReader {
    /// The structs above, without members.
    above: Vec<ColumnReader>,
    reader: ColumnReader,
    /// The row of the stripe that comes next.
    at: usize,
    rows: usize,
    /// Rows of a row group; 0 without row index.
    stride: usize,
}

impl std::fmt::Debug for PathReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PathReader").field("at", &self.at).finish_non_exhaustive()
    }
}

impl PathReader {
    /// Returns the distinct texts, where the file has a dictionary and reads give dictionary arrays.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn dictionary(&mut self) -> Result<Option<ArrayRef>, OrcError> {
        self.reader.dictionary()
    }

    /// Returns how many distinct texts [`Self::dictionary`] gives, without reading them.
    pub fn dictionary_size(&self) -> Option<usize> {
        self.reader.dictionary_size()
    }

    /// Reads the `rows` rows from row `from` of the stripe on, and returns those in `keep` (`None`:
    /// all). Text in a dictionary comes as a dictionary array if the target type is one; text that is
    /// not comes as the type of its values.
    ///
    /// # Errors
    /// When the stripe is damaged.
    pub fn read(
        &mut self,
        stripe: &StripeReader,
        from: usize,
        rows: usize,
        keep: Option<&BooleanBuffer>,
    ) -> Result<ArrayRef, OrcError> {
        // What precedes and follows the rows that are kept is not decoded.
        let (from, rows, keep) = match keep {
            Some(keep) => {
                let first = (0..rows).find(|row| keep.value(*row)).unwrap_or(rows);
                let end = (first..rows).rev().find(|row| keep.value(*row));
                let rows = end.map_or(0, |last| last + 1 - first);
                (from + first, rows, Some(keep.slice(first, rows)))
            }
            None => (from, rows, None),
        };
        if rows > 0 {
            self.go_to(stripe, from, rows)?;
        }
        let mut mask: Option<NullBuffer> = None;
        for parent in &mut self.above {
            mask = parent.nulls(rows, mask.as_ref())?;
        }
        self.at += rows;
        self.reader.read(rows, mask.as_ref(), keep.as_ref())
    }

    fn go_to(&mut self, stripe: &StripeReader, from: usize, rows: usize) -> Result<(), OrcError> {
        if from.checked_add(rows).is_none_or(|end| end > self.rows) {
            return Err(OrcError::damaged(stripe.stripe().at, "rows beyond the end of a stripe"));
        }
        if from == self.at {
            return Ok(());
        }
        let group = from.checked_div(self.stride).unwrap_or(0);
        let start = group * self.stride;
        if start > self.at || from < self.at {
            if self.stride == 0 {
                return Err(OrcError::Unsupported("going back without a row index".to_owned()));
            }
            for parent in &mut self.above {
                parent.seek(stripe, group)?;
            }
            self.reader.seek(stripe, group)?;
            self.at = start;
        }
        let mut count = from - self.at;
        self.at = from;
        for parent in &mut self.above {
            count = parent.step(count)?;
        }
        self.reader.skip(count)
    }
}
