//! What a service answers when it refuses: a name, a text and a status, whatever the protocol.

mod common;
mod render;
#[cfg(test)]
mod tests;

pub(crate) use common::shown;

use http::StatusCode;
use std::borrow::Cow;

/// How a service speaks: this decides about the form of answers, and about some names of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// JSON 1.1: one path, the operation in the header `X-Amz-Target` (cloudtrail, organizations).
    Json,
    /// JSON with paths and query parameters (cloudtrail-data).
    RestJson,
    /// Forms in, XML out (sts).
    Query,
    /// The XML of S3.
    S3,
}

/// A refusal. Clients act on `code`, people read `message`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// The name of the error, without a namespace: `EventDataStoreNotFoundException`.
    pub code: Cow<'static, str>,
    /// One or two sentences.
    pub message: String,
    /// The status of the answer, 4xx or 5xx.
    pub status: StatusCode,
    /// Elements that S3 adds to its errors (`Key`, `BucketName`); other protocols leave them out.
    details: Vec<(&'static str, String)>,
}

impl ServiceError {
    /// An error of any name and status.
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        status: StatusCode,
    ) -> Self {
        Self { code: code.into(), message: message.into(), status, details: Vec::new() }
    }

    /// An error with status 400, which all modelled errors of JSON 1.1 have.
    pub fn bad_request(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(code, message, StatusCode::BAD_REQUEST)
    }

    /// Adds an element to an error of S3, named as S3 names it: `Key`, `BucketName`.
    #[must_use]
    pub fn with_detail(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.details.push((name, text.into()));
        self
    }

    /// Returns whether the client is to blame; XML says `Sender` then, else `Receiver`.
    #[must_use]
    pub fn is_client_error(&self) -> bool {
        self.status.is_client_error()
    }
}
