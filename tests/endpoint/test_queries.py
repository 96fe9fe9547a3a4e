"""Queries: started, described, read, cancelled and listed, with answers compared with the log files."""

import collections
import datetime
import json
import shutil
import time

import pytest

import clients
from clients import answer, client, ended, finished, pages, refusal
from service import Service, run

UNKNOWN = "11111111-1111-1111-1111-111111111111"
CROSSED = """FROM UNNEST(sequence(1, 10000)) AS a (x) CROSS JOIN UNNEST(sequence(1, 10000)) AS b (y)
    CROSS JOIN UNNEST(sequence(1, 10000)) AS c (z)"""
# Each takes minutes, whatever the machine; the second computes without ever waiting for anything.
SLOW = f"SELECT x, y, z {CROSSED} ORDER BY z, y, x LIMIT 10"
BUSY = f"SELECT count(*) {CROSSED} WHERE (x * y * z) % 7 = 3"


def test_events_are_those_of_the_log_files(cloudtrail, imported):
    assert answer(cloudtrail, "SELECT count(*) FROM event_data_store") == [[str(len(imported.records))]]
    counted = collections.Counter(record["eventName"] for record in imported.records)
    expected = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    sql = "SELECT eventName, count(*) AS c FROM event_data_store GROUP BY eventName ORDER BY c DESC, eventName"
    assert answer(cloudtrail, sql) == [[name, str(count)] for name, count in expected]
    if imported.known:
        assert len(imported.records) == 2_900 and expected[0] == ("Decrypt", 178)


def test_every_event_is_whole(cloudtrail, imported):
    rows = answer(cloudtrail, "SELECT eventID, eventJson FROM event_data_store")
    found = {id: json.loads(text) for id, text in rows}
    assert found == {record["eventID"]: record for record in imported.records}


def test_rows_are_those_of_the_command_line(cloudtrail, imported):
    statements = [
        "SELECT eventTime, eventID, errorCode, userIdentity, requestParameters, resources, readOnly FROM event_data_store"
        " ORDER BY eventTime, eventID LIMIT 200",
        "SELECT userIdentity.type, errorCode, count(*) AS n, min(eventTime), max_by(eventName, eventID)"
        " FROM event_data_store GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
        "SELECT awsRegion, sourceIPAddress, row_number() OVER (PARTITION BY awsRegion ORDER BY eventTime, eventID)"
        " FROM event_data_store ORDER BY 1, 3, 2 LIMIT 50",
    ]
    for sql in statements:
        expected = json.loads(run("query", "--format", "lake", sql, lake=imported.lake))
        rows, _ = pages(cloudtrail.get_query_results, "QueryResultRows", QueryId=finished(cloudtrail, sql))
        assert rows == expected and rows, sql


def test_null_is_an_empty_text_and_labels_stay_as_typed(cloudtrail):
    id = finished(cloudtrail, """SELECT NULL AS "Nothing", 1 AS n, 'x' AS n, 1.50 AS Dec, true AS b, 'ü"\\n' AS "Ä b" """)
    (row,) = cloudtrail.get_query_results(QueryId=id)["QueryResultRows"]
    assert row == [{"Nothing": ""}, {"n": "1"}, {"n": "x"}, {"Dec": "1.50"}, {"b": "true"}, {"Ä b": 'ü"\\n'}]


def test_an_answer_without_rows_is_an_answer(cloudtrail):
    id = finished(cloudtrail, "SELECT eventID FROM event_data_store WHERE eventName = 'NoSuchEvent'")
    page = cloudtrail.get_query_results(QueryId=id)
    assert page["QueryResultRows"] == [] and "NextToken" not in page
    assert page["QueryStatistics"]["TotalResultsCount"] == 0


def test_statistics_and_times_are_of_this_query(cloudtrail, imported):
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    sql = "SELECT eventID FROM event_data_store"
    id = finished(cloudtrail, sql)
    described = cloudtrail.describe_query(QueryId=id)
    statistics = described["QueryStatistics"]
    assert (described["QueryId"], described["QueryString"]) == (id, sql)
    assert before <= statistics["CreationTime"] <= datetime.datetime.now(datetime.timezone.utc)
    assert statistics["EventsScanned"] == statistics["EventsMatched"] == len(imported.records)
    # What was read for an earlier query is not read again.
    assert statistics["BytesScanned"] >= 0 and statistics["ExecutionTimeInMillis"] >= 0
    assert "ErrorMessage" not in described
    page = cloudtrail.get_query_results(QueryId=id, MaxQueryResults=7)
    assert page["QueryStatistics"]["ResultsCount"] == 7
    assert page["QueryStatistics"]["TotalResultsCount"] == len(imported.records)


def test_stores_are_named_as_people_name_them(cloudtrail, default_store):
    id = default_store.rsplit("/", 1)[1]
    counts = [answer(cloudtrail, f"SELECT count(*) FROM {name}") for name in (id, "default", "$EDS_ID", f'"{id}"')]
    assert counts == [answer(cloudtrail, "SELECT count(*) FROM event_data_store")] * 4


@pytest.mark.parametrize("sql, error", [
    ("SELECT", "InvalidQueryStatementException"),
    (" ", "InvalidQueryStatementException"),
    ("SELECT colour FROM event_data_store", "InvalidQueryStatementException"),
    ("SELECT 1; SELECT 2", "InvalidQueryStatementException"),
    ("DROP TABLE event_data_store", "InvalidQueryStatementException"),
    ("SELECT 'a' + 1", "InvalidQueryStatementException"),
    ("SELECT '" + "x" * 10_000 + "'", "InvalidQueryStatementException"),
    ("SELECT " + "(" * 4_000 + "1", "InvalidQueryStatementException"),
    (f"SELECT 1 FROM {UNKNOWN}", "EventDataStoreNotFoundException"),
])
def test_wrong_statements_are_refused_at_once(cloudtrail, sql, error):
    assert refusal(cloudtrail.start_query, QueryStatement=sql) == (error, 400)


def test_what_a_query_may_not_ask_for_is_refused(cloudtrail):
    start = cloudtrail.start_query
    assert refusal(start) == ("InvalidParameterException", 400)
    assert refusal(start, QueryStatement="SELECT 1", QueryAlias="alias") == ("InvalidParameterException", 400)
    assert refusal(start, QueryAlias="alias")[1] == 400
    delivered = {"QueryStatement": "SELECT 1", "DeliveryS3Uri": "s3://bucket/results"}
    assert refusal(start, **delivered) == ("S3BucketDoesNotExistException", 400)


def test_a_query_that_fails_says_why(cloudtrail):
    id = cloudtrail.start_query(QueryStatement="SELECT 1 / (n - 3) FROM UNNEST(sequence(1, 5)) AS t (n)")["QueryId"]
    described = ended(cloudtrail, id)
    assert described["QueryStatus"] == "FAILED" and "zero" in described["ErrorMessage"]
    page = cloudtrail.get_query_results(QueryId=id)
    assert page["QueryStatus"] == "FAILED" and page["ErrorMessage"] == described["ErrorMessage"]
    assert not page.get("QueryResultRows") and "NextToken" not in page
    assert refusal(cloudtrail.cancel_query, QueryId=id) == ("InactiveQueryException", 400)


def test_queries_that_are_not_there_are_not_found(cloudtrail):
    for call in (cloudtrail.describe_query, cloudtrail.get_query_results, cloudtrail.cancel_query):
        assert refusal(call, QueryId=UNKNOWN) == ("QueryIdNotFoundException", 400)
        assert refusal(call, QueryId="x" * 36) == ("InvalidParameterException", 400)
    describe = cloudtrail.describe_query
    assert refusal(describe) == ("InvalidParameterException", 400)
    assert refusal(describe, QueryId=UNKNOWN, QueryAlias="alias") == ("InvalidParameterException", 400)
    assert refusal(describe, QueryAlias="alias") == ("QueryIdNotFoundException", 400)


def test_a_query_is_cancelled_while_it_runs(cloudtrail):
    id = cloudtrail.start_query(QueryStatement=SLOW)["QueryId"]
    running = cloudtrail.get_query_results(QueryId=id)
    assert running["QueryStatus"] in ("QUEUED", "RUNNING") and not running.get("QueryResultRows")
    assert cloudtrail.cancel_query(QueryId=id)["QueryStatus"] in ("CANCELLED", "RUNNING")
    described = ended(cloudtrail, id)
    assert described["QueryStatus"] == "CANCELLED" and described["ErrorMessage"]
    assert refusal(cloudtrail.cancel_query, QueryId=id) == ("InactiveQueryException", 400)


@pytest.fixture
def bounded(imported, scratch):
    """Starts a service that runs one query at a time, for so many seconds at most."""
    started = []

    def start(seconds):
        lake = imported.copy(scratch / "bounded")
        service = Service(lake, "--concurrent-queries", "1", "--query-timeout", str(seconds))
        started.append(service)
        return client(service, service.key)

    yield start
    for service in started:
        service.kill()
        shutil.rmtree(service.lake)


def test_further_queries_wait_for_their_turn(bounded):
    asked = bounded(100)
    first = asked.start_query(QueryStatement=SLOW)["QueryId"]
    waits = asked.start_query(QueryStatement="SELECT count(*) FROM event_data_store")["QueryId"]
    assert asked.describe_query(QueryId=waits)["QueryStatus"] == "QUEUED"
    dropped = asked.start_query(QueryStatement="SELECT 1")["QueryId"]
    assert asked.cancel_query(QueryId=dropped)["QueryStatus"] == "CANCELLED"
    asked.cancel_query(QueryId=first)
    assert ended(asked, waits)["QueryStatus"] == "FINISHED"
    assert asked.get_query_results(QueryId=waits)["QueryResultRows"]


def test_slow_queries_time_out(bounded):
    asked = bounded(1)
    slow = ended(asked, asked.start_query(QueryStatement=SLOW)["QueryId"])
    assert slow["QueryStatus"] == "TIMED_OUT" and slow["ErrorMessage"]


def test_a_query_that_waited_has_its_whole_time(bounded):
    asked = bounded(1)
    first, second = (asked.start_query(QueryStatement=SLOW)["QueryId"] for _ in range(2))
    assert ended(asked, first)["QueryStatus"] == "TIMED_OUT"
    since = time.monotonic()
    assert ended(asked, second)["QueryStatus"] == "TIMED_OUT"
    assert time.monotonic() - since > 0.8


def test_a_query_that_computes_without_a_pause_is_stopped(bounded):
    asked = bounded(1)
    id = asked.start_query(QueryStatement=BUSY)["QueryId"]
    assert ended(asked, id)["QueryStatus"] == "TIMED_OUT"


def test_others_are_answered_while_queries_compute(cloudtrail):
    crossed = """SELECT count(*) FROM event_data_store a CROSS JOIN event_data_store b CROSS JOIN event_data_store c
        WHERE a.eventName < b.eventName || c.eventID"""
    # As many as a small machine has threads.
    running = [cloudtrail.start_query(QueryStatement=sql)["QueryId"] for sql in (BUSY, crossed)]
    assert answer(cloudtrail, "SELECT 1") == [["1"]]
    assert cloudtrail.lookup_events(MaxResults=1)["Events"]
    for id in running:
        assert cloudtrail.describe_query(QueryId=id)["QueryStatus"] == "RUNNING"
        cloudtrail.cancel_query(QueryId=id)
        assert ended(cloudtrail, id)["QueryStatus"] == "CANCELLED"


def test_queries_are_listed_the_newest_first(cloudtrail, default_store):
    def listed(**more):
        return pages(cloudtrail.list_queries, "Queries", EventDataStore=default_store, **more)[0]

    since = datetime.datetime.now(datetime.timezone.utc)
    time.sleep(0.01)
    ids = [finished(cloudtrail, f"SELECT count(*) + {n} FROM event_data_store") for n in range(7)]
    finished(cloudtrail, "SELECT 1")
    failed = cloudtrail.start_query(QueryStatement="SELECT 1 / (length(eventID) * 0) FROM event_data_store")["QueryId"]
    assert ended(cloudtrail, failed)["QueryStatus"] == "FAILED"
    # What this store was not asked for is not listed for it.
    assert [query["QueryId"] for query in listed(StartTime=since)] == [failed, *reversed(ids)]
    created = [query["CreationTime"] for query in listed()]
    assert created == sorted(created, reverse=True)
    for size in range(1, 10):
        found = [query["QueryId"] for query in listed(StartTime=since, MaxResults=size)]
        assert found == [failed, *reversed(ids)], size
    of_status = [query["QueryId"] for query in listed(StartTime=since, QueryStatus="FAILED")]
    assert of_status == [failed]
    assert listed(EndTime=since - datetime.timedelta(days=1)) == []


def test_wrong_lists_of_queries_are_refused(cloudtrail, default_store):
    def refused(**more):
        return refusal(cloudtrail.list_queries, **{"EventDataStore": default_store, **more})

    assert refused(EventDataStore=UNKNOWN) == ("EventDataStoreNotFoundException", 400)
    wrong = "arn:aws:s3:::bucket"
    assert refused(EventDataStore=wrong) == ("EventDataStoreARNInvalidException", 400)
    assert refused(StartTime=2_000, EndTime=1_000) == ("InvalidDateRangeException", 400)
    assert refused(QueryStatus="LOST") == ("InvalidQueryStatusException", 400)
    assert refused(MaxResults=1_001) == ("InvalidMaxResultsException", 400)
    assert refused(NextToken="nonsense") == ("InvalidNextTokenException", 400)


def test_answers_are_asked_for_by_the_environment_alone(service, monkeypatch):
    import boto3

    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    stores = boto3.session.Session().client("cloudtrail").list_event_data_stores()["EventDataStores"]
    assert stores[0]["Name"] == "default"
    assert clients.labels(answer_row(boto3.session.Session().client("cloudtrail"))) == ["n"]


def answer_row(cloudtrail):
    (row,) = cloudtrail.get_query_results(QueryId=finished(cloudtrail, "SELECT 1 AS n"))["QueryResultRows"]
    return row
