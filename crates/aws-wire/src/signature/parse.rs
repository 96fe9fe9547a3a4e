//! Reads what a request says of its signature, from its headers or its query.

use super::encode::parameter;
use super::version2;
use super::{ALGORITHM, Authorization, Credential, Form, MAX_EXPIRES, RequestHead, SignatureError};
use crate::digest::sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;

impl Authorization {
    /// Reads the header `Authorization`, or else the query of a presigned request.
    ///
    /// # Errors
    /// There is neither, a part is missing or malformed, or the algorithm is another one.
    pub fn parse(head: &RequestHead<'_>) -> Result<Self, SignatureError> {
        if head.headers.contains_key("authorization") {
            return from_header(head);
        }
        match parameter(head.query, "X-Amz-Algorithm") {
            Some(algorithm) => from_query(head, &algorithm),
            None => match parameter(head.query, version2::KEY) {
                Some(id) => version2::parse(head, id),
                None => Err(SignatureError::Missing),
            },
        }
    }
}

fn from_header(head: &RequestHead<'_>) -> Result<Authorization, SignatureError> {
    let mut values = head.headers.get_all("authorization").iter();
    let value = values.next().map_or(&b""[..], |value| value.as_bytes());
    let text = String::from_utf8_lossy(value);
    if values.next().is_some() {
        return Err(incomplete("A request has one Authorization header.", &text));
    }
    let (algorithm, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    if algorithm != ALGORITHM {
        return Err(unsupported(algorithm));
    }
    let parts: Vec<_> = rest.split(',').filter_map(|part| part.trim().split_once('=')).collect();
    let part = |name| parts.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let date = header(head, "x-amz-date").or_else(|| header(head, "date"));
    let (Some(credential), Some(signature), Some(signed), Some(date)) =
        (part("Credential"), part("Signature"), part("SignedHeaders"), date.clone())
    else {
        let mut missing = String::new();
        for name in ["Credential", "Signature", "SignedHeaders"] {
            if part(name).is_none() {
                let _ = write!(missing, "Authorization header requires '{name}' parameter. ");
            }
        }
        if date.is_none() {
            missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
        }
        return Err(incomplete(missing.trim_end(), &text));
    };
    let malformed = || {
        let what = "Credential must have exactly 5 slash-delimited elements, \
                    e.g. keyid/date/region/service/term.";
        incomplete(what, &text)
    };
    Ok(Authorization {
        form: Form::Header,
        credential: Credential::parse(credential).ok_or_else(malformed)?,
        signed_headers: names(signed),
        signature: signature.to_owned(),
        session_token: header(head, "x-amz-security-token"),
        date,
    })
}

fn from_query(head: &RequestHead<'_>, algorithm: &str) -> Result<Authorization, SignatureError> {
    if algorithm != ALGORITHM {
        return Err(unsupported(algorithm));
    }
    let get = |name: &'static str| {
        let text =
            || SignatureError::Query(format!("AWS query-string parameters must include '{name}'."));
        parameter(head.query, name).ok_or_else(text)
    };
    let credential = get("X-Amz-Credential")?;
    let malformed = || {
        let what = "X-Amz-Credential must have exactly 5 slash-delimited elements, \
                    e.g. keyid/date/region/service/term.";
        SignatureError::Query(what.to_owned())
    };
    let credential = Credential::parse(&credential).ok_or_else(malformed)?;
    let expires = get("X-Amz-Expires")?.parse().ok();
    let expires =
        expires.filter(|seconds| (1..=MAX_EXPIRES).contains(seconds)).ok_or_else(|| {
            SignatureError::Query(format!(
                "X-Amz-Expires must be a number from 1 to {MAX_EXPIRES}."
            ))
        })?;
    Ok(Authorization {
        form: Form::Presigned { expires },
        credential,
        signed_headers: names(&get("X-Amz-SignedHeaders")?),
        signature: get("X-Amz-Signature")?,
        session_token: parameter(head.query, "X-Amz-Security-Token"),
        date: get("X-Amz-Date")?,
    })
}

/// Clients may list names in any order and case; what is signed has them in one.
fn names(text: &str) -> Vec<String> {
    let names = text.split(';').map(|name| name.trim().to_ascii_lowercase());
    let mut names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    names
}

fn header(head: &RequestHead<'_>, name: &str) -> Option<String> {
    let value = head.headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
}

fn unsupported(algorithm: &str) -> SignatureError {
    SignatureError::Algorithm(crate::error::shown(algorithm))
}

/// The header is told by its hash: with the scheme `Basic` it is a password.
fn incomplete(what: &str, header: &str) -> SignatureError {
    let hash = STANDARD.encode(sha256(header.as_bytes()));
    let how = "(Hashed with SHA-256 and encoded with Base64)";
    SignatureError::Incomplete(format!("{what} {how} Authorization={hash}"))
}
