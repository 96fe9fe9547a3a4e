//! Writes the log files: paths, compression, threads, cancelling.
//!
//! Follows docs/events.md, "Log layout". A file gets its final name only when it is complete, so a
//! cancelled or killed run leaves no half file under a name an import would take (a kill may leave a
//! `.partial`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use libdeflater::{CompressionLvl, Compressor};

use crate::accounts::{ACCOUNTS, REGIONS, place};
use crate::answer_key;
use crate::clock::{SLOT_SECONDS, moment};
use crate::options::{SynthError, SynthOptions, SynthReport};
use crate::plan::Plan;
use crate::rng::{Rng, mix3};
use crate::tally::Tally;
use crate::unit::{Maker, Scratch};

/// Writes a trail of log files and its answer key into an empty or new directory.
///
/// `progress` is called after every file with the number of events written so far, from any thread.
///
/// # Errors
/// See [`SynthError`]. When the directory is not empty, nothing is touched.
pub fn write_trail(
    options: &SynthOptions,
    out: &Path,
    cancel: &AtomicBool,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<SynthReport, SynthError> {
    options.check()?;
    prepare(out)?;
    let plan = Plan::new(options);
    let shared = Shared {
        plan: &plan,
        out,
        cancel,
        progress,
        next: AtomicUsize::new(0),
        events: AtomicU64::new(0),
        files: AtomicU64::new(0),
        failed: AtomicBool::new(false),
    };
    let threads = options.threads.clamp(1, plan.units.len().max(1));
    let mut tally = Tally::new(plan.catalog.kinds.len(), plan.catalog.codes.len());
    let results = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(|| shared.work())).collect();
        let mut results = vec![shared.work()];
        for worker in workers {
            match worker.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    let mut cancelled = None;
    for result in results {
        match result {
            Ok(part) => tally.add(part),
            // A failure says more than the cancelling of the other workers it led to.
            Err(error @ SynthError::Cancelled { .. }) => cancelled = Some(error),
            Err(error) => return Err(error),
        }
    }
    if let Some(error) = cancelled {
        return Err(error);
    }
    let events = tally.events();
    let report = SynthReport {
        events: events.written(),
        distinct_events: events.distinct,
        files: tally.files,
        json_bytes: tally.json_bytes,
        gzip_bytes: tally.gzip_bytes,
    };
    let key = answer_key::render(options, &plan, &tally, &report);
    replace(&out.join(answer_key::FILE_NAME), key.as_bytes())?;
    Ok(report)
}

/// What the workers share.
struct Shared<'a> {
    plan: &'a Plan,
    out: &'a Path,
    cancel: &'a AtomicBool,
    progress: &'a (dyn Fn(u64) + Sync),
    next: AtomicUsize,
    events: AtomicU64,
    files: AtomicU64,
    /// Set when any worker failed, to stop the others.
    failed: AtomicBool,
}

impl Shared<'_> {
    /// Makes units until there are no more.
    fn work(&self) -> Result<Tally, SynthError> {
        let result = self.make_units();
        if result.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        result
    }

    fn make_units(&self) -> Result<Tally, SynthError> {
        let plan = self.plan;
        let mut tally = Tally::new(plan.catalog.kinds.len(), plan.catalog.codes.len());
        let mut scratch = Scratch::default();
        let mut gzip = Vec::new();
        let mut compressor = Compressor::new(level());
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= plan.units.len() {
                return Ok(tally);
            }
            let mut maker = Maker::new(plan, number);
            for file in 0..maker.files() {
                if self.cancel.load(Ordering::Relaxed) || self.failed.load(Ordering::Relaxed) {
                    let files = self.files.load(Ordering::Relaxed);
                    return Err(SynthError::Cancelled { files });
                }
                let events = maker.write_file(file, &mut scratch, &mut tally);
                let path = self.out.join(file_path(plan, number, file));
                let size = compress(&mut compressor, &scratch.json, &mut gzip, &path)?;
                replace(&path, &gzip[..size])?;
                tally.files += 1;
                tally.json_bytes += scratch.json.len() as u64;
                tally.gzip_bytes += size as u64;
                self.files.fetch_add(1, Ordering::Relaxed);
                (self.progress)(self.events.fetch_add(events, Ordering::Relaxed) + events);
            }
        }
    }
}

/// Returns the fastest level that compresses (`CompressionLvl::fastest` only stores).
fn level() -> CompressionLvl {
    CompressionLvl::new(1).unwrap_or_default()
}

/// Compresses into the front of `gzip` and returns the size (one member, modification time 0). The
/// buffer only ever grows, so that it is not cleared for every file.
fn compress(
    compressor: &mut Compressor,
    json: &[u8],
    gzip: &mut Vec<u8>,
    path: &Path,
) -> Result<usize, SynthError> {
    let bound = compressor.gzip_compress_bound(json.len());
    if gzip.len() < bound {
        gzip.resize(bound, 0);
    }
    compressor.gzip_compress(json, gzip).map_err(|error| SynthError::Io {
        path: path.to_owned(),
        source: io::Error::other(error.to_string()),
    })
}

/// Returns the path of a unit's file below the output directory.
fn file_path(plan: &Plan, number: usize, file: u64) -> PathBuf {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let unit = &plan.units[number];
    let (account, region) = (ACCOUNTS[unit.account], REGIONS[unit.region].0);
    let place = place(unit.account, unit.region) as u64;
    let mut rng = Rng::new(mix3(plan.seed ^ mix3(0xf11e, place, file), 0, u64::from(unit.slot)));
    // Two to five minutes after the end of a slot of ten: two to fifteen after any of its events.
    let delay = i64::from(rng.between(2, 5)) * 60;
    let at = moment(plan.calendar.slot_start(unit.slot) + SLOT_SECONDS + delay);
    let mark: String =
        (0..16).map(|_| char::from(LETTERS[rng.below(LETTERS.len() as u32) as usize])).collect();
    PathBuf::from(format!(
        "AWSLogs/{account}/CloudTrail/{region}/{:04}/{:02}/{:02}/{account}_CloudTrail_{region}_{:04}{:02}{:02}T{:02}{:02}Z_{mark}.json.gz",
        at.year, at.month, at.day, at.year, at.month, at.day, at.hour, at.minute
    ))
}

/// Makes sure that `out` is an empty directory.
fn prepare(out: &Path) -> Result<(), SynthError> {
    let failed = |source| SynthError::Io { path: out.to_owned(), source };
    fs::create_dir_all(out).map_err(failed)?;
    match fs::read_dir(out).map_err(failed)?.next() {
        None => Ok(()),
        Some(_) => Err(SynthError::NotEmpty { path: out.to_owned() }),
    }
}

/// Writes a file under another name, then renames it; leaves nothing behind when that fails.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), SynthError> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let written = match fs::write(&partial, bytes) {
        // Most files find their directory; only the first of a day has to make it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&partial, bytes)),
        other => other,
    };
    written.and_then(|()| fs::rename(&partial, path)).map_err(|source| {
        // The error that matters is the first one.
        let _ = fs::remove_file(&partial);
        SynthError::Io { path: path.to_owned(), source }
    })
}
