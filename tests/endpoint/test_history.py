"""The event history: what LookupEvents finds is what the log files have."""

import collections
import datetime
import json

import pytest

from clients import client, pages, refusal
from logs import is_management
from service import Service, run

KEYS = {"EventId": "eventID", "EventName": "eventName", "EventSource": "eventSource"}


@pytest.fixture(scope="module")
def history(imported):
    return [record for record in imported.records if is_management(record)]


def moment(record):
    # Some records have a month of one digit.
    read = datetime.datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ")
    return read.replace(tzinfo=datetime.timezone.utc)


def look_up(cloudtrail, **members):
    """All events, of which each is checked against its own record."""
    events, _ = pages(cloudtrail.lookup_events, "Events", **members)
    for event in events:
        record = json.loads(event["CloudTrailEvent"])
        assert event["EventId"] == record["eventID"] and event["EventTime"] == moment(record)
        assert event["EventName"] == record["eventName"] and event["EventSource"] == record["eventSource"]
        if "readOnly" in record:
            assert event["ReadOnly"] == str(record["readOnly"]).lower()
        assert event.get("AccessKeyId") == (record["userIdentity"].get("accessKeyId") or None)
    times = [event["EventTime"] for event in events]
    assert times == sorted(times, reverse=True)
    return events


def ids(events):
    return sorted(event["EventId"] for event in events)


def of(key, value):
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def some(history, key, most):
    """A value that so many events have at most, and these events: of those the most."""
    counted = collections.Counter(text(record, key) for record in history)
    value = max((count, value) for value, count in counted.items() if value and count <= most)[1]
    return value, [record for record in history if text(record, key) == value]


def text(record, key):
    value = record.get(key)
    return str(value).lower() if isinstance(value, bool) else value


def test_without_a_question_the_newest_come_first(cloudtrail, history):
    page = cloudtrail.lookup_events()
    assert len(page["Events"]) == 50 and page["NextToken"]
    newest = sorted((moment(record) for record in history), reverse=True)[:50]
    assert [event["EventTime"] for event in page["Events"]] == newest


@pytest.mark.parametrize("key", ["EventId", "EventName", "EventSource"])
def test_events_are_found_by_what_they_have(cloudtrail, history, key):
    value, records = some(history, KEYS[key], 60)
    found = look_up(cloudtrail, **of(key, value))
    assert ids(found) == sorted(record["eventID"] for record in records)
    assert look_up(cloudtrail, **of(key, "no-such-value")) == []


def test_events_are_found_by_who_called(cloudtrail, history):
    counted = collections.Counter(record["userIdentity"].get("accessKeyId") for record in history)
    key, count = max(((k, n) for k, n in counted.items() if k and n <= 120), key=lambda item: item[1])
    found = look_up(cloudtrail, **of("AccessKeyId", key))
    assert len(found) == count
    users = [event["Username"] for event in found if "Username" in event]
    (named,) = set(users[:1])
    by_name = cloudtrail.lookup_events(**of("Username", named), MaxResults=5)["Events"]
    assert by_name and {event["Username"] for event in by_name} == {named}


def test_reads_and_writes_are_told_apart(cloudtrail, history):
    for value in ("true", "false"):
        expected = sorted((moment(r) for r in history if text(r, "readOnly") == value), reverse=True)[:50]
        page = cloudtrail.lookup_events(**of("ReadOnly", value))
        assert [event["EventTime"] for event in page["Events"]] == expected
        assert {event["ReadOnly"] for event in page["Events"]} <= {value}


def test_resources_are_found_by_their_names_and_types(cloudtrail, history):
    # An event that has resources is found by each of them.
    event = cloudtrail.lookup_events(**of("ResourceType", "AWS::S3::Bucket"), MaxResults=1)["Events"][0]
    name = next(r["ResourceName"] for r in event["Resources"] if r["ResourceType"] == "AWS::S3::Bucket")
    named = cloudtrail.lookup_events(**of("ResourceName", name), StartTime=event["EventTime"], EndTime=event["EventTime"])
    assert event["EventId"] in ids(named["Events"])


def test_both_ends_of_a_range_are_part_of_it(cloudtrail, history):
    times = sorted({moment(record) for record in history})
    middle = len(times) // 2
    start, end = times[middle], times[min(middle + 20, len(times) - 1)]
    expected = sorted(r["eventID"] for r in history if start <= moment(r) <= end)
    assert ids(look_up(cloudtrail, StartTime=start, EndTime=end)) == expected
    second = [record["eventID"] for record in history if moment(record) == start]
    assert ids(look_up(cloudtrail, StartTime=start, EndTime=start)) == sorted(second)
    after = times[-1] + datetime.timedelta(seconds=1)
    assert look_up(cloudtrail, StartTime=after) == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 49, 50])
def test_pages_of_every_size_have_every_event_once(cloudtrail, history, size):
    value, records = some(history, "eventName", 12)
    found, tokens = pages(cloudtrail.lookup_events, "Events", MaxResults=size, **of("EventName", value))
    assert ids(found) == sorted(record["eventID"] for record in records)
    assert len(tokens) == (len(records) - 1) // size
    assert len({event["EventId"] for event in found}) == len(found)


def test_a_token_is_good_for_its_question_alone(cloudtrail, history):
    value, _ = some(history, "eventName", 12)
    other, _ = some([r for r in history if r["eventName"] != value], "eventName", 12)
    first = cloudtrail.lookup_events(MaxResults=1, **of("EventName", value))
    again = [cloudtrail.lookup_events(MaxResults=1, NextToken=first["NextToken"], **of("EventName", value))
             for _ in range(2)]
    assert again[0]["Events"] == again[1]["Events"] != first["Events"]
    for wrong in (of("EventName", other), {}, {**of("EventName", value), "StartTime": 1_000}):
        refused = refusal(cloudtrail.lookup_events, NextToken=first["NextToken"], **wrong)
        assert refused == ("InvalidNextTokenException", 400)


def test_what_is_wrong_with_a_question_is_told(cloudtrail):
    look = cloudtrail.lookup_events
    both = of("EventName", "a")["LookupAttributes"] * 2
    assert refusal(look, LookupAttributes=both) == ("InvalidLookupAttributesException", 400)
    assert refusal(look, **of("Colour", "red")) == ("InvalidLookupAttributesException", 400)
    assert refusal(look, StartTime=2_000, EndTime=1_000) == ("InvalidTimeRangeException", 400)
    assert refusal(look, MaxResults=51) == ("InvalidMaxResultsException", 400)
    assert refusal(look, EventCategory="management") == ("InvalidEventCategoryException", 400)
    assert refusal(look, NextToken="nonsense") == ("InvalidNextTokenException", 400)


def test_the_command_line_finds_the_same(cloudtrail, imported, history):
    value, _ = some(history, "eventName", 12)
    printed = json.loads(run("lookup-events", "--attribute", f"EventName={value}", "--json", lake=imported.lake))
    found = cloudtrail.lookup_events(**of("EventName", value))["Events"]
    assert [event["EventId"] for event in found] == [event["EventId"] for event in printed["Events"]]
    assert [event["Resources"] for event in found] == [event["Resources"] for event in printed["Events"]]


def test_a_new_lake_has_an_empty_history(scratch):
    service = Service(scratch / "new")
    try:
        assert client(service, service.key).lookup_events()["Events"] == []
    finally:
        service.stop()


def test_a_store_that_is_pending_deletion_has_no_history(imported, scratch):
    service = Service(imported.copy(scratch / "leaving"))
    try:
        asked = client(service, service.key)
        asked.delete_event_data_store(EventDataStore="default")
        assert asked.lookup_events()["Events"] == []
    finally:
        service.stop()
