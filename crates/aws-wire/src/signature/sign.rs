//! Signs requests.

use super::canonical::Canonical;
use super::encode::encode;
use super::{ALGORITHM, MAX_EXPIRES, Payload, RequestHead, S3, Scope, TERMINATOR};
use super::{UNSIGNED_PAYLOAD, date};
use crate::keys::AccessKey;
use chrono::{DateTime, Utc};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Uri};

/// Why a request could not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The request has neither a header `Host` nor a host in its URI.
    #[error("the request names no host")]
    NoHost,
    /// An access key id, region, service or token that cannot stand in a header or URI.
    #[error("'{0}' cannot be signed: it has characters that do not belong in a request")]
    Unfit(&'static str),
    /// The body is not told, and the service is not S3.
    #[error("the body must be known to be signed")]
    NoPayload,
    /// Presigned requests are valid for one second to a week.
    #[error("{0} seconds are no time for which a request can be presigned")]
    Expires(u32),
}

/// Signs requests with one key, for one region and service.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// The key.
    pub key: &'a AccessKey,
    /// `us-east-1`.
    pub region: &'a str,
    /// `cloudtrail`.
    pub service: &'a str,
    /// The time of signing.
    pub now: DateTime<Utc>,
}

impl Signer<'_> {
    /// Signs a request in its headers: adds `Host` if it is not there, `X-Amz-Date`, what the key and S3 ask for,
    /// and `Authorization`. Headers of the names `host`, `content-type` and `x-amz-*` are signed.
    ///
    /// # Errors
    /// There is no host, or something cannot stand in a header.
    pub fn sign(&self, parts: &mut Parts, payload: Payload<'_>) -> Result<(), SignError> {
        let hash = self.payload_hash(payload)?;
        add_host(parts)?;
        set(parts, "x-amz-date", &date::basic(self.now))?;
        if let Some(session) = &self.key.session {
            set(parts, "x-amz-security-token", session.token.reveal())?;
        }
        if self.service == S3 {
            set(parts, "x-amz-content-sha256", &hash)?;
        }
        let names = self.signed_headers(parts);
        let scope = self.scope();
        let head = RequestHead::from(&*parts);
        let canonical = Canonical::new(&head, &names, &hash, &scope, self.now);
        let signature = canonical.signature(self.key.secret.reveal(), &scope);
        let value = format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={}, Signature={signature}",
            self.key.id,
            names.join(";")
        );
        set(parts, "authorization", &value)
    }

    /// Signs a request in its query, to be valid for `expires` seconds. Headers that are there and of the names that
    /// [`sign`](Self::sign) has must be sent with it.
    ///
    /// # Errors
    /// There is no host, or `expires` is not within a week.
    pub fn presign(
        &self,
        parts: &mut Parts,
        payload: Payload<'_>,
        expires: u32,
    ) -> Result<(), SignError> {
        if !(1..=MAX_EXPIRES).contains(&expires) {
            return Err(SignError::Expires(expires));
        }
        let payload = if self.service == S3 { Payload::Unsigned } else { payload };
        let hash = self.payload_hash(payload)?;
        add_host(parts)?;
        let (names, scope) = (self.signed_headers(parts), self.scope());
        let mut query = parts.uri.query().unwrap_or_default().to_owned();
        add(&mut query, "X-Amz-Algorithm", ALGORITHM);
        add(&mut query, "X-Amz-Credential", &format!("{}/{scope}", self.key.id));
        add(&mut query, "X-Amz-Date", &date::basic(self.now));
        add(&mut query, "X-Amz-Expires", &expires.to_string());
        add(&mut query, "X-Amz-SignedHeaders", &names.join(";"));
        if let Some(session) = &self.key.session {
            add(&mut query, "X-Amz-Security-Token", session.token.reveal());
        }
        let head = RequestHead { query: Some(&query), ..RequestHead::from(&*parts) };
        let canonical = Canonical::new(&head, &names, &hash, &scope, self.now);
        add(&mut query, "X-Amz-Signature", &canonical.signature(self.key.secret.reveal(), &scope));
        let target = PathAndQuery::try_from(format!("{}?{query}", parts.uri.path()));
        let mut uri = parts.uri.clone().into_parts();
        uri.path_and_query = Some(target.map_err(|_| SignError::Unfit("query"))?);
        parts.uri = Uri::from_parts(uri).map_err(|_| SignError::Unfit("query"))?;
        Ok(())
    }

    pub(super) fn scope(&self) -> Scope {
        Scope {
            date: date::day(self.now),
            region: self.region.to_owned(),
            service: self.service.to_owned(),
            terminator: TERMINATOR.to_owned(),
        }
    }

    fn payload_hash(&self, payload: Payload<'_>) -> Result<String, SignError> {
        match payload.hash() {
            Some(hash) => Ok(hash),
            None if self.service == S3 && matches!(payload, Payload::Unsigned) => {
                Ok(UNSIGNED_PAYLOAD.to_owned())
            }
            None => Err(SignError::NoPayload),
        }
    }

    fn signed_headers(&self, parts: &Parts) -> Vec<String> {
        let names = parts.headers.keys().map(HeaderName::as_str);
        let is_signed =
            |name: &&str| *name == "host" || *name == "content-type" || name.starts_with("x-amz-");
        let mut names: Vec<_> = names.filter(is_signed).map(str::to_owned).collect();
        names.sort();
        names
    }
}

fn add_host(parts: &mut Parts) -> Result<(), SignError> {
    if parts.headers.contains_key("host") {
        return Ok(());
    }
    let host = parts.uri.authority().ok_or(SignError::NoHost)?.as_str().to_owned();
    set(parts, "host", &host)
}

fn set(parts: &mut Parts, name: &'static str, value: &str) -> Result<(), SignError> {
    let value = HeaderValue::from_str(value).map_err(|_| SignError::Unfit(name))?;
    parts.headers.insert(HeaderName::from_static(name), value);
    Ok(())
}

fn add(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    encode(query, value.as_bytes(), None);
}
