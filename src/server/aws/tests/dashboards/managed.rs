//! The dashboards that come with the program.

use super::*;

/// All of time.
fn all_of_time(store: &str) -> Value {
    json!({"$EventDataStoreId$": store, "$StartTime$": "2000-01-01", "$EndTime$": "2100-01-01", "$Period$": "day"})
}

#[test]
fn every_widget_of_every_managed_dashboard_is_answered() {
    let fixture = Fixture::new();
    fixture.import("default", &[TRAIL, "testdata/oddities"]);
    let insights = fixture.ask(
        "CreateEventDataStore",
        json!({"Name": "insights", "AdvancedEventSelectors": [
            {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]},
        ]}),
    );
    let insights = insights["EventDataStoreArn"].as_str().unwrap();
    fixture.import("insights", &["testdata/categories/insight.json"]);
    let listed =
        fixture.pages("ListDashboards", json!({"Type": "MANAGED", "MaxResults": 4}), "Dashboards");
    assert_eq!(listed.len(), 15);
    let mut answered = Vec::new();
    for item in listed {
        let arn = item["DashboardArn"].as_str().unwrap();
        let is_of_insights = arn.ends_with("/AWSCloudTrail-InsightsEvents");
        let store = if is_of_insights { insights.to_owned() } else { fixture.default_store() };
        let refresh = fixture.refresh(arn, all_of_time(&store));
        for alias in fixture.aliases(arn) {
            let rows = fixture.rows(&alias, Some(&refresh));
            answered.extend((rows != json!([])).then_some(alias));
        }
        let shown = fixture.get_dashboard(arn);
        assert_eq!((&shown["Type"], &shown["Status"]), (&json!("MANAGED"), &json!("CREATED")));
        assert_eq!(shown["LastRefreshId"], json!(refresh));
        assert_eq!(shown.get("LastRefreshFailureReason"), None, "{arn}");
    }
    for alias in [
        "Overview.account-activity",
        "Overview.users",
        "ErrorAnalysis.by-code",
        "ManagementEvents.tls-versions",
        "UserActivity.recent-activity",
        "InsightsEvents.types",
        "InsightsEvents.users",
    ] {
        let alias = format!("AWSCloudTrail-{alias}");
        assert!(answered.contains(&alias), "{alias} has no rows: {answered:?}");
    }
}

#[test]
fn managed_dashboards_are_for_a_store_and_stay_as_they_are() {
    let fixture = Fixture::new();
    let name = "AWSCloudTrail-Overview";
    let start = |values: Value| {
        let input = json!({"DashboardId": name, "QueryParameterValues": values});
        fixture.refused("StartDashboardRefresh", input)
    };
    assert_eq!(start(json!({})), "ValidationException");
    assert_eq!(start(json!({"$EventDataStoreId$": "nowhere"})), "EventDataStoreNotFoundException");
    fixture.ask(
        "CreateEventDataStore",
        json!({"Name": "leaving", "TerminationProtectionEnabled": false}),
    );
    fixture.ask("DeleteEventDataStore", json!({"EventDataStore": "leaving"}));
    assert_eq!(start(json!({"$EventDataStoreId$": "leaving"})), "InactiveEventDataStoreException");
    for (operation, input) in [
        ("UpdateDashboard", json!({"DashboardId": name, "Widgets": []})),
        ("DeleteDashboard", json!({"DashboardId": name})),
        ("CreateDashboard", json!({"Name": name})),
    ] {
        assert_eq!(fixture.refused(operation, input), "ConflictException", "{operation}");
    }
}

#[test]
fn a_widget_of_a_managed_dashboard_is_asked_by_its_alias() {
    let fixture = Fixture::new();
    fixture.import("default", &[TRAIL]);
    let (alias, store) = ("AWSCloudTrail-Overview.regions", fixture.default_store());
    let values = json!([store, "2000-01-01T00:00:00Z", "4102444800"]);
    fixture.ask("StartQuery", json!({"QueryAlias": alias, "QueryParameters": values}));
    let by_region = "SELECT awsRegion AS region, count(*) AS calls FROM event_data_store
        WHERE eventTime IS NOT NULL GROUP BY 1 ORDER BY calls DESC, region LIMIT 15";
    let rows = fixture.rows(alias, None);
    assert_eq!(rows, fixture.answer(by_region));
    assert_ne!(rows, json!([]));
    let unknown =
        json!({"QueryAlias": alias, "QueryParameters": ["nowhere", "2000-01-01", "2001-01-01"]});
    assert_eq!(fixture.refused("StartQuery", unknown), "EventDataStoreNotFoundException");
}

#[test]
fn the_highlights_are_made_with_their_own_widgets() {
    let fixture = Fixture::new();
    fixture.import("default", &[TRAIL]);
    let name = "AWSCloudTrail-Highlights";
    let schedule = |hours: u32, status: &str| json!({"Frequency": {"Unit": "HOURS", "Value": hours}, "Status": status});
    assert_eq!(
        fixture.refused("GetDashboard", json!({"DashboardId": name})),
        "ResourceNotFoundException"
    );
    let right = schedule(6, "ENABLED");
    for wrong in [
        json!({"Name": name}),
        json!({"Name": name, "RefreshSchedule": schedule(6, "DISABLED")}),
        json!({"Name": name, "RefreshSchedule": schedule(12, "ENABLED")}),
        json!({"Name": name, "RefreshSchedule": right, "Widgets": [counting("x")]}),
    ] {
        assert_eq!(fixture.refused("CreateDashboard", wrong), "ValidationException");
    }
    let made = fixture.ask("CreateDashboard", json!({"Name": name, "RefreshSchedule": right}));
    assert_eq!(made["Type"], "MANAGED");
    assert_eq!(made["RefreshSchedule"]["TimeOfDay"], "00:00");
    assert!(made["Widgets"].as_array().unwrap().len() >= 6);
    let refresh = fixture.refresh(name, json!({"$StartTime$": "2000-01-01"}));
    for alias in fixture.aliases(name) {
        fixture.rows(&alias, Some(&refresh));
    }
    let update = |more: Value| {
        let mut input = json!({"DashboardId": name});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for wrong in [json!({"Widgets": []}), json!({"RefreshSchedule": schedule(1, "ENABLED")})] {
        assert_eq!(fixture.refused("UpdateDashboard", update(wrong)), "ValidationException");
    }
    let off =
        fixture.ask("UpdateDashboard", update(json!({"RefreshSchedule": {"Status": "DISABLED"}})));
    assert_eq!(off["RefreshSchedule"]["Status"], "DISABLED");
    fixture.ask("DeleteDashboard", json!({"DashboardId": name}));
    let listed = fixture.ask("ListDashboards", json!({"NamePrefix": "AWSCloudTrail-High"}));
    assert_eq!(listed["Dashboards"], json!([]));
}
