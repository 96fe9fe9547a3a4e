//! Files that a user names for writing: whole or not there.

use super::{LABELS, Shell, TRAIL, names};
use std::process::{Command, Stdio};

#[test]
fn answers_are_written_to_files() {
    let shell = Shell::new();
    let path = |name: &str| shell.path(name).to_str().unwrap().to_owned();
    let mut told = Vec::new();
    for name in ["a.csv", "a.tsv", "a.JSON", "a.jsonl", "a.md", "a.html", "a.svg"] {
        let draws = matches!(name, "a.html" | "a.svg");
        let chart: &[&str] = if draws { &["--chart", "bar"] } else { &[] };
        let args = ["query", "--csv-safe", LABELS, "--output", &path(name)];
        let run = shell.run(&[&args, chart].concat());
        let text = std::fs::read_to_string(path(name)).unwrap();
        told.push(format!("{run}--- {name}\n{}", if draws { "" } else { &text }));
        assert!(!draws || text.contains("<svg ") && text.contains("=b"), "{text}");
    }
    let page = path("operations.html");
    shell.run(&["query", "--saved", "xray/operations", "--input", TRAIL, "--output", &page]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("<title>X-Ray calls by operation</title>"), "{page}");
    for format in ["parquet", "orc", "arrow"] {
        let file = path(&format!("a.{format}"));
        shell.run(&["query", "--output", &file, LABELS]);
        let layout = shell.run(&["inspect", &file, "--json"]);
        assert!(layout.contains("\"rows\": 2"), "{layout}");
        let redirected = shell.command(&["query", "--format", format, LABELS]).output().unwrap();
        assert_eq!(redirected.stdout, std::fs::read(&file).unwrap());
    }
    let other = path("a.txt");
    told.push(shell.run(&["query", "--output", &other, "--format", "lake", LABELS]));
    told.push(std::fs::read_to_string(&other).unwrap());
    snapshot!(told.join("\n"));
}

#[test]
fn files_of_bench_and_man_replace_no_other() {
    let shell = Shell::new();
    let path = |name: &str| shell.path(name).to_str().unwrap().to_owned();
    std::fs::write(path("a.svg"), "precious").unwrap();
    let pages = shell.path("pages");
    let man = || shell.run(&["man", "--out", &path("pages")]);
    let mut told = Vec::new();
    for option in ["--csv", "--json", "--svg"] {
        told.push(shell.run(&["bench", TRAIL, option, &path("a.svg")]));
    }
    told.push(shell.run(&["bench", TRAIL, "--csv", &path("b"), "--json", &path("b")]));
    let first = man();
    assert!(first.starts_with("exit 0") && first == man(), "pages of ours are replaced: {first}");
    std::fs::write(pages.join("traillake-query.1"), "precious").unwrap();
    std::fs::remove_file(pages.join("traillake.1")).unwrap();
    told.push(man());
    assert!(!pages.join("traillake.1").exists(), "nothing is written");
    assert_eq!(std::fs::read_to_string(pages.join("traillake-query.1")).unwrap(), "precious");
    assert_eq!(std::fs::read_to_string(path("a.svg")).unwrap(), "precious");
    snapshot!(told.join("\n"));
}

#[test]
fn a_file_of_an_answer_is_whole_or_not_there() {
    let shell = Shell::new();
    let folder = shell.path("out");
    std::fs::create_dir(&folder).unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    std::fs::write(path("old.csv"), "precious").unwrap();
    std::fs::create_dir(path("folder.csv")).unwrap();
    let wrong = "SELECT 1 / (a.n + b.n - 10100) FROM UNNEST(sequence(1, 100)) AS a (n) CROSS JOIN UNNEST(sequence(1, 10000)) AS b (n)";
    let mut told = vec![
        shell.run(&["query", "--output", &path("old.csv"), "SELECT 1"]),
        shell.run(&["query", "--output", &path("folder.csv"), "--force", "SELECT 1"]),
        shell.run(&["query", "--output", &path("nowhere/a.csv"), "SELECT 1"]),
        shell.run(&["query", "--output", &path("a"), "SELECT 1"]),
        shell.run(&["query", "--output", &path("a.csv"), "SELECT 1; SELECT 2"]),
        shell.run(&["query", "--output", &path("a.csv"), wrong]),
        shell.run(&["query", "--output", &path("a.csv"), "--keep-going", wrong]),
        shell.run(&["query", "--output", &path("a.svg"), "SELECT 1"]),
        shell.run(&["query", "--format", "html", "SELECT 1; SELECT 2"]),
        shell.run(&["query", "--force", "SELECT 1"]),
    ];
    assert_eq!(names(&folder), ["folder.csv", "old.csv"]);
    assert_eq!(std::fs::read_to_string(path("old.csv")).unwrap(), "precious");
    told.push(shell.run(&["query", "--output", &path("old.csv"), "--force", "SELECT 1 AS one"]));
    told.push(std::fs::read_to_string(path("old.csv")).unwrap());
    snapshot!(told.join("\n"));
    assert_eq!(names(&folder), ["folder.csv", "old.csv"]);
}

#[cfg(unix)]
#[test]
fn a_file_of_an_answer_is_as_other_files_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let shell = Shell::new();
    let path = |name: &str| shell.path(name);
    let mode = |name: &str| std::fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
    std::fs::write(path("usual"), "").unwrap();
    let write = |name: &str| {
        shell.run(&["query", "--force", "--output", path(name).to_str().unwrap(), "SELECT 1"])
    };
    assert!(write("new.csv").starts_with("exit 0"));
    assert_eq!(mode("new.csv"), mode("usual"));
    std::fs::set_permissions(path("new.csv"), PermissionsExt::from_mode(0o600)).unwrap();
    symlink("new.csv", path("link.csv")).unwrap();
    assert!(write("link.csv").starts_with("exit 0"));
    assert_eq!(mode("new.csv"), 0o600);
    assert!(std::fs::symlink_metadata(path("link.csv")).unwrap().is_symlink());
}

#[cfg(unix)]
#[test]
fn a_folder_or_disk_that_takes_no_file_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let shell = Shell::new();
    let folder = shell.path("locked");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o500)).unwrap();
    let file = folder.join("a.csv");
    let text = shell.run(&["query", "--output", file.to_str().unwrap(), "SELECT 1"]);
    // The superuser writes everywhere, except into what is not a folder of files.
    if text.starts_with("exit 1") {
        assert!(text.contains("locked/a.csv: permission denied"), "{text}");
    }
    let text = shell.run(&["query", "--output", "/proc/a.csv", "SELECT 1"]);
    assert!(text.starts_with("exit 1") && text.contains("error: /proc/a.csv: "), "{text}");
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).unwrap();

    // A limit on the size of files fails as a full disk does, in the middle of the answer.
    let limited = shell.path("limited");
    std::fs::create_dir(&limited).unwrap();
    let file = limited.join("a.csv");
    let sql = "SELECT lpad('', 2000, 'x') FROM UNNEST(sequence(1, 10000)) AS t (n)";
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8000; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_traillake"))
        .args(["query", "--output", file.to_str().unwrap(), sql])
        .env("TRAILLAKE_DIR", shell.path("lake"))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("error: cannot write the answer: ") && told.contains("a.csv: File too large"),
        "{told}"
    );
    assert_eq!(names(&limited), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_no_file() {
    let shell = Shell::new();
    let folder = shell.path("out");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("a.csv");
    // Rows come for long, and the file grows meanwhile.
    let sql = "SELECT a.n, b.n, c.n FROM UNNEST(sequence(1, 3000)) AS a (n) CROSS JOIN UNNEST(sequence(1, 3000)) AS b (n) CROSS JOIN UNNEST(sequence(1, 3000)) AS c (n)";
    let mut child = shell
        .command(&["query", "--output", file.to_str().unwrap(), sql])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = || {
        names(&folder)
            .iter()
            .any(|name| std::fs::metadata(folder.join(name)).is_ok_and(|file| file.len() > 0))
    };
    for _ in 0..600 {
        if begun() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(begun());
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert_eq!(names(&folder), Vec::<String>::new());
}
