//! From the paths a user types to the list of sources to read.

use super::delivery::{self, Deliveries};
use super::names;
use super::objects::Objects;
use super::pattern::Pattern;
use chrono::{NaiveDate, TimeDelta};
use std::collections::BTreeSet;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where a source is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// A file.
    File(PathBuf),
    /// A named pipe or a device, which the user named itself.
    Pipe(PathBuf),
    /// Standard input, written `-`.
    Stdin,
    /// An object that is not on this machine, by its address: `s3://bucket/key`.
    Object(String),
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) | Self::Pipe(path) => f.write_str(&names::shown(path)),
            Self::Stdin => f.write_str("standard input"),
            Self::Object(address) => f.write_str(&names::shown(Path::new(address))),
        }
    }
}

/// How the names of packed files end. An archive may hold anything, so its own name claims only what stands before this:
/// `a.json.zip` does, `a.zip` and `a.tgz` do not.
const PACKED_EXTENSIONS: [&str; 16] = [
    ".gz", ".bz2", ".xz", ".zst", ".zstd", ".lz4", ".snappy", ".sz", ".z", ".zz", ".zlib", ".lz",
    ".lzo", ".tar", ".zip", ".7z",
];

impl Location {
    /// Returns a text that identifies this file or object, by which it can be remembered;
    /// `None` for what can be read only once.
    pub fn key(&self) -> Option<String> {
        let path = match self {
            Self::File(path) => path,
            Self::Object(address) => return Some(address.clone()),
            Self::Pipe(_) | Self::Stdin => return None,
        };
        let place = fs::canonicalize(path).or_else(|_| std::path::absolute(path)).ok()?;
        Some(names::key(&place))
    }
}

/// One file, object, pipe, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub location: Location,
    /// Its size in bytes, compressed as it is; 0 for pipes and standard input.
    pub bytes: u64,
    /// When it was last changed, in nanoseconds since 1970; 0 when unknown.
    pub modified_nanos: i64,
    /// Whether the user named this very file, not a folder or pattern around it.
    pub named: bool,
    /// Minute of delivery from a CloudTrail file name, as `yyyyMMddTHHmmZ`.
    delivered: Option<String>,
}

impl Source {
    /// Returns a source at a place, with the minute of delivery that its name tells.
    pub fn new(location: Location, bytes: u64, modified_nanos: i64, named: bool) -> Self {
        let delivered = match &location {
            Location::File(path) => delivery::minute(path),
            Location::Object(address) => delivery::minute(Path::new(address)),
            Location::Pipe(_) | Location::Stdin => None,
        };
        Self { location, bytes, modified_nanos, named, delivered }
    }

    /// Returns a pipe that the user named.
    #[cfg(all(test, unix))]
    pub(super) fn pipe(path: PathBuf) -> Self {
        Self::new(Location::Pipe(path), 0, 0, true)
    }

    /// The day before which events are hardly delivered any more when this source is read: that of
    /// its delivery, some hours earlier. `None` when the name has no time.
    pub fn complete_before(&self) -> Option<NaiveDate> {
        let delivered = delivery::time(self.delivered.as_deref()?)?;
        Some((delivered - TimeDelta::hours(3)).date())
    }

    /// When it was delivered as its name tells, in milliseconds since 1970 UTC.
    pub fn named_millis(&self) -> Option<i64> {
        delivery::millis(self.delivered.as_deref()?)
    }

    /// When it was delivered, in milliseconds since 1970 UTC: the minute in a CloudTrail file name, else when it was
    /// last changed. `None` when unknown.
    pub fn delivered_millis(&self) -> Option<i64> {
        let changed = Some(self.modified_nanos).filter(|nanos| *nanos != 0);
        self.named_millis().or_else(|| changed.map(|nanos| nanos.div_euclid(1_000_000)))
    }

    /// Whether the name says that JSON is inside, so that anything else is a failure.
    pub fn claims_json(&self) -> bool {
        let path = match &self.location {
            Location::File(path) => path,
            Location::Object(address) => Path::new(address),
            Location::Pipe(_) | Location::Stdin => return true,
        };
        self.named || claims_json(&path.file_name().unwrap_or_default().to_string_lossy())
    }
}

/// Whether the name of a file says that JSON is inside, packed or not.
pub(super) fn claims_json(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut name = name.as_str();
    while let Some(rest) = PACKED_EXTENSIONS.iter().find_map(|end| name.strip_suffix(end)) {
        name = rest;
    }
    [".json", ".jsonl", ".ndjson"].iter().any(|end| name.ends_with(end))
}

/// What [`discover`] found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The sources, oldest delivery first, so that the events of a day arrive together.
    pub sources: Vec<Source>,
    /// Paths that could not be looked into, with the reason.
    pub failures: Vec<(Location, io::Error)>,
    /// What is found below a folder or by a pattern and is not a file, and what it is.
    pub skipped: Vec<(Location, &'static str)>,
    /// Files that the user wants left out.
    pub excluded: Vec<Location>,
    /// Number of a trail's log files that are not of the accounts, regions and times that are wanted.
    pub not_wanted: u64,
    /// What brings the bytes of the objects among the sources.
    pub objects: Option<Arc<dyn Objects>>,
}

impl Discovery {
    /// Brings the sources into the order of their delivery.
    pub fn sort(&mut self) {
        self.sources.sort_by(|a, b| (&a.delivered, &a.location).cmp(&(&b.delivered, &b.location)));
    }
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
    /// An address where only files are meant.
    #[error(
        "{0}: only files are read here; import and query --input read s3://BUCKET/PREFIX, and aws s3 sync copies it"
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
/// A pipe or device is a source only where the user names it. Below folders, anything but files is
/// skipped.
///
/// # Errors
/// When a path does not exist or a pattern cannot be read. What cannot be read below a
/// folder is a failure in [`Discovery`], not an error.
pub fn discover(paths: &[impl AsRef<Path>]) -> Result<Discovery, DiscoverError> {
    discover_except(paths, &[] as &[&Path], &Deliveries::default())
}

/// Finds the files that `paths` mean, as [`discover`], without those that a pattern of `excluded`
/// means: by their name, by their path below the folder that was named, or by a folder above them. Of a trail's log files
/// below folders and patterns only those are listed that `wanted` wants.
///
/// # Errors
/// As [`discover`].
pub fn discover_except(
    paths: &[impl AsRef<Path>],
    excluded: &[impl AsRef<Path>],
    wanted: &Deliveries,
) -> Result<Discovery, DiscoverError> {
    let mut found = Finder::new(excluded, wanted)?;
    for path in paths {
        found.add_argument(path.as_ref())?;
    }
    let mut discovery = found.discovery;
    discovery.sort();
    Ok(discovery)
}

/// Finds the files that `paths` mean, all of them at or below the folder `root`, as [`discover_except`] finds them for `root`:
/// none counts as named by the user. Paths that are not there any more are passed over.
///
/// # Errors
/// When a pattern cannot be read.
pub fn discover_below(
    root: &Path,
    paths: impl IntoIterator<Item = PathBuf>,
    excluded: &[PathBuf],
    wanted: &Deliveries,
) -> Result<Discovery, DiscoverError> {
    let mut found = Finder::new(excluded, wanted)?;
    for path in paths {
        if fs::symlink_metadata(&path).is_ok() {
            found.add_path(&path, Some(root));
        }
    }
    found.discovery.sort();
    Ok(found.discovery)
}

/// Finds the file `path`, or the files below it that `wanted` wants, until `stop` is set. Where a link below it leads out of
/// the folder `within` is a failure, and what it leads to is not looked at.
///
/// # Errors
/// When there is no such file or folder.
pub fn discover_within(
    path: &Path,
    within: Option<&Path>,
    wanted: &Deliveries,
    stop: &AtomicBool,
) -> Result<Discovery, DiscoverError> {
    let failed = |error| DiscoverError::Io { path: names::shown(path), error };
    let what = fs::metadata(path).map_err(failed)?;
    if !what.is_file() && !what.is_dir() {
        return Err(failed(io::Error::other(file_kind(what.file_type()))));
    }
    let bounds = Some(Bounds { within, stop });
    let mut found = Finder { wanted: wanted.clone(), bounds, ..Finder::default() };
    found.add_path(path, None);
    found.discovery.sort();
    Ok(found.discovery)
}

/// Reads a pattern of paths.
///
/// # Errors
/// When it cannot be read.
pub fn read_pattern(path: &Path) -> Result<Pattern, DiscoverError> {
    Pattern::new(path)
        .map_err(|reason| DiscoverError::BadPattern { pattern: names::shown(path), reason })
}

/// What a search keeps to.
#[derive(Clone, Copy)]
struct Bounds<'a> {
    within: Option<&'a Path>,
    stop: &'a AtomicBool,
}

impl Bounds<'_> {
    fn are_left_by(&self, entry: &walkdir::DirEntry) -> bool {
        let is_inside = |folder: &Path| {
            fs::canonicalize(entry.path()).is_ok_and(|target| target.starts_with(folder))
        };
        entry.path_is_symlink() && self.within.is_some_and(|folder| !is_inside(folder))
    }
}

#[derive(Default)]
struct Finder<'a> {
    bounds: Option<Bounds<'a>>,
    excluded: Vec<Pattern>,
    wanted: Deliveries,
    seen: BTreeSet<Location>,
    discovery: Discovery,
}

impl Finder<'_> {
    fn new(excluded: &[impl AsRef<Path>], wanted: &Deliveries) -> Result<Self, DiscoverError> {
        let excluded = excluded.iter().map(|pattern| read_pattern(pattern.as_ref()));
        let excluded = excluded.collect::<Result<_, _>>()?;
        Ok(Self { excluded, wanted: wanted.clone(), ..Self::default() })
    }

    /// Takes a path as the user typed it.
    fn add_argument(&mut self, path: &Path) -> Result<(), DiscoverError> {
        if path.as_os_str() == "-" {
            self.add_source(Location::Stdin, 0, 0, true);
            return Ok(());
        }
        match fs::metadata(path) {
            Ok(found) if found.is_file() || found.is_dir() => self.add_path(path, None),
            Ok(found) => self.add_stream(path, &found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(error) = dangling_link(path) {
                    return Err(DiscoverError::Io { path: names::shown(path), error });
                }
                if path.to_string_lossy().contains("://") {
                    return Err(DiscoverError::Remote(names::shown(path)));
                }
                return self.add_pattern(path);
            }
            Err(error) => return Err(DiscoverError::Io { path: names::shown(path), error }),
        }
        Ok(())
    }

    /// Takes what is neither file nor folder and was named by the user.
    fn add_stream(&mut self, path: &Path, found: &Metadata) {
        let location = Location::Pipe(path.to_owned());
        match file_kind(found.file_type()) {
            SOCKET => {
                let error = io::Error::other("a socket, from which nothing can be read");
                self.discovery.failures.push((location, error));
            }
            _ => self.add_source(location, 0, 0, true),
        }
    }

    fn add_pattern(&mut self, path: &Path) -> Result<(), DiscoverError> {
        let not_found = || DiscoverError::NotFound(names::shown(path));
        if !Pattern::is_pattern(path) {
            return Err(not_found());
        }
        let pattern = read_pattern(path)?;
        let mut any = false;
        pattern.expand(&mut |found| {
            any = true;
            match found {
                Ok(path) => self.add_path(&path, Some(pattern.base())),
                Err((path, error)) => self.discovery.failures.push((Location::File(path), error)),
            }
        });
        if any { Ok(()) } else { Err(not_found()) }
    }

    /// Takes a file, or all files below a folder. `base` is where a pattern began that meant it.
    fn add_path(&mut self, path: &Path, base: Option<&Path>) {
        let mut entries = walkdir::WalkDir::new(path).follow_links(true).into_iter();
        while let Some(entry) = entries.next() {
            if self.bounds.is_some_and(|bounds| bounds.stop.load(Ordering::Relaxed)) {
                return;
            }
            if let (Some(bounds), Ok(link)) = (self.bounds, &entry)
                && bounds.are_left_by(link)
            {
                let error = io::Error::new(io::ErrorKind::PermissionDenied, LEADS_OUT);
                self.discovery.failures.push((Location::File(link.path().to_owned()), error));
                if link.file_type().is_dir() {
                    entries.skip_current_dir();
                }
                continue;
            }
            let at = match &entry {
                Ok(entry) => entry.path(),
                Err(error) => error.path().unwrap_or(path),
            };
            let folder = entry.as_ref().is_ok_and(|entry| entry.file_type().is_dir());
            if !folder && self.is_excluded(at, base.unwrap_or(path)) {
                self.discovery.excluded.push(Location::File(at.to_owned()));
                continue;
            }
            match entry.and_then(|e| e.metadata().map(|m| (e, m))) {
                Ok((_, metadata)) if metadata.is_dir() => {}
                Ok((entry, metadata)) if !metadata.is_file() => {
                    let what = file_kind(metadata.file_type());
                    self.discovery.skipped.push((Location::File(entry.into_path()), what));
                }
                Ok((entry, metadata)) => {
                    let named = base.is_none() && entry.depth() == 0;
                    if !named && !self.wanted.want(entry.path()) {
                        self.discovery.not_wanted += 1;
                        continue;
                    }
                    let nanos = metadata.modified().map_or(0, nanos_since_epoch);
                    self.add_source(
                        Location::File(entry.into_path()),
                        metadata.len(),
                        nanos,
                        named,
                    );
                }
                Err(error) => self.add_failure(error, path),
            }
        }
    }

    fn is_excluded(&self, path: &Path, base: &Path) -> bool {
        let below = path.strip_prefix(base).ok().filter(|below| !below.as_os_str().is_empty());
        let below = below.unwrap_or_else(|| Path::new(path.file_name().unwrap_or_default()));
        self.excluded.iter().any(|pattern| match pattern.base().is_absolute() {
            true => std::path::absolute(path).is_ok_and(|whole| pattern.matches_path(&whole)),
            false => pattern.matches_path(below),
        })
    }

    fn add_failure(&mut self, error: walkdir::Error, path: &Path) {
        let path = error.path().unwrap_or(path).to_owned();
        let reason = error.to_string();
        let error = dangling_link(&path)
            .or_else(|| error.into_io_error())
            .unwrap_or_else(|| io::Error::other(reason));
        self.discovery.failures.push((Location::File(path), error));
    }

    fn add_source(&mut self, location: Location, bytes: u64, modified_nanos: i64, named: bool) {
        if self.seen.insert(location.clone()) {
            self.discovery.sources.push(Source::new(location, bytes, modified_nanos, named));
        }
    }
}

/// Returns the error of a link whose target does not exist.
fn dangling_link(path: &Path) -> Option<io::Error> {
    let target = fs::read_link(path).ok()?;
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let reason = format!("a link to {}, which does not exist", names::shown(&target));
            Some(io::Error::new(io::ErrorKind::NotFound, reason))
        }
        _ => None,
    }
}

const SOCKET: &str = "a socket";
const LEADS_OUT: &str = "a link that leads out of the folder that may be read";

/// Names what is neither file nor folder.
#[cfg(unix)]
fn file_kind(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        SOCKET
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn file_kind(_: FileType) -> &'static str {
    "not a regular file"
}

fn nanos_since_epoch(time: std::time::SystemTime) -> i64 {
    time.duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_nanos()).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(discovery: &Discovery) -> Vec<String> {
        let name = |s: &Source| match &s.location {
            Location::File(path) => path.file_name().unwrap().to_string_lossy().into_owned(),
            Location::Pipe(_) | Location::Stdin | Location::Object(_) => "-".to_owned(),
        };
        discovery.sources.iter().map(name).collect()
    }

    #[test]
    #[cfg(unix)]
    fn links_do_not_lead_out_of_a_folder() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let dir = fs::canonicalize(dir.path()).unwrap();
        let (root, other) = (dir.join("root"), dir.join("root2"));
        for folder in [&root.join("logs"), &root.join("more"), &other] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("a.json"), "{}").unwrap();
        }
        symlink(&other, root.join("logs/folder")).unwrap();
        symlink("../../root2/a.json", root.join("logs/file.json")).unwrap();
        symlink(root.join("more"), root.join("logs/inside")).unwrap();
        symlink(root.join("none"), root.join("logs/dangling")).unwrap();
        let find = |within: Option<&Path>, stop| {
            let stop = AtomicBool::new(stop);
            discover_within(&root.join("logs"), within, &Deliveries::default(), &stop).unwrap()
        };
        let below = |location: &Location| {
            location.to_string().strip_prefix(root.to_str().unwrap()).unwrap().to_owned()
        };
        let found = find(Some(&root), false);
        let sources: Vec<_> = found.sources.iter().map(|source| below(&source.location)).collect();
        assert_eq!(sources, ["/logs/a.json", "/logs/inside/a.json"]);
        let mut failures: Vec<_> = found.failures.iter().map(|(at, _)| below(at)).collect();
        failures.sort_unstable();
        assert_eq!(failures, ["/logs/dangling", "/logs/file.json", "/logs/folder"]);
        assert_eq!(find(None, false).sources.len(), 4);
        assert_eq!(find(None, true).sources.len(), 0);
        let stop = AtomicBool::new(false);
        let none = discover_within(&root.join("none*"), None, &Deliveries::default(), &stop);
        assert!(matches!(none, Err(DiscoverError::Io { .. })));
        let device = discover_within(Path::new("/dev/null"), None, &Deliveries::default(), &stop);
        assert!(device.unwrap_err().to_string().contains("a device"));
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
        let settled = found.sources[3].complete_before().map(|day| day.to_string());
        assert_eq!(settled.as_deref(), Some("2026-03-01"));
        assert_eq!(found.sources[0].complete_before(), None);
        assert!(!found.sources[0].claims_json() && found.sources[2].claims_json());
        for (name, claims) in [
            ("a.jsonl.zst", true),
            ("A.JSON.Z", true),
            ("b.json.tar.gz", true),
            ("a.zip", false),
            ("a.tgz", false),
        ] {
            fs::write(dir.path().join(name), "x").unwrap();
            let found = discover(&[dir.path().join(format!("{}*", &name[..3]))]).unwrap();
            assert_eq!(found.sources[0].claims_json(), claims, "{name}");
            fs::remove_file(dir.path().join(name)).unwrap();
        }
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        for path in ["no/such/path", "no/such/*.json"] {
            assert!(matches!(discover(&[path]), Err(DiscoverError::NotFound(_))));
        }
        assert!(matches!(discover(&["s3://b/p"]), Err(DiscoverError::Remote(_))));
        assert!(matches!(discover(&["a["]), Err(DiscoverError::BadPattern { .. })));
    }

    #[test]
    fn files_are_excluded_by_name_and_by_path_below_what_was_named() {
        let dir = tempfile::tempdir().unwrap();
        let logs = dir.path().join("logs");
        for file in ["a.json", "a.tmp", "old/b.json", "x/old/c.json", "x/d.json"] {
            fs::create_dir_all(logs.join(file).parent().unwrap()).unwrap();
            fs::write(logs.join(file), "x").unwrap();
        }
        let rest = |path: PathBuf, excluded: &[&str]| {
            let found = discover_except(&[path], excluded, &Deliveries::default()).unwrap();
            assert_eq!(found.sources.len() + found.excluded.len(), 5);
            let mut names = names(&found);
            names.sort_unstable();
            names.join(" ")
        };
        assert_eq!(rest(logs.clone(), &["*.tmp"]), "a.json b.json c.json d.json");
        assert_eq!(rest(logs.clone(), &["*.tmp", "old"]), "a.json d.json");
        assert_eq!(rest(logs.clone(), &["old/*", "d.*"]), "a.json a.tmp c.json");
        assert_eq!(rest(logs.join("**"), &["old/*", "d.*"]), "a.json a.tmp c.json");
        assert_eq!(rest(logs.join("**/*.*"), &["x/**"]), "a.json a.tmp b.json");
        let absolute = logs.join("x/*/*").display().to_string();
        assert_eq!(rest(logs.clone(), &[&absolute]), "a.json a.tmp b.json d.json");
        let all = Deliveries::default();
        let named = discover_except(&[logs.join("a.tmp")], &["a.tmp"], &all).unwrap();
        assert_eq!((named.sources.len(), named.excluded.len()), (0, 1));
        assert!(discover_except(&[logs], &["a["], &all).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_skipped_below_a_folder_and_read_when_named() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe.json");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let _socket =
            std::os::unix::net::UnixListener::bind(dir.path().join("socket.json")).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("link.json")).unwrap();
        for path in [dir.path().to_owned(), dir.path().join("*.json")] {
            let found = discover(&[path]).unwrap();
            assert!(found.sources.is_empty());
            let mut skipped: Vec<_> = found.skipped.iter().map(|(_, what)| *what).collect();
            skipped.sort_unstable();
            assert_eq!(skipped, ["a named pipe", "a socket"]);
            assert_eq!(found.failures.len(), 1);
            assert_eq!(found.failures[0].1.to_string(), "a link to nowhere, which does not exist");
        }
        let found = discover(&[&pipe]).unwrap();
        assert_eq!(found.sources[0].location, Location::Pipe(pipe));
        assert_eq!(found.sources[0].location.key(), None);
        let found = discover(&[dir.path().join("socket.json")]).unwrap();
        assert!(found.failures[0].1.to_string().contains("socket"));
        let error = discover(&[dir.path().join("link.json")]).unwrap_err();
        assert!(error.to_string().ends_with("a link to nowhere, which does not exist"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_are_found_and_told_apart() {
        use std::os::unix::ffi::OsStrExt;
        let dir = tempfile::tempdir().unwrap();
        for name in [&b"\xe8.json"[..], b"\xe9.json"] {
            fs::write(dir.path().join(std::ffi::OsStr::from_bytes(name)), "x").unwrap();
        }
        for path in [dir.path().to_owned(), dir.path().join("?.json")] {
            let found = discover(&[path]).unwrap();
            let keys: Vec<_> = found.sources.iter().map(|s| s.location.key().unwrap()).collect();
            assert!(keys.len() == 2 && keys[0] != keys[1], "{keys:?}");
            assert!(found.sources[1].location.to_string().ends_with(r"\xE9.json"));
        }
    }
}
