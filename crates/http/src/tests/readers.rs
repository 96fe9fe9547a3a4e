//! Those who do not take their answers.

use super::*;
use axum::body::Bytes;
use futures::stream;

/// Without end, in pieces of 64 KiB.
async fn endless() -> Body {
    let block = Bytes::from(vec![b'x'; 1 << 16]);
    Body::from_stream(stream::repeat_with(move || Ok::<_, io::Error>(block.clone())))
}

pub(super) fn router() -> Router {
    echo().route("/endless", any(endless)).route("/large", any(|| async { vec![b'x'; 64 << 20] }))
}

#[tokio::test]
async fn a_client_that_takes_nothing_loses_its_connection() {
    let server = Server::start(Limits { stall: short(), ..limits() }, router()).await;
    let mut clients = Vec::new();
    for path in ["/endless", "/large"] {
        let mut client = server.connect().await;
        client.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        clients.push(client);
    }
    server.is_served().await;
    server.until("http_timeouts_total{what=\"stall\"} 2").await;
    server.until("http_connections 0").await;
    let (served, log) = server.stop().await;
    assert_eq!(served.connections, 0);
    let endless = log.iter().find(|line| line["path"] == "/endless").unwrap();
    assert_eq!((&endless["status"], &endless["cut"]), (&200.into(), &true.into()));
    assert!(endless["bytes_out"].as_u64() > Some(0));
}

#[tokio::test]
async fn a_client_that_takes_little_at_a_time_is_served() {
    let server =
        Server::start(Limits { stall: short() * 20, idle: short(), ..limits() }, router()).await;
    let mut client = server.connect().await;
    client.send("GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    let (mut taken, mut piece) = (0, vec![0; 4 << 20]);
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        match timeout(LONG, client.0.read(&mut piece)).await.unwrap().unwrap() {
            0 => break,
            length => taken += length,
        }
    }
    assert!(taken > 64 << 20, "{taken}");
}

#[tokio::test]
async fn an_answer_ends_when_its_client_leaves() {
    let server = Server::start(limits(), router()).await;
    let mut client = server.connect().await;
    client.send("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    client.until("\r\n\r\n").await;
    drop(client);
    server.until("http_requests_in_flight 0").await;
    let (served, log) = server.stop().await;
    assert!(served.cut.is_empty());
    assert_eq!(log[0]["cut"], true);
}
