//! Opening a port, accepting connections, and stopping.

use crate::connection;
use crate::error::HttpError;
use crate::guard::Gate;
use crate::hooks::{Clock, Finish, Health, Hooks};
use crate::log::AccessLog;
use crate::metrics::Metrics;
use crate::options::{Limits, Options};
use crate::request::{Peer, RequestId};
use crate::tls;
use axum::Router;
use socket2::{SockRef, TcpKeepalive};
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// How long the access log may take to write its rest.
const LOG_PATIENCE: Duration = Duration::from_secs(2);

/// After an error of accepting, which is about one connection or about the lack of file descriptors.
const BREATH: Duration = Duration::from_millis(50);

/// An open port that nobody answers yet; clients wait.
pub struct Port {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    gate: Gate,
    limits: Limits,
}

/// What a port leaves behind.
#[derive(Debug)]
#[non_exhaustive]
pub struct Served {
    /// Requests that were not finished in time, and got no answer or a part of it.
    pub cut: Vec<Cut>,
    /// Connections that were still open then, idle ones not among them.
    pub connections: usize,
    /// Lines that the access log lacks.
    pub dropped_lines: u64,
}

/// A request that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Its id.
    pub id: RequestId,
    /// Who asked.
    pub peer: Peer,
    /// The method.
    pub method: String,
    /// The path, as it came; of a long one the beginning.
    pub path: String,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) router: Router,
    pub(crate) gate: Gate,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) finish: Finish,
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
    pub(crate) log: AccessLog,
    /// Bytes of the bodies of all requests in flight.
    pub(crate) body_bytes: Arc<AtomicU64>,
    /// Turns true when the port stops.
    pub(crate) stop: watch::Receiver<bool>,
    /// There while requests are cut off.
    cut: Mutex<Option<Vec<Cut>>>,
}

impl std::fmt::Debug for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Port").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Port {
    /// Opens the port. Fails if the address cannot be had, if it can be reached from elsewhere and credentials are not
    /// required, or if a certificate, a key or a name cannot be used.
    pub async fn bind(options: Options) -> Result<Self, HttpError> {
        let wanted = options.listen;
        if !is_loopback(wanted) && !options.credentials_required {
            return Err(HttpError::Open(wanted));
        }
        let gate = Gate::new(options.guard, wanted.ip())?;
        let tls = options.tls.as_ref().map(tls::acceptor).transpose()?;
        let failed = |reason| HttpError::Listen { address: wanted, reason };
        let listener = TcpListener::bind(wanted).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, tls, gate, limits: options.limits })
    }

    /// The address it listens at, with the port that port 0 became.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What whoever started the port should read, if anything.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let open = !is_loopback(self.address) && self.tls.is_none();
        open.then(|| {
            format!(
                "{} can be reached from other machines and is not encrypted: whoever is between can read and change everything; give a certificate, or put a proxy with TLS in front",
                self.address
            )
        })
    }

    /// Answers requests until `shutdown` is ready. Then nobody is let in any more, idle connections are closed, and
    /// requests in flight have [`Limits::grace`] to finish, after which they are cut off.
    ///
    /// Dropped before its end, it cuts them off at once.
    pub async fn serve(
        self,
        router: Router,
        hooks: Hooks,
        shutdown: impl Future<Output = ()>,
    ) -> Served {
        let (stop, stopped) = watch::channel(false);
        let lines = self.limits.log_lines;
        let dropped = hooks.metrics.port.dropped_lines.clone();
        let shared = Arc::new(Shared {
            router,
            gate: self.gate,
            tls: self.tls,
            log: AccessLog::start(hooks.log, lines, Arc::clone(&hooks.clock), dropped),
            limits: self.limits,
            clock: hooks.clock,
            finish: hooks.finish,
            health: hooks.health,
            metrics: hooks.metrics,
            body_bytes: Arc::default(),
            stop: stopped,
            cut: Mutex::new(None),
        });
        let mut crowd = Crowd::new(Arc::clone(&shared));
        crowd.accept(self.listener, shutdown).await;
        stop.send_replace(true);
        let connections = crowd.leave().await;
        let cut = shared.cut.lock().unwrap_or_else(PoisonError::into_inner).take();
        let dropped_lines = shared.log.close(LOG_PATIENCE).await;
        Served { cut: cut.unwrap_or_default(), connections, dropped_lines }
    }
}

impl Shared {
    /// Notes a request that ended early, if that is the port's doing.
    pub(crate) fn note_cut(&self, cut: impl FnOnce() -> Cut) {
        if let Some(cuts) = &mut *self.cut.lock().unwrap_or_else(PoisonError::into_inner) {
            cuts.push(cut());
        }
    }
}

/// The connections of a port.
struct Crowd {
    shared: Arc<Shared>,
    served: JoinSet<()>,
    /// Those that are told that there are too many.
    refused: JoinSet<()>,
    room: Arc<Semaphore>,
}

impl Crowd {
    fn new(shared: Arc<Shared>) -> Self {
        let room = Arc::new(Semaphore::new(shared.limits.connections.clamp(1, 1 << 20)));
        Self { shared, served: JoinSet::new(), refused: JoinSet::new(), room }
    }

    /// Takes connections until `shutdown` is ready, and the listener with it.
    async fn accept(&mut self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.admit(stream, peer),
                    Err(_) => {
                        self.shared.metrics.port.refused.add(["accept"], 1);
                        sleep(BREATH).await;
                    }
                },
                // So that what has ended is forgotten.
                Some(_) = self.served.join_next() => {}
                Some(_) = self.refused.join_next() => {}
            }
        }
    }

    fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        let shared = Arc::clone(&self.shared);
        shared.metrics.port.accepted.add([], 1);
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            return self.refuse(stream);
        };
        prepare(&stream, shared.limits.keepalive);
        let place = Place::take(place, &shared.metrics);
        self.served.spawn(async move {
            connection::serve(shared, stream, peer).await;
            drop(place);
        });
    }

    /// Those who are refused are bounded, too: beyond as many as are served they are dropped without a word, as they are
    /// where a word would need a handshake.
    fn refuse(&mut self, stream: TcpStream) {
        let shared = Arc::clone(&self.shared);
        shared.metrics.port.refused.add(["connections"], 1);
        while self.refused.try_join_next().is_some() {}
        if shared.tls.is_none() && self.refused.len() < shared.limits.connections {
            self.refused.spawn(async move {
                connection::refuse(stream, connection::CROWDED, &shared).await;
            });
        }
    }

    /// Waits for connections to end, and ends those that do not; tells how many.
    async fn leave(mut self) -> usize {
        self.refused.abort_all();
        let all = async { while self.served.join_next().await.is_some() {} };
        if timeout(self.shared.limits.grace, all).await.is_ok() {
            return 0;
        }
        let open = self.served.len();
        *self.shared.cut.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
        self.served.shutdown().await;
        open
    }
}

/// A connection's place among those that there may be.
struct Place {
    _permit: OwnedSemaphorePermit,
    metrics: Metrics,
}

impl Place {
    fn take(permit: OwnedSemaphorePermit, metrics: &Metrics) -> Self {
        metrics.port.connections.add([], 1);
        Self { _permit: permit, metrics: metrics.clone() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.metrics.port.connections.add([], -1);
    }
}

/// A socket that cannot be set so serves all the same.
pub(crate) fn prepare(stream: &TcpStream, silence: Duration) {
    let _ = stream.set_nodelay(true);
    let alive = TcpKeepalive::new().with_time(silence).with_interval(silence / 4);
    let _ = SockRef::from(stream).set_tcp_keepalive(&alive);
}

fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}
