//! The way through a chain, as the AWS CLI goes: from the newest digest file to the one that it names as the one before
//! it, and where that is missing, invalid or not named, to the next older one on disk.

use super::ahead::{Ahead, ReadAhead};
use super::buckets::{Buckets, Object};
use super::chain::{Chain, DigestFile};
use super::digest::{Digest, LogFile};
use super::keys::{Found, PublicKeys, Verdict};
use super::names::DigestName;
use super::report::{DigestFault, DigestStatus, Line};
use super::signatures::Signatures;
use super::unpack::Watch;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What digest files are checked against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence<'a> {
    pub(super) buckets: &'a Buckets,
    pub(super) keys: &'a PublicKeys,
    pub(super) signatures: &'a Signatures,
}

/// The time that is asked for; `None` for all there is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Range {
    pub(super) start: Option<DateTime<Utc>>,
    pub(super) end: Option<DateTime<Utc>>,
}

impl Range {
    /// Whether a digest file of this name is looked at. One hour more, for log files that are listed late.
    pub(super) fn takes(&self, file: &DigestFile) -> bool {
        self.start.is_none_or(|start| file.end >= start)
            && self.end.is_none_or(|end| {
                end.checked_add_signed(TimeDelta::hours(1)).is_none_or(|last| file.end <= last)
            })
    }

    /// Whether a time is in it.
    pub(super) fn has(&self, time: DateTime<Utc>) -> bool {
        self.start.is_none_or(|start| time >= start) && self.end.is_none_or(|end| time <= end)
    }
}

/// A digest file, looked at.
#[derive(Debug)]
pub(super) struct Step {
    /// Its address, or its path if no bucket is known for it.
    pub(super) name: String,
    pub(super) status: DigestStatus,
    /// Log files to check; none of an invalid one.
    pub(super) logs: Vec<LogFile>,
    /// Start and end of what it covers, unless it is invalid.
    pub(super) covered: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What is said of the time before it.
    pub(super) gap: Option<Line>,
}

/// The digest file after the one to look at next.
struct Follower {
    digest: Digest,
    valid: bool,
}

enum Target {
    /// Of the chain's files, by its index.
    Listed(usize),
    Object(Object),
}

/// What comes next.
struct Cursor {
    target: Target,
    follower: Option<Follower>,
    /// Start of the last good digest file.
    last_start: DateTime<Utc>,
}

/// How the hash in the digest file looked at before fits to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    None,
    Same,
    /// It does not, and this one's signature is right.
    DiffersFromSigned,
}

/// Goes through one chain.
pub(super) struct Walk<'a> {
    evidence: Evidence<'a>,
    range: Range,
    chain: &'a Chain,
    ahead: Ahead<'a>,
    /// Those of the chain's files that were looked at.
    visited: HashSet<PathBuf>,
    /// Their names.
    names: HashSet<String>,
    cursor: Option<Cursor>,
    /// What was looked at last; the next one tells more of it.
    held: Option<Step>,
    /// What the oldest digest file names as the one before it, and was not looked for.
    pub(super) before_oldest: Option<Object>,
    /// Files that have the name of one that was looked at.
    pub(super) copies: u64,
    pub(super) stopped: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        evidence: Evidence<'a>,
        range: Range,
        chain: &'a Chain,
        watch: Watch<'a>,
        threads: usize,
    ) -> Self {
        Self {
            evidence,
            range,
            chain,
            ahead: Ahead::new(evidence.keys, watch, threads),
            visited: HashSet::new(),
            names: HashSet::new(),
            cursor: None,
            held: None,
            before_oldest: None,
            copies: 0,
            stopped: false,
        }
    }

    /// Looks at the next digest file; returns the step and how the one before fits to it.
    fn visit(&mut self) -> Option<(Step, Link)> {
        loop {
            if self.stopped {
                return None;
            }
            let cursor = match self.cursor.take() {
                Some(cursor) => cursor,
                None => self.newest_left()?,
            };
            if self.range.start.is_some_and(|start| cursor.last_start < start) {
                continue;
            }
            let (path, object) = match self.locate(&cursor.target) {
                Ok(place) => place,
                Err(object) => match self.missing(object, cursor.last_start) {
                    Some(step) => return Some((step, Link::None)),
                    None => continue,
                },
            };
            // Chains that join are walked once.
            if self.visited.insert(path.clone()) {
                return self.look(&path, object.as_ref(), cursor);
            }
        }
    }

    /// Returns the newest file that was not reached, which begins a chain of its own. Copies are passed over.
    fn newest_left(&mut self) -> Option<Cursor> {
        loop {
            let chain = self.chain;
            let left =
                |file: &DigestFile| !self.visited.contains(&file.path) && self.range.takes(file);
            let at = chain.files.iter().rposition(left)?;
            let file = &chain.files[at];
            if !self.names.contains(file.name()) {
                let follower = self.follower_on_disk(at);
                return Some(Cursor { target: Target::Listed(at), follower, last_start: file.end });
            }
            self.visited.insert(file.path.clone());
            self.copies += 1;
        }
    }

    /// Reads the next newer file, which may be outside the range and has the signature.
    fn follower_on_disk(&self, at: usize) -> Option<Follower> {
        let file = self.chain.files.get(at)?;
        let newer = self.chain.files.iter().find(|newer| newer.end > file.end)?;
        let digest = Digest::read(&newer.path, self.ahead.watch).ok()?;
        Some(Follower { digest, valid: false })
    }

    /// Returns the index of the next file older than `time`.
    fn older(&self, time: DateTime<Utc>) -> Option<usize> {
        let files = &self.chain.files;
        let at = files.partition_point(|file| file.end < time);
        files[..at]
            .iter()
            .rposition(|file| self.range.takes(file) && !self.visited.contains(&file.path))
    }

    /// Returns the path of what is next, and the object that this path is; the object that is not there as an error.
    fn locate(&self, target: &Target) -> Result<(PathBuf, Option<Object>), Object> {
        let listed =
            |file: &DigestFile| (file.path.clone(), self.evidence.buckets.object(&file.path));
        match target {
            Target::Listed(at) => Ok(listed(&self.chain.files[*at])),
            Target::Object(object) => {
                if let Some(path) = self.evidence.buckets.find(&object.bucket, &object.key) {
                    return Ok((path, Some(object.clone())));
                }
                let name = object.file_name();
                let moved = self.chain.files.iter().find(|file| file.name() == name);
                moved.map(listed).ok_or_else(|| object.clone())
            }
        }
    }

    /// Reports a digest file that is not there. The one before the oldest is not missed if no start was asked for.
    fn missing(&mut self, object: Object, last_start: DateTime<Utc>) -> Option<Step> {
        let time = DigestName::parse(object.file_name()).map_or(last_start, |name| name.end);
        let next = self.older(time);
        if next.is_none() && self.range.start.is_none() {
            self.before_oldest = Some(object);
            return None;
        }
        self.go_to(next, None, last_start);
        let from = next.map(|at| self.chain.files[at].end);
        Some(Step {
            name: object.to_string(),
            status: DigestStatus::Invalid(DigestFault::NotFound),
            logs: Vec::new(),
            covered: None,
            gap: Some(Line::Missing { from, to: last_start }),
        })
    }

    fn go_to(
        &mut self,
        next: Option<usize>,
        follower: Option<Follower>,
        last_start: DateTime<Utc>,
    ) {
        self.cursor = next.map(|at| Cursor { target: Target::Listed(at), follower, last_start });
    }

    /// Reads and judges a digest file, and decides what comes next.
    fn look(
        &mut self,
        path: &Path,
        object: Option<&Object>,
        cursor: Cursor,
    ) -> Option<(Step, Link)> {
        let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let time = DigestName::parse(file_name).map_or(cursor.last_start, |name| name.end);
        self.names.insert(file_name.to_owned());
        let name = object.map_or_else(|| crate::envelope::shown(path), Object::to_string);
        let (chain, range, visited) = (self.chain, self.range, &self.visited);
        let before = chain.files.partition_point(|file| file.end <= time);
        let older = chain.files[..before].iter().rev();
        let older = older.filter(|file| range.takes(file) && !visited.contains(&file.path));
        let mut read = match self.ahead.take(path, older) {
            Ok(read) => read,
            Err(DigestFault::Stopped) => {
                self.stopped = true;
                return None;
            }
            Err(fault) => {
                self.go_to(self.older(time), None, cursor.last_start);
                let status = DigestStatus::Invalid(fault);
                let step = Step { name, status, logs: Vec::new(), covered: None, gap: None };
                return Some((step, Link::None));
            }
        };
        let follower =
            cursor.follower.filter(|f| f.digest.previous.as_ref() == Some(&read.digest.object));
        let (status, link) = self.judge(&read, object, follower.as_ref());
        let mut step = Step { name, status, logs: Vec::new(), covered: None, gap: None };
        let logs = std::mem::take(&mut read.digest.logs);
        let digest = read.digest;
        let valid = step.status == DigestStatus::Valid;
        if matches!(step.status, DigestStatus::Invalid(_)) {
            let follower = Some(Follower { digest, valid });
            self.go_to(self.older(time), follower, cursor.last_start);
            return Some((step, link));
        }
        step.logs = logs;
        step.covered = Some((digest.start, digest.end));
        let last_start = digest.start;
        match digest.previous.clone() {
            Some(previous) => {
                let follower = Some(Follower { digest, valid });
                self.cursor =
                    Some(Cursor { target: Target::Object(previous), follower, last_start });
            }
            None => {
                let next = self.older(time);
                step.gap = next.map(|at| Line::NothingDelivered {
                    backfill: self.chain.id.backfill,
                    from: self.chain.files[at].end,
                    to: last_start,
                    proven: valid,
                });
                self.go_to(next, None, last_start);
            }
        }
        Some((step, link))
    }

    /// Judges a digest file by where it is, its signature, and the hash that the one after it has for it.
    fn judge(
        &self,
        read: &ReadAhead,
        object: Option<&Object>,
        follower: Option<&Follower>,
    ) -> (DigestStatus, Link) {
        let digest = &read.digest;
        let invalid = |fault| (DigestStatus::Invalid(fault), Link::None);
        if object != Some(&digest.object) {
            return invalid(DigestFault::Moved);
        }
        match self.evidence.keys.find(&digest.fingerprint) {
            Found::Key(_) => {}
            Found::Unreadable => {
                return invalid(DigestFault::KeyUnreadable(digest.fingerprint.clone()));
            }
            Found::Absent => {
                return invalid(DigestFault::KeyNotFound {
                    region: self.chain.id.home_region.clone(),
                    fingerprint: digest.fingerprint.clone(),
                });
            }
        }
        // A signature proves itself, whoever says it; so it matters only whether one of them is right.
        let told = follower.and_then(|follower| follower.digest.previous_signature.as_deref());
        let signatures = self.evidence.signatures.of(&digest.object).chain(told);
        let verdicts = signatures.map(|signature| read.verify(self.evidence.keys, signature));
        let verdicts: Vec<_> = verdicts.collect();
        let hash = follower.and_then(|follower| follower.digest.previous_hash.as_deref());
        let same = hash.map(|hash| hash.eq_ignore_ascii_case(&digest.hash));
        let by_valid = follower.is_some_and(|follower| follower.valid);
        match (verdicts.contains(&Verdict::Genuine), same) {
            (true, Some(false)) if !by_valid => (DigestStatus::Valid, Link::DiffersFromSigned),
            (_, Some(false)) if by_valid => {
                let signature = !verdicts.is_empty() && !verdicts.contains(&Verdict::Genuine);
                invalid(if signature { DigestFault::Signature } else { DigestFault::Hash })
            }
            (true, same) => {
                (DigestStatus::Valid, if same.is_some() { Link::Same } else { Link::None })
            }
            (false, _) if !verdicts.is_empty() => invalid(DigestFault::Signature),
            (false, same) => {
                let link = if same == Some(true) { Link::Same } else { Link::None };
                (DigestStatus::NotSigned { chained: false }, link)
            }
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Step;

    /// Returns the next step. One that is not signed is judged by what comes after it, so the last one is held.
    fn next(&mut self) -> Option<Step> {
        loop {
            let Some((step, link)) = self.visit() else { return self.held.take() };
            if let Some(held) = &mut self.held
                && held.status == (DigestStatus::NotSigned { chained: false })
            {
                match link {
                    Link::None => {}
                    Link::Same => held.status = DigestStatus::NotSigned { chained: true },
                    Link::DiffersFromSigned => {
                        held.status = DigestStatus::Invalid(DigestFault::PreviousHash);
                        held.logs.clear();
                        held.covered = None;
                    }
                }
            }
            if let Some(done) = self.held.replace(step) {
                return Some(done);
            }
        }
    }
}
