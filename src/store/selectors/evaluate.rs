//! Which selectors let an event through.
//!
//! The values of positive operators are alternatives, also across the operators of one field; a value of a negative
//! operator that the event has excludes it. Of several resources each is looked at: one that matches is enough for a
//! positive operator, and one that is excluded excludes the event. An event without the field has nothing that a
//! positive operator could match, and nothing that a negative one could exclude.

use super::event::EventFields;
use super::{AdvancedEventSelector, AdvancedEventSelectors, Condition, FieldSelector};
use crate::event::EventSchema;
use crate::json::scan_object;

impl AdvancedEventSelectors {
    /// Whether at least one selector lets the event through.
    pub fn let_through(&self, event: &EventFields<'_>) -> bool {
        self.selectors().iter().any(|selector| selector.lets_through(event))
    }

    /// Whether at least one selector lets through the event of `record`, a record of a store of this category.
    pub fn let_through_record(&self, record: &[u8], schema: EventSchema) -> bool {
        let mut members = Vec::new();
        // What a store holds was found to be an object when it came.
        let _ = scan_object(record, 0, |member| members.push(member));
        self.let_through(&EventFields::read(record, &members).of(schema))
    }
}

impl AdvancedEventSelector {
    /// Whether the event passes all field selectors.
    pub fn lets_through(&self, event: &EventFields<'_>) -> bool {
        self.field_selectors.iter().all(|field| field.lets_through(event))
    }
}

impl FieldSelector {
    /// Whether a value of the event is wanted, if some are, and none is excluded.
    pub fn lets_through(&self, event: &EventFields<'_>) -> bool {
        let is_wanted = self.positive().next().is_none()
            || event.any(self.field, |value| self.positive().any(|c| c.matches(value)));
        is_wanted
            && (self.negative().next().is_none()
                || !event.any(self.field, |value| self.negative().any(|c| c.matches(value))))
    }

    pub(super) fn positive(&self) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter(|condition| !condition.operator.is_negative())
    }

    pub(super) fn negative(&self) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter(|condition| condition.operator.is_negative())
    }
}

impl Condition {
    /// Whether one of the values matches that of an event.
    fn matches(&self, value: &[u8]) -> bool {
        self.first_match(value).is_some()
    }

    /// Returns the first of the values that matches that of an event.
    pub(super) fn first_match(&self, value: &[u8]) -> Option<&str> {
        let found = self.values.iter().find(|wanted| self.operator.matches(value, wanted));
        found.map(String::as_str)
    }
}
