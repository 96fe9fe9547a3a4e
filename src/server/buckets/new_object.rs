//! Objects that are too large to be held: written piece by piece, and there once they are finished.

use super::{Bucket, BucketError};
use crate::store::{NewFile, remove_unfinished};
use std::io::{self, Write};

/// An object that is being written. One that is dropped before it is finished leaves nothing.
#[derive(Debug)]
pub struct NewObject {
    bucket: Bucket,
    key: String,
    file: NewFile,
}

impl Bucket {
    /// Begins an object without metadata.
    ///
    /// # Errors
    /// When the bucket is read alone or its folder gone, no object can have the key, or a folder cannot be written.
    pub fn create(&self, key: &str) -> Result<NewObject, BucketError> {
        let path = self.path_to_write(key)?;
        let file = NewFile::create(&path).map_err(|error| self.not_written(error))?;
        Ok(NewObject { bucket: self.clone(), key: key.to_owned(), file })
    }

    /// Removes what a kill left beside an object: objects that were not finished. Nobody else may be writing there.
    ///
    /// # Errors
    /// When no object can have the key, or a file cannot be removed.
    pub fn remove_unfinished_beside(&self, key: &str) -> Result<(), BucketError> {
        let path = self.path_to_write(key)?;
        let removed = path.parent().map_or(Ok(()), remove_unfinished);
        removed.map_err(|error| self.not_written(error))
    }
}

impl NewObject {
    /// Lets the object be there. The same bytes again are no error, as for [`Bucket::put`].
    ///
    /// # Errors
    /// When an object of other bytes has the key, or the file cannot be written.
    pub fn finish(self) -> Result<(), BucketError> {
        let Self { bucket, key, file } = self;
        match file.finish() {
            Ok(true) => Ok(()),
            Ok(false) => Err(BucketError::Exists(key)),
            Err(error) => Err(bucket.not_written(error)),
        }
    }
}

impl Write for NewObject {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn an_object_is_there_once_it_is_finished() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("logs");
        fs::create_dir(&folder).unwrap();
        let bucket = Bucket::parse(&format!("logs={}", folder.display())).unwrap();
        let write = |bytes: &[u8]| {
            let mut object = bucket.create("a/b").unwrap();
            object.write_all(bytes).unwrap();
            object
        };
        let object = write(b"one");
        assert!(matches!(bucket.open("a/b"), Err(BucketError::NoKey(_))));
        object.finish().unwrap();
        assert_eq!(bucket.open("a/b").unwrap().size, 3);
        write(b"one").finish().unwrap();
        assert!(matches!(write(b"two").finish(), Err(BucketError::Exists(key)) if key == "a/b"));
        fs::write(folder.join("a/.traillake-1.tmp"), "").unwrap();
        bucket.remove_unfinished_beside("a/c").unwrap();
        assert_eq!(fs::read_dir(folder.join("a")).unwrap().count(), 1);
        assert!(matches!(bucket.create("../b"), Err(BucketError::NoKey(_))));
    }

    #[test]
    fn buckets_that_are_gone_or_read_alone_are_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("logs");
        fs::create_dir(&folder).unwrap();
        let mapping = format!("logs={}", folder.display());
        let frozen = Bucket::parse(&format!("{mapping},ro")).unwrap();
        assert!(matches!(frozen.create("a"), Err(BucketError::Denied(..))));
        let bucket = Bucket::parse(&mapping).unwrap();
        fs::remove_dir(&folder).unwrap();
        assert!(matches!(bucket.create("a"), Err(BucketError::NoBucket(_))));
        assert!(matches!(bucket.put("a", b"", &Default::default()), Err(BucketError::NoBucket(_))));
        assert!(!folder.exists());
    }
}
