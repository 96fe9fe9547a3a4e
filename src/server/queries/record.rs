//! What is known of a query.

use crate::server::delivery::DeliveryStatus;
use uuid::Uuid;

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryRecord {
    /// Its id.
    pub id: Uuid,
    /// The statement as it was asked.
    pub statement: String,
    /// Its status.
    pub status: QueryStatus,
    /// When it was asked, in milliseconds since 1970 UTC.
    pub created_at: i64,
    /// When it ended, in milliseconds since 1970 UTC.
    pub ended_at: Option<i64>,
    /// Why it failed, was cancelled or took too long.
    pub error: Option<String>,
    /// What it took, so far.
    pub statistics: QueryStatistics,
    /// Where its answer is delivered to, if anywhere, and how far that is.
    pub delivery: Option<QueryDelivery>,
}

/// The delivery of the answer of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryDelivery {
    /// Where to, `s3://bucket/prefix/`, as it was asked.
    pub uri: String,
    /// How far it is. Of a query that did not finish, nothing is delivered.
    pub status: DeliveryStatus,
    /// Why it failed.
    pub error: Option<String>,
    /// Labels of the columns, once the query runs.
    pub labels: Vec<String>,
}

/// What a query took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueryStatistics {
    /// Rows of the answer.
    pub rows: u64,
    /// Events that its scans looked at.
    pub events_scanned: u64,
    /// Events that passed the filters of its scans.
    pub events_matched: u64,
    /// Bytes that its scans read from data files; what a session keeps in memory is not read again.
    pub bytes_scanned: u64,
    /// Milliseconds for which it ran.
    pub millis: u64,
}

/// How far a query is, in AWS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryStatus {
    /// It waits until others have ended.
    Queued,
    /// It runs.
    Running,
    /// It ended, and its rows are there.
    Finished,
    /// It failed while it ran.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It ran for longer than it may.
    TimedOut,
}

impl QueryStatus {
    /// Returns AWS's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::TimedOut => "TIMED_OUT",
        }
    }

    /// Returns the status of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [
            Self::Queued,
            Self::Running,
            Self::Finished,
            Self::Failed,
            Self::Cancelled,
            Self::TimedOut,
        ];
        all.into_iter().find(|status| status.name() == name)
    }

    /// Whether the query has ended, in whatever way.
    pub fn is_end(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}
