//! Times: arithmetic of other engines, and Athena's `eventtime`, which is text there.

use super::Site;
use super::intervals::{part, parts, unit_of};
use super::tokens::{Argument, Call, Tokens, literal, quoted};
use crate::engine::text::Edit;
use chrono::NaiveDate;
use traillake_sql_parser::PieceKind;
use traillake_sql_types::error::Code;

/// `DATE_SUB(x, INTERVAL 7 DAY)`, `DATEADD(day, -7, x)`, `DATEDIFF(day, a, b)` and their like.
pub(super) fn arithmetic(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let cut = tokens.calls(&["date_trunc", "datetrunc", "timestamp_trunc", "datetime_trunc"]);
    let cut = cut.iter().filter_map(|call| truncated(tokens, call));
    let names = [
        "date_sub",
        "date_add",
        "adddate",
        "subdate",
        "dateadd",
        "datesub",
        "timestampadd",
        "timestamp_add",
        "timestamp_sub",
        "datetime_add",
        "datetime_sub",
        "datediff",
        "timestampdiff",
        "timestamp_diff",
        "datetime_diff",
        "date_diff",
        "add_months",
    ];
    let calls = tokens.calls(&names).into_iter();
    let shifted =
        calls.filter_map(|call| Some(tokens.edit(call.name, call.close, shifted(tokens, &call)?)));
    cut.chain(shifted).collect()
}

/// `DATE_TRUNC(x, DAY)` and `DATE_TRUNC(day, x)`
fn truncated(tokens: &Tokens<'_>, call: &Call<'_>) -> Option<Edit> {
    let [a, b] = call.arguments.as_slice() else { return None };
    let unit = |text: &str| {
        let text = text.to_lowercase();
        ["second", "minute", "hour", "day", "week", "month", "quarter", "year"]
            .into_iter()
            .find(|unit| *unit == text)
    };
    let (unit, time) = match (unit(a.text), unit(b.text)) {
        (Some(unit), None) => (unit, b.text),
        (None, Some(unit)) => (unit, a.text),
        _ => return None,
    };
    Some(tokens.edit(call.name, call.close, format!("date_trunc('{unit}', {time})")))
}

fn shifted(tokens: &Tokens<'_>, call: &Call<'_>) -> Option<String> {
    let name = tokens.text(call.name).to_lowercase();
    let minus = name.contains("sub");
    match call.arguments.as_slice() {
        [a, b] if name == "add_months" => {
            Some(format!("date_add('month', {}, {})", b.text, a.text))
        }
        // `(later, earlier, unit)`
        [a, b, unit] if name.ends_with("_diff") && unit_of(&unit.text.to_lowercase()).is_some() => {
            Some(format!("date_diff('{}', {}, {})", unit.text.to_lowercase(), b.text, a.text))
        }
        [a, b] if name == "datediff" => Some(format!("date_diff('day', {}, {})", b.text, a.text)),
        [a, b] => {
            if let Some((_, intervals)) = parts(tokens, b.from) {
                let sign = if minus { " - " } else { " + " };
                return Some(format!("({}{sign}{})", a.text, intervals.join(sign)));
            }
            let sign = if minus { "-" } else { "" };
            Some(format!("date_add('day', {sign}{}, {})", b.text, a.text))
        }
        [unit, a, b] => {
            let word = unit.text.trim_matches('\'').to_lowercase();
            let word = word.strip_prefix("sql_tsi_").unwrap_or(&word);
            let (unit, times) = match word {
                "week" | "quarter" | "millisecond" => (word, 1),
                word => unit_of(word)?,
            };
            if name.contains("diff") {
                return (times == 1)
                    .then(|| format!("date_diff('{unit}', {}, {})", a.text, b.text));
            }
            let count =
                if times == 1 { a.text.to_owned() } else { format!("{times} * ({})", a.text) };
            let count = if minus { format!("-({count})") } else { count };
            let made = format!("date_add('{unit}', {count}, {})", b.text);
            (made != tokens.slice(call.name, call.close)).then_some(made)
        }
        _ => None,
    }
}

/// `CURRENT_DATE - 7`: days.
pub(super) fn days(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let message = &site.error.message;
    let of_time = ["+ to ", "- to "].iter().any(|operator| message.contains(operator))
        && (message.contains("date") || message.contains("timestamp"));
    let number = site.at + 1;
    if !of_time || tokens.kind(number) != Some(PieceKind::Number) {
        return Vec::new();
    }
    vec![tokens.edit(number, number, format!("INTERVAL '{}' DAY", tokens.text(number)))]
}

/// `EXTRACT(EPOCH FROM x)`
pub(super) fn epoch(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let edit = |call: Call<'_>| {
        let time = call.name + 4;
        let fits = tokens.is_word(call.name + 2, &["epoch"]) && tokens.is_word(time - 1, &["from"]);
        let time = tokens.slice(time, call.close - 1);
        fits.then(|| tokens.edit(call.name, call.close, format!("to_unixtime({time})")))
    };
    tokens.calls(&["extract"]).into_iter().filter_map(edit).collect()
}

/// `ago(7d)`
pub(super) fn ago(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let edit = |at: usize| {
        let open = at + 1;
        let close =
            tokens.close(open).filter(|_| tokens.is(open, "(") && tokens.is_word(at, &["ago"]))?;
        let text = tokens.slice(open + 1, close - 1);
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let interval = part(&text[..digits], text[digits..].trim())?;
        Some(tokens.edit(at, close, format!("(current_timestamp - {interval})")))
    };
    (0..tokens.len()).filter_map(edit).collect()
}

/// `eventTime > 'START_TIME'`: the last seven days, until somebody says which.
pub(super) fn placeholders(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let Some(text) = literal(tokens.text(site.at)) else { return Vec::new() };
    // Digits alone are a day that there is not.
    if !site.error.message.starts_with("Value cannot be cast to")
        || !text.contains(char::is_alphabetic) && said(&text).is_none()
    {
        return Vec::new();
    }
    let made = said(&text).unwrap_or_else(|| {
        let ends = site.at > 0
            && (tokens.is(site.at - 1, "<")
                || tokens.is(site.at - 1, "<=")
                || tokens.is_word(site.at - 1, &["and"]));
        let moment =
            if ends { "current_timestamp" } else { "current_timestamp - INTERVAL '7' DAY" };
        moment.to_owned()
    });
    vec![tokens.edit(site.at, site.at, made)]
}

/// The time that a text says in the words of people: `yesterday`, `7 days ago`, `July 10, 2026`, `07/10/2026`.
fn said(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let days = |count: i32| format!("current_date - INTERVAL '{count}' DAY");
    match text.as_str() {
        "now" => return Some("current_timestamp".to_owned()),
        "today" => return Some("current_date".to_owned()),
        "yesterday" => return Some(days(1)),
        "last week" => return Some(days(7)),
        "last month" => return Some("current_date - INTERVAL '1' MONTH".to_owned()),
        _ => {}
    }
    let first = |rest: &str| NaiveDate::parse_from_str(&format!("{text}{rest}"), "%Y-%m-%d").ok();
    if let Some(day) = first("-01").or_else(|| first("-01-01")) {
        return Some(quoted(&day.to_string()));
    }
    let words: Vec<&str> = text.trim_start_matches("last ").split_whitespace().collect();
    if let [count, unit] | [count, unit, "ago"] = words.as_slice()
        && let Some(interval) = part(count, unit)
    {
        return Some(format!("current_timestamp - {interval}"));
    }
    let forms = [
        "%B %d, %Y",
        "%b %d, %Y",
        "%B %d %Y",
        "%b %d %Y",
        "%d %B %Y",
        "%d %b %Y",
        "%m/%d/%Y",
        "%d/%m/%Y",
        "%d.%m.%Y",
        "%Y.%m.%d",
        "%m-%d-%Y",
    ];
    let day = forms.iter().find_map(|form| NaiveDate::parse_from_str(&text, form).ok())?;
    Some(quoted(&day.to_string()))
}

/// `time_bucket('5 minutes', x)`, `date_bin(INTERVAL '1 hour', x)`, `bin(x, 1h)`
pub(super) fn buckets(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let edit = |call: Call<'_>| {
        let [a, b, ..] = call.arguments.as_slice() else { return None };
        let (time, width) = if tokens.is_word(call.name, &["bin"]) { (a, b) } else { (b, a) };
        let made = bucket(time.text, width.text)?;
        Some(tokens.edit(call.name, call.close, made))
    };
    tokens.calls(&["time_bucket", "date_bin", "bin"]).into_iter().filter_map(edit).collect()
}

/// The beginning of the interval of a width that a time is in.
fn bucket(time: &str, width: &str) -> Option<String> {
    let width = width.to_lowercase().replace("interval", "").replace('\'', "");
    let width = width.trim();
    let digits = width.find(|c: char| !c.is_ascii_digit())?;
    let (unit, times) = unit_of(width[digits..].trim())?;
    let count = width[..digits].parse::<i64>().ok()?.checked_mul(times)?;
    if count == 1 {
        return Some(format!("date_trunc('{unit}', {time})"));
    }
    let seconds = match unit {
        "second" => 1,
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    let width = count.checked_mul(seconds)?;
    Some(format!("from_unixtime(floor(to_unixtime({time}) / {width}) * {width})"))
}

/// `GETDATE()`, `SYSDATE` and their like.
pub(super) fn current(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let moments = [
        "getdate",
        "getutcdate",
        "sysdate",
        "sysdatetime",
        "systimestamp",
        "current_timestamp",
        "utc_timestamp",
        "localtimestamp",
        "clock_timestamp",
        "statement_timestamp",
    ];
    let days = ["curdate", "current_date", "today", "utc_date"];
    let edit = |at: usize| {
        let called = tokens.is(at + 1, "(") && tokens.is(at + 2, ")");
        let word = match (tokens.is_word(at, &moments), tokens.is_word(at, &days)) {
            (true, _) => "current_timestamp",
            (_, true) => "current_date",
            _ => return None,
        };
        let last = if called { at + 2 } else { at };
        let alone = tokens.is_word(at, &["sysdate", "systimestamp"]);
        (called || alone).then(|| tokens.edit(at, last, word))
    };
    (0..tokens.len()).filter_map(edit).collect()
}

/// How the text of `eventtime` is written in Athena.
const ISO: &str = "%Y-%m-%dT%H:%i:%sZ";

/// Functions that read the text of a time.
const READERS: [&str; 8] = [
    "from_iso8601_timestamp",
    "from_iso8601_date",
    "date_parse",
    "parse_datetime",
    "to_timestamp",
    "timestamp",
    "to_date",
    "str_to_date",
];

/// Functions that take the text of `eventtime` apart, and `LIKE`.
pub(super) fn event_time(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if site.error.code == Code::TypeMismatch && tokens.is_word(site.at, &["like", "not"]) {
        let value =
            site.at.checked_sub(1).and_then(|last| Some((tokens.value_before(last)?, last)));
        return value
            .filter(|(first, last)| is_time(tokens.slice(*first, *last)))
            .map(|(first, last)| tokens.edit(first, last, as_text(tokens.slice(first, last), ISO)))
            .into_iter()
            .collect();
    }
    if site.error.code != Code::FunctionNotFound {
        return Vec::new();
    }
    if tokens.is(site.at, "||") {
        return joined(tokens, site.at);
    }
    let edit = tokens.call(site.at).and_then(|call| {
        let times: Vec<_> =
            call.arguments.iter().filter(|argument| is_time(argument.text)).collect();
        let first = times.first()?;
        Some(match tokens.text(call.name).to_lowercase().as_str() {
            name if READERS.contains(&name) => {
                let date =
                    name.contains("date") && !name.contains("datetime") && name != "date_parse";
                let made =
                    if date { format!("date({})", first.text) } else { first.text.to_owned() };
                vec![tokens.edit(call.name, call.close, made)]
            }
            // It is a number of seconds here, too.
            "unix_timestamp" | "to_unixtimestamp" => return None,
            "substr" | "substring" | "left" => {
                vec![tokens.edit(call.name, call.close, beginning(first, &call)?)]
            }
            _ => times
                .iter()
                .map(|time| tokens.edit(time.from, time.to, as_text(time.text, ISO)))
                .collect(),
        })
    });
    edit.unwrap_or_default()
}

/// A time on either side of `||`.
fn joined(tokens: &Tokens<'_>, operator: usize) -> Vec<Edit> {
    let left = tokens.value_before(operator - 1).map(|first| (first, operator - 1));
    let right = tokens.value_after(operator + 1).map(|last| (operator + 1, last));
    let sides = left.into_iter().chain(right);
    let times = sides.filter(|(first, last)| is_time(tokens.slice(*first, *last)));
    times
        .map(|(first, last)| tokens.edit(first, last, as_text(tokens.slice(first, last), ISO)))
        .collect()
}

/// A text that says a time, as one.
pub(super) fn moment(text: &str) -> Option<String> {
    NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?;
    Some(match text[10..].contains(['T', 'Z', '+']) {
        true => format!("from_iso8601_timestamp({})", quoted(text)),
        false => format!("TIMESTAMP {}", quoted(text)),
    })
}

/// `eventTime > '2026/03/01'`, `eventTime > 1772323200` and `date_diff('day', eventTime, '2026-03-01')`
pub(super) fn constants(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if site.error.code == Code::FunctionNotFound {
        let arguments = tokens.call(site.at).map(|call| call.arguments).unwrap_or_default();
        let moments = arguments.into_iter().filter_map(|argument| {
            let made = moment(&literal(argument.text)?)?;
            Some(tokens.edit(argument.from, argument.to, made))
        });
        return moments.collect();
    }
    if site.error.code != Code::TypeMismatch {
        return Vec::new();
    }
    if let Some(text) = literal(tokens.text(site.at))
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.find('/') == Some(4)
    {
        return vec![tokens.edit(site.at, site.at, quoted(&text.replace('/', "-")))];
    }
    if !site.error.message.contains("timestamp(") {
        return Vec::new();
    }
    let near = [site.at.saturating_sub(1), site.at + 1];
    let edit = |at: usize| {
        let made = match tokens.text(at) {
            seconds if seconds.len() == 10 => format!("from_unixtime({seconds})"),
            millis if millis.len() == 13 => format!("from_unixtime({millis} / 1e3)"),
            _ => return None,
        };
        (tokens.kind(at) == Some(PieceKind::Number)).then(|| tokens.edit(at, at, made))
    };
    near.into_iter().filter_map(edit).collect()
}

fn is_time(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or(text).trim_matches('"').to_lowercase();
    matches!(last.as_str(), "eventtime" | "creationdate")
}

fn as_text(time: &str, format: &str) -> String {
    format!("date_format({time}, '{format}')")
}

/// The first characters of a time's text.
fn beginning(time: &Argument<'_>, call: &Call<'_>) -> Option<String> {
    let numbers: Vec<&str> = call.arguments.iter().skip(1).map(|argument| argument.text).collect();
    let format = match numbers.as_slice() {
        ["0" | "1", "4"] | ["4"] => Some("%Y"),
        ["0" | "1", "7"] | ["7"] => Some("%Y-%m"),
        ["0" | "1", "10"] | ["10"] => Some("%Y-%m-%d"),
        ["0" | "1", "13"] | ["13"] => Some("%Y-%m-%dT%H"),
        ["0" | "1", "16"] | ["16"] => Some("%Y-%m-%dT%H:%i"),
        ["0" | "1", "19"] | ["19"] => Some("%Y-%m-%dT%H:%i:%s"),
        _ => None,
    };
    Some(match format {
        Some(format) => as_text(time.text, format),
        None => format!("substr({}, {})", as_text(time.text, ISO), numbers.join(", ")),
    })
}

/// Translates the letters of `to_char` and its like to those of `date_format`.
pub(super) fn format_of(text: &str) -> Option<String> {
    let text = literal(text)?;
    if text.contains('%') {
        return Some(quoted(&text.replace("%M", "%i").replace("%S", "%s")));
    }
    let letters = [
        ("YYYY", "%Y"),
        ("yyyy", "%Y"),
        ("HH24", "%H"),
        ("hh24", "%H"),
        ("HH", "%H"),
        ("MI", "%i"),
        ("mi", "%i"),
        ("mm", "%i"),
        ("MM", "%m"),
        ("DD", "%d"),
        ("dd", "%d"),
        ("SS", "%s"),
        ("ss", "%s"),
    ];
    let mut format = text;
    for (letter, sign) in letters {
        format = format.replace(letter, sign);
    }
    Some(quoted(&format.replace('"', "")))
}
