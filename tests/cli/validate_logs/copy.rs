//! Local copies of a trail's bucket, with digest files that are signed as CloudTrail signs its own.

use crate::logs::gzip;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _};
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rsa::{PrivateKey, PublicKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

pub(super) const ACCOUNT: &str = "111122223333";

pub(super) fn gunzip(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).unwrap();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(file), &mut bytes).unwrap();
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One of the two keys of the tests.
pub(super) fn private_key(name: &str) -> PrivateKey {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/integrity").join(name);
    let text: String = std::fs::read_to_string(path).unwrap().split_whitespace().collect();
    PrivateKey::from_pkcs8_der(&STANDARD.decode(text).unwrap()).unwrap()
}

fn public_key(name: &str) -> PublicKey {
    private_key(name).to_public_key()
}

/// A list of public keys of one key, in the form of CloudTrail: PKCS #1.
pub(super) fn key_list(fingerprint: &str, name: &str) -> Value {
    let der = public_key(name).to_pkcs1_der().unwrap();
    json!({"PublicKeyList": [{
        "Value": STANDARD.encode(der.as_bytes()),
        "ValidityStartTime": "2026-01-01T00:00:00+00:00",
        "ValidityEndTime": "2026-12-31T00:00:00+00:00",
        "Fingerprint": fingerprint,
    }]})
}

/// The same in the other forms: SubjectPublicKeyInfo, and names that begin with a small letter.
pub(super) fn other_key_list(fingerprint: &str, name: &str) -> Value {
    let der = public_key(name).to_public_key_der().unwrap();
    let value = STANDARD.encode(der.as_bytes());
    json!({"publicKeyList": [{"value": value, "fingerprint": fingerprint}]})
}

/// What of a digest file stands in the next one.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) hash: String,
    pub(super) signature: String,
}

/// A trail that delivers to a copy of its bucket.
pub(super) struct Trail {
    /// The folder that stands for the bucket.
    pub(super) folder: PathBuf,
    pub(super) bucket: String,
    /// With a slash at its end, if there is one.
    pub(super) prefix: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
    pub(super) fingerprint: String,
    pub(super) last: Option<Link>,
}

impl Trail {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            bucket: "logs".to_owned(),
            prefix: String::new(),
            account: ACCOUNT.to_owned(),
            region: "us-east-1".to_owned(),
            name: "audit".to_owned(),
            fingerprint: "31e8b5433410dfb61a9dc45cc65b22ff".to_owned(),
            last: None,
        }
    }

    pub(super) fn path(&self, key: &str) -> PathBuf {
        self.folder.join(key)
    }

    pub(super) fn write(&self, key: &str, bytes: &[u8]) {
        let path = self.path(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// The key of a log file of the first of March.
    pub(super) fn log_key(&self, hour: u32, number: u32) -> String {
        let (account, region) = (&self.account, &self.region);
        let folder = account.rsplit('/').next().unwrap();
        format!(
            "{}AWSLogs/{account}/CloudTrail/{region}/2026/03/01/\
             {folder}_CloudTrail_{region}_20260301T{hour:02}{:02}Z_log{number:013}.json.gz",
            self.prefix,
            5 * number
        )
    }

    /// The key of the digest file that ends with an hour.
    pub(super) fn digest_key(&self, hour: u32) -> String {
        let (account, region) = (&self.account, &self.region);
        let folder = account.rsplit('/').next().unwrap();
        format!(
            "{}AWSLogs/{account}/CloudTrail-Digest/{region}/2026/03/01/\
             {folder}_CloudTrail-Digest_{region}_{}_us-east-1_20260301T{hour:02}0000Z.json.gz",
            self.prefix, self.name
        )
    }

    /// Writes a log file and returns its entry in the digest file.
    pub(super) fn log(&self, key: &str) -> Value {
        let text = format!("{{\"Records\":[{{\"eventID\":{:?}}}]}}", key);
        self.write(key, &gzip(text.as_bytes()));
        json!({
            "s3Bucket": self.bucket,
            "s3Object": key,
            "hashValue": hex(&Sha256::digest(text.as_bytes())),
            "hashAlgorithm": "SHA-256",
            "newestEventTime": "2026-03-01T00:00:00Z",
            "oldestEventTime": "2026-03-01T00:00:00Z",
        })
    }

    /// Delivers some log files within an hour, and the digest file that lists them at its end.
    pub(super) fn deliver(&mut self, hour: u32, logs: u32) {
        let logs: Vec<_> = (0..logs).map(|n| self.log(&self.log_key(hour - 1, n))).collect();
        self.digest(&self.digest_key(hour), hour, logs);
    }

    pub(super) fn digest(&mut self, key: &str, hour: u32, logs: Vec<Value>) {
        let last = self.last.as_ref();
        let digest = json!({
            "awsAccountId": self.account,
            "digestStartTime": format!("2026-03-01T{:02}:00:00Z", hour - 1),
            "digestEndTime": format!("2026-03-01T{hour:02}:00:00Z"),
            "digestS3Bucket": self.bucket,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": self.fingerprint,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": null,
            "oldestEventTime": null,
            "previousDigestS3Bucket": last.map(|link| &link.bucket),
            "previousDigestS3Object": last.map(|link| &link.key),
            "previousDigestHashValue": last.map(|link| &link.hash),
            "previousDigestHashAlgorithm": last.map(|_| "SHA-256"),
            "previousDigestSignature": last.map(|link| &link.signature),
            "logFiles": logs,
        });
        let text = digest.to_string();
        self.write(key, &gzip(text.as_bytes()));
        let hash = hex(&Sha256::digest(text.as_bytes()));
        let to_sign = format!(
            "2026-03-01T{hour:02}:00:00Z\n{}/{key}\n{hash}\n{}",
            self.bucket,
            last.map_or("null", |link| &link.signature)
        );
        let signature = SigningKey::<Sha256>::new(private_key("signing-key.txt"))
            .sign(to_sign.as_bytes())
            .to_vec();
        self.last = Some(Link {
            bucket: self.bucket.clone(),
            key: key.to_owned(),
            hash,
            signature: hex(&signature),
        });
    }

    /// What is saved of the newest digest file's metadata.
    pub(super) fn head(&self) -> String {
        let last = self.last.as_ref().unwrap();
        let metadata = json!({"signature": last.signature, "signature-algorithm": "SHA256withRSA"});
        json!({"Key": last.key, "ContentEncoding": "gzip", "Metadata": metadata}).to_string()
    }

    /// Changes the content of a file.
    pub(super) fn edit(&self, key: &str, from: &str, to: &str) {
        let text = String::from_utf8(gunzip(&self.path(key))).unwrap();
        assert!(text.contains(from), "{text}");
        self.write(key, &gzip(text.replace(from, to).as_bytes()));
    }

    pub(super) fn remove(&self, key: &str) {
        std::fs::remove_file(self.path(key)).unwrap();
    }

    pub(super) fn rename(&self, from: &str, to: &str) {
        let bytes = std::fs::read(self.path(from)).unwrap();
        self.remove(from);
        self.write(to, &bytes);
    }
}
