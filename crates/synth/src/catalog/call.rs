//! What a call is, as the catalogue states it.

/// Category and direction of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    ReadManagement,
    WriteManagement,
    ReadData,
    WriteData,
    /// Seen at an endpoint: without request, answer, user agent and flags.
    Network,
}

/// The kinds of callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    App,
    Invoked,
    Service,
    Pipeline,
    Person,
    User,
    Root,
    Federated,
    Workforce,
    Foreign,
    Scanner,
}

/// The name in TLS details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    /// `service.region.amazonaws.com`.
    Regional,
    /// `service.amazonaws.com`.
    Global,
    /// `bucket.s3.region.amazonaws.com`.
    Bucket,
    /// `region.signin.aws.amazon.com`.
    SignIn,
    /// A name of its own.
    Named(&'static str),
}

/// One way a call fails.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    /// How many calls in a thousand fail so.
    pub(crate) per_mille: u32,
    /// Whether the request is still logged (a denied call's often is not).
    pub(crate) keeps_request: bool,
}

/// One API call, as the catalogue states it. Empty texts mean: null, or no such field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// The service's host name without `.amazonaws.com`.
    pub(crate) source: &'static str,
    pub(crate) name: &'static str,
    /// Weight among the general events (X-Ray has its own table).
    pub(crate) weight: u32,
    pub(crate) access: Access,
    /// Callers with their shares in percent.
    pub(crate) callers: &'static [(Caller, u32)],
    pub(crate) request: &'static str,
    pub(crate) response: &'static str,
    pub(crate) additional: &'static str,
    pub(crate) resources: &'static str,
    pub(crate) failures: &'static [Failure],
    pub(crate) event_type: &'static str,
    pub(crate) api_version: &'static str,
    pub(crate) host: Host,
    /// Whether the event is shared with other accounts (`sharedEventID`).
    pub(crate) shared: bool,
}

/// The usual values of a [`Call`].
pub(crate) const CALL: Call = Call {
    source: "",
    name: "",
    weight: 0,
    access: Access::ReadManagement,
    callers: &[(Caller::App, 100)],
    request: "",
    response: "",
    additional: "",
    resources: "",
    failures: &[],
    event_type: "AwsApiCall",
    api_version: "",
    host: Host::Regional,
    shared: false,
};
