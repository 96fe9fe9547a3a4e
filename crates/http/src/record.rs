//! What is kept of a request until its answer has ended: then it becomes a line of the log and numbers of metrics.

use crate::activity::Activity;
use crate::body::BodyState;
use crate::log::{Line, in_short, rfc3339, without_secrets};
use crate::refusal::Refusal;
use crate::request::{Noted, Notes, Peer, RequestId};
use crate::serve::{Cut, Shared};
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::SystemTime;
use tokio::time::Instant;

/// It ends when it is dropped, which happens also where a client leaves or a handler panics.
pub(crate) struct Record {
    shared: Arc<Shared>,
    activity: Arc<Activity>,
    pub(crate) id: RequestId,
    time: SystemTime,
    pub(crate) notes: Notes,
    pub(crate) body: Arc<BodyState>,
    started: Instant,
    peer: Peer,
    method: Method,
    path: String,
    query: Option<String>,
    status: Option<StatusCode>,
    refusal: Option<Refusal>,
    bytes_out: u64,
    complete: bool,
}

impl Record {
    pub(crate) fn begin(
        shared: Arc<Shared>,
        activity: Arc<Activity>,
        peer: Peer,
        id: RequestId,
        request: &Parts,
    ) -> Self {
        activity.begin();
        shared.metrics.port.in_flight.add([], 1);
        Self {
            time: (shared.clock)(),
            body: Arc::new(BodyState::new(Arc::clone(&shared.body_bytes))),
            shared,
            activity,
            id,
            notes: Notes::default(),
            started: Instant::now(),
            peer,
            method: request.method.clone(),
            path: in_short(request.uri.path()).into_owned(),
            query: request.uri.query().map(without_secrets),
            status: None,
            refusal: None,
            bytes_out: 0,
            complete: false,
        }
    }

    /// Follows the answer to its end.
    pub(crate) fn follow(
        mut self,
        response: Response<axum::body::Body>,
        refusal: Option<Refusal>,
    ) -> Response<axum::body::Body> {
        self.status = Some(response.status());
        self.refusal = refusal;
        let bodyless = self.method == Method::HEAD
            || response.status() == StatusCode::NO_CONTENT
            || response.status() == StatusCode::NOT_MODIFIED;
        self.complete = bodyless || response.body().is_end_stream();
        response.map(|inner| axum::body::Body::new(Followed { inner, record: self }))
    }

    fn line<'a>(&'a self, noted: &'a Noted) -> Line<'a> {
        let line = Line {
            time: rfc3339(self.time),
            request_id: self.id.to_string(),
            peer: self.peer.address.to_string(),
            method: in_short(self.method.as_str()),
            path: in_short(&self.path),
            query: self.query.clone(),
            status: self.status.map(|status| status.as_u16()),
            bytes_in: self.body.bytes(),
            bytes_out: self.bytes_out,
            ms: self.started.elapsed().as_micros() as f64 / 1000.0,
            service: None,
            operation: None,
            access_key_id: None,
            error_code: None,
            refused: self.refusal.map(Refusal::name),
            cut: !self.complete,
        };
        line.noted(noted)
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.activity.end();
        let noted = self.notes.take();
        let metrics = &self.shared.metrics.port;
        metrics.in_flight.add([], -1);
        let status = self.status.map(|status| status.as_u16());
        metrics.answered(noted.service.unwrap_or("none"), status, self.started.elapsed());
        if let Some(refusal) = self.refusal {
            metrics.refused.add([refusal.name()], 1);
        }
        self.shared.log.write(&self.line(&noted));
        if !self.complete {
            self.shared.note_cut(|| Cut {
                id: self.id,
                peer: self.peer,
                method: self.method.to_string(),
                path: self.path.clone(),
            });
        }
    }
}

/// The body of an answer, which counts its bytes.
struct Followed {
    inner: axum::body::Body,
    record: Record,
}

impl Body for Followed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let outcome = Pin::new(&mut self.inner).poll_frame(cx);
        match &outcome {
            Poll::Ready(None) => self.record.complete = true,
            Poll::Ready(Some(Ok(frame))) => {
                self.record.bytes_out += frame.data_ref().map_or(0, |data| data.len() as u64);
                self.record.complete = self.inner.is_end_stream();
            }
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        outcome
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
