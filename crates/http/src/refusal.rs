//! What a port answers itself: refusals, as plain text that says what to do.

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Response, StatusCode};

/// Why the port answered instead of the router. It stands in the extensions of such an answer, so that the
/// hook [`finish`](crate::Hooks::finish) can put it into the words of its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// 400: no `Host`, several, none that can be read, or not the one of the target.
    BadHost,
    /// 403: `Host` is no name of ours.
    ForeignHost,
    /// 403: a page in a browser sent it.
    ForeignPage,
    /// 405: CONNECT.
    Connect,
    /// 408: the body took too long.
    SlowBody,
    /// 413: the body is too large.
    LargeBody,
    /// 503: the bodies of all requests in flight are too large together.
    LargeBodies,
    /// 500: the router panicked.
    Panic,
}

impl Refusal {
    /// The status of the answer.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadHost => StatusCode::BAD_REQUEST,
            Self::ForeignHost | Self::ForeignPage => StatusCode::FORBIDDEN,
            Self::Connect => StatusCode::METHOD_NOT_ALLOWED,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::LargeBody => StatusCode::PAYLOAD_TOO_LARGE,
            Self::LargeBodies => StatusCode::SERVICE_UNAVAILABLE,
            Self::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A word for it in the access log and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BadHost => "bad_host",
            Self::ForeignHost => "foreign_host",
            Self::ForeignPage => "foreign_page",
            Self::Connect => "connect",
            Self::SlowBody => "slow_body",
            Self::LargeBody => "large_body",
            Self::LargeBodies => "large_bodies",
            Self::Panic => "panic",
        }
    }

    /// What is wrong, and what helps.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::BadHost => {
                "A request needs exactly one Host header with a host name, the same as in its target."
            }
            Self::ForeignHost => {
                "The Host header is not a name of this server. Use localhost or 127.0.0.1, or start the server with --host and that name."
            }
            Self::ForeignPage => "Pages in a browser may not ask here. Use a client outside of it.",
            Self::Connect => "This is no proxy, so CONNECT is not answered.",
            Self::SlowBody => {
                "The body of the request took too long. Send it faster, or less of it."
            }
            Self::LargeBody => "The body of the request is too large. Send less at a time.",
            Self::LargeBodies => "Too much is being sent to the server; try again in a moment.",
            Self::Panic => "The server failed at this request because of a bug. Please report it.",
        }
    }

    /// The answer; `id` lets its reader find the request in the log.
    pub(crate) fn response(self, id: crate::RequestId) -> Response<Body> {
        let mut response = text(self.status(), format!("{}\nRequest {id}.\n", self.message()));
        if self == Self::Connect {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
        }
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        response.extensions_mut().insert(self);
        response
    }
}

/// A plain text that no browser takes for something else.
pub(crate) fn text(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
