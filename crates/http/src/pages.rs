//! The port's own pages, `/health` and `/metrics`, for whoever watches over it.

use crate::metrics::CONTENT_TYPE as PROMETHEUS;
use crate::refusal::text;
use crate::serve::Shared;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode};

/// The answer, if the request is for one of the pages. One with credentials or a query is not: a bucket may have the
/// same name.
pub(crate) fn answer(shared: &Shared, request: &Parts) -> Option<Response<Body>> {
    let plain = request.uri.query().is_none() && !request.headers.contains_key(AUTHORIZATION);
    if !plain || ![Method::GET, Method::HEAD].contains(&request.method) {
        return None;
    }
    match request.uri.path() {
        "/health" => Some(match (shared.health)() {
            Ok(()) => text(StatusCode::OK, "ok\n".to_owned()),
            Err(reason) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
        }),
        "/metrics" => {
            let mut page = text(StatusCode::OK, shared.metrics.text());
            page.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROMETHEUS));
            Some(page)
        }
        _ => None,
    }
}
