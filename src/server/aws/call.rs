//! One request for an operation: what it asks, who asks, and how it is refused.

use super::resources::Place;
use crate::server::access::Role;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::borrow::Cow;
use traillake_aws_wire::error::ServiceError;
use traillake_aws_wire::keys::AccessKey;
use traillake_aws_wire::model::Operation;
use traillake_aws_wire::page_token::{PageTokens, Parameters};

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) key: AccessKey,
    pub(super) role: Role,
}

impl Caller {
    /// The ARN of who asks: a role for a temporary key of one, else a user with the name of the key.
    pub(super) fn arn(&self, place: &Place) -> String {
        match self.key.session.as_ref().and_then(|session| session.role.as_ref()) {
            Some(role) => role.arn(),
            None => format!("arn:aws:iam::{}:user/{}", place.account, self.key.id),
        }
    }
}

/// A request whose input fits the model.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: Operation,
    pub(super) input: Value,
    pub(super) caller: Caller,
}

impl Call {
    /// Reads the input into the type of the operation. Members that are `null` are absent.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        serde_json::from_value(self.input.clone())
            .map_err(|error| ServiceError::serialization(format!("{error}.")))
    }

    /// Makes an error that the operation lists.
    pub(super) fn refuse(
        &self,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> ServiceError {
        self.operation.refuse(code, message)
    }

    /// Makes the error that fits, or where the operation does not list it, the one for wrong parameters.
    pub(super) fn refuse_as(&self, code: &'static str, message: impl Into<String>) -> ServiceError {
        if self.operation.lists(code) { self.refuse(code, message) } else { self.invalid(message) }
    }

    /// Makes the error for parameters that do not go together.
    pub(super) fn invalid(&self, message: impl Into<String>) -> ServiceError {
        match self.operation.lists("InvalidParameterException") {
            true => ServiceError::invalid_parameter(message),
            false => ServiceError::validation(message),
        }
    }

    /// Returns where the page begins that the input asks for; `None` for the first.
    pub(super) fn position(&self, tokens: &PageTokens) -> Result<Option<Vec<u8>>, ServiceError> {
        let Some(token) = self.input.get("NextToken").and_then(Value::as_str) else {
            return Ok(None);
        };
        let read = tokens.read(self.operation.name(), &self.parameters(), token);
        read.map(Some).map_err(|error| self.wrong_token(&error.to_string()))
    }

    /// Refuses every token, for an operation that tells all at once.
    pub(super) fn no_page_follows(&self) -> Result<(), ServiceError> {
        match self.input.get("NextToken") {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(self.wrong_token("nothing follows the first page")),
        }
    }

    fn wrong_token(&self, why: &str) -> ServiceError {
        let text = format!("NextToken is not valid: {why}.");
        match self.operation.lists("InvalidTokenException") {
            true => self.refuse("InvalidTokenException", text),
            false => self.refuse_as("InvalidNextTokenException", text),
        }
    }

    /// Makes the token of the page that begins at `position`.
    pub(super) fn token(
        &self,
        tokens: &PageTokens,
        position: &[u8],
    ) -> Result<String, ServiceError> {
        let token = tokens.issue(self.operation.name(), &self.parameters(), position);
        token.map_err(broken)
    }

    /// What must be the same from page to page. How many a page has may change.
    fn parameters(&self) -> Parameters {
        Parameters::of(&self.input, &["MaxResults", "MaxQueryResults"])
    }
}

/// Makes an object of members, without those that have no value: clients stumble over `null`.
pub(super) fn object<'a>(members: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let there = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(there.map(|(name, value)| (name.to_owned(), value)).collect())
}

/// What failed in the service itself, which is no fault of who asks.
pub(super) fn broken<E>(_: E) -> ServiceError {
    ServiceError::internal_failure()
}

/// A time in milliseconds since 1970 UTC as AWS's JSON has it, in seconds.
pub(super) fn time(millis: i64) -> Value {
    if millis % 1_000 == 0 {
        Value::from(millis / 1_000)
    } else {
        Value::from(millis as f64 / 1_000.0)
    }
}

/// A time of an input, in milliseconds since 1970 UTC.
pub(super) fn millis(seconds: f64) -> i64 {
    (seconds * 1_000.0).round() as i64
}
