//! Signatures of digest files, as they were saved from the metadata of the objects.
//!
//! A file of them is a series of JSON objects, one a line or however they are laid out, each what `aws s3api
//! head-object` prints with the object's key added:
//! `{"Key": "...", "Metadata": {"signature": "...", "signature-algorithm": "SHA256withRSA"}}`, and `Bucket` if the
//! digest files are of several buckets.

use super::buckets::Object;
use serde::Deserialize;
use std::collections::HashMap;

/// Why a file of signatures cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SignaturesError {
    /// It is not JSON of that form.
    #[error(
        "object {number}: not the metadata of a digest file, as docs/integrity.md tells: {error}"
    )]
    Format {
        /// Which one of the file, from 1.
        number: usize,
        /// What is wrong.
        error: serde_json::Error,
    },
}

/// Saved signatures by the object that they sign.
#[derive(Debug, Default)]
pub struct Signatures {
    /// By key; with the bucket, if it is told.
    signatures: HashMap<String, Vec<(Option<String>, String)>>,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "Bucket", alias = "bucket")]
    bucket: Option<String>,
    #[serde(rename = "Key", alias = "key")]
    key: String,
    #[serde(rename = "Metadata", alias = "metadata")]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(alias = "x-amz-meta-signature")]
    signature: Option<String>,
}

impl Signatures {
    /// Adds the signatures of a file. Objects without one are passed over.
    ///
    /// # Errors
    /// When it is not a series of objects' metadata.
    pub fn add(&mut self, json: &[u8]) -> Result<(), SignaturesError> {
        let heads = serde_json::Deserializer::from_slice(json).into_iter::<Head>();
        for (at, head) in heads.enumerate() {
            let head = head.map_err(|error| SignaturesError::Format { number: at + 1, error })?;
            if let Some(signature) = head.metadata.signature {
                self.signatures.entry(head.key).or_default().push((head.bucket, signature));
            }
        }
        Ok(())
    }

    /// Returns the saved signatures of an object.
    pub(super) fn of<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = &'a str> {
        let known = self.signatures.get(&object.key).into_iter().flatten();
        let same = known.filter(|(bucket, _)| bucket.as_ref().is_none_or(|b| *b == object.bucket));
        same.map(|(_, signature)| signature.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_layouts() {
        let mut known = Signatures::default();
        let text = "{\"Key\":\"a\",\"Metadata\":{\"signature\":\"01\",\"x\":\"y\"},\"ETag\":\"z\"}\n\
                    {\"bucket\":\"b\",\n \"key\":\"a\",\n \"metadata\":{\"signature\":\"02\"}}\n\
                    {\"Key\":\"c\",\"Metadata\":{}}\n";
        known.add(text.as_bytes()).unwrap();
        let of = |bucket: &str, key: &str| {
            let object = Object { bucket: bucket.to_owned(), key: key.to_owned() };
            known.of(&object).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(of("b", "a"), ["01", "02"]);
        assert_eq!(of("other", "a"), ["01"]);
        assert!(of("b", "c").is_empty());
        let error = known.add(b"{\"Key\":\"a\",\"Metadata\":{}} {\"Key\":1}").unwrap_err();
        assert!(error.to_string().starts_with("object 2: "), "{error}");
    }
}
