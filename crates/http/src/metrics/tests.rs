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
