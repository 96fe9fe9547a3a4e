//! Stopping: who may finish, and who is cut off. And where a port may listen.

use super::*;
use crate::{HttpError, RequestId};
use tokio::sync::Notify;

/// `/wait` waits until told; `/never` waits for ever.
fn router(begun: &Arc<Notify>, go: &Arc<Notify>) -> Router {
    let (begun, go) = (Arc::clone(begun), Arc::clone(go));
    let again = Arc::clone(&begun);
    let wait = move || async move {
        begun.notify_one();
        go.notified().await;
        "done"
    };
    let never = move || async move {
        again.notify_one();
        std::future::pending::<()>().await;
    };
    Router::new().route("/wait", any(wait)).route("/never", any(never))
}

#[tokio::test]
async fn a_request_in_flight_finishes_and_nobody_else_comes() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let server = Server::start(limits(), router(&begun, &go)).await;
    let (mut client, mut idle) = (server.connect().await, server.connect().await);
    idle.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    idle.until("\r\n\r\n").await;
    let mut fresh = server.connect().await;
    client.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    timeout(LONG, begun.notified()).await.unwrap();
    server.until("http_connections 3").await;

    let _ = server.stop.send(());
    assert_eq!((idle.rest().await, fresh.rest().await), (String::new(), String::new()));
    assert!(TcpStream::connect(server.address).await.is_err());
    go.notify_one();
    let answer = client.rest().await;
    assert!(is_answer(&answer, "200") && answer.ends_with("done"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    let served = timeout(LONG, server.served).await.unwrap().unwrap();
    assert!(served.cut.is_empty() && served.connections == 0 && served.dropped_lines == 0);
}

#[tokio::test]
async fn who_does_not_finish_is_cut_off_and_told_of() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let limits = Limits { grace: short(), ..limits() };
    let server = Server::start(limits, router(&begun, &go)).await;
    let mut client = server.connect().await;
    client.send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    timeout(LONG, begun.notified()).await.unwrap();
    let mut half = server.connect().await;
    half.send("GET / HT").await;
    server.until("http_connections 2").await;
    let (served, log) = server.stop().await;
    assert_eq!(client.rest().await, "");
    assert_eq!(served.cut.len(), 1);
    let cut = &served.cut[0];
    assert_eq!((&*cut.method, &*cut.path, cut.peer.tls), ("GET", "/never", false));
    assert_eq!(log.len(), 1);
    assert_eq!(log[0]["request_id"], cut.id.to_string());
    assert_eq!((&log[0]["status"], &log[0]["cut"]), (&serde_json::Value::Null, &true.into()));
}

#[tokio::test]
async fn a_port_that_is_dropped_lets_go() {
    let server = Server::start(limits(), echo()).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    client.until("\r\n\r\n").await;
    server.served.abort();
    client.rest().await;
    assert!(server.served.await.is_err());
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_port_off_loopback_needs_credentials_and_warns() {
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let error = Port::bind(Options::at(everywhere)).await.unwrap_err();
    assert!(matches!(error, HttpError::Open(_)), "{error}");
    assert!(error.to_string().contains("requests must need credentials"), "{error}");
    let options = Options { credentials_required: true, ..Options::at(everywhere) };
    let port = Port::bind(options).await.unwrap();
    assert!(port.warning().unwrap().contains("not encrypted"));
    assert!(port.address().port() > 0);

    for loopback in ["127.0.0.1:0", "127.9.9.9:0", "[::ffff:127.0.0.1]:0"] {
        let port = Port::bind(Options::at(loopback.parse().unwrap())).await.unwrap();
        assert_eq!(port.warning(), None);
        let taken = Port::bind(Options::at(port.address())).await.unwrap_err();
        assert!(taken.to_string().starts_with("cannot listen at "), "{taken}");
    }
}

#[tokio::test]
async fn ids_are_handed_to_handlers_and_to_the_last_hand() {
    let router = Router::new().route(
        "/",
        any(|request: Request| async move {
            let id = request.extensions().get::<RequestId>().unwrap();
            let peer = request.extensions().get::<crate::Peer>().unwrap();
            format!("{id} {} {}", peer.address.ip(), peer.tls)
        }),
    );
    let mut hooks = Hooks::new(now);
    hooks.finish = Arc::new(|request, answer| {
        let id = *request.extensions.get::<RequestId>().unwrap();
        answer.headers_mut().insert("x-amzn-requestid", id.into());
    });
    let server =
        Server::with(Options { limits: limits(), ..Options::default() }, hooks, router).await;
    for host in ["localhost", "evil.test"] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = server.ask(&request).await;
        let header =
            answer.lines().find_map(|line| line.strip_prefix("x-amzn-requestid: ")).unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        assert!(body.contains(header), "{answer}");
        assert!(host != "localhost" || body.ends_with(" 127.0.0.1 false"), "{answer}");
    }
}
