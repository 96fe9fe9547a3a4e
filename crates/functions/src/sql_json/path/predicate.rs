//! The conditions of filters, which are true, false or unknown.

use super::eval::{Evaluator, Scope};
use super::item::{Item, Sequence};
use super::value::Value;
use super::{Expression, Predicate};
use crate::compare::Comparison;
use crate::json::item::Node;
use crate::json::text;
use std::borrow::Cow;

impl<'a> Evaluator<'_, 'a> {
    /// Returns whether a predicate holds; `None` is unknown. An error inside makes it unknown, too.
    pub(super) fn test(&self, predicate: &Predicate, scope: Scope<'_, 'a>) -> Option<bool> {
        match predicate {
            Predicate::And(left, right) => {
                match (self.test(left, scope), self.test(right, scope)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }
            }
            Predicate::Or(left, right) => match (self.test(left, scope), self.test(right, scope)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Predicate::Not(inner) => self.test(inner, scope).map(|truth| !truth),
            Predicate::IsUnknown(inner) => Some(self.test(inner, scope).is_none()),
            Predicate::Exists(inner) => Some(!self.eval(inner, scope).ok()?.is_empty()),
            Predicate::LikeRegex(_) => None,
            Predicate::Compare(comparison, left, right) => {
                let left = self.opened(left, scope).ok()?;
                let right = self.opened(right, scope).ok()?;
                let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (a, b)));
                self.any(pairs.map(|(a, b)| compare(*comparison, a, b)))
            }
            Predicate::StartsWith(whole, initial) => self.starts_with(whole, initial, scope),
        }
    }

    /// Whether any of these is true. In lax mode the first that is true or unknown decides; in
    /// strict mode one that is unknown makes all unknown.
    fn any(&self, parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
        let mut found = false;
        for part in parts {
            match part {
                None => return None,
                Some(true) if self.lax() => return Some(true),
                Some(truth) => found |= truth,
            }
        }
        Some(found)
    }

    fn starts_with(
        &self,
        whole: &Expression,
        initial: &Expression,
        scope: Scope<'_, 'a>,
    ) -> Option<bool> {
        let whole: Sequence<'a> = self.opened(whole, scope).ok()?;
        let initial = self.opened(initial, scope).ok()?;
        let [initial] = initial.as_slice() else { return None };
        let initial = text_of(initial)?;
        self.any(whole.iter().map(|item| Some(text_of(item)?.starts_with(&*initial))))
    }
}

fn text_of<'i>(item: &'i Item<'_>) -> Option<Cow<'i, str>> {
    match item {
        Item::Value(Value::Text(text, _)) => Some(Cow::Borrowed(text)),
        Item::Json(Node::Text(bytes)) => Some(text::lossy(bytes)),
        _ => None,
    }
}

/// Compares two items; `None` if they cannot be compared. A null is equal to a null and different
/// from everything else.
fn compare(comparison: Comparison, left: &Item<'_>, right: &Item<'_>) -> Option<bool> {
    let null = |item: &Item<'_>| matches!(item, Item::Json(Node::Null));
    if null(left) || null(right) {
        let equal = null(left) && null(right);
        return Some(match comparison {
            Comparison::Equal => equal,
            Comparison::NotEqual => !equal,
            _ => false,
        });
    }
    let order = left.scalar()?.compare(&right.scalar()?)?.0;
    Some(match order {
        Some(order) => comparison.holds(order),
        // A NaN has no order.
        None => comparison == Comparison::NotEqual,
    })
}
