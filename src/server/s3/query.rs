//! The parameters in the query of a request.

use super::errors::invalid_argument;
use percent_encoding::percent_decode_str;
use traillake_aws_wire::error::ServiceError;

/// The parameters in their order, decoded.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query. A plus is itself, as signatures have it; what is not UTF-8 becomes U+FFFD, and so names nothing.
    pub(super) fn parse(query: Option<&str>) -> Self {
        let pieces = query.unwrap_or_default().split('&').filter(|piece| !piece.is_empty());
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pairs = pieces.map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            (decoded(name), decoded(value))
        });
        Self(pairs.collect())
    }

    /// Returns the value of a parameter; of one without a value it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Whether a parameter is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Returns the name of the first parameter that is one of `names`.
    pub(super) fn first_of(&self, names: &[&'static str]) -> Option<&'static str> {
        self.0.iter().find_map(|(found, _)| names.iter().find(|name| **name == found)).copied()
    }

    /// Returns how many items are wanted at most: a number as S3 takes it, and no more than a page has.
    pub(super) fn limit(&self, name: &'static str, page: usize) -> Result<usize, ServiceError> {
        let Some(text) = self.get(name) else { return Ok(page) };
        let wrong = || {
            let text = format!("Argument {name} must be an integer between 0 and 2147483647");
            invalid_argument(name, self.get(name).unwrap_or_default(), text)
        };
        let number: i32 = text.parse().map_err(|_| wrong())?;
        usize::try_from(number).map(|number| number.min(page)).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let query = Query::parse(Some("location&prefix=a%2Fb+c%20%C3%A9&&x=1&x=2&%64=%ff&e="));
        assert_eq!(query.get("prefix"), Some("a/b+c é"));
        assert_eq!((query.get("location"), query.get("x")), (Some(""), Some("1")));
        assert_eq!(
            (query.get("d"), query.get("e"), query.get("f")),
            (Some("\u{fffd}"), Some(""), None)
        );
        assert_eq!(query.first_of(&["acl", "x", "location"]), Some("location"));
        assert!(!Query::parse(None).has(""));
    }

    #[test]
    fn limits_are_numbers() {
        let limit = |text: &str| Query::parse(Some(&format!("n={text}"))).limit("n", 1_000);
        assert_eq!(Query::parse(None).limit("n", 1_000), Ok(1_000));
        for (text, number) in [("0", 0), ("7", 7), ("1000", 1_000), ("2147483647", 1_000)] {
            assert_eq!(limit(text), Ok(number), "{text}");
        }
        for text in ["", "-1", "x", "1.5", "2147483648", "99999999999999999999", " 1"] {
            assert_eq!(limit(text).unwrap_err().code, "InvalidArgument", "{text}");
        }
    }
}
