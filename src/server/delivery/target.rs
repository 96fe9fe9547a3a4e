//! Where answers are delivered to: what addresses are taken, and the folders below them.

use super::Answer;
use crate::server::buckets::{BucketError, Buckets, S3Uri, UriError, path_of};

/// Bytes of a prefix, at most: keys have 1,024 of them (Amazon S3 User Guide, "Naming objects"), and what follows the prefix
/// takes up to 120.
const MAX_PREFIX: usize = 1_024 - 120;
/// Bytes of the name of a folder, at most, on all systems of files that are in use.
const MAX_PART: usize = 255;

/// Why nothing can be delivered to an address.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is no address, or its bucket or prefix is none.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// There is no such bucket.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// Its prefix is too long for keys or folders.
    #[error("a prefix has at most {MAX_PREFIX} bytes, and {MAX_PART} between two slashes")]
    Long,
}

/// Checks that answers can be delivered to `s3://bucket/prefix/`, as far as it can be known before.
///
/// # Errors
/// When this is no address, its bucket is not there, or no object can have such a prefix.
pub fn check_target(buckets: &Buckets, uri: &str) -> Result<(), TargetError> {
    let uri = S3Uri::parse(uri)?;
    let bucket = buckets.get(&uri.bucket)?;
    if !bucket.is_there() {
        return Err(BucketError::NoBucket(uri.bucket).into());
    }
    let is_long = |part: &str| part.len() > MAX_PART;
    if uri.prefix.len() > MAX_PREFIX || uri.prefix.split('/').any(is_long) {
        return Err(TargetError::Long);
    }
    match path_of(bucket.folder(), &format!("{}AWSLogs", uri.prefix)) {
        Some(_) => Ok(()),
        None => Err(UriError::Prefix.into()),
    }
}

/// Returns what the keys of an answer's objects begin with. The day is the one on which the query ended.
pub(super) fn folder(uri: &S3Uri, account: &str, answer: &Answer<'_>) -> String {
    let S3Uri { prefix, .. } = uri;
    let (day, id) = (answer.ended_at.format("%Y/%m/%d"), answer.id);
    format!("{prefix}AWSLogs/{account}/CloudTrail-Lake/Query/{day}/{id}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_before_a_query_runs() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().join("gone");
        std::fs::create_dir(&gone).unwrap();
        let mappings =
            [format!("logs={}", dir.path().display()), format!("gone={}", gone.display())];
        let buckets = Buckets::parse(mappings.iter().map(String::as_str)).unwrap();
        std::fs::remove_dir(&gone).unwrap();
        let check = |uri: &str| check_target(&buckets, uri);
        let longest = format!("s3://logs/{}", format!("{}/", "x".repeat(255)).repeat(3));
        for right in ["s3://logs", "s3://logs/", "s3://logs/ä b/c", &longest] {
            assert!(check(right).is_ok(), "{right}");
        }
        for wrong in ["logs", "s3://l", "s3://logs/a//b", "s3://logs/../a"] {
            assert!(matches!(check(wrong), Err(TargetError::Uri(_))), "{wrong}");
        }
        for missing in ["s3://none", "s3://gone/a"] {
            assert!(matches!(check(missing), Err(TargetError::Bucket(_))), "{missing}");
        }
        for long in ["x".repeat(256), "x/".repeat(500)] {
            assert!(matches!(check(&format!("s3://logs/{long}")), Err(TargetError::Long)));
        }
    }
}
