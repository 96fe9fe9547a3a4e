//! Which client calls, by its user agent.

use fancy_regex::Regex;
use std::sync::LazyLock;

/// Clients, in the order in which they are looked for, with what is looked for.
static CLIENTS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("cloudwatch agent", "(cwagent|amazon-cloudwatch-agent)/"),
        ("daemon", "xray-daemon/"),
        ("collector", "otelcol|otel[- ]collector|opentelemetry[- ]?collector|xray-otel-exporter"),
        ("terraform", "(terraform|opentofu)/"),
        ("cli", r"^\[?aws-cli/"),
        ("console", r"^\[?mozilla/"),
        (
            "aws service",
            r"(^|[\[ ,])aws-internal(/|$)|^\[?aws internal\]?$|\.amazonaws\.com(\.cn)?$",
        ),
    ]
    .into_iter()
    .map(|(client, pattern)| (client, regex(pattern)))
    .collect()
});

/// Where a client's version stands: the patterns, of which the first that is found counts.
static VERSIONS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("daemon", "xray-daemon/v?"),
        ("collector", "(?:otelcol|otel[- ]collector|opentelemetry[- ]?collector)[a-z -]*/v?"),
        ("collector", "xray-otel-exporter/v?"),
        ("cloudwatch agent", "(?:cwagent|amazon-cloudwatch-agent)/v?"),
        ("terraform", "(?:terraform|opentofu)/v?"),
        ("cli", "aws-cli/v?"),
        ("sdk", r"^\[?[a-z0-9_.-]+/v?"),
    ]
    .into_iter()
    .map(|(client, before)| (client, regex(&format!("{before}([0-9][0-9A-Za-z.+_-]*)"))))
    .collect()
});

fn regex(pattern: &str) -> Regex {
    Regex::new(&format!("(?i){pattern}")).unwrap()
}

/// The client; `console` is whether the session is one of the console.
pub(crate) fn client(agent: &str, console: bool) -> &'static str {
    let found = |(client, pattern): &&(&'static str, Regex)| {
        pattern.is_match(agent).unwrap() || (console && *client == "console")
    };
    CLIENTS.iter().find(found).map_or("sdk", |(client, _)| client)
}

pub(crate) fn version(agent: &str, client: &str) -> Option<String> {
    VERSIONS.iter().filter(|(of, _)| *of == client).find_map(|(_, pattern)| group(pattern, agent))
}

/// Where a program runs, as it tells itself.
pub(crate) fn environment(agent: Option<&str>) -> Option<String> {
    static ENVIRONMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"exec-env/(\S+)").unwrap());
    group(&ENVIRONMENT, agent?)
}

/// The first group of the first match.
pub(crate) fn group(pattern: &Regex, text: &str) -> Option<String> {
    Some(pattern.captures(text).unwrap()?.get(1)?.as_str().to_owned())
}
