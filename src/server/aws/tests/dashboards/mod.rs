//! Dashboards.

mod changes;
mod managed;
mod refreshes;

use super::{Fixture, now};
use serde_json::{Value, json};

const TRAIL: &str = "testdata/trail";

/// A widget that counts the events of a time.
fn counting(title: &str) -> Value {
    json!({
        "QueryStatement": "SELECT count(*) AS events FROM event_data_store WHERE eventTime >= '?' AND eventTime < '?'",
        "QueryParameters": ["$StartTime$", "$EndTime$"],
        "ViewProperties": {"Height": "2", "Width": "4", "Title": title, "View": "Table"},
    })
}

/// A widget that asks for nothing.
fn asking(title: &str, sql: &str) -> Value {
    json!({"QueryStatement": sql, "ViewProperties": {"Title": title, "View": "Table"}})
}

impl Fixture {
    fn dashboard(&self, name: &str, widgets: &[Value]) -> Value {
        self.ask("CreateDashboard", json!({"Name": name, "Widgets": widgets}))
    }

    fn get_dashboard(&self, id: &str) -> Value {
        self.ask("GetDashboard", json!({"DashboardId": id}))
    }

    fn aliases(&self, dashboard: &str) -> Vec<String> {
        let shown = self.get_dashboard(dashboard);
        let widgets = shown["Widgets"].as_array().unwrap().iter();
        widgets.map(|widget| widget["QueryAlias"].as_str().unwrap().to_owned()).collect()
    }

    /// Starts a refresh, and returns its number.
    fn refresh(&self, dashboard: &str, values: Value) -> String {
        let input = json!({"DashboardId": dashboard, "QueryParameterValues": values});
        let started = self.ask("StartDashboardRefresh", input);
        started["RefreshId"].as_str().unwrap().to_owned()
    }

    /// Waits until the query of an alias has ended.
    fn ended(&self, alias: &str, refresh: Option<&str>) -> Value {
        let mut input = json!({"QueryAlias": alias});
        if let Some(refresh) = refresh {
            input["RefreshId"] = json!(refresh);
        }
        loop {
            let described = self.ask("DescribeQuery", input.clone());
            match described["QueryStatus"].as_str().unwrap() {
                "QUEUED" | "RUNNING" => std::thread::yield_now(),
                _ => return described,
            }
        }
    }

    fn rows(&self, alias: &str, refresh: Option<&str>) -> Value {
        let described = self.ended(alias, refresh);
        assert_eq!(described["QueryStatus"], "FINISHED", "{described}");
        self.ask("GetQueryResults", json!({"QueryId": described["QueryId"]}))["QueryResultRows"]
            .clone()
    }

    /// What a statement gives.
    fn answer(&self, sql: &str) -> Value {
        let id = self.finished(sql);
        self.ask("GetQueryResults", json!({"QueryId": id}))["QueryResultRows"].clone()
    }
}
