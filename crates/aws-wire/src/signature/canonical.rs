//! The canonical request, the string to sign and the signing key: what both directions compute.

use super::encode::{decode, encode, escaped, parameters};
use super::{ALGORITHM, RequestHead, S3, Scope, date};
use crate::digest::{hex, hmac_sha256, sha256_hex};
use chrono::{DateTime, Utc};

/// What a signature is computed of, for one request.
pub(super) struct Canonical {
    /// The canonical request. Headers may be any bytes.
    pub(super) request: Vec<u8>,
    /// The string to sign.
    pub(super) to_sign: String,
}

impl Canonical {
    pub(super) fn new(
        head: &RequestHead<'_>,
        signed_headers: &[String],
        payload_hash: &str,
        scope: &Scope,
        time: DateTime<Utc>,
    ) -> Self {
        let path = if scope.service == S3 { path_once(head.path) } else { path_twice(head.path) };
        let query = query(head.query.unwrap_or_default());
        let mut request = format!("{}\n{path}\n{query}\n", head.method).into_bytes();
        for name in signed_headers {
            request.extend_from_slice(name.as_bytes());
            request.push(b':');
            request.extend(header(head, name));
            request.push(b'\n');
        }
        request.extend(format!("\n{}\n{payload_hash}", signed_headers.join(";")).into_bytes());
        let hash = sha256_hex(&request);
        let to_sign = format!("{ALGORITHM}\n{}\n{scope}\n{hash}", date::basic(time));
        Self { request, to_sign }
    }

    pub(super) fn signature(&self, secret: &str, scope: &Scope) -> String {
        let first = format!("AWS4{secret}").into_bytes();
        let steps = [&scope.date, &scope.region, &scope.service, &scope.terminator];
        let key = steps.iter().fold(first, |key, step| hmac_sha256(&key, step.as_bytes()).to_vec());
        hex(&hmac_sha256(&key, self.to_sign.as_bytes()))
    }
}

/// Takes away empty and dot segments, and encodes what was encoded once more. A dot segment at the end leaves
/// its slash (RFC 3986, section 5.2.4).
fn path_twice(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let is_folder = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    let is_folder = is_folder && !segments.is_empty();
    let mut out = String::from("/");
    encode(&mut out, segments.join("/").as_bytes(), Some(b'/'));
    if is_folder {
        out.push('/');
    }
    out
}

/// S3's way: every segment counts, and each character is encoded once, whether the client did so or not. A
/// slash that was encoded stays so.
fn path_once(path: &str) -> String {
    let (bytes, mut at, mut out) = (path.as_bytes(), 0, String::with_capacity(path.len()));
    while at < bytes.len() {
        match escaped(&bytes[at..]) {
            Some(byte) => {
                encode(&mut out, &[byte], None);
                at += 3;
            }
            None => {
                encode(&mut out, &bytes[at..=at], Some(b'/'));
                at += 1;
            }
        }
    }
    if out.is_empty() { "/".to_owned() } else { out }
}

/// Sorted by encoded name, then value, without the signature itself.
fn query(query: &str) -> String {
    let encoded = |text| {
        let mut out = String::new();
        encode(&mut out, &decode(text), None);
        out
    };
    let pairs = parameters(query).map(|(name, value)| (encoded(name), encoded(value)));
    let mut pairs: Vec<_> = pairs.filter(|(name, _)| name != "X-Amz-Signature").collect();
    pairs.sort();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// All values of a header, joined by commas, each without spaces around it and runs of spaces folded.
fn header(head: &RequestHead<'_>, name: &str) -> Vec<u8> {
    let values = head.headers.get_all(name).iter().map(|value| folded(value.as_bytes()));
    let values: Vec<_> = values.collect();
    match head.authority {
        Some(authority) if values.is_empty() && name == "host" => authority.as_bytes().to_vec(),
        _ => values.join(&b","[..]),
    }
}

fn folded(value: &[u8]) -> Vec<u8> {
    let words = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(&b" "[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded_twice_without_dots() {
        for (path, canonical) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/PutAuditEvents", "/PutAuditEvents"),
            ("/a/./b/../c//d/", "/a/c/d/"),
            ("/../..", "/"),
            ("/a/b/.", "/a/b/"),
            ("/a/b/..", "/a/"),
            ("/a/b..", "/a/b.."),
            ("/a%20b/~", "/a%2520b/~"),
        ] {
            assert_eq!(path_twice(path), canonical, "{path}");
        }
    }

    #[test]
    fn paths_of_s3_are_encoded_once_with_dots() {
        for (path, canonical) in [
            ("", "/"),
            ("/b/a/../c//d/", "/b/a/../c//d/"),
            ("/b/a%20b+c", "/b/a%20b%2Bc"),
            ("/b/%7e(1)%2f%zz", "/b/~%281%29%2F%25zz"),
        ] {
            assert_eq!(path_once(path), canonical, "{path}");
        }
    }

    #[test]
    fn queries_are_sorted_as_encoded() {
        let canonical = "%40=&a=&a=%2B1&a=1&aa=%20&b=%3D";
        assert_eq!(query("b==&aa=%20&a=1&a&&%40&a=+1&X-Amz-Signature=0"), canonical);
        assert_eq!(query(""), "");
    }
}
