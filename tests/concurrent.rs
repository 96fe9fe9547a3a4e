//! Processes that use one store at the same time, and processes that are killed at any moment.
//!
//! `TRAILLAKE_KILLS` and `TRAILLAKE_KILL_EVENTS` set how often and over how many events; `TRAILLAKE_BIN` names another
//! program, such as a release build:
//!
//! ```sh
//! cargo build --release
//! TRAILLAKE_KILLS=200 TRAILLAKE_KILL_EVENTS=1000000 TRAILLAKE_BIN=$CARGO_TARGET_DIR/release/traillake \
//!     cargo test --test integration -- concurrent:: --nocapture
//! ```

#![expect(clippy::print_stdout, reason = "long runs tell their figures")]

use crate::cli::Shell;
use crate::lake::now;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use traillake::engine::{Engine, EngineOptions};
use traillake::store::Lake;
use traillake_synth::{SynthOptions, write_trail};

/// A number that the environment may set.
fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn program() -> PathBuf {
    std::env::var_os("TRAILLAKE_BIN")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_traillake")), PathBuf::from)
}

/// Logs of a trail, and a lake beside them.
struct Bench {
    shell: Shell,
}

impl Bench {
    fn new(events: u64) -> Self {
        let shell = Shell::new();
        let options = SynthOptions { events, seed: 7, days: 8, ..SynthOptions::default() };
        write_trail(&options, &shell.path("logs"), &AtomicBool::new(false), &|_| {}).unwrap();
        Self { shell }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.shell.path(name)
    }

    fn command(&self, lake: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(args).env("TRAILLAKE_DIR", self.path(lake)).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Begins an import of the logs, all of them or of some accounts.
    fn import(&self, lake: &str, logs: &[PathBuf]) -> Child {
        let mut command = self.command(lake, &["import"]);
        command.args(logs).spawn().unwrap()
    }

    fn all(&self) -> Vec<PathBuf> {
        vec![self.path("logs")]
    }

    /// The folders of a trail's accounts.
    fn accounts(&self) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        for entry in walkdir::WalkDir::new(self.path("logs")) {
            let path = entry.unwrap().into_path();
            if path.file_name().is_some_and(|name| name == "CloudTrail") {
                folders.push(path);
            }
        }
        folders.sort();
        folders
    }

    /// Merges the files of each day, and returns the SHA-256 of each.
    fn settled(&self, lake: &str) -> BTreeMap<String, Vec<String>> {
        for args in [&["store", "compact"][..], &["store", "check"]] {
            let output = self.command(lake, args).stderr(Stdio::piped()).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{args:?}: {told}");
        }
        let opened = Lake::open(&self.path(lake), now).unwrap();
        let store = opened.store("default").unwrap();
        let mut days: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in opened.catalog().data_files(store.id).unwrap() {
            days.entry(format!("{:?}", file.day)).or_default().push(file.sha256.unwrap());
        }
        days
    }
}

/// Ends an import, and looks that it did what it should.
#[track_caller]
fn done(mut import: Child) {
    assert!(import.wait().unwrap().success());
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }
}

#[test]
fn two_imports_at_once_end_as_one_after_the_other_and_no_count_falls() {
    let bench = Bench::new(number("TRAILLAKE_KILL_EVENTS", 6_000));
    let accounts = bench.accounts();
    assert!(accounts.len() > 1, "{accounts:?}");
    // Both have the first account.
    let (left, right) = accounts.split_at(accounts.len() / 2);
    let parts = [left.to_vec(), [right, &left[..1]].concat()];
    let started = Instant::now();
    for part in &parts {
        done(bench.import("one", part));
    }
    let one_after_the_other = started.elapsed();
    // Where copies of an event stand in both parts, it is told to be of the one that was imported first.
    for part in parts.iter().rev() {
        done(bench.import("the other way", part));
    }

    let opened = Arc::new(Lake::open(&bench.path("two"), now).unwrap());
    let store = opened.store_or_default(None).unwrap();
    let options = EngineOptions { threads: 1, memory: 64 << 20 };
    let engine = Engine::new(Arc::clone(&opened), Some(store.clone()), options).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let count = || -> u64 {
        // Counted from the rows, not from the catalog.
        let sql = "SELECT count(*) FROM event_data_store WHERE eventID <> ''";
        runtime.block_on(async {
            let mut answer = engine.query(sql).await.unwrap();
            let batch = answer.next().await.unwrap().unwrap();
            arrow::util::display::array_value_to_string(batch.column(0), 0)
                .unwrap()
                .parse()
                .unwrap()
        })
    };
    let started = Instant::now();
    let mut imports: Vec<_> = parts.iter().map(|part| bench.import("two", part)).collect();
    let mut counts = vec![count()];
    while imports.iter_mut().any(|import| import.try_wait().unwrap().is_none()) {
        counts.push(count());
        std::thread::sleep(Duration::from_millis(5));
    }
    let at_once = started.elapsed();
    counts.push(count());
    imports.into_iter().for_each(done);
    assert!(counts.is_sorted(), "{counts:?}");
    let wanted = ["one", "the other way"].map(|lake| bench.settled(lake));
    assert!(wanted.contains(&bench.settled("two")));
    println!(
        "one after the other {one_after_the_other:.2?}, at once {at_once:.2?}, {} counts",
        counts.len()
    );
}

/// Kills imports at random moments, each followed by another one, and looks now and then whether what a whole one makes
/// of the rest is what one import without kills makes. `writers` import at the same time.
fn kill(writers: usize) {
    let bench = Bench::new(number("TRAILLAKE_KILL_EVENTS", 6_000));
    let started = Instant::now();
    done(bench.import("whole", &bench.all()));
    let whole_takes = started.elapsed();
    let want = bench.settled("whole");
    let kills = number("TRAILLAKE_KILLS", 6);
    let mut numbers = Numbers(kills + writers as u64);
    let mut early = 0;
    for round in 0..kills {
        let mut imports: Vec<_> =
            (0..writers).map(|_| bench.import("killed", &bench.all())).collect();
        let wait = whole_takes.mul_f64(numbers.below(1_000) as f64 / 1_000.0);
        std::thread::sleep(wait);
        for import in &mut imports {
            early += u64::from(import.try_wait().unwrap().is_none());
            import.kill().unwrap();
            import.wait().unwrap();
        }
        // Each must open, and hold nothing that cannot be read.
        if round % 10 == 9 || round + 1 == kills {
            let check = bench.command("killed", &["store", "check", "--quick"]).status().unwrap();
            assert!(
                check.success() || !bench.path("killed/catalog.sqlite").exists(),
                "round {round}"
            );
            done(bench.import("killed", &bench.all()));
            assert!(bench.settled("killed") == want, "round {round}");
            assert_eq!(left_over(&bench.path("killed")), 0, "round {round}");
            std::fs::remove_dir_all(bench.path("killed")).unwrap();
        }
    }
    println!(
        "{kills} kills of {writers} at once, {early} before the end; a whole import takes {whole_takes:.2?}"
    );
    assert!(early > 0, "nothing was killed");
}

/// Files that are being written, or were when their writer was killed.
fn left_over(lake: &Path) -> usize {
    let entries = walkdir::WalkDir::new(lake).into_iter().map(Result::unwrap);
    entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".tmp")).count()
}

#[test]
fn kills_at_any_moment_lose_nothing() {
    kill(1);
}

#[test]
fn kills_of_two_imports_at_once_lose_nothing() {
    kill(2);
}
