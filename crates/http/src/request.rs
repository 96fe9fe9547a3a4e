//! What a port puts into the extensions of each request: its id, who sent it, and a place for notes.

use axum::http::HeaderValue;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// The id of one request, a random UUID (version 4, RFC 9562).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<RequestId> for HeaderValue {
    fn from(id: RequestId) -> Self {
        // Hexadecimal digits and hyphens always are a header's value.
        Self::from_str(&id.to_string()).unwrap_or(Self::from_static("-"))
    }
}

/// The other side of the connection that a request came by; a proxy, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether it came by TLS.
    pub tls: bool,
    /// What the two sides agreed on for that, as far as it has a name.
    pub session: Option<TlsSession>,
}

/// What the sides of a connection agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsSession {
    /// `TLSv1.3`.
    pub version: &'static str,
    /// The suite by the name that IANA has for it: `TLS_AES_128_GCM_SHA256`.
    pub cipher_suite: &'static str,
}

/// What those who answer a request note about it for the access log. Clones are the same notes. Secrets do
/// not belong here.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Noted>>);

#[derive(Clone, Debug, Default)]
pub(crate) struct Noted {
    pub(crate) service: Option<&'static str>,
    pub(crate) operation: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) error_code: Option<String>,
}

impl Notes {
    /// Notes the service that answers. It is a label of metrics as well, so it is no text of a client.
    pub fn service(&self, name: &'static str) {
        self.noted().service = Some(name);
    }

    /// Notes what was asked for, such as the name of an operation.
    pub fn operation(&self, name: impl Into<String>) {
        self.noted().operation = Some(name.into());
    }

    /// Notes which access key signed the request; its id, not the key.
    pub fn access_key_id(&self, id: impl Into<String>) {
        self.noted().access_key_id = Some(id.into());
    }

    /// Notes the error that is the answer, by the protocol's name for it.
    pub fn error_code(&self, code: impl Into<String>) {
        self.noted().error_code = Some(code.into());
    }

    pub(crate) fn take(&self) -> Noted {
        std::mem::take(&mut *self.noted())
    }

    pub(crate) fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
