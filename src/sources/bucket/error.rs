//! What goes wrong with buckets, and what helps.

use aws_credential_types::provider::error::CredentialsError;
use object_store::Error;
use std::error::Error as StdError;
use std::io;

/// In what servers say when they refuse, whatever the client made of it.
const REFUSALS: [&str; 6] = [
    "403 Forbidden",
    "AccessDenied",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
];

/// Why a bucket could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// Not the address of a bucket.
    #[error("{0}: no bucket; the address of objects is s3://BUCKET/PREFIX")]
    Address(String),
    /// Asking failed.
    #[error("{address}: {cause}")]
    Asking {
        /// What was asked for.
        address: String,
        /// What went wrong.
        cause: Cause,
    },
    /// Settings of which no client can be made.
    #[error("the bucket cannot be reached with these settings: {0}")]
    Settings(String),
    /// The system gives no threads.
    #[error("no threads to ask buckets with: {0}")]
    Threads(io::Error),
}

/// What goes wrong when objects are listed or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Cause {
    /// Nothing has a key that begins so.
    #[error("no object of that name, and none below it")]
    NotFound,
    /// No bucket has this name.
    #[error("there is no such bucket")]
    NoBucket,
    /// The server refused, in these words.
    #[error(
        "access denied ({0}); reading needs s3:ListBucket and s3:GetObject, and kms:Decrypt where objects are encrypted"
    )]
    Denied(String),
    /// There is nothing to sign requests with.
    #[error(
        "no credentials for AWS ({0}): set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with --profile, or ask a public bucket with --no-sign-request; those of an EC2 instance are used with --instance-credentials"
    )]
    NoCredentials(String),
    /// The object is in an archive.
    #[error("in an archive tier; restore it first (aws s3api restore-object)")]
    Archived,
    /// A key that cannot be asked for, and why.
    #[error("a key with an empty part (//) or with . or .. as a part cannot be read: {0}")]
    Key(String),
    /// Anything else that the server or the network did.
    #[error("{0}")]
    Failed(String),
}

impl Cause {
    pub(super) fn of(error: &Error) -> Self {
        if let Some(ours) = in_chain(error) {
            return ours.clone();
        }
        let reason = said(error);
        match error {
            _ if reason.contains("NoSuchBucket") => Self::NoBucket,
            _ if reason.contains("InvalidObjectState") => Self::Archived,
            Error::NotFound { .. } => Self::NotFound,
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => Self::Denied(reason),
            _ if REFUSALS.iter().any(|code| reason.contains(code)) => Self::Denied(reason),
            Error::InvalidPath { source } => Self::Key(source.to_string()),
            _ => Self::Failed(reason),
        }
    }

    /// Says why there are no credentials, of a profile if one was named.
    pub(super) fn credentials(error: &CredentialsError, profile: Option<&str>) -> Self {
        Self::NoCredentials(match (error, profile) {
            (CredentialsError::CredentialsNotLoaded(_), Some(profile)) => {
                format!("there is no profile {profile}, or it has none")
            }
            (CredentialsError::CredentialsNotLoaded(_), None) => {
                "none in the environment, in a profile or of a container".to_owned()
            }
            _ => error.source().map_or_else(|| error.to_string(), deepest),
        })
    }

    /// Returns the error of asking for `address`.
    pub(super) fn at(self, address: impl ToString) -> BucketError {
        BucketError::Asking { address: address.to_string(), cause: self }
    }
}

/// Returns the error of ours that another was made of.
fn in_chain(error: &Error) -> Option<&Cause> {
    let mut error: &(dyn StdError + 'static) = error;
    loop {
        if let Some(ours) = error.downcast_ref::<Cause>() {
            return Some(ours);
        }
        error = error.source()?;
    }
}

/// Returns what a server said, as `Code: message`, or what the innermost error says.
fn said(error: &Error) -> String {
    let whole = chain(error);
    let part = |name: &str| {
        let (_, rest) = whole.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text.to_owned())
    };
    match (part("Code"), part("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code,
        _ => deepest(error).trim_end_matches(": ").to_owned(),
    }
}

fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        text.push_str(": ");
        text.push_str(&error.to_string());
        inner = error.source();
    }
    text
}

fn deepest(error: &(dyn StdError + 'static)) -> String {
    match error.source() {
        Some(inner) => deepest(inner),
        None => error.to_string(),
    }
}
