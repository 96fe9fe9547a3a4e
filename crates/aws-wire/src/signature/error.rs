//! Why a request is refused, and how AWS says so in each protocol.

use crate::error::{Protocol, ServiceError};
use http::StatusCode;
use std::borrow::Cow;

/// Why a signature is not accepted. The texts are those of AWS's JSON services.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The request has no signature.
    #[error("Missing Authentication Token")]
    Missing,
    /// The header `Authorization` lacks something.
    #[error("{0}")]
    Incomplete(String),
    /// A parameter of a presigned request is absent or malformed.
    #[error("{0}")]
    Query(String),
    /// Another algorithm, or another scheme of the header.
    #[error("Unsupported AWS 'algorithm': '{0}'.")]
    Algorithm(String),
    /// The time of signing has another form.
    #[error("Date must be in ISO-8601 'basic format'. Got '{0}'.")]
    Date(String),
    /// The scope has no region.
    #[error("Credential should be scoped to a valid region.")]
    Region,
    /// The scope is that of another service.
    #[error("Credential should be scoped to correct service: '{0}'.")]
    Service(String),
    /// The scope ends with something else.
    #[error("Credential should be scoped with a valid terminator: 'aws4_request', not '{0}'.")]
    Terminator(String),
    /// The day of the scope is not that of the request.
    #[error(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
         '{scope}' != '{day}', from '{date}'."
    )]
    ScopeDate {
        /// The day in the scope.
        scope: String,
        /// The day of the request.
        day: String,
        /// The time of the request.
        date: String,
    },
    /// The time of signing lies too far back.
    #[error("Signature expired: {date} is now earlier than {earliest} ({now} - {window}.)")]
    Expired {
        /// The time of the request; of this form are all of them: `20261128T170000Z`.
        date: String,
        /// The earliest time that would have been accepted.
        earliest: String,
        /// The server's time.
        now: String,
        /// How old a signature may be: `15 min`.
        window: String,
        /// Whether the request told itself how long it is valid.
        presigned: bool,
    },
    /// The time of signing lies too far ahead.
    #[error("Signature not yet current: {date} is still later than {latest} ({now} + {window}.)")]
    NotYetCurrent {
        /// The time of the request.
        date: String,
        /// The latest time that would have been accepted.
        latest: String,
        /// The server's time.
        now: String,
        /// How far ahead a signature may be: `15 min`.
        window: String,
    },
    /// The header `Host` is not signed.
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    HostNotSigned,
    /// A header is there that had to be signed, and is not.
    #[error("There were headers present in the request which were not signed: {0}")]
    HeaderNotSigned(String),
    /// Nobody has this access key.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// The access key is known; its session token is another one, or absent, or superfluous.
    #[error("The security token included in the request is invalid.")]
    UnknownToken,
    /// The temporary key has come to its end.
    #[error("The security token included in the request is expired")]
    TokenExpired,
    /// The body has another hash than the header `x-amz-content-sha256` tells, or is signed in pieces.
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    Payload,
    /// The header `x-amz-content-sha256` is absent, and the body not known: S3 wants it in every request.
    #[error("Missing required header for this request: x-amz-content-sha256")]
    NoPayloadHash,
    /// The signature is not that of this request and key.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
         Access Key and signing method. Consult the service documentation for details."
    )]
    Mismatch {
        /// What was signed, as the server computed it.
        canonical_request: String,
        /// What the signature was computed of.
        string_to_sign: String,
    },
}

impl SignatureError {
    /// Makes the refusal that a service of this protocol gives.
    ///
    /// Names and statuses are AWS's as far as they were seen; JSON 1.1 answers 400 to all of them. SDKs
    /// correct their clock by the header `Date` of the answer and ask once more.
    #[must_use]
    pub fn service_error(&self, protocol: Protocol) -> ServiceError {
        match protocol {
            Protocol::Json => ServiceError::bad_request(self.json_code(), self.to_string()),
            Protocol::RestJson => {
                ServiceError::new(self.json_code(), self.long_text(), StatusCode::FORBIDDEN)
            }
            Protocol::Query => {
                let (code, status) = self.query_code();
                let text = match self {
                    Self::Missing => "Request is missing Authentication Token".to_owned(),
                    _ => self.long_text(),
                };
                ServiceError::new(code, text, status)
            }
            Protocol::S3 => self.s3_error(),
        }
    }

    fn json_code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) | Self::Query(_) | Self::Algorithm(_) | Self::Date(_) => {
                "IncompleteSignatureException"
            }
            Self::UnknownKey | Self::UnknownToken => "UnrecognizedClientException",
            Self::TokenExpired => "ExpiredTokenException",
            _ => "InvalidSignatureException",
        }
    }

    fn query_code(&self) -> (&'static str, StatusCode) {
        match self {
            Self::Missing => ("MissingAuthenticationToken", StatusCode::FORBIDDEN),
            Self::Incomplete(_) | Self::Query(_) | Self::Algorithm(_) | Self::Date(_) => {
                ("IncompleteSignature", StatusCode::BAD_REQUEST)
            }
            Self::UnknownKey | Self::UnknownToken => {
                ("InvalidClientTokenId", StatusCode::FORBIDDEN)
            }
            Self::TokenExpired => ("ExpiredToken", StatusCode::FORBIDDEN),
            _ => ("SignatureDoesNotMatch", StatusCode::FORBIDDEN),
        }
    }

    /// With what the server signed, by which a client is repaired.
    fn long_text(&self) -> String {
        let Self::Mismatch { canonical_request, string_to_sign } = self else {
            return self.to_string();
        };
        format!(
            "{self}\n\nThe Canonical String for this request should have been\n'{canonical_request}'\n\n\
             The String-to-Sign should have been\n'{string_to_sign}'\n"
        )
    }

    fn s3_error(&self) -> ServiceError {
        let (code, status, text) = self.s3_parts();
        let error = ServiceError::new(code, text, status);
        match self {
            Self::Mismatch { canonical_request, string_to_sign } => error
                .with_detail("StringToSign", string_to_sign.as_str())
                .with_detail("CanonicalRequest", canonical_request.as_str()),
            _ => error,
        }
    }

    fn s3_parts(&self) -> (&'static str, StatusCode, Cow<'static, str>) {
        let (denied, bad) = (StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST);
        match self {
            Self::Missing => ("AccessDenied", denied, "Access Denied".into()),
            Self::Expired { presigned: true, .. } => {
                ("AccessDenied", denied, "Request has expired".into())
            }
            Self::Expired { .. } | Self::NotYetCurrent { .. } => {
                let text =
                    "The difference between the request time and the current time is too large.";
                ("RequestTimeTooSkewed", denied, text.into())
            }
            Self::HostNotSigned | Self::HeaderNotSigned(_) => {
                ("AccessDenied", denied, self.to_string().into())
            }
            Self::Query(_) => ("AuthorizationQueryParametersError", bad, self.to_string().into()),
            Self::UnknownKey => {
                let text = "The AWS Access Key Id you provided does not exist in our records.";
                ("InvalidAccessKeyId", denied, text.into())
            }
            Self::UnknownToken => {
                let text = "The provided token is malformed or otherwise invalid.";
                ("InvalidToken", bad, text.into())
            }
            Self::TokenExpired => ("ExpiredToken", bad, "The provided token has expired.".into()),
            Self::NoPayloadHash => ("InvalidRequest", bad, self.to_string().into()),
            Self::Payload => ("XAmzContentSHA256Mismatch", bad, self.to_string().into()),
            Self::Mismatch { .. } => {
                let text = "The request signature we calculated does not match the signature you provided. \
                            Check your key and signing method.";
                ("SignatureDoesNotMatch", denied, text.into())
            }
            _ => ("AuthorizationHeaderMalformed", bad, self.to_string().into()),
        }
    }
}
