//! An S3 server on this machine, over a folder, which fails where a test wants it to.

use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, StdError};
use std::fs;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub(crate) const KEY: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "not-a-secret";

/// What a server does to requests.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Answers with this status.
    Status(u16),
    /// Breaks off after so many bytes of the answer.
    Cut(usize),
    /// Never answers.
    Hang,
}

struct Planned {
    /// Part of the method and address of the requests that are meant.
    requests: String,
    fault: Fault,
    times: usize,
}

pub(crate) struct Server {
    pub(crate) url: String,
    folder: TempDir,
    asked: Arc<Mutex<Vec<String>>>,
    planned: Arc<Mutex<Vec<Planned>>>,
    _runtime: Runtime,
}

impl Server {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = service.build();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let planned = Arc::<Mutex<Vec<Planned>>>::default();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (log, faults) = (Arc::clone(&asked), Arc::clone(&planned));
        runtime.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (service, log, faults) =
                    (service.clone(), Arc::clone(&log), Arc::clone(&faults));
                let answer = move |request: Request<Incoming>| {
                    let line = format!("{} {}", request.method(), request.uri());
                    let fault = due(&faults, &line);
                    log.lock().unwrap().push(line);
                    respond(service.clone(), request, fault)
                };
                let served = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service_fn(answer));
                // That a connection breaks off is what tests want.
                tokio::spawn(async move { drop(served.await) });
            }
        });
        Self { url, folder, asked, planned, _runtime: runtime }
    }

    /// Makes a bucket, and returns its folder.
    pub(crate) fn bucket(&self, name: &str) -> PathBuf {
        let bucket = self.folder.path().join(name);
        fs::create_dir_all(&bucket).unwrap();
        bucket
    }

    pub(crate) fn put(&self, bucket: &str, key: &str, bytes: &[u8]) {
        let file = self.bucket(bucket).join(key);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }

    /// Copies a folder into a bucket.
    pub(crate) fn put_folder(&self, bucket: &str, folder: &Path) {
        for entry in walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap) {
            if entry.file_type().is_file() {
                let key = entry.path().strip_prefix(folder).unwrap().to_str().unwrap();
                self.put(bucket, key, &fs::read(entry.path()).unwrap());
            }
        }
    }

    /// Lets the next requests fail whose method and address contain a text.
    pub(crate) fn fail(&self, requests: &str, times: usize, fault: Fault) {
        self.planned.lock().unwrap().push(Planned { requests: requests.to_owned(), fault, times });
    }

    /// Takes what was asked so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// Lets a program ask this server and nobody else.
    pub(crate) fn known_to<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        nobody(command)
            .env("AWS_ENDPOINT_URL_S3", &self.url)
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
    }
}

/// Takes from a program what this machine may know of AWS.
pub(crate) fn nobody(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("NO_PROXY", "127.0.0.1")
}

fn due(planned: &Mutex<Vec<Planned>>, line: &str) -> Option<Fault> {
    let mut planned = planned.lock().unwrap();
    let plan = planned.iter_mut().find(|plan| plan.times > 0 && line.contains(&plan.requests))?;
    plan.times -= 1;
    Some(plan.fault)
}

async fn respond(
    service: S3Service,
    request: Request<Incoming>,
    fault: Option<Fault>,
) -> Result<Response<Body>, HttpError> {
    match fault {
        Some(Fault::Status(status)) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            Ok(response)
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Cut(left)) => {
            let response = hyper::service::Service::call(&service, request).await?;
            Ok(response.map(|body| Body::http_body_unsync(CutOff { body, left })))
        }
        None => hyper::service::Service::call(&service, request).await,
    }
}

struct CutOff {
    body: Body,
    left: usize,
}

impl hyper::body::Body for CutOff {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        if self.left == 0 {
            return Poll::Ready(Some(Err("cut off".into())));
        }
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| {
            let mut bytes = frame?.into_data().unwrap_or_default();
            bytes.truncate(self.left);
            self.left -= bytes.len();
            Ok(Frame::data(bytes))
        }))
    }
}
