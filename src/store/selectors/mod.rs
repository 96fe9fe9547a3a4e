//! Advanced event selectors: which events a store takes, as AWS CloudTrail has them.
//!
//! An event is let through by a list when at least one selector lets it through, by a selector when all its
//! field selectors do. [`parse`](AdvancedEventSelectors::parse) reads them from JSON or from what is pasted
//! from a command line, and refuses what AWS's rules refuse. `docs/event-selectors.md` has the rules, and how sure each
//! is.
//!
//! * `names`: categories, fields, operators;
//! * `text` and `shell`: from a pasted text to JSON;
//! * `json` and `parse`: from JSON to selectors;
//! * `rules`: what AWS allows;
//! * `event` and `evaluate`: a record's fields, and which selectors let it through;
//! * `explain`: why;
//! * `read`: events of files, to test selectors with.

mod error;
mod evaluate;
mod event;
mod explain;
mod json;
mod names;
mod parse;
mod read;
mod rules;
mod shell;
mod text;

pub use error::{Place, SelectorError};
pub use event::EventFields;
pub use explain::{FieldExplanation, SelectorExplanation};
pub use names::{CATEGORIES, Category, OPERATORS, Operator, SELECTOR_FIELDS, SelectorField};
pub use read::{ReadEvent, ReadOutcome, read_events};
pub use rules::{MAX_DATA_RESOURCE_VALUES, MAX_SELECTORS, MAX_VALUES};

use crate::event::EventSchema;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// The selectors of a store.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct AdvancedEventSelectors(Vec<AdvancedEventSelector>);

/// One selector: an event must pass all its field selectors.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AdvancedEventSelector {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    field_selectors: Vec<FieldSelector>,
}

/// What one field of an event must be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSelector {
    field: SelectorField,
    /// In the order of [`OPERATORS`], each operator once.
    conditions: Vec<Condition>,
}

/// An operator with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// Its values, at least one.
    pub values: Vec<String>,
}

impl AdvancedEventSelectors {
    /// Reads selectors from text: a JSON list of selectors, one selector, the JSON that `get-event-selectors` or
    /// `get-event-data-store` print, or any of these as it stands on a command line of the AWS CLI.
    ///
    /// # Errors
    /// When the text is none of these, or a rule of AWS's is broken; the error says where, and what would be
    /// right.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let selectors = Self::parse_unchecked(text)?;
        rules::check(&selectors.0)?;
        Ok(selectors)
    }

    /// Reads back what a catalog holds. It kept the rules of the version that wrote it.
    pub(super) fn parse_unchecked(text: &str) -> Result<Self, SelectorError> {
        let mut selectors = Vec::new();
        for json in text::json_texts(text)? {
            for selector in parse::selector_list(json::parse(&json)?)? {
                selectors.push(parse::selector(selector, selectors.len() + 1)?);
            }
        }
        Ok(Self(selectors))
    }

    /// Returns the selectors, in order.
    pub fn selectors(&self) -> &[AdvancedEventSelector] {
        &self.0
    }

    /// Returns the category of the stores that they are for: that of all selectors, by the rules.
    pub fn schema(&self) -> Option<EventSchema> {
        self.0.iter().find_map(|selector| selector.category()).map(Category::schema)
    }

    /// Returns them as compact JSON, a list, which [`Self::parse`] reads back.
    pub fn to_json(&self) -> String {
        // Maps with string keys and lists of strings cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl AdvancedEventSelector {
    /// Returns its name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref().filter(|name| !name.is_empty())
    }

    /// Returns its field selectors, in order.
    pub fn field_selectors(&self) -> &[FieldSelector] {
        &self.field_selectors
    }

    /// Returns the category of events that it selects from.
    pub fn category(&self) -> Option<Category> {
        let category =
            self.field_selectors.iter().find(|f| f.field == SelectorField::EventCategory)?;
        Category::from_name(category.conditions.first()?.values.first()?)
    }
}

impl FieldSelector {
    /// Returns the field.
    pub fn field(&self) -> SelectorField {
        self.field
    }

    /// Returns its operators with their values, each operator once.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }
}

impl Serialize for FieldSelector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1 + self.conditions.len()))?;
        map.serialize_entry("Field", self.field.name())?;
        for Condition { operator, values } in &self.conditions {
            map.serialize_entry(operator.name(), values)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
