//! What comes to the sources of a store is imported, once, whatever happens meanwhile.

use crate::buckets::Server;
use crate::cli::Shell;
use crate::logs::{event, gzip, has, text};
use std::fs::{self, File};
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long what must happen is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

fn log(ids: Range<u32>) -> Vec<u8> {
    let events: Vec<_> = ids.map(event).collect();
    gzip(format!("{{\"Records\":[{}]}}", events.join(",")).as_bytes())
}

/// A running `traillake watch`, which is killed when it is dropped.
struct Watch(Child);

impl Watch {
    fn start(shell: &Shell, args: &[&str]) -> Self {
        Self::start_with(&mut shell.command(&[&["watch"][..], args].concat()))
    }

    fn start_with(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Ends it as an administrator does, and returns what it printed.
    fn end(mut self) -> String {
        let ended = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        assert!(ended.unwrap().success());
        let mut told = String::new();
        for pipe in [
            Box::new(self.0.stdout.take().unwrap()) as Box<dyn std::io::Read>,
            Box::new(self.0.stderr.take().unwrap()),
        ] {
            told.push_str(&std::io::read_to_string(pipe).unwrap());
        }
        assert_eq!(self.0.wait().unwrap().code(), Some(0), "{told}");
        told
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Makes a folder that feeds the default store.
fn fed_by_folder(shell: &Shell) -> std::path::PathBuf {
    let drop = shell.path("drop");
    fs::create_dir(&drop).unwrap();
    has(&shell.run(&["source", "add", text(&drop)]), &["exit 0", "default is fed from"]);
    drop
}

/// Number of events, and of different ones.
fn events(shell: &Shell) -> String {
    let count = "SELECT count(*), count(DISTINCT eventID) FROM event_data_store";
    let output = shell.command(&["query", "--format", "csv", count]).output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    output.lines().nth(1).unwrap_or_default().to_owned()
}

#[track_caller]
fn wait_for(shell: &Shell, wanted: &str) {
    let start = Instant::now();
    while events(shell) != wanted {
        assert!(start.elapsed() < PATIENCE, "{wanted} wanted, {} there", events(shell));
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// `TRAILLAKE_WATCH_FILES` makes it as long as one likes.
#[test]
fn every_event_comes_once_although_it_is_killed() {
    let files = std::env::var("TRAILLAKE_WATCH_FILES").ok().and_then(|n| n.parse().ok());
    let (files, kills) = (files.unwrap_or(100), 10);
    let shell = Shell::new();
    let drop = fed_by_folder(&shell);
    let mut watch = Watch::start(&shell, &[]);
    for file in 0..files {
        let folder = drop.join(format!("{}", file % 7));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{file}.json.gz")), log(file * 5..file * 5 + 6)).unwrap();
        if file % (files / kills).max(1) == 0 {
            std::thread::sleep(Duration::from_millis(u64::from(file * 37 % 400)));
            watch = {
                std::mem::drop(watch); // killed
                Watch::start(&shell, &[])
            };
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let all = files * 5 + 1;
    wait_for(&shell, &format!("{all},{all}"));
    has(&watch.end(), &["watching 1 source"]);
    has(&shell.run(&["import", text(&drop)]), &["Nothing new", "0 read"]);
}

#[test]
fn a_file_is_read_when_it_is_complete() {
    let shell = Shell::new();
    let drop = fed_by_folder(&shell);
    let watch = Watch::start(&shell, &[]);
    fs::write(drop.join("first.json.gz"), log(900..901)).unwrap();
    wait_for(&shell, "1,1"); // from here on it is told of changes
    let whole = log(0..500);
    let mut slow = File::create(drop.join("slow.json.gz")).unwrap();
    slow.write_all(&whole[..whole.len() / 2]).unwrap();
    let hidden = drop.join(".renamed.json.gz.part");
    fs::write(&hidden, log(500..600)).unwrap();
    fs::write(drop.join("done.json.gz"), log(600..610)).unwrap();
    wait_for(&shell, "11,11");
    std::thread::sleep(Duration::from_secs(3));
    slow.write_all(&whole[whole.len() / 2..]).unwrap();
    std::mem::drop(slow);
    wait_for(&shell, "511,511");
    fs::rename(hidden, drop.join("renamed.json.gz")).unwrap();
    wait_for(&shell, "611,611");
    // A file that goes on growing is read again, and its events are stored once.
    let mut growing =
        File::options().append(true).create(true).open(drop.join("all.jsonl")).unwrap();
    for id in 610..613 {
        writeln!(growing, "{}", event(id)).unwrap();
    }
    std::mem::drop(growing);
    wait_for(&shell, "614,614");
    let mut growing = File::options().append(true).open(drop.join("all.jsonl")).unwrap();
    writeln!(growing, "{}", event(613)).unwrap();
    std::mem::drop(growing);
    wait_for(&shell, "615,615");
    let told = watch.end();
    assert!(!told.contains("warning") && !told.contains("failed"), "{told}");
}

#[test]
fn sources_and_stores_are_switched_while_it_runs() {
    let shell = Shell::new();
    let drop = fed_by_folder(&shell);
    let watch = Watch::start(&shell, &["--interval", "1"]);
    has(&shell.run(&["store", "stop-ingestion", "default"]), &["exit 0"]);
    std::thread::sleep(Duration::from_secs(2));
    fs::write(drop.join("a.json.gz"), log(0..3)).unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(events(&shell), "0,0");
    has(&shell.run(&["store", "start-ingestion", "default"]), &["exit 0"]);
    wait_for(&shell, "3,3");
    let other = shell.path("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("b.json.gz"), log(3..5)).unwrap();
    shell.run(&["source", "add", text(&other)]);
    wait_for(&shell, "5,5");
    has(&shell.run(&["source", "remove", text(&other)]), &["Removed", "stays in default"]);
    std::thread::sleep(Duration::from_secs(2));
    fs::write(other.join("c.json.gz"), log(5..7)).unwrap();
    // A folder that is moved away and comes back is watched again.
    fs::rename(&drop, shell.path("away")).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    fs::rename(shell.path("away"), &drop).unwrap();
    std::thread::sleep(Duration::from_secs(2));
    fs::write(drop.join("d.json.gz"), log(7..9)).unwrap();
    wait_for(&shell, "7,7");
    let told = watch.end();
    has(&told, &["default takes no events", "no such file or folder"]);
    assert_eq!(told.matches("no such file or folder").count(), 1, "it is told once: {told}");
}

#[test]
fn a_bucket_is_listed_again_and_again() {
    let (server, shell) = (Server::start(), Shell::new());
    let key = |day: u32| {
        format!(
            "AWSLogs/1/CloudTrail/r/2026/03/{day:02}/1_CloudTrail_r_202603{day:02}T1000Z_x.json.gz"
        )
    };
    server.put("trail", &key(2), &log(0..4));
    shell.run(&["source", "add", "s3://trail/AWSLogs"]);
    let mut command = shell.command(&["watch", "--once"]);
    let output = server.known_to(&mut command).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(events(&shell), "4,4");
    let watch =
        Watch::start_with(server.known_to(&mut shell.command(&["watch", "--interval", "1"])));
    std::thread::sleep(Duration::from_secs(2));
    server.put("trail", "AWSLogs/late.json.gz", &log(4..6));
    wait_for(&shell, "6,6");
    let told = watch.end();
    assert!(!told.contains("warning"), "{told}");
}

#[test]
fn once_ends_with_what_could_not_be_read() {
    let shell = Shell::new();
    has(&shell.run(&["watch", "--once"]), &["exit 1", "there is no event data store"]);
    let drop = fed_by_folder(&shell);
    fs::write(drop.join("a.json.gz"), log(0..3)).unwrap();
    fs::write(drop.join("notes.txt"), "nothing").unwrap();
    has(&shell.run(&["watch", "--once", "--json"]), &["exit 0", "\"stored\":3", "\"foreign\":1"]);
    fs::write(drop.join("b.json.gz"), &log(3..50)[..200]).unwrap();
    has(&shell.run(&["watch", "--once"]), &["exit 1", "cut off", "1 file"]);
    fs::remove_dir_all(&drop).unwrap();
    has(&shell.run(&["watch", "--once"]), &["exit 1", "no such file or folder", "1 source"]);
    has(&shell.run(&["source", "list"]), &["[DIR]/drop"]);
    has(&shell.run(&["source", "remove", text(&drop)]), &["exit 0"]);
    has(&shell.run(&["source", "remove", text(&drop)]), &["exit 1", "is no source of default"]);
    has(&shell.run(&["watch", "--once"]), &["exit 0", "nothing to watch"]);
    has(&shell.run(&["source", "add", "nowhere"]), &["exit 1", "nowhere: "]);
    has(&shell.run(&["source", "add", "s3://"]), &["exit 1", "no bucket"]);
}

#[test]
fn sources_are_listed_with_what_is_wanted_of_them() {
    let shell = Shell::new();
    fs::create_dir(shell.path("drop")).unwrap();
    let path = shell.path("drop");
    let filters = ["--account", "111122223333", "--from", "2026-03-01", "--exclude", "*.tmp"];
    shell.run(&[&["source", "add", text(&path)][..], &filters].concat());
    shell.run(&["source", "add", "s3://b/p/", "--profile", "audit", "--no-sign-request"]);
    has(
        &shell.run(&["source", "list"]),
        &[
            "--exclude *.tmp --account 111122223333 --from 2026-03-01T00:00:00Z",
            "s3://b/p  ",
            "--profile audit --no-sign-request",
        ],
    );
    // Once more, it has the filters given now.
    shell.run(&["source", "add", text(&path)]);
    let listed = shell.run(&["source", "list", "--json"]);
    assert!(!listed.contains("111122223333"), "{listed}");
    shell.run(&["store", "create", "gone"]);
    shell.run(&["source", "add", text(Path::new("/tmp")), "--store", "gone"]);
    has(&shell.run(&["store", "delete", "gone", "--purge", "--confirm", "gone"]), &["exit 0"]);
    assert!(!shell.run(&["source", "list"]).contains("gone"));
}
