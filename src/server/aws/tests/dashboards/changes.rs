//! Dashboards of one's own: made, shown, listed, changed, deleted.

use super::*;

#[test]
fn a_dashboard_is_made_shown_changed_and_deleted() {
    let fixture = Fixture::new();
    let trend = json!({
        "QueryStatement": "SELECT DATE_TRUNC('?', eventTime) AS eventDate, IF(readOnly, 'read', 'write') AS readOnly, COUNT(*) AS eventCount
            FROM event_data_store WHERE eventTime > '?' AND eventTime < '?'
            GROUP BY DATE_TRUNC('?', eventTime), readOnly ORDER BY DATE_TRUNC('?', eventTime), readOnly",
        "QueryParameters": ["$Period$", "$StartTime$", "$EndTime$", "$Period$", "$Period$"],
        "ViewProperties": {"Title": "Activity", "View": "LineChart", "XAxisColumn": "eventDate"},
    });
    let input = json!({
        "Name": "team-a", "Widgets": [counting("All"), trend], "TagsList": [{"Key": "team", "Value": "a"}],
        "TerminationProtectionEnabled": true,
        "RefreshSchedule": {"Frequency": {"Unit": "DAYS", "Value": 1}, "TimeOfDay": "02:30"},
    });
    let made = fixture.ask("CreateDashboard", input.clone());
    let arn = "arn:aws:cloudtrail:eu-west-1:111122223333:dashboard/team-a";
    assert_eq!((&made["DashboardArn"], &made["Type"]), (&json!(arn), &json!("CUSTOM")));
    assert_eq!(made["TagsList"], input["TagsList"]);
    assert_eq!(made["RefreshSchedule"]["Status"], "ENABLED");
    assert_eq!(made["Widgets"][1]["QueryStatement"], trend["QueryStatement"]);
    assert_eq!(made["Widgets"][1]["ViewProperties"], trend["ViewProperties"]);
    assert_eq!(fixture.refused("CreateDashboard", input), "ConflictException");
    let shown = fixture.get_dashboard(arn);
    assert_eq!(shown, fixture.get_dashboard("team-a"));
    assert_eq!(
        (&shown["Status"], &shown["TerminationProtectionEnabled"]),
        (&json!("CREATED"), &json!(true))
    );
    assert_eq!(shown["CreatedTimestamp"], json!(now().timestamp()));
    assert_eq!(shown["Widgets"], made["Widgets"]);

    // The widget that stays keeps its alias; the other one is another.
    let before = fixture.aliases("team-a");
    let widgets = json!([counting("All of it"), asking("One", "SELECT 1 AS one")]);
    let changed = fixture.ask("UpdateDashboard", json!({"DashboardId": arn, "Widgets": widgets}));
    assert_eq!(
        (&changed["Name"], &changed["RefreshSchedule"]),
        (&json!("team-a"), &made["RefreshSchedule"])
    );
    let after = fixture.aliases("team-a");
    assert_eq!(after[0], before[0]);
    assert!(!before.contains(&after[1]));
    assert_eq!(fixture.get_dashboard("team-a")["Status"], "UPDATED");
    let gone = json!({"QueryAlias": before[1], "QueryParameters": ["day", "2000-01-01", "2001-01-01", "day", "day"]});
    assert_eq!(fixture.refused("StartQuery", gone), "InvalidParameterException");

    let id = json!({"DashboardId": "team-a"});
    assert_eq!(fixture.refused("DeleteDashboard", id.clone()), "ConflictException");
    fixture
        .ask("UpdateDashboard", json!({"DashboardId": arn, "TerminationProtectionEnabled": false}));
    fixture.ask("StartQuery", json!({"QueryAlias": after[1]}));
    assert_eq!(fixture.rows(&after[1], None), json!([[{"one": "1"}]]));
    assert_eq!(fixture.ask("DeleteDashboard", id.clone()), json!({}));
    for operation in ["GetDashboard", "DeleteDashboard", "StartDashboardRefresh", "UpdateDashboard"]
    {
        assert_eq!(
            fixture.refused(operation, id.clone()),
            "ResourceNotFoundException",
            "{operation}"
        );
    }
    // A new one of this name has nothing of it.
    fixture.dashboard("team-a", &[counting("All"), asking("Two", "SELECT 2 AS two")]);
    let asked = json!({"QueryAlias": fixture.aliases("team-a")[1]});
    assert_eq!(fixture.refused("DescribeQuery", asked), "QueryIdNotFoundException");
    let tags = fixture.ask("ListTags", json!({"ResourceIdList": [arn]}));
    assert_eq!(tags["ResourceTagList"][0]["TagsList"], json!([]));
}

#[test]
fn dashboards_are_refused_by_the_error_that_fits() {
    let fixture = Fixture::new();
    fixture.ask(
        "CreateEventDataStore",
        json!({"Name": "leaving", "TerminationProtectionEnabled": false}),
    );
    fixture.ask("DeleteEventDataStore", json!({"EventDataStore": "leaving"}));
    let create = |more: Value| {
        let mut input = json!({"Name": "wrong"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fixture.refused("CreateDashboard", input)
    };
    let widget = |sql: &str, parameters: Value| {
        let mut widget = asking("x", sql);
        widget["QueryParameters"] = parameters;
        create(json!({"Widgets": [counting("right"), widget]}))
    };
    let sql = "SELECT 1 FROM event_data_store WHERE eventTime > '?'";
    assert_eq!(widget(sql, json!(["$StartTime$", "$EndTime$"])), "InvalidQueryStatementException");
    assert_eq!(widget("SELECT ?, ?", json!(["$StartTime$"])), "InvalidQueryStatementException");
    assert_eq!(widget("SELECT ?", Value::Null), "InvalidQueryStatementException");
    assert_eq!(widget(sql, json!(["$Colour$"])), "ValidationException");
    assert_eq!(widget(sql, json!(["$EventDataStoreId$"])), "ValidationException");
    assert_eq!(
        widget("SELECT colour FROM event_data_store", Value::Null),
        "InvalidQueryStatementException"
    );
    assert_eq!(
        widget("DELETE FROM event_data_store", Value::Null),
        "InvalidQueryStatementException"
    );
    assert_eq!(widget(" ", Value::Null), "InvalidQueryStatementException");
    assert_eq!(widget("", Value::Null), "ValidationException");
    assert_eq!(widget("SELECT 1 FROM nowhere", Value::Null), "EventDataStoreNotFoundException");
    assert_eq!(widget("SELECT 1 FROM leaving", Value::Null), "InactiveEventDataStoreException");
    let many = vec![counting("x"); 11];
    assert_eq!(create(json!({"Widgets": many})), "ServiceQuotaExceededException");
    assert_eq!(create(json!({"Widgets": [{"QueryStatement": "SELECT 1"}]})), "ValidationException");
    assert_eq!(create(json!({"Name": "a b"})), "ValidationException");
    assert_eq!(create(json!({"Name": "ab"})), "ValidationException");
    assert_eq!(create(json!({"Name": 5})), "SerializationException");
    let twice = json!([{"Key": "a"}, {"Key": "a"}]);
    assert_eq!(create(json!({"TagsList": twice})), "InvalidTagParameterException");
    assert_eq!(create(json!({"TagsList": [{"Key": "aws:x"}]})), "InvalidTagParameterException");
    for wrong in [
        json!({"Frequency": {"Unit": "HOURS", "Value": 5}}),
        json!({"Frequency": {"Unit": "WEEKS", "Value": 1}}),
        json!({"Status": "ENABLED"}),
        json!({"TimeOfDay": "9:5"}),
    ] {
        assert_eq!(create(json!({"RefreshSchedule": wrong})), "ValidationException");
    }
    assert_eq!(
        fixture.refused("GetDashboard", json!({"DashboardId": "wrong"})),
        "ResourceNotFoundException"
    );
    let other = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/wrong";
    assert_eq!(
        fixture.refused("GetDashboard", json!({"DashboardId": other})),
        "ResourceNotFoundException"
    );
    let (status, body) =
        fixture.signed(&fixture.reader, "CreateDashboard", &json!({"Name": "mine"}));
    assert_eq!((status, &body["__type"]), (400, &json!("AccessDeniedException")));
}

#[test]
fn dashboards_are_listed_by_type_and_name() {
    let fixture = Fixture::new();
    for name in ["team-b", "team-a", "other"] {
        fixture.dashboard(name, &[]);
    }
    let names = |input: Value| -> Vec<String> {
        let listed = fixture.pages("ListDashboards", input, "Dashboards");
        let name = |item: &Value| {
            item["DashboardArn"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
        };
        listed.iter().map(name).collect()
    };
    assert_eq!(names(json!({"Type": "CUSTOM", "MaxResults": 1})), ["other", "team-a", "team-b"]);
    assert_eq!(names(json!({"NamePrefix": "team"})), ["team-a", "team-b"]);
    assert_eq!(names(json!({"NamePrefix": "team", "Type": "MANAGED"})), [""; 0]);
    assert_eq!(names(json!({"MaxResults": 7})).len(), 18);
    assert_eq!(fixture.refused("ListDashboards", json!({"Type": "OTHER"})), "ValidationException");
    assert_eq!(
        fixture.refused("ListDashboards", json!({"NextToken": "nonsense"})),
        "ValidationException"
    );
}

#[test]
fn dashboards_have_tags_and_policies() {
    let fixture = Fixture::new();
    let made = fixture.dashboard("tagged", &[]);
    let arn = made["DashboardArn"].as_str().unwrap();
    assert_eq!(made.get("TagsList"), None);
    let tags = |expected: Value| {
        let listed =
            fixture.ask("ListTags", json!({"ResourceIdList": [arn, fixture.default_store()]}));
        assert_eq!(listed["ResourceTagList"][0], json!({"ResourceId": arn, "TagsList": expected}));
    };
    let both = json!([{"Key": "case", "Value": "42"}, {"Key": "open"}]);
    fixture.ask("AddTags", json!({"ResourceId": arn, "TagsList": both}));
    tags(both);
    fixture
        .ask("AddTags", json!({"ResourceId": arn, "TagsList": [{"Key": "case", "Value": "43"}]}));
    fixture.ask(
        "RemoveTags",
        json!({"ResourceId": arn, "TagsList": [{"Key": "open"}, {"Key": "case", "Value": "42"}]}),
    );
    tags(json!([{"Key": "case", "Value": "43"}]));
    let many: Vec<_> = (0..50).map(|n| json!({"Key": n.to_string()})).collect();
    let add =
        |tags: Value| fixture.refused("AddTags", json!({"ResourceId": arn, "TagsList": tags}));
    assert_eq!(add(json!(many)), "TagsLimitExceededException");
    assert_eq!(add(json!([{"Key": "aws:x"}])), "InvalidTagParameterException");
    tags(json!([{"Key": "case", "Value": "43"}]));

    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "cloudtrail:StartDashboardRefresh", "Resource": arn,
    }]});
    let put = json!({"ResourceArn": arn, "ResourcePolicy": policy.to_string()});
    assert_eq!(fixture.ask("PutResourcePolicy", put.clone()), put);
    assert_eq!(fixture.ask("GetResourcePolicy", json!({"ResourceArn": arn})), put);
    fixture.ask("DeleteDashboard", json!({"DashboardId": arn}));
    assert_eq!(
        fixture.refused("GetResourcePolicy", json!({"ResourceArn": arn})),
        "ResourceNotFoundException"
    );
    fixture.dashboard("tagged", &[]);
    tags(json!([]));
    assert_eq!(
        fixture.refused("GetResourcePolicy", json!({"ResourceArn": arn})),
        "ResourcePolicyNotFoundException"
    );
}
