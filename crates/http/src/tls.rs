//! TLS: a certificate and its key out of PEM files (RFC 7468), and errors that say what is wrong with them.

use crate::error::HttpError;
use crate::request::TlsSession;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{
    CipherSuite, Error, InconsistentKeys, ProtocolVersion, ServerConfig, ServerConnection,
};

/// More than any chain of certificates needs.
const LARGEST: u64 = 1 << 20;

/// Where the certificate and its key are; both may be in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those that lead from it to a root, in this order.
    pub certificate: PathBuf,
    /// The private key: PKCS #8, PKCS #1 or SEC 1, not encrypted.
    pub key: PathBuf,
}

/// Whether the certificate still holds is for clients to judge.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, HttpError> {
    let (chain, key) = (certificates(&files.certificate)?, private_key(&files.key)?);
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_no_client_auth())
        .and_then(|builder| builder.with_single_cert(chain, key))
        .map_err(|error| unusable(files, error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// What a client agreed on with this side. The names of rustls for suites of TLS 1.3 are its own.
pub(crate) fn session(connection: &ServerConnection) -> Option<TlsSession> {
    let version = match connection.protocol_version()? {
        ProtocolVersion::TLSv1_2 => "TLSv1.2",
        ProtocolVersion::TLSv1_3 => "TLSv1.3",
        _ => return None,
    };
    let cipher_suite = match connection.negotiated_cipher_suite()?.suite() {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        suite => suite.as_str()?,
    };
    Some(TlsSession { version, cipher_suite })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, HttpError> {
    let text = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match chain {
        Ok(chain) if chain.is_empty() => Err(wrong(path, "there is no certificate (PEM) in it")),
        Ok(chain) => Ok(chain),
        Err(error) => Err(wrong(path, format!("not PEM: {error}"))),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, HttpError> {
    const ENCRYPTED: &[u8] = b"BEGIN ENCRYPTED PRIVATE KEY";
    let text = read(path)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound if text.windows(ENCRYPTED.len()).any(|w| w == ENCRYPTED) => {
            wrong(path, "the private key is encrypted; decrypt it first (openssl pkcs8)")
        }
        pem::Error::NoItemsFound => wrong(path, "there is no private key (PEM) in it"),
        error => wrong(path, format!("not PEM: {error}")),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, HttpError> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text));
    match read {
        Ok(length) if length as u64 > LARGEST => Err(wrong(path, "too large for a PEM file")),
        Ok(_) => Ok(text),
        Err(error) => Err(wrong(path, error.to_string())),
    }
}

fn unusable(files: &TlsFiles, error: Error) -> HttpError {
    match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            let certificate = files.certificate.display();
            wrong(&files.key, format!("not the key of the certificate in {certificate}"))
        }
        Error::InvalidCertificate(reason) => {
            wrong(&files.certificate, format!("not a certificate that can be used: {reason:?}"))
        }
        error => wrong(&files.key, format!("not a key that can be used: {error}")),
    }
}

fn wrong(path: &Path, reason: impl Into<String>) -> HttpError {
    HttpError::Tls { path: path.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
    use tempfile::TempDir;

    fn files(certificate: &str, key: &str) -> (TempDir, TlsFiles) {
        let dir = tempfile::tempdir().unwrap();
        let files =
            TlsFiles { certificate: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
        std::fs::write(&files.certificate, certificate).unwrap();
        std::fs::write(&files.key, key).unwrap();
        (dir, files)
    }

    fn error(certificate: &str, key: &str) -> String {
        let (_dir, files) = files(certificate, key);
        acceptor(&files).err().unwrap().to_string()
    }

    #[test]
    fn errors_name_the_file_and_what_is_wrong() {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (cert, key) = (cert.pem(), signing_key.serialize_pem());
        let other = KeyPair::generate().unwrap().serialize_pem();
        let (_dir, good) = files(&cert, &key);
        assert!(acceptor(&good).is_ok());
        let both = format!("{key}\n{cert}");
        let (_dir, one) = files(&both, &both);
        assert!(acceptor(&one).is_ok());

        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        let cut = &key[..key.len() / 2];
        let torn = cert.replace("MII", "!!!");
        let large = " ".repeat(LARGEST as usize + 1);
        for (certificate, key, told) in [
            ("", &*key, "cert.pem: there is no certificate"),
            (&key, &key, "cert.pem: there is no certificate"),
            (&cert, "", "key.pem: there is no private key"),
            (&cert, &cert, "key.pem: there is no private key"),
            (&cert, &encrypted, "key.pem: the private key is encrypted"),
            (&cert, &other, "key.pem: not the key of the certificate in"),
            (&cert, cut, "key.pem: not PEM"),
            (&torn, &key, "cert.pem: not PEM"),
            (&large, &key, "cert.pem: too large"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                &key,
                "cert.pem: not a certificate that can be used",
            ),
        ] {
            let error = error(certificate, key);
            assert!(error.contains(told), "{told:?} in {error:?}");
        }
        let absent = TlsFiles { certificate: "absent/cert.pem".into(), key: "absent".into() };
        let error = acceptor(&absent).err().unwrap().to_string();
        assert!(error.starts_with("absent/cert.pem: "), "{error}");
    }
}
