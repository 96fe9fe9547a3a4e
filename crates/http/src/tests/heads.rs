//! Heads of requests: slow, large, malformed and foreign ones, and what is left as it came.

use super::*;
use crate::Guard;
use std::sync::atomic::{AtomicU64, Ordering};

#[tokio::test]
async fn targets_and_headers_stay_as_they_came() {
    let server = Server::start(limits(), echo()).await;
    let target = "//b//%2e%2E/../x%2Fy/é?b=+&a=%20&&X-Amz-Signature=%zz?";
    let answer = server
        .ask(&format!(
            "PUT {target} HTTP/1.1\r\nhOsT:  LocalHost:80 \r\nX-A: 1\r\nContent-Length: 0\r\nx-a:  2  3 \r\n\
             Connection: close\r\n\r\n"
        ))
        .await;
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    assert!(body.starts_with(&format!("PUT {target}\n")), "{body}");
    for line in ["host: LocalHost:80", "x-a: 1", "x-a: 2  3", "content-length: 0"] {
        assert!(body.lines().any(|l| l == line), "{line} in {body}");
    }
}

#[tokio::test]
async fn answers_bear_the_date_of_the_given_clock() {
    let server = Server::start(limits(), echo()).await;
    let answer = server.ask("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    let dates: Vec<_> =
        answer.lines().filter(|line| line.to_lowercase().starts_with("date:")).collect();
    assert_eq!(dates, ["date: Fri, 02 Jan 2026 03:04:05 GMT"]);
}

#[tokio::test]
async fn a_date_that_is_there_stays() {
    let dated = || async { [("date", "Thu, 01 Jan 1970 00:00:00 GMT")] };
    let server = Server::start(limits(), Router::new().route("/", any(dated))).await;
    let answer = server.ask("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    let dates: Vec<_> = answer.lines().filter(|line| line.starts_with("date: ")).collect();
    assert_eq!(dates, ["date: Thu, 01 Jan 1970 00:00:00 GMT"]);
}

#[tokio::test]
async fn the_date_is_that_of_the_answer() {
    let minutes = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&minutes);
    let hooks = Hooks::new(move || now() + Duration::from_secs(60 * clock.load(Ordering::Relaxed)));
    let slow = move || async move { minutes.store(5, Ordering::Relaxed) };
    let options = Options { limits: limits(), ..Options::default() };
    let server = Server::with(options, hooks, Router::new().route("/", any(slow))).await;
    let answer = server.ask("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(answer.contains("date: Fri, 02 Jan 2026 03:09:05 GMT\r\n"), "{answer}");
    let (_, log) = server.stop().await;
    assert_eq!(log[0]["time"], "2026-01-02T03:04:05.678Z");
}

#[tokio::test]
async fn a_later_head_may_be_no_slower_than_the_first() {
    let server = Server::start(Limits { head: short(), ..limits() }, echo()).await;
    let mut client = loop {
        // A machine that is busy may miss the time of the first.
        let mut client = server.connect().await;
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        let mut start = [0; 12];
        if timeout(LONG, client.0.read_exact(&mut start)).await.unwrap().is_ok()
            && start.ends_with(b"200")
        {
            break client;
        }
    };
    client.until("GET /\nhost: localhost\n").await;
    client.send("GET / HTTP/1.1\r\nHost: local").await;
    assert!(is_answer(&client.rest().await, "408"));
}

#[tokio::test]
async fn requests_follow_each_other_on_one_connection() {
    let server = Server::start(limits(), echo()).await;
    let mut client = server.connect().await;
    client.send("GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHost: loc").await;
    client.until("GET /1\nhost: localhost\n").await;
    client.send("alhost\r\n\r\n").await;
    client.until("GET /2\nhost: localhost\n").await;
}

#[tokio::test]
async fn a_slow_head_is_told_so_and_others_are_served_meanwhile() {
    let server = Server::start(Limits { head: short(), ..limits() }, echo()).await;
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await;
    let mut silent = server.connect().await;
    server.is_served().await;
    let drip = async {
        for _ in 0..3000 {
            if client.0.write_all(b"x").await.is_err() {
                return;
            }
            if server.metrics.text().contains("http_timeouts_total{what=\"head\"} 2") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a slow head is waited for");
    };
    drip.await;
    assert!(is_answer(&client.rest().await, "408"));
    assert_eq!(silent.rest().await, "");
}

#[tokio::test]
async fn large_heads_are_refused_and_the_answer_arrives() {
    let server = Server::start(Limits { headers: 50, ..limits() }, echo()).await;
    let many = "a: b\r\n".repeat(10_000);
    // More than any buffer between takes.
    let long = format!("a: {}\r\n", "x".repeat(20_000_000));
    for headers in [many, long, "a: b\r\n".repeat(50)] {
        let mut client = server.connect().await;
        client.send(&format!("GET / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")).await;
        let answer = client.rest().await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    let target = "x".repeat(40_000);
    let answer = server.ask(&format!("GET /{target} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    server.is_served().await;
    let fits = "a: b\r\n".repeat(48);
    let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fits}\r\n");
    assert!(is_answer(&server.ask(&request).await, "200"));
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let server = Server::start(limits(), echo()).await;
    for request in [
        "\0\0\0\0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: local\0host\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n",
        "GET  /  HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c: d\r\n\r\n",
    ] {
        let answer = server.ask(request).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{request:?}: {answer}");
        assert!(!answer.to_lowercase().contains("date: "), "another clock: {answer}");
    }
    let answer = server.ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(!answer.contains("200"), "{answer}");
    let answer = server.ask("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n").await;
    assert!(is_answer(&answer, "400"), "{answer}");
    assert!(is_answer(&server.ask("GET / HTTP/1.0\r\n\r\n").await.replace("1.0", "1.1"), "400"));
    server.is_served().await;
}

#[tokio::test]
async fn foreign_requests_are_refused_with_advice() {
    let guard = Guard { names: vec!["lake.example".to_owned()], ..Guard::default() };
    let options = Options { limits: limits(), guard, ..Options::default() };
    let server = Server::with(options, Hooks::new(now), echo()).await;
    for (head, status, told) in [
        ("GET / HTTP/1.1\r\nHost: evil.test", "403", "--host"),
        ("GET /health HTTP/1.1\r\nHost: evil.test", "403", "--host"),
        (
            "POST / HTTP/1.1\r\nContent-Length: 0\r\nHost: localhost\r\nOrigin: null",
            "403",
            "browser",
        ),
        ("GET http://evil.test/ HTTP/1.1\r\nHost: localhost", "400", "target"),
        ("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80", "405", "proxy"),
        (
            "GET http://lake.example/x HTTP/1.1\r\nHost: lake.example",
            "200",
            "http://lake.example/x",
        ),
        ("OPTIONS * HTTP/1.1\r\nHost: lake.example", "200", "OPTIONS *"),
    ] {
        let answer = server.ask(&format!("{head}\r\nConnection: close\r\n\r\n")).await;
        assert!(is_answer(&answer, status) && answer.contains(told), "{head}: {answer}");
    }
    let (_, log) = server.stop().await;
    let refused: Vec<_> = log.iter().filter_map(|line| line["refused"].as_str()).collect();
    assert_eq!(refused, ["foreign_host", "foreign_host", "foreign_page", "bad_host", "connect"]);
}
