"""Results of queries that are delivered into buckets: what is in the files, and that the signature verifies."""

import csv
import datetime
import gzip
import hashlib
import io
import json
import shutil
import time
import uuid

import pytest

from clients import client, ended, labels, pages, refusal
from service import Service, make_key, run
from test_queries import SLOW
from verify import SIGN_FILE, NotValid, resign, verify

ACCOUNT, REGION = "111122223333", "eu-west-1"
EVENTS = """SELECT eventID, eventTime, eventName, errorCode, errorMessage, userIdentity, requestParameters, resources,
    readOnly, eventJson FROM event_data_store ORDER BY eventTime, eventID"""


def serve(lake, buckets):
    """A service that delivers into folders of these names, beside the lake."""
    mapped = []
    for name, suffix in buckets.items():
        folder = lake.parent / f"{lake.name}-{name}"
        folder.mkdir(exist_ok=True)
        mapped += ["--bucket", f"{name}={folder}{suffix}"]
    return Service(lake, "--account", ACCOUNT, "--region", REGION, *mapped)


@pytest.fixture(scope="module")
def delivering(imported, scratch):
    started = serve(imported.copy(scratch / "delivering"), {"results": "", "frozen": ",ro", "leaves": ""})
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def asked(delivering):
    return client(delivering, delivering.key, region=REGION)


def deliver(asked, sql, uri):
    return asked.start_query(QueryStatement=sql, DeliveryS3Uri=uri)["QueryId"]


def delivered(asked, id, patience=120):
    """Waits for the end of a delivery; returns what DescribeQuery says then."""
    until = time.monotonic() + patience
    while True:
        described = asked.describe_query(QueryId=id)
        if described["DeliveryStatus"] != "PENDING":
            return described
        assert time.monotonic() < until, f"a delivery takes too long: {described}"
        time.sleep(0.01)


def folder(service, id, bucket="results", prefix=""):
    """The folder of the files of a query, which ended in the last two days."""
    now = datetime.datetime.now(datetime.timezone.utc)
    root = service.lake.parent / f"{service.lake.name}-{bucket}" / prefix
    days = [now - datetime.timedelta(days=back) for back in range(2)]
    found = [
        root / "AWSLogs" / ACCOUNT / "CloudTrail-Lake" / "Query" / day.strftime("%Y/%m/%d") / id for day in days
    ]
    return next((path for path in found if path.exists()), found[0])


def names(path):
    return sorted(file.name for file in path.iterdir())


def read(path):
    """The lines of the files of results in a folder, in order, each with its labels first."""
    files = sorted(path.glob("result_*.csv.gz"), key=lambda file: int(file.name.split("_")[1].split(".")[0]))
    return [list(csv.reader(io.StringIO(gzip.decompress(file.read_bytes()).decode(), newline=""))) for file in files]


def test_a_whole_answer_is_what_get_query_results_gives(asked, delivering, imported):
    id = deliver(asked, EVENTS, "s3://results/incident/42/")
    described = delivered(asked, id)
    assert (described["QueryStatus"], described["DeliveryStatus"]) == ("FINISHED", "SUCCESS")
    assert described["DeliveryS3Uri"] == "s3://results/incident/42/" and "ErrorMessage" not in described
    path = folder(delivering, id, prefix="incident/42")
    assert names(path) == ["result_1.csv.gz", SIGN_FILE]
    ((head, *lines),) = read(path)
    rows, _ = pages(asked.get_query_results, "QueryResultRows", QueryId=id)
    assert [head] * len(rows) == [labels(row) for row in rows]
    assert lines == [[value for cell in row for value in cell.values()] for row in rows]
    assert sorted(json.loads(line[-1])["eventID"] for line in lines) == sorted(r["eventID"] for r in imported.records)
    if imported.known:
        assert len(lines) == 2_900
    # The command line writes the same.
    text = gzip.decompress((path / "result_1.csv.gz").read_bytes()).decode()
    assert text == run("query", "--format", "csv", EVENTS, lake=imported.lake)


def test_results_verify_by_the_rules_of_the_cli(asked, delivering):
    id = deliver(asked, "SELECT eventName, count(*) FROM event_data_store GROUP BY 1", "s3://results")
    described = delivered(asked, id)
    path = folder(delivering, id)
    assert verify(asked, path) == ["result_1.csv.gz"]
    signed = json.loads((path / SIGN_FILE).read_text())
    assert (signed["version"], signed["region"], len(signed["hashSignature"])) == ("1.0", REGION, 512)
    ended_at = datetime.datetime.strptime(signed["queryCompleteTime"], "%Y-%m-%dT%H:%M:%SZ")
    created = described["QueryStatistics"]["CreationTime"].astimezone(datetime.timezone.utc).replace(tzinfo=None)
    assert datetime.timedelta(seconds=-1) < ended_at - created < datetime.timedelta(minutes=2)


@pytest.fixture
def copied(asked, delivering, tmp_path):
    """Results that a test may do with as it likes."""
    id = deliver(asked, "SELECT n FROM UNNEST(sequence(1, 100)) AS t (n)", "s3://results")
    assert delivered(asked, id)["DeliveryStatus"] == "SUCCESS"
    copy = shutil.copytree(folder(delivering, id), tmp_path / "copy")
    assert verify(asked, copy)
    return copy


def flip(path, at):
    changed = bytearray(path.read_bytes())
    changed[at] ^= 1
    path.write_bytes(changed)


def other_digit(signed, member):
    signed[member] = ("1" if signed[member][0] == "0" else "0") + signed[member][1:]


@pytest.mark.parametrize("change, why", [
    (lambda path: flip(path / "result_1.csv.gz", -1), "is another"),
    # Where the header of gzip has no meaning.
    (lambda path: flip(path / "result_1.csv.gz", 9), "is another"),
    (lambda path: (path / "result_1.csv.gz").unlink(), "is missing"),
    (lambda path: resign(path / SIGN_FILE, lambda signed: other_digit(signed, "hashSignature")), "signature"),
    (lambda path: resign(path / SIGN_FILE, lambda signed: other_digit(signed, "publicKeyFingerprint")), "fingerprint"),
    (lambda path: resign(path / SIGN_FILE, lambda signed: signed["files"].clear()), "no files"),
    (lambda path: resign(path / SIGN_FILE, lambda signed: signed["files"].append(signed["files"][0])), "signature"),
])
def test_results_that_were_changed_do_not_verify(asked, copied, change, why):
    change(copied)
    with pytest.raises(NotValid, match=why):
        verify(asked, copied)


def test_a_changed_file_with_its_new_hash_does_not_verify(asked, copied):
    flip(copied / "result_1.csv.gz", -1)
    hash = hashlib.sha256((copied / "result_1.csv.gz").read_bytes()).hexdigest()
    resign(copied / SIGN_FILE, lambda signed: signed["files"][0].update(fileHashValue=hash))
    with pytest.raises(NotValid, match="signature"):
        verify(asked, copied)


def test_fields_are_read_back_as_they_are(asked, delivering):
    sql = """SELECT 'a,b' AS "x,y", '"' AS "q""q", U&'two\\000Alines\\000D' AS z, NULL AS z, 'ü 😀' AS "Ä", true AS b,
        1.50 AS dec, ARRAY[1, NULL] AS list, MAP(ARRAY['k'], ARRAY['v']) AS map"""
    id = deliver(asked, sql, "s3://results/a")
    assert delivered(asked, id)["DeliveryStatus"] == "SUCCESS"
    (row,) = asked.get_query_results(QueryId=id)["QueryResultRows"]
    ((head, line),) = read(folder(delivering, id, prefix="a"))
    assert head == labels(row) == ["x,y", 'q"q', "z", "z", "Ä", "b", "dec", "list", "map"]
    assert line == [value for cell in row for value in cell.values()]
    assert line[:4] == ["a,b", '"', "two\nlines\r", ""]


def test_an_answer_without_rows_has_its_labels(asked, delivering):
    id = deliver(asked, "SELECT eventID, eventName AS n FROM event_data_store WHERE false", "s3://results")
    assert delivered(asked, id)["DeliveryStatus"] == "SUCCESS"
    path = folder(delivering, id)
    assert read(path) == [[["eventID", "n"]]] and verify(asked, path)


def test_only_what_finishes_is_delivered(asked, delivering):
    failed = deliver(asked, "SELECT 1 / (n - 3) FROM UNNEST(sequence(1, 5)) AS t (n)", "s3://results")
    cancelled = deliver(asked, SLOW, "s3://results")
    assert asked.describe_query(QueryId=cancelled)["DeliveryStatus"] == "PENDING"
    asked.cancel_query(QueryId=cancelled)
    assert ended(asked, cancelled)["QueryStatus"] == "CANCELLED"
    assert delivered(asked, cancelled)["DeliveryStatus"] == "CANCELLED"
    assert delivered(asked, failed)["DeliveryStatus"] == "FAILED"
    assert not folder(delivering, failed).exists() and not folder(delivering, cancelled).exists()
    plain = asked.start_query(QueryStatement="SELECT 1")["QueryId"]
    assert not {"DeliveryStatus", "DeliveryS3Uri"} & ended(asked, plain).keys()


def test_buckets_that_cannot_be_written_are_told(asked, delivering):
    described = delivered(asked, deliver(asked, "SELECT 1", "s3://frozen/a"))
    assert (described["QueryStatus"], described["DeliveryStatus"]) == ("FINISHED", "ACCESS_DENIED")
    assert "frozen" in described["ErrorMessage"]
    leaves = delivering.lake.parent / f"{delivering.lake.name}-leaves"
    (leaves / "file").write_text("")
    described = delivered(asked, deliver(asked, "SELECT 1", "s3://leaves/file"))
    assert described["DeliveryStatus"] == "FAILED" and described["ErrorMessage"]
    # It goes while the query runs.
    busy = "SELECT max(x * y) FROM UNNEST(sequence(1, 2000)) AS a (x) CROSS JOIN UNNEST(sequence(1, 2000)) AS b (y)"
    id = deliver(asked, busy, "s3://leaves")
    shutil.rmtree(leaves)
    assert delivered(asked, id)["DeliveryStatus"] == "RESOURCE_NOT_FOUND"
    assert not leaves.exists()
    refused = refusal(asked.start_query, QueryStatement="SELECT 1", DeliveryS3Uri="s3://leaves")
    assert refused == ("S3BucketDoesNotExistException", 400)


@pytest.mark.parametrize("uri, error", [
    ("results/a", "InvalidParameterException"),
    ("https://results/a", "InvalidParameterException"),
    ("s3://Results", "InvalidParameterException"),
    ("s3://", "InvalidParameterException"),
    ("s3://results/" + "x/" * 600, "InvalidParameterException"),
    ("s3://192.168.5.4", "InvalidS3BucketNameException"),
    ("s3://re..sults/a", "InvalidS3BucketNameException"),
    ("s3://elsewhere/a", "S3BucketDoesNotExistException"),
    ("s3://results//a", "InvalidS3PrefixException"),
    ("s3://results/../results", "InvalidS3PrefixException"),
    ("s3://results/a/./b", "InvalidS3PrefixException"),
    ("s3://results/" + "x" * 256, "InvalidS3PrefixException"),
])
def test_wrong_addresses_are_refused(asked, uri, error):
    assert refusal(asked.start_query, QueryStatement="SELECT 1", DeliveryS3Uri=uri) == (error, 400)


def test_who_only_reads_has_nothing_written(delivering):
    reader = client(delivering, make_key(delivering.lake, "reader"), region=REGION)
    refused = refusal(reader.start_query, QueryStatement="SELECT 1", DeliveryS3Uri="s3://results")
    assert refused == ("AccessDeniedException", 400)
    assert reader.list_public_keys()["PublicKeyList"]


def test_keys_are_listed_for_the_time_in_which_they_are_valid(asked):
    delivered(asked, deliver(asked, "SELECT 1", "s3://results"))
    (key,) = asked.list_public_keys()["PublicKeyList"]
    now = datetime.datetime.now(datetime.timezone.utc)
    assert key["ValidityStartTime"] <= now and now + datetime.timedelta(days=365) < key["ValidityEndTime"]
    (page,) = asked.get_paginator("list_public_keys").paginate(EndTime=now + datetime.timedelta(days=20))
    assert page["PublicKeyList"] == [key]
    before = key["ValidityStartTime"] - datetime.timedelta(seconds=1)
    assert asked.list_public_keys(StartTime=before - datetime.timedelta(1), EndTime=before)["PublicKeyList"] == []
    assert asked.list_public_keys(StartTime=before, EndTime=now)["PublicKeyList"] == [key]
    assert refusal(asked.list_public_keys, StartTime=now, EndTime=before) == ("InvalidTimeRangeException", 400)
    assert refusal(asked.list_public_keys, NextToken="more") == ("InvalidTokenException", 400)


def test_a_delivery_goes_on_after_a_kill(scratch):
    lake = scratch / f"cut-{uuid.uuid4().hex[:8]}"
    first = serve(lake, {"results": ""})
    rows = 300_000
    try:
        asked = client(first, first.key, region=REGION)
        # One that ends well makes the key.
        done = deliver(asked, "SELECT 1", "s3://results")
        assert delivered(asked, done)["DeliveryStatus"] == "SUCCESS"
        sql = f"""SELECT x * 1000 + y AS n, to_hex(md5(to_utf8(CAST(x * y AS varchar)))) AS h
            FROM UNNEST(sequence(1, {rows // 1_000})) AS a (x) CROSS JOIN UNNEST(sequence(1, 1000)) AS b (y)"""
        id = deliver(asked, sql, "s3://results")
        running = deliver(asked, SLOW, "s3://results")
        assert ended(asked, id, patience=300)["QueryStatus"] == "FINISHED"
        # Until something is written, and not yet all of it.
        path = folder(first, id)
        until = time.monotonic() + 60
        while not (path.exists() and any(path.iterdir())):
            assert time.monotonic() < until
        assert asked.describe_query(QueryId=id)["DeliveryStatus"] == "PENDING"
    finally:
        first.kill()
    assert not (path / SIGN_FILE).exists()
    second = serve(lake, {"results": ""})
    try:
        asked = client(second, first.key, region=REGION)
        assert delivered(asked, id, patience=300)["DeliveryStatus"] == "SUCCESS"
        assert verify(asked, path) == ["result_1.csv.gz"] and verify(asked, folder(second, done))
        # Nothing of what was cut off is left.
        assert sorted(file.name for file in path.iterdir()) == ["result_1.csv.gz", SIGN_FILE]
        ((head, *lines),) = read(path)
        assert head == ["n", "h"] and {int(n) for n, _ in lines} == set(range(1_001, 1_001 + rows)) and len(lines) == rows
        described = asked.describe_query(QueryId=running)
        assert (described["QueryStatus"], described["DeliveryStatus"]) == ("FAILED", "FAILED")
        assert asked.describe_query(QueryId=done)["DeliveryStatus"] == "SUCCESS"
    finally:
        assert second.stop() == 0


def test_what_was_delivered_verifies_without_its_bucket(scratch):
    lake = scratch / f"unmapped-{uuid.uuid4().hex[:8]}"
    first = serve(lake, {"results": ""})
    try:
        asked = client(first, first.key, region=REGION)
        ids = [deliver(asked, SLOW, "s3://results"), deliver(asked, "SELECT 1", "s3://results")]
        assert delivered(asked, ids[1])["DeliveryStatus"] == "SUCCESS"
    finally:
        first.kill()
    second = serve(lake, {})
    try:
        asked = client(second, first.key, region=REGION)
        assert asked.describe_query(QueryId=ids[0])["DeliveryStatus"] == "FAILED"
        assert asked.describe_query(QueryId=ids[1])["DeliveryStatus"] == "SUCCESS"
        assert verify(asked, folder(second, ids[1])), "its keys are still listed"
        refused = refusal(asked.start_query, QueryStatement="SELECT 1", DeliveryS3Uri="s3://results")
        assert refused == ("S3BucketDoesNotExistException", 400)
    finally:
        assert second.stop() == 0
