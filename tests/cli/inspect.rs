//! What `inspect` tells of columnar files.

use super::{Shell, TRAIL};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// The file of the trail's second day, as one thread writes it, under a name that tells nothing. It is read from
/// standard input, so that it does not matter where the trail is.
fn day_file(shell: &Shell, format: &str) -> String {
    shell.run(&["store", "create", format, "--format", format]);
    let logs = shell.path(&format!("{format}.json.gz"));
    let mut trail: Vec<_> = walkdir::WalkDir::new(TRAIL).into_iter().map(Result::unwrap).collect();
    trail.retain(|file| file.path().extension().is_some_and(|end| end == "gz"));
    trail.sort_by(|a, b| a.path().cmp(b.path()));
    let packed: Vec<_> = trail.iter().map(|file| std::fs::read(file.path()).unwrap()).collect();
    std::fs::write(&logs, packed.concat()).unwrap();
    let mut import = shell.command(&["import", "-", "--store", format, "--threads", "1"]);
    assert!(import.stdin(File::open(&logs).unwrap()).output().unwrap().status.success());
    let day = "event_date=2026-03-02";
    let mut files = walkdir::WalkDir::new(shell.path("lake")).into_iter().map(Result::unwrap);
    let ends = |path: &Path| path.extension().is_some_and(|e| e == format);
    let file = files.find(|f| ends(f.path()) && f.path().parent().unwrap().ends_with(day));
    let copy = shell.path(&format!("{format} file"));
    std::fs::copy(file.unwrap().path(), &copy).unwrap();
    copy.to_str().unwrap().to_owned()
}

fn names_are_counted_in_json(shell: &Shell, file: &str) {
    let text = shell.run(&["inspect", file, "--json"]);
    let json = text.split("--- stdout\n").nth(1).unwrap().split("--- stderr").next().unwrap();
    let layout: serde_json::Value = serde_json::from_str(json).unwrap();
    let name = layout["columns"].as_array().unwrap().iter().find(|c| c["path"] == "eventname");
    assert_eq!(layout["rows"], name.unwrap()["total"]["values"]);
}

#[test]
fn a_parquet_file_is_inspected() {
    let shell = Shell::new();
    let file = day_file(&shell, "parquet");
    snapshot!(
        [
            shell.run(&["inspect", &file]),
            shell.run(&["inspect", &file, "--column", "EventTime"]),
            shell.run(&["inspect", &file, "--column", "tlsDetails"]),
            shell.run(&["inspect", &file, "--column", "evntTime"]),
        ]
        .join("\n")
    );
}

#[test]
fn an_orc_file_is_inspected() {
    let shell = Shell::new();
    let file = day_file(&shell, "orc");
    snapshot!(
        [
            shell.run(&["inspect", &file]),
            shell.run(&["inspect", &file, "--column", "eventID"]),
            shell.run(&["inspect", &file, "--column", "tlsDetails"]),
            shell.run(&["inspect", &file, "--column", "resources"]),
        ]
        .join("\n")
    );
    names_are_counted_in_json(&shell, &file);
}

/// What of a file a query need not read is told by the row groups.
#[test]
fn row_groups_of_an_orc_file_are_inspected() {
    use arrow::array::{Int64Array, RecordBatch, StringArray};
    use traillake_orc::write::{Options, Writer};
    let shell = Shell::new();
    let number = |row| (row % 3 > 0).then_some(row);
    let batch = RecordBatch::try_from_iter([
        ("n", Arc::new(Int64Array::from_iter((0..12).map(number))) as _),
        ("id", Arc::new(StringArray::from_iter_values((0..12).map(|n| format!("id{n}")))) as _),
    ])
    .unwrap();
    let options = Options {
        stripe_rows: Some(8),
        row_index_stride: 3,
        bloom_columns: vec!["id".to_owned()],
        ..Options::default()
    };
    let file = shell.path("groups");
    let created = std::fs::File::create(&file).unwrap();
    let mut writer = Writer::new(created, batch.schema(), options).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let column = |name| shell.run(&["inspect", file.to_str().unwrap(), "--column", name]);
    snapshot!([column("n"), column("id")].join("\n"));
}

#[test]
fn an_arrow_file_is_inspected() {
    let shell = Shell::new();
    let file = day_file(&shell, "arrow");
    snapshot!(shell.run(&["inspect", &file]));
    names_are_counted_in_json(&shell, &file);
}

#[test]
fn what_cannot_be_inspected_is_told() {
    let shell = Shell::new();
    let parquet = std::fs::read(day_file(&shell, "parquet")).unwrap();
    let arrow = std::fs::read(day_file(&shell, "arrow")).unwrap();
    let mut damaged = parquet.clone();
    let at = damaged.len() - 2_000;
    damaged[at..at + 1_000].fill(0xee);
    let orc = std::fs::read(day_file(&shell, "orc")).unwrap();
    let mut flipped = orc.clone();
    flipped[100] ^= 1;
    let files: [(&str, &[u8]); 10] = [
        ("empty", b""),
        ("cut.parquet", &parquet[..parquet.len() - 100]),
        ("cut.arrow", &arrow[..9]),
        ("damaged.parquet", &damaged),
        ("foreign.parquet", b"\x1f\x8b\x1b[31m not columns"),
        ("cut.orc", b"ORC"),
        ("middle.orc", &orc[..orc.len() / 2]),
        ("last.orc", &orc[..orc.len() - 1]),
        ("front.orc", &[&orc[..3], &orc[1_000..]].concat()),
        ("flipped.orc", &flipped),
    ];
    let mut texts = Vec::new();
    for (name, bytes) in files {
        std::fs::write(shell.path(name), bytes).unwrap();
        texts.push(shell.run(&["inspect", shell.path(name).to_str().unwrap()]));
    }
    texts.push(shell.run(&["inspect", shell.path("lake").to_str().unwrap()]));
    texts.push(shell.run(&["inspect", "no/such/file"]));
    snapshot!(texts.join("\n"));
}
