//! Percent encoding (RFC 3986), and the pieces of a query.

/// Encodes all but letters, digits and `-_.~`, and what `also` keeps.
pub(super) fn encode(out: &mut String, bytes: &[u8], also: Option<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        let bare = byte.is_ascii_alphanumeric() || b"-_.~".contains(byte) || Some(*byte) == also;
        if bare {
            out.push(char::from(*byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// Decodes percent signs with two digits behind them; others stay. A plus stays, too: it stands for a space
/// in forms only.
pub(crate) fn decode(text: &str) -> Vec<u8> {
    let (bytes, mut at) = (text.as_bytes(), 0);
    let mut out = Vec::with_capacity(bytes.len());
    while let Some(byte) = bytes.get(at) {
        match escaped(&bytes[at..]) {
            Some(escaped) => {
                out.push(escaped);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

/// The byte that an escape at the beginning stands for.
pub(super) fn escaped(bytes: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = bytes else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(*high)? << 4 | digit(*low)?)
}

/// The parameters of a query, still encoded; what has no value has an empty one.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    pieces.map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

/// The decoded value of the first parameter of a name.
pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut all = parameters(query.unwrap_or_default());
    let (_, value) = all.find(|(key, _)| decode(key) == name.as_bytes())?;
    Some(String::from_utf8_lossy(&decode(value)).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &[u8]) -> String {
        let mut out = String::new();
        encode(&mut out, text, None);
        out
    }

    #[test]
    fn all_but_unreserved_characters_is_encoded() {
        assert_eq!(encoded("aZ09-_.~ /+*%ä".as_bytes()), "aZ09-_.~%20%2F%2B%2A%25%C3%A4");
    }

    #[test]
    fn decoding_undoes_encoding() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encoded(&all)), all);
    }

    #[test]
    fn broken_escapes_stay_as_they_are() {
        assert_eq!(decode("%"), b"%");
        assert_eq!(decode("%4"), b"%4");
        assert_eq!(decode("%zz+%c3%"), b"%zz+\xc3%");
    }

    #[test]
    fn parameters_may_lack_anything() {
        let all: Vec<_> = parameters("a=1&&b&=c&d=e=f").collect();
        assert_eq!(all, [("a", "1"), ("b", ""), ("", "c"), ("d", "e=f")]);
        assert_eq!(parameter(Some("x=1&%61=%20&a=2"), "a").as_deref(), Some(" "));
        assert_eq!(parameter(None, "a"), None);
    }
}
