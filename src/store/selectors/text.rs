//! From a text that somebody typed or pasted to JSON.

use super::error::{SelectorError, quoted, sentence};
use super::shell;

/// The option of the AWS CLI that takes selectors.
const OPTION: &str = "--advanced-event-selectors";
/// The option of the AWS CLI that takes the whole request.
const REQUEST_OPTION: &str = "--cli-input-json";
/// The option of the AWS CLI that takes basic event selectors.
const BASIC_OPTION: &str = "--event-selectors";

/// What is said of basic event selectors.
pub(super) const BASIC: &str = "these are basic event selectors; only advanced event selectors are supported: rewrite \
     ReadWriteType as readOnly, IncludeManagementEvents as eventCategory Equals Management, and each DataResources \
     entry as a selector with eventCategory Equals Data, resources.type and resources.ARN StartsWith";

const EXPECTED: &str = "a JSON list of selectors is expected, such as [{\"FieldSelectors\": [{\"Field\": \
     \"eventCategory\", \"Equals\": [\"Management\"]}]}], the output of get-event-selectors or get-event-data-store, \
     or an aws command with --advanced-event-selectors";

/// Returns the JSON texts in `text`: itself, or the values of the options of an AWS CLI command.
pub(super) fn json_texts(text: &str) -> Result<Vec<String>, SelectorError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(SelectorError::of_text(format!("the text is empty; {EXPECTED}")));
    }
    if looks_like_json(text) {
        return Ok(vec![without_backslashes(text)]);
    }
    let words = shell::words(text)
        .map_err(|quote| SelectorError::of_text(format!("a quote ({quote}) is not closed")))?;
    let values =
        match option_values(&words, OPTION).or_else(|| option_values(&words, REQUEST_OPTION)) {
            Some(values) => values,
            None if option_values(&words, BASIC_OPTION).is_some() => {
                return Err(SelectorError::of_text(BASIC));
            }
            None if words.len() == 1 => words,
            None => return Err(SelectorError::of_text(format!("this is not JSON; {EXPECTED}"))),
        };
    let Some(first) = values.first() else {
        return Err(SelectorError::of_text(format!("{OPTION} has no value; {EXPECTED}")));
    };
    if !looks_like_json(first) {
        return Err(not_json(first));
    }
    let values = values.iter().take_while(|value| looks_like_json(value));
    Ok(values.map(|value| without_backslashes(value.trim())).collect())
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

/// Returns the words that are values of `option`: what follows its `=`, or the words up to the next option.
fn option_values(words: &[String], option: &str) -> Option<Vec<String>> {
    let (at, given) = words.iter().enumerate().find_map(|(at, word)| {
        let rest = word.strip_prefix(option)?;
        (rest.is_empty() || rest.starts_with('=')).then(|| (at, rest.strip_prefix('=')))
    })?;
    let following = words[at + 1..].iter().take_while(|word| !word.starts_with("--"));
    Some(given.map(str::to_owned).into_iter().chain(following.cloned()).collect())
}

/// JSON that a shell without such quotes was given: `[{\"Name\": ...}]`.
fn without_backslashes(text: &str) -> String {
    let is_escaped = text.find('"').is_some_and(|quote| text[..quote].ends_with('\\'));
    if is_escaped { text.replace("\\\"", "\"").replace("\\\\", "\\") } else { text.to_owned() }
}

fn not_json(value: &str) -> SelectorError {
    let reason = if let Some(path) = path_of_url(value) {
        format!(
            "{} is the AWS CLI's way to name a file; give the path itself: --selectors {path}",
            quoted(value)
        )
    } else if value.contains("FieldSelectors=") || value.starts_with("Name=") {
        format!("{} is the AWS CLI's shorthand; only JSON can be read here", quoted(value))
    } else {
        format!("{} is not JSON; {EXPECTED}", quoted(value))
    };
    SelectorError::of_text(reason)
}

/// Returns the path in `file://path`, as the AWS CLI has it.
fn path_of_url(value: &str) -> Option<&str> {
    ["file://", "fileb://"].into_iter().find_map(|scheme| value.strip_prefix(scheme))
}

/// Returns what to say of an object that holds no selectors but has members of these names.
pub(super) fn without_selectors(names: &[&str]) -> String {
    let basic = [
        "EventSelectors",
        "ReadWriteType",
        "IncludeManagementEvents",
        "DataResources",
        "ExcludeManagementEventSources",
    ];
    if names.iter().any(|name| basic.contains(name)) {
        return BASIC.to_owned();
    }
    if names.contains(&"EventDataStores") {
        return "this is a list of event data stores; give the AdvancedEventSelectors of one"
            .to_owned();
    }
    let shown: Vec<_> = names.iter().take(5).map(|name| quoted(name)).collect();
    let shown: Vec<_> = shown.iter().map(String::as_str).collect();
    let found = match shown.is_empty() {
        true => "an empty object".to_owned(),
        false => format!("an object with {}", sentence(&shown, "and")),
    };
    format!("{found} has no AdvancedEventSelectors; {EXPECTED}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_found_in_what_is_pasted() {
        let json = r#"[{"Name": "it is"}]"#;
        let escaped = r#"[{\"Name\": \"it is\"}]"#;
        for text in [
            json.to_owned(),
            format!("\u{feff} {json}\n"),
            format!("'{json}'"),
            format!("\"{escaped}\""),
            format!("'{escaped}'"),
            escaped.to_owned(),
            format!("--advanced-event-selectors '{json}'"),
            format!("--advanced-event-selectors='{json}'"),
            format!(
                "aws cloudtrail put-event-selectors --trail-name x \\\n  --advanced-event-selectors \\\n'{json}'"
            ),
            format!(
                "$ aws cloudtrail put-event-selectors --advanced-event-selectors \\ '{json}' --region us-east-1"
            ),
            format!(
                "aws cloudtrail create-event-data-store\n--name \"a b\"\n--advanced-event-selectors \"{escaped}\" | jq ."
            ),
            format!(
                "aws.exe cloudtrail update-event-data-store --advanced-event-selectors ^\r\n \"{escaped}\""
            ),
            format!("aws cloudtrail create-event-data-store --cli-input-json '{json}'"),
        ] {
            assert_eq!(json_texts(&text).as_deref(), Ok(&[json.to_owned()][..]), "{text}");
        }
        let two = format!("aws x --advanced-event-selectors '{json}' '{json}' --y");
        assert_eq!(json_texts(&two).unwrap(), [json, json]);
    }

    #[test]
    fn what_is_not_json_is_refused_with_a_hint() {
        for (text, hint) in [
            ("", "the text is empty"),
            (" \n", "the text is empty"),
            ("hello", "\"hello\" is not JSON"),
            ("hello world", "this is not JSON"),
            ("'[{}]", "a quote (') is not closed"),
            ("file://x.json", "give the path itself: --selectors x.json"),
            (
                "aws cloudtrail put-event-selectors --advanced-event-selectors file:///tmp/a.json",
                "give the path itself: --selectors /tmp/a.json",
            ),
            ("aws x --advanced-event-selectors", "has no value"),
            ("aws x --advanced-event-selectors --region y", "has no value"),
            ("aws x --advanced-event-selectors $SELECTORS", "\"$SELECTORS\" is not JSON"),
            (
                "aws x --advanced-event-selectors Name=a,FieldSelectors=[{Field=eventCategory,Equals=[Data]}]",
                "shorthand",
            ),
            (
                "aws x --event-selectors '[{\"ReadWriteType\": \"All\"}]'",
                "these are basic event selectors",
            ),
        ] {
            let error = json_texts(text).unwrap_err().to_string();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }
}
