//! How far a delivery is.

/// How far a delivery is, in AWS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It is to be made.
    Pending,
    /// All files are written.
    Success,
    /// The query failed, or the results cannot be written.
    Failed,
    /// The results are written, and cannot be signed.
    FailedSigningFile,
    /// There is no such bucket any more.
    ResourceNotFound,
    /// The bucket may not be written.
    AccessDenied,
    /// The results are written, and the file that signs them may not be.
    AccessDeniedSigningFile,
    /// The query was cancelled.
    Cancelled,
}

impl DeliveryStatus {
    /// Returns AWS's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::FailedSigningFile => "FAILED_SIGNING_FILE",
            Self::ResourceNotFound => "RESOURCE_NOT_FOUND",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::AccessDeniedSigningFile => "ACCESS_DENIED_SIGNING_FILE",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Returns the status of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [
            Self::Pending,
            Self::Success,
            Self::Failed,
            Self::FailedSigningFile,
            Self::ResourceNotFound,
            Self::AccessDenied,
            Self::AccessDeniedSigningFile,
            Self::Cancelled,
        ];
        all.into_iter().find(|status| status.name() == name)
    }
}
