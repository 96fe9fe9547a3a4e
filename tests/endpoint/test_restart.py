"""What is known of queries outlives the process, however it ends."""

import subprocess

from clients import client, ended, finished, pages
from service import PROGRAM, Service
from test_queries import BUSY, SLOW

ASKED = 20


def rows(cloudtrail, id):
    return pages(cloudtrail.get_query_results, "QueryResultRows", QueryId=id, MaxQueryResults=500)[0]


def test_what_ran_at_a_kill_has_failed_and_what_had_finished_is_there(imported, scratch):
    # Each that runs has a thread, whatever the machine has, and half of them wait.
    options = ("--threads", str(ASKED // 2 + 2), "--concurrent-queries", str(ASKED // 2))
    first = Service(imported.copy(scratch / "killed"), *options)
    try:
        asked = client(first, first.key)
        statements = [
            "SELECT eventID, eventJson FROM event_data_store ORDER BY eventID",
            "SELECT eventName, count(*) AS c FROM event_data_store GROUP BY 1 ORDER BY 2 DESC, 1",
            "SELECT eventID FROM event_data_store WHERE eventName = 'NoSuchEvent'",
        ]
        done = {id: rows(asked, id) for id in (finished(asked, sql) for sql in statements)}
        half_read = asked.get_query_results(QueryId=next(iter(done)), MaxQueryResults=10)["NextToken"]
        running = [asked.start_query(QueryStatement=sql)["QueryId"] for sql in [SLOW, BUSY] * (ASKED // 2)]
        statuses = [asked.describe_query(QueryId=id)["QueryStatus"] for id in running]
        assert statuses == ["RUNNING"] * (ASKED // 2) + ["QUEUED"] * (ASKED // 2)
    finally:
        first.kill()
    second = Service(first.lake)
    try:
        # The key is the same.
        asked = client(second, first.key)
        for id in running:
            described = asked.describe_query(QueryId=id)
            assert described["QueryStatus"] == "FAILED" and described["ErrorMessage"], described
            assert not asked.get_query_results(QueryId=id).get("QueryResultRows")
        for id, before in done.items():
            assert asked.describe_query(QueryId=id)["QueryStatus"] == "FINISHED"
            assert rows(asked, id) == before
        first_id = next(iter(done))
        rest = pages(asked.get_query_results, "QueryResultRows", QueryId=first_id, NextToken=half_read)[0]
        assert rest == done[first_id][10:]
        assert ended(asked, finished(asked, statements[1]))["QueryStatus"] == "FINISHED"
    finally:
        second.stop()


def test_what_is_kept_is_there_after_a_stop(imported, scratch):
    first = Service(imported.copy(scratch / "stopped"))
    asked = client(first, first.key)
    id = finished(asked, "SELECT eventID FROM event_data_store ORDER BY eventID")
    before = rows(asked, id)
    store = asked.create_event_data_store(Name="kept", MultiRegionEnabled=False, RetentionPeriod=9)
    assert first.stop() == 0
    second = Service(first.lake)
    try:
        asked = client(second, first.key)
        assert rows(asked, id) == before
        got = asked.get_event_data_store(EventDataStore=store["EventDataStoreArn"])
        assert (got["Name"], got["MultiRegionEnabled"], got["RetentionPeriod"]) == ("kept", False, 9)
        assert "export AWS_SECRET_ACCESS_KEY" not in second.printed
    finally:
        second.stop()


def test_a_lake_has_one_service(service):
    command = [PROGRAM, "serve", "--lake", str(service.lake), "--listen", "127.0.0.1:0"]
    again = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    assert again.returncode == 1 and "another traillake serve" in again.stderr
