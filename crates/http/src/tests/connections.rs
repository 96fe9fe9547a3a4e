//! Too many connections, idle ones, and those whose other side is gone.

use super::*;
use tokio::sync::Notify;

#[tokio::test]
async fn connections_beyond_the_bound_are_told_so() {
    let server = Server::start(Limits { connections: 3, ..limits() }, echo()).await;
    let mut clients = Vec::new();
    for n in 0..3 {
        let mut client = server.connect().await;
        client.send(&format!("GET /{n} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        client.until(&format!("GET /{n}\nhost: localhost\n")).await;
        clients.push(client);
    }
    for _ in 0..20 {
        let mut client = server.connect().await;
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        client.0.shutdown().await.unwrap();
        assert!(is_answer(&client.rest().await, "503"));
    }
    // Those who were there first go on.
    for client in &mut clients {
        client.send("GET /again HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        client.until("GET /again\nhost: localhost\n").await;
    }
    clients.pop();
    server.until("http_connections 2").await;
    server.is_served().await;
    assert!(server.metrics.text().contains("http_refused_total{reason=\"connections\"} 20\n"));
}

#[tokio::test]
async fn those_who_are_told_are_bounded_too() {
    let server = Server::start(Limits { connections: 1, ..limits() }, echo()).await;
    let _first = server.connect().await;
    server.until("http_connections 1").await;
    let mut told = server.connect().await;
    assert!(is_answer(&told.rest().await, "503"));
    // It has not closed its side, so it is waited for, and there is no place for another.
    for _ in 0..5 {
        assert_eq!(server.connect().await.rest().await, "");
    }
}

#[tokio::test]
async fn hundreds_that_say_nothing_go_and_leave_room() {
    let limits = Limits { connections: 40, head: short(), linger: short(), ..limits() };
    let server = Server::start(limits, echo()).await;
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(server.connect().await);
    }
    server.until("http_connections_accepted_total 200").await;
    server.until("http_connections 0").await;
    server.is_served().await;
}

#[tokio::test]
async fn idle_connections_are_closed_without_a_word() {
    let server = Server::start(Limits { idle: short(), ..limits() }, echo()).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    client.until("GET /\nhost: localhost\n").await;
    assert_eq!(client.rest().await, "");
    server.until("http_timeouts_total{what=\"idle\"} 1").await;
    server.until("http_connections 0").await;
}

#[tokio::test]
async fn a_request_in_flight_is_not_idle() {
    let slow = || async {
        tokio::time::sleep(short() * 4).await;
        "late"
    };
    let router = Router::new().route("/", any(slow));
    let server = Server::start(Limits { idle: short(), head: short(), ..limits() }, router).await;
    let answer = server.ask("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(is_answer(&answer, "200") && answer.ends_with("late"), "{answer}");
}

#[tokio::test]
async fn what_is_done_for_a_client_ends_when_it_leaves() {
    struct Told(Arc<Notify>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let (began, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handler = {
        let (began, ended) = (Arc::clone(&began), Arc::clone(&ended));
        move || async move {
            let _told = Told(ended);
            began.notify_one();
            std::future::pending::<()>().await;
        }
    };
    let server = Server::start(limits(), Router::new().route("/", any(handler))).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    timeout(LONG, began.notified()).await.unwrap();
    drop(client);
    timeout(LONG, ended.notified()).await.unwrap();
    server.until("http_requests_total{service=\"none\",class=\"none\"} 1").await;
    let (_, log) = server.stop().await;
    assert_eq!((&log[0]["status"], &log[0]["cut"]), (&serde_json::Value::Null, &true.into()));
}

#[tokio::test]
async fn half_a_connection_is_closed() {
    let server = Server::start(limits(), echo()).await;
    for sent in
        ["", "GET / HTT", "POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx"]
    {
        let mut client = server.connect().await;
        client.send(sent).await;
        client.0.shutdown().await.unwrap();
        client.rest().await;
    }
    server.until("http_connections 0").await;
    server.is_served().await;
}

#[tokio::test]
async fn the_system_asks_after_silent_clients() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let stream = listener.accept().await.unwrap().0;
    crate::serve::prepare(&stream, Duration::from_secs(7));
    let socket = socket2::SockRef::from(&stream);
    assert!(socket.keepalive().unwrap() && stream.nodelay().unwrap());
    drop(client);
}
