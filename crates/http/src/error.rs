//! What keeps a port from opening.

use std::net::SocketAddr;
use std::path::PathBuf;
use thiserror::Error;

/// Why a port could not be opened, or a metric not be registered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The address is taken, not one of this machine, or not allowed.
    #[error("cannot listen at {address}: {reason}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        reason: std::io::Error,
    },
    /// An address that others can reach, without credentials.
    #[error(
        "{0} can be reached from other machines, so requests must need credentials; configure them, or listen at a loopback address such as 127.0.0.1"
    )]
    Open(SocketAddr),
    /// A name of this host that no `Host` header can bear.
    #[error("{0:?} is not a host name; give a name or an address without scheme, port and path")]
    HostName(String),
    /// A certificate or key cannot be used.
    #[error("{}: {reason}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A name of a metric or label that Prometheus does not take.
    #[error("{0:?} is not the name of a metric or label")]
    MetricName(String),
    /// A name of a metric that another one has.
    #[error("a metric named {0:?} is registered already")]
    MetricTaken(String),
}
