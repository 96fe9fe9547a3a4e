//! Values for the parameters of a statement: `$name` stands for one, and never becomes text of it.

use super::text::{GivenValues, parameter_names};
use chrono::{DateTime, Utc};
use traillake_sql_parser::ParameterValues;
use traillake_sql_parser::ast::{ExprKind, Given};

/// Values by the names of parameters, and the moment that the statement takes for now: a time ago counts
/// from the moment that `now()` gives.
#[derive(Debug, Clone)]
pub struct Parameters {
    now: DateTime<Utc>,
    values: ParameterValues,
    given: GivenValues,
}

impl Parameters {
    /// No values, for a statement that is run at `now`.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now, values: ParameterValues::new(), given: GivenValues::new() }
    }

    /// Returns the moment that the statement takes for now.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Gives a parameter a value, a constant of the syntax tree. Names have no case.
    pub fn set(&mut self, name: &str, value: ExprKind) {
        self.values.insert(name.to_lowercase(), value);
    }

    /// Gives a value to a parameter that no type is known of: it has the one that what stands around it wants.
    /// `time` is the same as a moment, if it says one in another way.
    pub fn give(&mut self, name: &str, text: &str, time: Option<String>) {
        self.given.push((name.to_owned(), Given { text: text.to_owned(), time }));
    }

    /// Returns the names of the parameters of a statement, each once.
    pub fn names_in(&self, sql: &str) -> Vec<String> {
        let mut names = parameter_names(sql, &self.given);
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns the values of parameters that no type is known of.
    /// Returns the same with values for `?`, in order.
    pub(super) fn using(&self, values: Vec<ExprKind>) -> Self {
        let mut with = self.clone();
        let numbered = values.into_iter().enumerate();
        with.values.extend(numbered.map(|(at, value)| ((at + 1).to_string(), value)));
        with
    }

    /// Whether no parameter has a value.
    pub(super) fn are_none(&self) -> bool {
        self.values.is_empty() && self.given.is_empty()
    }

    pub(super) fn given(&self) -> &GivenValues {
        &self.given
    }

    /// Returns the values by name.
    pub(super) fn values(&self) -> &ParameterValues {
        &self.values
    }
}
