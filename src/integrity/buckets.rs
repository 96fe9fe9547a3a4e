//! Where the objects of buckets are on disk.
//!
//! A folder stands for a bucket, or for what is below a prefix of it. Which one, the digest files tell: each has its own
//! bucket and key in it, and where its path ends as its key does, the rest of both is a folder and what it stands for.
//! As a digest file may be moved or forged, the majority counts.

use super::names::file_name;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// The folder of every path to a digest file, below a bucket and its prefix.
const DIGEST_FOLDER: &str = "CloudTrail-Digest";

/// An object of S3.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Object {
    /// Name of the bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
}

impl Object {
    /// Returns the name of the file that the object is.
    pub fn file_name(&self) -> &str {
        file_name(&self.key)
    }
}

impl std::fmt::Display for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// A folder and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    folder: PathBuf,
    bucket: String,
    /// What keys have before the path below the folder: nothing, or parts that each end in a slash.
    prefix: String,
}

/// The folders that stand for buckets.
#[derive(Debug, Default)]
pub struct Buckets {
    places: Vec<Place>,
}

impl Buckets {
    /// Takes the buckets that the user names with their folders, and finds the others by `digests`: absolute paths of
    /// digest files, and what they say of themselves.
    pub fn new<'a>(
        named: &[(String, PathBuf)],
        digests: impl IntoIterator<Item = (&'a Path, &'a Object)>,
    ) -> Self {
        let places = named.iter().map(|(bucket, folder)| Place {
            folder: folder.clone(),
            bucket: bucket.clone(),
            prefix: String::new(),
        });
        let mut places: Vec<_> = places.collect();
        let is_known = |place: &Place| {
            named.iter().any(|(bucket, folder)| *bucket == place.bucket || *folder == place.folder)
        };
        let mut votes: HashMap<Place, u64> = HashMap::new();
        for (path, object) in digests {
            if let Some(place) = Place::guess(path, object).filter(|place| !is_known(place)) {
                *votes.entry(place).or_default() += 1;
            }
        }
        let mut guessed: Vec<_> = votes.into_iter().collect();
        guessed.sort_by(|(one, votes), (other, more)| {
            let order = |place: &Place| (place.folder.clone(), place.bucket.clone());
            more.cmp(votes).then_with(|| order(one).cmp(&order(other)))
        });
        for (place, _) in guessed {
            if places.iter().all(|known| !known.excludes(&place)) {
                places.push(place);
            }
        }
        Self { places }
    }

    /// Whether a folder stands for the bucket.
    pub fn knows(&self, bucket: &str) -> bool {
        self.places.iter().any(|place| place.bucket == bucket)
    }

    /// Returns the file that is an object, if it is there.
    pub fn find(&self, bucket: &str, key: &str) -> Option<PathBuf> {
        let places = self.places.iter().filter(|place| place.bucket == bucket);
        let mut paths = places.filter_map(|place| place.path(key));
        paths.find(|path| std::fs::symlink_metadata(path).is_ok())
    }

    /// Returns the object that an absolute path is, if it is below a folder that stands for a bucket.
    pub fn object(&self, path: &Path) -> Option<Object> {
        let around = self.places.iter().filter(|place| path.starts_with(&place.folder));
        let place = around.max_by_key(|place| place.folder.components().count())?;
        let below = path.strip_prefix(&place.folder).ok()?;
        let parts: Option<Vec<_>> =
            below.components().map(|part| part.as_os_str().to_str()).collect();
        let key = format!("{}{}", place.prefix, parts?.join("/"));
        Some(Object { bucket: place.bucket.clone(), key })
    }
}

impl Place {
    /// Concludes from a digest file and where it says to be what folder stands for its bucket; nothing if it is
    /// elsewhere.
    fn guess(path: &Path, object: &Object) -> Option<Self> {
        let parts: Vec<_> = object.key.split('/').collect();
        let same = path
            .components()
            .rev()
            .zip(parts.iter().rev())
            .take_while(|(on_disk, part)| on_disk.as_os_str().to_str() == Some(part))
            .count();
        let (prefix, below) = parts.split_at(parts.len() - same);
        if !below.contains(&DIGEST_FOLDER) {
            return None;
        }
        let folder = path.ancestors().nth(same)?.to_owned();
        let prefix = prefix.iter().map(|part| format!("{part}/")).collect();
        Some(Self { folder, bucket: object.bucket.clone(), prefix })
    }

    /// Whether a folder that this one is known for cannot stand for `other`, which fewer digest files say: a folder
    /// stands for one bucket, and a copy of it inside itself is a copy.
    fn excludes(&self, other: &Self) -> bool {
        let nested =
            self.folder.starts_with(&other.folder) || other.folder.starts_with(&self.folder);
        self.folder == other.folder || (self.bucket == other.bucket && nested)
    }

    /// Returns the path of a key, which is text of a digest file and must not lead elsewhere.
    fn path(&self, key: &str) -> Option<PathBuf> {
        let below = key.strip_prefix(self.prefix.as_str())?;
        let is_name = |part: &str| {
            let mut parts = Path::new(part).components();
            matches!((parts.next(), parts.next()), (Some(Component::Normal(name)), None) if name == part)
        };
        let mut parts = below.split('/');
        parts.clone().all(is_name).then(|| {
            let mut path = self.folder.clone();
            path.extend(&mut parts);
            path
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/x.json.gz";

    fn object(bucket: &str, key: &str) -> Object {
        Object { bucket: bucket.to_owned(), key: key.to_owned() }
    }

    /// The objects that paths are, by what digest files say.
    fn buckets(digests: &[(String, Object)]) -> Buckets {
        Buckets::new(&[], digests.iter().map(|(path, object)| (Path::new(path), object)))
    }

    #[test]
    fn the_folder_may_stand_for_the_bucket_or_a_prefix_of_it() {
        for (folder, prefix, key) in [
            ("/copy", "", KEY.to_owned()),
            ("/copy/p/q", "", KEY.to_owned()),
            ("/copy", "", format!("p/q/{KEY}")),
            ("/other", "p/q/", format!("p/q/{KEY}")),
            ("/other", "AWSLogs/111122223333/", KEY.to_owned()),
        ] {
            let path = format!("{folder}/{}", key.strip_prefix(prefix).unwrap());
            let found = buckets(&[(path.clone(), object("b", &key))]);
            assert_eq!(found.object(Path::new(&path)), Some(object("b", &key)), "{path}");
            assert_eq!(found.object(Path::new("/elsewhere/x")), None);
            assert!(found.knows("b") && !found.knows("c"));
        }
    }

    #[test]
    fn the_majority_of_digest_files_is_believed() {
        let path = |folder: &str, day: u32| {
            format!("{folder}/{}", KEY.replace("01/x", &format!("{day:02}/x")))
        };
        let says =
            |bucket: &str, day: u32| object(bucket, &KEY.replace("01/x", &format!("{day:02}/x")));
        let mut digests: Vec<_> =
            (1..9).map(|day| (path("/copy/b", day), says("b", day))).collect();
        digests.push((path("/copy/b", 9), says("forged", 9)));
        digests.push((path("/copy/b/backup", 1), says("b", 1)));
        digests.push((path("/copy", 1), says("b", 1)));
        digests.push((path("/copy/c", 1), says("c", 1)));
        digests.push(("/copy/d/x.json.gz".to_owned(), says("d", 1)));
        let found = buckets(&digests);
        assert_eq!(found.object(Path::new(&path("/copy/b", 9))), Some(says("b", 9)));
        assert_eq!(found.object(Path::new(&path("/copy/c", 1))), Some(says("c", 1)));
        let backup = found.object(Path::new(&path("/copy/b/backup", 1))).unwrap();
        assert_eq!(backup, object("b", &format!("backup/{KEY}")));
        assert!(!found.knows("forged") && !found.knows("d"));
    }

    #[test]
    fn keys_do_not_lead_elsewhere() {
        let place = Place { folder: "/copy".into(), bucket: "b".into(), prefix: String::new() };
        assert_eq!(place.path("a/b.gz"), Some(PathBuf::from("/copy/a/b.gz")));
        for key in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "./a", "a/", "."] {
            assert_eq!(place.path(key), None, "{key}");
        }
    }

    #[test]
    fn buckets_that_are_named_are_not_guessed() {
        let named = [("b".to_owned(), PathBuf::from("/named"))];
        let path = format!("/copy/{KEY}");
        let says = object("b", KEY);
        let found = Buckets::new(&named, [(Path::new(&path), &says)]);
        assert_eq!(found.object(Path::new(&path)), None);
        assert_eq!(found.object(Path::new("/named/k")), Some(object("b", "k")));
    }
}
