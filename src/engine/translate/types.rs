//! Values of another type than what they meet here.

use super::Site;
use super::columns::find;
use super::times::moment;
use super::tokens::{Argument, Call, literal, quoted};
use crate::engine::text::Edit;
use crate::event::EventSchema;
use crate::event::schema::Type;
use traillake_sql_parser::PieceKind;
use traillake_sql_types::error::Code;

/// `readOnly = 1`, `lower(readOnly)`
pub(super) fn booleans(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if site.error.code == Code::FunctionNotFound {
        let is_boolean = |name: &str| {
            let field = find(EventSchema::CloudTrail.columns(), name);
            field.is_some_and(|field| field.data_type == Type::Boolean)
        };
        let arguments = tokens.call(site.at).map(|call| call.arguments).unwrap_or_default();
        let booleans = arguments.into_iter().filter(|argument| is_boolean(argument.text));
        let as_text =
            |a: Argument<'_>| tokens.edit(a.from, a.to, format!("CAST({} AS varchar)", a.text));
        return booleans.map(as_text).collect();
    }
    if site.error.code != Code::TypeMismatch || !site.error.message.contains("boolean") {
        return Vec::new();
    }
    let value = |at: usize| match tokens.text(at) {
        "1" => Some(tokens.edit(at, at, "true")),
        "0" => Some(tokens.edit(at, at, "false")),
        "'yes'" | "'Yes'" => Some(tokens.edit(at, at, "true")),
        "'no'" | "'No'" => Some(tokens.edit(at, at, "false")),
        _ => None,
    };
    [site.at.saturating_sub(1), site.at, site.at + 1].into_iter().filter_map(value).collect()
}

/// `recipientAccountId = 111122223333`
pub(super) fn numbers(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let message = &site.error.message;
    if site.error.code != Code::TypeMismatch
        || !(message.contains("varchar") && message.contains("int"))
    {
        return Vec::new();
    }
    let end = tokens.value_after(site.at + 1).unwrap_or(site.at + 1).max(site.at + 1);
    let near = site.at.saturating_sub(1)..=end + 2;
    let number = |at: &usize| tokens.kind(*at) == Some(PieceKind::Number);
    near.filter(number).map(|at| tokens.edit(at, at, quoted(tokens.text(at)))).collect()
}

/// A cast that met a text which is no such value, while the statement ran.
pub(super) fn failed_casts(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if site.error.code != Code::InvalidCastArgument {
        return Vec::new();
    }
    let constant = |call: &Call<'_>| {
        let text = literal(tokens.text(call.name + 2))?;
        let made = moment(&text).filter(|_| text.contains('T'))?;
        let made =
            if tokens.is_word(call.close - 1, &["date"]) { format!("date({made})") } else { made };
        Some(tokens.edit(call.name, call.close, made))
    };
    let constants: Vec<_> = tokens.calls(&["cast"]).iter().filter_map(constant).collect();
    if !constants.is_empty() {
        return constants;
    }
    // A constant is no such value in any row.
    let casts = tokens.calls(&["cast"]).into_iter();
    let of_rows = casts.filter(|call| tokens.kind(call.name + 2) != Some(PieceKind::String));
    of_rows.map(|call| tokens.edit(call.name, call.name, "TRY_CAST")).collect()
}

/// `element_at(requestParameters, 'maxResults') > 10`, `sum(element_at(...))`: the number that a text says.
pub(super) fn text_as_number(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let message = &site.error.message;
    let as_number = |text: &str| format!("TRY_CAST({text} AS double)");
    if message.starts_with("Unexpected parameters (varchar") {
        let names = ["sum", "avg", "stddev", "variance", "abs", "round", "approx_percentile"];
        let call = tokens.call(site.at).filter(|call| tokens.is_word(call.name, &names));
        let first = call.and_then(|call| call.arguments.first().copied());
        return first.map(|a| tokens.edit(a.from, a.to, as_number(a.text))).into_iter().collect();
    }
    let numbers = ["integer", "bigint", "double", "decimal"];
    let unlike = message.starts_with("Cannot apply operator: ")
        && message.contains("varchar")
        && numbers.iter().any(|number| message.contains(number));
    let ordered = matches!(tokens.text(site.at), "<" | ">" | "<=" | ">=" | "+" | "-" | "*" | "/");
    if !(unlike && ordered) {
        return Vec::new();
    }
    let is_number = |at: usize| tokens.kind(at) == Some(PieceKind::Number);
    let edit = if is_number(site.at + 1) {
        site.at.checked_sub(1).and_then(|last| Some((tokens.value_before(last)?, last)))
    } else {
        tokens.value_after(site.at + 1).map(|last| (site.at + 1, last))
    };
    let edit =
        edit.map(|(first, last)| tokens.edit(first, last, as_number(tokens.slice(first, last))));
    edit.into_iter().collect()
}

/// `sum(errorCode IS NOT NULL)`, `avg(readOnly)`: conditions that are counted.
pub(super) fn counted_conditions(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    if !site.error.message.starts_with("Unexpected parameters (boolean)") {
        return Vec::new();
    }
    let edit = tokens.call(site.at).and_then(|call| {
        let [condition] = call.arguments.as_slice() else { return None };
        let made = match tokens.text(call.name).to_lowercase().as_str() {
            "sum" => format!("count_if({})", condition.text),
            "avg" => format!("avg(if({}, 1e0, 0e0))", condition.text),
            _ => return None,
        };
        Some(tokens.edit(call.name, call.close, made))
    });
    edit.into_iter().collect()
}

/// `concat(eventName, 1)`, `eventName || 1`, `coalesce(eventTime, '')`: what is joined with text is text.
pub(super) fn joined_text(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let as_text = |text: &str| format!("CAST({text} AS varchar)");
    let message = &site.error.message;
    if message.starts_with("Cannot apply operator: + to varchar") {
        return vec![tokens.edit(site.at, site.at, "||")];
    }
    if message.contains("for function concat") && tokens.is(site.at, "||") {
        let right = tokens.value_after(site.at + 1).map(|last| (site.at + 1, last));
        let left = site.at.checked_sub(1).and_then(|last| Some((tokens.value_before(last)?, last)));
        let is_text =
            |(first, last): &(usize, usize)| literal(tokens.slice(*first, *last)).is_some();
        let number = |(first, _): &(usize, usize)| tokens.kind(*first) == Some(PieceKind::Number);
        let sides: Vec<_> = left.into_iter().chain(right).filter(|side| !is_text(side)).collect();
        let wrong = sides.iter().find(|side| number(side)).or(sides.last());
        let edit = wrong
            .map(|(first, last)| tokens.edit(*first, *last, as_text(tokens.slice(*first, *last))));
        return edit.into_iter().collect();
    }
    let concat = message.contains("for function concat");
    let coalesce = message.starts_with("All COALESCE operands") && message.contains("varchar");
    let arguments = tokens.call(site.at).filter(|_| concat || coalesce).map(|call| call.arguments);
    let others = arguments.unwrap_or_default().into_iter().filter(|a| literal(a.text).is_none());
    others.map(|a| tokens.edit(a.from, a.to, as_text(a.text))).collect()
}

/// `WHERE errorCode`, `NOT errorCode`: whether there is a value.
pub(super) fn presence(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let message = &site.error.message;
    if !message.contains("must evaluate to a boolean: actual type varchar")
        || !tokens.is_name(site.at)
    {
        return Vec::new();
    }
    let Some(last) = tokens.value_after(site.at) else { return Vec::new() };
    let negated = site.at > 0 && tokens.is_word(site.at - 1, &["not"]);
    let first = if negated { site.at - 1 } else { site.at };
    let test = if negated { "IS NULL" } else { "IS NOT NULL" };
    vec![tokens.edit(first, last, format!("{} {test}", tokens.slice(site.at, last)))]
}

/// `x IS TRUE`, `x IS NOT FALSE`
pub(super) fn truth(site: &Site<'_>) -> Vec<Edit> {
    let tokens = site.tokens;
    let edit = |at: usize| {
        let not = usize::from(tokens.is_word(at + 1, &["not"]));
        let value = at + 1 + not;
        if !(tokens.is_word(at, &["is"]) && tokens.is_word(value, &["true", "false"])) {
            return None;
        }
        let test = if not > 0 { "IS DISTINCT FROM" } else { "IS NOT DISTINCT FROM" };
        Some(tokens.edit(at, value, format!("{test} {}", tokens.text(value))))
    };
    (1..tokens.len()).filter_map(edit).collect()
}
