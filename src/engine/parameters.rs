//! Values for the parameters of a statement: `$name` stands for one, and never becomes text of it.

use chrono::{DateTime, Utc};
use traillake_sql_parser::ParameterValues;
use traillake_sql_parser::ast::ExprKind;

/// Values by the names of parameters, and the moment that the statement takes for now: a time ago counts
/// from the moment that `now()` gives.
#[derive(Debug, Clone)]
pub struct Parameters {
    now: DateTime<Utc>,
    values: ParameterValues,
}

impl Parameters {
    /// No values, for a statement that is run at `now`.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now, values: ParameterValues::new() }
    }

    /// Returns the moment that the statement takes for now.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Gives a parameter a value, a constant of the syntax tree. Names have no case.
    pub fn set(&mut self, name: &str, value: ExprKind) {
        self.values.insert(name.to_lowercase(), value);
    }

    /// Returns the values by name.
    pub(super) fn values(&self) -> &ParameterValues {
        &self.values
    }
}
