//! Writers that fail, hang or panic.

use super::*;
use crate::metrics::Metrics;
use std::sync::mpsc::{self, Sender};

const PATIENCE: Duration = Duration::from_secs(20);

fn log(writer: impl Write + Send + 'static, capacity: usize) -> (AccessLog, Metrics) {
    let (metrics, clock) = (Metrics::default(), Arc::new(|| SystemTime::UNIX_EPOCH));
    let dropped = metrics.port.dropped_lines.clone();
    (AccessLog::start(Some(Box::new(writer)), capacity, clock, dropped), metrics)
}

fn line(path: &str) -> Line<'_> {
    Line {
        time: rfc3339(SystemTime::UNIX_EPOCH),
        request_id: String::new(),
        peer: String::new(),
        method: "GET".into(),
        path: path.into(),
        query: None,
        status: Some(200),
        bytes_in: 0,
        bytes_out: 0,
        ms: 0.0,
        service: None,
        operation: None,
        access_key_id: None,
        error_code: None,
        refused: None,
        cut: false,
    }
}

/// What is written goes to a channel, as far as `allow` lets it.
struct Gate<F> {
    allow: F,
    sink: Sender<Vec<u8>>,
}

impl<F: FnMut(&[u8]) -> io::Result<usize>> Write for Gate<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = (self.allow)(bytes)?;
        let _ = self.sink.send(bytes[..taken].to_vec());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(lines: &mpsc::Receiver<Vec<u8>>) -> String {
    String::from_utf8(lines.iter().flatten().collect()).unwrap()
}

#[tokio::test]
async fn lines_are_written_in_order_before_closing() {
    let (sink, lines) = mpsc::channel();
    let (log, _) = log(Gate { allow: |bytes: &[u8]| Ok(bytes.len().min(7)), sink }, 64);
    for n in 0..50 {
        log.write(&line(&format!("/{n}")));
    }
    assert_eq!(log.close(PATIENCE).await, 0);
    log.write(&line("/late"));
    let text = written(&lines);
    let paths: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["path"].to_string())
        .collect();
    assert_eq!(paths, (0..50).map(|n| format!("\"/{n}\"")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_writer_that_hangs_costs_lines_and_says_how_many() {
    let (sink, lines) = mpsc::channel();
    let (open, gate) = mpsc::channel::<()>();
    // Waits until the sender is gone, and takes everything from then on.
    let allow = move |bytes: &[u8]| {
        let _ = gate.recv();
        Ok(bytes.len())
    };
    let (log, metrics) = log(Gate { allow, sink }, 4);
    for _ in 0..100 {
        log.write(&line("/"));
    }
    drop(open);
    let dropped = log.close(PATIENCE).await;
    assert!((95..=96).contains(&dropped), "{dropped}");
    let text = written(&lines);
    let told = text.lines().filter_map(|line| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["dropped_lines"].as_u64()
    });
    assert_eq!(told.sum::<u64>(), dropped, "{text}");
    assert_eq!(text.matches("\"path\"").count() as u64, 100 - dropped);
    assert!(metrics.text().contains(&format!("http_log_lines_dropped_total {dropped}\n")));
}

#[tokio::test]
async fn a_writer_that_hangs_for_ever_does_not_keep_the_port() {
    let (sink, _lines) = mpsc::channel();
    let (_open, gate) = mpsc::channel::<()>();
    let allow = move |bytes: &[u8]| {
        let _ = gate.recv();
        Ok(bytes.len())
    };
    let (log, _) = log(Gate { allow, sink }, 4);
    for _ in 0..10 {
        log.write(&line("/"));
    }
    assert_eq!(log.close(Duration::from_millis(50)).await, 10);
}

#[tokio::test]
async fn after_a_failure_the_next_line_stands_alone() {
    let (sink, lines) = mpsc::channel();
    let mut calls = 0;
    // The first line gets half through.
    let allow = move |bytes: &[u8]| {
        calls += 1;
        match calls {
            1 => Ok(bytes.len() / 2),
            2 => Err(io::Error::other("disk full")),
            _ => Ok(bytes.len()),
        }
    };
    let (log, _) = log(Gate { allow, sink }, 8);
    log.write(&line("/a"));
    log.write(&line("/b"));
    assert_eq!(log.close(PATIENCE).await, 1);
    let text = written(&lines);
    let whole = text.lines().filter(|l| serde_json::from_str::<serde_json::Value>(l).is_ok());
    assert_eq!(whole.count(), 2, "{text}");
    assert!(text.contains("\"dropped_lines\":1}"), "{text}");
}

#[tokio::test]
async fn a_writer_that_panics_costs_lines_only() {
    let (sink, _lines) = mpsc::channel();
    let allow = |_: &[u8]| -> io::Result<usize> { panic!("writer") };
    let (log, _) = log(Gate { allow, sink }, 8);
    for _ in 0..5 {
        log.write(&line("/"));
    }
    assert_eq!(log.close(PATIENCE).await, 5);
}
