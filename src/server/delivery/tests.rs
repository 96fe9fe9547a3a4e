use super::*;
use rsa::PublicKey;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier as _;
use serde_json::Value;
use sha2::Sha256;
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use tempfile::TempDir;
use traillake_aws_wire::digest::sha256_hex;

/// A bucket and answers that are kept.
struct Fixture {
    dir: TempDir,
    deliveries: Deliveries,
    signing: Arc<SigningKeys>,
    results: Results,
}

fn ended_at() -> DateTime<Utc> {
    "2026-11-30T23:59:59.9Z".parse().unwrap()
}

impl Fixture {
    fn new(file_bytes: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bucket = dir.path().join("bucket");
        fs::create_dir(&bucket).unwrap();
        let mappings =
            [format!("logs={}", bucket.display()), format!("frozen={},ro", bucket.display())];
        let buckets = Buckets::parse(mappings.iter().map(String::as_str)).unwrap();
        let signing = Arc::new(SigningKeys::of(dir.path()));
        let (account, region) = ("111122223333".to_owned(), "eu-west-1".to_owned());
        let deliveries = Deliveries::new(buckets, Arc::clone(&signing), account, region);
        let results = Results::open(dir.path().join("results")).unwrap();
        Self { dir, deliveries: deliveries.with_files_of(file_bytes), signing, results }
    }

    /// Keeps an answer of rows with these values.
    fn keep(&self, labels: &[&str], rows: &[Vec<String>]) -> Uuid {
        let id = Uuid::new_v4();
        let mut kept = self.results.create(id).unwrap();
        for row in rows {
            let cells = labels.iter().zip(row).map(|(label, value)| {
                Value::Object([((*label).to_owned(), value.as_str().into())].into_iter().collect())
            });
            kept.append(Value::from_iter(cells).to_string().as_bytes()).unwrap();
        }
        kept.finish().unwrap();
        id
    }

    fn deliver(
        &self,
        id: Uuid,
        uri: &str,
        labels: &[&str],
        rows: usize,
    ) -> Result<(), DeliveryError> {
        let labels: Vec<_> = labels.iter().map(|label| (*label).to_owned()).collect();
        let (rows, results) = (rows as u64, &self.results);
        let answer = Answer { id, uri, labels: &labels, rows, ended_at: ended_at(), results };
        self.deliveries.deliver(&answer, &|| false)
    }

    fn folder(&self, id: Uuid) -> PathBuf {
        let below = format!("bucket/AWSLogs/111122223333/CloudTrail-Lake/Query/2026/11/30/{id}");
        self.dir.path().join(below)
    }

    fn sign_file(&self, id: Uuid) -> Value {
        serde_json::from_slice(&fs::read(self.folder(id).join(SIGN_FILE)).unwrap()).unwrap()
    }

    /// The text of a file.
    fn csv(&self, id: Uuid, name: &str) -> String {
        let packed = fs::File::open(self.folder(id).join(name)).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
        text
    }
}

#[test]
fn files_are_csv_with_a_line_of_labels() {
    let fixture = Fixture::new(FILE_BYTES);
    let labels = ["a", "a", "with \"quotes\""];
    let rows = [["1", "", "plain"], ["x,y", "two\nlines\r\n", "\"é\\\u{1f600}\u{7}"]];
    let rows = rows.map(|row| row.map(str::to_owned).to_vec());
    let id = fixture.keep(&labels, &rows);
    fixture.deliver(id, "s3://logs", &labels, 2).unwrap();
    let text = fixture.csv(id, "result_1.csv.gz");
    assert_eq!(
        text,
        "a,a,\"with \"\"quotes\"\"\"\n1,,plain\n\"x,y\",\"two\nlines\r\n\",\"\"\"é\\\u{1f600}\u{7}\"\n"
    );
    // One empty value is a row, and no row at all is a file of labels.
    let one = fixture.keep(&["n"], &[vec![String::new()]]);
    fixture.deliver(one, "s3://logs", &["n"], 1).unwrap();
    assert_eq!(fixture.csv(one, "result_1.csv.gz"), "n\n\"\"\n");
    let none = fixture.keep(&["n"], &[]);
    fixture.deliver(none, "s3://logs", &["n"], 0).unwrap();
    assert_eq!(fixture.csv(none, "result_1.csv.gz"), "n\n");
}

#[test]
fn large_answers_are_split_and_all_files_are_signed() {
    let fixture = Fixture::new(100_000);
    let rows: Vec<_> = (0..30_000).map(|n| vec![n.to_string(), "x".repeat(n % 20)]).collect();
    let id = fixture.keep(&["n", "x"], &rows);
    fixture.deliver(id, "s3://logs/", &["n", "x"], rows.len()).unwrap();
    let told = fixture.sign_file(id);
    let files = told["files"].as_array().unwrap();
    assert!(files.len() > 3, "{told}");
    let (mut found, mut hashes) = (Vec::new(), Vec::new());
    for (at, file) in files.iter().enumerate() {
        let name = format!("result_{}.csv.gz", at + 1);
        assert_eq!(file["fileName"], name.as_str());
        let hash = sha256_hex(&fs::read(fixture.folder(id).join(&name)).unwrap());
        assert_eq!(file["fileHashValue"], hash.as_str());
        hashes.push(hash);
        let text = fixture.csv(id, &name);
        let mut csv = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(csv.headers().unwrap(), &csv::StringRecord::from(vec!["n", "x"]));
        assert!(at + 1 == files.len() || text.len() >= 100_000);
        found.extend(
            csv.records().map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()),
        );
    }
    assert_eq!(found, rows);
    assert_eq!(told["version"], "1.0");
    assert_eq!(told["region"], "eu-west-1");
    assert_eq!(told["hashAlgorithm"], "SHA-256");
    assert_eq!(told["signatureAlgorithm"], "SHA256withRSA");
    assert_eq!(told["queryCompleteTime"], "2026-11-30T23:59:59Z");
    let until = ended_at() + chrono::Duration::days(20);
    let keys = fixture.signing.valid_within(ended_at(), until).unwrap();
    let [key] = keys.as_slice() else { panic!("{keys:?}") };
    assert_eq!(told["publicKeyFingerprint"], key.fingerprint.as_str());
    let key = VerifyingKey::<Sha256>::new(PublicKey::from_pkcs1_der(&key.der).unwrap());
    let digits = told["hashSignature"].as_str().unwrap().as_bytes();
    let byte = |two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
    let bytes: Vec<u8> = digits.chunks(2).map(byte).collect();
    let signature = Signature::try_from(bytes.as_slice()).unwrap();
    key.verify(hashes.join(" ").as_bytes(), &signature).unwrap();
}

#[test]
fn a_delivery_that_is_made_again_writes_the_same_bytes() {
    let fixture = Fixture::new(30_000);
    let rows: Vec<_> = (0..25_000).map(|n| vec![n.to_string()]).collect();
    let id = fixture.keep(&["n"], &rows);
    let files = || {
        let entries = fs::read_dir(fixture.folder(id)).unwrap();
        let mut files: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let deliver = || fixture.deliver(id, "s3://logs", &["n"], rows.len());
    deliver().unwrap();
    let first = files();
    deliver().unwrap();
    assert_eq!(files(), first);
    fs::remove_dir_all(fixture.folder(id)).unwrap();
    deliver().unwrap();
    assert_eq!(files(), first);
    // Nothing is signed that is not whole.
    fs::remove_dir_all(fixture.folder(id)).unwrap();
    let labels = ["n".to_owned()];
    let (rows, results) = (rows.len() as u64, &fixture.results);
    let uri = "s3://logs";
    let answer = Answer { id, uri, labels: &labels, rows, ended_at: ended_at(), results };
    let asked = std::cell::Cell::new(0);
    let third = || asked.replace(asked.get() + 1) == 2;
    let stopped = fixture.deliveries.deliver(&answer, &third).unwrap_err();
    assert_eq!(stopped.status(), None);
    let whole = files();
    assert!(
        whole.len() < first.len() && whole.iter().all(|file| first.contains(file)),
        "{whole:?}"
    );
    assert!(!fixture.folder(id).join(SIGN_FILE).exists());
    deliver().unwrap();
    assert_eq!(files(), first);
}

#[test]
fn what_cannot_be_delivered_has_its_status() {
    let fixture = Fixture::new(FILE_BYTES);
    let id = fixture.keep(&["n"], &[vec!["1".to_owned()]]);
    let status = |uri: &str, labels: &[&str], rows| {
        fixture.deliver(id, uri, labels, rows).unwrap_err().status()
    };
    assert_eq!(status("s3://other", &["n"], 1), Some(DeliveryStatus::ResourceNotFound));
    assert_eq!(status("s3://frozen", &["n"], 1), Some(DeliveryStatus::AccessDenied));
    // The answer that is kept is another one.
    assert_eq!(status("s3://logs", &["n"], 2), Some(DeliveryStatus::Failed));
    assert_eq!(status("s3://logs", &["n", "m"], 1), Some(DeliveryStatus::Failed));
    assert!(!fixture.folder(id).join(SIGN_FILE).exists());
    // A file is where a folder would have to be.
    fs::write(fixture.dir.path().join("bucket/taken"), "").unwrap();
    assert_eq!(status("s3://logs/taken", &["n"], 1), Some(DeliveryStatus::Failed));
    fs::create_dir_all(fixture.folder(id).join(SIGN_FILE)).unwrap();
    assert_eq!(status("s3://logs", &["n"], 1), Some(DeliveryStatus::FailedSigningFile));
    fs::write(fixture.dir.path().join("signing-keys.json"), "none").unwrap();
    let broken = Arc::new(SigningKeys::of(fixture.dir.path()));
    let deliveries = Deliveries { signing: broken, ..fixture.deliveries };
    let fixture = Fixture { deliveries, ..fixture };
    let other = fixture.keep(&["n"], &[]);
    let error = fixture.deliver(other, "s3://logs", &["n"], 0).unwrap_err();
    assert_eq!(error.status(), Some(DeliveryStatus::FailedSigningFile));
}
