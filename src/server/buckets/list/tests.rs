//! Lists against a plain reading of what S3 says of them, over trees of all shapes.

use super::super::walk::{Bound, Found, Walk};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use tempfile::TempDir;

fn bucket(keys: &[&str]) -> (TempDir, Bucket, BTreeSet<String>) {
    let dir = tempfile::tempdir().unwrap();
    let bucket = Bucket::parse(&format!("logs={}", dir.path().display())).unwrap();
    // What is a file cannot be a folder.
    let is_written = |key: &&&str| {
        let path = dir.path().join(key);
        fs::create_dir_all(path.parent().unwrap()).is_ok()
            && fs::write(path, key.as_bytes()).is_ok()
    };
    let written = keys.iter().filter(is_written).map(|key| (*key).to_owned()).collect();
    (dir, bucket, written)
}

fn all<'a>() -> ListQuery<'a> {
    ListQuery { prefix: "", delimiter: "", after: None, limit: usize::MAX }
}

/// What is listed, and whether there is more.
fn told(bucket: &Bucket, query: &ListQuery<'_>) -> (Vec<String>, bool) {
    let listing = bucket.list(query).unwrap();
    let text = |item: &Item| match item {
        Item::Object { key, .. } => key.clone(),
        Item::Prefix(prefix) => format!("{prefix}*"),
    };
    (listing.items.iter().map(text).collect(), listing.is_truncated)
}

fn expected(keys: &BTreeSet<String>, query: &ListQuery<'_>) -> (Vec<String>, bool) {
    let mut items = Vec::new();
    for key in keys.iter().filter(|key| key.starts_with(query.prefix)) {
        let group = match query.delimiter {
            "" => None,
            delimiter => key[query.prefix.len()..]
                .find(delimiter)
                .map(|at| key[..query.prefix.len() + at + delimiter.len()].to_owned()),
        };
        let sorts_as = group.as_ref().unwrap_or(key).clone();
        if query.after.is_some_and(|after| sorts_as.as_str() <= after) {
            continue;
        }
        let item = group.map_or_else(|| key.clone(), |group| format!("{group}*"));
        if items.last() != Some(&item) {
            items.push(item);
        }
    }
    let is_truncated = query.limit > 0 && items.len() > query.limit;
    items.truncate(query.limit);
    (items, is_truncated)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn lists_are_those_of_s3(
        keys in proptest::collection::vec("([ab]|a[-.0]|é|a-b)(/([ab]|a[-.0]|é|a-b)){0,3}", 0..30),
        prefix in "(|a|b|é|a/|a/b|a-|a-b/|a//|/|[ab]/a/|z)",
        delimiter in "(|/|-|b|a/|é)",
        after in proptest::option::of("(|[ab]|a[-.0/]|é)(|/)(|[ab]|a-)(|/)(|[ab])"),
        limit in 0..6_usize,
    ) {
        let keys: Vec<_> = keys.iter().map(String::as_str).collect();
        let (_dir, bucket, keys) = bucket(&keys);
        let query = ListQuery {
            prefix: &prefix, delimiter: &delimiter, after: after.as_deref(), limit,
        };
        prop_assert_eq!(told(&bucket, &query), expected(&keys, &query), "{:?} of {:?}", query, keys);
        let whole = ListQuery { limit: usize::MAX, ..query };
        for item in bucket.list(&whole).unwrap().items {
            if let Item::Object { key, size, .. } = item {
                prop_assert_eq!(size, key.len() as u64);
            }
        }
        let (items, _) = told(&bucket, &whole);
        prop_assert_eq!(&(items.clone(), false), &expected(&keys, &whole));
        // Page by page it is the same.
        let mut paged = Vec::new();
        let mut after = after.clone();
        loop {
            let page = ListQuery { after: after.as_deref(), limit: 1 + limit, ..query };
            let listing = bucket.list(&page).unwrap();
            paged.extend(told(&bucket, &page).0);
            if !listing.is_truncated {
                break;
            }
            after = listing.items.last().map(|item| item.text().to_owned());
        }
        prop_assert_eq!(paged, items);
    }
}

#[test]
fn a_folder_with_more_files_than_are_kept_is_listed_in_order() {
    let (dir, bucket, _) = bucket(&["a/first", "n", "z/last"]);
    for number in 0..3_000 {
        fs::write(dir.path().join(format!("m-{number:05}")), "").unwrap();
    }
    let (items, _) = told(&bucket, &ListQuery { prefix: "n", ..all() });
    assert_eq!(items, ["n"]);
    let keys: Vec<_> = bucket.list(&all()).unwrap().items;
    let keys: Vec<_> = keys.iter().map(Item::text).collect();
    assert!(keys.is_sorted() && keys.len() == 3_003);
    let grouped = told(&bucket, &ListQuery { delimiter: "-", ..all() });
    assert_eq!(grouped, (["a/first", "m-*", "n", "z/last"].map(str::to_owned).to_vec(), false));
    let after = ListQuery { after: Some("m-02900"), limit: 100, ..all() };
    let (items, is_truncated) = told(&bucket, &after);
    assert_eq!((items[0].as_str(), items[99].as_str(), is_truncated), ("m-02901", "n", true));
}

/// Counts the files after a key, as far as `limit`, and how often a folder was read for it.
fn walked(bucket: &Bucket, prefix: &str, after: &str, limit: usize) -> (usize, usize) {
    let mut walk = Walk::new(bucket, prefix, Bound::After(after.to_owned()));
    let mut files = 0;
    while files < limit {
        match walk.next().unwrap() {
            None => break,
            Some(Found::Folder(folder)) => walk.enter(folder),
            Some(Found::File(_)) => files += 1,
        }
    }
    (files, walk.reads)
}

#[test]
fn a_page_reads_the_folders_on_its_way_alone() {
    let (dir, bucket, _) = bucket(&[]);
    for day in 0..40 {
        let folder = dir.path().join(format!("logs/{day:02}"));
        fs::create_dir_all(&folder).unwrap();
        for file in 0..20 {
            fs::write(folder.join(format!("{file:02}.json")), "").unwrap();
        }
    }
    // The bucket, logs, and a day.
    assert_eq!(walked(&bucket, "", "logs/30/04.json", 5), (5, 3));
    assert_eq!(walked(&bucket, "", "logs/30/17.json", 5), (5, 4));
    assert_eq!(walked(&bucket, "logs/2", "", 5), (5, 2));
    assert_eq!(walked(&bucket, "logs/20/0", "", 5), (5, 1));
    assert_eq!(walked(&bucket, "logs/20/0", "logs/21", 5), (0, 0));
    assert_eq!(walked(&bucket, "", "logs/39/19.json", 5), (0, 3));
}

#[test]
fn what_is_no_object_is_not_listed() {
    let (dir, bucket, _) = bucket(&["a/x.json", ".hidden", "empty/..keep"]);
    for hidden in [".x.json.metadata.json", ".traillake-1.tmp"] {
        fs::write(dir.path().join("a").join(hidden), "").unwrap();
    }
    fs::create_dir_all(dir.path().join("nothing/below")).unwrap();
    let (items, _) = told(&bucket, &all());
    assert_eq!(items, [".hidden", "a/x.json", "empty/..keep"]);
    let (items, _) = told(&bucket, &ListQuery { delimiter: "/", ..all() });
    assert_eq!(items, [".hidden", "a/*", "empty/*"]);
    for prefix in ["a/x.json/", "../", "a/../", "//", "a//", "no/such", "a\0/", "/"] {
        let query = ListQuery { prefix, ..all() };
        assert_eq!(told(&bucket, &query), (Vec::new(), false), "{prefix}");
    }
    let long = "x/".repeat(5_000);
    assert_eq!(told(&bucket, &ListQuery { prefix: &long, ..all() }).0.len(), 0);
}

#[test]
#[cfg(unix)]
fn links_are_followed_but_not_in_circles() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let (dir, bucket, _) = bucket(&["a/x", "b/y"]);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("z"), "").unwrap();
    let link = |target: &std::path::Path, name: &str| symlink(target, dir.path().join(name));
    link(elsewhere.path(), "out").unwrap();
    link(dir.path(), "a/root").unwrap();
    link(&dir.path().join("b"), "a/b").unwrap();
    link(&dir.path().join("a"), "b/a").unwrap();
    link(&dir.path().join("a/x"), "file").unwrap();
    link(&dir.path().join("gone"), "dangling").unwrap();
    link(&dir.path().join("self"), "self").unwrap();
    fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
    let items: Vec<_> = bucket.list(&all()).unwrap().items;
    let keys: Vec<_> = items.iter().map(Item::text).collect();
    assert_eq!(keys, ["a/b/y", "a/x", "b/a/x", "b/y", "file", "out/z"]);
    let (items, _) = told(&bucket, &ListQuery { delimiter: "/", ..all() });
    assert_eq!(items.iter().filter(|item| item.ends_with('*')).count(), 3);
}
