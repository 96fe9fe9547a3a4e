//! Buckets of the service: names for folders, whose files are objects.
//!
//! Objects are written once and never overwritten. What S3 keeps beside an object, its metadata, is in a hidden file next
//! to it, for a folder has no place of its own for it.

mod key;
mod list;
mod new_object;
mod uri;
mod walk;

pub use key::{is_hidden, path_of};
pub use list::{Item, ListQuery, Listing};
pub use new_object::NewObject;
pub use uri::{S3Uri, UriError, is_bucket_name};

use crate::store::{StoreError, write_new};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Metadata of an object: names in lower case, without `x-amz-meta-`.
pub type Metadata = BTreeMap<String, String>;

/// Why an object is not read or written.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// No folder has this name.
    #[error("there is no bucket {0}; serve --bucket {0}=FOLDER maps one to a folder that is there")]
    NoBucket(String),
    /// The bucket is mapped to be read alone, or its folder may only be read.
    #[error("the bucket {0} cannot be written: {1}")]
    Denied(String, String),
    /// No object has this key, or none can.
    #[error("there is no object {0}")]
    NoKey(String),
    /// An object has this key already, and other bytes.
    #[error("there is an object {0} already, and objects are not overwritten")]
    Exists(String),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a folder is no bucket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// It is not of the form `NAME=FOLDER`.
    #[error("{0}: a bucket is given as NAME=FOLDER, or NAME=FOLDER,ro for one that is read alone")]
    Form(String),
    /// The name is none that S3 takes.
    #[error(
        "{0}: the name of a bucket has 3 to 63 lower-case letters, digits, dots and dashes, and begins and ends with a \
         letter or digit"
    )]
    Name(String),
    /// A name is given twice.
    #[error("the bucket {0} is given twice")]
    Twice(String),
    /// The folder is not there.
    #[error("{0}: {1}")]
    Folder(PathBuf, String),
}

/// Folders by the names of their buckets.
#[derive(Debug, Clone, Default)]
pub struct Buckets(BTreeMap<String, Bucket>);

/// A folder whose files are objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    name: String,
    folder: PathBuf,
    is_read_only: bool,
}

/// An object as it is in its folder.
#[derive(Debug)]
pub struct Object {
    /// Its bytes.
    pub file: File,
    /// How many.
    pub size: u64,
    /// When it was written.
    pub modified: SystemTime,
    /// What is told of it.
    pub metadata: Metadata,
}

impl Buckets {
    /// Reads mappings of the form `NAME=FOLDER` or `NAME=FOLDER,ro`.
    ///
    /// # Errors
    /// When one is of another form, a name is none of a bucket or given twice, or a folder is not there.
    pub fn parse<'a>(mappings: impl IntoIterator<Item = &'a str>) -> Result<Self, MappingError> {
        let mut buckets = BTreeMap::new();
        for mapping in mappings {
            let bucket = Bucket::parse(mapping)?;
            if let Some(twice) = buckets.insert(bucket.name.clone(), bucket) {
                return Err(MappingError::Twice(twice.name));
            }
        }
        Ok(Self(buckets))
    }

    /// Returns a bucket by its name.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &str) -> Result<&Bucket, BucketError> {
        self.0.get(name).ok_or_else(|| BucketError::NoBucket(name.to_owned()))
    }

    /// Returns all of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Bucket> {
        self.0.values()
    }
}

impl Bucket {
    fn parse(mapping: &str) -> Result<Self, MappingError> {
        let form = || MappingError::Form(mapping.to_owned());
        let (name, folder) = mapping.split_once('=').ok_or_else(form)?;
        let (folder, is_read_only) = match folder.strip_suffix(",ro") {
            Some(folder) => (folder, true),
            None => (folder, false),
        };
        if folder.is_empty() {
            return Err(form());
        }
        if !uri::is_bucket_name(name) {
            return Err(MappingError::Name(name.to_owned()));
        }
        let wrong = |error: io::Error| MappingError::Folder(folder.into(), error.to_string());
        let folder = fs::canonicalize(folder).map_err(wrong)?;
        if !folder.is_dir() {
            return Err(MappingError::Folder(folder, "this is no folder".to_owned()));
        }
        Ok(Self { name: name.to_owned(), folder, is_read_only })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder of its objects.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it is mapped to be read alone.
    pub fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// Writes an object, its metadata first, so that it is never there without them. The same bytes again are no error:
    /// whoever was interrupted may repeat what it did.
    ///
    /// # Errors
    /// When the bucket is read alone, no object can have the key, one of other bytes has it, or a file cannot be written.
    pub fn put(&self, key: &str, bytes: &[u8], metadata: &Metadata) -> Result<(), BucketError> {
        let path = self.path_to_write(key)?;
        if !metadata.is_empty() && !path.exists() {
            let text = serde_json::to_vec(metadata).unwrap_or_default();
            self.write(&key::metadata_path(&path), key, &text)?;
        }
        self.write(&path, key, bytes)
    }

    fn write(&self, path: &Path, key: &str, bytes: &[u8]) -> Result<(), BucketError> {
        let is_new = write_new(path, bytes).map_err(|error| self.not_written(error))?;
        let is_same = || fs::read(path).is_ok_and(|found| found == bytes);
        if is_new || is_same() { Ok(()) } else { Err(BucketError::Exists(key.to_owned())) }
    }

    /// Opens an object.
    ///
    /// # Errors
    /// When there is none of that key, or its file cannot be read.
    pub fn open(&self, key: &str) -> Result<Object, BucketError> {
        let path = self.path(key)?;
        let wrong = |error: io::Error| match is_absent(&error) {
            true => BucketError::NoKey(key.to_owned()),
            false => self.failed(&path, error),
        };
        // Looked at before it is opened: opening a pipe would wait for its other end.
        if !fs::metadata(&path).map_err(wrong)?.is_file() {
            return Err(BucketError::NoKey(key.to_owned()));
        }
        let file = File::open(&path).map_err(wrong)?;
        let found = file.metadata().map_err(wrong)?;
        let metadata = fs::read(key::metadata_path(&path)).unwrap_or_default();
        Ok(Object {
            file,
            size: found.len(),
            modified: found.modified().map_err(wrong)?,
            metadata: serde_json::from_slice(&metadata).unwrap_or_default(),
        })
    }

    /// Whether its folder is there, as it was at the start.
    pub fn is_there(&self) -> bool {
        self.folder.is_dir()
    }

    /// Returns the file of an object that is to be written. A folder that is gone is not made anew: it may be on a disk
    /// that is not there now.
    fn path_to_write(&self, key: &str) -> Result<PathBuf, BucketError> {
        if self.is_read_only {
            return Err(BucketError::Denied(self.name.clone(), "it is read alone".to_owned()));
        }
        if !self.is_there() {
            return Err(BucketError::NoBucket(self.name.clone()));
        }
        self.path(key)
    }

    /// Tells a file that may not be written from one that cannot.
    fn not_written(&self, error: StoreError) -> BucketError {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
        match &error {
            StoreError::Io { error: io, .. }
                if matches!(io.kind(), PermissionDenied | ReadOnlyFilesystem) =>
            {
                BucketError::Denied(self.name.clone(), io.to_string())
            }
            _ => error.into(),
        }
    }

    /// Returns when its folder was made, or where the system does not know it, changed last.
    ///
    /// # Errors
    /// When the folder cannot be looked at.
    pub fn created(&self) -> Result<SystemTime, BucketError> {
        let found = fs::metadata(&self.folder);
        let created = found.and_then(|found| found.created().or_else(|_| found.modified()));
        created.map_err(|error| self.failed(&self.folder, error))
    }

    fn failed(&self, path: &Path, error: io::Error) -> BucketError {
        match error.kind() {
            io::ErrorKind::PermissionDenied => {
                BucketError::Denied(self.name.clone(), error.to_string())
            }
            _ => crate::store::error::at(path)(error).into(),
        }
    }

    fn path(&self, key: &str) -> Result<PathBuf, BucketError> {
        path_of(&self.folder, key).ok_or_else(|| BucketError::NoKey(key.to_owned()))
    }
}

/// Whether an error says that there is no such file or folder, and can be none.
fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn bucket() -> (tempfile::TempDir, Bucket) {
        let dir = tempfile::tempdir().unwrap();
        let mapping = format!("logs={}", dir.path().display());
        (dir, Bucket::parse(&mapping).unwrap())
    }

    #[test]
    fn mappings_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().display();
        let (one, two) = (format!("my-logs={at}"), format!("my.other={at},ro"));
        let buckets = Buckets::parse([one.as_str(), two.as_str()]).unwrap();
        assert!(!buckets.get("my-logs").unwrap().is_read_only);
        assert!(buckets.get("my.other").unwrap().is_read_only);
        assert!(matches!(buckets.get("none"), Err(BucketError::NoBucket(_))));
        assert!(matches!(Buckets::parse([&*one, &*one]), Err(MappingError::Twice(_))));
        for (wrong, kind) in [
            ("logs", "given as"),
            ("logs=", "given as"),
            ("logs=,ro", "given as"),
            ("a=/", "the name of a bucket"),
            ("Logs=/", "the name of a bucket"),
            ("logs=/no/such/folder", "/no/such/folder"),
        ] {
            let told = Buckets::parse([wrong]).unwrap_err().to_string();
            assert!(told.contains(kind), "{told}");
        }
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let told = Buckets::parse([format!("logs={}", file.display()).as_str()]).unwrap_err();
        assert!(matches!(told, MappingError::Folder(..)));
    }

    #[test]
    fn objects_are_written_once() {
        let (dir, bucket) = bucket();
        let metadata = Metadata::from([("signature".to_owned(), "ab".to_owned())]);
        bucket.put("a/b.json.gz", b"one", &metadata).unwrap();
        bucket.put("a/b.json.gz", b"one", &metadata).unwrap();
        let again = bucket.put("a/b.json.gz", b"two", &Metadata::new());
        assert!(matches!(again, Err(BucketError::Exists(_))));
        let mut object = bucket.open("a/b.json.gz").unwrap();
        let mut bytes = Vec::new();
        object.file.read_to_end(&mut bytes).unwrap();
        assert_eq!((bytes.as_slice(), object.size, object.metadata), (&b"one"[..], 3, metadata));
        for missing in [
            "a",
            "a/",
            "a/c",
            "a/b.json.gz/d",
            "../x",
            "/etc/passwd",
            "",
            "a//b.json.gz",
            &"x".repeat(5_000),
        ] {
            assert!(matches!(bucket.open(missing), Err(BucketError::NoKey(_))), "{missing}");
        }
        let name = dir.path().file_name().unwrap().to_str().unwrap();
        let around = format!("../{name}/a/b.json.gz");
        assert!(matches!(bucket.put(&around, b"", &Metadata::new()), Err(BucketError::NoKey(_))));
    }

    #[test]
    fn a_bucket_that_is_read_alone_is_not_written() {
        let (dir, _) = bucket();
        let bucket = Bucket::parse(&format!("logs={},ro", dir.path().display())).unwrap();
        assert!(matches!(bucket.put("a", b"", &Metadata::new()), Err(BucketError::Denied(..))));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn metadata_that_are_no_json_are_none() {
        let (dir, bucket) = bucket();
        fs::write(dir.path().join("a"), "x").unwrap();
        fs::write(dir.path().join(".a.metadata.json"), "{").unwrap();
        assert_eq!(bucket.open("a").unwrap().metadata, Metadata::new());
    }
}
