//! Addresses of objects, `s3://bucket/key`.

use std::fmt;
use std::net::Ipv4Addr;

/// The bucket and the beginning of keys that an address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Uri {
    /// Name of the bucket.
    pub bucket: String,
    /// What keys begin with: empty, or parts that end with a slash each.
    pub prefix: String,
}

/// Why a text is no address of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// It does not begin with `s3://`.
    #[error("an address of objects is of the form s3://bucket/prefix/")]
    Form,
    /// The bucket's name is none that S3 takes.
    #[error(
        "the name of a bucket has 3 to 63 lower-case letters, digits, dots and dashes, and begins and ends with a letter \
         or digit"
    )]
    Bucket,
    /// No object can have such a key.
    #[error("the parts of a prefix are not empty, and neither . nor ..")]
    Prefix,
}

impl S3Uri {
    /// Reads an address. A prefix stands for all keys below it, with or without a slash at its end.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        let rest = text.strip_prefix("s3://").ok_or(UriError::Form)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if !is_bucket_name(bucket) {
            return Err(UriError::Bucket);
        }
        let end = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
        let prefix = format!("{prefix}{end}");
        let is_part = |part: &str| !matches!(part, "/" | "./" | "../") && !part.contains('\0');
        if !prefix.split_inclusive('/').all(is_part) {
            return Err(UriError::Prefix);
        }
        Ok(Self { bucket: bucket.to_owned(), prefix })
    }
}

impl fmt::Display for S3Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

/// Whether S3 takes a name for a bucket (Amazon S3 User Guide, "General purpose bucket naming rules").
pub fn is_bucket_name(name: &str) -> bool {
    let is_end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| is_end(byte) || matches!(byte, b'.' | b'-'))
        && bytes.first().is_some_and(is_end)
        && bytes.last().is_some_and(is_end)
        && !name.contains("..")
        && name.parse::<Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for (text, bucket, prefix) in [
            ("s3://logs", "logs", ""),
            ("s3://logs/", "logs", ""),
            ("s3://logs/a", "logs", "a/"),
            ("s3://my.logs-1/a/b/", "my.logs-1", "a/b/"),
        ] {
            let uri = S3Uri { bucket: bucket.to_owned(), prefix: prefix.to_owned() };
            assert_eq!(S3Uri::parse(text), Ok(uri), "{text}");
        }
        for (text, error) in [
            ("", UriError::Form),
            ("logs/a", UriError::Form),
            ("https://logs/a", UriError::Form),
            ("s3://", UriError::Bucket),
            ("s3:///a", UriError::Bucket),
            ("s3://ab", UriError::Bucket),
            ("s3://Logs", UriError::Bucket),
            ("s3://-logs", UriError::Bucket),
            ("s3://lo..gs", UriError::Bucket),
            ("s3://192.168.5.4", UriError::Bucket),
            ("s3://logs//", UriError::Prefix),
            ("s3://logs/../etc", UriError::Prefix),
            ("s3://logs/a//b", UriError::Prefix),
        ] {
            assert_eq!(S3Uri::parse(text), Err(error), "{text}");
        }
    }
}
