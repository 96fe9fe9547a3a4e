//! Requests as clients sign them, and what is answered.

mod access;
mod lists;
mod objects;

use super::*;
use crate::server::access::{KeyFile, Role};
use chrono::Duration;
use http::Request;
use http::request::Builder;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use traillake_aws_wire::keys::AccessKey;
use traillake_aws_wire::signature::Signer;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_885_200, 0).unwrap()
}

/// The bucket `logs` of a folder, for an admin and a reader.
pub(in crate::server) struct Fixture {
    pub(in crate::server) s3: S3,
    key: AccessKey,
    reader: AccessKey,
    runtime: Runtime,
    folder: PathBuf,
    _dir: TempDir,
}

/// What was answered: the status, the headers and the body.
struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Vec<u8>,
    noted: Noted,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The contents of all elements of a name.
    fn all(&self, name: &str) -> Vec<&str> {
        let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
        let pieces = self.text().split(&begin).skip(1);
        pieces.map(|piece| piece.split_once(&end).unwrap().0).collect()
    }

    /// The error, of which the access log is told, too.
    fn refusal(&self) -> (u16, &str) {
        let code = self.noted.error.as_deref().unwrap();
        if !self.body.is_empty() {
            assert_eq!(self.all("Code"), [code]);
            assert_eq!(self.header("content-type"), Some("application/xml"));
        }
        (self.status, code)
    }
}

impl Fixture {
    pub(in crate::server) fn new() -> Self {
        Self::with(|options| options)
    }

    fn with(change: impl FnOnce(S3Options) -> S3Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lake = Arc::new(Lake::open(&dir.path().join("lake"), now).unwrap());
        let folder = dir.path().join("logs");
        let frozen = dir.path().join("frozen");
        for folder in [&folder, &frozen] {
            fs::create_dir(folder).unwrap();
        }
        let keys = KeyFile::of(dir.path());
        let key = keys.create(Role::Admin, now()).unwrap();
        let reader = keys.create(Role::Reader, now()).unwrap();
        let mappings =
            [format!("logs={}", folder.display()), format!("my.frozen={},ro", frozen.display())];
        let options = change(S3Options {
            access: Arc::new(Access::new(keys, Vec::new())),
            buckets: Buckets::parse(mappings.iter().map(String::as_str)).unwrap(),
            hosts: Hosts::new(&["lake.example".to_owned()]),
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            no_auth: false,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { s3: S3::new(lake, options), key, reader, runtime, folder, _dir: dir }
    }

    pub(in crate::server) fn signer(&self) -> Signer<'_> {
        Signer { key: &self.key, region: "us-east-1", service: SERVICE, now: now() }
    }

    fn write(&self, key: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder.join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Sends a request as it is.
    fn send(&self, parts: &Parts) -> Answer {
        self.runtime.block_on(async {
            let (answer, noted) = self.s3.answer(parts, "request").await;
            let (head, body) = answer.into_parts();
            assert_eq!(head.headers["x-amz-request-id"], "request");
            assert_eq!(noted.service, Some("s3"));
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
            Answer { status: head.status.as_u16(), headers: head.headers, body, noted }
        })
    }

    fn signed(&self, signer: &Signer<'_>, request: Builder) -> Answer {
        let mut parts = request.body(()).unwrap().into_parts().0;
        if !parts.headers.contains_key("host") {
            parts.headers.insert("host", HeaderValue::from_static("127.0.0.1:8080"));
        }
        signer.sign(&mut parts, Payload::Body(b"")).unwrap();
        self.send(&parts)
    }

    fn ask(&self, request: Builder) -> Answer {
        self.signed(&self.signer(), request)
    }

    fn get(&self, target: &str) -> Answer {
        self.ask(Request::get(target))
    }

    fn head(&self, target: &str) -> Answer {
        self.ask(Request::head(target))
    }
}
