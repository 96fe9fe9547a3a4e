//! Finds the objects that are wanted.

use crate::envelope::{Deliveries, Listing};
use futures::stream::{FuturesUnordered, StreamExt, TryStreamExt};
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{Error, ListResult, ObjectMeta, ObjectStore, ObjectStoreExt};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

/// Listings that are asked for at once.
const AT_ONCE: usize = 32;
/// Folders above a trail's that are looked into one by one.
const MAX_LEVELS_ABOVE: usize = 3;

/// Returns the object whose key this is, if there is one.
pub(super) async fn head(store: &AmazonS3, key: &str) -> Result<Option<ObjectMeta>, Error> {
    if key.is_empty() {
        return Ok(None);
    }
    match store.head(&Path::parse(key)?).await {
        Ok(object) => Ok(Some(object)),
        // Who may not list is told that a missing object is forbidden; listing tells which it is.
        Err(Error::NotFound { .. } | Error::PermissionDenied { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns all objects below `base`, but those in folders where nothing is wanted. Folders of a trail's layout are listed
/// on their own, as many at once as that allows. `met` counts the objects.
pub(super) async fn list(
    store: &AmazonS3,
    base: &str,
    wanted: &Deliveries,
    is_excluded: &dyn Fn(&str) -> bool,
    met: &AtomicU64,
) -> Result<Vec<ObjectMeta>, Error> {
    let base = Path::parse(base)?;
    let depth = base.parts().count();
    let mut found = Vec::new();
    let mut waiting = VecDeque::from([base]);
    let mut listings = FuturesUnordered::new();
    loop {
        while listings.len() < AT_ONCE
            && let Some(folder) = waiting.pop_front()
        {
            let above = folder.parts().count() - depth;
            let whole = match wanted.listing(folder.as_ref()) {
                Some(Listing::Skip) => continue,
                Some(Listing::Level) => false,
                Some(Listing::Whole) => true,
                None => above >= MAX_LEVELS_ABOVE,
            };
            listings.push(list_folder(store, folder, whole, met));
        }
        let Some(listed) = listings.next().await else { break };
        let listed = listed?;
        found.extend(listed.objects.into_iter().filter(|object| !is_marker(object)));
        let folders = listed.common_prefixes.into_iter();
        waiting.extend(folders.filter(|folder| !is_excluded(folder.as_ref())));
    }
    Ok(found)
}

async fn list_folder(
    store: &AmazonS3,
    folder: Path,
    whole: bool,
    met: &AtomicU64,
) -> Result<ListResult, Error> {
    let prefix = Some(&folder).filter(|folder| !folder.as_ref().is_empty());
    if !whole {
        let listed = store.list_with_delimiter(prefix).await?;
        met.fetch_add(listed.objects.len() as u64, Ordering::Relaxed);
        return Ok(listed);
    }
    let counted = store.list(prefix).inspect_ok(|_| {
        met.fetch_add(1, Ordering::Relaxed);
    });
    let objects = counted.try_collect().await?;
    Ok(ListResult { objects, common_prefixes: Vec::new() })
}

/// Whether an object only stands for a folder, as consoles make them.
fn is_marker(object: &ObjectMeta) -> bool {
    let name = object.location.filename();
    object.size == 0 && name.is_none_or(|name| !name.contains('.'))
}
