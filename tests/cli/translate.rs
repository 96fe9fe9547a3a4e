//! Statements of other engines: what an error tells, and what `traillake translate` prints.

use super::{Shell, TRAIL};

const SQL: &str = "SELECT eventname FROM cloudtrail_logs\nWHERE eventtime LIKE '2026-03-01%' ORDER BY eventtime, eventid LIMIT 1 OFFSET 2";

#[test]
fn a_statement_of_another_engine_is_repaired() {
    let shell = Shell::new();
    let mut told = String::new();
    for args in [
        &["query", "--input", TRAIL, SQL][..],
        &["query", "--input", TRAIL, "--translate", SQL],
        &["query", "--input", TRAIL, "SELECT requestParameters['none'] FROM eds"],
        &["translate", SQL],
        &["translate", "--dialect", "lake", SQL],
        &["translate", "--check", SQL],
        &["translate", "--check", "SELECT eventName FROM event_data_store"],
        &["translate", "-- all\nSELECT eventNme FROM event_data_store"],
        // What is guessed is offered, and not run.
        &[
            "query",
            "--input",
            TRAIL,
            "--translate",
            "SELECT eventNme FROM eds WHERE errorCode == 'x'",
        ],
        &["query", "--input", TRAIL, "SELECT eventName, count(*), len(nope) FROM eds"],
    ] {
        told.push_str(&format!("$ {args:?}\n{}", shell.run(args)));
    }
    snapshot!(told);
}

#[test]
fn the_environment_and_the_prompt_may_wish_for_translation() {
    let shell = Shell::new();
    let asked = "SELECT len('abc');\n.translate\n.translate on\nSELECT len('abc');\n.any-store on\n.any-store\n";
    let mut command = shell.command(&["query", "SELECT len('abc')"]);
    let output = command.env("TRAILLAKE_TRANSLATE", "1").output().unwrap();
    assert!(output.status.success());
    snapshot!(shell.run_with(&[], &asked[asked.find('.').unwrap()..]));
}
