//! Signature Version 4, checked and made, in its header form and its presigned form; and of Version 2 what clients of S3
//! presign with, checked.
//!
//! A server reads first who says to have signed what ([`Authorization::parse`]), since the service in the
//! scope tells which API a request is for; then it checks whether that is so ([`verify`]). [`Signer`] is
//! the other direction.

mod authorization;
mod canonical;
mod date;
mod encode;
mod error;
mod parse;
mod request;
mod sign;
#[cfg(test)]
mod tests;
mod verify;
mod version2;

pub use authorization::{Authorization, Credential, Form, Scope};
pub(crate) use encode::decode;
pub use error::SignatureError;
pub use request::{Payload, RequestHead};
pub use sign::{SignError, Signer};
pub use verify::{Expected, verify};

/// The only algorithm. The other one of AWS, with elliptic curves, serves requests to several regions.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last part of a scope.
const TERMINATOR: &str = "aws4_request";

/// Stands for the hash of a body that is not signed.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// How far clocks may be apart, in minutes, either way.
const TOLERANCE_MINUTES: i64 = 15;

/// How long a presigned request may be valid: a week, in seconds.
const MAX_EXPIRES: u32 = 604_800;

/// The service whose requests are signed by rules of their own.
const S3: &str = "s3";
