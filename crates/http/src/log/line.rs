//! One line of the access log: JSON in ASCII, with bounded texts and without secrets.

use crate::request::Noted;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Bytes of a text that a client chose, before it is escaped.
const LONGEST: usize = 1024;

/// Parameters of a query that let their reader do what the sender may, in lower case.
const SECRETS: [&str; 5] =
    ["x-amz-signature", "x-amz-security-token", "signature", "access_token", "token"];

#[derive(Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) time: String,
    pub(crate) request_id: String,
    pub(crate) peer: String,
    pub(crate) method: Cow<'a, str>,
    pub(crate) path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<String>,
    /// `null` where the client left before there was one.
    pub(crate) status: Option<u16>,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_key_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_code: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<&'a str>,
    /// Whether the answer ended early: the client left, or the port stopped.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) cut: bool,
}

impl<'a> Line<'a> {
    pub(crate) fn noted(self, noted: &'a Noted) -> Self {
        Self {
            service: noted.service,
            operation: noted.operation.as_deref().map(in_short),
            access_key_id: noted.access_key_id.as_deref().map(in_short),
            error_code: noted.error_code.as_deref().map(in_short),
            ..self
        }
    }

    /// With its line feed.
    pub(crate) fn text(&self) -> String {
        // Neither texts nor numbers can fail to become JSON.
        let mut text = ascii(&serde_json::to_string(self).unwrap_or_default());
        text.push('\n');
        text
    }
}

/// The text, or its beginning and an ellipsis.
pub(crate) fn in_short(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let mut end = LONGEST;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(format!("{}...", &text[..end]))
}

/// A query as it came, but for parameters that are secrets.
pub(crate) fn without_secrets(query: &str) -> String {
    let kept: Vec<_> = query.split('&').filter(|pair| !is_secret(pair)).collect();
    in_short(&kept.join("&")).into_owned()
}

/// Names are compared decoded, as whoever checks the signature does.
fn is_secret(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().replace('+', " ");
    let name = percent_decode_str(&name).decode_utf8_lossy().to_ascii_lowercase();
    SECRETS.contains(&name.trim())
}

/// JSON whose other characters are escaped, too, so that no terminal turns or hides anything. Outside of its texts
/// JSON has none.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\x7f' {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(path: &str) -> Line<'_> {
        Line {
            time: "2026-01-02T03:04:05.678Z".to_owned(),
            request_id: "id".to_owned(),
            peer: "127.0.0.1:9".to_owned(),
            method: "GET".into(),
            path: in_short(path),
            query: None,
            status: None,
            bytes_in: 0,
            bytes_out: 0,
            ms: 1.5,
            service: None,
            operation: None,
            access_key_id: None,
            error_code: None,
            refused: None,
            cut: false,
        }
    }

    #[test]
    fn signatures_and_tokens_are_left_out() {
        for (query, logged) in [
            ("", ""),
            ("a=1&X-Amz-Signature=feed&b", "a=1&b"),
            ("x-amz-security-TOKEN=t&X-Amz-Credential=AKIA%2Fx", "X-Amz-Credential=AKIA%2Fx"),
            ("X%2DAmz-Signatur%65=feed&a", "a"),
            ("X-Amz-Signature", ""),
            ("Signature=x&token=y&access_token=z&q=token", "q=token"),
            ("+X-Amz-Signature+=feed", ""),
            ("&&", "&&"),
        ] {
            assert_eq!(without_secrets(query), logged, "{query}");
        }
        let long = format!("a={}&X-Amz-Signature=feed", "x".repeat(5000));
        let logged = without_secrets(&long);
        assert!(logged.len() < 1100 && !logged.contains("feed"));
    }

    proptest! {
        #[test]
        fn a_line_is_one_short_line_of_ascii_json(path in r"\PC*|(.|\n|\x00|\x7f){0,40}|[é\u{202e}]{900}") {
            let text = line(&path).text();
            prop_assert!(text.bytes().all(|b| (0x20..0x7f).contains(&b) || b == b'\n'), "{text:?}");
            prop_assert_eq!(text.find('\n'), Some(text.len() - 1));
            prop_assert!(text.len() < 8 * LONGEST);
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(value["path"].as_str().unwrap(), &*in_short(&path));
        }
    }
}
