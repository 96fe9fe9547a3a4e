//! Bodies of requests: large, slow and unread ones.

use super::*;
use hyper::body::Body as _;
use std::pin::Pin;
use tokio::sync::Notify;

fn small() -> Limits {
    Limits { body_bytes: 1000, ..limits() }
}

#[tokio::test]
async fn bodies_up_to_the_bound_arrive_whole() {
    let server = Server::start(small(), echo()).await;
    let body = "x".repeat(1000);
    let plain = format!("Content-Length: 1000\r\n\r\n{body}");
    let chunks = format!(
        "Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        format!("fa\r\n{}\r\n", &body[..250]).repeat(4)
    );
    for rest in [plain, chunks] {
        let request =
            format!("POST /length HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{rest}");
        let answer = server.ask(&request).await;
        assert!(is_answer(&answer, "200") && answer.ends_with("\r\n\r\n1000"), "{answer}");
    }
    let (_, log) = server.stop().await;
    assert_eq!(log.iter().map(|line| &line["bytes_in"]).collect::<Vec<_>>(), [1000, 1000]);
}

#[tokio::test]
async fn a_length_beyond_the_bound_is_refused_before_the_body_is_sent() {
    let server = Server::start(small(), echo()).await;
    for expect in ["", "Expect: 100-continue\r\n"] {
        let mut client = server.connect().await;
        client
            .send(&format!(
                "POST /length HTTP/1.1\r\nHost: localhost\r\n{expect}Content-Length: 1001\r\n\r\n"
            ))
            .await;
        client.until("connection: close\r\n").await;
        client.until("Request ").await;
        drop(client);
    }
    let (_, log) = server.stop().await;
    for line in log {
        assert_eq!((&line["status"], &line["refused"]), (&413.into(), &"large_body".into()));
    }
}

#[tokio::test]
async fn a_connection_ends_with_the_answer_to_a_body_that_is_not_read() {
    let router = Router::new().fallback(|| async { "answer" });
    let server = Server::start(small(), router).await;
    for (body, closed) in [("Content-Length: 9\r\n\r\nsome more", true), ("\r\n", false)] {
        let mut client = server.connect().await;
        client.send(&format!("PUT / HTTP/1.1\r\nHost: localhost\r\n{body}")).await;
        let head = client.until("\r\n\r\n").await;
        assert_eq!(head.to_lowercase().contains("connection: close\r\n"), closed, "{head}");
    }
    // Who waits to be asked for the body is not asked.
    let expect =
        "PUT / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    let answer = server.ask(expect).await;
    assert!(is_answer(&answer, "200") && answer.contains("connection: close\r\n"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn whoever_sends_a_hundred_megabytes_still_reads_the_answer() {
    let server = Server::start(small(), echo()).await;
    let mut client = server.connect().await;
    client
        .send("POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n")
        .await;
    let block = vec![b'x'; 1 << 20];
    for _ in 0..100 {
        timeout(LONG, client.0.write_all(&block)).await.unwrap().unwrap();
    }
    assert!(is_answer(&client.rest().await, "413"));
    drop(client);
    let (_, log) = server.stop().await;
    assert_eq!((&log[0]["status"], &log[0]["bytes_in"]), (&413.into(), &0.into()));
}

#[tokio::test]
async fn chunks_beyond_the_bound_are_refused_whatever_the_handler_says() {
    let server = Server::start(small(), echo()).await;
    let mut client = server.connect().await;
    client
        .send("POST /length HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    client.send(&chunk.repeat(2)).await;
    client.0.shutdown().await.unwrap();
    assert!(is_answer(&client.rest().await, "413"));
    // A chunk whose length no memory would hold.
    let huge = "ffffffffffffffff\r\nx";
    let request = format!(
        "POST /length HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{huge}"
    );
    let mut client = server.connect().await;
    client.send(&request).await;
    drop(client);
    server.is_served().await;
}

#[tokio::test]
async fn a_handler_that_never_gets_over_an_error_does_not_keep_the_client() {
    let stubborn = |body: Body| async {
        if axum::body::to_bytes(body, usize::MAX).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let server = Server::start(small(), Router::new().route("/", post(stubborn))).await;
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000)).repeat(2);
    let answer = server
        .ask(&format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"
        ))
        .await;
    assert!(is_answer(&answer, "413"), "{answer}");
}

#[tokio::test]
async fn a_slow_body_is_timed_out_as_a_whole() {
    let server = Server::start(Limits { body: short(), ..small() }, echo()).await;
    for framing in ["Content-Length: 900", "Transfer-Encoding: chunked"] {
        let mut client = server.connect().await;
        client
            .send(&format!("POST /length HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n"))
            .await;
        let drip = if framing.starts_with('C') { "x" } else { "1\r\nx\r\n" };
        server.is_served().await;
        let (mut reader, mut writer) = client.0.split();
        let mut answer = Vec::new();
        let write = async {
            while writer.write_all(drip.as_bytes()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            read = timeout(LONG, reader.read_to_end(&mut answer)) => assert!(read.is_ok()),
            () = write => {}
        }
        let text = String::from_utf8_lossy(&answer).into_owned();
        assert!(is_answer(&text, "408"), "{framing}: {text}");
    }
}

#[tokio::test]
async fn the_time_of_a_slow_handler_is_not_the_clients() {
    let awake = Arc::new(Notify::new());
    let wakes = Arc::clone(&awake);
    let slow = move |mut body: Body| async move {
        let mut length = 0;
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await
        {
            length += frame.unwrap().into_data().unwrap().len();
            tokio::time::sleep(short() * 6).await;
            wakes.notify_one();
        }
        length.to_string()
    };
    let router = Router::new().route("/", post(slow));
    let server = Server::start(Limits { body: short() * 4, ..small() }, router).await;
    let mut client = server.connect().await;
    client
        .send(
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 5\r\n\r\n",
        )
        .await;
    // Both pieces are waited for, the second one after the time would be over.
    server.until("http_requests_in_flight 1").await;
    client.send("he").await;
    timeout(LONG, awake.notified()).await.unwrap();
    tokio::task::yield_now().await;
    client.send("llo").await;
    let answer = client.rest().await;
    assert!(is_answer(&answer, "200") && answer.ends_with("\r\n\r\n5"), "{answer}");
}

#[tokio::test]
async fn a_body_that_nobody_reads_does_not_cost_the_answer() {
    let server = Server::start(Limits { body_bytes: 64 << 20, ..limits() }, echo()).await;
    let mut client = server.connect().await;
    client
        .send("POST /other HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n")
        .await;
    let block = vec![b'x'; 1_000_000];
    for _ in 0..20 {
        timeout(LONG, client.0.write_all(&block)).await.unwrap().unwrap();
    }
    let answer = client.rest().await;
    assert!(is_answer(&answer, "200"), "{answer}");
}

#[tokio::test]
async fn who_waits_for_leave_gets_it_when_the_body_is_wanted() {
    let server = Server::start(small(), echo()).await;
    let mut client = server.connect().await;
    client
        .send("POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        .await;
    assert_eq!(client.until("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ok").await;
    assert!(client.until("\r\n\r\n").await.starts_with("HTTP/1.1 200 OK\r\n"));
    client.until("2").await;
}

#[tokio::test]
async fn all_bodies_together_are_bounded() {
    let server = Server::start(Limits { bodies_bytes: 1500, ..small() }, echo()).await;
    let request = "POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n";
    let mut first = server.connect().await;
    first.send(&format!("{request}{}", "x".repeat(999))).await;
    // It is counted once it is read, which shows in how the others fare.
    loop {
        let mut second = server.connect().await;
        second.send(&format!("{request}{}", "x".repeat(1000))).await;
        let head = second.until("\r\n\r\n").await;
        if head.starts_with("HTTP/1.1 503 ") {
            break;
        }
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    }
    first.send("x").await;
    assert!(first.until("1000").await.starts_with("HTTP/1.1 200 "));
    // What was answered does not count any more.
    let answer = server
        .ask(&format!(
            "{}{}",
            request.replace("Host", "Connection: close\r\nHost"),
            "x".repeat(1000)
        ))
        .await;
    assert!(is_answer(&answer, "200"), "{answer}");
}
