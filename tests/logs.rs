//! Files of logs for tests, and what the program says of them.

use crate::cli::Shell;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// An event whose id and name have this number.
pub(crate) fn event(id: u32) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventName":"N{id}","eventSource":"s3.amazonaws.com","eventTime":"2026-03-02T10:00:00Z","eventID":"00000000-0000-4000-8000-{id:012}"}}"#
    )
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Makes a folder of files.
pub(crate) fn folder(shell: &Shell, files: &[(&str, Vec<u8>)]) -> PathBuf {
    let logs = shell.path("logs");
    for (name, bytes) in files {
        let file = logs.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
    logs
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[track_caller]
pub(crate) fn has(output: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(output.contains(wanted), "{wanted:?} is missing:\n{output}");
    }
}
