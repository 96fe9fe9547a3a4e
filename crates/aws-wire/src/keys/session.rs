//! What a temporary key is bound to: a token, an end, and perhaps a role.

use super::generate::id;
use super::{KeyError, Secret};
use crate::digest::sha256;
use crate::error::shown;
use chrono::{DateTime, Utc};

/// What makes a key temporary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Goes with every request that the key signs (`X-Amz-Security-Token`).
    pub token: Secret,
    /// When the key was made.
    pub created: DateTime<Utc>,
    /// From this moment on the key is not valid.
    pub expires: DateTime<Utc>,
    /// The role that the key acts as; without one it acts as who asked for it.
    pub role: Option<AssumedRole>,
}

/// A role, and under which name it was assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    role_arn: String,
    session_name: String,
}

impl AssumedRole {
    /// Any role is taken that has the form of one; the session's name is checked by the model of STS.
    ///
    /// # Errors
    /// `role_arn` is not `arn:<partition>:iam::<account of 12 digits>:role/<path and name>`.
    pub fn new(role_arn: &str, session_name: &str) -> Result<Self, KeyError> {
        if Parts::of(role_arn).is_none() {
            return Err(KeyError::RoleArn(shown(role_arn)));
        }
        Ok(Self { role_arn: role_arn.to_owned(), session_name: session_name.to_owned() })
    }

    /// The ARN of the role, as it was asked for.
    #[must_use]
    pub fn role_arn(&self) -> &str {
        &self.role_arn
    }

    /// The name that the caller gave to the session.
    #[must_use]
    pub fn session_name(&self) -> &str {
        &self.session_name
    }

    /// The account of the role, 12 digits.
    #[must_use]
    pub fn account(&self) -> &str {
        Parts::of(&self.role_arn).map_or("", |parts| parts.account)
    }

    /// The ARN of who acts: `arn:aws:sts::<account>:assumed-role/<name>/<session>`. The role's path is no part
    /// of it.
    #[must_use]
    pub fn arn(&self) -> String {
        let Some(Parts { partition, account, name }) = Parts::of(&self.role_arn) else {
            return self.role_arn.clone();
        };
        format!("arn:{partition}:sts::{account}:assumed-role/{name}/{}", self.session_name)
    }

    /// The id of who acts: `AROA...:<session>`. The same role has the same id, always.
    #[must_use]
    pub fn id(&self) -> String {
        let hash = sha256(self.role_arn.as_bytes());
        format!("{}:{}", id("AROA", hash.into_iter().take(17)), self.session_name)
    }
}

struct Parts<'a> {
    partition: &'a str,
    account: &'a str,
    name: &'a str,
}

impl<'a> Parts<'a> {
    fn of(arn: &'a str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let mut next = || parts.next();
        let (arn, partition, service, region) = (next()?, next()?, next()?, next()?);
        let (account, resource) = (next()?, next()?);
        let name = resource.strip_prefix("role/")?.rsplit('/').next()?;
        let is_role = arn == "arn" && service == "iam" && region.is_empty();
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let is_named = !partition.is_empty() && !name.is_empty() && !name.contains(':');
        (is_role && is_account && is_named).then_some(Self { partition, account, name })
    }
}
