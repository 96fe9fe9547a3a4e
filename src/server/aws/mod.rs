//! The API of CloudTrail, and as much of STS as its clients begin with, answered as AWS answers it.
//!
//! A request is read in the order in which AWS reads it: its signature, the operation, the types of its input, bounds, and
//! then the operation's own rules. `operations` lists what is answered and by whom. Beside it only what records calls for trails goes by
//! their names.

mod call;
mod channels;
mod configuration;
mod dashboards;
mod delivery;
mod federation;
mod generate;
mod history;
mod imports;
mod insights;
mod kept_tags;
mod metrics;
mod operations;
mod organization;
mod policies;
mod public_keys;
mod queries;
mod recorder;
mod resources;
mod samples;
mod stores;
mod sts;
mod tags;
#[cfg(test)]
mod tests;
mod told;
mod trails;

use super::access::{Access, Grant, Role};
use super::audit::{AuditError, Target, Trails};
use super::buckets::Buckets;
use super::documents::Documents;
use super::imports::{Imports, Roots};
use super::noted::Noted;
use super::queries::Queries;
use super::signing::SigningKeys;
use crate::saved::Library;
use crate::store::Lake;
use call::{Call, Caller};
use channels::Channels;
use http::request::Parts;
use http::{Response, header};
use recorder::Recorder;
use resources::Place;
use std::sync::{Arc, Mutex};
use traillake_aws_wire::error::{Protocol, ServiceError};
use traillake_aws_wire::keys::AccessKey;
use traillake_aws_wire::model::{self, Operation, Violation};
use traillake_aws_wire::page_token::PageTokens;
use traillake_aws_wire::signature::{
    Authorization, Expected, Payload, RequestHead, SignatureError,
};

/// The services that are answered, as scopes of signatures name them.
const SERVICES: [&str; 3] = ["cloudtrail", "cloudtrail-data", "sts"];

/// The header that names an operation of JSON 1.1.
const TARGET: &str = "x-amz-target";

/// How the API answers.
#[derive(Debug, Clone)]
pub struct ApiOptions {
    /// Account of the lake, 12 digits.
    pub account: String,
    /// Region that ARNs name; clients may sign for any.
    pub region: String,
    /// Whether requests need no signature. For a loopback address alone.
    pub no_auth: bool,
}

/// What the API keeps and gives, beside the lake and its queries.
#[derive(Debug)]
pub struct Kept {
    /// Who may ask.
    pub access: Arc<Access>,
    /// What was told.
    pub documents: Arc<Documents>,
    /// Saved queries, which are samples for clients.
    pub library: Library,
    /// Where it delivers to.
    pub buckets: Buckets,
    /// What it signs deliveries with.
    pub signing: Arc<SigningKeys>,
    /// The imports.
    pub imports: Imports,
    /// What they may read, beside buckets.
    pub roots: Roots,
    /// What records its calls.
    pub trails: Trails,
}

/// The API over a lake.
#[derive(Debug)]
pub struct Api {
    lake: Arc<Lake>,
    queries: Arc<Queries>,
    access: Arc<Access>,
    documents: Arc<Documents>,
    channels: Channels,
    library: Library,
    buckets: Buckets,
    signing: Arc<SigningKeys>,
    imports: Imports,
    roots: Roots,
    trails: Trails,
    tokens: PageTokens,
    place: Place,
    /// Held while tags of what is kept in documents change.
    tag_changes: Mutex<()>,
    busy_dashboards: dashboards::Busy,
    no_auth: bool,
}

impl Api {
    /// Answers for `lake`. `secret` signs the tokens of pages: as long as it stays, tokens are good.
    pub fn new(
        lake: Arc<Lake>,
        queries: Arc<Queries>,
        kept: Kept,
        secret: &[u8],
        options: ApiOptions,
    ) -> Self {
        let Kept { access, documents, library, buckets, signing, imports, roots, trails } = kept;
        let ApiOptions { account, region, no_auth } = options;
        let place = Place { account, region };
        let tokens = PageTokens::new(secret);
        let channels = Channels::new(Arc::clone(&lake), Arc::clone(&documents));
        Self {
            lake,
            queries,
            access,
            documents,
            channels,
            library,
            buckets,
            signing,
            imports,
            roots,
            trails,
            tokens,
            place,
            tag_changes: Mutex::default(),
            busy_dashboards: dashboards::Busy::default(),
            no_auth,
        }
    }

    /// The imports, to be ended with the service.
    pub(super) fn imports(&self) -> &Imports {
        &self.imports
    }

    /// Answers a request, of which `body` is the whole body.
    pub async fn answer(
        &self,
        parts: &Parts,
        body: &[u8],
        request_id: &str,
    ) -> (Response<Vec<u8>>, Noted) {
        let (mut noted, mut recorder) = (Noted::default(), Recorder::begin(self));
        let answered = self.answered(parts, body, request_id, &mut noted, &mut recorder).await;
        recorder.end(self, parts, request_id, answered.as_ref().err().map(|(error, _)| error));
        let response = answered.unwrap_or_else(|(error, protocol)| {
            noted.error = Some(error.code.to_string());
            error.response(protocol, request_id)
        });
        (response, noted)
    }

    /// Delivers what trails have recorded, and the digest files that are due.
    ///
    /// # Errors
    /// When what trails keep cannot be read or written.
    pub fn deliver(&self) -> Result<(), AuditError> {
        self.trails.deliver(&self.target(), self.lake.now())
    }

    fn target(&self) -> Target<'_> {
        Target { buckets: &self.buckets, signing: &self.signing }
    }

    async fn answered(
        &self,
        parts: &Parts,
        body: &[u8],
        request_id: &str,
        noted: &mut Noted,
        recorder: &mut Recorder,
    ) -> Result<Response<Vec<u8>>, (ServiceError, Protocol)> {
        let head = RequestHead::from(parts);
        let authorization = Authorization::parse(&head);
        let protocol = match &authorization {
            Ok(authorization) => authorization.credential.scope.protocol(),
            Err(_) => None,
        };
        let protocol = protocol.unwrap_or_else(|| protocol_of(parts));
        let wrong = |error: ServiceError| (error, protocol);
        let caller = self.caller(&head, authorization, body, protocol, noted).map_err(wrong)?;
        let operation = operation_of(parts, body, protocol).map_err(wrong)?;
        noted.service = Some(operation.service());
        noted.operation = Some(operation.name());
        recorder.asked(operation, &caller);
        let unknown = || ServiceError::unknown_operation(Some(operation.name()), protocol);
        let handler = operations::handler(&operation).ok_or_else(|| wrong(unknown()))?;
        if !caller.role.allows(handler.role) {
            let action = format!("{}:{}", operation.service(), operation.name());
            let who = caller.arn(&self.place);
            return Err(wrong(ServiceError::access_denied(&who, &action, protocol)));
        }
        let input = operation.input(parts.uri.query(), body).map_err(wrong)?;
        recorder.input(&input);
        operation.check_input(&input).map_err(|violations| {
            let is_unreadable = violations.iter().any(Violation::is_unreadable);
            let own = violations.iter().find_map(|v| Some((operation.error_of(v)?, v.message())));
            wrong(match own {
                Some((code, message)) if !is_unreadable => operation.refuse(code, message),
                _ => operation.refusal(&violations),
            })
        })?;
        let call = Call { operation, input, caller };
        let output = (handler.run)(self, call).await.map_err(wrong)?;
        recorder.output(&output);
        debug_assert_eq!(operation.check_output(&output), Ok(()), "{operation:?}: {output}");
        Ok(operation.answer(&output, request_id))
    }

    /// Returns who asks.
    fn caller(
        &self,
        head: &RequestHead<'_>,
        authorization: Result<Authorization, SignatureError>,
        body: &[u8],
        protocol: Protocol,
        noted: &mut Noted,
    ) -> Result<Caller, ServiceError> {
        if self.no_auth {
            return Ok(Caller { key: AccessKey::new("anonymous", ""), role: Role::Admin });
        }
        let refused = |error: SignatureError| error.service_error(protocol);
        let authorization = authorization.map_err(refused)?;
        let expected = Expected { services: &SERVICES, now: self.lake.now() };
        let grant = self.access.verify(&authorization, head, Payload::Body(body), &expected);
        let Grant { key, role } = grant.map_err(refused)?;
        noted.access_key = Some(key.id.clone());
        Ok(Caller { key, role })
    }
}

/// Whether a request is one of these services by its form, where no signature tells it: it names a target, or is sent to
/// where they have something.
pub(super) fn is_asked(parts: &Parts) -> bool {
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let is_root = parts.method == http::Method::POST && path == "/";
    is_root || parts.headers.contains_key(TARGET) || model::operation_at(method, path).is_some()
}

/// How a request speaks that has no signature to tell it.
fn protocol_of(parts: &Parts) -> Protocol {
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    match model::operation_at(parts.method.as_str(), parts.uri.path()) {
        Some(operation) => operation.protocol(),
        None if is_form => Protocol::Query,
        None => Protocol::Json,
    }
}

fn operation_of(parts: &Parts, body: &[u8], protocol: Protocol) -> Result<Operation, ServiceError> {
    let target = parts.headers.get(TARGET).and_then(|target| target.to_str().ok());
    let is_root = parts.method == http::Method::POST && parts.uri.path() == "/";
    let found = match protocol {
        Protocol::Json if is_root => target.and_then(model::operation),
        Protocol::Query if is_root => model::operation_of_form(body),
        Protocol::RestJson => model::operation_at(parts.method.as_str(), parts.uri.path()),
        _ => None,
    };
    found.ok_or_else(|| ServiceError::unknown_operation(target, protocol))
}
