//! What the access log tells of a request beside its path.

use traillake_http::Notes;

/// What a service found out about a request, as far as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noted {
    /// The service.
    pub service: Option<&'static str>,
    /// The operation.
    pub operation: Option<&'static str>,
    /// Who signed.
    pub access_key: Option<String>,
    /// Why it was refused.
    pub error: Option<String>,
}

impl Noted {
    /// Tells it the access log.
    pub fn tell(self, notes: &Notes) {
        self.service.into_iter().for_each(|service| notes.service(service));
        self.operation.into_iter().for_each(|operation| notes.operation(operation));
        self.access_key.into_iter().for_each(|key| notes.access_key_id(key));
        self.error.into_iter().for_each(|code| notes.error_code(code));
    }
}
