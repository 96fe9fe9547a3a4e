//! Records printed as a Ruby hash (`{"eventName"=>"GetEncryptionConfig", "errorCode"=>nil}`), as
//! AWS's own page on X-Ray logging prints one.

/// Rewrites `Hash#inspect` text as JSON: `=>` becomes `:`, `nil` becomes `null`, symbols become
/// strings. Strings keep their text; escapes that JSON lacks are replaced by what they mean.
///
/// Returns `None` when the text holds something that neither form knows.
pub fn to_json(text: &[u8]) -> Option<Vec<u8>> {
    let mut json = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        match first {
            b'"' => rest = string(after, &mut json)?,
            b'=' if after.first() == Some(&b'>') => {
                json.push(b':');
                rest = &after[1..];
            }
            b':' if after.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') => {
                let (name, after) = word(after);
                crate::json::text::quote_into(name, &mut json);
                rest = after;
            }
            b'a'..=b'z' => {
                let (name, after) = word(rest);
                json.extend_from_slice(match name {
                    b"nil" => b"null",
                    b"true" | b"false" | b"null" => name,
                    _ => return None,
                });
                rest = after;
            }
            _ => {
                json.push(*first);
                rest = after;
            }
        }
    }
    Some(json)
}

fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    text.split_at(end)
}

/// Copies a string whose opening quote is read, and returns what follows it.
fn string<'a>(mut rest: &'a [u8], json: &mut Vec<u8>) -> Option<&'a [u8]> {
    json.push(b'"');
    loop {
        let (first, after) = rest.split_first()?;
        rest = after;
        match first {
            b'"' => {
                json.push(b'"');
                return Some(rest);
            }
            b'\\' => {
                let (escape, after) = rest.split_first()?;
                rest = after;
                match escape {
                    b'a' => json.extend_from_slice(br"\u0007"),
                    b'e' => json.extend_from_slice(br"\u001b"),
                    b'v' => json.extend_from_slice(br"\u000b"),
                    b'#' => json.push(b'#'),
                    other => json.extend_from_slice(&[b'\\', *other]),
                }
            }
            other => json.push(*other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_becomes_an_object() {
        let json = to_json(br##"{ "a"=>nil, :b=>[true, 1.5], "c"=>{"d => nil"=>"\#{x}\e\"\\"} }"##)
            .unwrap();
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r##"{ "a":null, "b":[true, 1.5], "c":{"d => nil":"#{x}\u001b\"\\"} }"##
        );
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["{\"a\"=>Object}", "{\"a\"=>#<Set>", "{\"a", "{\"a\"=>undefined}"] {
            let json = to_json(text.as_bytes());
            let fine = json.is_some_and(|j| crate::json::scan_value(&j, 0).is_ok());
            assert!(!fine, "{text}");
        }
    }
}
