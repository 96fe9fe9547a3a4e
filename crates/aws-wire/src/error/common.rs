//! The errors that any operation may give, which no operation lists.

use super::{Protocol, ServiceError};
use http::StatusCode;

impl ServiceError {
    /// The target of a request is absent, unknown, or an operation of another service.
    #[must_use]
    pub fn unknown_operation(target: Option<&str>, protocol: Protocol) -> Self {
        let text = match target {
            Some(target) => format!("There is no operation '{}'.", shown(target)),
            None => "The request names no operation.".to_owned(),
        };
        let code = match protocol {
            Protocol::Query => "InvalidAction",
            Protocol::Json | Protocol::RestJson => "UnknownOperationException",
            Protocol::S3 => "MethodNotAllowed",
        };
        let status = match protocol {
            Protocol::S3 => StatusCode::METHOD_NOT_ALLOWED,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(code, text, status)
    }

    /// The body is not what the protocol says: no JSON, no object, a member of a wrong type.
    pub fn serialization(message: impl Into<String>) -> Self {
        Self::bad_request("SerializationException", message)
    }

    /// A member is absent or out of its bounds, and the operation lists no error for that.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::bad_request("ValidationException", message)
    }

    /// A member is absent or out of its bounds, and the operation lists this error.
    pub fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::bad_request("InvalidParameterException", message)
    }

    /// Too many requests. Clients wait, and ask again.
    #[must_use]
    pub fn throttling() -> Self {
        Self::bad_request("ThrottlingException", "Rate exceeded")
    }

    /// A fault of the server. Its cause belongs in the server's log, not in the answer.
    #[must_use]
    pub fn internal_failure() -> Self {
        let text = "The request could not be processed because of an internal failure.";
        Self::new("InternalFailure", text, StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A body of more than `limit` bytes.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        let text = format!("The body of a request has at most {limit} bytes.");
        Self::new("RequestEntityTooLargeException", text, StatusCode::PAYLOAD_TOO_LARGE)
    }

    /// A policy forbids it: who asked (an ARN), and what (`cloudtrail:StartQuery`).
    #[must_use]
    pub fn access_denied(who: &str, action: &str, protocol: Protocol) -> Self {
        let text = format!("User: {who} is not authorized to perform: {action}");
        match protocol {
            Protocol::Json => Self::bad_request("AccessDeniedException", text),
            Protocol::RestJson => Self::new("AccessDeniedException", text, StatusCode::FORBIDDEN),
            Protocol::Query | Protocol::S3 => {
                Self::new("AccessDenied", text, StatusCode::FORBIDDEN)
            }
        }
    }
}

/// What a client sent, short enough to be repeated in an answer.
pub(crate) fn shown(text: &str) -> String {
    const LIMIT: usize = 256;
    match text.char_indices().nth(LIMIT) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}
