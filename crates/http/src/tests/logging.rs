//! The access log, and panics.

use super::*;
use crate::Refusal;
use serde_json::json;

#[tokio::test]
async fn a_line_has_what_is_known_and_no_secrets() {
    let router = Router::new().fallback(any(|request: Request| async move {
        let notes = request.extensions().get::<Notes>().unwrap();
        notes.service("s3");
        notes.operation("GetObject");
        notes.access_key_id("AKIDEXAMPLE");
        notes.error_code("NoSuchKey\u{202e}\n");
        (axum::http::StatusCode::NOT_FOUND, "12345")
    }));
    let server = Server::start(limits(), router).await;
    server
        .ask("GET /b/%00é\u{202e}?X-Amz-Signature=feed&X-Amz-Date=now&x-amz-security-token=t HTTP/1.1\r\nHost: localhost\r\nAuthorization: secret\r\nConnection: close\r\n\r\n")
        .await;
    let text = server.log.clone();
    let (served, log) = server.stop().await;
    assert_eq!(served.dropped_lines, 0);
    let mut line = log[0].clone();
    for (name, checks) in [("request_id", 36), ("peer", 11)] {
        assert!(line[name].as_str().unwrap().len() >= checks);
        line.as_object_mut().unwrap().remove(name);
    }
    assert!(line["ms"].as_f64() >= Some(0.0));
    line.as_object_mut().unwrap().remove("ms");
    assert_eq!(
        line,
        json!({
            "time": "2026-01-02T03:04:05.678Z", "method": "GET", "path": "/b/%00é\u{202e}",
            "query": "X-Amz-Date=now", "status": 404, "bytes_in": 0, "bytes_out": 5, "service": "s3",
            "operation": "GetObject", "access_key_id": "AKIDEXAMPLE",
            "error_code": "NoSuchKey\u{202e}\n",
        })
    );
    let bytes = text.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.is_ascii() && !text.contains("feed") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn long_texts_are_cut() {
    let server = Server::start(limits(), echo()).await;
    let long = "x".repeat(10_000);
    server
        .ask(&format!(
            "{} /{long}?{long} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            &long[..2000]
        ))
        .await;
    let (_, log) = server.stop().await;
    for name in ["method", "path", "query"] {
        let text = log[0][name].as_str().unwrap();
        assert!(text.len() < 1100 && text.ends_with("..."), "{name}: {text}");
    }
}

#[tokio::test]
async fn answers_without_a_body_are_not_cut() {
    let router = echo()
        .route("/none", any(|| async { axum::http::StatusCode::NO_CONTENT }))
        .route("/empty", any(|| async { String::new() }));
    let server = Server::start(limits(), router).await;
    for request in ["HEAD /x", "HEAD /health", "GET /none", "GET /empty"] {
        server
            .ask(&format!("{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
            .await;
    }
    let (_, log) = server.stop().await;
    assert_eq!(log.len(), 4);
    for line in log {
        assert_eq!((&line["bytes_out"], line.get("cut")), (&0.into(), None), "{line}");
    }
}

fn panicking() -> Router {
    echo().route("/panic", any(|| async { panic!("handler") as () })).route(
        "/stream",
        any(|| async {
            let stream = futures::stream::poll_fn(
                |_| -> std::task::Poll<Option<io::Result<&'static str>>> { panic!("stream") },
            );
            Body::from_stream(stream)
        }),
    )
}

#[tokio::test]
async fn a_panic_is_an_answer_with_an_id_and_the_port_lives_on() {
    let server = Server::start(limits(), panicking()).await;
    let answer = server.ask("GET /panic HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(is_answer(&answer, "500"), "{answer}");
    let broken = server.ask("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(!broken.contains("\r\n0\r\n"), "{broken}");
    server.is_served().await;
    let (served, log) = server.stop().await;
    assert_eq!((served.connections, log.len()), (0, 3));
    assert_eq!((&log[0]["status"], &log[0]["refused"]), (&500.into(), &"panic".into()));
    assert!(answer.contains(log[0]["request_id"].as_str().unwrap()), "{answer}");
    assert_eq!(log[1]["cut"], true);
}

#[tokio::test]
async fn hooks_may_put_refusals_into_their_words_and_may_panic() {
    let mut hooks = Hooks::new(now);
    hooks.finish = Arc::new(|request, answer| {
        assert_ne!(request.uri.path(), "/hook");
        if let Some(refusal) = answer.extensions().get::<Refusal>() {
            *answer.body_mut() = Body::from(format!("<Code>{}</Code>", refusal.name()));
        }
    });
    hooks.health = Arc::new(|| panic!("health"));
    let server =
        Server::with(Options { limits: limits(), ..Options::default() }, hooks, panicking()).await;
    for (target, body) in [
        ("/panic", "<Code>panic</Code>"),
        ("/health", "<Code>panic</Code>"),
        ("/hook", "The server failed"),
    ] {
        let answer = server.ask(&format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        assert!(is_answer(&answer, "500") && answer.contains(body), "{target}: {answer}");
    }
    server.is_served().await;
}
