//! From JSON to selectors: the shape. What the names and values may be is in `rules`.

use super::error::{Place, SelectorError, quoted, sentence};
use super::json::Json;
use super::names::{OPERATORS, Operator, SELECTOR_FIELDS, SelectorField};
use super::{AdvancedEventSelector, Condition, FieldSelector, text};
use std::collections::HashSet;

const LIST: &str = "AdvancedEventSelectors";

/// Returns the selectors, unread, of a list, of one selector, or of an object that has a list.
pub(super) fn selector_list(json: Json) -> Result<Vec<Json>, SelectorError> {
    let members = match json {
        Json::Array(selectors) => return Ok(selectors),
        Json::Object(members) => members,
        other => {
            let found = kind(&other);
            return Err(SelectorError::of_text(format!(
                "a list of selectors is expected, not {found}"
            )));
        }
    };
    if members.iter().any(|(name, _)| name == "FieldSelectors") {
        return Ok(vec![Json::Object(members)]);
    }
    unique(&members, &Place::default())?;
    let of_name = |wanted: &str| members.iter().find(|(name, _)| name == wanted).map(|(_, v)| v);
    let has_basic =
        matches!(of_name("EventSelectors"), Some(Json::Array(basic)) if !basic.is_empty());
    match of_name(LIST) {
        Some(Json::Array(_)) if has_basic => Err(SelectorError::of_text(format!(
            "EventSelectors and {LIST} cannot be combined; {}",
            text::BASIC
        ))),
        Some(Json::Array(selectors)) => Ok(selectors.clone()),
        Some(Json::Null) | None => {
            let names: Vec<_> = members.iter().map(|(name, _)| name.as_str()).collect();
            Err(SelectorError::of_text(text::without_selectors(&names)))
        }
        Some(other) => {
            let found = kind(other);
            Err(SelectorError::of_text(format!("{LIST} is {found}, and must be a list")))
        }
    }
}

/// Reads the selector of this number, which counts from 1.
pub(super) fn selector(json: Json, number: usize) -> Result<AdvancedEventSelector, SelectorError> {
    let place = Place::of_selector(number, None);
    let Json::Object(members) = json else {
        let found = kind(&json);
        return Err(
            place.error(format!("an object with Name and FieldSelectors is expected, not {found}"))
        );
    };
    unique(&members, &place)?;
    let name = match members.iter().find(|(name, _)| name == "Name") {
        Some((_, Json::String(name))) => Some(name.clone()),
        Some((_, Json::Null)) | None => None,
        Some((_, other)) => {
            return Err(place.error(format!("Name is {}, and must be text", kind(other))));
        }
    };
    let place = Place::of_selector(number, name.as_deref());
    let mut field_selectors = None;
    for (member, value) in members {
        match (member.as_str(), value) {
            ("Name", _) => {}
            ("FieldSelectors", Json::Array(list)) => {
                let read = |(at, json)| field_selector(json, at + 1, &place);
                field_selectors =
                    Some(list.into_iter().enumerate().map(read).collect::<Result<_, _>>()?);
            }
            ("FieldSelectors", other) => {
                let found = kind(&other);
                return Err(place.error(format!("FieldSelectors is {found}, and must be a list")));
            }
            (other, _) => return Err(unknown_in_selector(other, &place)),
        }
    }
    let field_selectors = field_selectors.ok_or_else(|| {
        place.error("FieldSelectors is missing; a selector needs at least eventCategory")
    })?;
    Ok(AdvancedEventSelector { name, field_selectors })
}

fn unknown_in_selector(name: &str, place: &Place) -> SelectorError {
    let basic = [
        "ReadWriteType",
        "IncludeManagementEvents",
        "DataResources",
        "ExcludeManagementEventSources",
    ];
    if basic.contains(&name) {
        return place.error(text::BASIC);
    }
    place.error(format!(
        "a selector has no member {}{}; it has Name and FieldSelectors",
        quoted(name),
        respelled(name, ["Name", "FieldSelectors"])
    ))
}

fn field_selector(
    json: Json,
    number: usize,
    place: &Place,
) -> Result<FieldSelector, SelectorError> {
    let place = Place { field_selector: Some(number), ..place.clone() };
    let Json::Object(members) = json else {
        let found = kind(&json);
        return Err(
            place.error(format!("an object with Field and operators is expected, not {found}"))
        );
    };
    unique(&members, &place)?;
    let field = match members.iter().find(|(name, _)| name == "Field") {
        Some((_, Json::String(name))) => {
            SelectorField::from_name(name).ok_or_else(|| unknown_field(name, &place))?
        }
        Some((_, other)) => {
            return Err(place.error(format!("Field is {}, and must be text", kind(other))));
        }
        None => return Err(place.error("Field is missing")),
    };
    let place = place.at_field(field);
    let mut conditions = Vec::new();
    for (name, value) in members {
        if name == "Field" {
            continue;
        }
        let Some(operator) = Operator::from_name(&name) else {
            return Err(place.error(format!(
                "there is no operator {}{}; the operators are {}",
                quoted(&name),
                respelled(&name, OPERATORS.map(Operator::name)),
                sentence(&OPERATORS.map(Operator::name), "and")
            )));
        };
        if value != Json::Null {
            conditions.push(condition(operator, value, &place.at_operator(operator))?);
        }
    }
    if conditions.is_empty() {
        return Err(place.error("no operator is given, such as \"Equals\": [\"...\"]"));
    }
    conditions.sort_by_key(|condition| condition.operator);
    Ok(FieldSelector { field, conditions })
}

fn unknown_field(name: &str, place: &Place) -> SelectorError {
    let names = SELECTOR_FIELDS.map(SelectorField::name);
    place.error(format!(
        "there is no field {}{}; the fields are {}",
        quoted(name),
        respelled(name, names),
        sentence(&names, "and")
    ))
}

fn condition(operator: Operator, json: Json, place: &Place) -> Result<Condition, SelectorError> {
    let elements = match json {
        Json::Array(elements) => elements,
        Json::String(value) => {
            return Err(place.error(format!("a list is expected: [{}]", quoted(&value))));
        }
        other => {
            return Err(place.error(format!("a list of texts is expected, not {}", kind(&other))));
        }
    };
    let text = |element| match element {
        Json::String(value) => Ok(value),
        Json::Other(value) => {
            Err(place.error(format!("values are texts: write {} in quotes", quoted(&value))))
        }
        other => Err(place.error(format!("values are texts, not {}", kind(&other)))),
    };
    let values = elements.into_iter().map(text).collect::<Result<_, _>>()?;
    Ok(Condition { operator, values })
}

/// Refuses a member given twice: one of the two would be passed over.
fn unique(members: &[(String, Json)], place: &Place) -> Result<(), SelectorError> {
    let mut seen = HashSet::new();
    match members.iter().find(|(name, _)| !seen.insert(name)) {
        Some((name, _)) => {
            Err(place
                .error(format!("{} is given twice; put its values into one list", quoted(name))))
        }
        None => Ok(()),
    }
}

/// Returns the known name that differs in nothing but case, as a part of a message.
fn respelled<const N: usize>(name: &str, known: [&str; N]) -> String {
    let found = known.into_iter().find(|known| known.eq_ignore_ascii_case(name));
    found.map_or_else(String::new, |known| format!(", it is spelled {known}"))
}

/// Says what a value is, for a message.
fn kind(json: &Json) -> &'static str {
    match json {
        Json::Object(_) => "an object",
        Json::Array(_) => "a list",
        Json::String(_) => "text",
        Json::Null => "null",
        Json::Other(_) => "a number or boolean",
    }
}
