//! What ends the program, and with which exit code.

use crate::bench::BenchError;
use crate::columnar::inspect::InspectError;
use crate::engine::QueryError;
use crate::engine::ddl::DdlError;
use crate::engine::sql_error::Code;
use crate::envelope::DiscoverError;
use crate::investigate::InvestigateError;
use crate::output::OutputError;
use crate::saved::SavedError;
use crate::server::ServeError;
use crate::server::access::AccessError;
use crate::sources::SourceError;
use crate::store::StoreError;
use std::io;
use std::process::ExitCode;
use traillake_synth::SynthError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Ddl(#[from] DdlError),
    #[error(transparent)]
    Inspect(#[from] InspectError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Saved(#[from] SavedError),
    #[error(transparent)]
    Synth(#[from] SynthError),
    #[error(transparent)]
    Bench(#[from] BenchError),
    #[error(transparent)]
    Serve(Box<ServeError>),
    #[error(transparent)]
    Access(Box<AccessError>),
    #[error("{0}")]
    Io(String),
    /// Events of a store cannot be read.
    #[error("{0}")]
    Damage(String),
    /// A statement or command of a text failed; positions are those in the text.
    #[error("{}{failure}", if place.is_empty() { String::new() } else { format!("{place}: ") })]
    At {
        /// The file, the number of the statement, the line, as far as they are known.
        place: String,
        /// What went wrong there.
        failure: Box<Failure>,
    },
    /// A statement failed: the line of it with the place, and the statement that would be valid.
    #[error("{failure}{}{}", below("", excerpt.as_deref()), below("try: ", repair.as_deref()))]
    Shown {
        /// What went wrong.
        failure: Box<Failure>,
        /// The line, and a caret below it.
        excerpt: Option<String>,
        /// What to type instead.
        repair: Option<String>,
    },
    #[error("cannot print: {0}")]
    Print(io::Error),
    /// Some of it failed, and the failures were printed already.
    #[error("{0}")]
    Partial(String),
    #[error("interrupted")]
    Interrupted,
    /// The user closed the pager before the end of an answer.
    #[error("the pager was closed before the end")]
    PagerClosed,
}

/// A text as the lines below a message.
fn below(label: &str, text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| format!("\n{label}{text}"))
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::Serve(Box::new(error))
    }
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Self {
        Self::Access(Box::new(error))
    }
}

impl From<InvestigateError> for Failure {
    fn from(error: InvestigateError) -> Self {
        match error {
            InvestigateError::Question(text) => Self::Usage(text),
            InvestigateError::Query(error) => Self::Query(error),
            InvestigateError::Output(error) => Self::Output(error),
        }
    }
}

impl Failure {
    /// Whether a statement failed.
    pub(super) fn is_of_statement(&self) -> bool {
        match self {
            Self::Query(_) => true,
            Self::Shown { failure, .. } | Self::At { failure, .. } => failure.is_of_statement(),
            _ => false,
        }
    }

    /// The statement to type instead of the one that failed, if rules could repair it.
    pub(super) fn repair(&self) -> Option<&str> {
        match self {
            Self::Shown { repair, .. } => repair.as_deref(),
            _ => None,
        }
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            _ if self.is_broken_pipe() => 0,
            // The command line was right; the text is wrong.
            Self::At { failure, .. } => match failure.code() {
                2 => 1,
                code => code,
            },
            Self::Shown { failure, .. } => failure.code(),
            Self::Usage(_)
            | Self::Output(OutputError::Format(_))
            | Self::Saved(
                SavedError::Unknown { .. }
                | SavedError::UnknownParameter { .. }
                | SavedError::Parameter(_),
            )
            | Self::Bench(BenchError::UnknownQuery { .. }) => 2,
            Self::Store(error) | Self::Query(QueryError::Store(error)) if error.is_damage() => 3,
            Self::Query(QueryError::Sql(error)) if error.code == Code::Metastore => 3,
            Self::Damage(_) => 3,
            Self::Interrupted
            | Self::Source(SourceError::Interrupted)
            | Self::Store(StoreError::Interrupted)
            | Self::Synth(SynthError::Cancelled { .. })
            | Self::Bench(BenchError::Cancelled) => 4,
            _ => 1,
        }
    }

    /// Whether the reader of our output closed the pipe, which is not an error.
    pub(super) fn is_broken_pipe(&self) -> bool {
        match self {
            Self::Output(OutputError::Io(error)) | Self::Print(error) => {
                error.kind() == io::ErrorKind::BrokenPipe
            }
            _ => false,
        }
    }
}
