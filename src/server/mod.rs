//! The lake as a service: a room for each protocol, and what they share.
//!
//! * [`queries`] runs queries and keeps their answers;
//! * [`imports`] runs imports that clients start, stop and go on with;
//! * [`access`] knows who may ask, [`documents`] keeps what was told;
//! * [`buckets`] maps buckets to folders, [`signing`] signs what is delivered into them, [`delivery`] delivers answers;
//! * [`audit`] records the calls of the API for trails, and delivers the records;
//! * `metrics` tells Prometheus how the service is;
//! * [`aws`] answers the API of CloudTrail as AWS does, [`s3`] reads objects of buckets;
//! * `services` tells which of them a request is for, `serve` opens the port, and brings all together.
//!
//! Nothing here knows a terminal; the port itself is the crate `traillake-http`.

pub mod access;
pub mod audit;
pub mod aws;
pub mod buckets;
pub mod delivery;
pub mod documents;
pub mod imports;
mod metrics;
pub mod noted;
pub mod queries;
pub mod s3;
mod serve;
mod services;
pub mod signing;

pub use serve::{ServeError, ServeOptions, Server};
pub use traillake_aws_wire::keys::AccessKey;
pub use traillake_http::TlsFiles;
