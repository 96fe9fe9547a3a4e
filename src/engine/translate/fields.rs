//! Columns that are text in other engines, and maps, rows and arrays here.

use super::Site;
use super::tokens::{Call, Tokens, literal, quoted};
use crate::engine::text::{Edit, Lines};
use crate::event::schema::{Field, Type};
use crate::event::{EventSchema, schema};
use traillake_sql_parser::PieceKind;
use traillake_sql_types::error::{Code, Position, SqlError};

/// Returns the column of this name, in any category.
fn column(name: &str) -> Option<&'static Field> {
    let name = name.trim_matches('"').to_lowercase();
    let all = schema::SCHEMAS.into_iter().flat_map(EventSchema::columns);
    all.into_iter().find(|field| field.name == name)
}

/// The column that a text names, with its relation or without.
fn named(text: &str) -> Option<&'static Field> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"');
    text.chars().all(plain).then(|| column(text.rsplit('.').next().unwrap_or(text)))?
}

/// `json_extract_scalar(requestParameters, '$.x.y')` and its like over maps and rows.
pub(super) fn json(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let of_function = site.error.code == Code::FunctionNotFound;
    // The functions of SQL/JSON have their own errors, at their first argument or in its path.
    let of_standard = ["Cannot read input of type", "mismatched input '$' expecting {'lax'"]
        .iter()
        .any(|begin| site.error.message.starts_with(begin));
    let names = ["json_value", "json_query", "json_exists"];
    let call = match (of_function, of_standard) {
        (true, _) => tokens.call(site.at),
        (_, true) => {
            tokens.calls(&names).into_iter().find(|c| (c.name..c.close).contains(&site.at))
        }
        _ => None,
    };
    let edit = call.and_then(|call| {
        let made =
            extracted(tokens, &call).or_else(|| strict(tokens, &call).filter(|_| of_standard))?;
        Some(tokens.edit(call.name, call.close, made))
    });
    edit.into_iter().collect()
}

/// A call of SQL/JSON with the mode that its path lacks.
fn strict(tokens: &Tokens<'_>, call: &Call<'_>) -> Option<String> {
    let path = call.arguments.get(1)?;
    let path_at = literal(tokens.text(path.from)).filter(|text| text.starts_with('$'))?;
    let before = tokens.slice(call.name, path.from - 1);
    let behind = tokens.slice(path.from + 1, call.close);
    Some(format!("{before} {}{behind}", quoted(&format!("lax {path_at}"))))
}

fn extracted(tokens: &Tokens<'_>, call: &Call<'_>) -> Option<String> {
    let name = tokens.text(call.name).to_lowercase();
    let first = call.arguments.first()?;
    let column = named(first.text)?;
    let nested = matches!(column.data_type, Type::Map | Type::Struct(_) | Type::StructList(_));
    if name == "json_parse" && nested && call.arguments.len() == 1 {
        return Some(format!("CAST({} AS JSON)", first.text));
    }
    let scalar = matches!(name.as_str(), "json_extract_scalar" | "get_json_object" | "json_value");
    if name == "json_format" && nested && call.arguments.len() == 1 {
        return whole(first.text);
    }
    if !(scalar || matches!(name.as_str(), "json_extract" | "json_query")) {
        return None;
    }
    let path = steps(&literal(call.arguments.get(1)?.text)?)?;
    let value = match column.data_type {
        Type::Map => of_map(first.text, &path, scalar)?,
        Type::Struct(_) => {
            let value = format!("{}.{}", first.text, path.join("."));
            if scalar { value } else { format!("CAST({value} AS JSON)") }
        }
        Type::StructList(_) => {
            format!("{name}(CAST({} AS JSON), {})", first.text, call.arguments[1].text)
        }
        _ => return None,
    };
    Some(value)
}

/// Cuts a JSON path into its names; an index stays with the name before it.
fn steps(path: &str) -> Option<Vec<String>> {
    let rest = path
        .strip_prefix('$')?
        .replace("[\"", ".")
        .replace("['", ".")
        .replace("\"]", "")
        .replace("']", "");
    let steps: Vec<_> = rest.trim_start_matches('.').split('.').map(str::to_owned).collect();
    steps.iter().all(|step| !step.is_empty()).then_some(steps)
}

/// The value below a key of a map; what is deeper is JSON text there.
fn of_map(map: &str, path: &[String], scalar: bool) -> Option<String> {
    let (first, rest) = path.split_first()?;
    let (key, index) = first.split_at(first.find('[').unwrap_or(first.len()));
    let value = format!("element_at({map}, {})", quoted(key));
    let below: String = rest.iter().map(|step| format!(".{step}")).collect();
    let below = format!("${index}{below}");
    Some(match (below.as_str(), scalar) {
        ("$", true) => value,
        // A value that is text is no JSON.
        ("$", false) => {
            let (of, column) = (map.strip_suffix(map.rsplit('.').next()?)?, named(map)?);
            format!("json_extract({of}eventJson, '$.{}.{key}')", column.json)
        }
        (path, true) => format!("json_extract_scalar({value}, {})", quoted(path)),
        (path, false) => format!("json_extract({value}, {})", quoted(path)),
    })
}

/// `requestParameters.x.y`, `requestParameters.items[0].x`, `eventJson.x.y`
pub(super) fn dots(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if site.error.code != Code::TypeMismatch || !tokens.is_name(site.at) {
        return Vec::new();
    }
    let column_at =
        |at: usize| column(tokens.text(at)).map(|column| (column.data_type, column.name));
    let holds_json = |at: &usize| {
        matches!(column_at(*at), Some((Type::Map, _) | (_, "eventjson")))
            || tokens.is_word(*at, &["requestcontext", "tags", "principaltags"])
    };
    let mut names = (site.at..tokens.len()).step_by(2).take_while(|at| tokens.is_name(*at));
    let Some(map) = names.find(holds_json) else { return Vec::new() };
    let (mut path, mut last): (Vec<String>, _) = (Vec::new(), map);
    loop {
        if tokens.is(last + 1, ".") && tokens.is_name(last + 2) {
            path.push(tokens.text(last + 2).trim_matches('"').to_owned());
            last += 2;
            continue;
        }
        let Some(step) = path.last_mut() else { break };
        if !(tokens.is(last + 1, "[") && tokens.is(last + 3, "]")) {
            break;
        }
        match literal(tokens.text(last + 2)) {
            Some(key) => path.push(key),
            None => step.push_str(tokens.slice(last + 1, last + 3)),
        }
        last += 3;
    }
    let value = tokens.slice(site.at, map);
    let made = match column_at(map) {
        Some((_, "eventjson")) => {
            Some(format!("json_extract_scalar({value}, '$.{}')", path.join(".")))
        }
        _ => of_map(value, &path, true),
    };
    made.filter(|_| !path.is_empty())
        .map(|made| tokens.edit(site.at, last, made))
        .into_iter()
        .collect()
}

/// `element_at(requestParameters, 'x').y`, `element_at(requestParameters, 'x')['y']`: JSON below a key.
pub(super) fn below_keys(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let call = tokens.call(site.at).filter(|_| {
        tokens.is_word(site.at, &["element_at"])
            && (site.error.code == Code::TypeMismatch
                || site.error.message.contains("operator: []"))
    });
    let edit = call.and_then(|call| {
        let (mut last, mut path) = (call.close, String::from("$"));
        loop {
            if tokens.is(last + 1, ".") && tokens.is_name(last + 2) {
                path.push_str(&format!(".{}", tokens.text(last + 2).trim_matches('"')));
                last += 2;
            } else if tokens.is(last + 1, "[") && tokens.is(last + 3, "]") {
                match literal(tokens.text(last + 2)) {
                    Some(key) => path.push_str(&format!(".{key}")),
                    None => path.push_str(tokens.slice(last + 1, last + 3)),
                }
                last += 3;
            } else {
                break;
            }
        }
        let value = tokens.slice(call.name, call.close);
        (path != "$").then(|| {
            tokens.edit(call.name, last, format!("json_extract_scalar({value}, '{path}')"))
        })
    });
    edit.into_iter().collect()
}

/// `json_extract(x, '$.items[*].y')`: all of them.
pub(super) fn wildcards(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if !site.error.message.starts_with("Invalid JSON path") {
        return Vec::new();
    }
    let edit = |call: Call<'_>| {
        let [json, path] = call.arguments.as_slice() else { return None };
        let path = literal(path.text).filter(|path| path.contains("[*]"))?;
        let path = quoted(&format!("lax {path}"));
        let made = format!("json_query({}, {path} WITH ARRAY WRAPPER)", json.text);
        Some(tokens.edit(call.name, call.close, made))
    };
    let calls = tokens.calls(&["json_extract", "json_extract_scalar"]).into_iter();
    calls.filter_map(edit).collect()
}

/// `requestParameters->>'x'`, `requestParameters->'x'->>'y'`, `requestParameters:x.y`
pub(super) fn arrows(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let begins = |at: &usize| {
        let string = |at| tokens.kind(at) == Some(PieceKind::String);
        let arrow =
            tokens.is(*at, "->") && (string(at + 1) || (tokens.is(at + 1, ">") && string(at + 2)));
        let colon = tokens.is(*at, ":")
            && tokens.touch(at - 1)
            && tokens.touch(*at)
            && tokens.is_name(at + 1);
        arrow || colon
    };
    let Some(begin) = (1..tokens.len()).find(begins) else { return Vec::new() };
    let (mut at, mut path, mut scalar) = (begin, Vec::new(), true);
    loop {
        if tokens.is(at, "->") {
            scalar = tokens.is(at + 1, ">");
            let key = at + 1 + usize::from(scalar);
            let Some(step) = literal(tokens.text(key)) else { break };
            path.push(step);
            at = key + 1;
        } else if (tokens.is(at, ":") || tokens.is(at, ".")) && tokens.is_name(at + 1) {
            path.push(tokens.text(at + 1).trim_matches('"').to_owned());
            at += 2;
        } else {
            break;
        }
    }
    let edit = tokens.value_before(begin - 1).and_then(|first| {
        let value = tokens.slice(first, begin - 1);
        let made = match named(value).map(|column| column.data_type) {
            Some(Type::Map) => of_map(value, &path, scalar)?,
            Some(Type::Struct(_)) => format!("{value}.{}", path.join(".")),
            _ => {
                let name = if scalar { "json_extract_scalar" } else { "json_extract" };
                format!("{name}({value}, '$.{}')", path.join("."))
            }
        };
        Some(tokens.edit(first, at - 1, made))
    });
    edit.into_iter().collect()
}

/// `userIdentity['arn']`
pub(super) fn row_subscripts(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if !site.error.message.starts_with("Subscript expression on ROW") {
        return Vec::new();
    }
    let edit = |open: usize| {
        let name = literal(tokens.text(open + 1))?;
        let fits = tokens.is(open, "[") && tokens.is(open + 2, "]");
        let word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        (fits && word).then(|| tokens.edit(open, open + 2, format!(".{name}")))
    };
    let open = (site.at..tokens.len()).find(|at| tokens.is(*at, "["));
    open.and_then(edit).into_iter().collect()
}

/// `resources.arn = x`: any of them; elsewhere all of them.
pub(super) fn resources(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let list = (site.at..site.at + 3).step_by(2).find(|at| {
        column(tokens.text(*at))
            .is_some_and(|column| matches!(column.data_type, Type::StructList(_)))
    });
    let Some(list) = list.filter(|list| tokens.is(list + 1, ".") && tokens.is_name(list + 2))
    else {
        return Vec::new();
    };
    let (lists, field) = (tokens.slice(site.at, list), tokens.text(list + 2));
    let operator = list + 3;
    let not = usize::from(tokens.is_word(operator, &["not"]));
    let last = if tokens.is_comparison(operator) {
        tokens.value_after(operator + 1)
    } else if tokens.is_word(operator + not, &["like", "in"]) {
        tokens.value_after(operator + not + 1)
    } else if tokens.is_word(operator, &["is"]) {
        let not = usize::from(tokens.is_word(operator + 1, &["not"]));
        Some(operator + 1 + not)
    } else {
        None
    };
    let edit = match last {
        Some(last) => {
            let condition = tokens.slice(operator, last);
            tokens.edit(site.at, last, format!("any_match({lists}, r -> r.{field} {condition})"))
        }
        None => tokens.edit(site.at, list + 2, format!("transform({lists}, r -> r.{field})")),
    };
    vec![edit]
}

/// `requestParameters LIKE '%x%'`, `lower(userIdentity)`: the JSON of the whole.
pub(super) fn as_text(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if site.error.message.starts_with("Left side of LIKE")
        || site.error.message.starts_with("Cannot apply operator: map(varchar, varchar)")
    {
        let operator = site.at;
        let edit = operator.checked_sub(1).and_then(|last| {
            let first = tokens.value_before(last)?;
            Some(tokens.edit(first, last, whole(tokens.slice(first, last))?))
        });
        return edit.into_iter().collect();
    }
    if site.error.message.starts_with("Cannot cast") {
        let edit = tokens.call(site.at).and_then(|call| {
            let value = call.arguments.first()?;
            let last = (value.from..value.to).find(|at| tokens.is_word(at + 1, &["as"]))?;
            let is_text = tokens.is_word(last + 2, &["varchar", "string", "char"]);
            let made = whole(tokens.slice(value.from, last)).filter(|_| is_text)?;
            Some(tokens.edit(call.name, call.close, made))
        });
        return edit.into_iter().collect();
    }
    let unlike = ["All COALESCE operands", "All IF", "All CASE", "All NULLIF"];
    if site.error.code != Code::FunctionNotFound
        && !unlike.iter().any(|begin| site.error.message.starts_with(begin))
    {
        return Vec::new();
    }
    let Some(call) = tokens.call(site.at) else { return Vec::new() };
    let arguments = call.arguments.iter();
    arguments.filter_map(|a| Some(tokens.edit(a.from, a.to, whole(a.text)?))).collect()
}

/// The JSON of a whole column that is no text.
fn whole(text: &str) -> Option<String> {
    let nested = |field: &&Field| {
        matches!(field.data_type, Type::Map | Type::Struct(_) | Type::StructList(_))
    };
    let column = named(text).filter(nested)?;
    let of = text.strip_suffix(text.rsplit('.').next()?).unwrap_or_default();
    Some(format!("json_format(json_extract({of}eventJson, '$.{}'))", column.json))
}

/// `sourceIPAddress << '10.0.0.0/8'`, `sourceIPAddress BETWEEN IPADDRESS ...`: text that may be an address.
pub(super) fn addresses(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let as_address = |text: &str| format!("TRY_CAST({text} AS IPADDRESS)");
    let within =
        |network: &str, address: &str| format!("contains({network}, {})", as_address(address));
    let edit = if site.error.code == Code::Syntax {
        let operator = [site.at.saturating_sub(1), site.at]
            .into_iter()
            .find(|at| tokens.is(*at, "<") && tokens.is(at + 1, "<") && tokens.touch(*at));
        operator.filter(|at| *at > 0).and_then(|at| {
            let behind = at + 2 + usize::from(tokens.is(at + 2, "="));
            let (first, last) = (tokens.value_before(at - 1)?, tokens.value_after(behind)?);
            let made = within(tokens.slice(behind, last), tokens.slice(first, at - 1));
            Some(tokens.edit(first, last, made))
        })
    } else if site.error.code == Code::FunctionNotFound {
        tokens.call(site.at).and_then(|call| {
            let name =
                tokens.is_word(call.name, &["contains", "cidrmatch", "cidr_match", "is_subnet_of"]);
            let [network, address] = call.arguments.as_slice() else { return None };
            let is_network = literal(network.text).is_some_and(|text| text.contains('/'));
            let made = within(network.text, address.text);
            (name && is_network).then(|| tokens.edit(call.name, call.close, made))
        })
    } else if site.error.message.contains("ipaddress") && site.error.message.contains("varchar") {
        site.at.checked_sub(1).and_then(|last| {
            let first = tokens.value_before(last)?;
            Some(tokens.edit(first, last, as_address(tokens.slice(first, last))))
        })
    } else {
        None
    };
    edit.into_iter().collect()
}

/// How the error begins of a subscript whose key a map lacks.
const MISSING_KEY: &str = "Key not present in map: ";
/// The errors of subscripts with which other engines begin at the first item, or at the last.
const AT_ZERO: &str = "SQL array indices start at 1";
const NEGATIVE: &str = "Array subscript is negative";

/// Returns where the subscript stands that an error while running is about.
pub(super) fn place_of_subscript(sql: &str, error: &SqlError) -> Option<Position> {
    let tokens = Tokens::of(sql);
    let key = error.message.strip_prefix(MISSING_KEY).map(quoted);
    let fits = |open: &usize| {
        tokens.is(*open, "[")
            && match &key {
                Some(key) => tokens.text(open + 1) == key,
                None if error.message.starts_with(AT_ZERO) => tokens.text(open + 1) == "0",
                None => error.message.starts_with(NEGATIVE) && tokens.is(open + 1, "-"),
            }
    };
    let open = (1..tokens.len()).find(fits)?;
    let first = tokens.value_before(open - 1)?;
    Some(Lines::of(sql).position(sql, tokens.span(first).start))
}

/// `requestParameters['x']` where a row lacks the key, `resources[0]`, `split(x, '/')[-1]`
pub(super) fn subscripts(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let message = &site.error.message;
    let edit = |open: usize| {
        let close = tokens.close(open).filter(|_| tokens.is(open, "["))?;
        let first = tokens.value_before(open.checked_sub(1)?)?;
        let (value, inner) = (tokens.slice(first, open - 1), tokens.slice(open + 1, close - 1));
        let index = match tokens.kind(open + 1) {
            Some(PieceKind::String) if message.starts_with(MISSING_KEY) => inner,
            Some(PieceKind::Number) if message.starts_with(AT_ZERO) && inner == "0" => "1",
            Some(PieceKind::Symbol) if message.starts_with(NEGATIVE) && inner.starts_with('-') => {
                inner
            }
            _ => return None,
        };
        Some(tokens.edit(first, close, format!("element_at({value}, {index})")))
    };
    (0..tokens.len()).filter_map(edit).collect()
}
