//! Public keys of CloudTrail, as `aws cloudtrail list-public-keys` prints them, and what they verify.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::PublicKey;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::pkcs8::DecodePublicKey as _;
use rsa::signature::Verifier as _;
use serde::Deserialize;
use sha2::Sha256;
use std::collections::HashMap;

/// Why a list of public keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// It is not JSON of that form.
    #[error("not the output of aws cloudtrail list-public-keys: {0}")]
    Format(#[from] serde_json::Error),
    /// It is of that form, and has no key.
    #[error(
        "it has no public key; list-public-keys needs --start-time and --end-time around the digest files"
    )]
    Empty,
}

/// Public keys by their fingerprint.
#[derive(Debug, Default)]
pub struct PublicKeys {
    /// `None` for what is no key.
    keys: HashMap<String, Option<VerifyingKey<Sha256>>>,
}

#[derive(Deserialize)]
struct List {
    #[serde(rename = "PublicKeyList", alias = "publicKeyList")]
    keys: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "Value", alias = "value")]
    value: String,
    #[serde(rename = "Fingerprint", alias = "fingerprint")]
    fingerprint: String,
}

/// What a key says of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is that of this text.
    Genuine,
    /// It is not.
    Wrong,
}

/// A key that was looked for.
#[derive(Debug)]
pub enum Found<'a> {
    /// The key.
    Key(&'a VerifyingKey<Sha256>),
    /// An entry of that fingerprint that is no key.
    Unreadable,
    /// No entry.
    Absent,
}

impl PublicKeys {
    /// Adds the keys of a list, of another region or another time, say.
    ///
    /// # Errors
    /// When it is not a list of keys, or an empty one.
    pub fn add(&mut self, json: &[u8]) -> Result<(), KeysError> {
        let list: List = serde_json::from_slice(json)?;
        if list.keys.is_empty() {
            return Err(KeysError::Empty);
        }
        for entry in list.keys {
            let key = read_key(&entry.value);
            let known = self.keys.entry(entry.fingerprint).or_default();
            if known.is_none() {
                *known = key;
            }
        }
        Ok(())
    }

    /// Looks for the key of a fingerprint.
    pub fn find(&self, fingerprint: &str) -> Found<'_> {
        match self.keys.get(fingerprint) {
            Some(Some(key)) => Found::Key(key),
            Some(None) => Found::Unreadable,
            None => Found::Absent,
        }
    }
}

/// Verifies an RSA signature (PKCS #1 v1.5 with SHA-256) of `text`.
pub fn verify(key: &VerifyingKey<Sha256>, text: &str, signature: &[u8]) -> Verdict {
    let genuine = Signature::try_from(signature)
        .is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok());
    if genuine { Verdict::Genuine } else { Verdict::Wrong }
}

/// Reads a key in DER in base64: as PKCS #1, as CloudTrail gives it, or as SubjectPublicKeyInfo, as its documentation
/// shows it once.
fn read_key(base64: &str) -> Option<VerifyingKey<Sha256>> {
    let base64: String = base64.split_ascii_whitespace().collect();
    let der = STANDARD.decode(base64).ok()?;
    let key = PublicKey::from_pkcs1_der(&der).ok();
    key.or_else(|| PublicKey::from_public_key_der(&der).ok()).map(VerifyingKey::new)
}
