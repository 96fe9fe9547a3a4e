//! Reads tables in CSV as JSON Lines: an object for each row, with the columns as its members.
//!
//! Query engines and consoles export events so. A column that holds a record's own text (`eventJson`, `_raw`) is
//! unwrapped as in any other container; else the row is the record, as far as its columns go.

use super::input::MAX_VALUE_BYTES;
use crate::json::text::quote_into;
use ::csv::{ByteRecord, Reader, ReaderBuilder};
use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

/// Columns of which one is enough for a table to be read: those that hold whole records.
const RECORD_COLUMNS: [&str; 5] = ["eventjson", "cloudtrailevent", "raw", "message", "logmessage"];
/// Columns of which two are enough.
const FIELD_COLUMNS: [&str; 5] =
    ["eventname", "eventtime", "eventid", "eventsource", "useridentity"];
/// Columns of the console's event history that are fields of the identity.
const IDENTITY_COLUMNS: [(&str, &str); 2] =
    [("username", "userName"), ("awsaccesskey", "accessKeyId")];

/// Returns what separates the columns of a table with events of which this is the start; `None` for anything else.
pub(super) fn separator(head: &[u8]) -> Option<u8> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let line = head.split(|b| *b == b'\n').next().unwrap_or_default();
    if memchr::memchr3(b'{', b'[', b'=', line).is_some() {
        return None;
    }
    let is_table = |separator: &u8| {
        let names: Vec<_> = line.split(|b| b == separator).map(plain).collect();
        let has = |name: &&&str| names.iter().any(|found| found == *name);
        names.len() > 1 && RECORD_COLUMNS.iter().any(|name| has(&name))
            || names == ["eventjson"]
            || FIELD_COLUMNS.iter().filter(has).count() > 1
    };
    [b',', b'\t', b';', b'|'].into_iter().find(is_table)
}

/// The name of a column without punctuation and case: `Event name` and `eventname` are the same.
fn plain(name: &[u8]) -> String {
    let letters = name.iter().filter(|b| b.is_ascii_alphanumeric());
    letters.map(|b| char::from(b.to_ascii_lowercase())).collect()
}

/// The rows of a table as JSON Lines.
pub(super) struct CsvLines<R> {
    rows: Reader<BufReader<Bounded<R>>>,
    /// Bytes that the present row may still have.
    left: Rc<Cell<usize>>,
    columns: Vec<Column>,
    row: ByteRecord,
    line: Vec<u8>,
    /// Bytes of the line that were taken.
    taken: usize,
}

enum Column {
    /// A member of this name.
    Member(Vec<u8>),
    /// A member of the identity.
    Identity(&'static str),
}

impl<R: Read> CsvLines<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// What `table` says.
    pub(super) fn new(table: R, separator: u8) -> io::Result<Self> {
        let left = Rc::new(Cell::new(MAX_VALUE_BYTES));
        let table = BufReader::new(Bounded { table, left: Rc::clone(&left) });
        let mut rows = ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(table);
        // Names with blanks are those of consoles.
        let names = rows.byte_headers().map_err(io::Error::from)?;
        let from_console = names.iter().any(|name| name.contains(&b' '));
        let column = |name: &[u8]| {
            let plain = plain(name);
            let field = IDENTITY_COLUMNS.iter().find(|(column, _)| *column == plain);
            match field.filter(|_| from_console) {
                Some((_, field)) => Column::Identity(field),
                None if from_console => Column::Member(plain.into_bytes()),
                None => Column::Member(name.trim_ascii().to_vec()),
            }
        };
        let columns = names.iter().map(column).collect();
        Ok(Self { rows, left, columns, row: ByteRecord::new(), line: Vec::new(), taken: 0 })
    }

    /// Makes the line of the next row; false at the end.
    fn next_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.taken = 0;
        self.left.set(MAX_VALUE_BYTES);
        if !self.rows.read_byte_record(&mut self.row).map_err(io::Error::from)? {
            return Ok(false);
        }
        self.line.push(b'{');
        let mut identity = Vec::new();
        for (column, cell) in
            self.columns.iter().zip(&self.row).filter(|(_, cell)| !cell.is_empty())
        {
            match column {
                Column::Member(name) => member(&mut self.line, name, cell),
                Column::Identity(name) => member(&mut identity, name.as_bytes(), cell),
            }
        }
        if !identity.is_empty() {
            let comma = if self.line.len() > 1 { &b","[..] } else { b"" };
            self.line.extend([comma, b"\"userIdentity\":{", &identity, b"}"].concat());
        }
        self.line.extend(b"}\n");
        Ok(true)
    }
}

/// Ends a table whose row does not end, as after a quote that is not closed.
struct Bounded<R> {
    table: R,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.table.read(into)?;
        self.left.set(self.left.get().checked_sub(count).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "a row of the table has more than 64 MiB")
        })?);
        Ok(count)
    }
}

fn member(object: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    if !matches!(object.last(), None | Some(b'{')) {
        object.push(b',');
    }
    quote_into(name, object);
    object.push(b':');
    quote_into(value, object);
}

impl<R: Read> Read for CsvLines<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.line.len() && !self.next_line()? {
            return Ok(0);
        }
        let count = into.len().min(self.line.len() - self.taken);
        into[..count].copy_from_slice(&self.line[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(table: &str) -> String {
        let separator = separator(table.as_bytes()).unwrap();
        let mut text = String::new();
        CsvLines::new(table.as_bytes(), separator).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn rows_become_objects() {
        assert_eq!(
            lines("eventID,eventJson\n1,\"{\"\"a\"\":\"\"x\ny\"\"}\"\n2,\n"),
            "{\"eventID\":\"1\",\"eventJson\":\"{\\\"a\\\":\\\"x\\ny\\\"}\"}\n{\"eventID\":\"2\"}\n"
        );
        assert_eq!(
            lines("\u{feff}eventname;eventtime\r\nA;2026\r\n"),
            "{\"eventname\":\"A\",\"eventtime\":\"2026\"}\n"
        );
        assert_eq!(lines("\"eventJson\"\n\"{}\"\n"), "{\"eventJson\":\"{}\"}\n");
    }

    #[test]
    fn the_console_has_names_of_its_own() {
        assert_eq!(
            lines(
                "Event name,Event time,User name,AWS access key,Read-only\nA,2026,kim,AKIA,true\n"
            ),
            "{\"eventname\":\"A\",\"eventtime\":\"2026\",\"readonly\":\"true\",\"userIdentity\":{\"userName\":\"kim\",\"accessKeyId\":\"AKIA\"}}\n"
        );
    }

    #[test]
    fn a_row_without_end_ends_the_table() {
        let table = b"eventJson,x\n1,2\n\"".chain(io::repeat(b'a'));
        let mut text = Vec::new();
        let error = CsvLines::new(table, b',').unwrap().read_to_end(&mut text).unwrap_err();
        assert_eq!(text, b"{\"eventJson\":\"1\",\"x\":\"2\"}\n");
        assert_eq!(error.to_string(), "a row of the table has more than 64 MiB");
    }

    #[test]
    fn only_tables_with_events_are_read() {
        for head in
            ["", "a,b\n1,2", "{\"eventname\":1,\"eventtime\":2}", "message", "some, message="]
        {
            assert_eq!(separator(head.as_bytes()), None, "{head}");
        }
        assert_eq!(separator(b"_time\t_raw\n"), Some(b'\t'));
        assert_eq!(separator(b"Date,Host,Service,Message\n"), Some(b','));
    }
}
