//! The lake as a service: a room for each protocol, and what they share.
//!
//! * [`queries`] runs queries and keeps their answers;
//! * [`access`] knows who may ask, [`documents`] keeps what was told;
//! * [`buckets`] maps buckets to folders, [`signing`] signs what is delivered into them, [`delivery`] delivers answers;
//! * [`aws`] answers the API of CloudTrail as AWS does;
//! * `serve` opens the port, and brings them together.
//!
//! Nothing here knows a terminal; the port itself is the crate `traillake-http`.

pub mod access;
pub mod aws;
pub mod buckets;
pub mod delivery;
pub mod documents;
pub mod queries;
mod serve;
pub mod signing;

pub use serve::{ServeError, ServeOptions, Server};
pub use traillake_aws_wire::keys::AccessKey;
pub use traillake_http::TlsFiles;
