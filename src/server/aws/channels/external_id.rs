//! The external id that the policy of a channel asks senders for, by conditions of IAM's language on
//! `cloudtrail:ExternalId`. Who sends is not compared: a lake has one account.

use serde_json::Value;

/// The name of the condition's key behind its service.
const KEY: &str = "externalid";
/// The operation, as policies name it.
const ACTION: &str = "cloudtrail-data:putauditevents";

/// Whether a policy lets in who sends with this external id, or without one.
pub(super) fn lets_in(policy: &str, given: Option<&str>) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else { return true };
    let statements = items(policy.get("Statement"));
    let (mut is_asked_for, mut is_allowed) = (false, false);
    for statement in statements.filter(|statement| is_about_sending(statement)) {
        let conditions = conditions(statement);
        let holds = conditions.iter().all(|(operator, wanted)| holds(operator, wanted, given));
        match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => {
                is_asked_for |= !conditions.is_empty();
                is_allowed |= holds;
            }
            Some("Deny") if holds && !conditions.is_empty() => return false,
            _ => {}
        }
    }
    is_allowed || !is_asked_for
}

/// What stands there once, or in a list.
fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(item) => std::slice::from_ref(item),
        None => &[],
    }
    .iter()
}

fn is_about_sending(statement: &Value) -> bool {
    let mut actions = items(statement.get("Action")).filter_map(Value::as_str);
    actions.any(|action| matches(&action.to_ascii_lowercase(), ACTION))
}

/// Returns the operators of a statement's conditions on the external id, with the values that they want.
fn conditions(statement: &Value) -> Vec<(&str, Vec<&str>)> {
    let all = statement.get("Condition").and_then(Value::as_object);
    let mut found = Vec::new();
    for (operator, keys) in all.into_iter().flatten() {
        for (key, wanted) in keys.as_object().into_iter().flatten() {
            let name = key.rsplit(':').next().unwrap_or_default();
            if name.eq_ignore_ascii_case(KEY) {
                let texts = items(Some(wanted)).filter_map(|value| match value {
                    Value::Bool(true) => Some("true"),
                    Value::Bool(false) => Some("false"),
                    value => value.as_str(),
                });
                found.push((operator.as_str(), texts.collect()));
            }
        }
    }
    found
}

/// Whether a condition holds. Operators for other things than text never do.
fn holds(operator: &str, wanted: &[&str], given: Option<&str>) -> bool {
    let operator = operator.to_ascii_lowercase();
    let operator = operator.rsplit(':').next().unwrap_or_default();
    let (operator, if_exists) = match operator.strip_suffix("ifexists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    if operator == "null" {
        return wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case("true") == given.is_none());
    }
    let (compares, negated): (fn(&str, &str) -> bool, bool) = match operator {
        "stringequals" => (|wanted, given| wanted == given, false),
        "stringnotequals" => (|wanted, given| wanted == given, true),
        "stringequalsignorecase" => (|wanted, given| wanted.eq_ignore_ascii_case(given), false),
        "stringnotequalsignorecase" => (|wanted, given| wanted.eq_ignore_ascii_case(given), true),
        "stringlike" => (matches, false),
        "stringnotlike" => (matches, true),
        _ => return false,
    };
    match given {
        None => if_exists || negated,
        Some(given) => wanted.iter().any(|wanted| compares(wanted, given)) != negated,
    }
}

/// Whether a text is like a pattern, in which `*` stands for any characters and `?` for one.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut text_at) = (0, 0);
    // Where the last star stands, and where what it stands for ends so far.
    let mut star = None;
    while text_at < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, text_at));
                at += 1;
            }
            Some(char) if *char == '?' || *char == text[text_at] => {
                at += 1;
                text_at += 1;
            }
            _ => {
                let Some((star_at, end)) = star else { return false };
                star = Some((star_at, end + 1));
                (at, text_at) = (star_at + 1, end + 1);
            }
        }
    }
    pattern[at..].iter().all(|char| *char == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn statement(effect: &str, action: Value, condition: Value) -> Value {
        json!({"Effect": effect, "Principal": "*", "Action": action, "Resource": "*",
            "Condition": condition})
    }

    fn let_in(statements: Value, given: Option<&str>) -> bool {
        lets_in(&json!({"Version": "2012-10-17", "Statement": statements}).to_string(), given)
    }

    fn with(operator: &str, wanted: Value, given: Option<&str>) -> bool {
        let condition = json!({operator: {"cloudtrail:ExternalId": wanted}});
        let_in(statement("Allow", json!("cloudtrail-data:PutAuditEvents"), condition), given)
    }

    #[test]
    fn the_id_is_compared_as_the_operator_says() {
        for (operator, wanted, given, holds) in [
            ("StringEquals", json!("x"), Some("x"), true),
            ("StringEquals", json!("x"), Some("X"), false),
            ("StringEquals", json!("x"), None, false),
            ("StringEquals", json!(["y", "x"]), Some("x"), true),
            ("StringEquals", json!([]), Some("x"), false),
            ("ForAnyValue:StringEquals", json!("x"), Some("x"), true),
            ("StringEqualsIfExists", json!("x"), None, true),
            ("StringEqualsIfExists", json!("x"), Some("y"), false),
            ("StringEqualsIgnoreCase", json!("x"), Some("X"), true),
            ("StringNotEquals", json!("x"), Some("x"), false),
            ("StringNotEquals", json!("x"), None, true),
            ("StringLike", json!("a*c?e"), Some("abbcde"), true),
            ("StringLike", json!("a*c?e"), Some("abbce"), false),
            ("StringLike", json!("*"), Some(""), true),
            ("StringNotLike", json!("a*"), Some("ab"), false),
            ("Null", json!("true"), None, true),
            ("Null", json!(true), Some("x"), false),
            ("Null", json!("false"), Some("x"), true),
            ("NumericEquals", json!("1"), Some("1"), false),
        ] {
            assert_eq!(
                with(operator, wanted.clone(), given),
                holds,
                "{operator} {wanted} {given:?}"
            );
        }
    }

    #[test]
    fn only_what_is_asked_for_is_compared() {
        let id = json!({"StringEquals": {"cloudtrail:ExternalId": "x"}});
        let other = json!({"StringEquals": {"aws:SourceAccount": "111122223333"}});
        let put = json!("cloudtrail-data:PutAuditEvents");
        assert!(let_in(json!([]), None));
        assert!(let_in(json!([statement("Allow", put.clone(), other.clone())]), None));
        assert!(let_in(
            json!([statement("Allow", json!("cloudtrail:StartQuery"), id.clone())]),
            None
        ));
        for action in [put.clone(), json!(["x", "cloudtrail-data:*"]), json!("*")] {
            assert!(!let_in(json!([statement("Allow", action, id.clone())]), None));
        }
        let both = json!([
            statement("Allow", put.clone(), id.clone()),
            statement(
                "Allow",
                put.clone(),
                json!({"StringEquals": {"cloudtrail:externalid": "y"}})
            ),
        ]);
        assert!(let_in(both.clone(), Some("y")) && !let_in(both, Some("z")));
        let open = json!([
            statement("Allow", put.clone(), id.clone()),
            statement("Allow", put.clone(), other)
        ]);
        assert!(let_in(open, None));
        let denied = statement("Deny", put, id);
        assert!(!let_in(denied.clone(), Some("x")) && let_in(denied, Some("y")));
        assert!(lets_in("nonsense", None));
    }

    #[test]
    fn patterns_of_many_stars_take_no_long_time() {
        let (pattern, text) = ("*a".repeat(2_000), "a".repeat(1_999));
        assert!(!matches(&pattern, &text) && matches(&pattern, &format!("{text}a")));
    }
}
