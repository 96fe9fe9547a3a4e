//! One HTTP/1.1 port that serves an axum [`Router`](axum::Router), and that slow, greedy and foreign requests
//! cannot hurt.
//!
//! # Example
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use std::time::SystemTime;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use traillake_http::{Hooks, Options, Port, RequestId};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let port = Port::bind(Options::default()).await?;
//! let address = port.address();
//!
//! let router = Router::new().route("/", get(|| async { "hello\n" }));
//! let mut hooks = Hooks::new(SystemTime::now);
//! hooks.finish = std::sync::Arc::new(|request, answer| {
//!     if let Some(id) = request.extensions.get::<RequestId>() {
//!         answer.headers_mut().insert("x-request-id", (*id).into());
//!     }
//! });
//! let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
//! let served = tokio::spawn(port.serve(router, hooks, async {
//!     let _ = stopped.await;
//! }));
//!
//! let mut client = tokio::net::TcpStream::connect(address).await?;
//! client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer).await?;
//! assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("x-request-id: "));
//! assert!(answer.ends_with("\r\n\r\nhello\n"));
//!
//! let _ = stop.send(());
//! assert!(served.await?.cut.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # A tour
//!
//! - [`Port`] listens at loopback, or elsewhere if requests need credentials, with TLS if there are
//!   [`TlsFiles`]; it accepts connections and stops in order.
//! - [`Limits`] bound connections, sizes and times. Who passes one gets an answer where that is possible (408, 413, 431,
//!   503), and loses the connection; others are served meanwhile.
//! - [`Guard`] keeps out pages in browsers: by `Origin` and `Sec-Fetch-Site`, and by `Host` against DNS
//!   rebinding.
//! - Each request has a [`RequestId`], a [`Peer`] and [`Notes`] in its extensions. Path, query and headers are as they
//!   came, since signatures are computed over them.
//! - [`Hooks`] are the caller's part: the clock, the access log's writer, health, metrics, and the last hand on an
//!   answer. What the port answers itself is a [`Refusal`].
//! - [`Metrics`] is a registry for the port's metrics and the caller's, which it keeps or asks for. `GET /health` and `GET /metrics` are
//!   answered by the port, unless they bear credentials or a query.
//!
//! Inside, `connection` drives one connection, whose stream (`watched`) and requests (`answer`, `record`) tell
//! `activity` what goes on. The port prints nothing and asks no clock but the caller's.

mod activity;
mod answer;
mod body;
mod connection;
mod error;
mod guard;
mod hooks;
mod host;
mod log;
mod metrics;
mod options;
mod pages;
mod record;
mod refusal;
mod request;
mod serve;
#[cfg(test)]
mod tests;
mod tls;
mod watched;

pub use error::HttpError;
pub use guard::{Guard, NameRule, PageRule, no_page};
pub use hooks::{Clock, Finish, Health, Hooks};
pub use metrics::{Counters, Gauges, Histograms, Metrics, Sample};
pub use options::{Limits, Options};
pub use refusal::Refusal;
pub use request::{Notes, Peer, RequestId, TlsSession};
pub use serve::{Cut, Port, Served};
pub use tls::TlsFiles;
