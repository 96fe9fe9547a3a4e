"""AWS's MCP server for CloudTrail, asked over its standard input and output."""

import json
import os
import subprocess
from pathlib import Path

import pytest

PYTHON = os.environ.get("TRAILLAKE_TEST_MCP")
pytestmark = pytest.mark.skipif(
    not PYTHON, reason=os.environ.get("TRAILLAKE_TEST_NO_MCP", "AWS's MCP server is installed by run.sh")
)


@pytest.fixture(scope="module")
def called(service, imported, default_store):
    """The answers of all tools, called one after the other."""
    store = default_store.rsplit("/", 1)[1]
    by_name = f"SELECT eventname, errorcode, count(*) AS c FROM {store} GROUP BY 1, 2 ORDER BY c DESC, 1, 2"
    calls = [
        ("list_event_data_stores", {}),
        ("lookup_events", {"start_time": "2000-01-01T00:00:00Z", "end_time": "now", "max_results": 50}),
        ("lake_query", {"sql": f"SELECT eventid FROM {store} ORDER BY eventid LIMIT 120"}),
        ("get_query_results", {"query_id": "$query_id", "next_token": "$next_token"}),
        ("get_query_results", {"query_id": "$query_id", "next_token": "$next_token", "max_results": 50}),
        ("get_query_status", {"query_id": "$query_id"}),
        ("lake_query", {"sql": by_name}),
        ("lake_query", {"sql": f"SELECT colour FROM {store}"}),
        ("lake_query", {"sql": f"SELECT 1 FROM {store}", "wait_for_completion": False, "region": "eu-west-1"}),
    ]
    # The server writes a log, in which nothing must be that is not UTF-8.
    environment = {**os.environ, **service.environment, "FASTMCP_LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [PYTHON, Path(__file__).with_name("mcp_tools.py")], input=json.dumps(calls), env=environment,
        capture_output=True, encoding="utf-8", timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_all_tools_are_called(called):
    assert called["tools"] == [
        "get_query_results", "get_query_status", "lake_query", "list_event_data_stores", "lookup_events",
    ]
    assert [failed for failed, _ in called["answers"]] == [False] * 7 + [True, False]


def test_stores_are_listed_with_their_details(called, default_store):
    stores = called["answers"][0][1]
    (store,) = [store for store in stores if store["event_data_store_arn"] == default_store]
    assert (store["name"], store["status"], store["organization_enabled"]) == ("default", "ENABLED", False)


def test_events_are_looked_up(called, cloudtrail):
    looked_up = called["answers"][1][1]
    newest = cloudtrail.lookup_events()["Events"]
    assert [event["EventId"] for event in looked_up["events"]] == [event["EventId"] for event in newest]
    assert looked_up["next_token"]


def test_rows_come_page_by_page(called, imported):
    pages = [answer for _, answer in called["answers"][2:5]]
    rows = [row for page in pages for row in page["query_result_rows"]]
    assert [len(page["query_result_rows"]) for page in pages] == [50, 50, 20]
    assert not pages[-1].get("next_token")
    assert [row[0]["eventid"] for row in rows] == sorted(record["eventID"] for record in imported.records)[:120]
    status = called["answers"][5][1]
    assert status["query_status"] == "FINISHED" and status["query_statistics"]["EventsScanned"] > 0


def test_nulls_do_not_break_a_page(called):
    rows = called["answers"][6][1]["query_result_rows"]
    assert rows and "" in [row[1]["errorcode"] for row in rows]


def test_a_wrong_statement_is_an_error(called):
    (text,) = called["answers"][7][1]
    assert "lake_query" in text
    assert called["answers"][8][1]["query_status"] in ("QUEUED", "RUNNING", "FINISHED")
