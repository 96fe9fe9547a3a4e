//! Why an event was let through, or was not.

use super::error::quoted;
use super::event::EventFields;
use super::names::SelectorField;
use super::{AdvancedEventSelector, AdvancedEventSelectors, Condition, FieldSelector};
use serde::Serialize;

/// Values of a condition, or of an event's field, that are shown.
const MAX_SHOWN_VALUES: usize = 5;

/// What a selector makes of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelectorExplanation {
    /// Number of the selector, from 1.
    pub selector: usize,
    /// Its name.
    pub name: Option<String>,
    /// Whether it lets the event through.
    pub let_through: bool,
    /// Each of its field selectors.
    pub fields: Vec<FieldExplanation>,
}

/// What a field selector makes of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldExplanation {
    /// The field.
    pub field: &'static str,
    /// Whether the event passes.
    pub let_through: bool,
    /// Why. Values are in quotes, without control characters.
    pub reason: String,
}

impl AdvancedEventSelectors {
    /// Says of each selector why it lets the event through, or does not.
    pub fn explain(&self, event: &EventFields<'_>) -> Vec<SelectorExplanation> {
        let selectors = self.selectors().iter().enumerate();
        selectors.map(|(at, selector)| selector.explain(at + 1, event)).collect()
    }
}

impl AdvancedEventSelector {
    fn explain(&self, number: usize, event: &EventFields<'_>) -> SelectorExplanation {
        SelectorExplanation {
            selector: number,
            name: self.name().map(str::to_owned),
            let_through: self.lets_through(event),
            fields: self.field_selectors.iter().map(|field| field.explain(event)).collect(),
        }
    }
}

impl FieldSelector {
    fn explain(&self, event: &EventFields<'_>) -> FieldExplanation {
        FieldExplanation {
            field: self.field.name(),
            let_through: self.lets_through(event),
            reason: self.reason(event),
        }
    }

    fn reason(&self, event: &EventFields<'_>) -> String {
        let found = shown(self.field, event);
        let note = note(self.field, event);
        let wanted = first_match(self.positive(), self.field, event);
        let excluded = first_match(self.negative(), self.field, event);
        match (wanted, excluded) {
            (_, Some((value, condition))) => format!("{value}{note} is excluded by {condition}"),
            (Some((value, condition)), None) => format!("{value}{note} matches {condition}"),
            (None, None) if self.positive().next().is_none() => match found {
                Some(found) => {
                    format!("{found} is not excluded by {}", conditions(self.negative()))
                }
                None => format!("the event has no {}, so nothing excludes it", self.field.name()),
            },
            (None, None) => match found {
                Some(found) => {
                    format!("{found}{note} does not match {}", conditions(self.positive()))
                }
                None => format!("the event has no {}", self.field.name()),
            },
        }
    }
}

/// Returns the first value of the event that a condition names, and the condition.
fn first_match<'s>(
    conditions: impl Iterator<Item = &'s Condition>,
    field: SelectorField,
    event: &EventFields<'_>,
) -> Option<(String, String)> {
    let mut conditions = conditions;
    conditions.find_map(|condition| {
        let mut found = None;
        event.any(field, |value| match condition.first_match(value) {
            Some(wanted) => {
                let value = quoted(&String::from_utf8_lossy(value));
                found = Some((value, format!("{} {}", condition.operator.name(), quoted(wanted))));
                true
            }
            None => false,
        });
        found
    })
}

/// Returns the event's values of a field, if it has some.
fn shown(field: SelectorField, event: &EventFields<'_>) -> Option<String> {
    let values = event.values(field);
    (!values.is_empty()).then(|| list(&values))
}

/// Says where a value comes from that the record does not have itself.
fn note(field: SelectorField, event: &EventFields<'_>) -> &'static str {
    let is_derived = field == SelectorField::EventCategory && !event.category().1;
    if is_derived { " (the record has no eventCategory)" } else { "" }
}

fn conditions<'s>(conditions: impl Iterator<Item = &'s Condition>) -> String {
    let shown: Vec<_> =
        conditions.map(|c| format!("{} {}", c.operator.name(), list(&c.values))).collect();
    shown.join(" or ")
}

fn list(values: &[String]) -> String {
    let mut shown: Vec<_> = values.iter().take(MAX_SHOWN_VALUES).map(|v| quoted(v)).collect();
    let more = values.len().saturating_sub(MAX_SHOWN_VALUES);
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}
