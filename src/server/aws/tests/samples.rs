//! Sample queries, and queries for prompts.

use super::Fixture;
use crate::server::aws::generate;
use serde_json::{Value, json};

#[test]
fn samples_are_found_by_words() {
    let fixture = Fixture::new();
    let phrase = json!({"SearchPhrase": "console sign-ins without MFA"});
    let found = fixture.ask("SearchSampleQueries", phrase.clone());
    let results = found["SearchResults"].as_array().unwrap();
    assert_eq!(results.len(), 10);
    let query = fixture.api.library.get("security/console-login-without-mfa").unwrap();
    assert_eq!(results[0]["Name"], query.title);
    assert_eq!(results[0]["Description"], query.question);
    assert_eq!(results[0]["SQL"], query.sql);
    let relevance: Vec<_> = results.iter().map(|r| r["Relevance"].as_f64().unwrap()).collect();
    assert!(relevance.is_sorted_by(|a, b| a >= b) && relevance[0] > relevance[9]);
    let all = fixture.pages("SearchSampleQueries", phrase, "SearchResults");
    assert!(all.len() > 20 && all[..10] == results[..]);
    let by_seven = json!({"SearchPhrase": "console sign-ins without MFA", "MaxResults": 7});
    assert_eq!(fixture.pages("SearchSampleQueries", by_seven, "SearchResults"), all);
    let none = fixture.ask("SearchSampleQueries", json!({"SearchPhrase": "zebra"}));
    assert_eq!(none, json!({"SearchResults": []}));
    for wrong in [
        json!({"SearchPhrase": "z"}),
        json!({"SearchPhrase": "z\u{e9}bra"}),
        json!({"SearchPhrase": "zebra", "MaxResults": 51}),
        json!({"SearchPhrase": "zebra", "NextToken": "nonsense"}),
    ] {
        assert_eq!(fixture.refused("SearchSampleQueries", wrong), "InvalidParameterException");
    }
}

fn prompt(store: &str, prompt: &str) -> Value {
    json!({"EventDataStores": [store], "Prompt": prompt})
}

#[test]
fn a_prompt_becomes_a_query_that_runs() {
    let fixture = Fixture::new();
    let store = fixture.made("incident");
    let id = store.rsplit('/').next().unwrap();
    let asked = prompt(&store, "What were the top services in the past week?");
    let made = fixture.ask("GenerateQuery", asked);
    assert_eq!(made["EventDataStoreOwnerAccountId"], "111122223333");
    let sql = made["QueryStatement"].as_str().unwrap();
    for part in [
        format!("FROM {id}\n").as_str(),
        "eventTime >= TIMESTAMP '2026-11-21 17:00:00.000' AND eventTime < TIMESTAMP '2026-11-28 17:00:00.000'",
        "GROUP BY 1",
        "LIMIT 100",
    ] {
        assert!(sql.contains(part), "{part}: {sql}");
    }
    assert!(!sql.contains('$') && !sql.contains("event_data_store"), "{sql}");
    let ran = fixture.finished(sql);
    let listed = fixture.ask("ListQueries", json!({"EventDataStore": store}));
    assert_eq!(listed["Queries"][0]["QueryId"], ran, "it reads the store");
}

#[test]
fn prompts_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    let store = fixture.default_store();
    let nobody = "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/nobody";
    let trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/mine";
    for (input, error) in [
        (prompt(&store, "How many zebras live in Kenya?"), "GenerateResponseException"),
        (prompt(&store, "yesterday"), "GenerateResponseException"),
        (prompt(&store, "zz"), "InvalidParameterException"),
        (prompt(nobody, "top services"), "EventDataStoreNotFoundException"),
        (prompt(trail, "top services"), "EventDataStoreARNInvalidException"),
        (json!({"EventDataStores": [], "Prompt": "top services"}), "InvalidParameterException"),
    ] {
        assert_eq!(fixture.refused("GenerateQuery", input.clone()), error, "{input}");
    }
    let selectors =
        json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["ConfigurationItem"]}]}]);
    let items = json!({"Name": "items", "AdvancedEventSelectors": selectors});
    fixture.ask("CreateEventDataStore", items);
    let other = fixture.refused("GenerateQuery", prompt("items", "failed console sign-ins"));
    assert_eq!(other, "GenerateResponseException", "its columns are others");
}

#[test]
fn every_query_that_can_be_chosen_is_one_that_runs() {
    let fixture = Fixture::new();
    let store = fixture.api.lake.store("default").unwrap();
    let wanted = |prompt: &str| generate::wanted(&fixture.api, &store, prompt).0;
    let (all, week) = (wanted("anything"), wanted("past week"));
    let (mut chosen, mut bounded) = (0, 0);
    for query in fixture.api.library.iter() {
        let of_week = week.statement(query);
        bounded += usize::from(of_week.is_some());
        let Some(sql) = of_week.or_else(|| all.statement(query)) else { continue };
        let checked = fixture.runtime.block_on(fixture.api.queries.check(&sql));
        assert!(checked.is_ok(), "{}: {checked:?}\n{sql}", query.name);
        chosen += 1;
    }
    assert!(chosen > 200 && bounded > 190 && chosen >= bounded, "{chosen} {bounded}");
}
