//! What is noted of a call while it is answered, so that trails can record it.

use super::Api;
use super::call::Caller;
use crate::server::audit::Called;
use crate::server::audit::selection::Listener;
use http::header::{self, HeaderName};
use http::request::Parts;
use serde_json::Value;
use std::sync::Arc;
use traillake_aws_wire::error::ServiceError;
use traillake_aws_wire::model::Operation;
use traillake_http::Peer;

/// Operations after which the last files of a trail may be due.
const ENDING: [&str; 3] = ["DeleteTrail", "StopLogging", "UpdateTrail"];

/// Nothing where there is no trail.
#[derive(Debug, Default)]
pub(super) struct Recorder(Option<Noted>);

#[derive(Debug)]
struct Noted {
    /// The trails that logged before the call, which may be one to stop them.
    before: Arc<[Listener]>,
    /// Nothing until it is known who asks for what: such a call is nobody's.
    asked: Option<(Operation, Caller)>,
    input: Option<Value>,
    output: Option<Value>,
}

impl Recorder {
    pub(super) fn begin(api: &Api) -> Self {
        let noted =
            || Noted { before: api.trails.listeners(), asked: None, input: None, output: None };
        Self(api.trails.is_open().then(noted))
    }

    pub(super) fn asked(&mut self, operation: Operation, caller: &Caller) {
        if let Some(noted) = &mut self.0 {
            noted.asked = Some((operation, caller.clone()));
        }
    }

    pub(super) fn input(&mut self, input: &Value) {
        if let Some(noted) = &mut self.0 {
            noted.input = Some(input.clone());
        }
    }

    pub(super) fn output(&mut self, output: &Value) {
        if let Some(noted) = &mut self.0 {
            noted.output = Some(output.clone());
        }
    }

    /// Records the call, and delivers the last files of trails that it has stopped.
    pub(super) fn end(
        self,
        api: &Api,
        parts: &Parts,
        request_id: &str,
        error: Option<&ServiceError>,
    ) {
        let Some(noted) = self.0 else { return };
        let Some((operation, caller)) = &noted.asked else { return };
        let text = |name: HeaderName| {
            let value = parts.headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        api.trails.record(
            &noted.before,
            &Called {
                operation: *operation,
                input: noted.input.as_ref(),
                output: noted.output.as_ref(),
                error,
                key: (!api.no_auth).then_some(&caller.key),
                arn: caller.arn(&api.place),
                account: &api.place.account,
                region: &api.place.region,
                request_id,
                user_agent: text(header::USER_AGENT),
                host: text(header::HOST),
                peer: parts.extensions.get::<Peer>().copied(),
                now: api.lake.now(),
            },
        );
        if ENDING.contains(&operation.name()) && api.trails.is_ending() {
            // What cannot be delivered is told by the status of its trail.
            let _ =
                tokio::task::block_in_place(|| api.trails.settle(&api.target(), api.lake.now()));
        }
    }
}
