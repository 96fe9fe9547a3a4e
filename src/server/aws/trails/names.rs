//! Names and ARNs of trails, and the trails that they are.

use super::super::Api;
use super::super::call::{Call, broken};
use super::super::resources::{Kind, name_of};
use crate::server::audit::Trail;
use std::net::Ipv4Addr;
use traillake_aws_wire::error::ServiceError;

/// Checks the name or ARN of a trail, and returns the name.
pub(in super::super) fn check_name<'a>(
    call: &Call,
    text: &'a str,
) -> Result<&'a str, ServiceError> {
    let Some(name) = name_of(text, Kind::Trail) else {
        let text = format!("{text} is not the ARN of a trail.");
        return Err(call.refuse_as("CloudTrailARNInvalidException", text));
    };
    if is_name(name) {
        return Ok(name);
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

/// The region and the account of an ARN.
fn place_of(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.strip_prefix("arn:")?.split(':').skip(2);
    Some((parts.next()?, parts.next()?))
}

impl Api {
    /// Returns the trail of a name or ARN, if it is there.
    pub(in super::super) fn find_trail(
        &self,
        call: &Call,
        text: &str,
    ) -> Result<Option<Trail>, ServiceError> {
        let name = check_name(call, text)?;
        let found = self.trails.find(name).map_err(broken)?;
        let is_it = |trail: &Trail| {
            place_of(text).is_none_or(|place| place == (&trail.region, &trail.account))
        };
        Ok(found.filter(is_it))
    }

    /// Returns the trail of a name or ARN.
    pub(in super::super) fn trail(&self, call: &Call, text: &str) -> Result<Trail, ServiceError> {
        self.find_trail(call, text)?.ok_or_else(|| {
            let text = format!("There is no trail {text}.");
            call.refuse_as("TrailNotFoundException", text)
        })
    }

    /// Returns such a trail to change it, which is done in its home region alone.
    pub(in super::super) fn trail_to_change(
        &self,
        call: &Call,
        text: &str,
    ) -> Result<Trail, ServiceError> {
        let found = self.find_trail(call, text)?;
        if found.is_none()
            && let Some((region, account)) = place_of(text)
            && account == self.place.account
            && region != self.place.region
        {
            let text = format!("The trails of this lake are of {}.", self.place.region);
            return Err(call.refuse_as("InvalidHomeRegionException", text));
        }
        self.trail(call, text)
    }

    /// Changes a trail; it may be gone by now.
    pub(in super::super) fn change_trail(
        &self,
        call: &Call,
        trail: &Trail,
        change: impl FnOnce(&mut Trail),
    ) -> Result<Trail, ServiceError> {
        let changed = self.trails.change(trail.id, change).map_err(broken)?;
        changed.ok_or_else(|| {
            let text = format!("There is no trail {}.", trail.name);
            call.refuse_as("TrailNotFoundException", text)
        })
    }
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
