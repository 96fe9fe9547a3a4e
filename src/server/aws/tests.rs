//! Requests as clients sign them, and what is answered.

use super::*;
use crate::engine::{Engine, EngineOptions};
use crate::server::access::KeyFile;
use crate::server::queries::QueryLimits;
use crate::store::lake::DEFAULT_STORE;
use chrono::{DateTime, Duration, Utc};
use http::Request;
use serde_json::{Value, json};
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
        let dir = tempfile::tempdir().unwrap();
        let lake = Arc::new(Lake::open(dir.path(), now).unwrap());
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
        let queries =
            Queries::open(Arc::clone(&lake), engine, QueryLimits::default(), handle).unwrap();
        let folder = lake.paths().server();
        let keys = KeyFile::of(&folder);
        let admin = keys.create(Role::Admin, now()).unwrap();
        let reader = keys.create(Role::Reader, now()).unwrap();
        let documents = Documents::open(&folder.join("documents.sqlite")).unwrap();
        let options = ApiOptions {
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            no_auth: false,
        };
        let access = Access::new(keys, Vec::new());
        let api = Api::new(lake, queries, (access, documents), b"secret", options);
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
        let signer = Signer { key, region: "us-east-1", service: "cloudtrail", now: now() };
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

#[test]
fn a_query_is_started_described_and_read_page_by_page() {
    let fixture = Fixture::new();
    let id = fixture
        .finished("SELECT n, NULLIF(n, 2) AS m FROM UNNEST(sequence(1, 3)) AS t (n) ORDER BY n");
    let input = json!({"QueryId": id, "MaxQueryResults": 2});
    let page = fixture.ask("GetQueryResults", input.clone());
    let rows = json!([[{"n": "1"}, {"m": "1"}], [{"n": "2"}, {"m": ""}]]);
    assert_eq!(page["QueryResultRows"], rows);
    assert_eq!(page["QueryStatistics"]["TotalResultsCount"], 3);
    let token = page["NextToken"].clone();
    let next = json!({"QueryId": id, "MaxQueryResults": 5, "NextToken": token});
    for _ in 0..2 {
        let page = fixture.ask("GetQueryResults", next.clone());
        assert_eq!(page["QueryResultRows"], json!([[{"n": "3"}, {"m": "3"}]]));
        assert!(page.get("NextToken").is_none());
    }
    let other = fixture.finished("SELECT 1");
    for (operation, input) in [
        ("GetQueryResults", json!({"QueryId": other, "NextToken": token})),
        ("GetQueryResults", json!({"QueryId": id, "NextToken": "nonsense"})),
        ("ListEventDataStores", json!({"NextToken": token})),
    ] {
        assert_eq!(fixture.refused(operation, input), "InvalidNextTokenException");
    }
    assert_eq!(fixture.refused("CancelQuery", json!({"QueryId": id})), "InactiveQueryException");
}

#[test]
fn queries_are_listed_for_the_store_that_they_read() {
    let fixture = Fixture::new();
    let store = fixture.default_store();
    let ids = [0, 1, 2]
        .map(|n| fixture.finished(&format!("SELECT count(*) + {n} FROM event_data_store")));
    fixture.finished("SELECT 1");
    let mut found = Vec::new();
    let mut input = json!({"EventDataStore": store, "MaxResults": 2});
    loop {
        let page = fixture.ask("ListQueries", input.clone());
        let queries = page["Queries"].as_array().unwrap();
        found.extend(queries.iter().map(|query| query["QueryId"].as_str().unwrap().to_owned()));
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    found.sort();
    let mut ids = ids.to_vec();
    ids.sort();
    assert_eq!(found, ids);
    let list = |more: Value| {
        let mut input = json!({"EventDataStore": store});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let failed = fixture.ask("ListQueries", list(json!({"QueryStatus": "FAILED"})));
    assert_eq!(failed["Queries"], json!([]));
    let wrong = list(json!({"StartTime": 2.0, "EndTime": 1.5e0}));
    assert_eq!(fixture.refused("ListQueries", wrong), "InvalidDateRangeException");
    let wrong = list(json!({"QueryStatus": "LOST"}));
    assert_eq!(fixture.refused("ListQueries", wrong), "InvalidQueryStatusException");
}

#[test]
fn statements_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    let start = |sql: &str| fixture.refused("StartQuery", json!({"QueryStatement": sql}));
    assert_eq!(start("SELECT colour FROM event_data_store"), "InvalidQueryStatementException");
    assert_eq!(start("DROP TABLE event_data_store"), "InvalidQueryStatementException");
    let elsewhere = "SELECT 1 FROM 11111111-1111-1111-1111-111111111111";
    assert_eq!(start(elsewhere), "EventDataStoreNotFoundException");
    fixture.ask(
        "CreateEventDataStore",
        json!({"Name": "leaving", "TerminationProtectionEnabled": false}),
    );
    fixture.ask("DeleteEventDataStore", json!({"EventDataStore": "leaving"}));
    assert_eq!(start("SELECT 1 FROM leaving"), "InactiveEventDataStoreException");
    for wrong in [json!({}), json!({"QueryStatement": "SELECT 1", "QueryAlias": "a"})] {
        assert_eq!(fixture.refused("StartQuery", wrong), "InvalidParameterException");
    }
    let long = json!({"QueryStatement": format!("SELECT '{}'", "x".repeat(10_000))});
    assert_eq!(fixture.refused("StartQuery", long), "InvalidQueryStatementException");
    let unknown = json!({"QueryId": "11111111-1111-1111-1111-111111111111"});
    for operation in ["DescribeQuery", "GetQueryResults", "CancelQuery"] {
        assert_eq!(fixture.refused(operation, unknown.clone()), "QueryIdNotFoundException");
    }
    let (status, body) =
        fixture.signed(&fixture.admin, "StartQuery", &json!({"QueryStatement": 1}));
    assert_eq!((status, &body["__type"]), (400, &json!("SerializationException")));
}

#[test]
fn a_store_lives_as_on_aws() {
    let fixture = Fixture::new();
    let tags = json!([{"Key": "team", "Value": "blue"}]);
    let made =
        fixture.ask("CreateEventDataStore", json!({"Name": "incident-42", "TagsList": tags}));
    assert_eq!((&made["RetentionPeriod"], &made["TagsList"]), (&json!(366), &tags));
    assert_eq!(made["TerminationProtectionEnabled"], true);
    let selector = &made["AdvancedEventSelectors"][0];
    assert_eq!(selector["FieldSelectors"][0]["Equals"], json!(["Management"]));
    let arn = made["EventDataStoreArn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/"));
    let id = arn.rsplit('/').next().unwrap();
    let got = fixture.ask("GetEventDataStore", json!({"EventDataStore": id}));
    assert_eq!((&got["Name"], &got["Status"]), (&json!("incident-42"), &json!("ENABLED")));
    let this = json!({"EventDataStore": arn});
    let taken = fixture.refused("CreateEventDataStore", json!({"Name": "incident-42"}));
    assert_eq!(taken, "EventDataStoreAlreadyExistsException");
    let protected = fixture.refused("DeleteEventDataStore", this.clone());
    assert_eq!(protected, "EventDataStoreTerminationProtectedException");
    assert_eq!(fixture.refused("UpdateEventDataStore", this.clone()), "InvalidParameterException");
    let changed = fixture.ask(
        "UpdateEventDataStore",
        json!({"EventDataStore": arn, "Name": "later", "RetentionPeriod": 30,
            "TerminationProtectionEnabled": false, "MultiRegionEnabled": false}),
    );
    assert_eq!((&changed["Name"], &changed["RetentionPeriod"]), (&json!("later"), &json!(30)));
    assert_eq!(changed["MultiRegionEnabled"], false);
    fixture.ask("StopEventDataStoreIngestion", this.clone());
    let stopped = fixture.refused("StopEventDataStoreIngestion", this.clone());
    assert_eq!(stopped, "InvalidEventDataStoreStatusException");
    fixture.ask("StartEventDataStoreIngestion", this.clone());
    let running = fixture.refused("RestoreEventDataStore", this.clone());
    assert_eq!(running, "InvalidEventDataStoreStatusException");
    fixture.ask("DeleteEventDataStore", this.clone());
    let pending = fixture.ask("GetEventDataStore", this.clone());
    assert_eq!(pending["Status"], "PENDING_DELETION");
    let again = fixture.refused("DeleteEventDataStore", this.clone());
    assert_eq!(again, "InactiveEventDataStoreException");
    let inactive = fixture.refused("ListQueries", this.clone());
    assert_eq!(inactive, "InactiveEventDataStoreException");
    assert_eq!(fixture.ask("RestoreEventDataStore", this)["Status"], "ENABLED");
}

#[test]
fn stores_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    let make = |more: Value| {
        let mut input = json!({"Name": "made"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fixture.refused("CreateEventDataStore", input)
    };
    let selectors = json!([{"FieldSelectors": [{"Field": "eventName", "Equals": ["x"]}]}]);
    for (input, error) in [
        (json!({"Name": "a"}), "InvalidParameterException"),
        (json!({"RetentionPeriod": 3}), "InvalidParameterException"),
        (
            json!({"RetentionPeriod": 3_000, "BillingMode": "FIXED_RETENTION_PRICING"}),
            "InvalidParameterException",
        ),
        (json!({"OrganizationEnabled": true}), "OrganizationsNotInUseException"),
        (json!({"AdvancedEventSelectors": selectors}), "InvalidEventSelectorsException"),
        (json!({"TagsList": [{"Key": "a"}, {"Key": "a"}]}), "InvalidTagParameterException"),
    ] {
        assert_eq!(make(input.clone()), error, "{input}");
    }
    let stores = fixture.ask("ListEventDataStores", json!({}))["EventDataStores"].clone();
    assert_eq!(stores.as_array().unwrap().len(), 1, "what was refused is not there");
    let get = |store: &str| fixture.refused("GetEventDataStore", json!({"EventDataStore": store}));
    assert_eq!(get("11111111-1111-1111-1111-111111111111"), "EventDataStoreNotFoundException");
    let trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/x";
    assert_eq!(get(trail), "EventDataStoreARNInvalidException");
}

#[test]
fn lists_of_stores_have_pages_and_the_default_one_first() {
    let fixture = Fixture::new();
    for name in ["aaa", "bbb", "ccc"] {
        fixture.ask("CreateEventDataStore", json!({"Name": name}));
    }
    let (mut names, mut input) = (Vec::new(), json!({"MaxResults": 3}));
    loop {
        let page = fixture.ask("ListEventDataStores", input.clone());
        let stores = page["EventDataStores"].as_array().unwrap();
        names.extend(stores.iter().map(|store| store["Name"].as_str().unwrap().to_owned()));
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(names[0], "default");
    assert_eq!(names.len(), 4);
    let wrong = fixture.refused("ListEventDataStores", json!({"MaxResults": 0}));
    assert_eq!(wrong, "InvalidMaxResultsException");
}

#[test]
fn readers_ask_and_change_nothing() {
    let fixture = Fixture::new();
    let (status, _) = fixture.signed(&fixture.reader, "ListEventDataStores", &json!({}));
    assert_eq!(status, 200);
    let (status, body) =
        fixture.signed(&fixture.reader, "CreateEventDataStore", &json!({"Name": "made"}));
    assert_eq!((status, &body["__type"]), (400, &json!("AccessDeniedException")));
    let unknown = AccessKey::generate().unwrap();
    let (status, body) = fixture.signed(&unknown, "ListEventDataStores", &json!({}));
    assert_eq!((status, &body["__type"]), (400, &json!("UnrecognizedClientException")));
    let wrong = AccessKey::new(fixture.admin.id.as_str(), "another secret");
    let (status, body) = fixture.signed(&wrong, "ListEventDataStores", &json!({}));
    assert_eq!((status, &body["__type"]), (400, &json!("InvalidSignatureException")));
}

#[test]
fn requests_without_signature_or_operation_are_refused() {
    let fixture = Fixture::new();
    let answer = |parts: &Parts| fixture.runtime.block_on(fixture.api.answer(parts, b"{}", "r")).0;
    let (parts, ()) = Request::post("/")
        .header("x-amz-target", "CloudTrail_20131101.ListEventDataStores")
        .body(())
        .unwrap()
        .into_parts();
    let unsigned = answer(&parts);
    assert_eq!(unsigned.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
    for operation in ["NoSuchOperation", "listEventDataStores"] {
        assert_eq!(fixture.refused(operation, json!({})), "UnknownOperationException");
    }
    let trail = json!({"Name": "trail", "S3BucketName": "bucket"});
    assert_eq!(fixture.refused("CreateTrail", trail), "UnsupportedOperationException");
    // Every operation of the model is one that is known.
    for operation in model::operations().filter(|o| o.service() == "cloudtrail") {
        let (_, body) = fixture.signed(&fixture.admin, operation.name(), &json!({"x": 1}));
        assert_ne!(body["__type"], "UnknownOperationException", "{operation:?}");
    }
}

#[test]
fn temporary_keys_have_the_role_of_who_asked_and_expire() {
    let fixture = Fixture::new();
    let sts = |form: &str| {
        let request = Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .body(form.as_bytes().to_vec())
            .unwrap();
        let key = &fixture.reader;
        let signer = Signer { key, region: "us-east-1", service: "sts", now: now() };
        let (status, body) = fixture.send(&signer, request);
        (status, String::from_utf8(body).unwrap())
    };
    let (status, xml) = sts("Action=GetCallerIdentity&Version=2011-06-15");
    let user = format!("<Arn>arn:aws:iam::111122223333:user/{}</Arn>", fixture.reader.id);
    assert!(status == 200 && xml.contains(&user), "{xml}");
    let role = "RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fsecurity%2Fdetect";
    let (status, xml) =
        sts(&format!("Action=AssumeRole&Version=2011-06-15&{role}&RoleSessionName=Detections"));
    assert_eq!(status, 200, "{xml}");
    let of = |name: &str| {
        let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    assert_eq!(of("Arn"), "arn:aws:sts::444455556666:assumed-role/detect/Detections");
    assert_eq!(of("Expiration"), (now() + Duration::hours(1)).format("%FT%TZ").to_string());
    let found = fixture.api.access.find(&of("AccessKeyId")).unwrap();
    assert_eq!(
        (found.key.secret.reveal(), found.role),
        (of("SecretAccessKey").as_str(), Role::Reader)
    );
    let (status, _) = fixture.signed(&found.key, "ListEventDataStores", &json!({}));
    assert_eq!(status, 200);
    let (status, xml) = sts("Action=AssumeRole&Version=2011-06-15&RoleArn=x&RoleSessionName=y");
    assert!(status == 400 && xml.contains("<Code>ValidationError</Code>"), "{xml}");
}
