//! Event selectors on the command line: how they are given, and how they are shown.

use super::super::exit::Failure;
use super::super::printer::Printer;
use super::plural;
use crate::output::visible;
use crate::store::selectors::{AdvancedEventSelector, FieldSelector};
use crate::store::{AdvancedEventSelectors, SelectorError};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes of a text of selectors; AWS allows about a megabyte of values.
const MAX_BYTES: u64 = 4 << 20;
/// Values of an operator that are shown.
const MAX_SHOWN_VALUES: usize = 8;

/// Reads the selectors that `value` is, or names: a file, `-` for standard input, or the text itself.
pub(super) fn given(value: &OsStr) -> Result<AdvancedEventSelectors, Failure> {
    if let Some(text) = value.to_str().filter(|text| is_text(text)) {
        return AdvancedEventSelectors::parse(text).map_err(refused);
    }
    let is_stdin = value == "-";
    let name = if is_stdin { "standard input".into() } else { visible_path(value) };
    let text = match is_stdin {
        true => read(io::stdin()),
        false => File::open(Path::new(value)).and_then(read),
    };
    let text = text.map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
            _ => error.to_string(),
        };
        Failure::Io(format!("event selectors: {name}: {reason}"))
    })?;
    AdvancedEventSelectors::parse(&text)
        .map_err(|error| Failure::At { place: name, failure: Box::new(refused(error)) })
}

fn refused(error: SelectorError) -> Failure {
    Failure::Store(error.into())
}

/// Whether it is a text of selectors, as opposed to a file's name.
fn is_text(value: &str) -> bool {
    let text = value.trim_start();
    text.is_empty()
        || text.starts_with(['[', '{', '\'', '"'])
        || ["file://", "fileb://"].iter().any(|scheme| text.starts_with(scheme))
        || text.starts_with("aws ")
        || ["--advanced-event-selectors", "--cli-input-json", "--event-selectors"]
            .iter()
            .any(|option| text.contains(option))
}

fn visible_path(value: &OsStr) -> String {
    visible(&value.to_string_lossy()).into_owned()
}

fn read(source: impl Read) -> io::Result<String> {
    let mut text = String::new();
    source.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("the text is larger than 4 MB"));
    }
    Ok(text)
}

/// `1 event selector`, `2 event selectors`.
pub(super) fn number(selectors: &AdvancedEventSelectors) -> String {
    plural(selectors.selectors().len() as u64, "event selector")
}

/// Returns a selector's number, from 1, and its name, for people.
pub(super) fn title(at: usize, selector: &AdvancedEventSelector) -> String {
    match selector.name() {
        Some(name) => format!("{} {}", at + 1, visible(&format!("{name:?}"))),
        None => (at + 1).to_string(),
    }
}

/// Prints selectors, a field on each line.
pub(super) fn show(
    selectors: &AdvancedEventSelectors,
    label: &str,
    printer: &mut Printer,
) -> Result<(), Failure> {
    for (at, selector) in selectors.selectors().iter().enumerate() {
        printer.line(&format!("{label}{}", title(at, selector)))?;
        for field in selector.field_selectors() {
            printer.line(&format!("{:indent$}{}", "", line(field), indent = label.len() + 2))?;
        }
    }
    Ok(())
}

fn line(field: &FieldSelector) -> String {
    let conditions = field.conditions().iter().map(|condition| {
        let shown: Vec<_> =
            condition.values.iter().take(MAX_SHOWN_VALUES).map(|v| visible(v)).collect();
        let more = condition.values.len().saturating_sub(MAX_SHOWN_VALUES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!(" {} {}{more}", condition.operator.name(), shown.join(", "))
    });
    format!("{}{}", field.field().name(), conditions.collect::<Vec<_>>().join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_distinguished_from_names_of_files() {
        for text in
            ["", " [", "{}", "'[]'", "\"[]\"", "file://x", "aws x --advanced-event-selectors '[]'"]
        {
            assert!(is_text(text), "{text}");
        }
        for name in ["selectors.json", "-", "/tmp/a [1].json", "aws.json", "x-event-selectors.json"]
        {
            assert!(!is_text(name), "{name}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_not_read_to_its_end() {
        let error = read(io::repeat(b'[')).unwrap_err();
        assert!(error.to_string().contains("4 MB"), "{error}");
    }
}
