//! The program from outside: what it prints, where, and with which exit code.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) struct Shell {
    dir: tempfile::TempDir,
}

impl Shell {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_traillake"));
        command
            .args(args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("TRAILLAKE_DIR", self.path("lake"))
            .env_remove("RUST_BACKTRACE");
        command
    }

    /// Exit code, standard output and standard error.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        self.run_with(args, "")
    }

    pub(crate) fn run_with(&self, args: &[&str], stdin: &str) -> String {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that fails early does not read.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        format!(
            "exit {}\n--- stdout\n{}--- stderr\n{}",
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr)
        )
        .replace(&self.dir.path().display().to_string(), "[DIR]")
        .replace(env!("CARGO_MANIFEST_DIR"), "[PROJECT]")
    }
}

macro_rules! snapshot {
    ($text:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.(orc|parquet|arrow)",
            "[FILE].$1",
        );
        settings.add_filter(
            r"01[0-9a-f]{6}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[IMPORT]",
        );
        settings.add_filter(
            r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
            "[ID]",
        );
        settings.add_filter(r"in [0-9.]+ s\b( \([0-9,]+ events/s\))?", "in [TIME]");
        settings.add_filter(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9:]{8}( UTC|  )", "[WHEN]$1");
        settings.add_filter(r"[0-9.]+ kB", "[SIZE]");
        // Whether a late event finds its day still open depends on the threads.
        settings.add_filter(r"data( +)[0-9]+ files?, ", "data$1[FILES], ");
        settings.add_filter(r"  merged  [^\n]*\n", "");
        settings.bind(|| insta::assert_snapshot!($text));
    }};
}

mod bench;
mod categories;
mod export;
mod failures;
mod files;
mod imports;
mod inspect;
mod repl;
mod selectors;
mod serve;
mod statements;
mod stores;
mod translate;
mod validate_logs;

pub(crate) const TRAIL: &str = "testdata/trail";

/// Rows with two labels, one of which a spreadsheet would take for a formula.
const LABELS: &str = "SELECT * FROM (VALUES ('a', 3, TIMESTAMP '2026-03-01 00:00:00'), ('=b', 1, TIMESTAMP '2026-03-02 00:00:00')) AS t (label, calls, time) ORDER BY calls DESC";

/// The names in a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}
