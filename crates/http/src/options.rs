//! Where a port listens, and how much it bears.

use crate::guard::Guard;
use crate::tls::TlsFiles;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// What [`Port::bind`](crate::Port::bind) needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address. Port 0 is any free one; [`Port::address`](crate::Port::address) tells which.
    pub listen: SocketAddr,
    /// Certificate and key, for TLS.
    pub tls: Option<TlsFiles>,
    /// Whether whoever answers refuses requests without credentials. An address that is not loopback
    /// needs that.
    pub credentials_required: bool,
    /// Bounds on connections, sizes and times.
    pub limits: Limits,
    /// Which requests are let in.
    pub guard: Guard,
}

impl Options {
    /// The defaults, at another address.
    #[must_use]
    pub fn at(listen: SocketAddr) -> Self {
        Self { listen, ..Self::default() }
    }
}

impl Default for Options {
    /// Any free port of 127.0.0.1, without TLS.
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            tls: None,
            credentials_required: false,
            limits: Limits::default(),
            guard: Guard::default(),
        }
    }
}

/// Bounds that a client cannot pass. A single slow or greedy one then costs no more than its connection.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time; further ones are answered with 503 and closed. 256.
    pub connections: usize,
    /// Time for a TLS handshake, and for the head of a request from its first byte (that of the first request
    /// from the connection) to its last. 10 s.
    pub head: Duration,
    /// Bytes of a head, request line included; more is answered with 431. 32 KiB.
    pub head_bytes: usize,
    /// Headers of a request; more are answered with 431. 100.
    pub headers: usize,
    /// Time that a client is waited for while its body is read, as a whole; longer is answered with 408. 60 s.
    pub body: Duration,
    /// Bytes of a body; more is answered with 413 before the rest is read. 4 MiB.
    pub body_bytes: u64,
    /// Bytes of the bodies of all requests in flight, as far as they were read; more is answered with 503. 64 MiB.
    pub bodies_bytes: u64,
    /// Time in which a client that is being answered must take something. 30 s.
    pub stall: Duration,
    /// Time that a connection may wait for its next request. 75 s.
    pub idle: Duration,
    /// Silence after which the system asks whether the other side still is there (TCP keepalive). 60 s.
    pub keepalive: Duration,
    /// Time that is spent on reading what nobody wants, so that the answer to it is not lost. 2 s.
    pub linger: Duration,
    /// Time that requests in flight have to finish when the port stops. 10 s.
    pub grace: Duration,
    /// Lines of the access log that may wait for its writer; further ones are dropped and counted. 4,096.
    pub log_lines: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            head: Duration::from_secs(10),
            head_bytes: 32 << 10,
            headers: 100,
            body: Duration::from_secs(60),
            body_bytes: 4 << 20,
            bodies_bytes: 64 << 20,
            stall: Duration::from_secs(30),
            idle: Duration::from_secs(75),
            keepalive: Duration::from_secs(60),
            linger: Duration::from_secs(2),
            grace: Duration::from_secs(10),
            log_lines: 4096,
        }
    }
}
