//! From a request to its answer: the guard, the bounds of the body, the router, and the last hand on it.

use crate::activity::Activity;
use crate::body::{BodyState, Bounded};
use crate::pages;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::request::{Peer, RequestId};
use crate::serve::Shared;
use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, DATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, Response};
use chrono::{DateTime, Utc};
use futures::FutureExt;
use hyper::body::{Body as _, Incoming};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::SystemTime;
use tower::ServiceExt;
use uuid::Uuid;

pub(crate) async fn answer(
    shared: Arc<Shared>,
    activity: Arc<Activity>,
    peer: Peer,
    request: Request<Incoming>,
) -> Response<Body> {
    let id = RequestId(Uuid::new_v4());
    let (mut parts, body) = request.into_parts();
    let record = Record::begin(Arc::clone(&shared), Arc::clone(&activity), peer, id, &parts);
    parts.extensions.insert(id);
    parts.extensions.insert(peer);
    parts.extensions.insert(record.notes.clone());

    let body = Bounded::new(body, &shared.limits, Arc::clone(&record.body), Arc::clone(&activity));
    let asked = AssertUnwindSafe(route(&shared, &record.body, &parts, body));
    let outcome = asked.catch_unwind().await.unwrap_or(Err(Refusal::Panic));
    let refusal = outcome.as_ref().err().copied();
    let response = outcome.unwrap_or_else(|refusal| refusal.response(id));
    let finished = finish(&shared, &parts, response);
    let mut response = finished.unwrap_or_else(|| Refusal::Panic.response(id));
    if activity.is_unread() {
        // What follows on the connection is the rest of a body, so no request can: clients must know.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    record.follow(response, refusal)
}

/// The answer of a page of ours or of the router, unless the request is refused first or its body is meanwhile.
async fn route(
    shared: &Shared,
    state: &BodyState,
    parts: &Parts,
    body: Bounded,
) -> Result<Response<Body>, Refusal> {
    shared.gate.check(parts)?;
    if body.size_hint().lower() > shared.limits.body_bytes {
        return Err(Refusal::LargeBody);
    }
    if let Some(page) = pages::answer(shared, parts) {
        return Ok(page);
    }
    let request = Request::from_parts(parts.clone(), Body::new(body));
    let answer = tokio::select! {
        biased;
        answer = ask(shared.router.clone(), request) => answer,
        refusal = state.failed() => return Err(refusal),
    };
    // Whatever the router made of the error.
    state.failure().map_or(Ok(answer), Err)
}

async fn ask(router: Router, request: Request<Body>) -> Response<Body> {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// `None` if the hook panicked.
fn finish(
    shared: &Shared,
    request: &Parts,
    mut response: Response<Body>,
) -> Option<Response<Body>> {
    if !response.headers().contains_key(DATE) {
        // Of this moment: answers may take minutes, and clients correct their clocks by it.
        let date = date((shared.clock)());
        response.headers_mut().extend(date.map(|date| (DATE, date)));
    }
    let hook = AssertUnwindSafe(|| {
        (shared.finish)(request, &mut response);
        response
    });
    std::panic::catch_unwind(hook).ok()
}

/// The format of RFC 9110, section 5.6.7.
fn date(time: SystemTime) -> Option<HeaderValue> {
    let date = DateTime::<Utc>::from(time).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&date).ok()
}
