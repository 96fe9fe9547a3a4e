//! Functions over URLs, read as Java's `java.net.URI` reads them (RFC 2396). Other text gives NULL.

use crate::call::Call;
use crate::registry::Registry;
use crate::strings::{bound_of, varchar_of};
use arrow::array::ArrayRef;
use std::borrow::Cow;
use std::net::Ipv6Addr;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(crate) fn register(registry: &mut Registry) {
    let text = "(varchar(x)) -> varchar(x)";
    registry.add("url_extract_protocol", text, |call| {
        part(call, |url| Cow::Borrowed(url.scheme.unwrap_or_default()))
    });
    registry.add("url_extract_host", text, |call| {
        part(call, |url| Cow::Borrowed(url.host.unwrap_or_default()))
    });
    registry.add("url_extract_path", text, |call| {
        part(call, |url| decode(url.path.unwrap_or_default(), false))
    });
    registry.add("url_extract_query", text, |call| {
        part(call, |url| decode(url.query.unwrap_or_default(), false))
    });
    registry.add("url_extract_fragment", text, |call| {
        part(call, |url| decode(url.fragment.unwrap_or_default(), false))
    });
    registry.add("url_extract_port", "(varchar(x)) -> bigint", |call| {
        let column = call.column::<&str>(0)?;
        call.each(|row| Ok(column.get(row).and_then(Url::parse).and_then(|url| url.port)))
    });
    registry.add(
        "url_extract_parameter",
        "(varchar(x), varchar(y)) -> varchar(x)",
        extract_parameter,
    );
    registry.add("url_encode", "(varchar(x)) -> varchar(x)", |call| call.text1(encode)).returns(
        |types| {
            let length = types.first().and_then(bound_of);
            Ok(varchar_of(length.map(|length| length.saturating_mul(12))))
        },
    );
    registry.add("url_decode", text, |call| {
        call.text1(|text: &str, out| {
            check_escapes(text)?;
            out.push_str(&decode(text, true));
            Ok(())
        })
    });
}

fn part(call: &Call<'_>, part: impl Fn(Url<'_>) -> Cow<'_, str>) -> SqlResult<ArrayRef> {
    let column = call.column::<&str>(0)?;
    call.each_text(|row, out| {
        let url = column.get(row).and_then(Url::parse);
        let valid = url.is_some();
        out.extend(url.map(&part));
        Ok(valid)
    })
}

/// The value of the first parameter in the query that is called so.
fn extract_parameter(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (urls, names) = (call.column::<&str>(0)?, call.column::<&str>(1)?);
    call.each_text(|row, out| {
        let (Some(url), Some(name)) = (urls.get(row), names.get(row)) else { return Ok(false) };
        let query = Url::parse(url).and_then(|url| url.query);
        let value = query.into_iter().flat_map(|query| query.split('&')).find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        });
        let valid = value.is_some();
        out.extend(value.map(|value| decode(value, true)));
        Ok(valid)
    })
}

/// Encodes as forms do: spaces become `+`.
fn encode(text: &str, out: &mut String) -> SqlResult<()> {
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'.' | b'-' | b'*' | b'_' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                for digit in [byte >> 4, byte & 15] {
                    let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0');
                    out.push(digit.to_ascii_uppercase());
                }
            }
        }
    }
    Ok(())
}

/// Decodes `%` escapes, and `+` as a space in forms. Bytes that are no UTF-8 become U+FFFD.
fn decode(text: &str, form: bool) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte == b'%' || form && byte == b'+') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'%', [high, low, after @ ..]) => {
                rest = after;
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0);
                bytes.push((digit(*high) << 4 | digit(*low)) as u8);
            }
            (b'+', _) if form => bytes.push(b' '),
            _ => bytes.push(*byte),
        }
    }
    Cow::Owned(
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

/// Checks the escapes of a form, with the errors of Java's `URLDecoder`.
fn check_escapes(text: &str) -> SqlResult<()> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('%') {
        let mut chars = after.chars();
        let (Some(high), Some(low)) = (chars.next(), chars.next()) else {
            let message = "URLDecoder: Incomplete trailing escape (%) pattern";
            return Err(SqlError::argument(message));
        };
        if let Some(digit) = [high, low].into_iter().find(|c| !c.is_ascii_hexdigit()) {
            let code = digit as u32;
            return Err(SqlError::argument(format!(
                "URLDecoder: Illegal hex characters in escape (%) pattern - not a hexadecimal \
                 digit: \"{digit}\" = {code}"
            )));
        }
        rest = chars.as_str();
    }
    Ok(())
}

/// The parts of a URL, as they are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Url<'a> {
    scheme: Option<&'a str>,
    host: Option<&'a str>,
    port: Option<i64>,
    path: Option<&'a str>,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

const UNRESERVED: &str = "_-!.~'()*";

fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || UNRESERVED.contains(c)
}

fn is_path(c: char) -> bool {
    is_unreserved(c) || ":@&=+$,;/".contains(c)
}

fn is_uric(c: char) -> bool {
    is_unreserved(c) || ";/?:@&=+$,[]".contains(c)
}

fn is_userinfo(c: char) -> bool {
    is_unreserved(c) || ";:&=+$,".contains(c)
}

fn is_server(c: char) -> bool {
    is_userinfo(c) || "@[]%".contains(c)
}

fn is_registry_name(c: char) -> bool {
    is_unreserved(c) || "$,;:@&=+".contains(c)
}

/// Whether a character beyond ASCII may be in the places of escapes: not controls and separators.
fn is_other(c: char) -> bool {
    let space = matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    );
    !c.is_ascii() && !c.is_control() && !space
}

/// Whether `text` is made of allowed characters, characters beyond ASCII, and escapes.
fn only(text: &str, allowed: impl Fn(char) -> bool) -> bool {
    let mut chars = text.chars();
    while let Some(character) = chars.next() {
        let valid = match character {
            _ if allowed(character) => true,
            '%' => {
                let mut digit = || chars.next().is_some_and(|c| c.is_ascii_hexdigit());
                digit() && digit()
            }
            _ => is_other(character),
        };
        if !valid {
            return false;
        }
    }
    true
}

fn checked(text: &str, allowed: impl Fn(char) -> bool) -> Option<&str> {
    only(text, allowed).then_some(text)
}

/// Takes text apart before the first of `stops`.
fn cut<'a>(text: &'a str, stops: &[char]) -> (&'a str, &'a str) {
    text.split_at(text.find(stops).unwrap_or(text.len()))
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut url = Self::default();
        let (before, _) = cut(text, &['/', '?', '#', ':']);
        let rest = match text.get(before.len()..).and_then(|rest| rest.strip_prefix(':')) {
            None => text,
            Some(rest) => {
                let scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
                if !before.starts_with(|c: char| c.is_ascii_alphabetic())
                    || !before.chars().all(scheme)
                {
                    return None;
                }
                url.scheme = Some(before);
                rest
            }
        };
        let (body, fragment) = match rest.split_once('#') {
            Some((body, fragment)) => (body, Some(fragment)),
            None => (rest, None),
        };
        url.fragment = match fragment {
            Some(fragment) => Some(checked(fragment, is_uric)?),
            None => None,
        };
        if url.scheme.is_some() && !body.starts_with('/') {
            // Opaque, like `mailto:`: it has no parts, but must be there.
            return (!body.is_empty() && only(body, is_uric)).then_some(url);
        }
        let whole = fragment.is_none() && !body.contains('?');
        url.hierarchy(body, whole)
    }

    /// Reads authority, path and query. With `whole`, nothing can follow the path.
    fn hierarchy(mut self, body: &'a str, whole: bool) -> Option<Self> {
        let (body, query) = match body.split_once('?') {
            Some((body, query)) => (body, Some(query)),
            None => (body, None),
        };
        self.query = match query {
            Some(query) => Some(checked(query, is_uric)?),
            None => None,
        };
        let path = match body.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = cut(rest, &['/']);
                if authority.is_empty() && path.is_empty() && whole {
                    return None;
                }
                if !authority.is_empty() {
                    self.authority(authority)?;
                }
                path
            }
            None => body,
        };
        self.path = Some(checked(path, is_path)?);
        Some(self)
    }

    /// Reads a server, or a name of a registry, which has no host.
    fn authority(&mut self, text: &'a str) -> Option<()> {
        let server = text.chars().all(|c| is_server(c) || is_other(c));
        if server && let Some((host, port)) = parse_server(text) {
            (self.host, self.port) = (Some(host), port);
            return Some(());
        }
        only(text, is_registry_name).then_some(())
    }
}

/// Reads `user@host:port`.
fn parse_server(text: &str) -> Option<(&str, Option<i64>)> {
    let rest = match text.split_once('@') {
        Some((user, rest)) => checked(user, is_userinfo).map(|_| rest)?,
        None => text,
    };
    let end = match rest.strip_prefix('[') {
        Some(inside) => {
            let end = inside.find(']')?;
            is_ipv6(&inside[..end]).then_some(end + 2)?
        }
        None => host_end(rest)?,
    };
    let (host, rest) = rest.split_at(end);
    if rest.is_empty() {
        return Some((host, None));
    }
    let digits = rest.strip_prefix(':')?;
    if digits.is_empty() {
        return Some((host, None));
    }
    let number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let port: i32 = number.then(|| digits.parse().ok())??;
    Some((host, Some(i64::from(port))))
}

/// Whether text is an IPv6 address, with or without a zone.
fn is_ipv6(text: &str) -> bool {
    let zone = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
    let address = match text.split_once('%') {
        Some((address, scope)) if !scope.is_empty() && scope.chars().all(zone) => address,
        Some(_) => return false,
        None => text,
    };
    address.parse::<Ipv6Addr>().is_ok()
}

/// Returns where the host name or IPv4 address at the start of `text` ends.
fn host_end(text: &str) -> Option<usize> {
    let (host, _) = cut(text, &[':']);
    if host.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some(host.len());
    }
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let label = |label: &&str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // The last of several labels must not look like a number.
    let last = labels.len() == 1
        || labels.last().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_alphabetic()));
    (labels.iter().all(label) && last).then_some(host.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Host, port, path.
    type Parts = (&'static str, Option<i64>, &'static str);

    #[track_caller]
    fn check(text: &str, want: Option<Parts>) {
        let got = Url::parse(text);
        let got = got.map(|u| (u.host.unwrap_or_default(), u.port, u.path.unwrap_or_default()));
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn urls_as_java_reads_them() {
        check("http://u:p@h.com:80/x?q#f", Some(("h.com", Some(80), "/x")));
        check("http://h.com:", Some(("h.com", None, "")));
        check("mailto:a@b.c", Some(("", None, "")));
        check("http:", None);
        check("http://", None);
        check("http:///p", Some(("", None, "/p")));
        check("//?q", Some(("", None, "")));
        check("http://a_b.com/x", Some(("", None, "/x")));
        check("http://1.2.3.256/", Some(("", None, "/")));
        check("http://[::1%eth0]:8/", Some(("[::1%eth0]", Some(8), "/")));
        check("http://[zz]/", None);
        check("http://a.com./", Some(("a.com.", None, "/")));
        check("http://h:2147483648/", Some(("", None, "/")));
        check("http://h/a b", None);
        check("http://h/%4", None);
        check("http://h/#a#b", None);
        check("http://h/\u{a0}", None);
        check("http://例え.jp/パス", Some(("", None, "/パス")));
        check("1a:b", None);
        check("a/b:c", Some(("", None, "a/b:c")));
    }

    #[test]
    fn escapes() {
        assert_eq!(decode("a%20b+%C3%A9%FF", true), "a b é\u{fffd}");
        assert_eq!(decode("a+b", false), "a+b");
        for bad in ["%", "%4", "%zz"] {
            assert!(check_escapes(bad).is_err(), "{bad}");
        }
        assert!(check_escapes("%41%e9").is_ok());
    }
}
