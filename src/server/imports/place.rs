//! Where imports read: the folders and files that addresses mean, and those that they must not leave.

use crate::envelope::{Deliveries, DiscoverError, Discovery, Listing, Location, Source};
use crate::envelope::{discover_within, path_of};
use crate::server::buckets::{self, BucketError, Buckets, S3Uri, UriError, is_hidden};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Why nothing is imported from an address.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// It is of no form that is known.
    #[error(
        "{0}: logs are imported from s3://bucket/prefix/ of a bucket of this service, or file:///absolute/folder/"
    )]
    Form(String),
    /// It begins with `s3://` and is no address of objects.
    #[error("{0}: {1}")]
    Objects(String, UriError),
    /// No folder is mapped to the bucket.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// It is not below a folder that may be read.
    #[error(
        "{0} is not below a folder that imports may read; serve --import-root FOLDER lets them"
    )]
    Outside(String),
    /// There is nothing, or nothing that can be read.
    #[error("{0}: {1}")]
    Unreadable(String, io::Error),
}

/// Why a folder is none that imports may read.
#[derive(Debug, thiserror::Error)]
#[error("{folder}: {error}")]
pub struct RootError {
    folder: String,
    error: io::Error,
}

/// The folders of files that imports may read.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    /// As they were typed, and without links.
    folders: Vec<(PathBuf, PathBuf)>,
    anywhere: bool,
}

impl Roots {
    /// Lets imports read below these folders; without any, all files if `anywhere`.
    ///
    /// # Errors
    /// When one is no folder.
    pub fn new(folders: &[PathBuf], anywhere: bool) -> Result<Self, RootError> {
        let root = |folder: &PathBuf| {
            let wrong = |error| RootError { folder: folder.display().to_string(), error };
            let typed = std::path::absolute(folder).map_err(wrong)?;
            let real = std::fs::canonicalize(folder).map_err(wrong)?;
            match real.is_dir() {
                true => Ok((typed, real)),
                false => Err(wrong(io::ErrorKind::NotADirectory.into())),
            }
        };
        let folders = folders.iter().map(root).collect::<Result<Vec<_>, _>>()?;
        let anywhere = anywhere && folders.is_empty();
        Ok(Self { folders, anywhere })
    }

    /// Returns what an address means, which is there.
    ///
    /// # Errors
    /// When it is none, or what it means cannot be read or must not.
    pub fn place(&self, uri: &str, buckets: &Buckets) -> Result<Place, PlaceError> {
        if uri.starts_with("s3://") {
            return in_bucket(uri, buckets);
        }
        let path = file_path(uri).ok_or_else(|| PlaceError::Form(uri.to_owned()))?;
        let unreadable = |error| PlaceError::Unreadable(uri.to_owned(), error);
        if self.anywhere {
            let path = std::fs::canonicalize(path).map_err(unreadable)?;
            return Ok(Place { path, within: None, is_bucket: false });
        }
        let outside = || PlaceError::Outside(uri.to_owned());
        let is_below =
            |(typed, real): &&(PathBuf, PathBuf)| path.starts_with(typed) || path.starts_with(real);
        // Whether there is something elsewhere is not told.
        let (_, root) = self.folders.iter().find(is_below).ok_or_else(outside)?;
        let path = std::fs::canonicalize(&path).map_err(unreadable)?;
        match path.starts_with(root) {
            true => Ok(Place { path, within: Some(root.clone()), is_bucket: false }),
            false => Err(outside()),
        }
    }
}

fn in_bucket(uri: &str, buckets: &Buckets) -> Result<Place, PlaceError> {
    let address = S3Uri::parse(uri).map_err(|error| PlaceError::Objects(uri.to_owned(), error))?;
    let folder = buckets.get(&address.bucket)?.folder();
    let unreadable = |error| PlaceError::Unreadable(uri.to_owned(), error);
    let key = address.prefix.trim_end_matches('/');
    let path = match key.is_empty() {
        true => Some(folder.to_owned()),
        false => buckets::path_of(folder, key),
    };
    let path = path.ok_or(io::ErrorKind::NotFound).map_err(|kind| unreadable(kind.into()))?;
    let path = std::fs::canonicalize(path).map_err(unreadable)?;
    match path.starts_with(folder) {
        true => Ok(Place { path, within: Some(folder.to_owned()), is_bucket: true }),
        false => Err(unreadable(io::ErrorKind::NotFound.into())),
    }
}

/// Returns the path of an address as RFC 8089 has it, `file:///path`; `None` for one that is not absolute, of another
/// machine, or leads upwards.
fn file_path(uri: &str) -> Option<PathBuf> {
    let path = uri.strip_prefix("file://")?;
    let path = path.strip_prefix("localhost").unwrap_or(path);
    let path = if cfg!(windows) { path.strip_prefix('/')? } else { path };
    let path = decoded(path)?;
    let is_part = |part: &str| part != "." && part != ".." && !part.contains('\0');
    let leads_down = path.to_string_lossy().split(['/', '\\']).all(is_part);
    (path.is_absolute() && leads_down).then_some(path)
}

/// Decodes percent signs, of which each has two digits behind it.
fn decoded(text: &str) -> Option<PathBuf> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        bytes.push(match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                rest = after;
                let digit = |digit: u8| char::from(digit).to_digit(16);
                u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?
            }
            (b'%', _) => return None,
            (byte, _) => *byte,
        });
    }
    match String::from_utf8(bytes) {
        Ok(path) => Some(path.into()),
        Err(error) => path_of(&escaped(error.as_bytes())),
    }
}

/// Writes a path that is no UTF-8 as [`path_of`] reads it.
fn escaped(path: &[u8]) -> String {
    let byte = |byte: &u8| match byte {
        b'\\' => "\\\\".to_owned(),
        0..=127 => char::from(*byte).to_string(),
        _ => format!("\\x{byte:02X}"),
    };
    format!("bytes:{}", path.iter().map(byte).collect::<String>())
}

/// A folder or file that is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Without links.
    path: PathBuf,
    /// The folder that no link leads out of.
    within: Option<PathBuf>,
    is_bucket: bool,
}

impl Place {
    /// Finds its files, until `stop` is set.
    ///
    /// # Errors
    /// When it is not there any more, or has become a link that leads elsewhere.
    pub(super) fn find(
        &self,
        wanted: &Deliveries,
        stop: &AtomicBool,
    ) -> Result<Discovery, DiscoverError> {
        let failed = |error| DiscoverError::Io { path: self.path.display().to_string(), error };
        let now = std::fs::canonicalize(&self.path).map_err(failed)?;
        if now != self.path {
            return Err(failed(io::Error::other("it has become a link to something else")));
        }
        let mut found = discover_within(&self.path, self.within.as_deref(), wanted, stop)?;
        if self.is_bucket {
            found.sources.retain(|source| !is_hidden(&name_of(source)));
        }
        let before = found.sources.len();
        found.sources.retain(|source| is_in_time(source, wanted));
        found.not_wanted += (before - found.sources.len()) as u64;
        Ok(found)
    }
}

fn name_of(source: &Source) -> String {
    let Location::File(path) = &source.location else { return String::new() };
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a file may have events that are wanted: where its name does not tell it, by the day that its folder is for.
fn is_in_time(source: &Source, wanted: &Deliveries) -> bool {
    let Location::File(path) = &source.location else { return true };
    let folder = path.parent().unwrap_or(Path::new("")).to_string_lossy();
    source.named_millis().is_some() || wanted.listing(&folder) != Some(Listing::Skip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn addresses_of_files_are_read() {
        for (uri, path) in [
            ("file:///logs/", Some("/logs/")),
            ("file:///a%20b/%25", Some("/a b/%")),
            ("file://localhost/a b", Some("/a b")),
            ("file:///..a/b..", Some("/..a/b..")),
            ("file:///", Some("/")),
            ("file://", None),
            ("file://logs/", None),
            ("file:/logs", None),
            ("file:///a/../b", None),
            ("file:///a/%2e%2E/b", None),
            ("file:///a/./b", None),
            ("file:///100%", None),
            ("file:///a%2", None),
            ("file:///a%zz", None),
            ("file:///a%00", None),
            ("FILE:///a", None),
            ("/a", None),
            ("", None),
        ] {
            if cfg!(unix) {
                assert_eq!(file_path(uri), path.map(PathBuf::from), "{uri}");
            }
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            let path = file_path("file:///%E9\\%FF").unwrap();
            assert_eq!(path.as_os_str().as_bytes(), b"/\xE9\\\xFF");
        }
    }

    #[test]
    #[cfg(unix)]
    fn nothing_outside_the_roots_is_read() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let dir = fs::canonicalize(dir.path()).unwrap();
        for folder in ["root/logs", "root2", "bucket/AWSLogs"] {
            fs::create_dir_all(dir.join(folder)).unwrap();
        }
        symlink(dir.join("root2"), dir.join("root/out")).unwrap();
        symlink(dir.join("root2"), dir.join("bucket/out")).unwrap();
        symlink(dir.join("root"), dir.join("link")).unwrap();
        let at = dir.display();
        let buckets = Buckets::parse([format!("logs={at}/bucket").as_str()]).unwrap();
        let told = |roots: &Roots, uri: &str| match roots.place(uri, &buckets) {
            Ok(place) => place.path.strip_prefix(&dir).unwrap().display().to_string(),
            Err(PlaceError::Outside(_)) => "outside".to_owned(),
            Err(PlaceError::Unreadable(..)) => "unreadable".to_owned(),
            Err(_) => "wrong".to_owned(),
        };
        let roots = Roots::new(&[dir.join("link")], true).unwrap();
        for (uri, place) in [
            ("root/", "root"),
            ("root/logs", "root/logs"),
            ("link/logs/", "root/logs"),
            ("root/none", "unreadable"),
            ("root/out/", "outside"),
            ("root2/", "outside"),
            ("none/", "outside"),
            ("root/../root2", "wrong"),
        ] {
            assert_eq!(told(&roots, &format!("file://{at}/{uri}")), place, "{uri}");
        }
        for (uri, place) in [
            ("s3://logs", "bucket"),
            ("s3://logs/AWSLogs/", "bucket/AWSLogs"),
            ("s3://logs/none", "unreadable"),
            ("s3://logs/out", "unreadable"),
            ("s3://logs/../root", "wrong"),
            ("s3://other/", "wrong"),
            ("https://logs/", "wrong"),
        ] {
            assert_eq!(told(&roots, uri), place, "{uri}");
        }
        let anywhere = Roots::new(&[], true).unwrap();
        assert_eq!(told(&anywhere, &format!("file://{at}/root/out/")), "root2");
        let nowhere = Roots::new(&[], false).unwrap();
        assert_eq!(told(&nowhere, &format!("file://{at}/root/")), "outside");
        assert!(Roots::new(&[dir.join("none")], false).is_err());
    }

    #[test]
    fn files_are_found_that_are_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let logs = dir.path().join("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03");
        for (day, name) in [
            ("01", "a.json"),
            ("02", "a.json"),
            ("02", ".a.json.metadata.json"),
            ("02", "111122223333_CloudTrail_eu-west-1_20260301T2359Z_a.json"),
        ] {
            fs::create_dir_all(logs.join(day)).unwrap();
            fs::write(logs.join(day).join(name), "{}").unwrap();
        }
        let buckets = Buckets::parse([format!("logs={}", dir.path().display()).as_str()]).unwrap();
        let place = Roots::default().place("s3://logs", &buckets).unwrap();
        let from = "2026-03-02T00:00:00Z".parse().ok();
        let find = |wanted: &Deliveries| {
            let found = place.find(wanted, &AtomicBool::new(false)).unwrap();
            (found.sources.len(), found.not_wanted)
        };
        assert_eq!(find(&Deliveries::default()), (3, 0));
        assert_eq!(find(&Deliveries::between(from, None)), (1, 2));
        assert_eq!(find(&Deliveries::between(None, from)), (3, 0));
    }
}
