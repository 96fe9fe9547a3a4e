//! Functions under the names that they have elsewhere.

use super::Site;
use super::times::format_of;
use super::tokens::{Call, Tokens};
use crate::engine::text::Edit;
use traillake_sql_types::error::Code;

/// A function of another engine where the error is.
pub(super) fn functions(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if let Some(edit) = within_group(tokens, site.at).filter(|_| site.error.code == Code::Syntax) {
        return vec![edit];
    }
    if site.error.message.starts_with("Failed to tokenize string") {
        // Formats in capital letters.
        let calls = tokens.calls(&["to_char", "to_date", "to_timestamp"]).into_iter();
        let made =
            |call: Call<'_>| Some(tokens.edit(call.name, call.close, renamed(tokens, &call)?));
        return calls.filter_map(made).collect();
    }
    if !matches!(
        site.error.code,
        Code::FunctionNotFound
            | Code::FunctionNotAggregate
            | Code::Syntax
            | Code::TypeMismatch
            | Code::ColumnNotFound
            | Code::MissingOver
    ) {
        return Vec::new();
    }
    // The error of an argument may come first: a unit is no column, an inner call no function.
    let around = |names: &[&str]| {
        let mut calls = tokens.calls(names).into_iter();
        calls.rfind(|call| (call.name..call.close).contains(&site.at))
    };
    let call = match site.error.code {
        Code::ColumnNotFound => around(&["datepart", "date_part"]),
        _ => around(&["json_unquote"]).or_else(|| tokens.call(site.at)),
    };
    let made =
        call.and_then(|call| Some(tokens.edit(call.name, call.close, renamed(tokens, &call)?)));
    made.into_iter().collect()
}

/// `x.contains('y')`, `x CONTAINS 'y'`
pub(super) fn methods(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let test = |name: &str, text: &str, part: &str| match name.to_lowercase().as_str() {
        "contains" | "includes" | "has" => Some(format!("strpos({text}, {part}) > 0")),
        "startswith" | "starts_with" | "hasprefix" => Some(format!("starts_with({text}, {part})")),
        "endswith" | "ends_with" | "hassuffix" => {
            Some(format!("substr({text}, -length({part})) = {part}"))
        }
        _ => None,
    };
    let edit = if site.error.code == Code::FunctionNotFound {
        let mut name = site.at;
        while tokens.is(name + 1, ".") && tokens.is_name(name + 2) {
            name += 2;
        }
        tokens.call(name).filter(|_| name > site.at).and_then(|call| {
            match call.arguments.as_slice() {
                [part] => {
                    let made = test(tokens.text(name), tokens.slice(site.at, name - 2), part.text)?;
                    Some(tokens.edit(site.at, call.close, made))
                }
                _ => None,
            }
        })
    } else if site.error.code == Code::Syntax {
        site.at.checked_sub(1).and_then(|before| {
            let (first, last) = (tokens.value_before(before)?, tokens.value_after(site.at + 1)?);
            let part = tokens.slice(site.at + 1, last);
            let made = test(tokens.text(site.at), tokens.slice(first, before), part)?;
            Some(tokens.edit(first, last, made))
        })
    } else {
        None
    };
    edit.into_iter().collect()
}

/// Functions that only have another name here.
pub(super) const NAMES: [(&str, &str); 52] = [
    ("nvl", "coalesce"),
    ("ifnull", "coalesce"),
    ("isnull", "coalesce"),
    ("len", "length"),
    ("char_length", "length"),
    ("datalength", "length"),
    ("size", "cardinality"),
    ("array_size", "cardinality"),
    ("array_length", "cardinality"),
    ("json_size", "json_array_length"),
    ("instr", "strpos"),
    ("regexp_matches", "regexp_like"),
    ("rlike", "regexp_like"),
    ("regexp_contains", "regexp_like"),
    ("regexp", "regexp_like"),
    ("get_json_object", "json_extract_scalar"),
    ("json_value_text", "json_extract_scalar"),
    ("json_extract_string", "json_extract_scalar"),
    ("array_contains", "contains"),
    ("list_contains", "contains"),
    ("collect_list", "array_agg"),
    ("list", "array_agg"),
    ("countif", "count_if"),
    ("approx_count_distinct", "approx_distinct"),
    ("ucase", "upper"),
    ("lcase", "lower"),
    ("startswith", "starts_with"),
    ("iff", "if"),
    ("iif", "if"),
    ("map_contains_key", "contains"),
    ("datetrunc", "date_trunc"),
    ("to_unixtimestamp", "to_unixtime"),
    ("argmax", "max_by"),
    ("argmin", "min_by"),
    ("variance_pop", "var_pop"),
    ("regexp_substr", "regexp_extract"),
    ("json_unquote", "json_extract_scalar"),
    ("object_keys", "map_keys"),
    ("list_distinct", "array_distinct"),
    ("first", "arbitrary"),
    ("first_value", "arbitrary"),
    ("grouparray", "array_agg"),
    ("todate", "date"),
    ("strptime", "date_parse"),
    ("epoch", "to_unixtime"),
    ("parse_json", "json_parse"),
    ("last_day", "last_day_of_month"),
    ("multiif", "if"),
    ("tostring", "json_format"),
    ("every", "bool_and"),
    ("stddev_sample", "stddev_samp"),
    ("splitbychar", "split"),
];

fn renamed(tokens: &Tokens<'_>, call: &Call<'_>) -> Option<String> {
    let name = tokens.text(call.name).to_lowercase();
    let all: Vec<&str> = call.arguments.iter().map(|argument| argument.text).collect();
    let listed = || {
        let (_, known) = NAMES.iter().find(|(other, _)| *other == name)?;
        Some(format!("{known}({})", all.join(", ")))
    };
    Some(match (name.as_str(), all.as_slice()) {
        ("string_agg" | "group_concat" | "listagg", [value, rest @ ..]) if rest.len() < 2 => {
            listagg(value, rest.first())
        }
        ("collect_set", [value]) => format!("array_agg(DISTINCT {value})"),
        ("charindex" | "locate", [part, text]) => format!("strpos({text}, {part})"),
        ("contains" | "contains_substr" | "str_contains", [text, part]) => {
            format!("strpos({text}, {part}) > 0")
        }
        ("endswith" | "ends_with", [text, part]) => {
            format!("substr({text}, -length({part})) = {part}")
        }
        ("left", [text, count]) => format!("substr({text}, 1, {count})"),
        ("right", [text, count]) => format!("substr({text}, -{count})"),
        ("mid", [text, from, count]) => format!("substr({text}, {from}, {count})"),
        ("strftime", [format, time]) if format.starts_with('\'') => {
            format!("date_format({time}, {})", format_of(format)?)
        }
        (
            "strftime" | "to_char" | "format_date" | "format_timestamp" | "date_format",
            [time, format],
        ) => {
            let (time, format) =
                if time.starts_with('\'') { (format, time) } else { (time, format) };
            format!("date_format({time}, {})", format_of(format)?)
        }
        ("to_timestamp" | "timestamp" | "to_timestamp_ltz", [text]) if text.starts_with('\'') => {
            format!("CAST({text} AS timestamp)")
        }
        ("to_timestamp" | "to_timestamp_ltz" | "timestamp_seconds", [number]) => {
            format!("from_unixtime({number})")
        }
        ("md5" | "sha1" | "sha256" | "sha512", [text]) => {
            format!("lower(to_hex({name}(to_utf8({text}))))")
        }
        ("monthname", [time]) => format!("date_format({time}, '%M')"),
        ("dayname", [time]) => format!("date_format({time}, '%W')"),
        ("dayofweek" | "weekday", [time]) => format!("day_of_week({time})"),
        ("dayofyear", [time]) => format!("day_of_year({time})"),
        ("dayofmonth", [time]) => format!("day({time})"),
        ("weekofyear", [time]) => format!("week({time})"),
        ("substring_index", [text, separator, "1"]) => {
            format!("split_part({text}, {separator}, 1)")
        }
        ("substring_index", [text, separator, "-1"]) => {
            format!("element_at(split({text}, {separator}), -1)")
        }
        ("json_unquote", [inner]) => {
            let path = inner.to_lowercase().strip_prefix("json_extract").map(str::len)?;
            format!("json_extract_scalar{}", &inner[inner.len() - path..])
        }
        ("count", [first, rest @ ..]) if !rest.is_empty() => {
            let first =
                first.strip_prefix("DISTINCT ").or_else(|| first.strip_prefix("distinct "))?;
            format!("count(DISTINCT ({first}, {}))", rest.join(", "))
        }
        ("median", [value]) => format!("approx_percentile({value}, 0.5)"),
        ("uniq" | "uniqexact" | "count_distinct", [value]) => format!("count(DISTINCT {value})"),
        ("epoch_ms", [time]) => format!("CAST(to_unixtime({time}) * 1000 AS bigint)"),
        ("tostartofhour", [time]) => format!("date_trunc('hour', {time})"),
        ("tostartofday", [time]) => format!("date_trunc('day', {time})"),
        ("tostartofminute", [time]) => format!("date_trunc('minute', {time})"),
        ("percentile_cont" | "percentile_disc" | "quantile" | "percentile", [value, share]) => {
            format!("approx_percentile({value}, {share})")
        }
        ("to_timestamp" | "str_to_date" | "parse_timestamp", [text, format]) => {
            format!("date_parse({text}, {})", format_of(format)?)
        }
        ("to_date", [text, format]) => format!("date(date_parse({text}, {}))", format_of(format)?),
        ("to_date" | "date_of", [value]) => format!("date({value})"),
        ("unix_timestamp", []) => "to_unixtime(current_timestamp)".to_owned(),
        ("unix_timestamp", [time]) => format!("to_unixtime({time})"),
        ("date_part" | "datepart", [unit, time]) => {
            let unit = unit.trim_matches('\'').to_lowercase();
            if unit == "epoch" {
                format!("to_unixtime({time})")
            } else {
                format!("extract({unit} FROM {time})")
            }
        }
        ("nvl2", [value, then, otherwise]) => {
            format!("if({value} IS NOT NULL, {then}, {otherwise})")
        }
        ("isnull", [value]) => format!("({value} IS NULL)"),
        ("decode", [value, pairs @ ..]) if pairs.len() >= 2 => decode(value, pairs),
        ("json_query" | "json_get", [json, path]) => format!("json_extract({json}, {path})"),
        ("safe_cast", [value]) => format!("TRY_CAST({value})"),
        ("cast" | "try_cast", [value]) => other_type(&name, value)?,
        _ => return listed(),
    })
}

/// `percentile_cont(0.5) WITHIN GROUP (ORDER BY x)`
fn within_group(tokens: &Tokens<'_>, at: usize) -> Option<Edit> {
    let names = ["percentile_cont", "percentile_disc", "approx_percentile"];
    let call =
        tokens.calls(&names).into_iter().find(|call| (call.name..call.close + 3).contains(&at))?;
    let (within, open) = (call.close + 1, call.close + 3);
    let [share] = call.arguments.as_slice() else { return None };
    let close = tokens.close(open).filter(|_| tokens.is_word(within, &["within"]))?;
    let last = close - 1 - usize::from(tokens.is_word(close - 1, &["asc"]));
    let value = tokens.slice(open + 3, last);
    Some(tokens.edit(call.name, close, format!("approx_percentile({value}, {})", share.text)))
}

/// `array_agg(x ORDER BY y LIMIT 3)`
pub(super) fn limited_lists(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let edit = |call: Call<'_>| {
        let limit = call.close - 2;
        let fits = tokens.is_word(limit, &["limit"]) && limit > call.name + 2;
        let list = fits.then(|| tokens.slice(call.name, limit - 1))?;
        let made = format!("slice({list}), 1, {})", tokens.text(limit + 1));
        Some(tokens.edit(call.name, call.close, made))
    };
    tokens.calls(&["array_agg", "list", "collect_list"]).into_iter().filter_map(edit).collect()
}

/// `split(x, '/')[OFFSET(1)]`, `[SAFE_OFFSET(1)]`, `[ORDINAL(2)]`
pub(super) fn offsets(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let edit = |call: Call<'_>| {
        let (open, close) = (call.name.checked_sub(1)?, call.close + 1);
        if !(tokens.is(open, "[") && tokens.is(close, "]")) {
            return None;
        }
        let first = tokens.value_before(open.checked_sub(1)?)?;
        let [index] = call.arguments.as_slice() else { return None };
        let from_zero = tokens.text(call.name).to_lowercase().ends_with("offset");
        let index = match index.text.parse::<i64>() {
            Ok(number) => (number + i64::from(from_zero)).to_string(),
            Err(_) if from_zero => format!("{} + 1", index.text),
            Err(_) => index.text.to_owned(),
        };
        let made = format!("element_at({}, {index})", tokens.slice(first, open - 1));
        Some(tokens.edit(first, close, made))
    };
    let names = ["offset", "safe_offset", "ordinal", "safe_ordinal"];
    tokens.calls(&names).into_iter().filter_map(edit).collect()
}

fn listagg(value: &str, separator: Option<&&str>) -> String {
    let order = value.strip_prefix("DISTINCT ").or_else(|| value.strip_prefix("distinct "));
    let order = order.unwrap_or(value);
    let separator = separator.copied().unwrap_or("','");
    format!("listagg({value}, {separator}) WITHIN GROUP (ORDER BY {order})")
}

fn decode(value: &str, pairs: &[&str]) -> String {
    // NULL is equal to NULL there.
    let is_null = |when: &str| when.eq_ignore_ascii_case("null");
    let searched = pairs.chunks(2).any(|pair| pair.len() == 2 && is_null(pair[0]));
    let mut made = if searched { "CASE".to_owned() } else { format!("CASE {value}") };
    for pair in pairs.chunks(2) {
        match pair {
            [when, then] if is_null(when) => {
                made.push_str(&format!(" WHEN {value} IS NULL THEN {then}"));
            }
            [when, then] if searched => {
                made.push_str(&format!(" WHEN {value} = {when} THEN {then}"));
            }
            [when, then] => made.push_str(&format!(" WHEN {when} THEN {then}")),
            [otherwise] => made.push_str(&format!(" ELSE {otherwise}")),
            _ => {}
        }
    }
    made + " END"
}

/// A cast to a type that has another name here.
fn other_type(name: &str, argument: &str) -> Option<String> {
    let at = argument.to_lowercase().rfind(" as ")?;
    let (value, kind) = (argument.get(..at)?, argument.get(at + 4..)?.trim());
    let known = super::syntax::type_name(kind);
    (known != kind).then(|| format!("{}({value} AS {known})", name.to_uppercase()))
}
