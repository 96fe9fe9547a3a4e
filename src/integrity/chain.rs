//! Chains of digest files: those of one trail, account and region, in the order of their times.

use super::names::DigestName;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What all digest files of a chain have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChainId {
    /// Name of the trail.
    pub trail: String,
    /// Region of the trail.
    pub home_region: String,
    /// The organization whose trail it is, if it is one's.
    pub organization: Option<String>,
    /// Account whose log files are listed.
    pub account: String,
    /// Region whose log files are listed.
    pub region: String,
    /// Whether CloudTrail made the digest files later than due.
    pub backfill: bool,
}

impl ChainId {
    /// Returns the ARN of the trail; `None` for one of an organization, whose account no name tells.
    pub fn arn(&self) -> Option<String> {
        let partition = match &self.home_region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        self.organization.is_none().then(|| {
            format!(
                "arn:{partition}:cloudtrail:{}:{}:trail/{}",
                self.home_region, self.account, self.trail
            )
        })
    }
}

/// A digest file on disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DigestFile {
    /// End of the time that it covers, by its name.
    pub end: DateTime<Utc>,
    /// Where it is, absolute.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

impl DigestFile {
    /// Returns its name.
    pub fn name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }
}

/// The digest files of one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// What they have in common.
    pub id: ChainId,
    /// All that are on disk, oldest first.
    pub files: Vec<DigestFile>,
}

impl Chain {
    /// Sorts digest files by chain; what is not such by its name is passed over.
    pub fn all(files: impl IntoIterator<Item = (PathBuf, u64)>) -> Vec<Self> {
        let mut chains: BTreeMap<ChainId, Vec<DigestFile>> = BTreeMap::new();
        for (path, bytes) in files {
            let name = path.file_name().and_then(|name| name.to_str());
            let Some(name) = name.and_then(DigestName::parse) else { continue };
            let id = ChainId {
                organization: organization(&path, &name.account),
                trail: name.trail,
                home_region: name.home_region,
                account: name.account,
                region: name.region,
                backfill: name.backfill,
            };
            chains.entry(id).or_default().push(DigestFile { end: name.end, path, bytes });
        }
        let sorted = chains.into_iter().map(|(id, mut files)| {
            files.sort();
            Self { id, files }
        });
        sorted.collect()
    }
}

/// Returns the organization in a path `.../o-ID/ACCOUNT/CloudTrail-Digest/...`.
fn organization(path: &Path, account: &str) -> Option<String> {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let at = parts.windows(2).position(|two| two[0] == account && two[1] == "CloudTrail-Digest")?;
    let parent = parts.get(at.checked_sub(1)?)?;
    parent.starts_with("o-").then(|| parent.to_string())
}

/// The ARN of a trail, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailArn {
    /// Region of the trail.
    pub region: String,
    /// Account of the trail.
    pub account: String,
    /// Name of the trail.
    pub name: String,
}

impl TrailArn {
    /// Reads `arn:PARTITION:cloudtrail:REGION:ACCOUNT:trail/NAME`.
    pub fn parse(arn: &str) -> Option<Self> {
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        let [scheme, partition, "cloudtrail", region, account, resource] = parts[..] else {
            return None;
        };
        let name = resource.strip_prefix("trail/")?;
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let whole = scheme == "arn" && ![partition, region, name].contains(&"") && is_account;
        whole.then(|| Self {
            region: region.to_owned(),
            account: account.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// Which chains are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those of this trail.
    pub trail: Option<TrailArn>,
    /// Those of this account.
    pub account: Option<String>,
    /// Those of this region.
    pub region: Option<String>,
}

impl Filter {
    /// Whether a chain is wanted. A trail means log files of its own account, unless it is an organization's or another
    /// account is asked for.
    pub fn takes(&self, id: &ChainId) -> bool {
        let of_trail = self.trail.as_ref().is_none_or(|trail| {
            let any_account = id.organization.is_some() || self.account.is_some();
            trail.name == id.trail
                && trail.region == id.home_region
                && (any_account || trail.account == id.account)
        });
        of_trail && self.takes_logs(&id.account, &id.region)
    }

    /// Whether log files of an account and region are wanted.
    pub fn takes_logs(&self, account: &str, region: &str) -> bool {
        let matches = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|w| w == is);
        matches(&self.account, account) && matches(&self.region, region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_of_trails() {
        let read =
            TrailArn::parse("arn:aws-cn:cloudtrail:cn-north-1:111122223333:trail/a.b").unwrap();
        assert_eq!((read.region.as_str(), read.name.as_str()), ("cn-north-1", "a.b"));
        for wrong in [
            "",
            "trail",
            "arn:aws:cloudtrail:us-east-1:1111:trail/x",
            "arn:aws:cloudtrail:us-east-1:111122223333:trail/",
            "arn:aws:s3:us-east-1:111122223333:trail/x",
            "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/x",
        ] {
            assert_eq!(TrailArn::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn chains_are_told_apart() {
        let file = |folder: &str, account: &str, region: &str, rest: &str| {
            let name = format!("{account}_CloudTrail-Digest_{region}_t_us-east-1_{rest}.json.gz");
            (
                PathBuf::from(format!(
                    "/c/AWSLogs/{folder}{account}/CloudTrail-Digest/{region}/{name}"
                )),
                1,
            )
        };
        let chains = Chain::all([
            file("", "111122223333", "us-east-1", "20260301T020000Z"),
            file("", "111122223333", "us-east-1", "20260301T010000Z"),
            file("", "111122223333", "us-east-1", "20260301T010000Z_backfill"),
            file("", "111122223333", "eu-west-1", "20260301T010000Z"),
            file("o-abc/", "444455556666", "us-east-1", "20260301T010000Z"),
            (PathBuf::from("/c/AWSLogs/x.json.gz"), 1),
        ]);
        let sizes: Vec<_> = chains.iter().map(|chain| chain.files.len()).collect();
        assert_eq!(sizes, [1, 2, 1, 1]);
        assert!(chains[1].files[0].end < chains[1].files[1].end);
        let arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/t";
        assert_eq!(chains[0].id.arn().as_deref(), Some(arn));
        assert_eq!(chains[3].id.organization.as_deref(), Some("o-abc"));
        assert_eq!(chains[3].id.arn(), None);
        let filter = Filter { trail: TrailArn::parse(arn), ..Filter::default() };
        assert!(chains.iter().all(|chain| filter.takes(&chain.id)));
        let filter = Filter { region: Some("eu-west-1".to_owned()), ..filter };
        assert_eq!(chains.iter().filter(|chain| filter.takes(&chain.id)).count(), 1);
    }
}
