//! Access keys: long-lived ones, and temporary ones as STS gives them.

mod generate;
mod secret;
mod session;
#[cfg(test)]
mod tests;

pub use secret::Secret;
pub use session::{AssumedRole, Session};

use chrono::{DateTime, Duration, Utc};

/// Why no key could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The operating system has no random bytes.
    #[error("no random bytes from the operating system: {0}")]
    Random(#[from] getrandom::Error),
    /// This is no ARN of a role: `arn:aws:iam::<account>:role/<path and name>`.
    #[error("'{0}' is no ARN of a role")]
    RoleArn(String),
    /// The duration is not positive, or ends beyond what times can tell.
    #[error("temporary keys cannot be valid for {0} seconds")]
    Duration(i64),
}

/// A key that signs requests: its id, which is public, and what must not become known.
///
/// `Debug` shows neither the secret nor the session token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// 20 characters if it was made here (`AKIA...`, temporary `ASIA...`); a configured one may be any text.
    pub id: String,
    /// What requests are signed with, 40 characters if it was made here.
    pub secret: Secret,
    /// What makes the key a temporary one.
    pub session: Option<Session>,
}

impl AccessKey {
    /// A key that somebody configured.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: Secret::new(secret), session: None }
    }

    /// Makes a long-lived key.
    ///
    /// # Errors
    /// The operating system has no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let secret = generate::secret()?;
        Ok(Self { id: generate::key_id("AKIA")?, secret, session: None })
    }

    /// Makes a temporary key for whoever asked for it, as `GetSessionToken` does.
    ///
    /// # Errors
    /// The operating system has no random bytes, or `valid` is not positive.
    pub fn temporary(now: DateTime<Utc>, valid: Duration) -> Result<Self, KeyError> {
        Self::with_role(None, now, valid)
    }

    /// Makes a temporary key of a role, as `AssumeRole` does.
    ///
    /// # Errors
    /// `role_arn` names no role, the operating system has no random bytes, or `valid` is not positive.
    pub fn assume_role(
        role_arn: &str,
        session_name: &str,
        now: DateTime<Utc>,
        valid: Duration,
    ) -> Result<Self, KeyError> {
        let role = AssumedRole::new(role_arn, session_name)?;
        Self::with_role(Some(role), now, valid)
    }

    fn with_role(
        role: Option<AssumedRole>,
        now: DateTime<Utc>,
        valid: Duration,
    ) -> Result<Self, KeyError> {
        let expires = now.checked_add_signed(valid).filter(|expires| *expires > now);
        let expires = expires.ok_or(KeyError::Duration(valid.num_seconds()))?;
        let session = Session { token: generate::session_token()?, created: now, expires, role };
        let secret = generate::secret()?;
        Ok(Self { id: generate::key_id("ASIA")?, secret, session: Some(session) })
    }
}
