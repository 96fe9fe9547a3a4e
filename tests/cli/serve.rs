//! The service and its keys, as far as nobody asks it.

use super::Shell;

macro_rules! keys_snapshot {
    ($text:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(r"AKIA[A-Z2-7]{16}", "[KEY]");
        settings.add_filter(r"(ACCESS_KEY=)[^\n]{40}\n", "$1[SECRET]\n");
        settings.add_filter(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(\.[0-9]+Z)?", "[WHEN]");
        settings.bind(|| insta::assert_snapshot!($text));
    }};
}

#[test]
fn access_keys() {
    let shell = Shell::new();
    let mut told = vec![shell.run(&["access-keys", "list"])];
    told.push(shell.run(&["access-keys", "create"]));
    told.push(shell.run(&["access-keys", "create", "--role", "reader"]));
    told.push(shell.run(&["access-keys", "list"]));
    told.push(shell.run(&["access-keys", "list", "--json"]));
    let id = told[1].split("AWS_ACCESS_KEY_ID=").nth(1).unwrap()[..20].to_owned();
    told.push(shell.run(&["access-keys", "delete", &id]));
    told.push(shell.run(&["access-keys", "delete", &id]));
    told.push(shell.run(&["access-keys", "create", "--role", "owner"]));
    keys_snapshot!(told.join("\n"));
}

#[test]
fn a_service_that_does_not_start() {
    let shell = Shell::new();
    let missing = shell.path("missing.pem").display().to_string();
    // Of the folder that has the lake.
    let within = format!("logs={}", shell.path(".").display());
    let told = [
        &["serve", "--no-auth", "--listen", "0.0.0.0:0"][..],
        &["serve", "--account", "12"],
        &["serve", "--key", "short:x"],
        &["serve", "--listen", "somewhere"],
        &["serve", "--tls-cert", &missing],
        &["serve", "--listen", "127.0.0.1:0", "--tls-cert", &missing, "--tls-key", &missing],
        &["serve", "--listen", "127.0.0.1:0", "--access-log", "testdata"],
        &["serve", "--listen", "127.0.0.1:0", "--bucket", &within],
        &["serve", "--bucket", "logs"],
        &["serve", "--bucket", "Logs=."],
        &["serve", "--bucket", "logs=missing"],
        &["serve", "--listen", "127.0.0.1:0", "--import-root", "missing"],
        &["serve", "--trail-delivery", "0"],
    ];
    keys_snapshot!(told.map(|args| shell.run(args)).join("\n"));
}
