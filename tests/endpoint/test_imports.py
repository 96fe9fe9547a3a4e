"""Imports: started, looked at, stopped, gone on with and listed; from buckets, folders, and by the command line."""

import collections
import datetime
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

import logs
from clients import answer, client, pages, refusal
from service import Key, Service, make_key, run

UNKNOWN = "11111111-1111-1111-1111-111111111111"
ROLE = "arn:aws:iam::111122223333:role/import"
MINUTE = re.compile(r"_(\d{8}T\d{4}Z)_")
OPEN = ("INITIALIZING", "IN_PROGRESS")


class Place:
    """A service with a bucket of log files and a folder that imports may read."""

    def __init__(self, scratch):
        self.logs, self.known = logs.folder(run, scratch)
        self.root = scratch / "import-root"
        self.root.mkdir()
        self.service = Service(
            scratch / "copies", "--bucket", f"trail-logs={self.logs},ro", "--import-root", str(self.root),
        )
        self.cloudtrail = client(self.service, self.service.key)

    def store(self, **members):
        """The ARN of a new store that keeps events of any age."""
        name = f"copies-{uuid.uuid4().hex[:12]}"
        made = self.cloudtrail.create_event_data_store(
            Name=name, RetentionPeriod=3_653, TerminationProtectionEnabled=False, **members,
        )
        return made["EventDataStoreArn"]


@pytest.fixture(scope="module")
def place(scratch):
    made = Place(scratch)
    yield made
    assert made.service.stop() == 0


@pytest.fixture
def folder(place):
    made = place.root / uuid.uuid4().hex
    made.mkdir()
    return made


def source(uri):
    return {"S3": {"S3LocationUri": uri, "S3BucketRegion": "us-east-1", "S3BucketAccessRoleArn": ROLE}}


def file_uri(folder):
    return f"file://{folder}/"


def ended(cloudtrail, id, patience=120):
    """Waits for the end of an import; returns what GetImport says then."""
    until, before = time.monotonic() + patience, None
    while True:
        got = cloudtrail.get_import(ImportId=id)
        if before:
            for name, count in before["ImportStatistics"].items():
                # What failed is read again.
                assert count <= got["ImportStatistics"][name] or name == "FailedEntries", f"{name} goes back"
            assert before["UpdatedTimestamp"] <= got["UpdatedTimestamp"]
        if got["ImportStatus"] not in OPEN:
            return got
        assert time.monotonic() < until, f"an import takes too long: {got}"
        before = got
        time.sleep(0.02)


def copied(cloudtrail, store, uri, **members):
    started = cloudtrail.start_import(Destinations=[store], ImportSource=source(uri), **members)
    return ended(cloudtrail, started["ImportId"])


def failures(cloudtrail, id, **members):
    found = cloudtrail.get_paginator("list_import_failures").paginate(ImportId=id, **members)
    return [failure for page in found for failure in page["Failures"]]


def counted(cloudtrail, store):
    (row,) = answer(cloudtrail, f"SELECT count(*), count(DISTINCT eventID) FROM {store.rsplit('/', 1)[1]}")
    return [int(count) for count in row]


def log(folder, name, records):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    return path


def parsed(path):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def record(number):
    return {
        "eventVersion": "1.08", "eventTime": "2026-03-01T00:00:00Z", "eventName": "GetUser",
        "eventSource": "iam.amazonaws.com", "eventCategory": "Management", "managementEvent": True, "readOnly": True,
        "eventID": f"00000000-0000-4000-8000-{number:012}", "recipientAccountId": "111122223333",
    }


def test_a_bucket_is_copied_whole(place):
    cloudtrail, records = place.cloudtrail, logs.records(place.logs)
    # Whatever the selectors say.
    writes = [{"FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "eventName", "Equals": ["NoSuchEvent"]},
    ]}]
    store = place.store(AdvancedEventSelectors=writes)
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    started = cloudtrail.start_import(Destinations=[store], ImportSource=source("s3://trail-logs/"))
    assert started["ImportStatus"] in (*OPEN, "COMPLETED") and started["Destinations"] == [store]
    assert started["ImportSource"] == source("s3://trail-logs/")
    assert not started.keys() & {"ImportStatistics", "StartEventTime", "EndEventTime"}
    got = ended(cloudtrail, started["ImportId"])
    assert got["ImportStatus"] == "COMPLETED"
    assert before <= got["CreatedTimestamp"] <= got["UpdatedTimestamp"]
    files = [path for path in place.logs.rglob("*.json*") if "Records" in parsed(path)]
    folders = {path.parent for path in place.logs.rglob("*") if path.is_file()}
    assert got["ImportStatistics"] == {
        "PrefixesFound": len(folders), "PrefixesCompleted": len(folders), "FilesCompleted": len(files),
        "EventsCompleted": len(records), "FailedEntries": 0,
    }
    names = collections.Counter(record["eventName"] for record in records)
    id = store.rsplit("/", 1)[1]
    found = answer(cloudtrail, f"SELECT eventName, count(*) FROM {id} GROUP BY 1")
    assert {name: int(count) for name, count in found} == names
    if place.known:
        assert len(records) == 2_900 and names["Decrypt"] == 178
    assert failures(cloudtrail, started["ImportId"]) == []
    through = refusal(cloudtrail.start_import, ImportId=started["ImportId"])
    assert through == ("InvalidParameterException", 400)
    over = refusal(cloudtrail.stop_import, ImportId=started["ImportId"])
    assert over == ("InvalidParameterException", 400)
    again = copied(cloudtrail, store, "s3://trail-logs")
    assert again["ImportStatus"] == "COMPLETED" and again["ImportStatistics"]["EventsCompleted"] == 0
    assert counted(cloudtrail, store) == [len(records)] * 2


def test_a_window_means_files_by_their_names(place):
    minutes = {path: MINUTE.search(path.name) for path in place.logs.rglob("*.json*")}
    times = {path: datetime.datetime.strptime(found[1], "%Y%m%dT%H%MZ").replace(tzinfo=datetime.timezone.utc)
             for path, found in minutes.items() if found}
    if not times:
        pytest.skip("the names of the files have no times")
    ordered = sorted(times.values())
    start, end = ordered[len(ordered) // 4], ordered[len(ordered) // 2]
    wanted = [path for path, at in times.items() if start <= at <= end]
    assert 0 < len(wanted) < len(times)
    store = place.store()
    got = copied(place.cloudtrail, store, "s3://trail-logs/", StartEventTime=start, EndEventTime=end)
    assert (got["StartEventTime"], got["EndEventTime"]) == (start, end)
    expected = set()
    for path in wanted:
        expected |= {record["eventID"] for record in parsed(path)["Records"]}
    assert got["ImportStatistics"]["FilesCompleted"] == len(wanted)
    assert got["ImportStatistics"]["EventsCompleted"] == len(expected)
    assert {id for (id,) in answer(place.cloudtrail, f"SELECT eventID FROM {store.rsplit('/', 1)[1]}")} == expected


def test_what_cannot_be_taken_is_told_as_the_command_line_tells_it(place, folder, scratch):
    log(folder, "2026/03/01/good.json.gz", [record(n) for n in range(3)])
    packed = log(folder, "2026/03/01/cut.json.gz", [record(n) for n in range(10, 90)])
    packed.write_bytes(packed.read_bytes()[:-40])
    log(folder, "2026/03/02/nothing.json.gz", []).write_bytes(b"\x00\xff" * 500)
    text = json.dumps({"Records": [record(n) for n in range(100, 104)]})
    (folder / "2026/03/02/record.json").write_text(text.replace('"eventName"', '"eventName', 1), encoding="utf-8")
    cases = os.environ.get("TRAILLAKE_TEST_CASES")
    if cases:
        shutil.copytree(cases, folder / "cases")
    lake = scratch / f"told-{folder.name}"
    run("import", folder, lake=lake, code=1)
    (by_command_line,) = json.loads(run("imports", "list", "--json", lake=lake))
    told = [(failure["location"], failure["error_type"], failure["message"])
            for failure in by_command_line["report"]["failures"]]
    store = place.store()
    got = copied(place.cloudtrail, store, file_uri(folder))
    assert got["ImportStatus"] == "FAILED"
    for size in (1, 1_000):
        found = failures(place.cloudtrail, got["ImportId"], PaginationConfig={"PageSize": size})
        assert sorted((f["Location"], f["ErrorType"], f["ErrorMessage"]) for f in found) == sorted(told)
        assert {failure["Status"] for failure in found} == {"FAILED"}
    statistics = got["ImportStatistics"]
    assert statistics["EventsCompleted"] == by_command_line["report"]["events"]["stored"] >= 6
    assert statistics["PrefixesCompleted"] == statistics["PrefixesFound"] >= 2
    assert 0 < statistics["FailedEntries"] and statistics["FilesCompleted"] >= 1


def test_links_do_not_lead_out_of_a_root(place, folder):
    log(folder, "a.json.gz", [record(1)])
    (folder / "folder").symlink_to(place.logs)
    (folder / "file.json").symlink_to(next(path for path in place.logs.rglob("*.json*") if path.is_file()))
    (folder / "inside.json.gz").symlink_to(folder / "a.json.gz")
    store = place.store()
    got = copied(place.cloudtrail, store, file_uri(folder))
    assert got["ImportStatus"] == "FAILED" and got["ImportStatistics"]["EventsCompleted"] == 1
    told = failures(place.cloudtrail, got["ImportId"])
    assert [failure["Location"] for failure in told] == [str(folder / "file.json"), str(folder / "folder")]
    assert counted(place.cloudtrail, store) == [1, 1]


def test_one_that_failed_goes_on_with_what_failed(place, folder):
    cloudtrail, store = place.cloudtrail, place.store()
    log(folder, "good.json.gz", [record(n) for n in range(3)])
    bad = log(folder, "bad.json.gz", [record(n) for n in range(3, 60)])
    whole = bad.read_bytes()
    bad.write_bytes(whole[:-60])
    got = copied(cloudtrail, store, file_uri(folder))
    id = got["ImportId"]
    assert got["ImportStatus"] == "FAILED" and got["ImportStatistics"]["FailedEntries"] > 0
    told = failures(cloudtrail, id)
    assert {failure["Location"] for failure in told} == {str(bad)}
    bad.write_bytes(whole)
    both = refusal(cloudtrail.start_import, ImportId=id, Destinations=[store])
    assert both == ("InvalidParameterException", 400)
    again = cloudtrail.start_import(ImportId=id)
    assert (again["ImportId"], again["Destinations"], again["ImportSource"]) == (id, [store], source(file_uri(folder)))
    assert again["CreatedTimestamp"] == got["CreatedTimestamp"]
    got = ended(cloudtrail, id)
    assert got["ImportStatus"] == "COMPLETED"
    assert got["ImportStatistics"]["EventsCompleted"] == 60 and got["ImportStatistics"]["FilesCompleted"] == 2
    assert {failure["Status"] for failure in failures(cloudtrail, id)} == {"SUCCEEDED"}
    assert counted(cloudtrail, store) == [60, 60]


def test_one_that_runs_is_stopped_and_goes_on(place, folder):
    cloudtrail, store = place.cloudtrail, place.store()
    files, each = 40, 500
    for file in range(files):
        log(folder, f"{file % 5}/{file}.json.gz", [record(file * each + n) for n in range(each)])
    started = [
        cloudtrail.start_import(Destinations=[store], ImportSource=source(file_uri(folder)))["ImportId"]
        for _ in range(3)
    ]
    assert cloudtrail.get_import(ImportId=started[2])["ImportStatus"] == "INITIALIZING"
    running = refusal(cloudtrail.start_import, ImportId=started[2])
    assert running == ("AccountHasOngoingImportException", 400)
    busy = ("EventDataStoreHasOngoingImportException", 400)
    assert refusal(cloudtrail.update_event_data_store, EventDataStore=store, RetentionPeriod=90) == busy
    assert refusal(cloudtrail.delete_event_data_store, EventDataStore=store) == busy
    for id in reversed(started):
        before = time.monotonic()
        stopped = cloudtrail.stop_import(ImportId=id)
        assert time.monotonic() - before < 2
        assert stopped["ImportStatus"] == "STOPPED" and stopped["ImportSource"] == source(file_uri(folder))
        assert counted(cloudtrail, store)[0] >= stopped["ImportStatistics"]["EventsCompleted"]
    stored = counted(cloudtrail, store)
    assert stored[0] == stored[1] < files * each
    assert refusal(cloudtrail.stop_import, ImportId=UNKNOWN) == ("ImportNotFoundException", 400)
    cloudtrail.start_import(ImportId=started[0])
    got = ended(cloudtrail, started[0])
    assert got["ImportStatus"] == "COMPLETED"
    assert got["ImportStatistics"] == {
        "PrefixesFound": 5, "PrefixesCompleted": 5, "FilesCompleted": files, "EventsCompleted": files * each,
        "FailedEntries": 0,
    }
    assert counted(cloudtrail, store) == [files * each] * 2
    cloudtrail.delete_event_data_store(EventDataStore=store)
    gone = refusal(cloudtrail.start_import, ImportId=started[1])
    assert gone == ("InactiveEventDataStoreException", 400)


def test_imports_are_listed_with_those_of_the_command_line(place, folder):
    cloudtrail, store = place.cloudtrail, place.store()
    log(folder, "a.json.gz", [record(1)])
    name = cloudtrail.get_event_data_store(EventDataStore=store)["Name"]
    run("import", folder, "--store", name, lake=place.service.lake)
    made = [copied(cloudtrail, store, file_uri(folder))["ImportId"] for _ in range(3)]
    paginator = cloudtrail.get_paginator("list_imports")
    for size in (1, 3, 1_000):
        found = paginator.paginate(Destination=store, PaginationConfig={"PageSize": size})
        found = [item for page in found for item in page["Imports"]]
        assert [item["ImportId"] for item in found[:3]] == made[::-1] and len(found) == 4
        assert {item["ImportStatus"] for item in found} == {"COMPLETED"}
        assert {tuple(item["Destinations"]) for item in found} == {(store,)}
        assert all(item.keys() == {"ImportId", "ImportStatus", "Destinations", "CreatedTimestamp", "UpdatedTimestamp"}
                   for item in found)
    by_command_line = cloudtrail.get_import(ImportId=found[3]["ImportId"])
    assert by_command_line["ImportStatistics"] == {"FilesCompleted": 1, "EventsCompleted": 1, "FailedEntries": 0}
    assert refusal(cloudtrail.start_import, ImportId=found[3]["ImportId"]) == ("InvalidParameterException", 400)
    assert cloudtrail.list_imports(Destination=store, ImportStatus="FAILED")["Imports"] == []
    everything, _ = pages(cloudtrail.list_imports, "Imports", MaxResults=2)
    assert {item["ImportId"] for item in everything} >= set(made)
    # The command line knows those of the service.
    assert made[0] in run("imports", "list", lake=place.service.lake)
    assert refusal(cloudtrail.list_imports, NextToken="nonsense") == ("InvalidNextTokenException", 400)
    trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/x"
    assert refusal(cloudtrail.list_imports, Destination=trail) == ("EventDataStoreARNInvalidException", 400)
    assert refusal(cloudtrail.list_imports, ImportStatus="DONE") == ("InvalidParameterException", 400)


def test_imports_are_refused_by_the_error_that_fits(place, folder):
    start, store = place.cloudtrail.start_import, place.store()
    (folder / "out").symlink_to(place.logs)

    def refused(uri="s3://trail-logs/", store=store, **members):
        name, status = refusal(start, Destinations=[store], ImportSource=source(uri), **members)
        assert status == 400
        return name

    for uri in (
        "s3://other-logs/", "s3://trail-logs/none/", "s3://trail-logs/../", "s3://", "s3:///x", "https://trail-logs/", "",
        "trail-logs", file_uri(place.root.parent), f"file://{folder}/../../", f"file://{folder}/out/",
        f"file://{folder}/%2e%2e/%2e%2e/", f"file://{folder}/none/", "file:///", "file:///etc/", "file:relative", "x" * 5_000,
        "s3://trail-logs/\0", "file:///%00", "file:///dev/stdin",
    ):
        assert refused(uri) == "InvalidImportSourceException", uri
    assert refused(store=UNKNOWN) == "EventDataStoreNotFoundException"
    assert refused(store=f"arn:aws:s3:::{UNKNOWN}") == "EventDataStoreARNInvalidException"
    late, early = datetime.datetime(2026, 3, 2), datetime.datetime(2026, 3, 1)
    assert refused(StartEventTime=late, EndEventTime=early) == "InvalidParameterException"
    insights = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]}]
    other = place.store(AdvancedEventSelectors=insights)
    assert refused(store=other) == "InvalidEventDataStoreCategoryException"
    place.cloudtrail.delete_event_data_store(EventDataStore=other)
    assert refused(store=other) == "InactiveEventDataStoreException"
    wrong = ("InvalidParameterException", 400)
    assert refusal(start) == refusal(start, Destinations=[store]) == wrong
    assert refusal(start, ImportSource=source("s3://trail-logs/")) == wrong
    assert refusal(start, ImportId=UNKNOWN) == ("ImportNotFoundException", 400)
    assert refusal(place.cloudtrail.get_import, ImportId=UNKNOWN) == ("ImportNotFoundException", 400)
    reader = client(place.service, make_key(place.service.lake, "reader"))
    denied = refusal(reader.start_import, Destinations=[store], ImportSource=source("s3://trail-logs/"))
    assert denied == ("AccessDeniedException", 400)
    assert refusal(reader.stop_import, ImportId=UNKNOWN) == ("AccessDeniedException", 400)
    assert "Imports" in reader.list_imports()


def test_a_store_that_takes_no_events_by_itself_takes_imports(place, folder):
    store = place.store()
    place.cloudtrail.stop_event_data_store_ingestion(EventDataStore=store)
    log(folder, "a b/%41.json.gz", [record(1)])
    got = copied(place.cloudtrail, store, f"file://{folder}/a%20b/")
    assert (got["ImportStatus"], got["ImportStatistics"]["EventsCompleted"]) == ("COMPLETED", 1)
    empty = folder / "empty"
    empty.mkdir()
    got = copied(place.cloudtrail, store, file_uri(empty))
    assert got["ImportStatus"] == "COMPLETED" and set(got["ImportStatistics"].values()) == {0}


def test_without_a_root_an_admin_imports_any_folder_of_the_machine(imported, scratch, tmp_path):
    log(tmp_path, "a.json.gz", [record(1)])
    service = Service(imported.copy(scratch / "anywhere"))
    try:
        cloudtrail = client(service, service.key)
        store = cloudtrail.list_event_data_stores()["EventDataStores"][0]["EventDataStoreArn"]
        assert copied(cloudtrail, store, file_uri(tmp_path))["ImportStatistics"]["EventsCompleted"] == 1
    finally:
        service.stop()
    # Whoever needs no key imports what the service was told to let in, and nothing else.
    service = Service(service.lake, "--no-auth")
    try:
        cloudtrail = client(service, Key("any", "key"))
        members = {"Destinations": [store], "ImportSource": source(file_uri(tmp_path))}
        assert refusal(cloudtrail.start_import, **members) == ("InvalidImportSourceException", 400)
    finally:
        service.stop()


def test_the_cli_imports(place):
    aws = [sys.executable, str(Path(sys.executable).with_name("aws")), "cloudtrail"]
    environment = {**os.environ, **place.service.environment}

    def asked(*arguments):
        done = subprocess.run(
            [*aws, *arguments, "--output", "json"], env=environment, capture_output=True, encoding="utf-8", timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    store = place.store()
    wanted = json.dumps(source("s3://trail-logs/"))
    id = asked("start-import", "--destinations", store, "--import-source", wanted)["ImportId"]
    while (got := asked("get-import", "--import-id", id))["ImportStatus"] in OPEN:
        pass
    assert got["ImportStatus"] == "COMPLETED"
    assert got["ImportStatistics"]["EventsCompleted"] == len(logs.records(place.logs))
    listed = asked("list-imports", "--destination", store, "--import-status", "COMPLETED")
    assert [item["ImportId"] for item in listed["Imports"]] == [id]
    assert asked("list-import-failures", "--import-id", id)["Failures"] == []
