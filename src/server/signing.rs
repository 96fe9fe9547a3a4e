//! Keys with which the service signs what it delivers, as CloudTrail does: RSA of 2048 bits, PKCS #1 v1.5, SHA-256.
//!
//! They are in a file that nobody but its owner may read. Clients look for the public half of the key by its fingerprint in
//! the days after a signature, so that old keys are kept.

use crate::store::{StoreError, lock_private, replace_private};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Duration, Utc};
use getrandom::SysRng;
use md5::{Digest as _, Md5};
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _, EncodeRsaPublicKey as _};
use rsa::pkcs1v15::SigningKey;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rsa::{PrivateKey, PublicKey};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use traillake_aws_wire::digest::hex;

/// Bits of a key; those of CloudTrail have as many.
const BITS: usize = 2_048;
/// Days for which a key is valid.
const VALID_DAYS: i64 = 3_650;
/// Days that a key is still valid when it signs: `verify-query-results` asks for the keys of 20 days from then on.
const NEEDED_DAYS: i64 = 31;

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is none of keys.
    #[error(
        "{0}: this is no file of signing keys; move it away, and a key is made anew (what was signed before cannot be \
         verified without it)"
    )]
    Damaged(PathBuf),
    /// No key could be made.
    #[error("no signing key could be made: {0}")]
    Rsa(String),
}

/// The public half of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicSigningKey {
    /// RSAPublicKey of PKCS #1, in DER.
    pub der: Vec<u8>,
    /// MD5 of that, in hexadecimal digits.
    pub fingerprint: String,
    /// From when on it is valid.
    pub from: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// A signature, and by which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The signature, in hexadecimal digits.
    pub signature: String,
    /// The fingerprint of the key.
    pub fingerprint: String,
}

/// The keys of a lake.
#[derive(Debug)]
pub struct SigningKeys {
    path: PathBuf,
    /// Those of the file, once it was read.
    keys: Mutex<Option<Vec<Key>>>,
}

#[derive(Clone)]
struct Key {
    signing: SigningKey<Sha256>,
    public: PublicSigningKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").field(&self.public.fingerprint).finish()
    }
}

/// A key as it is in the file.
#[derive(Serialize, Deserialize)]
struct StoredKey {
    /// RSAPrivateKey of PKCS #1, in DER, in base64.
    private_key: String,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl SigningKeys {
    /// The keys in the service's folder. Nothing is read or made before a key is needed.
    pub fn of(folder: &Path) -> Self {
        Self { path: folder.join("signing-keys.json"), keys: Mutex::default() }
    }

    /// Signs a text with a key that is valid for the next month; where there is none, one is made, which takes up to some
    /// seconds.
    ///
    /// # Errors
    /// When the keys cannot be read, or none can be made or kept.
    pub fn sign(&self, text: &[u8], now: DateTime<Utc>) -> Result<Signed, SigningError> {
        let key = self.key_at(now)?;
        let signature = key.signing.try_sign(text);
        let signature = signature.map_err(|error| SigningError::Rsa(error.to_string()))?;
        Ok(Signed { signature: hex(&signature.to_bytes()), fingerprint: key.public.fingerprint })
    }

    /// Returns the fingerprint of the key by which [`Self::sign`] signs at that time, for what has it in the signed text.
    ///
    /// # Errors
    /// As [`Self::sign`].
    pub fn fingerprint(&self, now: DateTime<Utc>) -> Result<String, SigningError> {
        Ok(self.key_at(now)?.public.fingerprint)
    }

    /// Returns the public keys that are valid at some time from `from` until `until`, the oldest first.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub fn valid_within(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<PublicSigningKey>, SigningError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = self.read(&mut keys)?.iter().map(|key| &key.public);
        Ok(keys.filter(|key| key.from <= until && from <= key.until).cloned().collect())
    }

    fn key_at(&self, now: DateTime<Utc>) -> Result<Key, SigningError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.read(&mut keys)?;
        let needed = now + Duration::days(NEEDED_DAYS);
        let is_valid = |key: &&Key| key.public.from <= now && needed <= key.public.until;
        if let Some(key) = known.iter().rev().find(is_valid) {
            return Ok(key.clone());
        }
        let private = PrivateKey::new(&mut SysRng, BITS);
        let private = private.map_err(|error| SigningError::Rsa(error.to_string()))?;
        // Clients ask for the keys of times that begin before what was signed.
        let from = now - Duration::days(1);
        let key = Key::new(private, from, now + Duration::days(VALID_DAYS))?;
        let all: Vec<StoredKey> =
            known.iter().chain([&key]).map(Key::stored).collect::<Result<_, _>>()?;
        let _lock = lock_private(&self.path)?;
        replace_private(&self.path, &serde_json::to_vec_pretty(&all).unwrap_or_default())?;
        known.push(key.clone());
        Ok(key)
    }

    fn read<'a>(&self, keys: &'a mut Option<Vec<Key>>) -> Result<&'a mut Vec<Key>, SigningError> {
        let found = match keys.take() {
            Some(known) => known,
            None if self.path.exists() => {
                let text = fs::read(&self.path).map_err(crate::store::error::at(&self.path))?;
                read_keys(&text).ok_or_else(|| SigningError::Damaged(self.path.clone()))?
            }
            None => Vec::new(),
        };
        Ok(keys.insert(found))
    }
}

fn read_keys(text: &[u8]) -> Option<Vec<Key>> {
    let stored: Vec<StoredKey> = serde_json::from_slice(text).ok()?;
    let read = |key: StoredKey| {
        let der = STANDARD.decode(&key.private_key).ok()?;
        Key::new(PrivateKey::from_pkcs1_der(&der).ok()?, key.from, key.until).ok()
    };
    stored.into_iter().map(read).collect()
}

impl Key {
    fn new(
        private: PrivateKey,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Self, SigningError> {
        let wrong = |error: rsa::pkcs1::Error| SigningError::Rsa(error.to_string());
        let der = PublicKey::from(&private).to_pkcs1_der().map_err(wrong)?.as_bytes().to_vec();
        let fingerprint = hex(&Md5::digest(&der));
        let public = PublicSigningKey { der, fingerprint, from, until };
        Ok(Self { signing: SigningKey::new(private), public })
    }

    fn stored(&self) -> Result<StoredKey, SigningError> {
        let private: &PrivateKey = self.signing.as_ref();
        let der = private.to_pkcs1_der();
        let der = der.map_err(|error| SigningError::Rsa(error.to_string()))?;
        Ok(StoredKey {
            private_key: STANDARD.encode(der.as_bytes()),
            from: self.public.from,
            until: self.public.until,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsa::pkcs1::DecodeRsaPublicKey as _;
    use rsa::pkcs1v15::{Signature, VerifyingKey};
    use rsa::signature::Verifier as _;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_signed_is_verified_by_the_listed_key() {
        let dir = tempfile::tempdir().unwrap();
        let now = at("2026-11-30T12:00:00Z");
        let keys = SigningKeys::of(dir.path());
        assert_eq!(keys.valid_within(now, now).unwrap(), []);
        let signed = keys.sign(b"some text", now).unwrap();
        assert_eq!((signed.signature.len(), signed.fingerprint.len()), (512, 32));
        assert_eq!(keys.fingerprint(now).unwrap(), signed.fingerprint);
        let again = SigningKeys::of(dir.path());
        assert_eq!(again.sign(b"some text", now).unwrap(), signed, "one key is enough");
        let listed = again.valid_within(now, now + Duration::days(20)).unwrap();
        let [key] = listed.as_slice() else { panic!("{listed:?}") };
        assert_eq!(key.fingerprint, signed.fingerprint);
        let key = VerifyingKey::<Sha256>::new(PublicKey::from_pkcs1_der(&key.der).unwrap());
        let digits = signed.signature.as_bytes().chunks(2);
        let byte = |two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = digits.map(byte).collect();
        let signature = Signature::try_from(bytes.as_slice()).unwrap();
        assert!(key.verify(b"some text", &signature).is_ok());
        assert!(key.verify(b"some texT", &signature).is_err());

        // A key that ends soon is followed by another, and both are listed.
        let late = now + Duration::days(VALID_DAYS - 10);
        let later = again.sign(b"some text", late).unwrap();
        assert_ne!(later.fingerprint, signed.fingerprint);
        let both = SigningKeys::of(dir.path()).valid_within(late, late).unwrap();
        assert_eq!(both.len(), 2);
        assert_eq!(
            again.valid_within(at("2020-01-01T00:00:00Z"), now - Duration::days(2)).unwrap(),
            []
        );
    }

    #[test]
    fn a_file_that_has_no_keys_is_told_and_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("signing-keys.json");
        for text in [
            "",
            "{}",
            "[{}]",
            r#"[{"private_key":"AAAA","from":"2026-11-30T12:00:00Z","until":"2026-11-30T12:00:00Z"}]"#,
        ] {
            fs::write(&path, text).unwrap();
            let keys = SigningKeys::of(dir.path());
            let wrong = keys.sign(b"", at("2026-11-30T12:00:00Z"));
            assert!(matches!(wrong, Err(SigningError::Damaged(_))), "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
