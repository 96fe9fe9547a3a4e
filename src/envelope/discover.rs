//! From the paths a user types to the list of sources to read.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where a source lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// A file.
    File(PathBuf),
    /// Standard input, written `-`.
    Stdin,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Stdin => f.write_str("standard input"),
        }
    }
}

/// One file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it lies.
    pub location: Location,
    /// Its size in bytes, compressed as it is; 0 for standard input.
    pub bytes: u64,
    /// When it was last changed, in nanoseconds since 1970; 0 when unknown.
    pub modified_nanos: i64,
    /// Whether the user named this very file, not a folder or pattern around it.
    pub named: bool,
    /// Minute of delivery from a CloudTrail file name, as `yyyyMMddTHHmmZ`.
    delivered: Option<String>,
}

impl Source {
    /// The day before which events are hardly delivered any more when this source is read: that of
    /// its delivery, some hours earlier. `None` when the name does not tell.
    pub fn settled_before(&self) -> Option<NaiveDate> {
        let delivered =
            NaiveDateTime::parse_from_str(self.delivered.as_deref()?, "%Y%m%dT%H%MZ").ok()?;
        Some((delivered - TimeDelta::hours(3)).date())
    }

    /// Whether the name claims that JSON is inside; what is not must then be told.
    pub fn claims_json(&self) -> bool {
        let Location::File(path) = &self.location else { return true };
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        self.named || [".json", ".jsonl", ".ndjson"].iter().any(|end| name.ends_with(end))
    }
}

/// What [`discover`] found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The sources, oldest delivery first, so that the events of a day arrive together.
    pub sources: Vec<Source>,
    /// Paths that could not be looked into, with the reason.
    pub failures: Vec<(Location, io::Error)>,
}

/// Why no list of sources could be made.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// A path that is neither there nor a pattern that matches.
    #[error("{0}: no such file or folder, and no file matches it as a pattern")]
    NotFound(String),
    /// A pattern that cannot be read.
    #[error("{pattern}: not a pattern: {reason}")]
    BadPattern {
        /// The pattern as typed.
        pattern: String,
        /// What is wrong in it.
        reason: String,
    },
    /// An address that this version cannot reach.
    #[error(
        "{0}: object stores are not supported yet; copy the logs first (aws s3 sync) and import the folder"
    )]
    Remote(String),
    /// A path that exists but cannot be looked at.
    #[error("{path}: {error}")]
    Io {
        /// The path as typed.
        path: String,
        /// What the system said.
        error: io::Error,
    },
}

/// Finds the files that `paths` mean: files, folders (walked), patterns with `*`, `?`, `[...]` and
/// `**`, and `-` for standard input. Each file is listed once.
///
/// # Errors
/// When a path does not exist or a pattern cannot be read. What cannot be looked into below a
/// folder is no error but a failure of [`Discovery`].
pub fn discover(paths: &[String]) -> Result<Discovery, DiscoverError> {
    let mut found = Finder::default();
    for path in paths {
        if path == "-" {
            found.add(Location::Stdin, 0, 0, true);
        } else if path.contains("://") {
            return Err(DiscoverError::Remote(path.clone()));
        } else {
            match fs::metadata(path) {
                Ok(_) => found.path(Path::new(path), true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => found.pattern(path)?,
                Err(error) => return Err(DiscoverError::Io { path: path.clone(), error }),
            }
        }
    }
    let mut discovery = found.discovery;
    discovery.sources.sort_by(|a, b| (&a.delivered, &a.location).cmp(&(&b.delivered, &b.location)));
    Ok(discovery)
}

#[derive(Default)]
struct Finder {
    seen: BTreeSet<Location>,
    discovery: Discovery,
}

impl Finder {
    fn pattern(&mut self, pattern: &str) -> Result<(), DiscoverError> {
        if !pattern.contains(['*', '?', '[']) {
            return Err(DiscoverError::NotFound(pattern.to_owned()));
        }
        let matches = glob::glob(pattern).map_err(|error| DiscoverError::BadPattern {
            pattern: pattern.to_owned(),
            reason: error.msg.to_owned(),
        })?;
        let mut any = false;
        for entry in matches {
            any = true;
            match entry {
                Ok(path) => self.path(&path, false),
                Err(error) => {
                    let location = Location::File(error.path().to_owned());
                    self.discovery.failures.push((location, error.into()));
                }
            }
        }
        if any { Ok(()) } else { Err(DiscoverError::NotFound(pattern.to_owned())) }
    }

    fn path(&mut self, path: &Path, named: bool) {
        for entry in walkdir::WalkDir::new(path).follow_links(true) {
            match entry.and_then(|e| e.metadata().map(|m| (e, m))) {
                Ok((_, metadata)) if metadata.is_dir() => {}
                Ok((entry, metadata)) => {
                    let named = named && entry.depth() == 0;
                    let nanos = metadata.modified().map_or(0, nanos_since_epoch);
                    self.add(Location::File(entry.into_path()), metadata.len(), nanos, named);
                }
                Err(error) => {
                    let location = Location::File(error.path().unwrap_or(path).to_owned());
                    let reason = error.to_string();
                    let error = error.into_io_error().unwrap_or_else(|| io::Error::other(reason));
                    self.discovery.failures.push((location, error));
                }
            }
        }
    }

    fn add(&mut self, location: Location, bytes: u64, modified_nanos: i64, named: bool) {
        if self.seen.insert(location.clone()) {
            let delivered = match &location {
                Location::File(path) => delivery_minute(path),
                Location::Stdin => None,
            };
            let source = Source { location, bytes, modified_nanos, named, delivered };
            self.discovery.sources.push(source);
        }
    }
}

fn nanos_since_epoch(time: std::time::SystemTime) -> i64 {
    time.duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_nanos()).ok())
        .unwrap_or_default()
}

/// Reads `20230710T1145Z` from `..._CloudTrail_us-east-1_20230710T1145Z_7xgocspSowgK0Gto.json.gz`.
fn delivery_minute(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    name.split('_')
        .find(|part| {
            part.len() == 14
                && part.bytes().enumerate().all(|(at, byte)| match at {
                    8 => byte == b'T',
                    13 => byte == b'Z',
                    _ => byte.is_ascii_digit(),
                })
        })
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(discovery: &Discovery) -> Vec<String> {
        let name = |s: &Source| match &s.location {
            Location::File(path) => path.file_name().unwrap().to_string_lossy().into_owned(),
            Location::Stdin => "-".to_owned(),
        };
        discovery.sources.iter().map(name).collect()
    }

    #[test]
    fn folders_patterns_and_files_are_listed_once_by_delivery() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("AWSLogs/o-1/111122223333/CloudTrail/eu-west-1");
        fs::create_dir_all(&deep).unwrap();
        for name in [
            "1_CloudTrail_r_20260302T0000Z_b.json.gz",
            "2_CloudTrail_r_20260301T2355Z_a.json.gz",
            "notes.txt",
        ] {
            fs::write(deep.join(name), "x").unwrap();
        }
        let dir_name = dir.path().display().to_string();
        let found =
            discover(&[dir_name.clone(), format!("{dir_name}/**/*.gz"), "-".to_owned()]).unwrap();
        assert_eq!(
            names(&found),
            [
                "notes.txt",
                "-",
                "2_CloudTrail_r_20260301T2355Z_a.json.gz",
                "1_CloudTrail_r_20260302T0000Z_b.json.gz"
            ]
        );
        assert!(found.sources.iter().all(|s| s.named == (s.location == Location::Stdin)));
        let settled = found.sources[3].settled_before().map(|day| day.to_string());
        assert_eq!(settled.as_deref(), Some("2026-03-01"));
        assert_eq!(found.sources[0].settled_before(), None);
        assert!(!found.sources[0].claims_json() && found.sources[2].claims_json());
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        for path in ["no/such/path", "no/such/*.json"] {
            assert!(matches!(discover(&[path.to_owned()]), Err(DiscoverError::NotFound(_))));
        }
        assert!(matches!(discover(&["s3://b/p".to_owned()]), Err(DiscoverError::Remote(_))));
        assert!(matches!(discover(&["a[".to_owned()]), Err(DiscoverError::BadPattern { .. })));
    }
}
