//! `/health` and `/metrics`.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};

fn get(target: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn health_is_what_the_callback_says() {
    let well = Arc::new(AtomicBool::new(true));
    let mut hooks = Hooks::new(now);
    let asked = Arc::clone(&well);
    hooks.health = Arc::new(move || match asked.load(Ordering::Relaxed) {
        true => Ok(()),
        false => Err("the disk is full".to_owned()),
    });
    let server =
        Server::with(Options { limits: limits(), ..Options::default() }, hooks, echo()).await;
    let answer = server.ask(&get("/health", "")).await;
    assert!(is_answer(&answer, "200") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
    well.store(false, Ordering::Relaxed);
    let answer = server.ask(&get("/health", "")).await;
    assert!(
        is_answer(&answer, "503") && answer.ends_with("\r\n\r\nthe disk is full\n"),
        "{answer}"
    );
    let answer = server.ask(&get("/health", "").replace("GET", "HEAD")).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn metrics_have_the_ports_and_the_callers() {
    let hooks = Hooks::new(now);
    let mine = hooks.metrics.counters("lake_queries", "Queries", ["state"]).unwrap();
    mine.add(["done"], 3);
    let router = echo().route(
        "/s3",
        any(|request: Request| async move {
            request.extensions().get::<Notes>().unwrap().service("s3");
            axum::http::StatusCode::NOT_FOUND
        }),
    );
    let server =
        Server::with(Options { limits: limits(), ..Options::default() }, hooks, router).await;
    server.ask(&get("/s3", "")).await;
    server.ask(&get("/s3", "Origin: null\r\n")).await;
    let page = server.ask(&get("/metrics", "")).await;
    assert!(is_answer(&page, "200"), "{page}");
    assert!(page.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{page}");
    for line in [
        "lake_queries_total{state=\"done\"} 3",
        "http_requests_total{service=\"s3\",class=\"4xx\"} 1",
        "http_requests_total{service=\"none\",class=\"4xx\"} 1",
        "http_refused_total{reason=\"foreign_page\"} 1",
        "http_request_seconds_count{service=\"s3\"} 1",
        "http_connections_accepted_total 3",
        "http_connections 1",
        "http_requests_in_flight 1",
        "http_log_lines_dropped_total 0",
    ] {
        assert!(page.lines().any(|l| l == line), "{line} in {page}");
    }
}

#[tokio::test]
async fn requests_with_credentials_or_a_query_are_the_routers() {
    let server = Server::start(limits(), echo()).await;
    for request in [
        get("/metrics", "Authorization: AWS4-HMAC-SHA256 x\r\n"),
        get("/health?list-type=2", ""),
        get("/metrics/", ""),
        get("/health", "").replace("GET", "PUT"),
    ] {
        let answer = server.ask(&request).await;
        assert!(answer.contains("\r\n\r\nGET /") || answer.contains("\r\n\r\nPUT /"), "{answer}");
    }
}
