//! AWS's wire protocols from the server's side: JSON 1.1, REST with JSON, forms with XML, and as much of S3 as
//! its signatures and errors.
//!
//! Whoever answers the APIs of CloudTrail and STS so that SDKs and command lines believe it gets here all that
//! does not depend on what is answered. Nothing here opens a socket, waits, or asks what time it is: requests
//! come as types of the crate `http`, the time as a parameter.
//!
//! # Example
//!
//! A request, signed by a client, and its way through a server:
//!
//! ```
//! use chrono::DateTime;
//! use serde_json::json;
//! use traillake_aws_wire::error::ServiceError;
//! use traillake_aws_wire::keys::AccessKey;
//! use traillake_aws_wire::model;
//! use traillake_aws_wire::signature::{Authorization, Expected, Payload, RequestHead, Signer, verify};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = DateTime::from_timestamp(1_795_885_200, 0).unwrap_or_default();
//! let key = AccessKey::generate()?;
//!
//! // The client: a request to StartQuery.
//! let body = br#"{"QueryStatement": "SELECT 1"}"#;
//! let request = http::Request::post("http://127.0.0.1:8080/")
//!     .header("x-amz-target", "CloudTrail_20131101.StartQuery");
//! let (mut parts, ()) = request.body(())?.into_parts();
//! let signer = Signer { key: &key, region: "us-east-1", service: "cloudtrail", now };
//! signer.sign(&mut parts, Payload::Body(body))?;
//!
//! // The server: what is it about, who asks?
//! let head = RequestHead::from(&parts);
//! let authorization = Authorization::parse(&head)?;
//! assert_eq!(authorization.credential.scope.service, "cloudtrail");
//! let expected = Expected { services: &["cloudtrail"], now };
//! let find = |id: &str, _token: Option<&str>| (id == key.id).then(|| key.clone());
//! let caller = verify(&authorization, &head, Payload::Body(body), &expected, find)?;
//! assert_eq!(caller.id, key.id);
//!
//! // Which operation, and is its input right?
//! let target = parts.headers["x-amz-target"].to_str()?;
//! let operation = model::operation(target).ok_or_else(|| {
//!     ServiceError::unknown_operation(Some(target), authorization.credential.scope.protocol()
//!         .unwrap_or(traillake_aws_wire::error::Protocol::Json))
//! })?;
//! let input = operation.input(parts.uri.query(), body)?;
//! operation.check_input(&input).map_err(|violations| operation.refusal(&violations))?;
//!
//! // The answer.
//! let output = json!({"QueryId": "0d9c2c66-7d1e-4b1c-9b0a-0b6c7f1d2e3f"});
//! assert!(operation.check_output(&output).is_ok());
//! let answer = operation.answer(&output, "6f3e");
//! assert_eq!(answer.headers()["content-type"], "application/x-amz-json-1.1");
//!
//! // A refusal instead.
//! let refused = operation.refuse("InvalidQueryStatementException", "line 1:8: no such column");
//! let answer = refused.response(operation.protocol(), "6f3e");
//! assert_eq!((answer.status().as_u16(), &answer.headers()["x-amzn-errortype"]),
//!     (400, &"InvalidQueryStatementException".parse()?));
//! # Ok(())
//! # }
//! ```
//!
//! # A tour
//!
//! - [`signature`]: Signature Version 4, in headers and in queries, checked and made. Reading what a request says of
//!   its signature is a step of its own, since a server with several services on one port routes by it.
//! - [`keys`]: access keys, temporary ones too, and secrets that no log shows.
//! - [`error`]: refusals, and how each protocol writes them.
//! - [`model`]: the operations, described in text files, with their shapes: finding, reading, checking, writing.
//! - [`page_token`]: signed tokens by which clients ask for the next page.
//! - [`digest`] and [`xml`]: the hashes that the others use, and text in the answers of STS and S3.

pub mod digest;
pub mod error;
pub mod keys;
pub mod model;
pub mod page_token;
pub mod signature;
pub mod xml;
