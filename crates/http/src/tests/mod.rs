//! Ports over real sockets of loopback, and clients that write bytes. Limits are short, so that all of it takes
//! seconds; nothing depends on how short.

mod bodies;
mod connections;
mod heads;
mod logging;
mod pages;
mod readers;
mod stop;
mod tls;

use crate::{Hooks, Limits, Notes, Options, Port, Served};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{any, post};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// After this a test has failed.
const LONG: Duration = Duration::from_secs(30);

/// What the clock of all ports says: 2026-01-02T03:04:05.678Z.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_323_045_678)
}

/// Times that no test waits for, but those that it sets itself.
fn limits() -> Limits {
    Limits {
        head: LONG,
        body: LONG,
        stall: LONG,
        idle: LONG,
        linger: LONG,
        grace: LONG,
        ..Limits::default()
    }
}

fn short() -> Duration {
    Duration::from_millis(200)
}

/// Answers with what was asked: method, target, headers and body.
fn echo() -> Router {
    Router::new().route("/length", post(length)).fallback(any(raw))
}

async fn raw(request: Request) -> String {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        text += &format!("{name}: {}\n", value.to_str().unwrap_or("?"));
    }
    text
}

/// The length of the body, or what was wrong with it, as a success that no client should see.
async fn length(body: Body) -> String {
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes.len().to_string(),
        Err(error) => format!("error: {error}"),
    }
}

/// A writer whose text can be read meanwhile.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Text {
    fn lines(&self) -> Vec<serde_json::Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Served>,
    log: Text,
    metrics: crate::Metrics,
}

impl Server {
    async fn start(limits: Limits, router: Router) -> Self {
        Self::with(Options { limits, ..Options::default() }, Hooks::new(now), router).await
    }

    async fn with(options: Options, mut hooks: Hooks, router: Router) -> Self {
        let port = Port::bind(options).await.unwrap();
        let (address, log, metrics) = (port.address(), Text::default(), hooks.metrics.clone());
        hooks.log = Some(Box::new(log.clone()));
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(port.serve(router, hooks, async {
            let _ = stopped.await;
        }));
        Self { address, stop, served, log, metrics }
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// The answer to one request on a connection of its own.
    async fn ask(&self, request: &str) -> String {
        let mut client = self.connect().await;
        client.send(request).await;
        client.rest().await
    }

    async fn is_served(&self) {
        // Where limits are short, a machine that is busy may miss them.
        let mut answer = String::new();
        for _ in 0..20 {
            answer =
                self.ask("GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
            if answer.starts_with("HTTP/1.1 200 OK\r\n") {
                return;
            }
        }
        panic!("{answer}");
    }

    /// What it served, and its log.
    async fn stop(self) -> (Served, Vec<serde_json::Value>) {
        let _ = self.stop.send(());
        let served = timeout(LONG, self.served).await.unwrap().unwrap();
        (served, self.log.lines())
    }

    /// Waits until a metric says so.
    async fn until(&self, line: &str) {
        for _ in 0..3000 {
            if self.metrics.text().lines().any(|l| l == line) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no {line} in {}", self.metrics.text());
    }
}

/// A client that knows no HTTP.
struct Client<S = TcpStream>(S);

impl<S: AsyncRead + tokio::io::AsyncWrite + Unpin> Client<S> {
    async fn send(&mut self, text: &str) {
        timeout(LONG, self.0.write_all(text.as_bytes())).await.unwrap().unwrap();
    }

    /// All that comes until the other side closes, be it by a reset.
    async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let _ = timeout(LONG, self.0.read_to_end(&mut bytes)).await.expect("closed in time");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What comes up to and with `end`.
    async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            let byte = timeout(LONG, self.0.read_u8()).await.expect("in time");
            text.push(char::from(byte.unwrap_or_else(|error| panic!("{error} after {text:?}"))));
        }
        text
    }
}

/// Whether the text begins with this status and tells its length, so that it is a whole answer.
fn is_answer(text: &str, status: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
    });
    head.starts_with(&format!("HTTP/1.1 {status}")) && length == Some(body.len())
}
