//! Requests as clients sign them, and what is answered.

mod access;
mod audit_events;
mod channels;
mod dashboards;
mod delivery;
mod history;
mod imports;
mod insights;
mod policies;
mod queries;
mod samples;
mod settings;
mod stores;
mod tags;
mod trail_events;
mod trails;

use super::*;
use crate::engine::{Engine, EngineOptions};
use crate::server::access::KeyFile;
use crate::server::delivery::Deliveries;
use crate::server::imports::ImportLimits;
use crate::server::queries::QueryLimits;
use crate::store::lake::DEFAULT_STORE;
use crate::store::{ImportOptions, Progress, import};
use chrono::{DateTime, Utc};
use http::Request;
use serde_json::{Value, json};
use std::fs;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use traillake_aws_wire::signature::Signer;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_885_200, 0).unwrap()
}

struct Fixture {
    api: Api,
    admin: AccessKey,
    reader: AccessKey,
    runtime: Runtime,
    _dir: TempDir,
}

/// A status, and the body.
type Answer = (u16, Value);

impl Fixture {
    fn new() -> Self {
        Self::over(tempfile::tempdir().unwrap(), now)
    }

    /// The service once more, after a kill: what runs is not waited for.
    fn killed_and_started(self, clock: fn() -> DateTime<Utc>) -> Self {
        let Self { runtime, _dir, .. } = self;
        runtime.shutdown_background();
        Self::over(_dir, clock)
    }

    fn over(dir: TempDir, clock: fn() -> DateTime<Utc>) -> Self {
        let lake = Arc::new(Lake::open(dir.path(), clock).unwrap());
        lake.store_or_default(None).unwrap();
        let default = lake.catalog().store(DEFAULT_STORE).unwrap();
        let options = EngineOptions { threads: 1, memory: 64 << 20 };
        let engine = Engine::new(Arc::clone(&lake), default, options).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_stack_size(16 << 20)
            .enable_all()
            .build()
            .unwrap();
        let handle = runtime.handle().clone();
        let folder = lake.paths().server();
        let keys = KeyFile::of(&folder);
        let admin = keys.create(Role::Admin, now()).unwrap();
        let reader = keys.create(Role::Reader, now()).unwrap();
        let options = ApiOptions {
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            no_auth: false,
        };
        let bucket = dir.path().join("bucket");
        fs::create_dir_all(&bucket).unwrap();
        fs::create_dir_all(dir.path().join("root")).unwrap();
        let mappings =
            [format!("logs={}", bucket.display()), format!("frozen={},ro", bucket.display())];
        let documents = Documents::open(&folder.join("documents.sqlite")).unwrap();
        let documents = Arc::new(documents);
        let limits =
            ImportLimits { threads: 1, memory: 64 << 20, round: std::time::Duration::ZERO };
        let told = Arc::clone(&documents);
        let imports = Imports::open(Arc::clone(&lake), told, limits).unwrap();
        let kept = Kept {
            access: Arc::new(Access::new(keys, Vec::new())),
            documents,
            imports,
            roots: Roots::new(&[dir.path().join("root")], false).unwrap(),
            library: Library::load(None).unwrap(),
            buckets: Buckets::parse(mappings.iter().map(String::as_str)).unwrap(),
            signing: Arc::new(SigningKeys::of(&folder)),
            trails: Trails::open(folder.join("trails.sqlite"), &options.account, &options.region)
                .unwrap(),
        };
        let (account, region) = (options.account.clone(), options.region.clone());
        let (buckets, signing) = (kept.buckets.clone(), Arc::clone(&kept.signing));
        let deliveries = Deliveries::new(buckets, signing, account, region);
        let limits = QueryLimits::default();
        let queries = Queries::open(Arc::clone(&lake), engine, limits, deliveries, handle).unwrap();
        let api = Api::new(lake, queries, kept, b"secret", options);
        Self { api, admin, reader, runtime, _dir: dir }
    }

    fn send(&self, signer: &Signer<'_>, request: Request<Vec<u8>>) -> (u16, Vec<u8>) {
        let (mut parts, body) = request.into_parts();
        parts.headers.insert("host", "127.0.0.1:8080".parse().unwrap());
        signer.sign(&mut parts, Payload::Body(&body)).unwrap();
        let (answer, _) = self.runtime.block_on(self.api.answer(&parts, &body, "request"));
        assert_eq!(answer.headers()["x-amzn-requestid"], "request");
        (answer.status().as_u16(), answer.into_body())
    }

    fn signed(&self, key: &AccessKey, operation: &str, input: &Value) -> Answer {
        let target = format!("CloudTrail_20131101.{operation}");
        let request = Request::post("/")
            .header("x-amz-target", target)
            .body(input.to_string().into_bytes())
            .unwrap();
        let signer =
            Signer { key, region: "us-east-1", service: "cloudtrail", now: self.api.lake.now() };
        let (status, body) = self.send(&signer, request);
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn ask(&self, operation: &str, input: Value) -> Value {
        let (status, body) = self.signed(&self.admin, operation, &input);
        assert_eq!(status, 200, "{operation} {input}: {body}");
        body
    }

    fn refused(&self, operation: &str, input: Value) -> String {
        let (status, body) = self.signed(&self.admin, operation, &input);
        assert_eq!(status, 400, "{operation} {input}: {body}");
        body["__type"].as_str().unwrap().to_owned()
    }

    /// Makes a store that is shown by its ARN.
    fn made(&self, name: &str) -> String {
        let made = self.ask("CreateEventDataStore", json!({"Name": name}));
        made["EventDataStoreArn"].as_str().unwrap().to_owned()
    }

    /// Imports files into the store of a name.
    fn import(&self, store: &str, paths: &[&str]) {
        let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
        let store = self.api.lake.store(store).unwrap();
        let found = crate::envelope::discover(&paths).unwrap();
        let options = ImportOptions::new(&paths, 1, 64 << 20);
        let (progress, cancel) = (Progress::default(), AtomicBool::new(false));
        import(&self.api.lake, &store, found, &options, &progress, &cancel).unwrap();
    }

    /// Imports records into the store of a name.
    fn import_records(&self, store: &str, records: &[Value]) {
        let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
        std::fs::write(file.path(), json!({"Records": records}).to_string()).unwrap();
        self.import(store, &[file.path().to_str().unwrap()]);
    }

    /// Asks for page after page, and returns the items of all.
    fn pages(&self, operation: &str, mut input: Value, list: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let page = self.ask(operation, input.clone());
            all.extend(page[list].as_array().unwrap().iter().cloned());
            match page.get("NextToken") {
                None => return all,
                Some(token) => {
                    assert_ne!(input.get("NextToken"), Some(token));
                    input["NextToken"] = token.clone();
                }
            }
        }
    }

    fn default_store(&self) -> String {
        let listed = self.ask("ListEventDataStores", json!({}));
        listed["EventDataStores"][0]["EventDataStoreArn"].as_str().unwrap().to_owned()
    }

    fn finished(&self, sql: &str) -> String {
        let started = self.ask("StartQuery", json!({"QueryStatement": sql}));
        let id = started["QueryId"].as_str().unwrap().to_owned();
        loop {
            let described = self.ask("DescribeQuery", json!({"QueryId": id}));
            match described["QueryStatus"].as_str().unwrap() {
                "FINISHED" => return id,
                "QUEUED" | "RUNNING" => std::thread::yield_now(),
                other => panic!("{other}: {described}"),
            }
        }
    }
}
