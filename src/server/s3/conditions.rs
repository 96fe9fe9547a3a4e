//! Conditions of requests, in the order of RFC 9110, section 13.2.2.

use super::errors::precondition_failed;
use chrono::{DateTime, NaiveDateTime, Utc};
use http::header::{
    HeaderMap, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE,
};
use traillake_aws_wire::error::ServiceError;

/// By what the version of an object is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    /// Its tag, with quotes.
    pub(super) etag: String,
    /// When it was written, to the second.
    pub(super) modified: DateTime<Utc>,
}

impl Version {
    /// Returns whether the client has the object already.
    ///
    /// # Errors
    /// When it wants another version.
    pub(super) fn is_known(&self, headers: &HeaderMap) -> Result<bool, ServiceError> {
        let is_unmodified = |name: &HeaderName| date(headers, name).map(|at| self.modified <= at);
        match self.is_named(headers, &IF_MATCH) {
            Some(false) => return Err(precondition_failed("If-Match")),
            None if is_unmodified(&IF_UNMODIFIED_SINCE) == Some(false) => {
                return Err(precondition_failed("If-Unmodified-Since"));
            }
            _ => {}
        }
        let is_named = self.is_named(headers, &IF_NONE_MATCH);
        Ok(is_named.or_else(|| is_unmodified(&IF_MODIFIED_SINCE)).unwrap_or(false))
    }

    /// Whether a part of it fits to what the client has.
    pub(super) fn continues(&self, headers: &HeaderMap) -> bool {
        headers.get(IF_RANGE).is_none()
            || date(headers, &IF_RANGE) == Some(self.modified)
            || self.is_named(headers, &IF_RANGE) == Some(true)
    }

    /// Whether one of the tags of a header is that of the object; S3 takes them without quotes, too.
    fn is_named(&self, headers: &HeaderMap, name: &HeaderName) -> Option<bool> {
        let own = self.etag.trim_matches('"');
        let is_own = |tag: &str| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == own
        };
        let values = headers.get_all(name).iter();
        let named =
            values.map(|value| value.to_str().is_ok_and(|text| text.split(',').any(is_own)));
        named.reduce(|one, other| one || other)
    }
}

/// The date of a header, in each of the forms of RFC 9110, section 5.6.7; `None` also for what is no date.
fn date(headers: &HeaderMap, name: &HeaderName) -> Option<DateTime<Utc>> {
    const FORMS: [&str; 3] =
        ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let text = headers.get(name)?.to_str().ok()?.trim();
    let read = |form: &&str| NaiveDateTime::parse_from_str(text, form).ok();
    FORMS.iter().find_map(read).map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version() -> Version {
        let modified = DateTime::from_timestamp(784_111_777, 0).unwrap();
        Version { etag: "\"ab-1\"".to_owned(), modified }
    }

    fn known(headers: &[(&'static str, &str)]) -> Result<bool, String> {
        let parts = headers
            .iter()
            .fold(http::Request::builder(), |request, (name, value)| request.header(*name, *value));
        let parts = parts.body(()).unwrap().into_parts().0;
        version().is_known(&parts.headers).map_err(|error| error.code.into_owned())
    }

    #[test]
    fn tags_and_times_are_compared() {
        for (name, value, expected) in [
            ("if-none-match", "\"ab-1\"", true),
            ("if-none-match", "ab-1", true),
            ("if-none-match", "W/\"ab-1\"", true),
            ("if-none-match", "\"x\", \"ab-1\"", true),
            ("if-none-match", "*", true),
            ("if-none-match", "\"x\"", false),
            ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT", true),
            ("if-modified-since", "Sunday, 06-Nov-94 08:49:37 GMT", true),
            ("if-modified-since", "Sun Nov  6 08:49:37 1994", true),
            ("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT", false),
            ("if-modified-since", "yesterday", false),
            ("if-match", "\"ab-1\"", false),
            ("if-match", "*", false),
            ("if-unmodified-since", "Sun, 06 Nov 1994 08:49:37 GMT", false),
            ("if-unmodified-since", "never", false),
        ] {
            assert_eq!(known(&[(name, value)]), Ok(expected), "{name}: {value}");
        }
        for (name, value) in
            [("if-match", "\"x\""), ("if-unmodified-since", "Sun, 06 Nov 1994 08:49:36 GMT")]
        {
            assert_eq!(known(&[(name, value)]), Err("PreconditionFailed".to_owned()), "{name}");
        }
    }

    #[test]
    fn tags_go_before_times() {
        let (old, new) = ("Sun, 06 Nov 1994 08:49:36 GMT", "Mon, 07 Nov 1994 08:49:36 GMT");
        assert_eq!(known(&[("if-none-match", "\"x\""), ("if-modified-since", new)]), Ok(false));
        assert_eq!(known(&[("if-none-match", "ab-1"), ("if-modified-since", old)]), Ok(true));
        assert_eq!(known(&[("if-match", "ab-1"), ("if-unmodified-since", old)]), Ok(false));
    }

    #[test]
    fn a_part_continues_the_same_version() {
        let continues = |value: &str| {
            let request = http::Request::builder().header("if-range", value).body(()).unwrap();
            version().continues(request.headers())
        };
        assert!(continues("\"ab-1\"") && continues("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert!(!continues("\"x\"") && !continues("Mon, 07 Nov 1994 08:49:37 GMT"));
        assert!(version().continues(&HeaderMap::new()));
    }
}
