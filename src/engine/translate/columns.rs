//! Names that are no column here, and constants of another type.

use super::Site;
use super::tokens::{Tokens, literal, quoted};
use crate::engine::text::Edit;
use crate::event::EventSchema;
use crate::event::schema::{Field, Type};
use traillake_sql_parser::PieceKind;
use traillake_sql_types::error::Code;

fn is_unknown(site: &Site<'_>) -> bool {
    site.error.code == Code::ColumnNotFound && site.tokens.is_name(site.at)
}

/// Partition columns of Athena's tables, by what they are made of.
pub(super) fn partitions(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if !is_unknown(site) {
        return Vec::new();
    }
    // A relation may stand before it.
    let last = if tokens.is(site.at + 1, ".") { site.at + 2 } else { site.at };
    let of = if last > site.at { format!("{}.", tokens.text(site.at)) } else { String::new() };
    let name = tokens.text(last).trim_matches('"').to_lowercase();
    let Some(made) = partition(tokens, last, &name, &of) else { return Vec::new() };
    vec![tokens.edit(site.at, last, made)]
}

fn partition(tokens: &Tokens<'_>, at: usize, name: &str, of: &str) -> Option<String> {
    let value = compared(tokens, at);
    let number = value.is_some_and(|at| tokens.kind(at) == Some(PieceKind::Number));
    let formatted = |format: &str| Some(format!("date_format({of}eventTime, '{format}')"));
    match name {
        "year" | "month" | "day" | "hour" if number => Some(format!("{name}({of}eventTime)")),
        _ if value.is_some_and(|at| tokens.is_word(at, &["date", "current_date"])) => {
            let days =
                ["day", "dt", "date", "ds", "event_date", "date_partition", "partition_date"];
            days.contains(&name).then(|| format!("date({of}eventTime)"))
        }
        "year" | "yyyy" => formatted("%Y"),
        "month" | "mm" => formatted("%m"),
        "day" | "dd" => formatted("%d"),
        "hour" | "hh" => formatted("%H"),
        "dt" | "date" | "ds" | "date_partition" | "partition_date" | "event_date" | "timestamp"
        | "eventday" | "partition_0" | "datehour" => {
            let text = value.and_then(|at| match tokens.call(at) {
                // A moment that is formatted is so as the column is.
                Some(call) => literal(call.arguments.last()?.text),
                None => literal(tokens.text(at)),
            });
            match text {
                Some(format) if format.contains('%') => formatted(&format),
                text => formatted(format_like(text.as_deref(), name)),
            }
        }
        "region" | "aws_region" | "region_partition" => Some(format!("{of}awsRegion")),
        "account" | "accountid" | "account_id" | "account_partition" | "aws_account_id"
        | "awsaccountid" => Some(format!("{of}recipientAccountId")),
        "event_name" => Some(format!("{of}eventName")),
        "event_source" => Some(format!("{of}eventSource")),
        "event_time" | "time" => Some(format!("{of}eventTime")),
        "event_id" => Some(format!("{of}eventID")),
        "source_ip_address" | "source_ip" | "sourceip" => Some(format!("{of}sourceIPAddress")),
        "user_agent" => Some(format!("{of}userAgent")),
        "error_code" => Some(format!("{of}errorCode")),
        "error_message" => Some(format!("{of}errorMessage")),
        "user_identity" => Some(format!("{of}userIdentity")),
        "request_parameters" => Some(format!("{of}requestParameters")),
        "response_elements" => Some(format!("{of}responseElements")),
        _ => None,
    }
}

/// The constant that a column is compared with, or the call that makes a text of a moment.
fn compared(tokens: &Tokens<'_>, at: usize) -> Option<usize> {
    let is_constant = |at: &usize| {
        matches!(tokens.kind(*at), Some(PieceKind::String | PieceKind::Number))
            || tokens.is_word(*at, &["date_format", "format_datetime", "date", "current_date"])
    };
    let behind = if tokens.is_comparison(at + 1) || tokens.is_word(at + 1, &["between", "like"]) {
        Some(at + 2)
    } else if tokens.is_word(at + 1, &["in"]) {
        Some(at + 3)
    } else {
        None
    };
    let before = at.checked_sub(2).filter(|_| tokens.is_comparison(at - 1));
    behind.or(before).filter(is_constant)
}

/// The format that a day is written in.
fn format_like(text: Option<&str>, name: &str) -> &'static str {
    let default =
        if matches!(name, "dt" | "date" | "ds" | "event_date") { "%Y-%m-%d" } else { "%Y/%m/%d" };
    let Some(text) = text else { return default };
    let slashes = text.matches('/').count();
    match text {
        _ if slashes == 3 => "%Y/%m/%d/%H",
        _ if slashes == 2 => "%Y/%m/%d",
        _ if slashes == 1 => "%Y/%m",
        _ if text.contains('-') && text.len() <= 7 => "%Y-%m",
        _ if text.contains('-') => "%Y-%m-%d",
        _ if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) => "%Y%m%d",
        _ => default,
    }
}

/// `= "ConsoleLogin"`
pub(super) fn double_quotes(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if !is_unknown(site) || tokens.kind(site.at) != Some(PieceKind::Quoted) {
        return Vec::new();
    }
    // All that stand where this one does: the others of a list.
    let text = |at: usize| tokens.text(at).trim_matches('"').replace("\"\"", "\"");
    let mut edits = Vec::new();
    let mut at = site.at;
    while tokens.kind(at) == Some(PieceKind::Quoted) && !tokens.is(at + 1, ".") {
        edits.push(tokens.edit(at, at, quoted(&text(at))));
        if !tokens.is(at + 1, ",") || !in_list(tokens, at) {
            break;
        }
        at += 2;
    }
    edits
}

/// Whether a piece is in the list of IN.
fn in_list(tokens: &Tokens<'_>, at: usize) -> bool {
    let open = (0..at).rev().find(|open| tokens.is(*open, "("));
    open.and_then(|open| open.checked_sub(1)).is_some_and(|before| tokens.is_word(before, &["in"]))
}

/// `= ConsoleLogin`, `IN (a, b)`: words that are compared and are no column.
pub(super) fn bare_text(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let at = site.at;
    let compared = at > 0
        && (tokens.is_comparison(at - 1)
            || tokens.is_word(at - 1, &["like"])
            || in_list(tokens, at));
    if !is_unknown(site)
        || tokens.kind(at) != Some(PieceKind::Word)
        || !compared
        || tokens.is(at + 1, "(")
    {
        return Vec::new();
    }
    let mut last = at;
    while tokens.touch(last)
        && (tokens.is(last + 1, ".") || tokens.is(last + 1, ":") || tokens.is(last + 1, "-"))
        && tokens.touch(last + 1)
    {
        last += 2;
    }
    vec![tokens.edit(at, last, quoted(tokens.slice(at, last)))]
}

/// Fields that have no column, and are in the record.
const FIELDS: [(&str, &str); 12] = [
    ("mcpeventdetails", "mcpEventDetails"),
    ("eventdata", "eventData"),
    ("metadata", "metadata"),
    ("credentialid", "credentialId"),
    ("identityproviderarn", "identityProviderArn"),
    ("identitystorearn", "identityStoreArn"),
    ("onbehalfof", "onBehalfOf"),
    ("inscopeof", "inScopeOf"),
    ("invokedbydelegate", "invokedByDelegate"),
    ("insightcontext", "insightContext"),
    ("logicaleventid", "logicalEventId"),
    ("delegatedaccesskeyid", "delegatedAccessKeyId"),
];

/// Those that stand in the identity.
const OF_IDENTITY: [&str; 4] = ["credentialId", "onBehalfOf", "inScopeOf", "invokedByDelegate"];

/// Columns that they may be in.
const PARENTS: [(&str, &str); 3] = [
    ("useridentity", "userIdentity"),
    ("requestparameters", "requestParameters"),
    ("responseelements", "responseElements"),
];

/// Returns how a record spells one of these names.
fn spelled(names: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    names.iter().find(|(lower, _)| *lower == name.to_lowercase()).map(|(_, json)| *json)
}

/// A name with a field in it that only the record has.
pub(super) fn json_fields(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if !matches!(site.error.code, Code::ColumnNotFound | Code::InvalidColumnReference)
        || !tokens.is_name(site.at)
    {
        return Vec::new();
    }
    let mut last = site.at;
    while tokens.is(last + 1, ".") && tokens.is_name(last + 2) {
        last += 2;
    }
    let names: Vec<_> =
        (site.at..=last).step_by(2).map(|at| tokens.text(at).trim_matches('"')).collect();
    if !names.iter().any(|name| spelled(&FIELDS, name).is_some()) {
        return Vec::new();
    }
    let of_record = |name: &&'_ str| {
        spelled(&FIELDS, name).or_else(|| spelled(&PARENTS, name)).unwrap_or(name).to_owned()
    };
    let mut path: Vec<String> = names.iter().map(of_record).collect();
    if OF_IDENTITY.contains(&path[0].as_str()) {
        path.insert(0, "userIdentity".to_owned());
    }
    vec![tokens.edit(
        site.at,
        last,
        format!("json_extract_scalar(eventJson, '$.{}')", path.join(".")),
    )]
}

/// A field that stands elsewhere: `mfaAuthenticated`, `userIdentity.sessionIssuer.arn`.
pub(super) fn elsewhere(site: &Site<'_>) -> Vec<Edit> {
    by_path(site, &|known, name| known.eq_ignore_ascii_case(name).then_some(0))
}

/// A field that is misspelt.
pub(super) fn misspelt(site: &Site<'_>) -> Vec<Edit> {
    let most = |name: &str| match name.len() {
        0..4 => 0,
        4..7 => 1,
        7..12 => 2,
        _ => 3,
    };
    by_path(site, &|known, name| {
        let slips = strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase());
        (slips <= most(name)).then_some(slips)
    })
}

/// How far a field's name is from one that was written; `None` for one that was not meant.
type Distance<'a> = &'a dyn Fn(&str, &str) -> Option<usize>;

/// Names with dots of which some are no fields where they stand: by the path of the fields that were meant.
fn by_path(site: &Site<'_>, distance: Distance<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let wrong = matches!(
        site.error.code,
        Code::ColumnNotFound | Code::InvalidColumnReference | Code::TypeMismatch
    );
    if !wrong || !tokens.is_name(site.at) || tokens.is(site.at + 1, "(") {
        return Vec::new();
    }
    let (mut first, mut last) = (site.at, site.at);
    while first >= 2 && tokens.is(first - 1, ".") && tokens.is_name(first - 2) {
        first -= 2;
    }
    while tokens.is(last + 1, ".") && tokens.is_name(last + 2) {
        last += 2;
    }
    let columns = EventSchema::CloudTrail.columns();
    // A relation may stand before it.
    if first < last && find(columns, tokens.text(first).trim_matches('"')).is_none() {
        first += 2;
    }
    let (mut fields, mut path, mut changed) = (columns, Vec::new(), false);
    for at in (first..=last).step_by(2) {
        let name = tokens.text(at).trim_matches('"');
        let field = match find(fields, name) {
            Some(field) => {
                path.push(field.json.to_owned());
                field
            }
            None => {
                let meant = |field: &Field| distance(field.json, name);
                // Near where it was looked for, then anywhere.
                let near = nearest(fields, &meant);
                let Some((above, field)) = near.or_else(|| {
                    path.clear();
                    nearest(columns, &meant)
                }) else {
                    return Vec::new();
                };
                changed = true;
                path.push(format!("{above}{}", field.json));
                field
            }
        };
        fields = match field.data_type {
            Type::Struct(inner) => inner,
            _ if at < last => return Vec::new(),
            _ => &[],
        };
    }
    if changed { vec![tokens.edit(first, last, path.join("."))] } else { Vec::new() }
}

pub(super) fn find(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
}

/// Returns the field that is nearest, and of these the least deep, with the path to it.
fn nearest(
    fields: &'static [Field],
    distance: &dyn Fn(&Field) -> Option<usize>,
) -> Option<(String, &'static Field)> {
    let mut found: Option<(usize, String, &Field)> = None;
    let mut level: Vec<(String, &'static [Field])> = vec![(String::new(), fields)];
    while !level.is_empty() {
        let mut deeper = Vec::new();
        for (above, fields) in level {
            for field in fields {
                if let Some(distance) = distance(field)
                    && found.as_ref().is_none_or(|(before, ..)| distance < *before)
                {
                    found = Some((distance, above.clone(), field));
                }
                if let Type::Struct(inner) = field.data_type {
                    deeper.push((format!("{above}{}.", field.json), inner));
                }
            }
        }
        level = deeper;
    }
    found.map(|(_, above, field)| (above, field))
}

/// `WHERE d > x`, `GROUP BY d` and `HAVING n > 1` where the select list says `date(eventTime) AS d`.
pub(super) fn alias(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if !is_unknown(site) || tokens.is(site.at + 1, ".") {
        return Vec::new();
    }
    let name = tokens.text(site.at);
    let select = (0..site.at).rev().find(|at| tokens.is_word(*at, &["select"]));
    let behind = |select: &usize| (*select..site.at).any(|at| tokens.is_word(at, &["from"]));
    let found = select.filter(behind).and_then(|select| item(tokens, select, name));
    let edit = |expression| tokens.edit(site.at, site.at, tokens.in_place_of(site.at, expression));
    found.map(edit).into_iter().collect()
}

/// Returns the expression of the select list that has an alias.
fn item<'a>(tokens: &Tokens<'a>, select: usize, alias: &str) -> Option<&'a str> {
    let (mut from, mut depth) = (select + 1, 0_usize);
    for at in select + 1..tokens.len() {
        let ends = depth == 0 && (tokens.is(at, ",") || tokens.is_word(at, &["from"]));
        if ends {
            let named = tokens.text(at - 1).eq_ignore_ascii_case(alias);
            let last = at - 2 - usize::from(tokens.is_word(at - 2, &["as"]));
            if named && last >= from {
                return Some(tokens.slice(from, last));
            }
            if tokens.is_word(at, &["from"]) {
                return None;
            }
            from = at + 1;
        }
        match tokens.text(at) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}
