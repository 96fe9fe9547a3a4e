"""Dashboards: what boto3 makes, refreshes and reads, and what is left of a refresh after a kill."""

import json
import sqlite3
import time
import uuid
from collections import Counter

import pytest

from clients import client, ended, refusal
from service import Service
from test_queries import SLOW

ALL_OF_TIME = {"$StartTime$": "2000-01-01T00:00:00Z", "$EndTime$": "2100-01-01T00:00:00Z", "$Period$": "day"}
ERRORS = {
    "QueryStatement": "SELECT errorCode, count(*) AS eventCount FROM event_data_store WHERE eventTime > '?' "
                      "AND eventTime < '?' AND errorCode IS NOT NULL GROUP BY errorCode ORDER BY eventCount DESC, errorCode LIMIT 100",
    "QueryParameters": ["$StartTime$", "$EndTime$"],
    "ViewProperties": {"Height": "2", "Width": "4", "Title": "TopErrors", "View": "Table"},
}
ACTIVITY = {
    "QueryStatement": "SELECT DATE_TRUNC('?', eventTime) AS eventDate, count(*) AS eventCount FROM event_data_store "
                      "WHERE eventTime > '?' AND eventTime < '?' GROUP BY DATE_TRUNC('?', eventTime) ORDER BY 1",
    "QueryParameters": ["$Period$", "$StartTime$", "$EndTime$", "$Period$"],
    "ViewProperties": {"Title": "Activity", "View": "LineChart", "XAxisColumn": "eventDate", "YAxisColumn": "eventCount"},
}


def by_alias(cloudtrail, alias, **refresh):
    """The rows of the last query of an alias, as objects, once it has ended."""
    id = cloudtrail.describe_query(QueryAlias=alias, **refresh)["QueryId"]
    described = ended(cloudtrail, id)
    assert described["QueryStatus"] == "FINISHED", described
    rows = cloudtrail.get_query_results(QueryId=id)["QueryResultRows"]
    return [{label: value for cell in row for label, value in cell.items()} for row in rows]


@pytest.fixture
def name():
    return f"made-{uuid.uuid4().hex[:12]}"


def test_a_dashboard_is_made_and_refreshed(cloudtrail, imported, name):
    made = cloudtrail.create_dashboard(Name=name, Widgets=[ERRORS, ACTIVITY], TagsList=[{"Key": "team", "Value": "blue"}])
    arn = made["DashboardArn"]
    assert arn.endswith(f":dashboard/{name}") and (made["Name"], made["Type"]) == (name, "CUSTOM")
    aliases = [widget.pop("QueryAlias") for widget in made["Widgets"]]
    assert made["Widgets"] == [ERRORS, ACTIVITY] and len(set(aliases)) == 2
    refresh = cloudtrail.start_dashboard_refresh(DashboardId=arn, QueryParameterValues=ALL_OF_TIME)["RefreshId"]
    errors = by_alias(cloudtrail, aliases[0], RefreshId=refresh)
    counted = Counter(record["errorCode"] for record in imported.records if record.get("errorCode"))
    assert {row["errorCode"]: int(row["eventCount"]) for row in errors} == dict(counted)
    days = by_alias(cloudtrail, aliases[1], RefreshId=refresh)
    # Some months of made-up logs have one digit.
    counted = Counter("-".join(part.zfill(2) for part in record["eventTime"].split("T")[0].split("-"))
                      for record in imported.records)
    assert {row["eventDate"][:10]: int(row["eventCount"]) for row in days} == dict(counted)
    shown = cloudtrail.get_dashboard(DashboardId=name)
    assert (shown["LastRefreshId"], shown["Status"]) == (refresh, "CREATED")
    assert "LastRefreshFailureReason" not in shown
    listed = cloudtrail.list_dashboards(Type="CUSTOM", NamePrefix=name)["Dashboards"]
    assert listed == [{"DashboardArn": arn, "Type": "CUSTOM"}]
    cloudtrail.delete_dashboard(DashboardId=arn)
    assert refusal(cloudtrail.get_dashboard, DashboardId=name) == ("ResourceNotFoundException", 400)


def test_times_are_seconds_and_iso(cloudtrail, imported, name):
    (made,) = cloudtrail.create_dashboard(Name=name, Widgets=[ERRORS])["Widgets"]
    times = sorted(record["eventTime"] for record in imported.records if record.get("errorCode"))
    seconds = str(int(time.mktime(time.strptime(times[0], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone))
    expected = Counter(record["errorCode"] for record in imported.records
                       if record.get("errorCode") and times[0] < record["eventTime"] < times[-1])
    for start in (times[0], seconds, seconds + "000", seconds + ".0"):
        id = cloudtrail.start_query(QueryAlias=made["QueryAlias"], QueryParameters=[start, times[-1]])["QueryId"]
        assert ended(cloudtrail, id)["QueryStatus"] == "FINISHED"
        rows = by_alias(cloudtrail, made["QueryAlias"])
        assert {row["errorCode"]: int(row["eventCount"]) for row in rows} == dict(expected), start


# Widgets that have nothing to show of the known log files: they are of one account, without root, failed sign-ins and old TLS.
KNOWN_EMPTY = [
    "EC2Activity.root-actions", "IAMActivity.denied-operations", "ManagementEvents.outdated-tls",
    "OrganizationsActivity.control-policy-changes", "ResourceChanges.key-policy-changes",
    "SecurityMonitoring.console-login-failure-addresses", "SecurityMonitoring.console-login-failures",
    "SecurityMonitoring.cross-account-access", "SecurityMonitoring.mfa-disabled", "SecurityMonitoring.root-console-logins",
    "UserActivity.privileged-actions",
]


def test_managed_dashboards_are_answered(cloudtrail, default_store, imported):
    listed = cloudtrail.list_dashboards(Type="MANAGED")["Dashboards"]
    assert len(listed) == 15
    empty = []
    for item in listed:
        arn = item["DashboardArn"]
        name = arn.rsplit("/", 1)[1]
        shown = cloudtrail.get_dashboard(DashboardId=name)
        assert shown["Type"] == "MANAGED" and shown["Widgets"]
        if name == "AWSCloudTrail-InsightsEvents":
            continue
        values = {**ALL_OF_TIME, "$EventDataStoreId$": default_store}
        refresh = cloudtrail.start_dashboard_refresh(DashboardId=arn, QueryParameterValues=values)["RefreshId"]
        for widget in shown["Widgets"]:
            if not by_alias(cloudtrail, widget["QueryAlias"], RefreshId=refresh):
                empty.append(widget["QueryAlias"].removeprefix("AWSCloudTrail-"))
        assert "LastRefreshFailureReason" not in cloudtrail.get_dashboard(DashboardId=name), name
    if imported.known:
        # The log files have management events alone.
        data = ("DataEventsOverview.", "LambdaDataEvents.", "DynamoDBDataEvents.", "S3DataEvents.", "EnrichedEvents.")
        assert sorted(alias for alias in empty if not alias.startswith(data)) == KNOWN_EMPTY
    services = by_alias(cloudtrail, "AWSCloudTrail-Overview.services")
    counted = Counter(record["eventSource"].removesuffix(".amazonaws.com") for record in imported.records)
    assert {row["service"]: int(row["calls"]) for row in services}.items() <= counted.items()
    assert sum(int(row["calls"]) for row in services) == sum(count for _, count in counted.most_common(len(services)))


def test_refreshes_are_refused_by_the_error_that_fits(cloudtrail, default_store, name):
    refresh = cloudtrail.start_dashboard_refresh
    managed = "AWSCloudTrail-Overview"
    gone = default_store.rsplit("/", 1)[0] + "/11111111-1111-1111-1111-111111111111"
    assert refusal(refresh, DashboardId="nobody") == ("ResourceNotFoundException", 400)
    assert refusal(refresh, DashboardId=default_store) == ("ResourceNotFoundException", 400)
    assert refusal(refresh, DashboardId=managed) == ("ValidationException", 400)
    for values, error in (
        ({"$EventDataStoreId$": gone}, "EventDataStoreNotFoundException"),
        ({"$EventDataStoreId$": default_store, "$StartTime$": "soon"}, "ValidationException"),
        ({"$EventDataStoreId$": default_store, "$Colour$": "red"}, "ValidationException"),
        ({"$EventDataStoreId$": "' OR 1=1 --"}, "ValidationException"),
        ({"$EventDataStoreId$": "x" * 129}, "ValidationException"),
    ):
        assert refusal(refresh, DashboardId=managed, QueryParameterValues=values) == (error, 400), values
    slow = {"QueryStatement": SLOW, "ViewProperties": {"Title": "Slow"}}
    (widget,) = cloudtrail.create_dashboard(Name=name, Widgets=[slow])["Widgets"]
    refresh(DashboardId=name)
    assert refusal(refresh, DashboardId=name) == ("ServiceQuotaExceededException", 400)
    id = cloudtrail.describe_query(QueryAlias=widget["QueryAlias"])["QueryId"]
    cloudtrail.cancel_query(QueryId=id)
    assert ended(cloudtrail, id)["QueryStatus"] == "CANCELLED"
    assert "cancelled" in cloudtrail.get_dashboard(DashboardId=name)["LastRefreshFailureReason"]
    for call in (cloudtrail.delete_dashboard, cloudtrail.update_dashboard):
        assert refusal(call, DashboardId=managed) == ("ConflictException", 400)


def test_values_never_become_sql(cloudtrail, name):
    widget = {"QueryStatement": "SELECT '?' AS a, ? AS b", "QueryParameters": ["$StartTime$", "$Period$"],
              "ViewProperties": {"Title": "Hostile"}}
    (made,) = cloudtrail.create_dashboard(Name=name, Widgets=[widget])["Widgets"]
    hostile = ["x' OR '1'='1", "? -- '; DROP TABLE x"]
    cloudtrail.start_query(QueryAlias=made["QueryAlias"], QueryParameters=hostile)
    assert by_alias(cloudtrail, made["QueryAlias"]) == [{"a": hostile[0], "b": hostile[1]}]


def backdated(lake, hours):
    """Lets what is kept of dashboards lie so long ago."""
    with sqlite3.connect(lake / "server" / "documents.sqlite") as documents:
        kept = documents.execute("SELECT kind, id, document FROM documents WHERE kind LIKE 'dashboard%'").fetchall()
        for kind, id, text in kept:
            document = json.loads(text)
            for member in ("ScheduledAt", "StartedAt", "Id"):
                if member in document:
                    document[member] -= hours * 3_600_000
            changed = (json.dumps(document), kind, id)
            documents.execute("UPDATE documents SET document = ? WHERE kind = ? AND id = ?", changed)
    documents.close()


def test_schedules_and_refreshes_outlive_a_kill(imported, scratch):
    first = Service(imported.copy(scratch / "dashboards"))
    try:
        asked = client(first, first.key)
        two_hours_ago = time.strftime("%H:%M", time.gmtime(time.time() - 2 * 3_600))
        daily = {"Frequency": {"Unit": "DAYS", "Value": 1}, "TimeOfDay": two_hours_ago}
        one = {"QueryStatement": "SELECT 1 AS one", "ViewProperties": {"Title": "One"}}
        slow = {"QueryStatement": SLOW, "ViewProperties": {"Title": "Slow"}}
        (due,) = asked.create_dashboard(Name="daily", Widgets=[one], RefreshSchedule=daily)["Widgets"]
        asked.create_dashboard(Name="running", Widgets=[slow])
        asked.start_dashboard_refresh(DashboardId="running")
        assert "LastRefreshId" not in asked.get_dashboard(DashboardId="daily")
    finally:
        first.kill()
    backdated(first.lake, 5)
    second = Service(first.lake)
    try:
        asked = client(second, first.key)
        assert "Slow" in asked.get_dashboard(DashboardId="running")["LastRefreshFailureReason"]
        until = time.monotonic() + 60
        while "LastRefreshId" not in (shown := asked.get_dashboard(DashboardId="daily")):
            assert time.monotonic() < until, "what was due has not run"
            time.sleep(0.1)
        assert by_alias(asked, due["QueryAlias"], RefreshId=shown["LastRefreshId"]) == [{"one": "1"}]
        assert asked.start_dashboard_refresh(DashboardId="running")["RefreshId"]
    finally:
        second.kill()
