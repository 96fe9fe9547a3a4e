//! Refusals of an operation, by the errors that it lists.

use super::{Operation, Violation};
use crate::error::{Protocol, ServiceError};
use http::StatusCode;
use std::borrow::Cow;

impl Operation {
    /// Makes an error of the operation, by its name, with the status that it has.
    pub fn refuse(
        &self,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> ServiceError {
        let code = code.into();
        let status = match code.as_ref() {
            "ChannelNotFound" => StatusCode::NOT_FOUND,
            "ChannelInsufficientPermission" => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        ServiceError::new(code, message, status)
    }

    /// Makes the error for an input that does not fit the model, in the words of AWS's servers.
    ///
    /// What cannot be read is a `SerializationException`; for the rest it is `InvalidParameterException` where the
    /// operation lists that, else `ValidationException`. [`error_of`](Self::error_of) knows better ones.
    #[must_use]
    pub fn refusal(&self, violations: &[Violation]) -> ServiceError {
        if let Some(unreadable) = violations.iter().find(|violation| violation.is_unreadable()) {
            return self.unreadable(unreadable.message());
        }
        let messages: Vec<_> = violations.iter().map(Violation::message).collect();
        let errors = if messages.len() == 1 { "error" } else { "errors" };
        let count = messages.len();
        let text = format!("{count} validation {errors} detected: {}", messages.join("; "));
        match self.protocol() {
            _ if self.lists("InvalidParameterException") => ServiceError::invalid_parameter(text),
            Protocol::Query => ServiceError::bad_request("ValidationError", text),
            _ => ServiceError::validation(text),
        }
    }

    /// Returns the error that the operation lists for the member in which a violation lies, if there is one:
    /// `InvalidMaxResultsException` for `MaxResults`, `InvalidNextTokenException` for `NextToken`; the names of
    /// cloudtrail-data have no `Exception`.
    #[must_use]
    pub fn error_of(&self, violation: &Violation) -> Option<&'static str> {
        let member = match violation.member()? {
            "MaxQueryResults" => "MaxResults",
            member => member,
        };
        let name = match member {
            "channelArn" => "InvalidChannelARN".to_owned(),
            member => format!("Invalid{member}Exception"),
        };
        self.errors().find(|listed| *listed == name)
    }

    pub(super) fn unreadable(&self, message: String) -> ServiceError {
        match self.protocol() {
            Protocol::Query => ServiceError::bad_request("MalformedInput", message),
            _ => ServiceError::serialization(message),
        }
    }
}
