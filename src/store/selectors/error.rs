//! Why a text is not a list of event selectors.

use super::names::{Operator, SelectorField};
use std::fmt::{self, Display};

/// Characters of a name or value that a message shows.
const MAX_SHOWN_CHARS: usize = 80;

/// Why selectors were refused: where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event selectors: {place}{reason}")]
pub struct SelectorError {
    /// Where in the selectors it is.
    pub place: Box<Place>,
    /// What is wrong there, and what would be right.
    pub reason: String,
}

/// A place in a list of selectors, as far as it is known. Numbers count from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Number of the selector.
    pub selector: Option<usize>,
    /// Its name.
    pub name: Option<String>,
    /// Number of the field selector in it, where its field has no readable name.
    pub field_selector: Option<usize>,
    /// The field.
    pub field: Option<SelectorField>,
    /// The operator.
    pub operator: Option<Operator>,
}

impl SelectorError {
    /// Returns an error of the whole text.
    pub(super) fn of_text(reason: impl Into<String>) -> Self {
        Place::default().error(reason)
    }
}

impl Place {
    /// Returns the place of a selector.
    pub(super) fn of_selector(number: usize, name: Option<&str>) -> Self {
        Self { selector: Some(number), name: name.map(str::to_owned), ..Self::default() }
    }

    /// Returns the place of a field in this selector.
    pub(super) fn at_field(&self, field: SelectorField) -> Self {
        Self { field: Some(field), field_selector: None, ..self.clone() }
    }

    /// Returns the place of an operator of this field.
    pub(super) fn at_operator(&self, operator: Operator) -> Self {
        Self { operator: Some(operator), ..self.clone() }
    }

    /// Returns an error at this place.
    pub(super) fn error(&self, reason: impl Into<String>) -> SelectorError {
        SelectorError { place: Box::new(self.clone()), reason: reason.into() }
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(number) = self.selector {
            let name = self.name.as_deref().filter(|name| !name.is_empty());
            let name = name.map_or_else(String::new, |name| format!(" {}", quoted(name)));
            parts.push(format!("selector {number}{name}"));
        }
        parts.extend(self.field_selector.map(|number| format!("field selector {number}")));
        parts.extend(self.field.map(|field| format!("field {}", field.name())));
        parts.extend(self.operator.map(|operator| operator.name().to_owned()));
        if parts.is_empty() { Ok(()) } else { write!(f, "{}: ", parts.join(", ")) }
    }
}

/// Returns a name or value for a message: in quotes, without control characters, and not too long.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// Returns names as a list in a sentence: `a, b and c`.
pub(super) fn sentence(names: &[&str], word: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where_it_is() {
        let selector = Place::of_selector(2, Some("a\u{1b}[31m\nb"));
        let place = selector.at_field(SelectorField::ReadOnly).at_operator(Operator::NotEquals);
        assert_eq!(
            place.error("wrong").to_string(),
            r#"event selectors: selector 2 "a\u{1b}[31m\nb", field readOnly, NotEquals: wrong"#
        );
        assert_eq!(SelectorError::of_text("empty").to_string(), "event selectors: empty");
        assert_eq!(quoted(&"x".repeat(81)), format!("\"{}\"...", "x".repeat(80)));
        assert_eq!(sentence(&["a", "b", "c"], "or"), "a, b or c");
    }
}
