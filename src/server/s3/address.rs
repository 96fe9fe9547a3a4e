//! Which bucket and key a request is for: by its path alone, or by its host and its path ("Virtual hosting of general
//! purpose buckets" of the Amazon S3 User Guide).

use super::errors;
use http::header::HOST;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use std::net::IpAddr;
use traillake_aws_wire::error::ServiceError;

/// Most bytes of a key.
const MAX_KEY: usize = 1_024;

/// The names of this host below which buckets have names of their own.
#[derive(Debug, Clone)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// `localhost`, and further names of this host. What is below an address is no name.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a String>) -> Self {
        let is_name = |name: &&String| name.parse::<IpAddr>().is_err();
        let names = names.into_iter().filter(is_name);
        let names = names.map(|name| name.trim_end_matches('.').to_ascii_lowercase());
        Self(std::iter::once("localhost".to_owned()).chain(names).collect())
    }

    /// Returns the bucket that a host name in lower case names: what stands before the longest of the names.
    pub fn bucket<'a>(&self, name: &'a str) -> Option<&'a str> {
        if self.0.iter().any(|own| own == name) {
            return None;
        }
        let before = |own: &String| name.strip_suffix(own.as_str())?.strip_suffix('.');
        self.0.iter().filter_map(before).min_by_key(|bucket| bucket.len())
    }

    /// Returns the bucket that the host of a request names.
    pub fn bucket_of(&self, parts: &Parts) -> Option<String> {
        let header = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = header.or_else(|| parts.uri.authority().map(http::uri::Authority::as_str))?;
        let name = host.split_once(':').map_or(host, |(name, _port)| name).to_ascii_lowercase();
        self.bucket(name.strip_suffix('.').unwrap_or(&name)).map(str::to_owned)
    }
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// All buckets.
    Service,
    /// A bucket, by its name.
    Bucket(String),
    /// An object, by the name of its bucket and its key.
    Object(String, String),
}

impl Address {
    /// Reads the path of a request, for `host`, the bucket that its host names. Keys are taken as they are: nothing is
    /// removed from them and nothing joined.
    pub(super) fn parse(path: &str, host: Option<String>) -> Result<Self, ServiceError> {
        let text = percent_decode_str(path).decode_utf8().map_err(|_| errors::invalid_uri())?;
        let text = text.strip_prefix('/').unwrap_or(&text);
        let (bucket, key) = match host {
            Some(bucket) => (bucket, text),
            None if text.is_empty() => return Ok(Self::Service),
            None => {
                let (bucket, key) = text.split_once('/').unwrap_or((text, ""));
                (bucket.to_owned(), key)
            }
        };
        if bucket.is_empty() {
            return Err(errors::invalid_bucket_name());
        }
        if key.len() > MAX_KEY {
            return Err(errors::key_too_long(key.len(), MAX_KEY));
        }
        Ok(if key.is_empty() { Self::Bucket(bucket) } else { Self::Object(bucket, key.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_name_buckets() {
        let names =
            ["Lake.Example.".to_owned(), "lake.localhost".to_owned(), "192.0.2.7".to_owned()];
        let hosts = Hosts::new(&names);
        for (host, bucket) in [
            ("localhost", None),
            ("LOCALHOST:8080", None),
            ("127.0.0.1:8080", None),
            ("[::1]:8080", None),
            ("lake.localhost", None),
            ("lake.example:443", None),
            ("logs.192.0.2.7", None),
            ("other.example", None),
            ("notlake.example", None),
            (".localhost", Some("")),
            ("Logs.localhost:8080", Some("logs")),
            ("logs.localhost.", Some("logs")),
            ("my.logs.localhost", Some("my.logs")),
            ("logs.lake.localhost", Some("logs")),
            ("logs.LAKE.example:443", Some("logs")),
        ] {
            let parts =
                http::Request::get("/").header("host", host).body(()).unwrap().into_parts().0;
            assert_eq!(hosts.bucket_of(&parts).as_deref(), bucket, "{host}");
        }
    }

    #[test]
    fn paths_name_buckets_and_keys() {
        let bucket = |name: &str| Address::Bucket(name.to_owned());
        let object = |name: &str, key: &str| Address::Object(name.to_owned(), key.to_owned());
        for (path, by_path, by_host) in [
            ("/", Address::Service, bucket("host")),
            ("/logs", bucket("logs"), object("host", "logs")),
            ("/logs/", bucket("logs"), object("host", "logs/")),
            ("/logs/a/../b", object("logs", "a/../b"), object("host", "logs/a/../b")),
            (
                "/logs//a%2fb+c%20%C3%A9",
                object("logs", "/a/b+c é"),
                object("host", "logs//a/b+c é"),
            ),
        ] {
            assert_eq!(Address::parse(path, None), Ok(by_path), "{path}");
            assert_eq!(Address::parse(path, Some("host".to_owned())), Ok(by_host), "{path}");
        }
        let code = |path: &str| Address::parse(path, None).unwrap_err().code;
        assert_eq!(code("//a"), "InvalidBucketName");
        assert_eq!(code("/logs/%ff"), "InvalidURI");
        let long = format!("/logs/{}", "a".repeat(MAX_KEY));
        assert!(Address::parse(&long, None).is_ok());
        assert_eq!(code(&format!("{long}a")), "KeyTooLongError");
    }
}
