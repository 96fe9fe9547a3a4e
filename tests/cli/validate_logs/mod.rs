//! What `validate-logs` finds out about copies of buckets that were changed in every way.

mod copy;

use super::Shell;
use crate::logs::gzip;
use copy::{Trail, key_list, other_key_list};
use std::path::Path;

/// A copy with five digest files, of two log files each, and the public key.
struct Case {
    shell: Shell,
    trail: Trail,
}

impl Case {
    fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same, of a trail that is set up otherwise.
    fn with(set_up: impl FnOnce(&mut Trail)) -> Self {
        let shell = Shell::new();
        let mut trail = Trail::new(shell.path("copy"));
        set_up(&mut trail);
        (1..=5).for_each(|hour| trail.deliver(hour, 2));
        let keys = key_list(&trail.fingerprint, "signing-key.txt");
        std::fs::write(shell.path("keys.json"), keys.to_string()).unwrap();
        std::fs::write(shell.path("signatures.jsonl"), trail.head()).unwrap();
        Self { shell, trail }
    }

    fn path(&self, name: &str) -> String {
        self.shell.path(name).to_str().unwrap().to_owned()
    }

    /// Validates a folder.
    fn run_on(&self, folder: &str, more: &[&str]) -> String {
        let (folder, keys) = (self.path(folder), self.path("keys.json"));
        let args = ["validate-logs", &folder, "--public-keys", &keys];
        self.shell.run(&[&args[..], more].concat())
    }

    /// Validates the copy.
    fn run(&self, more: &[&str]) -> String {
        self.run_on("copy", more)
    }

    /// Validates the copy with the newest digest file's signature.
    fn run_signed(&self, more: &[&str]) -> String {
        let signatures = self.path("signatures.jsonl");
        self.run(&[&["--signatures", &signatures], more].concat())
    }
}

/// The lines that begin so.
fn lines<'a>(text: &'a str, start: &'a str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(start)).collect()
}

/// The last fields of these lines.
fn statuses<'a>(text: &'a str, start: &'a str) -> Vec<&'a str> {
    lines(text, start).into_iter().map(|line| line.rsplit('\t').next().unwrap()).collect()
}

#[test]
fn a_sound_chain_is_valid_but_for_the_newest_digest_file() {
    let case = Case::new();
    snapshot!([case.run(&["--verbose"]), case.run(&[]), case.run_signed(&[])].join("\n"));
}

#[test]
fn the_path_may_be_above_or_below_the_bucket() {
    let case = Case::with(|trail| trail.prefix = "some/prefix/".to_owned());
    let whole = case.run(&[]);
    assert!(whole.starts_with("exit 0") && whole.contains("\n8/10 log files valid"), "{whole}");
    for folder in
        [".", "copy/some", "copy/some/prefix/AWSLogs", "copy/some/prefix/AWSLogs/111122223333"]
    {
        assert_eq!(case.run_on(folder, &[]), whole, "{folder}");
    }
    // As aws s3 sync s3://logs/some/prefix makes it.
    std::fs::rename(case.shell.path("copy/some/prefix"), case.shell.path("part")).unwrap();
    assert_eq!(case.run_on("part", &[]), whole);
    std::fs::rename(case.shell.path("part/AWSLogs/111122223333"), case.shell.path("account"))
        .unwrap();
    assert_eq!(case.run_on("account", &["--verbose"]).matches("\tvalid").count(), 12);
}

#[test]
fn what_is_wrong_with_log_files_is_told() {
    let case = Case::new();
    let trail = &case.trail;
    trail.edit(&trail.log_key(0, 0), "eventID", "eventId");
    trail.remove(&trail.log_key(0, 1));
    let packed = std::fs::read(trail.path(&trail.log_key(1, 0))).unwrap();
    trail.write(&trail.log_key(1, 0), &packed[..packed.len() / 2]);
    trail.write(&trail.log_key(1, 1), &[&packed[..], b"more"].concat());
    trail.write(&trail.log_key(2, 0), b"{\"Records\":[]}");
    let packed = std::fs::read(trail.path(&trail.log_key(2, 1))).unwrap();
    trail.write(&trail.log_key(2, 1), &gzip(&packed));
    trail.remove(&trail.log_key(3, 0));
    std::fs::create_dir(trail.path(&trail.log_key(3, 0))).unwrap();
    trail.edit(&trail.log_key(4, 0), "eventID", "eventId"); // of the digest file that is not signed
    trail.write(&trail.log_key(3, 9), &gzip(b"{\"Records\":[]}"));
    trail.write(&trail.log_key(7, 0), &gzip(b"{\"Records\":[]}"));
    snapshot!(case.run(&[]));
}

#[test]
fn a_changed_digest_file_is_found_by_its_signature() {
    let case = Case::new();
    let trail = &case.trail;
    trail.edit(&trail.digest_key(3), "log0000000000001", "log0000000000002");
    snapshot!(case.run(&["--verbose"]));
    // The newest one, too, if its signature was saved.
    let case = Case::new();
    case.trail.edit(&case.trail.digest_key(5), "log0000000000001", "log0000000000002");
    let text = case.run_signed(&["--verbose"]);
    assert_eq!(statuses(&text, "Digest")[0], "INVALID: signature verification failed", "{text}");
    assert_eq!(statuses(&text, "Digest")[1..], ["valid"; 4], "{text}");
}

#[test]
fn digest_files_that_are_missing_are_told() {
    let one = Case::new();
    one.trail.remove(&one.trail.digest_key(3));
    let several = Case::new();
    (2..=4).for_each(|hour| several.trail.remove(&several.trail.digest_key(hour)));
    // Of the oldest ones nobody knows, unless a start is asked for.
    let oldest = Case::new();
    (1..=2).for_each(|hour| oldest.trail.remove(&oldest.trail.digest_key(hour)));
    snapshot!(
        [
            one.run(&["--verbose"]),
            several.run(&[]),
            oldest.run(&[]),
            oldest.run(&["--start-time", "2026-03-01T00:30:00Z"]),
        ]
        .join("\n")
    );
}

#[test]
fn a_moved_digest_file_is_told() {
    let case = Case::new();
    let trail = &case.trail;
    let key = trail.digest_key(3);
    trail.rename(&key, &key.replace("2026/03/01", "2026/03/02"));
    let newest = trail.digest_key(5);
    trail.rename(&newest, &newest.replace("T050000Z", "T060000Z"));
    snapshot!(case.run(&["--verbose"]));
}

#[test]
fn copies_of_digest_files_elsewhere_are_no_harm() {
    let case = Case::new();
    let trail = &case.trail;
    let bytes = std::fs::read(trail.path(&trail.digest_key(3))).unwrap();
    trail.write(&format!("backup/{}", trail.digest_key(3)), &bytes);
    let text = case.run(&["--verbose"]);
    assert!(text.starts_with("exit 0") && text.contains("1 digest file not looked at"), "{text}");
}

#[test]
fn keys_are_found_by_fingerprint() {
    let case = Case::new();
    let fingerprint = &case.trail.fingerprint;
    let run = |keys: serde_json::Value| {
        std::fs::write(case.shell.path("keys.json"), keys.to_string()).unwrap();
        case.run(&["--verbose"])
    };
    let text = run(other_key_list(fingerprint, "signing-key.txt"));
    assert_eq!(statuses(&text, "Digest")[1..], ["valid"; 4], "{text}");
    let text = run(key_list(fingerprint, "other-key.txt"));
    assert!(text.starts_with("exit 1"), "{text}");
    assert_eq!(statuses(&text, "Digest")[1..], ["INVALID: signature verification failed"; 4]);
    let text = run(key_list("ff", "signing-key.txt"));
    let missing =
        format!("INVALID: public key not found in region us-east-1 for fingerprint {fingerprint}");
    assert_eq!(statuses(&text, "Digest"), [missing.as_str(); 5], "{text}");
    let mut keys = key_list(fingerprint, "signing-key.txt");
    keys["PublicKeyList"][0]["Value"] = "AAAA".into();
    let text = run(keys);
    let unreadable = format!("INVALID: Unable to load PKCS #1 key with fingerprint {fingerprint}");
    assert_eq!(statuses(&text, "Digest"), [unreadable.as_str(); 5], "{text}");
    snapshot!(run(serde_json::json!({"PublicKeyList": []})));
}

/// Whoever changes files can write a new newest digest file, but not sign it.
#[test]
fn a_forged_newest_digest_file_makes_nothing_valid() {
    let case = Case::new();
    let trail = &case.trail;
    trail.remove(&trail.log_key(4, 0));
    let digest = String::from_utf8(copy::gunzip(&trail.path(&trail.digest_key(5)))).unwrap();
    let mut digest: serde_json::Value = serde_json::from_str(&digest).unwrap();
    digest["logFiles"].as_array_mut().unwrap().remove(0);
    trail.write(&trail.digest_key(5), &gzip(digest.to_string().as_bytes()));
    let plain = case.run(&["--verbose"]);
    let lengthened =
        digest["previousDigestHashValue"].as_str().unwrap().replace(char::is_numeric, "0");
    digest["previousDigestHashValue"] = lengthened.into();
    trail.write(&trail.digest_key(5), &gzip(digest.to_string().as_bytes()));
    snapshot!([plain, case.run(&["--verbose"])].join("\n"));
    // Neither does one that says that nothing was delivered for some hours.
    for member in ["S3Bucket", "S3Object", "HashValue", "HashAlgorithm", "Signature"] {
        digest[format!("previousDigest{member}")] = serde_json::Value::Null;
    }
    trail.write(&trail.digest_key(5), &gzip(digest.to_string().as_bytes()));
    (3..=4).for_each(|hour| trail.remove(&trail.digest_key(hour)));
    let text = case.run(&[]);
    let gap = "No log files were delivered by CloudTrail between 2026-03-01T02:00:00Z and \
               2026-03-01T04:00:00Z\tnot proven";
    assert!(text.contains(gap), "{text}");
}

#[test]
fn digest_files_without_form_are_told() {
    let case = Case::new();
    let trail = &case.trail;
    trail.write(&trail.digest_key(4), &gzip(b"{\"digestEndTime\":"));
    let packed = std::fs::read(trail.path(&trail.digest_key(3))).unwrap();
    trail.write(&trail.digest_key(3), &packed[..packed.len() - 20]);
    trail.write(&trail.digest_key(2), b"{}");
    let packed = std::fs::read(trail.path(&trail.digest_key(1))).unwrap();
    trail.write(&trail.digest_key(1), &[&packed[..], b"more"].concat());
    let text = case.run(&["--verbose"]);
    let format = "INVALID: invalid format";
    let trailing = "INVALID: unexpected data after end of compressed stream";
    assert_eq!(
        statuses(&text, "Digest"),
        ["not signed", format, format, format, trailing],
        "{text}"
    );
    assert!(text.starts_with("exit 1"));
}

#[test]
fn a_chain_that_begins_anew_has_a_gap() {
    let shell = Shell::new();
    let mut trail = Trail::new(shell.path("copy"));
    trail.deliver(1, 1);
    trail.deliver(2, 1);
    let stopped = trail.head();
    trail.last = None;
    trail.deliver(5, 1);
    trail.deliver(6, 0);
    let keys = key_list(&trail.fingerprint, "signing-key.txt");
    std::fs::write(shell.path("keys.json"), keys.to_string()).unwrap();
    std::fs::write(shell.path("signatures.jsonl"), stopped + "\n" + &trail.head()).unwrap();
    let case = Case { shell, trail };
    snapshot!([case.run(&["--verbose"]), case.run_signed(&["--verbose"])].join("\n"));
}

#[test]
fn a_time_is_asked_for_as_in_the_aws_cli() {
    let case = Case::new();
    let time = ["--start-time", "2026-03-01T02:30:00Z", "--end-time", "2026-03-01T03:10:00Z"];
    snapshot!(
        [
            // The signature of the newest one is in the one after it, outside the time.
            case.run(&[&time[..], &["--verbose"]].concat()),
            case.run(&["--start-time", "2026-03-02", "--end-time", "2026-03-01"]),
            case.run(&["--end-time", "soon"]),
            case.run(&["--start-time", "2027-01-01"]),
        ]
        .join("\n")
    );
}

#[test]
fn trails_accounts_and_regions_are_chains_of_their_own() {
    let case = Case::new();
    let others: [(&str, &str, &str, &str); 3] = [
        ("111122223333", "eu-west-1", "audit", "logs"),
        ("111122223333", "us-east-1", "other_trail", "logs"),
        ("o-abcdefghij/444455556666", "us-east-1", "audit", "logs"),
    ];
    for (account, region, name, bucket) in others {
        let mut trail = Trail {
            account: account.to_owned(),
            region: region.to_owned(),
            name: name.to_owned(),
            bucket: bucket.to_owned(),
            ..Trail::new(case.shell.path("copy"))
        };
        trail.deliver(1, 1);
        trail.deliver(2, 1);
    }
    let text = case.run(&["--verbose"]);
    let headers: Vec<_> =
        lines(&text, "Validating").into_iter().chain(lines(&text, "Account")).collect();
    snapshot!(headers.join("\n"));
    assert!(text.starts_with("exit 0"), "{text}");
    let chains = |more: &[&str]| lines(&case.run(more), "Validating").len();
    let arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit";
    assert_eq!(chains(&["--region", "us-east-1"]), 3);
    assert_eq!(chains(&["--account-id", "444455556666"]), 1);
    assert_eq!(chains(&["--trail-arn", arn]), 3);
    assert_eq!(chains(&["--trail-arn", arn, "--account-id", "111122223333"]), 2);
    assert_eq!(chains(&["--trail-arn", arn, "--region", "eu-west-1"]), 1);
}

#[test]
fn a_trail_may_change_its_bucket() {
    let shell = Shell::new();
    let mut trail = Trail { bucket: "old-logs".to_owned(), ..Trail::new(shell.path("copies/old")) };
    trail.deliver(1, 1);
    trail.deliver(2, 1);
    trail.bucket = "new-logs".to_owned();
    trail.folder = shell.path("copies/new");
    trail.deliver(3, 1);
    trail.deliver(4, 1);
    let keys = key_list(&trail.fingerprint, "signing-key.txt");
    std::fs::write(shell.path("keys.json"), keys.to_string()).unwrap();
    let case = Case { shell, trail };
    let guessed = case.run_on("copies", &["--verbose"]);
    let (old, new) = (case.path("copies/old"), case.path("copies/new"));
    let (old, new) = (format!("old-logs={old}"), format!("new-logs={new}"));
    let named = ["--verbose", "--bucket", &old, "--bucket", &new];
    assert_eq!(case.run_on("copies", &named), guessed);
    assert_eq!(
        statuses(&guessed, "Digest"),
        ["hash-chained, not signed", "valid", "valid", "valid"]
    );
    let wrong = format!("old-logs={}", case.path("nowhere"));
    snapshot!(
        [case.run_on("copies/new", &[]), case.run_on("copies/new", &["--bucket", &wrong])]
            .join("\n")
    );
}

#[test]
fn backfill_digest_files_are_a_chain_of_their_own() {
    let case = Case::with(|trail| {
        for hour in 7..=8 {
            let key = trail.digest_key(hour).replace(".json.gz", "_backfill.json.gz");
            trail.digest(&key, hour, Vec::new());
        }
        trail.last = None;
    });
    let text = case.run(&["--verbose"]);
    let want = ["hash-chained, not signed", "valid"];
    assert_eq!(statuses(&text, "(backfill) Digest file\ts3://logs/"), want, "{text}");
    assert!(
        text.contains("\n1/2 backfill digest files valid, 1/2 backfill digest files not signed\n")
    );
}

#[test]
fn names_cannot_harm_a_terminal() {
    let case = Case::with(|trail| {
        trail.name = "au\u{1b}[31mdit\u{202e}".to_owned();
        trail.fingerprint = "\u{1b}]0;x\u{7}".to_owned();
    });
    let trail = &case.trail;
    trail.edit(&trail.digest_key(4), "\"s3Object\":\"", "\"s3Object\":\"../\\u001b[2J\\n");
    let keys = key_list("ff", "signing-key.txt");
    let known = case.run(&["--verbose"]);
    std::fs::write(case.shell.path("keys.json"), keys.to_string()).unwrap();
    let unknown = case.run(&["--verbose", "--trail-arn", "arn:\u{1b}:x"]);
    for text in [known, unknown, case.run(&["--verbose"])] {
        assert!(text.contains("\\u{1b}"), "{text}");
        assert!(
            !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}'),
            "{text:?}"
        );
    }
}

#[test]
fn wrong_paths_are_told() {
    let case = Case::new();
    std::fs::create_dir(case.shell.path("empty")).unwrap();
    std::fs::write(case.shell.path("no-keys.json"), "[]").unwrap();
    let copy = case.path("copy");
    let mut texts = vec![
        case.run_on("empty", &[]),
        case.run_on("nowhere", &[]),
        case.run(&["--region", "eu-north-1"]),
        case.run(&["--trail-arn", "arn:aws:cloudtrail:us-east-1:1:trail/x"]),
        case.run(&["--signatures", &case.path("keys.json")]),
        case.shell.run(&["validate-logs", &copy]),
    ];
    for keys in ["no-keys.json", "missing.json"] {
        texts.push(case.shell.run(&["validate-logs", &copy, "--public-keys", &case.path(keys)]));
    }
    texts.push(case.shell.run(&["validate-logs", "-", "--public-keys", &case.path("keys.json")]));
    snapshot!(texts.join("\n"));
    assert!(Path::new(&copy).exists());
}
