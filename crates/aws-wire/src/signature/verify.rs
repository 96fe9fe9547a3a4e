//! Whether a request is signed by whom it says.

use super::canonical::Canonical;
use super::encode::parameter;
use super::{Authorization, Form, Payload, RequestHead, SignatureError, date, version2};
use super::{S3, TERMINATOR, TOLERANCE_MINUTES, UNSIGNED_PAYLOAD};
use crate::error::shown;
use crate::keys::AccessKey;
use chrono::{DateTime, Duration, Utc};
use subtle::ConstantTimeEq;

/// What a server expects of a signature.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The services that the scope may name: the one that the request is for, as a rule. None given: none fits.
    pub services: &'a [&'a str],
    /// The server's time.
    pub now: DateTime<Utc>,
}

/// Checks a signature, and returns the key that made it.
///
/// `find` looks for a key by its id and the session token that came with it. Whether the token is the key's,
/// and the key still valid, is checked here. Any region is accepted.
///
/// # Errors
/// One for each reason to refuse a request, in the order in which AWS looks: the scope, the time, the key, its
/// token, what had to be signed, the signature.
pub fn verify<F>(
    authorization: &Authorization,
    head: &RequestHead<'_>,
    payload: Payload<'_>,
    expected: &Expected<'_>,
    find: F,
) -> Result<AccessKey, SignatureError>
where
    F: FnOnce(&str, Option<&str>) -> Option<AccessKey>,
{
    if let Form::Version2 { expires } = authorization.form {
        return version2::verify(authorization, head, expires, expected, find);
    }
    let time = date::parse_header(&authorization.date)
        .ok_or_else(|| SignatureError::Date(shown(&authorization.date)))?;
    check_scope(authorization, time, expected.services)?;
    check_time(authorization.form, time, expected.now)?;
    let token = authorization.session_token.as_deref();
    let key = find(&authorization.credential.access_key_id, token);
    let key = key.ok_or(SignatureError::UnknownKey)?;
    check_token(&key, token, expected.now)?;
    check_headers(authorization, head)?;
    let hash = payload_hash(authorization, head, payload)?;
    let scope = &authorization.credential.scope;
    let canonical = Canonical::new(head, &authorization.signed_headers, &hash, scope, time);
    let signature = canonical.signature(key.secret.reveal(), scope);
    if bool::from(signature.as_bytes().ct_eq(authorization.signature.as_bytes())) {
        return Ok(key);
    }
    Err(SignatureError::Mismatch {
        canonical_request: String::from_utf8_lossy(&canonical.request).into_owned(),
        string_to_sign: canonical.to_sign,
    })
}

fn check_scope(
    authorization: &Authorization,
    time: DateTime<Utc>,
    services: &[&str],
) -> Result<(), SignatureError> {
    let scope = &authorization.credential.scope;
    if scope.region.is_empty() {
        return Err(SignatureError::Region);
    }
    if !services.contains(&scope.service.as_str()) {
        return Err(SignatureError::Service(services.join("', '")));
    }
    if scope.terminator != TERMINATOR {
        return Err(SignatureError::Terminator(shown(&scope.terminator)));
    }
    let day = date::day(time);
    if scope.date != day {
        let (scope, date) = (shown(&scope.date), date::basic(time));
        return Err(SignatureError::ScopeDate { scope, day, date });
    }
    Ok(())
}

fn check_time(form: Form, time: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), SignatureError> {
    let tolerance = Duration::minutes(TOLERANCE_MINUTES);
    let tolerated = format!("{TOLERANCE_MINUTES} min");
    let (valid, window, presigned) = match form {
        Form::Header | Form::Version2 { .. } => (tolerance, tolerated.clone(), false),
        Form::Presigned { expires } => {
            (Duration::seconds(i64::from(expires)), format!("{expires} sec"), true)
        }
    };
    let (earliest, latest) = (now - valid, now + tolerance);
    let (date, told) = (date::basic(time), date::basic(now));
    if time < earliest {
        let earliest = date::basic(earliest);
        return Err(SignatureError::Expired { date, earliest, now: told, window, presigned });
    }
    if time > latest {
        let latest = date::basic(latest);
        return Err(SignatureError::NotYetCurrent { date, latest, now: told, window: tolerated });
    }
    Ok(())
}

pub(super) fn check_token(
    key: &AccessKey,
    token: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), SignatureError> {
    match (&key.session, token) {
        (None, None) => Ok(()),
        (Some(session), Some(token)) if session.token.is(token) => {
            if session.expires <= now {
                Err(SignatureError::TokenExpired)
            } else {
                Ok(())
            }
        }
        _ => Err(SignatureError::UnknownToken),
    }
}

/// The host must be signed, and so must S3's headers. Other services do not insist: small clients sign no
/// more than host and date.
fn check_headers(
    authorization: &Authorization,
    head: &RequestHead<'_>,
) -> Result<(), SignatureError> {
    let is_signed = |name: &str| authorization.signed_headers.iter().any(|signed| signed == name);
    if !is_signed("host") {
        return Err(SignatureError::HostNotSigned);
    }
    let is_s3 = authorization.credential.scope.service == S3;
    let names = head.headers.keys().map(http::HeaderName::as_str);
    let unsigned = names.filter(|name| name.starts_with("x-amz-") && !is_signed(name));
    let unsigned: Vec<_> = unsigned.collect();
    if is_s3 && !unsigned.is_empty() {
        return Err(SignatureError::HeaderNotSigned(unsigned.join(", ")));
    }
    Ok(())
}

/// What stands for the body in the canonical request. What the client says of it must be true.
fn payload_hash(
    authorization: &Authorization,
    head: &RequestHead<'_>,
    payload: Payload<'_>,
) -> Result<String, SignatureError> {
    let is_s3 = authorization.credential.scope.service == S3;
    let told = head.headers.get("x-amz-content-sha256");
    let told = told.map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned());
    let told = match authorization.form {
        Form::Header | Form::Version2 { .. } => told,
        Form::Presigned { .. } => told
            .or_else(|| parameter(head.query, "X-Amz-Content-Sha256"))
            .or_else(|| is_s3.then(|| UNSIGNED_PAYLOAD.to_owned())),
    };
    let known = payload.hash();
    match told {
        Some(told) if told == UNSIGNED_PAYLOAD && is_s3 => Ok(told),
        Some(told) if matches!(payload, Payload::Unread) && is_s3 => Ok(told),
        Some(told) if known.as_deref() == Some(told.as_str()) => Ok(told),
        Some(_) => Err(SignatureError::Payload),
        None => known.ok_or(SignatureError::NoPayloadHash),
    }
}
