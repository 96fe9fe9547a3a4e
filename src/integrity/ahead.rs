//! Reads digest files of a chain ahead of the walk, and verifies them, on all threads.

use super::chain::DigestFile;
use super::digest::{Digest, unhex};
use super::keys::{Found, PublicKeys, Verdict, verify};
use super::parallel::in_parallel;
use super::report::DigestFault;
use super::unpack::Watch;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Digest files that are read ahead, for each thread. Those of large organizations take some megabytes each.
const FILES_PER_THREAD: usize = 8;

/// A digest file, and what its key says of the signature in the one after it.
pub(super) struct ReadAhead {
    pub(super) digest: Digest,
    told: Option<(String, Verdict)>,
}

impl ReadAhead {
    /// Verifies a signature in hexadecimal digits.
    pub(super) fn verify(&self, keys: &PublicKeys, signature: &str) -> Verdict {
        match &self.told {
            Some((known, verdict)) if known == signature => *verdict,
            _ => verdict(&self.digest, keys, signature),
        }
    }
}

fn verdict(digest: &Digest, keys: &PublicKeys, signature: &str) -> Verdict {
    match (keys.find(&digest.fingerprint), unhex(signature)) {
        (Found::Key(key), Some(bytes)) => verify(key, &digest.string_to_sign(), &bytes),
        _ => Verdict::Wrong,
    }
}

/// Digest files that were read.
pub(super) struct Ahead<'a> {
    pub(super) keys: &'a PublicKeys,
    pub(super) watch: Watch<'a>,
    pub(super) threads: usize,
    read: HashMap<PathBuf, Result<ReadAhead, DigestFault>>,
}

impl<'a> Ahead<'a> {
    pub(super) fn new(keys: &'a PublicKeys, watch: Watch<'a>, threads: usize) -> Self {
        Self { keys, watch, threads, read: HashMap::new() }
    }

    /// Returns a digest file. If it was not read ahead, it is read now, together with those of `older`, which will
    /// probably be asked for next, newest first.
    pub(super) fn take<'f>(
        &mut self,
        path: &Path,
        older: impl Iterator<Item = &'f DigestFile>,
    ) -> Result<ReadAhead, DigestFault> {
        if let Some(read) = self.read.remove(path) {
            return read;
        }
        let older = older.map(|file| file.path.as_path()).filter(|other| *other != path);
        let paths: Vec<_> =
            [path].into_iter().chain(older).take(self.threads * FILES_PER_THREAD).collect();
        let digests = in_parallel(&paths, self.threads, |path| Digest::read(path, self.watch));
        let pairs: Vec<_> = (0..digests.len()).map(|at| signed(&digests, at)).collect();
        let told = in_parallel(&pairs, self.threads, |pair| {
            let (digest, signature) = (*pair)?;
            Some((signature.to_owned(), verdict(digest, self.keys, signature)))
        });
        let read = digests.into_iter().zip(told);
        let read = read.map(|(digest, told)| digest.map(|digest| ReadAhead { digest, told }));
        self.read = paths.into_iter().map(Path::to_owned).zip(read).collect();
        self.read.remove(path).unwrap_or(Err(DigestFault::NotFound))
    }
}

/// Returns the digest file at `at` and its signature, which is in the newer one before it in the list.
fn signed(digests: &[Result<Digest, DigestFault>], at: usize) -> Option<(&Digest, &str)> {
    let (digest, newer) = (digests.get(at)?, digests.get(at.checked_sub(1)?)?);
    Some((digest.as_ref().ok()?, newer.as_ref().ok()?.previous_signature.as_deref()?))
}
