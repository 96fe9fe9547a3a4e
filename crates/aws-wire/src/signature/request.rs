//! What is signed: the head of a request, as it came, and its body.

use crate::digest::{hex, sha256_hex};
use http::HeaderMap;
use http::request::Parts;

/// The head of a request, raw: nothing decoded, nothing normalized, no header dropped or rewritten, since all
/// of that changes signatures.
#[derive(Debug, Clone, Copy)]
pub struct RequestHead<'a> {
    /// `POST`, in upper case.
    pub method: &'a str,
    /// The path as it was sent, with its percent signs.
    pub path: &'a str,
    /// What stood behind the question mark, as it was sent.
    pub query: Option<&'a str>,
    /// The headers as they were sent.
    pub headers: &'a HeaderMap,
    /// The host and port of the target, which stands for the header `Host` where there is none, as in HTTP/2.
    pub authority: Option<&'a str>,
}

impl<'a> From<&'a Parts> for RequestHead<'a> {
    fn from(parts: &'a Parts) -> Self {
        Self {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query(),
            headers: &parts.headers,
            authority: parts.uri.authority().map(http::uri::Authority::as_str),
        }
    }
}

/// What is known of the body of a request.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// The body itself.
    Body(&'a [u8]),
    /// The SHA-256 of the body.
    Sha256([u8; 32]),
    /// The body is not looked at, and so only a signature that leaves it out is right. For S3 only.
    Unsigned,
    /// The body is not read at all, as nothing is made of it: what the client says of it may be anything, also that it is
    /// signed in pieces. For S3 only, to check; it cannot be signed.
    Unread,
}

impl Payload<'_> {
    /// The hash in hexadecimal digits, if the body is known.
    pub(super) fn hash(self) -> Option<String> {
        match self {
            Self::Body(body) => Some(sha256_hex(body)),
            Self::Sha256(hash) => Some(hex(&hash)),
            Self::Unsigned | Self::Unread => None,
        }
    }
}
