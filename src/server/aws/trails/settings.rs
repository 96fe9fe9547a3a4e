//! What a trail is told when it is made or changed, and the rules for it.

use super::super::Api;
use super::super::call::Call;
use super::super::resources::Place;
use crate::server::audit::Settings;
use crate::server::buckets::is_bucket_name;
use serde::Deserialize;
use traillake_aws_wire::error::ServiceError;

/// Characters of a prefix, at most.
const MAX_PREFIX: usize = 200;
/// Characters of the name of a topic, at most.
const MAX_TOPIC: usize = 256;

/// What a request says of a trail. An empty text takes away what was told before.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Wanted {
    pub(super) name: String,
    #[serde(rename = "S3BucketName")]
    bucket: Option<String>,
    #[serde(rename = "S3KeyPrefix")]
    prefix: Option<String>,
    sns_topic_name: Option<String>,
    include_global_service_events: Option<bool>,
    is_multi_region_trail: Option<bool>,
    enable_log_file_validation: Option<bool>,
    cloud_watch_logs_log_group_arn: Option<String>,
    cloud_watch_logs_role_arn: Option<String>,
    kms_key_id: Option<String>,
    is_organization_trail: Option<bool>,
    recursive_logging: Option<bool>,
}

/// A code and a text of a refusal.
type Wrong = (&'static str, String);

impl Wanted {
    /// Returns the settings that a trail has then which has had some, or none.
    pub(super) fn settings(
        self,
        api: &Api,
        call: &Call,
        before: Option<&Settings>,
    ) -> Result<Settings, ServiceError> {
        if self.is_organization_trail == Some(true) {
            let text = "The account of this lake is in no organization.";
            return Err(call.refuse("OrganizationsNotInUseException", text));
        }
        let refuse = |(code, text): Wrong| call.refuse_as(code, text);
        if let Some(bucket) = &self.bucket {
            check_bucket(api, bucket).map_err(refuse)?;
        }
        self.merged(before, &api.place).map_err(refuse)
    }

    fn merged(self, before: Option<&Settings>, place: &Place) -> Result<Settings, Wrong> {
        let mut settings = before.cloned().unwrap_or_else(|| Settings::of(""));
        settings.bucket = self.bucket.unwrap_or(settings.bucket);
        set(&mut settings.prefix, self.prefix, |prefix| check_prefix(&prefix).map(|()| prefix))?;
        set(&mut settings.sns_topic, self.sns_topic_name, |topic| topic_arn(&topic, place))?;
        set(&mut settings.kms_key, self.kms_key_id, |key| key_arn(&key, place))?;
        set(&mut settings.log_group, self.cloud_watch_logs_log_group_arn, |arn| {
            let is_group = is_arn_of(&arn, "logs", "log-group:");
            let text = || format!("{arn} is not the ARN of a log group.");
            is_group.then(|| arn.clone()).ok_or_else(|| (LOG_GROUP, text()))
        })?;
        set(&mut settings.log_role, self.cloud_watch_logs_role_arn, |arn| {
            let is_role = is_arn_of(&arn, "iam", "role/");
            let text = || format!("{arn} is not the ARN of a role.");
            is_role.then(|| arn.clone()).ok_or_else(|| (LOG_ROLE, text()))
        })?;
        settings.includes_global_events =
            self.include_global_service_events.unwrap_or(settings.includes_global_events);
        settings.is_multi_region = self.is_multi_region_trail.unwrap_or(settings.is_multi_region);
        settings.validates = self.enable_log_file_validation.unwrap_or(settings.validates);
        settings.logs_recursively = self.recursive_logging.unwrap_or(settings.logs_recursively);
        check_together(&settings)?;
        Ok(settings)
    }
}

const LOG_GROUP: &str = "InvalidCloudWatchLogsLogGroupArnException";
const LOG_ROLE: &str = "InvalidCloudWatchLogsRoleArnException";

/// Sets what is told, and takes away what is told to be empty.
fn set(
    setting: &mut Option<String>,
    told: Option<String>,
    read: impl FnOnce(String) -> Result<String, Wrong>,
) -> Result<(), Wrong> {
    match told {
        Some(text) if text.is_empty() => *setting = None,
        Some(text) => *setting = Some(read(text)?),
        None => {}
    }
    Ok(())
}

fn check_together(settings: &Settings) -> Result<(), Wrong> {
    if settings.is_multi_region && !settings.includes_global_events {
        let text = "A trail of all regions includes the events of global services.";
        return Err(("InvalidParameterCombinationException", text.to_owned()));
    }
    match (&settings.log_group, &settings.log_role) {
        (Some(_), None) => Err((LOG_ROLE, "A log group needs CloudWatchLogsRoleArn.".to_owned())),
        (None, Some(_)) => Err((LOG_GROUP, "A role needs CloudWatchLogsLogGroupArn.".to_owned())),
        _ => Ok(()),
    }
}

fn check_bucket(api: &Api, name: &str) -> Result<(), Wrong> {
    if !is_bucket_name(name) {
        let text = format!(
            "{name} is no name of a bucket: 3 to 63 lower-case letters, digits, dots and dashes, with a letter or digit at the \
             beginning and the end."
        );
        return Err(("InvalidS3BucketNameException", text));
    }
    let bucket = api.buckets.get(name);
    let bucket = bucket.map_err(|error| ("S3BucketDoesNotExistException", format!("{error}.")))?;
    if !bucket.is_there() {
        let text = format!("The folder of the bucket {name} is not there.");
        return Err(("S3BucketDoesNotExistException", text));
    }
    if bucket.is_read_only() {
        let text = format!("The bucket {name} is mapped to be read alone.");
        return Err(("InsufficientS3BucketPolicyException", text));
    }
    Ok(())
}

fn check_prefix(prefix: &str) -> Result<(), Wrong> {
    let is_part = |part: &str| !matches!(part, "" | "." | "..");
    let is_right = prefix.chars().count() <= MAX_PREFIX
        && prefix.split('/').all(is_part)
        && !prefix.chars().any(char::is_control);
    if is_right {
        return Ok(());
    }
    let text = format!(
        "S3KeyPrefix has {MAX_PREFIX} characters at most, no slash at the beginning or the end, and its parts are not empty, and \
         neither . nor .."
    );
    Err(("InvalidS3PrefixException", text))
}

/// Returns the ARN of a topic that is named, or has one.
fn topic_arn(text: &str, Place { account, region }: &Place) -> Result<String, Wrong> {
    let is_name = |name: &str| {
        let stem = name.strip_suffix(".fifo").unwrap_or(name);
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=MAX_TOPIC).contains(&name.len()) && !stem.is_empty() && stem.bytes().all(is_letter)
    };
    let name = if text.starts_with("arn:") { text.rsplit(':').next() } else { Some(text) };
    let is_right = name.is_some_and(is_name);
    if is_right && is_arn_of(text, "sns", "") {
        return Ok(text.to_owned());
    }
    if is_right && !text.starts_with("arn:") {
        return Ok(format!("arn:aws:sns:{region}:{account}:{text}"));
    }
    let text = format!("{text} is neither the name nor the ARN of a topic.");
    Err(("InvalidSnsTopicNameException", text))
}

/// Returns the ARN of a key or of its alias.
fn key_arn(text: &str, Place { account, region }: &Place) -> Result<String, Wrong> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_letter);
    let is_id = |id: &str| is_word(id) && !id.contains('/') && id.len() >= 36;
    let resource = text.splitn(6, ':').nth(5).unwrap_or(text);
    let named = resource.strip_prefix("alias/").filter(|name| is_word(name));
    let key = resource.strip_prefix("key/").filter(|id| is_id(id));
    let is_arn = is_arn_of(text, "kms", "");
    if is_arn && (named.is_some() || key.is_some()) {
        return Ok(text.to_owned());
    }
    if !text.contains(':') && named.is_some() {
        return Ok(format!("arn:aws:kms:{region}:{account}:{text}"));
    }
    if is_id(text) {
        return Ok(format!("arn:aws:kms:{region}:{account}:key/{text}"));
    }
    let text = format!("{text} is neither the id, the alias nor the ARN of a key.");
    Err(("InvalidKmsKeyIdException", text))
}

/// Whether a text is the ARN of a service's resource that begins so.
fn is_arn_of(text: &str, service: &str, begin: &str) -> bool {
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let ["arn", partition, of, _, account, resource] = parts[..] else { return false };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let named = resource.strip_prefix(begin).is_some_and(|name| !name.is_empty());
    partition.starts_with("aws") && of == service && is_account && named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { account: "111122223333".to_owned(), region: "eu-west-1".to_owned() }
    }

    #[test]
    fn topics_and_keys_are_shown_by_their_arns() {
        let arn = "arn:aws:sns:us-east-1:444455556666:topic";
        assert_eq!(topic_arn(arn, &place()), Ok(arn.to_owned()));
        let short = topic_arn("topic", &place());
        assert_eq!(short, Ok("arn:aws:sns:eu-west-1:111122223333:topic".to_owned()));
        for wrong in ["a b", "arn:aws:sqs:us-east-1:444455556666:q", "arn:aws:sns:::", "é", ".fifo"]
        {
            assert!(topic_arn(wrong, &place()).is_err(), "{wrong}");
        }
        assert!(topic_arn(&"x".repeat(257), &place()).is_err());
        let id = "12345678-1234-1234-1234-123456789012";
        let key = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
        assert_eq!(key_arn(id, &place()), Ok(key.clone()));
        assert_eq!(key_arn(&key, &place()), Ok(key));
        let alias = key_arn("alias/mine", &place());
        assert_eq!(alias, Ok("arn:aws:kms:eu-west-1:111122223333:alias/mine".to_owned()));
        for wrong in ["mine", "alias/", "key/mine", "arn:aws:kms:eu-west-1:111122223333:key/x"] {
            assert!(key_arn(wrong, &place()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn prefixes_are_parts_of_keys() {
        for prefix in ["a", "a/b c", "é", &"x".repeat(200)] {
            assert_eq!(check_prefix(prefix), Ok(()), "{prefix}");
        }
        for prefix in ["/a", "a/", "a//b", "../a", "a/.", "a\nb", &"x".repeat(201)] {
            assert!(check_prefix(prefix).is_err(), "{prefix}");
        }
    }
}
