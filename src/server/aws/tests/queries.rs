//! Queries: started, read, listed.

use super::Fixture;
use serde_json::{Value, json};

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
    fixture.ask("DeleteEventDataStore", json!({"EventDataStore": "default"}));
    assert_eq!(start("SELECT 1 FROM event_data_store"), "InactiveEventDataStoreException");
    fixture.ask("RestoreEventDataStore", json!({"EventDataStore": "default"}));
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
