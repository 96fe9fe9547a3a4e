"""The AWS CLI, told nothing but what a service prints at its start."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from service import make_key

AWS = Path(sys.executable).with_name("aws")


@pytest.fixture(scope="module")
def aws(service):
    """Runs the AWS CLI to its end; returns its exit code, what it answered, and its errors."""
    environment = {**os.environ, **service.environment}

    def run(*arguments, **more):
        command = [sys.executable, AWS, *arguments, "--output", "json"]
        done = subprocess.run(command, env={**environment, **more}, capture_output=True, encoding="utf-8", timeout=120)
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None, done.stderr

    return run


def answered(done):
    code, answer, errors = done
    assert code == 0, errors
    return answer


def test_a_query_from_its_start_to_its_rows(aws, default_store, imported):
    count = str(len(imported.records))
    sql = "SELECT count(*) AS c FROM " + default_store.rsplit("/", 1)[1]
    id = answered(aws("cloudtrail", "start-query", "--query-statement", sql))["QueryId"]
    while True:
        described = answered(aws("cloudtrail", "describe-query", "--query-id", id))
        if described["QueryStatus"] not in ("QUEUED", "RUNNING"):
            break
    assert described["QueryStatus"] == "FINISHED" and described["QueryString"] == sql
    results = answered(aws("cloudtrail", "get-query-results", "--query-id", id))
    assert results["QueryResultRows"] == [[{"c": count}]]
    listed = answered(aws("cloudtrail", "list-queries", "--event-data-store", default_store))["Queries"]
    assert listed[0]["QueryId"] == id


def test_events_are_looked_up_page_by_page(aws):
    events = answered(aws("cloudtrail", "lookup-events", "--max-items", "120"))["Events"]
    assert len(events) == 120 == len({event["EventId"] for event in events})
    times = [event["EventTime"] for event in events]
    assert times == sorted(times, reverse=True)


def test_a_store_is_made_and_goes(aws):
    name = f"cli-{uuid.uuid4().hex[:8]}"
    made = answered(aws(
        "cloudtrail", "create-event-data-store", "--name", name, "--retention-period", "90",
        "--no-termination-protection-enabled", "--tags-list", "Key=team,Value=blue",
    ))
    assert made["RetentionPeriod"] == 90 and made["TagsList"] == [{"Key": "team", "Value": "blue"}]
    arn = made["EventDataStoreArn"]
    stores = answered(aws("cloudtrail", "list-event-data-stores"))["EventDataStores"]
    assert name in [store["Name"] for store in stores]
    answered(aws("cloudtrail", "delete-event-data-store", "--event-data-store", arn))
    code, _, errors = aws("cloudtrail", "delete-event-data-store", "--event-data-store", arn)
    assert code != 0 and "InactiveEventDataStoreException" in errors


def test_a_dashboard_is_made_and_refreshed(aws, imported):
    name = f"cli-{uuid.uuid4().hex[:8]}"
    widget = {
        "QueryStatement": "SELECT count(*) AS c FROM event_data_store WHERE eventTime > ? AND eventTime < ?",
        "QueryParameters": ["$StartTime$", "$EndTime$"], "ViewProperties": {"Title": "All", "View": "Table"},
    }
    made = answered(aws("cloudtrail", "create-dashboard", "--name", name, "--widgets", json.dumps([widget])))
    values = json.dumps({"$StartTime$": "2000-01-01T00:00:00Z", "$EndTime$": "2100-01-01T00:00:00Z"})
    started = aws("cloudtrail", "start-dashboard-refresh", "--dashboard-id", name, "--query-parameter-values", values)
    described = ["describe-query", "--query-alias", made["Widgets"][0]["QueryAlias"], "--refresh-id", answered(started)["RefreshId"]]
    while (query := answered(aws("cloudtrail", *described)))["QueryStatus"] in ("QUEUED", "RUNNING"):
        pass
    rows = answered(aws("cloudtrail", "get-query-results", "--query-id", query["QueryId"]))["QueryResultRows"]
    assert rows == [[{"c": str(len(imported.records))}]]
    answered(aws("cloudtrail", "delete-dashboard", "--dashboard-id", name))


def test_the_cli_says_why_it_was_refused(aws, service):
    code, _, errors = aws("cloudtrail", "start-query", "--query-statement", "SELECT colour FROM event_data_store")
    assert code != 0 and "InvalidQueryStatementException" in errors and "colour" in errors
    code, _, errors = aws("cloudtrail", "list-event-data-stores", AWS_SECRET_ACCESS_KEY="wrong")
    assert code != 0 and "InvalidSignatureException" in errors
    reader = make_key(service.lake, "reader")
    as_reader = {"AWS_ACCESS_KEY_ID": reader.id, "AWS_SECRET_ACCESS_KEY": reader.secret}
    code, _, errors = aws("cloudtrail", "create-event-data-store", "--name", "not-made", **as_reader)
    assert code != 0 and "AccessDeniedException" in errors


def test_the_cli_knows_who_asks(aws, service):
    identity = answered(aws("sts", "get-caller-identity"))
    assert identity["Account"] == "000000000000" and service.key.id in identity["Arn"]
