//! What an export says.

use super::{Shell, TRAIL};

#[test]
fn an_export_tells_what_it_wrote() {
    let shell = Shell::new();
    shell.run(&["import", TRAIL]);
    let out = shell.path("out");
    let export = |more: &[&str]| {
        shell.run(&[&["store", "export", "--to", out.to_str().unwrap()], more].concat())
    };
    snapshot!(
        [
            export(&[]),
            export(&["--json"]),
            export(&["--where", "eventName = 'Nothing'"]),
            export(&["--until", "2001-01-01"]),
            export(&["nowhere"]),
            export(&["--from", "soon"]),
            export(&["--where", "true) OR (true"]),
            export(&["--where", "eventName = 'x' AND\n  nothing = 1"]),
            export(&["--where", "count(*) = 1"]),
            export(&["--where", ""]),
            export(&["--selectors", "[]"]),
            export(&["--format", "csv"]),
            shell.run(&["store", "export", "--to", "Cargo.toml"]),
        ]
        .join("\n")
    );
}
