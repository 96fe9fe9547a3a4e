//! What a request says of its signature.

use crate::error::Protocol;
use chrono::{DateTime, Utc};
use std::fmt;

/// What a signature is valid for: one day, region and service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The day in UTC, as it was sent: `20261128`.
    pub date: String,
    /// `us-east-1`, or any other text.
    pub region: String,
    /// `cloudtrail`. With several services on one port it tells for which one a request is.
    pub service: String,
    /// `aws4_request`.
    pub terminator: String,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.date, self.region, self.service, self.terminator)
    }
}

impl Scope {
    /// How the service speaks, for services that are known here.
    #[must_use]
    pub fn protocol(&self) -> Option<Protocol> {
        match self.service.as_str() {
            "cloudtrail" | "organizations" => Some(Protocol::Json),
            "cloudtrail-data" => Some(Protocol::RestJson),
            "sts" => Some(Protocol::Query),
            "s3" => Some(Protocol::S3),
            _ => None,
        }
    }
}

/// Which key signed, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Credential {
    /// `AKIA...`, or whatever was configured.
    pub access_key_id: String,
    /// What the signature is valid for.
    pub scope: Scope,
}

impl Credential {
    /// Reads `<access key id>/<day>/<region>/<service>/aws4_request`. The last four parts are the scope.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(5, '/').map(str::to_owned);
        let terminator = parts.next()?;
        let (service, region, date) = (parts.next()?, parts.next()?, parts.next()?);
        let access_key_id = parts.next().filter(|id| !id.is_empty())?;
        Some(Self { access_key_id, scope: Scope { date, region, service, terminator } })
    }
}

/// Where a request has its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the header `Authorization`.
    Header,
    /// In the query. It is valid for so many seconds from its date, 1 to 604,800.
    Presigned {
        /// Seconds.
        expires: u32,
    },
    /// In the query, of Version 2, which S3 alone takes: it has no scope, and leaves out most headers and parameters.
    ///
    /// What it signs begins with the bucket. Where the host names that, the path of the
    /// [`RequestHead`](super::RequestHead) must have it in front.
    Version2 {
        /// Until when it is valid.
        expires: DateTime<Utc>,
    },
}

/// What a request says of its signature; nothing of it is checked but the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Where it stood.
    pub form: Form,
    /// Which key signed, and for what.
    pub credential: Credential,
    /// Names of the headers that were signed, in lower case, sorted.
    pub signed_headers: Vec<String>,
    /// 64 hexadecimal digits, if it is one of ours.
    pub signature: String,
    /// The token of a temporary key.
    pub session_token: Option<String>,
    /// The time of signing as it was sent.
    pub date: String,
}
