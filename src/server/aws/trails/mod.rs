//! Trails: there are none yet, and so every one that is asked for is not found.

use super::Api;
use super::call::{Call, object};
use super::resources::{Kind, name_of};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use traillake_aws_wire::error::ServiceError;

/// Checks the name or ARN of a trail.
pub(super) fn check_name(call: &Call, text: &str) -> Result<(), ServiceError> {
    let Some(name) = name_of(text, Kind::Trail) else {
        let text = format!("{text} is not the ARN of a trail.");
        return Err(call.refuse_as("CloudTrailARNInvalidException", text));
    };
    if is_name(name) {
        return Ok(());
    }
    let text = format!(
        "{name} is no name of a trail: 3 to 128 letters, digits, dots, dashes and underscores, none of these last three at the \
         beginning, the end or beside another one, and no address."
    );
    Err(call.refuse_as("InvalidTrailNameException", text))
}

fn is_name(name: &str) -> bool {
    let is_sign = |byte: u8| matches!(byte, b'.' | b'-' | b'_');
    let bytes = name.as_bytes();
    let ends = bytes.first().into_iter().chain(bytes.last());
    (3..=128).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || is_sign(*byte))
        && ends.into_iter().all(u8::is_ascii_alphanumeric)
        && !bytes.windows(2).any(|two| two.iter().copied().all(is_sign))
        && name.parse::<Ipv4Addr>().is_err()
}

/// Refuses a trail, by its name or ARN: as not found if it could be one.
pub(super) fn not_found(call: &Call, text: &str) -> ServiceError {
    let missing = || call.refuse_as("TrailNotFoundException", format!("There is no trail {text}."));
    check_name(call, text).err().unwrap_or_else(missing)
}

pub(super) async fn list(_: &Api, call: Call) -> Result<Value, ServiceError> {
    call.no_page_follows()?;
    Ok(json!({"Trails": []}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    trail_name_list: Option<Vec<String>>,
}

/// Describes trails. Those that are not there are left out, as AWS does it.
pub(super) async fn describe(_: &Api, call: Call) -> Result<Value, ServiceError> {
    let input: Describe = call.read()?;
    let names = input.trail_name_list.unwrap_or_default();
    names.iter().try_for_each(|name| check_name(&call, name))?;
    Ok(object([("trailList", json!([]))]))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_of_trails_follow_the_rules() {
        for name in ["abc", "a-b", "my.trail_1", "1a2", &"x".repeat(128)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "ab", "-abc", "abc.", "a..b", "a-_b", "a b", "é-trail", "192.168.5.4"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(!is_name(&"x".repeat(129)));
    }
}
