//! Refreshes: by hand, by a schedule, and through kills.

use super::*;
use chrono::{DateTime, Duration, Utc};
use std::sync::atomic::{AtomicI64, Ordering};

/// Takes minutes.
const LONG: &str = "SELECT count(*) AS n FROM UNNEST(sequence(1, 10000)) AS a (x)
    CROSS JOIN UNNEST(sequence(1, 10000)) AS b (y) CROSS JOIN UNNEST(sequence(1, 10000)) AS c (z)
    WHERE (x * y * z) % 7 = 3";

#[test]
fn times_are_compared_as_such_however_they_are_given() {
    let fixture = Fixture::new();
    fixture.import("default", &[TRAIL]);
    let bounds = "SELECT to_iso8601(min(eventTime)) AS a, to_iso8601(max(eventTime)) AS b,
        CAST(to_unixtime(min(eventTime)) AS bigint) AS c, CAST(to_unixtime(max(eventTime)) AS bigint) AS d
        FROM event_data_store";
    let bounds = fixture.answer(bounds)[0].clone();
    let text = |at: usize, name: &str| bounds[at][name].as_str().unwrap().to_owned();
    let iso =
        |at, name| format!("{}Z", text(at, name).split('.').next().unwrap().trim_end_matches('Z'));
    let (start, end) = (iso(0, "a"), iso(1, "b"));
    let (start_epoch, end_epoch) = (text(2, "c"), text(3, "d"));
    let expected = fixture.answer(&format!(
        "SELECT count(*) AS events FROM event_data_store WHERE eventTime >= '{start}' AND eventTime < '{end}'"
    ));
    assert_ne!(expected, json!([[{"events": "0"}]]));
    let between = asking(
        "Between",
        "SELECT count(*) AS events FROM event_data_store
            WHERE eventTime BETWEEN TIMESTAMP '$StartTime$' AND from_iso8601_timestamp('$EndTime$') - INTERVAL '1' SECOND",
    );
    fixture.dashboard("times", &[counting("All"), between]);
    let aliases = fixture.aliases("times");
    for (start, end) in [
        (start.clone(), end.clone()),
        (start_epoch.clone(), end_epoch.clone()),
        (format!("{start_epoch}000"), end),
        (start, format!("{end_epoch}.0")),
    ] {
        let refresh = fixture.refresh("times", json!({"$StartTime$": start, "$EndTime$": end}));
        assert_eq!(fixture.rows(&aliases[0], Some(&refresh)), expected, "{start} {end}");
        if end.ends_with('Z') {
            assert_eq!(fixture.rows(&aliases[1], Some(&refresh)), expected, "{start} {end}");
        }
        let by_alias = json!({"QueryAlias": aliases[0], "QueryParameters": [start, end]});
        fixture.ask("StartQuery", by_alias);
        assert_eq!(fixture.rows(&aliases[0], None), expected, "{start} {end}");
    }
}

#[test]
fn each_refresh_has_its_queries() {
    let fixture = Fixture::new();
    fixture.import("default", &[TRAIL]);
    fixture.dashboard("team", &[counting("All")]);
    let alias = fixture.aliases("team")[0].clone();
    let none = json!({"QueryAlias": alias});
    assert_eq!(fixture.refused("DescribeQuery", none.clone()), "QueryIdNotFoundException");
    let first =
        fixture.refresh("team", json!({"$StartTime$": "2000-01-01", "$EndTime$": "2000-01-02"}));
    assert_eq!(fixture.rows(&alias, None), json!([[{"events": "0"}]]));
    let second = fixture.refresh("team", json!({"$StartTime$": "2000-01-01"}));
    assert!(first.len() >= 10 && second > first);
    assert_ne!(fixture.rows(&alias, Some(&second)), json!([[{"events": "0"}]]));
    assert_eq!(fixture.rows(&alias, Some(&first)), json!([[{"events": "0"}]]));
    assert_eq!(fixture.rows(&alias, None), fixture.rows(&alias, Some(&second)));
    assert_eq!(fixture.get_dashboard("team")["LastRefreshId"], json!(second));
    let described = fixture.ended(&alias, Some(&second));
    assert!(described["QueryString"].as_str().unwrap().contains("eventTime >= '?'"));
    for (wrong, error) in [
        (json!({"QueryAlias": alias, "RefreshId": "1234567890"}), "QueryIdNotFoundException"),
        (json!({"QueryAlias": "nobody.1"}), "QueryIdNotFoundException"),
        (
            json!({"QueryId": described["QueryId"], "RefreshId": second}),
            "InvalidParameterException",
        ),
        (
            json!({"QueryId": described["QueryId"], "QueryAlias": alias}),
            "InvalidParameterException",
        ),
        (json!({}), "InvalidParameterException"),
    ] {
        assert_eq!(fixture.refused("DescribeQuery", wrong), error);
    }
    for wrong in [
        json!({"QueryAlias": "nobody.1"}),
        json!({"QueryAlias": alias}),
        json!({"QueryAlias": alias, "QueryParameters": ["2000-01-01"]}),
        json!({"QueryStatement": "SELECT 1", "QueryParameters": ["2000-01-01"]}),
    ] {
        assert_eq!(fixture.refused("StartQuery", wrong), "InvalidParameterException");
    }
    let start = |values: Value| {
        let input = json!({"DashboardId": "team", "QueryParameterValues": values});
        fixture.refused("StartDashboardRefresh", input)
    };
    for wrong in [
        json!({"$StartTime$": "yesterday"}),
        json!({"$StartTime$": "2001-01-01", "$EndTime$": "2000-01-01"}),
        json!({"$Colour$": "red"}),
        json!({"$EventDataStoreId$": "default"}),
        json!({"$StartTime$": "2001-01-01 00:00"}),
    ] {
        assert_eq!(start(wrong), "ValidationException");
    }
}

#[test]
fn what_fails_is_the_reason() {
    let fixture = Fixture::new();
    let failing = "SELECT 1 / (n - n) AS x FROM UNNEST(sequence(1, 3)) AS t (n)";
    fixture.dashboard("odd", &[asking("Halves", failing), asking("One", "SELECT 1 AS one")]);
    let refresh = fixture.refresh("odd", json!({}));
    let aliases = fixture.aliases("odd");
    assert_eq!(fixture.rows(&aliases[1], Some(&refresh)), json!([[{"one": "1"}]]));
    assert_eq!(fixture.ended(&aliases[0], Some(&refresh))["QueryStatus"], "FAILED");
    let reason = || fixture.get_dashboard("odd")["LastRefreshFailureReason"].clone();
    let told = reason();
    assert!(told.as_str().unwrap().contains("Halves: ") && !told.as_str().unwrap().contains("One"));
    fixture.runtime.block_on(fixture.api.tend_dashboards());
    assert_eq!(reason(), told, "it stays when it is noted");
    fixture.ask(
        "UpdateDashboard",
        json!({"DashboardId": "odd", "Widgets": [asking("One", "SELECT 1 AS one")]}),
    );
    fixture.refresh("odd", json!({}));
    fixture.ended(&aliases[1], None);
    assert_eq!(fixture.get_dashboard("odd").get("LastRefreshFailureReason"), None);

    // A store that went is told at once.
    fixture.ask(
        "CreateEventDataStore",
        json!({"Name": "leaving", "TerminationProtectionEnabled": false}),
    );
    fixture.dashboard("gone", &[asking("All", "SELECT count(*) FROM leaving")]);
    fixture.ask("DeleteEventDataStore", json!({"EventDataStore": "leaving"}));
    let start = json!({"DashboardId": "gone"});
    assert_eq!(fixture.refused("StartDashboardRefresh", start), "InactiveEventDataStoreException");
    assert_eq!(fixture.get_dashboard("gone").get("LastRefreshId"), None);
}

#[test]
fn one_refresh_runs_at_a_time_and_none_after_a_kill() {
    let fixture = Fixture::new();
    fixture.dashboard("slow", &[asking("Long", LONG), asking("One", "SELECT 1 AS one")]);
    let first = fixture.refresh("slow", json!({}));
    let start = json!({"DashboardId": "slow"});
    assert_eq!(
        fixture.refused("StartDashboardRefresh", start.clone()),
        "ServiceQuotaExceededException"
    );
    let aliases = fixture.aliases("slow");
    fixture.rows(&aliases[1], Some(&first));
    let shown = fixture.get_dashboard("slow");
    assert_eq!(
        (&shown["LastRefreshId"], shown.get("LastRefreshFailureReason")),
        (&json!(first), None)
    );

    let fixture = fixture.killed_and_started(now);
    let shown = fixture.get_dashboard("slow");
    let reason = shown["LastRefreshFailureReason"].as_str().unwrap();
    assert!(reason.contains("Long: ") && reason.contains("start it again"), "{reason}");
    assert_eq!(fixture.rows(&aliases[1], Some(&first)), json!([[{"one": "1"}]]));
    let second = fixture.refresh("slow", json!({}));
    assert!(second > first);
    let running = fixture.ask("DescribeQuery", json!({"QueryAlias": aliases[0]}));
    fixture.ask("CancelQuery", json!({"QueryId": running["QueryId"]}));
    fixture.ended(&aliases[0], Some(&second));
    let reason = fixture.get_dashboard("slow")["LastRefreshFailureReason"].clone();
    assert_eq!(reason, "Long: the query was cancelled");
}

/// Seconds that have passed, for the test of schedules alone.
static PASSED: AtomicI64 = AtomicI64::new(0);

/// The service of a test of schedules begins at 17:00.
fn later() -> DateTime<Utc> {
    now() + Duration::seconds(PASSED.load(Ordering::SeqCst))
}

#[test]
fn what_is_due_runs_once() {
    let fixture = Fixture::over(tempfile::tempdir().unwrap(), later);
    let schedule = json!({"Frequency": {"Unit": "HOURS", "Value": 1}, "TimeOfDay": "00:10"});
    fixture.ask("CreateDashboard", json!({
        "Name": "hourly", "RefreshSchedule": schedule, "Widgets": [asking("One", "SELECT '$EndTime$' AS until")],
    }));
    let alias = fixture.aliases("hourly")[0].clone();
    let tended = |fixture: &Fixture, minutes: i64| {
        PASSED.store(minutes * 60, Ordering::SeqCst);
        fixture.runtime.block_on(fixture.api.tend_dashboards());
        let last = fixture.get_dashboard("hourly")["LastRefreshId"].clone();
        if last.is_string() {
            fixture.ended(&alias, None);
        }
        last
    };
    assert_eq!(tended(&fixture, 0), Value::Null);
    assert_eq!(tended(&fixture, 9), Value::Null);
    let first = tended(&fixture, 11);
    assert!(first.is_string());
    assert_eq!(fixture.rows(&alias, None), json!([[{"until": "2026-11-28T17:11:00Z"}]]));
    assert_eq!(tended(&fixture, 69), first);
    let second = tended(&fixture, 71);
    assert_ne!(second, first);

    // Hours without a service are made good once.
    let fixture = fixture.killed_and_started(later);
    let third = tended(&fixture, 400);
    assert_ne!(third, second);
    assert_eq!(tended(&fixture, 401), third);
    let off = json!({"DashboardId": "hourly", "RefreshSchedule": {"Status": "DISABLED"}});
    fixture.ask("UpdateDashboard", off);
    assert_eq!(tended(&fixture, 900), third);
    // What it missed while it was off is not made good.
    let on = json!({"DashboardId": "hourly", "RefreshSchedule": {"Status": "ENABLED"}});
    fixture.ask("UpdateDashboard", on);
    assert_eq!(tended(&fixture, 901), third);
    assert_ne!(tended(&fixture, 960), third);
}
