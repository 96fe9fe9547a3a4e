//! The registry, its bounds and its text.

use super::*;

#[test]
fn the_text_has_every_kind_with_labels_escaped() {
    let metrics = Metrics::default();
    let files = metrics.counters("files_total", "Files read.", ["format"]).unwrap();
    let open = metrics.gauges("open", "Open files", []).unwrap();
    let times = metrics.histograms("read_seconds", "Time", ["disk"], &[0.5, 1.0]).unwrap();
    files.add(["a\"b\\c\nd"], 2);
    files.add(["a\"b\\c\nd"], 1);
    open.set([], 5);
    open.add([], -7);
    times.observe(["x"], 0.75);
    times.observe(["x"], 3.0);
    let text = metrics.text();
    for line in [
        "# HELP files_total Files read.",
        "# TYPE files_total counter",
        r#"files_total{format="a\"b\\c\nd"} 3"#,
        "# TYPE open gauge",
        "open -2",
        "# TYPE read_seconds histogram",
        r#"read_seconds_bucket{disk="x",le="0.5"} 0"#,
        r#"read_seconds_bucket{disk="x",le="1"} 1"#,
        r#"read_seconds_bucket{disk="x",le="+Inf"} 2"#,
        r#"read_seconds_count{disk="x"} 2"#,
        r#"read_seconds_sum{disk="x"} 3.75"#,
        "http_connections 0",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\nin\n{text}");
    }
}

#[test]
fn names_are_checked_and_taken_once() {
    let metrics = Metrics::default();
    for name in ["", "1x", "a-b", "a b", "é", "x_bucket", "x_total_total"] {
        let error = metrics.counters(name, "", []).unwrap_err();
        assert!(matches!(error, HttpError::MetricName(_)), "{name}");
    }
    for label in ["le", "a-b", ""] {
        assert!(metrics.gauges("fine", "", [label]).is_err(), "{label}");
    }
    assert!(metrics.counters("mine", "", []).is_ok());
    for taken in ["mine", "http_requests"] {
        let error = metrics.gauges(taken, "", []).unwrap_err();
        assert!(matches!(error, HttpError::MetricTaken(_)), "{taken}");
    }
}

#[test]
fn values_without_end_share_one_series() {
    let metrics = Metrics::default();
    let seen = metrics.counters("seen", "", ["key"]).unwrap();
    for n in 0..MOST_SERIES + 500 {
        seen.add([&n.to_string()], 1);
    }
    seen.add(["0"], 1);
    let text = metrics.text();
    assert_eq!(text.lines().filter(|l| l.starts_with("seen_total")).count(), MOST_SERIES + 1);
    assert!(text.contains("seen_total{key=\"other\"} 500\n"), "{text}");
    assert!(text.contains("seen_total{key=\"0\"} 2\n"));
}

#[test]
fn numbers_are_asked_for_when_the_text_is_made() {
    let metrics = Metrics::default();
    let asked = Arc::new(AtomicUsize::new(0));
    let number = Arc::clone(&asked);
    let read = move || {
        let now = number.fetch_add(1, Ordering::Relaxed) as u64;
        (0..=now).map(|n| ([format!("s\"{n}")], n)).collect()
    };
    metrics.read_gauges("store_bytes", "Bytes.", ["store"], read).unwrap();
    metrics.read_counters("scanned_bytes_total", "Bytes", [], || vec![([], u64::MAX)]).unwrap();
    metrics.read_counters("nothing_total", "Nothing", ["of"], Vec::new).unwrap();
    assert!(!metrics.text().contains("s\\\"1"));
    let text = metrics.text();
    for line in [
        "# HELP store_bytes Bytes.",
        "# TYPE store_bytes gauge",
        r#"store_bytes{store="s\"0"} 0"#,
        r#"store_bytes{store="s\"1"} 1"#,
        "# TYPE scanned_bytes_total counter",
        "scanned_bytes_total 18446744073709551615",
        "# HELP nothing_total Nothing.",
        "# TYPE nothing_total counter",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\nin\n{text}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    let taken = metrics.gauges("store_bytes", "", []).unwrap_err();
    assert!(matches!(taken, HttpError::MetricTaken(_)));
    let many = || (0..2_500).map(|n| ([n.to_string()], 1)).collect();
    metrics.read_gauges("many", "Many", ["key"], many).unwrap();
    let text = metrics.text();
    assert_eq!(text.lines().filter(|l| l.starts_with("many{")).count(), MOST_SERIES + 1);
    assert!(text.contains("many{key=\"other\"} 1500\n"), "{text}");
}
